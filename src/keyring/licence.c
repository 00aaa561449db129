/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/licence.h"

#include "keyring/life_facts.h"

static err_t day_take(const char *text, struct date *out_date)
{
    return *text ? date_read(str(text), out_date) : ERR_OK;
}

static void fact_take(const Keys__LifeFact *told, struct life_facts *facts)
{
    const struct {
        const char *name;
        moment_t *at;
    } known[] = {
#define F(name) {#name, &facts->name},
        LIFE_FACTS(F)
#undef F
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(told->name, known[i].name))
            *known[i].at = told->at;
}

err_t licence_told(const Keys__Licence *licence, struct contract *out_contract, struct life_facts *out_facts)
{
    const Keys__Contract *in = licence->contract;
    struct contract contract = contract_usual;
    struct life_facts facts = {
        .made = licence->made, .clock_held = licence->clock_held, .held = licence->holds > 0};
    if (!in)
        return fail(ERR_BROKEN, "a licence without its contract");
    TRY(day_take(in->licence_end, &contract.licence_end));
    TRY(day_take(in->contract_end, &contract.contract_end));
    TRY(day_take(in->not_renewed, &contract.not_renewed));
    contract.offset_minutes = (int)in->offset_minutes;
    contract.grace_days = (int)in->grace_days;
    contract.keep_months = (int)in->keep_months;
    contract.keep_snapshots = (int)in->keep_snapshots;
    for (size_t i = 0; i < licence->n_facts; i++)
        fact_take(licence->facts[i], &facts);
    *out_contract = contract;
    *out_facts = facts;
    return ERR_OK;
}
