/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/authenticator.h"
#include "admit/passkeys.h"
#include "admit/staff.h"

#include "concept/codec.h"
#include "seal/seal.h"

void way_in_drop(struct way_in *way) { explicit_bzero(way, sizeof *way); }

err_t salt_of(struct ask *ask, const struct who *who, uint8_t out_salt[SALT_SIZE])
{
    OWN(rows) rows = {0};
    if (who->is_staff)
        return staff_salt(ask, out_salt);
    TRY(db_read(ask->db, &rows, "select salt from tenants where id = $1", ID(who->tenant)));
    TRY(row_one(&rows));
    memcpy(out_salt, row_text(&rows, 0).at, SALT_SIZE);
    return ERR_OK;
}

void username_put(const char *username, buf_t *out)
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
    username_put(username, &lower);
    key_derive(&base, "custody username", buf_str(&lower), &mixed);
    TRY(keyring_stretch(ask->keyring, &(struct stretch){password, mixed.bytes, ask->lane}, &root));
    key_derive(&root, "custody find", STR(""), &out_way->find);
    key_derive(&root, "custody wrap", STR(""), &out_way->wrap);
    return ERR_OK;
}

err_t member_key_give(struct ask *ask, const struct who *who, ident_t member, const struct key *public)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    box_seal(public, key_bytes(&who->tenant_private), &sealed);
    TRY(buf_end(&sealed));
    return cell_put(ask->keyring, who->tenant, member, CELL_TENANT_KEY, buf_str(&sealed));
}

err_t pair_first(struct ask *ask, const struct who *who, struct key *out_private)
{
    OWN(key) seed;
    struct key public;
    key_random(ask->env, &seed);
    pair_from(&seed, &public, out_private);
    TRY(db_do(ask->db, "update members set public = $2 where id = $1", ID(who->member),
              B(key_bytes(&public))));
    return who->keyed && !who->is_staff ? member_key_give(ask, who, who->member, &public) : ERR_OK;
}

/* A staff member's is the service's own to read: who the provider's people are is no secret to its clients. */
static err_t record_put(struct ask *ask, const struct who *who, str_t frame)
{
    return cell_put(ask->keyring, who->tenant, who->member, CELL_RECORD, frame);
}

static err_t record_seal(struct ask *ask, const struct who *who, const struct key *public, str_t frame)
{
    const struct seal_place place = {.realm = who->realm, .id = who->member, .concept = user_concept.number};
    OWN(buf) sealed = BUF(MAX_ASK);
    seal_put(ask->env, public, &place, frame, &sealed);
    TRY(buf_end(&sealed));
    return record_put(ask, who, buf_str(&sealed));
}

static err_t record_put_sealed(struct ask *ask, const struct who *who, str_t frame)
{
    struct key public;
    const struct entry_ask entry = {
        .id = who->member, .tenant = who->tenant, .kind = "person", .tenant_public = who->tenant_public};
    TRY(entry_make(ask, &entry, &public));
    return record_seal(ask, who, &public, frame);
}

static err_t user_pack(struct ask *ask, const struct user *user, buf_t *out_frame)
{
    OWN(buf) packed = BUF(64 * 1024);
    if (!is_name(user->full_name.at) || !is_name(user->email.at) || !strchr(user->email.at, '@'))
        return fail(ERR_INVALID, "a user has a full name and an email address");
    TRY(codec_pack(&user_concept, user, 1, ask->arena, &packed));
    return codec_shrink(buf_str(&packed), out_frame);
}

err_t user_put(struct ask *ask, const struct who *who, const struct user *user)
{
    OWN(buf) frame = BUF(64 * 1024);
    TRY(user_pack(ask, user, &frame));
    return who->is_staff ? record_put(ask, who, buf_str(&frame))
                         : record_put_sealed(ask, who, buf_str(&frame));
}

