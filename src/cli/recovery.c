/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's key and its rotation; the recovery key, its guardians, and what each of them does with a part of it.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/events.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/ways.h"

#define KEY      "/v1/key"
#define RECOVERY "/v1/recovery"
enum { WAYS_LEAST = 2 };

/* The key */

static const struct column key_facts[] = {
    {"Key", "number", put_number},
    {"Since", "since", put_moment},
    {"Rotation begun", "begun", put_moment},
    {"By", "by", put_text},
    {"Because", "why", put_text},
    {"Still to be sealed", "left", put_number},
    {"Of", "total", put_number},
    {0},
};
static const struct column key_facts_still[] = {
    {"Key", "number", put_number}, {"Since", "since", put_moment}, {0}};

static bool is_rotating(const json_t *key) { return json_is_true(json_object_get(key, "rotating")); }

static err_t key_print(struct cli *cli, const struct reply *reply)
{
    OWN(json) key = NULL;
    TRY(answer_parse(buf_str(&reply->body), &key));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply->body));
    else
        facts_print(cli, is_rotating(key) ? key_facts : key_facts_still, key);
    return ERR_OK;
}

err_t command_tenant_key_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", KEY}, &reply));
    return key_print(cli, &reply);
}

static err_t rotation_body(struct cli *cli, buf_t *body)
{
    OWN(buf) typed = BUF(MAX_PASSWORD);
    if (cli->options.confirm) {
        buf_put(&typed, str(cli->options.confirm));
    } else if (!prompt_has_terminal(cli)) {
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed whose key is to be rotated"),
                          "give --confirm with your organisation's name");
    } else {
        cli_tell(cli,
                 "This gives your organisation a new key: everybody who has the one it has now gets the new");
        cli_tell(cli,
                 "one, and has to sign in again. Nothing that is made from now on opens with the old one.");
        TRY(prompt_text(cli, "your organisation's name, to go on", &typed));
    }
    body_put(body, "typed", buf_str(&typed));
    TRY(prompt_proof(cli, body));
    return body_end(body);
}

/* Some each time, until none is left: whoever stops it leaves the rest to the next time. */
static err_t rotation_go_on(struct cli *cli, const struct sign_in *sign_in, struct reply *out_reply)
{
    struct events shown = {.cli = cli};
    for (;;) {
        OWN(json) key = NULL;
        TRY(answer_parse(buf_str(&out_reply->body), &key));
        if (!is_rotating(key))
            break;
        events_progress(&shown, "%lld of %lld left to seal to the new key",
                        json_integer_value(json_object_get(key, "left")),
                        json_integer_value(json_object_get(key, "total")));
        reply_drop(out_reply);
        *out_reply = (struct reply){0};
        TRY(service_call(cli, sign_in, &(struct call){"POST", KEY "/reseal"}, out_reply));
    }
    events_clear(&shown);
    return ERR_OK;
}

err_t command_key_rotate(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) key = NULL;
    OWN(buf) body = BUF(MAX_BODY);
    TRY(sign_in_load(cli, &sign_in));
    TRY(service_call(cli, &sign_in, &(struct call){"GET", KEY}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &key));
    if (is_rotating(key)) {
        cli_tell(cli, "A rotation is under way: this goes on with it.");
    } else {
        TRY(rotation_body(cli, &body));
        reply_drop(&reply);
        reply = (struct reply){0};
        TRY(service_call(cli, &sign_in, &(struct call){"POST", KEY "/rotate", buf_str(&body)}, &reply));
    }
    TRY(rotation_go_on(cli, &sign_in, &reply));
    cli_tell(cli, "The key is rotated, and the old one destroyed.");
    return key_print(cli, &reply);
}

/* What is said about the recovery key */

static void ways_warn(struct cli *cli, const json_t *recovery)
{
    json_int_t ways = json_integer_value(json_object_get(recovery, "ways_in"));
    if (ways >= WAYS_LEAST)
        return;
    cli_tell(
        cli,
        "Fewer than two ways in: if that one is lost, nobody opens your data any more. Make somebody else");
    cli_tell(cli, "an owner, or have a recovery key: custody recovery print, or custody recovery split.");
}

/* What cannot be asked is no error of what was done before. */
void ways_tell(struct cli *cli, const struct sign_in *sign_in)
{
    OWN(reply) reply = {0};
    OWN(json) recovery = NULL;
    if (service_call(cli, sign_in, &(struct call){"GET", RECOVERY}, &reply) == ERR_OK &&
        answer_parse(buf_str(&reply.body), &recovery) == ERR_OK)
        ways_warn(cli, recovery);
}

static void set_print(struct cli *cli, const char *heading, const json_t *set)
{
    static const struct column facts[] = {
        {"Set", "number", put_number}, {"Needed", "need", put_number},          {"Begun", "made", put_moment},
        {"By", "by", put_text},        {"In force since", "since", put_moment}, {0}};
    static const struct column columns[] = {
        {"Part", "number", put_number},         {"Guardian", "member", put_text},
        {"State", "state", put_text},           {"Signed in", "active", put_moment},
        {"Seen", "seen", put_moment},           {"Confirmed", "confirmed", put_moment},
        {"Rehearsed", "rehearsed", put_moment}, {0}};
    if (!json_is_object(set))
        return;
    heading_print(cli, heading);
    facts_print(cli, facts, set);
    grid_print(cli, columns, json_object_get(set, "guardians"));
}

