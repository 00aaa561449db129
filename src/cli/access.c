/* SPDX-License-Identifier: Apache-2.0
 *
 * What lets programs and machines in: tokens, deployment keys; and, for the operator, tenants.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/take.h"
#include "cli/text.h"

#define TOKENS     "/v1/tokens"
#define DEPLOYMENT "/v1/deployment-keys"
#define TENANTS    "/operator/v1/tenants"

/* Tokens */

/* A role, or the scopes that stand in its place. */
static void put_may(const json_t *token, const char *role, buf_t *out)
{
    put_text(token, json_is_string(json_object_get(token, "scope")) ? "scope" : role, out);
}

err_t command_token_scopes(struct cli *cli)
{
    static const struct column columns[] = {
        {"Scope", "name", put_text}, {"What for", "purpose", put_text}, {0}};
    return saved_list(cli, &(struct list){"/v1/scopes", columns, "there are none"});
}

err_t command_token_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Name", "name", put_text},
        {"May", "role", put_may},
        {"Made", "made", put_moment},
        {"Until", "until", put_moment},
        {"Used", "used", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){TOKENS, columns, "no tokens yet: custody token create makes one"});
}

/* With the scope "export" its archives are the client's responsibility: accepted by name, as under each extraction. */
static err_t handing_accept(struct cli *cli, buf_t *body)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) name = BUF(MAX_NAME);
    str_t scopes = str(cli->options.scope ? cli->options.scope : "");
    while (scopes.len)
        if (str_eq(str_until(&scopes, ' '), STR("export"))) {
            TRY(sign_in_load(cli, &sign_in));
            TRY(take_accept(cli, &sign_in, &name));
            body_put(body, "typed", buf_str(&name));
        }
    return ERR_OK;
}

err_t command_token_create(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "name", str(cli->options.name));
    if (!cli->options.role == !cli->options.scope)
        return fail(ERR_INVALID, "a token has --role, or --scope: custody token scopes lists them");
    body_put(&body, cli->options.role ? "role" : "scope",
             str(cli->options.role ? cli->options.role : cli->options.scope));
    TRY(handing_accept(cli, &body));
    TRY(body_put_number(&body, "days", cli->options.days));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    return saved_create(cli, &(struct call){"POST", TOKENS, buf_str(&body)}, "token");
}

err_t command_token_revoke(struct cli *cli) { return revoke_run(cli, TOKENS, "tok"); }

/* Deployment keys */

static void put_uses(const json_t *key, const char *member, buf_t *out)
{
    put_number(key, member, out);
    buf_put(out, STR(" of "));
    put_number(key, "uses", out);
}

/* The computer names that need no approval. */
static void put_approves(const json_t *key, const char *member, buf_t *out)
{
    if (!json_is_true(json_object_get(key, "hold")))
        put_text(key, member, out);
    else
        buf_put(out, STR("(none)"));
}

err_t command_deployment_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Name", "name", put_text},
        {"Used", "used", put_uses},
        {"Approves", "pattern", put_approves},
        {"Made", "made", put_moment},
        {"Until", "until", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){DEPLOYMENT, columns,
                                          "no deployment keys yet: custody deployment create makes one"});
}

err_t command_deployment_create(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "name", str(cli->options.name));
    TRY(body_put_number(&body, "uses", cli->options.uses));
    TRY(body_put_number(&body, "days", cli->options.days));
    if (cli->options.pattern)
        body_put(&body, "pattern", str(cli->options.pattern));
    if (cli->options.hold)
        body_put_yes(&body, "hold", true);
    TRY(body_end(&body));
    return saved_create(cli, &(struct call){"POST", DEPLOYMENT, buf_str(&body)}, "key");
}

err_t command_deployment_revoke(struct cli *cli)
{
    const char *devices = cli->options.with_devices ? "?devices=revoke" : "";
    return turn_run(cli, &(struct turn){"DELETE", DEPLOYMENT, "dpl", devices, "revoked"});
}

/* Tenants, at the operator's socket */

err_t command_tenant_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Name", "name", put_text},
        {"State", "state", put_text},
        {"Made", "made", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli,
                      &(struct list){TENANTS, columns, "no clients yet: custody tenant create makes one"});
}

err_t command_tenant_create(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "name", str(cli->arguments[0]));
    TRY(body_end(&body));
    TRY(saved_create(cli, &(struct call){"POST", TENANTS, buf_str(&body)}, "claim"));
    cli_tell(cli, "Give it to the client's first owner, for custody claim or the console, within 7 days.");
    return ERR_OK;
}
