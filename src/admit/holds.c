/* SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds, as the client's people place, see and release them.
 */
#include "keyring/holds.h"

#include "admit/requests.h"
#include "keyring/journal.h"
#include "keyring/locks.h"
#include "keyring/rekey.h"
#include "keyring/twins.h"

enum { WORDS_MAX = MAX_NAME };

static const struct {
    const char *kind, *prefix;
} kinds[] = {
#define K(kind, prefix) {kind, prefix},
    HOLD_KINDS(K)
#undef K
};

static const char *kind_find(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].kind, kind))
            return kinds[i].kind;
    return NULL;
}

/* One placing: who asks is found anew in each act of it. */
struct placing {
    struct ask *ask;
    struct hold hold;
    bool begun, more;
};

static err_t target_is(struct ask *ask, const struct hold *hold)
{
    int64_t count = 0;
    if (!strcmp(hold->kind, "tenant"))
        return ident_eq(hold->target, hold->tenant)
                   ? ERR_OK
                   : fail(ERR_INVALID, "a hold on the whole client names the client");
    TRY(db_number(ask->db, &count,
                  "select count(*) from entries where tenant = $2 and kind = $3 and dead is null"
                  " and id = " ENTRY_OF("$2", "$1"),
                  ID(hold->target), ID(hold->tenant), T(str(hold->kind))));
    return count ? ERR_OK
                 : fail(ERR_MISSING, "no such %s: what was forgotten or removed cannot be held any more",
                        hold->kind);
}

static err_t hold_put(struct placing *placing, const struct who *who)
{
    struct ask *ask = placing->ask;
    const Keys__HoldPlace *in = ask->in;
    OWN(buf) words = BUF(WORDS_MAX + BOX_EXTRA);
    struct hold *hold = &placing->hold;
    hold->id = ident_new(ask->env);
    TRY(target_is(ask, hold));
    TRY(hold_key_make(ask, who, hold));
    box_seal(&who->tenant_public, str(in->words), &words);
    TRY(buf_end(&words));
    return db_do(ask->db,
                 "insert into holds (id, tenant, kind, target, case_id, words, public, by, made, released)"
                 " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)",
                 ID(hold->id), ID(hold->tenant), T(str(hold->kind)), ID(hold->target), T(str(in->case_id)),
                 B(buf_str(&words)), B(key_bytes(&hold->public)), ID(who->member),
                 N(ask->env->now(ask->env)));
}

/* The same case on the same target is the same hold: asked again after a crash it goes on where it was. */
static err_t hold_again(struct placing *placing)
{
    struct ask *ask = placing->ask;
    const Keys__HoldPlace *in = ask->in;
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select id, public from holds where tenant = $1 and kind = $2 and target = $3 and case_id = $4"
        " and released = 0",
        ID(placing->hold.tenant), T(str(in->kind)), ID(placing->hold.target), T(str(in->case_id))));
    placing->begun = row_next(&rows);
    if (placing->begun) {
        placing->hold.id = row_ident(&rows, 0);
        TRY(key_from(row_text(&rows, 1), &placing->hold.public));
    }
    return rows_end(&rows);
}

static err_t keys_held(struct ask *ask, ident_t hold, int64_t *out_count)
{
    return db_number(ask->db, out_count, "select count(*) from held where hold = $1", ID(hold));
}

static err_t placing_act(struct keyring *keyring, void *with)
{
    struct placing *placing = with;
    struct ask *ask = placing->ask;
    const Keys__HoldPlace *in = ask->in;
    OWN(who) who = {0};
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    if (!who.keyed)
        return fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
    placing->hold.tenant = who.tenant;
    TRY(hold_again(placing));
    if (!placing->begun)
        TRY(hold_put(placing, &who));
    TRY(hold_go_on(ask, &who, &placing->hold, &placing->more));
    if (placing->more)
        return ERR_OK;
    const struct mention on[] = {{"hld", placing->hold.id}};
    struct entry entry = {ACT_HOLD_PLACED, .by = who_mention(&who), .session = who.session, .on = on,
                          .on_count = 1};
    TRY(keys_held(ask, placing->hold.id, &entry.count));
    return journal(ask, who.tenant, &entry);
}

static err_t hold_message(struct ask *ask, const struct who *who, const rows_t *rows, Keys__Hold *out)
{
    OWN(buf) words = BUF(WORDS_MAX);
    ident_t id = row_ident(rows, 0);
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->kind = ask_text(ask, row_text(rows, 1));
    out->target = ask_bytes(ask, row_text(rows, 2));
    out->case_id = ask_text(ask, row_text(rows, 3));
    out->by = ask_bytes(ask, row_text(rows, 5));
    out->made = row_number(rows, 6);
    out->released = row_number(rows, 7);
    TRY(tenant_open(ask, who, row_text(rows, 4), &words));
    out->words = ask_text(ask, buf_str(&words));
    TRY(release_waits(ask, id, &out->request));
    TRY(keys_held(ask, id, &out->keys));
    return arena_end(ask->arena);
}

