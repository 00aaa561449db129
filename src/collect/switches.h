/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's switches over what is collected (concept/collection.h). Promise collect.device.
 *
 *     TRY(switches_read(&desk, tenant, &collection));        all on where nothing was said
 *     TRY(switches_change(&desk, &(struct switcher){tenant, actor}, &collection));    what is switched off is removed
 */
#pragma once
#include "collect/tell.h"
#include "concept/collection.h"

CHECKED err_t switches_read(struct desk *desk, ident_t tenant, struct collection *out_collection);
enum { ANY_VERSION = -1 };

/* `version` is the one that was seen, CONFLICT where it is not in force any more; it becomes the new one. */
struct switcher {
    ident_t tenant;
    struct actor actor;
};
CHECKED err_t switches_change(struct desk *desk, const struct switcher *switcher,
                              struct collection *collection);

/* The same within an act. */
CHECKED err_t switches_in(struct tx *tx, arena_t *arena, ident_t tenant, struct collection *out_collection);

/* Whether anything at all of a concept may be collected; without its name nothing of an account is left to say. */
bool switches_keep(const struct collection *collection, const concept_t *c);

/* Whether every field of a concept may be collected. */
bool switches_allow_all(const struct collection *collection, const concept_t *c);

/* Clears the fields of a record that may not be collected; true where there were any. */
bool switches_strip(const struct collection *collection, const concept_t *c, void *record);
