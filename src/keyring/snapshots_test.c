/* SPDX-License-Identifier: Apache-2.0
 *
 * When a snapshot is due, what signs it, and what becomes of its rows.
 */
#include "keyring/snapshots.h"

#include "keyring/contracts.h"
#include "keyring/given.h"
#include "test/test.h"
#include "tlog/note.h"

static const ident_t snapshot = {{4, 5, 6}};

/* What jobs is given to do next, told as done or failed at once; NULL where nothing waits. */
static const Keys__Work *next_work(struct given *given, const char *state)
{
    const Keys__WorkDue in = KEYS__WORK_DUE__INIT;
    const Keys__Works *works = NULL;
    Keys__Work told = KEYS__WORK__INIT;
    if (given_asked(given, ASK_work_due, &in, &works) != ERR_OK || !works->n_items)
        return NULL;
    told.id = works->items[0]->id;
    told.state = (char *)(uintptr_t)state;
    return given_asked(given, ASK_work_told, &told, NULL) == ERR_OK ? works->items[0] : NULL;
}

static size_t works_of(struct given *given, const char *kind, const ident_t *tenant, const char *state)
{
    size_t count = 0;
    for (const Keys__Work *work; (work = next_work(given, state));)
        count += !strcmp(work->kind, kind) &&
                 (!tenant || str_eq(str_bytes(work->tenant.data, work->tenant.len), ident_bytes(tenant)));
    return count;
}

/* The clock goes to this time of a day that is so many days on. */
static err_t at_time(struct given *given, int days, moment_t time)
{
    moment_t midnight = given->world.clock / DAYS(1) * DAYS(1);
    return given_passed(given, midnight + DAYS(days) + time - given->world.clock);
}

TEST(a_day_begins_at_six_in_utc_all_the_year_round)
{
    moment_t march, october;
    CHECK_OK(moment_read(STR("2026-03-29T06:00:00Z"), &march));
    CHECK_OK(moment_read(STR("2026-10-25T06:00:00Z"), &october));
    CHECK(snapshot_day(march) == march && snapshot_day(march - 1) == march - DAYS(1));
    CHECK(snapshot_day(october) == october && snapshot_day(october + DAYS(1) - 1) == october);
    CHECK(snapshot_day(0) == SNAPSHOT_HOUR - DAYS(1));
}

TEST(a_snapshot_is_due_each_day_at_six_once)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(at_time(&given, 1, HOURS(6) - 1000));
    works_of(&given, "snapshot", NULL, "done");
    for (int day = 0; day < 3; day++) {
        CHECK_OK(at_time(&given, day ? 1 : 0, HOURS(6) + 1000));
        CHECK(works_of(&given, "snapshot", &tenant.id, "done") == 1);
        CHECK_OK(given_passed(&given, HOURS(3)));
        CHECK(works_of(&given, "snapshot", &tenant.id, "done") == 0);
    }
}

TEST(one_that_was_missed_is_made_up_at_once_and_one_that_failed_is_tried_again)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(at_time(&given, 3, HOURS(17)));
    CHECK(works_of(&given, "snapshot", &tenant.id, "failed") == 1);
    CHECK_OK(given_passed(&given, MINUTES(5)));
    CHECK(works_of(&given, "snapshot", &tenant.id, "failed") == 0);
    CHECK_OK(given_passed(&given, MINUTES(6)));
    CHECK(works_of(&given, "snapshot", &tenant.id, "done") == 1);
}

TEST(all_are_verified_once_a_week_and_the_services_own_state_is_kept_too)
{
    static const ident_t service;
    OWN(given) given = {0};
    struct given_tenant tenant;
    size_t verified = 0;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_passed(&given, MINUTES(1)));
    CHECK(works_of(&given, "snapshot", &service, "done") == 1);
    for (int day = 0; day < 21; day++) {
        CHECK_OK(at_time(&given, 1, HOURS(7)));
        verified += works_of(&given, "verify", &tenant.id, "done");
    }
    CHECK(verified == 3);
}

struct expiring {
    ident_t tenant;
    struct date end;
};

static err_t licence_act(struct keyring *keyring, void *with)
{
    const struct expiring *expiring = with;
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    struct licence licence = {.contract = contract_usual};
    licence.contract.licence_end = expiring->end;
    return licence_put(&ask, expiring->tenant, &licence);
}

/* Its licence ends with the day that is so many days on. */
static err_t given_licence_end(struct given *given, const struct given_tenant *tenant, int64_t days)
{
    struct expiring expiring = {tenant->id, days_add(date_of(given->world.clock, 0), days)};
    return keyring_write(given->keyring, licence_act, &expiring);
}

