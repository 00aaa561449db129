/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/refused.h"

#include "wire/problem.h"

enum { THOUSAND = 1000 };

static const char *const names[] = {"strangers", "those known"};

static void put_id(const char *name, const char *prefix, ident_t id, buf_t *out)
{
    if (!ident_is_zero(id))
        buf_putf(out, " %s=%s", name, ident_text(prefix, id).text);
}

static void put_text(const char *name, const char *text, buf_t *out)
{
    if (text)
        buf_putf(out, " %s=%s", name, text);
}

static void put_who(const struct asked *asked, buf_t *out)
{
    put_id("tenant", "ten", asked->tenant, out);
    put_id("device", "dev", asked->device, out);
    if (asked->by_prefix)
        put_id("by", asked->by_prefix, asked->by, out);
}

void refused_line(const struct refused *refused, buf_t *out)
{
    const struct asked *asked = &refused->asked;
    buf_put(out, STR("refused:"));
    if (refused->status)
        buf_putf(out, " status=%d", refused->status);
    if (asked->code != ERR_OK) {
        buf_put(out, STR(" code="));
        problem_put_name(asked->code, out);
    }
    put_text("door", refused->door, out);
    put_text("at", refused->at, out);
    if (asked->route)
        buf_putf(out, " route=\"%s %s\"", refused->method, asked->route);
    put_who(asked, out);
    if (refused->why)
        buf_putf(out, " why=\"%s\"", refused->why);
    buf_put(out, STR("\n"));
}

/* A millisecond gives back as many thousandths as a second does whole lines: one. */
static bool has_room(struct refusals_of *of, moment_t now)
{
    int64_t passed = now > of->at ? now - of->at : 0;
    of->used = of->used > passed ? of->used - passed : 0;
    of->at = now;
    return of->used + THOUSAND <= (int64_t)REFUSALS_MOST * THOUSAND;
}

/* What was left out before goes with the line that it makes room for. */
static void spend(struct refusals_of *of, const char *name, buf_t *out)
{
    if (of->left_out)
        buf_putf(out, "refused: and %llu more of %s\n", (unsigned long long)of->left_out, name);
    of->left_out = 0;
    of->used += THOUSAND;
}

bool refusals_take(struct refusals *refusals, const struct refused *refused, moment_t now, buf_t *out_lines)
{
    size_t kind = !ident_is_zero(refused->asked.tenant);
    struct refusals_of *of = &refusals->of[kind];
    if (refused->asked.ordinary)
        return false;
    pthread_mutex_lock(&refusals->lock);
    bool room = has_room(of, now);
    if (room)
        spend(of, names[kind], out_lines);
    else
        of->left_out++;
    pthread_mutex_unlock(&refusals->lock);
    if (room)
        refused_line(refused, out_lines);
    return room;
}

bool refusals_rest(struct refusals *refusals, moment_t now, buf_t *out_lines)
{
    bool any = false;
    pthread_mutex_lock(&refusals->lock);
    for (size_t kind = 0; kind < sizeof names / sizeof *names; kind++) {
        struct refusals_of *of = &refusals->of[kind];
        bool tells = has_room(of, now) && of->left_out;
        if (tells)
            spend(of, names[kind], out_lines);
        any |= tells;
    }
    pthread_mutex_unlock(&refusals->lock);
    return any;
}
