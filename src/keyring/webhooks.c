/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/webhooks.h"

#include "keyring/journal.h"
#include "keyring/notices.h"
#include "notify/reach.h"

enum { BODY_MAX = 4096, SIGNATURE_MAX = 256, BOTH_MS = 24 * 60 * 60 * 1000 };

#define WEBHOOK_COLUMNS "id, url, state, made, both, delivered, trouble"

static void webhook_from(struct ask *ask, const rows_t *rows, Keys__Webhook *out)
{
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->url = ask_text(ask, row_text(rows, 1));
    out->state = ask_text(ask, row_text(rows, 2));
    out->made = row_number(rows, 3);
    out->both = row_number(rows, 4);
    out->delivered = row_number(rows, 5);
    out->trouble = ask_text(ask, row_text(rows, 6));
}

/* One of the tenant's own: MISSING where it is not. */
static err_t webhook_find(struct ask *ask, ident_t tenant, ident_t id, Keys__Webhook *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " WEBHOOK_COLUMNS " from webhooks where id = $1 and tenant = $2",
                ID(id), ID(tenant)));
    TRY(row_one(&rows));
    webhook_from(ask, &rows, out);
    return arena_end(ask->arena);
}

err_t answer_webhook_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Webhooks *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    out->items = arena_array(ask->arena, Keys__Webhook *, MAX_WEBHOOKS);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " WEBHOOK_COLUMNS " from webhooks where tenant = $1 order by made, id",
                ID(who.tenant)));
    while (out->n_items < MAX_WEBHOOKS && row_next(&rows)) {
        Keys__Webhook *webhook = arena_new(ask->arena, Keys__Webhook);
        TRY(arena_end(ask->arena));
        keys__webhook__init(webhook);
        webhook_from(ask, &rows, webhook);
        out->items[out->n_items++] = webhook;
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* A new secret, kept, and as its text for the one answer that has it. */
static err_t webhook_secret(struct ask *ask, ident_t tenant, ident_t id, Keys__Webhook *out)
{
    OWN(key) secret;
    OWN(buf) text = BUF(SIGNATURE_MAX);
    key_random(ask->env, &secret);
    TRY(cell_put(ask->keyring, tenant, id, CELL_WEBHOOK, key_bytes(&secret)));
    buf_put(&text, STR("whsec_"));
    buf_put_base64_padded(&text, key_bytes(&secret));
    TRY(buf_end(&text));
    out->secret = ask_text(ask, buf_str(&text));
    return arena_end(ask->arena);
}

/* Where it may be the operator's rules say, at the door and before each post; here, that it is an address at all. */
static err_t url_check(struct ask *ask, ident_t tenant, const char *url)
{
    struct reach reach;
    int64_t count = 0, same = 0;
    TRY(reach_read(str(url), &reach));
    if (strncmp(reach.scheme, "http", 4) != 0)
        return fail(ERR_INVALID, "a webhook's address begins with https://");
    TRY(db_number(ask->db, &count, "select count(*) from webhooks where tenant = $1", ID(tenant)));
    TRY(db_number(ask->db, &same, "select count(*) from webhooks where tenant = $1 and url = $2", ID(tenant),
                  T(str(url))));
    if (same)
        return fail(ERR_CONFLICT, "this address is a webhook already");
    return count < MAX_WEBHOOKS
               ? ERR_OK
               : fail(ERR_TOO_LARGE, "notices are posted to at most %d webhooks", MAX_WEBHOOKS);
}

err_t answer_webhook_add(struct ask *ask)
{
    const Keys__WebhookAdd *in = ask->in;
    Keys__Webhook *out = ask->out;
    OWN(who) who = {0};
    ident_t id = ident_new(ask->env);
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(url_check(ask, who.tenant, in->url));
    TRY(db_do(ask->db,
              "insert into webhooks (id, tenant, url, state, made, both, delivered, trouble)"
              " values ($1, $2, $3, 'on', $4, 0, 0, '')",
              ID(id), ID(who.tenant), T(str(in->url)), N(ask->env->now(ask->env))));
    TRY(webhook_find(ask, who.tenant, id, out));
    TRY(webhook_secret(ask, who.tenant, id, out));
    return journal_one(ask, &who, ACT_WEBHOOK_ADDED, (struct mention){"whk", id});
}

/* The one that an owner names. */
static err_t owned(struct ask *ask, struct who *out_who, ident_t *out_id, Keys__Webhook *out)
{
    const Keys__Named *in = ask->in;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, out_who));
    TRY(ident_from(bin(in->id), out_id));
    return webhook_find(ask, out_who->tenant, *out_id, out);
}

static err_t earlier_end(struct ask *ask, ident_t id)
{
    TRY(cell_destroy(ask->keyring, id, CELL_WEBHOOK_BEFORE));
    return db_do(ask->db, "update webhooks set both = 0 where id = $1", ID(id));
}

/* Rotated again within the day, the earliest of the three ends. */
err_t answer_webhook_rotate(struct ask *ask)
{
    Keys__Webhook *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) secret = BUF(KEY_SIZE);
    ident_t id;
    TRY(owned(ask, &who, &id, out));
    TRY(cell_get(ask->keyring, id, CELL_WEBHOOK, &secret));
    TRY(earlier_end(ask, id));
    TRY(cell_destroy(ask->keyring, id, CELL_WEBHOOK));
    TRY(cell_put(ask->keyring, who.tenant, id, CELL_WEBHOOK_BEFORE, buf_str(&secret)));
    out->both = ask->env->now(ask->env) + BOTH_MS;
    TRY(db_do(ask->db, "update webhooks set both = $2 where id = $1", ID(id), N(out->both)));
    TRY(webhook_secret(ask, who.tenant, id, out));
    return journal_one(ask, &who, ACT_WEBHOOK_ROTATED, (struct mention){"whk", id});
}

