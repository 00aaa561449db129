/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include "concept/device.h"
#include "store/_private.h"
#include <pthread.h>

enum {
    MAX_IDS = 1024 * 1024,
    MAX_SQL = 1024,
    MAX_NUMBER = 32,
    SEALED_LEAST = 121 /* SEAL_EXTRA of seal/seal.h */
};

/* The columns that a concept's rows have besides the envelope. */
static bool is_column(const concept_t *c, const field_t *f)
{
    return c->shape == SHAPE_ONE && f->class == CLASS_PLAIN && strcmp(f->name, "id");
}

static void put_columns(const concept_t *c, buf_t *out)
{
    if (c->parent)
        buf_putf(out, ", %s", c->parent);
    for_each_field(f, c)
        if (is_column(c, f))
            buf_putf(out, ", %s", f->name);
}

static void put_select(const concept_t *c, buf_t *out)
{
    buf_put(out, STR("select id, subject, entries, changed, sealed"));
    put_columns(c, out);
    buf_putf(out, " from %s where tenant = $1", c->plural);
}

/* $1 tenant, $2 id, $3 subject, $4 entries, $5 changed, $6 sealed, $7 seq, $8 … parent or PLAIN fields. */
static void put_insert(const concept_t *c, buf_t *out)
{
    buf_putf(out, "insert into %s (tenant, id, subject, entries, changed, sealed, seq", c->plural);
    put_columns(c, out);
    buf_put(out, STR(") values ($1, $2, $3, $4, $5, $6, $7"));
    int next = 8;
    if (c->parent)
        buf_putf(out, ", $%d", next++);
    for_each_field(f, c)
        if (is_column(c, f))
            buf_putf(out, ", $%d", next++);
    buf_put(
        out,
        STR(") on conflict (tenant, id) do update set subject = excluded.subject, entries = excluded.entries,"
            " changed = excluded.changed, sealed = excluded.sealed, seq = excluded.seq"));
    for_each_field(f, c)
        if (is_column(c, f))
            buf_putf(out, ", %s = excluded.%s", f->name, f->name);
    if (c->parent)
        buf_putf(out, " where %s.%s = excluded.%s", c->plural, c->parent, c->parent);
}

/* As put_insert() has them, but $2 is where the row stands. */
static void put_over(const concept_t *c, buf_t *out)
{
    int next = c->parent ? 9 : 8;
    buf_putf(out, "update %s set subject = $3, entries = $4, changed = $5, sealed = $6, seq = $7", c->plural);
    for_each_field(f, c)
        if (is_column(c, f))
            buf_putf(out, ", %s = $%d", f->name, next++);
    buf_put(out, STR(" where tenant = $1 and rowid = $2"));
    if (c->parent)
        buf_putf(out, " and %s = $8", c->parent);
}

static void put_statement(const concept_t *c, enum record_verb verb, buf_t *out)
{
    switch (verb) {
    case VERB_PUT:
        put_insert(c, out);
        break;
    case VERB_OVER:
        put_over(c, out);
        break;
    case VERB_REPLACE:
        buf_putf(out,
                 "update %s set subject = $3, entries = $4, changed = $5, sealed = $6, seq = $7"
                 " where tenant = $1 and rowid = $2",
                 c->plural);
        break;
    case VERB_ONE:
        put_select(c, out);
        buf_put(out, STR(" and id = $2"));
        break;
    case VERB_OF:
        put_select(c, out);
        buf_putf(out, " and %s = $2 order by id", c->parent ? c->parent : "id");
        break;
    case VERB_LIST:
        put_select(c, out);
        buf_put(out, STR(" and id > $2 order by id limit $3"));
        break;
    case VERB_IDS_OF:
        buf_putf(out, "select id from %s where tenant = $1 and %s = $2", c->plural,
                 c->parent ? c->parent : "id");
        break;
    case VERB_EXISTS:
        buf_putf(out, "select 1 from %s where tenant = $1 and id = $2", c->plural);
        break;
    case VERB_COUNTED:
        buf_putf(
            out,
            "select count(*), count(sealed), coalesce(sum(entries), 0),"
            " coalesce(sum(case when length(sealed) < $2 or substr(sealed, 1, 1) <> $3 then 1 else 0 end), 0)"
            " from %s where tenant = $1",
            c->plural);
        break;
    case VERB_UNSEAL:
        buf_putf(out, "update %s set sealed = null, entries = 0, seq = $2 where tenant = $1", c->plural);
        break;
    case VERB_OF_SUBJECT:
        buf_putf(out,
                 "select count(*), coalesce(sum(entries), 0), coalesce(sum(length(sealed)), 0) from %s"
                 " where tenant = $1 and %s = $2 and subject = $3",
                 c->plural, c->parent ? c->parent : "id");
        break;
    case VERB_IDS_OF_SUBJECT:
        buf_putf(out, "select id from %s where tenant = $1 and %s = $2 and subject = $3", c->plural,
                 c->parent ? c->parent : "id");
        break;
    default:
        buf_putf(out, "select 1 from %s where tenant = $1 and id = $2 and %s = $3", c->plural,
                 c->parent ? c->parent : "id");
    }
}

