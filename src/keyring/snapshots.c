/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/snapshots.h"

#include "keyring/clock.h"
#include "keyring/contracts.h"
#include "keyring/copies.h"
#include "keyring/journal.h"
#include "keyring/twins.h"
#include "keyring/works.h"
#include "tlog/lines.h"
#include "tlog/note.h"

enum { SHOWN = 400, TROUBLE_MAX = 4000, MOST_IDS = 8192, MOST_MANIFEST = 8 * 1024 * 1024 };

static const ident_t service;

moment_t snapshot_day(moment_t now)
{
    moment_t since = now - SNAPSHOT_HOUR;
    return since - (since % DAYS(1) + DAYS(1)) % DAYS(1) + SNAPSHOT_HOUR;
}

/* The keys */

/* From its mark on there is none for a client any more: one that came late would lie there for good. */
static err_t tenant_lives(struct ask *ask, ident_t tenant)
{
    OWN(rows) rows = {0};
    if (ident_is_zero(tenant))
        return ERR_OK;
    TRY(db_read(ask->db, &rows, "select state <> 'erased' from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    return row_number(&rows, 0)
               ? ERR_OK
               : fail(ERR_CONFLICT, "%s is erased: it has no snapshots", ident_text("ten", tenant).text);
}

static err_t keys_make(struct ask *ask, ident_t tenant)
{
    OWN(note_signer) signer = {0};
    OWN(key) outer;
    OWN(buf) name = BUF(MAX_NAME);
    OWN(buf) seed = BUF(512);
    OWN(buf) public = BUF(512);
    key_random(ask->env, &outer);
    buf_putf(&name, "custody/snapshots/%s", ident_text("ten", tenant).text);
    TRY(buf_end(&name));
    TRY(note_signer_new(ask->env, NOTE_ED25519, buf_str(&name), &signer));
    note_signer_put(&seed, &signer);
    note_key_put(&public, &signer.key);
    TRY(buf_end(&seed));
    TRY(buf_end(&public));
    TRY(cell_put(ask->keyring, tenant, tenant, CELL_SNAPSHOT, key_bytes(&outer)));
    TRY(cell_put(ask->keyring, tenant, tenant, CELL_SNAPSHOT_SIGNER, buf_str(&seed)));
    return db_do(ask->db,
                 "insert into snapshot_keys (tenant, signer, made, uses, used) values ($1, $2, $3, 0, 0)",
                 ID(tenant), T(buf_str(&public)), N(ask->env->now(ask->env)));
}

static err_t keys_ensure(struct ask *ask, ident_t tenant)
{
    OWN(rows) rows = {0};
    TRY(tenant_lives(ask, tenant));
    TRY(db_read(ask->db, &rows, "select 1 from snapshot_keys where tenant = $1", ID(tenant)));
    bool there = row_next(&rows);
    TRY(rows_end(&rows));
    return there ? ERR_OK : keys_make(ask, tenant);
}

/* Those that lived at the licence's end. Until that is written down, any of them may be one. */
static err_t lived_list(struct ask *ask, ident_t tenant, const struct standing *standing, buf_t *ids)
{
    if (standing->due[DUE_FREEZE])
        return db_idents(ask->db, ids, "select id from snapshots where tenant = $1 and state <> 'gone'",
                         ID(tenant));
    return db_idents(ask->db, ids, "select snapshot from frozen_snapshots where tenant = $1", ID(tenant));
}

/* How many are kept, and which no prune may take: those that lived at the licence's end, for as long as is promised. */
static err_t held_list(struct ask *ask, ident_t tenant, Keys__SnapshotKeys *out)
{
    OWN(buf) ids = BUF(MOST_IDS * sizeof(ident_t));
    struct licence licence;
    struct standing standing;
    TRY(licence_read(ask, tenant, &licence));
    TRY(licence_standing(ask, tenant, &standing));
    moment_t now = ask->env->now(ask->env);
    bool clock = false;
    TRY(clock_is_held(ask, &clock));
    out->clock_held = clock;
    out->keep = licence.contract.keep_snapshots;
    if (standing.expires && now >= standing.expires && now < standing.snapshots_end)
        TRY(lived_list(ask, tenant, &standing, &ids));
    out->held = arena_array(ask->arena, ProtobufCBinaryData, ids.len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids) out->held[out->n_held++] = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}

err_t answer_snapshot_key(struct ask *ask)
{
    const Keys__OfTenantSnapshots *in = ask->in;
    Keys__SnapshotKeys *out = ask->out;
    OWN(rows) rows = {0};
    OWN(buf) outer = BUF(KEY_SIZE);
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(keys_ensure(ask, tenant));
    TRY(db_do(ask->db, "update snapshot_keys set uses = uses + 1, used = $2 where tenant = $1", ID(tenant),
              N(ask->env->now(ask->env))));
    TRY(db_read(ask->db, &rows, "select signer from snapshot_keys where tenant = $1", ID(tenant)));
    TRY(row_one(&rows));
    out->signer = ask_text(ask, row_text(&rows, 0));
    TRY(cell_get(ask->keyring, tenant, CELL_SNAPSHOT, &outer));
    out->outer = ask_bytes(ask, buf_str(&outer));
    return held_list(ask, tenant, out);
}

err_t snapshots_end(struct ask *ask, ident_t tenant)
{
    TRY(cell_destroy(ask->keyring, tenant, CELL_SNAPSHOT));
    TRY(cell_destroy(ask->keyring, tenant, CELL_SNAPSHOT_SIGNER));
    TRY(db_do(ask->db, "delete from snapshot_keys where tenant = $1", ID(tenant)));
    return db_do(ask->db, "delete from snapshots where tenant = $1", ID(tenant));
}

/* A manifest, as far as it is read here: what it is of, and how much it says there is. */
struct manifest {
    ident_t id, tenant, realm;
    moment_t made;
    str_t why, same_device;
    uint64_t cut;
    int64_t rows, bytes, new_bytes, segments, blobs;
};

static bool number_take(str_t *line, int64_t *out)
{
    uint64_t number = 0;
    if (str_number(str_until(line, ' '), INT64_MAX, &number) != ERR_OK)
        return false;
    *out = (int64_t)number;
    return true;
}

static bool segment_add(str_t line, bool subjects, struct manifest *io)
{
    int64_t from, cut, rows, bytes;
    (void)str_until(&line, ' '); /* its id */
    if (!number_take(&line, &from) || !number_take(&line, &cut) || !number_take(&line, &rows) ||
        !number_take(&line, &bytes))
        return false;
    io->segments++;
    io->rows += subjects ? 0 : rows;
    io->bytes += bytes;
    io->new_bytes += (uint64_t)cut == io->cut ? bytes : 0;
    return true;
}

static bool line_add(str_t line, bool *io_subjects, struct manifest *io)
{
    int64_t bytes = 0;
    str_t word = str_until(&line, ' ');
    if (str_eq(word, STR("table")))
        *io_subjects = str_eq(str_until(&line, ' '), STR("0"));
    else if (str_eq(word, STR("segment")))
        return segment_add(line, *io_subjects, io);
    if (!str_eq(word, STR("blob")))
        return true;
    (void)str_until(&line, ' ');
    io->blobs++;
    bool read = number_take(&line, &bytes);
    io->bytes += bytes;
    return read;
}

static err_t manifest_read(str_t text, struct manifest *out)
{
    struct lines lines;
    bool subjects = false;
    TRY(lines_begin(text, "custody snapshot 1", &lines));
    TRY(lines_id(&lines, "snapshot", "snp", &out->id));
    TRY(lines_id(&lines, "tenant", "ten", &out->tenant));
    TRY(lines_id(&lines, "realm", "rlm", &out->realm));
    TRY(lines_moment(&lines, "made", &out->made));
    TRY(lines_text(&lines, "why", &out->why));
    TRY(lines_number(&lines, "cut", INT64_MAX, &out->cut));
    TRY(lines_text(&lines, "same-device", &out->same_device));
    while (lines.rest.len)
        if (!line_add(str_until(&lines.rest, '\n'), &subjects, out))
            return fail(ERR_INVALID, "a manifest with a line that cannot be read");
    return ERR_OK;
}

static err_t realm_check(struct ask *ask, const struct manifest *manifest)
{
    OWN(rows) rows = {0};
    if (ident_is_zero(manifest->tenant))
        return ERR_OK;
    TRY(db_read(ask->db, &rows, "select 1 from tenants where id = $1 and realm = $2", ID(manifest->tenant),
                ID(manifest->realm)));
    bool fits = row_next(&rows);
    TRY(rows_end(&rows));
    return fits ? ERR_OK : fail(ERR_DENIED, "a manifest of another realm");
}

static err_t row_keep(struct ask *ask, const struct manifest *manifest)
{
    return db_do(
        ask->db,
        "insert into snapshots (id, tenant, made, why, rows, bytes, new_bytes, segments, blobs, same_device,"
        " state, verified, wrong, trouble) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'kept', 0, 0, '')",
        ID(manifest->id), ID(manifest->tenant), N(manifest->made), T(manifest->why), N(manifest->rows),
        N(manifest->bytes), N(manifest->new_bytes), N(manifest->segments), N(manifest->blobs),
        N(str_eq(manifest->same_device, STR("yes"))));
}

err_t answer_snapshot_sign(struct ask *ask)
{
    const Keys__SnapshotSign *in = ask->in;
    Keys__SnapshotSigned *out = ask->out;
    struct manifest manifest = {.rows = 0};
    OWN(note_signer) signer = {0};
    OWN(buf) seed = BUF(512);
    OWN(buf) note = BUF(MOST_MANIFEST + MAX_NOTE);
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(manifest_read(bin(in->text), &manifest));
    if (!ident_eq(tenant, manifest.tenant))
        return fail(ERR_INVALID, "a manifest of another tenant");
    TRY(realm_check(ask, &manifest));
    TRY(keys_ensure(ask, tenant));
    TRY(cell_get(ask->keyring, tenant, CELL_SNAPSHOT_SIGNER, &seed));
    TRY(note_signer_read(buf_str(&seed), &signer));
    TRY(note_put(&signer, bin(in->text), &note));
    TRY(row_keep(ask, &manifest));
    const struct mention on = {"snp", manifest.id};
    out->note = ask_bytes(ask, buf_str(&note));
    copies_lag(ask->keyring);
    TRY(journal(ask, tenant,
                &(struct entry){ACT_SNAPSHOT_TAKEN, .on = &on, .on_count = 1, .count = manifest.rows}));
    return arena_end(ask->arena);
}

/* What became of them */

#define TOLD(where) \
    "update snapshots set verified = $3, wrong = $4, trouble = $5 where tenant = $1 and " where

/* Each by what it names. One that should be there, and of which no manifest was read, does not hold either. */
static err_t all_told(struct ask *ask, ident_t tenant)
{
    const Keys__SnapshotTold *in = ask->in;
    moment_t now = ask->env->now(ask->env);
    TRY(db_do(ask->db, TOLD("made < $2 and state <> 'gone'"), ID(tenant), N(in->began), N(now), N(1),
              T(STR("its manifest is missing, or does not hold\n"))));
    for (size_t i = 0; i < in->n_found; i++) {
        const Keys__SnapshotFound *found = in->found[i];
        ident_t id;
        TRY(ident_from(bin(found->id), &id));
        TRY(db_do(ask->db, TOLD("id = $2"), ID(tenant), ID(id), N(now), N(found->wrong),
                  T(found->wrong ? str(in->trouble) : STR(""))));
    }
    return ERR_OK;
}

err_t answer_snapshot_told(struct ask *ask)
{
    const Keys__SnapshotTold *in = ask->in;
    struct mention on = {"snp", {{0}}};
    moment_t now = ask->env->now(ask->env);
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    if (in->wrong < 0 || strlen(in->trouble) > TROUBLE_MAX)
        return fail(ERR_INVALID, "a verification says how many files did not hold, and which");
    if (in->id.len) {
        TRY(ident_from(bin(in->id), &on.id));
        TRY(db_do(ask->db, TOLD("id = $2"), ID(tenant), ID(on.id), N(now), N(in->wrong),
                  T(str(in->trouble))));
    } else {
        TRY(all_told(ask, tenant));
    }
    return journal(
        ask, tenant,
        &(struct entry){ACT_SNAPSHOT_VERIFIED, .on = &on, .on_count = in->id.len != 0, .count = in->wrong});
}

static bool is_among(const Keys__SnapshotsPruned *in, ident_t id)
{
    for (size_t i = 0; i < in->n_kept; i++)
        if (str_eq(bin(in->kept[i]), ident_bytes(&id)))
            return true;
    return false;
}

/* Those that the folder has not got any more; where none went there is nothing to tell. */
err_t answer_snapshots_pruned(struct ask *ask)
{
    const Keys__SnapshotsPruned *in = ask->in;
    OWN(buf) ids = BUF(MOST_IDS * sizeof(ident_t));
    struct mention gone[ENTRY_IDS];
    size_t count = 0;
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(db_idents(ask->db, &ids, "select id from snapshots where tenant = $1 and state <> 'gone'",
                  ID(tenant)));
    for_each_ident(id, &ids)
    {
        if (is_among(in, id))
            continue;
        TRY(db_do(ask->db, "update snapshots set state = 'gone' where id = $1", ID(id)));
        if (count < ENTRY_IDS)
            gone[count++] = (struct mention){"snp", id};
    }
    ask->idle = !count;
    TRY(db_do(ask->db, "delete from snapshots where tenant = $1 and state = 'gone' and made < $2", ID(tenant),
              N(ask->env->now(ask->env) - DAYS(400))));
    return ask->idle
               ? ERR_OK
               : journal(ask, tenant, &(struct entry){ACT_SNAPSHOTS_PRUNED, .on = gone, .on_count = count});
}

/* An entry that is dead is a tombstone; a device's and a tenant's own id are subjects too. */
static err_t subject_known(struct ask *ask, ident_t tenant, ident_t id, bool *out_known)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select 1 from entries where id = " ENTRY_OF("$2", "$1") " and tenant = $2",
                ID(id), ID(tenant)));
    *out_known = row_next(&rows) || ident_eq(id, tenant);
    return rows_end(&rows);
}

