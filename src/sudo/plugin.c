/* SPDX-License-Identifier: Apache-2.0
 *
 * custody_sudo.so: sudo's policy plugin, which grants what the guard grants, and an approval plugin, which refuses what the
 * guard does not grant where another policy plugin (sudoers) has granted it. docs/elevation.md: how to switch it on and off.
 *
 *     Plugin custody_policy custody_sudo.so [socket=PATH]
 *     Plugin custody_approval custody_sudo.so [socket=PATH]
 *
 * Thin: what is decided is decided in the guard. sudo gives its callbacks nothing to hold on to, so each plugin has a state
 * here. Where both lines stand, what the first has granted passes the second.
 */
#include "sudo/clean.h"
#include "sudo/visit.h"

#include <fcntl.h>
#include <grp.h>

#define SOCKET "/var/lib/custody-agent/guard.sock"

enum { MEMORY = 4 * 1024 * 1024, GROUPS_MAX = 1024 };

struct plugin {
    arena_t arena; /* what sudo was given lives as long as it does */
    struct visit visit;
    char *const *settings, *const *user_info, *const *user_env;
    char why[256];
    bool granted;
};
static struct plugin policy, approval;

__attribute__((visibility("default"))) extern struct policy_plugin custody_policy;
__attribute__((visibility("default"))) extern struct approval_plugin custody_approval;

struct opened {
    sudo_conv_t converse;
    sudo_printf_t print;
    char *const *settings, *const *user_info, *const *user_env, *const *options;
};

static int begin(struct plugin *plugin, unsigned version, const struct opened *opened)
{
    const char *socket = clean_find(opened->options, "socket");
    const char *noninteractive = clean_find(opened->settings, "noninteractive");
    plugin->arena = (arena_t)ARENA(MEMORY);
    plugin->settings = opened->settings;
    plugin->user_info = opened->user_info;
    plugin->user_env = opened->user_env;
    plugin->visit = (struct visit){.socket = socket ? socket : SOCKET,
                                   .converse = opened->converse,
                                   .print = opened->print,
                                   .interactive = !noninteractive || strcmp(noninteractive, "true") != 0};
    return SUDO_API_VERSION_GET_MAJOR(version) == SUDO_API_VERSION_MAJOR ? 1 : -1;
}

static void end(struct plugin *plugin)
{
    visit_drop(&plugin->visit);
    arena_drop(&plugin->arena);
}

static int show_version(const struct plugin *plugin)
{
    plugin->visit.print(SUDO_CONV_INFO_MSG, "custody_sudo %s\n", CUSTODY_VERSION);
    return 1;
}

/* What was refused was said at the terminal; what went wrong is for sudo to say. */
static int ended(struct plugin *plugin, err_t code, const char **errstr)
{
    if (code == ERR_OK || code == ERR_DENIED)
        return code == ERR_OK;
    snprintf(plugin->why, sizeof plugin->why, "%s", err_note());
    *errstr = plugin->why;
    return -1;
}

static const char *text_of(char *const *list, const char *name)
{
    const char *found = clean_find(list, name);
    return found ? found : "";
}

static err_t number_of(char *const *list, const char *name, uint64_t *out_number)
{
    return str_number(str(text_of(list, name)), UINT32_MAX - 1, out_number);
}

/* What follows the program's name, each with a NUL behind it. */
static err_t args_put(char *const *argv, buf_t *out_args)
{
    for (char *const *arg = argv + 1; *argv && *arg; arg++)
        buf_put(out_args, str_bytes(*arg, strlen(*arg) + 1));
    return buf_end(out_args);
}

static err_t ask_begin(const struct plugin *plugin, struct talk_ask *out_ask)
{
    *out_ask = (struct talk_ask){.tty = str(text_of(plugin->user_info, "tty")),
                                 .cwd = str(text_of(plugin->user_info, "cwd"))};
    return number_of(plugin->user_info, "uid", &out_ask->uid);
}

/* The policy plugin */

