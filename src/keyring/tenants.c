/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/cert.h"
#include "keyring/journal.h"

enum { CLAIM_DAYS = 7 };
#define AUTHORITY_YEARS 20

ProtobufCBinaryData ask_bytes(struct ask *ask, str_t bytes)
{
    str_t copy = arena_copy(ask->arena, bytes);
    return (ProtobufCBinaryData){copy.len, (uint8_t *)(uintptr_t)copy.at};
}

err_t ask_idents(struct ask *ask, const buf_t *ids, ProtobufCBinaryData **out_ids, size_t *out_count)
{
    *out_count = 0;
    *out_ids = arena_array(ask->arena, ProtobufCBinaryData, ids->len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, ids)(*out_ids)[(*out_count)++] = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}

char *ask_text(struct ask *ask, str_t text) { return (char *)(uintptr_t)arena_copy(ask->arena, text).at; }

bool is_name(const char *text)
{
    str_t name = str(text);
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f)
            return false;
    return name.len >= 1 && name.len <= MAX_NAME && str_is_utf8(name);
}

err_t tenant_typed(struct ask *ask, ident_t tenant, const char *typed)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    return str_eq(row_text(&rows, 0), str(typed))
               ? ERR_OK
               : fail(ERR_INVALID, "the name typed is not that of your organisation");
}

#define TENANT_COLUMNS \
    "tenants.id, coalesce(tenants.inherits, tenants.realm), tenants.name, tenants.state, tenants.made, authorities.certificate"

static Keys__Tenant *tenant_from(struct ask *ask, const rows_t *rows)
{
    Keys__Tenant *tenant = arena_new(ask->arena, Keys__Tenant);
    if (!tenant)
        return NULL;
    keys__tenant__init(tenant);
    tenant->id = ask_bytes(ask, row_text(rows, 0));
    tenant->realm = ask_bytes(ask, row_text(rows, 1));
    tenant->name = ask_text(ask, row_text(rows, 2));
    tenant->state = ask_text(ask, row_text(rows, 3));
    tenant->made = row_number(rows, 4);
    tenant->agent_authority = ask_bytes(ask, row_text(rows, 5));
    return tenant;
}

err_t authority_make(struct ask *ask, ident_t id, const char *name, const char **out_pem)
{
    OWN(buf) private_pem = BUF(8192);
    OWN(buf) cert_pem = BUF(8192);
    moment_t until = ask->env->now(ask->env) + DAYS(365 * AUTHORITY_YEARS);
    TRY(cert_key_make(&private_pem));
    TRY(cert_authority_make(ask->env, buf_str(&private_pem), name, until, &cert_pem));
    TRY(cell_put(ask->keyring, id, id, CELL_AUTHORITY, buf_str(&private_pem)));
    TRY(db_do(ask->db, "insert into authorities (id, certificate) values ($1, $2)", ID(id),
              T(buf_str(&cert_pem))));
    if (out_pem)
        *out_pem = ask_text(ask, buf_str(&cert_pem));
    return arena_end(ask->arena);
}

err_t authority_ensure(struct ask *ask)
{
    static const ident_t service;
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select 1 from authorities where id = $1", ID(service)));
    bool there = row_next(&rows);
    TRY(rows_end(&rows));
    return there ? ERR_OK : authority_make(ask, service, "Custody service authority", NULL);
}

err_t authority_fingerprint(struct ask *ask, uint8_t out_digest[DIGEST_SIZE])
{
    static const ident_t service;
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select certificate from authorities where id = $1", ID(service)));
    TRY(row_one(&rows));
    return cert_fingerprint(row_text(&rows, 0), out_digest);
}

err_t authority_issue(struct ask *ask, ident_t id, const struct cert_ask *cert, buf_t *out_pem)
{
    OWN(rows) rows = {0};
    OWN(buf) private_pem = BUF(8192);
    TRY(db_read(ask->db, &rows, "select certificate from authorities where id = $1", ID(id)));
    TRY(row_one(&rows));
    TRY(cell_get(ask->keyring, id, CELL_AUTHORITY, &private_pem));
    const struct cert_authority authority = {buf_str(&private_pem), row_text(&rows, 0)};
    return cert_issue(ask->env, &authority, cert, out_pem);
}

