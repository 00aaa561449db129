/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule files, looked at where they are: no service is asked.
 */
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/rule_files.h"
#include "govern/explain.h"
#include "govern/words.h"

static err_t trouble_print(struct cli *cli, const buf_t *trouble, const struct rule_files *files,
                           const struct rules *rules)
{
    OWN(buf) json = BUF(8 * MAX_TROUBLE);
    if (!cli->options.json)
        return cli_print_text(cli, buf_str(trouble));
    buf_putf(&json, "{\"files\":%zu,\"rules\":%zu,\"trouble\":", files->count,
             rules ? rules_count(rules) : 0);
    rules_trouble_json(buf_str(trouble), &json);
    buf_put(&json, STR("}"));
    TRY(buf_end(&json));
    cli_print_json(cli, buf_str(&json));
    return ERR_OK;
}

err_t command_policy_check(struct cli *cli)
{
    OWN(rule_files) files = RULE_FILES;
    OWN(rules) rules = NULL;
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    char note[256];
    TRY(rule_files_load(cli, &files));
    err_t code = rules_read(rule_files_at(&files), files.count, &rules, &trouble);
    snprintf(note, sizeof note, "%s", err_note());
    TRY(trouble_print(cli, &trouble, &files, rules));
    if (code != ERR_OK)
        return cli_advise(cli, fail(code, "%s", note), "man custody-rules says what rules there are");
    cli_tell(cli, "%zu rules in %zu files: no errors", rules_count(rules), files.count);
    return ERR_OK;
}

/* explain */

/* The launch as the options tell it, and who somebody is as they do. */
struct told {
    struct cli *cli;
    struct attempt attempt;
    struct rule_names names;
    ident_t account;
    bool has_account;
    str_t ancestors[64];
};

static err_t told_account(void *with, uid_t uid, ident_t *out_id)
{
    const struct told *told = with;
    (void)uid;
    if (!told->has_account)
        return ERR_MISSING;
    *out_id = told->account;
    return ERR_OK;
}

static bool told_group(void *with, uid_t uid, str_t group)
{
    const struct told *told = with;
    (void)uid;
    for (str_t rest = str(told->cli->options.groups); rest.len;)
        if (str_eq(str_until(&rest, ','), group))
            return true;
    return false;
}

static err_t who_read(struct told *told)
{
    const struct options *given = &told->cli->options;
    uint64_t uid = 1000;
    told->names =
        (struct rule_names){.account = told_account, .with = told, .people_from = 1000, .people_to = 60000};
    told->names.in_group = given->groups ? told_group : NULL;
    told->has_account = given->user && ident_read("acc", str(given->user), &told->account) == ERR_OK;
    if (given->user && !told->has_account && str_number(str(given->user), UINT32_MAX - 1, &uid) != ERR_OK)
        return fail(ERR_INVALID, "--user is a uid, or an account's id, acc_…");
    told->attempt.uid = (uid_t)uid;
    return ERR_OK;
}

static err_t sha256_read(struct told *told)
{
    const char *hex = told->cli->options.sha256;
    char digit[3] = "";
    if (strlen(hex) != (size_t)2 * DIGEST_SIZE ||
        strspn(hex, "0123456789abcdefABCDEF") != (size_t)2 * DIGEST_SIZE)
        return fail(ERR_INVALID, "--sha256 is 64 hexadecimal digits");
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        memcpy(digit, hex + 2 * i, 2);
        told->attempt.sha256[i] = (uint8_t)strtoul(digit, NULL, 16);
    }
    told->attempt.known |= FACT_SHA256;
    return ERR_OK;
}

static err_t parents_read(struct told *told)
{
    enum { MOST = sizeof told->ancestors / sizeof *told->ancestors };
    for (str_t rest = str(told->cli->options.parents); rest.len;) {
        if (told->attempt.ancestor_count == MOST)
            return fail(ERR_TOO_LARGE, "--parents are at most %d", MOST);
        told->ancestors[told->attempt.ancestor_count++] = str_until(&rest, ',');
    }
    told->attempt.ancestors = told->ancestors;
    told->attempt.known |= FACT_PARENT;
    return ERR_OK;
}

