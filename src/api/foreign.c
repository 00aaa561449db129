/* SPDX-License-Identifier: Apache-2.0 */
#include "api/foreign.h"

#include "api/handlers.h"
#include "base/limits.h"
#include "foreign/inflate.h"
#include "foreign/santa.h"

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
    buf_put(&call->reply->body, STR("{\"node_invalid\":true}"));
    return ERR_OK;
}

static err_t machine_authenticate(struct call *call)
{
    err_t found = agent_find(call, call->id, call->inner);
    return found == ERR_MISSING ? fail(ERR_DENIED, "no machine is known by this key") : found;
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

/* One that waits is told nothing to do, and what it says is not kept but for the name it enrolled with. */
err_t api_santa_preflight(struct call *call)
{
    struct santa_preflight preflight;
    struct found found;
    TRY(text_take(call));
    TRY(santa_preflight_read(call->text, call->desk.arena, &preflight, &found));
    err_t known = agent_find(call, call->id, call->inner);
    TRY(known == ERR_MISSING ? machine_enrol(call, &found) : known);
    if (!is_pending(call))
        TRY(foreign_report(&call->desk, &call->agent, &found));
    santa_put_preflight(&(struct santa_rules){0}, preflight.clean, &call->reply->body);
    return ERR_OK;
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
    size_t from = 0;
    TRY(santa_cursor_read(call->text, call->desk.arena, &from));
    santa_put_rules(&(struct santa_rules){0}, from, &call->reply->body);
    return ERR_OK;
}

err_t api_santa_postflight(struct call *call)
{
    struct santa_postflight postflight;
    TRY(santa_postflight_read(call->text, &postflight));
    TRY(foreign_seen(&call->desk, &call->agent, NULL));
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
