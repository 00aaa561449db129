/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/holds.h"

#include "keyring/commit.h"
#include "keyring/journal.h"
#include "keyring/locks.h"
#include "keyring/rekey.h"
#include "keyring/twins.h"
#include "tlog/certificate.h"

enum { PAIR_BOX = KEY_SIZE + BOX_EXTRA, BATCH = 2048 };

/* A subject's pair on its way into a hold. */
struct held {
    ident_t hold, subject;
    struct key hold_public, public;
    const struct key *private;
};

err_t hold_covers(struct ask *ask, ident_t tenant, ident_t subject, bool *out_held)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count,
                  "select count(*) from held join holds on holds.id = held.hold"
                  " where held.subject = " ENTRY_OF("$1", "$2") " and holds.tenant = $1",
                  ID(tenant), ID(subject)));
    *out_held = count > 0;
    return ERR_OK;
}

err_t hold_spares(struct ask *ask, ident_t tenant, ident_t device)
{
    int64_t count = 0;
    TRY(db_number(
        ask->db, &count,
        "select count(*) from held join holds on holds.id = held.hold join entries on entries.id = held.subject"
        " where holds.tenant = $1 and (entries.id = " ENTRY_OF("$1", "$2") " or entries.device = $2)",
        ID(tenant), ID(device)));
    return count ? fail(ERR_CONFLICT, "a legal hold keeps it: it has to be released first") : ERR_OK;
}

err_t holds_count(struct ask *ask, ident_t tenant, int64_t *out_count)
{
    return db_number(ask->db, out_count, "select count(*) from holds where tenant = $1 and released = 0",
                     ID(tenant));
}

/* A subject's private key, sealed to the hold. The shard that the copy stands in is the hold's own: it is not among those
 * that end with the client's. */
static err_t held_put(struct ask *ask, const struct held *held)
{
    OWN(buf) sealed = BUF(PAIR_BOX);
    ident_t id = ident_new(ask->env);
    box_seal(&held->hold_public, key_bytes(held->private), &sealed);
    TRY(buf_end(&sealed));
    TRY(cell_put(ask->keyring, held->hold, id, CELL_HELD, buf_str(&sealed)));
    return db_do(ask->db, "insert into held (id, hold, subject, public) values ($1, $2, $3, $4)", ID(id),
                 ID(held->hold), ID(held->subject), B(key_bytes(&held->public)));
}

/* Made later */

static bool follows(str_t kind, ident_t target, const struct entry_ask *entry)
{
    if (str_eq(kind, STR("tenant")))
        return true;
    if (str_eq(kind, STR("device")))
        return ident_eq(entry->id, target) || (entry->device && ident_eq(*entry->device, target));
    return ident_eq(entry->id, target) || ident_eq(entry->id, launches_of(target)) ||
           ident_eq(entry->id, videos_of(target));
}

err_t holds_follow(struct ask *ask, const struct entry_ask *entry, const struct key *public,
                   const struct key *private)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select id, kind, target, public from holds where tenant = $1 and released = 0",
                ID(entry->tenant)));
    while (row_next(&rows)) {
        struct held held = {row_ident(&rows, 0), entry->id, .public = *public, .private = private};
        if (!follows(row_text(&rows, 1), row_ident(&rows, 2), entry))
            continue;
        TRY(key_from(row_text(&rows, 3), &held.hold_public));
        TRY(held_put(ask, &held));
    }
    return rows_end(&rows);
}

/* Placing */

#define TARGET "(" ENTRY_OF("$1", "$3") ", " ENTRY_OF("$1", "$4") ", " ENTRY_OF("$1", "$7") ")"

/* Alive, covered, and not held by it yet. */
static err_t batch_find(struct ask *ask, const struct hold *hold, buf_t *out_ids)
{
    const ident_t launches = launches_of(hold->target), videos = videos_of(hold->target);
    return db_idents(ask->db, out_ids,
                     "select id from entries where tenant = $1 and dead is null and ($2 = 'tenant'"
                     " or id in " TARGET " or ($2 = 'device' and device = $3)) and not exists"
                     " (select 1 from held where held.subject = entries.id and held.hold = $5) limit $6",
                     ID(hold->tenant), T(str(hold->kind)), ID(hold->target), ID(launches), ID(hold->id),
                     N(BATCH), ID(videos));
}