static char sql[MAX_NUMBER][VERB_COUNT][MAX_SQL];

static void build_all(void)
{
    for (const concept_t *const *c = concepts; *c; c++)
        for (int verb = 0; verb < VERB_COUNT; verb++) {
            OWN(buf) text = BUF(MAX_SQL - 1);
            put_statement(*c, (enum record_verb)verb, &text);
            if (text.state != ERR_OK || (*c)->number >= MAX_NUMBER)
                abort(); /* a concept past these bounds was declared: every start would end here */
            memcpy(sql[(*c)->number][verb], text.at, text.len + 1);
        }
}

const char *record_sql(const concept_t *c, enum record_verb verb)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, build_all);
    return sql[c->number][verb];
}

static arg_t field_arg(const void *plain, const field_t *f)
{
    const void *at = field_in(plain, f);
    switch (f->kind) {
    case KIND_ID:
        return ID(*(const ident_t *)at);
    case KIND_TEXT:
        return T(*(const str_t *)at);
    case KIND_BYTES:
        return B(*(const str_t *)at);
    case KIND_FLAG:
        return N(*(const bool *)at);
    default:
        return N(*(const int64_t *)at);
    }
}

static void field_read(const rows_t *rows, int column, const field_t *f, arena_t *arena, void *plain)
{
    void *at = field_in(plain, f);
    if (f->kind == KIND_ID)
        *(ident_t *)at = row_ident(rows, column);
    else if (f->kind == KIND_TEXT || f->kind == KIND_BYTES)
        *(str_t *)at = arena_copy(arena, row_text(rows, column));
    else if (f->kind == KIND_FLAG)
        *(bool *)at = row_number(rows, column) != 0;
    else
        *(int64_t *)at = row_number(rows, column);
}

static place_key_t key_of(ident_t id)
{
    place_key_t key = {.len = 0};
    key_ident(&key, id);
    return key;
}

/* Of all columns but the counter, which is the sixth and counts for itself. */
static int64_t weight_of(const arg_t *args, size_t count)
{
    int64_t weight = -8;
    for (size_t i = 0; i < count; i++)
        weight += args[i].kind == ARG_NUMBER ? 8 : args[i].bytes.at ? (int64_t)args[i].bytes.len : 0;
    return weight;
}

err_t record_put(struct tx *tx, const concept_t *c, const struct record *record)
{
    const struct place *place = place_of(c);
    const place_key_t key = key_of(record->id);
    arg_t args[TX_ARGS] = {ID(record->id),     ID(record->subject), N(record->entries),
                           N(record->changed), B(record->sealed),   N(tx->seq)};
    size_t count = 6;
    int64_t at = 0;
    bool whole = c->parent || record->plain;
    if (c->parent)
        args[count++] = ID(record->parent);
    for_each_field(f, c)
        if (whole && is_column(c, f))
            args[count++] = field_arg(record->plain, f);
    int64_t weight = weight_of(args, count);
    TRY(place_leaves_at(tx, place, key_str(&key), &at));
    if (at)
        args[0] = N(at);
    else if (!whole)
        return fail(ERR_MISSING, "no %s", ident_text(c->prefix, record->id).text);
    TRY(tx_run_args(tx, record_sql(c, !whole ? VERB_REPLACE : at ? VERB_OVER : VERB_PUT), args, count));
    if (db_changed(tx->db) == 0)
        return fail(ERR_DENIED, "%s belongs to another", ident_text(c->prefix, record->id).text);
    tx->seq++;
    if (!whole)
        return place_comes(tx, place, key_str(&key));
    weights_come(tx, place, weight);
    return ERR_OK;
}

