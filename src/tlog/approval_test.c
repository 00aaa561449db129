/* SPDX-License-Identifier: Apache-2.0
 *
 * Approvals: what is signed is what is allowed, to the byte.
 */
#include "tlog/approval.h"

#include "sys/env_virtual.h"
#include "test/test.h"

struct scene {
    struct world world;
    ident_t tenant;
    struct note_signer signer;
    struct approval approval;
    struct approval_use use;
    char note[APPROVAL_MAX];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { world_drop(&scene->world); }

static err_t scene_open(struct scene *scene)
{
    struct key tenant_private;
    ident_t devices[2];
    OWN(buf) note = BUF(sizeof scene->note);
    world_open(&scene->world, 7);
    TRY(crypt_start());
    struct env *env = &scene->world.env;
    scene->tenant = ident_new(env);
    key_random(env, &tenant_private);
    devices[0] = ident_new(env);
    devices[1] = ident_new(env);
    TRY(approval_signer(scene->tenant, &tenant_private, &scene->signer));
    scene->approval = (struct approval){
        scene->tenant, ident_new(env), ident_new(env), STR("A-1/7"), STR("open device.revoke"), 2,
        {0},           1000000000000,  1000000060000};
    approval_scope(devices, 2, scene->approval.digest);
    scene->use = (struct approval_use){scene->tenant, scene->approval.request, scene->approval.staff,
                                       "open",        scene->approval.digest,  scene->approval.from};
    TRY(approval_sign(&scene->signer, &scene->approval, &note));
    memcpy(scene->note, note.at, note.len);
    return ERR_OK;
}

static err_t opened(struct scene *scene, str_t note)
{
    struct approval approval = {0};
    TRY(approval_open(note, &scene->signer.key, &approval));
    return approval_allows(&approval, &scene->use);
}

TEST(what_was_signed_is_allowed_and_reads_back_the_same)
{
    OWN(scene) scene = {0};
    struct approval read = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(opened(&scene, str(scene.note)));
    CHECK_OK(approval_open(str(scene.note), &scene.signer.key, &read));
    CHECK(read.devices == 2 && read.until == scene.approval.until && str_eq(read.case_id, STR("A-1/7")));
    CHECK(!memcmp(read.digest, scene.approval.digest, DIGEST_SIZE) &&
          ident_eq(read.staff, scene.approval.staff));
}

TEST(every_altered_byte_is_noticed)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; scene.note[i]; i++) {
        scene.note[i] ^= 1;
        CHECK(opened(&scene, str(scene.note)) != ERR_OK);
        scene.note[i] ^= 1;
    }
    CHECK_OK(opened(&scene, str(scene.note)));
}

TEST(another_clients_signature_is_none)
{
    OWN(scene) scene = {0};
    struct key other = {{1}};
    struct note_signer signer;
    OWN(buf) note = BUF(APPROVAL_MAX);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(approval_signer(scene.tenant, &other, &signer));
    CHECK_OK(approval_sign(&signer, &scene.approval, &note));
    CHECK_FAILS(ERR_LOCKED, opened(&scene, buf_str(&note)));
}

TEST(only_what_it_names_is_allowed_and_only_within_its_time)
{
    OWN(scene) scene = {0};
    const uint8_t other[DIGEST_SIZE] = {0};
    CHECK_OK(scene_open(&scene));
    const struct approval_use good = scene.use;
    scene.use.act = "device.revoke";
    CHECK_OK(opened(&scene, str(scene.note)));
    scene.use.act = "device.approve";
    CHECK_FAILS(ERR_DENIED, opened(&scene, str(scene.note)));
    scene.use = good;
    scene.use.now = scene.approval.until;
    CHECK_FAILS(ERR_DENIED, opened(&scene, str(scene.note)));
    scene.use.now = scene.approval.from - 1;
    CHECK_FAILS(ERR_DENIED, opened(&scene, str(scene.note)));
    scene.use = good;
    scene.use.staff = scene.tenant;
    CHECK_FAILS(ERR_DENIED, opened(&scene, str(scene.note)));
    scene.use = good;
    scene.use.request = scene.tenant;
    CHECK_FAILS(ERR_DENIED, opened(&scene, str(scene.note)));
    scene.use = good;
    scene.use.digest = other;
    CHECK_FAILS(ERR_DENIED, opened(&scene, str(scene.note)));
    CHECK(!words_hold(STR("open device.revoke"), STR("device")) && !words_hold(STR(""), STR("")));
}

TESTS(what_was_signed_is_allowed_and_reads_back_the_same, every_altered_byte_is_noticed,
      another_clients_signature_is_none, only_what_it_names_is_allowed_and_only_within_its_time)
