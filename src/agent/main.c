/* SPDX-License-Identifier: Apache-2.0
 *
 * custody-agent: the endpoint's side. The table of commands is dispatcher and help at once.
 */
#include "agent/collect.h"
#include "agent/elevations.h"
#include "agent/enrol.h"
#include "agent/guarding.h"
#include "agent/keeper.h"
#include "agent/launches.h"
#include "agent/link.h"
#include "agent/place.h"
#include "agent/recorded.h"
#include "agent/report.h"
#include "agent/what.h"
#include "base/limits.h"

#include <curl/curl.h>
#include <malloc.h>
#include <signal.h>

enum { KEY_TEXT_MAX = 256 };

struct options {
    const char *url, *agent_url, *key, *state, *json, *only, *journal, *own, *forget, *token_file, *folder,
        *settings, *authority, *once;
};

struct command {
    const char *name;
    err_t (*run)(const struct options *options);
    const char *takes, *help;
};

/* enrol */

/* A key on the command line can be seen by other users; "-" reads it from standard input. */
static err_t key_read(const char *given, buf_t *out_key)
{
    char line[KEY_TEXT_MAX + 2] = "";
    if (strcmp(given, "-") != 0)
        buf_put(out_key, str(given));
    else if (fgets(line, sizeof line, stdin))
        buf_put(out_key, str_trim(str(line)));
    explicit_bzero(line, sizeof line);
    return buf_end(out_key);
}

static err_t command_enrol(const struct options *options)
{
    OWN(fd) held = 0;
    OWN(buf) key = BUF(KEY_TEXT_MAX);
    struct enrolment enrolment;
    TRY(key_read(options->key, &key));
    TRY(folder_hold(options->state, FOLDER_MAKE, &held));
    TRY(enrol(&(struct enrol_ask){env_real(), options->state, options->url, buf_str(&key)}, &enrolment));
    printf("enrolled as %s%s\n", ident_text("dev", enrolment.device).text,
           enrolment.waits ? "; it waits for approval by an administrator of the client" : "");
    if (enrolment.other_signer)
        fprintf(
            stderr,
            "custody-agent: the client has another signing key now, and this machine obeys the one it knows: remove "
            "its folder to enrol it as a new device, and let its guard --forget\n");
    return ERR_OK;
}

/* once, run */

struct turn {
    size_t items;
    struct outcome outcome;
};

static void say(const char *line) { fprintf(stderr, "custody-agent: %s\n", line); }

/* After the accounts that they are about were announced. */
static err_t launches_upload(const struct reporter *reporter)
{
    OWN(launches) launches = {0};
    size_t sent;
    TRY(launches_open(reporter->env, reporter->folder, &launches));
    return launches_send(&launches, reporter, &sent);
}

/* A certificate that could not be renewed is told once everything that it is still good for is done. */
static err_t link_work(struct link *link, size_t *out_items)
{
    struct reporter reporter = {link->env, link->folder, "", link_send, link, .say = say};
    char why[256];
    err_t renewed = link_renew(link);
    snprintf(why, sizeof why, "%s", err_note());
    if (renewed != ERR_OK && link_is_past(link))
        return fail(renewed, "%s", why);
    TRY(report_cycle(&reporter, out_items));
    TRY(launches_upload(&reporter));
    return renewed == ERR_OK ? ERR_OK : fail(renewed, "%s", why);
}

static err_t cycle(const struct options *options, struct turn *out_turn)
{
    OWN(link) link = {.env = env_real(), .folder = options->state, .url = options->agent_url};
    *out_turn = (struct turn){0};
    err_t done = link_work(&link, &out_turn->items);
    out_turn->outcome = link_outcome(&link, done);
    return done;
}

static err_t command_once(const struct options *options)
{
    OWN(fd) held = 0;
    struct turn turn;
    TRY(folder_hold(options->state, FOLDER_FIND, &held));
    TRY(cycle(options, &turn));
    if (turn.items)
        printf("sent %zu items\n", turn.items);
    else
        printf("nothing has changed\n");
    return ERR_OK;
}