static err_t entry_hold(struct ask *ask, const struct who *who, const struct hold *hold, ident_t subject)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(PAIR_BOX);
    OWN(buf) plain = BUF(KEY_SIZE);
    OWN(key) private;
    struct held held = {hold->id, subject, .hold_public = hold->public, .private = &private};
    TRY(db_read(ask->db, &rows, "select public from entries where id = $1", ID(subject)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &held.public));
    TRY(cell_get(ask->keyring, subject, CELL_ENTRY, &sealed));
    TRY(tenant_open(ask, who, buf_str(&sealed), &plain));
    TRY(key_from(buf_str(&plain), &private));
    return held_put(ask, &held);
}

static err_t hold_settled(struct ask *ask, const struct hold *hold)
{
    OWN(buf) ids = BUF(BATCH * sizeof(ident_t));
    TRY(batch_find(ask, hold, &ids));
    return ids.len ? fail(ERR_DENIED, "a legal hold is not placed to its end: it has to be asked for again")
                   : ERR_OK;
}

err_t holds_settled(struct ask *ask, ident_t tenant)
{
    OWN(rows) rows = {0};
    size_t count = 0;
    TRY(db_read(ask->db, &rows, "select id, target, kind from holds where tenant = $1 and released = 0",
                ID(tenant)));
    while (row_next(&rows)) {
        const struct hold hold = {.id = row_ident(&rows, 0),
                                  .tenant = tenant,
                                  .target = row_ident(&rows, 1),
                                  .kind = ask_text(ask, row_text(&rows, 2))};
        TRY(arena_end(ask->arena));
        TRY(hold_settled(ask, &hold));
        if (++count > CERTIFICATE_KEPT)
            return fail(ERR_DENIED, "more than %d legal holds stand", CERTIFICATE_KEPT);
    }
    return rows_end(&rows);
}

err_t hold_go_on(struct ask *ask, const struct who *who, const struct hold *hold, bool *out_more)
{
    OWN(buf) ids = BUF(BATCH * sizeof(ident_t));
    TRY(batch_find(ask, hold, &ids));
    for_each_ident(subject, &ids) TRY(entry_hold(ask, who, hold, subject));
    *out_more = ids.len == BATCH * sizeof(ident_t);
    return ERR_OK;
}

static err_t recovery_public(struct ask *ask, ident_t tenant, struct key *out_public)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select recovery from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    return key_from(row_text(&rows, 0), out_public);
}

/* Both boxes in one cell: the client's key's, then its recovery key's. */
static err_t boxes_put(const struct who *who, const struct key *recovery, const struct key *private,
                       buf_t *out_boxes)
{
    box_seal(&who->tenant_public, key_bytes(private), out_boxes);
    box_seal(recovery, key_bytes(private), out_boxes);
    return buf_end(out_boxes);
}

err_t hold_key_make(struct ask *ask, const struct who *who, struct hold *io_hold)
{
    OWN(key) seed;
    OWN(key) private;
    OWN(buf) boxes = BUF(2 * PAIR_BOX);
    struct key recovery;
    TRY(recovery_public(ask, who->tenant, &recovery));
    key_random(ask->env, &seed);
    pair_from(&seed, &io_hold->public, &private);
    TRY(boxes_put(who, &recovery, &private, &boxes));
    return cell_put(ask->keyring, io_hold->id, io_hold->id, CELL_HOLD, buf_str(&boxes));
}

