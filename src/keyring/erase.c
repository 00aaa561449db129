/* SPDX-License-Identifier: Apache-2.0
 *
 * The mark, the destruction of the keys, and the sweep of what they wrapped.
 */
#include "keyring/clock.h"
#include "keyring/commit.h"
#include "keyring/contracts.h"
#include "keyring/erasure.h"
#include "keyring/journal.h"
#include "keyring/twins.h"
#include "keyring/works.h"

enum { SWEEP_ROWS = 4096, COUNTS_MAX = 64, COUNT_NAME = 40, COMMITMENT_MAX = 16 * 1024 };

/* The list of what will be destroyed */

/* With those of its copies, and of what it is a copy of. */
#define ITS_SHARDS "(tenant = $1 or tenant in (select id from copies where tenant = $1 or whence = $1))"

/* Rows of the keyring by what they are; $1 is the client. */
static const struct {
    const char *what, *sql;
} counted[] = {
    {"keyring shards", "select count(*) from shards where " ITS_SHARDS},
    {"keyring keys", "select coalesce(sum(cells), 0) from shards where " ITS_SHARDS},
    {"keyring devices", "select count(*) from devices where tenant = $1"},
    {"keyring members", "select count(*) from members where tenant = $1 and kind = 'user'"},
    {"keyring tokens", "select count(*) from members where tenant = $1 and kind = 'token'"},
    {"keyring requests", "select count(*) from requests where tenant = $1"},
    {"keyring elevations", "select count(*) from elevations where tenant = $1"},
};
enum { COUNTED = sizeof counted / sizeof *counted };

static err_t count_of(struct ask *ask, const char *sql, ident_t tenant, int64_t *out_count)
{
    return db_number_args(ask->db, out_count, sql, &ID(tenant), 1);
}

err_t erasure_counts(struct ask *ask, ident_t tenant, Keys__Erasure *out)
{
    out->counts = arena_array(ask->arena, Keys__ErasureCount *, COUNTED);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < COUNTED; i++) {
        Keys__ErasureCount *count = out->counts[out->n_counts++] = arena_new(ask->arena, Keys__ErasureCount);
        TRY(arena_end(ask->arena));
        keys__erasure_count__init(count);
        count->what = ask_text(ask, str(counted[i].what));
        TRY(count_of(ask, counted[i].sql, tenant, &count->items));
    }
    return arena_end(ask->arena);
}

/* Small letters, digits and a few marks: nothing that a person is called by comes in as a store's word for its rows. */
static bool is_count_name(const char *text)
{
    size_t len = strlen(text);
    return len >= 1 && len <= COUNT_NAME && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789 _-") == len;
}

static err_t counts_check(const Keys__ErasureCounts *in)
{
    if (in->n_items > COUNTS_MAX)
        return fail(ERR_TOO_LARGE, "more than %d counts", COUNTS_MAX);
    for (size_t i = 0; i < in->n_items; i++)
        if (!is_count_name(in->items[i]->what) || in->items[i]->items < 0 || in->items[i]->bytes < 0)
            return fail(ERR_INVALID, "not a count of what a store holds");
    return ERR_OK;
}

static err_t commitment_put(struct ask *ask, const struct erasure *erasure, buf_t *out)
{
    const Keys__ErasureCounts *in = ask->in;
    buf_putf(out, "custody erasure commitment\nerasure %s\n", ident_text("era", erasure->id).text);
    buf_putf(out, "tenant %s\n", ident_text("ten", erasure->tenant).text);
    buf_putf(out, "at %s\n", moment_text(ask->env->now(ask->env)).text);
    for (size_t i = 0; i < COUNTED; i++) {
        int64_t count = 0;
        TRY(count_of(ask, counted[i].sql, erasure->tenant, &count));
        buf_putf(out, "%s %lld\n", counted[i].what, (long long)count);
    }
    for (size_t i = 0; i < in->n_items; i++)
        buf_putf(out, "%s %lld %lld\n", in->items[i]->what, (long long)in->items[i]->items,
                 (long long)in->items[i]->bytes);
    return buf_end(out);
}

/* The mark. In it sessions end first, then the authority goes, then every way in: a crash after it leaves keys that
 * nobody can ask for any more. */

struct erasing {
    struct ask *ask;
    ident_t id;
};

static err_t mark(struct ask *ask, struct erasure *erasure)
{
    uint8_t hash[DIGEST_SIZE];
    OWN(buf) text = BUF(COMMITMENT_MAX);
    const struct entry entry = {ACT_ERASURE_MARKED, .by = {.prefix = "clock"}, .digest = hash};
    TRY(counts_check(ask->in));
    TRY(commitment_put(ask, erasure, &text));
    digest(buf_str(&text), hash);
    TRY(last_notices_keep(ask, erasure));
    TRY(tenant_shut(ask->keyring, erasure->tenant));
    TRY(works_withdraw(ask, erasure->tenant));
    TRY(erasure_step(ask, erasure, "marked", &erasure->marked));
    TRY(db_do(ask->db, "update erasures set commitment = $2 where id = $1", ID(erasure->id),
              T(buf_str(&text))));
    return erasure_journal(ask, erasure, &entry);
}

