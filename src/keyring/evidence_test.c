/* SPDX-License-Identifier: Apache-2.0
 *
 * What the keys process does for the evidence logs: an entry with each act, in its order, and a signature over nothing
 * but the journal.
 */
#include "keyring/journal.h"

#include "keyring/given.h"
#include "test/test.h"
#include "tlog/checkpoint.h"

static err_t about(struct given *given, const struct given_tenant *tenant, const Keys__Log **out_log)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)tenant->cookie;
    return given_asked(given, ASK_log_about, &in, out_log);
}

static int64_t entries_of(struct given *given, const struct given_tenant *tenant)
{
    const Keys__Log *log = NULL;
    return about(given, tenant, &log) == ERR_OK ? log->entries : -1;
}

static Keys__LogRange range(const ident_t *log, int64_t size)
{
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    in.id = given_bin(ident_bytes(log));
    in.size = size;
    return in;
}

static err_t taken(struct given *given, const ident_t *log, int64_t from,
                   const Keys__LogEntries **out_entries)
{
    const Keys__LogRange in = range(log, from);
    return given_asked(given, ASK_log_take, &in, out_entries);
}

static err_t signed_to(struct given *given, const ident_t *log, int64_t size, const Keys__Log **out_log)
{
    const Keys__LogRange in = range(log, size);
    return given_asked(given, ASK_log_sign, &in, out_log);
}

static size_t due(struct given *given)
{
    const Keys__None in = KEYS__NONE__INIT;
    const Keys__Logs *logs = NULL;
    return given_asked(given, ASK_log_due, &in, &logs) == ERR_OK ? logs->n_items : 99;
}

static bool last_is(struct given *given, const struct given_tenant *tenant, const char *act)
{
    const Keys__LogEntries *entries = NULL;
    int64_t count = entries_of(given, tenant);
    return taken(given, &tenant->id, count - 1, &entries) == ERR_OK && entries->n_entries == 1 &&
           memmem(entries->entries[0].data, entries->entries[0].len, act, strlen(act));
}

TEST(what_is_signed_is_the_root_of_the_journal_and_leaves_it)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__LogEntries *entries = NULL;
    const Keys__Log *log = NULL, *sealed = NULL;
    struct note_key key, clock;
    struct note note;
    struct checkpoint checkpoint;
    struct tree tree = {0};
    uint64_t seconds = 0;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(about(&given, &tenant, &log));
    CHECK(log->entries == 3 && log->size == 0 && !*log->checkpoint);
    CHECK_OK(taken(&given, &tenant.id, 0, &entries));
    CHECK(entries->n_entries == 3);
    for (size_t i = 0; i < entries->n_entries; i++) {
        hash_t leaf = tree_leaf(bin(entries->entries[i]));
        tree_add(&tree, &leaf, NULL);
    }
    CHECK_OK(signed_to(&given, &tenant.id, 3, &sealed));
    CHECK_OK(note_key_read(str(log->key), &key));
    CHECK_OK(note_key_read(str(log->clock), &clock));
    CHECK_OK(checkpoint_open(str(sealed->checkpoint), &key, &checkpoint));
    hash_t root = tree_root(&tree);
    CHECK(checkpoint.size == 3 && hash_eq(checkpoint.root, root) &&
          str_eq(checkpoint.origin, str(log->origin)));
    CHECK_OK(note_split(str(sealed->checkpoint), &note));
    CHECK_OK(note_check(&note, &clock, &seconds));
    CHECK((moment_t)seconds == given.world.clock / 1000);
    CHECK_OK(taken(&given, &tenant.id, 0, &entries));
    CHECK(entries->n_entries == 0);
}

TEST(a_log_is_signed_forward_and_no_further_than_it_goes)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Log *log = NULL;
    ident_t unknown = {{9}};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_FAILS(ERR_CONFLICT, signed_to(&given, &tenant.id, 4, &log));
    CHECK_OK(signed_to(&given, &tenant.id, 2, &log));
    CHECK_FAILS(ERR_CONFLICT, signed_to(&given, &tenant.id, 1, &log));
    CHECK_FAILS(ERR_CONFLICT, signed_to(&given, &tenant.id, -1, &log));
    CHECK_OK(signed_to(&given, &tenant.id, 2, &log));
    CHECK_OK(signed_to(&given, &tenant.id, 3, &log));
    CHECK_FAILS(ERR_MISSING, signed_to(&given, &unknown, 0, &log));
}

