/* SPDX-License-Identifier: Apache-2.0
 *
 * What is kept, what of it goes when, and for how long a client wants it (retain/plan.h).
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"
#include "retain/facts.h"

enum { AGES = 2 };

static const char *const levels[LEVEL_COUNT] = {"none", "80", "90", "full"};
static const char *const whys[] = {[WHY_AGE] = "age", [WHY_CAPACITY] = "capacity"};

static void put_day(const char *name, int64_t day, buf_t *json)
{
    if (day == NO_DAY)
        buf_putf(json, ",\"%s\":null", name);
    else
        buf_putf(json, ",\"%s\":\"%.10s\"", name, moment_text(DAYS(day)).text);
}

static void put_ages(const struct retain_ages *ages, buf_t *json)
{
    buf_putf(json, ",\"least\":%lld,\"most\":%lld", (long long)ages->least, (long long)ages->most);
}

static void put_kinds(const struct retain_look *look, buf_t *json)
{
    for (int kind = 0; kind < WEIGHT_COUNT; kind++) {
        bool goes = kind == WEIGHS_VIDEOS || kind == WEIGHS_LAUNCHES;
        buf_putf(json, "%s{\"kind\":\"%s\",\"goes\":%s,\"rows\":%lld,\"bytes\":%lld,\"growth\":%lld",
                 kind ? "," : "", weight_name((enum weight)kind), goes ? "true" : "false",
                 (long long)look->weights.rows[kind], (long long)look->weights.bytes[kind],
                 (long long)look->facts.growth[kind]);
        put_day("oldest", look->facts.oldest[kind], json);
        put_ages(&look->facts.ages[kind], json);
        buf_put(json, STR("}"));
    }
}

static void put_next(const struct retain_look *look, buf_t *json)
{
    struct retain_forecast next = retain_forecast(&look->facts);
    if (next.any) {
        buf_putf(json, ",\"next\":{\"kind\":\"%s\",\"why\":\"%s\",\"older\":%lld", weight_name(next.kind),
                 whys[next.why], (long long)next.older);
        put_day("on", next.day, json);
        buf_put(json, STR("}"));
    } else {
        buf_put(json, STR(",\"next\":null"));
    }
    put_day("full", next.full, json);
    buf_putf(json, ",\"stuck\":%s", next.stuck ? "true" : "false");
}

/* The latest of a kind: 0 where there is none. */
static const struct usage *latest(const struct retain_look *look, const char *kind)
{
    static const struct usage none = {.day = NO_DAY};
    const struct usage *last = &none;
    for (size_t i = 0; i < look->usage.count; i++)
        if (str_eq(look->usage.at[i].kind, str(kind)))
            last = &look->usage.at[i];
    return last;
}

static void put_beside(const struct retain_look *look, buf_t *json)
{
    const struct usage *copies = latest(look, USAGE_SNAPSHOTS), *gone = latest(look, USAGE_GONE),
                       *recount = latest(look, USAGE_RECOUNT);
    buf_putf(json, ",\"snapshots\":{\"bytes\":%lld,\"gone\":%lld}", (long long)copies->bytes,
             (long long)gone->bytes);
    if (recount->day == NO_DAY) {
        buf_put(json, STR(",\"counted\":null"));
        return;
    }
    buf_putf(json, ",\"counted\":{\"rows\":%lld,\"bytes\":%lld", (long long)recount->rows,
             (long long)recount->bytes);
    put_day("on", recount->day, json);
    buf_put(json, STR("}"));
}

/* Samples stand by kind: one is a column of the days, and the days of all are those of any kind that has a weight. */
static void put_history(const struct retain_look *look, buf_t *json)
{
    bool any = false;
    buf_put(json, STR(",\"history\":["));
    for (size_t i = 0; i < look->usage.count; i++) {
        const struct usage *sample = &look->usage.at[i];
        if (str_eq(sample->kind, STR(USAGE_RECOUNT)))
            continue;
        buf_putf(json, "%s{\"kind\":\"%.*s\",\"bytes\":%lld,\"went\":%lld,\"went_bytes\":%lld",
                 any ? "," : "", STR_ARG(sample->kind), (long long)sample->bytes, (long long)sample->went,
                 (long long)sample->went_age + (long long)sample->went_capacity);
        put_day("on", sample->day, json);
        buf_put(json, STR("}"));
        any = true;
    }
    buf_put(json, STR("]"));
}

static void put_storage(struct call *call, const struct retain_look *look)
{
    buf_t *json = &call->reply->body;
    if (look->facts.capacity)
        buf_putf(json, "{\"capacity\":%lld", (long long)look->facts.capacity);
    else
        buf_put(json, STR("{\"capacity\":null"));
    buf_putf(json, ",\"used\":%lld,\"level\":\"%s\",\"held\":%zu,\"waits\":%s,\"kinds\":[",
             (long long)retain_used(&look->facts), levels[look->terms->level], look->terms->held.count,
             look->terms->waits ? "true" : "false");
    put_kinds(look, json);
    buf_put(json, STR("]"));
    put_next(look, json);
    put_beside(look, json);
    put_history(look, json);
    buf_put(json, STR("}"));
}

