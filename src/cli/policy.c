/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed policies: published by a password, or signed off the service with a key that never goes there; and who signs.
 */
#include "govern/policy.h"
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/rule_files.h"
#include "cli/signer.h"

#define POLICIES "/v1/policies"
#define SIGNERS  "/v1/signers"
enum { PATH_LENGTH_MAX = 256, KEY_MAX = 1024 };

/* The rule files that the words name, in order; the last line of each has its end. */
static err_t files_take(struct rule_files *loaded, struct policy *policy)
{
    if (loaded->count > POLICY_FILES_MAX)
        return fail(ERR_TOO_LARGE, "a policy has at most %d files", POLICY_FILES_MAX);
    for (policy->count = 0; policy->count < loaded->count; policy->count++) {
        struct rule_file *file = &policy->files[policy->count];
        *file = rule_files_at(loaded)[policy->count];
        if (!file->text.len || file->text.at[file->text.len - 1] == '\n')
            continue;
        OWN(buf) text = BUF(MAX_RULES);
        buf_put(&text, file->text);
        buf_put_byte(&text, '\n');
        TRY(buf_end(&text));
        file->text = arena_copy(&loaded->arena, buf_str(&text));
    }
    policy_sort(policy);
    return arena_end(&loaded->arena);
}

/* What nobody could follow is said here, before anybody types a password. */
static err_t files_check(struct cli *cli, const struct policy *policy)
{
    OWN(rules) rules = NULL;
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    err_t read = rules_read(policy->files, policy->count, &rules, &trouble);
    if (read == ERR_OK)
        return ERR_OK;
    str_t rest = buf_str(&trouble), first = str_until(&rest, '\n');
    return first.len ? cli_advise(cli, fail(read, "%.*s", STR_ARG(first)),
                                  "custody policy check says all that is wrong")
                     : read;
}

static err_t number_read(const char *option, const char *given, uint64_t most, uint64_t *out_number)
{
    if (!given || str_number(str(given), most, out_number) != ERR_OK || !*out_number)
        return fail(ERR_INVALID, "%s is a number from 1 on", option);
    return ERR_OK;
}

/* To --output, or to the screen. */
static err_t text_give(struct cli *cli, str_t text)
{
    if (!cli->options.output)
        return cli_print_text(cli, text);
    TRY(cli->env->write_file(cli->env, cli->options.output, text, 0600));
    cli_print_done(cli, "written", cli->options.output);
    return ERR_OK;
}

/* list, show, rollout */

err_t command_policy_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Number", "number", put_number},
        {"Made", "made", put_moment},
        {"Until", "until", put_moment},
        {"By", "by", put_text},
        {0},
    };
    return saved_list(cli,
                      &(struct list){POLICIES, columns, "no policy: custody policy publish makes the first"});
}

static err_t number_path(struct cli *cli, buf_t *out_path)
{
    uint64_t number = 0;
    TRY(number_read("NUMBER", cli->arguments[0], POLICY_NUMBER_MAX, &number));
    buf_putf(out_path, POLICIES "/%llu", (unsigned long long)number);
    return buf_end(out_path);
}

err_t command_policy_show(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    OWN(json) policy = NULL;
    TRY(number_path(cli, &path));
    TRY(service_ask(cli, &(struct call){"GET", path.at}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &policy));
    if (!cli->options.json || cli->options.output)
        return text_give(cli, answer_text(policy, "note"));
    cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}

err_t command_policy_rollout(struct cli *cli)
{
    static const struct column columns[] = {
        {"Device", "device", put_text},
        {"State", "state", put_text},
        {"Number", "number", put_number},
        {"Enforcing", "enforcing", put_yes},
        {"Trouble", "trouble", put_text},
        {"Left out", "left_out", put_number},
        {"Since", "since", put_moment},
        {"Restarts", "restarts", put_number},
        {"Stops", "stops", put_number},
        {"Lost", "lost", put_number},
        {0},
    };
    return saved_list(cli, &(struct list){POLICIES "/rollout", columns, "no devices"});
}

/* publish */

static void files_put(const struct policy *policy, buf_t *body)
{
    buf_put(body, STR("{\"files\":["));
    for (size_t i = 0; i < policy->count; i++) {
        buf_put(body, i ? STR(",{\"name\":") : STR("{\"name\":"));
        buf_put_json(body, policy->files[i].name);
        buf_put(body, STR(",\"text\":"));
        buf_put_json(body, policy->files[i].text);
        buf_put(body, STR("}"));
    }
    buf_put(body, STR("]"));
}

static err_t publish(struct cli *cli, str_t body)
{
    OWN(reply) reply = {0};
    OWN(json) made = NULL;
    TRY(service_ask(cli, &(struct call){"POST", POLICIES, body}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &made));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    cli_tell(cli, "policy %lld is on its way: custody policy rollout says how far it has come",
             (long long)json_integer_value(json_object_get(made, "number")));
    return ERR_OK;
}

static err_t publish_signed(struct cli *cli)
{
    OWN(buf) note = BUF(MAX_POLICY);
    OWN(buf) body = BUF(MAX_PUBLISH);
    if (cli->words + cli->count - cli->arguments != 1)
        return fail(ERR_INVALID, "--signed is for one file, which custody policy sign wrote");
    TRY(cli->env->read_file(cli->env, cli->arguments[0], &note));
    body_put(&body, "note", buf_str(&note));
    TRY(body_end(&body));
    return publish(cli, buf_str(&body));
}

