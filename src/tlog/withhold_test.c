/* SPDX-License-Identifier: Apache-2.0
 *
 * What an endpoint is told to withhold: only what the client signed, to the byte.
 */
#include "tlog/withhold.h"

#include "sys/env_virtual.h"
#include "test/test.h"

struct scene {
    struct world world;
    struct note_signer signer;
    struct withhold withhold;
    buf_t note;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    buf_drop(&scene->note);
    world_drop(&scene->world);
}

static err_t scene_open(struct scene *scene, size_t accounts)
{
    struct key tenant_private;
    world_open(&scene->world, 7);
    TRY(crypt_start());
    struct env *env = &scene->world.env;
    key_random(env, &tenant_private);
    scene->note = (buf_t)BUF(2 * WITHHOLD_MAX);
    scene->withhold = (struct withhold){.tenant = ident_new(env),
                                        .device = ident_new(env),
                                        .number = 3,
                                        .made = 1000000000000,
                                        .count = accounts};
    for (size_t i = 0; i < accounts && i < WITHHOLD_MOST; i++)
        scene->withhold.accounts[i] = ident_new(env);
    TRY(withhold_signer(scene->withhold.tenant, &tenant_private, &scene->signer));
    return withhold_sign(&scene->signer, &scene->withhold, &scene->note);
}

TEST(what_was_signed_reads_back_the_same)
{
    OWN(scene) scene = {0};
    struct withhold read = {0};
    CHECK_OK(scene_open(&scene, 2));
    CHECK_OK(withhold_open(buf_str(&scene.note), &scene.signer.key, &read));
    CHECK(read.number == 3 && read.count == 2 && ident_eq(read.device, scene.withhold.device) &&
          withhold_names(&read, scene.withhold.accounts[1]) && !withhold_names(&read, read.device));
}

TEST(a_device_withholds_nobody_or_very_many_and_no_more)
{
    struct withhold read = {0};
    for (size_t accounts = 0; accounts <= WITHHOLD_MOST; accounts += WITHHOLD_MOST) {
        OWN(scene) scene = {0};
        CHECK_OK(scene_open(&scene, accounts));
        CHECK_OK(withhold_open(buf_str(&scene.note), &scene.signer.key, &read));
        CHECK(read.count == accounts);
    }
    OWN(scene) scene = {0};
    CHECK_FAILS(ERR_TOO_LARGE, scene_open(&scene, WITHHOLD_MOST + 1));
}

TEST(not_one_byte_of_it_can_be_changed)
{
    OWN(scene) scene = {0};
    struct withhold read = {0};
    CHECK_OK(scene_open(&scene, 2));
    for (size_t i = 0; i < scene.note.len; i++) {
        scene.note.at[i] ^= 1;
        CHECK(withhold_open(buf_str(&scene.note), &scene.signer.key, &read) != ERR_OK);
        scene.note.at[i] ^= 1;
    }
    CHECK_OK(withhold_open(buf_str(&scene.note), &scene.signer.key, &read));
}

TEST(another_client_s_key_is_not_taken_for_it)
{
    OWN(scene) scene = {0};
    OWN(scene) other = {0};
    OWN(buf) text = BUF(512);
    struct note_key key;
    struct withhold read = {0};
    CHECK_OK(scene_open(&scene, 1));
    CHECK_OK(scene_open(&other, 1));
    note_key_put(&text, &scene.signer.key);
    CHECK_OK(withhold_key_read(buf_str(&text), scene.withhold.tenant, &key));
    CHECK(note_key_eq(&key, &scene.signer.key));
    other.withhold.tenant.bytes[0] ^= 1;
    CHECK_FAILS(ERR_INVALID, withhold_key_read(buf_str(&text), other.withhold.tenant, &key));
    other.signer.key.public.bytes[0] ^= 1;
    CHECK_FAILS(ERR_LOCKED, withhold_open(buf_str(&scene.note), &other.signer.key, &read));
}

TESTS(what_was_signed_reads_back_the_same, a_device_withholds_nobody_or_very_many_and_no_more,
      not_one_byte_of_it_can_be_changed, another_client_s_key_is_not_taken_for_it)
