/* SPDX-License-Identifier: Apache-2.0
 *
 * Each client's turn of retention (retain/evict.h): once an hour, at a minute of its own; with the start; and within a
 * minute of what its people say of how long things stay. What one of them meets holds up no other.
 */
#include "custodyd/post.h"

#include "retain/evict.h"
#include <poll.h>

enum { TURN_MEMORY = 256 * 1024 * 1024, MINUTES_AN_HOUR = 60 };

static err_t terms_ask(void *with, ident_t tenant, arena_t *arena, struct retain_terms *out_terms)
{
    Keys__RetentionAsk in = KEYS__RETENTION_ASK__INIT;
    Keys__Retention *out = NULL;
    in.tenant = (ProtobufCBinaryData){sizeof tenant, tenant.bytes};
    TRY(jobs_ask_keys(with, &(struct question){ASK_retention_of, &in}, arena, &out));
    return retain_terms_read(out, arena, out_terms);
}

static err_t carry(void *with, Keys__JournalAdd *entry, arena_t *arena)
{
    Keys__None *out = NULL;
    return jobs_ask_keys(with, &(struct question){ASK_journal_carry, entry}, arena, &out);
}

static bool stops(const struct jobs *jobs)
{
    struct pollfd watched = {.fd = jobs->stop, .events = POLLIN};
    return poll(&watched, 1, 0) > 0;
}

static err_t told(struct jobs *jobs, ident_t tenant, const struct retained *turn, arena_t *arena)
{
    Keys__RetentionTold in = KEYS__RETENTION_TOLD__INIT;
    Keys__None *out = NULL;
    in.tenant = (ProtobufCBinaryData){sizeof tenant, tenant.bytes};
    in.level = turn->level;
    in.day = turn->day;
    in.went = turn->went_then;
    in.change = turn->change;
    return jobs_ask_keys(jobs, &(struct question){ASK_retention_told, &in}, arena, &out);
}

static err_t client_turn(struct jobs *jobs, ident_t tenant)
{
    OWN(arena) arena = ARENA(TURN_MEMORY);
    struct retained turn = {.more = true};
    const struct retainer retainer = {.env = jobs->env,
                                      .store = jobs->store,
                                      .snapshots = jobs->snapshots,
                                      .terms = terms_ask,
                                      .carry = carry,
                                      .with = jobs};
    while (turn.more && !stops(jobs))
        TRY(retain_turn(&retainer, tenant, &arena, &turn));
    return turn.more ? ERR_OK : told(jobs, tenant, &turn, &arena);
}

err_t storage_turns(struct jobs *jobs, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Retentions *clients = NULL;
    int64_t minute = jobs->env->now(jobs->env) / MINUTES(1), before = jobs->storage_minute;
    err_t result = ERR_OK;
    if (minute == before)
        return ERR_OK;
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_retention_list, &in}, arena, &clients));
    jobs->storage_minute = minute;
    for (size_t i = 0; i < clients->n_items && !stops(jobs); i++) {
        ident_t tenant;
        TRY(ident_from(str_bytes(clients->items[i]->tenant.data, clients->items[i]->tenant.len), &tenant));
        if (before && !clients->items[i]->due &&
            tenant.bytes[0] % MINUTES_AN_HOUR != minute % MINUTES_AN_HOUR)
            continue;
        err_t turned = client_turn(jobs, tenant);
        result = turned == ERR_OK ? result : turned;
    }
    return result;
}
