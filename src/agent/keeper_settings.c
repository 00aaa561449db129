/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper_settings.h"

#include "base/limits.h"
#include "oidc/provider.h"

enum { STEP_MS = 10 * 60 * 1000 };

const char *const keeper_report_names[] = {[REPORT_DEVICES] = "devices", [REPORT_STORAGE] = "storage"};

struct line {
    struct keeper_settings *settings;
    str_t rest;
};

static str_t word_take(struct line *line)
{
    line->rest = str_trim(line->rest);
    return str_until(&line->rest, ' ');
}

static err_t text_put(str_t text, char out[KEEPER_TEXT])
{
    if (!text.len || text.len >= KEEPER_TEXT)
        return fail(ERR_INVALID, "a value of 1 to %d bytes is missing", KEEPER_TEXT - 1);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return ERR_OK;
}

/* Schedules */

static err_t time_read(str_t text, int *out_minute)
{
    uint64_t hour, minute;
    if (text.len != 5 || text.at[2] != ':' || text.at[0] < '0' || text.at[3] < '0')
        return fail(ERR_INVALID, "a time of day is HH:MM");
    bool short_hour = text.at[0] == '0', short_minute = text.at[3] == '0';
    TRY(str_number(str_bytes(text.at + short_hour, 2u - short_hour), 23, &hour));
    TRY(str_number(str_bytes(text.at + 3 + short_minute, 2u - short_minute), 59, &minute));
    *out_minute = (int)(hour * 60 + minute);
    return ERR_OK;
}

static err_t every_read(str_t text, struct schedule *out)
{
    static const struct {
        char unit;
        moment_t ms;
    } units[] = {{'m', MINUTES(1)}, {'h', HOURS(1)}, {'d', DAYS(1)}};
    uint64_t number = 0;
    for (size_t i = 0; text.len && i < sizeof units / sizeof *units; i++) {
        if (text.at[text.len - 1] != units[i].unit)
            continue;
        TRY(str_number(str_bytes(text.at, text.len - 1), (uint64_t)(DAYS(366) / units[i].ms), &number));
        out->every = (moment_t)number * units[i].ms;
    }
    out->set = number > 0;
    return out->set ? ERR_OK : fail(ERR_INVALID, "every is followed by a number with m, h or d, as 6h");
}

static err_t day_read(str_t text, int *out_day)
{
    static const char *const days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};
    for (int i = 0; i < 7; i++)
        if (str_eq(text, str(days[i]))) {
            *out_day = i;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "a day of the week is its whole name, as monday");
}

static err_t schedule_read(struct line *line, struct schedule *out)
{
    str_t how = word_take(line);
    struct schedule schedule = {.day = -1, .set = true};
    if (str_eq(how, STR("every"))) {
        TRY(every_read(word_take(line), &schedule));
    } else if (str_eq(how, STR("daily")) || str_eq(how, STR("weekly"))) {
        if (how.len == 6)
            TRY(day_read(word_take(line), &schedule.day));
        TRY(time_read(word_take(line), &schedule.minute));
    } else {
        return fail(ERR_INVALID, "a schedule is every, daily or weekly");
    }
    *out = schedule;
    return ERR_OK;
}

/* 1970 began on a Thursday. */
bool schedule_is_due(const struct schedule *schedule, moment_t last, moment_t now)
{
    if (!schedule->set)
        return false;
    if (last > now + STEP_MS)
        return true;
    if (schedule->every)
        return now - last >= schedule->every;
    moment_t slot = now - now % DAYS(1) + MINUTES(schedule->minute);
    slot -= slot > now ? DAYS(1) : 0;
    if (schedule->day >= 0) {
        int day = (int)((slot / DAYS(1) + 4) % 7);
        slot -= DAYS((day - schedule->day + 7) % 7);
    }
    return last < slot;
}

/* The settings, each by its word */

static err_t set_export(struct line *line) { return schedule_read(line, &line->settings->export); }
static err_t set_export_to(struct line *line)
{
    return text_put(str_trim(give(line->rest)), line->settings->export_to);
}
static err_t set_report_to(struct line *line)
{
    return text_put(str_trim(give(line->rest)), line->settings->report_to);
}

static err_t set_report(struct line *line)
{
    str_t name = word_take(line);
    for (int i = 0; i < REPORT_COUNT; i++)
        if (str_eq(name, str(keeper_report_names[i])))
            return schedule_read(line, &line->settings->reports[i]);
    return fail(ERR_INVALID, "a report is of devices or storage");
}

