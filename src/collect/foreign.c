/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/told.h"

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
    struct kept_policy newest;
    TRY(switches_read(desk, agent->tenant, &wants.collection));
    TRY(policies_newest(desk, agent->tenant, &newest));
    wants.launches = wants.inventory && wants.collection.launches && newest.number;
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

static const struct found_list *list_of(const struct told *told, enum found_kind kind)
{
    return &told->found->lists[kind];
}

/* Names, each once */

static void name_add(struct told *told, const struct found_account *account, enum found_kind kind)
{
    if (account->name.len)
        told->known[told->known_count++] =
            (struct known){.name = account->name,
                           .person = account->person,
                           .listed = kind == FOUND_ACCOUNTS,
                           .spoken = kind == FOUND_PEOPLE || kind == FOUND_LAUNCHES};
}

static size_t names_most(const struct told *told)
{
    const struct found_group *groups = list_of(told, FOUND_GROUPS)->records;
    size_t most = list_of(told, FOUND_ACCOUNTS)->count + list_of(told, FOUND_PEOPLE)->count +
                  list_of(told, FOUND_LAUNCHES)->count;
    for (size_t i = 0; i < list_of(told, FOUND_GROUPS)->count; i++)
        most += groups[i].count;
    return most;
}

static void accounts_gather(struct told *told, enum found_kind kind)
{
    const struct found_account *accounts = list_of(told, kind)->records;
    for (size_t i = 0; i < list_of(told, kind)->count; i++)
        name_add(told, &accounts[i], kind);
}

/* What the client lets nobody collect makes no accounts either; whose launches are kept is known by an id alone then. */
static void names_gather(struct told *told)
{
    const struct found_group *groups = list_of(told, FOUND_GROUPS)->records;
    const struct found_launch *launches = list_of(told, FOUND_LAUNCHES)->records;
    for (size_t i = 0; told->policy.rules && i < list_of(told, FOUND_LAUNCHES)->count; i++)
        name_add(told, &launches[i].by, FOUND_LAUNCHES);
    if (!told->collection.usernames)
        return;
    accounts_gather(told, FOUND_ACCOUNTS);
    accounts_gather(told, FOUND_PEOPLE);
    for (size_t i = 0; i < list_of(told, FOUND_GROUPS)->count; i++)
        for (size_t j = 0; j < groups[i].count; j++)
            name_add(told, &groups[i].members[j], FOUND_GROUPS);
}

