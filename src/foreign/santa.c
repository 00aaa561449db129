/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign/santa.h"

#include "base/limits.h"
#include "foreign/tree.h"

enum {
    DECIDED_ALLOW = 0,
    DECIDED_DENY = 1,
    DECIDED_OBSERVE = 3,
    SHA256_LEN = 32,
    INTERVAL_S = 600,
    BATCH = 100
};

static void one_told(struct found *found, enum found_kind kind, void *record)
{
    found->lists[kind] = (struct found_list){.told = record, .records = record, .count = record != NULL};
}

static void name_take(const json_t *tree, arena_t *arena, struct found *found)
{
    struct device *device = arena_new(arena, struct device);
    str_t name = tree_text(tree, "hostname", arena);
    if (!device || !found_is_name(name))
        return;
    device->name = name;
    one_told(found, FOUND_NAME, device);
}

static void owner_take(const json_t *tree, arena_t *arena, struct found *found)
{
    struct found_account *owner = arena_new(arena, struct found_account);
    str_t name = tree_text(tree, "primary_user", arena);
    if (!owner || !found_is_name(name))
        return;
    *owner = (struct found_account){.name = name, .person = found_is_person(name)};
    one_told(found, FOUND_PEOPLE, owner);
}

err_t santa_preflight_read(str_t body, arena_t *arena, struct santa_preflight *out_preflight,
                           struct found *out_found)
{
    OWN(tree) tree = NULL;
    struct found found = {0};
    TRY(tree_read(body, &tree));
    name_take(tree, arena, &found);
    owner_take(tree, arena, &found);
    TRY(arena_end(arena));
    *out_preflight = (struct santa_preflight){tree_flag(tree, "request_clean_sync"),
                                              tree_number(tree, "binary_rule_count", 0)};
    *out_found = found;
    return ERR_OK;
}

