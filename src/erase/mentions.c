/* SPDX-License-Identifier: Apache-2.0 */
#include "erase/mentions.h"

#include "base/limits.h"
#include "collect/policies.h"
#include "concept/codec.h"
#include "concept/elevation.h"

#include <ctype.h>

enum { SHORT = 4, TEXT_MOST = 240, BEFORE = 60, PAGE = 200, SEEN = 8192 };

static const char *const fix_words[FIX_COUNT] = {
#define M(constant, word, meaning) [FIX_##constant] = word,
    MENTION_FIXES(M)
#undef M
};

const char *mention_fix_word(enum mention_fix fix) { return fix_words[fix]; }

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

static ident_t id_of(ProtobufCBinaryData data)
{
    ident_t id = {{0}};
    if (data.len == sizeof id.bytes)
        memcpy(id.bytes, data.data, sizeof id.bytes);
    return id;
}

/* Texts */

void mention_term(struct mention_search *search, str_t name)
{
    name = str_trim(name);
    for (size_t i = 0; i < search->term_count; i++)
        if (str_eq(search->terms[i], name))
            return;
    if (name.len && search->term_count < MENTION_TERMS)
        search->terms[search->term_count++] = name;
}

static char lower(char c) { return (char)tolower((unsigned char)c); }

static bool stands_alone(str_t text, size_t at, size_t len)
{
    return (!at || !isalnum((unsigned char)text.at[at - 1])) &&
           (at + len == text.len || !isalnum((unsigned char)text.at[at + len]));
}

static bool term_at(str_t text, str_t term, size_t *out_at)
{
    char first = lower(term.at[0]);
    for (size_t at = 0; at + term.len <= text.len; at++)
        if (lower(text.at[at]) == first && !strncasecmp(text.at + at, term.at, term.len) &&
            (term.len >= SHORT || stands_alone(text, at, term.len))) {
            *out_at = at;
            return true;
        }
    return false;
}

static bool any_term_at(const struct mention_search *search, str_t text, size_t *out_at)
{
    for (size_t i = 0; i < search->term_count; i++)
        if (term_at(text, search->terms[i], out_at))
            return true;
    return false;
}

bool mention_in(const struct mention_search *search, str_t text)
{
    size_t at;
    return any_term_at(search, text, &at);
}

bool forget_names(const struct forget_ask *ask, ident_t id)
{
    for (size_t i = 0; i < ask->count; i++)
        if (ident_eq(ask->accounts[i], id))
            return true;
    return ask->member && ident_eq(*ask->member, id);
}

/* The part of a long text that holds the name, cut where a letter begins. */
static str_t part_of(str_t text, size_t at)
{
    size_t from = text.len > TEXT_MOST && at > BEFORE ? at - BEFORE : 0;
    size_t end = text.len - from > TEXT_MOST ? from + TEXT_MOST : text.len;
    while (from < at && ((unsigned char)text.at[from] & 0xc0) == 0x80)
        from++;
    while (end > from && end < text.len && ((unsigned char)text.at[end] & 0xc0) == 0x80)
        end--;
    return str_bytes(text.at + from, end - from);
}

/* Where a text stands, and what can be done about it. */
struct spot {
    const char *prefix;
    ident_t id;
    enum mention_fix fix;
};

/* True where it names somebody; given while there is room for it. */
static bool text_look(struct mention_search *search, str_t text, const struct spot *spot)
{
    size_t at = 0;
    if (!text.len || !any_term_at(search, text, &at))
        return false;
    const struct mention_found found = {search->progress.place, spot->prefix, spot->id, part_of(text, at),
                                        spot->fix};
    if (search->progress.found++ < MENTIONS_MOST)
        search->left |= !search->sink->mention(search->sink->with, &found);
    return true;
}

static void place_begin(struct mention_search *search, const char *place)
{
    search->progress = (struct mention_progress){.place = place};
}

static void place_told(struct mention_search *search)
{
    search->left |= !search->sink->progress(search->sink->with, &search->progress);
}

/* What this session may not read is not looked at, and said so. */
static err_t place_end(struct mention_search *search, err_t result)
{
    if (result == ERR_DENIED)
        search->progress.skipped = "this session may not read it: an owner has to look";
    search->progress.over = true;
    place_told(search);
    return result == ERR_DENIED ? ERR_OK : result;
}

