/* SPDX-License-Identifier: Apache-2.0
 *
 * A Range header (RFC 9110 section 14.2): one span of bytes, so that a download that was cut goes on where it was.
 *
 *     struct range range = range_read(request->range, size);
 *
 * What is no range of bytes, and more than one, counts as none, which the standard allows: then all of it is given.
 * RANGE_NONE_SUCH: it begins past the end. `last` is included.
 */
#pragma once
#include "base/bytes.h"

enum range_part { RANGE_ALL, RANGE_PART, RANGE_NONE_SUCH };
struct range {
    enum range_part part;
    uint64_t from, last;
};
struct range range_read(str_t header, uint64_t size);