/* ALLOW_UNKNOWN is what the mode let through: no rule decided it. -1: no launch. */
static int decision_of(str_t decision)
{
    if (str_eq(decision, STR("BUNDLE_BINARY")))
        return -1;
    if (str_starts(decision, STR("BLOCK_")))
        return DECIDED_DENY;
    return str_starts(decision, STR("ALLOW_")) && !str_eq(decision, STR("ALLOW_UNKNOWN")) ? DECIDED_ALLOW
                                                                                          : DECIDED_OBSERVE;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Empty where it is not there, or is none. */
static str_t digest_of_event(const json_t *event, arena_t *arena)
{
    str_t hex = tree_text(event, "file_sha256", arena);
    char *bytes = arena_room(arena, SHA256_LEN);
    for (size_t i = 0; bytes && i < SHA256_LEN && hex.len == 2 * (size_t)SHA256_LEN; i++) {
        int high = nibble(hex.at[2 * i]), low = nibble(hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return (str_t){0};
        bytes[i] = (char)(high << 4 | low);
    }
    return bytes && hex.len == 2 * (size_t)SHA256_LEN ? str_bytes(bytes, SHA256_LEN) : (str_t){0};
}

static str_t path_of(const json_t *event, arena_t *arena)
{
    str_t folder = tree_text(event, "file_path", arena), name = tree_text(event, "file_name", arena);
    OWN(buf) path = BUF(MAX_FOREIGN);
    buf_put(&path, folder);
    if (folder.len && name.len && folder.at[folder.len - 1] != '/')
        buf_put_byte(&path, '/');
    buf_put(&path, name);
    return arena_copy(arena, buf_str(&path));
}

static bool launch_read(const json_t *event, arena_t *arena, struct found_launch *launch)
{
    const moment_t last = SECONDS(INT32_MAX);
    double at = json_number_value(tree_member(event, "execution_time"));
    int decision = decision_of(tree_text(event, "decision", arena));
    str_t user = tree_text(event, "executing_user", arena);
    *launch = (struct found_launch){
        .by = {.name = user, .person = found_is_person(user)},
        .launch = {.decision = decision,
                   .path = path_of(event, arena),
                   .sha256 = digest_of_event(event, arena),
                   .parent = tree_text(event, "parent_name", arena)},
    };
    if (decision < 0 || !(at >= 0 && at < (double)last / 1000) || (user.len && !found_is_name(user)))
        return false;
    launch->launch.at = (moment_t)(at * 1000);
    return launch->launch.path.len > 0;
}

err_t santa_events_read(str_t body, arena_t *arena, struct found *out_found)
{
    OWN(tree) tree = NULL;
    struct found found = {0};
    struct found_list *list = &found.lists[FOUND_LAUNCHES];
    TRY(tree_read(body, &tree));
    const json_t *events = tree_member(tree, "events"), *event;
    size_t at, count = json_array_size(events);
    if (count > MAX_ITEM_ENTRIES)
        return fail(ERR_TOO_LARGE, "more than %d events at once", MAX_ITEM_ENTRIES);
    struct found_launch *launches = arena_array(arena, struct found_launch, count);
    TRY(arena_end(arena));
    json_array_foreach(events, at, event) list->count += launch_read(event, arena, &launches[list->count]);
    list->records = launches;
    list->told = list->count > 0;
    found.dropped = count - list->count;
    TRY(arena_end(arena));
    *out_found = found;
    return ERR_OK;
}

err_t santa_cursor_read(str_t body, arena_t *arena, size_t *out_from)
{
    OWN(tree) tree = NULL;
    uint64_t from = 0;
    TRY(tree_read(body, &tree));
    str_t cursor = tree_text(tree, "cursor", arena);
    TRY(arena_end(arena));
    if (cursor.len && str_number(cursor, SIZE_MAX / 2, &from) != ERR_OK)
        return fail(ERR_INVALID, "a cursor that was not given");
    *out_from = (size_t)from;
    return ERR_OK;
}

err_t santa_postflight_read(str_t body, struct santa_postflight *out_postflight)
{
    OWN(tree) tree = NULL;
    TRY(tree_read(body, &tree));
    *out_postflight = (struct santa_postflight){tree_number(tree, "rules_received", 0),
                                                tree_number(tree, "rules_processed", 0)};
    return ERR_OK;
}

/* An expression that nothing fits takes one away that was given before: a member left out would leave it. */
static void put_expression(const char *name, str_t expression, buf_t *out)
{
    buf_putf(out, ",\"%s\":", name);
    buf_put_json(out, expression.len ? expression : STR("^$"));
}

static void put_ruled(const struct expressed *rules, buf_t *out)
{
    buf_putf(out, ",\"client_mode\":\"%s\"", rules->lockdown ? "LOCKDOWN" : "MONITOR");
    put_expression("allowed_path_regex", rules->allowed, out);
    put_expression("blocked_path_regex", rules->blocked, out);
}

void santa_put_preflight(const struct expressed *rules, bool clean, buf_t *out_json)
{
    buf_putf(out_json, "{\"sync_type\":\"%s\",\"batch_size\":%d,\"full_sync_interval\":%d",
             rules && clean ? "CLEAN" : "NORMAL", BATCH, INTERVAL_S);
    buf_put(out_json, STR(",\"enable_bundles\":false,\"enable_transitive_rules\":false"));
    if (rules)
        put_ruled(rules, out_json);
    buf_put(out_json, STR("}"));
}

static void put_rule(const struct expressed_digest *rule, buf_t *out)
{
    buf_put(out, STR("{\"identifier\":\""));
    buf_put_hex(out, str_bytes(rule->sha256, sizeof rule->sha256));
    buf_putf(out, "\",\"policy\":\"%s\",\"rule_type\":\"BINARY\"}", rule->allow ? "ALLOWLIST" : "BLOCKLIST");
}

size_t santa_rule_count(const struct expressed *rules) { return rules->count ? rules->count : 1; }

void santa_put_rules(const struct expressed *rules, size_t from, buf_t *out_json)
{
    static const struct expressed_digest for_no_file = {.allow = true};
    size_t count = rules ? rules->count : 0, end = from + SANTA_PAGE < count ? from + SANTA_PAGE : count;
    buf_put(out_json, STR("{\"rules\":["));
    if (rules && !count)
        put_rule(&for_no_file, out_json);
    for (size_t i = from; i < end; i++) {
        if (i > from)
            buf_put_byte(out_json, ',');
        put_rule(&rules->digests[i], out_json);
    }
    buf_put(out_json, STR("]"));
    if (end < count)
        buf_putf(out_json, ",\"cursor\":\"%zu\"", end);
    buf_put(out_json, STR("}"));
}