static int known_order(const void *left, const void *right)
{
    str_t a = ((const struct known *)left)->name, b = ((const struct known *)right)->name;
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static void known_merge(struct known *known, const struct known *more)
{
    known->person |= more->person;
    known->listed |= more->listed;
    known->spoken |= more->spoken;
}

static void names_once(struct told *told)
{
    size_t kept = 0;
    if (told->known_count)
        qsort(told->known, told->known_count, sizeof *told->known, known_order);
    for (size_t i = 0; i < told->known_count; i++) {
        struct known *last = kept ? &told->known[kept - 1] : NULL;
        if (last && str_eq(last->name, told->known[i].name))
            known_merge(last, &told->known[i]);
        else
            told->known[kept++] = told->known[i];
    }
    told->known_count = kept;
}

const struct known *known_of(const struct told *told, str_t name)
{
    const struct known key = {.name = name};
    return bsearch(&key, told->known, told->known_count, sizeof key, known_order);
}

static err_t ids_take(struct told *told, const Keys__ForeignIds *ids)
{
    if (ids->n_ids != told->known_count)
        return fail(ERR_BROKEN, "the keys process answered for %zu of %zu names", ids->n_ids,
                    told->known_count);
    for (size_t i = 0; i < ids->n_ids; i++)
        TRY(ident_from(bin(ids->ids[i]), &told->known[i].id));
    told->gone = arena_array(told->desk->arena, ident_t, ids->n_gone);
    TRY(arena_end(told->desk->arena));
    for (; told->gone_count < ids->n_gone; told->gone_count++)
        TRY(ident_from(bin(ids->gone[told->gone_count]), &told->gone[told->gone_count]));
    return ERR_OK;
}

static err_t ids_ask(struct told *told, bool whole)
{
    arena_t *arena = told->desk->arena;
    Keys__ForeignNames in = KEYS__FOREIGN_NAMES__INIT;
    Keys__ForeignIds *out = NULL;
    Keys__ForeignName *names = arena_array(arena, Keys__ForeignName, told->known_count);
    in.names = arena_array(arena, Keys__ForeignName *, told->known_count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < told->known_count; i++) {
        keys__foreign_name__init(&names[i]);
        names[i].name = (char *)(uintptr_t)arena_copy(arena, told->known[i].name).at;
        names[i].person = told->known[i].person;
        in.names[i] = &names[i];
    }
    TRY(arena_end(arena));
    in.n_names = told->known_count;
    in.tenant = data_of(&told->agent->tenant);
    in.device = data_of(&told->agent->device);
    in.whole = whole;
    TRY(keys_ask(told->desk->channel, &(struct question){ASK_foreign_accounts, &in}, arena, &out));
    return ids_take(told, out);
}

static err_t accounts_know(struct told *told)
{
    bool whole = told->collection.usernames && list_of(told, FOUND_ACCOUNTS)->told;
    told->known = arena_array(told->desk->arena, struct known, names_most(told));
    TRY(arena_end(told->desk->arena));
    names_gather(told);
    names_once(told);
    if (told->known_count > MAX_FOREIGN_ACCOUNTS && told->collection.usernames) {
        told->collection.usernames = false; /* of launches alone, then */
        told->known_count = 0;
        return accounts_know(told);
    }
    return told->known_count || whole ? ids_ask(told, whole) : ERR_OK;
}

/* Items, as our own agent has them */

static err_t item_add(struct told *told, const concept_t *c, ident_t id, ident_t subject, str_t frame)
{
    arena_t *arena = told->desk->arena;
    Custody__Item *item = arena_new(arena, Custody__Item);
    ident_t *ids = arena_array(arena, ident_t, 2);
    TRY(arena_end(arena));
    if (told->item_count == told->item_room)
        return fail(ERR_TOO_LARGE, "more than %zu items in one report", told->item_room);
    ids[0] = id;
    ids[1] = subject;
    custody__item__init(item);
    item->concept = (uint32_t)c->number;
    item->id = data_of(&ids[0]);
    item->subject = data_of(&ids[1]);
    item->list = (ProtobufCBinaryData){frame.len, (uint8_t *)(uintptr_t)frame.at};
    told->items[told->item_count++] = item;
    return ERR_OK;
}

struct entries_told {
    const void *records;
    size_t count;
};

static err_t frame_make(struct told *told, const concept_t *concept, const struct entries_told *entries,
                        str_t *out_frame)
{
    arena_t *arena = told->desk->arena;
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM * 2);
    TRY(codec_pack(concept, entries->records, entries->count, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_frame = arena_copy(arena, buf_str(&frame));
    return arena_end(arena);
}

/* The device's own lists, each with an id that follows from the device's: the next one takes its place. */
static ident_t own_id(const struct told *told, enum found_kind kind)
{
    static const char *const names[] = {
#define F(kind, type, concept) [FOUND_##kind] = #kind,
        FOUND_KINDS(F)
#undef F
    };
    const str_t parts[] = {STR("foreign "), str(names[kind]), ident_bytes(&told->agent->device)};
    uint8_t hash[DIGEST_SIZE];
    ident_t id;
    digest_of(parts, 3, hash);
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

static err_t own_add(struct told *told, enum found_kind kind, const concept_t *concept,
                     const struct entries_told *entries)
{
    str_t frame;
    ident_t device = told->agent->device, id = concept == &device_concept ? device : own_id(told, kind);
    TRY(frame_make(told, concept, entries, &frame));
    return item_add(told, concept, id, device, frame);
}

static err_t plain_lists_add(struct told *told)
{
    static const concept_t *const concepts_of[] = {
#define F(kind, type, concept) [FOUND_##kind] = concept,
        FOUND_KINDS(F)
#undef F
    };
    for (enum found_kind kind = 0; kind < FOUND_COUNT; kind++) {
        const struct found_list *list = list_of(told, kind);
        if (list->told && concepts_of[kind])
            TRY(own_add(told, kind, concepts_of[kind], &(struct entries_told){list->records, list->count}));
    }
    return ERR_OK;
}

static err_t person_add(struct told *told, const struct account *account)
{
    str_t frame;
    TRY(frame_make(told, &account_concept, &(struct entries_told){account, 1}, &frame));
    return item_add(told, &account_concept, account->id, account->id, frame);
}

static err_t accounts_add(struct told *told)
{
    const struct found_list *list = list_of(told, FOUND_ACCOUNTS);
    const struct found_account *accounts = list->records;
    struct account *others = arena_array(told->desk->arena, struct account, list->count);
    struct entries_told own = {others, 0};
    TRY(arena_end(told->desk->arena));
    for (size_t i = 0; i < list->count; i++) {
        const struct known *known = known_of(told, accounts[i].name);
        const struct account account = {known->id, known->name, accounts[i].logged_in};
        if (known->person)
            TRY(person_add(told, &account));
        else
            others[own.count++] = account;
    }
    for (size_t i = 0; i < told->gone_count && told->item_count + FOUND_COUNT < told->item_room; i++)
        TRY(item_add(told, &account_concept, told->gone[i], told->gone[i], (str_t){0}));
    return list->told ? own_add(told, FOUND_ACCOUNTS, &account_concept, &own) : ERR_OK;
}

/* Who of the people spoken of has a record already: another agent on the machine may have told more of them. */
struct looking {
    const struct told *told;
    bool *there;
};

static err_t people_look(struct tx *tx, void *with)
{
    struct looking *looking = with;
    const struct told *told = looking->told;
    for (size_t i = 0; i < told->known_count; i++)
        if (told->known[i].spoken)
            TRY(record_exists(tx, &account_concept, told->known[i].id, &looking->there[i]));
    return ERR_OK;
}

static err_t people_add(struct told *told)
{
    struct looking looking = {told, arena_array(told->desk->arena, bool, told->known_count)};
    TRY(arena_end(told->desk->arena));
    TRY(store_read(told->desk->store, told->agent->tenant, people_look, &looking));
    for (size_t i = 0; i < told->known_count; i++) {
        const struct known *known = &told->known[i];
        if (known->spoken && known->person && !known->listed && !looking.there[i])
            TRY(person_add(told, &(struct account){known->id, known->name}));
    }
    return ERR_OK;
}

static err_t group_fill(const struct told *told, const struct found_group *found, struct group *group)
{
    ident_t *ids = arena_array(told->desk->arena, ident_t, found->count);
    TRY(arena_end(told->desk->arena));
    *group = (struct group){found->name, {ids, found->count}};
    for (size_t i = 0; i < found->count; i++)
        ids[i] = known_of(told, found->members[i].name)->id;
    return ERR_OK;
}

static err_t groups_add(struct told *told)
{
    const struct found_list *list = list_of(told, FOUND_GROUPS);
    const struct found_group *found = list->records;
    struct group *groups = arena_array(told->desk->arena, struct group, list->count);
    TRY(arena_end(told->desk->arena));
    for (size_t i = 0; i < list->count; i++)
        TRY(group_fill(told, &found[i], &groups[i]));
    return list->told
               ? own_add(told, FOUND_GROUPS, &group_concept, &(struct entries_told){groups, list->count})
               : ERR_OK;
}

static err_t items_make(struct told *told)
{
    told->item_room = MAX_REPORT_ITEMS;
    told->items = arena_array(told->desk->arena, Custody__Item *, told->item_room);
    TRY(arena_end(told->desk->arena));
    TRY(plain_lists_add(told));
    if (!told->collection.usernames)
        return ERR_OK;
    TRY(accounts_add(told));
    TRY(people_add(told));
    return groups_add(told);
}

static err_t items_send(struct told *told)
{
    Custody__Report report = CUSTODY__REPORT__INIT;
    report.epoch = data_of(&told->agent->device);
    report.items = told->items;
    report.n_items = told->item_count;
    char *at = arena_room(told->desk->arena, custody__report__get_packed_size(&report));
    TRY(arena_end(told->desk->arena));
    const struct intake intake = {
        .tenant = told->agent->tenant,
        .device = told->agent->device,
        .body = str_bytes(at, custody__report__pack(&report, (uint8_t *)at)),
        .peer_address = told->agent->peer_address,
        .unnumbered = true,
    };
    return intake_report(told->desk, &intake);
}

err_t foreign_report(struct desk *desk, const struct foreign_agent *agent, const struct found *found)
{
    OWN(told) told = {.desk = desk, .agent = agent, .found = found};
    if (!str_eq(agent->state, STR("approved")))
        return fail(ERR_DENIED, "the device waits for approval, or was revoked");
    TRY(switches_read(desk, agent->tenant, &told.collection));
    if (found->lists[FOUND_LAUNCHES].told && told.collection.launches)
        TRY(foreign_policy_read(desk, agent->tenant, &agent->device, &told.policy));
    TRY(accounts_know(&told));
    TRY(items_make(&told));
    TRY(items_send(&told));
    return told.policy.rules ? launches_send(&told) : ERR_OK;
}