TEST(a_log_is_due_while_entries_wait_and_a_minute_after_it_was_signed)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Log *log = NULL;
    ident_t service = {{0}};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK(due(&given) == 2);
    CHECK_OK(signed_to(&given, &service, 1, &log));
    CHECK(due(&given) == 1);
    CHECK_OK(signed_to(&given, &tenant.id, 3, &log));
    CHECK(due(&given) == 0);
    given.world.clock += CLOCK_MS - 1;
    CHECK(due(&given) == 0);
    given.world.clock += 1;
    CHECK(due(&given) == 2);
    given.world.clock -= DAYS(1);
    CHECK(due(&given) == 2);
}

TEST(an_act_that_fails_leaves_no_entry_and_one_that_does_nothing_neither)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    Keys__Named named = KEYS__NAMED__INIT;
    Keys__Open open = KEYS__OPEN__INIT;
    ident_t none = {{9}};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    named.bearer = (char *)(uintptr_t)tenant.cookie;
    named.id = given_bin(ident_bytes(&none));
    CHECK_FAILS(ERR_MISSING, given_asked(&given, ASK_token_end, &named, NULL));
    CHECK_FAILS(ERR_MISSING, given_asked(&given, ASK_device_revoke, &named, NULL));
    open.bearer = (char *)(uintptr_t) "cse_nobody";
    CHECK(given_asked(&given, ASK_records_open, &open, NULL) != ERR_OK);
    open.bearer = (char *)(uintptr_t)tenant.cookie;
    CHECK_OK(given_asked(&given, ASK_records_open, &open, NULL));
    CHECK(entries_of(&given, &tenant) == 3);
}

static Keys__JournalAdd told(const struct given_tenant *tenant, int64_t number, const char *act)
{
    static const ident_t member = {{1}}, session = {{2}};
    Keys__JournalAdd in = KEYS__JOURNAL_ADD__INIT;
    in.tenant = given_bin(ident_bytes(&tenant->id));
    in.number = number;
    in.act = (char *)(uintptr_t)act;
    in.by = given_bin(ident_bytes(&member));
    in.session = given_bin(ident_bytes(&session));
    in.by_user = true;
    in.at = 1764547200000;
    in.count = number;
    return in;
}

TEST(what_the_store_tells_of_counts_once_and_in_its_order)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    const Keys__JournalAdd first = told(&tenant, 1, "collection.changed"),
                           third = told(&tenant, 3, "collection.changed");
    const Keys__JournalAdd foreign = told(&tenant, 2, "device.destroyed");
    CHECK_OK(given_asked(&given, ASK_journal_add, &first, NULL));
    CHECK(entries_of(&given, &tenant) == 4 && last_is(&given, &tenant, "\"act\":\"collection.changed\""));
    CHECK_OK(given_asked(&given, ASK_journal_add, &first, NULL));
    CHECK_FAILS(ERR_CONFLICT, given_asked(&given, ASK_journal_add, &third, NULL));
    CHECK_FAILS(ERR_DENIED, given_asked(&given, ASK_journal_add, &foreign, NULL));
    CHECK(entries_of(&given, &tenant) == 4);
    Keys__JournalAdd elevated = told(&tenant, 2, "launches.elevated"), nobodys = elevated, endpoints = third;
    const ident_t device = {{7}};
    elevated.device = endpoints.device = given_bin(ident_bytes(&device));
    elevated.by = (ProtobufCBinaryData){0};
    CHECK_FAILS(ERR_DENIED, given_asked(&given, ASK_journal_add, &nobodys, NULL));
    CHECK_FAILS(ERR_DENIED, given_asked(&given, ASK_journal_add, &endpoints, NULL));
    CHECK_OK(given_asked(&given, ASK_journal_add, &elevated, NULL));
    CHECK(last_is(&given, &tenant, "\"act\":\"launches.elevated\"") &&
          last_is(&given, &tenant, "\"by\":\"dev_"));
}

TEST(a_keyring_opened_again_goes_on_where_its_logs_stood)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    const Keys__Log *before = NULL, *after = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(signed_to(&given, &tenant.id, 2, &before));
    keyring_drop(&given.keyring);
    CHECK_OK(keyring_open(given.env, test_folder(), &given.root, &given.keyring));
    CHECK_OK(given_token(&given, &tenant, "viewer", &token));
    CHECK_OK(signed_to(&given, &tenant.id, 4, &after));
    CHECK(entries_of(&given, &tenant) == 4 && strcmp(before->checkpoint, after->checkpoint) != 0);
}

/* Those of one kind among all that a log has, and what they count. */
struct told {
    size_t entries;
    int64_t count;
};

static struct told told_of(struct given *given, const ident_t *log, const char *act)
{
    struct told told = {0};
    const Keys__LogEntries *entries = NULL;
    if (taken(given, log, 0, &entries) != ERR_OK)
        return (struct told){99, 99};
    for (size_t i = 0; i < entries->n_entries; i++) {
        str_t entry = bin(entries->entries[i]);
        const char *count = memmem(entry.at, entry.len, "\"count\":", 8);
        if (!memmem(entry.at, entry.len, act, strlen(act)))
            continue;
        told.entries++;
        told.count += count ? strtoll(count + 8, NULL, 10) : 0;
    }
    return told;
}

