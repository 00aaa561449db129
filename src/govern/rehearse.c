/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rehearse.h"

#include "govern/_private.h"

void rehearsal_drop(struct rehearsal *rehearsal) { arena_drop(&rehearsal->arena); }

err_t rehearsal_end(const struct rehearsal *rehearsal) { return arena_end(&rehearsal->arena); }

static enum truth group_unknown(const struct question *question, str_t group)
{
    (void)question, (void)group;
    return UNKNOWN;
}

/* What is hidden in arguments stands in them as •••. */
static bool is_whole(str_t args) { return args.len && !memmem(args.at, args.len, "•••", strlen("•••")); }

/* `parent` has to outlive the attempt. */
static void attempt_of(const struct launch *launch, str_t *parent, struct attempt *out_attempt)
{
    struct attempt attempt = {.path = launch->path, .package = launch->package, .script = launch->script};
    *parent = launch->parent;
    attempt.known |= launch->package.len ? (unsigned)FACT_PACKAGE : 0;
    attempt.known |= launch->script.len ? (unsigned)FACT_SCRIPT : 0;
    if (is_whole(launch->args))
        attempt.known |= FACT_ARGS, attempt.args = launch->args;
    if (parent->len)
        attempt.known |= FACT_PARENT, attempt.ancestors = parent, attempt.ancestor_count = 1;
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
static void question_recorded(const struct rules *rules, const struct recorded *recorded,
                              struct attempt *attempt, struct question *out_question)
{
    ident_t account = recorded->launch->account;
    bool named = !ident_is_zero(account) && !ident_eq(account, recorded->device);
    *out_question = (struct question){
        .rules = rules,
        .attempt = attempt,
        .recorded = true,
        .person = recorded->of_device ? NO : YES,
        .root = recorded->of_device ? UNKNOWN : NO,
        .has_account = named ? YES : UNKNOWN,
        .account = account,
        .has_device = ident_is_zero(recorded->device) ? UNKNOWN : YES,
        .device = recorded->device,
        .in_group = group_unknown,
    };
}

static struct change *change_of(struct rehearsal *rehearsal, const struct launch *launch,
                                const struct verdict *verdict)
{
    for (size_t i = 0; i < rehearsal->change_count; i++) {
        struct change *change = &rehearsal->changes[i];
        if (str_eq(change->path, launch->path) && ident_eq(change->account, launch->account) &&
            (int64_t)change->was == launch->decision && change->would == verdict->decision)
            return change;
    }
    if (rehearsal->change_count == CHANGES_MOST)
        return NULL;
    struct change *change = &rehearsal->changes[rehearsal->change_count++];
    *change = (struct change){arena_copy(&rehearsal->arena, launch->path), launch->account,
                              (enum decision)launch->decision, verdict->decision, verdict->rule};
    return change;
}

static void judged_add(struct rehearsal *rehearsal, const struct launch *launch,
                       const struct verdict *verdict, uint64_t count)
{
    rehearsal->judged += count;
    rehearsal->counts[launch->decision][verdict->decision] += count;
    if ((int64_t)verdict->decision == launch->decision)
        return;
    struct change *change = change_of(rehearsal, launch, verdict);
    rehearsal->has_more |= !change;
    if (change)
        change->count += count;
}

void rehearse(struct rehearsal *rehearsal, const struct recorded *recorded)
{
    const struct launch *launch = recorded->launch;
    uint64_t count = launch->count > 0 ? (uint64_t)launch->count : 1;
    struct attempt attempt;
    struct question question;
    struct verdict verdict;
    str_t parent;
    if (rehearsal_end(rehearsal) != ERR_OK)
        return;
    attempt_of(launch, &parent, &attempt);
    question_recorded(rehearsal->rules, recorded, &attempt, &question);
    question_decide(&question, &verdict);
    bool is_decision = launch->decision >= 0 && launch->decision < DECISIONS;
    if (is_decision && launch->path.len && !(question.maybe & ~(1U << verdict.decision))) {
        judged_add(rehearsal, launch, &verdict, count);
        return;
    }
    rehearsal->not_judged += count;
    rehearsal->missing |= launch->path.len ? question.missing : (unsigned)RECORD_PATH;
}
