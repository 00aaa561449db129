/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule files, rehearsed: the launches that the service has are judged by them here, so that rules that are only thought
 * of are told to nobody.
 */
#include "govern/rehearse.h"

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/rule_files.h"
#include "govern/words.h"

static const char *const outcomes[DECISIONS] = {[DECISION_ALLOW] = "allowed",
                                                [DECISION_DENY] = "denied",
                                                [DECISION_ELEVATE] = "elevated",
                                                [DECISION_OBSERVE] = "observed"};

/* A launch of the list, as it was recorded; its texts are those of the item. */

static int64_t outcome_of(str_t name)
{
    for (int i = 0; i < DECISIONS; i++)
        if (str_eq(str(outcomes[i]), name))
            return i;
    return -1;
}

static ident_t id_of(const json_t *item, const char *key, const char *prefix)
{
    ident_t id = {{0}};
    return ident_read(prefix, answer_text(item, key), &id) == ERR_OK ? id : (ident_t){{0}};
}

static str_t digest_of_item(const json_t *item, uint8_t bytes[DIGEST_SIZE])
{
    str_t hex = answer_text(item, "sha256");
    char digit[3] = "";
    if (hex.len != (size_t)2 * DIGEST_SIZE)
        return STR("");
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        memcpy(digit, hex.at + 2 * i, 2);
        bytes[i] = (uint8_t)strtoul(digit, NULL, 16);
    }
    return str_bytes(bytes, DIGEST_SIZE);
}

static void item_rehearse(struct rehearsal *rehearsal, const json_t *item)
{
    uint8_t digest[DIGEST_SIZE];
    const struct launch launch = {
        .decision = outcome_of(answer_text(item, "decision")),
        .count = json_integer_value(json_object_get(item, "count")),
        .account = id_of(item, "account", "acc"),
        .path = answer_text(item, "path"),
        .sha256 = digest_of_item(item, digest),
        .package = answer_text(item, "package"),
        .parent = answer_text(item, "parent"),
        .args = answer_text(item, "args"),
        .script = answer_text(item, "script"),
    };
    rehearse(rehearsal, &(struct recorded){&launch, id_of(item, "device", "dev"),
                                           json_is_true(json_object_get(item, "system"))});
}

static err_t page_rehearse(void *with, const json_t *items)
{
    struct rehearsal *rehearsal = with;
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item) item_rehearse(rehearsal, item);
    return rehearsal_end(rehearsal);
}

/* What came of it, as JSON: what is shown is made of the same. */

static json_t *counts_json(const struct rehearsal *rehearsal)
{
    json_t *counts = json_array();
    for (size_t was = 0; was < DECISIONS; was++)
        for (size_t would = 0; would < DECISIONS; would++)
            if (rehearsal->counts[was][would])
                json_array_append_new(counts, json_pack("{s:s,s:s,s:I}", "was", outcomes[was], "would",
                                                        outcomes[would], "launches",
                                                        (json_int_t)rehearsal->counts[was][would]));
    return counts;
}

static json_t *changes_json(const struct rehearsal *rehearsal)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < rehearsal->change_count; i++) {
        const struct change *change = &rehearsal->changes[i];
        struct rule_text rule;
        char place[2 * MAX_NAME];
        rules_text(rehearsal->rules, change->rule, &rule);
        snprintf(place, sizeof place, "%.*s:%zu", STR_ARG(rule.file), rule.line);
        ident_text_t account = ident_text("acc", change->account);
        json_array_append_new(
            changes, json_pack("{s:s%,s:s?,s:s,s:s,s:I,s:s}", "path", change->path.at, change->path.len,
                               "account", ident_is_zero(change->account) ? NULL : account.text, "was",
                               outcomes[change->was], "would", outcomes[change->would], "launches",
                               (json_int_t)change->count, "rule", rule.line ? place : "default"));
    }
    return changes;
}

static json_t *missing_json(const struct rehearsal *rehearsal)
{
    json_t *missing = json_array();
    for (unsigned bit = 1; bit <= RECORD_WHO; bit <<= 1)
        if (rehearsal->missing & bit)
            json_array_append_new(missing, json_string(rules_fact_name(bit)));
    return missing;
}

static json_t *outcome_json(const struct rehearsal *rehearsal)
{
    return json_pack("{s:I,s:I,s:o,s:o,s:o,s:b}", "judged", (json_int_t)rehearsal->judged, "not_judged",
                     (json_int_t)rehearsal->not_judged, "missing", missing_json(rehearsal), "counts",
                     counts_json(rehearsal), "changes", changes_json(rehearsal), "more",
                     (int)(rehearsal->left_out != 0));
}

static err_t outcome_print(struct cli *cli, const json_t *outcome)
{
    char *text = json_dumps(outcome, JSON_COMPACT);
    if (!text)
        return fail(ERR_BUSY, "no memory for the answer");
    cli_print_json(cli, str(text));
    free(text);
    return ERR_OK;
}

static void outcome_show(struct cli *cli, const struct rehearsal *rehearsal, const json_t *outcome)
{
    static const struct column counts[] = {
        {"Was", "was", put_text}, {"Would be", "would", put_text}, {"Launches", "launches", put_number}, {0}};
    static const struct column changes[] = {{"Path", "path", put_text},
                                            {"Account", "account", put_text},
                                            {"Was", "was", put_text},
                                            {"Would be", "would", put_text},
                                            {"Launches", "launches", put_number},
                                            {"By", "rule", put_text},
                                            {0}};
    OWN(buf) lacking = BUF(256);
    grid_print(cli, counts, json_object_get(outcome, "counts"));
    if (rehearsal->change_count) {
        fputc('\n', cli->out);
        heading_print(cli, "What would change");
        grid_print(cli, changes, json_object_get(outcome, "changes"));
    }
    for (unsigned bit = 1; bit <= RECORD_WHO; bit <<= 1)
        if (rehearsal->missing & bit)
            buf_putf(&lacking, "%s%s", lacking.len ? ", " : "", rules_fact_name(bit));
    cli_tell(cli, "%llu launches judged%s", (unsigned long long)rehearsal->judged,
             rehearsal->left_out ? "; more would change than is shown" : "");
    if (rehearsal->not_judged)
        cli_tell(cli, "%llu not: the rules ask for what was not recorded of them (%s)",
                 (unsigned long long)rehearsal->not_judged, buf_str(&lacking).at);
}

err_t command_policy_rehearse(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(rule_files) files = RULE_FILES;
    OWN(rules) rules = NULL;
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    TRY(rule_files_load(cli, &files));
    err_t code = rules_read(rule_files_at(&files), files.count, &rules, &trouble);
    if (code != ERR_OK)
        return cli_advise(cli, code, "custody policy check says what is wrong");
    OWN(rehearsal) rehearsal = REHEARSAL(rules);
    TRY(sign_in_load(cli, &sign_in));
    TRY(list_walk(cli, &sign_in, "/v1/launches", page_rehearse, &rehearsal));
    OWN(json) outcome = outcome_json(&rehearsal);
    if (!outcome)
        return fail(ERR_BUSY, "no memory for the answer");
    if (cli->options.json)
        return outcome_print(cli, outcome);
    outcome_show(cli, &rehearsal, outcome);
    return ERR_OK;
}