static err_t hold_pair(struct ask *ask, const struct hold_opener *opener, ident_t hold,
                       struct key *out_private)
{
    OWN(buf) boxes = BUF(2 * PAIR_BOX);
    OWN(buf) plain = BUF(KEY_SIZE);
    TRY(cell_get(ask->keyring, hold, CELL_HOLD, &boxes));
    if (opener->who)
        TRY(tenant_open(ask, opener->who, (str_t){boxes.at, PAIR_BOX}, &plain));
    else
        TRY(box_open(opener->public, opener->private, (str_t){boxes.at + PAIR_BOX, PAIR_BOX}, &plain));
    return key_from(buf_str(&plain), out_private);
}

err_t holds_recovery(struct ask *ask, const struct who *who, const struct key *recovery)
{
    const struct hold_opener opener = {who->tenant, who, &who->tenant_public, NULL};
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select id from holds where tenant = $1 and released = 0", ID(who->tenant)));
    for_each_ident(id, &ids)
    {
        OWN(key) private = {{0}};
        OWN(buf) boxes = BUF(2 * PAIR_BOX);
        TRY(hold_pair(ask, &opener, id, &private));
        TRY(boxes_put(who, recovery, &private, &boxes));
        TRY(cell_change(ask->keyring, id, CELL_HOLD, buf_str(&boxes)));
    }
    return ERR_OK;
}

static err_t held_private(struct ask *ask, const struct hold_opener *opener, ident_t subject,
                          struct key out_pair[2])
{
    OWN(rows) rows = {0};
    OWN(key) hold_private;
    OWN(buf) sealed = BUF(PAIR_BOX);
    OWN(buf) plain = BUF(KEY_SIZE);
    struct key hold_public;
    TRY(db_read(
        ask->db, &rows,
        "select held.id, held.public, holds.id, holds.public from held join holds on holds.id = held.hold"
        " where held.subject = " ENTRY_OF("$2", "$1") " and holds.tenant = $2 limit 1",
        ID(subject), ID(opener->tenant)));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return fail(ERR_MISSING, "no hold keeps a key of %s", ident_text("sub", subject).text);
    }
    TRY(key_from(row_text(&rows, 1), &out_pair[0]));
    TRY(key_from(row_text(&rows, 3), &hold_public));
    TRY(hold_pair(ask, opener, row_ident(&rows, 2), &hold_private));
    TRY(cell_get(ask->keyring, row_ident(&rows, 0), CELL_HELD, &sealed));
    TRY(box_open(&hold_public, &hold_private, buf_str(&sealed), &plain));
    return key_from(buf_str(&plain), &out_pair[1]);
}

static err_t is_device(struct ask *ask, ident_t tenant, ident_t subject, bool *out_is)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count,
                  "select (select count(*) from devices where id = $1)"
                  " + (select count(*) from entries where id = " ENTRY_OF("$2", "$1") " and kind = 'device')",
                  ID(subject), ID(tenant)));
    *out_is = count > 0;
    return ERR_OK;
}

err_t held_lock(struct ask *ask, const struct hold_opener *opener, bool launches, struct lock *lock)
{
    struct key pair[2];
    OWN(buf) sealed = BUF(PAIR_BOX);
    err_t found = held_private(ask, opener, launches ? launches_of(lock->subject) : lock->subject, pair);
    if (found == ERR_MISSING)
        return ERR_OK;
    TRY(found);
    lock->public = pair[0];
    box_seal(opener->public, key_bytes(&pair[1]), &sealed);
    key_drop(&pair[1]);
    TRY(buf_end(&sealed));
    TRY(is_device(ask, opener->tenant, lock->subject, &lock->is_device));
    lock->sealed = arena_copy(ask->arena, buf_str(&sealed));
    return arena_end(ask->arena);
}

err_t hold_end(struct ask *ask, ident_t tenant, ident_t hold)
{
    return keyring_destroy(ask->keyring,
                           &(struct ledger_line){LEDGER_HOLD, tenant, hold, ask->env->now(ask->env)});
}

err_t hold_release(struct ask *ask, const struct who *who, ident_t hold)
{
    TRY(hold_end(ask, who->tenant, hold));
    return journal_one(ask, who, ACT_HOLD_RELEASED, (struct mention){"hld", hold});
}
