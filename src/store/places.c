/* SPDX-License-Identifier: Apache-2.0 */
#include "store/_private.h"

#include <pthread.h>

/* clang-format off */
#define BYTES(name)  {name, COLUMN_BYTES, 0}
#define NUMBER(name) {name, COLUMN_NUMBER, 0}
#define TEXT(name)   {name, COLUMN_TEXT, 0}
#define LATER(name, before) {name, COLUMN_NUMBER, before}
#define SEALED       BYTES("subject"), NUMBER("entries"), NUMBER("changed"), BYTES("sealed")
#define COUNTS       NUMBER("allowed"), NUMBER("denied"), NUMBER("elevated"), NUMBER("observed")
#define COLUMNS(...) .columns = (const struct column[]){__VA_ARGS__}, \
    .count = sizeof((const struct column[]){__VA_ARGS__}) / sizeof(struct column)

/* A sealed list of one device's. */
#define LIST(number_, name_) {.number = number_, .name = name_, .restore = RESTORE_CONTENT, .weight = WEIGHS_INVENTORY, \
    COLUMNS(BYTES("id"), BYTES("device"), SEALED), .keys = 1, .subject = 2, .device = 1, .indexed = 1 << 1}

static const struct place
    devices = {.number = 3, .name = "devices", .restore = RESTORE_CONTENT, .weight = WEIGHS_INVENTORY,
        COLUMNS(BYTES("id"), NUMBER("enrolled"), NUMBER("seen"), SEALED), .keys = 1, .subject = 0, .device = 0, .indexed = 1 << 1},
    addresses = LIST(4, "addresses"),
    accounts = LIST(5, "accounts"),
    groups = LIST(6, "groups"),
    programs = LIST(7, "programs"),
    collections = {.number = 8, .name = "collections", .restore = RESTORE_MONOTONE, .weight = WEIGHS_OTHER,
        COLUMNS(BYTES("id"), NUMBER("computer_name"), NUMBER("mac_address"), NUMBER("usernames"), NUMBER("logged_in"),
            NUMBER("ip_addresses"), NUMBER("connecting_ip"), NUMBER("programs"), LATER("launches", 1), NUMBER("version"), SEALED),
        .keys = 1, .subject = -1, .device = -1},
    policies = {.number = 16, .name = "policies", .restore = RESTORE_MONOTONE, .weight = WEIGHS_POLICIES,
        COLUMNS(BYTES("id"), NUMBER("number"), NUMBER("made"), NUMBER("until"), TEXT("by"), TEXT("digest"), TEXT("note"), SEALED),
        .keys = 1, .subject = -1, .device = -1, .indexed = 1 << 1},
    followings = {.number = 17, .name = "followings", .restore = RESTORE_CONTENT, .weight = WEIGHS_INVENTORY,
        COLUMNS(BYTES("id"), NUMBER("number"), NUMBER("enforcing"), TEXT("trouble"), NUMBER("since"), LATER("restarts", 0), LATER("stops", 0),
            LATER("late", 0), LATER("stopped", 0), LATER("lost", 0), SEALED),
        .keys = 1, .subject = 0, .device = 0},
    withholdings = {.number = 25, .name = "withholdings", .restore = RESTORE_MONOTONE, .weight = WEIGHS_OTHER,
        COLUMNS(BYTES("id"), NUMBER("number"), NUMBER("made"), NUMBER("told"), NUMBER("heard"), TEXT("note"), SEALED),
        .keys = 1, .subject = 0, .device = 0};

