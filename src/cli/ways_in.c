/* SPDX-License-Identifier: Apache-2.0
 *
 * One's own ways in: the password, an authenticator, and the sessions that came of them.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/text.h"

#define SESSIONS      "/v1/sessions"
#define AUTHENTICATOR "/v1/authenticator"
#define PASSKEYS      "/v1/passkeys"
#define LINK          "/v1/sso/link"

static void put_yours(const json_t *session, const char *key, buf_t *out)
{
    buf_put(out, json_is_true(json_object_get(session, key)) ? STR("this one") : STR(""));
}

err_t command_session_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Member", "member", put_text},
        {"Since", "since", put_moment},
        {"Until", "until", put_moment},
        {"By", "way", put_text},
        {"", "yours", put_yours},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){SESSIONS, columns, "nobody is signed in"});
}

err_t command_session_end(struct cli *cli) { return revoke_run(cli, SESSIONS, "ses"); }

/* The password is typed again for each of these; `change` asks for a new one too. */
static err_t again_body(struct cli *cli, bool change, buf_t *body)
{
    OWN(buf) old = BUF(MAX_PASSWORD);
    OWN(buf) password = BUF(MAX_PASSWORD);
    TRY(prompt_secret(cli, "the password", &old));
    body_put(body, "username", str(cli->options.username));
    body_put(body, "password", buf_str(&old));
    if (change) {
        TRY(prompt_new_secret(cli, "the new password", &password));
        body_put(body, "new_password", buf_str(&password));
    }
    return body_end(body);
}

static err_t again_post(struct cli *cli, const char *method, const char *path, struct reply *reply)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) body = BUF(MAX_BODY);
    TRY(sign_in_load(cli, &sign_in));
    TRY(again_body(cli, !strcmp(method, "PUT"), &body));
    return service_call(cli, &sign_in, &(struct call){method, path, buf_str(&body)}, reply);
}

err_t command_password_change(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(again_post(cli, "PUT", "/v1/password", &reply));
    cli_tell(cli, "The password is changed, and your other sessions have ended.");
    cli_print_done(cli, "changed", "password");
    return ERR_OK;
}

static void put_since(const json_t *codes, const char *key, buf_t *out)
{
    if (json_is_string(json_object_get(codes, key)))
        put_moment(codes, key, out);
    else
        buf_put(out, STR("none: custody authenticator add"));
}

static const struct column authenticator_facts[] = {{"Authenticator since", "since", put_since}, {0}};

err_t command_authenticator_show(struct cli *cli)
{
    return show_run(cli, &(struct call){"GET", AUTHENTICATOR}, authenticator_facts);
}

static bool is_dark(const json_t *rows, size_t row, size_t column)
{
    const char *text = json_string_value(json_array_get(rows, row));
    return text && strlen(text) > column && text[column] == '1';
}

/* Two rows a line, light on dark: a camera wants the light ones around it. */
static void squares_print(struct cli *cli, const json_t *rows)
{
    static const char *const blocks[] = {"\u2588", "\u2584", "\u2580",
                                         " "}; /* light above and below, and so on */
    size_t size = json_array_size(rows);
    for (size_t row = 0; row < size + 4; row += 2) {
        for (size_t column = 0; column < size + 4; column++) {
            bool above = row >= 2 && column >= 2 && is_dark(rows, row - 2, column - 2);
            bool below = row >= 1 && column >= 2 && is_dark(rows, row - 1, column - 2);
            fputs(blocks[above + 2 * below], cli->out);
        }
        fputc('\n', cli->out);
    }
}

/* The squares for a camera, where a person sees them; the secret alone, where a program reads it. */
err_t command_authenticator_add(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(json) codes = NULL;
    TRY(again_post(cli, "POST", AUTHENTICATOR, &reply));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply.body));
        return ERR_OK;
    }
    TRY(answer_parse(buf_str(&reply.body), &codes));
    if (prompt_has_terminal(cli))
        squares_print(cli, json_object_get(codes, "qr"));
    fprintf(cli->out, "%s\n", json_string_value(json_object_get(codes, "secret")));
    cli_tell(cli, "Show this to your authenticator, then type a code of it: custody authenticator confirm");
    return ERR_OK;
}

err_t command_authenticator_confirm(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) code = BUF(MAX_PASSWORD);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(prompt_secret(cli, "a code of the authenticator", &code));
    body_put(&body, "code", buf_str(&code));
    TRY(body_end(&body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", AUTHENTICATOR "/confirm", buf_str(&body)},
                     &reply));
    cli_tell(cli, "From now on its code is asked for at each sign-in.");
    cli_print_done(cli, "confirmed", "authenticator");
    return ERR_OK;
}

err_t command_authenticator_remove(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(again_post(cli, "POST", AUTHENTICATOR "/remove", &reply));
    cli_tell(cli, "The authenticator is removed: the password alone signs in.");
    cli_print_done(cli, "removed", "authenticator");
    return ERR_OK;
}

static void put_opens(const json_t *passkey, const char *key, buf_t *out)
{
    buf_put(out,
            json_is_true(json_object_get(passkey, key)) ? STR("opens the key") : STR("beside the password"));
}

/* By dates alone: what an authenticator calls itself is kept nowhere. */
err_t command_passkey_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Added", "made", put_moment},
        {"Last used", "used", put_moment},
        {"", "opens", put_opens},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli,
                      &(struct list){PASSKEYS, columns, "no passkeys: a browser adds one, in the console"});
}

err_t command_passkey_remove(struct cli *cli)
{
    OWN(buf) path = BUF(256);
    OWN(reply) reply = {0};
    TRY(record_path(cli, PASSKEYS, "pky", &path));
    buf_put(&path, STR("/remove"));
    TRY(buf_end(&path));
    TRY(again_post(cli, "POST", buf_str(&path).at, &reply));
    cli_tell(cli, "The passkey is removed: nobody signs in with it any more.");
    cli_print_done(cli, "removed", "passkey");
    return ERR_OK;
}

/* One's own account at the client's sign-in provider: a browser links it. */

static void put_linked(const json_t *own, const char *key, buf_t *out)
{
    if (json_is_string(json_object_get(own, key)))
        put_moment(own, key, out);
    else
        buf_put(out, json_is_true(json_object_get(own, "there"))
                         ? STR("not linked: the console's page Sessions links it")
                         : STR("none: there is no single sign-on"));
}

err_t command_sso_account(struct cli *cli)
{
    static const struct column facts[] = {{"Account linked since", "linked", put_linked}, {0}};
    return show_run(cli, &(struct call){"GET", LINK}, facts);
}

err_t command_sso_unlink(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(again_post(cli, "POST", "/v1/sso/unlink", &reply));
    cli_tell(cli, "Your account at the sign-in provider is yours here no more: you come in otherwise.");
    cli_print_done(cli, "unlinked", "sso");
    return ERR_OK;
}
