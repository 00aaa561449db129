/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/sso.h"

enum { CLAIM_MOST = 512 };

/* Made with the first link of a tenant. */
static err_t links_key(struct ask *ask, ident_t tenant, struct key *out_key)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    err_t got = cell_get(ask->keyring, tenant, CELL_SSO_LINKS, &plain);
    if (got != ERR_MISSING)
        return got == ERR_OK ? key_from(buf_str(&plain), out_key) : got;
    key_random(ask->env, out_key);
    return cell_put(ask->keyring, tenant, tenant, CELL_SSO_LINKS, key_bytes(out_key));
}

static err_t issuer_put(struct ask *ask, ident_t tenant, buf_t *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select issuer from sso_providers where tenant = $1", ID(tenant)));
    if (row_next(&rows))
        buf_put(out, row_text(&rows, 0));
    buf_put_byte(out, 0);
    return rows_end(&rows);
}

static void put_lower(str_t text, buf_t *out)
{
    for (size_t i = 0; i < text.len; i++)
        buf_put_byte(out,
                     (uint8_t)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] - 'A' + 'a' : text.at[i]));
}

static const char *const labels[] = {
    [SSO_SUBJECT] = "custody provider subject",
    [SSO_PROVISIONED] = "custody provisioned",
    [SSO_USERNAME] = "custody username",
    [SSO_EXTERNAL] = "custody external id",
};

static err_t link_hash(struct ask *ask, const struct sso_link *link, struct key *out_hash)
{
    OWN(key) key = {{0}};
    OWN(buf) input = BUF(2 * CLAIM_MOST);
    if (!link->value.len || link->value.len > CLAIM_MOST)
        return fail(ERR_INVALID, "what a provider knows somebody by has 1 to %d bytes", CLAIM_MOST);
    TRY(links_key(ask, link->tenant, &key));
    if (link->by == SSO_SUBJECT) {
        TRY(issuer_put(ask, link->tenant, &input));
        buf_put(&input, link->value);
    } else
        put_lower(link->value, &input);
    TRY(buf_end(&input));
    key_derive(&key, labels[link->by], buf_str(&input), out_hash);
    return ERR_OK;
}

static err_t hash_find(struct ask *ask, ident_t tenant, const struct key *hash, ident_t *out_member)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select member from sso_links where tenant = $1 and hash = $2", ID(tenant),
                B(key_bytes(hash))));
    bool found = row_next(&rows);
    if (found)
        *out_member = row_ident(&rows, 0);
    TRY(rows_end(&rows));
    return found ? ERR_OK : fail(ERR_MISSING, "nobody here is known by it");
}

static err_t is_provisioned(struct ask *ask, ident_t member, bool *out_is)
{
    int64_t links = 0;
    TRY(db_number(ask->db, &links, "select count(*) from sso_links where member = $1 and by = $2", ID(member),
                  N(SSO_PROVISIONED)));
    *out_is = links > 0;
    return ERR_OK;
}

/* A provider may be set up to name people by their username while the directory sends something else. Whoever is not the
 * directory's is never found so: they chose their username by themselves. */
static err_t username_find(struct ask *ask, const struct sso_link *link, ident_t *out_member)
{
    struct sso_link by_name = *link;
    ident_t member;
    bool is = false;
    by_name.by = SSO_USERNAME;
    TRY(sso_link_find(ask, &by_name, &member));
    TRY(is_provisioned(ask, member, &is));
    if (!is)
        return fail(ERR_MISSING, "nobody here is known by it");
    *out_member = member;
    return ERR_OK;
}

err_t sso_link_find(struct ask *ask, const struct sso_link *link, ident_t *out_member)
{
    OWN(key) hash;
    TRY(link_hash(ask, link, &hash));
    err_t found = hash_find(ask, link->tenant, &hash, out_member);
    return found == ERR_MISSING && link->by == SSO_PROVISIONED ? username_find(ask, link, out_member) : found;
}

err_t sso_link_end(struct ask *ask, ident_t member, enum sso_by by)
{
    return db_do(ask->db, "delete from sso_links where member = $1 and by = $2", ID(member), N(by));
}

err_t sso_link_put(struct ask *ask, const struct sso_link *link)
{
    OWN(key) hash;
    ident_t member;
    TRY(link_hash(ask, link, &hash));
    err_t found = hash_find(ask, link->tenant, &hash, &member);
    if (found == ERR_OK && !ident_eq(member, link->member))
        return fail(ERR_CONFLICT, "somebody else here is known by it already");
    if (found != ERR_OK && found != ERR_MISSING)
        return found;
    TRY(db_do(ask->db, "delete from sso_links where member = $1 and by = $2", ID(link->member), N(link->by)));
    return db_do(
        ask->db, "insert into sso_links (tenant, hash, member, by, made) values ($1, $2, $3, $4, $5)",
        ID(link->tenant), B(key_bytes(&hash)), ID(link->member), N(link->by), N(ask->env->now(ask->env)));
}

err_t sso_links_end(struct ask *ask, ident_t member)
{
    return db_do(ask->db, "delete from sso_links where member = $1", ID(member));
}

void sso_release_drop(struct sso_release *release) { explicit_bzero(release, sizeof *release); }

err_t sso_release_find(struct ask *ask, ident_t session, struct sso_release *out_release)
{
    OWN(rows) rows = {0};
    OWN(buf) private = BUF(KEY_SIZE);
    TRY(db_read(
        ask->db, &rows,
        "select tenant, member, public, salt, token from sso_sessions where session = $1 and until > $2",
        ID(session), N(ask->env->now(ask->env))));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return fail(ERR_MISSING, "nothing of a sign-in provider is kept of this session");
    }
    TRY(cell_get(ask->keyring, session, CELL_SSO_ONCE, &private));
    out_release->tenant = row_ident(&rows, 0);
    out_release->member = row_ident(&rows, 1);
    TRY(key_from(row_text(&rows, 2), &out_release->public));
    TRY(key_from(buf_str(&private), &out_release->private));
    memcpy(out_release->salt, row_text(&rows, 3).at, SALT_SIZE);
    out_release->token = arena_copy(ask->arena, row_text(&rows, 4));
    return arena_end(ask->arena);
}

err_t sso_release_end(struct ask *ask, ident_t session)
{
    TRY(cell_destroy(ask->keyring, session, CELL_SSO_ONCE));
    return db_do(ask->db, "delete from sso_sessions where session = $1", ID(session));
}
