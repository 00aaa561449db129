/* SPDX-License-Identifier: Apache-2.0
 *
 * Replacing the recovery key: begun, shown, confirmed. What is said about it: recovery_state.c.
 */
#include "admit/recovery.h"

#include "admit/signing.h"
#include "crypt/part.h"
#include "keyring/holds.h"
#include "keyring/journal.h"

enum { SETS_MOST = 65535 };

/* One recovery key, and the guardians it is split for; none: it is a printed kit. */
struct recovery {
    ident_t id, tenant;
    int64_t number, need;
    struct key public;
    ident_t guardians[GUARDIANS_MOST];
    uint8_t count;
};

/* A guardian's part, as the keyring knows it. */
struct kept {
    struct recovery of;
    ident_t id;
    uint8_t number, salt[SALT_SIZE], digest[DIGEST_SIZE];
    moment_t seen, confirmed;
};

static void digest_salted(const uint8_t salt[SALT_SIZE], str_t text, uint8_t out_digest[DIGEST_SIZE])
{
    digest_of((const str_t[]){str_bytes(salt, SALT_SIZE), text}, 2, out_digest);
}

/* Beginning */

static err_t guardian_check(struct ask *ask, ident_t tenant, ident_t member)
{
    int64_t able = 0;
    TRY(db_number(
        ask->db, &able,
        "select count(*) from members where id = $1 and tenant = $2 and kind = 'user' and disabled = 0 and exists"
        " (select 1 from cells where cells.id = members.id and cell = $3)",
        ID(member), ID(tenant), N(CELL_TENANT_KEY)));
    return able ? ERR_OK
                : fail(ERR_INVALID, "%s is no member who has the key: a guardian is one",
                       ident_text("usr", member).text);
}

static err_t guardians_take(struct ask *ask, const Keys__RecoveryBegin *in, struct recovery *out)
{
    bool kit = !in->n_members && in->need <= 1;
    if (!kit &&
        (in->need < GUARDIANS_LEAST || in->n_members > GUARDIANS_MOST || in->need > (int64_t)in->n_members))
        return fail(ERR_INVALID, "2 to %d guardians, of whom 2 or more are needed", GUARDIANS_MOST);
    out->need = kit ? 1 : in->need;
    for (size_t i = 0; i < in->n_members; i++) {
        ident_t *one = &out->guardians[i];
        TRY(ident_from(bin(in->members[i]), one));
        TRY(guardian_check(ask, out->tenant, *one));
        for (size_t before = 0; before < i; before++)
            if (ident_eq(*one, out->guardians[before]))
                return fail(ERR_INVALID, "%s is named twice", ident_text("usr", *one).text);
        out->count++;
    }
    return ERR_OK;
}

static err_t none_waits(struct ask *ask, ident_t tenant)
{
    int64_t waiting = 0;
    TRY(db_number(ask->db, &waiting,
                  "select count(*) from recoveries where tenant = $1 and state = 'waiting'", ID(tenant)));
    return waiting ? fail(ERR_CONFLICT, "a new recovery key waits to be confirmed: withdraw that one first")
                   : ERR_OK;
}

static err_t recovery_put(struct ask *ask, const struct who *who, struct recovery *recovery)
{
    TRY(db_number(ask->db, &recovery->number,
                  "select coalesce(max(number), 0) + 1 from recoveries where tenant = $1", ID(who->tenant)));
    if (recovery->number > SETS_MOST)
        return fail(ERR_TOO_LARGE, "a client has at most %d recovery keys", SETS_MOST);
    return db_do(ask->db,
                 "insert into recoveries (id, tenant, number, need, public, by, made, state, since)"
                 " values ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0)",
                 ID(recovery->id), ID(who->tenant), N(recovery->number), N(recovery->need),
                 B(key_bytes(&recovery->public)), ID(who->member), N(ask->env->now(ask->env)));
}

/* A text that somebody will type back, of which only the hash stays. */
struct shown {
    ident_t id, member;
    uint8_t number;
    moment_t seen;
    str_t text;
};
static err_t hash_put(struct ask *ask, const struct recovery *recovery, const struct shown *shown)
{
    uint8_t salt[SALT_SIZE], hash[DIGEST_SIZE];
    ask->env->random(ask->env, salt, sizeof salt);
    digest_salted(salt, shown->text, hash);
    return db_do(ask->db,
                 "insert into recovery_parts (id, recovery, member, number, salt, digest, seen, confirmed,"
                 " rehearsed) values ($1, $2, $3, $4, $5, $6, $7, 0, 0)",
                 ID(shown->id), ID(recovery->id), ID(shown->member), N(shown->number),
                 B(str_bytes(salt, sizeof salt)), B(str_bytes(hash, sizeof hash)), N(shown->seen));
}

