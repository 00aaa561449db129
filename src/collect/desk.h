/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request or a job works with: the world, the store, its own channel to the keys process, its own memory.
 */
#pragma once
#include "collect/chains.h"
#include "keyring/ask.h"
#include "store/record.h"

struct desk {
    struct env *env;
    struct store *store;
    struct channel *channel; /* NULL: what would have to be asked of it is left to another desk */
    arena_t *arena;
    struct leases *leases; /* NULL: none are kept */
    struct chains *chains; /* of keys for launches; NULL: none come here */
};
