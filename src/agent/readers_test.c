/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/addresses.h"
#include "agent/given.h"
#include "agent/groups.h"
#include "agent/logins.h"
#include "base/limits.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utmpx.h>

enum { ROOM = 16 * 1024 * 1024 };

/* Accounts */

TEST(uids_between_uid_min_and_uid_max_are_people)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(accounts_read(test_folder(), &arena, &locals));
    CHECK(locals.count == 5);
    CHECK(local_named(&locals, STR("anna"))->person && local_named(&locals, STR("bob"))->person);
    CHECK(!local_named(&locals, STR("root"))->person && !local_named(&locals, STR("nobody"))->person);
    CHECK(!local_named(&locals, STR("carol")));
    CHECK_OK(given_file(test_folder(), "etc/login.defs", STR("UID_MIN 1001\nUID_MAX 70000\n")));
    CHECK_OK(accounts_read(test_folder(), &arena, &locals));
    CHECK(!local_named(&locals, STR("anna"))->person && local_named(&locals, STR("nobody"))->person);
}

TEST(login_defs_that_say_nothing_mean_1000_to_60000)
{
    static const char *const texts[] = {"", "#UID_MIN 5\n", "UID_MIN\n", "UID_MIN many\nUID_MAX -1\n",
                                        "SYS_UID_MIN 3"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct uid_range range = login_defs_read(str(texts[i]));
        CHECK(range.from == 1000 && range.to == 60000);
    }
    struct uid_range range = login_defs_read(STR("UID_MIN 1\n UID_MIN\t500 # old\nUID_MAX 600"));
    CHECK(range.from == 500 && range.to == 600);
}

TEST(a_passwd_file_without_accounts_does_not_mean_that_everybody_has_vanished)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    CHECK_FAILS(ERR_BROKEN, accounts_read(test_folder(), &arena, &locals));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR("")));
    CHECK_FAILS(ERR_BROKEN, accounts_read(test_folder(), &arena, &locals));
}

TEST(lines_that_name_no_account_are_left_out_and_the_first_of_two_counts)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    CHECK_OK(given_file(
        test_folder(), "etc/passwd",
        STR("+::::::\n\xff\xfe:x:1:1:::\nanna:x:1000:5:::\nanna:x:0:0:::\ntwin:x:1000:6:::\n# x\n")));
    CHECK_OK(accounts_read(test_folder(), &arena, &locals));
    CHECK(locals.count == 2 && locals.at[0].uid == 1000 && locals.at[0].gid == 5);
    CHECK(local_of_uid(&locals, 1000) == &locals.at[0] && !local_of_uid(&locals, 7));
}

/* Groups */

static err_t given_ids(struct locals *locals)
{
    for (size_t i = 0; i < locals->count; i++)
        locals->at[i].told.id = (ident_t){{(uint8_t)(locals->count - i)}};
    return ERR_OK;
}

static const struct group *group_named(const struct list *groups, const char *name)
{
    const struct group *all = groups->at;
    for (size_t i = 0; i < groups->count; i++)
        if (str_eq(all[i].name, str(name)))
            return &all[i];
    return NULL;
}

TEST(members_are_those_whom_a_group_names_and_those_whose_own_group_it_is)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    struct list groups;
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(accounts_read(test_folder(), &arena, &locals));
    CHECK_OK(given_ids(&locals));
    CHECK_OK(groups_read(test_folder(), &locals, &arena, &groups));
    ident_t anna = local_named(&locals, STR("anna"))->told.id,
            bob = local_named(&locals, STR("bob"))->told.id;
    const struct group *sudo = group_named(&groups, "sudo"), *users = group_named(&groups, "users"),
                       *root = group_named(&groups, "root");
    CHECK(sudo && sudo->account.count == 1 && ident_eq(sudo->account.at[0], anna));
    CHECK(users && users->account.count == 2 && ident_eq(users->account.at[0], bob));
    CHECK(root && root->account.count == 1);
}

TEST(a_persons_own_group_is_told_without_their_name_and_only_where_others_are_in_it)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    struct list groups;
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(accounts_read(test_folder(), &arena, &locals));
    CHECK_OK(given_ids(&locals));
    CHECK_OK(groups_read(test_folder(), &locals, &arena, &groups));
    CHECK(groups.count == 4 && !group_named(&groups, "anna") && !group_named(&groups, "bob"));
    const struct group *nameless = group_named(&groups, "");
    CHECK(nameless && nameless->account.count == 2);
}

TEST(lines_that_are_no_group_are_left_out)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals none = {0};
    struct list groups = LIST(&arena, struct group);
    group_text_read(STR("a:x:1:\nb\nc:x\nd:x:y:\n:x:1:\n-:x:1:\ne:x:5:m,,n\n+\na:x:1:\n"), &none, &groups);
    CHECK(groups.count == 2 && group_named(&groups, "a") && group_named(&groups, "e"));
}

