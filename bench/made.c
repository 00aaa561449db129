/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made.h"

enum { KNOWN_OF_TEN = 7, OWN_PROGRAMS = 24 };

/* Program, package, in the folder of most of a Debian's programs; the more often used ones first. */
static const char *const known[][2] = {
    {"bash", "bash"}, {"grep", "grep"}, {"sed", "sed"}, {"ls", "coreutils"}, {"cat", "coreutils"},
    {"git", "git"}, {"python3.11", "python3.11-minimal"}, {"dash", "dash"}, {"rm", "coreutils"},
    {"mkdir", "coreutils"}, {"cp", "coreutils"}, {"mv", "coreutils"}, {"find", "findutils"},
    {"xargs", "findutils"}, {"ssh", "openssh-client"}, {"vim.basic", "vim"}, {"less", "less"},
    {"head", "coreutils"}, {"tail", "coreutils"}, {"sort", "coreutils"}, {"uniq", "coreutils"},
    {"wc", "coreutils"}, {"cut", "coreutils"}, {"tr", "coreutils"}, {"env", "coreutils"},
    {"date", "coreutils"}, {"sleep", "coreutils"}, {"ps", "procps"}, {"top", "procps"},
    {"pgrep", "procps"}, {"systemctl", "systemd"}, {"journalctl", "systemd"}, {"loginctl", "systemd"},
    {"curl", "curl"}, {"wget", "wget"}, {"tar", "tar"}, {"gzip", "gzip"}, {"xz", "xz-utils"},
    {"make", "make"}, {"gcc-12", "gcc-12"}, {"x86_64-linux-gnu-ld.bfd", "binutils"}, {"node", "nodejs"},
    {"perl", "perl-base"}, {"mawk", "mawk"}, {"sudo", "sudo"}, {"su", "util-linux"}, {"id", "coreutils"},
    {"whoami", "coreutils"}, {"uname", "coreutils"}, {"hostname", "hostname"}, {"ip", "iproute2"},
    {"ss", "iproute2"}, {"ping", "iputils-ping"}, {"dpkg", "dpkg"}, {"apt-get", "apt"}, {"apt", "apt"},
    {"dpkg-query", "dpkg"}, {"run-parts", "debianutils"}, {"which.debianutils", "debianutils"},
    {"mount", "mount"}, {"df", "coreutils"}, {"du", "coreutils"}, {"chmod", "coreutils"},
    {"chown", "coreutils"}, {"ln", "coreutils"}, {"touch", "coreutils"}, {"readlink", "coreutils"},
    {"dirname", "coreutils"}, {"basename", "coreutils"}, {"expr", "coreutils"}, {"test", "coreutils"},
    {"diff", "diffutils"}, {"patch", "patch"}, {"file", "file"}, {"rsync", "rsync"},
    {"gpg", "gpg"}, {"gpg-agent", "gpg-agent"}, {"openssl", "openssl"}, {"nano", "nano"},
    {"xdg-open", "xdg-utils"}, {"dbus-daemon", "dbus"}, {"dbus-send", "dbus"}, {"gsettings", "libglib2.0-bin"},
    {"evince", "evince"}, {"eog", "eog"}, {"nautilus", "nautilus"}, {"gedit", "gedit"},
    {"gnome-terminal", "gnome-terminal"}, {"firefox-esr", "firefox-esr"}, {"thunderbird", "thunderbird"},
    {"chromium", "chromium"}, {"soffice.bin", "libreoffice-core"}, {"update-notifier", "update-notifier"},
    {"lsb_release", "lsb-release"}, {"tracker-miner-fs-3", "tracker-miner-fs"}, {"docker", "docker.io"},
    {"psql", "postgresql-client-15"}, {"sqlite3", "sqlite3"}, {"jq", "jq"}, {"ffmpeg", "ffmpeg"},
};
enum { KNOWN = sizeof known / sizeof *known };

static const char *const parents[] = {"/usr/bin/bash", "/usr/bin/dash", "/usr/lib/systemd/systemd",
                                      "/usr/libexec/gnome-terminal-server", "/usr/bin/python3.11",
                                      "/usr/bin/make", "/usr/sbin/cron", "/usr/bin/gnome-shell"};
enum { PARENTS = sizeof parents / sizeof *parents };

static uint64_t mixed(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t made_number(struct maker *maker, uint64_t below)
{
    return mixed(mixed(maker->seed ^ maker->device << 20) + maker->drawn++) % below;
}

static str_t text_keep(struct maker *maker, const char *const parts[4])
{
    char *at = maker->texts[maker->kept++ % MADE_KEPT];
    snprintf(at, MADE_TEXT, "%s%s%s%s", parts[0], parts[1], parts[2], parts[3]);
    return str(at);
}

static const char *word_of(uint64_t number, char at[16])
{
    size_t len = 5 + number % 7;
    for (size_t i = 0; i < len; i++, number = mixed(number))
        at[i] = "etaoinshrdlucmfwypvbgk"[number % 22];
    at[len] = '\0';
    return at;
}

static void program_known(struct maker *maker, struct launch *launch)
{
    /* Twice drawn, the lesser taken: the first of the list are the usual ones. */
    uint64_t one = made_number(maker, KNOWN), other = made_number(maker, KNOWN);
    const char *const *program = known[one < other ? one : other];
    launch->path = text_keep(maker, (const char *[]){"/usr/bin/", program[0], "", ""});
    launch->package = str(program[1]);
}

static void program_own(struct maker *maker, struct launch *launch)
{
    char vendor[16], tool[16];
    uint64_t which = mixed(maker->seed ^ (maker->device * OWN_PROGRAMS + made_number(maker, OWN_PROGRAMS)));
    bool packed = which % 3;
    launch->path = text_keep(maker, (const char *[]){packed ? "/opt/" : "/usr/local/lib/",
                                                     word_of(mixed(which / 5), vendor), packed ? "/bin/" : "/",
                                                     word_of(which, tool)});
    launch->package = packed ? text_keep(maker, (const char *[]){vendor, "", "", ""}) : (str_t){0};
}

void made_launch(struct maker *maker, moment_t at, ident_t account, struct launch *out_launch)
{
    struct launch launch = {.at = at, .account = account, .policy = 12};
    uint64_t kind = made_number(maker, 50);
    if (made_number(maker, 10) < KNOWN_OF_TEN)
        program_known(maker, &launch);
    else
        program_own(maker, &launch);
    launch.decision = kind == 0 ? 1 : kind == 1 ? 2 : kind < 20 ? 0 : 3;
    launch.rule = launch.decision == 3 ? 0 : 1 + (int64_t)made_number(maker, 40);
    launch.count = made_number(maker, 6) ? 0 : 2 + (int64_t)made_number(maker, 9);
    launch.parent = str(parents[made_number(maker, made_number(maker, 4) ? 3 : PARENTS)]);
    *out_launch = launch;
}