TEST(what_is_kept_of_a_client_that_is_deactivated_is_verified_each_week_until_it_goes)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    size_t verified = 0, taken = 0;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_licence_end(&given, &tenant, 0));
    CHECK_OK(at_time(&given, 20, HOURS(7)));
    works_of(&given, "verify", &tenant.id, "done");
    for (int day = 0; day < 21; day++) {
        CHECK_OK(at_time(&given, 1, HOURS(7)));
        for (const Keys__Work *work; (work = next_work(&given, "done"));) {
            bool its = str_eq(str_bytes(work->tenant.data, work->tenant.len), ident_bytes(&tenant.id));
            verified += its && !strcmp(work->kind, "verify");
            taken += its && !strcmp(work->kind, "snapshot");
        }
    }
    CHECK(verified == 3 && !taken);
}

static err_t outer_ask(struct given *given, ident_t tenant, const Keys__SnapshotKeys **out_keys)
{
    Keys__OfTenantSnapshots in = KEYS__OF_TENANT_SNAPSHOTS__INIT;
    in.tenant = given_bin(ident_bytes(&tenant));
    return given_asked(given, ASK_snapshot_key, &in, out_keys);
}

/* Whom a manifest says it is of, and which one it is. */
struct said {
    ident_t tenant, snapshot;
};

static err_t manifest_sign_as(struct given *given, const struct given_tenant *tenant, struct said said,
                              const Keys__SnapshotSigned **out_signed)
{
    OWN(buf) text = BUF(4096);
    Keys__SnapshotSign in = KEYS__SNAPSHOT_SIGN__INIT;
    buf_putf(&text, "custody snapshot 1\nsnapshot %s\n", ident_text("snp", said.snapshot).text);
    buf_putf(&text, "tenant %s\n", ident_text("ten", said.tenant).text);
    buf_putf(&text, "realm %s\n", ident_text("rlm", tenant->realm).text);
    buf_putf(&text, "made %s\nwhy daily\ncut 7\nsame-device no\n", moment_text(given->world.clock).text);
    buf_putf(&text, "table 3 devices\nsegment %s 0 7 12 3000 x\nend\n", ident_text("seg", snapshot).text);
    in.tenant = given_bin(ident_bytes(&tenant->id));
    in.text = given_bin(buf_str(&text));
    return given_asked(given, ASK_snapshot_sign, &in, out_signed);
}

static err_t manifest_sign(struct given *given, const struct given_tenant *tenant, ident_t of,
                           const Keys__SnapshotSigned **out_signed)
{
    return manifest_sign_as(given, tenant, (struct said){of, snapshot}, out_signed);
}

static const Keys__Snapshot *listed(struct given *given, const struct given_tenant *tenant)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    const Keys__Snapshots *snapshots = NULL;
    in.bearer = (char *)(uintptr_t)tenant->cookie;
    return given_asked(given, ASK_snapshot_list, &in, &snapshots) == ERR_OK && snapshots->n_items == 1
               ? snapshots->items[0]
               : NULL;
}

TEST(a_manifest_is_signed_by_a_key_that_is_kept_here_and_its_row_is_there_with_it)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__SnapshotKeys *keys = NULL, *again = NULL;
    const Keys__SnapshotSigned *signed_text = NULL;
    struct note_key key;
    struct note note;
    uint64_t seconds;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(outer_ask(&given, tenant.id, &keys));
    CHECK_OK(outer_ask(&given, tenant.id, &again));
    CHECK(keys->outer.len == KEY_SIZE && !memcmp(keys->outer.data, again->outer.data, KEY_SIZE));
    CHECK_OK(manifest_sign(&given, &tenant, tenant.id, &signed_text));
    CHECK_OK(note_key_read(str(keys->signer), &key));
    CHECK_OK(note_split(str_bytes(signed_text->note.data, signed_text->note.len), &note));
    CHECK_OK(note_check(&note, &key, &seconds));
    const Keys__Snapshot *row = listed(&given, &tenant);
    CHECK(row && row->rows == 12 && row->bytes == 3000 && !strcmp(row->state, "kept"));
}

TEST(a_manifest_that_speaks_of_another_tenant_is_not_signed)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "another", &other));
    CHECK_FAILS(ERR_INVALID, manifest_sign(&given, &tenant, other.id, NULL));
    CHECK(!listed(&given, &tenant));
}

