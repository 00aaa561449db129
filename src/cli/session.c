/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is signed in: login, logout, whoami, claim, join, kit confirm, recover.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/browser.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/parts.h"
#include "cli/prompt.h"
#include "cli/ways.h"

#define SESSION       "/v1/session"
#define STAFF_SESSION "/operator/v1/session"

static const char *session_path(const struct cli *cli) { return cli_is_staff(cli) ? STAFF_SESSION : SESSION; }

/* A session that the answer began becomes the one of this sign-in, and is kept for the next command. */
static err_t session_keep(struct cli *cli, struct sign_in *sign_in, const struct reply *reply)
{
    if (!reply->cookie.len || sign_in_set_bearer(sign_in, buf_str(&reply->cookie)) != ERR_OK)
        return fail(ERR_BROKEN, "the answer begins no session: is this the address of Custody?");
    return sign_in_save(cli, sign_in);
}

/* A request of somebody who is not signed in yet: what is wrong then is what was given. */
static err_t stranger_post(struct cli *cli, const struct sign_in *sign_in, const struct call *call,
                           struct reply *reply)
{
    err_t called = service_call(cli, sign_in, call, reply);
    if (called == ERR_SIGNED_OUT || called == ERR_MISSING)
        cli_advise(cli, called, "see that everything you gave is right; nothing was changed");
    return called;
}

/* A person who has no key yet cannot read even its own name. */
static const char *user_or_token(const json_t *user) { return json_is_object(user) ? "a person" : "a token"; }

/* With --json the session as the service gives it; otherwise a line for the person. */
static err_t session_tell(struct cli *cli, str_t session)
{
    OWN(json) said = NULL;
    TRY(answer_parse(session, &said));
    const json_t *tenant = json_object_get(said, "tenant"), *user = json_object_get(said, "user");
    const char *name = json_string_value(json_object_get(user, "username"));
    const char *client = json_string_value(json_object_get(tenant, "name"));
    const char *role = json_string_value(json_object_get(said, "role"));
    if (cli->options.json)
        cli_print_json(cli, session);
    cli_tell(cli, "signed in to %s as %s: %s", client ? client : "?", name ? name : user_or_token(user),
             role ? role : "?");
    if (json_is_true(json_object_get(said, "waiting")))
        cli_tell(cli, "You wait for the key: ask an owner for custody member give-key, then sign in again.");
    return ERR_OK;
}

/* login */

struct login {
    const char *path, *tenant; /* NULL: staff */
    str_t password, code;
};

static err_t login_token(struct cli *cli, struct sign_in *sign_in, const char *given)
{
    OWN(buf) token = BUF(MAX_PASSWORD);
    OWN(reply) reply = {0};
    TRY(prompt_option(cli, given, "the token", &token));
    TRY(sign_in_set_bearer(sign_in, buf_str(&token)));
    err_t called = service_call(cli, sign_in, &(struct call){"GET", SESSION}, &reply);
    if (called == ERR_SIGNED_OUT)
        cli_advise(cli, called, "see that the token is right, and has neither ended nor been revoked");
    TRY(called);
    TRY(sign_in_save(cli, sign_in));
    return session_tell(cli, buf_str(&reply.body));
}

static err_t login_try(struct cli *cli, struct sign_in *sign_in, const struct login *login,
                       struct reply *reply)
{
    OWN(buf) body = BUF(MAX_BODY);
    if (login->tenant)
        body_put(&body, "tenant", str(login->tenant));
    body_put(&body, "username", str(cli->options.username));
    body_put(&body, "password", login->password);
    if (login->code.len)
        body_put(&body, "code", login->code);
    TRY(body_end(&body));
    return stranger_post(cli, sign_in, &(struct call){"POST", login->path, buf_str(&body)}, reply);
}

/* Who has an authenticator is asked for its code, once the password is right. */
static err_t login_post(struct cli *cli, struct sign_in *sign_in, struct login *login, struct reply *reply)
{
    OWN(buf) password = BUF(MAX_PASSWORD);
    OWN(buf) code = BUF(MAX_PASSWORD);
    TRY(prompt_secret(cli, "the password", &password));
    login->password = buf_str(&password);
    err_t tried = login_try(cli, sign_in, login, reply);
    if (tried != ERR_LOCKED)
        return tried;
    TRY(prompt_secret(cli, "the code of your authenticator", &code));
    login->code = buf_str(&code);
    return login_try(cli, sign_in, login, reply);
}

static err_t person_came(struct cli *cli, struct sign_in *sign_in, const struct reply *reply)
{
    TRY(session_keep(cli, sign_in, reply));
    TRY(session_tell(cli, buf_str(&reply->body)));
    if (strstr(reply->body.at, "\"role\":\"owner\""))
        ways_tell(cli, sign_in);
    return ERR_OK;
}

