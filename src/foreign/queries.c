/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign/queries.h"

#include "base/limits.h"

enum { OFTEN = 600, HOURLY = 3600, AT_ONCE = 60, UID_NOBODY = 65534, MAC_LEN = 17 };

static bool text_read(const json_t *row, const char *name, arena_t *arena, str_t *out_text)
{
    *out_text = tree_text(row, name, arena);
    return found_is_name(*out_text);
}

static bool device_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    (void)query;
    return text_read(row, "name", arena, &((struct device *)record)->name);
}

static bool mac_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    struct address *address = record;
    (void)query;
    return text_read(row, "mac", arena, &address->mac) && address->mac.len == MAC_LEN &&
           !str_eq(address->mac, STR("00:00:00:00:00:00"));
}

/* Without its zone; loopback and link-local addresses say nothing outside their machine or cable. */
static bool ip_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    struct address *address = record;
    str_t rest;
    (void)query;
    if (!text_read(row, "address", arena, &rest))
        return false;
    address->ip = str_until(&rest, '%');
    return address->ip.len && !str_starts(address->ip, STR("127.")) && !str_eq(address->ip, STR("::1")) &&
           !str_starts(address->ip, STR("169.254.")) && !str_starts(address->ip, STR("fe80:"));
}

static bool uid_is_person(const struct query *query, int64_t uid)
{
    return uid >= query->people_from && uid < UINT32_MAX - 1 && uid != UID_NOBODY && uid != UID_NOBODY + 1;
}

static bool account_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    struct found_account *account = record;
    account->person = uid_is_person(query, tree_number(row, "uid", -1));
    account->logged_in = tree_number(row, "logged_in", 0) != 0;
    return text_read(row, "username", arena, &account->name);
}

/* A row is a group and one of its members; a group without any has a row without one. */
static bool group_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    struct found_group *group = record;
    struct found_account *member = arena_new(arena, struct found_account);
    if (!member || !text_read(row, "groupname", arena, &group->name))
        return false;
    group->gid = tree_number(row, "gid", -1);
    group->personal = uid_is_person(query, tree_number(row, "namesake", -1));
    if (account_read(query, row, arena, member)) {
        group->members = member;
        group->count = 1;
        group->personal |= member->person && str_eq(member->name, group->name);
    }
    return true;
}

static bool program_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    struct program *program = record;
    (void)query;
    program->version = tree_text(row, "version", arena);
    if (program->version.len && !found_is_name(program->version))
        return false;
    return text_read(row, "name", arena, &program->name);
}

static bool path_read(const json_t *row, arena_t *arena, str_t *out_path)
{
    *out_path = tree_text(row, "path", arena);
    return out_path->len && str_is_utf8(*out_path);
}

/* Windows says DOMAIN\name, or a number where there is one. */
static bool launch_read(const struct query *query, const json_t *row, arena_t *arena, void *record)
{
    enum { OBSERVED = 3, LAST = INT32_MAX };
    struct found_launch *launch = record;
    int64_t at = tree_number(row, "time", -1), uid = tree_number(row, "uid", -1);
    str_t name = tree_text(row, "username", arena), rest = name, domain = str_until(&rest, '\\');
    launch->by.name = domain.len < name.len ? rest : name;
    launch->by.person = uid < 0 ? found_is_person(launch->by.name) : uid_is_person(query, uid);
    launch->launch.at = SECONDS(at);
    launch->launch.decision = OBSERVED;
    if (launch->by.name.len && !found_is_name(launch->by.name))
        return false;
    return at >= 0 && at <= LAST && path_read(row, arena, &launch->launch.path);
}

#define USERS_SQL \
    "SELECT u.uid, u.username, EXISTS (SELECT 1 FROM logged_in_users l WHERE l.user = u.username AND l.type <> 'dead')" \
    " AS logged_in FROM users u"
#define USERS_PLAIN_SQL "SELECT uid, username FROM users"
#define GROUPS_SQL \
    "SELECT g.gid, g.groupname, u.uid, u.username, (SELECT n.uid FROM users n WHERE n.username = g.groupname) AS namesake" \
    " FROM groups g LEFT JOIN user_groups m ON m.gid = g.gid LEFT JOIN users u ON u.uid = m.uid ORDER BY g.gid, g.groupname"
