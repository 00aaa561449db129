/* SPDX-License-Identifier: Apache-2.0 */
#include "erase/forget.h"

#include "base/limits.h"
#include "collect/withheld.h"
#include "concept/user.h"
#include "erase/mentions.h"
#include "store/blobs.h"

#define DATA(text) ((ProtobufCBinaryData){(text).len, (uint8_t *)(uintptr_t)(text).at})

static ident_t id_of(ProtobufCBinaryData data)
{
    ident_t id = {{0}};
    if (data.len == sizeof id.bytes)
        memcpy(id.bytes, data.data, sizeof id.bytes);
    return id;
}

/* Finding */

struct finding_person {
    str_t part;
    person_found_t found;
    void *with;
    bool left;
};

static bool holds(str_t name, str_t part)
{
    for (size_t i = 0; part.len && i + part.len <= name.len; i++)
        if (!strncasecmp(name.at + i, part.at, part.len))
            return true;
    return !part.len;
}

/* A person's account is a list of one, sealed to itself; those of the system are sealed to their device. */
static err_t account_take(void *with, const struct inventory_record *record)
{
    struct finding_person *finding = with;
    const struct account *account = record->entries;
    if (finding->left || record->count != 1 || !ident_eq(record->id, record->subject) ||
        !holds(account->name, finding->part))
        return ERR_OK;
    const struct person_account found = {record->id, record->device, account->name, account->logged_in};
    finding->left = !finding->found(finding->with, &found);
    return ERR_OK;
}

err_t person_find(struct desk *desk, const struct reader *reader, str_t part, person_found_t found,
                  void *with)
{
    struct finding_person finding = {.part = part, .found = found, .with = with};
    return inventory_each(desk, reader, &(struct inventory_walk){&account_concept, NULL}, account_take,
                          &finding);
}

/* Names */

struct naming {
    arena_t *arena;
    str_t name;
};

static bool name_take(void *with, const struct person_account *account)
{
    struct naming *naming = with;
    naming->name = arena_copy(naming->arena, account->name);
    return true;
}

static err_t account_name(struct desk *desk, const struct reader *reader, ident_t id, str_t *out_name)
{
    struct naming naming = {.arena = desk->arena, .name = STR("")};
    struct finding_person finding = {.part = STR(""), .found = name_take, .with = &naming};
    TRY(inventory_each(desk, reader, &(struct inventory_walk){&account_concept, &id}, account_take,
                       &finding));
    *out_name = naming.name;
    return arena_end(desk->arena);
}

/* NULL where there is no such member any more, or its names cannot be opened. */
static err_t member_find(struct desk *desk, const struct reader *reader, ident_t id,
                         const Keys__Member **out_member)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Members *members = NULL;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    TRY(keys_ask(desk->channel, &(struct question){ASK_member_list, &in}, desk->arena, &members));
    *out_member = NULL;
    for (size_t i = 0; i < members->n_items; i++)
        if (ident_eq(id_of(members->items[i]->id), id) && members->items[i]->named)
            *out_member = members->items[i];
    return ERR_OK;
}

/* Looking */

static Keys__Forget message_of(struct desk *desk, const struct reader *reader, const struct forget_ask *ask)
{
    Keys__Forget in = KEYS__FORGET__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.accounts = arena_array(desk->arena, ProtobufCBinaryData, ask->count + 1);
    for (in.n_accounts = 0; in.accounts && in.n_accounts < ask->count; in.n_accounts++)
        in.accounts[in.n_accounts] = DATA(ident_bytes(&ask->accounts[in.n_accounts]));
    if (ask->member)
        in.member = DATA(ident_bytes(ask->member));
    return in;
}

struct weighing {
    arena_t *arena;
    struct record_subject of;
    const concept_t *concept; /* of records; else NULL */
    struct forget_touched touched;
};

struct weigh_of {
    const char *name;
    act_t act;
};

static err_t weigh_act(struct tx *tx, void *with)
{
    struct weighing *weighing = with;
    struct record_weight weight;
    TRY(record_weigh_subject(tx, weighing->concept, &weighing->of, &weight));
    weighing->touched.rows = weight.rows;
    weighing->touched.entries = weight.entries;
    weighing->touched.bytes = weight.bytes;
    return ERR_OK;
}

