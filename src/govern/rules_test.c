/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rules_given.h"

/* Reading */

static bool says(const buf_t *trouble, const char *what)
{
    return trouble->at && strstr(trouble->at, what) != NULL;
}

/* Refused, with the line and what is wrong. */
static bool refused(const char *text, const char *said)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    if (given_read(str(text), &rules, &trouble) == ERR_INVALID && says(&trouble, said))
        return true;
    printf("%s: %.*s\n", text, STR_ARG(buf_str(&trouble)));
    return false;
}

TEST(the_example_of_the_documentation_reads)
{
    OWN(rules)
    rules =
        given_rules("# 20-packages.rules\n"
                    "set      editors = /usr/bin/vim.* /usr/bin/nano\n"
                    "elevate  needs=reason minutes=15  group=sudo   : path=/usr/bin/apt-get args=\"update\"\n"
                    "elevate  needs=approval,reason    group=sudo   : path=%editors args=\"/etc/**\"\n"
                    "deny     record=path,sha256       user=people  : path=/tmp/** trust=none\n"
                    "deny                              user=people  : script=%home/Downloads/**\n"
                    "allow    record=none \\\n         any : package=any # the rest\n"
                    "default  observe\n");
    struct rule_text text;
    CHECK(rules && rules_count(rules) == 5 && !rules_fail_closed(rules));
    CHECK(rules_facts(rules) == (FACT_ARGS | FACT_TRUST | FACT_SCRIPT | FACT_HOME | FACT_PACKAGE));
    rules_text(rules, 4, &text);
    CHECK(text.line == 7 && str_eq(text.file, STR("10-test.rules")));
    CHECK(str_eq(text.text, STR("allow    record=none \\\n         any : package=any")));
    rules_text(rules, RULE_DEFAULT, &text);
    CHECK(text.line == 9 && str_eq(text.text, STR("default  observe")));
}

TEST(what_is_wrong_is_said_with_its_file_and_line)
{
    CHECK(refused("\nalow any : any\n", "10-test.rules:2: unknown: alow"));
    CHECK(refused("deny any\n", ":1: a rule is DECISION WHO : WHAT"));
    CHECK(refused("deny : any\n", "who? any"));
    CHECK(refused("deny any :\n", "what? any"));
    CHECK(refused("deny any user=root : any\n", "any stands beside no condition"));
    CHECK(refused("deny any : colour=red\n", "unknown: colour="));
    CHECK(refused("deny any : user=root\n", "user= stands before the colon"));
    CHECK(refused("deny path=/x : any\n", "path= stands behind the colon"));
    CHECK(refused("deny any : path=vim\n", "path=: a path begins with /"));
    CHECK(refused("deny any : sha256=12\n", "sha256=: a SHA-256 is 64"));
    CHECK(refused("deny any : state=good\n", "state=: not one of: intact"));
    CHECK(refused("deny any : path=%none\n", "path=: no set %none before this line"));
    CHECK(refused("deny any : path=\"/a\n", ":1: a quote that is not closed"));
    CHECK(refused("deny any : any\r\n", ":1: a tab or another control character"));
    CHECK(refused("default allow\ndefault deny\n", ":2: a second default"));
    CHECK(refused("default elevate\n", "the default is allow, deny or observe"));
    CHECK(refused("on failure maybe\n", "on failure open, or on failure closed"));
    CHECK(refused("set x = /a\nset x = /b\n", ":2: there is a set of this name"));
    CHECK(refused("set x = /a b\ndeny any : path=%x\n", ":2: path=: x of this set: a path begins with /"));
}

TEST(an_option_that_means_nothing_where_it_stands_is_refused)
{
    CHECK(refused("allow needs=reason any : any\n", "needs= is of elevate only"));
    CHECK(refused("elevate minutes=481 any : any\n", "minutes=: 1 to 480, or once"));
    CHECK(refused("elevate emergency=yes any : any\n", "emergency=yes is for what needs=approval"));
    CHECK(refused("elevate as=1000 any : any\n", "as=: root, or the uid of an account below 1000"));
    CHECK(refused("deny record=all record=none any : any\n", "record=: said twice"));
    CHECK(refused("default deny needs=reason\n", "needs= is of elevate only"));
}

