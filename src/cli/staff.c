/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider's people and what binds them: invitation, agreement, trainings, the certificate on file, orders.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"

#define STAFF       "/operator/v1/staff"
#define AGREEMENT   "/operator/v1/agreement"
#define CERTIFICATE "/operator/v1/certificate"
#define ORDERS      "/operator/v1/orders"
enum { PATH_LENGTH_MAX = 256, AGREEMENT_MAX = 32 * 1024 };

/* A day alone is its beginning. */
static void body_put_date(buf_t *body, const char *key, const char *date)
{
    OWN(buf) moment = BUF(MAX_NAME);
    buf_put(&moment, str(date));
    if (strlen(date) == sizeof "2026-11-24" - 1)
        buf_put(&moment, STR("T00:00:00Z"));
    body_put(body, key, buf_str(&moment));
}

/* Staff */

static const struct column staff_facts[] = {
    {"Name", "full_name", put_text},
    {"Username", "username", put_text},
    {"Current", "current", put_yes},
    {"Lacks", "lacks", put_text},
    {"Agreement", "agreement", put_text},
    {"Current until", "until", put_moment},
    {"Id", "id", put_text},
    {0},
};

err_t command_staff_list(struct cli *cli)
{
    return saved_list(cli,
                      &(struct list){STAFF, staff_facts, "no staff yet: custody staff invite makes a link"});
}

err_t command_staff_invite(struct cli *cli)
{
    TRY(saved_create(cli, &(struct call){"POST", STAFF}, "link"));
    cli_tell(cli, "Give it to the person, for custody staff join, within 7 days.");
    return ERR_OK;
}

err_t command_staff_trained(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    moment_text_t now = moment_text(cli->env->now(cli->env));
    TRY(sign_in_or_socket(cli, &sign_in));
    TRY(record_path(cli, STAFF, "stf", &path));
    buf_put(&path, STR("/trainings"));
    TRY(buf_end(&path));
    body_put(&body, "topic", str(cli->arguments[1]));
    body_put_date(&body, "at", cli->options.at ? cli->options.at : now.text);
    TRY(body_end(&body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", path.at, buf_str(&body)}, &reply));
    cli_tell(cli, "%s is trained in %s", cli->arguments[0], cli->arguments[1]);
    cli_print_done(cli, "trained", cli->arguments[0]);
    return ERR_OK;
}

static err_t nothing_on_file(struct cli *cli, err_t called)
{
    if (called == ERR_MISSING)
        cli_advise(cli, called, "custody %s set, at the operator's socket", cli->command->noun);
    return called;
}

/* The agreement */

/* Whoever has not signed in yet says where: nobody has to be signed in to read it. */
static err_t place_find(struct cli *cli, struct sign_in *out_sign_in)
{
    bool said = !cli->options.socket && (cli->options.url || variable_of("--url"));
    return said ? sign_in_ask(cli, out_sign_in) : sign_in_or_socket(cli, out_sign_in);
}

err_t command_agreement_show(struct cli *cli)
{
    static const struct column facts[] = {{"Version", "version", put_text},
                                          {"In force since", "made", put_moment},
                                          {"SHA-256", "digest", put_text},
                                          {0}};
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) agreement = NULL;
    TRY(place_find(cli, &sign_in));
    err_t called = service_call(cli, &sign_in, &(struct call){"GET", AGREEMENT}, &reply);
    TRY(nothing_on_file(cli, called));
    TRY(record_print(cli, &reply, facts));
    TRY(answer_parse(buf_str(&reply.body), &agreement));
    if (cli->options.json)
        return ERR_OK;
    fputc('\n', cli->out);
    return cli_print_text(cli, answer_text(agreement, "text"));
}

err_t command_agreement_sign(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) password = BUF(MAX_PASSWORD);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_ask(cli, &sign_in));
    TRY(prompt_secret(cli, "the password", &password));
    body_put(&body, "username", str(cli->options.username));
    body_put(&body, "password", buf_str(&password));
    body_put(&body, "version", str(cli->arguments[0]));
    TRY(body_end(&body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", AGREEMENT "/sign", buf_str(&body)}, &reply));
    return record_print(cli, &reply, staff_facts);
}

err_t command_agreement_set(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) text = BUF(AGREEMENT_MAX);
    OWN(buf) encoded = BUF(MAX_BODY);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_or_socket(cli, &sign_in));
    TRY(cli->env->read_file(cli->env, cli->arguments[1], &text));
    buf_put_base64(&encoded, buf_str(&text));
    TRY(buf_end(&encoded));
    body_put(&body, "version", str(cli->arguments[0]));
    body_put(&body, "text", buf_str(&encoded));
    TRY(body_end(&body));
    TRY(service_call(cli, &sign_in, &(struct call){"PUT", AGREEMENT, buf_str(&body)}, &reply));
    cli_tell(cli, "Version %s is in force: nobody of staff is let in before they have signed it.",
             cli->arguments[0]);
    cli_print_done(cli, "in_force", cli->arguments[0]);
    return ERR_OK;
}

/* The certificate of the provider's procedures */

static const struct column certificate_facts[] = {
    {"Body", "body", put_text},     {"Number", "number", put_text},        {"Scope", "scope", put_text},
    {"Until", "until", put_moment}, {"On file since", "made", put_moment}, {0},
};

err_t command_certificate_show(struct cli *cli)
{
    return nothing_on_file(cli, show_run(cli, &(struct call){"GET", CERTIFICATE}, certificate_facts));
}

err_t command_certificate_set(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "body", str(cli->arguments[0]));
    body_put(&body, "number", str(cli->arguments[1]));
    body_put(&body, "scope", str(cli->arguments[2]));
    body_put_date(&body, "until", cli->arguments[3]);
    TRY(body_end(&body));
    return show_run(cli, &(struct call){"PUT", CERTIFICATE, buf_str(&body)}, certificate_facts);
}

/* Orders */

static const struct column order_facts[] = {
    {"Order", "act", put_text},          {"Of", "name", put_text},     {"Target", "target", put_text},
    {"Does", "does", put_text},          {"State", "state", put_text}, {"By", "by_name", put_text},
    {"Void after", "until", put_moment}, {"Id", "id", put_text},       {0},
};

err_t command_order_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Order", "act", put_text},
        {"Of", "name", put_text},
        {"State", "state", put_text},
        {"By", "by_name", put_text},
        {"Second", "second_name", put_text},
        {"Made", "made", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){ORDERS, columns, "nothing was ordered"});
}

/* Without the name typed it is a dry run. */
err_t command_order_make(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "act", str(cli->arguments[0]));
    body_put(&body, "target", str(cli->arguments[1]));
    if (cli->options.confirm)
        body_put(&body, "typed", str(cli->options.confirm));
    TRY(body_end(&body));
    TRY(show_run(cli, &(struct call){"POST", ORDERS, buf_str(&body)}, order_facts));
    cli_tell(cli, cli->options.confirm
                      ? "A second person has to confirm it: custody order confirm."
                      : "A dry run: nothing is ordered. To order it give --confirm and its name.");
    return ERR_OK;
}

err_t command_order_confirm(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, ORDERS, "ord", &path));
    buf_put(&path, STR("/confirm"));
    TRY(buf_end(&path));
    TRY(prompt_agree(cli, "What was ordered is done at once, for good: custody order list says what it is."));
    return show_run(cli, &(struct call){"POST", path.at}, order_facts);
}

err_t command_order_withdraw(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", ORDERS, "ord", "/withdraw", "withdrawn"});
}
