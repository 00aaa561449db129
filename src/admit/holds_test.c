/* SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds: what is held stays readable to the client alone, whatever is destroyed, until two people release it.
 */
#include "keyring/holds.h"

#include "admit/people_given.h"
#include "crypt/kit.h"
#include "keyring/locks.h"
#include "test/test.h"

static err_t place(struct given *given, const char *cookie, const char *kind, ident_t target,
                   Keys__Hold **out_hold)
{
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    in.bearer = (char *)(uintptr_t)cookie;
    in.kind = (char *)(uintptr_t)kind;
    in.target = given_bin(ident_bytes(&target));
    in.case_id = (char *)(uintptr_t) "2026/17";
    in.words = (char *)(uintptr_t) "a marker of why";
    return given_asked(given, ASK_hold_place, &in, out_hold);
}

struct covers {
    ident_t tenant, subject;
    bool held;
};
static err_t covers_act(struct keyring *keyring, void *with)
{
    struct covers *covers = with;
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    return hold_covers(&ask, covers->tenant, covers->subject, &covers->held);
}

static bool is_held(struct given *given, const struct given_tenant *tenant, ident_t subject)
{
    struct covers covers = {tenant->id, subject, false};
    return keyring_read(given->keyring, covers_act, &covers) == ERR_OK && covers.held;
}

/* Whether the record can be opened with the keys of a hold. */
static err_t held_open(struct given *given, const char *cookie, const struct given_record *record)
{
    Keys__Open in = KEYS__OPEN__INIT;
    Keys__Opened *out = NULL;
    ProtobufCBinaryData subjects[] = {given_bin(ident_bytes(&record->subject))};
    str_t box;
    TRY(seal_box(str_bytes(record->sealed, record->len), &box));
    ProtobufCBinaryData boxes[] = {given_bin(box)};
    in.bearer = (char *)(uintptr_t)cookie;
    in.subjects = subjects;
    in.boxes = boxes;
    in.n_subjects = in.n_boxes = 1;
    TRY(given_asked(given, ASK_held_open, &in, &out));
    return out->keys[0].len == KEY_SIZE ? ERR_OK : fail(ERR_LOCKED, "no hold keeps it");
}

/* As a forget does: the keys of one subject. */
static err_t destroy_act(struct keyring *keyring, void *with)
{
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    return entry_destroy(&ask, *(const ident_t *)with);
}

static err_t destroyed(struct given *given, ident_t subject)
{
    return keyring_write(given->keyring, destroy_act, &subject);
}

TEST(what_is_held_outlives_its_destruction_and_nothing_else_does)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_record held, free;
    ident_t device, other;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_device(&given, &tenant, &other));
    CHECK_OK(given_record(&given, &tenant, device, &held));
    CHECK_OK(given_record(&given, &tenant, other, &free));
    CHECK_OK(place(&given, tenant.cookie, "device", device, NULL));
    CHECK(is_held(&given, &tenant, device) && !is_held(&given, &tenant, other));
    CHECK(given_refused(given_named(&given, ASK_device_destroy, tenant.cookie, device, NULL), ERR_CONFLICT,
                        "legal hold"));
    CHECK_OK(destroyed(&given, device));
    CHECK_OK(destroyed(&given, other));
    const ident_t none = {{0}};
    CHECK(given_open(&given, tenant.cookie, none, &held) != ERR_OK);
    CHECK_OK(held_open(&given, tenant.cookie, &held));
    CHECK_FAILS(ERR_LOCKED, held_open(&given, tenant.cookie, &free));
    CHECK(is_held(&given, &tenant, device));
}

TEST(only_the_client_opens_what_is_held_and_of_it_who_cares_for_peoples_data)
{
    OWN(given) given = {0};
    struct given_tenant tenant, stranger;
    struct given_person vic;
    struct given_record record;
    ident_t device;
    Keys__Hold *hold = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "stranger", &stranger));
    CHECK_OK(given_member(&given, &tenant, "viewer", &vic));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_record(&given, &tenant, device, &record));
    CHECK_FAILS(ERR_DENIED, place(&given, vic.cookie, "device", device, NULL));
    CHECK_FAILS(ERR_MISSING, place(&given, stranger.cookie, "device", device, NULL));
    CHECK_OK(place(&given, tenant.cookie, "device", device, &hold));
    CHECK(!strcmp(hold->words, "a marker of why") && hold->keys == 1);
    CHECK_FAILS(ERR_DENIED, held_open(&given, vic.cookie, &record));
    CHECK_FAILS(ERR_LOCKED, held_open(&given, stranger.cookie, &record));
    CHECK_FAILS(ERR_DENIED, given_borne(&given, ASK_hold_list, vic.cookie, NULL));
    CHECK(!given_bytes_in_folder(test_folder(), STR("a marker of why")));
}