/* What waited for it, or failed, goes with it. */
err_t answer_webhook_remove(struct ask *ask)
{
    Keys__Webhook webhook = KEYS__WEBHOOK__INIT;
    OWN(who) who = {0};
    ident_t id;
    TRY(owned(ask, &who, &id, &webhook));
    TRY(cell_destroy(ask->keyring, id, 0));
    TRY(db_do(ask->db,
              "delete from notices where tenant = $1 and address = $2 and state in ('waiting', 'failed')",
              ID(who.tenant), T(str(webhook.url))));
    TRY(db_do(ask->db, "delete from webhooks where id = $1", ID(id)));
    return journal_one(ask, &who, ACT_WEBHOOK_REMOVED, (struct mention){"whk", id});
}

err_t answer_webhook_test(struct ask *ask)
{
    Keys__Webhook webhook = KEYS__WEBHOOK__INIT;
    OWN(who) who = {0};
    ident_t id;
    TRY(owned(ask, &who, &id, &webhook));
    if (strcmp(webhook.state, "on") != 0)
        return fail(ERR_CONFLICT, "the webhook is switched off: remove it, and add it again");
    TRY(tests_allowed(ask, who.tenant));
    return notice_put(ask, who.tenant, &(struct notice){NOTICE_TEST}, str(webhook.url));
}

/* Signing what is posted */

struct signing {
    struct ask *ask;
    ident_t webhook;
    str_t parts[5]; /* id.moment.body */
    buf_t *out;
};

static err_t signature_put(const struct signing *signing, enum cell cell)
{
    OWN(buf) secret = BUF(KEY_SIZE);
    uint8_t mac[DIGEST_SIZE];
    TRY(cell_get(signing->ask->keyring, signing->webhook, cell, &secret));
    digest_keyed(buf_str(&secret), signing->parts, sizeof signing->parts / sizeof *signing->parts, mac);
    buf_put(signing->out, signing->out->len ? STR(" v1,") : STR("v1,"));
    buf_put_base64_padded(signing->out, str_bytes(mac, sizeof mac));
    return ERR_OK;
}

/* The webhook that a notice waits for: MISSING where it does not, or is gone. */
static err_t webhook_waited_for(struct ask *ask, ident_t notice, ident_t *out_webhook, moment_t *out_both)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select webhooks.id, webhooks.both from notices join webhooks on webhooks.tenant = notices.tenant"
        " and webhooks.url = notices.address where notices.id = $1 and notices.state = 'waiting'"
        " and webhooks.state = 'on'",
        ID(notice)));
    TRY(row_one(&rows));
    *out_webhook = row_ident(&rows, 0);
    *out_both = row_number(&rows, 1);
    return ERR_OK;
}

err_t answer_webhook_sign(struct ask *ask)
{
    const Keys__WebhookSign *in = ask->in;
    Keys__WebhookSigned *out = ask->out;
    OWN(buf) signatures = BUF(SIGNATURE_MAX);
    char moment[24];
    ident_t notice;
    moment_t both;
    struct signing signing = {.ask = ask, .out = &signatures};
    TRY(ident_from(bin(in->id), &notice));
    if (strlen(in->body) > BODY_MAX)
        return fail(ERR_TOO_LARGE, "a notice that is posted has at most %d bytes", BODY_MAX);
    TRY(webhook_waited_for(ask, notice, &signing.webhook, &both));
    out->at = ask->env->now(ask->env);
    snprintf(moment, sizeof moment, "%lld", (long long)(out->at / 1000));
    const ident_text_t id = ident_text("ntc", notice);
    const str_t parts[] = {str(id.text), STR("."), str(moment), STR("."), str(in->body)};
    memcpy(signing.parts, parts, sizeof parts);
    TRY(signature_put(&signing, CELL_WEBHOOK));
    if (both > out->at)
        TRY(signature_put(&signing, CELL_WEBHOOK_BEFORE));
    TRY(buf_end(&signatures));
    out->signatures = ask_text(ask, buf_str(&signatures));
    return arena_end(ask->arena);
}

/* What became of it */

err_t webhook_delivered(struct ask *ask, ident_t tenant, str_t url)
{
    return db_do(ask->db, "update webhooks set delivered = $3, trouble = '' where tenant = $1 and url = $2",
                 ID(tenant), T(url), N(ask->env->now(ask->env)));
}

err_t webhook_failed(struct ask *ask, ident_t tenant, str_t url, str_t trouble)
{
    return db_do(ask->db, "update webhooks set trouble = $3 where tenant = $1 and url = $2", ID(tenant),
                 T(url), T(trouble));
}

err_t webhook_gone(struct ask *ask, ident_t tenant, str_t url)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select id from webhooks where tenant = $1 and url = $2 and state = 'on'",
                ID(tenant), T(url)));
    if (!row_next(&rows))
        return rows_end(&rows);
    const struct mention on = {"whk", row_ident(&rows, 0)};
    TRY(db_do(ask->db, "update webhooks set state = 'gone' where id = $1", ID(on.id)));
    TRY(notice_add(ask, tenant, &(struct notice){NOTICE_WEBHOOK_GONE}));
    return journal(ask, tenant, &(struct entry){ACT_WEBHOOK_GONE, .on = &on, .on_count = 1});
}

err_t webhooks_turn(struct ask *ask)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select id from webhooks where both > 0 and both <= $1",
                  N(ask->env->now(ask->env))));
    for_each_ident(id, &ids) TRY(earlier_end(ask, id));
    return ERR_OK;
}