static err_t signed_in_wrongly(struct given *given, const char *tenant, const char *username)
{
    const char *cookie = NULL;
    Keys__Login login = given_login(tenant, username, "not the right one at all");
    return given_signed_in(given, &login, &cookie);
}

TEST(sign_ins_that_are_refused_stand_in_the_log_once_a_minute_with_their_count)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_FAILS(ERR_SIGNED_OUT, signed_in_wrongly(&given, "example", "ana"));
    CHECK(last_is(&given, &tenant, "\"act\":\"sign-in.failed\",\"by\":\"unknown\",\"count\":1}"));
    for (int i = 0; i < 4; i++)
        CHECK_FAILS(ERR_SIGNED_OUT, signed_in_wrongly(&given, "example", i % 2 ? "ana" : "nobody"));
    struct told told = told_of(&given, &tenant.id, "sign-in.failed");
    CHECK(told.entries == 1 && told.count == 1);
    CHECK_OK(given_passed(&given, MINUTES(1)));
    told = told_of(&given, &tenant.id, "sign-in.failed");
    CHECK(told.entries == 2 && told.count == 5);
    CHECK_OK(given_passed(&given, MINUTES(1)));
    CHECK(told_of(&given, &tenant.id, "sign-in.failed").entries == 2);
    CHECK_FAILS(ERR_SIGNED_OUT, signed_in_wrongly(&given, "example", "ana"));
    CHECK(told_of(&given, &tenant.id, "sign-in.failed").entries == 3);
}

TEST(a_sign_in_to_no_client_is_refused_in_the_same_words_and_told_of_in_the_services_log)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    static const ident_t service;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_FAILS(ERR_SIGNED_OUT, signed_in_wrongly(&given, "example", "ana"));
    char note[256];
    snprintf(note, sizeof note, "%s", err_note());
    CHECK_FAILS(ERR_SIGNED_OUT, signed_in_wrongly(&given, "exemple", "ana"));
    CHECK(!strcmp(note, err_note()));
    CHECK(told_of(&given, &service, "sign-in.failed").count == 1);
    CHECK(told_of(&given, &tenant.id, "sign-in.failed").count == 1);
}

TEST(a_session_that_ends_by_the_clock_has_its_entry_and_one_that_was_signed_out_of_no_second)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const char *cookie = NULL;
    Keys__Bearer out = KEYS__BEARER__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&given, &login, &cookie));
    out.bearer = (char *)(uintptr_t)cookie;
    CHECK_OK(given_asked(&given, ASK_logout, &out, NULL));
    CHECK_OK(given_passed(&given, HOURS(1)));
    CHECK_OK(given_passed(&given, HOURS(1)));
    CHECK_OK(given_passed(&given, HOURS(1)));
    CHECK(told_of(&given, &tenant.id, "\"act\":\"session.expired\",\"by\":\"usr_").entries == 1);
    CHECK(told_of(&given, &tenant.id, "session.ended").entries == 1);
}

TEST(a_session_in_use_to_its_last_hour_has_its_entry_within_a_minute_of_its_end)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    for (int half_hours = 0; half_hours < 23; half_hours++) {
        CHECK_OK(given_passed(&given, MINUTES(30)));
        CHECK(entries_of(&given, &tenant) == 3); /* its session opens the log */
    }
    CHECK_OK(given_passed(&given, MINUTES(29)));
    CHECK(told_of(&given, &tenant.id, "session.expired").entries == 0);
    CHECK_OK(given_passed(&given, MINUTES(1)));
    CHECK(told_of(&given, &tenant.id, "session.expired").entries == 1);
}

TESTS(what_is_signed_is_the_root_of_the_journal_and_leaves_it,
      a_log_is_signed_forward_and_no_further_than_it_goes,
      a_log_is_due_while_entries_wait_and_a_minute_after_it_was_signed,
      an_act_that_fails_leaves_no_entry_and_one_that_does_nothing_neither,
      what_the_store_tells_of_counts_once_and_in_its_order,
      a_keyring_opened_again_goes_on_where_its_logs_stood,
      sign_ins_that_are_refused_stand_in_the_log_once_a_minute_with_their_count,
      a_sign_in_to_no_client_is_refused_in_the_same_words_and_told_of_in_the_services_log,
      a_session_that_ends_by_the_clock_has_its_entry_and_one_that_was_signed_out_of_no_second,
      a_session_in_use_to_its_last_hour_has_its_entry_within_a_minute_of_its_end)
