/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/policies.h"

#include "concept/device.h"

/* One act on the policies of a tenant, and what came of it. */
struct errand {
    struct desk *desk;
    const struct policies_ask *ask;
    int64_t number;
    struct kept_policy *policy;
    struct policies_page page;
};

static err_t keep_act(struct tx *tx, void *with) { return policies_put(tx, ((struct errand *)with)->policy); }

static err_t page_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    return policies_list(tx, errand->ask, errand->desk->arena, &errand->page);
}

static err_t one_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    return policies_find(tx, errand->number, errand->desk->arena, errand->policy);
}

static err_t newest_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    return policies_last(tx, errand->desk->arena, errand->policy);
}

static err_t digest_put(struct desk *desk, struct kept_policy *policy)
{
    OWN(buf) text = BUF(64);
    uint8_t sum[DIGEST_SIZE];
    digest(policy->note, sum);
    buf_put_base64(&text, str_bytes(sum, sizeof sum));
    TRY(buf_end(&text));
    policy->digest = arena_copy(desk->arena, buf_str(&text));
    return arena_end(desk->arena);
}

err_t policies_keep(struct desk *desk, ident_t tenant, struct kept_policy *policy)
{
    policy->id = ident_new(desk->env);
    TRY(digest_put(desk, policy));
    return store_write(desk->store, tenant, keep_act, &(struct errand){.desk = desk, .policy = policy});
}

err_t policies_page(struct desk *desk, ident_t tenant, const struct policies_ask *ask,
                    struct policies_page *out_page)
{
    struct errand errand = {.desk = desk, .ask = ask};
    TRY(store_read(desk->store, tenant, page_act, &errand));
    *out_page = errand.page;
    return ERR_OK;
}

err_t policies_one(struct desk *desk, ident_t tenant, int64_t number, struct kept_policy *out_policy)
{
    struct errand errand = {.desk = desk, .number = number, .policy = out_policy};
    return store_read(desk->store, tenant, one_act, &errand);
}

err_t policies_newest(struct desk *desk, ident_t tenant, struct kept_policy *out_policy)
{
    struct errand errand = {.desk = desk, .policy = out_policy};
    return store_read(desk->store, tenant, newest_act, &errand);
}

/* What endpoints say */

struct hearing_of {
    struct desk *desk;
    ident_t device;
    moment_t now;
    struct following *said;
};

static bool same(const struct following *a, const struct following *b)
{
    return a->number == b->number && a->enforcing == b->enforcing && str_eq(a->trouble, b->trouble) &&
           a->restarts == b->restarts && a->stops == b->stops && a->late == b->late &&
           a->stopped == b->stopped && a->lost == b->lost;
}

/* An idle minute writes nothing but that the endpoint was heard of. */
static err_t following_put(struct tx *tx, const struct hearing_of *hearing)
{
    struct record_page page = {0};
    struct following said = *hearing->said;
    bool there = false;
    TRY(record_list(tx, &following_concept, &(struct record_ask){.id = &hearing->device},
                    hearing->desk->arena, &page));
    const struct following *before = page.count ? page.records[0].plain : NULL;
    if (before && same(before, &said))
        return ERR_OK;
    TRY(record_exists(tx, &device_concept, hearing->device, &there));
    if (!there)
        return ERR_OK;
    said.id = hearing->device;
    said.since = before && before->number == said.number ? before->since : hearing->now;
    return record_put(
        tx, &following_concept,
        &(struct record){.id = said.id, .subject = said.id, .changed = hearing->now, .plain = &said});
}

static err_t heard_act(struct tx *tx, void *with)
{
    const struct hearing_of *hearing = with;
    TRY(record_seen(tx, hearing->device, hearing->now));
    return hearing->said ? following_put(tx, hearing) : ERR_OK;
}

err_t policies_heard(struct desk *desk, const struct intake *intake, struct following *said)
{
    struct hearing_of hearing = {desk, intake->device, desk->env->now(desk->env), said};
    return store_write(desk->store, intake->tenant, heard_act, &hearing);
}

/* The roll-out */

static const char *const words[ROLLOUT_COUNT] = {
#define R(constant, word, meaning) [ROLLOUT_##constant] = word,
    ROLLOUT_STATES(R)
#undef R
};

const char *rollout_word(enum rollout_state state) { return words[state]; }

struct gathering {
    struct desk *desk;
    idents_t devices;
    struct record_page said;
    struct kept_policy newest;
};

static err_t gather_act(struct tx *tx, void *with)
{
    struct gathering *gathering = with;
    arena_t *arena = gathering->desk->arena;
    TRY(record_devices(tx, BY_ENROLLED, arena, &gathering->devices));
    TRY(record_list(tx, &following_concept, &(struct record_ask){.limit = 0}, arena, &gathering->said));
    return policies_last(tx, arena, &gathering->newest);
}

static int compare(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static enum rollout_state state_of(const struct following *said, int64_t newest)
{
    if (!said)
        return ROLLOUT_SILENT;
    if (!str_eq(said->trouble, STR("none")))
        return ROLLOUT_TROUBLE;
    if (!said->enforcing)
        return ROLLOUT_OFF;
    return said->number < newest ? ROLLOUT_BEHIND : ROLLOUT_CURRENT;
}

/* Both lists go by id. */
static const struct following *said_by(const struct record_page *page, ident_t device, size_t *at)
{
    while (*at < page->count && compare(&page->records[*at].id, &device) < 0)
        ++*at;
    return *at < page->count && ident_eq(page->records[*at].id, device) ? page->records[*at].plain : NULL;
}

static void rollout_add(const struct rollout_ask *ask, const struct rollout_device *device,
                        struct rollout *rollout)
{
    rollout->counts[device->state]++;
    if ((ask->state.len && !str_eq(ask->state, str(words[device->state]))) ||
        (ask->after && compare(&device->device, ask->after) <= 0))
        return;
    if (rollout->count < ask->limit)
        rollout->devices[rollout->count++] = *device;
    else
        rollout->more = true;
}

err_t policies_rollout(struct desk *desk, ident_t tenant, const struct rollout_ask *ask,
                       struct rollout *out_rollout)
{
    struct gathering gathering = {.desk = desk};
    struct rollout rollout = {.devices = arena_array(desk->arena, struct rollout_device, ask->limit)};
    TRY(arena_end(desk->arena));
    TRY(store_read(desk->store, tenant, gather_act, &gathering));
    rollout.number = gathering.newest.number;
    if (gathering.devices.count)
        qsort(gathering.devices.at, gathering.devices.count, sizeof(ident_t), compare);
    for (size_t i = 0, at = 0; i < gathering.devices.count; i++) {
        ident_t id = gathering.devices.at[i];
        const struct following *said = said_by(&gathering.said, id, &at);
        struct rollout_device device = {.device = id, .state = state_of(said, rollout.number)};
        if (said)
            device.said = *said;
        rollout_add(ask, &device, &rollout);
    }
    *out_rollout = rollout;
    return ERR_OK;
}