err_t answer_snapshot_subjects(struct ask *ask)
{
    const Keys__SnapshotSubjects *in = ask->in;
    Keys__SnapshotSubjects *out = ask->out;
    ident_t tenant, id;
    TRY(ident_from(bin(in->tenant), &tenant));
    out->ids = arena_array(ask->arena, ProtobufCBinaryData, in->n_ids);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_ids; i++) {
        bool known = false;
        TRY(ident_from(bin(in->ids[i]), &id));
        TRY(subject_known(ask, tenant, id, &known));
        if (!known)
            out->ids[out->n_ids++] = in->ids[i];
    }
    return ERR_OK;
}

/* What people see and ask */

static Keys__Snapshot *snapshot_from(struct ask *ask, const rows_t *rows)
{
    Keys__Snapshot *snapshot = arena_new(ask->arena, Keys__Snapshot);
    if (!snapshot)
        return NULL;
    keys__snapshot__init(snapshot);
    snapshot->id = ask_bytes(ask, row_text(rows, 0));
    snapshot->made = row_number(rows, 1);
    snapshot->why = ask_text(ask, row_text(rows, 2));
    snapshot->rows = row_number(rows, 3);
    snapshot->bytes = row_number(rows, 4);
    snapshot->new_bytes = row_number(rows, 5);
    snapshot->segments = row_number(rows, 6);
    snapshot->blobs = row_number(rows, 7);
    snapshot->same_device = row_number(rows, 8) != 0;
    snapshot->state = ask_text(ask, row_text(rows, 9));
    snapshot->verified = row_number(rows, 10);
    snapshot->wrong = row_number(rows, 11);
    snapshot->trouble = ask_text(ask, row_text(rows, 12));
    return snapshot;
}

