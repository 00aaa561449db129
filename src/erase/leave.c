/* SPDX-License-Identifier: Apache-2.0 */
#include "erase/leave.h"

#include "tlog/certificate.h"

static err_t told(struct desk *desk, const Keys__Erasure *erasure, size_t keys)
{
    Keys__ErasureTold in = KEYS__ERASURE_TOLD__INIT;
    Keys__None *none = NULL;
    in.id = erasure->id;
    in.store = (char *)(uintptr_t)erased_name(ERASED_WRITERS);
    in.items = (int64_t)keys;
    in.done = true;
    err_t result = keys_ask(desk->channel, &(struct question){ASK_erasure_left, &in}, desk->arena, &none);
    return result == ERR_CONFLICT ? ERR_OK : result; /* its keys are not destroyed yet: told the next time */
}

/* Leases end by the turn: those of other clients are asked for anew, which costs them one question each. */
static err_t leave(struct desk *desk, const Keys__Erasure *erasure)
{
    ident_t tenant;
    TRY(ident_from(str_bytes(erasure->tenant.data, erasure->tenant.len), &tenant));
    size_t keys = leases_count(desk->leases, tenant);
    if (keys)
        leases_end(desk->leases);
    keys += chains_end_all(desk->chains, tenant);
    err_t ended = store_tenant_end(desk->store, tenant);
    if (ended != ERR_OK)
        return ended == ERR_BUSY ? ERR_OK : ended;
    return told(desk, erasure, keys);
}

err_t leave_run(struct desk *desk)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Erasures *marked = NULL;
    TRY(keys_ask(desk->channel, &(struct question){ASK_erasure_watch, &in}, desk->arena, &marked));
    for (size_t i = 0; i < marked->n_items; i++)
        TRY(leave(desk, marked->items[i]));
    return ERR_OK;
}