static err_t mark_act(struct keyring *keyring, void *with)
{
    const struct erasing *erasing = with;
    struct erasure erasure;
    (void)keyring;
    TRY(erasure_read(erasing->ask, erasing->id, &erasure));
    if (!erasure_is(&erasure, "cooling")) {
        erasing->ask->idle = true; /* marked before: a crash, or asked twice */
        return ERR_OK;
    }
    TRY(erasure_judge(erasing->ask, &erasure));
    return mark(erasing->ask, &erasure);
}

/* By the client's life, evaluated anew: a clock that jumped since the mark holds it too. */
static err_t destruction_judge(struct ask *ask, const struct erasure *erasure)
{
    struct standing standing;
    if (erasure_is_release(erasure))
        return clock_confirmed(ask);
    TRY(licence_standing(ask, erasure->tenant, &standing));
    return standing.due[DUE_DESTROY_KEYS]
               ? ERR_OK
               : fail(ERR_DENIED, "the clock is not confirmed: nothing is destroyed until it is");
}

/* The ledger's line is durable before this commits. Of a client that is after a released hold it was written with the order;
 * so was the hold's. */
static err_t destroy_act(struct keyring *keyring, void *with)
{
    const struct erasing *erasing = with;
    struct ask *ask = erasing->ask;
    struct erasure erasure;
    struct entry entry = {ACT_ERASURE_DESTROYED, .by = {.prefix = "clock"}};
    TRY(erasure_read(ask, erasing->id, &erasure));
    if (!erasure_is(&erasure, "marked"))
        return ERR_OK;
    TRY(destruction_judge(ask, &erasure));
    const struct ledger_line line = {LEDGER_TENANT, erasure.tenant, erasure.tenant, ask->env->now(ask->env)};
    TRY(count_of(ask, counted[0].sql, erasure.tenant, &entry.count));
    if (!erasure_is_release(&erasure)) {
        TRY(twins_over_tell(ask, erasure.tenant));
        TRY(keyring_destroy(keyring, &line));
    }
    TRY(erasure_step(ask, &erasure, "destroyed", &erasure.destroyed));
    return erasure_journal(ask, &erasure, &entry);
}

static err_t unrolled_count(struct keyring *keyring, void *with)
{
    return db_number(keyring_db(keyring), (int64_t *)with,
                     "select (select count(*) from dead_shards where rolled = 0)"
                     " + (select count(*) from shards where marked = 1)");
}

/* Again after a crash, from wherever it was. */
err_t answer_erasure_mark(struct ask *ask)
{
    const Keys__ErasureCounts *in = ask->in;
    struct erasing erasing = {.ask = ask};
    int64_t unrolled = 0;
    TRY(ident_from(bin(in->id), &erasing.id));
    TRY(keyring_write(ask->keyring, mark_act, &erasing));
    TRY(keyring_write(ask->keyring, destroy_act, &erasing));
    TRY(keyring_read(ask->keyring, unrolled_count, &unrolled));
    return unrolled ? keyring_roll(ask->keyring) : ERR_OK;
}

/* The sweep. Every table of the keyring that holds a row of a client stands here, children before what they are found by;
 * erase_test walks the schema and fails for one that is missing. $1 is the client, $2 how many rows at most. What a legal hold
 * names stays: it is found by its entry, and a device is known to be one by its row. */
#define OF(table) \
    "delete from " table " where rowid in (select rowid from " table " where tenant = $1 limit $2)"
#define FEW_OF(table) "delete from " table " where tenant = $1 and $2 > 0"
#define OF_UNHELD(table) \
    "delete from " table " where rowid in (select rowid from " table \
    " where tenant = $1 and id not in (select subject from held) limit $2)"
#define UNDER(table, key, parent) \
    "delete from " table " where rowid in (select rowid from " table " where " key \
    " in (select id from " parent " where tenant = $1) limit $2)"
#define FEW_UNDER(table, key, parent) \
    "delete from " table " where " key " in (select id from " parent " where tenant = $1) and $2 > 0"