/* Those of the recovery key in force: who does not come any more may not have the paper any more. */
static void guardians_warn(struct cli *cli, const json_t *set)
{
    const json_t *guardian, *guardians = json_object_get(set, "guardians");
    size_t i, inactive = 0;
    json_array_foreach(guardians, i, guardian) inactive +=
        str_eq(answer_text(guardian, "state"), STR("inactive"));
    if (inactive)
        cli_tell(
            cli,
            "%zu of %zu guardians have not signed in for 90 days: see whether they still have their part, or "
            "split the key anew.",
            inactive, json_array_size(guardians));
}

err_t command_recovery_show(struct cli *cli)
{
    static const struct column facts[] = {{"Ways in", "ways_in", put_number},
                                          {"Owners who can open", "owners", put_number},
                                          {"Recovery key can be used", "opens", put_yes},
                                          {"Used", "used", put_moment},
                                          {0}};
    OWN(reply) reply = {0};
    OWN(json) recovery = NULL;
    TRY(service_ask(cli, &(struct call){"GET", RECOVERY}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &recovery));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply.body));
        return ERR_OK;
    }
    facts_print(cli, facts, recovery);
    set_print(cli, "In force", json_object_get(recovery, "live"));
    set_print(cli, "Waits to be confirmed", json_object_get(recovery, "waiting"));
    guardians_warn(cli, json_object_get(recovery, "live"));
    ways_warn(cli, recovery);
    return ERR_OK;
}

/* Replacing it */

static err_t begin_run(struct cli *cli, buf_t *body, struct reply *reply)
{
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(prompt_proof(cli, body));
    TRY(body_end(body));
    return service_call(cli, &sign_in, &(struct call){"POST", RECOVERY, buf_str(body)}, reply);
}

/* It exists only in this answer. */
static err_t part_print(struct cli *cli, const struct reply *reply)
{
    OWN(json) shown = NULL;
    TRY(answer_parse(buf_str(&reply->body), &shown));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply->body));
    else
        fprintf(cli->out, "%.*s\n", STR_ARG(answer_text(shown, "part")));
    if (fflush(cli->out) != 0)
        return fail(ERR_BROKEN, "cannot write to standard output");
    cli_tell(cli,
             "It is shown this once. Write it down, keep it in a safe place, and keep no copy here. Then");
    cli_tell(cli, "type it back from the paper: custody recovery confirm");
    return ERR_OK;
}

err_t command_recovery_print(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) body = BUF(MAX_BODY);
    TRY(begin_run(cli, &body, &reply));
    return part_print(cli, &reply);
}

err_t command_recovery_split(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) body = BUF(MAX_BODY);
    size_t before = (size_t)(cli->arguments - cli->words);
    TRY(body_put_number(&body, "need", cli->options.need));
    body_put_texts(&body, "guardians", cli->arguments, cli->count - before);
    TRY(begin_run(cli, &body, &reply));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    cli_tell(
        cli,
        "Each guardian now has a part to see, once: custody recovery part. When all have typed theirs back");
    cli_tell(cli, "(custody recovery confirm), the recovery key is in force; until then the one before is.");
    return ERR_OK;
}

err_t command_recovery_withdraw(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"POST", RECOVERY "/withdraw"}, &reply));
    cli_tell(cli, "Given up: the recovery key is the one that it was.");
    cli_print_done(cli, "withdrawn", "recovery");
    return ERR_OK;
}

err_t command_recovery_part(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) body = BUF(MAX_BODY);
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    err_t asked = service_ask(cli, &(struct call){"POST", RECOVERY "/part", buf_str(&body)}, &reply);
    if (asked == ERR_MISSING || asked == ERR_CONFLICT)
        cli_advise(cli, asked, "custody recovery show says who its guardians are, and how far each is");
    TRY(asked);
    return part_print(cli, &reply);
}

static err_t typed_run(struct cli *cli, const char *path, const char *done)
{
    OWN(reply) reply = {0};
    OWN(buf) part = BUF(MAX_PASSWORD);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(prompt_secret(cli, "your part, or the kit, from the paper", &part));
    body_put(&body, "part", buf_str(&part));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"POST", path, buf_str(&body)}, &reply));
    cli_print_done(cli, done, "part");
    return ERR_OK;
}

err_t command_recovery_confirm(struct cli *cli)
{
    TRY(typed_run(cli, RECOVERY "/confirm", "confirmed"));
    cli_tell(cli, "It is the one that you were shown.");
    return ERR_OK;
}

err_t command_recovery_rehearse(struct cli *cli)
{
    TRY(typed_run(cli, RECOVERY "/rehearse", "rehearsed"));
    cli_tell(cli, "It is the one in force; nothing was opened.");
    return ERR_OK;
}
