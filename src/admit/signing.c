/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/signing.h"

#include "govern/policy.h"
#include "keyring/journal.h"

err_t signer_row(struct ask *ask, ident_t tenant, struct signer_row *out_row)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select key, kept, made, number from signers where tenant = $1", ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "there is no signing key yet: an owner makes it (custody signer make)");
    *out_row = (struct signer_row){arena_copy(ask->arena, row_text(&rows, 0)), row_number(&rows, 1) != 0,
                                   row_number(&rows, 2), row_number(&rows, 3)};
    return arena_end(ask->arena);
}

/* Where the seed stands: a cell, sealed to a key. */
struct seed_place {
    ident_t tenant, id;
    enum cell cell;
    struct key public;
};

static err_t seed_put(struct ask *ask, const struct seed_place *place, const struct key *seed)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    box_seal(&place->public, key_bytes(seed), &sealed);
    TRY(buf_end(&sealed));
    return cell_put(ask->keyring, place->tenant, place->id, place->cell, buf_str(&sealed));
}

err_t signer_seal(struct ask *ask, ident_t tenant, ident_t member, const struct key *seed)
{
    OWN(rows) rows = {0};
    struct seed_place place = {.tenant = tenant, .id = member, .cell = CELL_SIGNER};
    TRY(db_read(ask->db, &rows, "select public from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(member), ID(tenant)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &place.public));
    return seed_put(ask, &place, seed);
}

/* A recovery key that waits to be confirmed opens it too. */
static err_t seed_seal_next(struct ask *ask, ident_t tenant, const struct key *seed)
{
    OWN(rows) rows = {0};
    struct seed_place place = {.tenant = tenant, .cell = CELL_SIGNER_NEXT};
    TRY(db_read(ask->db, &rows, "select id, public from recoveries where tenant = $1 and state = 'waiting'",
                ID(tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    place.id = row_ident(&rows, 0);
    TRY(key_from(row_text(&rows, 1), &place.public));
    return seed_put(ask, &place, seed);
}

static err_t seed_seal_recovery(struct ask *ask, ident_t tenant, const struct key *seed)
{
    OWN(rows) rows = {0};
    struct seed_place place = {.tenant = tenant, .id = tenant, .cell = CELL_SIGNER_RECOVERY};
    TRY(db_read(ask->db, &rows, "select recovery from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &place.public));
    TRY(seed_put(ask, &place, seed));
    return seed_seal_next(ask, tenant, seed);
}

/* Of an earlier key nothing that could sign stays. */
static err_t seeds_destroy(struct ask *ask, ident_t tenant)
{
    OWN(buf) members = BUF(MAX_ASK);
    OWN(buf) waiting = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &members, "select id from members where tenant = $1 and kind = 'user'",
                  ID(tenant)));
    for_each_ident(id, &members) TRY(cell_destroy(ask->keyring, id, CELL_SIGNER));
    TRY(db_idents(ask->db, &waiting, "select id from recoveries where tenant = $1 and state = 'waiting'",
                  ID(tenant)));
    for_each_ident(id, &waiting) TRY(cell_destroy(ask->keyring, id, CELL_SIGNER_NEXT));
    return cell_destroy(ask->keyring, tenant, CELL_SIGNER_RECOVERY);
}

static err_t row_put(struct ask *ask, ident_t tenant, const struct note_key *key, bool kept)
{
    OWN(buf) text = BUF(512);
    note_key_put(&text, key);
    TRY(buf_end(&text));
    return db_do(ask->db,
                 "insert into signers (tenant, key, kept, made, number) values ($1, $2, $3, $4, 0)"
                 " on conflict (tenant) do update set key = excluded.key, kept = excluded.kept,"
                 " made = excluded.made",
                 ID(tenant), T(buf_str(&text)), N(kept), N(ask->env->now(ask->env)));
}

err_t signer_born(struct ask *ask, const struct who *who)
{
    OWN(key) seed;
    OWN(note_signer) signer = {.seed = {{0}}};
    key_random(ask->env, &seed);
    TRY(policy_signer(who->tenant, &seed, &signer));
    TRY(seeds_destroy(ask, who->tenant));
    TRY(signer_seal(ask, who->tenant, who->member, &seed));
    TRY(seed_seal_recovery(ask, who->tenant, &seed));
    return row_put(ask, who->tenant, &signer.key, true);
}

err_t signer_pinned(struct ask *ask, const struct who *who, const struct note_key *key)
{
    TRY(seeds_destroy(ask, who->tenant));
    return row_put(ask, who->tenant, key, false);
}

err_t signer_recovered(struct ask *ask, const struct who *who, const struct key kit_pair[2])
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    OWN(key) seed;
    err_t found = cell_get(ask->keyring, who->tenant, CELL_SIGNER_RECOVERY, &sealed);
    if (found == ERR_MISSING || !role_signs(role_find(who->role)))
        return ERR_OK;
    TRY(found);
    TRY(box_open(&kit_pair[0], &kit_pair[1], buf_str(&sealed), &plain));
    TRY(key_from(buf_str(&plain), &seed));
    TRY(signer_seal(ask, who->tenant, who->member, &seed));
    return journal_one(ask, who, ACT_SIGNER_GIVEN, who_mention(who));
}

/* One signature */

static err_t salt_read(struct ask *ask, ident_t tenant, buf_t *out_salt)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select salt from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    buf_put(out_salt, row_text(&rows, 0));
    return buf_end(out_salt);
}

static err_t member_asks(struct signing *signing)
{
    TRY(who_asks(signing->ask, signing->bearer, signing->right, &signing->who));
    if (!signing->who.is_user)
        return fail(ERR_DENIED,
                    "a program has no password: a person signs, or the key that is kept off the service");
    return signing->who.keyed ? ERR_OK
                              : fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
}

struct name {
    struct signing *signing;
    str_t username;
    buf_t salt;
};

/* What a sign-in would be asked for too; the session alone knows its own name. */
static err_t name_read(struct keyring *keyring, void *with)
{
    struct name *name = with;
    struct user user = {0};
    (void)keyring;
    buf_clear(&name->salt);
    TRY(member_asks(name->signing));
    name->signing->ask->lane = lane_of(name->signing->who.session);
    TRY(user_read(name->signing->ask, &name->signing->who, &user));
    name->username = user.username;
    return salt_read(name->signing->ask, name->signing->who.tenant, &name->salt);
}

static err_t seed_open(const struct signing *signing, struct key *out_seed)
{
    const struct key *pair = signing->proof.pair;
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    err_t found = cell_get(signing->ask->keyring, signing->who.member, CELL_SIGNER, &sealed);
    if (found == ERR_MISSING)
        return fail(ERR_LOCKED, "the signing key is not sealed to you: a member who signs has to give it");
    TRY(found);
    TRY(box_open(&pair[0], &pair[1], buf_str(&sealed), &plain));
    return key_from(buf_str(&plain), out_seed);
}

static err_t signer_open(struct signing *signing)
{
    OWN(key) seed = {{0}};
    struct signer_row row = {.kept = false};
    TRY(signer_row(signing->ask, signing->who.tenant, &row));
    if (!row.kept)
        return fail(ERR_DENIED, "the signing key is kept off the service: custody policy sign, then publish");
    TRY(seed_open(signing, &seed));
    return policy_signer(signing->who.tenant, &seed, &signing->signer);
}

err_t signer_next(struct signing *signing, ident_t recovery, const struct key *public)
{
    struct ask *ask = signing->ask;
    OWN(key) seed = {{0}};
    const struct seed_place place = {signing->who.tenant, recovery, CELL_SIGNER_NEXT, *public};
    struct signer_row row = {.kept = false};
    err_t there = signer_row(ask, signing->who.tenant, &row);
    if (there == ERR_MISSING || (there == ERR_OK && !row.kept))
        return ERR_OK;
    TRY(there);
    TRY(seed_open(signing, &seed));
    return seed_put(ask, &place, &seed);
}

err_t signer_next_take(struct ask *ask, ident_t tenant, ident_t recovery)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    TRY(cell_destroy(ask->keyring, tenant, CELL_SIGNER_RECOVERY));
    err_t found = cell_get(ask->keyring, recovery, CELL_SIGNER_NEXT, &sealed);
    if (found == ERR_MISSING) /* the key is kept off the service */
        return ERR_OK;
    TRY(found);
    TRY(cell_destroy(ask->keyring, recovery, CELL_SIGNER_NEXT));
    return cell_put(ask->keyring, tenant, tenant, CELL_SIGNER_RECOVERY, buf_str(&sealed));
}

static err_t proof_check(struct signing *signing)
{
    struct challenge *challenge = &signing->proof.use.challenge;
    signing->proof.use.said = signing->passkey;
    *challenge =
        (struct challenge){signing->act, .tenant = signing->who.tenant, .session = signing->who.session};
    if (signing->target.len)
        TRY(ident_from(signing->target, &challenge->target));
    TRY(proof_take(signing->ask, &signing->who, &signing->proof));
    return proof_opened(&signing->proof);
}

static err_t signing_act(struct keyring *keyring, void *with)
{
    struct signing *signing = with;
    (void)keyring;
    TRY(member_asks(signing)); /* again: much may have ended while the password was stretched */
    TRY(proof_check(signing));
    if (!signing->keyless)
        TRY(signer_open(signing));
    return signing->run(signing);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct signing *signing = with;
    (void)keyring;
    return proof_refused(signing->ask, &signing->who, &signing->proof);
}

/* What is wrong is told of as a refused sign-in is. */
static err_t refused(struct signing *signing, err_t result)
{
    return signing->proof.wrong ? refusal_write(signing->ask, result, refused_act, signing) : result;
}

static err_t way_make(struct signing *signing)
{
    struct name name = {.signing = signing, .salt = BUF(SALT_SIZE)};
    err_t result = keyring_read(signing->ask->keyring, name_read, &name);
    if (result == ERR_OK)
        result = way_in_from(signing->ask, buf_str(&name.salt), name.username.at, signing->password,
                             &signing->proof.way);
    buf_drop(&name.salt);
    return result;
}

err_t signing_run(struct signing *signing)
{
    if (!signing->passkey && !signing->password.len)
        return fail(ERR_INVALID, "neither a password is there, nor what a passkey has signed");
    err_t result = signing->passkey ? ERR_OK : way_make(signing);
    if (result == ERR_OK)
        result = refused(signing, keyring_write(signing->ask->keyring, signing_act, signing));
    who_drop(&signing->who);
    proof_drop(&signing->proof);
    note_signer_drop(&signing->signer);
    return result;
}