static void record_from(const rows_t *rows, const concept_t *c, arena_t *arena, struct record *out_record)
{
    int column = 5;
    void *plain = c->shape == SHAPE_ONE ? arena_take(arena, c->size) : NULL;
    *out_record = (struct record){
        .id = row_ident(rows, 0),
        .subject = row_ident(rows, 1),
        .entries = row_number(rows, 2),
        .changed = row_number(rows, 3),
        .sealed = row_text(rows, 4).at ? arena_copy(arena, row_text(rows, 4)) : (str_t){0},
        .plain = plain,
    };
    if (c->parent)
        out_record->parent = row_ident(rows, column++);
    for_each_field(f, c) {
        if (plain && is_column(c, f))
            field_read(rows, column++, f, arena, plain);
        else if (plain && !strcmp(f->name, "id"))
            *(ident_t *)field_in(plain, f) = out_record->id;
    }
}

struct link {
    struct link *next;
    struct record record;
};

static err_t records_gather(rows_t *rows, const concept_t *c, arena_t *arena, struct link **out_first)
{
    struct link **last = out_first;
    while (row_next(rows)) {
        struct link *link = arena_new(arena, struct link);
        if (!link)
            break;
        record_from(rows, c, arena, &link->record);
        *last = link;
        last = &link->next;
    }
    TRY(rows_end(rows));
    return arena_end(arena);
}

static err_t records_ask(struct tx *tx, const concept_t *c, const struct record_ask *ask, rows_t *out_rows)
{
    static const ident_t start;
    if (ask->id)
        return tx_read_args(tx, out_rows, record_sql(c, VERB_ONE), (const arg_t[]){ID(*ask->id)}, 1);
    if (ask->parent)
        return tx_read_args(tx, out_rows, record_sql(c, VERB_OF), (const arg_t[]){ID(*ask->parent)}, 1);
    const ident_t *after = ask->after ? ask->after : &start;
    const arg_t args[] = {ID(*after), N(ask->limit ? (int64_t)ask->limit + 1 : -1)};
    return tx_read_args(tx, out_rows, record_sql(c, VERB_LIST), args, 2);
}

err_t record_list(struct tx *tx, const concept_t *c, const struct record_ask *ask, arena_t *arena,
                  struct record_page *out_page)
{
    OWN(rows) rows = {0};
    struct link *first = NULL;
    struct record_page page = {0};
    TRY(records_ask(tx, c, ask, &rows));
    TRY(records_gather(&rows, c, arena, &first));
    for (const struct link *link = first; link; link = link->next)
        page.count++;
    page.records = arena_array(arena, struct record, page.count);
    TRY(arena_end(arena));
    size_t at = 0;
    for (const struct link *link = first; link; link = link->next)
        page.records[at++] = link->record;
    page.more = ask->limit && page.count > ask->limit;
    page.count -= page.more;
    *out_page = page;
    return ERR_OK;
}

err_t record_exists(struct tx *tx, const concept_t *c, ident_t id, bool *out_there)
{
    OWN(rows) rows = {0};
    TRY(tx_read_args(tx, &rows, record_sql(c, VERB_EXISTS), (const arg_t[]){ID(id)}, 1));
    *out_there = row_next(&rows);
    return rows_end(&rows);
}

static err_t devices_read(struct tx *tx, enum device_column by, rows_t *out_rows)
{
    switch (by) {
    case BY_ENROLLED:
        return tx_read(tx, out_rows, "select id from devices where tenant = $1 order by enrolled, id");
    case BY_ENROLLED_DOWN:
        return tx_read(tx, out_rows,
                       "select id from devices where tenant = $1 order by enrolled desc, id desc");
    case BY_SEEN:
        return tx_read(tx, out_rows, "select id from devices where tenant = $1 order by seen, id");
    default:
        return tx_read(tx, out_rows, "select id from devices where tenant = $1 order by seen desc, id desc");
    }
}

static err_t devices_count(struct tx *tx, size_t *out_count)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select count(*) from devices where tenant = $1"));
    TRY(row_one(&rows));
    *out_count = (size_t)row_number(&rows, 0);
    return ERR_OK;
}

err_t record_devices(struct tx *tx, enum device_column by, arena_t *arena, idents_t *out_ids)
{
    OWN(rows) rows = {0};
    idents_t ids = {0};
    size_t room = 0;
    TRY(devices_count(tx, &room));
    ids.at = arena_array(arena, ident_t, room);
    TRY(arena_end(arena));
    TRY(devices_read(tx, by, &rows));
    while (ids.count < room && row_next(&rows))
        ids.at[ids.count++] = row_ident(&rows, 0);
    TRY(rows_end(&rows));
    *out_ids = ids;
    return ERR_OK;
}

