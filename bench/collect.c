/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-collect: a full inventory of this machine by the agent's own collect(), as a process of its own, so that it can
 * be compared with another such process. Prints how many records it found.
 */
#include "agent/collect.h"
#include "agent/list.h"
#include "sys/env.h"

static err_t run(void)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list items;
    size_t records = 0;
    TRY(crypt_start());
    state_begin(&state, env_real(), ident_new(env_real()), ident_new(env_real()));
    TRY(collect(&(struct collect_ask){env_real(), "", &state}, &arena, &items));
    for (const struct item *one = items.at; one < (const struct item *)items.at + items.count; one++)
        records += one->count;
    printf("%zu\n", records);
    return ERR_OK;
}

int main(void)
{
    err_t result = run();
    if (result != ERR_OK)
        fprintf(stderr, "bench-collect: %s\n", err_note());
    return err_info(result)->exit;
}
