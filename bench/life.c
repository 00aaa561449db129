/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-life: a year of 1,000 clients, looked at each hour of it, with what goes wrong: one act in four crashes before it is
 * written down, the clock steps and jumps, licences are renewed, deletions are asked for. Prints: seconds; looks; acts.
 */
#include "life/life.h"
#include "bench/timing.h"
#include <inttypes.h>
#include <stdio.h>

enum { CLIENTS = 1000, HOURS_A_YEAR = 365 * 24 };

struct client {
    struct contract contract;
    struct life_facts facts;
    moment_t skew;
};

static uint64_t seed = 88172645463325252u;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static void things_happen(struct client *client, moment_t now)
{
    uint64_t drawn = draw(HOURS_A_YEAR);
    if (drawn < 2 && !client->facts.keys_destroyed)
        client->contract.licence_end = days_add(date_of(now, 0), (int64_t)draw(400));
    if (drawn == 3 && !client->facts.requested && !draw(4))
        client->facts.requested = now + HOURS(12);
    if (drawn >= 4 && drawn < 8)
        client->skew = (moment_t)draw((uint64_t)HOURS(2)) - HOURS(1);
    client->facts.clock_held = drawn == 8 || (client->facts.clock_held && draw(24));
}

static int64_t look(struct client *client, moment_t now)
{
    struct standing standing = life_at(&client->contract, &client->facts, now);
    int64_t acts = 0;
    for (enum due due = 0; due < DUE_COUNT; due++) {
        if (!standing.due[due])
            continue;
        acts++;
        if (draw(4))
            life_done(&client->facts, due, now);
    }
    return acts;
}

int main(void)
{
    static struct client clients[CLIENTS];
    const moment_t begin = date_begin((struct date){2027, 1, 1}, 0);
    int64_t acts = 0, from = now_ns();
    for (int i = 0; i < CLIENTS; i++) {
        clients[i].contract = contract_usual;
        clients[i].contract.licence_end = days_add((struct date){2026, 10, 1}, (int64_t)draw(450));
    }
    for (int hour = 0; hour < HOURS_A_YEAR; hour++)
        for (int i = 0; i < CLIENTS; i++) {
            things_happen(&clients[i], begin + HOURS(hour));
            acts += look(&clients[i], begin + HOURS(hour) + clients[i].skew);
        }
    printf("%.6f %d %" PRId64 "\n", (double)(now_ns() - from) / 1e9, CLIENTS * HOURS_A_YEAR, acts);
    return 0;
}
