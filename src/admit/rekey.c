/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/rekey.h"

#include "admit/forget.h"
#include "admit/grants.h"
#include "admit/signing.h"
#include "keyring/journal.h"
#include "keyring/rekey.h"

enum { PAIR_BOX = KEY_SIZE + BOX_EXTRA, BOXES_MAX = 4096 };

/* What is sealed to a tenant's public key, and turned over in batches; its place here is its number in the list, $2. In a
 * cell the first `box` bytes are, or all of it where that is 0; the rest stays. In a row it is what `read` finds. $1 is the
 * tenant in `list`, and the id elsewhere. */
#define LIST "insert into resealing (tenant, what, id) select $1, $2, id from "
static const struct sealed {
    const char *list;
    enum cell cell;
    size_t box;
    const char *read, *write;
} sealed[] = {
    {LIST "entries where tenant = $1 and dead is null", .cell = CELL_ENTRY},
    {LIST "members where tenant = $1 and kind = 'token'", .cell = CELL_LABEL},
    {LIST "deployments where tenant = $1", .cell = CELL_LABEL},
    {LIST "holds where tenant = $1 and released = 0", .cell = CELL_HOLD, .box = PAIR_BOX},
    {LIST "holds where tenant = $1", .read = "select words from holds where id = $1",
     .write = "update holds set words = $2 where id = $1"},
    {LIST "requests where tenant = $1 and length(words) > 0",
     .read = "select words from requests where id = $1",
     .write = "update requests set words = $2 where id = $1"},
    {LIST "scim_groups where tenant = $1", .cell = CELL_LABEL},
    {LIST "scim_roles where tenant = $1", .cell = CELL_LABEL},
};
enum { SEALED = sizeof sealed / sizeof *sealed };

/* One rotation under way, in the session of whoever goes on with it. */
struct rotation {
    struct ask *ask;
    const struct who *who;
    ident_t id;
    int64_t total;
    bool again, any;
    struct key before[2];
};
typedef struct rotation rotation_own;
static void rotation_drop(struct rotation *rotation) { key_drop(&rotation->before[1]); }

static err_t rotation_find(struct ask *ask, const struct who *who, struct rotation *out)
{
    OWN(rows) rows = {0};
    *out = (struct rotation){.ask = ask, .who = who};
    TRY(db_read(ask->db, &rows, "select id, total, again from rotations where tenant = $1 and done = 0",
                ID(who->tenant)));
    out->any = row_next(&rows);
    if (out->any) {
        out->id = row_ident(&rows, 0);
        out->total = row_number(&rows, 1);
        out->again = row_number(&rows, 2) != 0;
    }
    return rows_end(&rows);
}

/* Beginning */

/* Whoever may have the tenant's private half, by the public half that it is sealed to: id and key. $1 is the tenant. */
static const struct handed {
    enum cell cell;
    const char *find;
} handed[] = {
    {CELL_TENANT_KEY, "select id, public from members where tenant = $1"},
    {CELL_RECOVERY, "select id, recovery from tenants where id = $1"},
    {CELL_KEEPER, "select id, public from keepers where tenant = $1"},
};

static err_t key_hand(struct ask *ask, const struct who *who, enum cell cell, str_t holder)
{
    OWN(buf) box = BUF(PAIR_BOX);
    struct key public;
    ident_t id;
    TRY(ident_from(str_bytes(holder.at, sizeof id), &id));
    TRY(key_from(str_bytes(holder.at + sizeof id, KEY_SIZE), &public));
    box_seal(&public, key_bytes(&who->tenant_private), &box);
    TRY(buf_end(&box));
    err_t changed = cell_change(ask->keyring, id, cell, buf_str(&box));
    return changed == ERR_MISSING ? ERR_OK : changed; /* has none */
}

/* Read whole before anything is changed. */
static err_t handed_find(struct ask *ask, const struct who *who, const struct handed *to, buf_t *out)
{
    OWN(rows) rows = {0};
    TRY(db_read_args(ask->db, &rows, to->find, &ID(who->tenant), 1));
    while (row_next(&rows)) {
        if (row_text(&rows, 1).len != KEY_SIZE) /* has no pair of its own yet */
            continue;
        buf_put(out, row_text(&rows, 0));
        buf_put(out, row_text(&rows, 1));
    }
    TRY(rows_end(&rows));
    return buf_end(out);
}

static err_t keys_hand(struct ask *ask, const struct who *who)
{
    enum { HOLDER = sizeof(ident_t) + KEY_SIZE };
    for (size_t i = 0; i < sizeof handed / sizeof *handed; i++) {
        OWN(buf) holders = BUF(MAX_MEMORY);
        TRY(handed_find(ask, who, &handed[i], &holders));
        for (size_t at = 0; at + HOLDER <= holders.len; at += HOLDER)
            TRY(key_hand(ask, who, handed[i].cell, str_bytes(holders.at + at, HOLDER)));
    }
    return ERR_OK;
}

