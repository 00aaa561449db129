/* SPDX-License-Identifier: Apache-2.0
 *
 * What another agent is told of a rule set, tried as that agent would: by digest, by the expression that refuses, by the one
 * that lets run, by its mode.
 */
#include "govern/express.h"
#include "govern/rules_given.h"

#include <regex.h>

enum { ROOM = 1 << 20 };
#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

/* ICU's for "anything" and "the very end", as POSIX has them. */
static bool fits(str_t expression, const char *path)
{
    OWN(buf) posix = BUF(2 * MAX_EXPRESSION);
    regex_t regex;
    for (str_t rest = expression; rest.len;) {
        bool any = str_starts(rest, STR("[\\s\\S]")), end = str_starts(rest, STR("\\z"));
        size_t taken = any ? 6 : end ? 2 : 1;
        buf_put(&posix, any ? STR(".") : end ? STR("$") : str_bytes(rest.at, 1));
        rest = str_bytes(rest.at + taken, rest.len - taken);
    }
    if (!expression.len || regcomp(&regex, posix.at, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&regex, path, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static bool refuses(const struct expressed *expressed, const char *path, const uint8_t sha256[DIGEST_SIZE])
{
    for (size_t i = 0; i < expressed->count; i++)
        if (!memcmp(expressed->digests[i].sha256, sha256, DIGEST_SIZE))
            return !expressed->digests[i].allow;
    if (fits(expressed->blocked, path))
        return true;
    return !fits(expressed->allowed, path) && expressed->lockdown;
}

static err_t expressed(const char *text, arena_t *arena, struct expressed *out)
{
    OWN(rules) rules = given_rules(text);
    return rules ? rules_express(rules, (ident_t){{7}}, arena, out) : fail(ERR_INVALID, "no rules");
}

/* By a set that is left out in part nothing may be refused that the set lets run; by a whole one both say the same. */
static bool agrees(const char *text, const struct expressed *out)
{
    static const char *const paths[] = {"/tmp/x",       "/tmp/a/b", "/tmp",      "/usr/bin/vi",
                                        "/usr/bin/a.b", "/opt/x",   "/opt/x/y/z"};
    OWN(rules) rules = given_rules(text);
    bool agree = rules != NULL;
    for (size_t i = 0; agree && i < 3 * (sizeof paths / sizeof *paths); i++) {
        const char *path = paths[i / 3];
        struct attempt attempt = {.uid = 1000, .path = str(path), .known = FACT_SHA256};
        memset(attempt.sha256, (int)(0x11 * (i % 3)), DIGEST_SIZE);
        bool refused = decided(rules, &attempt) == DECISION_DENY, told = refuses(out, path, attempt.sha256);
        agree = out->left_out ? !told || refused : told == refused;
    }
    return agree;
}

TEST(what_can_be_held_whole_decides_as_the_rules_do)
{
    static const char *const sets[] = {
        "deny any : path=/tmp/**\n",
        "allow any : sha256=" ONE "\ndeny any : path=/tmp/**\ndefault observe\n",
        "deny any : sha256=" ONE "\nallow any : sha256=" ONE "," TWO
        "\nallow any : path=/usr/bin/*\ndefault deny\n",
        "set bad = " ONE " " TWO "\ndeny any : sha256=%bad\nobserve any : path=/opt/**\ndefault allow\n",
        "deny any : path=/tmp/?\nallow any : path=/usr/bin/a.b,/opt/**/z\ndefault deny\n",
        "deny any : path=/tmp/x\nallow any : any\ndeny any : path=/usr/**\n",
        "elevate any : path=/usr/bin/vi\ndefault observe\n",
        "allow group=dev : path=/usr/**\ndefault allow\n",
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        OWN(arena) arena = ARENA(ROOM);
        struct expressed out;
        CHECK_OK(expressed(sets[i], &arena, &out));
        CHECK(out.left_out == 0);
        CHECK(agrees(sets[i], &out));
    }
}

TEST(what_cannot_be_held_is_counted_and_nothing_is_refused_that_the_rules_let_run)
{
    static const struct {
        const char *text;
        size_t left_out;
    } sets[] = {
        {"allow user=people : path=/tmp/x\ndeny any : path=/tmp/**\n", 2},
        {"allow any : path=/tmp/x\ndeny any : path=/tmp/**\n", 1},
        {"allow any : path=/tmp/**\ndeny any : sha256=" ONE "\n", 1},
        {"allow user=people : path=/usr/**\ndefault deny\n", 2},
        {"deny any : path=%home/x/**\n", 1},
        {"deny any : path!=/usr/**\n", 1},
        {"deny any : sha256=" ONE " path=/tmp/x\ndeny any : sha256=" TWO "\n", 1},
        {"deny user=people : path=/tmp/x\nallow any : sha256=" ONE "\ndeny any : path=/opt/**\n", 3},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        OWN(arena) arena = ARENA(ROOM);
        struct expressed out;
        CHECK_OK(expressed(sets[i].text, &arena, &out));
        CHECK(out.left_out == sets[i].left_out);
        CHECK(agrees(sets[i].text, &out));
    }
}

TEST(a_rule_for_another_device_is_no_rule_here)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) text = BUF(1024);
    const ident_t own = {{7}}, other = {{8}};
    struct expressed out;
    buf_putf(&text, "deny device=%s : path=/tmp/x\n", ident_text("dev", other).text);
    buf_putf(&text, "deny device=%s : path=/opt/x\n", ident_text("dev", own).text);
    CHECK_OK(expressed(text.at, &arena, &out));
    CHECK(out.left_out == 0 && str_eq(out.blocked, STR("^(/opt/x)\\z")) && !out.lockdown);
}

TEST(an_expression_holds_what_it_stands_for_and_no_more)
{
    OWN(arena) arena = ARENA(ROOM);
    struct expressed out;
    CHECK_OK(expressed("deny any : path=\"/opt/a+b (c)/*.d\",/srv/**/z\n", &arena, &out));
    CHECK(fits(out.blocked, "/opt/a+b (c)/x.d") && fits(out.blocked, "/srv/z") &&
          fits(out.blocked, "/srv/a/\n/z"));
    CHECK(!fits(out.blocked, "/opt/aab (c)/x.d") && !fits(out.blocked, "/opt/a+b (c)/x/y.d") &&
          !fits(out.blocked, "/opt/a+b (c)/xxd"));
    CHECK(!fits(out.blocked, "/x/opt/a+b (c)/x.d") && !fits(out.blocked, "/srv/z/") &&
          !fits(out.blocked, "/srvz"));
}

TESTS(what_can_be_held_whole_decides_as_the_rules_do,
      what_cannot_be_held_is_counted_and_nothing_is_refused_that_the_rules_let_run,
      a_rule_for_another_device_is_no_rule_here, an_expression_holds_what_it_stands_for_and_no_more)