static err_t first_due(struct ask *ask, ident_t tenant, int64_t *out_due)
{
    int64_t made = 0;
    TRY(db_number(ask->db, &made, "select made from tenants where id = $1", ID(tenant)));
    *out_due = snapshot_day(made) + DAYS(1);
    return ERR_OK;
}

/* Of works that are told of for a month: what was verified before that is overdue for longer. */
struct full {
    int64_t last, due;
};

static err_t full_read(struct ask *ask, ident_t tenant, moment_t begun, struct full *out_full)
{
    TRY(db_number(ask->db, &out_full->last,
                  "select coalesce(max(ended), 0) from works where tenant = $1 and kind = 'verify'"
                  " and state = 'done'",
                  ID(tenant)));
    out_full->due = (out_full->last ? out_full->last : begun) + DAYS(7);
    return ERR_OK;
}

static err_t service_begun(struct ask *ask, moment_t *out_begun)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select made from snapshot_keys where tenant = $1", ID(service)));
    *out_begun = row_next(&rows) ? row_number(&rows, 0) : 0;
    return rows_end(&rows);
}

static err_t service_show(struct ask *ask, Keys__Snapshots *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select made, verified, wrong from snapshots where tenant = $1 and state <> 'gone'"
                " order by made desc, rowid desc limit 1",
                ID(service)));
    if (row_next(&rows)) {
        out->service_made = row_number(&rows, 0);
        out->service_verified = row_number(&rows, 1);
        out->service_wrong = row_number(&rows, 2);
    }
    TRY(rows_end(&rows));
    moment_t begun = 0;
    TRY(service_begun(ask, &begun));
    struct full full;
    TRY(full_read(ask, service, begun, &full));
    out->service_full = full.last;
    out->service_full_due = full.due;
    return ERR_OK;
}

