/* SPDX-License-Identifier: Apache-2.0
 *
 * Elevations between the guard's files and the service: each is told, answered once, and left alone once it is over.
 */
#include "agent/elevations.h"

#include "guard/pending.h"
#include "test/test.h"

#include <dirent.h>
#include <sys/stat.h>

struct scene {
    char folder[512];
    struct pending pending;
    ident_t id;
    /* The service: whether it knows the request, what it answers, and what it was asked. */
    bool known, forgotten, away;
    const char *answer;
    unsigned polls, tells;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { pending_drop(&scene->pending); }

static err_t service(void *context, const struct service_request *request, buf_t *out_answer)
{
    struct scene *scene = context;
    bool tells = request->content_type != NULL;
    scene->tells += tells;
    scene->polls += !tells;
    if (scene->away)
        return fail(ERR_UNREACHABLE, "away");
    if (scene->forgotten || (!tells && !scene->known))
        return fail(ERR_MISSING, "no such elevation");
    scene->known = true;
    buf_put(out_answer, str(scene->answer));
    return ERR_OK;
}

static err_t told(struct scene *scene, const char *state)
{
    const struct elevation_asked asked = {.id = scene->id, .state = str(state), .path = STR("/usr/bin/id")};
    return pending_tell(&scene->pending, &asked);
}

static err_t scene_open(struct scene *scene, const char *name)
{
    char path[600];
    struct env *env = env_real();
    TRY(crypt_start());
    snprintf(scene->folder, sizeof scene->folder, "%s/%s", test_folder(), name);
    snprintf(path, sizeof path, "%s/key.pem", scene->folder);
    mkdir(scene->folder, 0700);
    scene->id = ident_new(env);
    scene->answer = "{\"state\":\"open\",\"approval\":null}";
    TRY(env->write_file(env, path, STR("a key of this machine"), 0600));
    TRY(pending_open(env, scene->folder, scene->folder, &scene->pending));
    return told(scene, "open");
}

static err_t carried(struct scene *scene, bool *out_waits)
{
    return elevations_carry(&(struct elevations){env_real(), scene->folder, service, scene}, out_waits);
}

static bool answered_with(struct scene *scene, const char *text)
{
    OWN(buf) answer = BUF(4096);
    return pending_answer(&scene->pending, scene->id, &answer) == ERR_OK &&
           str_eq(buf_str(&answer), str(text));
}

static size_t files(const struct scene *scene)
{
    char path[600];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/elevations", scene->folder);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

TEST(what_waits_is_told_once_and_asked_about_until_it_is_answered)
{
    OWN(scene) scene = {0};
    bool waits = false;
    CHECK_OK(scene_open(&scene, "waits"));
    CHECK_OK(carried(&scene, &waits));
    CHECK(waits && scene.tells == 1);
    CHECK_OK(carried(&scene, &waits));
    CHECK(waits && scene.tells == 1 && scene.polls == 2);
    scene.answer = "{\"state\":\"approved\",\"approval\":\"a note\\n\"}";
    CHECK_OK(carried(&scene, &waits));
    CHECK(!waits && answered_with(&scene, "a note\n") && scene.polls == 3);
    CHECK_OK(carried(&scene, &waits));
    CHECK(!waits && scene.polls == 3);
}

TEST(a_refusal_a_void_request_and_a_forgotten_account_are_answered_with_no)
{
    static const char *const answers[] = {"{\"state\":\"refused\",\"approval\":null}",
                                          "{\"state\":\"void\",\"approval\":null}", NULL};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        OWN(scene) scene = {.forgotten = !answers[i]};
        char name[16];
        bool waits = true;
        snprintf(name, sizeof name, "no%zu", i);
        CHECK_OK(scene_open(&scene, name));
        scene.answer = answers[i];
        CHECK_OK(carried(&scene, &waits));
        CHECK(!waits && answered_with(&scene, "refused\n"));
    }
}

TEST(what_was_used_is_told_and_its_file_goes_only_once_it_was_taken)
{
    OWN(scene) scene = {.away = true};
    bool waits = false;
    CHECK_OK(scene_open(&scene, "used"));
    CHECK_OK(told(&scene, "used"));
    CHECK_FAILS(ERR_UNREACHABLE, carried(&scene, &waits));
    CHECK(files(&scene) == 1);
    scene.away = false;
    CHECK_OK(carried(&scene, &waits));
    CHECK(files(&scene) == 0 && scene.tells == 2);
}

TEST(a_file_that_was_altered_keeps_no_other_from_its_way)
{
    OWN(scene) scene = {0};
    char path[700];
    bool waits = false;
    CHECK_OK(scene_open(&scene, "altered"));
    snprintf(path, sizeof path, "%s/elevations/%s.ask", scene.folder,
             ident_text("elv", ident_new(env_real())).text);
    CHECK_OK(env_real()->write_file(env_real(), path, STR("anything, as long as that is sealed"), 0600));
    CHECK_FAILS(ERR_LOCKED, carried(&scene, &waits));
    CHECK(waits && scene.tells == 1);
}

TESTS(what_waits_is_told_once_and_asked_about_until_it_is_answered,
      a_refusal_a_void_request_and_a_forgotten_account_are_answered_with_no,
      what_was_used_is_told_and_its_file_goes_only_once_it_was_taken,
      a_file_that_was_altered_keeps_no_other_from_its_way)