static err_t login_person(struct cli *cli, struct sign_in *sign_in)
{
    OWN(reply) reply = {0};
    struct login login = {.path = SESSION, .tenant = cli->options.tenant};
    TRY(login_post(cli, sign_in, &login, &reply));
    return person_came(cli, sign_in, &reply);
}

static err_t login_browser(struct cli *cli, struct sign_in *sign_in)
{
    OWN(reply) reply = {0};
    TRY(sign_in_prepare(cli));
    TRY(browser_sign_in(cli, sign_in, &reply));
    return person_came(cli, sign_in, &reply);
}

static err_t login_staff(struct cli *cli, struct sign_in *sign_in)
{
    OWN(reply) reply = {0};
    struct login login = {.path = STAFF_SESSION};
    TRY(login_post(cli, sign_in, &login, &reply));
    TRY(session_keep(cli, sign_in, &reply));
    cli_tell(cli, "signed in as %s, of the provider's people", cli->options.username);
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}

/* Of the options that say who it is, those of one kind and all of them. */
static err_t login_check(struct cli *cli, bool has_token)
{
    const struct options *given = &cli->options;
    bool is_person = given->tenant || given->username;
    if (given->browser && (given->token || is_person || given->staff))
        return fail(ERR_INVALID, "--browser signs in whoever says yes there: it goes with none of --token, "
                                 "--tenant, --username and --staff");
    if (given->staff && (given->token || given->tenant || !given->username))
        return fail(ERR_INVALID, "--staff goes with --username, and with neither --tenant nor --token");
    if (given->staff || given->browser)
        return ERR_OK;
    if (given->token && is_person)
        return fail(ERR_INVALID, "--token signs a program in, --tenant and --username a person: give one");
    if (is_person && !(given->tenant && given->username))
        return fail(ERR_INVALID, "--tenant and --username go together");
    if (!is_person && !has_token)
        return cli_advise(cli, fail(ERR_INVALID, "nobody is named"),
                          "give --token, --browser, or --tenant and --username");
    return ERR_OK;
}

err_t command_login(struct cli *cli)
{
    const struct options *given = &cli->options;
    OWN(sign_in) sign_in = {0};
    const char *token = given->token ? given->token : variable_of("--token");
    TRY(login_check(cli, token != NULL));
    TRY(sign_in_ask(cli, &sign_in));
    if (given->browser)
        return login_browser(cli, &sign_in);
    if (given->staff)
        return login_staff(cli, &sign_in);
    return given->username ? login_person(cli, &sign_in) : login_token(cli, &sign_in, token);
}

/* logout, whoami */

/* What is remembered goes whatever the service says: without it nobody here can use the session any more. A token
 * stays what it is; `custody token revoke` ends one. */
err_t command_logout(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    err_t told = sign_in_saved(cli, &sign_in);
    if (told == ERR_OK && sign_in_is_session(&sign_in))
        told = service_call(cli, &sign_in, &(struct call){"DELETE", session_path(cli)}, &reply);
    TRY(sign_in_forget(cli));
    if (told == ERR_UNREACHABLE || told == ERR_BUSY || told == ERR_BROKEN)
        return cli_advise(
            cli, fail(told, "signed out here; the service could not be told, so the session lasts there"),
            "nobody here can use it any more; it ends there by itself");
    cli_tell(cli, sign_in.bearer.len ? "signed out" : "nobody was signed in");
    cli_print_done(cli, "signed_out", sign_in.url.at ? sign_in.url.at : "");
    return ERR_OK;
}

static void put_who(const json_t *session, const char *key, buf_t *out)
{
    const json_t *user = json_object_get(session, "user");
    if (json_is_object(user))
        put_text(user, key, out);
    else if (!strcmp(key, "username"))
        buf_put(out, STR("(a token)"));
}

static void put_tenant(const json_t *session, const char *key, buf_t *out)
{
    put_text(json_object_get(session, "tenant"), key, out);
}

static void put_waiting(const json_t *session, const char *key, buf_t *out)
{
    if (json_is_true(json_object_get(session, key)))
        buf_put(out, STR("waits for an owner: custody member give-key"));
}

