/* SPDX-License-Identifier: Apache-2.0
 *
 * Exports in the keys process: who may make one, what it opens, and what ends it.
 */
#include "admit/elevations.h"
#include "admit/exports.h"
#include "admit/people_given.h"
#include "crypt/age.h"
#include "test/test.h"
#include "tlog/receipt.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, account;
    struct given_record record; /* sealed to the device */
    buf_t recipient;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    buf_drop(&scene->recipient);
    given_drop(&scene->given);
}

static err_t break_glass(struct scene *scene)
{
    Keys__BreakGlassSet in = KEYS__BREAK_GLASS_SET__INIT;
    struct key identity, recipient;
    key_random(scene->given.env, &identity);
    age_recipient_of(&identity, &recipient);
    buf_clear(&scene->recipient);
    age_recipient_text(&recipient, &scene->recipient);
    TRY(buf_end(&scene->recipient));
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.recipient = (char *)(uintptr_t)arena_copy(&scene->given.arena, buf_str(&scene->recipient)).at;
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_break_glass_set, &in, NULL);
}

static err_t scene_open(struct scene *scene)
{
    scene->recipient = (buf_t)BUF(128);
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    scene->account = ident_new(scene->given.env);
    TRY(given_subject(&scene->given, ASK_subjects_make,
                      (ident_t[]){scene->tenant.id, scene->device, scene->account}, NULL));
    return given_record(&scene->given, &scene->tenant, scene->device, &scene->record);
}

static err_t make(struct scene *scene, const char *typed, Keys__Export **out_export)
{
    Keys__ExportMake in = KEYS__EXPORT_MAKE__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.typed = (char *)(uintptr_t)typed;
    return given_asked(&scene->given, ASK_export_make, &in, out_export);
}

static err_t named(struct scene *scene, enum ask_number number, const Keys__Export *export, void *out)
{
    ident_t id;
    TRY(ident_from(bin(export->id), &id));
    return given_named(&scene->given, number, scene->tenant.cookie, id, out);
}

/* One that may open. */
static err_t ready(struct scene *scene, Keys__Export **out_export)
{
    Keys__Export *sealed = NULL;
    TRY(break_glass(scene));
    TRY(make(scene, "example", out_export));
    TRY(named(scene, ASK_export_seal, *out_export, &sealed));
    return str_eq(str(sealed->state), STR("ready")) ? ERR_OK : fail(ERR_BROKEN, "%s", sealed->state);
}

static err_t opened_of(struct scene *scene, const char *ticket, const struct given_record *record,
                       bool videos)
{
    Keys__ExportOpen in = KEYS__EXPORT_OPEN__INIT;
    Keys__Opened *out = NULL;
    str_t box;
    TRY(seal_box(str_bytes(record->sealed, record->len), &box));
    ProtobufCBinaryData subject = given_bin(ident_bytes(&record->subject)), one = given_bin(box);
    in.ticket = (char *)(uintptr_t)ticket;
    in.videos = videos;
    in.subjects = &subject;
    in.boxes = &one;
    in.n_subjects = in.n_boxes = 1;
    TRY(given_asked(&scene->given, ASK_export_open, &in, &out));
    return out->keys[0].len == KEY_SIZE ? ERR_OK : fail(ERR_MISSING, "it stayed closed");
}

static err_t opened(struct scene *scene, const char *ticket)
{
    return opened_of(scene, ticket, &scene->record, false);
}

/* Something that is sealed to a subject's key for videos. */
static err_t video_given(struct scene *scene, ident_t subject, struct given_record *out)
{
    struct vouched vouched = {.count = 0};
    OWN(buf) sealed = BUF(sizeof out->sealed);
    TRY(given_videos(&scene->given, (ident_t[]){scene->tenant.id, scene->device, subject}, &vouched));
    *out = (struct given_record){subject, {scene->tenant.realm, ident_new(scene->given.env), 0}, {0}, 0};
    seal_put(scene->given.env, &vouched.keys[0].public, &out->place, STR("a frame"), &sealed);
    TRY(buf_end(&sealed));
    memcpy(out->sealed, sealed.at, sealed.len);
    out->len = sealed.len;
    return ERR_OK;
}

static err_t made(struct scene *scene, const char *ticket)
{
    static const uint8_t hash[DIGEST_SIZE] = {7};
    Keys__ExportArchive in = KEYS__EXPORT_ARCHIVE__INIT;
    in.ticket = (char *)(uintptr_t)ticket;
    in.size = 4711;
    in.digest = in.manifest = given_bin(str_bytes(hash, sizeof hash));
    in.files = 3;
    in.records = 5;
    return given_asked(&scene->given, ASK_export_made, &in, NULL);
}

