/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure of a client: who may ask, when it happens, what is left, and what says so.
 */
#include "admit/erasures_given.h"
#include "keyring/clock.h"
#include "life/calendar.h"
#include "test/test.h"

TEST(an_owner_types_name_and_password_and_can_take_it_back_until_the_mark)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK(given_refused(given_asked_for(&scene, "exmaple", GIVEN_PASSWORD), ERR_INVALID, "the name typed"));
    CHECK_FAILS(ERR_DENIED, given_asked_for(&scene, "example", "another pass phrase"));
    CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
    CHECK(given_refused(given_asked_for(&scene, "example", GIVEN_PASSWORD), ERR_CONFLICT, "under way"));
    CHECK_OK(given_later(&scene, HOURS(4) - 1));
    CHECK(given_refused(given_marked(&scene), ERR_DENIED, "cooling-off"));
    CHECK_OK(given_named(&scene.given, ASK_erasure_withdraw, scene.tenant.cookie, scene.erasure, NULL));
    CHECK(stands(&scene, "withdrawn"));
    CHECK_OK(given_passed(&scene.given, HOURS(1)));
    CHECK_OK(given_marked(&scene));
    CHECK(stands(&scene, "withdrawn"));
    CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
    CHECK_OK(given_later(&scene, HOURS(4)));
    CHECK_OK(given_marked(&scene));
    CHECK(stands(&scene, "destroyed"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "erasure.marked") == 1);
    CHECK(given_entries(&scene.given, (ident_t){{0}}, "erasure.destroyed") == 1);
}

TEST(nobody_but_an_owner_asks_and_no_other_client_takes_it_back)
{
    OWN(scene) scene = {0};
    struct given_person administrator = {0}, approver = {0};
    const char *owner;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &administrator));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    owner = scene.tenant.cookie;
    for (size_t i = 0; i < 2; i++) {
        scene.tenant.cookie = (i ? &administrator : &approver)->cookie;
        CHECK_FAILS(ERR_DENIED, given_asked_for(&scene, "example", GIVEN_PASSWORD));
    }
    scene.tenant.cookie = owner;
    CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
    CHECK_FAILS(ERR_DENIED,
                given_named(&scene.given, ASK_erasure_withdraw, administrator.cookie, scene.erasure, NULL));
    CHECK_FAILS(ERR_MISSING,
                given_named(&scene.given, ASK_erasure_withdraw, scene.other.cookie, scene.erasure, NULL));
}

/* What staff enter: the client's name, and the digest of its letter. */
static err_t ordered(struct scene *scene, const struct given_person *by, str_t document,
                     Keys__Order **out_order)
{
    Keys__OrderMake in = KEYS__ORDER_MAKE__INIT;
    in.bearer = text(by->cookie);
    in.act = text("tenant.erase");
    in.target = given_bin(ident_bytes(&scene->tenant.id));
    in.typed = text("example");
    in.document = given_bin(document);
    return given_asked(&scene->given, ASK_order_make, &in, out_order);
}

TEST(what_a_client_has_written_is_entered_by_its_digest_and_two_people)
{
    OWN(scene) scene = {0};
    struct given_person sam = {0}, tom = {0};
    Keys__Order *order = NULL;
    Keys__Erasure *of_client = NULL;
    uint8_t letter[DIGEST_SIZE];
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    CHECK_OK(given_staff(&scene.given, "tom", &tom));
    digest(STR("Please erase all of it."), letter);
    CHECK(given_refused(ordered(&scene, &sam, STR("short"), &order), ERR_INVALID, "SHA-256"));
    CHECK_OK(ordered(&scene, &sam, str_bytes(letter, sizeof letter), &order));
    CHECK(given_refused(confirmed(&scene, &sam, order), ERR_DENIED, "a second person"));
    CHECK_OK(confirmed(&scene, &tom, order));
    CHECK_OK(given_borne(&scene.given, ASK_erasure_get, scene.tenant.cookie, &of_client));
    CHECK(!strcmp(of_client->asked, "written") && str_eq(bin(of_client->document), str_bytes(letter, 32)));
    CHECK(str_eq(bin(of_client->second), ident_bytes(&tom.id)) &&
          str_eq(bin(of_client->by), ident_bytes(&sam.id)));
    CHECK_OK(ident_from(bin(of_client->id), &scene.erasure));
    CHECK_OK(given_named(&scene.given, ASK_erasure_withdraw, scene.tenant.cookie, scene.erasure, NULL));
}

static err_t given_destroyed(struct scene *scene)
{
    TRY(given_a_scene(scene));
    TRY(given_asked_for(scene, "example", GIVEN_PASSWORD));
    TRY(given_later(scene, HOURS(4)));
    return given_marked(scene);
}