err_t user_write(struct ask *ask, const struct who *who, const struct user *user)
{
    OWN(buf) frame = BUF(64 * 1024);
    OWN(rows) rows = {0};
    struct key public;
    TRY(user_pack(ask, user, &frame));
    TRY(db_read(ask->db, &rows, "select public from entries where id = $1 and tenant = $2 and dead is null",
                ID(who->member), ID(who->tenant)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &public));
    TRY(cell_destroy(ask->keyring, who->member, CELL_RECORD));
    return record_seal(ask, who, &public, buf_str(&frame));
}

err_t member_bare(struct ask *ask, const struct who *who, bool *out_bare)
{
    int64_t bare = 0;
    TRY(db_number(ask->db, &bare, "select count(*) from members where id = $1 and length(public) = 0",
                  ID(who->member)));
    *out_bare = bare > 0;
    return ERR_OK;
}

err_t way_in_first(struct ask *ask, const struct who *who, const struct way_in *way)
{
    OWN(key) private;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    TRY(pair_first(ask, who, &private));
    aead_seal(ask->env, &way->wrap, ident_bytes(&who->member), key_bytes(&private), &wrapped);
    TRY(buf_end(&wrapped));
    TRY(cell_put(ask->keyring, who->tenant, who->member, CELL_MEMBER_KEY, buf_str(&wrapped)));
    return db_do(ask->db, "update members set find = $2 where id = $1", ID(who->member),
                 B(key_bytes(&way->find)));
}

err_t user_make(struct ask *ask, struct who *who, const struct user_ask *ask_user, const struct way_in *way)
{
    const struct user user = {.full_name = str(ask_user->full_name),
                              .username = str(ask_user->username),
                              .email = str(ask_user->email)};
    moment_t now = ask->env->now(ask->env);
    who->member = ident_new(ask->env);
    who->role = str(ask_user->role);
    who->keyed |= who->is_staff; /* its own, from its first sign-in on */
    who->is_user = true;
    TRY(db_do(ask->db,
              "insert into members (id, tenant, kind, role, public, made, until, used)"
              " values ($1, $2, 'user', $3, $4, $5, 0, 0)",
              ID(who->member), ID(who->tenant), T(who->role), B(STR("")), N(now)));
    if (way)
        TRY(way_in_first(ask, who, way));
    return user_put(ask, who, &user);
}

err_t user_renew(struct ask *ask, struct who *who, const struct way_in *way)
{
    TRY(sessions_end(ask, who->member));
    TRY(cell_destroy(ask->keyring, who->member, CELL_MEMBER_KEY));
    TRY(cell_destroy(ask->keyring, who->member, CELL_TENANT_KEY));
    TRY(cell_destroy(ask->keyring, who->member, CELL_SIGNER));
    TRY(authenticator_forget(ask, who->member));
    TRY(passkeys_forget(ask, who->member));
    return way_in_first(ask, who, way);
}

/* Who has not got the key yet, or needs none, comes in without it. */
static err_t tenant_unwrap(struct ask *ask, struct who *who, const struct key *public,
                           const struct key *private)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) tenant = BUF(KEY_SIZE);
    err_t found = cell_get(ask->keyring, who->member, CELL_TENANT_KEY, &sealed);
    who->keyed = found == ERR_OK;
    if (found == ERR_MISSING)
        return ERR_OK;
    TRY(found);
    TRY(box_open(public, private, buf_str(&sealed), &tenant));
    return key_from(buf_str(&tenant), &who->tenant_private);
}

static err_t private_unwrap(struct ask *ask, ident_t member, const struct way_in *way,
                            struct key *out_private)
{
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    OWN(buf) private = BUF(KEY_SIZE);
    TRY(cell_get(ask->keyring, member, CELL_MEMBER_KEY, &wrapped));
    TRY(aead_open(&way->wrap, ident_bytes(&member), buf_str(&wrapped), &private));
    return key_from(buf_str(&private), out_private);
}

err_t member_enter(struct ask *ask, struct who *who, const struct key pair[2])
{
    if (!who->is_staff)
        return tenant_unwrap(ask, who, &pair[0], &pair[1]);
    who->tenant_private = pair[1];
    who->keyed = true;
    return ERR_OK;
}

