/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows for the tests of what moves them: a tenant's file written to at random, in every way there is, and its rows as bytes.
 *
 *     CHECK_OK(store_write(store, tenant, given_random_act, env));           env gives the dice
 *     OWN(given_state) state = {.count = 0};
 *     CHECK_OK(store_read(store, tenant, given_state_act, &state));
 */
#pragma once
#include "store/places.h"

CHECKED err_t given_random_act(struct tx *tx, void *env);
CHECKED err_t given_program(struct tx *tx, uint8_t number, size_t sealed);

/* The rows of each place, one behind the other. */
struct given_state {
    buf_t at[64];
    size_t count;
};
typedef struct given_state given_state_own;
void given_state_drop(struct given_state *state);
CHECKED err_t given_state_act(struct tx *tx, void *state);
bool given_same(const struct given_state *a, const struct given_state *b);