#define NAME_SQL \
    "SELECT CASE WHEN computer_name <> '' THEN computer_name ELSE hostname END AS name FROM system_info"

/* clang-format off */
static const struct query queries[] = {
    /* name                      platform   sql */
    {"custody_name",             NULL,      NAME_SQL, FOUND_NAME, COLLECT_COMPUTER_NAME, HOURLY, 0, device_read},
    {"custody_macs",             NULL,      "SELECT DISTINCT mac FROM interface_details WHERE mac <> ''", FOUND_MACS, COLLECT_MAC_ADDRESS, OFTEN, 0, mac_read},
    {"custody_ips",              NULL,      "SELECT DISTINCT address FROM interface_addresses", FOUND_IPS, COLLECT_IP_ADDRESSES, OFTEN, 0, ip_read},
    {"custody_users_linux",      "linux",   USERS_SQL, FOUND_ACCOUNTS, COLLECT_USERNAMES, OFTEN, 1000, account_read},
    {"custody_users_macos",      "darwin",  USERS_SQL, FOUND_ACCOUNTS, COLLECT_USERNAMES, OFTEN, 500,  account_read},
    {"custody_users_windows",    "windows", USERS_SQL, FOUND_ACCOUNTS, COLLECT_USERNAMES, OFTEN, 1000, account_read},
    {"custody_groups_linux",     "linux",   GROUPS_SQL, FOUND_GROUPS, COLLECT_USERNAMES, HOURLY, 1000, group_read},
    {"custody_groups_macos",     "darwin",  GROUPS_SQL, FOUND_GROUPS, COLLECT_USERNAMES, HOURLY, 500,  group_read},
    {"custody_groups_windows",   "windows", GROUPS_SQL, FOUND_GROUPS, COLLECT_USERNAMES, HOURLY, 1000, group_read},
    {"custody_debs",             "linux",   "SELECT name, version FROM deb_packages WHERE status LIKE '% installed'", FOUND_DEBS, COLLECT_PROGRAMS, HOURLY, 0, program_read},
    {"custody_rpms",             "linux",   "SELECT name, version || '-' || release AS version FROM rpm_packages", FOUND_RPMS, COLLECT_PROGRAMS, HOURLY, 0, program_read},
    {"custody_programs",         "windows", "SELECT name, version FROM programs", FOUND_PROGRAMS, COLLECT_PROGRAMS, HOURLY, 0, program_read},
    {"custody_apps",             "darwin",  "SELECT CASE WHEN display_name <> '' THEN display_name ELSE name END AS name, bundle_short_version AS version FROM apps", FOUND_APPS, COLLECT_PROGRAMS, HOURLY, 0, program_read},
    {"custody_launches_linux",   "linux",   "SELECT e.time, e.path, e.uid, u.username FROM process_events e LEFT JOIN users u ON u.uid = e.uid", FOUND_LAUNCHES, COLLECT_LAUNCHES, AT_ONCE, 1000, launch_read},
    {"custody_launches_macos",   "darwin",  "SELECT time, path, uid, username FROM es_process_events WHERE event_type = 'exec'", FOUND_LAUNCHES, COLLECT_LAUNCHES, AT_ONCE, 500, launch_read},
    {"custody_launches_windows", "windows", "SELECT time, path, username FROM process_etw_events WHERE type = 'ProcessStart'", FOUND_LAUNCHES, COLLECT_LAUNCHES, AT_ONCE, 0, launch_read},
};
/* clang-format on */
enum { QUERIES = sizeof queries / sizeof *queries };

const struct query *query_named(str_t name)
{
    for (const struct query *query = queries; query < queries + QUERIES; query++)
        if (str_eq(str(query->name), name))
            return query;
    return NULL;
}

size_t query_size(const struct query *query)
{
    static const size_t sizes[] = {
#define F(kind, type, concept) [FOUND_##kind] = sizeof(type),
        FOUND_KINDS(F)
#undef F
    };
    return sizes[query->kind];
}