static err_t weigh_launches_act(struct tx *tx, void *with)
{
    struct weighing *weighing = with;
    struct launch_weight weight;
    const struct launch_chain of = {.device = weighing->of.parent, .subject = weighing->of.subject};
    TRY(launch_weigh_subject(tx, &of, &weight));
    weighing->touched.rows = weight.rows;
    weighing->touched.entries = weight.launches;
    weighing->touched.bytes = weight.bytes;
    weighing->touched.from = weight.days ? DAYS(weight.first) : 0;
    weighing->touched.until = weight.days ? DAYS(weight.last + 1) - 1 : 0;
    return ERR_OK;
}

static err_t weigh_blobs_act(struct tx *tx, void *with)
{
    struct weighing *weighing = with;
    struct blobs blobs = {0};
    TRY(blobs_list(tx, weighing->arena, &blobs));
    for (size_t i = 0; i < blobs.count; i++)
        if (ident_eq(blobs.at[i].subject, weighing->of.subject)) {
            weighing->touched.rows++;
            weighing->touched.entries++;
            weighing->touched.bytes += blobs.at[i].size;
        }
    return ERR_OK;
}

/* A concept that may be about a person, and stands in the client's own file. */
static bool is_about_people(const concept_t *c)
{
    return c->home == HOME_TENANT && c->parent &&
           (c->subject == SUBJECT_PERSON || c->subject == SUBJECT_PERSON_OR_DEVICE);
}

static err_t weigh(struct mention_search *search, const Keys__Forgettable *item, const concept_t *c,
                   const struct weigh_of *what)
{
    struct weighing weighing = {
        .arena = search->desk->arena, .of = {id_of(item->device), id_of(item->id)}, .concept = c};
    weighing.touched = (struct forget_touched){weighing.of.subject, weighing.of.parent, .what = what->name};
    TRY(store_read(search->desk->store, search->reader->tenant, what->act, &weighing));
    if (weighing.touched.rows)
        search->left |= !search->sink->touched(search->sink->with, &weighing.touched);
    return ERR_OK;
}

static err_t account_touch(struct mention_search *search, const Keys__Forgettable *item)
{
    static const struct weigh_of others[] = {{"launches", weigh_launches_act}, {"videos", weigh_blobs_act}};
    for (const concept_t *const *c = concepts; *c; c++)
        if (is_about_people(*c))
            TRY(weigh(search, item, *c, &(struct weigh_of){(*c)->plural, weigh_act}));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        TRY(weigh(search, item, NULL, &others[i]));
    return ERR_OK;
}

static err_t subject_look(struct mention_search *search, const Keys__Forgettable *item)
{
    struct forget_subject subject = {item, STR("")};
    const Keys__Member *member = NULL;
    if (item->device.len)
        TRY(account_name(search->desk, search->reader, id_of(item->id), &subject.name));
    else
        TRY(member_find(search->desk, search->reader, id_of(item->id), &member));
    if (member) {
        subject.name = str(member->full_name);
        mention_term(search, str(member->username));
        mention_term(search, str(member->email));
    }
    mention_term(search, subject.name);
    search->left |= !search->sink->subject(search->sink->with, &subject);
    return item->device.len ? account_touch(search, item) : ERR_OK;
}

err_t forget_look(struct desk *desk, const struct reader *reader, const struct forget_ask *ask,
                  const struct forget_sink *sink)
{
    struct mention_search search = {.desk = desk, .reader = reader, .ask = ask, .sink = sink};
    Keys__Forget in = message_of(desk, reader, ask);
    Keys__Forgettables *all = NULL;
    TRY(arena_end(desk->arena));
    TRY(keys_ask(desk->channel, &(struct question){ASK_forget_look, &in}, desk->arena, &all));
    for (size_t i = 0; i < all->n_items; i++)
        TRY(subject_look(&search, all->items[i]));
    mention_term(&search, ask->also);
    return mentions_find(&search);
}

