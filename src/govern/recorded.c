/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rehearse.h"

#include "govern/_private.h"

static enum truth group_unknown(const struct question *question, str_t group)
{
    (void)question, (void)group;
    return UNKNOWN;
}

/* What is hidden in arguments stands in them as •••. */
static bool is_whole(str_t args) { return args.len && !memmem(args.at, args.len, "•••", strlen("•••")); }

static void attempt_of(const struct launch *launch, struct attempt *out_attempt)
{
    struct attempt attempt = {.path = launch->path, .package = launch->package, .script = launch->script};
    attempt.known |= launch->package.len ? (unsigned)FACT_PACKAGE : 0;
    attempt.known |= launch->script.len ? (unsigned)FACT_SCRIPT : 0;
    if (is_whole(launch->args))
        attempt.known |= FACT_ARGS, attempt.args = launch->args;
    if (launch->parent.len)
        attempt.known |= FACT_PARENT, attempt.ancestors = &launch->parent, attempt.ancestor_count = 1;
    if (launch->sha256.len == DIGEST_SIZE) {
        attempt.known |= FACT_SHA256;
        memcpy(attempt.sha256, launch->sha256.at, DIGEST_SIZE);
    }
    /* A home that holds nothing: whichever it is, none of these lies in it. */
    if (!path_is_in_home(launch->path) && !path_is_in_home(launch->script) &&
        !path_is_in_home(launch->parent))
        attempt.known |= FACT_HOME, attempt.home = STR("/");
    *out_attempt = attempt;
}

/* What is the device's own, or nobody's, names the device or no account. */
ident_t recorded_account(const struct recorded *recorded)
{
    const struct launch *launch = recorded->launch;
    ident_t none = {{0}};
    return ident_eq(launch->account, recorded->device) ? none : launch->account;
}

void question_recorded(const struct rules *rules, const struct recorded *recorded, struct attempt *attempt,
                       struct question *out_question)
{
    ident_t account = recorded_account(recorded);
    attempt_of(recorded->launch, attempt);
    *out_question = (struct question){
        .rules = rules,
        .attempt = attempt,
        .recorded = true,
        .person = recorded->of_device ? NO : YES,
        .root = recorded->of_device ? UNKNOWN : NO,
        .has_account = ident_is_zero(account) ? UNKNOWN : YES,
        .account = account,
        .has_device = ident_is_zero(recorded->device) ? UNKNOWN : YES,
        .device = recorded->device,
        .in_group = group_unknown,
    };
}
