/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's sign-in provider: which, what is taken from it, and whether it can be reached.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "sys/env.h"

#define SSO "/v1/sso"
enum { ANSWER_TENTHS = 200, TENTH_US = 100000, SECOND_TENTHS = 11 };

static const struct column facts[] = {
    {"Issuer", "issuer", put_text},         {"Client id", "client", put_text},
    {"Secret", "secret", put_yes},          {"Redirect URI", "back", put_text},
    {"Key released by", "opens", put_text}, {"Provisioned by", "claim", put_text},
    {"Joins as", "joins", put_text},        {"Members linked", "members", put_number},
    {"Keys", "keys", put_number},           {"Keys of", "fetched", put_moment},
    {"In its way", "trouble", put_text},    {0},
};

static err_t sso_print(struct cli *cli, const struct reply *reply)
{
    static const struct column none[] = {{"Redirect URI", "back", put_text}, {0}};
    OWN(json) sso = NULL;
    TRY(answer_parse(buf_str(&reply->body), &sso));
    bool is_set = answer_text(sso, "issuer").len > 0;
    TRY(record_print(cli, reply, is_set ? facts : none));
    if (!json_is_true(json_object_get(sso, "allowed")))
        cli_tell(cli,
                 "this service asks no sign-in provider until its operator starts custodyd with --sso-ports");
    else if (!is_set)
        cli_tell(cli, "no single sign-on: custody sso set ISSUER CLIENT WAY names a provider");
    return ERR_OK;
}

err_t command_sso_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", SSO}, &reply));
    return sso_print(cli, &reply);
}

static err_t set_body(struct cli *cli, buf_t *body)
{
    OWN(buf) opens = BUF(MAX_BODY);
    OWN(buf) secret = BUF(MAX_PASSWORD);
    const char *const *end = cli->words + cli->count;
    for (const char *const *word = cli->arguments + 2; word < end; word++)
        buf_putf(&opens, "%s%s", opens.len ? " " : "", *word);
    TRY(buf_end(&opens));
    body_put(body, "issuer", str(cli->arguments[0]));
    body_put(body, "client", str(cli->arguments[1]));
    body_put(body, "opens", buf_str(&opens));
    if (cli->options.known_by)
        body_put(body, "claim", str(cli->options.known_by));
    if (cli->options.joins)
        body_put(body, "joins", str(cli->options.joins));
    if (!cli->options.secret)
        body_put_yes(body, "keep_secret", true);
    else {
        TRY(prompt_secret(cli, "the client secret", &secret));
        body_put(body, "secret", buf_str(&secret));
    }
    TRY(prompt_proof(cli, body));
    return body_end(body);
}

err_t command_sso_set(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) body = BUF(MAX_BODY);
    TRY(set_body(cli, &body));
    TRY(service_ask(cli, &(struct call){"PUT", SSO, buf_str(&body)}, &reply));
    cli_tell(cli, "it is asked at once: custody sso test says what came of it");
    return sso_print(cli, &reply);
}

/* Until it was asked again and either its keys came or something was in the way. */
static err_t answer_wait(struct cli *cli, struct reply *io_reply)
{
    OWN(json) before = NULL;
    TRY(answer_parse(buf_str(&io_reply->body), &before));
    const str_t asked = answer_text(before, "asked"), fetched = answer_text(before, "fetched");
    for (int tenth = 0; tenth < ANSWER_TENTHS; tenth++) {
        OWN(reply) reply = {0};
        OWN(json) now = NULL;
        usleep(TENTH_US);
        TRY(service_ask(cli, &(struct call){"GET", SSO}, &reply));
        TRY(answer_parse(buf_str(&reply.body), &now));
        bool is_asked = !str_eq(answer_text(now, "asked"), asked);
        if (is_asked && (answer_text(now, "trouble").len || !str_eq(answer_text(now, "fetched"), fetched))) {
            reply_drop(io_reply);
            *io_reply = give(reply);
            return ERR_OK;
        }
    }
    return fail(ERR_UNREACHABLE, "the sign-in provider has not answered: custody sso show says when it has");
}

/* What can be asked of a provider where there is none. */
static err_t provider_ask(struct cli *cli, const struct call *call, struct reply *reply)
{
    err_t asked = service_ask(cli, call, reply);
    return asked == ERR_MISSING ? cli_advise(cli, asked, "custody sso set ISSUER CLIENT WAY names a provider")
                                : asked;
}

/* Moments are told to the second: within the one of the last look the next could not be told from it. */
err_t command_sso_test(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(json) sso = NULL;
    usleep(SECOND_TENTHS * TENTH_US);
    TRY(provider_ask(cli, &(struct call){"POST", SSO "/test"}, &reply));
    TRY(answer_wait(cli, &reply));
    TRY(sso_print(cli, &reply));
    TRY(answer_parse(buf_str(&reply.body), &sso));
    str_t trouble = answer_text(sso, "trouble");
    return trouble.len ? fail(ERR_UNREACHABLE, "the sign-in provider cannot be used: %.*s", STR_ARG(trouble))
                       : ERR_OK;
}

err_t command_sso_remove(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) body = BUF(MAX_BODY);
    TRY(prompt_agree(
        cli, "Nobody comes in by single sign-on any more, and all links to accounts at the provider end."));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    TRY(provider_ask(cli, &(struct call){"POST", SSO "/remove", buf_str(&body)}, &reply));
    cli_print_done(cli, "removed", "sso");
    return ERR_OK;
}
