/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/known.h"

#include "admit/challenge.h"
#include "admit/members.h"

static err_t secret_of(struct ask *ask, const struct known *who, ident_t mark, struct key *out_secret)
{
    OWN(buf) what = BUF(MAX_NAME + 2 * sizeof(ident_t));
    buf_put(&what, ident_bytes(&mark));
    buf_put(&what, ident_bytes(&who->tenant));
    username_put(who->username, &what);
    TRY(buf_end(&what));
    return challenge_key(ask, "custody known", buf_str(&what), out_secret);
}

err_t known_lane(struct ask *ask, const struct known *who, const char *mark, uint64_t source)
{
    OWN(ticket) ticket = {0};
    OWN(key) secret;
    ask->lane = (struct lane){source, false};
    if (!*mark || ticket_read("ckn", mark, &ticket) != ERR_OK)
        return ERR_OK;
    TRY(secret_of(ask, who, ticket.id, &secret));
    if (bytes_equal(key_bytes(&secret), key_bytes(&ticket.secret)))
        ask->lane = lane_of(ticket.id);
    return ERR_OK;
}

err_t known_mark(struct ask *ask, const struct known *who, char **out_mark)
{
    OWN(ticket) ticket = {0};
    if (ask->lane.known)
        return ERR_OK; /* it has one */
    ask->env->random(ask->env, ticket.id.bytes, sizeof ticket.id.bytes);
    TRY(secret_of(ask, who, ticket.id, &ticket.secret));
    *out_mark = (char *)(uintptr_t)ticket_text(ask, "ckn", &ticket, false);
    return arena_end(ask->arena);
}
