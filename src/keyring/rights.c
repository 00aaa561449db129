/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/rights.h"

/* clang-format off */
static const struct role roles[] = {
    /* name            none  self   read   audit  devices tokens own    people approve sign   keep   privacy elevate staff */
    {"owner",         {true, true,  true,  true,  true,   true,  true,  true,  true,   true,  true,  true,    true,    false}},
    {"administrator", {true, true,  true,  true,  true,   false, false, false, false,  true,  true,  true,    true,    false}},
    {"approver",      {true, true,  false, true,  false,  false, false, false, true,   false, false, false,   true,    false}},
    {"auditor",       {true, true,  false, true,  false,  false, false, false, false,  false, false, false,   false,   false}},
    {"viewer",        {true, true,  true,  false, false,  false, false, false, false,  false, false, false,   false,   false}},
    {"staff",         {true, true,  false, false, false,  false, false, false, false,  false, false, false,   false,   true}},
    {"program",       {true, true,  false, false, false,  false, false, false, false,  false, false, false,   false,   false}},
};
/* clang-format on */

const struct role *role_find(str_t name)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (str_eq(str(roles[i].name), name))
            return &roles[i];
    return NULL;
}

/* What opens records, and what re-seals or releases the tenant's key to somebody else. */
bool right_needs_key(right_t right)
{
    return right == RIGHT_READ || right == RIGHT_TOKENS || right == RIGHT_PEOPLE || right == RIGHT_APPROVE ||
           right == RIGHT_PRIVACY || right == RIGHT_ELEVATE;
}

bool role_needs_key(const struct role *role)
{
    for (int right = 0; right < RIGHT_COUNT; right++)
        if (right_needs_key((right_t)right) && role_may(role, (right_t)right))
            return true;
    return false;
}

bool role_is_members(const struct role *role)
{
    return role && !role_may(role, RIGHT_STAFF) && strcmp(role->name, ROLE_PROGRAM) != 0;
}

bool role_is_trusted(const struct role *role)
{
    return role_may(role, RIGHT_DEVICES) || role_may(role, RIGHT_PEOPLE) || role_may(role, RIGHT_APPROVE);
}

bool role_signs(const struct role *role)
{
    return role_may(role, RIGHT_SIGN) || role_may(role, RIGHT_ELEVATE);
}