static err_t member_unwrap(struct ask *ask, struct who *who, const struct key *public, struct way_in *way)
{
    struct key pair[2] = {*public};
    err_t result = private_unwrap(ask, who->member, way, &pair[1]);
    if (result == ERR_OK && !way->codeless)
        result = authenticator_check(ask, who->member, pair, way);
    if (result == ERR_OK)
        result = member_enter(ask, who, pair);
    key_drop(&pair[1]);
    return result;
}

err_t user_find(struct ask *ask, struct who *who, struct way_in *way)
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

err_t user_pair(struct ask *ask, const struct who *who, const struct way_in *way, struct key out_pair[2])
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select public, find from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(who->member), ID(who->tenant)));
    TRY(row_one(&rows));
    if (!bytes_equal(row_text(&rows, 1), key_bytes(&way->find)))
        return fail(ERR_DENIED, "the password is wrong");
    TRY(key_from(row_text(&rows, 0), &out_pair[0]));
    return private_unwrap(ask, who->member, way, &out_pair[1]);
}

static err_t record_open(const struct who *who, const struct key pair[2], str_t sealed, buf_t *out_frame)
{
    const struct seal_place place = {.realm = who->realm, .id = who->member, .concept = user_concept.number};
    OWN(buf) key = BUF(KEY_SIZE);
    OWN(key) data_key;
    str_t box;
    TRY(seal_box(sealed, &box));
    TRY(box_open(&pair[0], &pair[1], box, &key));
    TRY(key_from(buf_str(&key), &data_key));
    return seal_get(&data_key, &place, sealed, out_frame);
}

static err_t user_unpack(struct ask *ask, str_t frame, struct user *out_user)
{
    str_t packed;
    void *records = NULL;
    size_t count = 0;
    TRY(codec_grow(frame, ask->arena, &packed));
    TRY(codec_unpack(&user_concept, packed, ask->arena, &records, &count));
    if (count != 1)
        return fail(ERR_BROKEN, "a record that does not hold one user");
    *out_user = *(const struct user *)records;
    return ERR_OK;
}

err_t user_read_with(struct ask *ask, const struct who *who, const struct key pair[2], struct user *out_user)
{
    OWN(buf) record = BUF(MAX_ASK);
    OWN(buf) frame = BUF(MAX_ASK);
    TRY(cell_get(ask->keyring, who->member, CELL_RECORD, &record));
    TRY(record_open(who, pair, buf_str(&record), &frame));
    return user_unpack(ask, buf_str(&frame), out_user);
}

err_t user_read(struct ask *ask, const struct who *who, struct user *out_user)
{
    OWN(buf) record = BUF(MAX_ASK);
    struct key pair[2];
    if (who->is_staff) {
        TRY(cell_get(ask->keyring, who->member, CELL_RECORD, &record));
        return user_unpack(ask, buf_str(&record), out_user);
    }
    TRY(entry_private(ask, who, who->member, pair));
    err_t result = user_read_with(ask, who, pair, out_user);
    key_drop(&pair[1]);
    return result;
}

err_t staff_read(struct ask *ask, ident_t member, struct user *out_user)
{
    const struct who who = {.member = member, .is_staff = true};
    return user_read(ask, &who, out_user);
}

/* The pair stays the member's: what is sealed to it needs no other. */
static err_t private_wrap(struct ask *ask, const struct who *who, const struct way_in *way,
                          const struct key *private)
{
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    aead_seal(ask->env, &way->wrap, ident_bytes(&who->member), key_bytes(private), &wrapped);
    TRY(buf_end(&wrapped));
    TRY(cell_destroy(ask->keyring, who->member, CELL_MEMBER_KEY));
    return cell_put(ask->keyring, who->tenant, who->member, CELL_MEMBER_KEY, buf_str(&wrapped));
}

err_t user_rewrap(struct ask *ask, const struct who *who, const struct key *private, const struct way_in *way)
{
    TRY(private_wrap(ask, who, way, private));
    return db_do(ask->db, "update members set find = $2 where id = $1", ID(who->member),
                 B(key_bytes(&way->find)));
}