static err_t look_with(struct call *call, const Keys__Retention *retention, struct retain_terms *out_terms,
                       struct retain_look *out_look)
{
    TRY(retain_terms_read(retention, call->desk.arena, out_terms));
    *out_look = (struct retain_look){.terms = out_terms,
                                     .today = call->desk.env->now(call->desk.env) / DAYS(1),
                                     .arena = call->desk.arena};
    return store_read(call->desk.store, call->tenant, retain_look_act, out_look);
}

static err_t storage_answer(struct call *call, const Keys__Retention *retention)
{
    struct retain_terms terms;
    struct retain_look look;
    TRY(look_with(call, retention, &terms, &look));
    put_storage(call, &look);
    return ERR_OK;
}

err_t api_storage(struct call *call)
{
    Keys__Retention *retention = NULL;
    TRY(call_keys_bearer(call, ASK_retention_get, &retention));
    return storage_answer(call, retention);
}

/* What a body says, as the keys process takes it and as the plan does. */
static void ages_read(const struct retention_body *body, Keys__RetentionAges out_ages[AGES])
{
    for (int i = 0; i < AGES; i++)
        keys__retention_ages__init(&out_ages[i]);
    out_ages[0].kind = (char *)(uintptr_t)weight_name(WEIGHS_VIDEOS);
    out_ages[0].least = body->videos_least;
    out_ages[0].most = body->videos_most;
    out_ages[1].kind = (char *)(uintptr_t)weight_name(WEIGHS_LAUNCHES);
    out_ages[1].least = body->launches_least;
    out_ages[1].most = body->launches_most;
}

err_t api_storage_change(struct call *call)
{
    const struct retention_body *body = call->body;
    Keys__RetentionSet in = KEYS__RETENTION_SET__INIT;
    Keys__Retention *retention = NULL;
    Keys__RetentionAges ages[AGES];
    Keys__RetentionAges *all[AGES] = {&ages[0], &ages[1]};
    ages_read(body, ages);
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.ages = all;
    in.n_ages = AGES;
    if (body->name.at)
        in.name = (char *)(uintptr_t)body->name.at;
    TRY(call_keys(call, &(struct question){ASK_retention_set, &in}, &retention));
    return storage_answer(call, retention);
}

/* What goes at once if these ages are said, in the order in which it goes. */
struct trying {
    struct retain_look look;
    struct older older[RETAIN_KINDS];
    enum retain_why why[RETAIN_KINDS];
};

static err_t older_of(struct tx *tx, enum weight kind, const idents_t *held, int64_t before,
                      struct older *out_older)
{
    return kind == WEIGHS_VIDEOS ? videos_older(tx, held, before, out_older)
                                 : launches_older(tx, held, before, out_older);
}

static err_t trying_act(struct tx *tx, void *with)
{
    struct trying *trying = with;
    struct retain_look *look = &trying->look;
    const idents_t *held = &look->terms->held;
    TRY(retain_look_act(tx, look));
    int64_t over = look->facts.capacity ? retain_used(&look->facts) - look->facts.capacity : 0;
    for (int i = 0; i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        const struct retain_ages *ages = &look->facts.ages[kind];
        trying->older[i] = (struct older){.first = NO_DAY, .last = NO_DAY};
        if (ages->most)
            TRY(older_of(tx, kind, held, look->today - ages->most, &trying->older[i]));
        over -= trying->older[i].bytes;
    }
    for (int i = 0; over > 0 && i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        struct older more;
        TRY(older_of(tx, kind, held, look->today - look->facts.ages[kind].least, &more));
        if (more.bytes <= trying->older[i].bytes)
            continue;
        over -= more.bytes - trying->older[i].bytes;
        trying->older[i] = more;
        trying->why[i] = WHY_CAPACITY;
    }
    return ERR_OK;
}

static void put_trying(const struct trying *trying, buf_t *json)
{
    struct list list = list_begin(json);
    for (int i = 0; i < RETAIN_KINDS; i++) {
        const struct older *older = &trying->older[i];
        if (older->first == NO_DAY)
            continue;
        buf_t *item = list_item(&list);
        buf_putf(item, "{\"kind\":\"%s\",\"why\":\"%s\",\"count\":%lld,\"bytes\":%lld",
                 weight_name(retain_kinds[i]), whys[trying->why[i]], (long long)older->count,
                 (long long)older->bytes);
        put_day("from", older->first, item);
        put_day("until", older->last, item);
        buf_put(item, STR("}"));
    }
    list_end(&list, NULL);
}

err_t api_storage_try(struct call *call)
{
    Keys__Retention *retention = NULL;
    struct retain_terms terms;
    struct trying trying = {.look = {.terms = &terms}};
    Keys__RetentionAges ages[AGES];
    ages_read(call->body, ages);
    TRY(call_keys_bearer(call, ASK_retention_get, &retention));
    for (size_t i = 0; i < retention->n_ages && i < AGES; i++)
        *retention->ages[i] = ages[i];
    TRY(retain_terms_read(retention, call->desk.arena, &terms));
    trying.look.today = call->desk.env->now(call->desk.env) / DAYS(1);
    trying.look.arena = call->desk.arena;
    TRY(store_read(call->desk.store, call->tenant, trying_act, &trying));
    put_trying(&trying, &call->reply->body);
    return ERR_OK;
}
