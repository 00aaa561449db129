/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/logins.h"

#include "agent/place.h"
#include "sys/env.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>
#include <utmpx.h>

enum { PROC_FILE_MAX = 4096, NO_LOGIN_UID = UINT32_MAX };

static void mark(struct local *account)
{
    if (account)
        account->told.logged_in = true;
}

/* logind */

/* The first seat is always there while logind runs, and its folder may be there without it. */
static bool logind_is_there(const char *root)
{
    return !*root && access("/run/systemd/seats/seat0", F_OK) == 0;
}

static bool session_counts(const char *session)
{
    char *class = NULL, *state = NULL;
    bool counts = sd_session_get_class(session, &class) >= 0 && !strcmp(class, "user") &&
                  sd_session_get_state(session, &state) >= 0 && strcmp(state, "closing") != 0;
    free(class);
    free(state);
    return counts;
}

static void logind_mark(const char *root, struct locals *locals)
{
    char **sessions = NULL;
    (void)root;
    int count = sd_get_sessions(&sessions);
    for (int i = 0; i < count; i++) {
        uid_t uid;
        if (session_counts(sessions[i]) && sd_session_get_uid(sessions[i], &uid) >= 0)
            mark(local_of_uid(locals, uid));
        free(sessions[i]);
    }
    free(sessions);
}

/* utmp */

/* A running machine has at least the entry of its start. */
static bool utmp_is_there(const char *root)
{
    struct stat about;
    return stat(place(root, "run/utmp").text, &about) == 0 && about.st_size > 0;
}

static void utmp_mark(const char *root, struct locals *locals)
{
    place_t path = place(root, "run/utmp");
    utmpxname(path.text);
    setutxent();
    for (const struct utmpx *entry; (entry = getutxent());) {
        bool runs = entry->ut_pid > 0 && (kill(entry->ut_pid, 0) == 0 || errno == EPERM);
        if (entry->ut_type == USER_PROCESS && runs)
            mark(local_named(locals,
                             str_bytes(entry->ut_user, strnlen(entry->ut_user, sizeof entry->ut_user))));
    }
    endutxent();
}

/* proc */

bool proc_stat_read(str_t text, struct proc_stat *out_stat)
{
    const char *open = text.len ? memchr(text.at, '(', text.len) : NULL;
    const char *close = text.len ? memrchr(text.at, ')', text.len) : NULL;
    if (!open || !close || close < open)
        return false;
    str_t rest = str_trim(str_bytes(close + 1, (size_t)(text.at + text.len - close - 1)));
    str_t state = str_until(&rest, ' ');
    for (int parent_group_session = 0; parent_group_session < 3; parent_group_session++)
        str_until(&rest, ' ');
    str_t terminal = str_until(&rest, ' ');
    if (state.len != 1 || !terminal.len)
        return false;
    *out_stat = (struct proc_stat){.command = str_bytes(open + 1, (size_t)(close - open - 1)),
                                   .state = state.at[0],
                                   .has_terminal = !str_eq(terminal, STR("0"))};
    return true;
}

static bool offers_a_login(str_t command)
{
    static const char *const names[] = {"agetty", "getty", "mingetty", "login"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(command, str(names[i])))
            return true;
    return false;
}

static bool process_counts(const char *process)
{
    OWN(buf) text = BUF(PROC_FILE_MAX);
    struct env *env = env_real();
    struct proc_stat stat;
    return env->read_file(env, place(process, "stat").text, &text) == ERR_OK &&
           proc_stat_read(buf_str(&text), &stat) && stat.has_terminal && stat.state != 'Z' &&
           !offers_a_login(stat.command);
}

static bool process_owner(const char *process, uid_t *out_uid)
{
    OWN(buf) text = BUF(PROC_FILE_MAX);
    struct env *env = env_real();
    uint64_t login = NO_LOGIN_UID;
    struct stat about;
    if (env->read_file(env, place(process, "loginuid").text, &text) == ERR_OK &&
        str_number(str_trim(buf_str(&text)), UINT32_MAX, &login) == ERR_OK && login != NO_LOGIN_UID) {
        *out_uid = (uid_t)login;
        return true;
    }
    if (stat(process, &about) != 0)
        return false;
    *out_uid = about.st_uid;
    return true;
}

static bool proc_is_there(const char *root) { return access(place(root, "proc").text, X_OK) == 0; }

static void proc_mark(const char *root, struct locals *locals)
{
    place_t proc = place(root, "proc");
    OWN(folder) folder = opendir(proc.text);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        place_t process = place(proc.text, entry->d_name);
        uid_t uid;
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && process_counts(process.text) &&
            process_owner(process.text, &uid))
            mark(local_of_uid(locals, uid));
    }
}

void logins_mark(const char *root, struct locals *locals)
{
    static const struct {
        bool (*is_there)(const char *root);
        void (*mark)(const char *root, struct locals *locals);
    } sources[] = {{logind_is_there, logind_mark}, {utmp_is_there, utmp_mark}, {proc_is_there, proc_mark}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (sources[i].is_there(root)) {
            sources[i].mark(root, locals);
            return;
        }
}
