/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/members.h"

#include "concept/codec.h"
#include "seal/seal.h"

enum { MIN_PASSWORD = 12 };

void way_in_drop(struct way_in *way) { explicit_bzero(way, sizeof *way); }

static void put_lower(const char *username, buf_t *out)
{
    for (const char *c = username; *c; c++)
        buf_put_byte(out, (uint8_t)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c));
}

err_t way_in_from(struct ask *ask, str_t salt, const char *username, str_t password, struct way_in *out_way)
{
    OWN(key) base = {{0}};
    OWN(key) mixed;
    OWN(key) root;
    OWN(buf) lower = BUF(MAX_NAME);
    if (!is_name(username) || !password.len || password.len > MAX_PASSWORD)
        return fail(ERR_INVALID, "a username has 1 to %d bytes, a password at most %d", MAX_NAME,
                    MAX_PASSWORD);
    memcpy(base.bytes, salt.at, salt.len < KEY_SIZE ? salt.len : KEY_SIZE);
    put_lower(username, &lower);
    key_derive(&base, "custody username", buf_str(&lower), &mixed);
    TRY(keyring_stretch(ask->keyring, password, mixed.bytes, &root));
    key_derive(&root, "custody find", STR(""), &out_way->find);
    key_derive(&root, "custody wrap", STR(""), &out_way->wrap);
    return ERR_OK;
}

static err_t way_in_put(struct ask *ask, const struct who *who, const struct way_in *way,
                        struct key *out_public)
{
    OWN(key) seed;
    OWN(key) private;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    key_random(ask->env, &seed);
    pair_from(&seed, out_public, &private);
    aead_seal(ask->env, &way->wrap, ident_bytes(&who->member), key_bytes(&private), &wrapped);
    box_seal(out_public, key_bytes(&who->tenant_private), &sealed);
    TRY(buf_end(&wrapped));
    TRY(buf_end(&sealed));
    TRY(cell_put(ask->keyring, who->tenant, who->member, CELL_MEMBER_KEY, buf_str(&wrapped)));
    return cell_put(ask->keyring, who->tenant, who->member, CELL_TENANT_KEY, buf_str(&sealed));
}

static err_t record_put_sealed(struct ask *ask, const struct who *who, const struct user *user)
{
    struct key public;
    const struct entry_ask entry = {
        .id = who->member, .tenant = who->tenant, .kind = "person", .tenant_public = who->tenant_public};
    const struct seal_place place = {.realm = who->realm, .id = who->member, .concept = user_concept.number};
    OWN(buf) packed = BUF(64 * 1024);
    OWN(buf) frame = BUF(64 * 1024);
    OWN(buf) sealed = BUF(MAX_ASK);
    TRY(entry_make(ask, &entry, &public));
    TRY(codec_pack(&user_concept, user, 1, ask->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    seal_put(ask->env, &public, &place, buf_str(&frame), &sealed);
    TRY(buf_end(&sealed));
    return cell_put(ask->keyring, who->tenant, who->member, CELL_RECORD, buf_str(&sealed));
}

err_t user_make(struct ask *ask, struct who *who, const struct user_ask *ask_user, const struct way_in *way)
{
    struct key public;
    const struct user user = {.full_name = str(ask_user->full_name),
                              .username = str(ask_user->username),
                              .email = str(ask_user->email)};
    moment_t now = ask->env->now(ask->env);
    if (!is_name(ask_user->full_name) || !is_name(ask_user->email) || !strchr(ask_user->email, '@'))
        return fail(ERR_INVALID, "a user has a full name and an email address");
    who->member = ident_new(ask->env);
    who->role = str(ask_user->role);
    who->is_user = true;
    TRY(way_in_put(ask, who, way, &public));
    TRY(db_do(ask->db,
              "insert into members (id, tenant, kind, role, public, find, made, until, used)"
              " values ($1, $2, 'user', $3, $4, $5, $6, 0, 0)",
              ID(who->member), ID(who->tenant), T(who->role), B(key_bytes(&public)), B(key_bytes(&way->find)),
              N(now)));
    return record_put_sealed(ask, who, &user);
}

err_t user_renew(struct ask *ask, struct who *who, const struct way_in *way)
{
    struct key public;
    TRY(sessions_end(ask, who->member));
    TRY(cell_destroy(ask->keyring, who->member, CELL_MEMBER_KEY));
    TRY(cell_destroy(ask->keyring, who->member, CELL_TENANT_KEY));
    TRY(way_in_put(ask, who, way, &public));
    return db_do(ask->db, "update members set public = $2, find = $3 where id = $1", ID(who->member),
                 B(key_bytes(&public)), B(key_bytes(&way->find)));
}

static err_t member_unwrap(struct ask *ask, struct who *who, const struct key *public,
                           const struct way_in *way)
{
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    OWN(buf) private = BUF(KEY_SIZE);
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) tenant = BUF(KEY_SIZE);
    OWN(key) key;
    TRY(cell_get(ask->keyring, who->member, CELL_MEMBER_KEY, &wrapped));
    TRY(aead_open(&way->wrap, ident_bytes(&who->member), buf_str(&wrapped), &private));
    TRY(key_from(buf_str(&private), &key));
    TRY(cell_get(ask->keyring, who->member, CELL_TENANT_KEY, &sealed));
    TRY(box_open(public, &key, buf_str(&sealed), &tenant));
    return key_from(buf_str(&tenant), &who->tenant_private);
}

err_t user_find(struct ask *ask, struct who *who, const struct way_in *way)
{
    OWN(rows) rows = {0};
    struct key public;
    TRY(db_read(ask->db, &rows,
                "select id, role, public from members where tenant = $1 and find = $2 and kind = 'user'",
                ID(who->tenant), B(key_bytes(&way->find))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_SIGNED_OUT, "organisation, username or password is wrong");
    who->member = row_ident(&rows, 0);
    who->role = arena_copy(ask->arena, row_text(&rows, 1));
    who->is_user = true;
    TRY(key_from(row_text(&rows, 2), &public));
    return member_unwrap(ask, who, &public, way);
}

err_t user_read(struct ask *ask, const struct who *who, struct user *out_user)
{
    const struct seal_place place = {.realm = who->realm, .id = who->member, .concept = user_concept.number};
    struct key pair[2];
    OWN(buf) sealed = BUF(MAX_ASK);
    OWN(buf) key = BUF(KEY_SIZE);
    OWN(buf) frame = BUF(MAX_ASK);
    OWN(key) data_key;
    str_t box, packed;
    void *records = NULL;
    size_t count = 0;
    TRY(cell_get(ask->keyring, who->member, CELL_RECORD, &sealed));
    TRY(seal_box(buf_str(&sealed), &box));
    TRY(entry_private(ask, who, who->member, pair));
    err_t opened = box_open(&pair[0], &pair[1], box, &key);
    key_drop(&pair[1]);
    TRY(opened);
    TRY(key_from(buf_str(&key), &data_key));
    TRY(seal_get(&data_key, &place, buf_str(&sealed), &frame));
    TRY(codec_grow(buf_str(&frame), ask->arena, &packed));
    TRY(codec_unpack(&user_concept, packed, ask->arena, &records, &count));
    if (count != 1)
        return fail(ERR_BROKEN, "the record of %s does not hold one user",
                    ident_text("usr", who->member).text);
    *out_user = *(const struct user *)records;
    return ERR_OK;
}

err_t password_acceptable(str_t password)
{
    return password.len >= MIN_PASSWORD
               ? ERR_OK
               : fail(ERR_INVALID, "a password has at least %d characters", MIN_PASSWORD);
}
