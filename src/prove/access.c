/* SPDX-License-Identifier: Apache-2.0
 *
 * access.client-only: the log whole, every opening in it by the client, everything personal sealed.
 */
#include "log/act.h"
#include "prove/walk.h"

/* Acts of opening, and those by nobody of the client and without its grant. */
struct openings {
    int64_t by_client, granted, foreign;
};

/* By a member, a program, or whoever has the client's recovery kit. */
static bool is_the_clients(str_t by)
{
    return str_starts(by, STR("usr_")) || str_starts(by, STR("tok_")) || str_eq(by, STR("kit"));
}

/* A grant that was on is what the check of access.support looks for. */
static void opening_look(void *with, str_t entry)
{
    struct openings *openings = with;
    const struct log_line line = log_line(entry);
    bool client = str_eq(line.act, str(act_name(ACT_RECORDS_OPENED))) ||
                  str_eq(line.act, str(act_name(ACT_LAUNCHES_OPENED))) ||
                  str_eq(line.act, str(act_name(ACT_HELD_OPENED)));
    bool export = str_eq(line.act, str(act_name(ACT_EXPORT_OPENED)));
    bool support = str_eq(line.act, str(act_name(ACT_SUPPORT_OPENED)));
    bool under = memmem(entry.at, entry.len, ",\"under\":\"req_", 14) != NULL;
    client |= export && memmem(entry.at, entry.len, ",\"under\":\"exp_", 14) != NULL;
    openings->by_client += client && is_the_clients(line.by);
    openings->granted += support && under;
    openings->foreign += (client && !is_the_clients(line.by)) || (support && !under) || (export && !client);
}

static err_t personal_sealed(struct proving *proving, int64_t *out_sealed, int64_t *out_strange)
{
    for (const concept_t *const *c = concepts; *c; c++) {
        struct sealed_rows rows = {0};
        if ((*c)->home != HOME_TENANT)
            continue;
        TRY(sealed_rows(proving, *c, &rows));
        *out_sealed += rows.sealed;
        *out_strange += rows.strange;
    }
    struct sealed_rows launches = {0};
    TRY(sealed_launches(proving, &launches));
    *out_sealed += launches.sealed;
    *out_strange += launches.strange;
    return ERR_OK;
}

static err_t client_only(struct proving *proving, struct finding *out_finding)
{
    struct openings openings = {0};
    struct log_walk walk = {.proving = proving, .look = opening_look, .with = &openings};
    int64_t sealed = 0, strange = 0;
    TRY(log_walk(&walk));
    TRY(personal_sealed(proving, &sealed, &strange));
    const char *fault = walk.fault ? walk.fault
                        : openings.foreign
                            ? "records were opened by nobody of the client and without its grant"
                        : strange ? "the client's file holds something personal that is not sealed"
                                  : NULL;
    *out_finding = finding_put(
        proving, fault ? FINDING_BROKEN : FINDING_KEPT,
        "%s%s%lld openings by the client, %lld under its grants, %lld by anybody else; %llu entries lead to the signed"
        " root; sealed share of personal fields %lld %%: of %lld stored records with them, %lld not sealed",
        fault ? fault : "", fault ? ": " : "", (long long)openings.by_client, (long long)openings.granted,
        (long long)openings.foreign, (unsigned long long)walk.entries,
        (long long)(sealed ? (sealed - strange) * 100 / sealed : 100), (long long)sealed, (long long)strange);
    return arena_end(proving->desk->arena);
}

err_t check_client_only(struct proving *proving, struct finding *out_finding)
{
    TRY(client_only(proving, out_finding));
    return exceptions_count(proving, out_finding);
}