/* Lists */

TEST(a_list_past_its_limit_is_an_error_and_never_a_cut_list)
{
    OWN(arena) arena = ARENA(64 * 1024 * 1024);
    struct list list = LIST(&arena, ident_t);
    for (int i = 0; i < MAX_ITEM_ENTRIES; i++)
        CHECK(list_add(&list));
    CHECK_OK(arena_end(&arena));
    CHECK(!list_add(&list));
    CHECK_FAILS(ERR_TOO_LARGE, arena_end(&arena));
}

/* Logins */

TEST(a_command_may_be_called_anything_and_its_terminal_is_found)
{
    struct proc_stat stat;
    CHECK(proc_stat_read(STR("12 (a) b (c) R 1 1 1 0 -1 0"), &stat));
    CHECK(str_eq(stat.command, STR("a) b (c")) && stat.state == 'R' && !stat.has_terminal);
    CHECK(proc_stat_read(STR("12 () S 1 1 1 34816"), &stat) && stat.has_terminal && !stat.command.len);
    static const char *const texts[] = {"",       "12",       "12 (a",          ") (",
                                        "12 (a)", "12 (a) S", "12 (a) S 1 1 1", "1 (a) SS 1 1 1 1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(!proc_stat_read(str(texts[i]), &stat));
}

static bool is_logged_in(const char *name)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    if (accounts_read(test_folder(), &arena, &locals) != ERR_OK)
        return false;
    logins_mark(test_folder(), &locals);
    return local_named(&locals, str(name))->told.logged_in;
}

TEST(who_owns_a_process_with_a_terminal_is_logged_in_by_the_uid_of_the_login)
{
    CHECK_OK(given_machine(test_folder()));
    CHECK(is_logged_in("anna") && !is_logged_in("bob") && !is_logged_in("root"));
    CHECK_OK(given_file(test_folder(), "proc/7/stat", STR("7 (sh) S 1 7 7 0 -1 0")));
    CHECK(!is_logged_in("anna"));
    CHECK_OK(given_file(test_folder(), "proc/7/stat", STR("7 (sh) Z 1 7 7 34816 -1 0")));
    CHECK(!is_logged_in("anna"));
    CHECK_OK(given_file(test_folder(), "proc/7/stat", STR("7 (login) S 1 7 7 34816 -1 0")));
    CHECK(!is_logged_in("anna"));
}

TEST(utmp_is_believed_only_for_processes_that_run)
{
    struct utmpx entries[] = {{.ut_type = BOOT_TIME},
                              {.ut_type = USER_PROCESS, .ut_pid = getpid(), .ut_user = "bob"},
                              {.ut_type = DEAD_PROCESS, .ut_pid = getpid(), .ut_user = "root"},
                              {.ut_type = USER_PROCESS, .ut_pid = 0, .ut_user = "nobody"}};
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(given_file(test_folder(), "run/utmp", str_bytes(entries, sizeof entries)));
    CHECK(is_logged_in("bob") && !is_logged_in("root") && !is_logged_in("nobody"));
    CHECK(!is_logged_in("anna")); /* utmp is there: /proc is not asked */
}

/* logind's files, seen by this process alone; its library reads them as it does on any machine. */
static bool given_logind(void)
{
    char run[600];
    snprintf(run, sizeof run, "%s/run", test_folder());
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(run, "/run", NULL, MS_BIND, NULL) == 0;
}

/* In a process of its own, which ends with its mounts: whether this account is logged in, by the machine's own root. */
static int logind_says(const char *name)
{
    OWN(arena) arena = ARENA(ROOM);
    struct locals locals;
    if (!given_logind() || accounts_read(test_folder(), &arena, &locals) != ERR_OK)
        return 2;
    logins_mark("", &locals);
    return local_named(&locals, str(name))->told.logged_in;
}

static int asked_apart(const char *name)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(logind_says(name));
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

TEST(where_logind_runs_its_sessions_of_users_that_are_not_closing_count)
{
    static const struct {
        const char *path, *text;
    } files[] = {{"run/systemd/seats/seat0", "IS_SEAT0=1\n"},
                 {"run/systemd/sessions/1", "UID=1000\nUSER=anna\nACTIVE=1\nSTATE=closing\nCLASS=user\n"},
                 {"run/systemd/sessions/2", "UID=1001\nUSER=bob\nACTIVE=1\nSTATE=active\nCLASS=user\n"},
                 {"run/systemd/sessions/c1", "UID=0\nUSER=root\nACTIVE=1\nSTATE=active\nCLASS=greeter\n"}};
    CHECK_OK(given_machine(test_folder()));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        CHECK_OK(given_file(test_folder(), files[i].path, str(files[i].text)));
    int bob = asked_apart("bob");
    if (bob == 2)
        SKIP("mounts of its own need root");
    CHECK(bob == 1);
    CHECK(asked_apart("anna") == 0 && asked_apart("root") == 0);
}