TEST(a_rule_that_names_a_home_directory_is_refused)
{
    CHECK(refused("deny any : path=/home/ada/bin/x\n", "path=: a home directory: write %home"));
    CHECK(refused("deny any : path=/home/ad*/bin/x\n", "a home directory"));
    CHECK(refused("deny any : parent=/Users/ada/x\n", "a home directory"));
    CHECK(refused("deny any : script=/root/x\n", "a home directory"));
    CHECK(refused("deny any : path=**/home/ada/x\n", "a home directory"));
    CHECK(refused("set x = /usr/bin/a /var/home/ada/x\ndeny any : path=%x\n", "a home directory"));
    CHECK(refused("deny any : args=\"--config=/home/ada/x\"\n", "args=: a home directory"));
    OWN(rules)
    rules = given_rules("deny any : path=/home/**\ndeny any : path=/opt/home/x,/rootfs/x,%home/x\n");
    CHECK(rules && decided_path(rules, "/home/ada/x") == DECISION_DENY);
}

TEST(a_rule_that_names_a_user_is_refused_and_the_name_is_not_repeated)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    CHECK_FAILS(ERR_INVALID, given_read(STR("deny user=ada : any\n"), &rules, &trouble));
    CHECK(says(&trouble, ":1: user=: people, system, root, or an account's id, acc_") &&
          !says(&trouble, "ada"));
}

TEST(every_error_is_said_until_there_is_no_room)
{
    OWN(buf) trouble = BUF(200);
    OWN(rules) rules = NULL;
    CHECK_FAILS(ERR_INVALID, given_read(STR("x\ndeny any : any\ny\nz\nz\nz\nz\n"), &rules, &trouble));
    CHECK(says(&trouble, ":1: unknown: x\n") && says(&trouble, ":3: unknown: y\n"));
    CHECK(says(&trouble, "\nand ") && says(&trouble, " more\n") && buf_end(&trouble) == ERR_OK);
}

TEST(files_are_read_in_the_order_of_their_names_whatever_order_they_come_in)
{
    static const struct rule_file files[] = {{STR("20-b.rules"), STR("allow any : path=/x")},
                                             {STR("10-a.rules"), STR("deny any : path=/x")}};
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    CHECK_OK(rules_read(files, 2, &rules, &trouble));
    CHECK(decided_path(rules, "/x") == DECISION_DENY);
    CHECK(says(&trouble, "20-b.rules:1: warning: never decides: 10-a.rules:1 does before it\n"));
}

TEST(a_file_that_is_not_numbered_and_one_that_is_there_twice_are_refused)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    CHECK_FAILS(ERR_INVALID, rules_read(&(struct rule_file){STR("a.rules"), STR("")}, 1, &rules, &trouble));
    CHECK(says(&trouble, "a.rules: a rule file is called NN-name.rules, in small letters\n"));
    const struct rule_file twice[] = {{STR("10-a.rules"), STR("")}, {STR("10-a.rules"), STR("")}};
    CHECK_FAILS(ERR_INVALID, rules_read(twice, 2, &rules, &trouble));
    CHECK(says(&trouble, "10-a.rules: two files of this name\n"));
}

TEST(that_only_packages_of_rpm_are_signed_is_warned_of_unless_intact_ones_are_meant_too)
{
    static const char text[] = "allow any : state=signed\nallow any : state!=signed\n"
                               "allow any : state=signed,intact\nallow any : state=intact\n";
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    CHECK_OK(given_read(str(text), &rules, &trouble));
    CHECK(says(&trouble, "rules:1: warning: state=signed holds for packages of rpm alone") &&
          !says(&trouble, "rules:2: w") && !says(&trouble, "rules:3: w"));
}