/* Records of devices: every text of the concepts that name computers, people and groups. */

static bool names_something(const field_t *f)
{
    return f->kind == KIND_TEXT && (f->purpose == COLLECT_COMPUTER_NAME || f->purpose == COLLECT_USERNAMES);
}

struct record_look {
    struct mention_search *search;
    const concept_t *concept;
};

static err_t record_take(void *with, const struct inventory_record *record)
{
    const struct record_look *look = with;
    struct mention_search *search = look->search;
    const struct spot spot = {"dev", record->device, FIX_COLLECTED};
    if (forget_names(search->ask, record->subject))
        return ERR_OK;
    search->progress.looked += (int64_t)record->count;
    for (size_t i = 0; i < record->count; i++)
        for_each_field(f, look->concept)
            if (names_something(f))
                text_look(
                    search,
                    *(const str_t *)field_in((const char *)record->entries + i * look->concept->size, f),
                    &spot);
    return search->left ? fail(ERR_CONFLICT, "nobody listens any more") : ERR_OK;
}

static err_t records_look(struct mention_search *search, const concept_t *c, const char *place)
{
    struct record_look look = {search, c};
    place_begin(search, place);
    err_t walked =
        inventory_each(search->desk, search->reader, &(struct inventory_walk){c, NULL}, record_take, &look);
    return place_end(search, search->left ? ERR_OK : walked);
}

static err_t devices_look(struct mention_search *search)
{
    return records_look(search, &device_concept, "device name");
}
static err_t groups_look(struct mention_search *search)
{
    return records_look(search, &group_concept, "group");
}
static err_t accounts_look(struct mention_search *search)
{
    return records_look(search, &account_concept, "other account");
}

/* Launches of others */

struct launch_look {
    struct mention_search *search;
    arena_t arena;
    uint64_t *seen; /* hashes of what was given: 0 is free */
};
typedef struct launch_look launch_look_own;
static void launch_look_drop(struct launch_look *look) { arena_drop(&look->arena); }

static bool is_new(struct launch_look *look, ident_t device, str_t text)
{
    uint8_t hash[DIGEST_SIZE];
    uint64_t key;
    const str_t parts[] = {ident_bytes(&device), text};
    digest_of(parts, 2, hash);
    memcpy(&key, hash, sizeof key);
    for (size_t i = key % SEEN, tried = 0; tried < 64; i = (i + 1) % SEEN, tried++) {
        if (look->seen[i] == key)
            return false;
        if (!look->seen[i]) {
            look->seen[i] = key;
            return true;
        }
    }
    return false;
}

static bool launch_take(void *with, const struct launch_found *found)
{
    struct launch_look *look = with;
    struct mention_search *search = look->search;
    const struct spot spot = {"dev", found->device, FIX_AGES};
    search->progress.looked++;
    if (forget_names(search->ask, found->subject))
        return true;
    for_each_field(f, &launch_concept) {
        const str_t *text = field_in(found->launch, f);
        if (f->kind == KIND_TEXT && mention_in(search, *text) && is_new(look, found->device, *text))
            text_look(search, *text, &spot);
    }
    return !search->left;
}

static bool launch_told(void *with, const struct launch_progress *progress)
{
    struct launch_look *look = with;
    (void)progress;
    place_told(look->search);
    return !look->search->left;
}

static err_t launches_look(struct mention_search *search)
{
    OWN(launch_look) look = {.search = search, .arena = ARENA(SEEN * 16)};
    struct launch_cursor next;
    const struct launch_ask ask = {.decision = ANY_DECISION};
    look.seen = arena_array(&look.arena, uint64_t, SEEN);
    TRY(arena_end(&look.arena));
    place_begin(search, "launch of somebody else");
    return place_end(search, launches_search(search->desk, search->reader, &ask,
                                             &(struct launch_sink){launch_take, launch_told, &look}, &next));
}

/* What the keyring holds */

static char *bearer_of(const struct mention_search *search)
{
    return (char *)(uintptr_t)search->reader->bearer;
}