err_t snapshots_read(struct ask *ask, ident_t tenant, Keys__Snapshots *out)
{
    OWN(rows) rows = {0};
    out->items = arena_array(ask->arena, Keys__Snapshot *, SHOWN);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, made, why, rows, bytes, new_bytes, segments, blobs, same_device, state, verified, wrong,"
        " trouble from snapshots where tenant = $1 order by made desc, rowid desc limit $2",
        ID(tenant), N(SHOWN)));
    while (out->n_items < SHOWN && row_next(&rows))
        out->items[out->n_items++] = snapshot_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_snapshot_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Snapshots *out = ask->out;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    out->due = snapshot_day(ask->env->now(ask->env)) + DAYS(1);
    TRY(first_due(ask, who.tenant, &out->first_due));
    struct full full;
    TRY(full_read(ask, who.tenant, out->first_due, &full));
    out->full = full.last;
    out->full_due = full.due;
    TRY(snapshots_read(ask, who.tenant, out));
    return service_show(ask, out);
}

/* Those that wait already are what was asked for. */
err_t answer_snapshot_ask(struct ask *ask)
{
    const Keys__SnapshotAsk *in = ask->in;
    Keys__Work *out = ask->out;
    OWN(who) who = {0};
    bool waits = false;
    ident_t id;
    const char *kind = in->verifies ? "verify" : "snapshot";
    TRY(who_asks(ask, in->bearer, RIGHT_KEEP, &who));
    TRY(work_waits(ask, who.tenant, kind, &waits));
    if (waits)
        return fail(ERR_BUSY, "one is under way: its work says how far it is");
    const struct work work = {.kind = kind, .tenant = who.tenant, .words = "asked", .by = who_mention(&who)};
    TRY(work_make(ask, &work, &id));
    out->id = ask_bytes(ask, ident_bytes(&id));
    TRY(journal_one(ask, &who, ACT_SNAPSHOT_ASKED, (struct mention){"wrk", id}));
    return arena_end(ask->arena);
}

