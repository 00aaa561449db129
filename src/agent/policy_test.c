/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's policy on its way to the guard, and word of it back.
 */
#include "agent/policy.h"

#include "agent/receiver_given.h"
#include "base/limits.h"
#include "govern/policy.h"

#define SETTINGS(policy) \
    "{\"computer_name\":true,\"mac_address\":true,\"usernames\":true,\"logged_in\":true,\"ip_addresses\":true," \
    "\"connecting_ip\":true,\"programs\":true,\"version\":1,\"policy\":" policy "}"

enum { TEXT_MAX = 1024 };

struct scene {
    struct stage stage;
    char settings[TEXT_MAX], key[TEXT_MAX], other[TEXT_MAX];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { stage_drop(&scene->stage); }

static int said;
static void say(const char *line) { said += *line != '\0'; }

static err_t key_make(struct scene *scene, char *out_text)
{
    OWN(state) state = {0};
    OWN(buf) text = BUF(TEXT_MAX - 1);
    OWN(key) seed;
    OWN(note_signer) signer = {.seed = {{0}}};
    TRY(given_state(&scene->stage, &state));
    key_random(&scene->stage.world.env, &seed);
    TRY(policy_signer(state.tenant, &seed, &signer));
    note_key_put(&text, &signer.key);
    TRY(buf_end(&text));
    memcpy(out_text, text.at, text.len + 1);
    return ERR_OK;
}

static err_t scene_open(struct scene *scene, uint64_t seed)
{
    said = 0;
    TRY(given_stage(&scene->stage, seed));
    TRY(key_make(scene, scene->key));
    TRY(key_make(scene, scene->other));
    scene->stage.reporter.say = say;
    scene->stage.service->signer = scene->key;
    return ERR_OK;
}

/* The service has this policy, and its settings name it. */
static void offer(struct scene *scene, const char *policy)
{
    OWN(buf) text = BUF(TEXT_MAX);
    uint8_t sum[DIGEST_SIZE];
    digest(str(policy), sum);
    buf_put_base64(&text, str_bytes(sum, sizeof sum));
    snprintf(scene->settings, sizeof scene->settings, SETTINGS("\"%s\""), text.at);
    scene->stage.service->settings = scene->settings;
    scene->stage.service->policy = policy;
}

static bool file_is(struct scene *scene, const char *path, const char *text)
{
    OWN(buf) bytes = BUF(MAX_POLICY);
    struct env *env = &scene->stage.world.env;
    return env->read_file(env, path, &bytes) == ERR_OK && str_eq(buf_str(&bytes), str(text));
}

TEST(a_policy_is_fetched_once_and_again_only_when_the_service_has_another)
{
    OWN(scene) scene = {0};
    size_t items;
    CHECK_OK(scene_open(&scene, 1));
    offer(&scene, "one");
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(file_is(&scene, STAGE_FOLDER "/policy/arrived", "one"));
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(scene.stage.service->policies_asked == 1 && scene.stage.service->signers_asked == 1);
    offer(&scene, "two");
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(file_is(&scene, STAGE_FOLDER "/policy/arrived", "two") && scene.stage.service->policies_asked == 2);
}

TEST(the_first_signing_key_is_pinned_and_said_and_no_other_takes_its_place)
{
    OWN(scene) scene = {0};
    OWN(state) state = {0};
    size_t items;
    char pinned[TEXT_MAX + 1];
    bool other = false;
    CHECK_OK(scene_open(&scene, 2));
    scene.stage.service->settings = SETTINGS("null");
    snprintf(pinned, sizeof pinned, "%s\n", scene.key);
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(file_is(&scene, STAGE_FOLDER "/signer", pinned) && said == 1);
    scene.stage.service->signer = scene.other;
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(file_is(&scene, STAGE_FOLDER "/signer", pinned) && said == 1);
    CHECK_OK(given_state(&scene.stage, &state));
    struct signer_ask ask = {&scene.stage.world.env, STAGE_FOLDER, state.tenant, str(scene.other)};
    CHECK(signer_pin(&ask, &other) == ERR_OK && other && file_is(&scene, STAGE_FOLDER "/signer", pinned));
    ask.key = str(scene.key);
    CHECK(signer_pin(&ask, &other) == ERR_OK && !other);
}

TEST(a_key_of_another_client_is_not_pinned_and_the_reports_go_out_all_the_same)
{
    OWN(scene) scene = {0};
    size_t items = 0;
    CHECK_OK(scene_open(&scene, 3));
    scene.stage.service->settings = SETTINGS("null");
    scene.stage.service->signer = "custody/ten_aaaaaaaaaaaaaaaaaaaaaaaaaa/policy+00000000+AAAA";
    CHECK_FAILS(ERR_INVALID, given_cycle(&scene.stage, &items));
    CHECK(!is_on_disk(&scene.stage, "signer") && service_has_everything(&scene.stage));
}

static err_t put(struct scene *scene, const char *path, const char *json)
{
    struct env *env = &scene->stage.world.env;
    return env->write_file(env, path, str(json), 0600);
}

static err_t state_put(struct scene *scene, const char *json)
{
    return put(scene, STAGE_FOLDER "/policy/state.json", json);
}

/* A guard that says something now. */
static err_t guard_put(struct scene *scene, const char *rest)
{
    char json[TEXT_MAX];
    snprintf(json, sizeof json, "{\"boot\":%lld%s}", (long long)scene->stage.world.boot_clock, rest);
    return put(scene, STAGE_FOLDER "/guard.json", json);
}

static bool is_told(struct scene *scene, const char *query)
{
    size_t items;
    return given_cycle(&scene->stage, &items) == ERR_OK &&
           str_eq(str(scene->stage.service->path + strlen("/agent/v1/settings")), str(query));
}

TEST(what_is_in_force_is_told_with_the_settings_and_nothing_but_known_words)
{
    OWN(scene) scene = {0};
    size_t items;
    CHECK_OK(scene_open(&scene, 4));
    scene.stage.service->settings = SETTINGS("null");
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(!strcmp(scene.stage.service->path, "/agent/v1/settings"));
    CHECK_OK(state_put(&scene, "{\"number\":7,\"enforcing\":true,\"trouble\":\"older\"}"));
    CHECK_OK(guard_put(&scene, ""));
    CHECK(is_told(&scene, "?policy=7&enforcing=yes&trouble=older"));
    CHECK_OK(state_put(&scene, "{\"number\":7,\"enforcing\":true,\"trouble\":\"anna's file\"}"));
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(!strcmp(scene.stage.service->path, "/agent/v1/settings"));
}

TEST(a_guard_that_gives_no_sign_of_life_enforces_nothing_and_the_service_is_told)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, 5));
    scene.stage.service->settings = SETTINGS("null");
    scene.stage.world.boot_clock = HOURS(1);
    CHECK_OK(state_put(&scene, "{\"number\":7,\"enforcing\":true,\"trouble\":\"none\"}"));
    CHECK(is_told(&scene, "?policy=7&enforcing=no&trouble=guard"));
    CHECK_OK(guard_put(&scene,
                       ",\"ended\":false,\"restarts\":2,\"stops\":1,\"late\":0,\"stopped\":3,\"lost\":40"));
    CHECK(
        is_told(&scene, "?policy=7&enforcing=yes&trouble=none&restarts=2&stops=1&late=0&stopped=3&lost=40"));
    scene.stage.world.clock += DAYS(2); /* says nothing: only the boot clock counts */
    scene.stage.world.boot_clock += GUARD_SILENT_MS - 1;
    CHECK(
        is_told(&scene, "?policy=7&enforcing=yes&trouble=none&restarts=2&stops=1&late=0&stopped=3&lost=40"));
    scene.stage.world.boot_clock += 1;
    CHECK(
        is_told(&scene, "?policy=7&enforcing=no&trouble=guard&restarts=2&stops=1&late=0&stopped=3&lost=40"));
    scene.stage.world.boot_clock = MINUTES(1); /* another boot: what was written is from before */
    CHECK(
        is_told(&scene, "?policy=7&enforcing=no&trouble=guard&restarts=2&stops=1&late=0&stopped=3&lost=40"));
    CHECK_OK(guard_put(&scene, ",\"ended\":true"));
    CHECK(is_told(&scene, "?policy=7&enforcing=no&trouble=guard"));
}

TESTS(a_policy_is_fetched_once_and_again_only_when_the_service_has_another,
      the_first_signing_key_is_pinned_and_said_and_no_other_takes_its_place,
      a_key_of_another_client_is_not_pinned_and_the_reports_go_out_all_the_same,
      what_is_in_force_is_told_with_the_settings_and_nothing_but_known_words,
      a_guard_that_gives_no_sign_of_life_enforces_nothing_and_the_service_is_told)
