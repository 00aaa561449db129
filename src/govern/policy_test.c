/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies: what is signed is what is read, and an endpoint obeys nothing else.
 */
#include "govern/policy.h"

#include "base/limits.h"
#include "sys/env_virtual.h"
#include "test/test.h"

#define MADE  ((moment_t)1000000000000)
#define UNTIL (MADE + DAYS(90))

struct scene {
    struct world world;
    struct note_signer signer;
    struct policy policy, read;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { world_drop(&scene->world); }

static err_t scene_open(struct scene *scene)
{
    OWN(key) seed = {{0}};
    world_open(&scene->world, 7);
    TRY(crypt_start());
    key_random(&scene->world.env, &seed);
    scene->policy = (struct policy){
        .tenant = ident_new(&scene->world.env),
        .number = 7,
        .made = MADE,
        .until = UNTIL,
        .files = {{STR("20-packages.rules"), STR("deny : path=/tmp/**\n\n# one\n")},
                  {STR("90-default.rules"), STR("default observe\n")}},
        .count = 2,
    };
    return policy_signer(scene->policy.tenant, &seed, &scene->signer);
}

static err_t signed_note(struct scene *scene, const struct policy *policy, buf_t *out_note)
{
    OWN(buf) text = BUF(MAX_POLICY);
    buf_clear(out_note);
    TRY(policy_put(policy, &text));
    return policy_sign(&scene->signer, buf_str(&text), out_note);
}

TEST(what_was_signed_reads_back_the_same)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(MAX_POLICY);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(signed_note(&scene, &scene.policy, &note));
    CHECK_OK(policy_open(buf_str(&note), &scene.signer.key, &scene.read));
    CHECK(ident_eq(scene.read.tenant, scene.policy.tenant) && scene.read.number == 7);
    CHECK(scene.read.made == MADE && scene.read.until == UNTIL && scene.read.count == 2);
    for (size_t i = 0; i < 2; i++)
        CHECK(str_eq(scene.read.files[i].name, scene.policy.files[i].name) &&
              str_eq(scene.read.files[i].text, scene.policy.files[i].text));
}

TEST(every_altered_byte_and_every_cut_is_noticed)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(MAX_POLICY);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(signed_note(&scene, &scene.policy, &note));
    for (size_t i = 0; i < note.len; i++) {
        note.at[i] ^= 1;
        CHECK(policy_open(buf_str(&note), &scene.signer.key, &scene.read) != ERR_OK);
        note.at[i] ^= 1;
        CHECK(policy_open(str_bytes(note.at, i), &scene.signer.key, &scene.read) != ERR_OK);
    }
}

TEST(a_key_signs_the_policies_of_one_client)
{
    OWN(scene) scene = {0};
    OWN(buf) text = BUF(512);
    struct note_key key;
    ident_t tenant;
    CHECK_OK(scene_open(&scene));
    note_key_put(&text, &scene.signer.key);
    CHECK_OK(policy_key_read(buf_str(&text), scene.policy.tenant, &key));
    CHECK(note_key_eq(&key, &scene.signer.key) && policy_key_tenant(&key, &tenant) == ERR_OK);
    CHECK(ident_eq(tenant, scene.policy.tenant));
    CHECK_FAILS(ERR_INVALID, policy_key_read(buf_str(&text), ident_new(&scene.world.env), &key));
    CHECK_OK(note_key_make(NOTE_ED25519, STR("custody/other/policy"), &scene.signer.key.public, &key));
    CHECK_FAILS(ERR_INVALID, policy_key_tenant(&key, &tenant));
}

static err_t put_with(const struct scene *scene, struct rule_file file)
{
    OWN(buf) text = BUF(MAX_POLICY);
    struct policy policy = scene->policy;
    policy.files[1] = file;
    return policy_put(&policy, &text);
}

TEST(a_file_that_is_not_named_or_written_as_a_rule_file_is_refused)
{
    static const char *const names[] = {
        "",           "1-a.rules",    "123-a.rules",  "20-.rules",         "20-A.rules", "20-a.rule",
        "a-20.rules", "20-a/b.rules", "20-a b.rules", "20-packages.rules", "10-a.rules"};
    static const char *const texts[] = {"deny any\tany\n", "deny", "a\r\n", "\xff\n"};
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(put_with(&scene, (struct rule_file){STR("20-x.y_z-1.rules"), STR("")}));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_FAILS(ERR_INVALID, put_with(&scene, (struct rule_file){str(names[i]), STR("any\n")}));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK_FAILS(ERR_INVALID, put_with(&scene, (struct rule_file){STR("30-a.rules"), str(texts[i])}));
    CHECK(put_with(&scene, (struct rule_file){STR("30-a.rules"), STR("one\ntw\to\n")}) == ERR_INVALID &&
          strstr(err_note(), "30-a.rules:2:"));
}