static void package_read(struct told *told)
{
    static const char *const states[] = {[FILE_UNKNOWN] = "unknown",
                                         [FILE_INTACT] = "intact",
                                         [FILE_ALTERED] = "altered",
                                         [FILE_SIGNED] = "signed"};
    const struct options *given = &told->cli->options;
    if (given->package && strcmp(given->package, "none") != 0)
        told->attempt.package = str(given->package);
    for (enum file_state state = FILE_UNKNOWN; given->file_state && state <= FILE_SIGNED; state++)
        if (!strcmp(given->file_state, states[state]))
            told->attempt.state = state;
    told->attempt.known |= FACT_PACKAGE;
}

static err_t told_read(struct told *told)
{
    const struct options *given = &told->cli->options;
    struct attempt *attempt = &told->attempt;
    TRY(who_read(told));
    attempt->path = str(given->path);
    attempt->home = str(given->home);
    attempt->args = str(given->args);
    attempt->script = str(given->script);
    attempt->interpreter = str(given->interpreter);
    attempt->trusted = given->trust && !strcmp(given->trust, "system");
    attempt->known |= given->home ? (unsigned)FACT_HOME : 0;
    attempt->known |= given->args ? (unsigned)FACT_ARGS : 0;
    attempt->known |= given->script || given->interpreter ? (unsigned)FACT_SCRIPT : 0;
    attempt->known |= given->trust ? (unsigned)FACT_TRUST : 0;
    if (given->package || given->file_state)
        package_read(told);
    if (given->parents)
        TRY(parents_read(told));
    return given->sha256 ? sha256_read(told) : ERR_OK;
}

static const char *decision_name(enum decision decision)
{
    struct rule_word word = {0};
    return rules_word(PART_DECISION, decision, &word) ? word.name : "";
}

/* Names, with `between` between them and each in `quote`. */
static void names_put(unsigned bits, const char *(*name)(unsigned bit), const char *between, buf_t *out)
{
    const char *before = "";
    for (unsigned bit = 1; bit && bit <= bits; bit <<= 1)
        if (bits & bit) {
            buf_putf(out, "%s%s", before, name(bit));
            before = between;
        }
}

static const char *need_name(unsigned bit) { return bit == NEED_REASON ? "reason" : "approval"; }

static void rule_json_put(const struct rules *rules, size_t rule, buf_t *out)
{
    struct rule_text text;
    rules_text(rules, rule, &text);
    if (rule == RULE_DEFAULT)
        buf_put(out, STR("{\"number\":null"));
    else
        buf_putf(out, "{\"number\":%zu", rule + 1);
    buf_put(out, STR(",\"file\":"));
    buf_put_json(out, text.file);
    buf_putf(out, ",\"line\":%zu,\"text\":", text.line);
    buf_put_json(out, text.text);
}

static void list_json_put(const char *key, unsigned bits, const char *(*name)(unsigned bit), buf_t *out)
{
    buf_putf(out, ",\"%s\":[%s", key, bits ? "\"" : "");
    names_put(bits, name, "\",\"", out);
    buf_putf(out, "%s]", bits ? "\"" : "");
}

static void verdict_json_put(const struct verdict *verdict, buf_t *out)
{
    list_json_put("record", verdict->record, rules_fact_name, out);
    list_json_put("needs", verdict->needs, need_name, out);
    if (verdict->decision == DECISION_ELEVATE)
        buf_putf(out, ",\"as\":%u,\"minutes\":%u,\"emergency\":%s", verdict->as, verdict->minutes,
                 verdict->emergency ? "true" : "false");
}

