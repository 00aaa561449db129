/* SPDX-License-Identifier: Apache-2.0
 *
 * A person: found, looked at, and forgotten. What forgetting reaches is listed before it is asked about.
 */
#include "base/limits.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/events.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/text.h"

#define PEOPLE    "/v1/people"
#define FORGOTTEN PEOPLE "/forgotten"
enum { NAMES_MAX = 64 };

/* list */

static err_t members_add(struct cli *cli, const struct sign_in *sign_in, const char *part, json_t *items)
{
    OWN(reply) reply = {0};
    OWN(json) members = NULL;
    const json_t *member;
    size_t i;
    TRY(service_call(cli, sign_in, &(struct call){"GET", "/v1/members"}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &members));
    json_array_foreach(json_object_get(members, "items"), i, member)
    {
        const json_t *user = json_object_get(member, "user");
        str_t name = answer_text(user, "full_name");
        if (!name.len || (!strcasestr(name.at, part) && !strcasestr(answer_text(user, "username").at, part)))
            continue;
        json_array_append_new(items,
                              json_pack("{s:O,s:n,s:O,s:b}", "id", json_object_get(member, "id"), "device",
                                        "name", json_object_get(user, "full_name"), "logged_in", 0));
    }
    return ERR_OK;
}

static err_t json_print(struct cli *cli, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    if (!text)
        return fail(ERR_BUSY, "no memory for the answer");
    cli_print_json(cli, str(text));
    free(text);
    return ERR_OK;
}

static err_t found_print(struct cli *cli, json_t *items)
{
    static const struct column columns[] = {{"Name", "name", put_text},
                                            {"Device", "device", put_text},
                                            {"Logged in", "logged_in", put_yes},
                                            {"Id", "id", put_text},
                                            {0}};
    OWN(json) page = json_pack("{s:O,s:n}", "items", items, "next");
    if (cli->options.json)
        return json_print(cli, page);
    if (!json_array_size(items))
        cli_tell(cli, "nobody by this name");
    else
        grid_print(cli, columns, items);
    return ERR_OK;
}

err_t command_person_list(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) found = NULL;
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "name", str(cli->arguments[0]));
    TRY(body_end(&body));
    TRY(sign_in_load(cli, &sign_in));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", PEOPLE "/search", buf_str(&body)}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &found));
    json_t *items = json_object_get(found, "items");
    TRY(members_add(cli, &sign_in, cli->arguments[0], items));
    return found_print(cli, items);
}

/* show */

struct person {
    struct cli *cli;
    const char *accounts[WORDS_MAX];
    size_t count;
    const char *member;
    json_t *subjects, *touched, *mentions, *places;
};
typedef struct person person_own;
static void person_drop(struct person *person)
{
    json_decref(person->subjects);
    json_decref(person->touched);
    json_decref(person->mentions);
    json_decref(person->places);
}

static err_t person_named(struct cli *cli, struct person *person)
{
    const char *const *end = cli->words + cli->count;
    *person = (struct person){cli, .subjects = json_array(), .touched = json_array(),
                              .mentions = json_array(), .places = json_array()};
    for (const char *const *word = cli->arguments; word < end; word++) {
        ident_t id;
        if (ident_read("acc", str(*word), &id) == ERR_OK)
            person->accounts[person->count++] = *word;
        else if (!person->member && ident_read("usr", str(*word), &id) == ERR_OK)
            person->member = *word;
        else
            return cli_advise(cli,
                              fail(ERR_INVALID, "a person is accounts (acc_…), one member (usr_…), or both"),
                              "custody person list NAME finds them");
    }
    return ERR_OK;
}

static void person_put(const struct person *person, buf_t *body)
{
    body_put_texts(body, "accounts", person->accounts, person->count);
    if (person->member)
        body_put(body, "member", str(person->member));
}

