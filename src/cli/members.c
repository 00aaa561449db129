/* SPDX-License-Identifier: Apache-2.0
 *
 * The people of a client: members, invitations, and who of them has to say yes to requests.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"

#define MEMBERS     "/v1/members"
#define INVITATIONS "/v1/invitations"
#define PROCESS     "/v1/process"
enum { PATH_LENGTH_MAX = 256, LEVEL_MAX = 8192 };

/* Members */

static void put_person(const json_t *member, const char *key, buf_t *out)
{
    const json_t *user = json_object_get(member, "user");
    if (json_is_object(user))
        put_text(user, key, out);
    else if (!strcmp(key, "full_name"))
        buf_put(out, STR("(sealed)"));
}

err_t command_member_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Name", "full_name", put_person},
        {"Username", "username", put_person},
        {"Role", "role", put_text},
        {"State", "state", put_text},
        {"Made", "made", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){MEMBERS, columns, "no members"});
}

err_t command_member_give_key(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", MEMBERS, "usr", "/key", "keyed"});
}

static const struct column member_facts[] = {
    {"Name", "full_name", put_person}, {"Username", "username", put_person}, {"Email", "email", put_person},
    {"Role", "role", put_text},        {"State", "state", put_text},         {0},
};

/* One's own username is half of what the password is found by. */
static err_t password_put(struct cli *cli, buf_t *body)
{
    OWN(reply) reply = {0};
    OWN(json) session = NULL;
    TRY(service_ask(cli, &(struct call){"GET", "/v1/session"}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &session));
    if (!str_eq(answer_text(json_object_get(session, "user"), "id"), str(cli->arguments[0])))
        return ERR_OK;
    return prompt_proof(cli, body);
}

static err_t change_body(struct cli *cli, buf_t *body)
{
    const struct options *given = &cli->options;
    if (!given->full_name && !given->username && !given->email)
        return fail(ERR_INVALID, "say what is to change: --full-name, --username or --email");
    if (given->full_name)
        body_put(body, "full_name", str(given->full_name));
    if (given->username)
        body_put(body, "username", str(given->username));
    if (given->email)
        body_put(body, "email", str(given->email));
    if (given->username)
        TRY(password_put(cli, body));
    return body_end(body);
}

err_t command_member_edit(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) read = {0};
    OWN(reply) reply = {0};
    OWN(json) member = NULL;
    char edition[32];
    TRY(record_path(cli, MEMBERS, "usr", &path));
    TRY(change_body(cli, &body));
    TRY(service_ask(cli, &(struct call){"GET", path.at}, &read));
    TRY(answer_parse(buf_str(&read.body), &member));
    snprintf(edition, sizeof edition, "\"%lld\"",
             (long long)json_integer_value(json_object_get(member, "edition")));
    TRY(service_ask(cli, &(struct call){"PATCH", path.at, buf_str(&body), .if_match = edition}, &reply));
    return record_print(cli, &reply, member_facts);
}

err_t command_member_disable(struct cli *cli)
{
    TRY(prompt_agree(
        cli, "Their sessions end, nobody lets them in, and the key that opens records is taken from them."));
    return turn_run(cli, &(struct turn){"POST", MEMBERS, "usr", "/disable", "disabled"});
}

err_t command_member_enable(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", MEMBERS, "usr", "/enable", "enabled"});
}

/* Either it is done, or a second person has to say yes. */
static err_t asked_tell(struct cli *cli, const struct reply *reply, const char *done)
{
    OWN(json) request = NULL;
    TRY(answer_parse(buf_str(&reply->body), &request));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply->body));
    if (str_eq(answer_text(request, "state"), STR("approved")))
        cli_tell(cli, "%s %s", cli->arguments[0], done);
    else
        cli_tell(cli, "A second person has to say yes: custody request approve %.*s",
                 STR_ARG(answer_text(request, "id")));
    return ERR_OK;
}

err_t command_member_remove(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    TRY(record_path(cli, MEMBERS, "usr", &path));
    TRY(prompt_agree(
        cli,
        "Its keys are destroyed, its sessions and the tokens that it made end, for good; at once, or when a second"
        " person says yes."));
    TRY(service_ask(cli, &(struct call){"DELETE", path.at}, &reply));
    return asked_tell(cli, &reply, "is removed");
}

err_t command_member_role(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(record_path(cli, MEMBERS, "usr", &path));
    buf_put(&path, STR("/role"));
    TRY(buf_end(&path));
    body_put(&body, "role", str(cli->arguments[1]));
    TRY(body_end(&body));
    TRY(prompt_agree(
        cli, "Its sessions end, and it has the new role from its next sign-in on; at once, or when a second "
             "person says yes."));
    TRY(service_ask(cli, &(struct call){"PUT", path.at, buf_str(&body)}, &reply));
    return asked_tell(cli, &reply, "has the new role");
}

/* Invitations */

