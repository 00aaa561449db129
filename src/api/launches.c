/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches as they are listed, exported, searched with their progress shown, and watched as they come.
 */
#include "collect/launch_watch.h"

#include "api/events.h"
#include "api/found.h"
#include "api/handlers.h"
#include "api/put.h"
#include "base/limits.h"
#include "collect/put_launch.h"

enum { PAGE = 100, CSV_PAGE = 4096, SHA256_BYTES = 32 };

/* A request for launches, as its query says. */
struct wanted {
    struct launch_ask ask;
    const struct reader *reader;
    ident_t device, account;
    uint8_t sha256[SHA256_BYTES];
};

/* Left zero where it is not there. */
static err_t id_read(struct call *call, const char *name, const char *prefix, ident_t *out_id)
{
    str_t text;
    TRY(call_text(call, name, &text));
    return text.len ? ident_read(prefix, text, out_id) : ERR_OK;
}

static err_t moment_in(struct call *call, const char *name, bool ends, moment_t *out_moment)
{
    str_t text;
    TRY(call_text(call, name, &text));
    return text.len ? moment_read_day(text, ends, out_moment) : ERR_OK;
}

static err_t decision_read(struct call *call, int *out_decision)
{
    str_t text;
    TRY(call_text(call, "decision", &text));
    *out_decision = ANY_DECISION;
    if (!text.len)
        return ERR_OK;
    for (int i = 0; i < LAUNCH_DECISIONS; i++)
        if (str_eq(text, str(decision_name(i))))
            *out_decision = i;
    return *out_decision == ANY_DECISION
               ? fail(ERR_INVALID, "decision is allowed, denied, elevated or observed")
               : ERR_OK;
}

static err_t sha256_read(struct call *call, struct wanted *wanted)
{
    str_t text;
    TRY(call_text(call, "sha256", &text));
    if (!text.len)
        return ERR_OK;
    TRY(base16_read(text, sizeof wanted->sha256, wanted->sha256));
    wanted->ask.words.sha256 = str_bytes(wanted->sha256, sizeof wanted->sha256);
    return ERR_OK;
}

/* "hour.moment.number", as cursor_put() wrote it. */
static err_t cursor_read(struct call *call, struct launch_cursor *out_cursor)
{
    str_t rest = call_query(call, "cursor");
    uint64_t parts[3] = {0};
    if (!rest.len)
        return ERR_OK;
    for (int i = 0; i < 3; i++)
        if (str_number(str_until(&rest, '.'), INT64_MAX, &parts[i]) != ERR_OK)
            return fail(ERR_INVALID, "cursor is what the page before gave");
    *out_cursor = (struct launch_cursor){(int64_t)parts[0], (moment_t)parts[1], (int64_t)parts[2]};
    return ERR_OK;
}

static err_t wanted_read(struct call *call, struct wanted *wanted)
{
    uint64_t limit = 0;
    TRY(id_read(call, "device", "dev", &wanted->device));
    TRY(id_read(call, "account", "acc", &wanted->account));
    wanted->ask.device = ident_is_zero(wanted->device) ? NULL : &wanted->device;
    wanted->ask.account = ident_is_zero(wanted->account) ? NULL : &wanted->account;
    TRY(moment_in(call, "from", false, &wanted->ask.from));
    TRY(moment_in(call, "until", true, &wanted->ask.until));
    TRY(decision_read(call, &wanted->ask.decision));
    TRY(sha256_read(call, wanted));
    TRY(call_text(call, "path", &wanted->ask.path));
    TRY(call_text(call, "name", &wanted->ask.words.name));
    TRY(call_text(call, "package", &wanted->ask.words.package));
    TRY(cursor_read(call, &wanted->ask.after));
    TRY(call_number(call, "limit", PAGE, &limit));
    wanted->ask.limit = (size_t)limit;
    return limit >= 1 && limit <= MAX_PAGE ? ERR_OK : fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
}

static err_t search(struct call *call, const struct wanted *wanted, const struct launch_sink *sink,
                    struct launch_cursor *out_next)
{
    return launches_search(&call->desk, wanted->reader, &wanted->ask, sink, out_next);
}

/* Pages */

/* What one launch takes at most: each text of it escaped. */
enum { LAUNCH_MOST = 8 * 6 * MAX_LAUNCH_TEXT };

/* There is room for one more; where there is not, the page ends before it is full. */
static bool has_room(const buf_t *body)
{
    return body->state == ERR_OK && body->len + LAUNCH_MOST < MAX_REPLY;
}

/* One that has gone through so many launches and is not full keeps its worker from others as a stream does, and from then on
 * counts as one. */
enum { PAGE_LOOKS = 10000 };

struct page {
    struct call *call;
    struct list list; /* of JSON */
    bool counted;
    err_t result;
};

static bool page_progress(void *with, const struct launch_progress *progress)
{
    struct page *page = with;
    if (page->counted || progress->launches < PAGE_LOOKS)
        return true;
    page->result = streams_take(page->call);
    page->counted = page->result == ERR_OK;
    return page->counted;
}

static err_t page_search(struct page *page, const struct wanted *wanted,
                         bool (*found)(void *with, const struct launch_found *found),
                         struct launch_cursor *out_next)
{
    const struct launch_sink sink = {found, page_progress, page};
    err_t searched = search(page->call, wanted, &sink, out_next);
    if (page->counted)
        streams_give(page->call);
    return searched == ERR_OK ? page->result : searched;
}

static bool json_add(void *with, const struct launch_found *found)
{
    struct list *list = &((struct page *)with)->list;
    put_launch(found, list_item(list));
    return has_room(list->json);
}