static bool is_same(const struct found_group *a, const struct found_group *b)
{
    return a->gid == b->gid && str_eq(a->name, b->name);
}

static void group_add(struct found_group *group, struct found_account *members, const struct found_group *row)
{
    if (row->count)
        members[group->count++] = *row->members;
    group->members = members;
    group->personal |= row->personal;
}

static size_t groups_told(struct found_group *groups, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (groups[i].personal && groups[i].count < 2)
            continue;
        groups[kept] = groups[i];
        groups[kept].name = groups[i].personal ? (str_t){0} : groups[i].name;
        kept++;
    }
    return kept;
}

size_t groups_join(struct found_group *groups, size_t count, arena_t *arena)
{
    struct found_account *members = arena_array(arena, struct found_account, count);
    size_t joined = 0, begun = 0, used = 0;
    for (size_t i = 0; members && i < count; i++) {
        const struct found_group row = groups[i];
        if (!joined || !is_same(&row, &groups[joined - 1])) {
            groups[joined++] = (struct found_group){row.gid, row.name};
            begun = used;
        }
        group_add(&groups[joined - 1], members + begun, &row);
        used += row.count;
    }
    return groups_told(groups, joined);
}

static bool is_wanted(const struct osquery_wants *wants, const struct query *query)
{
    return query->kind == FOUND_LAUNCHES
               ? wants->launches
               : wants->inventory && collection_allows(&wants->collection, query->purpose);
}

static const char *sql_of(const struct osquery_wants *wants, const struct query *query)
{
    bool plain = query->kind == FOUND_ACCOUNTS && !collection_allows(&wants->collection, COLLECT_LOGGED_IN);
    return plain ? USERS_PLAIN_SQL : query->sql;
}

void osquery_put_config(const struct osquery_wants *wants, buf_t *out_json)
{
    const char *before = "";
    buf_put(out_json, STR("{\"node_invalid\":false,\"schedule\":{"));
    for (const struct query *query = queries; query < queries + QUERIES; query++) {
        if (!is_wanted(wants, query))
            continue;
        buf_putf(out_json, "%s\"%s\":{\"query\":", before, query->name);
        buf_put_json(out_json, str(sql_of(wants, query)));
        buf_putf(out_json, ",\"interval\":%d", query->interval);
        if (query->platform)
            buf_putf(out_json, ",\"platform\":\"%s\"", query->platform);
        buf_put(out_json,
                query->kind == FOUND_LAUNCHES ? STR(",\"removed\":false}") : STR(",\"snapshot\":true}"));
        before = ",";
    }
    buf_put(out_json, STR("}}"));
}

/* A query that finds nothing keeps its namesake from being asked. */
static void discovery_put(const char *platform, buf_t *out_json)
{
    if (!strcmp(platform, "linux"))
        buf_put(out_json, STR("\"SELECT 1 FROM os_version WHERE platform NOT IN ('darwin', 'windows')\""));
    else
        buf_putf(out_json, "\"SELECT 1 FROM os_version WHERE platform = '%s'\"", platform);
}

void osquery_put_queries(const struct osquery_wants *wants, buf_t *out_json)
{
    OWN(buf) discovery = BUF(MAX_BODY);
    const char *before = "", *between = "";
    buf_put(out_json, STR("{\"node_invalid\":false,\"queries\":{"));
    for (const struct query *query = queries; query < queries + QUERIES; query++) {
        if (query->kind == FOUND_LAUNCHES || !is_wanted(wants, query))
            continue;
        buf_putf(out_json, "%s\"%s\":", before, query->name);
        buf_put_json(out_json, str(sql_of(wants, query)));
        before = ",";
        if (!query->platform)
            continue;
        buf_putf(&discovery, "%s\"%s\":", between, query->name);
        discovery_put(query->platform, &discovery);
        between = ",";
    }
    buf_put(out_json, STR("},\"discovery\":{"));
    buf_put(out_json, buf_str(&discovery));
    buf_put(out_json, STR("}}"));
}
