/* SPDX-License-Identifier: Apache-2.0 */
#include "api/foreign.h"

#include "api/handlers.h"
#include "base/limits.h"
#include "collect/foreign_policy.h"
#include "foreign/inflate.h"
#include "foreign/santa.h"
#include "govern/policy.h"

static err_t text_take(struct call *call)
{
    const struct request *request = call->request;
    OWN(buf) text = BUF(MAX_FOREIGN);
    TRY(inflate_body(request->content_encoding, request->body, MAX_FOREIGN, &text));
    call->text = arena_copy(call->desk.arena, buf_str(&text));
    return arena_end(call->desk.arena);
}

static err_t agent_find(struct call *call, str_t key, str_t machine)
{
    const struct foreign_ask ask = {key, foreign_machine(machine, call->desk.arena),
                                    call->request->peer_address};
    TRY(foreign_find(&call->desk, &ask, &call->agent));
    call->tenant = call->agent.tenant;
    call->device = call->agent.device;
    return ERR_OK;
}

static err_t node_key(struct call *call, str_t *out_key)
{
    str_t authorization = call->request->authorization;
    if (!str_starts(authorization, STR("NodeKey ")))
        return osquery_key_read(call->text, call->desk.arena, out_key);
    *out_key = str_bytes(authorization.at + 8, authorization.len - 8);
    return ERR_OK;
}

static err_t node_authenticate(struct call *call)
{
    str_t key;
    TRY(node_key(call, &key));
    err_t found = agent_find(call, key, (str_t){0});
    if (found != ERR_MISSING)
        return found;
    call->answered = true;
    call->reply->asked.code = found;
    buf_put(&call->reply->body, STR("{\"node_invalid\":true}"));
    return ERR_OK;
}

static err_t machine_authenticate(struct call *call)
{
    err_t found = agent_find(call, call->id, call->inner);
    if (found == ERR_MISSING)
        return fail(ERR_DENIED, "no machine is known by this key");
    TRY(found);
    return str_eq(call->agent.state, STR("revoked")) ? fail(ERR_DENIED, "the device was revoked") : ERR_OK;
}

err_t foreign_authenticate(struct call *call)
{
    TRY(text_take(call));
    return call->inner.len ? machine_authenticate(call) : node_authenticate(call);
}

/* osquery */

static err_t node_done(struct call *call)
{
    buf_put(&call->reply->body, STR("{\"node_invalid\":false}"));
    return ERR_OK;
}

/* A key that is wrong, or a machine that was refused, is told in the way that osquery knows. */
err_t api_osquery_enrol(struct call *call)
{
    struct osquery_enrol enrol;
    struct enrolled enrolled;
    buf_t *json = &call->reply->body;
    TRY(text_take(call));
    TRY(osquery_enrol_read(call->text, call->desk.arena, &enrol));
    const struct newcomer newcomer = {
        .key = enrol.secret, .name = enrol.name, .machine = enrol.machine, .node = true};
    err_t result = intake_enrol(&call->desk, &newcomer, &enrolled);
    if (result == ERR_DENIED || result == ERR_INVALID) {
        call->reply->asked.code = result;
        buf_put(json, STR("{\"node_invalid\":true,\"error\":"));
        buf_put_json(json, str(err_note()));
        buf_put(json, STR("}"));
        return ERR_OK;
    }
    TRY(result);
    buf_put(json, STR("{\"node_invalid\":false,\"node_key\":"));
    buf_put_json(json, enrolled.node_key);
    buf_put(json, STR("}"));
    return ERR_OK;
}

/* A device that waits, or was revoked, is asked nothing. */
err_t api_osquery_config(struct call *call)
{
    struct osquery_wants wants;
    bool fresh = false;
    TRY(foreign_wants(&call->desk, &call->agent, &wants, &fresh));
    TRY(foreign_seen(&call->desk, &call->agent, NULL));
    osquery_put_config(&wants, &call->reply->body);
    return ERR_OK;
}

static bool tells(const struct found *found)
{
    for (size_t i = 0; i < FOUND_COUNT; i++)
        if (found->lists[i].told)
            return true;
    return false;
}

err_t api_osquery_log(struct call *call)
{
    struct found found;
    TRY(osquery_log_read(call->text, call->desk.arena, &found));
    if (tells(&found))
        TRY(foreign_report(&call->desk, &call->agent, &found));
    return node_done(call);
}

err_t api_osquery_read(struct call *call)
{
    struct osquery_wants wants;
    bool fresh = false;
    TRY(foreign_wants(&call->desk, &call->agent, &wants, &fresh));
    wants.inventory &= fresh;
    osquery_put_queries(&wants, &call->reply->body);
    return ERR_OK;
}

err_t api_osquery_write(struct call *call)
{
    struct found found;
    TRY(osquery_written_read(call->text, call->desk.arena, &found));
    if (!tells(&found))
        return node_done(call);
    TRY(foreign_report(&call->desk, &call->agent, &found));
    TRY(foreign_heard(&call->desk, &call->agent));
    return node_done(call);
}

/* Santa */