err_t tenant_message(struct ask *ask, ident_t id, Keys__Tenant **out_tenant)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " TENANT_COLUMNS " from tenants join authorities on authorities.id = tenants.id"
                " where tenants.id = $1",
                ID(id)));
    TRY(row_one(&rows));
    *out_tenant = tenant_from(ask, &rows);
    return arena_end(ask->arena);
}

static bool is_tenant_name(str_t name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool inner = i && i + 1 < name.len;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (inner && (c == '-' || c == '.'))))
            return false;
    }
    return name.len >= 1 && name.len <= 63;
}

/* It stands in both logs: the client's begins with it. */
static err_t tenant_told(struct ask *ask, ident_t id)
{
    static const ident_t service;
    const struct mention tenant = {"ten", id};
    const struct entry entry = {ACT_TENANT_MADE, .on = &tenant, .on_count = 1};
    TRY(journal(ask, service, &entry));
    return journal(ask, id, &entry);
}

static err_t tenant_insert(struct ask *ask, ident_t id, str_t name, const struct ticket *claim)
{
    uint8_t salt[SALT_SIZE], proof[DIGEST_SIZE];
    ident_t realm = ident_new(ask->env);
    moment_t now = ask->env->now(ask->env);
    ask->env->random(ask->env, salt, sizeof salt);
    digest(key_bytes(&claim->secret), proof);
    return db_do(ask->db,
                 "insert into tenants (id, realm, name, state, made, salt, claim, claim_until)"
                 " values ($1, $2, $3, 'unclaimed', $4, $5, $6, $7)",
                 ID(id), ID(realm), T(name), N(now), B(str_bytes(salt, sizeof salt)),
                 B(str_bytes(proof, sizeof proof)), N(now + DAYS(CLAIM_DAYS)));
}

err_t answer_tenant_make(struct ask *ask)
{
    const Keys__TenantMake *in = ask->in;
    Keys__TenantMade *out = ask->out;
    OWN(ticket) claim = {0};
    if (!is_tenant_name(str(in->name)))
        return fail(ERR_INVALID, "a tenant's name is 1 to 63 lower-case letters, digits, dots and dashes");
    claim.id = ident_new(ask->env);
    key_random(ask->env, &claim.secret);
    err_t made = tenant_insert(ask, claim.id, str(in->name), &claim);
    if (made == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "a tenant %s exists", in->name);
    TRY(made);
    TRY(authority_make(ask, claim.id, ident_text("ten", claim.id).text, NULL));
    TRY(tenant_told(ask, claim.id));
    out->claim = (char *)(uintptr_t)ticket_text(ask, "ccl", &claim, false);
    return tenant_message(ask, claim.id, &out->tenant);
}

err_t answer_tenant_list(struct ask *ask)
{
    Keys__Tenants *out = ask->out;
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room, "select count(*) from tenants"));
    out->items = arena_array(ask->arena, Keys__Tenant *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " TENANT_COLUMNS " from tenants join authorities on authorities.id = tenants.id"
                " order by tenants.name"));
    while (out->n_items < (size_t)room && row_next(&rows))
        out->items[out->n_items++] = tenant_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_server_certificate(struct ask *ask)
{
    enum { MOST_HOSTS = 16, VALID_DAYS = 365 };
    static const ident_t service;
    const Keys__ServerCertificate *in = ask->in;
    Keys__Certificate *out = ask->out;
    const char *hosts[MOST_HOSTS + 1] = {0};
    OWN(buf) chain = BUF(64 * 1024);
    OWN(rows) rows = {0};
    moment_t now = ask->env->now(ask->env);
    if (!in->n_hosts || in->n_hosts > MOST_HOSTS)
        return fail(ERR_INVALID, "a server certificate is for 1 to %d names", MOST_HOSTS);
    memcpy(hosts, in->hosts, in->n_hosts * sizeof *hosts);
    const struct cert_ask cert = {
        .public_der = bin(in->public_der),
        .common_name = hosts[0],
        .hosts = hosts,
        .from = now - HOURS(1),
        .until = now + DAYS(VALID_DAYS),
    };
    TRY(authority_issue(ask, service, &cert, &chain));
    TRY(db_read(ask->db, &rows, "select certificate from authorities where id = $1", ID(service)));
    TRY(row_one(&rows));
    buf_put(&chain, row_text(&rows, 0));
    TRY(buf_end(&chain));
    out->pem = ask_bytes(ask, buf_str(&chain));
    return arena_end(ask->arena);
}