#define HOLD_COLUMNS "id, kind, target, case_id, words, by, made, released"

static err_t placed_read(struct keyring *keyring, void *with)
{
    struct placing *placing = with;
    struct ask *ask = placing->ask;
    const Keys__HoldPlace *in = ask->in;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    TRY(db_read(ask->db, &rows, "select " HOLD_COLUMNS " from holds where id = $1 and tenant = $2",
                ID(placing->hold.id), ID(who.tenant)));
    TRY(row_one(&rows));
    return hold_message(ask, &who, &rows, ask->out);
}

err_t answer_hold_place(struct ask *ask)
{
    const Keys__HoldPlace *in = ask->in;
    struct placing placing = {.ask = ask, .hold.kind = kind_find(in->kind), .more = true};
    if (!placing.hold.kind)
        return fail(ERR_INVALID, "a hold is on a tenant, a device or a person");
    if (!is_name(in->case_id) || !is_name(in->words))
        return fail(ERR_INVALID, "a hold names its case, and says why");
    TRY(ident_from(bin(in->target), &placing.hold.target));
    while (placing.more)
        TRY(keyring_write(ask->keyring, placing_act, &placing));
    return keyring_read(ask->keyring, placed_read, &placing);
}

err_t answer_hold_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Holds *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    out->items = arena_array(ask->arena, Keys__Hold *, MAX_PAGE);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " HOLD_COLUMNS
                " from holds where tenant = $1 order by released = 0 desc, made desc limit $2",
                ID(who.tenant), N(MAX_PAGE)));
    while (out->n_items < MAX_PAGE && row_next(&rows)) {
        Keys__Hold *hold = out->items[out->n_items++] = arena_new(ask->arena, Keys__Hold);
        TRY(arena_end(ask->arena));
        keys__hold__init(hold);
        TRY(hold_message(ask, &who, &rows, hold));
    }
    return rows_end(&rows);
}

err_t answer_hold_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(db_read(ask->db, &rows, "select released from holds where id = $1 and tenant = $2", ID(id),
                ID(who.tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("hld", id).text);
    if (row_number(&rows, 0))
        return fail(ERR_CONFLICT, "the hold is released already");
    return release_ask(ask, &who, id);
}

#define NAMED SUBJECT_OF("held.subject")

err_t held_message(struct ask *ask, ident_t tenant, Keys__Held *out)
{
    OWN(buf) ids = BUF(MAX_ASK / 2);
    int64_t whole = 0;
    TRY(db_number(ask->db, &whole,
                  "select count(*) from holds where tenant = $1 and released = 0 and kind = 'tenant'",
                  ID(tenant)));
    out->whole = whole > 0;
    if (out->whole)
        return ERR_OK;
    TRY(db_idents(ask->db, &ids,
                  "select distinct " NAMED
                  " from held join holds on holds.id = held.hold where holds.tenant = $1",
                  ID(tenant)));
    out->subjects = arena_array(ask->arena, ProtobufCBinaryData, ids.len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids) out->subjects[out->n_subjects++] = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}

/* For whoever removes rows by the clock or by capacity. */
err_t answer_held_get(struct ask *ask)
{
    const Keys__OfTenant *in = ask->in;
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    return held_message(ask, tenant, ask->out);
}

/* Opening what a hold keeps: the same as opening records, with the copies that a destroyed entry left. */

static struct hold_opener opener_of(const struct who *who)
{
    return (struct hold_opener){who->tenant, who, &who->tenant_public, NULL};
}

static err_t held_find(struct ask *ask, const struct who *who, struct lock *lock)
{
    const struct hold_opener opener = opener_of(who);
    return held_lock(ask, &opener, false, lock);
}

static err_t held_launches_find(struct ask *ask, const struct who *who, struct lock *lock)
{
    const struct hold_opener opener = opener_of(who);
    return held_lock(ask, &opener, true, lock);
}

err_t answer_held_open(struct ask *ask)
{
    return locks_answer(ask, &(struct opening_of){ACT_HELD_OPENED, held_find, RIGHT_PRIVACY});
}

err_t answer_held_launches(struct ask *ask)
{
    return locks_answer(ask, &(struct opening_of){ACT_HELD_OPENED, held_launches_find, RIGHT_PRIVACY});
}
