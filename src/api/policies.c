/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed policies: published, listed, and how far they have come; and who signs them.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/publish.h"
#include "api/put.h"
#include "base/limits.h"
#include "collect/foreign_policy.h"
#include "concept/json.h"

enum { PAGE = 100, DAYS_MOST = 366 };

/* Policies */

static err_t number_of(const struct call *call, uint64_t *out_number)
{
    return str_number(call->id, POLICY_NUMBER_MAX, out_number) == ERR_OK
               ? ERR_OK
               : fail(ERR_MISSING, "no such policy");
}

static void put_head(const struct kept_policy *policy, struct object *object)
{
    object_number(object, "number", policy->number);
    object_moment(object, "made", policy->made);
    object_moment(object, "until", policy->until);
    buf_put_json(object_value(object, "by"), policy->by);
    buf_put_json(object_value(object, "digest"), policy->digest);
}

static void put_files(const struct policy *policy, buf_t *json)
{
    buf_put(json, STR("["));
    for (size_t i = 0; i < policy->count; i++) {
        buf_put(json, i ? STR(",{\"name\":") : STR("{\"name\":"));
        buf_put_json(json, policy->files[i].name);
        buf_put(json, STR(",\"text\":"));
        buf_put_json(json, policy->files[i].text);
        buf_put(json, STR("}"));
    }
    buf_put(json, STR("]"));
}

err_t api_policy_list(struct call *call)
{
    struct policies_page page;
    struct policies_ask ask = {.limit = PAGE};
    uint64_t limit = 0, before = 0;
    char next[32];
    TRY(call_number(call, "limit", PAGE, &limit));
    TRY(call_number(call, "cursor", 0, &before));
    if (limit < 1 || limit > MAX_PAGE)
        return fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
    ask = (struct policies_ask){(int64_t)before, limit};
    TRY(policies_page(&call->desk, call->tenant, &ask, &page));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < page.count; i++) {
        struct object object = object_begin(list_item(&list));
        put_head(&page.policies[i], &object);
        object_end(&object);
    }
    snprintf(next, sizeof next, "%lld", page.count ? (long long)page.policies[page.count - 1].number : 0);
    list_end(&list, page.more ? next : NULL);
    return ERR_OK;
}

/* As it was signed, and its files beside it, for who does not want to take it apart. */
static err_t put_policy(const struct kept_policy *kept, buf_t *json)
{
    struct note note;
    struct policy policy;
    TRY(policy_split(kept->note, &note));
    TRY(policy_read(note.text, &policy));
    struct object object = object_begin(json);
    put_head(kept, &object);
    put_files(&policy, object_value(&object, "files"));
    buf_put_json(object_value(&object, "note"), kept->note);
    object_end(&object);
    return ERR_OK;
}

err_t api_policy_show(struct call *call)
{
    struct kept_policy kept;
    uint64_t number = 0;
    TRY(number_of(call, &number));
    TRY(policies_one(&call->desk, call->tenant, (int64_t)number, &kept));
    return put_policy(&kept, &call->reply->body);
}

static err_t signer_ask(struct call *call, Keys__Signer **out_signer)
{
    return call_keys_bearer(call, ASK_signer_get, out_signer);
}

/* What is signed: the next number, from now on. */
static err_t text_make(struct call *call, const struct publish_body *body, buf_t *out_text)
{
    Keys__Signer *signer = NULL;
    struct policy policy = body->policy;
    if (body->days < 1 || body->days > DAYS_MOST)
        return fail(ERR_INVALID, "days is 1 to %d", DAYS_MOST);
    TRY(signer_ask(call, &signer));
    policy_sort(&policy);
    policy.tenant = call->tenant;
    policy.number = (uint64_t)signer->number + 1;
    policy.made = call->desk.env->now(call->desk.env);
    policy.until = policy.made + DAYS(body->days);
    return policy_put(&policy, out_text);
}

