/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stores say of an erasure, the certificate that comes of it, and the end of the client's log.
 */
#include "keyring/copies.h"
#include "keyring/erasure.h"
#include "keyring/journal.h"
#include "keyring/notices.h"
#include "keyring/twins.h"
#include "keyring/works.h"

enum { SIGNER_MAX = 512 };
#define METHOD "purge, by cryptographic erase and removal"

static const ident_t service;

/* The signer */

static err_t signer_make(struct ask *ask, struct note_signer *out_signer)
{
    OWN(rows) rows = {0};
    OWN(buf) name = BUF(CERTIFICATE_KEY_NAME);
    OWN(buf) text = BUF(SIGNER_MAX);
    OWN(buf) key = BUF(SIGNER_MAX);
    TRY(db_read(ask->db, &rows, "select origin from logs where id = $1", ID(service)));
    TRY(row_one(&rows));
    buf_putf(&name, "%.*s/certificates", STR_ARG(row_text(&rows, 0)));
    TRY(buf_end(&name));
    TRY(note_signer_new(ask->env, NOTE_ED25519, buf_str(&name), out_signer));
    note_signer_put(&text, out_signer);
    note_key_put(&key, &out_signer->key);
    TRY(buf_end(&text));
    TRY(buf_end(&key));
    TRY(cell_put(ask->keyring, service, service, CELL_CERTIFIER, buf_str(&text)));
    return db_do(ask->db, "insert into certifiers (one, key) values (1, $1)", T(buf_str(&key)));
}

static err_t signer_open(struct ask *ask, struct note_signer *out_signer)
{
    OWN(buf) text = BUF(SIGNER_MAX);
    err_t found = cell_get(ask->keyring, service, CELL_CERTIFIER, &text);
    if (found == ERR_MISSING)
        return signer_make(ask, out_signer);
    TRY(found);
    return note_signer_read(buf_str(&text), out_signer);
}

err_t certifier_key(struct ask *ask, char **out_key)
{
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(buf) key = BUF(SIGNER_MAX);
    TRY(signer_open(ask, &signer));
    note_key_put(&key, &signer.key);
    TRY(buf_end(&key));
    *out_key = ask_text(ask, buf_str(&key));
    return arena_end(ask->arena);
}

/* What the stores say */

/* Of holds of the client that stand, and of no others. */
static err_t kept_told(struct ask *ask, const struct erasure *erasure, const Keys__ErasureTold *in)
{
    for (size_t i = 0; in->done && i < in->n_kept; i++)
        TRY(db_do(ask->db,
                  "insert into erasure_kept (erasure, hold, items, bytes) select $1, id, $4, $5 from holds"
                  " where id = $2 and tenant = $3 and released = 0 on conflict (erasure, hold) do nothing",
                  ID(erasure->id), B(bin(in->kept[i]->hold)), ID(erasure->tenant), N(in->kept[i]->items),
                  N(in->kept[i]->bytes)));
    return ERR_OK;
}

/* The first look is the one that counts what was there: later ones find less. */
static err_t store_told(struct ask *ask, const Keys__ErasureTold *in)
{
    enum erased_store store = 0;
    struct erasure erasure;
    ident_t id;
    TRY(ident_from(bin(in->id), &id));
    TRY(erased_find(str(in->store), &store));
    TRY(erasure_read(ask, id, &erasure));
    if (!erasure_is(&erasure, "destroyed"))
        return erasure.certified ? ERR_OK : fail(ERR_CONFLICT, "the erasure is %.*s", STR_ARG(erasure.state));
    TRY(db_do(ask->db,
              "insert into erased_stores (erasure, store, items, bytes, at) values ($1, $2, $3, $4, $5)"
              " on conflict (erasure, store) do update set items = max(items, excluded.items),"
              " bytes = max(bytes, excluded.bytes), at = case when at > 0 then at else excluded.at end",
              ID(id), T(str(in->store)), N(in->items), N(in->bytes),
              N(in->done ? ask->env->now(ask->env) : 0)));
    TRY(kept_told(ask, &erasure, in));
    return in->done ? erasure_certify(ask, id) : ERR_OK;
}

err_t answer_erasure_told(struct ask *ask)
{
    const Keys__ErasureTold *in = ask->in;
    struct erasure erasure;
    ident_t id;
    if (!strcmp(in->store, erased_name(ERASED_WRITERS)))
        return fail(ERR_DENIED, "that store is another process's to tell of");
    TRY(ident_from(bin(in->id), &id));
    TRY(erasure_read(ask, id, &erasure));
    if (in->done)
        TRY(works_ended(ask, erasure.tenant));
    if (in->done && !strcmp(in->store, erased_name(ERASED_KEYRING)))
        TRY(copies_abreast(ask->keyring));
    return store_told(ask, in);
}

