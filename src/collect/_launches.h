/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening rows of launches, as searching and watching them share it.
 */
#pragma once
#include "collect/launch_list.h"
#include "collect/launches.h"

/* A chain that was opened: its keys as far as they were needed, and what its digests say. */
struct opened_chain {
    const struct launch_chain *chain;
    struct key at;    /* the key of `steps` */
    struct key *rows; /* of the steps before */
    int64_t steps;
    uint32_t hours; /* of its day, that a row may hold what is looked for */
    bool open;
};

/* Asks the keys process for these, which writes down what it opens; `open` where it did. */
CHECKED err_t opened_chains_ask(struct desk *desk, const struct reader *reader, struct opened_chain **chains,
                                size_t count);

struct opening_row {
    ident_t realm;
    const struct launch_row *row;
    arena_t *keys, *arena; /* where the chain's keys stay; where the row's launches do */
};
CHECKED err_t opened_chain_row(struct opened_chain *chain, const struct opening_row *opening,
                               struct launch_list *out_list);

bool launch_fits(const struct launch_ask *ask, const struct launch *launch);