static err_t frozen_tell(struct given *given, const struct given_tenant *tenant)
{
    Keys__Frozen in = KEYS__FROZEN__INIT;
    ProtobufCBinaryData one = given_bin(ident_bytes(&snapshot));
    in.tenant = given_bin(ident_bytes(&tenant->id));
    in.snapshots = &one;
    in.n_snapshots = 1;
    return given_asked(given, ASK_frozen_told, &in, NULL);
}

TEST(from_the_licences_end_on_no_prune_takes_what_lived_then_also_before_it_is_frozen)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__SnapshotKeys *keys = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(manifest_sign(&given, &tenant, tenant.id, NULL));
    CHECK_OK(given_licence_end(&given, &tenant, 1));
    CHECK_OK(outer_ask(&given, tenant.id, &keys));
    CHECK(!keys->n_held);
    CHECK_OK(given_passed(&given, DAYS(3)));
    CHECK_OK(outer_ask(&given, tenant.id, &keys));
    CHECK(keys->n_held == 1 && !memcmp(keys->held[0].data, snapshot.bytes, sizeof snapshot.bytes));
    CHECK_OK(frozen_tell(&given, &tenant));
    CHECK_OK(outer_ask(&given, tenant.id, &keys));
    CHECK(keys->n_held == 1);
    CHECK_OK(given_passed(&given, DAYS(100)));
    CHECK_OK(outer_ask(&given, tenant.id, &keys));
    CHECK(!keys->n_held);
}

TEST(what_a_verification_found_and_what_a_prune_took_is_told)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    Keys__SnapshotTold told = KEYS__SNAPSHOT_TOLD__INIT;
    Keys__SnapshotsPruned pruned = KEYS__SNAPSHOTS_PRUNED__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(manifest_sign(&given, &tenant, tenant.id, NULL));
    told.tenant = pruned.tenant = given_bin(ident_bytes(&tenant.id));
    told.id = given_bin(ident_bytes(&snapshot));
    told.wrong = 2;
    told.trouble = (char *)(uintptr_t) "seg_x: it does not hold";
    CHECK_OK(given_asked(&given, ASK_snapshot_told, &told, NULL));
    CHECK(listed(&given, &tenant)->wrong == 2 && listed(&given, &tenant)->verified);
    CHECK_OK(given_asked(&given, ASK_snapshots_pruned, &pruned, NULL));
    CHECK(!strcmp(listed(&given, &tenant)->state, "gone"));
}

static const Keys__Snapshots *shown(struct given *given, const struct given_tenant *tenant)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    const Keys__Snapshots *snapshots = NULL;
    in.bearer = (char *)(uintptr_t)tenant->cookie;
    return given_asked(given, ASK_snapshot_list, &in, &snapshots) == ERR_OK ? snapshots : NULL;
}

TEST(where_all_are_verified_each_is_wrong_by_what_it_names_itself)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const ident_t good = {{1}}, bad = {{2}}, gone = {{3}}, later = {{4}};
    Keys__SnapshotTold told = KEYS__SNAPSHOT_TOLD__INIT;
    Keys__SnapshotFound found[2] = {KEYS__SNAPSHOT_FOUND__INIT, KEYS__SNAPSHOT_FOUND__INIT};
    Keys__SnapshotFound *ones[] = {&found[0], &found[1]};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(manifest_sign_as(&given, &tenant, (struct said){tenant.id, good}, NULL));
    CHECK_OK(manifest_sign_as(&given, &tenant, (struct said){tenant.id, bad}, NULL));
    CHECK_OK(manifest_sign_as(&given, &tenant, (struct said){tenant.id, gone}, NULL));
    given.world.clock += 1000;
    told.began = given.world.clock;
    CHECK_OK(manifest_sign_as(&given, &tenant, (struct said){tenant.id, later}, NULL));
    found[0].id = given_bin(ident_bytes(&good));
    found[1].id = given_bin(ident_bytes(&bad));
    found[1].wrong = 3;
    told.tenant = given_bin(ident_bytes(&tenant.id));
    told.wrong = 4;
    told.trouble = (char *)(uintptr_t) "seg_x: it does not hold";
    told.found = ones;
    told.n_found = 2;
    CHECK_OK(given_asked(&given, ASK_snapshot_told, &told, NULL));
    const Keys__Snapshots *all = shown(&given, &tenant);
    CHECK(all && all->n_items == 4);
    CHECK(!all->items[0]->verified && !all->items[0]->wrong); /* the later one */
    CHECK(all->items[1]->wrong == 1 && strstr(all->items[1]->trouble, "manifest"));
    CHECK(all->items[2]->wrong == 3 && strstr(all->items[2]->trouble, "seg_x"));
    CHECK(all->items[3]->verified && !all->items[3]->wrong && !*all->items[3]->trouble);
}

