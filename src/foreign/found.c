/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign/found.h"

#include "base/limits.h"
#include <strings.h>

bool found_is_name(str_t name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f)
            return false;
    return name.len >= 1 && name.len <= MAX_NAME && str_is_utf8(name);
}

bool found_is_person(str_t name)
{
    static const char *const known[] = {"root",          "daemon",          "nobody",         "system",
                                        "local service", "network service", "anonymous logon"};
    static const char *const families[] = {"_", "dwm-", "umfd-"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (name.len == strlen(known[i]) && !strncasecmp(name.at, known[i], name.len))
            return false;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (name.len > strlen(families[i]) && !strncasecmp(name.at, families[i], strlen(families[i])))
            return false;
    return true;
}
