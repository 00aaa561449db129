/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices: list, show, approve, revoke, remove.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/device.h"
#include "cli/prompt.h"
#include "cli/text.h"

#define DEVICES "/v1/devices"
enum { PATH_LENGTH_MAX = 256 };

/* What its endpoint sealed and is no record. */
static void put_broken(const json_t *device, const char *key, buf_t *out)
{
    const json_t *parts = json_object_get(device, key);
    for (size_t i = 0; i < json_array_size(parts); i++) {
        buf_put(out, i ? STR(", ") : STR(""));
        buf_put(out, str(json_string_value(json_array_get(parts, i)) ?: ""));
    }
}

static bool is_name_broken(const json_t *device)
{
    const char *first = json_string_value(json_array_get(json_object_get(device, "broken"), 0));
    return first && !strcmp(first, "name");
}

static void put_device_name(const json_t *device, const char *key, buf_t *out)
{
    if (json_is_string(json_object_get(device, key)))
        put_text(device, key, out);
    else
        buf_put(out, is_name_broken(device) ? STR("(unreadable)") : STR("(not reported yet)"));
}

const struct column device_columns[] = {
    {"Name", "name", put_device_name},    {"State", "state", put_text}, {"Last seen", "seen", put_moment},
    {"Enrolled", "enrolled", put_moment}, {"Id", "id", put_text},       {0},
};

err_t command_device_list(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    bool chosen = cli->options.name || cli->options.state;
    TRY(sign_in_load(cli, &sign_in));
    return list_run(cli, &sign_in,
                    &(struct list){DEVICES, device_columns,
                                   chosen ? "no such devices"
                                          : "no devices yet: custody deployment create makes a key to "
                                            "enrol them with"});
}

/* show */

static err_t device_fetch(struct cli *cli, const struct sign_in *sign_in, struct reply *reply,
                          json_t **out_device)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, DEVICES, "dev", &path));
    TRY(service_call(cli, sign_in, &(struct call){"GET", path.at}, reply));
    return answer_parse(buf_str(&reply->body), out_device);
}

static void put_size(const json_t *device, const char *key, buf_t *out)
{
    buf_putf(out, "%zu", json_array_size(json_object_get(device, key)));
}

static bool is_told_before(const json_t *addresses, const char *key, size_t at)
{
    str_t text = answer_text(json_array_get(addresses, at), key);
    for (size_t i = 0; i < at; i++)
        if (str_eq(answer_text(json_array_get(addresses, i), key), text))
            return true;
    return false;
}

/* That part of all addresses, each once. */
static void put_addresses(const json_t *device, const char *key, buf_t *out)
{
    const json_t *addresses = json_object_get(device, "addresses");
    for (size_t i = 0; i < json_array_size(addresses); i++) {
        const json_t *address = json_array_get(addresses, i);
        if (!answer_text(address, key).len || is_told_before(addresses, key, i))
            continue;
        buf_put(out, out->len ? STR(", ") : STR(""));
        put_text(address, key, out);
    }
}

static void facts(struct cli *cli, const json_t *device)
{
    static const struct column columns[] = {
        {"Name", "name", put_device_name},
        {"Id", "id", put_text},
        {"State", "state", put_text},
        {"Last seen", "seen", put_moment},
        {"Enrolled", "enrolled", put_moment},
        {"MAC", "mac", put_addresses},
        {"IP", "ip", put_addresses},
        {"Connected from", "connected_from", put_addresses},
        {"Programs", "programs", put_size},
        {"Unreadable", "broken", put_broken},
        {0},
    };
    facts_print(cli, columns, device);
}

static void section(struct cli *cli, const char *heading, const struct column *columns, const json_t *records)
{
    if (!json_array_size(records))
        return;
    heading_print(cli, heading);
    grid_print(cli, columns, records);
}

static void accounts(struct cli *cli, const json_t *device)
{
    static const struct column columns[] = {{"Name", "name", put_text},
                                            {"Logged in", "logged_in", put_yes},
                                            {"System", "system", put_yes},
                                            {"Id", "id", put_text},
                                            {0}};
    section(cli, "Accounts", columns, json_object_get(device, "accounts"));
}

/* The accounts by their ids: a device may report very many, and each in many groups. */
static json_t *accounts_by_id(const json_t *device)
{
    const json_t *accounts = json_object_get(device, "accounts");
    json_t *by_id = json_object();
    for (size_t i = 0; i < json_array_size(accounts); i++) {
        json_t *account = json_array_get(accounts, i);
        const char *id = json_string_value(json_object_get(account, "id"));
        if (id && json_object_set(by_id, id, account) != 0)
            return json_decref(by_id), NULL;
    }
    return by_id;
}