/* What another policy would do by these options, and this one would not. */
static err_t options_check(char *const *env_add)
{
    static const char *const refused[] = {"runas_group", "sudoedit",     "login_shell",     "selinux_role",
                                          "cmnd_chroot", "selinux_type", "apparmor_profile"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (clean_find(policy.settings, refused[i]))
            return fail(ERR_INVALID, "%s is not for rules to grant: name the command itself", refused[i]);
    if (clean_find(policy.settings, "preserve_environment") || (env_add && *env_add))
        return fail(ERR_INVALID, "a command that is elevated takes no environment along");
    return ERR_OK;
}

static err_t runas_read(struct talk_ask *ask)
{
    const char *name = clean_find(policy.settings, "runas_user");
    if (!name)
        return ERR_OK;
    const struct passwd *account = getpwnam(name);
    ask->as_named = true;
    if (account) {
        ask->as = account->pw_uid;
        return ERR_OK;
    }
    return *name == '#' ? str_number(str(name + 1), UINT32_MAX - 1, &ask->as)
                        : fail(ERR_INVALID, "no account has that name");
}

static str_t groups_text(const struct passwd *as)
{
    gid_t *groups = arena_array(&policy.arena, gid_t, GROUPS_MAX);
    int count = groups ? GROUPS_MAX : 0;
    buf_t text = arena_buf(&policy.arena, GROUPS_MAX * 11);
    if (!groups || getgrouplist(as->pw_name, as->pw_gid, groups, &count) < 0)
        count = 0; /* more than there may be: it runs with none but its own */
    for (int i = 0; i < count; i++)
        buf_putf(&text, "%s%u", i ? "," : "", groups[i]);
    return buf_str(&text);
}

static char *number_pair(const char *name, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return clean_pair(&policy.arena, name, str(text));
}

static err_t command_info_make(const struct passwd *as, char ***out_info)
{
    arena_t *arena = &policy.arena;
    char **info = arena_array(arena, char *, 9);
    size_t count = 0;
    TRY(arena_end(arena));
    info[count++] = clean_pair(arena, "command", policy.visit.answer.path);
    info[count++] = number_pair("runas_uid", as->pw_uid);
    info[count++] = number_pair("runas_gid", as->pw_gid);
    info[count++] = clean_pair(arena, "runas_groups", groups_text(as));
    info[count++] = clean_pair(arena, "umask", STR("022"));
    info[count++] = clean_pair(arena, "use_pty", STR("true"));
    if (policy.visit.descriptor > 0) {
        (void)fcntl(policy.visit.descriptor, F_SETFD, 0); /* an interpreter opens the script by it */
        info[count++] = number_pair("execfd", (uint64_t)policy.visit.descriptor);
    }
    *out_info = info;
    return arena_end(arena);
}

static err_t argv_make(int argc, char *const argv[], char ***out_argv)
{
    char **list = arena_array(&policy.arena, char *, (size_t)argc + 1);
    TRY(arena_end(&policy.arena));
    for (int i = 0; i < argc; i++)
        list[i] =
            (char *)(uintptr_t)arena_copy(&policy.arena, i ? str(argv[i]) : policy.visit.answer.path).at;
    *out_argv = list;
    return arena_end(&policy.arena);
}

struct granted {
    char **info, **argv, **environment;
};

static err_t granted_make(int argc, char *const argv[], struct granted *out)
{
    const struct passwd *as = getpwuid((uid_t)policy.visit.answer.as);
    if (!as)
        return fail(ERR_BROKEN, "there is no account %llu to run it as",
                    (unsigned long long)policy.visit.answer.as);
    const struct clean_owner owner = {as, str(text_of(policy.user_info, "user")),
                                      str(text_of(policy.user_info, "uid")),
                                      str(text_of(policy.user_info, "gid")), policy.visit.answer.path};
    TRY(command_info_make(as, &out->info));
    TRY(argv_make(argc, argv, &out->argv));
    out->environment = clean_environment(&policy.arena, policy.user_env, &owner);
    return out->environment ? ERR_OK : arena_end(&policy.arena);
}

static err_t policy_judge(char *const argv[], char *const *env_add)
{
    OWN(buf) args = BUF(TALK_MAX);
    struct talk_ask ask;
    TRY(options_check(env_add));
    TRY(ask_begin(&policy, &ask));
    TRY(runas_read(&ask));
    TRY(args_put(argv, &args));
    ask.program = str(argv[0]);
    ask.args = buf_str(&args);
    return visit_ask(&policy.visit, &ask);
}

static int policy_check(int argc, char *const argv[], char *env_add[], char **command_info[],
                        char **argv_out[], char **user_env_out[], const char **errstr)
{
    struct granted granted = {0};
    err_t judged = policy_judge(argv, env_add);
    if (judged == ERR_OK)
        judged = granted_make(argc, argv, &granted);
    *command_info = granted.info;
    *argv_out = granted.argv;
    *user_env_out = granted.environment;
    policy.granted = judged == ERR_OK;
    return ended(&policy, judged, errstr);
}

static int policy_open(unsigned version, sudo_conv_t converse, sudo_printf_t print, char *const settings[],
                       char *const user_info[], char *const user_env[], char *const options[],
                       const char **errstr)
{
    (void)errstr;
    return begin(&policy, version, &(struct opened){converse, print, settings, user_info, user_env, options});
}

static void policy_close(int exit_status, int error)
{
    if (error && policy.granted)
        policy.visit.print(SUDO_CONV_ERROR_MSG, "custody: the command could not be run: %s\n",
                           strerror(error));
    (void)exit_status;
    end(&policy);
}

static int policy_version(int verbose) { return (void)verbose, show_version(&policy); }

struct policy_plugin custody_policy = {
    .type = SUDO_POLICY_PLUGIN,
    .version = SUDO_API_VERSION,
    .open = policy_open,
    .close = policy_close,
    .show_version = policy_version,
    .check_policy = policy_check,
};

/* The approval plugin */

static int approval_open(unsigned version, sudo_conv_t converse, sudo_printf_t print, char *const settings[],
                         char *const user_info[], int submit_optind, char *const submit_argv[],
                         char *const submit_envp[], char *const options[], const char **errstr)
{
    (void)submit_optind, (void)submit_argv, (void)errstr;
    return begin(&approval, version,
                 &(struct opened){converse, print, settings, user_info, submit_envp, options});
}

static err_t approval_judge(char *const command_info[], char *const argv[])
{
    OWN(buf) args = BUF(TALK_MAX);
    struct talk_ask ask;
    TRY(ask_begin(&approval, &ask));
    TRY(number_of(command_info, "runas_uid", &ask.as));
    TRY(args_put(argv, &args));
    ask.as_named = ask.only_judged = true;
    ask.program = str(text_of(command_info, "command"));
    ask.args = buf_str(&args);
    return visit_ask(&approval.visit, &ask);
}

static int approval_check(char *const command_info[], char *const run_argv[], char *const run_envp[],
                          const char **errstr)
{
    (void)run_envp;
    return policy.granted ? 1 : ended(&approval, approval_judge(command_info, run_argv), errstr);
}

static void approval_close(void) { end(&approval); }

static int approval_version(int verbose) { return (void)verbose, show_version(&approval); }

struct approval_plugin custody_approval = {
    .type = SUDO_APPROVAL_PLUGIN,
    .version = SUDO_API_VERSION,
    .open = approval_open,
    .close = approval_close,
    .check = approval_check,
    .show_version = approval_version,
};