static err_t keep(struct call *call, str_t note)
{
    struct note split;
    struct policy policy;
    TRY(policy_split(note, &split));
    TRY(policy_read(split.text, &policy));
    const struct kept_policy kept = {
        .number = (int64_t)policy.number,
        .made = policy.made,
        .until = policy.until,
        .by = str(id_text(call->who->is_user ? "usr" : "tok", call->who->member).text),
        .note = note,
    };
    struct kept_policy stored = kept;
    TRY(policies_keep(&call->desk, call->tenant, &stored));
    call->reply->status = 201;
    return put_policy(&stored, &call->reply->body);
}

static err_t publish(struct call *call, Keys__PolicyPublish *in, Keys__Published **out_published)
{
    in->bearer = (char *)(uintptr_t)call->bearer;
    return call_keys(call, &(struct question){ASK_policy_publish, in}, out_published);
}

static err_t publish_files(struct call *call, const struct publish_body *body)
{
    OWN(buf) note = BUF(MAX_POLICY);
    Keys__PolicyPublish in = KEYS__POLICY_PUBLISH__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Published *published = NULL;
    TRY(text_make(call, body, &note));
    in.text = note.at;
    PROOF_FROM(body, &in, &assertion);
    TRY(publish(call, &in, &published));
    buf_putf(&note, "\n%s", published->signature);
    TRY(buf_end(&note));
    return keep(call, buf_str(&note));
}

err_t api_policy_publish(struct call *call)
{
    const struct publish_body *body = call->body;
    Keys__PolicyPublish in = KEYS__POLICY_PUBLISH__INIT;
    Keys__Published *published = NULL;
    if ((body->note.len != 0) == (body->policy.count != 0))
        return fail(ERR_INVALID,
                    "files, days, and the password or a passkey; or a note that is signed already");
    if (!body->note.len)
        return publish_files(call, body);
    in.note = CHARS(body->note);
    TRY(publish(call, &in, &published));
    return keep(call, body->note);
}

/* As the keys process reads them before it signs, and as an endpoint does. */
err_t api_policy_check(struct call *call)
{
    const struct publish_body *body = call->body;
    OWN(rules) rules = NULL;
    OWN(buf) said = BUF(MAX_TROUBLE);
    OWN(buf) form = BUF(MAX_POLICY);
    buf_t *json = &call->reply->body;
    struct policy files = body->policy;
    policy_sort(&files);
    TRY(policy_files_put(&files, &form));
    if (rules_read(files.files, files.count, &rules, &said) != ERR_OK && !said.len)
        return fail(ERR_INVALID, "these rules cannot be read");
    buf_putf(json, "{\"files\":%zu,\"rules\":%zu,\"trouble\":", files.count, rules ? rules_count(rules) : 0);
    rules_trouble_json(buf_str(&said), json);
    buf_put(json, STR("}"));
    return ERR_OK;
}

/* How far it has come */

static void put_counts(const struct rollout *rollout, buf_t *json)
{
    struct object object = object_begin(json);
    for (int state = 0; state < ROLLOUT_COUNT; state++)
        object_number(&object, rollout_word((enum rollout_state)state), (int64_t)rollout->counts[state]);
    object_end(&object);
}

static void put_device(const struct rollout_device *device, buf_t *json)
{
    struct object object = object_begin(json);
    const struct following *said = &device->said;
    bool trouble = device->state != ROLLOUT_SILENT && !str_eq(said->trouble, STR("none"));
    object_text(&object, "device", ident_text("dev", device->device).text);
    object_text(&object, "state", rollout_word(device->state));
    object_number(&object, "number", said->number);
    object_flag(&object, "enforcing", said->enforcing);
    if (trouble)
        buf_put_json(object_value(&object, "trouble"), said->trouble);
    else
        object_text(&object, "trouble", "");
    object_moment(&object, "since", said->since);
    object_number(&object, "left_out", (int64_t)device->left_out);
    object_number(&object, "restarts", said->restarts);
    object_number(&object, "stops", said->stops);
    object_number(&object, "late", said->late);
    object_number(&object, "stopped", said->stopped);
    object_number(&object, "lost", said->lost);
    object_end(&object);
}