static err_t part_seal(struct ask *ask, const struct recovery *recovery, const struct shown *shown)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(PART_TEXT + BOX_EXTRA);
    struct key public;
    TRY(db_read(ask->db, &rows, "select public from members where id = $1", ID(shown->member)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &public));
    box_seal(&public, shown->text, &sealed);
    TRY(buf_end(&sealed));
    return cell_put(ask->keyring, recovery->tenant, shown->id, CELL_PART, buf_str(&sealed));
}

static err_t part_give(struct ask *ask, const struct recovery *recovery, const struct part *part)
{
    OWN(buf) text = BUF(PART_TEXT);
    part_put(part, &text);
    TRY(buf_end(&text));
    const struct shown shown = {.id = ident_new(ask->env),
                                .member = recovery->guardians[part->number - 1],
                                .number = part->number,
                                .text = buf_str(&text)};
    TRY(hash_put(ask, recovery, &shown));
    return part_seal(ask, recovery, &shown);
}

static err_t parts_give(struct ask *ask, const struct recovery *recovery, const uint8_t kit[KIT_BYTES])
{
    struct part parts[GUARDIANS_MOST] = {{.number = 0}};
    const struct part_set set = {part_client(recovery->tenant), (uint16_t)recovery->number,
                                 (uint8_t)recovery->need, recovery->count};
    err_t given = kit_split(ask->env, kit, &set, parts);
    for (size_t i = 0; given == ERR_OK && i < recovery->count; i++)
        given = part_give(ask, recovery, &parts[i]);
    explicit_bzero(parts, sizeof parts);
    return given;
}

/* Without guardians it is shown at once. */
static err_t kit_give(struct ask *ask, const struct who *who, const struct recovery *recovery,
                      const uint8_t kit[KIT_BYTES])
{
    OWN(buf) text = BUF(PART_TEXT);
    Keys__RecoveryShown *out = ask->out;
    kit_put(kit, &text);
    TRY(buf_end(&text));
    out->text = ask_text(ask, buf_str(&text));
    out->number = 1;
    TRY(arena_end(ask->arena));
    return hash_put(
        ask, recovery,
        &(struct shown){ident_new(ask->env), who->member, 1, ask->env->now(ask->env), buf_str(&text)});
}

static err_t recovery_tell(struct ask *ask, const struct who *who, enum act act,
                           const struct recovery *recovery)
{
    const struct mention on = {"rec", recovery->id};
    return journal(ask, who->tenant,
                   &(struct entry){act, .by = who_mention(who), .session = who->session, .on = &on,
                                   .on_count = 1, .count = recovery->count});
}

static err_t begin_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    Keys__RecoveryShown *out = ask->out;
    struct recovery recovery = {.id = ident_new(ask->env), .tenant = who->tenant};
    OWN(key) private;
    uint8_t kit[KIT_BYTES];
    TRY(none_waits(ask, who->tenant));
    TRY(guardians_take(ask, ask->in, &recovery));
    ask->env->random(ask->env, kit, sizeof kit);
    kit_pair(kit, &recovery.public, &private);
    TRY(recovery_put(ask, who, &recovery));
    err_t given = recovery.count ? parts_give(ask, &recovery, kit) : kit_give(ask, who, &recovery, kit);
    explicit_bzero(kit, sizeof kit);
    TRY(given);
    out->set = recovery.number;
    out->need = recovery.need;
    TRY(signer_next(signing, recovery.id, &recovery.public));
    return recovery_tell(ask, who, ACT_RECOVERY_BEGUN, &recovery);
}

err_t answer_recovery_begin(struct ask *ask)
{
    const Keys__RecoveryBegin *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "recovery.begin",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = begin_act};
    return signing_run(&signing);
}

/* A member's part */

static err_t kept_from(const rows_t *rows, struct kept *out)
{
    *out = (struct kept){
        .of = {.id = row_ident(rows, 0), .number = row_number(rows, 1), .need = row_number(rows, 2)},
        .id = row_ident(rows, 4),
        .number = (uint8_t)row_number(rows, 5),
        .seen = row_number(rows, 8),
        .confirmed = row_number(rows, 9)};
    str_t salt = row_text(rows, 6), hash = row_text(rows, 7);
    memcpy(out->salt, salt.at, salt.len < SALT_SIZE ? salt.len : SALT_SIZE);
    memcpy(out->digest, hash.at, hash.len < DIGEST_SIZE ? hash.len : DIGEST_SIZE);
    return key_from(row_text(rows, 3), &out->of.public);
}