static err_t event_take(struct events *events, str_t name, const json_t *value, str_t data)
{
    struct person *person = events->with;
    json_t *kept = (json_t *)(uintptr_t)value;
    (void)data;
    if (str_eq(name, STR("subject")))
        json_array_append(person->subjects, kept);
    else if (str_eq(name, STR("touched")))
        json_array_append(person->touched, kept);
    else if (str_eq(name, STR("mention")))
        json_array_append(person->mentions, kept);
    else if (json_is_true(json_object_get(value, "over")))
        json_array_append(person->places, kept);
    else if (str_eq(name, STR("progress")))
        events_progress(events, "%s: %lld looked through, %lld mentions", answer_text(value, "place").at,
                        (long long)json_integer_value(json_object_get(value, "looked")),
                        (long long)json_integer_value(json_object_get(value, "found")));
    return ERR_OK;
}

static err_t person_look(struct cli *cli, const struct sign_in *sign_in, struct person *person)
{
    OWN(buf) body = BUF(MAX_BODY);
    person_put(person, &body);
    if (cli->options.also)
        body_put(&body, "also", str(cli->options.also));
    TRY(body_end(&body));
    struct events events = {.cli = cli, .event = event_take, .with = person};
    err_t looked = events_run(&events, sign_in, &(struct call){"POST", PEOPLE "/look", buf_str(&body)});
    events_clear(&events);
    return looked;
}

static void skipped_tell(struct cli *cli, const struct person *person)
{
    const json_t *place;
    size_t i;
    json_array_foreach(person->places, i, place) if (answer_text(place, "skipped").len) cli_tell(
        cli, "not looked at: %s (%s)", answer_text(place, "place").at, answer_text(place, "skipped").at);
}

static void person_print(struct cli *cli, const struct person *person)
{
    static const struct column subjects[] = {{"Name", "name", put_text},
                                             {"Id", "id", put_text},
                                             {"Device", "device", put_text},
                                             {"Held", "held", put_yes},
                                             {"Elevations", "elevations", put_number},
                                             {"Copies of keys", "copies", put_number},
                                             {"In copies elsewhere", "elsewhere", put_number},
                                             {"Held there", "held_elsewhere", put_number},
                                             {"In the way", "bars", put_text},
                                             {0}};
    static const struct column touched[] = {
        {"Kept", "what", put_text},     {"Entries", "entries", put_number},
        {"Rows", "rows", put_number},   {"Bytes", "bytes", put_number},
        {"From", "from", put_moment},   {"Until", "until", put_moment},
        {"Device", "device", put_text}, {0}};
    static const struct column mentions[] = {{"Place", "place", put_text},
                                             {"In", "in", put_text},
                                             {"Text", "text", put_text},
                                             {"Can be", "fix", put_text},
                                             {0}};
    grid_print(cli, subjects, person->subjects);
    fputc('\n', cli->out);
    heading_print(cli, "What goes");
    grid_print(cli, touched, person->touched);
    if (json_array_size(person->mentions)) {
        fputc('\n', cli->out);
        heading_print(cli, "Mentions elsewhere, which stay unless they are rewritten");
        grid_print(cli, mentions, person->mentions);
    }
    skipped_tell(cli, person);
}

static err_t person_print_json(struct cli *cli, const struct person *person)
{
    OWN(json)
    all = json_pack("{s:O,s:O,s:O,s:O}", "subjects", person->subjects, "touched", person->touched, "mentions",
                    person->mentions, "places", person->places);
    return json_print(cli, all);
}

err_t command_person_show(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(person) person = {0};
    TRY(person_named(cli, &person));
    TRY(sign_in_load(cli, &sign_in));
    TRY(person_look(cli, &sign_in, &person));
    if (cli->options.json)
        return person_print_json(cli, &person);
    person_print(cli, &person);
    return ERR_OK;
}

/* forget */

static const struct column facts[] = {{"Id", "id", put_text},
                                      {"At", "at", put_moment},
                                      {"By", "by", put_text},
                                      {"Member", "member", put_text},
                                      {"Keys left", "keys", put_number},
                                      {"Mentions that stay", "mentions", put_number},
                                      {"Writers without keys", "dropped", put_moment},
                                      {"Rows removed", "removed", put_moment},
                                      {"Copies dead", "rolled", put_moment},
                                      {0}};

