/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/post.h"

/* One client whose turn fails holds up no other: what it lacks stays due. */
err_t licences_turn(struct jobs *jobs, arena_t *arena)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__LicenceDue *due = NULL;
    err_t result = ERR_OK;
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_licence_due, &none}, arena, &due));
    for (size_t i = 0; i < due->n_tenants; i++) {
        Keys__OfTenant in = KEYS__OF_TENANT__INIT;
        Keys__None *done = NULL;
        in.tenant = due->tenants[i];
        err_t turned = jobs_ask_keys(jobs, &(struct question){ASK_life_turn, &in}, arena, &done);
        result = turned == ERR_OK ? result : turned;
    }
    return result;
}
