/* SPDX-License-Identifier: Apache-2.0
 *
 * What the guard answers to sudo: rules first, then reason and approval, each use once, and nothing but what was judged.
 */
#include "guard/elevate.h"

#include "base/limits.h"
#include "concept/codec.h"
#include "test/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

enum { WHO = 4711, POLICY = 7, RULES_MAX = 4096 };

static const char text_of_rules[] =
    "elevate group=any_group : path=/usr/bin/id\n"
    "elevate needs=reason minutes=5 any : path=/usr/bin/whoami\n"
    "elevate needs=approval,reason emergency=yes any : path=/usr/bin/env args=\"urgent**\"\n"
    "elevate needs=approval any : path=/usr/bin/env args=\"once**\"\n"
    "elevate needs=approval minutes=30 any : path=/usr/bin/env args=\"often**\"\n"
    "elevate needs=approval any : path=/**/swapped\n"
    "elevate as=33 any : path=/usr/bin/uname\n"
    "elevate any : path=/**/mine\n"
    "elevate any : script=/usr/bin/ldd interpreter=/**/bash\n"
    "elevate any : path=/usr/bin/nproc package=none\n"
    "elevate any : path=/usr/bin/nproc package!=coreutils\n"
    "allow any : path=/usr/bin/true\n"
    "default observe\n";

struct scene {
    struct env env; /* first: its clock is the scene's */
    moment_t now, boot;
    char folder[512];
    struct note_signer signer;
    struct elevate_host host;
    struct rule_names names;
    rules_own rules;
    elevate_own elevate;
    ident_t account;
    moment_t until;
    unsigned recorded, elevated, emergencies;
    char args[256]; /* recorded last */
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    elevate_drop(&scene->elevate);
    rules_drop(&scene->rules);
}

static moment_t scene_now(struct env *env) { return ((struct scene *)(void *)env)->now; }
static moment_t scene_boot(struct env *env) { return ((struct scene *)(void *)env)->boot; }

static void scene_law(void *with, struct elevate_law *out_law)
{
    const struct scene *scene = with;
    *out_law = (struct elevate_law){scene->rules, POLICY, scene->until};
}

static void scene_law_end(void *with) { (void)with; }

static err_t scene_account(void *with, uid_t uid, ident_t *out_account)
{
    *out_account = ((struct scene *)with)->account;
    return uid == WHO ? ERR_OK : fail(ERR_MISSING, "nobody");
}

static bool scene_group(void *with, uid_t uid, str_t group)
{
    return (void)with, uid == WHO && group.len > 0;
}

static void scene_record(void *with, const struct elevate_event *event)
{
    struct scene *scene = with;
    scene->recorded++;
    scene->elevated += event->elevated;
    scene->emergencies += event->emergency;
    snprintf(scene->args, sizeof scene->args, "%.*s", STR_ARG(event->args));
}

static err_t rules_open(struct scene *scene)
{
    const struct rule_file file = {STR("10-test.rules"), str(text_of_rules)};
    scene->names = (struct rule_names){scene_account, scene_group, scene, 1000, 60000, scene->host.device};
    OWN(buf) trouble = BUF(RULES_MAX);
    TRY(rules_read(&file, 1, &scene->rules, &trouble));
    rules_bind(scene->rules, &scene->names);
    return ERR_OK;
}

static err_t scene_open(struct scene *scene, const char *name)
{
    char path[600];
    TRY(crypt_start());
    scene->env = *env_real();
    scene->now = SECONDS(1795845600);
    scene->boot = HOURS(5);
    scene->until = scene->now + DAYS(30);
    scene->env.now = scene_now;
    scene->env.boot = scene_boot;
    scene->account = ident_new(&scene->env);
    snprintf(scene->folder, sizeof scene->folder, "%s/%s", test_folder(), name);
    mkdir(scene->folder, 0700);
    snprintf(path, sizeof path, "%s/key.pem", scene->folder);
    TRY(scene->env.write_file(&scene->env, path, STR("a key of this machine"), 0600));
    TRY(note_signer_new(&scene->env, NOTE_ED25519, STR("custody/ten/policy"), &scene->signer));
    scene->host = (struct elevate_host){scene,
                                        &scene->env,
                                        scene->folder,
                                        scene->folder,
                                        ident_new(&scene->env),
                                        ident_new(&scene->env),
                                        scene->signer.key,
                                        scene_law,
                                        scene_law_end,
                                        scene_account,
                                        NULL,
                                        scene_record};
    TRY(rules_open(scene));
    return elevate_open(&scene->host, &scene->elevate);
}

