/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/journal.h"

#include "keyring/retention.h"
#include "tlog/checkpoint.h"

enum {
    SIGNERS_MAX = 1024,
    TAKE_ENTRIES = 8192,
    TAKE_BYTES = 1024 * 1024,
    CHUNK_BYTES = 256 * 1024,
    PEAKS = TREE_HEIGHTS * DIGEST_SIZE
};

/* What a log signs with: its key, and the one that signs the moment too. */
struct signers {
    struct note_signer log, clock;
};
typedef struct signers signers_own;
static void signers_drop(struct signers *signers) { explicit_bzero(signers, sizeof *signers); }

struct mention who_mention(const struct who *who)
{
    return (struct mention){who->is_staff ? "stf" : who->is_user ? "usr" : "tok", who->member};
}

static err_t signers_keep(struct ask *ask, ident_t log, const struct signers *signers)
{
    OWN(buf) text = BUF(SIGNERS_MAX);
    note_signer_put(&text, &signers->log);
    buf_put_byte(&text, '\n');
    note_signer_put(&text, &signers->clock);
    TRY(buf_end(&text));
    return cell_put(ask->keyring, log, log, CELL_LOG, buf_str(&text));
}

static err_t signers_read(struct ask *ask, ident_t log, struct signers *out_signers)
{
    OWN(buf) text = BUF(SIGNERS_MAX);
    TRY(cell_get(ask->keyring, log, CELL_LOG, &text));
    str_t rest = buf_str(&text), first = str_until(&rest, '\n');
    TRY(note_signer_read(first, &out_signers->log));
    return note_signer_read(rest, &out_signers->clock);
}

err_t journal_signer(struct ask *ask, ident_t log, struct note_signer *out_signer)
{
    OWN(signers) signers = {0};
    TRY(signers_read(ask, log, &signers));
    *out_signer = signers.log;
    return ERR_OK;
}

/* A client's log was signed to its end: what comes later begins no other one. */
static err_t log_may_begin(struct ask *ask, ident_t log)
{
    int64_t erased = 0;
    TRY(db_number(ask->db, &erased, "select count(*) from tenants where id = $1 and state = 'erased'",
                  ID(log)));
    return erased ? fail(ERR_CONFLICT, "%s is erased: its log is closed", ident_text("ten", log).text)
                  : ERR_OK;
}

/* The service's own log is that of the zero id; its name is random, so that no two services share one. */
static err_t log_make(struct ask *ask, ident_t log)
{
    OWN(signers) signers = {0};
    OWN(buf) origin = BUF(128);
    OWN(buf) clock = BUF(128);
    OWN(buf) key = BUF(512);
    OWN(buf) clock_key = BUF(512);
    bool service = ident_is_zero(log);
    TRY(log_may_begin(ask, log));
    buf_putf(&origin, "custody/%s",
             ident_text(service ? "svc" : "ten", service ? ident_new(ask->env) : log).text);
    buf_putf(&clock, "%s/clock", origin.at);
    TRY(buf_end(&clock));
    TRY(note_signer_new(ask->env, NOTE_ED25519, buf_str(&origin), &signers.log));
    TRY(note_signer_new(ask->env, NOTE_COSIGNATURE, buf_str(&clock), &signers.clock));
    TRY(signers_keep(ask, log, &signers));
    note_key_put(&key, &signers.log.key);
    note_key_put(&clock_key, &signers.clock.key);
    TRY(buf_end(&key));
    TRY(buf_end(&clock_key));
    return db_do(ask->db,
                 "insert into logs (id, origin, key, clock, entries, size, peaks, signed, told)"
                 " values ($1, $2, $3, $4, 0, 0, $5, 0, 0)",
                 ID(log), T(buf_str(&origin)), T(buf_str(&key)), T(buf_str(&clock_key)), B(STR("")));
}

err_t journal_ensure(struct ask *ask, ident_t log)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select 1 from logs where id = $1", ID(log)));
    bool there = row_next(&rows);
    TRY(rows_end(&rows));
    return there ? ERR_OK : log_make(ask, log);
}

static err_t seq_next(struct ask *ask, ident_t log, int64_t *out_seq)
{
    err_t counted = keyring_count(ask->keyring, log, out_seq);
    if (counted != ERR_MISSING)
        return counted;
    TRY(log_make(ask, log));
    return keyring_count(ask->keyring, log, out_seq);
}

