/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/record.h"

#include "concept/codec.h"
#include "guard/heard.h"
#include "test/test.h"

static const struct key key = {{7}};
static const ident_t device = {{9}};

struct got {
    size_t launches;
    int64_t decision;
    char path[64], args[64];
};

static err_t take(void *with, const struct journal_batch *batch)
{
    struct got *got = with;
    OWN(arena) arena = ARENA(16 << 20);
    for (size_t i = 0; i < batch->count; i++) {
        str_t packed;
        void *records;
        size_t count;
        TRY(codec_grow(batch->parts[i].list, &arena, &packed));
        TRY(codec_unpack(&launch_concept, packed, &arena, &records, &count));
        const struct launch *one = records;
        got->launches += count;
        got->decision = one->decision;
        snprintf(got->path, sizeof got->path, "%.*s", STR_ARG(one->path));
        snprintf(got->args, sizeof got->args, "%.*s", STR_ARG(one->args));
    }
    return ERR_OK;
}

static err_t order_of(const char *text, struct order **out_order)
{
    OWN(buf) trouble = BUF(4096);
    const struct rule_file file = {STR("10-test.rules"), str(text)};
    struct rules *rules = NULL;
    struct names *names = NULL;
    TRY(rules_read(&file, 1, &rules, &trouble));
    TRY(names_read("", NULL, 0, &names));
    return order_make(rules, names, device, out_order);
}

/* What is written of one launch whose rule lets nothing be recorded. */
static err_t written(const struct told *told, bool off, struct got *out_got)
{
    OWN(order) order = NULL;
    OWN(journal) journal = NULL;
    char path[512];
    TRY(crypt_start());
    TRY(order_of("elevate record=none any : path=/usr/bin/id\ndefault observe\n", &order));
    snprintf(path, sizeof path, "%s/journal", test_folder());
    TRY(journal_open(&(struct journal_ask){env_real(), path, &key, 1}, &journal));
    *out_got = (struct got){0};
    record_launch(&(struct recorder){env_real(), journal, order, off}, told);
    return journal_hand_over(journal, &(struct journal_out){take, out_got});
}

TEST(that_somebody_had_other_rights_is_written_down_whatever_its_rule_lets_be_recorded)
{
    static struct file file = {.path = "/usr/bin/id"};
    struct got got;
    struct told told = {.at = heard_now(),
                        .uid = 1,
                        .login = (uid_t)-1,
                        .file = &file,
                        .decision = DECISION_ELEVATE,
                        .args = STR("-u\0")};
    CHECK_OK(written(&told, false, &got));
    CHECK(got.launches == 0); /* a launch like all others, that no sudo asked about */
    told.elevation = true;
    CHECK_OK(written(&told, false, &got));
    CHECK(got.launches == 1 && got.decision == DECISION_ELEVATE && !strcmp(got.path, "/usr/bin/id") &&
          !*got.args);
    told.decision = DECISION_DENY;
    CHECK_OK(written(&told, false, &got));
    CHECK(got.launches == 1 && got.decision == DECISION_DENY);
    CHECK_OK(written(&told, true, &got));
    CHECK(got.launches == 0); /* the client has switched launches off */
}

TESTS(that_somebody_had_other_rights_is_written_down_whatever_its_rule_lets_be_recorded)
