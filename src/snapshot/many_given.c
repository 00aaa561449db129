/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/many_given.h"

#include "snapshot/restore.h"
#include <pthread.h>

static ident_t tenant_numbered(size_t number) { return (ident_t){{50, (uint8_t)number}}; }

err_t given_many_made(struct given_many *many)
{
    struct given *given = many->given;
    for (size_t i = 0; i < GIVEN_MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "client-%zu", i);
        const struct tenant tenant = {
            .id = tenant_numbered(i), .realm = {{51}}, .name = str(name), .state = STR("open"), .made = 1};
        struct snapshot taken;
        TRY(store_tenant_put(given->store, &tenant));
        given->tenant.id = tenant.id;
        TRY(many->work(given, 1));
        TRY(given_taken(given, "daily", &taken));
        many->snapshots[i] = taken.id;
        TRY(many->work(given, 2));
    }
    return ERR_OK;
}

static void restore_numbered(struct given_many *many, struct snapshots *snapshots, size_t number,
                             arena_t *arena)
{
    struct restored done;
    const struct restore_ask ask = {.tenant = tenant_numbered(number), .snapshot = many->snapshots[number]};
    err_t result = restore_run(snapshots, &ask, arena, &done);
    if (result != ERR_OK)
        printf("%zu: %s\n", number, err_note());
    many->wrong += result != ERR_OK || done.rows_put + done.rows_removed == 0;
}

static void *run(void *with)
{
    struct given_many *many = with;
    OWN(store) store = NULL;
    OWN(arena) arena = ARENA(1 << 28);
    struct snapshots snapshots = many->given->snapshots;
    many->wrong += store_open(&many->given->env, many->folder, &store) != ERR_OK;
    snapshots.store = store;
    for (size_t at; store && (at = many->next++) < GIVEN_MANY;)
        restore_numbered(many, &snapshots, at, &arena);
    return NULL;
}

err_t given_many_restored(struct given_many *many, moment_t *out_took)
{
    pthread_t threads[GIVEN_MANY_THREADS];
    moment_t began = env_real()->boot(env_real());
    for (size_t i = 0; i < GIVEN_MANY_THREADS; i++)
        if (pthread_create(&threads[i], NULL, run, many) != 0)
            return fail(ERR_BUSY, "no thread");
    for (size_t i = 0; i < GIVEN_MANY_THREADS; i++)
        pthread_join(threads[i], NULL);
    *out_took = env_real()->boot(env_real()) - began;
    return many->wrong ? fail(ERR_BROKEN, "%zu of %d restores failed", (size_t)many->wrong, GIVEN_MANY)
                       : ERR_OK;
}
