/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard's own folder: what lies in the agent's, whose owner is not trusted, is taken over once and never again.
 */
#include "guard/own.h"

#include "govern/policy.h"
#include "guard/folder.h"
#include "test/test.h"

#include <sys/stat.h>

struct scene {
    struct env *env;
    char agent[512], folder[512];
    ident_t tenant, device;
    struct own own;
};

static err_t key_put(const struct scene *scene, ident_t tenant)
{
    OWN(buf) text = BUF(1024);
    struct key seed;
    struct note_signer signer;
    key_random(scene->env, &seed);
    TRY(policy_signer(tenant, &seed, &signer));
    note_key_put(&text, &signer.key);
    return folder_write(scene->env, scene->agent, "signer", buf_str(&text));
}

static err_t put(const struct scene *scene, const char *name, const char *text)
{
    return folder_write(scene->env, scene->agent, name, str(text));
}

static bool holds(const struct scene *scene, const char *name, const char *text)
{
    OWN(buf) found = BUF(4096);
    err_t read = folder_read(scene->env, scene->folder, name, &found);
    return text ? read == ERR_OK && str_eq(buf_str(&found), str(text)) : read == ERR_MISSING;
}

static err_t again(struct scene *scene)
{
    scene->own = (struct own){.env = scene->env, .folder = scene->folder, .agent = scene->agent};
    return own_open(&scene->own, scene->tenant, scene->device);
}

/* An installation from before there was this folder. */
static err_t scene_open(struct scene *scene, const char *name)
{
    TRY(crypt_start());
    scene->env = env_real();
    scene->tenant = ident_new(scene->env);
    scene->device = ident_new(scene->env);
    snprintf(scene->agent, sizeof scene->agent, "%s/%s", test_folder(), name);
    snprintf(scene->folder, sizeof scene->folder, "%s/%s.guard", test_folder(), name);
    mkdir(scene->agent, 0700);
    TRY(put(scene, "policy/current", "first"));
    TRY(put(scene, "elevations/used", "one use"));
    return key_put(scene, scene->tenant);
}

TEST(what_an_earlier_version_kept_is_taken_over_once)
{
    struct scene scene = {0};
    CHECK_OK(scene_open(&scene, "earlier"));
    CHECK_OK(again(&scene));
    CHECK(!scene.own.other && holds(&scene, "current", "first") && holds(&scene, "used", "one use"));
    CHECK_OK(put(&scene, "policy/current", "older"));
    CHECK_OK(put(&scene, "elevations/used", ""));
    CHECK_OK(again(&scene));
    CHECK(holds(&scene, "current", "first") && holds(&scene, "used", "one use"));
}

TEST(a_key_that_was_pinned_is_replaced_by_no_other_and_the_other_is_told)
{
    struct scene scene = {0};
    OWN(buf) pinned = BUF(1024);
    bool other = false;
    CHECK_OK(scene_open(&scene, "pinned"));
    CHECK_OK(again(&scene));
    CHECK_OK(folder_read(scene.env, scene.folder, "signer", &pinned));
    CHECK_OK(own_adopt(&scene.own, &other));
    CHECK(!other);
    CHECK_OK(key_put(&scene, scene.tenant));
    CHECK_OK(own_adopt(&scene.own, &other));
    CHECK(other && buf_end(&pinned) == ERR_OK && holds(&scene, "signer", pinned.at));
    CHECK_OK(put(&scene, "signer", "no key"));
    CHECK_OK(own_adopt(&scene.own, &other));
    CHECK(other);
    CHECK_OK(folder_remove(scene.env, scene.agent, "signer"));
    CHECK_OK(own_adopt(&scene.own, &other));
    CHECK(!other && holds(&scene, "signer", pinned.at));
}

TEST(a_key_that_comes_later_is_pinned_then)
{
    struct scene scene = {0};
    bool other = true;
    CHECK_OK(scene_open(&scene, "later"));
    CHECK_OK(folder_remove(scene.env, scene.agent, "signer"));
    CHECK_OK(again(&scene));
    CHECK(holds(&scene, "signer", NULL));
    CHECK_OK(key_put(&scene, scene.tenant));
    CHECK_OK(own_adopt(&scene.own, &other));
    CHECK(!other && !holds(&scene, "signer", NULL));
}

TEST(a_machine_that_was_enrolled_anew_is_another_one_until_it_is_forgotten)
{
    struct scene scene = {0};
    CHECK_OK(scene_open(&scene, "anew"));
    CHECK_OK(again(&scene));
    ident_t before = scene.tenant;
    scene.tenant = ident_new(scene.env);
    CHECK_OK(key_put(&scene, scene.tenant));
    CHECK_OK(again(&scene));
    CHECK(scene.own.other && ident_eq(scene.own.tenant, before) && ident_eq(scene.own.device, scene.device));
    CHECK_OK(folder_remove(scene.env, scene.agent, "policy/current"));
    CHECK_OK(own_forget(scene.env, scene.folder));
    CHECK_OK(again(&scene));
    CHECK(!scene.own.other && ident_eq(scene.own.tenant, scene.tenant) && holds(&scene, "current", NULL));
}

TEST(a_folder_that_others_may_open_or_a_link_is_refused)
{
    struct scene scene = {0};
    CHECK_OK(scene_open(&scene, "open"));
    CHECK(mkdir(scene.folder, 0700) == 0 && chmod(scene.folder, 0750) == 0);
    CHECK(again(&scene) == ERR_DENIED);
    CHECK(rmdir(scene.folder) == 0 && symlink(scene.agent, scene.folder) == 0);
    CHECK(again(&scene) == ERR_DENIED);
}

TEST(a_link_or_a_pipe_in_the_agents_folder_is_not_read)
{
    struct scene scene = {0};
    char path[600];
    OWN(buf) text = BUF(1024);
    CHECK_OK(scene_open(&scene, "pipe"));
    snprintf(path, sizeof path, "%s/signer", scene.agent);
    CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    CHECK(folder_read(scene.env, scene.agent, "signer", &text) == ERR_INVALID);
    CHECK(unlink(path) == 0 && symlink("/etc/passwd", path) == 0);
    CHECK(folder_read(scene.env, scene.agent, "signer", &text) == ERR_INVALID);
}

TESTS(what_an_earlier_version_kept_is_taken_over_once,
      a_key_that_was_pinned_is_replaced_by_no_other_and_the_other_is_told,
      a_key_that_comes_later_is_pinned_then,
      a_machine_that_was_enrolled_anew_is_another_one_until_it_is_forgotten,
      a_folder_that_others_may_open_or_a_link_is_refused, a_link_or_a_pipe_in_the_agents_folder_is_not_read)
