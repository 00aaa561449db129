/* SPDX-License-Identifier: Apache-2.0
 *
 * The console's files, built into the program: tools/embed writes this table from console/dist.
 */
#pragma once
#include <stddef.h>

struct asset {
    const char *path, *type;
    const unsigned char *at, *end;
};
extern const struct asset assets[];
extern const size_t asset_count;
