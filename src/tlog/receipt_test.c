/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/receipt.h"

#include "sys/env_virtual.h"
#include "test/test.h"

struct scene {
    struct world world;
    struct note_signer signer;
    char text[RECEIPT_MAX];
    size_t len;
};

static err_t scene_open(struct scene *scene)
{
    OWN(buf) note = BUF(RECEIPT_MAX);
    struct env *env = &scene->world.env;
    const struct receipt receipt = {
        .client = STR("example"),
        .kind = STR("handover"),
        .recipient = STR("age1example"),
        .tenant = {{1}},
        .export = {{2}},
        .accepted_by = {{3}},
        .handed_by = {"usr", {{4}}},
        .accepted = SECONDS(1790000000),
        .handed = SECONDS(1790000100),
        .size = 4711,
        .files = 12,
        .records = 34,
        .archive = {5},
        .manifest = {6},
    };
    world_open(&scene->world, 7);
    TRY(crypt_start());
    TRY(note_signer_new(env, NOTE_ED25519, STR("custody/example"), &scene->signer));
    TRY(receipt_sign(&scene->signer, &receipt, &note));
    memcpy(scene->text, note.at, scene->len = note.len);
    return ERR_OK;
}

TEST(a_receipt_says_who_took_what_and_when)
{
    struct scene scene = {.len = 0};
    struct receipt receipt;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(receipt_open(str_bytes(scene.text, scene.len), &scene.signer.key, &receipt));
    CHECK(str_eq(receipt.client, STR("example")) && receipt.size == 4711 && receipt.files == 12);
    CHECK(receipt.accepted_by.bytes[0] == 3 && receipt.handed == SECONDS(1790000100));
    CHECK(receipt.archive[0] == 5 && receipt.manifest[0] == 6);
}

TEST(a_receipt_with_any_letter_changed_is_none)
{
    struct scene scene = {.len = 0};
    struct receipt receipt;
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < scene.len; i++) {
        scene.text[i] ^= 1;
        CHECK(receipt_open(str_bytes(scene.text, scene.len), &scene.signer.key, &receipt) != ERR_OK);
        scene.text[i] ^= 1;
    }
}

TEST(a_receipt_signed_by_another_log_is_none)
{
    struct scene scene = {.len = 0};
    struct note_signer other;
    struct receipt receipt;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(note_signer_new(&scene.world.env, NOTE_ED25519, STR("custody/example"), &other));
    CHECK_FAILS(ERR_LOCKED, receipt_open(str_bytes(scene.text, scene.len), &other.key, &receipt));
}

TESTS(a_receipt_says_who_took_what_and_when, a_receipt_with_any_letter_changed_is_none,
      a_receipt_signed_by_another_log_is_none)