TEST(a_file_that_is_signed_is_intact_as_well_and_one_that_is_intact_is_not_signed)
{
    static const struct {
        const char *rule;
        enum file_state state;
        bool holds;
    } cases[] = {
        {"deny any : state=signed", FILE_SIGNED, true},   {"deny any : state=intact", FILE_SIGNED, true},
        {"deny any : state!=intact", FILE_SIGNED, false}, {"deny any : state=signed", FILE_INTACT, false},
        {"deny any : state!=signed", FILE_INTACT, true},  {"deny any : state=signed", FILE_UNKNOWN, false},
        {"deny any : state=altered", FILE_SIGNED, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        OWN(buf) trouble = BUF(MAX_TROUBLE);
        OWN(rules) rules = NULL;
        struct verdict verdict;
        struct attempt attempt = {
            .path = STR("/usr/bin/x"), .known = FACT_PACKAGE, .package = STR("x"), .state = cases[i].state};
        CHECK_OK(given_read(str(cases[i].rule), &rules, &trouble));
        rules_decide(rules, &attempt, &verdict);
        CHECK((verdict.decision == DECISION_DENY) == cases[i].holds);
    }
}

TEST(a_rule_that_an_earlier_one_covers_is_warned_of)
{
    static const char text[] = "deny user=people : path=/tmp/**\n"
                               "allow user=people : path=/tmp/x\n"            /* 2: covered */
                               "allow any : path=/tmp/x\n"                    /* 3: not, of others */
                               "deny user=people : path=/tmp/** trust=none\n" /* 4: covered */
                               "deny any : path=/a,/b\n"
                               "allow user=root : path=/a\n" /* 6: covered */
                               "allow any : path=/a,/c\n"    /* 7: not, by /c */
                               "deny any : package!=x\n"
                               "allow any : package!=x,y\n"; /* 9: covered */
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    CHECK_OK(given_read(str(text), &rules, &trouble));
    CHECK(says(&trouble, ":2: warning: never decides: 10-test.rules:1 does") &&
          !says(&trouble, "rules:3: w"));
    CHECK(says(&trouble, "rules:4: w") && says(&trouble, "rules:6: w") && !says(&trouble, "rules:7: w"));
    CHECK(says(&trouble, "rules:9: warning: never decides: 10-test.rules:8 does before it\n"));
}

/* Deciding */

static const ident_t ada = {{1}}, office = {{2}};

static err_t account_of(void *with, uid_t uid, ident_t *out_id)
{
    (void)with;
    if (uid != 1000)
        return ERR_MISSING;
    *out_id = ada;
    return ERR_OK;
}

static bool in_group(void *with, uid_t uid, str_t group)
{
    (void)with;
    return uid == 1000 && str_eq(group, STR("sudo"));
}

static const struct rule_names names = {account_of, in_group, NULL, 1000, 60000, {{2}}};

TEST(the_first_rule_that_matches_decides)
{
    OWN(rules)
    rules = given_rules("allow any : path=/usr/bin/a\n"
                        "deny any : path=/usr/bin/*\n"
                        "elevate any : path=/usr/bin/a,/usr/bin/b\n"
                        "elevate any : path=/usr/sbin/b,/x\n");
    struct verdict verdict;
    CHECK(rules && decided_path(rules, "/usr/bin/a") == DECISION_ALLOW);
    CHECK(decided_path(rules, "/usr/bin/b") == DECISION_DENY);
    rules_decide(rules, &(struct attempt){.path = STR("/usr/sbin/b")}, &verdict);
    CHECK(verdict.rule == 3 && verdict.decision == DECISION_ELEVATE && verdict.minutes == 5);
    rules_decide(rules, &(struct attempt){.path = STR("/else")}, &verdict);
    CHECK(verdict.rule == RULE_DEFAULT && verdict.decision == DECISION_OBSERVE);
}

TEST(who_is_known_by_account_group_kind_and_device)
{
    OWN(buf) text = BUF(1024);
    buf_putf(&text, "deny user=%s : path=/a\ndeny device=%s : path=/b\n", ident_text("acc", ada).text,
             ident_text("dev", office).text);
    buf_put(&text, STR("deny group=sudo : path=/c\ndeny user=people : path=/d\ndeny user=system : path=/e\n"
                       "deny user=root : path=/f\ndeny user!=people : path=/g\n"));
    OWN(rules) rules = given_rules(buf_str(&text).at);
    CHECK(rules && decided_path(rules, "/a") == DECISION_OBSERVE &&
          decided_path(rules, "/b") == DECISION_OBSERVE && decided_path(rules, "/c") == DECISION_OBSERVE);
    rules_bind(rules, &names);
    static const struct {
        uid_t uid;
        const char *denied;
    } whos[] = {{1000, "abcd"}, {1001, "bd"}, {0, "befg"}, {65534, "beg"}};
    for (size_t i = 0; i < 4; i++)
        for (char path[] = "/a"; path[1] <= 'g'; path[1]++) {
            bool denied = strchr(whos[i].denied, path[1]) != NULL;
            CHECK((decided(rules, &(struct attempt){.uid = whos[i].uid, .path = str(path)}) ==
                   DECISION_DENY) == denied);
        }
}

TEST(what_is_known_by_every_fact)
{
    OWN(rules)
    rules = given_rules("deny any : path=/a package=none\ndeny any : path=/b state=altered,unknown\n"
                        "deny any : path=/c trust=none\ndeny any : path=/d parent=/bin/sh\n"
                        "deny any : path=/e ancestor=/bin/login\ndeny any : path=/f args=\"-i *\"\n"
                        "deny any : path=/g script=%home/**\ndeny any : path=/h interpreter!=/bin/sh\n"
                        "deny any : path=/i package!=vim\n");
    const str_t ancestors[] = {STR("/bin/bash"), STR("/bin/login")};
    unsigned all = FACT_PACKAGE | FACT_TRUST | FACT_PARENT | FACT_ARGS | FACT_SCRIPT | FACT_HOME;
    struct attempt one = {.known = all,
                          .args = STR("-i x"),
                          .home = STR("/home/a"),
                          .ancestors = ancestors,
                          .ancestor_count = 2,
                          .script = STR("/home/a/x"),
                          .interpreter = STR("/bin/dash")};
    struct attempt other = {.known = all,
                            .package = STR("vim"),
                            .state = FILE_INTACT,
                            .trusted = true,
                            .ancestors = (str_t[]){STR("/bin/sh")},
                            .ancestor_count = 1};
    CHECK(rules);
    for (char path[] = "/a"; path[1] <= 'i'; path[1]++) {
        one.path = other.path = str(path);
        CHECK((decided(rules, &one) == DECISION_DENY) == (path[1] != 'd'));
        CHECK((decided(rules, &other) == DECISION_DENY) == (path[1] == 'd'));
    }
}

TEST(a_fact_that_cannot_be_known_makes_its_condition_false_and_its_opposite_too)
{
    OWN(rules)
    rules = given_rules("deny any : package!=vim\ndeny any : package=vim,none\ndeny any : script!=/x\n"
                        "deny any : path=%home/**\ndeny group!=sudo : any\n");
    CHECK(rules && decided_path(rules, "/home/a/x") == DECISION_OBSERVE);
    CHECK(decided(rules, &(struct attempt){.path = STR("/x"), .known = FACT_SCRIPT}) == DECISION_OBSERVE);
}

/* Learning */

struct teacher {
    unsigned asked[8];
    size_t count;
};

static void teach(struct attempt *attempt, enum fact fact)
{
    struct teacher *teacher = attempt->with;
    teacher->asked[teacher->count++ % 8] = fact;
    attempt->known |= fact == FACT_PACKAGE ? 0 : fact;
    memset(attempt->sha256, 0xab, DIGEST_SIZE);
    attempt->trusted = true;
}

#define AB8  "abababab"
#define AB64 AB8 AB8 AB8 AB8 AB8 AB8 AB8 AB8

TEST(a_fact_is_asked_for_once_and_only_where_a_rule_needs_it)
{
    OWN(rules)
    rules = given_rules("allow any : path=/usr/bin/a\n"
                        "deny user=root : package=none\n"
                        "deny any : path=/b sha256=" AB64 "\n"
                        "deny any : package=none\n"
                        "deny any : package=any trust=none\n"
                        "elevate any : sha256=" AB64 "\n");
    struct teacher teacher = {.count = 0};
    struct attempt attempt = {.uid = 1000, .path = STR("/usr/bin/a"), .learn = teach, .with = &teacher};
    CHECK(rules && decided(rules, &attempt) == DECISION_ALLOW && teacher.count == 0);
    attempt.path = STR("/c");
    CHECK(decided(rules, &attempt) == DECISION_ELEVATE);
    CHECK(teacher.count == 3 && teacher.asked[0] == FACT_PACKAGE && teacher.asked[1] == FACT_TRUST &&
          teacher.asked[2] == FACT_SHA256);
    attempt = (struct attempt){.path = STR("/b"), .uid = 1000, .learn = teach, .with = &teacher};
    teacher.count = 0;
    CHECK(decided(rules, &attempt) == DECISION_DENY && teacher.count == 1);
}

static bool asks_who(const char *text)
{
    OWN(rules) rules = given_rules(text);
    return rules && rules_ask_who(rules);
}

TEST(a_set_says_whether_it_may_decide_otherwise_for_another_account)
{
    CHECK(!asks_who("default deny\n"));
    CHECK(!asks_who("deny any : path=/opt/** trust=none\nallow any : parent=/bin/sh package=any\n"));
    CHECK(asks_who("deny any : path=/opt/a\nallow user=people : path=/opt/b\n"));
    CHECK(asks_who("allow group=staff : path=/opt/b\n"));
    CHECK(asks_who("deny any : path=%home/**\n"));
}

TEST(what_is_recorded_comes_from_the_rule_else_from_the_default_else_is_the_usual)
{
    static const struct {
        const char *text;
        unsigned record;
    } cases[] = {
        {"deny any : any\n", RECORD_PATH | FACT_PARENT | FACT_PACKAGE},
        {"deny any : any\ndefault allow record=none\n", 0},
        {"deny record=path,sha256 any : any\ndefault allow record=none\n", RECORD_PATH | FACT_SHA256},
        {"observe any : any\ndefault allow record=none\n", RECORD_PATH | FACT_PARENT | FACT_PACKAGE},
        {"observe any : any\ndefault allow record=args\n", FACT_ARGS},
        {"default allow record=args\n", FACT_ARGS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        OWN(rules) rules = given_rules(cases[i].text);
        struct verdict verdict = {0};
        CHECK(rules);
        rules_decide(rules, &(struct attempt){.path = STR("/x")}, &verdict);
        CHECK(verdict.record == cases[i].record);
    }
}

TEST(an_elevation_says_what_it_needs_as_whom_and_for_how_long)
{
    OWN(rules)
    rules = given_rules("elevate needs=approval,reason as=33 emergency=yes any : path=/a\n"
                        "elevate needs=approval minutes=480 any : path=/b\n"
                        "elevate minutes=once any : path=/c\n");
    struct verdict verdict;
    CHECK(rules);
    rules_decide(rules, &(struct attempt){.path = STR("/a")}, &verdict);
    CHECK(verdict.needs == (NEED_APPROVAL | NEED_REASON) && verdict.as == 33 && verdict.emergency &&
          verdict.minutes == 0);
    rules_decide(rules, &(struct attempt){.path = STR("/b")}, &verdict);
    CHECK(verdict.needs == NEED_APPROVAL && verdict.as == 0 && !verdict.emergency && verdict.minutes == 480);
    rules_decide(rules, &(struct attempt){.path = STR("/c")}, &verdict);
    CHECK(!verdict.needs && verdict.minutes == 0);
}

TEST(a_set_stands_for_its_values_in_any_condition)
{
    OWN(rules)
    rules = given_rules("set shells = /bin/sh /bin/*ash \"/opt/My Shell/x\"\n"
                        "set bad = " AB64 " \\\n    " AB64 "\n"
                        "deny any : path=%shells,/bin/x\n"
                        "deny any : sha256=%bad\n"
                        "elevate any : path!=%shells path=/bin/**\n");
    CHECK(rules && decided_path(rules, "/bin/bash") == DECISION_DENY &&
          decided_path(rules, "/bin/x") == DECISION_DENY);
    CHECK(decided_path(rules, "/opt/My Shell/x") == DECISION_DENY);
    CHECK(decided_path(rules, "/bin/y") == DECISION_ELEVATE);
}

TEST(quotes_hold_spaces_commas_and_themselves)
{
    OWN(rules) rules = given_rules("deny any : path=\"/a b,c\",/d\nallow any : path=\"/q\\\"u\\\\o\"\n");
    CHECK(rules && decided_path(rules, "/a b,c") == DECISION_DENY &&
          decided_path(rules, "/d") == DECISION_DENY);
    CHECK(decided_path(rules, "/q\"u\\o") == DECISION_ALLOW);
}

TEST(a_rule_that_names_a_person_of_the_machine_is_found)
{
    OWN(rules)
    rules = given_rules("deny group=sudo : path=/srv/homes/*\n"
                        "deny any : args=\"--file=/srv/homes/adam/x\"\n"
                        "deny any : path=/srv/homes/ada/bin/**\n"
                        "deny group=x,ada : any\n");
    size_t rule = 9;
    CHECK(rules && rules_name_person(rules, STR("nobody"), STR("/srv/homes/ada/"), &rule) && rule == 2);
    CHECK(rules_name_person(rules, STR("ada"), STR("/"), &rule) && rule == 3);
    CHECK(rules_name_person(rules, STR("adam"), STR("/srv/homes/adam"), &rule) && rule == 1);
    CHECK(!rules_name_person(rules, STR("bob"), STR("/srv/homes/bob"), &rule));
}

/* Secrets */

static bool hides(const struct rules *rules, str_t args, const char *shown)
{
    OWN(buf) out = BUF(4096);
    rules_hide(rules, args, &out);
    if (str_eq(buf_str(&out), str(shown)))
        return true;
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    return false;
}

TEST(a_secret_among_the_arguments_is_not_recorded)
{
    OWN(rules) rules = given_rules("secret -p**\nsecret \"pin ??\"\n");
    CHECK(rules);
    CHECK(hides(rules, STR("--user ada --password hunter2 -v"), "--user ada --password ••• -v"));
    CHECK(hides(rules, STR("--password=hunter2 PGPASSWORD=x API_TOKEN=y"),
                "--password=••• PGPASSWORD=••• API_TOKEN=•••"));
    CHECK(hides(rules, STR("-H Authorization: Bearer abc http://h"), "-H Authorization: ••• ••• http://h"));
    CHECK(hides(rules, STR("clone https://ada:x@y@host/p"), "clone https://ada:•••@host/p"));
    CHECK(hides(rules, STR("-u ada:x key=ghp_abc"), "-u ada:••• key=•••"));
    CHECK(hides(rules, STR("-phunter/2 pin 12"), "••• pin 12"));
    CHECK(hides(rules, STR("--password\0a b\0pin 12\0-v\0"), "--password ••• ••• -v"));
    CHECK(hides(rules, STR("-l /etc"), "-l /etc") && hides(rules, STR(""), ""));
}

TESTS(the_example_of_the_documentation_reads, what_is_wrong_is_said_with_its_file_and_line,
      an_option_that_means_nothing_where_it_stands_is_refused, a_rule_that_names_a_home_directory_is_refused,
      a_rule_that_names_a_user_is_refused_and_the_name_is_not_repeated,
      every_error_is_said_until_there_is_no_room,
      files_are_read_in_the_order_of_their_names_whatever_order_they_come_in,
      a_file_that_is_not_numbered_and_one_that_is_there_twice_are_refused,
      that_only_packages_of_rpm_are_signed_is_warned_of_unless_intact_ones_are_meant_too,
      a_file_that_is_signed_is_intact_as_well_and_one_that_is_intact_is_not_signed,
      a_rule_that_an_earlier_one_covers_is_warned_of, the_first_rule_that_matches_decides,
      who_is_known_by_account_group_kind_and_device, what_is_known_by_every_fact,
      a_fact_that_cannot_be_known_makes_its_condition_false_and_its_opposite_too,
      a_fact_is_asked_for_once_and_only_where_a_rule_needs_it,
      a_set_says_whether_it_may_decide_otherwise_for_another_account,
      what_is_recorded_comes_from_the_rule_else_from_the_default_else_is_the_usual,
      an_elevation_says_what_it_needs_as_whom_and_for_how_long, a_set_stands_for_its_values_in_any_condition,
      quotes_hold_spaces_commas_and_themselves, a_rule_that_names_a_person_of_the_machine_is_found,
      a_secret_among_the_arguments_is_not_recorded)