const struct place
    spools_place = {.number = 33, .name = "spools", .restore = RESTORE_MONOTONE, .weight = WEIGHS_OTHER,
        COLUMNS(BYTES("device"), BYTES("epoch"), NUMBER("high"), NUMBER("stored")), .keys = 2, .subject = -1, .device = 0},
    launch_chains_place = {.number = 34, .name = "launch_chains", .restore = RESTORE_CONTENT, .weight = WEIGHS_LAUNCHES,
        COLUMNS(NUMBER("day"), BYTES("device"), NUMBER("number"), BYTES("subject"), BYTES("box"), BYTES("digests")),
        .keys = 3, .subject = 3, .device = 1, .clustered = true},
    launch_segments_place = {.number = 35, .name = "launch_segments", .restore = RESTORE_CONTENT, .weight = WEIGHS_LAUNCHES,
        COLUMNS(NUMBER("seq"), NUMBER("number"), NUMBER("hour"), NUMBER("step"), COUNTS, BYTES("sealed")),
        .keys = 1, .subject = -1, .device = -1, .appended = true, .clustered = true},
    launches_place = {.number = 36, .name = "launches", .restore = RESTORE_CONTENT, .weight = WEIGHS_LAUNCHES,
        COLUMNS(NUMBER("hour"), NUMBER("number"), NUMBER("seq"), NUMBER("step"), COUNTS, BYTES("sealed")),
        .keys = 3, .subject = -1, .device = -1, .clustered = true},
    blobs_place = {.number = 37, .name = "blobs", .restore = RESTORE_CONTENT, .weight = WEIGHS_VIDEOS,
        COLUMNS(BYTES("id"), BYTES("subject"), BYTES("device"), TEXT("kind"), NUMBER("size"), NUMBER("made"), BYTES("digest")),
        .keys = 1, .subject = 1, .device = 2, .sized = 4, .indexed = 1 << 2 | 1 << 5};
/* clang-format on */

const struct place *const places[] = {&devices,
                                      &addresses,
                                      &accounts,
                                      &groups,
                                      &programs,
                                      &collections,
                                      &policies,
                                      &followings,
                                      &withholdings,
                                      &spools_place,
                                      &launch_chains_place,
                                      &launch_segments_place,
                                      &launches_place,
                                      &blobs_place,
                                      NULL};
enum { PLACES = sizeof places / sizeof *places - 1, MAX_SQL = 1024 };

const struct place *place_numbered(int number)
{
    for_each_place(place) if (place->number == number) return place;
    return NULL;
}

const struct place *place_of(const concept_t *c)
{
    return c->home == HOME_TENANT ? place_numbered(c->number) : NULL;
}

const char *weight_name(enum weight weight)
{
    static const char *const names[WEIGHT_COUNT] = {
        [WEIGHS_INVENTORY] = "inventory", [WEIGHS_LAUNCHES] = "launches", [WEIGHS_VIDEOS] = "videos",
        [WEIGHS_POLICIES] = "policies",   [WEIGHS_OTHER] = "other",
    };
    return names[weight];
}

static void put_names(const struct place *place, size_t count, buf_t *out)
{
    for (size_t i = 0; i < count; i++)
        buf_putf(out, "%s%s", i ? ", " : "", place->columns[i].name);
}

bool place_counts(const struct place *place)
{
    for (size_t i = 0; i < place->keys; i++)
        if (!strcmp(place->columns[i].name, "seq"))
            return false;
    return true;
}

static void put_key_is(const struct place *place, buf_t *out)
{
    for (size_t i = 0; i < place->keys; i++)
        buf_putf(out, " and %s = $%zu", place->columns[i].name, i + 2);
}

/* length() of bytes is told by the row's head; of a text it would count characters. */
static void put_weight(const struct place *place, buf_t *out)
{
    size_t fixed = 0;
    for (size_t i = 0; i < place->count; i++)
        fixed += place->columns[i].kind == COLUMN_NUMBER ? 8 : 0;
    buf_putf(out, "%zu", fixed);
    for (size_t i = 0; i < place->count; i++) {
        const struct column *column = &place->columns[i];
        if (column->kind == COLUMN_BYTES)
            buf_putf(out, " + coalesce(length(%s), 0)", column->name);
        else if (column->kind == COLUMN_TEXT)
            buf_putf(out, " + coalesce(length(cast(%s as blob)), 0)", column->name);
    }
    if (place->sized)
        buf_putf(out, " + %s", place->columns[place->sized].name);
}

