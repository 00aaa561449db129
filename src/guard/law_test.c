/* SPDX-License-Identifier: Apache-2.0
 *
 * What is told of the policy in force when its end comes.
 */
#include "guard/law.h"

#include "guard/folder.h"
#include "test/test.h"

#include <sys/stat.h>

static moment_t clock_now;
static moment_t now(struct env *env) { return (void)env, clock_now; }

struct scene {
    struct env env; /* this machine's disk, and a clock of the test's */
    char agent[512], folder[512];
    struct own own;
    struct law law;
};

static err_t policy_signed(struct scene *scene, moment_t until, buf_t *out_key, buf_t *out_note)
{
    OWN(buf) text = BUF(4096);
    struct key seed;
    struct note_signer signer;
    struct policy policy = {
        .tenant = scene->own.tenant, .number = 3, .made = DAYS(1), .until = until, .count = 1};
    policy.files[0] = (struct rule_file){STR("10-test.rules"), STR("default observe\n")};
    key_random(env_real(), &seed);
    TRY(policy_signer(scene->own.tenant, &seed, &signer));
    note_key_put(out_key, &signer.key);
    TRY(policy_put(&policy, &text));
    return policy_sign(&signer, buf_str(&text), out_note);
}

/* A machine whose policy of number 3 is in force until then. */
static err_t scene_open(struct scene *scene, moment_t until)
{
    OWN(rules) rules = NULL;
    OWN(buf) key = BUF(1024);
    OWN(buf) note = BUF(8192);
    TRY(crypt_start());
    scene->env = *env_real();
    scene->env.now = now;
    snprintf(scene->agent, sizeof scene->agent, "%s/agent", test_folder());
    snprintf(scene->folder, sizeof scene->folder, "%s/agent.guard", test_folder());
    mkdir(scene->agent, 0700);
    scene->own = (struct own){.env = &scene->env, .folder = scene->folder, .agent = scene->agent};
    TRY(own_open(&scene->own, ident_new(env_real()), ident_new(env_real())));
    TRY(policy_signed(scene, until, &key, &note));
    TRY(folder_write(&scene->env, scene->folder, "signer", buf_str(&key)));
    TRY(folder_write(&scene->env, scene->folder, "current", buf_str(&note)));
    scene->law = (struct law){.own = &scene->own};
    return law_begin(&scene->law, &rules);
}

static bool tells(struct scene *scene, const char *trouble)
{
    OWN(buf) text = BUF(4096);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"trouble\":\"%s\"", trouble);
    return folder_read(&scene->env, scene->agent, "policy/state.json", &text) == ERR_OK &&
           strstr(text.at, wanted) && strstr(text.at, "\"number\":3,");
}

TEST(the_end_of_a_policy_is_told_when_it_comes_and_taken_back_with_the_clock)
{
    struct scene scene;
    clock_now = DAYS(2);
    CHECK_OK(scene_open(&scene, DAYS(9)));
    CHECK_OK(law_tell(&scene.law));
    CHECK(tells(&scene, "none") && law_is_told(&scene.law) && !law_has_moved(&scene.law));
    clock_now = DAYS(9) - 1;
    CHECK(law_is_told(&scene.law));
    clock_now = DAYS(9);
    CHECK(!law_is_told(&scene.law) && !law_has_moved(&scene.law));
    CHECK_OK(law_tell(&scene.law));
    CHECK(tells(&scene, "over") && law_is_told(&scene.law));
    clock_now = DAYS(3); /* it was set wrong */
    CHECK(!law_is_told(&scene.law));
    CHECK_OK(law_tell(&scene.law));
    CHECK(tells(&scene, "none"));
    clock_now = DAYS(4000);
    CHECK(!law_is_told(&scene.law) && scene.law.number == 3);
}

TEST(what_could_not_be_written_is_not_told)
{
    struct scene scene;
    clock_now = DAYS(2);
    CHECK_OK(scene_open(&scene, DAYS(9)));
    CHECK_OK(law_tell(&scene.law));
    clock_now = DAYS(9);
    snprintf(scene.agent, sizeof scene.agent, "%s/gone", test_folder());
    CHECK(law_tell(&scene.law) != ERR_OK && !law_is_told(&scene.law));
    snprintf(scene.agent, sizeof scene.agent, "%s/agent", test_folder());
    CHECK_OK(law_tell(&scene.law));
    CHECK(tells(&scene, "over") && law_is_told(&scene.law));
}

TESTS(the_end_of_a_policy_is_told_when_it_comes_and_taken_back_with_the_clock,
      what_could_not_be_written_is_not_told)
