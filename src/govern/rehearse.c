/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rehearse.h"

#include "govern/_private.h"

void rehearsal_drop(struct rehearsal *rehearsal) { arena_drop(&rehearsal->arena); }

err_t rehearsal_end(const struct rehearsal *rehearsal) { return arena_end(&rehearsal->arena); }

static bool is_same(const struct change *a, const struct change *b)
{
    return str_eq(a->path, b->path) && ident_eq(a->account, b->account) && a->was == b->was &&
           a->would == b->would;
}

static void change_add(struct rehearsal *rehearsal, const struct change *change)
{
    struct change *kept = rehearsal->changes, *past = kept + rehearsal->change_count;
    while (kept < past && !is_same(kept, change))
        kept++;
    if (kept < past) {
        kept->count += change->count;
        if (!ident_eq(kept->device, change->device))
            kept->device = (ident_t){{0}};
    } else if (rehearsal->change_count < CHANGES_MOST) {
        *kept = *change;
        kept->path = arena_copy(&rehearsal->arena, change->path);
        rehearsal->change_count++;
    } else {
        rehearsal->left_out += change->count;
    }
}

static void judged_add(struct rehearsal *rehearsal, const struct recorded *recorded,
                       const struct verdict *verdict, uint64_t count)
{
    const struct launch *launch = recorded->launch;
    rehearsal->judged += count;
    rehearsal->counts[launch->decision][verdict->decision] += count;
    if ((int64_t)verdict->decision != launch->decision)
        change_add(rehearsal, &(struct change){
                                  .path = launch->path,
                                  .account = recorded_account(recorded),
                                  .device = recorded->device,
                                  .was = (enum decision)launch->decision,
                                  .would = verdict->decision,
                                  .rule = verdict->rule,
                                  .count = count,
                              });
}

void rehearse(struct rehearsal *rehearsal, const struct recorded *recorded)
{
    const struct launch *launch = recorded->launch;
    uint64_t count = launch->count > 0 ? (uint64_t)launch->count : 1;
    struct attempt attempt;
    struct question question;
    struct verdict verdict;
    if (rehearsal_end(rehearsal) != ERR_OK)
        return;
    question_recorded(rehearsal->rules, recorded, &attempt, &question);
    question_decide(&question, &verdict);
    bool is_decision = launch->decision >= 0 && launch->decision < DECISIONS;
    if (is_decision && launch->path.len && !(question.maybe & ~(1U << verdict.decision))) {
        judged_add(rehearsal, recorded, &verdict, count);
        return;
    }
    rehearsal->not_judged += count;
    rehearsal->missing |= launch->path.len ? question.missing : (unsigned)RECORD_PATH;
}
