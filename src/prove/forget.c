/* SPDX-License-Identifier: Apache-2.0
 *
 * person.forget: of whoever was forgotten no key is left, no writer holds one, no row and no copy that opens; the log has it, and
 * the endpoints are told.
 */
#include "erase/forget.h"

#include "collect/withheld.h"
#include "log/act.h"
#include "prove/walk.h"

enum { WRITERS_MINUTES = 3, ROWS_MINUTES = 15, COPIES_MINUTES = 75 };

struct forgetting {
    const Keys__Forgottens *all;
    struct withheld_page withheld;
    moment_t now;
    size_t subjects, removed, rolled, waiting, held;
    int64_t keys, rows, mentions, slowest; /* slowest: ms until writers had dropped their keys */
    int64_t own, entries, reached, told;   /* `reached`: where the data was copied from; and their entries */
    const char *fault;
};

static void fault_if(struct forgetting *forgetting, bool so, const char *fault)
{
    if (so && !forgetting->fault)
        forgetting->fault = fault;
}

static bool is_late(const struct forgetting *forgetting, moment_t at, moment_t done, int minutes)
{
    return !done && forgetting->now - at > MINUTES(minutes);
}

static err_t one_look(struct proving *proving, struct forgetting *forgetting, const Keys__Forgotten *one)
{
    int64_t rows = 0;
    TRY(forget_left(proving->desk, one, &rows));
    forgetting->subjects += one->n_subjects;
    forgetting->own += one->by.len > 0;
    forgetting->reached += !one->by.len;
    forgetting->mentions += one->mentions;
    forgetting->removed += one->removed != 0;
    forgetting->rolled += one->rolled != 0;
    forgetting->rows += one->removed ? rows : 0;
    size_t held = 0;
    for (size_t i = 0; i < one->n_subjects; i++) {
        forgetting->keys += one->subjects[i]->keys;
        held += one->subjects[i]->held;
    }
    forgetting->held += held;
    if (one->dropped - one->at > forgetting->slowest)
        forgetting->slowest = one->dropped - one->at;
    fault_if(forgetting, is_late(forgetting, one->at, one->dropped, WRITERS_MINUTES),
             "a writer has not said that it dropped its keys");
    fault_if(forgetting, !held && is_late(forgetting, one->at, one->removed, ROWS_MINUTES),
             "rows are not removed yet");
    fault_if(forgetting, is_late(forgetting, one->at, one->rolled, COPIES_MINUTES),
             "copies of the keyring that were made before still open something");
    return ERR_OK;
}

static void entry_look(void *with, str_t entry)
{
    struct forgetting *forgetting = with;
    const struct log_line line = log_line(entry);
    forgetting->entries += str_eq(line.act, str(act_name(ACT_PERSON_FORGOTTEN)));
    forgetting->told += str_eq(line.act, str(act_name(ACT_COPY_REACHED)));
}

static err_t all_ask(struct proving *proving, struct forgetting *forgetting)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Forgottens *all = NULL;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    TRY(keys_ask(proving->desk->channel, &(struct question){ASK_forgotten_list, &in}, proving->desk->arena,
                 &all));
    TRY(withheld_all(proving->desk, proving->tenant, &forgetting->withheld));
    forgetting->all = all;
    for (size_t i = 0; i < all->n_items; i++)
        TRY(one_look(proving, forgetting, all->items[i]));
    for (size_t i = 0; i < forgetting->withheld.count; i++)
        forgetting->waiting += forgetting->withheld.at[i].told < forgetting->withheld.at[i].number;
    return ERR_OK;
}

static void faults_find(struct forgetting *forgetting, const struct log_walk *walk)
{
    fault_if(forgetting, forgetting->keys, "keys of somebody who was forgotten are left");
    fault_if(forgetting, forgetting->rows, "rows of somebody who was forgotten are in the store again");
    fault_if(forgetting, walk->fault, walk->fault);
    fault_if(forgetting, forgetting->entries < forgetting->own || forgetting->told < forgetting->reached,
             "somebody was forgotten without an entry in the log");
}

err_t check_forget(struct proving *proving, struct finding *out_finding)
{
    struct forgetting forgetting = {.now = proving->desk->env->now(proving->desk->env)};
    struct log_walk walk = {.proving = proving, .look = entry_look, .with = &forgetting};
    TRY(all_ask(proving, &forgetting));
    if (!forgetting.all->n_items) {
        *out_finding = finding_put(proving, FINDING_NO_EVIDENCE, "nobody was forgotten");
        return arena_end(proving->desk->arena);
    }
    TRY(log_walk(&walk));
    faults_find(&forgetting, &walk);
    *out_finding = finding_put(
        proving, forgetting.fault ? FINDING_BROKEN : FINDING_KEPT,
        "%s%s%zu forgotten, as %zu subjects: %lld keys left; writers without theirs after %lld ms at most; rows of %zu"
        " removed, of %zu subjects kept by a legal hold; copies of the keyring dead for %zu; %zu endpoints have yet to"
        " say that they withhold; %lld mentions accepted; %llu items about them discarded since the start",
        forgetting.fault ? forgetting.fault : "", forgetting.fault ? ": " : "", forgetting.all->n_items,
        forgetting.subjects, (long long)forgetting.keys, (long long)forgetting.slowest, forgetting.removed,
        forgetting.held, forgetting.rolled, forgetting.waiting, (long long)forgetting.mentions,
        (unsigned long long)leases_discards(proving->desk->leases));
    return arena_end(proving->desk->arena);
}
