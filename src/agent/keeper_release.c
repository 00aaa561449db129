/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-ins by the client's provider that wait for the key: read, judged (agent/keeper_judge.h), and the key sealed to the pair that
 * the judged nonce is of.
 */
#include "agent/keeper.h"
#include "agent/object.h"
#include "base/limits.h"
#include "oidc/token.h"

struct waiting {
    str_t session;
    buf_t public, salt, token;
};
typedef struct waiting waiting_own;
static void waiting_drop(struct waiting *waiting)
{
    buf_drop(&waiting->public);
    buf_drop(&waiting->salt);
    buf_drop(&waiting->token);
}

/* LOCKED where it is another keeper's to open. */
static err_t waiting_read(const struct keeper *keeper, const json_t *item, struct waiting *out)
{
    OWN(buf) sealed = BUF(TOKEN_MOST + BOX_EXTRA);
    *out = (struct waiting){.session = object_text(item, "session"),
                            .public = BUF(KEY_SIZE),
                            .salt = BUF(SALT_SIZE),
                            .token = BUF(TOKEN_MOST)};
    TRY(base64_read(object_text(item, "public"), &out->public));
    TRY(base64_read(object_text(item, "salt"), &out->salt));
    TRY(base64_read(object_text(item, "token"), &sealed));
    if (out->public.len != KEY_SIZE || out->salt.len != SALT_SIZE || out->session.len >= KEEPER_ID)
        return fail(ERR_BROKEN, "what the service gave is no sign-in");
    return box_open(&keeper->public, &keeper->private, buf_str(&sealed), &out->token);
}

static err_t key_send(struct keeper *keeper, const struct waiting *waiting)
{
    OWN(key) tenant = {{0}};
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(buf) answer = BUF(MAX_BODY);
    struct key public;
    TRY(key_from(buf_str(&waiting->public), &public));
    TRY(keeper_tenant_key(keeper, &tenant));
    box_seal(&public, key_bytes(&tenant), &sealed);
    TRY(buf_end(&sealed));
    buf_put(&body, STR("{\"session\":"));
    buf_put_json(&body, waiting->session);
    buf_put(&body, STR(",\"sealed\":\""));
    buf_put_base64(&body, buf_str(&sealed));
    buf_put(&body, STR("\"}"));
    TRY(buf_end(&body));
    return keeper_ask(&keeper->link, &(struct keeper_request){"POST", "/v1/keeper/releases", buf_str(&body)},
                      &answer);
}

/* Whatever comes of it, the same sign-in is looked at once: but for a provider or a service that did not answer. */
static bool is_new(struct keeper *keeper, str_t session)
{
    for (size_t i = 0; i < KEEPER_TRIED; i++)
        if (str_eq(str(keeper->tried[i]), session))
            return false;
    return true;
}

static void tried(struct keeper *keeper, str_t session)
{
    snprintf(keeper->tried[keeper->tries++ % KEEPER_TRIED], KEEPER_ID, "%.*s", STR_ARG(session));
}

static err_t release_one(struct keeper *keeper, const json_t *item)
{
    OWN(waiting) waiting = {{0}};
    if (!is_new(keeper, object_text(item, "session")))
        return ERR_OK;
    err_t done = waiting_read(keeper, item, &waiting);
    if (done == ERR_OK)
        done = keeper_judge(
            &keeper->judging,
            &(struct signed_in){buf_str(&waiting.public), buf_str(&waiting.salt), buf_str(&waiting.token)});
    if (done == ERR_OK)
        done = key_send(keeper, &waiting);
    if (done != ERR_UNREACHABLE && done != ERR_BUSY)
        tried(keeper, object_text(item, "session"));
    return done;
}

err_t keeper_release(struct keeper *keeper, const json_t *state)
{
    err_t first = ERR_OK;
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(state, "pending"), i, item)
    {
        err_t done = release_one(keeper, item);
        first = first == ERR_OK ? done : first;
    }
    return first;
}