/* MISSING where this member has none of a recovery key in that state. */
static err_t kept_find(struct ask *ask, const struct who *who, const char *state, struct kept *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select recoveries.id, recoveries.number, need, public, recovery_parts.id,"
                " recovery_parts.number, salt, digest, seen, confirmed from recovery_parts"
                " join recoveries on recoveries.id = recovery_parts.recovery"
                " where tenant = $1 and state = $2 and member = $3",
                ID(who->tenant), T(str(state)), ID(who->member)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "there is no part of a recovery key for you");
    TRY(kept_from(&rows, out));
    out->of.tenant = who->tenant;
    return ERR_OK;
}

static err_t show_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    Keys__RecoveryShown *out = ask->out;
    OWN(buf) sealed = BUF(PART_TEXT + BOX_EXTRA);
    OWN(buf) text = BUF(PART_TEXT);
    const struct key *pair = signing->proof.pair;
    struct kept kept = {.number = 0};
    TRY(kept_find(ask, &signing->who, "waiting", &kept));
    if (kept.seen)
        return fail(ERR_CONFLICT,
                    "you were shown your part before: if you have not got it, an owner begins anew");
    TRY(cell_get(ask->keyring, kept.id, CELL_PART, &sealed));
    TRY(box_open(&pair[0], &pair[1], buf_str(&sealed), &text));
    out->text = ask_text(ask, buf_str(&text));
    out->set = kept.of.number;
    out->need = kept.of.need;
    out->number = kept.number;
    TRY(cell_destroy(ask->keyring, kept.id, CELL_PART));
    TRY(db_do(ask->db, "update recovery_parts set seen = $2 where id = $1", ID(kept.id),
              N(ask->env->now(ask->env))));
    return recovery_tell(ask, &signing->who, ACT_PART_SEEN, &kept.of);
}

err_t answer_part_show(struct ask *ask)
{
    const Keys__PartShow *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "part.show",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_SELF,
                              .keyless = true,
                              .run = show_act};
    return signing_run(&signing);
}

/* Typing back */

/* As it was printed, however it was typed; and whose it is, where it is somebody else's. */
static err_t part_take(const struct kept *kept, str_t typed, buf_t *out_text)
{
    OWN(part) part = {.number = 0};
    TRY(part_read(typed, &part));
    if (part.set.client != part_client(kept->of.tenant))
        return fail(ERR_INVALID, "this is a part of another client's recovery key");
    if (part.set.number != kept->of.number)
        return fail(ERR_INVALID, "this is a part of set %d: yours is of set %lld", part.set.number,
                    (long long)kept->of.number);
    if (part.number != kept->number)
        return fail(ERR_INVALID, "this is part %d: yours is part %d", part.number, kept->number);
    part_put(&part, out_text);
    return buf_end(out_text);
}

static err_t kit_take(str_t typed, buf_t *out_text)
{
    uint8_t kit[KIT_BYTES];
    TRY(kit_read(typed, kit));
    kit_put(kit, out_text);
    explicit_bzero(kit, sizeof kit);
    return buf_end(out_text);
}

static err_t typed_check(const struct kept *kept, str_t typed)
{
    OWN(buf) text = BUF(PART_TEXT);
    uint8_t hash[DIGEST_SIZE];
    TRY(kept->of.need == 1 ? kit_take(typed, &text) : part_take(kept, typed, &text));
    digest_salted(kept->salt, buf_str(&text), hash);
    return bytes_equal(str_bytes(hash, sizeof hash), str_bytes(kept->digest, sizeof kept->digest))
               ? ERR_OK
               : fail(ERR_INVALID, "this is not the one that you were shown");
}

/* The new recovery key in the place of the one before: the tenant's key, its signing key and its holds are sealed to it. */
static err_t recovery_turn(struct ask *ask, const struct who *who, const struct recovery *recovery)
{
    OWN(buf) box = BUF(KEY_SIZE + BOX_EXTRA);
    moment_t now = ask->env->now(ask->env);
    box_seal(&recovery->public, key_bytes(&who->tenant_private), &box);
    TRY(buf_end(&box));
    TRY(cell_destroy(ask->keyring, who->tenant, CELL_RECOVERY));
    TRY(cell_put(ask->keyring, who->tenant, who->tenant, CELL_RECOVERY, buf_str(&box)));
    TRY(signer_next_take(ask, who->tenant, recovery->id));
    TRY(holds_recovery(ask, who, &recovery->public));
    TRY(db_do(ask->db, "update recoveries set state = 'over' where tenant = $1 and state = 'live'",
              ID(who->tenant)));
    TRY(db_do(ask->db, "update recoveries set state = 'live', since = $2 where id = $1", ID(recovery->id),
              N(now)));
    TRY(db_do(ask->db,
              "update tenants set recovery = $2, recovery_used = 0,"
              " state = case state when 'kit' then 'open' else state end where id = $1",
              ID(who->tenant), B(key_bytes(&recovery->public))));
    return recovery_tell(ask, who, ACT_RECOVERY_CHANGED, recovery);
}

