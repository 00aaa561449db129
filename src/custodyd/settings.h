/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings of custodyd: one table of names, defaults and meanings, from which options and help come. Each is given
 * as --name VALUE.
 */
#pragma once
#include "base/moment.h"
#include "notify/reach.h"
#include <sys/types.h>

/* clang-format off */
/*    name         field       default                meaning */
#define SETTINGS(S) \
    S("home",      home,       "",                    "the folder that holds everything of this service; made where it is missing") \
    S("address",   address,    "127.0.0.1",           "the address to answer on") \
    S("port",      port,       "8443",                "the console's port; endpoints are answered on the next") \
    S("hosts",     hosts,      "localhost,127.0.0.1", "the names that the server's certificate is for, commas between") \
    S("workers",   workers,    "8",                   "threads that answer requests") \
    S("web-user",  web_user,   "61801",               "the user, by number, of the process that talks to the network") \
    S("keys-user", keys_user,  "61802",               "the user, by number, of the process that holds the keys") \
    S("jobs-user", jobs_user,  "61803",               "the user, by number, of the process that keeps the logs and takes snapshots") \
    S("snapshots", snapshots,  "",                    "the folder that snapshots stand in; best on another device than --home, and in it, if nothing is said") \
    S("keyring-copy", keyring_copy, "",               "the folder that the keyring's copy stands in; best on another device than --home, and in it, if nothing is said") \
    S("plan-gib",  plan_gib,   "1073741824",          "the bytes that a GiB of a plan's capacity counts; fewer fill a storage quickly, for a trial") \
    S("console",   console,    "",                    "the console's address, for mails; https:// with the first of --hosts and --port, if nothing is said") \
    S("erasure-cooling", erasure_cooling, "240",      "minutes in which a request for the erasure of a client can be taken back, less than a day") \
    S("smtp",      smtp,       "",                    "the relay that mails go to: smtp://HOST[:PORT] or smtps://HOST[:PORT]; without it notices wait") \
    S("mail-from", mail_from,  "",                    "the address that mails come from") \
    S("smtp-authority", smtp_authority, "",           "the file of the authorities that the relay's certificate may be of; the machine's, if nothing is said") \
    S("smtp-user", smtp_user, "",                     "the name to sign in to the relay with, under TLS alone; for a relay that wants one") \
    S("smtp-password", smtp_password, "",             "the file with its password, on the first line") \
    S("witness-ports", witness_ports, "",             "the ports that clients' witnesses may be asked at, commas between, such as 443,8443; without them none is") \
    S("witness-near", witness_near, "no",             "yes: witnesses may be on this machine and in private networks, and speak http://") \
    S("witness-authority", witness_authority, "",     "the file of the authorities that a witness's certificate may be of; the machine's, if nothing is said") \
    S("webhook-ports", webhook_ports, "",             "the ports that clients' webhooks may be posted to, commas between, such as 443,8443; without them none is") \
    S("webhook-near", webhook_near, "no",             "yes: webhooks may be on this machine and in private networks, and speak http://") \
    S("webhook-authority", webhook_authority, "",     "the file of the authorities that a webhook's certificate may be of; the machine's, if nothing is said") \
    S("sso-ports", sso_ports, "",                     "the ports that clients' sign-in providers may be asked at, commas between, such as 443; without them there is no single sign-on") \
    S("sso-near",  sso_near,  "no",                   "yes: sign-in providers may be on this machine and in private networks, and speak http:// on this machine") \
    S("sso-authority", sso_authority, "",             "the file of the authorities that a sign-in provider's certificate may be of; the machine's, if nothing is said")
/* clang-format on */

struct settings {
#define S(name, field, fallback, meaning) const char *field;
    SETTINGS(S)
#undef S
    uint16_t port_number;
    size_t worker_count;
    moment_t cooling;
    uid_t web_uid, keys_uid, jobs_uid;
    int64_t gib;
    struct reach relay; /* its port is 0 where there is none */
    struct reach_rules witnesses, webhooks, providers;
    char console_url[512];
    char snapshots_at[4096], copy_at[4096]; /* once home_make() has made them */
};

CHECKED err_t settings_read(int argc, char **argv, struct settings *out_settings);
void settings_put(const struct settings *settings,
                  buf_t *out_text); /* a line each: its name, and what it is */
void settings_help(FILE *to);