err_t command_whoami(struct cli *cli)
{
    static const struct column facts[] = {
        {"Client", "name", put_tenant}, {"State", "state", put_tenant},  {"Username", "username", put_who},
        {"Name", "full_name", put_who}, {"Role", "role", put_text},      {"Since", "since", put_moment},
        {"Until", "until", put_moment}, {"Key", "waiting", put_waiting}, {0},
    };
    static const struct column staff_facts[] = {
        {"Username", "username", put_text},
        {"Name", "full_name", put_text},
        {"Agreement", "agreement", put_text},
        {"Current until", "until", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return show_run(cli, &(struct call){"GET", session_path(cli)}, cli_is_staff(cli) ? staff_facts : facts);
}

/* claim, join, kit confirm, recover */

/* A new person's, by the claim or the invitation that lets it in. */
static err_t person_body(struct cli *cli, const char *key, const char *given, buf_t *body)
{
    OWN(buf) ticket = BUF(MAX_PASSWORD);
    OWN(buf) password = BUF(MAX_PASSWORD);
    char what[64];
    snprintf(what, sizeof what, "the %s", key);
    TRY(prompt_option(cli, given, what, &ticket));
    TRY(prompt_new_secret(cli, "the password", &password));
    body_put(body, key, buf_str(&ticket));
    body_put(body, "username", str(cli->options.username));
    body_put(body, "full_name", str(cli->options.full_name));
    body_put(body, "email", str(cli->options.email));
    body_put(body, "password", buf_str(&password));
    return body_end(body);
}

static err_t kit_print(struct cli *cli, str_t answer)
{
    OWN(json) made = NULL;
    TRY(answer_parse(answer, &made));
    if (cli->options.json) {
        cli_print_json(cli, answer);
    } else {
        OWN(buf) kit = BUF(MAX_BODY);
        put_text(made, "kit", &kit);
        TRY(buf_end(&kit));
        fprintf(cli->out, "%s\n", buf_str(&kit).at);
    }
    return fflush(cli->out) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot write to standard output");
}

/* The kit exists only in this answer: it is printed before anything else can go wrong. */
err_t command_claim(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_ask(cli, &sign_in));
    TRY(sign_in_prepare(cli));
    TRY(person_body(cli, "claim", cli->options.claim, &body));
    TRY(stranger_post(cli, &sign_in, &(struct call){"POST", "/v1/claim", buf_str(&body)}, &reply));
    err_t printed = kit_print(cli, buf_str(&reply.body));
    TRY(session_keep(cli, &sign_in, &reply));
    TRY(printed);
    cli_tell(
        cli,
        "This is the recovery kit, shown once. Whoever holds it can open the client's data; without it and");
    cli_tell(cli,
             "without a password nobody can. Write it down, keep it in a safe place, and keep no copy here.");
    cli_tell(cli, "Then type it back from the paper: custody kit confirm");
    return ERR_OK;
}

err_t command_join(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_ask(cli, &sign_in));
    TRY(sign_in_prepare(cli));
    TRY(person_body(cli, "invitation", cli->options.invitation, &body));
    TRY(stranger_post(cli, &sign_in, &(struct call){"POST", "/v1/join", buf_str(&body)}, &reply));
    TRY(session_keep(cli, &sign_in, &reply));
    return session_tell(cli, buf_str(&reply.body));
}

err_t command_staff_join(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_ask(cli, &sign_in));
    TRY(person_body(cli, "invitation", cli->options.invitation, &body));
    TRY(stranger_post(cli, &sign_in, &(struct call){"POST", "/operator/v1/join", buf_str(&body)}, &reply));
    cli_tell(cli,
             "You are one of staff, and not current yet: read custody agreement show, sign it with custody");
    cli_tell(cli,
             "agreement sign, and have somebody else record your trainings. Then custody login --staff.");
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}

err_t command_kit_confirm(struct cli *cli)
{
    OWN(buf) kit = BUF(MAX_PASSWORD);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(prompt_secret(cli, "the recovery kit", &kit));
    body_put(&body, "kit", buf_str(&kit));
    TRY(body_end(&body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", "/v1/claim/kit", buf_str(&body)}, &reply));
    cli_tell(cli, "The set-up is finished.");
    cli_print_done(cli, "confirmed", "kit");
    return ERR_OK;
}

static err_t recover_body(struct cli *cli, buf_t *body)
{
    OWN(buf) kit = BUF(MAX_PASSWORD);
    OWN(buf) password = BUF(MAX_PASSWORD);
    TRY(kit_ask(cli, &kit));
    TRY(prompt_new_secret(cli, "the new password", &password));
    body_put(body, "tenant", str(cli->options.tenant));
    body_put(body, "kit", buf_str(&kit));
    body_put(body, "username", str(cli->options.username));
    body_put(body, "password", buf_str(&password));
    return body_end(body);
}

err_t command_recover(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_ask(cli, &sign_in));
    TRY(recover_body(cli, &body));
    TRY(stranger_post(cli, &sign_in, &(struct call){"POST", "/v1/recover", buf_str(&body)}, &reply));
    TRY(session_keep(cli, &sign_in, &reply));
    TRY(session_tell(cli, buf_str(&reply.body)));
    cli_tell(
        cli,
        "The client's key is being rotated: custody key rotate goes on with it. The recovery key is used,");
    cli_tell(cli,
             "and counts no more: have another one, by custody recovery print or custody recovery split.");
    return ERR_OK;
}