/* By the clock */

/* None of this kind and these words was made since, or it failed, and long enough ago to be tried again. */
static err_t work_is_due(struct ask *ask, const struct work *work, moment_t since, bool *out_due)
{
    OWN(rows) rows = {0};
    moment_t again = ask->env->now(ask->env) - SNAPSHOT_RETRY_MS;
    TRY(db_read(ask->db, &rows,
                "select 1 from works where tenant = $1 and kind = $2 and words = $3 and made >= $4"
                " and (state <> 'failed' or ended > $5) limit 1",
                ID(work->tenant), T(str(work->kind)), T(str(work->words)), N(since), N(again)));
    *out_due = !row_next(&rows);
    return rows_end(&rows);
}

/* Of a client that is deactivated nothing changes any more, and what there is has to hold; of one that is marked nothing may
 * come to be. */
static err_t work_if_due(struct ask *ask, const struct work *work, moment_t since)
{
    enum life end = strcmp(work->kind, "verify") ? LIFE_DEACTIVATED : LIFE_MARKED;
    bool due = false;
    struct standing standing = {.life = LIFE_ACTIVE};
    ident_t id;
    TRY(work_is_due(ask, work, since, &due));
    if (due && !ident_is_zero(work->tenant))
        TRY(licence_standing(ask, work->tenant, &standing));
    return due && standing.life < end ? work_make(ask, work, &id) : ERR_OK;
}