/* Addresses */

static size_t given_interface(const void *address, unsigned flags, arena_t *arena)
{
    struct list found = LIST(arena, struct address);
    struct ifaddrs interface = {.ifa_addr = (struct sockaddr *)(uintptr_t)address, .ifa_flags = flags};
    address_add(&interface, &(struct switches){0}, &found);
    return found.count;
}

TEST(loopback_and_link_local_addresses_are_left_out)
{
    OWN(arena) arena = ARENA(ROOM);
    struct sockaddr_ll card = {.sll_family = AF_PACKET, .sll_halen = 6, .sll_addr = {2, 0, 0x5e, 0x10, 0, 1}};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr.s6_addr = {0x20, 1, 0xd, 0xb8, [15] = 1}};
    CHECK(given_interface(&card, 0, &arena) == 1 && given_interface(&card, IFF_LOOPBACK, &arena) == 0);
    CHECK(given_interface(&four, IFF_UP, &arena) == 1 && given_interface(&four, 0, &arena) == 0);
    CHECK(given_interface(&six, IFF_UP, &arena) == 1 && given_interface(NULL, IFF_UP, &arena) == 0);
    four.sin_addr.s_addr = htonl(0xa9fe0101);
    six.sin6_addr.s6_addr[0] = 0xfe, six.sin6_addr.s6_addr[1] = 0x80;
    memset(card.sll_addr, 0, sizeof card.sll_addr);
    CHECK(given_interface(&four, IFF_UP, &arena) == 0 && given_interface(&six, IFF_UP, &arena) == 0);
    CHECK(given_interface(&card, 0, &arena) == 0);
}

TEST(addresses_are_told_in_one_order_and_as_text)
{
    OWN(arena) arena = ARENA(ROOM);
    struct sockaddr_ll card = {.sll_family = AF_PACKET, .sll_halen = 6, .sll_addr = {2, 0, 0x5e, 0x10, 0, 1}};
    struct ifaddrs interface = {.ifa_addr = (struct sockaddr *)(void *)&card};
    struct switches all = {0};
    struct list found = LIST(&arena, struct address), again;
    address_add(&interface, &all, &found);
    CHECK(str_eq(((struct address *)found.at)->mac, STR("02:00:5e:10:00:01")));
    CHECK_OK(addresses_read(&all, &arena, &found));
    CHECK_OK(addresses_read(&all, &arena, &again));
    CHECK(found.count == again.count);
    for (size_t i = 0; i < found.count; i++) {
        const struct address *one = (struct address *)found.at + i, *other = (struct address *)again.at + i;
        CHECK(str_eq(one->mac, other->mac) && str_eq(one->ip, other->ip) && !one->connected_from.len);
    }
}

TEST(of_addresses_only_the_kind_that_is_switched_on_is_told)
{
    OWN(arena) arena = ARENA(ROOM);
    struct sockaddr_ll card = {.sll_family = AF_PACKET, .sll_halen = 6, .sll_addr = {2, 0, 0x5e, 0x10, 0, 1}};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
    struct ifaddrs hardware = {.ifa_addr = (struct sockaddr *)(void *)&card};
    struct ifaddrs internet = {.ifa_addr = (struct sockaddr *)(void *)&four, .ifa_flags = IFF_UP};
    struct switches no_mac = {.known = true, .collection.ip_addresses = true};
    struct switches no_ip = {.known = true, .collection.mac_address = true};
    struct list found = LIST(&arena, struct address);
    address_add(&hardware, &no_mac, &found);
    address_add(&internet, &no_ip, &found);
    CHECK(found.count == 0);
    address_add(&hardware, &no_ip, &found);
    address_add(&internet, &no_mac, &found);
    CHECK(found.count == 2);
}

TESTS(of_addresses_only_the_kind_that_is_switched_on_is_told, uids_between_uid_min_and_uid_max_are_people,
      login_defs_that_say_nothing_mean_1000_to_60000,
      a_passwd_file_without_accounts_does_not_mean_that_everybody_has_vanished,
      lines_that_name_no_account_are_left_out_and_the_first_of_two_counts,
      members_are_those_whom_a_group_names_and_those_whose_own_group_it_is,
      a_persons_own_group_is_told_without_their_name_and_only_where_others_are_in_it,
      lines_that_are_no_group_are_left_out, a_list_past_its_limit_is_an_error_and_never_a_cut_list,
      a_command_may_be_called_anything_and_its_terminal_is_found,
      who_owns_a_process_with_a_terminal_is_logged_in_by_the_uid_of_the_login,
      utmp_is_believed_only_for_processes_that_run,
      where_logind_runs_its_sessions_of_users_that_are_not_closing_count,
      loopback_and_link_local_addresses_are_left_out, addresses_are_told_in_one_order_and_as_text)