TEST(after_the_mark_nobody_signs_in_nothing_is_taken_and_the_other_client_goes_on)
{
    OWN(scene) scene = {0};
    const char *cookie = NULL;
    ident_t device;
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    CHECK_OK(given_destroyed(&scene));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&scene.given, ASK_whoami, scene.tenant.cookie, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, given_signed_in(&scene.given, &login, &cookie));
    CHECK(given_device(&scene.given, &scene.tenant, &device) != ERR_OK);
    in.tenant = given_bin(ident_bytes(&scene.tenant.id));
    in.device = given_bin(ident_bytes(&scene.device));
    CHECK(given_asked(&scene.given, ASK_subjects_publics, &in, NULL) != ERR_OK);
    CHECK_OK(given_borne(&scene.given, ASK_whoami, scene.other.cookie, NULL));
    CHECK_OK(given_device(&scene.given, &scene.other, &device));
}

TEST(a_copy_of_the_keyring_from_before_opens_nothing_of_it_beside_todays_kek)
{
    OWN(scene) scene = {0};
    OWN(given) stale = {0};
    OWN(buf) cell = BUF(4096);
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
    CHECK_OK(given_later(&scene, HOURS(4)));
    CHECK_OK(given_copied(&scene.given, "stale"));
    CHECK_OK(given_marked(&scene));
    CHECK_OK(given_kek_copied(&scene.given, "stale"));
    CHECK(given_keyring_in(&scene.given, "stale", &stale) == ERR_LOCKED || !stale.keyring);
}

TEST(the_last_notice_has_a_key_of_its_own_which_ends_when_it_was_taken_over_or_after_thirty_days)
{
    for (int taken = 0; taken < 2; taken++) {
        OWN(scene) scene = {0};
        const Keys__None none = KEYS__NONE__INIT;
        Keys__NoticeOutcome in = KEYS__NOTICE_OUTCOME__INIT;
        Keys__Notices *due = NULL;
        Keys__Erasures *erasures = NULL;
        given_keyring_gone();
        CHECK_OK(given_destroyed(&scene));
        CHECK_OK(given_asked(&scene.given, ASK_notice_due, &none, &due));
        for (size_t i = 0; i < due->n_items; i++)
            CHECK(strcmp(due->items[i]->kind, "erasure.completed") != 0);
        CHECK_OK(given_emptied(&scene));
        CHECK(!given_bytes_in_folder(test_folder(), STR(ADDRESS)));
        CHECK_OK(given_asked(&scene.given, ASK_notice_due, &none, &due));
        CHECK(due->n_items == 1 && !strcmp(due->items[0]->address, ADDRESS));
        CHECK(!strcmp(due->items[0]->kind, "erasure.completed"));
        in.id = due->items[0]->id;
        if (taken)
            CHECK_OK(given_asked(&scene.given, ASK_notice_sent, &in, NULL));
        else
            CHECK_OK(given_passed(&scene.given, DAYS(LAST_NOTICE_DAYS)));
        CHECK_OK(given_asked(&scene.given, ASK_erasure_due, &none, &erasures));
        CHECK_OK(given_asked(&scene.given, ASK_notice_due, &none, &due));
        CHECK(due->n_items == 0);
        OWN(buf) cell = BUF(4096);
        ident_t id;
        CHECK_OK(ident_from(bin(in.id), &id));
        CHECK_FAILS(ERR_MISSING, given_cell_bytes(test_folder(), id, CELL_LAST_NOTICE, &cell));
    }
}

static bool last_notice_is_there(struct scene *scene, ident_t notice)
{
    const Keys__None none = KEYS__NONE__INIT;
    OWN(buf) cell = BUF(4096);
    return given_asked(&scene->given, ASK_erasure_due, &none, NULL) == ERR_OK &&
           given_cell_bytes(test_folder(), notice, CELL_LAST_NOTICE, &cell) == ERR_OK;
}

static err_t clock_accept_act(struct keyring *keyring, void *with)
{
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    (void)with;
    return clock_accept(&ask);
}

TEST(a_clock_that_jumped_destroys_no_last_notice_that_was_not_taken_over)
{
    OWN(scene) scene = {0};
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Notices *due = NULL;
    ident_t id;
    CHECK_OK(given_destroyed(&scene));
    CHECK_OK(given_emptied(&scene));
    CHECK_OK(given_asked(&scene.given, ASK_notice_due, &none, &due));
    CHECK(due->n_items == 1);
    CHECK_OK(ident_from(bin(due->items[0]->id), &id));
    scene.given.world.clock += DAYS(LAST_NOTICE_DAYS + 1);
    CHECK(last_notice_is_there(&scene, id));
    CHECK_OK(given_passed(&scene.given, MINUTES(1)));
    CHECK(last_notice_is_there(&scene, id));
    CHECK_OK(given_asked(&scene.given, ASK_notice_due, &none, &due));
    CHECK(due->n_items == 1 && !strcmp(due->items[0]->address, ADDRESS));
    CHECK_OK(keyring_write(scene.given.keyring, clock_accept_act, NULL));
    CHECK(!last_notice_is_there(&scene, id));
}

