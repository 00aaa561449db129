/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keep.h"

#include "store/_private.h"

enum { KEYS_ROOM = 256 * 1024 * 1024, AT_ONCE = 2048 };

/* One walk over a place, and the keys of its rows that go, one behind the other. */
struct walk {
    const struct place *place;
    const struct keep *keep;
    buf_t *keys;
    size_t key, from; /* how long each is; the next to be removed */
    int64_t removed;
    struct kept_weight weight;
};

static ident_t id_in(const struct value *values, int column)
{
    ident_t id = {{0}};
    if (column >= 0 && values[column].bytes.len == sizeof id)
        memcpy(&id, values[column].bytes.at, sizeof id);
    return id;
}

static bool is_about(const struct place *place, const struct value *values, const idents_t *ids)
{
    return is_held(ids, id_in(values, place->subject)) || is_held(ids, id_in(values, place->device));
}

/* What endpoints are told, and how far their spools are, is nothing that was kept about anybody. */
static bool is_content(const struct place *place) { return place->restore == RESTORE_CONTENT; }

static bool is_device_row(const struct place *place) { return place->subject == 0 && place->keys == 1; }

static bool stays(const struct walk *walk, const struct value *values)
{
    const struct place *place = walk->place;
    if (!is_content(place) || place->subject < 0)
        return false;
    return walk->keep->all || is_about(place, values, walk->keep->ids);
}

/* Rows of launches go with their chains. */
static bool is_walked(const struct place *place)
{
    return place != &launch_chains_place && place != &launch_segments_place && place != &launches_place;
}

static err_t key_take(void *with, str_t key, str_t row)
{
    struct walk *walk = with;
    struct value values[PLACE_COLUMNS];
    TRY(row_read(walk->place->columns, walk->place->count, row, values));
    if (stays(walk, values))
        return ERR_OK;
    if (is_device_row(walk->place) && is_held(walk->keep->devices, id_in(values, 0)) &&
        is_content(walk->place))
        return ERR_OK;
    walk->key = key.len;
    buf_put(walk->keys, key);
    return buf_end(walk->keys);
}

static err_t keys_act(struct tx *tx, void *with)
{
    struct walk *walk = with;
    buf_clear(walk->keys);
    walk->from = 0;
    return place_rows(tx, walk->place, &(struct place_span){0}, key_take, walk);
}

static err_t remove_act(struct tx *tx, void *with)
{
    const struct walk *walk = with;
    for (size_t i = 0, at = walk->from; i < AT_ONCE && at < walk->keys->len; i++, at += walk->key)
        TRY(place_remove(tx, walk->place, (str_t){walk->keys->at + at, walk->key}));
    return ERR_OK;
}

static err_t place_keep(struct store *store, ident_t tenant, struct walk *walk)
{
    TRY(store_read(store, tenant, keys_act, walk));
    while (walk->from < walk->keys->len) {
        TRY(store_write(store, tenant, remove_act, walk));
        size_t step = AT_ONCE * walk->key, left = walk->keys->len - walk->from;
        step = step < left ? step : left;
        walk->from += step;
        walk->removed += (int64_t)(step / walk->key);
    }
    return ERR_OK;
}

/* Of a device that is not held itself. */
static err_t bare_act(struct tx *tx, void *with)
{
    const struct keep *keep = with;
    for (size_t i = 0; i < keep->devices->count; i++)
        if (!is_held(keep->ids, keep->devices->at[i]))
            TRY(tx_do(tx, "update devices set sealed = null, entries = 0 where tenant = $1 and id = $2",
                      ID(keep->devices->at[i])));
    return weights_anew(tx);
}

/* Chains of launches, oldest day first. */
struct chains {
    struct evict_ask ask;
    struct evicted gone;
    int64_t oldest;
};

static err_t oldest_act(struct tx *tx, void *with)
{
    struct chains *chains = with;
    return launches_oldest(tx, chains->ask.held, &chains->oldest);
}

static err_t chains_act(struct tx *tx, void *with)
{
    struct chains *chains = with;
    return launches_evict(tx, &chains->ask, &chains->gone);
}

static err_t chains_keep(struct store *store, ident_t tenant, const idents_t *ids, int64_t *io_removed)
{
    struct chains chains = {.ask.held = ids};
    TRY(store_read(store, tenant, oldest_act, &chains));
    while (chains.oldest != NO_DAY) {
        chains.ask.day = chains.oldest;
        TRY(store_write(store, tenant, chains_act, &chains));
        *io_removed += 1;
        TRY(store_read(store, tenant, oldest_act, &chains));
    }
    return ERR_OK;
}

static err_t notes_act(struct tx *tx, void *unused)
{
    (void)unused;
    TRY(tx_do(tx, "delete from cuts where tenant = $1"));
    TRY(tx_do(tx, "delete from changes where tenant = $1"));
    TRY(tx_do(tx, "delete from usage where tenant = $1"));
    return tx_do(tx, "delete from outbox where tenant = $1");
}

/* With the last handle that has it open the log of writes goes. */
static err_t file_fold(struct store *store, ident_t tenant)
{
    OWN(control) control = control_take(store);
    return file_shut(control.store, tenant);
}

err_t store_keep(struct store *store, const struct tenant *tenant, const struct keep *keep,
                 int64_t *out_removed)
{
    OWN(buf) keys = BUF(KEYS_ROOM);
    int64_t removed = 0;
    TRY(store_tenant_put(store, tenant));
    for_each_place(place)
    {
        struct walk walk = {.place = place, .keep = keep, .keys = &keys};
        if (is_walked(place))
            TRY(place_keep(store, tenant->id, &walk));
        removed += walk.removed;
    }
    if (!keep->all) {
        TRY(chains_keep(store, tenant->id, keep->ids, &removed));
        TRY(store_write(store, tenant->id, bare_act, (void *)(uintptr_t)keep));
    }
    TRY(store_write(store, tenant->id, notes_act, NULL));
    TRY(file_fold(store, tenant->id));
    *out_removed = removed;
    return ERR_OK;
}

/* Weighing */

struct weighing {
    const struct place *place;
    const idents_t *ids;
    struct tx *tx;
    struct kept_weight weight;
};

static err_t weigh_take(void *with, str_t key, str_t row)
{
    struct weighing *weighing = with;
    struct value values[PLACE_COLUMNS];
    int64_t unused = 0;
    (void)key;
    TRY(row_read(weighing->place->columns, weighing->place->count, row, values));
    if (weighing->ids && !is_about(weighing->place, values, weighing->ids))
        return ERR_OK;
    weighing->weight.items++;
    weighing->weight.bytes += row_weight(weighing->place, values);
    return weighing->place == &launch_chains_place
               ? chain_measure(weighing->tx, values[0].number, values[2].number, &unused,
                               &weighing->weight.bytes)
               : ERR_OK;
}

static err_t weigh_act(struct tx *tx, void *with)
{
    struct weighing *weighing = with;
    weighing->tx = tx;
    weighing->weight = (struct kept_weight){0};
    for_each_place(place)
    {
        weighing->place = place;
        if (place->subject >= 0)
            TRY(place_rows(tx, place, &(struct place_span){0}, weigh_take, weighing));
    }
    return ERR_OK;
}

err_t store_keep_weigh(struct store *store, ident_t tenant, const idents_t *ids,
                       struct kept_weight *out_weight)
{
    struct weighing weighing = {.ids = ids};
    TRY(store_read(store, tenant, weigh_act, &weighing));
    *out_weight = weighing.weight;
    return ERR_OK;
}