/* At any moment: every file is replaced as one step, and a report that was under way is sent again. */
static void stop(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

/* Says what is new, and the same trouble only once. */
static void tell(err_t done, size_t items, char said[256])
{
    if (done != ERR_OK && strcmp(said, err_note()) != 0)
        fprintf(stderr, "custody-agent: %s\n", err_note());
    if (done == ERR_OK && *said)
        fprintf(stderr, "custody-agent: the service answers again\n");
    if (done == ERR_OK && items)
        fprintf(stderr, "custody-agent: sent %zu items\n", items);
    snprintf(said, 256, "%s", done == ERR_OK ? "" : err_note());
}

static err_t command_run(const struct options *options)
{
    OWN(fd) held = 0;
    char said[256] = "";
    struct pace pace = {0};
    struct env *env = env_real();
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    TRY(folder_hold(options->state, FOLDER_FIND, &held));
    for (;;) {
        struct turn turn;
        uint32_t drawn;
        err_t done = cycle(options, &turn);
        tell(done, turn.items, said);
        malloc_trim(0);
        env->random(env, &drawn, sizeof drawn);
        elevations_pause(&(struct elevations_pause){env, options->state, options->agent_url},
                         pace_next(&pace, &turn.outcome, drawn));
    }
}

/* what */

/* Without a state folder, or before enrolment, ids are drawn that nobody else will see. */
static err_t state_for_what(const struct options *options, struct state *state)
{
    struct env *env = env_real();
    if (options->state)
        return state_load(env, options->state, state);
    state_begin(state, env, ident_new(env), ident_new(env));
    return ERR_OK;
}

static void heading_print(const struct options *options, const struct state *state)
{
    printf("What Custody collects about this machine and its people. Nothing else is sent.\n");
    if (options->state)
        printf("This machine is %s; %llu reports were answered.\n", ident_text("dev", state->device).text,
               (unsigned long long)state->answered);
    printf("\n");
}

static err_t command_what(const struct options *options)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    OWN(buf) text = BUF(COLLECT_MAX);
    struct list items, launches = LIST(&arena, str_t), withheld = LIST(&arena, str_t);
    TRY(state_for_what(options, &state));
    TRY(collect(&(struct collect_ask){env_real(), "", &state}, &arena, &items));
    enum what_form form = options->json ? WHAT_JSON : WHAT_TABLE;
    recorded_tell(env_real(), options->state, &launches);
    for (const struct state_account *one = state.accounts; one; one = one->next) {
        str_t *name = one->withheld && one->present ? list_add(&withheld) : NULL;
        if (name)
            *name = one->name;
    }
    TRY(what_put(&(struct what_ask){&items, &state.switches, form, &launches, &withheld}, &text));
    if (!options->json)
        heading_print(options, &state);
    fwrite(text.at, 1, text.len, stdout);
    return ERR_OK;
}

/* guard */

static err_t command_guard(const struct options *options)
{
    const struct guarding_ask ask = {env_real(), options->state, options->own, options->journal,
                                     options->only};
    return options->forget ? guarding_forget(&ask) : guarding(&ask);
}

/* keeper */

static err_t command_keeper(const struct options *options)
{
    return keeper_run(&(struct keeper_ask){env_real(), options->url, options->token_file, options->folder,
                                           options->settings, options->authority, options->once != NULL});
}

/* The command line */

static const struct command commands[] = {
    {"enrol", command_enrol, "--url --key --state",
     "make this machine an endpoint of the client whose deployment key is given"},
    {"once", command_once, "--agent-url --state", "collect, send what has changed, and end"},
    {"run", command_run, "--agent-url --state", "the same, and again every minute, until SIGTERM"},
    {"guard", command_guard, "--state",
     "judge what is launched, by the client's policies, and write it down; until SIGTERM; root's alone"},
    {"keeper", command_keeper, "--url --token-file --folder",
     "hold the client's key in its own network: exports, reports, alerts and keys, by keeper.conf; until SIGTERM"},
    {"what", command_what, "", "print what is collected about this machine and its people"},
};