err_t journal(struct ask *ask, ident_t log, const struct entry *entry)
{
    OWN(buf) line = BUF(ENTRY_MAX);
    int64_t seq = 0;
    struct entry at = *entry;
    at.at = at.at ? at.at : ask->env->now(ask->env);
    TRY(seq_next(ask, log, &seq));
    entry_put(&at, (uint64_t)seq, &line);
    TRY(buf_end(&line));
    ask->told[entry->act] = true;
    return db_do(ask->db, "insert into journal (log, seq, entry) values ($1, $2, $3)", ID(log), N(seq),
                 B(buf_str(&line)));
}

err_t journal_one(struct ask *ask, const struct who *who, enum act act, struct mention on)
{
    const struct entry entry = {act, .by = who_mention(who), .session = who->session, .on = &on,
                                .on_count = on.prefix != NULL};
    return journal(ask, who->tenant, &entry);
}

/* What the service does by itself has nobody who did it. */
static err_t entry_from(const Keys__JournalAdd *in, struct entry *out_entry)
{
    *out_entry = (struct entry){.at = in->at, .by = BY_SERVICE, .count = in->count};
    TRY(act_find(str(in->act), &out_entry->act));
    if (*in->kind) {
        if (!retention_kind(in->kind))
            return fail(ERR_INVALID, "nothing of that kind goes");
        out_entry->kind = in->kind;
        out_entry->day = in->day;
    }
    if (in->device.len) {
        out_entry->by.prefix = "dev";
        return ident_from(bin(in->device), &out_entry->by.id);
    }
    if (!in->by.len)
        return ERR_OK;
    out_entry->by.prefix = in->by_user ? "usr" : "tok";
    TRY(ident_from(bin(in->by), &out_entry->by.id));
    return ident_from(bin(in->session), &out_entry->session);
}

/* Counted by the store's number, so that what is carried twice stands once. */
static err_t entry_carried(struct ask *ask, const struct entry *entry)
{
    const Keys__JournalAdd *in = ask->in;
    ident_t tenant;
    int64_t told = 0;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(journal_ensure(ask, tenant));
    TRY(db_number(ask->db, &told, "select told from logs where id = $1", ID(tenant)));
    TRY(db_do(ask->db, "update logs set told = $2 where id = $1 and (told = $2 - 1 or told < 0)", ID(tenant),
              N(in->number)));
    if (db_changed(ask->db) == 1)
        return journal(ask, tenant, entry);
    ask->idle = true;
    return in->number <= told ? ERR_OK
                              : fail(ERR_CONFLICT, "the store tells of its act %lld after %lld",
                                     (long long)in->number, (long long)told);
}

static bool is_of_web(const struct entry *entry)
{
    bool by_device = entry->by.prefix && !strcmp(entry->by.prefix, "dev");
    enum act own = by_device ? ACT_LAUNCHES_ELEVATED : ACT_COLLECTION_CHANGED;
    return entry->act == own && entry->by.prefix && !ident_is_zero(entry->by.id);
}

/* What another store made, of the few acts that are another's to tell of. */
err_t answer_journal_add(struct ask *ask)
{
    struct entry entry;
    TRY(entry_from(ask->in, &entry));
    if (!is_of_web(&entry))
        return fail(ERR_DENIED, "%s is not the web process's to tell of", act_name(entry.act));
    return entry_carried(ask, &entry);
}

/* The jobs process carries what it did itself, and what the web process left. */
err_t answer_journal_carry(struct ask *ask)
{
    struct entry entry;
    TRY(entry_from(ask->in, &entry));
    bool own = entry.act == ACT_DATA_EVICTED && entry.kind && ident_is_zero(entry.by.id);
    if (!own && !is_of_web(&entry) && entry.act != ACT_COLLECTION_CHANGED && entry.act != ACT_STORAGE_DIFFERS)
        return fail(ERR_DENIED, "%s is not the jobs process's to tell of", act_name(entry.act));
    return entry_carried(ask, &entry);
}

err_t log_from(struct ask *ask, const rows_t *rows, Keys__Log *out)
{
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->origin = ask_text(ask, row_text(rows, 1));
    out->key = ask_text(ask, row_text(rows, 2));
    out->clock = ask_text(ask, row_text(rows, 3));
    out->entries = row_number(rows, 4);
    out->size = row_number(rows, 5);
    out->checkpoint = ask_text(ask, row_text(rows, 6));
    return arena_end(ask->arena);
}