/* As if the guard had been killed and started again. */
static err_t scene_again(struct scene *scene)
{
    elevate_drop(&scene->elevate);
    scene->elevate = NULL;
    return elevate_open(&scene->host, &scene->elevate);
}

static struct talk_ask asking(str_t program, str_t args)
{
    return (struct talk_ask){.uid = WHO, .cwd = STR("/usr"), .program = program, .args = args};
}

/* What is said to it; the request's id, where there is one. */
static enum talk_say said(struct scene *scene, const struct talk_ask *ask, struct elevation *out_asked)
{
    OWN(elevate_reply) reply = {0};
    uint8_t prefix[PREFIX_SIZE];
    elevate_answer(scene->elevate, ask, getpid(), &reply);
    if (out_asked && reply.answer.spelt.len) {
        if (elevation_hear(reply.answer.spelt, out_asked, prefix) != ERR_OK)
            return SAY_COUNT;
        out_asked->tenant = scene->host.tenant;
        elevation_command(&(struct elevated){(uid_t)reply.answer.as, reply.answer.path, ask->args},
                          out_asked->command);
    }
    for (enum talk_say say = 0; say < SAY_COUNT; say++)
        if (str_eq(reply.answer.say, talk_word(say)))
            return say;
    return SAY_COUNT;
}

static err_t answer_put(struct scene *scene, const struct elevation *given)
{
    char path[1024];
    OWN(buf) note = BUF(ELEVATION_MAX);
    TRY(elevation_sign(&scene->signer, given, &note));
    snprintf(path, sizeof path, "%s/elevations/%s.answer", scene->folder,
             ident_text("elv", given->request).text);
    return scene->env.write_file(&scene->env, path, buf_str(&note), 0600);
}

static struct elevation given_for(const struct scene *scene, const struct elevation *asked, bool once)
{
    struct elevation given = *asked;
    given.from = scene->now;
    given.until = scene->now + MINUTES(15);
    given.once = once;
    return given;
}

TEST(only_a_rule_that_says_elevate_grants)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, "rules"));
    struct talk_ask granted = asking(STR("id"), STR("")), allowed = asking(STR("true"), STR("")),
                    unnamed = asking(STR("ls"), STR("")), missing = asking(STR("no-such-program"), STR(""));
    CHECK(said(&scene, &granted, NULL) == SAY_RUN && scene.elevated == 1);
    CHECK(said(&scene, &allowed, NULL) == SAY_REFUSED && said(&scene, &unnamed, NULL) == SAY_REFUSED);
    CHECK(said(&scene, &missing, NULL) == SAY_REFUSED);
    CHECK(scene.recorded == 4 && scene.elevated == 1);
}

TEST(what_is_not_known_of_a_program_meets_no_condition_and_a_script_is_known_by_its_first_line)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, "facts"));
    struct talk_ask unknown = asking(STR("nproc"), STR("")), script = asking(STR("ldd"), STR("--version\0"));
    CHECK(said(&scene, &unknown, NULL) == SAY_REFUSED && said(&scene, &script, NULL) == SAY_RUN);
}

TEST(an_account_that_is_not_known_is_refused)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, "unknown"));
    struct talk_ask ask = asking(STR("id"), STR(""));
    ask.uid = WHO + 1;
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
}

TEST(it_runs_as_the_account_of_its_rule_and_as_no_other)
{
    OWN(scene) scene = {0};
    OWN(elevate_reply) reply = {0};
    CHECK_OK(scene_open(&scene, "as"));
    struct talk_ask ask = asking(STR("uname"), STR(""));
    elevate_answer(scene.elevate, &ask, getpid(), &reply);
    CHECK(str_eq(reply.answer.say, STR("run")) && reply.answer.as == 33);
    ask.as_named = true;
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
    ask.as = 33;
    CHECK(said(&scene, &ask, NULL) == SAY_RUN);
}

