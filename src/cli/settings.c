/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be collected: shown, and changed. The items are those of concept/collection.h.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/prompt.h"
#include "cli/service.h"
#include "concept/collection.h"

#define SETTINGS "/v1/settings"

static const char *const items[] = {
#define ITEM(tag, kind, name, class, end, purpose) #name,
    COLLECTION_SWITCHES(ITEM)
#undef ITEM
};
enum { ITEMS = sizeof items / sizeof *items };

/* What an item is called in a sentence. */
static const char *item_is(const char *item)
{
    static const char *const names[][2] = {
        {"computer_name", "the computer's name"}, {"mac_address", "MAC addresses"},
        {"usernames", "the names of accounts"},   {"logged_in", "who is logged in"},
        {"ip_addresses", "IP addresses"},         {"connecting_ip", "the address a device connects from"},
        {"programs", "installed programs"},       {"launches", "launched applications"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i][0], item))
            return names[i][1];
    return item;
}

static err_t settings_fetch(struct cli *cli, const struct sign_in *sign_in, struct reply *reply,
                            json_t **out_settings)
{
    TRY(service_call(cli, sign_in, &(struct call){"GET", SETTINGS}, reply));
    return answer_parse(buf_str(&reply->body), out_settings);
}

/* show */

static void put_switch(const json_t *row, const char *key, buf_t *out)
{
    buf_put(out, json_is_true(json_object_get(row, key)) ? STR("on") : STR("off"));
}

static err_t settings_print(struct cli *cli, const json_t *settings, str_t as_given)
{
    static const struct column columns[] = {
        {"Item", "item", put_text}, {"Collected", "on", put_switch}, {"What it is", "is", put_text}, {0}};
    OWN(json) rows = json_array();
    if (cli->options.json) {
        cli_print_json(cli, as_given);
        return ERR_OK;
    }
    for (size_t i = 0; i < ITEMS; i++) {
        json_t *row = json_pack("{s:s,s:b,s:s}", "item", items[i], "on",
                                json_is_true(json_object_get(settings, items[i])), "is", item_is(items[i]));
        if (json_array_append_new(rows, row) != 0)
            return fail(ERR_BUSY, "no memory for the settings");
    }
    grid_print(cli, columns, rows);
    return ERR_OK;
}

err_t command_settings_show(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) settings = NULL;
    TRY(sign_in_load(cli, &sign_in));
    TRY(settings_fetch(cli, &sign_in, &reply, &settings));
    return settings_print(cli, settings, buf_str(&reply.body));
}

/* set */

/* What was said of an item: NULL for nothing. INVALID where it is said twice. */
static err_t word_of(const struct cli *cli, const char *item, const char **out_word)
{
    const char *const *end = cli->words + cli->count;
    *out_word = NULL;
    for (const char *const *word = cli->arguments; word + 1 < end; word += 2) {
        if (strcmp(word[0], item) != 0)
            continue;
        if (*out_word)
            return fail(ERR_INVALID, "%s is given twice", item);
        *out_word = word[1];
    }
    return ERR_OK;
}

struct change {
    buf_t body;    /* all switches, as they are to be */
    buf_t removed; /* what goes: "MAC addresses, installed programs" */
    bool any;
};
typedef struct change change_own;
static void change_drop(struct change *change)
{
    buf_drop(&change->body);
    buf_drop(&change->removed);
}

static err_t item_change(const struct cli *cli, const json_t *settings, const char *item,
                         struct change *change)
{
    const char *word;
    bool before = json_is_true(json_object_get(settings, item));
    TRY(word_of(cli, item, &word));
    bool after = word ? !strcmp(word, "on") : before;
    body_put_yes(&change->body, item, after);
    change->any |= before != after;
    if (before && !after) {
        buf_put(&change->removed, change->removed.len ? STR(", ") : STR(""));
        buf_put(&change->removed, str(item_is(item)));
    }
    return ERR_OK;
}

static err_t change_make(const struct cli *cli, const json_t *settings, struct change *change)
{
    for (size_t i = 0; i < ITEMS; i++)
        TRY(item_change(cli, settings, items[i], change));
    return body_end(&change->body);
}

/* Switching on removes nothing, and is not asked about. */
static err_t change_agree(struct cli *cli, const struct change *change)
{
    OWN(buf) what = BUF(MAX_BODY);
    if (!change->removed.len)
        return ERR_OK;
    buf_putf(&what, "Removed from every device's record, for good, at once or with its next report: %s.",
             change->removed.at);
    TRY(buf_end(&what));
    return prompt_agree(cli, what.at);
}

err_t command_settings_set(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) read = {0};
    OWN(reply) changed = {0};
    OWN(json) before = NULL;
    OWN(json) after = NULL;
    OWN(change) change = {.body = BUF(MAX_BODY), .removed = BUF(MAX_BODY)};
    TRY(sign_in_load(cli, &sign_in));
    TRY(settings_fetch(cli, &sign_in, &read, &before));
    TRY(change_make(cli, before, &change));
    if (!change.any) {
        cli_tell(cli, "it is so already: nothing is changed");
        return settings_print(cli, before, buf_str(&read.body));
    }
    TRY(change_agree(cli, &change));
    TRY(service_call(cli, &sign_in, &(struct call){"PUT", SETTINGS, buf_str(&change.body)}, &changed));
    TRY(answer_parse(buf_str(&changed.body), &after));
    return settings_print(cli, after, buf_str(&changed.body));
}