static err_t borne(struct mention_search *search, enum ask_number number, void *out)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = bearer_of(search);
    return keys_ask(search->desk->channel, &(struct question){number, &in}, search->desk->arena, out);
}

static err_t elevation_look(struct mention_search *search, const Keys__Elevation *item)
{
    const struct spot spot = {"elv", id_of(item->id), FIX_AGES};
    void *records = NULL;
    size_t count = 0;
    if (!item->packed.len || forget_names(search->ask, id_of(item->account)))
        return ERR_OK;
    TRY(codec_unpack(&elevation_concept, bin(item->packed), search->desk->arena, &records, &count));
    search->progress.looked++;
    for (size_t i = 0; i < count; i++) {
        const struct elevation_asked *asked = (const struct elevation_asked *)records + i;
        (void)(text_look(search, asked->reason, &spot) || text_look(search, asked->path, &spot) ||
               text_look(search, asked->args, &spot));
    }
    return ERR_OK;
}

static err_t elevations_page(struct mention_search *search, Keys__RequestsAsk *in, size_t *out_count)
{
    Keys__Elevations *page = NULL;
    TRY(keys_ask(search->desk->channel, &(struct question){ASK_elevation_list, in}, search->desk->arena,
                 &page));
    for (size_t i = 0; i < page->n_items; i++)
        TRY(elevation_look(search, page->items[i]));
    *out_count = page->more ? PAGE : page->n_items;
    if (page->n_items)
        in->after = page->items[page->n_items - 1]->id;
    return ERR_OK;
}

static err_t request_look(struct mention_search *search, const Keys__Request *item)
{
    const struct spot spot = {"req", id_of(item->id), FIX_STAYS};
    search->progress.looked++;
    (void)(text_look(search, str(item->reason), &spot) || text_look(search, str(item->words), &spot) ||
           text_look(search, str(item->case_id), &spot));
    return ERR_OK;
}

static err_t requests_page(struct mention_search *search, Keys__RequestsAsk *in, size_t *out_count)
{
    Keys__Requests *page = NULL;
    TRY(keys_ask(search->desk->channel, &(struct question){ASK_request_list, in}, search->desk->arena,
                 &page));
    for (size_t i = 0; i < page->n_items; i++)
        TRY(request_look(search, page->items[i]));
    *out_count = page->n_items;
    if (page->n_items)
        in->after = page->items[page->n_items - 1]->id;
    return ERR_OK;
}

typedef err_t (*page_t)(struct mention_search *search, Keys__RequestsAsk *in, size_t *out_count);

static err_t pages_look(struct mention_search *search, const char *place, page_t page)
{
    Keys__RequestsAsk in = KEYS__REQUESTS_ASK__INIT;
    size_t count = PAGE;
    err_t result = ERR_OK;
    in.bearer = bearer_of(search);
    in.limit = PAGE;
    place_begin(search, place);
    while (result == ERR_OK && count == PAGE && !search->left)
        result = page(search, &in, &count);
    return place_end(search, result);
}

static err_t elevations_look(struct mention_search *search)
{
    return pages_look(search, "elevation", elevations_page);
}
static err_t requests_look(struct mention_search *search)
{
    return pages_look(search, "request", requests_page);
}

static err_t tokens_look(struct mention_search *search)
{
    Keys__Tokens *tokens = NULL;
    place_begin(search, "token");
    err_t asked = borne(search, ASK_token_list, &tokens);
    for (size_t i = 0; asked == ERR_OK && i < tokens->n_items; i++, search->progress.looked++)
        text_look(search, str(tokens->items[i]->name),
                  &(struct spot){"tok", id_of(tokens->items[i]->id), FIX_REWRITE});
    return place_end(search, asked);
}

static err_t deployments_look(struct mention_search *search)
{
    Keys__Deployments *keys = NULL;
    place_begin(search, "deployment key");
    err_t asked = borne(search, ASK_deployment_list, &keys);
    for (size_t i = 0; asked == ERR_OK && i < keys->n_items; i++, search->progress.looked++) {
        const Keys__Deployment *key = keys->items[i];
        text_look(search, str(key->name), &(struct spot){"dpl", id_of(key->id), FIX_REWRITE});
        text_look(search, str(key->pattern), &(struct spot){"dpl", id_of(key->id), FIX_SETTINGS});
    }
    return place_end(search, asked);
}