TEST(a_reason_is_asked_for_and_holds_for_the_minutes_of_its_rule)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, "reason"));
    struct talk_ask ask = asking(STR("whoami"), STR("")), with = ask;
    with.reason = STR("a disk is full");
    CHECK(said(&scene, &ask, NULL) == SAY_REASON);
    CHECK(said(&scene, &with, NULL) == SAY_RUN && said(&scene, &ask, NULL) == SAY_RUN);
    scene.boot += MINUTES(5);
    CHECK(said(&scene, &ask, NULL) == SAY_REASON);
}

TEST(without_a_policy_and_past_its_end_nothing_is_elevated)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, "law"));
    struct talk_ask ask = asking(STR("id"), STR(""));
    scene.now = scene.until;
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
    scene.now = scene.until - 1;
    CHECK(said(&scene, &ask, NULL) == SAY_RUN);
    rules_drop(&scene.rules);
    scene.rules = NULL;
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
}

TEST(an_approval_is_used_once_even_where_the_guard_is_killed_after_it)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0}, again = {0};
    CHECK_OK(scene_open(&scene, "once"));
    struct talk_ask ask = asking(STR("/usr/bin/env"), STR("once\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    CHECK_OK(scene_again(&scene));
    CHECK(said(&scene, &ask, &again) == SAY_WAIT && ident_eq(asked.request, again.request));
    const struct elevation given = given_for(&scene, &asked, true);
    CHECK_OK(answer_put(&scene, &given));
    CHECK(said(&scene, &ask, NULL) == SAY_RUN);
    CHECK_OK(scene_again(&scene));
    CHECK_OK(answer_put(&scene, &given));
    CHECK(said(&scene, &ask, &again) == SAY_WAIT && !ident_eq(asked.request, again.request));
    CHECK(scene.elevated == 1);
}

TEST(a_use_that_cannot_be_written_down_is_no_use)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0};
    char folder[600], moved[600];
    CHECK_OK(scene_open(&scene, "disk"));
    struct talk_ask ask = asking(STR("/usr/bin/env"), STR("once\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    const struct elevation given = given_for(&scene, &asked, true);
    CHECK_OK(answer_put(&scene, &given));
    snprintf(folder, sizeof folder, "%s/used", scene.folder);
    snprintf(moved, sizeof moved, "%s/used/in-the-way", scene.folder);
    CHECK(unlink(folder) == 0 && mkdir(folder, 0700) == 0 && mkdir(moved, 0700) == 0);
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED && scene.elevated == 0);
}

TEST(an_approval_for_minutes_holds_until_its_end_by_either_clock)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0};
    CHECK_OK(scene_open(&scene, "often"));
    struct talk_ask ask = asking(STR("env"), STR("often\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    const struct elevation given = given_for(&scene, &asked, false);
    CHECK_OK(answer_put(&scene, &given));
    CHECK(said(&scene, &ask, NULL) == SAY_RUN && said(&scene, &ask, NULL) == SAY_RUN);
    scene.boot += MINUTES(15); /* the wall clock stands still */
    CHECK(said(&scene, &ask, NULL) == SAY_WAIT);
    scene.boot -= MINUTES(1);
    CHECK(said(&scene, &ask, NULL) == SAY_RUN);
    scene.now = given.until;
    CHECK(said(&scene, &ask, NULL) == SAY_WAIT && scene.elevated == 3);
}

TEST(a_clock_that_went_back_makes_no_approval_valid_again)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0};
    CHECK_OK(scene_open(&scene, "clock"));
    struct talk_ask ask = asking(STR("env"), STR("often\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    scene.now -= MINUTES(2);
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
}

static enum talk_say answered(struct scene *scene, const struct talk_ask *ask, const struct elevation *given)
{
    return answer_put(scene, given) == ERR_OK ? said(scene, ask, NULL) : SAY_COUNT;
}

TEST(an_approval_that_is_forged_late_or_for_something_else_is_refused_and_recorded)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0};
    struct note_signer honest;
    CHECK_OK(scene_open(&scene, "forged"));
    struct talk_ask ask = asking(STR("env"), STR("once\0"));
    honest = scene.signer;
    for (int wrong = 0; wrong < 7; wrong++) {
        CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
        struct elevation given = given_for(&scene, &asked, true);
        given.device.bytes[0] ^= wrong == 0;
        given.account.bytes[0] ^= wrong == 1;
        given.command[0] ^= wrong == 2;
        given.policy += wrong == 3;
        given.until -= wrong == 4 ? MINUTES(16) : 0;
        given.from += wrong == 5 ? MINUTES(1) : 0;
        if (wrong == 6)
            CHECK_OK(note_signer_new(&scene.env, NOTE_ED25519, STR("custody/ten/policy"), &scene.signer));
        unsigned before = scene.recorded;
        CHECK(answered(&scene, &ask, &given) == SAY_REFUSED && scene.recorded == before + 1);
        scene.signer = honest;
    }
    CHECK(scene.elevated == 0);
}