static const char *const swept[] = {
    "delete from cells where rowid in (select cells.rowid from dead_shards join cells on cells.shard = dead_shards.id"
    " where dead_shards.tenant = $1 limit $2)",
    "delete from dead_shards where tenant = $1 and rolled = 1 and $2 > 0",
    FEW_UNDER("foreign_accounts", "device", "devices"),
    FEW_UNDER("foreign_nodes", "device", "devices"),
    FEW_UNDER("levels", "process", "processes"),
    FEW_UNDER("level_members", "process", "processes"),
    FEW_UNDER("level_groups", "process", "processes"),
    FEW_UNDER("request_devices", "request", "requests"),
    FEW_UNDER("answers", "request", "requests"),
    UNDER("granted", "request", "requests"),
    UNDER("grants", "request", "requests"),
    UNDER("opens", "bearer", "members"),
    "delete from opens where bearer = $1 and $2 > 0",
    UNDER("authenticators", "member", "members"),
    OF("passkeys"),
    FEW_UNDER("exported", "export", "exports"),
    /* An archive is on the web process's disk until it has said that it is not. */
    "delete from exports where rowid in (select rowid from exports where tenant = $1 and gone > 0 limit $2)",
    FEW_UNDER("subject_access_subjects", "request", "subject_accesses"),
    OF("subject_accesses"),
    FEW_OF("break_glass"),
    UNDER("forgotten_subjects", "forgotten", "forgotten"),
    OF("forgotten"),
    OF("withheld"),
    FEW_OF("withholders"),
    OF("snapshots"),
    FEW_OF("snapshot_keys"),
    FEW_OF("drills"),
    FEW_OF("retentions"),
    FEW_OF("storage_told"),
    FEW_OF("marks"),
    OF("webhooks"),
    FEW_UNDER("lending", "copy", "copies"),
    OF_UNHELD("twins"),
    OF("copies"),
    "update copies set whence = x'', snapshot = x'', given_by = x'' where whence = $1 and $2 > 0",
    OF_UNHELD("entries"),
    OF_UNHELD("devices"),
    OF("processes"),
    OF("requests"),
    OF("elevations"),
    OF("members"),
    FEW_UNDER("recovery_parts", "recovery", "recoveries"),
    OF("recoveries"),
    OF("rotations"),
    FEW_OF("resealing"),
    "delete from shards where cells = 0 and marked = 0 and tenant in"
    " (select id from holds where tenant = $1 and released > 0) and $2 > 0",
    "delete from held where hold in (select id from holds where tenant = $1 and released > 0) and $2 > 0",
    "delete from holds where tenant = $1 and released > 0 and $2 > 0",
    OF("contract_drafts"),
    FEW_OF("frozen_snapshots"),
    OF("works"),
    OF("notices"),
    FEW_OF("notice_addresses"),
    OF("signers"),
    OF("keepers"),
    OF("approval_keys"),
    FEW_UNDER("scim_members", "grp", "scim_groups"),
    OF("scim_groups"),
    OF("scim_roles"),
    OF("scim_setups"),
    FEW_OF("sso_providers"),
    FEW_OF("sso_links"),
    FEW_OF("sso_attempts"),
    FEW_OF("sso_sessions"),
    FEW_OF("cli_codes"),
    "delete from refusals where log = $1 and $2 > 0",
};

bool erasure_sweeps(const char *table)
{
    char begins[96];
    snprintf(begins, sizeof begins, "delete from %s ", table);
    for (size_t i = 0; i < sizeof swept / sizeof *swept; i++)
        if (str_starts(str(swept[i]), str(begins)))
            return true;
    return false;
}

/* As many rows as one commit should take; nothing is left where none was found. */
static err_t sweep(struct ask *ask, ident_t tenant, int64_t *out_rows)
{
    *out_rows = 0;
    for (size_t i = 0; i < sizeof swept / sizeof *swept && *out_rows < SWEEP_ROWS; i++) {
        const arg_t args[] = {ID(tenant), N(SWEEP_ROWS - *out_rows)};
        TRY(db_run_args(ask->db, swept[i], args, 2));
        *out_rows += db_changed(ask->db);
    }
    return ERR_OK;
}

static err_t swept_one(struct ask *ask, ident_t *out_tenant)
{
    const Keys__ErasureNamed *in = ask->in;
    struct erasure erasure;
    ident_t id;
    TRY(ident_from(bin(in->id), &id));
    TRY(erasure_read(ask, id, &erasure));
    *out_tenant = erasure.tenant;
    return erasure_is(&erasure, "destroyed")
               ? ERR_OK
               : fail(ERR_CONFLICT, "the erasure is %.*s", STR_ARG(erasure.state));
}

static err_t archives_left(struct ask *ask, ident_t tenant, bool *out_any)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count, "select count(*) from exports where tenant = $1", ID(tenant)));
    *out_any = count > 0;
    return ERR_OK;
}

/* With the last of it the log of writes is folded: what stood in clear is in neither file. */
err_t answer_erasure_sweep(struct ask *ask)
{
    Keys__ErasureSwept *out = ask->out;
    ident_t tenant;
    bool archives = false;
    TRY(swept_one(ask, &tenant));
    TRY(works_ended(ask, tenant));
    TRY(sweep(ask, tenant, &out->items));
    TRY(archives_left(ask, tenant, &archives));
    out->more = out->items > 0 || archives;
    ask->keyring->destroyed |= out->items < SWEEP_ROWS;
    if (out->items)
        atomic_store(&ask->keyring->swept, atomic_load(&ask->keyring->commits) + 1);
    return ERR_OK;
}