TEST(when_all_were_verified_in_full_is_shown_and_when_they_are_to_be_again)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    const Keys__SnapshotKeys *own = NULL;
    const ident_t service = {{0}};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(outer_ask(&given, service, &own));
    CHECK_OK(given_token(&given, &tenant, "auditor", &token));
    CHECK_OK(given_changed(&given, "update members set until = until * 2 where kind = 'token'"));
    tenant.cookie = token->token; /* a session ends within the day */
    const Keys__Snapshots *before = shown(&given, &tenant);
    CHECK(before && !before->full && before->full_due == before->first_due + DAYS(7));
    for (int day = 0; day < 8; day++) {
        CHECK_OK(at_time(&given, 1, HOURS(6) + 1000));
        works_of(&given, "verify", &tenant.id, "done");
        const Keys__Snapshots *now = shown(&given, &tenant);
        CHECK(now && given.world.clock <= now->full_due);
    }
    const Keys__Snapshots *after = shown(&given, &tenant);
    CHECK(after && after->full && after->full_due == after->full + DAYS(7));
    CHECK(after->service_full && after->service_full_due == after->service_full + DAYS(7));
}

TEST(the_services_own_state_is_taken_before_that_of_its_clients)
{
    OWN(given) given = {0};
    struct given_tenant tenants[6];
    static const char *const names[] = {"one", "two", "three", "four", "five", "six"};
    const ident_t own = {{0}};
    CHECK_OK(given_a_keyring(&given));
    for (size_t i = 0; i < 6; i++)
        CHECK_OK(given_open_tenant(&given, names[i], &tenants[i]));
    CHECK_OK(at_time(&given, 1, HOURS(6) - 1000));
    works_of(&given, "snapshot", NULL, "done");
    CHECK_OK(at_time(&given, 0, HOURS(6) + 1000));
    const Keys__Work *first = next_work(&given, "done");
    CHECK(first && str_eq(str_bytes(first->tenant.data, first->tenant.len), ident_bytes(&own)));
}

TEST(who_may_not_keep_asks_for_no_snapshot)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    Keys__SnapshotAsk in = KEYS__SNAPSHOT_ASK__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "viewer", &token));
    in.bearer = token->token;
    CHECK_FAILS(ERR_DENIED, given_asked(&given, ASK_snapshot_ask, &in, NULL));
    in.bearer = (char *)(uintptr_t)tenant.cookie;
    CHECK_OK(given_asked(&given, ASK_snapshot_ask, &in, NULL));
    CHECK_FAILS(ERR_BUSY, given_asked(&given, ASK_snapshot_ask, &in, NULL));
}

struct ending {
    struct given *given;
    ident_t tenant;
};

static err_t end_act(struct keyring *keyring, void *with)
{
    const struct ending *ending = with;
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    return snapshots_end(&ask, ending->tenant);
}

TEST(the_outer_key_ends_with_its_tenant)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__SnapshotKeys *before = NULL, *after = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(outer_ask(&given, tenant.id, &before));
    CHECK_OK(keyring_write(given.keyring, end_act, &(struct ending){&given, tenant.id}));
    CHECK_OK(outer_ask(&given, tenant.id, &after));
    CHECK(memcmp(before->outer.data, after->outer.data, KEY_SIZE) != 0);
}

TESTS(a_day_begins_at_six_in_utc_all_the_year_round, a_snapshot_is_due_each_day_at_six_once,
      one_that_was_missed_is_made_up_at_once_and_one_that_failed_is_tried_again,
      all_are_verified_once_a_week_and_the_services_own_state_is_kept_too,
      what_is_kept_of_a_client_that_is_deactivated_is_verified_each_week_until_it_goes,
      a_manifest_is_signed_by_a_key_that_is_kept_here_and_its_row_is_there_with_it,
      from_the_licences_end_on_no_prune_takes_what_lived_then_also_before_it_is_frozen,
      a_manifest_that_speaks_of_another_tenant_is_not_signed,
      what_a_verification_found_and_what_a_prune_took_is_told,
      where_all_are_verified_each_is_wrong_by_what_it_names_itself,
      when_all_were_verified_in_full_is_shown_and_when_they_are_to_be_again,
      the_services_own_state_is_taken_before_that_of_its_clients, who_may_not_keep_asks_for_no_snapshot,
      the_outer_key_ends_with_its_tenant)