TEST(a_refusal_ends_the_request_and_the_next_one_is_new)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0}, again = {0};
    char path[1024];
    CHECK_OK(scene_open(&scene, "refused"));
    struct talk_ask ask = asking(STR("env"), STR("once\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    snprintf(path, sizeof path, "%s/elevations/%s.answer", scene.folder,
             ident_text("elv", asked.request).text);
    CHECK_OK(scene.env.write_file(&scene.env, path, STR("refused\n"), 0600));
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
    CHECK(said(&scene, &ask, &again) == SAY_WAIT && !ident_eq(asked.request, again.request));
}

TEST(nobody_answers_for_twelve_hours_and_the_request_is_void)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0}, again = {0};
    CHECK_OK(scene_open(&scene, "void"));
    struct talk_ask ask = asking(STR("env"), STR("once\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    scene.now += HOURS(PENDING_HOURS);
    const struct elevation given = given_for(&scene, &asked, true);
    CHECK_OK(answer_put(&scene, &given));
    CHECK(said(&scene, &ask, &again) == SAY_WAIT && !ident_eq(asked.request, again.request));
}

TEST(another_argument_is_another_command)
{
    OWN(scene) scene = {0};
    struct elevation one = {0}, two = {0};
    CHECK_OK(scene_open(&scene, "args"));
    struct talk_ask joined = asking(STR("env"), STR("once a b\0")),
                    apart = asking(STR("env"), STR("once\0a\0b\0"));
    CHECK(said(&scene, &joined, &one) == SAY_WAIT && said(&scene, &apart, &two) == SAY_WAIT);
    CHECK(!ident_eq(one.request, two.request));
    const struct elevation given = given_for(&scene, &one, true);
    CHECK_OK(answer_put(&scene, &given));
    CHECK(said(&scene, &apart, NULL) == SAY_WAIT && said(&scene, &joined, NULL) == SAY_RUN);
}

TEST(a_code_that_was_typed_lets_it_run_once_and_a_mistyped_one_ends_nothing)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) code = BUF(1024);
    CHECK_OK(scene_open(&scene, "code"));
    struct talk_ask ask = asking(STR("env"), STR("once\0")), typed = ask;
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    struct elevation given = asked;
    given.until = scene.now + MINUTES(10);
    given.from = given.until - MINUTES(CODE_MINUTES);
    given.once = true;
    CHECK_OK(elevation_sign(&scene.signer, &given, &note));
    CHECK_OK(elevation_code(buf_str(&note), &code));
    typed.code = STR("7ZQ4K-0M2TX");
    CHECK(said(&scene, &typed, NULL) == SAY_WAIT);
    typed.code = buf_str(&code);
    CHECK(said(&scene, &typed, NULL) == SAY_RUN && said(&scene, &typed, NULL) == SAY_WAIT);
    CHECK(scene.elevated == 1);
}

TEST(an_emergency_takes_a_rule_that_allows_one_and_a_reason_and_is_marked)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, "emergency"));
    struct talk_ask urgent = asking(STR("env"), STR("urgent\0")), other = asking(STR("env"), STR("once\0"));
    urgent.emergency = other.emergency = true;
    CHECK(said(&scene, &urgent, NULL) == SAY_REASON);
    urgent.reason = other.reason = STR("the house burns");
    CHECK(said(&scene, &urgent, NULL) == SAY_RUN && scene.emergencies == 1);
    CHECK(said(&scene, &other, NULL) == SAY_REFUSED && scene.elevated == 1);
}

