/* SPDX-License-Identifier: Apache-2.0
 *
 * The keeper: this program in the role that holds a client's key in the client's own network (docs/keeper.md).
 *
 *     TRY(keeper_run(&(struct keeper_ask){env, url, token_file, folder, .once = true}));
 *
 * In its folder, open to its owner only: keeper.key, the private half, made at the first start and never sent; keeper.conf,
 * what it is to do (agent/keeper_settings.h); keeper.json, how far it is. Each turn it asks how it stands, forwards what is new
 * in the evidence log, and where something is due that needs the key, opens: the service says what the tenant's key is sealed
 * to next, and a session begins that ends with the turn.
 *
 * A crash leaves the export that was under way, with its ticket and the part of the archive that is there: the next turn goes
 * on with both. An alert that was sent and not written down is sent again; after a stop by SIGTERM none is.
 */
#pragma once
#include "agent/keeper_judge.h"
#include "crypt/seal.h"

#include <jansson.h>

struct keeper_ask {
    struct env *env;
    const char *url, *token_file, *folder, *settings, *authority;
    bool once; /* one turn, and its error */
};
CHECKED err_t keeper_run(const struct keeper_ask *ask);

enum { KEEPER_TRIED = 64, KEEPER_ID = 64, KEEPER_TICKET = 256 };

/* How far it is: keeper.json. */
struct keeper_state {
    moment_t began, exported, reported[REPORT_COUNT];
    uint64_t cursor; /* the next entry of the log to tell */
    bool follows;    /* there is a cursor */
    uint64_t exports, reports, alerts;
    char export[KEEPER_ID], ticket[KEEPER_TICKET]; /* that is under way; "" for none */
};
CHECKED err_t keeper_state_read(str_t text, struct keeper_state *out_state);
void keeper_state_put(const struct keeper_state *state, buf_t *out);

struct keeper {
    const struct keeper_ask *ask;
    struct env *env;
    struct keeper_settings settings;
    struct keeper_state state;
    struct keeper_link link;
    struct key public, private;
    char tenant[KEEPER_TEXT];
    char trouble[KEEPER_TEXT];           /* a word; "": none */
    struct judging judging;              /* of sign-ins */
    char tried[KEEPER_TRIED][KEEPER_ID]; /* sessions that were looked at: each once */
    size_t tries;
};
CHECKED err_t keeper_save(struct keeper *keeper);
bool keeper_stops(void); /* SIGTERM or SIGINT came */

/* What needs the key, in a session. */
CHECKED err_t keeper_export(struct keeper *keeper);
CHECKED err_t keeper_report(struct keeper *keeper, enum keeper_report report);

/* Sign-ins by the client's provider that wait for the key: each is checked here, by the provider's own keys. `tenant` is the
 * client's key, once one of them holds. */
CHECKED err_t keeper_release(struct keeper *keeper, const json_t *state);
CHECKED err_t keeper_tenant_key(struct keeper *keeper, struct key *out_key);

/* What is new in the evidence log. */
CHECKED err_t keeper_alert(struct keeper *keeper);

/* One object of an answer. */
CHECKED err_t keeper_object(struct keeper *keeper, const struct keeper_request *request, json_t **out_object);