static err_t cell_seal(struct ask *ask, const struct who *who, const struct key *secret, ident_t id,
                       enum cell cell)
{
    OWN(buf) box = BUF(PAIR_BOX);
    box_seal(&who->tenant_public, key_bytes(secret), &box);
    TRY(buf_end(&box));
    TRY(cell_destroy(ask->keyring, id, cell));
    return cell_put(ask->keyring, who->tenant, id, cell, buf_str(&box));
}

static err_t list_make(struct ask *ask, ident_t tenant, int64_t *out_total)
{
    for (int64_t what = 0; what < SEALED; what++)
        TRY(db_run_args(ask->db, sealed[what].list, (const arg_t[]){ID(tenant), N(what)}, 2));
    return db_number(ask->db, out_total, "select count(*) from resealing where tenant = $1", ID(tenant));
}

static err_t rotation_put(struct ask *ask, const struct who *who, const struct rekey *rekey,
                          const struct rotation *rotation)
{
    return db_do(ask->db,
                 "insert into rotations (id, tenant, before, why, by, begun, total, again, done)"
                 " values ($1, $2, $3, $4, $5, $6, $7, 0, 0)",
                 ID(rotation->id), ID(who->tenant), B(key_bytes(&rotation->before[0])), T(str(rekey->why)),
                 ID(who->member), N(ask->env->now(ask->env)), N(rotation->total));
}

/* The new pair, in the place of the old one in `who`, which goes to `before`. */
static err_t pair_replace(struct ask *ask, struct who *who, struct rotation *rotation)
{
    OWN(key) seed;
    rotation->before[0] = who->tenant_public;
    rotation->before[1] = who->tenant_private;
    rotation->id = ident_new(ask->env);
    key_random(ask->env, &seed);
    pair_from(&seed, &who->tenant_public, &who->tenant_private);
    TRY(cell_seal(ask, who, &rotation->before[1], rotation->id, CELL_BEFORE));
    return db_do(ask->db, "update tenants set public = $2 where id = $1", ID(who->tenant),
                 B(key_bytes(&who->tenant_public)));
}

static err_t begun_tell(struct ask *ask, const struct who *who, const struct rotation *rotation)
{
    const struct mention on = {"rot", rotation->id};
    const struct entry entry = {ACT_KEY_ROTATION_BEGUN,  .by = who_mention(who),
                                .session = who->session, .on = &on,
                                .on_count = 1,           .count = rotation->total};
    return journal(ask, who->tenant, &entry);
}

static err_t begin(struct ask *ask, struct who *who, const struct rekey *rekey)
{
    OWN(rotation) rotation = {0};
    OWN(key) seed = {{0}};
    TRY(withholder_seed(ask, who, &seed)); /* of the old key, where it was never rotated */
    TRY(pair_replace(ask, who, &rotation));
    TRY(cell_seal(ask, who, &seed, who->tenant, CELL_WITHHOLDER));
    TRY(keys_hand(ask, who));
    TRY(approvals_rekey(ask, who));
    TRY(list_make(ask, who->tenant, &rotation.total));
    TRY(rotation_put(ask, who, rekey, &rotation));
    TRY(sessions_rekey(ask, who, rekey->bearer));
    return begun_tell(ask, who, &rotation);
}

err_t rekey_begin(struct ask *ask, struct who *who, const struct rekey *rekey)
{
    struct rotation under_way;
    TRY(rotation_find(ask, who, &under_way));
    if (!under_way.any)
        return begin(ask, who, rekey);
    if (rekey->bearer)
        return fail(ERR_CONFLICT, "a rotation is under way: go on with it first");
    return db_do(ask->db, "update rotations set again = 1 where id = $1", ID(under_way.id));
}

/* Going on */

/* What the old key opens, sealed to the new one; empty where it is sealed to that already. */
static err_t box_turn(const struct rotation *rotation, str_t box, buf_t *out)
{
    OWN(buf) plain = BUF(BOXES_MAX);
    err_t opened = box_open(&rotation->before[0], &rotation->before[1], box, &plain);
    if (opened == ERR_LOCKED)
        return ERR_OK;
    TRY(opened);
    box_seal(&rotation->who->tenant_public, buf_str(&plain), out);
    return buf_end(out);
}

static err_t cell_turn(const struct rotation *rotation, const struct sealed *what, ident_t id)
{
    OWN(buf) boxes = BUF(BOXES_MAX);
    OWN(buf) turned = BUF(BOXES_MAX);
    err_t found = cell_get(rotation->ask->keyring, id, what->cell, &boxes);
    if (found == ERR_MISSING) /* destroyed since */
        return ERR_OK;
    TRY(found);
    size_t len = what->box && what->box < boxes.len ? what->box : boxes.len;
    TRY(box_turn(rotation, str_bytes(boxes.at, len), &turned));
    if (!turned.len)
        return ERR_OK;
    buf_put(&turned, str_bytes(boxes.at + len, boxes.len - len));
    TRY(buf_end(&turned));
    return cell_change(rotation->ask->keyring, id, what->cell, buf_str(&turned));
}

