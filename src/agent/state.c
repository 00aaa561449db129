/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/state.h"

#include "agent/place.h"
#include "base/limits.h"

enum { STATE_MAX = 32 * 1024 * 1024 };

const uint8_t sent_gone[DIGEST_SIZE] = {'g', 'o', 'n', 'e'}, sent_unknown[DIGEST_SIZE];

void state_drop(struct state *state)
{
    arena_drop(&state->arena);
    *state = (struct state){0};
}

void state_begin(struct state *state, struct env *env, ident_t tenant, ident_t device)
{
    *state = (struct state){.arena = ARENA(STATE_MAX),
                            .tenant = tenant,
                            .device = device,
                            .epoch = ident_new(env),
                            .changed = true};
}

/* Accounts */

const struct state_account *state_account(struct state *state, struct env *env, const struct local *local)
{
    struct state_account *one = state->accounts;
    while (one &&
           !(one->uid == local->uid && one->person == local->person && str_eq(one->name, local->told.name)))
        one = one->next;
    if (!one && (one = arena_new(&state->arena, struct state_account))) {
        *one = (struct state_account){.next = state->accounts,
                                      .id = ident_new(env),
                                      .name = arena_copy(&state->arena, local->told.name),
                                      .uid = local->uid,
                                      .person = local->person};
        state->accounts = one;
        state->changed = true;
    }
    if (one)
        one->present = true;
    return one;
}

static struct state_account **account_find(const struct state *state, ident_t id)
{
    struct state_account **at = (struct state_account **)(uintptr_t)&state->accounts;
    while (*at && !ident_eq((*at)->id, id))
        at = &(*at)->next;
    return at;
}

bool state_has_account(const struct state *state, ident_t id) { return *account_find(state, id); }

bool state_withholds(const struct state *state, ident_t account)
{
    const struct state_account *one = *account_find(state, account);
    return one && one->withheld;
}

void state_forget_account(struct state *state, ident_t id)
{
    struct state_account **at = account_find(state, id);
    if (!*at)
        return;
    *at = (*at)->next;
    state->changed = true;
}

/* What is sealed to */

void state_announced(struct state *state, ident_t account)
{
    struct state_account *one = *account_find(state, account);
    if (!one || one->announced)
        return;
    one->announced = true;
    state->changed = true;
}

void state_set_public(struct state *state, ident_t subject, const struct key *public)
{
    struct state_account *one = *account_find(state, subject);
    if (one) {
        one->sealable = true;
        one->public = *public;
    } else if (ident_eq(subject, state->device)) {
        state->sealable = true;
        state->public = *public;
    }
    state->changed = true;
}

const struct key *state_public(const struct state *state, ident_t subject)
{
    const struct state_account *one = *account_find(state, subject);
    if (!state->sealable) /* the realm came with it */
        return NULL;
    if (ident_eq(subject, state->device))
        return &state->public;
    return one && one->sealable ? &one->public : NULL;
}

/* What was sent */

static struct state_sent **sent_find(const struct state *state, ident_t item)
{
    struct state_sent **at = (struct state_sent **)(uintptr_t)&state->sent;
    while (*at && !ident_eq((*at)->id, item))
        at = &(*at)->next;
    return at;
}

bool state_was_sent(const struct state *state, ident_t item, const uint8_t digest[DIGEST_SIZE])
{
    const struct state_sent *sent = *sent_find(state, item);
    return sent && !memcmp(sent->digest, digest, DIGEST_SIZE);
}

void state_set_sent(struct state *state, ident_t item, const uint8_t digest[DIGEST_SIZE])
{
    struct state_sent **at = sent_find(state, item);
    if (!*at && (*at = arena_new(&state->arena, struct state_sent)))
        (*at)->id = item;
    if (*at)
        memcpy((*at)->digest, digest, DIGEST_SIZE);
    state->changed = true;
}

