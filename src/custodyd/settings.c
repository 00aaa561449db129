/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/settings.h"

#include "notify/notice.h"

struct setting {
    const char *name, *fallback, *meaning;
    size_t at;
};

static const struct setting table[] = {
#define S(name, field, fallback, meaning) {name, fallback, meaning, offsetof(struct settings, field)},
    SETTINGS(S)
#undef S
};
enum { COUNT = sizeof table / sizeof *table, MOST_WORKERS = 64, COOLING_MOST = 24 * 60 - 60 };

static const char **place(struct settings *settings, const struct setting *setting)
{
    return (const char **)(void *)((char *)settings + setting->at);
}

static err_t numbers_read(struct settings *settings)
{
    uint64_t port = 0, workers = 0, web = 0, keys = 0, jobs = 0, gib = 0, cooling = 0;
    TRY(str_number(str(settings->port), 65534, &port));
    TRY(str_number(str(settings->workers), MOST_WORKERS, &workers));
    TRY(str_number(str(settings->web_user), UINT32_MAX - 1, &web));
    TRY(str_number(str(settings->keys_user), UINT32_MAX - 1, &keys));
    TRY(str_number(str(settings->jobs_user), UINT32_MAX - 1, &jobs));
    TRY(str_number(str(settings->plan_gib), 1024 * 1024 * 1024, &gib));
    if (!port || !workers || !gib)
        return fail(ERR_INVALID, "port, workers and plan-gib are at least 1");
    settings->gib = (int64_t)gib;
    if (str_number(str(settings->erasure_cooling), COOLING_MOST, &cooling) != ERR_OK)
        return fail(ERR_INVALID, "--erasure-cooling is minutes, less than a day");
    settings->cooling = MINUTES(cooling);
    settings->port_number = (uint16_t)port;
    settings->worker_count = (size_t)workers;
    settings->web_uid = (uid_t)web;
    settings->keys_uid = (uid_t)keys;
    settings->jobs_uid = (uid_t)jobs;
    return ERR_OK;
}

static err_t relay_read(struct settings *settings)
{
    if (!*settings->smtp_user != !*settings->smtp_password)
        return fail(ERR_INVALID, "--smtp-user and --smtp-password, the file of its password, go together");
    if (!*settings->smtp)
        return *settings->mail_from || *settings->smtp_user
                   ? fail(ERR_INVALID, "--mail-from and --smtp-user need --smtp, the relay")
                   : ERR_OK;
    TRY(reach_read(str(settings->smtp), &settings->relay));
    if (strncmp(settings->relay.scheme, "smtp", 4) != 0 || *settings->relay.path)
        return fail(ERR_INVALID, "--smtp is smtp://HOST[:PORT] or smtps://HOST[:PORT]");
    if (!is_address(str(settings->mail_from)))
        return fail(ERR_INVALID, "--smtp needs --mail-from, an address such as custody@example.com");
    return ERR_OK;
}

/* Where a client's address may be: --NAME-ports and --NAME-near. */
static err_t rules_read(const char *ports, const char *near, struct reach_rules *rules)
{
    str_t rest = str(ports);
    size_t count = 0;
    while (rest.len) {
        uint64_t port = 0;
        if (count == REACH_PORTS || str_number(str_until(&rest, ','), UINT16_MAX, &port) != ERR_OK || !port)
            return fail(ERR_INVALID, "%s is up to %d ports, commas between", rules->setting, REACH_PORTS);
        rules->ports[count++] = (uint16_t)port;
    }
    rules->near = !strcmp(near, "yes");
    return rules->near || !strcmp(near, "no")
               ? ERR_OK
               : fail(ERR_INVALID, "--witness-near, --webhook-near and --sso-near are yes or no");
}

/* Without a slash at its end: pages of the console are put behind it. */
static err_t console_read(struct settings *settings)
{
    struct reach reach;
    str_t hosts = str(settings->hosts), first = str_until(&hosts, ',');
    if (!*settings->console) {
        snprintf(settings->console_url, sizeof settings->console_url, "https://%.*s:%u", STR_ARG(first),
                 settings->port_number);
        return ERR_OK;
    }
    TRY(reach_read(str(settings->console), &reach));
    size_t len = strlen(settings->console);
    if (strcmp(reach.scheme, "https") != 0 || settings->console[len - 1] == '/' ||
        len >= sizeof settings->console_url)
        return fail(ERR_INVALID, "--console is https://HOST[:PORT], without a slash at its end");
    memcpy(settings->console_url, settings->console, len + 1);
    return ERR_OK;
}

static err_t setting_take(struct settings *settings, const char *option, const char *value)
{
    for (size_t i = 0; i < COUNT; i++)
        if (!strncmp(option, "--", 2) && !strcmp(option + 2, table[i].name)) {
            *place(settings, &table[i]) = value;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "no setting %s: see custodyd --help", option);
}

err_t settings_read(int argc, char **argv, struct settings *out_settings)
{
    struct settings settings = {0};
    for (size_t i = 0; i < COUNT; i++)
        *place(&settings, &table[i]) = table[i].fallback;
    for (int i = 0; i < argc; i += 2) {
        if (i + 1 == argc)
            return fail(ERR_INVALID, "%s takes a value", argv[i]);
        TRY(setting_take(&settings, argv[i], argv[i + 1]));
    }
    if (!*settings.home)
        return fail(ERR_INVALID, "--home is needed: the folder of this service");
    TRY(numbers_read(&settings));
    TRY(relay_read(&settings));
    TRY(console_read(&settings));
    settings.witnesses.setting = "--witness-ports";
    settings.webhooks.setting = "--webhook-ports";
    settings.providers.setting = "--sso-ports";
    TRY(rules_read(settings.witness_ports, settings.witness_near, &settings.witnesses));
    TRY(rules_read(settings.webhook_ports, settings.webhook_near, &settings.webhooks));
    TRY(rules_read(settings.sso_ports, settings.sso_near, &settings.providers));
    *out_settings = settings;
    return ERR_OK;
}

void settings_put(const struct settings *settings, buf_t *out_text)
{
    for (size_t i = 0; i < COUNT; i++) {
        const char *value = *(const char *const *)(const void *)((const char *)settings + table[i].at);
        if (*value)
            buf_putf(out_text, "--%s %s\n", table[i].name, value);
    }
}

void settings_help(FILE *to)
{
    fprintf(
        to,
        "custodyd " CUSTODY_VERSION ": the service.\n\n    custodyd [--SETTING VALUE ...]\n"
        "    custodyd rebuild --home FOLDER --snapshots FOLDER --keyring-copy FOLDER [--SETTING VALUE ...]\n"
        "        a machine that was lost, brought back in an empty folder with its root.key\n"
        "    custodyd --openapi\n        prints the HTTP API\n\nSettings:\n");
    for (size_t i = 0; i < COUNT; i++)
        fprintf(to, "  --%-14s %s%s%s%s\n", table[i].name, table[i].meaning, *table[i].fallback ? " (" : "",
                table[i].fallback, *table[i].fallback ? ")" : "");
}