err_t log_read(struct ask *ask, ident_t id, Keys__Log *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " LOG_COLUMNS " from logs where id = $1", ID(id)));
    TRY(row_one(&rows));
    TRY(log_from(ask, &rows, out));
    return witness_of(ask, id, &out->witness);
}

/* Those with entries that are not signed yet, and those whose moment was signed CLOCK_MS ago; a clock that went back makes
 * all of them due, once. */
err_t answer_log_due(struct ask *ask)
{
    enum { AT_ONCE = 256 };
    Keys__Logs *out = ask->out;
    OWN(rows) rows = {0};
    moment_t now = ask->env->now(ask->env);
    out->items = arena_array(ask->arena, Keys__Log *, AT_ONCE);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " LOG_COLUMNS " from logs where behind = 1 or signed <= $1 or signed > $2 limit 256",
                N(now - CLOCK_MS), N(now)));
    while (out->n_items < AT_ONCE && row_next(&rows)) {
        Keys__Log *log = out->items[out->n_items++] = arena_new(ask->arena, Keys__Log);
        TRY(arena_end(ask->arena));
        keys__log__init(log);
        TRY(log_from(ask, &rows, log));
    }
    return rows_end(&rows);
}

static err_t log_take(struct db *db, void *with)
{
    struct ask *ask = with;
    const Keys__LogRange *in = ask->in;
    Keys__LogEntries *out = ask->out;
    OWN(rows) rows = {0};
    size_t bytes = 0;
    TRY(db_read(db, &rows, "select entry from journal where log = $1 and seq >= $2 order by seq limit $3",
                B(bin(in->id)), N(in->size), N(TAKE_ENTRIES)));
    while (bytes < TAKE_BYTES && row_next(&rows)) {
        out->entries[out->n_entries++] = ask_bytes(ask, row_text(&rows, 0));
        bytes += row_text(&rows, 0).len;
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_log_take(struct ask *ask)
{
    const Keys__LogRange *in = ask->in;
    Keys__LogEntries *out = ask->out;
    ident_t log;
    TRY(ident_from(bin(in->id), &log));
    out->entries = arena_array(ask->arena, ProtobufCBinaryData, TAKE_ENTRIES);
    TRY(arena_end(ask->arena));
    return keyring_look(ask->keyring, log_take, ask);
}

/* A log as it was signed last, on its way to the size that is asked for. */
struct signing {
    struct ask *ask;
    ident_t id;
    uint64_t size, from; /* that is asked for, and that was signed */
    str_t origin;
    struct tree tree;
    moment_t now;
    buf_t note;
};

void peaks_read(str_t bytes, struct tree *tree)
{
    for (unsigned height = 0; height < TREE_HEIGHTS && bytes.len >= DIGEST_SIZE; height++)
        if (tree->size >> height & 1) {
            memcpy(tree->peaks[height].bytes, bytes.at, DIGEST_SIZE);
            bytes = str_bytes(bytes.at + DIGEST_SIZE, bytes.len - DIGEST_SIZE);
        }
}

static void peaks_put(const struct tree *tree, buf_t *out)
{
    for (unsigned height = 0; height < TREE_HEIGHTS; height++)
        if (tree->size >> height & 1)
            buf_put(out, hash_bytes(&tree->peaks[height]));
}

static err_t signing_begin(struct db *db, void *with)
{
    struct signing *signing = with;
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select origin, size, peaks, entries from logs where id = $1", ID(signing->id)));
    TRY(row_one(&rows));
    signing->origin = arena_copy(signing->ask->arena, row_text(&rows, 0));
    signing->from = signing->tree.size = (uint64_t)row_number(&rows, 1);
    peaks_read(row_text(&rows, 2), &signing->tree);
    if (signing->size < signing->tree.size || signing->size > (uint64_t)row_number(&rows, 3))
        return fail(ERR_CONFLICT, "the log is signed to %llu, and has %lld entries",
                    (unsigned long long)signing->tree.size, (long long)row_number(&rows, 3));
    return arena_end(signing->ask->arena);
}

/* Some entries out of the journal, one behind the other, each behind its length. */
struct chunk {
    ident_t id;
    uint64_t from, until;
    buf_t entries;
};

/* Up to where a number is missing. */
static err_t chunk_read(struct db *db, void *with)
{
    struct chunk *chunk = with;
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows,
                "select entry, seq from journal where log = $1 and seq >= $2 and seq < $3 order by seq",
                ID(chunk->id), N(chunk->from), N(chunk->until)));
    for (uint64_t seq = chunk->from; chunk->entries.len < CHUNK_BYTES && row_next(&rows); seq++) {
        uint32_t len = (uint32_t)row_text(&rows, 0).len;
        if ((uint64_t)row_number(&rows, 1) != seq)
            break;
        buf_put(&chunk->entries, str_bytes(&len, sizeof len));
        buf_put(&chunk->entries, row_text(&rows, 0));
    }
    TRY(rows_end(&rows));
    return buf_end(&chunk->entries);
}

