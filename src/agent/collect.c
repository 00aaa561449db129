/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/collect.h"

#include "agent/addresses.h"
#include "agent/groups.h"
#include "agent/logins.h"
#include "agent/programs.h"
#include "base/limits.h"
#include "concept/device.h"

static void item_add(struct list *items, struct item item)
{
    struct item *one = list_add(items);
    if (one)
        *one = item;
}

/* A list of the device's own. Its id follows from the device's, which is random: a machine that lost its state and
 * enrolled again replaces its lists, and does not leave the old ones behind. */
static void own_add(struct list *items, const struct state *state, struct item item)
{
    OWN(buf) from = BUF(256);
    uint8_t hash[DIGEST_SIZE];
    buf_put(&from, str(item.concept->plural));
    buf_put(&from, ident_bytes(&state->device));
    digest(buf_str(&from), hash);
    memcpy(item.id.bytes, hash, sizeof item.id.bytes);
    item.subject = state->device;
    item_add(items, item);
}

static void found_add(struct list *items, const struct state *state, const concept_t *concept,
                      const struct list *found)
{
    own_add(items, state, (struct item){concept, .records = found->at, .count = found->count});
}

static void gone_add(struct list *items, const struct state *state, const concept_t *concept)
{
    own_add(items, state, (struct item){concept, .gone = true});
}

static bool allows(const struct state *state, purpose_t purpose)
{
    return switches_allow(&state->switches, purpose);
}

err_t machine_name(buf_t *out_name)
{
    char name[MAX_NAME + 1] = "";
    if (gethostname(name, sizeof name - 1) != 0 || !*name || !str_is_utf8(str(name)))
        return fail(ERR_BROKEN, "this machine has no name");
    buf_put(out_name, str(name));
    return buf_end(out_name);
}

static err_t device_collect(const struct state *state, struct list *items)
{
    OWN(buf) name = BUF(MAX_NAME);
    struct device *device = arena_new(items->arena, struct device);
    TRY(arena_end(items->arena));
    if (allows(state, COLLECT_COMPUTER_NAME)) {
        TRY(machine_name(&name));
        device->name = arena_copy(items->arena, buf_str(&name));
    }
    item_add(items, (struct item){&device_concept, state->device, state->device, device, 1});
    return arena_end(items->arena);
}

static err_t addresses_collect(const struct state *state, struct list *items)
{
    struct list found;
    if (!allows(state, COLLECT_MAC_ADDRESS) && !allows(state, COLLECT_IP_ADDRESSES)) {
        gone_add(items, state, &address_concept);
        return ERR_OK;
    }
    TRY(addresses_read(&state->switches, items->arena, &found));
    found_add(items, state, &address_concept, &found);
    return ERR_OK;
}

static err_t accounts_find(const struct collect_ask *ask, arena_t *arena, struct locals *out_locals)
{
    TRY(accounts_read(ask->root, arena, out_locals));
    if (allows(ask->state, COLLECT_LOGGED_IN))
        logins_mark(ask->root, out_locals);
    for (struct local *one = out_locals->at; one < out_locals->at + out_locals->count; one++) {
        const struct state_account *known = state_account(ask->state, ask->env, one);
        TRY(arena_end(&ask->state->arena));
        if (known)
            one->told.id = known->id, one->withheld = known->withheld;
    }
    return ERR_OK;
}

static void accounts_collect(const struct state *state, const struct locals *locals, struct list *items)
{
    struct list others = LIST(items->arena, struct account);
    for (const struct local *one = locals->at; one < locals->at + locals->count; one++) {
        struct account *told = one->person ? NULL : list_add(&others);
        if (told)
            *told = one->told;
        if (one->person && !one->withheld)
            item_add(items, (struct item){&account_concept, one->told.id, one->told.id, &one->told, 1});
    }
    found_add(items, state, &account_concept, &others);
}

/* Accounts before groups, whose members are their ids. */
static err_t people_collect(const struct collect_ask *ask, struct list *items)
{
    struct locals locals;
    struct list found;
    if (!allows(ask->state, COLLECT_USERNAMES)) {
        gone_add(items, ask->state, &account_concept);
        gone_add(items, ask->state, &group_concept);
        return ERR_OK;
    }
    TRY(accounts_find(ask, items->arena, &locals));
    accounts_collect(ask->state, &locals, items);
    TRY(groups_read(ask->root, &locals, items->arena, &found));
    found_add(items, ask->state, &group_concept, &found);
    return ERR_OK;
}

static err_t programs_collect(const struct collect_ask *ask, struct list *items)
{
    struct list found;
    if (!allows(ask->state, COLLECT_PROGRAMS)) {
        gone_add(items, ask->state, &program_concept);
        return ERR_OK;
    }
    err_t read = programs_read(ask->root, items->arena, &found);
    if (read == ERR_OK)
        found_add(items, ask->state, &program_concept, &found);
    if (read == ERR_BROKEN)
        own_add(items, ask->state,
                (struct item){&program_concept, .unread = arena_copy(items->arena, str(err_note())).at});
    return read == ERR_MISSING || read == ERR_BROKEN ? ERR_OK : read;
}

/* A person whom the service has never heard of, and an account of the system, need no word of farewell. */
static void gone_collect(struct state *state, struct list *items)
{
    for (struct state_account *one = state->accounts, *next; one; one = next) {
        next = one->next;
        if (one->present || one->withheld)
            continue;
        if (!one->person || !one->announced) {
            state_forget_item(state, one->id);
            state_forget_account(state, one->id);
        } else
            item_add(items, (struct item){&account_concept, one->id, one->id, .gone = true});
    }
}

err_t collect(const struct collect_ask *ask, arena_t *arena, struct list *out_items)
{
    struct list items = LIST(arena, struct item);
    TRY(device_collect(ask->state, &items));
    TRY(addresses_collect(ask->state, &items));
    TRY(people_collect(ask, &items));
    TRY(programs_collect(ask, &items));
    gone_collect(ask->state, &items);
    TRY(arena_end(arena));
    *out_items = items;
    return ERR_OK;
}