TEST(a_policy_is_numbered_and_ends_after_it_was_made)
{
    OWN(scene) scene = {0};
    OWN(buf) text = BUF(MAX_POLICY);
    CHECK_OK(scene_open(&scene));
    scene.policy.number = 0;
    CHECK_FAILS(ERR_INVALID, policy_put(&scene.policy, &text));
    scene.policy.number = POLICY_NUMBER_MAX + 1;
    CHECK_FAILS(ERR_INVALID, policy_put(&scene.policy, &text));
    scene.policy.number = 1;
    scene.policy.until = MADE;
    CHECK_FAILS(ERR_INVALID, policy_put(&scene.policy, &text));
}

static enum policy_trouble judged(struct scene *scene, const struct policy *policy, str_t current)
{
    OWN(buf) note = BUF(MAX_POLICY);
    if (signed_note(scene, policy, &note) != ERR_OK)
        return POLICY_TROUBLE_COUNT;
    return policy_judge(&(struct policy_offer){buf_str(&note), current, &scene->signer.key,
                                               scene->policy.tenant, MADE + DAYS(1)},
                        &scene->read);
}

TEST(an_endpoint_obeys_nothing_older_expired_or_of_another_client)
{
    OWN(scene) scene = {0};
    OWN(buf) current = BUF(MAX_POLICY);
    CHECK_OK(scene_open(&scene));
    CHECK(judged(&scene, &scene.policy, STR("")) == POLICY_NONE && scene.read.number == 7);
    CHECK_OK(signed_note(&scene, &scene.policy, &current));
    struct policy other = scene.policy;
    CHECK(judged(&scene, &other, buf_str(&current)) == POLICY_NONE);
    other.files[0].text = STR("# another\n");
    CHECK(judged(&scene, &other, buf_str(&current)) == POLICY_OLDER);
    other.number = 6;
    CHECK(judged(&scene, &other, buf_str(&current)) == POLICY_OLDER);
    other.number = 8;
    CHECK(judged(&scene, &other, buf_str(&current)) == POLICY_NONE && scene.read.number == 8);
    other.until = MADE + DAYS(1);
    CHECK(judged(&scene, &other, buf_str(&current)) == POLICY_EXPIRED);
    other.until = UNTIL;
    other.tenant = ident_new(&scene.world.env);
    CHECK(judged(&scene, &other, buf_str(&current)) == POLICY_TENANT);
}

TEST(what_another_key_signed_is_unsigned_and_what_does_not_add_up_is_damaged)
{
    OWN(scene) scene = {0};
    OWN(scene) stranger = {0};
    OWN(buf) note = BUF(MAX_POLICY);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(scene_open(&stranger));
    stranger.signer.seed.bytes[0] ^= 1;
    struct policy_offer offer = {.key = &scene.signer.key, .tenant = scene.policy.tenant, .now = MADE};
    CHECK_OK(signed_note(&stranger, &scene.policy, &note));
    offer.note = buf_str(&note);
    CHECK(policy_judge(&offer, &scene.read) == POLICY_UNSIGNED);
    buf_clear(&note);
    CHECK_OK(policy_sign(&scene.signer, STR("custody policy\nnumber 8\n"), &note));
    offer.note = buf_str(&note);
    CHECK(policy_judge(&offer, &scene.read) == POLICY_DAMAGED);
    offer.note = STR("");
    CHECK(policy_judge(&offer, &scene.read) == POLICY_DAMAGED);
}

TEST(each_trouble_has_a_word_that_reads_back)
{
    enum policy_trouble read;
    for (int i = 0; i < POLICY_TROUBLE_COUNT; i++)
        CHECK(policy_trouble_read(str(policy_trouble_word((enum policy_trouble)i)), &read) == ERR_OK &&
              (int)read == i);
    CHECK_FAILS(ERR_INVALID, policy_trouble_read(STR("somebody's name"), &read));
}

TESTS(what_was_signed_reads_back_the_same, every_altered_byte_and_every_cut_is_noticed,
      a_key_signs_the_policies_of_one_client, a_file_that_is_not_named_or_written_as_a_rule_file_is_refused,
      a_policy_is_numbered_and_ends_after_it_was_made,
      an_endpoint_obeys_nothing_older_expired_or_of_another_client,
      what_another_key_signed_is_unsigned_and_what_does_not_add_up_is_damaged,
      each_trouble_has_a_word_that_reads_back)