static err_t given_licence(struct scene *scene, struct given_person *staff, int64_t days)
{
    Keys__ContractSet in = KEYS__CONTRACT_SET__INIT;
    Keys__Contract terms = KEYS__CONTRACT__INIT;
    struct date end = days_add(date_of(scene->given.world.clock, 0), days);
    TRY(given_staff_in(&scene->given, staff));
    terms.licence_end = text(arena_copy(&scene->given.arena, str(date_text(end).text)).at);
    terms.grace_days = 14;
    terms.keep_months = 3;
    terms.keep_snapshots = 5;
    in.bearer = text(staff->cookie);
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.contract = &terms;
    return given_asked(&scene->given, ASK_contract_set, &in, NULL);
}

/* A minute in which the jobs process asks what is due, and has it done; then, which erasure is. */
static err_t given_minute(struct scene *scene, const Keys__Erasures **out_due)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__OfTenant in = KEYS__OF_TENANT__INIT;
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    TRY(given_asked(&scene->given, ASK_life_turn, &in, NULL));
    return given_asked(&scene->given, ASK_erasure_due, &none, out_due);
}

TEST(what_falls_due_by_the_contract_begins_by_itself_and_a_renewal_ends_it)
{
    OWN(scene) scene = {0};
    struct given_person sam = {0};
    const Keys__Erasures *due = NULL;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    CHECK_OK(given_licence(&scene, &sam, 10));
    CHECK_OK(given_passed(&scene.given, DAYS(90)));
    CHECK_OK(given_minute(&scene, &due));
    CHECK(due->n_items == 0);
    CHECK_OK(given_passed(&scene.given, DAYS(20)));
    CHECK_OK(given_minute(&scene, &due));
    CHECK(due->n_items == 1 && !strcmp(due->items[0]->asked, "expiry") && !*due->items[0]->held);
    CHECK_OK(ident_from(bin(due->items[0]->id), &scene.erasure));
    CHECK_OK(given_licence(&scene, &sam, 365));
    CHECK(given_refused(given_marked(&scene), ERR_DENIED, "not due"));
    CHECK_OK(given_minute(&scene, &due));
    CHECK(due->n_items == 0 && stands(&scene, "withdrawn"));
    CHECK_OK(given_borne(&scene.given, ASK_staff_whoami, sam.cookie, NULL));
}

TEST(a_clock_that_jumped_holds_the_mark)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
    CHECK_OK(given_later(&scene, HOURS(4)));
    scene.given.world.clock += HOURS(2);
    CHECK(given_refused(given_marked(&scene), ERR_DENIED, "clock"));
    CHECK(stands(&scene, "cooling") && strstr(shown(&scene)->held, "clock"));
}

TEST(nothing_of_the_client_is_left_but_its_id_and_name_and_the_erasure)
{
    OWN(scene) scene = {0};
    Keys__Who *who = NULL;
    ident_t owner;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_borne(&scene.given, ASK_whoami, scene.tenant.cookie, &who));
    CHECK_OK(ident_from(bin(who->member), &owner));
    CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
    CHECK_OK(given_later(&scene, HOURS(4)));
    CHECK_OK(given_marked(&scene));
    CHECK_OK(given_emptied(&scene));
    CHECK(stands(&scene, "certified"));
    CHECK_OK(given_closed(&scene));
    CHECK(stands(&scene, "closed"));
    CHECK(!strcmp(left_of(&scene, scene.device), ""));
    CHECK(!strcmp(left_of(&scene, owner), "erasures "));
    CHECK(!strcmp(left_of(&scene, scene.tenant.id), "erasures life_facts tenants "));
    CHECK(!given_bytes_in_folder(test_folder(), STR(ADDRESS)));
    CHECK(left_of(&scene, scene.other.id)[0]);
}

