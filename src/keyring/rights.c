/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/rights.h"

/* clang-format off */
static const struct role roles[] = {
    /* name            none  self  read   audit  devices tokens own */
    {"owner",         {true, true, true,  true,  true,   true,  true}},
    {"administrator", {true, true, true,  true,  true,   false, false}},
    {"auditor",       {true, true, false, true,  false,  false, false}},
    {"viewer",        {true, true, true,  false, false,  false, false}},
};
/* clang-format on */

const struct role *role_find(str_t name)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (str_eq(str(roles[i].name), name))
            return &roles[i];
    return NULL;
}