static err_t row_turn(const struct rotation *rotation, const struct sealed *what, ident_t id)
{
    struct db *db = rotation->ask->db;
    OWN(rows) rows = {0};
    OWN(buf) turned = BUF(BOXES_MAX);
    TRY(db_read_args(db, &rows, what->read, &ID(id), 1));
    if (row_next(&rows))
        TRY(box_turn(rotation, row_text(&rows, 0), &turned));
    TRY(rows_end(&rows));
    return turned.len ? db_run_args(db, what->write, (const arg_t[]){ID(id), B(buf_str(&turned))}, 2)
                      : ERR_OK;
}

/* The list is in the order of its ids: what is done of it is all up to the last. */
static err_t some_turn(const struct rotation *rotation, int64_t what, size_t *io_room)
{
    struct db *db = rotation->ask->db;
    OWN(buf) ids = BUF(RESEAL_BATCH * sizeof(ident_t));
    ident_t last = {{0}};
    TRY(db_idents(db, &ids, "select id from resealing where tenant = $1 and what = $2 order by id limit $3",
                  ID(rotation->who->tenant), N(what), N(*io_room)));
    for_each_ident(id, &ids)
    {
        TRY(sealed[what].cell ? cell_turn(rotation, &sealed[what], id)
                              : row_turn(rotation, &sealed[what], id));
        last = id;
    }
    *io_room -= ids.len / sizeof(ident_t);
    return db_do(db, "delete from resealing where tenant = $1 and what = $2 and id <= $3",
                 ID(rotation->who->tenant), N(what), ID(last));
}

static err_t rotation_end(const struct rotation *rotation)
{
    struct ask *ask = rotation->ask;
    const struct who *who = rotation->who;
    moment_t now = ask->env->now(ask->env);
    const struct mention on = {"rot", rotation->id};
    const struct entry entry = {ACT_KEY_ROTATED, .by = who_mention(who), .session = who->session,
                                .on = &on,       .on_count = 1,          .count = rotation->total};
    TRY(keyring_destroy(ask->keyring, &(struct ledger_line){LEDGER_KEY, who->tenant, rotation->id, now}));
    TRY(db_do(ask->db, "update rotations set done = $2 where id = $1", ID(rotation->id), N(now)));
    return journal(ask, who->tenant, &entry);
}

static err_t batch(struct rotation *rotation, struct who *who, const char *bearer)
{
    size_t room = RESEAL_BATCH;
    TRY(tenant_before(rotation->ask, who, rotation->before, &rotation->any));
    for (int64_t what = 0; what < SEALED && room; what++)
        TRY(some_turn(rotation, what, &room));
    if (!room)
        return ERR_OK;
    TRY(rotation_end(rotation));
    return rotation->again
               ? rekey_begin(rotation->ask, who, &(struct rekey){.why = "recovery", .bearer = bearer})
               : ERR_OK;
}

static err_t reseal_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    OWN(rotation) rotation = {0};
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    if (!who.keyed)
        return fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
    TRY(rotation_find(ask, &who, &rotation));
    if (rotation.any)
        TRY(batch(&rotation, &who, in->bearer));
    keys__tenant_key__init(ask->out);
    return tenant_key_message(ask, who.tenant, ask->out);
}

err_t answer_key_reseal(struct ask *ask)
{
    const Keys__TenantKey *out = ask->out;
    for (int round = 0; round < RESEAL_ROUNDS; round++) {
        TRY(keyring_write(ask->keyring, reseal_act, ask));
        if (!out->begun)
            break;
    }
    return ERR_OK;
}

/* Asking for one */

static err_t rotate_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const Keys__KeyRotate *in = ask->in;
    TRY(tenant_typed(ask, signing->who.tenant, in->typed));
    TRY(rekey_begin(ask, &signing->who, &(struct rekey){.why = "asked", .bearer = in->bearer}));
    return tenant_key_message(ask, signing->who.tenant, ask->out);
}

err_t answer_key_rotate(struct ask *ask)
{
    const Keys__KeyRotate *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "key.rotate",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = rotate_act};
    return signing_run(&signing);
}

static err_t under_way_message(struct ask *ask, ident_t tenant, Keys__TenantKey *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select begun, by, why, total, (select count(*) from resealing where tenant = $1)"
                " from rotations where tenant = $1 and done = 0",
                ID(tenant)));
    if (row_next(&rows)) {
        out->begun = row_number(&rows, 0);
        out->by = ask_bytes(ask, row_text(&rows, 1));
        out->why = ask_text(ask, row_text(&rows, 2));
        out->total = row_number(&rows, 3);
        out->left = row_number(&rows, 4);
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t tenant_key_message(struct ask *ask, ident_t tenant, Keys__TenantKey *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select count(*) + 1, max(coalesce(max(rotations.begun), 0), (select made from tenants where id = $1))"
        " from rotations where tenant = $1",
        ID(tenant)));
    TRY(row_one(&rows));
    out->number = row_number(&rows, 0);
    out->since = row_number(&rows, 1);
    return under_way_message(ask, tenant, out);
}