err_t record_count(struct tx *tx, const concept_t *c, struct record_count *out_count)
{
    OWN(rows) rows = {0};
    const arg_t form[] = {N(SEALED_LEAST), B(STR("\1"))};
    TRY(tx_read_args(tx, &rows, record_sql(c, VERB_COUNTED), form, 2));
    TRY(row_one(&rows));
    *out_count = (struct record_count){row_number(&rows, 0), row_number(&rows, 1), row_number(&rows, 2),
                                       row_number(&rows, 3)};
    return ERR_OK;
}

err_t record_remove(struct tx *tx, const concept_t *c, ident_t id)
{
    const place_key_t key = key_of(id);
    return place_remove(tx, place_of(c), key_str(&key));
}

err_t record_remove_owned(struct tx *tx, const concept_t *c, ident_t id, ident_t parent)
{
    OWN(rows) rows = {0};
    TRY(tx_read_args(tx, &rows, record_sql(c, VERB_OWNED), (const arg_t[]){ID(id), ID(parent)}, 2));
    bool owned = row_next(&rows);
    TRY(rows_end(&rows));
    return owned ? record_remove(tx, c, id) : ERR_OK;
}

err_t record_remove_all(struct tx *tx, const concept_t *c) { return place_remove_all(tx, place_of(c)); }

err_t record_unseal(struct tx *tx, const concept_t *c)
{
    const struct place *place = place_of(c);
    TRY(place_all_leave(tx, place));
    TRY(tx_run_args(tx, record_sql(c, VERB_UNSEAL), (const arg_t[]){N(tx->seq++)}, 1));
    return weights_all(tx, place, 1);
}

/* What was found is removed one by one, so that each is noted as changed. */
static err_t found_remove(struct tx *tx, const concept_t *c, rows_t *rows)
{
    OWN(buf) ids = BUF(MAX_IDS);
    while (row_next(rows)) {
        ident_t id = row_ident(rows, 0);
        buf_put(&ids, ident_bytes(&id));
    }
    TRY(rows_end(rows));
    TRY(buf_end(&ids));
    for_each_ident(id, &ids) TRY(record_remove(tx, c, id));
    return ERR_OK;
}

err_t record_remove_of(struct tx *tx, const concept_t *c, ident_t parent)
{
    OWN(rows) rows = {0};
    TRY(tx_read_args(tx, &rows, record_sql(c, VERB_IDS_OF), (const arg_t[]){ID(parent)}, 1));
    return found_remove(tx, c, &rows);
}

/* Nothing of a device's row has changed its length. */
static err_t device_changed(struct tx *tx, ident_t device)
{
    const place_key_t key = key_of(device);
    return place_changed(tx, place_of(&device_concept), key_str(&key));
}

err_t record_weigh_subject(struct tx *tx, const concept_t *c, const struct record_subject *of,
                           struct record_weight *out_weight)
{
    OWN(rows) rows = {0};
    TRY(tx_read_args(tx, &rows, record_sql(c, VERB_OF_SUBJECT),
                     (const arg_t[]){ID(of->parent), ID(of->subject)}, 2));
    TRY(row_one(&rows));
    *out_weight = (struct record_weight){row_number(&rows, 0), row_number(&rows, 1), row_number(&rows, 2)};
    return ERR_OK;
}

err_t record_remove_subject(struct tx *tx, const concept_t *c, const struct record_subject *of)
{
    OWN(rows) rows = {0};
    TRY(tx_read_args(tx, &rows, record_sql(c, VERB_IDS_OF_SUBJECT),
                     (const arg_t[]){ID(of->parent), ID(of->subject)}, 2));
    return found_remove(tx, c, &rows);
}

err_t record_seen(struct tx *tx, ident_t device, moment_t at)
{
    TRY(device_changed(tx, device));
    return tx_do(tx, "update devices set seen = $3 where tenant = $1 and id = $2 and seen < $3", ID(device),
                 N(at));
}

/* Read once for all acts of a commit, unless one of them changes it. */
static err_t version_read(struct tx *tx, int64_t *out_version)
{
    OWN(rows) rows = {0};
    if (!tx->version_known) {
        TRY(tx_read(tx, &rows, "select version from collections where tenant = $1 and id = $1"));
        tx->version = row_next(&rows) ? row_number(&rows, 0) : 0; /* nothing was switched yet */
        tx->version_known = true;
    }
    *out_version = tx->version;
    return rows_end(&rows);
}