static err_t why_json_print(struct cli *cli, const struct rules *rules, const struct explanation *why)
{
    OWN(buf) json = BUF(MAX_REPLY);
    buf_putf(&json, "{\"decision\":\"%s\",\"rule\":", decision_name(why->verdict.decision));
    rule_json_put(rules, why->verdict.rule, &json);
    buf_put_byte(&json, '}');
    verdict_json_put(&why->verdict, &json);
    buf_put(&json, STR(",\"near\":["));
    for (size_t i = 0; i < why->near_count; i++) {
        buf_put(&json, i ? STR(",") : STR(""));
        rule_json_put(rules, why->near[i].rule, &json);
        buf_put(&json, STR(",\"failed\":"));
        if (why->near[i].failed.len)
            buf_put_json(&json, why->near[i].failed);
        else
            buf_put(&json, STR("null"));
        buf_putf(&json, ",\"unknown\":%s}", why->near[i].unknown ? "true" : "false");
    }
    buf_put(&json, STR("]}"));
    TRY(buf_end(&json));
    cli_print_json(cli, buf_str(&json));
    return ERR_OK;
}

/* "20-tmp.rules:3: deny user=people : path=/tmp/x", in one line. */
static void rule_text_put(const struct rules *rules, size_t rule, buf_t *out)
{
    struct rule_text text;
    rules_text(rules, rule, &text);
    buf_put(out, text.file);
    if (text.line)
        buf_putf(out, ":%zu: ", text.line);
    for (str_t rest = text.text; rest.len;) {
        str_t line = str_trim(str_until(&rest, '\n'));
        buf_put(out,
                str_bytes(line.at, rest.len ? line.len - 1 : line.len)); /* without the \ that continues it */
    }
}

static void verdict_text_put(const struct verdict *verdict, buf_t *out)
{
    buf_put(out, STR("  recorded: "));
    names_put(verdict->record, rules_fact_name, ", ", out);
    buf_put(out, verdict->record ? STR("\n") : STR("nothing\n"));
    if (verdict->decision != DECISION_ELEVATE)
        return;
    buf_putf(out, "  elevated as uid %u", verdict->as);
    if (verdict->minutes)
        buf_putf(out, ", for %u minutes", verdict->minutes);
    buf_put(out, verdict->needs ? STR(", needs: ") : STR(""));
    names_put(verdict->needs, need_name, ", ", out);
    buf_put(out, verdict->emergency ? STR(" (or a reason alone, in an emergency)\n") : STR("\n"));
}

static err_t why_text_print(struct cli *cli, const struct rules *rules, const struct explanation *why)
{
    OWN(buf) text = BUF(MAX_REPLY);
    buf_putf(&text, "%s\n  by ", decision_name(why->verdict.decision));
    rule_text_put(rules, why->verdict.rule, &text);
    buf_put_byte(&text, '\n');
    verdict_text_put(&why->verdict, &text);
    for (size_t i = 0; i < why->near_count; i++) {
        const struct near_rule *near = &why->near[i];
        buf_put(&text, i ? STR("  ") : STR("nearly\n  "));
        rule_text_put(rules, near->rule, &text);
        buf_put(&text, near->failed.len ? STR("\n    but for ") : STR("\n    but it comes later"));
        buf_put(&text, near->failed);
        buf_put(&text, near->unknown ? STR(", which is not known\n") : STR("\n"));
    }
    TRY(buf_end(&text));
    return cli_print_text(cli, buf_str(&text));
}

err_t command_policy_explain(struct cli *cli)
{
    OWN(rule_files) files = RULE_FILES;
    OWN(rules) rules = NULL;
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    struct told told = {.cli = cli};
    struct explanation why;
    TRY(told_read(&told));
    TRY(rule_files_load(cli, &files));
    err_t code = rules_read(rule_files_at(&files), files.count, &rules, &trouble);
    if (code != ERR_OK)
        return cli_advise(cli, code, "custody policy check says what is wrong");
    rules_bind(rules, &told.names);
    explain(rules, &told.attempt, &why);
    return cli->options.json ? why_json_print(cli, rules, &why) : why_text_print(cli, rules, &why);
}