err_t command_policy_publish(struct cli *cli)
{
    OWN(rule_files) loaded = RULE_FILES;
    OWN(buf) body = BUF(MAX_PUBLISH);
    struct policy policy = {.count = 0};
    if (cli->options.signed_already)
        return publish_signed(cli);
    if (!cli->options.days)
        return fail(ERR_INVALID, "--days says how long the policy lasts");
    TRY(rule_files_load(cli, &loaded));
    TRY(files_take(&loaded, &policy));
    TRY(files_check(cli, &policy));
    files_put(&policy, &body);
    TRY(body_put_number(&body, "days", cli->options.days));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    return publish(cli, buf_str(&body));
}

/* Off the service */

err_t command_policy_key(struct cli *cli)
{
    OWN(buf) secret = BUF(KEY_MAX);
    OWN(buf) public = BUF(KEY_MAX);
    OWN(key) seed;
    OWN(note_signer) signer = {.seed = {{0}}};
    ident_t tenant;
    if (ident_read("ten", str(cli->arguments[0]), &tenant) != ERR_OK)
        return cli_advise(cli, fail(ERR_INVALID, "CLIENT is an id, ten_…"), "custody whoami --json says it");
    key_random(cli->env, &seed);
    TRY(policy_signer(tenant, &seed, &signer));
    note_signer_put(&secret, &signer);
    buf_put_byte(&secret, '\n');
    note_key_put(&public, &signer.key);
    TRY(buf_end(&secret));
    TRY(buf_end(&public));
    TRY(cli->env->write_file(cli->env, cli->options.output, buf_str(&secret), 0600));
    if (cli->options.json)
        cli_print_done(cli, "key", public.at);
    else
        fprintf(cli->out, "%s\n", public.at);
    cli_tell(cli,
             "%s signs; keep it off the service, and tell the service what is printed: custody signer pin",
             cli->options.output);
    return ERR_OK;
}

err_t signer_load(struct cli *cli, struct note_signer *out_signer, ident_t *out_tenant)
{
    OWN(buf) text = BUF(KEY_MAX);
    TRY(cli->env->read_file(cli->env, cli->options.key, &text));
    TRY(note_signer_read(str_trim(buf_str(&text)), out_signer));
    return policy_key_tenant(&out_signer->key, out_tenant);
}

err_t command_policy_sign(struct cli *cli)
{
    OWN(rule_files) loaded = RULE_FILES;
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(buf) text = BUF(MAX_POLICY);
    OWN(buf) note = BUF(MAX_POLICY);
    struct policy policy = {.count = 0};
    uint64_t days = 0;
    TRY(rule_files_load(cli, &loaded));
    TRY(files_take(&loaded, &policy));
    TRY(files_check(cli, &policy));
    TRY(signer_load(cli, &signer, &policy.tenant));
    TRY(number_read("--number", cli->options.number, POLICY_NUMBER_MAX, &policy.number));
    TRY(number_read("--days", cli->options.days, 366, &days));
    policy.made = cli->env->now(cli->env);
    policy.until = policy.made + DAYS((moment_t)days);
    TRY(policy_put(&policy, &text));
    TRY(policy_sign(&signer, buf_str(&text), &note));
    return text_give(cli, buf_str(&note));
}

/* Who signs */

err_t command_signer_list(struct cli *cli)
{
    static const struct column facts[] = {{"Signing key", "key", put_text},
                                          {"Kept by the service", "kept", put_yes},
                                          {"Made", "made", put_moment},
                                          {"Last policy", "number", put_number},
                                          {0}};
    static const struct column columns[] = {
        {"Member", "id", put_text}, {"Role", "role", put_text}, {"Signs", "signs", put_yes}, {0}};
    OWN(reply) reply = {0};
    OWN(json) signer = NULL;
    TRY(service_ask(cli, &(struct call){"GET", SIGNERS}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &signer));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply.body));
        return ERR_OK;
    }
    facts_print(cli, facts, signer);
    grid_print(cli, columns, json_object_get(signer, "items"));
    return ERR_OK;
}

static err_t signer_make(struct cli *cli, const char *key)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(json) signer = NULL;
    TRY(prompt_agree(cli, "Devices that know an earlier key obey no other: they have to be enrolled anew."));
    TRY(prompt_proof(cli, &body));
    if (key)
        body_put(&body, "key", str(key));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"POST", SIGNERS, buf_str(&body)}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &signer));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    str_t made = answer_text(signer, "key");
    cli_tell(cli, "policies are signed by %.*s", STR_ARG(made));
    return ERR_OK;
}

err_t command_signer_make(struct cli *cli) { return signer_make(cli, NULL); }
err_t command_signer_pin(struct cli *cli) { return signer_make(cli, cli->arguments[0]); }

err_t command_signer_give(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(record_path(cli, SIGNERS, "usr", &path));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"POST", path.at, buf_str(&body)}, &reply));
    cli_print_done(cli, "signs", cli->arguments[0]);
    cli_tell(cli, "%s signs, with the password", cli->arguments[0]);
    return ERR_OK;
}

err_t command_signer_take(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"DELETE", SIGNERS, "usr", "", "taken off"});
}