static void put_span(const struct place *place, size_t count, buf_t *out)
{
    buf_put(out, STR("select "));
    put_names(place, count, out);
    buf_putf(out, " from %s where tenant = $1 and (", place->name);
    put_names(place, place->keys, out);
    buf_put(out, STR(") >= ("));
    for (size_t i = 0; i < place->keys; i++)
        buf_putf(out, "%s$%zu", i ? ", " : "", i + 2);
    buf_put(out, STR(") order by "));
    put_names(place, place->keys, out);
}

static void put_put(const struct place *place, buf_t *out)
{
    size_t last = place->count + 2;
    buf_putf(out, "insert into %s (tenant, ", place->name);
    put_names(place, place->count, out);
    buf_put(out, place_counts(place) ? STR(", seq) values ($1") : STR(") values ($1"));
    for (size_t i = 2; i < last + place_counts(place); i++)
        buf_putf(out, ", $%zu", i);
    buf_put(out, STR(") on conflict (tenant, "));
    put_names(place, place->keys, out);
    buf_put(out, STR(") do update set "));
    for (size_t i = place->keys; i < place->count; i++)
        buf_putf(out, "%s%s = excluded.%s", i > place->keys ? ", " : "", place->columns[i].name,
                 place->columns[i].name);
    if (place_counts(place))
        buf_put(out, STR(", seq = excluded.seq"));
}

static void put_rewrite(const struct place *place, buf_t *out)
{
    int next = 2;
    buf_putf(out, "update %s set ", place->name);
    for (size_t i = place->keys; i < place->count; i++)
        if (!(place->indexed & 1U << i))
            buf_putf(out, "%s%s = $%d", next > 2 ? ", " : "", place->columns[i].name, next), next++;
    if (place_counts(place))
        buf_putf(out, ", seq = $%d", next++);
    buf_putf(out, " where tenant = $1 and rowid = $%d", next);
}

static void put_statement(const struct place *place, enum place_verb verb, buf_t *out)
{
    switch (verb) {
    case PLACE_SPAN:
        put_span(place, place->count, out);
        break;
    case PLACE_KEYS:
        put_span(place, place->keys, out);
        break;
    case PLACE_PUT:
        put_put(place, out);
        break;
    case PLACE_WEIGHS:
        buf_put(out, STR("select "));
        put_weight(place, out);
        buf_putf(out, ", %s from %s where tenant = $1", place->clustered ? "0" : "rowid", place->name);
        break;
    case PLACE_WEIGHS_ALL:
        buf_put(out, STR("select count(*), coalesce(sum("));
        put_weight(place, out);
        buf_putf(out, "), 0) from %s where tenant = $1", place->name);
        break;
    case PLACE_AT:
        buf_putf(out, "select %s from %s where tenant = $1", place->clustered ? "0" : "rowid", place->name);
        break;
    case PLACE_REWRITE:
        put_rewrite(place, out);
        break;
    case PLACE_ONE:
        buf_put(out, STR("select "));
        put_names(place, place->count, out);
        buf_putf(out, " from %s where tenant = $1", place->name);
        break;
    default:
        buf_putf(out, "delete from %s where tenant = $1", place->name);
    }
    if (verb == PLACE_ONE || verb == PLACE_WEIGHS || verb == PLACE_REMOVE || verb == PLACE_AT)
        put_key_is(place, out);
}

static char sql[PLACES][PLACE_VERBS][MAX_SQL];

static void build_all(void)
{
    for (size_t i = 0; i < PLACES; i++)
        for (int verb = 0; verb < PLACE_VERBS; verb++) {
            OWN(buf) text = BUF(MAX_SQL - 1);
            put_statement(places[i], (enum place_verb)verb, &text);
            if (text.state != ERR_OK || places[i]->count > PLACE_COLUMNS || places[i]->keys > KEY_ARGS)
                abort(); /* a place past these bounds was declared: every start would end here */
            memcpy(sql[i][verb], text.at, text.len + 1);
        }
}

const char *place_sql(const struct place *place, enum place_verb verb)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t at = 0;
    pthread_once(&once, build_all);
    while (places[at] != place)
        at++;
    return sql[at][verb];
}
