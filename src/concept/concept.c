/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/concept.h"

#include "concept/account.h"
#include "concept/address.h"
#include "concept/collection.h"
#include "concept/device.h"
#include "concept/elevation.h"
#include "concept/following.h"
#include "concept/group.h"
#include "concept/launch.h"
#include "concept/notice.h"
#include "concept/policy.h"
#include "concept/program.h"
#include "concept/tenant.h"
#include "concept/user.h"
#include "concept/webhook.h"
#include "concept/withheld.h"

const concept_t *const concepts[] = {
    &tenant_concept,  &user_concept,      &device_concept,  &address_concept,
    &account_concept, &group_concept,     &program_concept, &collection_concept,
    &launch_concept,  &elevation_concept, &policy_concept,  &following_concept,
    &notice_concept,  &withheld_concept,  &webhook_concept, NULL,
};

const concept_t *concept_find(str_t name)
{
    for (const concept_t *const *c = concepts; *c; c++)
        if (str_eq(str((*c)->name), name))
            return *c;
    return NULL;
}

const concept_t *concept_numbered(int number)
{
    for (const concept_t *const *c = concepts; *c; c++)
        if ((*c)->number == number)
            return *c;
    return NULL;
}

bool field_is_sealed(const concept_t *c, const field_t *f)
{
    return c->shape == SHAPE_LIST || (c->shape == SHAPE_ONE && f->class != CLASS_PLAIN);
}

/* A list may have a word before what it lists: `second_groups`. */
static const concept_t *listed_find(const char *name)
{
    const char *last = strrchr(name, '_');
    for (const concept_t *const *c = concepts; last && *c; c++)
        if (!strcmp((*c)->plural, last + 1))
            return *c;
    return concept_find(str(name));
}

const concept_t *field_target(const concept_t *c, const field_t *f)
{
    if (f->kind == KIND_IDS)
        return listed_find(f->name);
    if (f->kind != KIND_ID)
        return NULL;
    return strcmp(f->name, "id") ? concept_find(str(f->name)) : c;
}

const struct purpose_info *purpose_info(purpose_t purpose)
{
    static const struct purpose_info table[] = {
#define P(name, promise, text) [name] = {#name, promise, text},
        CLOSED_LIST(P) OTHER_PURPOSES(P)
#undef P
    };
    return &table[purpose];
}