void state_forget_item(struct state *state, ident_t item)
{
    struct state_sent **at = sent_find(state, item);
    if (!*at)
        return;
    *at = (*at)->next;
    state->changed = true;
}

void state_start_over(struct state *state)
{
    for (struct state_sent *one = state->sent; one; one = one->next)
        memcpy(one->digest, sent_unknown, DIGEST_SIZE);
    state->answered = state->sequence;
    state->changed = true;
}

/* state.json */

static void put_id(buf_t *out, const char *name, const char *prefix, ident_t id)
{
    buf_putf(out, "\"%s\":\"%s\"", name, ident_text(prefix, id).text);
}

static void put_public(buf_t *out, const struct key *public)
{
    buf_putf(out, ",\"public\":\"");
    buf_put_base64(out, key_bytes(public));
    buf_putf(out, "\"");
}

static void put_account(buf_t *out, const struct state_account *account)
{
    buf_putf(out, "\n  {");
    put_id(out, "id", "acc", account->id);
    buf_putf(out, ",\"name\":");
    buf_put_json(out, account->name);
    buf_putf(out, ",\"uid\":%u,\"person\":%s,\"announced\":%s%s", account->uid,
             account->person ? "true" : "false", account->announced ? "true" : "false",
             account->withheld ? ",\"withheld\":true" : "");
    if (account->sealable)
        put_public(out, &account->public);
    buf_putf(out, "}");
}

static void put_sent(buf_t *out, const struct state_sent *sent)
{
    buf_putf(out, "\n  {");
    put_id(out, "id", "itm", sent->id);
    buf_putf(out, ",\"digest\":\"");
    buf_put_base64(out, str_bytes(sent->digest, DIGEST_SIZE));
    buf_putf(out, "\"}");
}

static void put_head(buf_t *out, const struct state *state)
{
    put_id(out, "tenant", "ten", state->tenant);
    buf_putf(out, ",\n ");
    put_id(out, "device", "dev", state->device);
    buf_putf(out, ",\n ");
    put_id(out, "epoch", "epo", state->epoch);
    buf_putf(out, ",\n \"sequence\":%llu", (unsigned long long)state->sequence);
    buf_putf(out, ",\n \"answered\":%llu", (unsigned long long)state->answered);
    if (state->withheld)
        buf_putf(out, ",\n \"withheld\":%llu", (unsigned long long)state->withheld);
    if (state->switches.known) {
        buf_putf(out, ",\n \"switches\":");
        switches_put(&state->switches, out);
    }
    if (state->sealable) {
        buf_putf(out, ",\n ");
        put_id(out, "realm", "rlm", state->realm);
        put_public(out, &state->public);
    }
}

static void put_accounts(buf_t *out, const struct state *state)
{
    buf_putf(out, ",\n \"accounts\":[");
    for (const struct state_account *one = state->accounts; one; one = one->next) {
        put_account(out, one);
        buf_putf(out, "%s", one->next ? "," : "");
    }
    buf_putf(out, "]");
}

static void put_all_sent(buf_t *out, const struct state *state)
{
    buf_putf(out, ",\n \"sent\":[");
    for (const struct state_sent *one = state->sent; one; one = one->next) {
        put_sent(out, one);
        buf_putf(out, "%s", one->next ? "," : "");
    }
    buf_putf(out, "]");
}

err_t state_save(struct env *env, const char *folder, struct state *state)
{
    OWN(buf) out = BUF(STATE_MAX);
    TRY(arena_end(&state->arena));
    if (!state->changed)
        return ERR_OK;
    buf_putf(&out, "{");
    put_head(&out, state);
    put_accounts(&out, state);
    put_all_sent(&out, state);
    buf_putf(&out, "}\n");
    TRY(buf_end(&out));
    TRY(env->write_file(env, place(folder, "state.json").text, buf_str(&out), 0600));
    state->changed = false;
    return ERR_OK;
}