/*  name, what it is called in the help, where its value goes; those without a value are switches */
static const struct option {
    const char *name, *value;
    size_t at;
    const char *help;
} option_table[] = {
    {"--url", "URL", offsetof(struct options, url), "the console's address, https://…"},
    {"--agent-url", "URL", offsetof(struct options, agent_url),
     "the agents' door, https://… (the console's next port)"},
    {"--key", "KEY", offsetof(struct options, key),
     "the deployment key, cdk_…; - reads it from standard input"},
    {"--state", "DIR", offsetof(struct options, state), "the agent's folder, open to its owner only"},
    {"--only", "DIRS", offsetof(struct options, only),
     "guard: only the file systems of these folders, with colons between them"},
    {"--journal", "FILE", offsetof(struct options, journal),
     "guard: where launches stand until they are handed over, in memory: /run/custody-dev_….journal"},
    {"--own", "DIR", offsetof(struct options, own),
     "guard: its own folder, root's alone: the agent's with .guard behind its name"},
    {"--forget", NULL, offsetof(struct options, forget),
     "guard: forget whose machine this is, with key and policy, and end: after it was enrolled anew"},
    {"--token-file", "FILE", offsetof(struct options, token_file), "keeper: the file of its token, ctk_…"},
    {"--folder", "DIR", offsetof(struct options, folder), "keeper: its folder, open to its owner only"},
    {"--settings", "FILE", offsetof(struct options, settings),
     "keeper: what it is to do; keeper.conf in its folder if it is not said"},
    {"--authority", "FILE", offsetof(struct options, authority),
     "keeper: the authority to trust the service by; the machine's if it is not said"},
    {"--once", NULL, offsetof(struct options, once), "keeper: one turn, and end"},
    {"--json", NULL, offsetof(struct options, json), "print JSON"},
};

#define for_each(row, table) \
    for (typeof(&*(table)) row = (table); row < (table) + sizeof(table) / sizeof *(table); row++)

static err_t help_print(void)
{
    printf("usage: custody-agent COMMAND [OPTION…]\n\n");
    for_each(command, commands)
        printf("  %-6s %-22s %s\n", command->name, command->takes, command->help);
    printf("\n");
    for_each(option, option_table)
        printf("  %-12s %-4s  %s\n", option->name, option->value ? option->value : "", option->help);
    printf("  --help, --version\n");
    return ERR_OK;
}

static const char **option_in(struct options *options, const struct option *option)
{
    return (const char **)(void *)((char *)options + option->at);
}

static err_t option_read(char ***rest, struct options *options)
{
    const char *name = *(*rest)++;
    for_each(option, option_table) {
        if (strcmp(option->name, name) != 0)
            continue;
        const char *value = option->value ? **rest : name;
        if (!value)
            return fail(ERR_INVALID, "%s wants a value: %s", name, option->help);
        *rest += option->value ? 1 : 0;
        *option_in(options, option) = value;
        return ERR_OK;
    }
    return fail(ERR_INVALID, "no option %.60s: see custody-agent --help", name);
}

/* Every option that a command takes, by its row. */
static err_t options_check(const struct command *command, struct options *options)
{
    str_t takes = str(command->takes);
    while (takes.len) {
        str_t name = str_until(&takes, ' ');
        for_each(option, option_table)
            if (str_eq(name, str(option->name)) && !*option_in(options, option))
                return fail(ERR_INVALID, "%s needs %s: %s", command->name, option->name, option->help);
    }
    return ERR_OK;
}

static err_t command_run_named(const char *name, char **rest)
{
    struct options options = {0};
    while (*rest)
        TRY(option_read(&rest, &options));
    for_each(command, commands) {
        if (strcmp(command->name, name) != 0)
            continue;
        TRY(options_check(command, &options));
        return command->run(&options);
    }
    return fail(ERR_INVALID, "no command %.60s: see custody-agent --help", name);
}

int main(int argc, char **argv)
{
    err_t done;
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    if (argc < 2 || !strcmp(argv[1], "--help"))
        done = help_print();
    else if (!strcmp(argv[1], "--version"))
        done = printf("custody-agent %s\n", CUSTODY_VERSION) > 0 ? ERR_OK : ERR_BROKEN;
    else if (curl_global_init(CURL_GLOBAL_SSL) != CURLE_OK)
        done = fail(ERR_BROKEN, "libcurl does not start");
    else if ((done = crypt_start()) == ERR_OK)
        done = command_run_named(argv[1], argv + 2);
    if (done != ERR_OK)
        fprintf(stderr, "custody-agent: %s\n", err_note());
    return fflush(stdout) == 0 ? err_info(done)->exit : err_info(ERR_BROKEN)->exit;
}