static void put_rollout(const struct rollout *rollout, buf_t *json)
{
    buf_putf(json, "{\"number\":%lld,\"counts\":", (long long)rollout->number);
    put_counts(rollout, json);
    buf_put(json, STR(",\"items\":["));
    for (size_t i = 0; i < rollout->count; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        put_device(&rollout->devices[i], json);
    }
    buf_put(json, STR("],\"next\":"));
    if (rollout->more)
        buf_put_json(json, str(ident_text("dev", rollout->devices[rollout->count - 1].device).text));
    else
        buf_put(json, STR("null"));
    buf_put(json, STR("}"));
}

err_t api_policy_rollout(struct call *call)
{
    struct rollout rollout;
    struct rollout_ask ask = {0};
    uint64_t limit = 0;
    ident_t after;
    str_t cursor = call_query(call, "cursor");
    TRY(call_number(call, "limit", PAGE, &limit));
    TRY(call_text(call, "state", &ask.state));
    if (limit < 1 || limit > MAX_PAGE || (cursor.len && ident_read("dev", cursor, &after) != ERR_OK))
        return fail(ERR_INVALID, "limit is 1 to %d, and cursor what the page before gave", MAX_PAGE);
    ask.limit = limit;
    ask.after = cursor.len ? &after : NULL;
    TRY(policies_rollout(&call->desk, call->tenant, &ask, &rollout));
    TRY(foreign_left_out(&call->desk, call->tenant, &rollout));
    put_rollout(&rollout, &call->reply->body);
    return ERR_OK;
}

/* Who signs */

static void put_signer(const Keys__Signer *signer, buf_t *json)
{
    struct object object = object_begin(json);
    object_text(&object, "key", signer->key);
    object_flag(&object, "kept", signer->kept);
    object_moment(&object, "made", signer->made);
    object_number(&object, "number", signer->number);
    buf_put(object_value(&object, "items"), STR("["));
    for (size_t i = 0; i < signer->n_holders; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        struct object holder = object_begin(json);
        object_id(&holder, "id", "usr", signer->holders[i]->id);
        object_text(&holder, "role", signer->holders[i]->role);
        object_flag(&holder, "signs", signer->holders[i]->signs);
        object_end(&holder);
    }
    buf_put(json, STR("],\"next\":null}"));
}

err_t api_signer_list(struct call *call)
{
    Keys__Signer *signer = NULL;
    TRY(signer_ask(call, &signer));
    put_signer(signer, &call->reply->body);
    return ERR_OK;
}

err_t api_signer_make(struct call *call)
{
    const struct signer_body *body = call->body;
    Keys__SignerMake in = KEYS__SIGNER_MAKE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Signer *signer = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    PROOF_FROM(body, &in, &assertion);
    if (body->key.at)
        in.key = CHARS(body->key);
    TRY(call_keys(call, &(struct question){ASK_signer_make, &in}, &signer));
    call->reply->status = 201;
    put_signer(signer, &call->reply->body);
    return ERR_OK;
}

err_t api_signer_give(struct call *call)
{
    const struct password_body *body = call->body;
    Keys__SignerGive in = KEYS__SIGNER_GIVE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__None *none = NULL;
    ident_t id;
    if (ident_read("usr", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such member");
    in.bearer = (char *)(uintptr_t)call->bearer;
    PROOF_FROM(body, &in, &assertion);
    in.id = CALL_BYTES(id);
    TRY(call_keys(call, &(struct question){ASK_signer_give, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_signer_end(struct call *call) { return call_done_named(call, ASK_signer_end, "usr"); }