TEST(a_handover_needs_the_break_glass_key_and_the_clients_name)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(make(&scene, "example", &export), ERR_CONFLICT, "break-glass"));
    CHECK_OK(break_glass(&scene));
    CHECK(given_refused(make(&scene, "exampel", &export), ERR_INVALID, "name"));
    CHECK_OK(make(&scene, "example", &export));
    CHECK(*export->ticket && export->entries == 3 && str_eq(str(export->state), STR("sealing")));
    CHECK(given_refused(make(&scene, "example", &export), ERR_CONFLICT, "end it first"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"export.made\"") == 1);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"break-glass.set\"") == 1);
}

TEST(what_an_export_opens_is_in_the_log_and_goes_on_without_the_session)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    CHECK_OK(given_borne(&scene.given, ASK_logout, scene.tenant.cookie, NULL));
    CHECK_OK(opened(&scene, export->ticket));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"export.opened\"") == 1);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"under\":\"exp_") == 1);
}

/* As long as one may be: what it says is nobody's business here. */
static err_t elevation_told(struct scene *scene)
{
    static const uint8_t packed[ELEVATION_PACKED];
    Keys__ElevationTell in = KEYS__ELEVATION_TELL__INIT;
    const ident_t id = ident_new(scene->given.env);
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.device = given_bin(ident_bytes(&scene->device));
    in.account = given_bin(ident_bytes(&scene->account));
    in.id = given_bin(ident_bytes(&id));
    in.packed = given_bin(str_bytes(packed, sizeof packed));
    return given_asked(&scene->given, ASK_elevation_tell, &in, NULL);
}

TEST(requests_that_say_as_much_as_they_may_are_in_an_export_all_of_them)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    Keys__Elevations *page = NULL;
    Keys__ExportPage in = KEYS__EXPORT_PAGE__INIT;
    enum { REQUESTS = 9 };
    size_t count = 0;
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < REQUESTS; i++)
        CHECK_OK(elevation_told(&scene));
    CHECK_OK(ready(&scene, &export));
    in.ticket = export->ticket;
    in.limit = EXPORT_PAGE;
    in.after = given_bin(str_bytes((const char[16]){0}, 16));
    do {
        CHECK_OK(given_asked(&scene.given, ASK_export_elevations, &in, &page));
        CHECK(page->n_items && protobuf_c_message_get_packed_size(&page->base) < MAX_ASK);
        in.after = page->items[page->n_items - 1]->id;
        for (size_t i = 0; i < page->n_items; i++)
            count += page->items[i]->packed.len == ELEVATION_PACKED;
    } while (page->more && count < REQUESTS);
    CHECK(count == REQUESTS);
}

TEST(videos_open_by_their_own_key_in_an_export_that_was_made_after_it)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    struct given_record before, later;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(video_given(&scene, scene.account, &before));
    CHECK_OK(ready(&scene, &export));
    CHECK(export->entries == 4);
    CHECK_OK(video_given(&scene, scene.device, &later));
    CHECK_OK(opened_of(&scene, export->ticket, &before, true));
    CHECK(given_entries(&scene.given, scene.tenant.id, ident_text("acc", scene.account).text) >= 1);
    CHECK_FAILS(ERR_MISSING, opened_of(&scene, export->ticket, &before, false));
    CHECK_FAILS(ERR_MISSING, opened_of(&scene, export->ticket, &later, true));
    CHECK_FAILS(ERR_MISSING, opened_of(&scene, export->ticket, &scene.record, true));
}

TEST(a_ticket_that_is_another_one_opens_nothing)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    char *ticket = export->ticket;
    ticket[30] = ticket[30] == 'A' ? 'B' : 'A';
    CHECK_FAILS(ERR_MISSING, opened(&scene, ticket));
    CHECK_FAILS(ERR_MISSING, opened(&scene, "cex_"));
    CHECK_FAILS(ERR_MISSING, opened(&scene, scene.tenant.cookie));
}

TEST(an_export_ends_after_a_day_and_its_key_with_it)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    scene.given.world.clock += HOURS(EXPORT_HOURS);
    CHECK(given_refused(opened(&scene, export->ticket), ERR_LOCKED, "ended"));
    CHECK_OK(given_passed(&scene.given, MINUTES(1)));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"export.ended\"") == 1);
}