err_t answer_erasure_left(struct ask *ask)
{
    const Keys__ErasureTold *in = ask->in;
    if (strcmp(in->store, erased_name(ERASED_WRITERS)) != 0)
        return fail(ERR_DENIED, "that store is another process's to tell of");
    return store_told(ask, in);
}

/* The certificate */

static err_t stores_read(struct ask *ask, ident_t id, struct certificate *out, bool *out_all)
{
    OWN(rows) rows = {0};
    size_t done = 0;
    TRY(db_read(ask->db, &rows,
                "select store, items, bytes, at from erased_stores where erasure = $1 and at > 0", ID(id)));
    while (row_next(&rows)) {
        enum erased_store store = 0;
        TRY(erased_find(row_text(&rows, 0), &store));
        out->stores[store] =
            (struct erased){row_number(&rows, 1), row_number(&rows, 2), row_number(&rows, 3)};
        done++;
    }
    *out_all = done == ERASED_COUNT;
    return rows_end(&rows);
}

/* Nothing is kept elsewhere by this program: the last copy was gone when the last store was empty. */
static moment_t last_copy(const struct certificate *certificate)
{
    moment_t last = certificate->destroyed;
    for (size_t i = 0; i < ERASED_COUNT; i++)
        last = certificate->stores[i].at > last ? certificate->stores[i].at : last;
    return last;
}

static err_t exceptions_read(struct ask *ask, struct certificate *out)
{
    int64_t waiting = 0;
    TRY(db_number(ask->db, &waiting,
                  "select count(*) from notices join cells on cells.id = notices.id and cells.cell = $2"
                  " where notices.tenant = $1 and notices.link = $3",
                  ID(service), N(CELL_LAST_NOTICE), T(str(ident_text("era", out->erasure).text))));
    if (waiting)
        out->exceptions[out->exception_count++] =
            (struct certificate_exception){STR("last-notice"), waiting, out->marked + DAYS(LAST_NOTICE_DAYS)};
    return ERR_OK;
}

/* Each hold that stands has its line. */
static err_t kept_read(struct ask *ask, struct certificate *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select id, coalesce(items, 0), coalesce(bytes, 0) from holds left join erasure_kept"
                " on hold = id and erasure = $2 where tenant = $1 and released = 0 order by made, id",
                ID(out->tenant), ID(out->erasure)));
    while (out->kept_count < CERTIFICATE_KEPT && row_next(&rows))
        out->kept[out->kept_count++] =
            (struct certificate_kept){row_ident(&rows, 0), row_number(&rows, 1), row_number(&rows, 2)};
    return rows_end(&rows);
}

static err_t facts_take(const struct erasure *erasure, struct certificate *out)
{
    str_t commitment = erasure->commitment;
    *out = (struct certificate){.erasure = erasure->id,
                                .tenant = erasure->tenant,
                                .after = erasure->after,
                                .asked = erasure->asked,
                                .method = STR(METHOD),
                                .tool = STR("custody " CUSTODY_VERSION),
                                .requested = erasure->requested,
                                .marked = erasure->marked,
                                .destroyed = erasure->destroyed,
                                .has_document = erasure->document.len == DIGEST_SIZE};
    if (out->has_document)
        memcpy(out->document, erasure->document.at, DIGEST_SIZE);
    digest(commitment, out->commitment);
    return ERR_OK;
}

static err_t certificate_keep(struct ask *ask, const struct erasure *erasure, str_t note)
{
    uint8_t hash[DIGEST_SIZE];
    int64_t seq = 0;
    struct erasure turned = *erasure;
    const struct entry entry = {ACT_ERASURE_CERTIFIED, .by = {.prefix = "clock"}, .digest = hash};
    digest(note, hash);
    TRY(keyring_counted(ask->keyring));
    TRY(db_number(ask->db, &seq, "select entries from logs where id = $1", ID(erasure->tenant)));
    TRY(erasure_step(ask, erasure, "certified", &turned.certified));
    TRY(db_do(ask->db, "update erasures set certificate = $2, entry = $3 where id = $1", ID(erasure->id),
              T(note), N(seq)));
    TRY(erasure_journal(ask, erasure, &entry));
    return db_do(
        ask->db,
        "update notices set state = 'waiting', due = $3 where tenant = $1 and link = $2 and state = 'held'",
        ID(service), T(str(ident_text("era", erasure->id).text)), N(ask->env->now(ask->env)));
}

err_t erasure_certify(struct ask *ask, ident_t id)
{
    struct erasure erasure;
    struct certificate certificate;
    bool all = false;
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    TRY(erasure_read(ask, id, &erasure));
    TRY(facts_take(&erasure, &certificate));
    TRY(stores_read(ask, id, &certificate, &all));
    if (!all || !erasure_is(&erasure, "destroyed"))
        return ERR_OK;
    TRY(exceptions_read(ask, &certificate));
    TRY(kept_read(ask, &certificate));
    certificate.backups = last_copy(&certificate);
    certificate.certified = ask->env->now(ask->env);
    TRY(signer_open(ask, &signer));
    TRY(certificate_sign(&signer, &certificate, &note));
    return certificate_keep(ask, &erasure, buf_str(&note));
}

