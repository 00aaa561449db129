/* SPDX-License-Identifier: Apache-2.0
 *
 * What leaves the service: the break-glass key, handovers and their receipts, and people's requests.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/take.h"
#include "cli/text.h"
#include "crypt/age.h"

#define BREAK_GLASS    "/v1/break-glass"
#define EXPORTS        "/v1/exports"
#define SUBJECT_ACCESS "/v1/subject-access"
enum { PATH_LENGTH_MAX = 256, KEY_MOST = 256 };

/* The break-glass key */

static const struct column key_facts[] = {
    {"Break-glass key", "recipient", put_text}, {"Set", "made", put_moment}, {"By", "by", put_text}, {0}};

err_t command_key_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(json) key = NULL;
    TRY(service_ask(cli, &(struct call){"GET", BREAK_GLASS}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &key));
    if (!answer_text(key, "recipient").len)
        cli_tell(cli, "there is none yet: custody key make-break-glass makes one, off the service");
    return record_print(cli, &reply, key_facts);
}

err_t command_key_set(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "recipient", str(cli->arguments[0]));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    return show_run(cli, &(struct call){"PUT", BREAK_GLASS, buf_str(&body)}, key_facts);
}

/* The identity stands in one file, and nowhere else: as age-keygen writes it. */
err_t command_key_make(struct cli *cli)
{
    OWN(key) identity;
    OWN(buf) secret = BUF(KEY_MOST * 2);
    OWN(buf) public = BUF(KEY_MOST);
    struct key recipient;
    key_random(cli->env, &identity);
    age_recipient_of(&identity, &recipient);
    age_recipient_text(&recipient, &public);
    TRY(buf_end(&public));
    buf_putf(&secret, "# public key: %s\n", public.at);
    age_identity_text(&identity, &secret);
    buf_put(&secret, STR("\n"));
    TRY(buf_end(&secret));
    if (access(cli->options.output, F_OK) == 0)
        return fail(ERR_CONFLICT, "%s is there already, and may be a key", cli->options.output);
    TRY(cli->env->write_file(cli->env, cli->options.output, buf_str(&secret), 0600));
    if (cli->options.json)
        cli_print_done(cli, "recipient", public.at);
    else
        fprintf(cli->out, "%s\n", public.at);
    cli_tell(
        cli,
        "%s opens what leaves the service: keep it where the service is not, and tell the service what is "
        "printed: custody key set-break-glass",
        cli->options.output);
    return ERR_OK;
}

/* Handovers */

static void put_kind(const json_t *record, const char *key, buf_t *out)
{
    str_t kind = answer_text(record, key);
    buf_put(out, str_eq(kind, STR("person")) ? STR("one person") : STR("everything"));
}

err_t command_handover_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Made", "made", put_moment},
        {"Of", "kind", put_kind},
        {"State", "state", put_text},
        {"Records", "records", put_number},
        {"Bytes", "size", put_number},
        {"Handed over", "handed", put_moment},
        {"Why", "why", put_text},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){EXPORTS, columns, "nothing was extracted so far"});
}

err_t command_handover_make(struct cli *cli) { return take_begin(cli, ""); }
err_t command_handover_resume(struct cli *cli) { return take_on(cli, cli->arguments[0]); }

err_t command_handover_receipt(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, EXPORTS, "exp", &path));
    buf_put(&path, STR("/receipt"));
    TRY(buf_end(&path));
    TRY(service_ask(cli, &(struct call){"GET", path.at, .accept = "text/plain"}, &reply));
    if (!cli->options.output)
        return cli_print_text(cli, buf_str(&reply.body));
    TRY(cli->env->write_file(cli->env, cli->options.output, buf_str(&reply.body), 0644));
    cli_print_done(cli, "written", cli->options.output);
    cli_tell(cli, "%s: check it with custody-verify receipt", cli->options.output);
    return ERR_OK;
}

err_t command_handover_end(struct cli *cli) { return revoke_run(cli, EXPORTS, "exp"); }

/* People's requests */

static const struct column access_columns[] = {
    {"Received", "received", put_moment},
    {"Under", "regime", put_text},
    {"Due", "due", put_moment},
    {"State", "state", put_text},
    {"Of", "kind", put_text},
    {"Id", "id", put_text},
    {0},
};

err_t command_subject_access_list(struct cli *cli)
{
    return saved_list(cli, &(struct list){SUBJECT_ACCESS, access_columns, "nobody has asked so far"});
}

/* A person's accounts, and the member that they are. */
static err_t subjects_put(const struct cli *cli, buf_t *body)
{
    enum { MOST = 64 };
    const char *accounts[MOST], *member = NULL;
    size_t count = (size_t)(cli->words + cli->count - cli->arguments) - 1, found = 0;
    if (count > MOST)
        return fail(ERR_INVALID, "a request is about at most %d accounts", MOST);
    for (size_t i = 1; i <= count; i++) {
        bool is_member = str_starts(str(cli->arguments[i]), STR("usr_"));
        if (is_member && member)
            return fail(ERR_INVALID, "a request is about one member");
        if (is_member)
            member = cli->arguments[i];
        else
            accounts[found++] = cli->arguments[i];
    }
    if (member)
        body_put(body, "user", str(member));
    if (found)
        body_put_texts(body, "account", accounts, found);
    return ERR_OK;
}

err_t command_subject_access_open(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    moment_t at = cli->env->now(cli->env);
    if (cli->options.at)
        TRY(moment_read_day(str(cli->options.at), false, &at));
    body_put(&body, "regime", str(cli->arguments[0]));
    body_put(&body, "received", str(moment_text(at).text));
    TRY(subjects_put(cli, &body));
    TRY(body_end(&body));
    return show_run(cli, &(struct call){"POST", SUBJECT_ACCESS, buf_str(&body)}, access_columns);
}

err_t command_subject_access_export(struct cli *cli)
{
    ident_t id;
    if (ident_read("sar", str(cli->arguments[0]), &id) != ERR_OK)
        return cli_advise(cli, fail(ERR_INVALID, "that is no request: one begins with sar_"),
                          "custody subject-access list says which there are");
    return take_begin(cli, cli->arguments[0]);
}

err_t command_subject_access_close(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(record_path(cli, SUBJECT_ACCESS, "sar", &path));
    buf_put(&path, STR("/close"));
    TRY(buf_end(&path));
    body_put(&body, "outcome", str(cli->arguments[1]));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"POST", path.at, buf_str(&body)}, &reply));
    cli_tell(cli, "%s is closed: %s", cli->arguments[0], cli->arguments[1]);
    cli_print_done(cli, "closed", cli->arguments[0]);
    return ERR_OK;
}