TEST(a_clock_that_is_put_back_keeps_no_export_alive)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    scene.given.world.boot_clock += HOURS(EXPORT_HOURS);
    CHECK(given_refused(opened(&scene, export->ticket), ERR_LOCKED, "ended"));
}

TEST(an_export_is_ended_with_one_click)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    CHECK_OK(named(&scene, ASK_export_end, export, NULL));
    CHECK_OK(named(&scene, ASK_export_end, export, NULL));
    CHECK(given_refused(opened(&scene, export->ticket), ERR_LOCKED, "ended"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"export.ended\"") == 1);
}

TEST(an_export_ends_when_a_key_in_its_scope_is_destroyed)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    CHECK_OK(made(&scene, export->ticket));
    CHECK_OK(given_named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device, NULL));
    CHECK(given_refused(named(&scene, ASK_export_hand, export, NULL), ERR_LOCKED, "ended"));
}

TEST(with_the_archive_the_key_ends_and_with_the_first_download_comes_the_receipt)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL, *handed = NULL, *again = NULL;
    Keys__Exports *list = NULL;
    struct note_key key;
    struct receipt receipt;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    CHECK(given_refused(named(&scene, ASK_export_hand, export, NULL), ERR_CONFLICT, "not there yet"));
    CHECK_OK(made(&scene, export->ticket));
    CHECK_FAILS(ERR_CONFLICT, opened(&scene, export->ticket));
    CHECK_OK(named(&scene, ASK_export_hand, export, &handed));
    CHECK_OK(named(&scene, ASK_export_hand, export, &again));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"extract.handed-over\"") == 1);
    CHECK_OK(given_borne(&scene.given, ASK_export_list, scene.tenant.cookie, &list));
    CHECK(list->n_items == 1 && !strcmp(handed->receipt, list->items[0]->receipt));
    CHECK_OK(note_key_read(str(list->key), &key));
    CHECK_OK(receipt_open(str(again->receipt), &key, &receipt));
    CHECK(str_eq(receipt.client, STR("example")) && receipt.size == 4711 && receipt.archive[0] == 7);
}

TEST(another_client_and_who_has_no_right_get_nothing_of_an_export)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__Export *export = NULL;
    struct given_tenant other;
    struct given_person bea = {.name = "bea"};
    ident_t id;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(ready(&scene, &export));
    CHECK_OK(ident_from(bin(export->id), &id));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_export_seal, other.cookie, id, NULL));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_export_hand, other.cookie, id, NULL));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_export_end, other.cookie, id, NULL));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &bea));
    CHECK_FAILS(ERR_DENIED, given_named(&scene.given, ASK_export_hand, bea.cookie, id, NULL));
    CHECK_FAILS(ERR_DENIED, given_named(&scene.given, ASK_export_end, bea.cookie, id, NULL));
}

/* A person's request */

static err_t access_asked(struct scene *scene, const char *kind, ident_t subject, Keys__SubjectAccess **out)
{
    Keys__SubjectAccessOpen in = KEYS__SUBJECT_ACCESS_OPEN__INIT;
    ProtobufCBinaryData one = given_bin(ident_bytes(&subject));
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.kind = (char *)(uintptr_t)kind;
    in.regime = (char *)(uintptr_t) "gdpr";
    in.received = scene->given.world.clock - DAYS(2);
    in.subjects = &one;
    in.n_subjects = 1;
    return given_asked(&scene->given, ASK_subject_access_open, &in, out);
}

static err_t close_as(struct scene *scene, const Keys__SubjectAccess *access, const char *outcome)
{
    Keys__SubjectAccessClose in = KEYS__SUBJECT_ACCESS_CLOSE__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.id = access->id;
    in.outcome = (char *)(uintptr_t)outcome;
    return given_asked(&scene->given, ASK_subject_access_close, &in, NULL);
}

