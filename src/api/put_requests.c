/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests and the process that answers them, as JSON and as rows of a CSV file.
 */
#include "api/object.h"
#include "api/put.h"

static void put_levels(const Keys__Process *process, buf_t *out_json)
{
    buf_put(out_json, STR("["));
    for (size_t i = 0; i < process->n_levels; i++) {
        const Keys__Level *level = process->levels[i];
        buf_put(out_json, i ? STR(",") : STR(""));
        struct object object = object_begin(out_json);
        object_number(&object, "need", level->need);
        put_ids("usr", level->members, level->n_members, object_value(&object, "members"));
        put_ids("grp", level->groups, level->n_groups, object_value(&object, "groups"));
        if (level->counted)
            object_number(&object, "able", level->able);
        object_end(&object);
    }
    buf_put(out_json, STR("]"));
}

void put_process(const Keys__Process *process, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_number(&object, "longest_minutes", process->longest);
    put_levels(process, object_value(&object, "levels"));
    object_end(&object);
}

static void put_acts(str_t acts, buf_t *out_json)
{
    const char *before = "[";
    while (acts.len) {
        buf_put(out_json, str(before));
        buf_put_json(out_json, str_until(&acts, ' '));
        before = ",";
    }
    buf_put(out_json, *before == '[' ? STR("[]") : STR("]"));
}

static void put_answers(const Keys__Request *request, buf_t *out_json)
{
    buf_put(out_json, STR("["));
    for (size_t i = 0; i < request->n_answers; i++) {
        const Keys__Answered *answer = request->answers[i];
        buf_put(out_json, i ? STR(",") : STR(""));
        struct object object = object_begin(out_json);
        object_id(&object, "member", "usr", answer->member);
        object_number(&object, "level", answer->level);
        object_flag(&object, "yes", answer->yes);
        object_moment(&object, "at", answer->at);
        object_end(&object);
    }
    buf_put(out_json, STR("]"));
}

static void put_grant(const Keys__Grant *grant, buf_t *out_json)
{
    if (!grant) {
        buf_put(out_json, STR("null"));
        return;
    }
    struct object object = object_begin(out_json);
    object_moment(&object, "from", grant->from);
    object_moment(&object, "until", grant->until);
    object_moment(&object, "ended", grant->ended);
    object_number(&object, "opens", grant->opens);
    object_text(&object, "approval", grant->approval);
    object_text(&object, "key", grant->key);
    object_end(&object);
}

static void put_client(const Keys__Request *request, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "ten", request->tenant);
    object_text(&object, "name", request->tenant_name);
    object_end(&object);
}

/* Who asks for support is one of the provider's people, who asks for a removal a member. */
static const char *asker_prefix(const Keys__Request *request)
{
    return strcmp(request->kind, "support") == 0 ? "stf" : request->program ? "tok" : "usr";
}

static void put_asked(const Keys__Request *request, struct object *object)
{
    object_text(object, "case", request->case_id);
    object_text(object, "reason", request->reason);
    object_text(object, "words", request->words);
    put_acts(str(request->acts), object_value(object, "acts"));
    object_number(object, "minutes", request->minutes);
    put_ids("dev", request->devices, request->n_devices, object_value(object, "devices"));
    static const ProtobufCBinaryData none;
    bool release = strcmp(request->kind, "release") == 0;
    object_id(object, "member", "usr", release ? none : request->member);
    object_id(object, "hold", "hld", release ? request->member : none);
    object_text(object, "role", request->role);
}

void put_request(const Keys__Request *request, buf_t *out_json)
{
    static const Keys__Process none = KEYS__PROCESS__INIT;
    struct object object = object_begin(out_json);
    object_id(&object, "id", "req", request->id);
    object_text(&object, "kind", request->kind);
    object_text(&object, "state", request->state);
    object_id(&object, "by", asker_prefix(request), request->by);
    object_text(&object, "by_name", request->by_name);
    object_moment(&object, "made", request->made);
    object_moment(&object, "until", request->until);
    put_asked(request, &object);
    object_number(&object, "level", request->level);
    put_levels(request->process ? request->process : &none, object_value(&object, "levels"));
    put_answers(request, object_value(&object, "answers"));
    put_grant(request->grant, object_value(&object, "grant"));
    object_flag(&object, "yours", request->yours);
    put_client(request, object_value(&object, "tenant"));
    object_end(&object);
}

/* Each in its cell, with a space between: "dev_… dev_…". */
static void put_devices_cell(const Keys__Request *request, buf_t *out_csv)
{
    buf_put(out_csv, STR("\""));
    for (size_t i = 0; i < request->n_devices; i++)
        buf_putf(out_csv, "%s%s", i ? " " : "", id_text("dev", request->devices[i]).text);
    buf_put(out_csv, STR("\""));
}

/* "usr_… yes 2026-11-24T06:00:00Z; …": who said what, and when. */
static void put_answers_cell(const Keys__Request *request, buf_t *out_csv)
{
    buf_put(out_csv, STR("\""));
    for (size_t i = 0; i < request->n_answers; i++) {
        const Keys__Answered *answer = request->answers[i];
        buf_putf(out_csv, "%s%s %s %s", i ? "; " : "", id_text("usr", answer->member).text,
                 answer->yes ? "yes" : "no", moment_text(answer->at).text);
    }
    buf_put(out_csv, STR("\""));
}

static void put_grant_cells(const Keys__Grant *grant, buf_t *out_csv)
{
    if (!grant) {
        buf_put(out_csv, STR(",,,"));
        return;
    }
    buf_putf(out_csv, "%s,", moment_text(grant->from).text);
    buf_putf(out_csv, "%s,", moment_text(grant->until).text);
    buf_putf(out_csv, "%s,%lld", grant->ended ? moment_text(grant->ended).text : "", (long long)grant->opens);
}

void put_request_row(const Keys__Request *request, buf_t *out_csv)
{
    const char *const texts[] = {request->case_id, request->reason, request->words, request->acts};
    buf_putf(out_csv, "%s,%s,%s,", id_text("req", request->id).text, request->kind, request->state);
    buf_putf(out_csv, "%s,", id_text(asker_prefix(request), request->by).text);
    csv_cell(str(request->by_name), out_csv);
    buf_putf(out_csv, ",%s", moment_text(request->made).text);
    buf_putf(out_csv, ",%s,", moment_text(request->until).text);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_cell(str(texts[i]), out_csv);
        buf_put(out_csv, STR(","));
    }
    buf_putf(out_csv, "%lld,", (long long)request->minutes);
    put_devices_cell(request, out_csv);
    buf_putf(out_csv, ",%s,", id_text("usr", request->member).text);
    put_answers_cell(request, out_csv);
    buf_put(out_csv, STR(","));
    put_grant_cells(request->grant, out_csv);
    buf_put(out_csv, STR("\r\n"));
}
