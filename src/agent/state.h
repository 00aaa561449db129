/* SPDX-License-Identifier: Apache-2.0
 *
 * What an endpoint remembers between two cycles: state.json in its folder, open to its owner only.
 *
 *     OWN(state) state = {0};
 *     TRY(state_load(env, folder, &state));       MISSING where this machine is not enrolled, BROKEN where it is damaged
 *     state_account(&state, env, &local);         the id of an account, made when it is first seen
 *     TRY(state_save(env, folder, &state));       as one step; not at all where nothing has changed
 *
 * tenant, device   as the service named them when it enrolled this machine
 * epoch            the spool's name
 * sequence         the number of the last report that was put into the spool; the next one is one more
 * answered         the number of the last report that ended: answered, or given up to start over
 * switches         what the client lets be collected, as the service told it last
 * accounts         the map from an account's name and uid to its random id. It never leaves this machine: all else
 *                  speaks of ids. The same name with another uid is another person.
 * withheld         the number of what was withheld last (agent/withhold.h); the accounts say which they are
 * realm, public    what the device's own records are sealed with and to, and an account's to (agent/subjects.h): none before
 *                  the service has told them
 * sent             for each item the digest of what was last put into the spool: only what differs is reported
 *
 * Everything in a state lives in its own arena, until state_drop().
 */
#pragma once
#include "agent/accounts.h"
#include "agent/switches.h"
#include "crypt/seal.h"

struct state_account {
    struct state_account *next;
    ident_t id;
    str_t name;
    uid_t uid;
    bool person;
    bool announced; /* the service has made a key of its own for it */
    bool present;   /* seen since the state was loaded; not written */
    bool withheld;  /* by the client: told of in nothing (agent/withhold.h) */
    bool sealable;  /* `public` is there */
    struct key public;
};

struct state_sent {
    struct state_sent *next;
    ident_t id;
    uint8_t digest[DIGEST_SIZE];
};

struct state {
    arena_t arena;
    ident_t tenant, device, epoch;
    uint64_t sequence, answered, withheld;
    struct switches switches;
    ident_t realm;
    bool sealable; /* realm and `public`, the device's, are there */
    struct key public;
    struct state_account *accounts;
    struct state_sent *sent;
    bool changed; /* since it was loaded or saved */
};
typedef struct state state_own;
void state_drop(struct state *state);

/* In the place of a digest: that the item was reported gone; that the service may have anything. */
extern const uint8_t sent_gone[DIGEST_SIZE], sent_unknown[DIGEST_SIZE];

/* Of a machine that has just been enrolled: a new epoch, nothing known, nothing sent. */
void state_begin(struct state *state, struct env *env, ident_t tenant, ident_t device);
CHECKED err_t state_load(struct env *env, const char *folder, struct state *state);
CHECKED err_t state_save(struct env *env, const char *folder, struct state *state);
CHECKED err_t state_read(str_t text, struct state *state);

/* NULL without memory. The account counts as present from now on. */
const struct state_account *state_account(struct state *state, struct env *env, const struct local *local);
bool state_has_account(const struct state *state, ident_t id);
void state_forget_account(struct state *state, ident_t id);
bool state_withholds(const struct state *state, ident_t account);

/* The service knows the account; what it says is to be sealed to, of the device or an account of it. */
void state_announced(struct state *state, ident_t account);
void state_set_public(struct state *state, ident_t subject, const struct key *public);
const struct key *state_public(const struct state *state, ident_t subject); /* NULL: not known */

bool state_was_sent(const struct state *state, ident_t item, const uint8_t digest[DIGEST_SIZE]);
void state_set_sent(struct state *state, ident_t item, const uint8_t digest[DIGEST_SIZE]);
void state_forget_item(struct state *state, ident_t item);

/* Gives up what is in the spool: nothing is known of what the service has, and everything is reported anew. */
void state_start_over(struct state *state);