TEST(a_persons_export_holds_the_keys_of_that_person_and_of_their_devices_alone)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__SubjectAccess *access = NULL;
    Keys__Export *export = NULL;
    Keys__ExportMake in = KEYS__EXPORT_MAKE__INIT;
    struct given_record theirs, of_device;
    ident_t other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &other));
    CHECK_OK(video_given(&scene, scene.account, &theirs));
    CHECK_OK(video_given(&scene, scene.device, &of_device));
    CHECK_OK(access_asked(&scene, "account", scene.account, &access));
    CHECK(access->due > scene.given.world.clock + DAYS(27) && access->n_subjects == 1);
    in.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    in.typed = (char *)(uintptr_t) "example";
    in.request = access->id;
    CHECK(
        given_refused(given_asked(&scene.given, ASK_export_make, &in, &export), ERR_CONFLICT, "break-glass"));
    in.recipient = (char *)(uintptr_t) "age1nonsense";
    CHECK_FAILS(ERR_INVALID, given_asked(&scene.given, ASK_export_make, &in, &export));
    CHECK_OK(break_glass(&scene));
    in.recipient = (char *)(uintptr_t) "";
    CHECK_OK(given_asked(&scene.given, ASK_export_make, &in, &export));
    CHECK(export->entries == 3 && str_eq(str(export->kind), STR("person")));
    Keys__Export *sealed = NULL;
    CHECK_OK(named(&scene, ASK_export_seal, export, &sealed));
    CHECK_OK(opened_of(&scene, export->ticket, &theirs, true));
    CHECK_FAILS(ERR_MISSING, opened_of(&scene, export->ticket, &of_device, true));
}

TEST(a_request_is_answered_when_something_was_handed_over_and_closed_once)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__SubjectAccess *access = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_MISSING, access_asked(&scene, "account", ident_new(scene.given.env), &access));
    CHECK_FAILS(ERR_MISSING, access_asked(&scene, "member", scene.account, &access));
    CHECK_OK(access_asked(&scene, "account", scene.account, &access));
    CHECK_FAILS(ERR_CONFLICT, close_as(&scene, access, "answered"));
    CHECK_FAILS(ERR_INVALID, close_as(&scene, access, "lost"));
    CHECK_OK(close_as(&scene, access, "withdrawn"));
    CHECK_FAILS(ERR_CONFLICT, close_as(&scene, access, "refused"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"subject-access.closed\"") == 1);
}

/* Notices of a kind that were made. */
struct counting {
    const char *kind;
    int64_t count;
};

static err_t notices_look(struct db *db, void *with)
{
    struct counting *counting = with;
    return db_number(db, &counting->count, "select count(*) from notices where kind = $1",
                     T(str(counting->kind)));
}

static int64_t notices_of(struct scene *scene, const char *kind)
{
    struct counting counting = {kind, -1};
    return keyring_look(scene->given.keyring, notices_look, &counting) == ERR_OK ? counting.count : -1;
}

TEST(a_week_before_a_request_s_answer_is_due_and_when_it_is_late_the_client_is_told_once)
{
    OWN(scene) scene = {.device = {{0}}};
    Keys__SubjectAccess *access = NULL, *closed = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(access_asked(&scene, "account", scene.account,
                          &access)); /* two days ago: a month is left, less two days */
    CHECK_OK(access_asked(&scene, "account", scene.account, &closed));
    CHECK_OK(close_as(&scene, closed, "refused"));
    CHECK_OK(given_passed(&scene.given, DAYS(20)));
    CHECK(!notices_of(&scene, "privacy.due"));
    for (int day = 0; day < 4; day++)
        CHECK_OK(given_passed(&scene.given, DAYS(1)));
    CHECK(notices_of(&scene, "privacy.due") == 1 && !notices_of(&scene, "privacy.late"));
    for (int day = 0; day < 8; day++)
        CHECK_OK(given_passed(&scene.given, DAYS(1)));
    CHECK(notices_of(&scene, "privacy.due") == 1 && notices_of(&scene, "privacy.late") == 1);
}

TESTS(requests_that_say_as_much_as_they_may_are_in_an_export_all_of_them,
      a_handover_needs_the_break_glass_key_and_the_clients_name,
      what_an_export_opens_is_in_the_log_and_goes_on_without_the_session,
      videos_open_by_their_own_key_in_an_export_that_was_made_after_it,
      a_ticket_that_is_another_one_opens_nothing, an_export_ends_after_a_day_and_its_key_with_it,
      a_clock_that_is_put_back_keeps_no_export_alive, an_export_is_ended_with_one_click,
      an_export_ends_when_a_key_in_its_scope_is_destroyed,
      with_the_archive_the_key_ends_and_with_the_first_download_comes_the_receipt,
      another_client_and_who_has_no_right_get_nothing_of_an_export,
      a_persons_export_holds_the_keys_of_that_person_and_of_their_devices_alone,
      a_request_is_answered_when_something_was_handed_over_and_closed_once,
      a_week_before_a_request_s_answer_is_due_and_when_it_is_late_the_client_is_told_once)
