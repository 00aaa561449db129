/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/cert.h"
#include "seal/vouch.h"
#include "sys/env.h"
#include "test/test.h"

enum { ROOM = 8192 };

/* An authority, and what it vouches for: two subjects of one device. */
struct scene {
    buf_t private_pem, cert_pem, note;
    struct vouched_key keys[2];
    struct vouched vouched;
    arena_t arena;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    buf_drop(&scene->private_pem);
    buf_drop(&scene->cert_pem);
    buf_drop(&scene->note);
    arena_drop(&scene->arena);
}

static err_t given_a_note(struct scene *scene)
{
    struct env *env = env_real();
    *scene = (struct scene){BUF(ROOM), BUF(ROOM), BUF(ROOM), .arena = ARENA(ROOM)};
    for (size_t i = 0; i < 2; i++) {
        scene->keys[i].subject = ident_new(env);
        key_random(env, &scene->keys[i].public);
    }
    scene->vouched = (struct vouched){ident_new(env), ident_new(env), ident_new(env), scene->keys, 2};
    TRY(cert_key_make(&scene->private_pem));
    TRY(cert_authority_make(env, buf_str(&scene->private_pem), "a test", env->now(env) + DAYS(1),
                            &scene->cert_pem));
    return vouch_put(buf_str(&scene->private_pem), &scene->vouched, &scene->note);
}

static err_t got(struct scene *scene, str_t note, struct vouched *out)
{
    return vouch_get(buf_str(&scene->cert_pem), note, &scene->arena, out);
}

TEST(what_the_authority_vouches_for_is_read_back)
{
    OWN(scene) scene = {0};
    struct vouched read;
    CHECK_OK(given_a_note(&scene));
    CHECK_OK(got(&scene, buf_str(&scene.note), &read));
    CHECK(ident_eq(read.tenant, scene.vouched.tenant) && ident_eq(read.device, scene.vouched.device));
    CHECK(ident_eq(read.realm, scene.vouched.realm) && read.count == 2);
    CHECK(!memcmp(read.keys, scene.keys, sizeof scene.keys));
}

TEST(no_byte_of_it_can_be_changed_and_none_left_out)
{
    OWN(scene) scene = {0};
    struct vouched read;
    CHECK_OK(given_a_note(&scene));
    for (size_t i = 0; i < scene.note.len; i++) {
        scene.note.at[i] = (char)(scene.note.at[i] ^ 1);
        CHECK(got(&scene, buf_str(&scene.note), &read) != ERR_OK);
        scene.note.at[i] = (char)(scene.note.at[i] ^ 1);
        CHECK(got(&scene, str_bytes(scene.note.at, i), &read) != ERR_OK);
    }
}

/* As a web process that was taken over would: everything but the authority's key is its own. */
TEST(a_key_that_another_authority_vouches_for_is_refused)
{
    OWN(scene) scene = {0};
    OWN(scene) theirs = {0};
    struct vouched read;
    CHECK_OK(given_a_note(&scene));
    CHECK_OK(given_a_note(&theirs));
    CHECK_FAILS(ERR_DENIED, got(&scene, buf_str(&theirs.note), &read));
}

TEST(a_text_of_another_form_is_refused_also_where_it_is_signed)
{
    OWN(scene) scene = {0};
    OWN(buf) signature = BUF(CERT_SIGNATURE);
    OWN(buf) note = BUF(ROOM);
    struct vouched read;
    CHECK_OK(given_a_note(&scene));
    CHECK_OK(cert_sign(buf_str(&scene.private_pem), STR("custody subjects\nof nobody"), &signature));
    buf_put_byte(&note, (uint8_t)signature.len);
    buf_put(&note, buf_str(&signature));
    buf_put(&note, STR("custody subjects\nof nobody"));
    CHECK_FAILS(ERR_INVALID, got(&scene, buf_str(&note), &read));
    CHECK_FAILS(ERR_INVALID, got(&scene, STR(""), &read));
}

TESTS(what_the_authority_vouches_for_is_read_back, no_byte_of_it_can_be_changed_and_none_left_out,
      a_key_that_another_authority_vouches_for_is_refused,
      a_text_of_another_form_is_refused_also_where_it_is_signed)