static void cursor_put(const struct launch_cursor *cursor, buf_t *out)
{
    buf_putf(out, "%lld.%lld.%lld", (long long)cursor->hour, (long long)cursor->at, (long long)cursor->skip);
}

static err_t answer_json(struct call *call, struct wanted *wanted)
{
    struct page page = {.call = call, .list = list_begin(&call->reply->body)};
    OWN(buf) cursor = BUF(96);
    struct launch_cursor next = {0};
    TRY(page_search(&page, wanted, json_add, &next));
    cursor_put(&next, &cursor);
    TRY(buf_end(&cursor));
    list_end(&page.list, next.hour ? cursor.at : NULL);
    return ERR_OK;
}

static bool csv_add(void *with, const struct launch_found *found)
{
    buf_t *csv = &((struct page *)with)->call->reply->body;
    put_launch_row(found, csv);
    return has_room(csv);
}

/* Pages of CSV are put one behind the other: the first alone has the names of the columns. */
static err_t answer_csv(struct call *call, struct wanted *wanted)
{
    struct reply *reply = call->reply;
    struct page page = {.call = call};
    struct launch_cursor next = {0};
    bool first = !wanted->ask.after.hour;
    wanted->ask.limit = CSV_PAGE;
    reply->content_type =
        first ? "text/csv; charset=utf-8; header=present" : "text/csv; charset=utf-8; header=absent";
    buf_put(&reply->headers, STR("Content-Disposition: attachment; filename=\"launches.csv\"\n"));
    buf_put(&reply->body, first ? STR(LAUNCH_ROW_HEAD) : STR(""));
    TRY(page_search(&page, wanted, csv_add, &next));
    if (!next.hour)
        return ERR_OK;
    buf_put(&reply->headers, STR("Next-Cursor: "));
    cursor_put(&next, &reply->headers);
    buf_put(&reply->headers, STR("\n"));
    return ERR_OK;
}

/* Streams */

static bool stream_found(void *with, const struct launch_found *found)
{
    OWN(buf) json = BUF(LAUNCH_MOST);
    put_launch(found, &json);
    return events_put(with, "launch", &json);
}

static bool stream_progress(void *with, const struct launch_progress *progress)
{
    OWN(buf) json = BUF(256);
    buf_putf(&json, "{\"launches\":%lld,\"found\":%lld,\"at\":\"%s\"}", (long long)progress->launches,
             (long long)progress->found, moment_text(progress->at).text);
    return events_progress(with, &json);
}

/* All that fits, as it is found; the last event is `end`, with the cursor where there was a limit. */
static err_t answer_stream(struct call *call, struct wanted *wanted)
{
    struct events events;
    struct launch_cursor next = {0};
    OWN(buf) end = BUF(256);
    if (!call_query(call, "limit").at)
        wanted->ask.limit = 0;
    TRY(events_begin(call, &events));
    err_t result = search(call, wanted, &(struct launch_sink){stream_found, stream_progress, &events}, &next);
    buf_put(&end, STR("{\"next\":"));
    if (next.hour) {
        buf_put_byte(&end, '"');
        cursor_put(&next, &end);
        buf_put_byte(&end, '"');
    }
    buf_put(&end, next.hour ? STR("}") : STR("null}"));
    if (result == ERR_OK)
        (void)!events_put(&events, "end", &end);
    return events_end(&events, result);
}

err_t found_answer(struct call *call, const struct reader *reader, const ident_t *device)
{
    struct wanted wanted = {.reader = reader};
    TRY(wanted_read(call, &wanted));
    if (device)
        wanted.ask.device = device;
    if (str_starts(call->request->accept, STR("text/event-stream")))
        return answer_stream(call, &wanted);
    return str_starts(call->request->accept, STR("text/csv")) ? answer_csv(call, &wanted)
                                                              : answer_json(call, &wanted);
}

static struct reader own_reader(const struct call *call)
{
    return (struct reader){.tenant = call->tenant, .realm = call->realm, .bearer = call->bearer};
}

err_t api_launch_list(struct call *call)
{
    const struct reader reader = own_reader(call);
    return found_answer(call, &reader, NULL);
}

/* Live */

enum { TURN_MS = 1000, ASKED_TURNS = 5 };

/* The session may end while it watches: the keys process says so. */
static err_t still_there(struct call *call)
{
    OWN(arena) arena = ARENA(1 << 20);
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Who *who = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.brief = true;
    return keys_ask(call->desk.channel, &(struct question){ASK_whoami, &in}, &arena, &who);
}

/* An empty comment each second keeps the connection known to be there, and shows when it is not. */
static err_t watch_on(struct call *call, const struct wanted *wanted, struct events *events)
{
    const struct reader reader = own_reader(call);
    const struct launch_sink sink = {stream_found, NULL, events};
    OWN(watch) watch = {0};
    TRY(watch_begin(&watch, &call->desk, &reader));
    for (int turn = 0; events_heard(events); turn++) {
        if (turn % ASKED_TURNS == 0)
            TRY(still_there(call));
        TRY(watch_turn(&watch, &wanted->ask, &sink));
        usleep(TURN_MS * 1000);
    }
    return ERR_OK;
}

err_t api_launch_live(struct call *call)
{
    struct wanted wanted = {0};
    struct events events;
    TRY(wanted_read(call, &wanted));
    wanted.ask.from = wanted.ask.until = 0;
    TRY(events_begin(call, &events));
    return events_end(&events, watch_on(call, &wanted, &events));
}