TEST(a_hold_on_a_client_covers_what_is_made_later_and_asked_again_it_is_the_same_hold)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    Keys__Holds *holds = NULL;
    ident_t device, later;
    const ident_t person = {{9}};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(place(&given, tenant.cookie, "tenant", tenant.id, NULL));
    CHECK_OK(place(&given, tenant.cookie, "tenant", tenant.id, NULL));
    CHECK_OK(given_device(&given, &tenant, &later));
    CHECK_OK(given_subject(&given, ASK_subjects_make, (ident_t[]){tenant.id, later, person}, NULL));
    CHECK(is_held(&given, &tenant, device) && is_held(&given, &tenant, later) &&
          is_held(&given, &tenant, person));
    CHECK_OK(given_borne(&given, ASK_hold_list, tenant.cookie, &holds));
    CHECK(holds->n_items == 1 && holds->items[0]->keys == 4); /* two devices, a person, and Ana */
}

TEST(a_hold_on_a_person_covers_its_launches_and_videos_and_not_the_device)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    ident_t device;
    const ident_t person = {{9}};
    struct vouched videos = {.count = 0};
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    ProtobufCBinaryData ids[] = {given_bin(ident_bytes(&person))};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_subject(&given, ASK_subjects_make, (ident_t[]){tenant.id, device, person}, NULL));
    CHECK_OK(place(&given, tenant.cookie, "person", person, NULL));
    in.tenant = given_bin(ident_bytes(&tenant.id));
    in.device = given_bin(ident_bytes(&device));
    in.ids = ids;
    in.n_ids = 1;
    CHECK_OK(given_asked(&given, ASK_launches_make, &in, NULL));
    CHECK(is_held(&given, &tenant, person) && is_held(&given, &tenant, launches_of(person)));
    CHECK_OK(given_videos(&given, (ident_t[]){tenant.id, device, person}, &videos));
    CHECK(is_held(&given, &tenant, videos_of(person)) && !is_held(&given, &tenant, device));
    CHECK_FAILS(ERR_MISSING, place(&given, tenant.cookie, "device", person, NULL));
}

TEST(two_people_release_a_hold_and_what_was_kept_for_it_alone_is_gone)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person bea;
    struct given_record record;
    Keys__Hold *hold = NULL;
    Keys__Request *request = NULL;
    ident_t device, id, asked;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_member(&given, &tenant, "approver", &bea));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_record(&given, &tenant, device, &record));
    CHECK_OK(place(&given, tenant.cookie, "device", device, &hold));
    CHECK_OK(ident_from(bin(hold->id), &id));
    CHECK_OK(destroyed(&given, device));
    CHECK_FAILS(ERR_DENIED, given_named(&given, ASK_hold_end, bea.cookie, id, NULL));
    CHECK_OK(given_named(&given, ASK_hold_end, tenant.cookie, id, &request));
    CHECK_FAILS(ERR_CONFLICT, given_named(&given, ASK_hold_end, tenant.cookie, id, NULL));
    CHECK_OK(ident_from(bin(request->id), &asked));
    CHECK(given_refused(given_named(&given, ASK_request_approve, tenant.cookie, asked, NULL), ERR_DENIED,
                        "somebody else"));
    CHECK_OK(held_open(&given, tenant.cookie, &record));
    CHECK_OK(given_named(&given, ASK_request_approve, bea.cookie, asked, NULL));
    CHECK_FAILS(ERR_LOCKED, held_open(&given, tenant.cookie, &record));
    CHECK(!is_held(&given, &tenant, device));
    CHECK_FAILS(ERR_CONFLICT, given_named(&given, ASK_hold_end, tenant.cookie, id, NULL));
}

/* The printed kit opens the second box of the hold's cell, with nothing else of the client's. */
struct cells {
    ident_t id;
    enum cell cell;
    buf_t *out;
};
static err_t cell_act(struct keyring *keyring, void *with)
{
    struct cells *cells = with;
    return cell_get(keyring, cells->id, cells->cell, cells->out);
}

TEST(the_printed_kit_alone_opens_a_hold)
{
    OWN(given) given = {0};
    OWN(buf) boxes = BUF(1024);
    OWN(buf) private = BUF(KEY_SIZE);
    struct given_tenant tenant;
    struct key public, secret;
    uint8_t kit[KIT_BYTES];
    Keys__Hold *hold = NULL;
    ident_t device, id;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(place(&given, tenant.cookie, "device", device, &hold));
    CHECK_OK(ident_from(bin(hold->id), &id));
    CHECK_OK(keyring_read(given.keyring, cell_act, &(struct cells){id, CELL_HOLD, &boxes}));
    CHECK_OK(kit_read(str(tenant.kit), kit));
    kit_pair(kit, &public, &secret);
    size_t half = boxes.len / 2;
    CHECK(box_open(&public, &secret, (str_t){boxes.at, half}, &private) != ERR_OK);
    buf_clear(&private);
    CHECK_OK(box_open(&public, &secret, (str_t){boxes.at + half, half}, &private));
    CHECK(private.len == KEY_SIZE);
}

TESTS(what_is_held_outlives_its_destruction_and_nothing_else_does,
      only_the_client_opens_what_is_held_and_of_it_who_cares_for_peoples_data,
      a_hold_on_a_client_covers_what_is_made_later_and_asked_again_it_is_the_same_hold,
      a_hold_on_a_person_covers_its_launches_and_videos_and_not_the_device,
      two_people_release_a_hold_and_what_was_kept_for_it_alone_is_gone, the_printed_kit_alone_opens_a_hold)