static err_t read_public(const json_t *object, bool *out_there, struct key *out_public)
{
    OWN(buf) bytes = BUF(KEY_SIZE);
    *out_there = json_object_get(object, "public") != NULL;
    if (!*out_there)
        return ERR_OK;
    TRY(base64_read(object_text(object, "public"), &bytes));
    return key_from(buf_str(&bytes), out_public);
}

static err_t read_account(const json_t *object, struct state *state)
{
    struct state_account *one = arena_new(&state->arena, struct state_account);
    str_t name = object_text(object, "name");
    uint64_t uid;
    TRY(arena_end(&state->arena));
    TRY(object_id(object, "id", "acc", &one->id));
    TRY(object_number(object, "uid", &uid));
    if (!name_is_told(name) || uid > UINT32_MAX)
        return fail(ERR_INVALID, "an account of another form");
    one->name = arena_copy(&state->arena, name);
    one->uid = (uid_t)uid;
    one->person = json_is_true(json_object_get(object, "person"));
    one->announced = json_is_true(json_object_get(object, "announced"));
    one->withheld = json_is_true(json_object_get(object, "withheld"));
    TRY(read_public(object, &one->sealable, &one->public));
    one->next = state->accounts;
    state->accounts = one;
    return arena_end(&state->arena);
}

static err_t read_sent(const json_t *object, struct state *state)
{
    OWN(buf) digest = BUF(DIGEST_SIZE);
    struct state_sent *one = arena_new(&state->arena, struct state_sent);
    TRY(arena_end(&state->arena));
    TRY(object_id(object, "id", "itm", &one->id));
    TRY(base64_read(object_text(object, "digest"), &digest));
    if (digest.len != DIGEST_SIZE)
        return fail(ERR_INVALID, "a digest of %zu bytes", digest.len);
    memcpy(one->digest, digest.at, DIGEST_SIZE);
    one->next = state->sent;
    state->sent = one;
    return ERR_OK;
}

static err_t read_each(const json_t *list, err_t (*read)(const json_t *, struct state *), struct state *state)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(read(json_array_get(list, i), state));
    return ERR_OK;
}

static err_t read_head(const json_t *object, struct state *state)
{
    TRY(object_id(object, "tenant", "ten", &state->tenant));
    TRY(object_id(object, "device", "dev", &state->device));
    TRY(object_id(object, "epoch", "epo", &state->epoch));
    TRY(object_number(object, "sequence", &state->sequence));
    TRY(object_number(object, "answered", &state->answered));
    if (json_object_get(object, "withheld"))
        TRY(object_number(object, "withheld", &state->withheld));
    if (state->answered > state->sequence)
        return fail(ERR_INVALID, "more reports were answered than made");
    TRY(read_public(object, &state->sealable, &state->public));
    if (state->sealable)
        TRY(object_id(object, "realm", "rlm", &state->realm));
    const json_t *switches = json_object_get(object, "switches");
    return switches ? switches_from(switches, &state->switches) : ERR_OK;
}

err_t state_read(str_t text, struct state *state)
{
    OWN(json) object = NULL;
    *state = (struct state){.arena = ARENA(STATE_MAX)};
    TRY(object_read(text, &object));
    TRY(read_head(object, state));
    TRY(read_each(json_object_get(object, "accounts"), read_account, state));
    return read_each(json_object_get(object, "sent"), read_sent, state);
}

err_t state_load(struct env *env, const char *folder, struct state *state)
{
    OWN(buf) text = BUF(STATE_MAX);
    place_t path = place(folder, "state.json");
    err_t read = env->read_file(env, path.text, &text);
    if (read == ERR_MISSING)
        return fail(ERR_MISSING, "this machine is not enrolled: run custody-agent enrol first");
    TRY(read);
    if (state_read(buf_str(&text), state) != ERR_OK)
        return fail(ERR_BROKEN, "%s is damaged: remove it and enrol this machine again", path.text);
    return ERR_OK;
}