/* The names of a group's accounts; the id of one that the device does not list. */
static json_t *members_text(const json_t *group, const json_t *by_id)
{
    OWN(buf) names = BUF(MAX_REPLY);
    const json_t *ids = json_object_get(group, "account");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        str_t name = answer_text(json_object_get(by_id, id ? id : ""), "name");
        buf_put(&names, i ? STR(", ") : STR(""));
        buf_put(&names, name.len ? name : str(id));
    }
    return json_stringn(buf_str(&names).at, names.len);
}

static err_t groups(struct cli *cli, const json_t *device)
{
    static const struct column columns[] = {
        {"Name", "name", put_text}, {"Members", "members", put_text}, {0}};
    OWN(json) rows = json_array();
    OWN(json) by_id = accounts_by_id(device);
    const json_t *listed = json_object_get(device, "groups");
    for (size_t i = 0; i < json_array_size(listed); i++) {
        json_t *group = json_array_get(listed, i);
        json_t *row = json_pack("{s:O?,s:o}", "name", json_object_get(group, "name"), "members",
                                members_text(group, by_id));
        if (json_array_append_new(rows, row) != 0)
            return fail(ERR_BUSY, "no memory for the groups");
    }
    section(cli, "Groups", columns, rows);
    return ERR_OK;
}

static void programs(struct cli *cli, const json_t *device)
{
    static const struct column columns[] = {
        {"Name", "name", put_text}, {"Version", "version", put_text}, {0}};
    section(cli, "Programs", columns, json_object_get(device, "programs"));
}

static err_t device_print(struct cli *cli, const json_t *device)
{
    facts(cli, device);
    accounts(cli, device);
    TRY(groups(cli, device));
    if (cli->options.programs)
        programs(cli, device);
    return ERR_OK;
}

err_t device_tell(struct cli *cli, const struct reply *reply)
{
    OWN(json) device = NULL;
    TRY(answer_parse(buf_str(&reply->body), &device));
    if (!cli->options.json)
        return device_print(cli, device);
    cli_print_json(cli, buf_str(&reply->body));
    return ERR_OK;
}

err_t device_show(struct cli *cli, const char *path)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", path}, &reply));
    return device_tell(cli, &reply);
}

err_t command_device_show(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, DEVICES, "dev", &path));
    return device_show(cli, path.at);
}

/* approve, revoke */

err_t command_device_approve(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", DEVICES, "dev", "/approve", "approved"});
}

err_t command_device_revoke(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, DEVICES, "dev", &path)); /* nobody is asked about what is no device */
    TRY(prompt_agree(cli, "Its certificate is refused from now on, until it is approved again."));
    return turn_run(cli, &(struct turn){"POST", DEVICES, "dev", "/revoke", "revoked"});
}

/* remove */

/* What has to be typed: the device's name, or its id while it has none. */
static err_t confirm(struct cli *cli, const json_t *device)
{
    OWN(buf) typed = BUF(MAX_PASSWORD);
    str_t name = answer_text(device, "name");
    if (!name.len)
        name = answer_text(device, "id");
    if (cli->options.confirm) {
        buf_put(&typed, str(cli->options.confirm));
    } else if (prompt_has_terminal(cli)) {
        cli_tell(cli, "This destroys the keys of %.*s and of its accounts, for good:", STR_ARG(name));
        cli_tell(cli, "what it reported cannot be read any more, and its certificate is refused.");
        TRY(prompt_text(cli, "the device's name, to go on", &typed));
    } else {
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed which device"), "give --confirm NAME");
    }
    TRY(buf_end(&typed));
    if (str_eq(buf_str(&typed), name))
        return ERR_OK;
    return cli_advise(cli, fail(ERR_INVALID, "that is not the name of this device: nothing is removed"),
                      "custody device show %s", cli->arguments[0]);
}

err_t command_device_remove(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) read = {0};
    OWN(reply) removed = {0};
    OWN(json) device = NULL;
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(sign_in_load(cli, &sign_in));
    TRY(device_fetch(cli, &sign_in, &read, &device));
    TRY(confirm(cli, device));
    TRY(record_path(cli, DEVICES, "dev", &path));
    TRY(service_call(cli, &sign_in, &(struct call){"DELETE", path.at}, &removed));
    cli_tell(cli, "%s is removed", cli->arguments[0]);
    cli_print_done(cli, "removed", cli->arguments[0]);
    return ERR_OK;
}