TEST(what_is_told_to_the_service_names_the_program_and_every_argument)
{
    OWN(scene) scene = {0};
    OWN(arena) arena = ARENA(MAX_ITEM);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(key) key;
    struct elevation asked = {0};
    char path[1024];
    void *records = NULL;
    size_t count = 0;
    CHECK_OK(scene_open(&scene, "told"));
    struct talk_ask ask = asking(STR("env"), STR("once\0a b\0"));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    snprintf(path, sizeof path, "%s/elevations/%s.ask", scene.folder, ident_text("elv", asked.request).text);
    CHECK_OK(pending_key(&scene.env, scene.folder, &key));
    CHECK_OK(pending_ask_read(&scene.env, &key, path, &packed));
    CHECK_OK(codec_unpack(&elevation_concept, buf_str(&packed), &arena, &records, &count));
    const struct elevation_asked *told = records;
    CHECK(count == 1 && str_eq(told->state, STR("open")) && str_eq(told->path, STR("/usr/bin/env")));
    CHECK(str_eq(told->args, ask.args) && ident_eq(told->account, scene.account) && told->policy == POLICY);
}

/* A program of somebody's own: a copy of a real one, at a place that others may write to. */
static err_t program_put(const struct scene *scene, const char *from, const char *name, char out_path[600])
{
    OWN(buf) bytes = BUF(MAX_ITEM);
    struct env *env = env_real();
    snprintf(out_path, 600, "%s/%s", scene->folder, name);
    TRY(env->read_file(env, from, &bytes));
    return env->write_file(env, out_path, buf_str(&bytes), 0755);
}

TEST(what_runs_is_what_was_judged_though_the_file_is_changed_after_it)
{
    OWN(scene) scene = {0};
    OWN(elevate_reply) reply = {0};
    OWN(buf) before = BUF(MAX_ITEM);
    char path[600], link[64];
    struct env *env = env_real();
    CHECK_OK(scene_open(&scene, "swap"));
    CHECK_OK(program_put(&scene, "/usr/bin/id", "mine", path));
    struct talk_ask ask = asking(str(path), STR(""));
    elevate_answer(scene.elevate, &ask, getpid(), &reply);
    CHECK(str_eq(reply.answer.say, STR("run")) && !reply.runnable.trusted);
    CHECK_OK(env->write_file(env, path, STR("#!/bin/sh\nexit 1\n"), 0755));
    snprintf(link, sizeof link, "/proc/self/fd/%d", reply.runnable.descriptor);
    OWN(fd) changed = open(link, O_WRONLY | O_CLOEXEC);
    CHECK(changed <= 0 || write(changed, "x", 1) < 0);
    CHECK_OK(env->read_file(env, "/usr/bin/id", &before));
    uint8_t judged[DIGEST_SIZE], real[DIGEST_SIZE];
    CHECK_OK(runnable_digest(&reply.runnable, judged));
    digest(buf_str(&before), real);
    CHECK(!memcmp(judged, real, DIGEST_SIZE));
}

TEST(who_holds_a_lease_on_a_program_of_his_own_keeps_nobody_waiting)
{
    OWN(scene) scene = {0};
    char path[600];
    moment_t begun = env_real()->boot(env_real());
    CHECK_OK(scene_open(&scene, "lease"));
    CHECK_OK(program_put(&scene, "/usr/bin/id", "mine", path));
    OWN(fd) held = open(path, O_RDWR | O_CLOEXEC);
    signal(SIGIO, SIG_IGN);
    if (fcntl(held, F_SETLEASE, F_WRLCK) != 0)
        SKIP("no leases on this file system");
    struct talk_ask ask = asking(str(path), STR(""));
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
    CHECK(env_real()->boot(env_real()) - begun < SECONDS(5));
}

TEST(a_program_that_was_changed_while_it_waited_is_not_what_was_approved)
{
    OWN(scene) scene = {0};
    struct elevation asked = {0};
    char path[600];
    CHECK_OK(scene_open(&scene, "waited"));
    CHECK_OK(program_put(&scene, "/usr/bin/id", "swapped", path));
    struct talk_ask ask = asking(str(path), STR(""));
    CHECK(said(&scene, &ask, &asked) == SAY_WAIT);
    const struct elevation given = given_for(&scene, &asked, true);
    CHECK_OK(answer_put(&scene, &given));
    CHECK_OK(program_put(&scene, "/usr/bin/env", "swapped", path));
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED && scene.elevated == 0);
}

