/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/what.h"

#include "agent/collect.h"
#include "concept/account.h"

enum { VALUE_MAX = 4 * 1024 * 1024 };

struct what {
    const struct item *items;
    size_t count;
    const struct switches *switches;
    enum what_form form;
    const struct list *launches, *withheld;
    size_t rows; /* of the purpose that is being told */
    bool any;    /* row at all */
    buf_t *out;
};

struct row {
    purpose_t purpose;
    const char *about;
    str_t value; /* NULL: nothing was found */
    bool off;    /* by the client */
};

#define OFF "(switched off by the client: not collected)"

static void row_put(struct what *what, const struct row *row)
{
    const char *item = purpose_info(row->purpose)->text;
    if (what->form == WHAT_TABLE) {
        buf_putf(what->out, "%-30s  %-8s  %.*s\n", item, row->about,
                 STR_ARG(row->off        ? STR(OFF)
                         : row->value.at ? row->value
                                         : STR("-")));
        return;
    }
    buf_putf(what->out, "%s\n {\"item\":", what->any ? "," : "");
    buf_put_json(what->out, str(item));
    buf_putf(what->out, ",\"about\":\"%s\",\"value\":", row->about);
    if (row->value.at)
        buf_put_json(what->out, row->value);
    else
        buf_putf(what->out, "null");
    buf_putf(what->out, "%s}", row->off ? ",\"off\":true" : "");
    what->any = true;
}

/* Values */

static str_t account_name(const struct what *what, ident_t id)
{
    for (const struct item *item = what->items; item < what->items + what->count; item++)
        for (size_t i = 0; item->concept == &account_concept && i < item->count; i++) {
            const struct account *account = (const struct account *)item->records + i;
            if (ident_eq(account->id, id))
                return account->name;
        }
    return STR("?");
}

static void value_put(const struct what *what, const void *record, const field_t *f, buf_t *out_value)
{
    const void *at = field_in(record, f);
    const idents_t *ids = at;
    if (f->kind == KIND_TEXT && ((const str_t *)at)->len)
        buf_putf(out_value, "%s%.*s", out_value->len ? " " : "", STR_ARG(*(const str_t *)at));
    if (f->kind == KIND_FLAG && *(const bool *)at)
        buf_putf(out_value, "%syes", out_value->len ? " " : "");
    for (size_t i = 0; f->kind == KIND_IDS && i < ids->count; i++)
        buf_putf(out_value, "%s%.*s", i ? ", " : ": ", STR_ARG(account_name(what, ids->at[i])));
}

/* The record's name, where the purpose does not tell it itself. */
static void label_put(const concept_t *c, const void *record, purpose_t purpose, buf_t *value)
{
    for_each_field(f, c)
        if (!strcmp(f->name, "name") && f->purpose != purpose && value->len) {
            OWN(buf) told = BUF(VALUE_MAX);
            buf_put(&told, buf_str(value));
            buf_clear(value);
            buf_putf(value, "%.*s: %.*s", STR_ARG(*(const str_t *)field_in(record, f)),
                     STR_ARG(buf_str(&told)));
        }
}

static void record_tell(struct what *what, const concept_t *c, const void *record, purpose_t purpose)
{
    OWN(buf) value = BUF(VALUE_MAX);
    for_each_field(f, c)
        if (f->class == CLASS_PERSONAL && f->purpose == purpose)
            value_put(what, record, f, &value);
    label_put(c, record, purpose, &value);
    if (!value.len)
        return;
    row_put(what, &(struct row){purpose, c->name, buf_str(&value)});
    what->rows++;
}

static void unread_tell(struct what *what, const struct item *item, purpose_t purpose)
{
    OWN(buf) why = BUF(VALUE_MAX);
    bool serves = false;
    for_each_field(f, item->concept)
        serves |= f->class == CLASS_PERSONAL && f->purpose == purpose;
    if (!item->unread || !serves)
        return;
    buf_putf(&why, "(not read: %s)", item->unread);
    row_put(what, &(struct row){purpose, item->concept->name, buf_str(&why)});
    what->rows++;
}

/* Who sits here sees that a name is not sent, and why. */
static void withheld_tell(struct what *what)
{
    for (size_t i = 0; what->withheld && i < what->withheld->count; i++) {
        OWN(buf) value = BUF(VALUE_MAX);
        buf_putf(&value, "(withheld by the client, not sent: %.*s)",
                 STR_ARG(((const str_t *)what->withheld->at)[i]));
        row_put(what, &(struct row){COLLECT_USERNAMES, account_concept.name, buf_str(&value)});
        what->rows++;
    }
}

static void purpose_tell(struct what *what, purpose_t purpose)
{
    what->rows = 0;
    if (!switches_allow(what->switches, purpose)) {
        row_put(what, &(struct row){purpose, "device", .off = true});
        return;
    }
    for (const struct item *item = what->items; item < what->items + what->count; item++) {
        unread_tell(what, item, purpose);
        for (size_t i = 0; i < item->count; i++)
            record_tell(what, item->concept, (const char *)item->records + i * item->concept->size, purpose);
    }
    for (size_t i = 0; purpose == COLLECT_LAUNCHES && what->launches && i < what->launches->count;
         i++, what->rows++)
        row_put(what, &(struct row){purpose, "account", ((const str_t *)what->launches->at)[i]});
    if (purpose == COLLECT_USERNAMES)
        withheld_tell(what);
    if (what->rows)
        return;
    /* The one item that the machine cannot tell itself. */
    str_t none = purpose == COLLECT_CONNECTING_IP ? STR("(the service sees it when this machine connects)")
                                                  : (str_t){0};
    row_put(what, &(struct row){purpose, "device", none});
}

err_t what_put(const struct what_ask *ask, buf_t *out_text)
{
    struct what what = {.items = ask->items->at,
                        .count = ask->items->count,
                        .switches = ask->switches,
                        .form = ask->form,
                        .launches = ask->launches,
                        .withheld = ask->withheld,
                        .out = out_text};
    if (ask->form == WHAT_JSON)
        buf_putf(out_text, "{\"items\":[");
    else
        buf_putf(out_text, "%-30s  %-8s  %s\n", "ITEM", "ABOUT", "VALUE");
    for (int purpose = 0; purpose < PURPOSE_COUNT; purpose++)
        if (!strcmp(purpose_info((purpose_t)purpose)->promise, "collect.device"))
            purpose_tell(&what, (purpose_t)purpose);
    if (ask->form == WHAT_JSON)
        buf_putf(out_text, "]}\n");
    return buf_end(out_text);
}