/* The first contact of a machine enrols it; a deployment key that does not is refused. */
static err_t machine_enrol(struct call *call, const struct found *found)
{
    const struct device *device = found->lists[FOUND_NAME].records;
    struct newcomer newcomer = {.key = call->id, .machine = foreign_machine(call->inner, call->desk.arena)};
    struct enrolled enrolled;
    if (!device)
        return fail(ERR_INVALID, "a preflight names its host");
    newcomer.name = device->name;
    err_t result = intake_enrol(&call->desk, &newcomer, &enrolled);
    if (result == ERR_INVALID)
        return fail(ERR_DENIED, "not a deployment key");
    TRY(result);
    return agent_find(call, call->id, call->inner);
}

static bool is_pending(const struct call *call) { return str_eq(call->agent.state, STR("pending")); }

/* The client's policy as this machine can hold it, and what it follows; `rules` is NULL where there is no policy. */
struct ruling {
    struct foreign_policy policy;
    struct expressed expressed;
    const struct expressed *rules;
    struct following said;
};
typedef struct ruling ruling_own;
static void ruling_drop(struct ruling *ruling) { foreign_policy_drop(&ruling->policy); }

static err_t ruling_read(struct call *call, struct ruling *ruling)
{
    TRY(foreign_policy_read(&call->desk, call->tenant, &call->device, &ruling->policy));
    if (!ruling->policy.rules)
        return ERR_OK;
    TRY(foreign_following(&call->desk, call->tenant, call->device, &ruling->said));
    TRY(rules_express(ruling->policy.rules, call->device, call->desk.arena, &ruling->expressed));
    ruling->rules = &ruling->expressed;
    return ERR_OK;
}

static bool is_behind(const struct ruling *ruling)
{
    return ruling->rules && ruling->said.number != ruling->policy.number;
}

static err_t following_say(struct call *call, int64_t number, enum policy_trouble trouble)
{
    struct following said = {
        .number = number, .enforcing = number != 0, .trouble = str(policy_trouble_word(trouble))};
    return foreign_seen(&call->desk, &call->agent, &said);
}

/* All rules go anew where it follows another policy, asks for them, or has not as many as it was given: then it follows none
 * until it says that it has them. */
static err_t preflight_put(struct call *call, const struct santa_preflight *preflight)
{
    OWN(ruling) ruling = {0};
    TRY(ruling_read(call, &ruling));
    bool lost =
        ruling.rules && (preflight->clean || preflight->rules != (int64_t)santa_rule_count(ruling.rules));
    if (lost && !is_behind(&ruling))
        TRY(following_say(call, 0, POLICY_NONE));
    santa_put_preflight(ruling.rules, lost || is_behind(&ruling), &call->reply->body);
    return ERR_OK;
}

/* One that waits is told nothing to do, and what it says is not kept but for the name it enrolled with. */
err_t api_santa_preflight(struct call *call)
{
    struct santa_preflight preflight;
    struct found found;
    TRY(text_take(call));
    TRY(santa_preflight_read(call->text, call->desk.arena, &preflight, &found));
    err_t known = agent_find(call, call->id, call->inner);
    TRY(known == ERR_MISSING ? machine_enrol(call, &found) : known);
    if (is_pending(call)) {
        santa_put_preflight(NULL, false, &call->reply->body);
        return ERR_OK;
    }
    TRY(foreign_report(&call->desk, &call->agent, &found));
    return preflight_put(call, &preflight);
}

err_t api_santa_events(struct call *call)
{
    struct found found;
    TRY(santa_events_read(call->text, call->desk.arena, &found));
    TRY(foreign_report(&call->desk, &call->agent, &found));
    buf_put(&call->reply->body, STR("{}"));
    return ERR_OK;
}

err_t api_santa_rules(struct call *call)
{
    OWN(ruling) ruling = {0};
    size_t from = 0;
    TRY(santa_cursor_read(call->text, call->desk.arena, &from));
    if (!is_pending(call))
        TRY(ruling_read(call, &ruling));
    santa_put_rules(is_behind(&ruling) ? ruling.rules : NULL, from, &call->reply->body);
    return ERR_OK;
}

/* It follows the policy once it has taken up as many rules as it was to be given. */
static err_t postflight_take(struct call *call, const struct santa_postflight *postflight)
{
    OWN(ruling) ruling = {0};
    TRY(ruling_read(call, &ruling));
    if (!is_behind(&ruling))
        return foreign_seen(&call->desk, &call->agent, NULL);
    int64_t all = (int64_t)santa_rule_count(ruling.rules);
    if (postflight->received != all || postflight->processed != all)
        return following_say(call, ruling.said.number, POLICY_RULES);
    return following_say(call, ruling.policy.number, ruling.rules->left_out ? POLICY_PARTLY : POLICY_NONE);
}

err_t api_santa_postflight(struct call *call)
{
    struct santa_postflight postflight;
    TRY(santa_postflight_read(call->text, &postflight));
    if (!is_pending(call))
        TRY(postflight_take(call, &postflight));
    buf_put(&call->reply->body, STR("{}"));
    return ERR_OK;
}

/* Asked for after a 403. Nothing here is asked of a browser's cookie, so a token would prove nothing: it is given one that
 * says so, and the next answer is the same as before. */
err_t api_santa_xsrf(struct call *call)
{
    buf_put(&call->reply->headers, STR("X-XSRF-TOKEN: none\n"));
    buf_put(&call->reply->body, STR("{}"));
    return ERR_OK;
}