err_t command_invitation_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Role", "role", put_text}, {"Made", "made", put_moment}, {"Until", "until", put_moment},
        {"By", "by", put_text},     {"Id", "id", put_text},       {0},
    };
    return saved_list(cli, &(struct list){INVITATIONS, columns,
                                          "no open invitations: custody invitation create makes one"});
}

err_t command_invitation_create(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "role", str(cli->arguments[0]));
    TRY(body_put_number(&body, "days", cli->options.days));
    if (cli->options.member)
        body_put(&body, "user", str(cli->options.member));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    TRY(saved_create(cli, &(struct call){"POST", INVITATIONS, buf_str(&body)}, "link"));
    cli_tell(cli, "Give it to the person, for custody join or the console. It carries no key.");
    return ERR_OK;
}

err_t command_invitation_revoke(struct cli *cli) { return revoke_run(cli, INVITATIONS, "inv"); }

/* The process of approval */

static void put_listed(const json_t *ids, bool *io_any, buf_t *out)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        buf_put(out, *io_any ? STR(", ") : STR(" of "));
        buf_put(out, str(json_string_value(json_array_get(ids, i))));
        *io_any = true;
    }
}

/* "2 of usr_…, grp_…" */
static void put_level(const json_t *level, const char *key, buf_t *out)
{
    bool any = false;
    put_number(level, key, out);
    put_listed(json_object_get(level, "members"), &any, out);
    put_listed(json_object_get(level, "groups"), &any, out);
    if (!any)
        buf_put(out, STR(" of all owners and approvers"));
}

/* A group may have lost those who could. */
static void put_able(const json_t *level, const char *key, buf_t *out)
{
    put_number(level, key, out);
    if (json_integer_value(json_object_get(level, key)) < json_integer_value(json_object_get(level, "need")))
        buf_put(out, STR(": too few, a request would not be answered"));
}

static err_t process_print(struct cli *cli, const struct reply *reply)
{
    static const struct column facts[] = {{"Longest grant, minutes", "longest_minutes", put_number}, {0}};
    static const struct column columns[] = {{"Have to say yes, one level after the other", "need", put_level},
                                            {"Could now", "able", put_able},
                                            {0}};
    OWN(json) process = NULL;
    TRY(answer_parse(buf_str(&reply->body), &process));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    facts_print(cli, facts, process);
    grid_print(cli, columns, json_object_get(process, "levels"));
    return ERR_OK;
}

err_t command_process_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", PROCESS}, &reply));
    return process_print(cli, &reply);
}

/* Of whom a level's yes may be: members and groups, by what their ids begin with. */
struct named {
    const char *members[WORDS_MAX], *groups[WORDS_MAX];
    size_t member_count, group_count;
};

static void named_take(char *rest, struct named *out)
{
    for (char *one; (one = strsep(&rest, ",")) && out->member_count + out->group_count < WORDS_MAX;)
        if (str_starts(str(one), STR("grp_")))
            out->groups[out->group_count++] = one;
        else
            out->members[out->member_count++] = one;
}

/* "NEED", or "NEED:usr_…,grp_…". */
static err_t level_put(buf_t *body, const char *which, const char *level)
{
    char need_key[32], members_key[32], groups_key[32], copy[LEVEL_MAX];
    struct named named = {.member_count = 0};
    snprintf(need_key, sizeof need_key, "%s_need", which);
    snprintf(members_key, sizeof members_key, "%s_members", which);
    snprintf(groups_key, sizeof groups_key, "%s_groups", which);
    if ((size_t)snprintf(copy, sizeof copy, "%s", level) >= sizeof copy)
        return fail(ERR_TOO_LARGE, "a level is past %d bytes", LEVEL_MAX);
    char *rest = copy, *need = strsep(&rest, ":");
    uint64_t number = 0;
    if (str_number(str(need), 1000, &number) != ERR_OK || !number)
        return fail(ERR_INVALID,
                    "a level is how many have to say yes, and if wanted of whom: 2 or 1:usr_…,grp_…");
    named_take(rest, &named);
    TRY(body_put_number(body, need_key, need));
    body_put_texts(body, members_key, named.members, named.member_count);
    body_put_texts(body, groups_key, named.groups, named.group_count);
    return ERR_OK;
}

err_t command_process_set(struct cli *cli)
{
    static const char *const which[] = {"first", "second", "third"};
    const char *const *end = cli->words + cli->count;
    size_t count = (size_t)(end - cli->arguments);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    if (count > sizeof which / sizeof *which)
        return fail(ERR_INVALID, "a process has 1 to 3 levels");
    TRY(body_put_number(&body, "longest_minutes", cli->options.longest));
    for (size_t i = 0; i < count; i++)
        TRY(level_put(&body, which[i], cli->arguments[i]));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"PUT", PROCESS, buf_str(&body)}, &reply));
    return process_print(cli, &reply);
}