/* Forgetting */

static err_t typed_check(struct desk *desk, const struct reader *reader, const struct forget_order *order)
{
    const Keys__Member *member = NULL;
    bool fits = false;
    for (size_t i = 0; !fits && i < order->ask.count; i++) {
        str_t name;
        TRY(account_name(desk, reader, order->ask.accounts[i], &name));
        fits = name.len && str_eq(name, order->typed);
    }
    if (order->ask.member)
        TRY(member_find(desk, reader, *order->ask.member, &member));
    fits |= member &&
            (str_eq(order->typed, str(member->full_name)) || str_eq(order->typed, str(member->username)));
    /* Of a member who was removed before, no name is left to be typed but the id. */
    fits |=
        order->ask.member && !member && str_eq(order->typed, str(ident_text("usr", *order->ask.member).text));
    return fits ? ERR_OK : fail(ERR_INVALID, "type the name of the person exactly as it is shown");
}

/* They are there, and this client's; of those that are forgotten already there is no name to type. */
static err_t named_check(struct desk *desk, const Keys__Forget *in, bool *out_named)
{
    Keys__Forgettables *all = NULL;
    TRY(keys_ask(desk->channel, &(struct question){ASK_forget_look, in}, desk->arena, &all));
    for (size_t i = 0; i < all->n_items; i++)
        *out_named |= all->items[i]->alive;
    return ERR_OK;
}

/* The keys in memory first: until they are dropped, this process could open what it has just sealed. */
static err_t keys_drop(struct desk *desk, const Keys__Forgotten *forgotten)
{
    Keys__ForgetDone in = KEYS__FORGET_DONE__INIT;
    Keys__None *none = NULL;
    ProtobufCBinaryData id = forgotten->id;
    leases_end(desk->leases);
    leases_wipe(desk->leases);
    for (size_t i = 0; i < forgotten->n_subjects; i++)
        chains_end_of(desk->chains, id_of(forgotten->tenant), id_of(forgotten->subjects[i]->id));
    in.ids = &id;
    in.n_ids = 1;
    return keys_ask(desk->channel, &(struct question){ASK_forget_dropped, &in}, desk->arena, &none);
}

err_t forget(struct desk *desk, const struct reader *reader, const struct forget_order *order,
             Keys__Forgotten **out_forgotten)
{
    Keys__Forget in = message_of(desk, reader, &order->ask);
    bool named = false;
    TRY(arena_end(desk->arena));
    TRY(named_check(desk, &in, &named));
    in.password = DATA(order->password);
    in.passkey = order->passkey;
    in.mentions = order->mentions;
    if (named || order->ask.member)
        TRY(typed_check(desk, reader, order));
    TRY(keys_ask(desk->channel, &(struct question){ASK_forget, &in}, desk->arena, out_forgotten));
    TRY(keys_drop(desk, *out_forgotten));
    (*out_forgotten)->dropped = desk->env->now(desk->env);
    for (size_t i = 0; i < (*out_forgotten)->n_withheld; i++)
        TRY(withheld_rest(desk, (*out_forgotten)->withheld[i]));
    return forget_rest(desk, *out_forgotten);
}

err_t forget_lift(struct desk *desk, const struct reader *reader, ident_t forgotten,
                  Keys__Forgotten **out_forgotten)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.id = DATA(ident_bytes(&forgotten));
    TRY(keys_ask(desk->channel, &(struct question){ASK_forgotten_lift, &in}, desk->arena, out_forgotten));
    for (size_t i = 0; i < (*out_forgotten)->n_withheld; i++)
        TRY(withheld_rest(desk, (*out_forgotten)->withheld[i]));
    return ERR_OK;
}

/* The rest */

static err_t subject_remove(struct tx *tx, const struct record_subject *of)
{
    const struct launch_chain launches = {.device = of->parent, .subject = of->subject};
    for (const concept_t *const *c = concepts; *c; c++)
        if (is_about_people(*c))
            TRY(record_remove_subject(tx, *c, of));
    return launch_remove_subject(tx, &launches);
}