err_t record_heard(struct tx *tx, const struct hearing *hearing, bool *out_so)
{
    int64_t version = 0;
    TRY(version_read(tx, &version));
    TRY(device_changed(tx, hearing->device));
    TRY(tx_do(
        tx,
        "update devices set seen = case when seen < $3 then $3 else seen end where tenant = $1 and id = $2",
        ID(hearing->device), N(hearing->at)));
    *out_so = version == hearing->version && db_changed(tx->db) == 1;
    return ERR_OK;
}

enum { WINDOW = 64, SPOOL_WEIGHT = 2 * KEY_ID_SIZE + 2 * 8 };

static place_key_t spool_key(ident_t device, ident_t epoch)
{
    place_key_t key = key_of(device);
    key_ident(&key, epoch);
    return key;
}

static err_t spool_put(struct tx *tx, ident_t device, ident_t epoch, const uint64_t window[2])
{
    const place_key_t key = spool_key(device, epoch);
    TRY(place_leaves(tx, &spools_place, key_str(&key)));
    weights_come(tx, &spools_place, SPOOL_WEIGHT);
    return tx_do(
        tx,
        "insert into spools (tenant, device, epoch, high, stored, seq) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (tenant, device, epoch) do update set high = excluded.high, stored = excluded.stored,"
        " seq = excluded.seq",
        ID(device), ID(epoch), N(window[0]), N(window[1]), N(tx->seq++));
}

/* `window` is the highest sequence and a bit for each of the 64 up to it, the lowest bit for the highest. */
static err_t window_take(uint64_t window[2], uint64_t sequence, bool *out_again)
{
    if (sequence > window[0]) {
        uint64_t step = sequence - window[0];
        window[1] = (step < WINDOW ? window[1] << step : 0) | 1;
        window[0] = sequence;
        *out_again = false;
        return ERR_OK;
    }
    uint64_t back = window[0] - sequence;
    if (back >= WINDOW)
        return fail(ERR_CONFLICT, "sequence %llu is too far behind", (unsigned long long)sequence);
    *out_again = window[1] >> back & 1;
    window[1] |= (uint64_t)1 << back;
    return ERR_OK;
}

/* What nearly always happens, in one statement: the sequence is the highest yet, and the window moves up to it. */
static err_t window_move(struct tx *tx, ident_t device, ident_t epoch, uint64_t sequence, bool *out_moved)
{
    TRY(tx_do(tx,
              "update spools set high = $4, seq = $5, stored ="
              " case when $4 - high < 64 then (stored << cast($4 - high as integer)) | 1 else 1 end"
              " where tenant = $1 and device = $2 and epoch = $3 and high < $4",
              ID(device), ID(epoch), N(sequence), N(tx->seq)));
    *out_moved = db_changed(tx->db) == 1;
    if (!*out_moved)
        return ERR_OK;
    const place_key_t key = spool_key(device, epoch);
    tx->seq++;
    return place_changed(tx, &spools_place, key_str(&key));
}

err_t sequence_take(struct tx *tx, ident_t device, ident_t epoch, uint64_t sequence, bool *out_again)
{
    OWN(rows) rows = {0};
    uint64_t window[2] = {0};
    bool again = false, moved = false;
    if (!sequence || sequence > INT64_MAX)
        return fail(ERR_INVALID, "a sequence counts from 1");
    TRY(window_move(tx, device, epoch, sequence, &moved));
    if (moved) {
        *out_again = false;
        return ERR_OK;
    }
    TRY(tx_read(tx, &rows, "select high, stored from spools where tenant = $1 and device = $2 and epoch = $3",
                ID(device), ID(epoch)));
    if (row_next(&rows)) {
        window[0] = (uint64_t)row_number(&rows, 0);
        window[1] = (uint64_t)row_number(&rows, 1);
    }
    TRY(rows_end(&rows));
    TRY(window_take(window, sequence, &again));
    if (!again)
        TRY(spool_put(tx, device, epoch, window));
    *out_again = again;
    return ERR_OK;
}

err_t sequence_forget(struct tx *tx, ident_t device)
{
    OWN(rows) rows = {0};
    OWN(buf) epochs = BUF(MAX_IDS);
    TRY(tx_read(tx, &rows, "select epoch from spools where tenant = $1 and device = $2", ID(device)));
    while (row_next(&rows))
        buf_put(&epochs, row_text(&rows, 0));
    TRY(rows_end(&rows));
    TRY(buf_end(&epochs));
    for_each_ident(epoch, &epochs)
    {
        const place_key_t key = spool_key(device, epoch);
        TRY(place_remove(tx, &spools_place, key_str(&key)));
    }
    return ERR_OK;
}