/* The first daily one of a tenant is due when its first day here is over; the first full verification a week later. */
static err_t tenant_due(struct ask *ask, ident_t tenant, moment_t made)
{
    moment_t now = ask->env->now(ask->env), day = snapshot_day(now), week = day - DAYS(6);
    if (made >= day)
        return ERR_OK;
    TRY(work_if_due(ask, &(struct work){.kind = "snapshot", .tenant = tenant, .words = "daily"}, day));
    return made < week
               ? work_if_due(ask, &(struct work){.kind = "verify", .tenant = tenant, .words = "weekly"}, week)
               : ERR_OK;
}

/* The service's own state is as old as its key around it; without one it is due. */
static err_t service_due(struct ask *ask)
{
    moment_t made = 0;
    TRY(service_begun(ask, &made));
    return tenant_due(ask, service, made ? made : snapshot_day(ask->env->now(ask->env)) - 1);
}

struct made {
    ident_t tenant;
    moment_t made;
};

err_t snapshots_due(struct ask *ask)
{
    OWN(rows) rows = {0};
    OWN(buf) tenants = BUF(64 * 1024 * 1024);
    TRY(service_due(ask));
    TRY(db_read(ask->db, &rows, "select id, made from tenants where state <> 'unclaimed'"));
    while (row_next(&rows)) {
        const struct made one = {row_ident(&rows, 0), row_number(&rows, 1)};
        buf_put(&tenants, str_bytes(&one, sizeof one));
    }
    TRY(rows_end(&rows));
    TRY(buf_end(&tenants));
    const struct made *made = (const struct made *)(const void *)tenants.at;
    for (size_t i = 0; i < tenants.len / sizeof *made; i++)
        TRY(tenant_due(ask, made[i].tenant, made[i].made));
    return ERR_OK;
}
