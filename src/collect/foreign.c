/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/foreign.h"

#include "base/limits.h"
#include "collect/policies.h"
#include "collect/switches.h"
#include "concept/account.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/group.h"

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }
static ProtobufCBinaryData data_of(const ident_t *id)
{
    return (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)id->bytes};
}

err_t foreign_find(struct desk *desk, const struct foreign_ask *ask, struct foreign_agent *out_agent)
{
    Keys__ForeignAsk in = KEYS__FOREIGN_ASK__INIT;
    Keys__ForeignDevice *out = NULL;
    struct foreign_agent agent = {.peer_address = ask->peer_address};
    in.key = (char *)(uintptr_t)arena_copy(desk->arena, ask->key).at;
    in.machine = (char *)(uintptr_t)arena_copy(desk->arena, ask->machine).at;
    TRY(arena_end(desk->arena));
    TRY(keys_ask(desk->channel, &(struct question){ASK_foreign_find, &in}, desk->arena, &out));
    TRY(ident_from(bin(out->tenant), &agent.tenant));
    TRY(ident_from(bin(out->device), &agent.device));
    agent.state = str(out->state);
    agent.heard = out->heard;
    *out_agent = agent;
    return ERR_OK;
}

err_t foreign_wants(struct desk *desk, const struct foreign_agent *agent, struct osquery_wants *out_wants,
                    bool *out_fresh)
{
    struct osquery_wants wants = {.inventory = str_eq(agent->state, STR("approved"))};
    TRY(switches_read(desk, agent->tenant, &wants.collection));
    *out_fresh = wants.inventory && wants.collection.version != agent->heard;
    *out_wants = wants;
    return ERR_OK;
}

err_t foreign_heard(struct desk *desk, const struct foreign_agent *agent)
{
    struct collection collection;
    Keys__ForeignHeard in = KEYS__FOREIGN_HEARD__INIT;
    Keys__None *out = NULL;
    TRY(switches_read(desk, agent->tenant, &collection));
    in.tenant = data_of(&agent->tenant);
    in.device = data_of(&agent->device);
    in.version = collection.version;
    return collection.version == agent->heard
               ? ERR_OK
               : keys_ask(desk->channel, &(struct question){ASK_foreign_heard, &in}, desk->arena, &out);
}

err_t foreign_seen(struct desk *desk, const struct foreign_agent *agent, struct following *said)
{
    return policies_heard(desk, &(struct intake){.tenant = agent->tenant, .device = agent->device}, said);
}

/* A name that something was told of, and the account that it is. */
struct known {
    str_t name;
    bool person;
    ident_t id;
};

struct telling_on {
    struct desk *desk;
    const struct foreign_agent *agent;
    const struct found *found;
    struct collection collection;
    struct known *known; /* in the order of their names */
    size_t known_count;
    ident_t *gone;
    size_t gone_count;
    Custody__Item **items;
    size_t item_count, item_room;
};

static const struct found_list *list_of(const struct telling_on *telling, enum found_kind kind)
{
    return &telling->found->lists[kind];
}

/* Names, each once */

static void name_add(struct telling_on *telling, const struct found_account *account)
{
    if (account->name.len)
        telling->known[telling->known_count++] = (struct known){account->name, account->person};
}

static size_t names_most(const struct telling_on *telling)
{
    const struct found_group *groups = list_of(telling, FOUND_GROUPS)->records;
    size_t most = list_of(telling, FOUND_ACCOUNTS)->count + list_of(telling, FOUND_PEOPLE)->count;
    for (size_t i = 0; i < list_of(telling, FOUND_GROUPS)->count; i++)
        most += groups[i].count;
    return most;
}

