/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of launches: made with the first of them, opened by who may and told of, out of every grant. And those of videos, as
 * far as their device is given them.
 */
#include "admit/people_given.h"
#include "keyring/locks.h"
#include "seal/chain.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, person;
    struct key key; /* of the device's launches today */
    uint8_t box[SEAL_BOX];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t subject(struct scene *scene, enum ask_number number, const ident_t ids[2],
                     Keys__Publics **out_publics)
{
    return given_subject(&scene->given, number, (ident_t[]){scene->tenant.id, ids[0], ids[1]}, out_publics);
}

static err_t own(struct scene *scene, enum ask_number number, Keys__Publics **out_publics)
{
    return subject(scene, number, (ident_t[]){scene->device, scene->device}, out_publics);
}

static err_t scene_open(struct scene *scene)
{
    Keys__Publics *publics = NULL;
    struct key public;
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    scene->person = ident_new(scene->given.env);
    TRY(subject(scene, ASK_subjects_make, (ident_t[]){scene->device, scene->person}, &publics));
    TRY(own(scene, ASK_launches_make, &publics));
    TRY(key_from(bin(publics->publics[0]), &public));
    return chain_begin(scene->given.env, &public, &scene->key, scene->box);
}

/* What the box gives for this bearer, by either question. */
static err_t asked(struct scene *scene, enum ask_number number, const char *bearer, Keys__Opened **out_opened)
{
    Keys__Open in = KEYS__OPEN__INIT;
    ProtobufCBinaryData of = given_bin(ident_bytes(&scene->device));
    ProtobufCBinaryData box = given_bin(str_bytes(scene->box, SEAL_BOX));
    in.bearer = (char *)(uintptr_t)bearer;
    in.subjects = &of;
    in.boxes = &box;
    in.n_subjects = in.n_boxes = 1;
    return given_asked(&scene->given, number, &in, out_opened);
}

static bool opens(struct scene *scene, const char *bearer)
{
    Keys__Opened *opened = NULL;
    return asked(scene, ASK_launches_open, bearer, &opened) == ERR_OK && opened->n_keys == 1 &&
           str_eq(bin(opened->keys[0]), key_bytes(&scene->key));
}

static bool stays_closed(struct scene *scene, const char *bearer)
{
    Keys__Opened *opened = NULL;
    return asked(scene, ASK_launches_open, bearer, &opened) == ERR_OK && !opened->keys[0].len;
}

TEST(a_key_for_launches_is_made_with_the_first_of_them_and_once)
{
    OWN(scene) scene = {0};
    Keys__Publics *lacking = NULL, *made = NULL, *again = NULL, *record = NULL;
    const ident_t of[] = {{{0}}, {{0}}};
    CHECK_OK(scene_open(&scene));
    ident_t ids[] = {scene.device, scene.person};
    CHECK_OK(subject(&scene, ASK_launches_publics, ids, &lacking));
    CHECK(lacking->lacks && !lacking->publics[0].len);
    CHECK_OK(subject(&scene, ASK_launches_make, ids, &made));
    CHECK_OK(subject(&scene, ASK_launches_make, ids, &again));
    CHECK(made->publics[0].len == KEY_SIZE && str_eq(bin(made->publics[0]), bin(again->publics[0])));
    CHECK_OK(subject(&scene, ASK_launches_publics, ids, &again));
    CHECK(!again->lacks && str_eq(bin(made->publics[0]), bin(again->publics[0])));
    CHECK(str_eq(bin(again->realm), ident_bytes(&scene.tenant.realm)));
    CHECK_OK(subject(&scene, ASK_subjects_publics, ids, &record));
    CHECK(!str_eq(bin(record->publics[0]), bin(again->publics[0])));
    CHECK_FAILS(ERR_DENIED, subject(&scene, ASK_launches_make, of, &again));
}

TEST(a_device_gets_no_key_for_the_launches_of_another_ones_people)
{
    OWN(scene) scene = {0};
    Keys__Publics *publics = NULL;
    ident_t other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &other));
    CHECK_FAILS(ERR_DENIED,
                subject(&scene, ASK_launches_publics, (ident_t[]){other, scene.person}, &publics));
    CHECK_FAILS(ERR_DENIED, subject(&scene, ASK_launches_make, (ident_t[]){other, scene.device}, &publics));
}