/* What has to be typed is for the service to know: the name of one of the accounts, or of the member. */
static err_t typed_read(struct cli *cli, const struct person *person, buf_t *out_typed)
{
    if (cli->options.confirm) {
        buf_put(out_typed, str(cli->options.confirm));
        return buf_end(out_typed);
    }
    if (!prompt_has_terminal(cli))
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed which person"), "give --confirm NAME");
    cli_tell(
        cli,
        "The keys of all that is listed are destroyed, for good, in every copy and snapshot: nobody can open it any "
        "more. %zu mentions elsewhere stay.",
        json_array_size(person->mentions));
    return prompt_text(cli, "the person's name, to go on", out_typed);
}

static err_t forget_body(struct cli *cli, const struct person *person, buf_t *body)
{
    OWN(buf) typed = BUF(MAX_PASSWORD);
    char mentions[NAMES_MAX];
    TRY(typed_read(cli, person, &typed));
    snprintf(mentions, sizeof mentions, "%zu", json_array_size(person->mentions));
    person_put(person, body);
    body_put(body, "typed", buf_str(&typed));
    TRY(prompt_proof(cli, body));
    TRY(body_put_number(body, "mentions", mentions));
    return body_end(body);
}

static void waiting_tell(struct cli *cli, const struct reply *reply)
{
    OWN(json) forgotten = NULL;
    if (answer_parse(buf_str(&reply->body), &forgotten) != ERR_OK)
        return;
    size_t waiting = json_array_size(json_object_get(forgotten, "waiting"));
    if (waiting)
        cli_tell(cli,
                 "%zu endpoints have yet to say that they withhold the account: custody person forgotten",
                 waiting);
}

err_t command_person_forget(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(person) person = {0};
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(person_named(cli, &person));
    TRY(sign_in_load(cli, &sign_in));
    TRY(person_look(cli, &sign_in, &person));
    if (!cli->options.json)
        person_print(cli, &person);
    TRY(forget_body(cli, &person, &body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", PEOPLE "/forget", buf_str(&body)}, &reply));
    TRY(record_print(cli, &reply, facts));
    waiting_tell(cli, &reply);
    return ERR_OK;
}

/* forgotten */

static void put_size(const json_t *record, const char *key, buf_t *out)
{
    size_t size = json_array_size(json_object_get(record, key));
    if (size)
        buf_putf(out, "%zu", size);
}

err_t command_person_forgotten(struct cli *cli)
{
    static const struct column columns[] = {{"Forgotten", "at", put_moment},
                                            {"Accounts", "accounts", put_size},
                                            {"Member", "member", put_text},
                                            {"Rows gone", "removed", put_moment},
                                            {"Copies dead", "rolled", put_moment},
                                            {"Not told yet", "waiting", put_size},
                                            {"Id", "id", put_text},
                                            {0}};
    return saved_list(cli, &(struct list){FORGOTTEN, columns, "nobody was forgotten"});
}

err_t command_person_lift(struct cli *cli)
{
    OWN(buf) path = BUF(256);
    OWN(reply) reply = {0};
    ident_t id;
    if (ident_read("fgt", str(cli->arguments[0]), &id) != ERR_OK)
        return cli_advise(cli, fail(ERR_INVALID, "that is no id: one begins with fgt_"),
                          "custody person forgotten says what there is");
    buf_putf(&path, FORGOTTEN "/%s/lift", ident_text("fgt", id).text);
    TRY(buf_end(&path));
    TRY(service_ask(cli, &(struct call){"POST", path.at}, &reply));
    TRY(record_print(cli, &reply, facts));
    cli_tell(cli, "The endpoints report these accounts again, under new ids. What was forgotten stays so.");
    return ERR_OK;
}

/* rename */

static err_t rename_run(struct cli *cli, const char *folder, const char *prefix)
{
    OWN(buf) path = BUF(256);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(record_path(cli, folder, prefix, &path));
    body_put(&body, "name", str(cli->options.name));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"PUT", path.at, buf_str(&body)}, &reply));
    cli_tell(cli, "%s is renamed", cli->arguments[0]);
    cli_print_done(cli, "renamed", cli->arguments[0]);
    return ERR_OK;
}

err_t command_token_rename(struct cli *cli) { return rename_run(cli, "/v1/tokens", "tok"); }
err_t command_deployment_rename(struct cli *cli) { return rename_run(cli, "/v1/deployment-keys", "dpl"); }