static void names_gather(struct telling_on *telling)
{
    const struct found_group *groups = list_of(telling, FOUND_GROUPS)->records;
    for (int kind = FOUND_ACCOUNTS; kind <= FOUND_PEOPLE; kind++) {
        const struct found_account *accounts = list_of(telling, kind)->records;
        for (size_t i = 0; i < list_of(telling, kind)->count; i++)
            name_add(telling, &accounts[i]);
    }
    for (size_t i = 0; i < list_of(telling, FOUND_GROUPS)->count; i++)
        for (size_t j = 0; j < groups[i].count; j++)
            name_add(telling, &groups[i].members[j]);
}

static int known_order(const void *left, const void *right)
{
    str_t a = ((const struct known *)left)->name, b = ((const struct known *)right)->name;
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static void names_once(struct telling_on *telling)
{
    size_t kept = 0;
    if (telling->known_count)
        qsort(telling->known, telling->known_count, sizeof *telling->known, known_order);
    for (size_t i = 0; i < telling->known_count; i++) {
        struct known *last = kept ? &telling->known[kept - 1] : NULL;
        if (last && str_eq(last->name, telling->known[i].name))
            last->person |= telling->known[i].person;
        else
            telling->known[kept++] = telling->known[i];
    }
    telling->known_count = kept;
}

static const struct known *known_of(const struct telling_on *telling, str_t name)
{
    const struct known key = {.name = name};
    return bsearch(&key, telling->known, telling->known_count, sizeof key, known_order);
}

static err_t ids_take(struct telling_on *telling, const Keys__ForeignIds *ids)
{
    if (ids->n_ids != telling->known_count)
        return fail(ERR_BROKEN, "the keys process answered for %zu of %zu names", ids->n_ids,
                    telling->known_count);
    for (size_t i = 0; i < ids->n_ids; i++)
        TRY(ident_from(bin(ids->ids[i]), &telling->known[i].id));
    telling->gone = arena_array(telling->desk->arena, ident_t, ids->n_gone);
    TRY(arena_end(telling->desk->arena));
    for (; telling->gone_count < ids->n_gone; telling->gone_count++)
        TRY(ident_from(bin(ids->gone[telling->gone_count]), &telling->gone[telling->gone_count]));
    return ERR_OK;
}

static err_t ids_ask(struct telling_on *telling)
{
    arena_t *arena = telling->desk->arena;
    Keys__ForeignNames in = KEYS__FOREIGN_NAMES__INIT;
    Keys__ForeignIds *out = NULL;
    Keys__ForeignName *names = arena_array(arena, Keys__ForeignName, telling->known_count);
    in.names = arena_array(arena, Keys__ForeignName *, telling->known_count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < telling->known_count; i++) {
        keys__foreign_name__init(&names[i]);
        names[i].name = (char *)(uintptr_t)arena_copy(arena, telling->known[i].name).at;
        names[i].person = telling->known[i].person;
        in.names[i] = &names[i];
    }
    TRY(arena_end(arena));
    in.n_names = telling->known_count;
    in.tenant = data_of(&telling->agent->tenant);
    in.device = data_of(&telling->agent->device);
    in.whole = list_of(telling, FOUND_ACCOUNTS)->told;
    TRY(keys_ask(telling->desk->channel, &(struct question){ASK_foreign_accounts, &in}, arena, &out));
    return ids_take(telling, out);
}

/* What the client lets nobody collect makes no accounts either. */
static err_t accounts_know(struct telling_on *telling)
{
    if (!telling->collection.usernames)
        return ERR_OK;
    telling->known = arena_array(telling->desk->arena, struct known, names_most(telling));
    TRY(arena_end(telling->desk->arena));
    names_gather(telling);
    names_once(telling);
    return telling->known_count || list_of(telling, FOUND_ACCOUNTS)->told ? ids_ask(telling) : ERR_OK;
}

/* Items, as our own agent has them */

static err_t item_add(struct telling_on *telling, const concept_t *concept, ident_t id, ident_t subject,
                      str_t frame)
{
    arena_t *arena = telling->desk->arena;
    Custody__Item *item = arena_new(arena, Custody__Item);
    ident_t *ids = arena_array(arena, ident_t, 2);
    TRY(arena_end(arena));
    if (telling->item_count == telling->item_room)
        return fail(ERR_TOO_LARGE, "more than %zu items in one report", telling->item_room);
    ids[0] = id;
    ids[1] = subject;
    custody__item__init(item);
    item->concept = (uint32_t) concept->number;
    item->id = data_of(&ids[0]);
    item->subject = data_of(&ids[1]);
    item->list = (ProtobufCBinaryData){frame.len, (uint8_t *)(uintptr_t)frame.at};
    telling->items[telling->item_count++] = item;
    return ERR_OK;
}

struct entries_told {
    const void *records;
    size_t count;
};

static err_t frame_make(struct telling_on *telling, const concept_t *concept,
                        const struct entries_told *entries, str_t *out_frame)
{
    arena_t *arena = telling->desk->arena;
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM * 2);
    TRY(codec_pack(concept, entries->records, entries->count, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_frame = arena_copy(arena, buf_str(&frame));
    return arena_end(arena);
}

/* The device's own lists, each with an id that follows from the device's: the next one takes its place. */
static ident_t own_id(const struct telling_on *telling, enum found_kind kind)
{
    static const char *const names[] = {
#define F(kind, type, concept) [FOUND_##kind] = #kind,
        FOUND_KINDS(F)
#undef F
    };
    const str_t parts[] = {STR("foreign "), str(names[kind]), ident_bytes(&telling->agent->device)};
    uint8_t hash[DIGEST_SIZE];
    ident_t id;
    digest_of(parts, 3, hash);
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

static err_t own_add(struct telling_on *telling, enum found_kind kind, const concept_t *concept,
                     const struct entries_told *entries)
{
    str_t frame;
    ident_t device = telling->agent->device, id = concept == &device_concept ? device : own_id(telling, kind);
    TRY(frame_make(telling, concept, entries, &frame));
    return item_add(telling, concept, id, device, frame);
}

static err_t plain_lists_add(struct telling_on *telling)
{
    static const concept_t *const concepts_of[] = {
#define F(kind, type, concept) [FOUND_##kind] = concept,
        FOUND_KINDS(F)
#undef F
    };
    for (enum found_kind kind = 0; kind < FOUND_COUNT; kind++) {
        const struct found_list *list = list_of(telling, kind);
        if (list->told && concepts_of[kind])
            TRY(own_add(telling, kind, concepts_of[kind],
                        &(struct entries_told){list->records, list->count}));
    }
    return ERR_OK;
}

static err_t person_add(struct telling_on *telling, const struct account *account)
{
    str_t frame;
    TRY(frame_make(telling, &account_concept, &(struct entries_told){account, 1}, &frame));
    return item_add(telling, &account_concept, account->id, account->id, frame);
}

static err_t accounts_add(struct telling_on *telling)
{
    const struct found_list *list = list_of(telling, FOUND_ACCOUNTS);
    const struct found_account *accounts = list->records;
    struct account *others = arena_array(telling->desk->arena, struct account, list->count);
    struct entries_told told = {others, 0};
    TRY(arena_end(telling->desk->arena));
    for (size_t i = 0; i < list->count; i++) {
        const struct known *known = known_of(telling, accounts[i].name);
        const struct account account = {known->id, known->name, accounts[i].logged_in};
        if (known->person)
            TRY(person_add(telling, &account));
        else
            others[told.count++] = account;
    }
    for (size_t i = 0; i < telling->gone_count; i++)
        TRY(item_add(telling, &account_concept, telling->gone[i], telling->gone[i], (str_t){0}));
    return list->told ? own_add(telling, FOUND_ACCOUNTS, &account_concept, &told) : ERR_OK;
}

/* Who of some people has a record already: another agent on the machine may have told more of them. */
struct looking {
    const struct telling_on *telling;
    bool *there;
};

static err_t people_look(struct tx *tx, void *with)
{
    struct looking *looking = with;
    const struct found_list *list = list_of(looking->telling, FOUND_PEOPLE);
    const struct found_account *people = list->records;
    for (size_t i = 0; i < list->count; i++)
        TRY(record_exists(tx, &account_concept, known_of(looking->telling, people[i].name)->id,
                          &looking->there[i]));
    return ERR_OK;
}

static err_t people_add(struct telling_on *telling)
{
    const struct found_list *list = list_of(telling, FOUND_PEOPLE);
    const struct found_account *people = list->records;
    struct looking looking = {telling, arena_array(telling->desk->arena, bool, list->count)};
    TRY(arena_end(telling->desk->arena));
    if (!list->count)
        return ERR_OK;
    TRY(store_read(telling->desk->store, telling->agent->tenant, people_look, &looking));
    for (size_t i = 0; i < list->count; i++) {
        const struct known *known = known_of(telling, people[i].name);
        if (known->person && !looking.there[i])
            TRY(person_add(telling, &(struct account){known->id, known->name, people[i].logged_in}));
    }
    return ERR_OK;
}

static err_t group_fill(const struct telling_on *telling, const struct found_group *found,
                        struct group *group)
{
    ident_t *ids = arena_array(telling->desk->arena, ident_t, found->count);
    TRY(arena_end(telling->desk->arena));
    *group = (struct group){found->name, {ids, found->count}};
    for (size_t i = 0; i < found->count; i++)
        ids[i] = known_of(telling, found->members[i].name)->id;
    return ERR_OK;
}

static err_t groups_add(struct telling_on *telling)
{
    const struct found_list *list = list_of(telling, FOUND_GROUPS);
    const struct found_group *found = list->records;
    struct group *groups = arena_array(telling->desk->arena, struct group, list->count);
    TRY(arena_end(telling->desk->arena));
    for (size_t i = 0; i < list->count; i++)
        TRY(group_fill(telling, &found[i], &groups[i]));
    return list->told
               ? own_add(telling, FOUND_GROUPS, &group_concept, &(struct entries_told){groups, list->count})
               : ERR_OK;
}

static err_t items_make(struct telling_on *telling)
{
    telling->item_room = MAX_REPORT_ITEMS;
    telling->items = arena_array(telling->desk->arena, Custody__Item *, telling->item_room);
    TRY(arena_end(telling->desk->arena));
    TRY(plain_lists_add(telling));
    if (!telling->collection.usernames)
        return ERR_OK;
    TRY(accounts_add(telling));
    TRY(people_add(telling));
    return groups_add(telling);
}

static err_t items_send(struct telling_on *telling)
{
    Custody__Report report = CUSTODY__REPORT__INIT;
    report.epoch = data_of(&telling->agent->device);
    report.items = telling->items;
    report.n_items = telling->item_count;
    char *at = arena_room(telling->desk->arena, custody__report__get_packed_size(&report));
    TRY(arena_end(telling->desk->arena));
    const struct intake intake = {
        .tenant = telling->agent->tenant,
        .device = telling->agent->device,
        .body = str_bytes(at, custody__report__pack(&report, (uint8_t *)at)),
        .peer_address = telling->agent->peer_address,
        .unnumbered = true,
    };
    return intake_report(telling->desk, &intake);
}

err_t foreign_report(struct desk *desk, const struct foreign_agent *agent, const struct found *found)
{
    struct telling_on telling = {.desk = desk, .agent = agent, .found = found};
    if (!str_eq(agent->state, STR("approved")))
        return fail(ERR_DENIED, "the device waits for approval, or was revoked");
    TRY(switches_read(desk, agent->tenant, &telling.collection));
    TRY(accounts_know(&telling));
    TRY(items_make(&telling));
    return items_send(&telling);
}