static err_t members_look(struct mention_search *search)
{
    Keys__Members *members = NULL;
    place_begin(search, "other member");
    err_t asked = borne(search, ASK_member_list, &members);
    for (size_t i = 0; asked == ERR_OK && i < members->n_items; i++, search->progress.looked++) {
        const Keys__Member *member = members->items[i];
        const struct spot spot = {"usr", id_of(member->id), FIX_STAYS};
        if (!forget_names(search->ask, spot.id))
            (void)(text_look(search, str(member->full_name), &spot) ||
                   text_look(search, str(member->username), &spot) ||
                   text_look(search, str(member->email), &spot));
    }
    return place_end(search, asked);
}

static err_t addresses_look(struct mention_search *search)
{
    Keys__Notices *notices = NULL;
    place_begin(search, "notice address");
    err_t asked = borne(search, ASK_notices_get, &notices);
    for (size_t i = 0; asked == ERR_OK && i < notices->n_addresses; i++, search->progress.looked++)
        text_look(search, str(notices->addresses[i]), &(struct spot){"", .fix = FIX_SETTINGS});
    return place_end(search, asked);
}

/* Names that an owner gave; of those that a directory keeps, what it calls them. */
static err_t member_groups_look(struct mention_search *search)
{
    Keys__ScimFound *found = NULL;
    place_begin(search, "group of members");
    err_t asked = borne(search, ASK_group_list, &found);
    for (size_t i = 0; asked == ERR_OK && i < found->n_groups; i++, search->progress.looked++)
        text_look(search, str(found->groups[i]->name),
                  &(struct spot){"grp", id_of(found->groups[i]->id), FIX_SETTINGS});
    return place_end(search, asked);
}

static err_t webhooks_look(struct mention_search *search)
{
    Keys__Webhooks *webhooks = NULL;
    place_begin(search, "webhook");
    err_t asked = borne(search, ASK_webhook_list, &webhooks);
    for (size_t i = 0; asked == ERR_OK && i < webhooks->n_items; i++, search->progress.looked++)
        text_look(search, str(webhooks->items[i]->url),
                  &(struct spot){"whk", id_of(webhooks->items[i]->id), FIX_SETTINGS});
    return place_end(search, asked);
}

static err_t holds_look(struct mention_search *search)
{
    Keys__Holds *holds = NULL;
    place_begin(search, "legal hold");
    err_t asked = borne(search, ASK_hold_list, &holds);
    for (size_t i = 0; asked == ERR_OK && i < holds->n_items; i++, search->progress.looked++) {
        const struct spot spot = {"hld", id_of(holds->items[i]->id), FIX_STAYS};
        (void)(text_look(search, str(holds->items[i]->words), &spot) ||
               text_look(search, str(holds->items[i]->case_id), &spot));
    }
    return place_end(search, asked);
}

/* Only the newest is given to endpoints; the others are kept as they were signed. */
static err_t policies_look(struct mention_search *search)
{
    struct policies_page page = {0};
    const ident_t tenant = search->reader->tenant;
    place_begin(search, "policy");
    TRY(policies_page(search->desk, tenant, &(struct policies_ask){.limit = PAGE}, &page));
    for (size_t i = 0; i < page.count; i++, search->progress.looked++) {
        struct kept_policy whole;
        TRY(policies_one(search->desk, tenant, page.policies[i].number, &whole));
        text_look(search, whole.note, &(struct spot){"pol", whole.id, FIX_SIGNED});
    }
    return place_end(search, ERR_OK);
}

static err_t (*const places_look[])(struct mention_search *search) = {
    devices_look,  groups_look,        accounts_look,    launches_look,  elevations_look,
    requests_look, tokens_look,        deployments_look, addresses_look, webhooks_look,
    members_look,  member_groups_look, policies_look,    holds_look};

err_t mentions_find(struct mention_search *search)
{
    for (size_t i = 0; i < sizeof places_look / sizeof *places_look && !search->left; i++)
        TRY(places_look[i](search));
    return ERR_OK;
}
