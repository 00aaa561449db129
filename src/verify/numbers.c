/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/numbers.h"

#define BEGINS "{\"seq\":"

enum { NUMBER_MOST = 20 };

bool is_numbered(str_t entry) { return str_starts(entry, STR(BEGINS)); }

static str_t number_of(str_t entry)
{
    str_t rest = str_bytes(entry.at + sizeof BEGINS - 1, entry.len - (sizeof BEGINS - 1));
    return str_until(&rest, ',');
}

bool number_holds(str_t entry, uint64_t index)
{
    char wanted[NUMBER_MOST + 2];
    int len = snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)index);
    return !is_numbered(entry) || str_eq(number_of(entry), str_bytes(wanted, (size_t)len));
}

/* Its digits alone: nothing that a terminal would obey. */
err_t find_gap(struct verify *verify, str_t entry, uint64_t index)
{
    char says[NUMBER_MOST + 1] = "";
    str_t number = is_numbered(entry) ? number_of(entry) : STR("");
    for (size_t i = 0; i < number.len && i < NUMBER_MOST; i++)
        says[i] = number.at[i] >= '0' && number.at[i] <= '9' ? number.at[i] : '?';
    return find(verify, GAP, "entry %llu says that it is number %s: one is missing",
                (unsigned long long)index, *says ? says : "none");
}