TEST(a_device_is_given_keys_for_the_videos_of_its_own_subjects_under_an_id_that_is_no_subject_s)
{
    OWN(scene) scene = {0};
    struct vouched person = {.count = 0}, again = {.count = 0}, device = {.count = 0};
    Keys__Publics *publics = NULL;
    ident_t second;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &second));
    const ident_t mine[] = {scene.tenant.id, scene.device, scene.person},
                  own[] = {scene.tenant.id, scene.device, scene.device},
                  theirs[] = {scene.tenant.id, second, scene.person},
                  as_subject[] = {scene.tenant.id, scene.device, videos_of(scene.person)};
    CHECK_OK(given_videos(&scene.given, mine, &person));
    CHECK_OK(given_videos(&scene.given, mine, &again));
    CHECK_OK(given_videos(&scene.given, own, &device));
    CHECK(person.count == 1 && device.count == 1 && ident_eq(person.realm, scene.tenant.realm));
    CHECK(ident_eq(person.keys[0].subject, videos_of(scene.person)) &&
          ident_eq(device.keys[0].subject, videos_of(scene.device)) &&
          !ident_eq(videos_of(scene.person), launches_of(scene.person)));
    str_t key = key_bytes(&person.keys[0].public);
    CHECK(str_eq(key, key_bytes(&again.keys[0].public)));
    CHECK_OK(subject(&scene, ASK_subjects_publics, mine + 1, &publics));
    CHECK(!str_eq(key, bin(publics->publics[0])));
    CHECK(given_refused(given_videos(&scene.given, theirs, &again), ERR_DENIED, "not a subject"));
    CHECK_FAILS(ERR_DENIED, given_videos(&scene.given, as_subject, &again));
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_publics, as_subject, &publics));
}

TEST(launches_open_for_who_may_read_and_each_opening_is_in_the_log)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(opens(&scene, scene.tenant.cookie));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    CHECK(opens(&scene, token->token));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"launches.opened\"") == 2);
    CHECK(given_entries(&scene.given, scene.tenant.id, ident_text("dev", scene.device).text) >= 2);
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK(stays_closed(&scene, other.cookie));
    CHECK(given_entries(&scene.given, other.id, "\"launches.opened\"") == 0);
    Keys__Opened *opened = NULL;
    CHECK_FAILS(ERR_SIGNED_OUT, asked(&scene, ASK_launches_open, "nobody", &opened));
}

TEST(the_question_for_records_opens_no_launches)
{
    OWN(scene) scene = {0};
    Keys__Opened *opened = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(asked(&scene, ASK_records_open, scene.tenant.cookie, &opened));
    CHECK(!opened->keys[0].len && opened->n_broken == 1);
}

TEST(launches_end_with_their_device)
{
    OWN(scene) scene = {0};
    Keys__Publics *publics = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device, NULL));
    CHECK(stays_closed(&scene, scene.tenant.cookie));
    CHECK_FAILS(ERR_DENIED, own(&scene, ASK_launches_publics, &publics));
    CHECK_FAILS(ERR_DENIED, own(&scene, ASK_launches_make, &publics));
}

/* The id of the entry, as the keys process makes it of the subject's. */
static ident_t entry_of(ident_t of)
{
    uint8_t hash[DIGEST_SIZE];
    ident_t id;
    digest_of((const str_t[]){STR("launches of "), ident_bytes(&of)}, 2, hash);
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

/* The id of that entry can be worked out, and endpoints name their accounts themselves. */
TEST(nobody_s_account_stands_in_the_place_of_a_key_for_launches)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    Keys__Publics *publics = NULL;
    ident_t theirs, second;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_device(&scene.given, &other, &theirs));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &second));
    const ident_t in_place[][3] = {{other.id, theirs, entry_of(scene.person)},
                                   {scene.tenant.id, scene.device, entry_of(second)}};
    const ident_t own[][2] = {{scene.device, scene.person}, {second, second}};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(given_subject(&scene.given, ASK_subjects_make, in_place[i], NULL));
        CHECK_FAILS(ERR_DENIED, subject(&scene, ASK_launches_publics, own[i], &publics));
        CHECK_FAILS(ERR_DENIED, subject(&scene, ASK_launches_make, own[i], &publics));
    }
}

TEST(a_grant_of_support_reaches_records_and_no_launches)
{
    OWN(scene) scene = {0};
    struct given_person sam;
    ident_t request;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    CHECK_OK(
        given_asked_support(&scene.given, &(struct given_case){&sam, &scene.tenant, scene.device}, &request));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, request, NULL));
    const ident_t of[] = {scene.device, entry_of(scene.device)};
    for (int i = 0; i < 2; i++) {
        Keys__GrantOpen in = KEYS__GRANT_OPEN__INIT;
        Keys__Opened *opened = NULL;
        ProtobufCBinaryData id = given_bin(ident_bytes(&of[i]));
        ProtobufCBinaryData box = given_bin(str_bytes(scene.box, SEAL_BOX));
        in.bearer = (char *)(uintptr_t)sam.cookie;
        in.request = given_bin(ident_bytes(&request));
        in.subjects = &id;
        in.boxes = &box;
        in.n_subjects = in.n_boxes = 1;
        err_t result = given_asked(&scene.given, ASK_grant_open, &in, &opened);
        CHECK(result == ERR_OK && !opened->keys[0].len && opened->n_broken == !i);
    }
}

TESTS(a_key_for_launches_is_made_with_the_first_of_them_and_once,
      a_device_gets_no_key_for_the_launches_of_another_ones_people,
      a_device_is_given_keys_for_the_videos_of_its_own_subjects_under_an_id_that_is_no_subject_s,
      launches_open_for_who_may_read_and_each_opening_is_in_the_log,
      the_question_for_records_opens_no_launches, launches_end_with_their_device,
      nobody_s_account_stands_in_the_place_of_a_key_for_launches,
      a_grant_of_support_reaches_records_and_no_launches)
