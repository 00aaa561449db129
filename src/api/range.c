/* SPDX-License-Identifier: Apache-2.0 */
#include "api/range.h"

/* The last so many bytes. */
static struct range suffix(uint64_t count, uint64_t size)
{
    if (!count)
        return (struct range){RANGE_NONE_SUCH, 0, 0};
    return (struct range){RANGE_PART, count < size ? size - count : 0, size - 1};
}

struct range range_read(str_t header, uint64_t size)
{
    struct range all = {RANGE_ALL, 0, size - 1};
    str_t rest = header, unit = str_until(&rest, '=');
    uint64_t from = 0, last = 0;
    if (!size || !str_eq(unit, STR("bytes")))
        return all;
    str_t first = str_until(&rest, '-');
    if (first.len == header.len - unit.len - 1) /* no '-' at all */
        return all;
    if (rest.len && str_number(rest, INT64_MAX, &last) != ERR_OK)
        return all;
    if (!first.len)
        return rest.len ? suffix(last, size) : all;
    if (str_number(first, INT64_MAX, &from) != ERR_OK || (rest.len && last < from))
        return all;
    if (from >= size)
        return (struct range){RANGE_NONE_SUCH, 0, 0};
    return (struct range){RANGE_PART, from, rest.len && last < size ? last : size - 1};
}