static err_t subjects_remove(struct tx *tx, const Keys__Forgotten *forgotten)
{
    for (size_t i = 0; i < forgotten->n_subjects; i++) {
        const struct record_subject of = {id_of(forgotten->subjects[i]->device),
                                          id_of(forgotten->subjects[i]->id)};
        if (forgotten->subjects[i]->device.len && !forgotten->subjects[i]->held)
            TRY(subject_remove(tx, &of));
    }
    return ERR_OK;
}

static bool is_of(const Keys__Forgotten *forgotten, ident_t subject)
{
    for (size_t i = 0; i < forgotten->n_subjects; i++)
        if (!forgotten->subjects[i]->held && ident_eq(id_of(forgotten->subjects[i]->id), subject))
            return true;
    return false;
}

struct clearing {
    const Keys__Forgotten *forgotten;
    arena_t *arena;
    struct blobs blobs; /* theirs, whose rows went */
};

static err_t blobs_clear(struct tx *tx, struct clearing *clearing)
{
    size_t count = 0;
    TRY(blobs_list(tx, clearing->arena, &clearing->blobs));
    for (size_t i = 0; i < clearing->blobs.count; i++)
        if (is_of(clearing->forgotten, clearing->blobs.at[i].subject))
            clearing->blobs.at[count++] = clearing->blobs.at[i];
    clearing->blobs.count = count;
    for (size_t i = 0; i < count; i++)
        TRY(blob_row_remove(tx, clearing->blobs.at[i].id));
    return ERR_OK;
}

static err_t clear_act(struct tx *tx, void *with)
{
    struct clearing *clearing = with;
    TRY(subjects_remove(tx, clearing->forgotten));
    return blobs_clear(tx, clearing);
}

/* A file whose row is gone, and that a crash leaves, is swept as any other. */
err_t forget_rest(struct desk *desk, const Keys__Forgotten *forgotten)
{
    struct clearing clearing = {.forgotten = forgotten, .arena = desk->arena};
    const ident_t tenant = id_of(forgotten->tenant);
    TRY(store_write(desk->store, tenant, clear_act, &clearing));
    for (size_t i = 0; i < clearing.blobs.count; i++)
        TRY(blob_file_remove(desk->store, tenant, clearing.blobs.at[i].id));
    return ERR_OK;
}

err_t withheld_rest(struct desk *desk, const Keys__Withheld *withheld)
{
    struct withheld kept = {.id = id_of(withheld->device),
                            .number = withheld->number,
                            .made = withheld->made,
                            .note = str(withheld->note)};
    return withheld_keep(desk, id_of(withheld->tenant), &kept);
}

struct leaving {
    const Keys__Forgotten *forgotten;
    int64_t rows;
};

static err_t subject_left(struct tx *tx, const struct record_subject *of, int64_t *io_rows)
{
    struct launch_weight launches;
    const struct launch_chain chain = {.device = of->parent, .subject = of->subject};
    for (const concept_t *const *c = concepts; *c; c++)
        if (is_about_people(*c)) {
            struct record_weight weight;
            TRY(record_weigh_subject(tx, *c, of, &weight));
            *io_rows += weight.rows;
        }
    TRY(launch_weigh_subject(tx, &chain, &launches));
    *io_rows += launches.rows;
    return ERR_OK;
}

static err_t left_act(struct tx *tx, void *with)
{
    struct leaving *leaving = with;
    for (size_t i = 0; i < leaving->forgotten->n_subjects; i++) {
        const struct record_subject of = {id_of(leaving->forgotten->subjects[i]->device),
                                          id_of(leaving->forgotten->subjects[i]->id)};
        if (leaving->forgotten->subjects[i]->device.len && !leaving->forgotten->subjects[i]->held)
            TRY(subject_left(tx, &of, &leaving->rows));
    }
    return ERR_OK;
}

err_t forget_left(struct desk *desk, const Keys__Forgotten *forgotten, int64_t *out_rows)
{
    struct leaving leaving = {.forgotten = forgotten};
    TRY(store_read(desk->store, id_of(forgotten->tenant), left_act, &leaving));
    *out_rows = leaving.rows;
    return ERR_OK;
}