TEST(a_certificate_comes_once_every_store_is_empty_and_stands_in_both_logs)
{
    OWN(scene) scene = {0};
    struct note_key key;
    struct certificate certificate = {0};
    CHECK_OK(given_destroyed(&scene));
    CHECK_FAILS(ERR_DENIED, given_asked(&scene.given, ASK_erasure_told,
                                        &(Keys__ErasureTold){
                                            .base = PROTOBUF_C_MESSAGE_INIT(&keys__erasure_told__descriptor),
                                            .id = given_bin(ident_bytes(&scene.erasure)),
                                            .store = text("writers"),
                                            .done = true},
                                        NULL));
    CHECK_OK(given_swept(&scene));
    for (enum erased_store store = 0; store < ERASED_COUNT; store++) {
        CHECK(!*shown(&scene)->certificate);
        CHECK_OK(given_told(&scene, store, false));
        CHECK_OK(given_told(&scene, store, true));
    }
    const Keys__Erasure *erasure = shown(&scene);
    CHECK_OK(note_key_read(str(erasure->key), &key));
    CHECK_OK(certificate_open(str(erasure->certificate), &key, &certificate));
    CHECK(!certificate_late(&certificate) && str_eq(certificate.asked, STR("owner")));
    CHECK(certificate.stores[ERASED_ROWS].items == 7 && certificate.exception_count == 1);
    CHECK(strstr(erasure->commitment, "rows devices 1") && strstr(erasure->commitment, "keyring devices 1"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "erasure.certified") == 1);
    CHECK(given_entries(&scene.given, (ident_t){{0}}, "erasure.certified") == 1);
    CHECK_OK(given_told(&scene, ERASED_ROWS, true)); /* said again, it changes nothing */
    CHECK(given_entries(&scene.given, scene.tenant.id, "erasure.certified") == 1);
}

/* Of no client, or of one that is erased: what stays, and what the last step takes. */
static bool is_of_no_client(const char *table)
{
    static const char *const tables[] = {
        "state",        "shards",          "tenants",    "epochs",          "logs",         "journal",
        "witnesses",    "service",         "agreements", "signatures",      "trainings",    "standards",
        "orders",       "order_documents", "erasures",   "erased_stores",   "erasure_kept", "certifiers",
        "destructions", "contracts",       "life_facts", "confirmed_clock", "authorities",  "sessions",
        "invitations",  "deployments",     "challenges", "marked"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!strcmp(tables[i], table))
            return true;
    return !strncmp(table, "sqlite_", 7);
}

static err_t rooms_look(struct db *db, void *with)
{
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select name from sqlite_master where type = 'table'"));
    while (row_next(&rows)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", STR_ARG(row_text(&rows, 0)));
        if (erasure_sweeps(name) || is_of_no_client(name))
            continue;
        printf("the sweep forgets %s\n", name);
        *(int *)with += 1;
    }
    return rows_end(&rows);
}

TEST(no_table_of_the_keyring_is_forgotten_by_the_sweep)
{
    OWN(scene) scene = {0};
    int forgotten = 0;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(keyring_look(scene.given.keyring, rooms_look, &forgotten));
    CHECK(!forgotten);
}

/* The disk fails at each act of the mark in turn, the keyring is opened again, and it goes on. */
TEST(a_mark_that_fails_anywhere_is_gone_on_with_at_the_next_start)
{
    int failed = 0;
    for (int at = 1; at < 12; at++) {
        OWN(scene) scene = {0};
        given_keyring_gone();
        CHECK_OK(given_a_scene(&scene));
        CHECK_OK(given_asked_for(&scene, "example", GIVEN_PASSWORD));
        CHECK_OK(given_later(&scene, HOURS(4)));
        scene.given.world.fail_at = at;
        failed += given_marked(&scene) != ERR_OK;
        CHECK_OK(given_reopened(&scene));
        CHECK_OK(given_marked(&scene));
        CHECK(stands(&scene, "destroyed"));
        CHECK_OK(given_emptied(&scene));
        CHECK_OK(given_closed(&scene));
        CHECK(stands(&scene, "closed") &&
              !strcmp(left_of(&scene, scene.tenant.id), "erasures life_facts tenants "));
        CHECK_OK(given_borne(&scene.given, ASK_whoami, scene.other.cookie, NULL));
    }
    CHECK(failed >= 3);
}

TESTS(an_owner_types_name_and_password_and_can_take_it_back_until_the_mark,
      nobody_but_an_owner_asks_and_no_other_client_takes_it_back,
      what_a_client_has_written_is_entered_by_its_digest_and_two_people,
      after_the_mark_nobody_signs_in_nothing_is_taken_and_the_other_client_goes_on,
      a_copy_of_the_keyring_from_before_opens_nothing_of_it_beside_todays_kek,
      nothing_of_the_client_is_left_but_its_id_and_name_and_the_erasure,
      a_certificate_comes_once_every_store_is_empty_and_stands_in_both_logs,
      the_last_notice_has_a_key_of_its_own_which_ends_when_it_was_taken_over_or_after_thirty_days,
      a_clock_that_jumped_destroys_no_last_notice_that_was_not_taken_over,
      what_falls_due_by_the_contract_begins_by_itself_and_a_renewal_ends_it,
      a_clock_that_jumped_holds_the_mark, no_table_of_the_keyring_is_forgotten_by_the_sweep,
      a_mark_that_fails_anywhere_is_gone_on_with_at_the_next_start)