static err_t net_read(str_t place, struct sink *out)
{
    uint64_t port = 514;
    str_t host;
    if (place.len && *place.at == '[') {
        place = str_bytes(place.at + 1, place.len - 1);
        host = str_until(&place, ']');
        place = place.len && *place.at == ':' ? str_bytes(place.at + 1, place.len - 1) : place;
    } else {
        host = str_until(&place, ':');
    }
    if (place.len)
        TRY(str_number(place, UINT16_MAX, &port));
    if (!port)
        return fail(ERR_INVALID, "no port is 0");
    out->port = (uint16_t)port;
    return text_put(host, out->place);
}

static err_t set_sink(struct line *line)
{
    static const struct {
        str_t prefix;
        enum sink_kind kind;
    } kinds[] = {{{"udp://", 6}, SINK_UDP},
                 {{"tcp://", 6}, SINK_TCP},
                 {{"unix:", 5}, SINK_UNIX},
                 {{"file:", 5}, SINK_FILE}};
    str_t where = str_trim(give(line->rest));
    if (line->settings->sink_count == KEEPER_SINKS)
        return fail(ERR_INVALID, "alerts go to %d places at most", KEEPER_SINKS);
    struct sink *sink = &line->settings->sinks[line->settings->sink_count];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!str_starts(where, kinds[i].prefix))
            continue;
        str_t place = str_bytes(where.at + kinds[i].prefix.len, where.len - kinds[i].prefix.len);
        sink->kind = kinds[i].kind;
        line->settings->sink_count++;
        return sink->kind == SINK_UDP || sink->kind == SINK_TCP ? net_read(place, sink)
                                                                : text_put(place, sink->place);
    }
    return fail(ERR_INVALID, "alerts go to udp://HOST:PORT, tcp://HOST:PORT, unix:PATH or file:PATH");
}

static err_t set_acts(struct line *line)
{
    return text_put(str_trim(give(line->rest)), line->settings->acts);
}

static err_t set_gives(struct line *line)
{
    str_t word = word_take(line);
    line->settings->gives = str_eq(word, STR("yes"));
    return line->settings->gives || str_eq(word, STR("no")) ? ERR_OK
                                                            : fail(ERR_INVALID, "give-keys is yes or no");
}

static err_t set_release(struct line *line)
{
    str_t issuer = word_take(line);
    TRY(issuer_check(issuer, true));
    TRY(text_put(issuer, line->settings->issuer));
    return text_put(word_take(line), line->settings->client);
}

static err_t set_claim(struct line *line)
{
    TRY(text_put(word_take(line), line->settings->claim));
    return text_put(str_trim(give(line->rest)), line->settings->claim_is);
}

static const struct {
    const char *word;
    err_t (*set)(struct line *line);
} words[] = {
    {"export", set_export},       {"export-to", set_export_to}, {"report", set_report},
    {"report-to", set_report_to}, {"alerts-to", set_sink},      {"alerts", set_acts},
    {"give-keys", set_gives},     {"release", set_release},     {"release-claim", set_claim},
};

static err_t line_read(struct line *line)
{
    str_t word = word_take(line);
    if (!word.len || *word.at == '#')
        return ERR_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_eq(word, str(words[i].word)))
            continue;
        TRY(words[i].set(line));
        return str_trim(line->rest).len
                   ? fail(ERR_INVALID, "there is more on it than %s takes", words[i].word)
                   : ERR_OK;
    }
    return fail(ERR_INVALID, "there is no such setting");
}

static bool has_report(const struct keeper_settings *settings)
{
    for (int i = 0; i < REPORT_COUNT; i++)
        if (settings->reports[i].set)
            return true;
    return false;
}

static err_t whole_check(const struct keeper_settings *settings)
{
    if (settings->export.set && !*settings->export_to)
        return fail(ERR_INVALID, "export needs export-to: a folder");
    if (has_report(settings) && !*settings->report_to)
        return fail(ERR_INVALID, "report needs report-to: a folder");
    return *settings->claim && !*settings->issuer ? fail(ERR_INVALID, "release-claim needs release") : ERR_OK;
}

err_t keeper_settings_read(str_t text, struct keeper_settings *out_settings)
{
    struct keeper_settings settings = {0};
    if (!str_is_utf8(text))
        return fail(ERR_INVALID, "the settings are not UTF-8");
    for (int number = 1; text.len; number++) {
        struct line line = {&settings, str_until(&text, '\n')};
        err_t read = line_read(&line);
        if (read != ERR_OK) {
            char why[KEEPER_TEXT];
            snprintf(why, sizeof why, "%s", err_note());
            return fail(read, "line %d of the settings: %s", number, why);
        }
    }
    TRY(whole_check(&settings));
    *out_settings = settings;
    return ERR_OK;
}

bool keeper_tells(const struct keeper_settings *settings, str_t act)
{
    str_t acts = str(settings->acts);
    if (!acts.len)
        return true;
    while (acts.len) {
        str_t begins = str_until(&acts, ' ');
        if (begins.len && str_starts(act, begins))
            return true;
    }
    return false;
}