static void chunk_add(str_t entries, struct tree *tree)
{
    uint32_t len = 0;
    for (; entries.len > sizeof len; entries = str_bytes(entries.at + len, entries.len - len)) {
        memcpy(&len, entries.at, sizeof len);
        entries = str_bytes(entries.at + sizeof len, entries.len - sizeof len);
        hash_t leaf = tree_leaf(str_bytes(entries.at, len));
        tree_add(tree, &leaf, NULL);
    }
}

/* The root is computed from the journal: whoever asks has no say in what is signed. Nobody waits for the hashing: entries
 * do not change once they are there. */
static err_t signing_grow(struct signing *signing)
{
    while (signing->tree.size < signing->size) {
        OWN(buf) entries = BUF(CHUNK_BYTES + MAX_ENTRY + sizeof(uint32_t));
        struct chunk chunk = {signing->id, signing->tree.size, signing->size, entries};
        err_t result = keyring_look(signing->ask->keyring, chunk_read, &chunk);
        entries = chunk.entries;
        TRY(result);
        if (!entries.len)
            break;
        chunk_add(buf_str(&entries), &signing->tree);
    }
    return signing->tree.size == signing->size
               ? ERR_OK
               : fail(ERR_BROKEN, "the journal of %.*s has lost entries", STR_ARG(signing->origin));
}

static err_t signing_note(struct signing *signing)
{
    OWN(signers) signers = {0};
    OWN(buf) text = BUF(512);
    const struct checkpoint checkpoint = {signing->origin, signing->size, tree_root(&signing->tree)};
    TRY(signers_read(signing->ask, signing->id, &signers));
    checkpoint_put(&text, &checkpoint);
    TRY(buf_end(&text));
    buf_clear(&signing->note);
    checkpoint_sign(&signers.log, &checkpoint, &signing->note);
    note_sign(&signers.clock, buf_str(&text), (uint64_t)(signing->now / 1000), &signing->note);
    return buf_end(&signing->note);
}

static err_t signing_end(struct keyring *keyring, void *with)
{
    struct signing *signing = with;
    struct db *db = keyring_db(keyring);
    OWN(buf) peaks = BUF(PEAKS);
    peaks_put(&signing->tree, &peaks);
    TRY(buf_end(&peaks));
    TRY(signing_note(signing));
    TRY(db_do(db,
              "update logs set size = $2, behind = (entries > $2), peaks = $3, checkpoint = $4, signed = $5"
              " where id = $1 and size = $6",
              ID(signing->id), N(signing->size), B(buf_str(&peaks)), T(buf_str(&signing->note)),
              N(signing->now), N(signing->from)));
    if (!db_changed(db))
        return fail(ERR_CONFLICT, "the log was signed meanwhile");
    return db_do(db, "delete from journal where log = $1 and seq < $2", ID(signing->id), N(signing->size));
}

err_t answer_log_sign(struct ask *ask)
{
    const Keys__LogRange *in = ask->in;
    Keys__Log *out = ask->out;
    struct signing signing = {
        .ask = ask, .size = (uint64_t)in->size, .now = ask->env->now(ask->env), .note = BUF(MAX_NOTE)};
    TRY(ident_from(bin(in->id), &signing.id));
    TRY(keyring_look(ask->keyring, signing_begin, &signing));
    TRY(signing_grow(&signing));
    err_t result = keyring_write(ask->keyring, signing_end, &signing);
    out->id = in->id;
    out->size = in->size;
    out->checkpoint = ask_text(ask, buf_str(&signing.note));
    buf_drop(&signing.note);
    return result == ERR_OK ? arena_end(ask->arena) : result;
}