/* The end of the client's log */

/* What is kept for a legal hold is opened and released in the client's log: it stays open while one stands, or while what a
 * release has left is destroyed. */
static err_t log_is_over(struct ask *ask, ident_t tenant)
{
    int64_t holds = 0, begun = 0;
    TRY(db_number(ask->db, &holds, "select count(*) from holds where tenant = $1 and released = 0",
                  ID(tenant)));
    TRY(db_number(
        ask->db, &begun,
        "select count(*) from erasures where tenant = $1 and state in ('cooling', 'marked', 'destroyed')",
        ID(tenant)));
    return holds || begun ? fail(ERR_CONFLICT, "a legal hold keeps something of it") : ERR_OK;
}

static err_t all_closed(struct ask *ask, ident_t tenant)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from erasures where tenant = $1 and state = 'certified'",
                  ID(tenant)));
    for_each_ident(id, &ids)
    {
        struct erasure erasure;
        TRY(erasure_read(ask, id, &erasure));
        TRY(erasure_step(ask, &erasure, "closed", &erasure.closed));
    }
    return ERR_OK;
}

/* Signed to its end: what signed it goes, and its files stay as they are. */
err_t answer_erasure_close(struct ask *ask)
{
    const Keys__ErasureNamed *in = ask->in;
    struct erasure erasure;
    OWN(rows) rows = {0};
    ident_t id;
    TRY(ident_from(bin(in->id), &id));
    TRY(erasure_read(ask, id, &erasure));
    if (!erasure_is(&erasure, "certified"))
        return ERR_OK;
    TRY(log_is_over(ask, erasure.tenant));
    TRY(db_read(ask->db, &rows, "select origin, key, entries = size from logs where id = $1",
                ID(erasure.tenant)));
    TRY(row_one(&rows));
    if (!row_number(&rows, 2))
        return fail(ERR_CONFLICT, "the log is not signed to its end yet");
    TRY(db_do(ask->db, "update erasures set log = $2, log_key = $3 where tenant = $1 and state = 'certified'",
              ID(erasure.tenant), T(row_text(&rows, 0)), T(row_text(&rows, 1))));
    rows_drop(&rows);
    TRY(cell_destroy(ask->keyring, erasure.tenant, CELL_LOG));
    TRY(db_do(ask->db, "delete from logs where id = $1", ID(erasure.tenant)));
    TRY(db_do(ask->db, "delete from witnesses where log = $1", ID(erasure.tenant)));
    return all_closed(ask, erasure.tenant);
}

/* What stays, for whoever empties the stores */

static err_t hold_on(struct ask *ask, const rows_t *rows, Keys__HoldOn *out)
{
    keys__hold_on__init(out);
    out->hold = ask_bytes(ask, row_text(rows, 0));
    out->kind = ask_text(ask, row_text(rows, 1));
    out->target = ask_bytes(ask, row_text(rows, 2));
    out->device = ask_bytes(ask, row_text(rows, 3));
    return arena_end(ask->arena);
}

#define HELD_ENTRY ENTRY_OF("holds.tenant", "holds.target")

err_t answer_erasure_held(struct ask *ask)
{
    const Keys__ErasureNamed *in = ask->in;
    Keys__ErasureHeld *out = ask->out;
    OWN(rows) rows = {0};
    OWN(rows) client = {0};
    struct erasure erasure;
    ident_t id;
    TRY(ident_from(bin(in->id), &id));
    TRY(erasure_read(ask, id, &erasure));
    TRY(db_read(ask->db, &client, "select coalesce(inherits, realm) from tenants where id = $1",
                ID(erasure.tenant)));
    TRY(row_one(&client));
    out->realm = ask_bytes(ask, row_text(&client, 0));
    out->items = arena_array(ask->arena, Keys__HoldOn *, CERTIFICATE_KEPT);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select holds.id, holds.kind, target, coalesce(entries.device, x'') from holds left join entries"
        " on entries.id = " HELD_ENTRY " where holds.tenant = $1 and released = 0"
        " order by holds.made, holds.id",
        ID(erasure.tenant)));
    while (out->n_items < CERTIFICATE_KEPT && row_next(&rows)) {
        Keys__HoldOn *hold = out->items[out->n_items++] = arena_new(ask->arena, Keys__HoldOn);
        TRY(arena_end(ask->arena));
        TRY(hold_on(ask, &rows, hold));
    }
    return rows_end(&rows);
}