err_t answer_part_confirm(struct ask *ask)
{
    const Keys__PartTyped *in = ask->in;
    OWN(who) who = {0};
    struct kept kept = {.number = 0};
    int64_t left = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    if (!who.keyed)
        return fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
    TRY(kept_find(ask, &who, "waiting", &kept));
    if (!kept.seen)
        return fail(ERR_CONFLICT, "you have not been shown your part yet");
    TRY(typed_check(&kept, str(in->text)));
    ask->idle = kept.confirmed != 0;
    if (ask->idle)
        return ERR_OK;
    TRY(db_do(ask->db, "update recovery_parts set confirmed = $2 where id = $1", ID(kept.id),
              N(ask->env->now(ask->env))));
    TRY(recovery_tell(ask, &who, ACT_PART_CONFIRMED, &kept.of));
    TRY(db_number(ask->db, &left, "select count(*) from recovery_parts where recovery = $1 and confirmed = 0",
                  ID(kept.of.id)));
    return left ? ERR_OK : recovery_turn(ask, &who, &kept.of);
}

/* The kit stands for its key pair: whose public half is known opens, and nothing has to be opened to see that. */
static err_t kit_rehearse(struct ask *ask, const struct who *who, str_t typed)
{
    OWN(rows) rows = {0};
    OWN(key) private;
    struct key public;
    uint8_t kit[KIT_BYTES];
    if (!role_may(role_find(who->role), RIGHT_OWN))
        return fail(ERR_DENIED, "there is no part of a recovery key for you, and the kit is an owner's");
    TRY(kit_read(typed, kit));
    kit_pair(kit, &public, &private);
    explicit_bzero(kit, sizeof kit);
    TRY(db_read(ask->db, &rows, "select recovery from tenants where id = $1", ID(who->tenant)));
    TRY(row_one(&rows));
    return bytes_equal(row_text(&rows, 0), key_bytes(&public))
               ? ERR_OK
               : fail(ERR_INVALID, "this is not the kit of this organisation, or not the one in force");
}

static err_t live_need(struct ask *ask, ident_t tenant, struct recovery *out)
{
    OWN(rows) rows = {0};
    *out = (struct recovery){.id = tenant, .need = 1};
    TRY(db_read(ask->db, &rows, "select id, need from recoveries where tenant = $1 and state = 'live'",
                ID(tenant)));
    if (row_next(&rows)) {
        out->id = row_ident(&rows, 0);
        out->need = row_number(&rows, 1);
    }
    return rows_end(&rows);
}

err_t answer_part_rehearse(struct ask *ask)
{
    const Keys__PartTyped *in = ask->in;
    OWN(who) who = {0};
    struct recovery live;
    struct kept kept = {.number = 0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(live_need(ask, who.tenant, &live));
    if (live.need == 1) {
        TRY(kit_rehearse(ask, &who, str(in->text)));
    } else {
        TRY(kept_find(ask, &who, "live", &kept));
        TRY(typed_check(&kept, str(in->text)));
    }
    TRY(db_do(ask->db, "update recovery_parts set rehearsed = $3 where recovery = $1 and ($4 or member = $2)",
              ID(live.id), ID(who.member), N(ask->env->now(ask->env)), N(live.need == 1)));
    return recovery_tell(ask, &who, ACT_PART_REHEARSED, &live);
}

/* Withdrawing: the parts that nobody has seen are destroyed, the others open nothing. */
err_t answer_recovery_withdraw(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(MAX_ASK);
    OWN(buf) parts = BUF(MAX_ASK);
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(db_idents(ask->db, &ids, "select id from recoveries where tenant = $1 and state = 'waiting'",
                  ID(who.tenant)));
    if (!ids.len)
        return fail(ERR_MISSING, "no recovery key waits to be confirmed");
    struct recovery recovery = {.id = *(ident_t *)(void *)ids.at};
    TRY(db_idents(ask->db, &parts, "select id from recovery_parts where recovery = $1", ID(recovery.id)));
    for_each_ident(id, &parts) TRY(cell_destroy(ask->keyring, id, CELL_PART));
    TRY(cell_destroy(ask->keyring, recovery.id, CELL_SIGNER_NEXT));
    TRY(db_do(ask->db, "delete from recovery_parts where recovery = $1", ID(recovery.id)));
    TRY(db_do(ask->db, "update recoveries set state = 'withdrawn' where id = $1", ID(recovery.id)));
    return recovery_tell(ask, &who, ACT_RECOVERY_WITHDRAWN, &recovery);
}