TEST(a_link_a_dot_dot_and_a_relative_name_are_the_file_they_lead_to)
{
    OWN(scene) scene = {0};
    char path[600];
    CHECK_OK(scene_open(&scene, "links"));
    snprintf(path, sizeof path, "%s/mine", scene.folder);
    CHECK(symlink("/usr/bin/true", path) == 0);
    struct talk_ask link = asking(str(path), STR("")), dots = asking(STR("/usr/bin/../bin/./id"), STR("")),
                    relative = asking(STR("bin/id"), STR("")), folder = asking(STR("/usr/bin"), STR(""));
    CHECK(said(&scene, &link, NULL) == SAY_REFUSED);
    CHECK(said(&scene, &dots, NULL) == SAY_RUN && said(&scene, &relative, NULL) == SAY_RUN);
    CHECK(said(&scene, &folder, NULL) == SAY_REFUSED);
}

TEST(a_link_that_the_folders_owner_put_there_leads_to_nothing_of_roots)
{
    OWN(scene) scene = {0};
    char victim[600], path[700];
    if (geteuid() != 0)
        SKIP("only root may do more than the folder's owner");
    CHECK_OK(scene_open(&scene, "owner"));
    snprintf(victim, sizeof victim, "%s/of_root", test_folder());
    snprintf(path, sizeof path, "%s/elevations", scene.folder);
    CHECK(mkdir(victim, 0755) == 0 && symlink(victim, path) == 0);
    CHECK(chmod(test_folder(), 0755) == 0 && chown(scene.folder, 65534, 65534) == 0);
    struct talk_ask ask = asking(STR("env"), STR("once\0"));
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED);
    snprintf(path, sizeof path, "%s/used", victim);
    CHECK(access(path, F_OK) != 0);
}

TEST(the_loader_of_programs_is_not_elevated_in_their_place)
{
    OWN(runnable) runnable = {0};
    CHECK_FAILS(ERR_DENIED, runnable_find(STR("/lib64/ld-linux-x86-64.so.2"), STR("/"), &runnable));
}

TEST(a_policy_of_another_plugin_runs_nothing_that_others_may_change)
{
    OWN(scene) scene = {0};
    char path[600];
    CHECK_OK(scene_open(&scene, "sudoers"));
    CHECK_OK(program_put(&scene, "/usr/bin/id", "mine", path));
    struct talk_ask ask = asking(str(path), STR("")), trusted = asking(STR("/usr/bin/id"), STR(""));
    ask.only_judged = trusted.only_judged = true;
    CHECK(said(&scene, &ask, NULL) == SAY_REFUSED && said(&scene, &trusted, NULL) == SAY_RUN);
}

TESTS(only_a_rule_that_says_elevate_grants,
      what_is_not_known_of_a_program_meets_no_condition_and_a_script_is_known_by_its_first_line,
      an_account_that_is_not_known_is_refused, it_runs_as_the_account_of_its_rule_and_as_no_other,
      a_reason_is_asked_for_and_holds_for_the_minutes_of_its_rule,
      without_a_policy_and_past_its_end_nothing_is_elevated,
      an_approval_is_used_once_even_where_the_guard_is_killed_after_it,
      a_use_that_cannot_be_written_down_is_no_use,
      an_approval_for_minutes_holds_until_its_end_by_either_clock,
      a_clock_that_went_back_makes_no_approval_valid_again,
      an_approval_that_is_forged_late_or_for_something_else_is_refused_and_recorded,
      a_refusal_ends_the_request_and_the_next_one_is_new,
      nobody_answers_for_twelve_hours_and_the_request_is_void, another_argument_is_another_command,
      a_code_that_was_typed_lets_it_run_once_and_a_mistyped_one_ends_nothing,
      an_emergency_takes_a_rule_that_allows_one_and_a_reason_and_is_marked,
      what_is_told_to_the_service_names_the_program_and_every_argument,
      what_runs_is_what_was_judged_though_the_file_is_changed_after_it,
      who_holds_a_lease_on_a_program_of_his_own_keeps_nobody_waiting,
      a_program_that_was_changed_while_it_waited_is_not_what_was_approved,
      a_link_a_dot_dot_and_a_relative_name_are_the_file_they_lead_to,
      a_link_that_the_folders_owner_put_there_leads_to_nothing_of_roots,
      the_loader_of_programs_is_not_elevated_in_their_place,
      a_policy_of_another_plugin_runs_nothing_that_others_may_change)
