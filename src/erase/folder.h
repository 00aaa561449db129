/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands beneath a folder that belongs to one client alone: weighed, and removed with the folder itself.
 *
 *     TRY(folder_weigh(path, &found));          files and bytes; zeros where there is no such folder
 *     TRY(folder_remove(path));                 durable when it returns; removed before is no error
 *
 * At most FOLDER_DEPTH folders deep (TOO_LARGE). Links are removed, never followed. A crash leaves fewer files than before: it
 * is done again.
 */
#pragma once
#include "base/bytes.h"

enum { FOLDER_DEPTH = 6 };

struct found {
    int64_t items, bytes;
};
CHECKED err_t folder_weigh(const char *path, struct found *out_found);
CHECKED err_t folder_remove(const char *path);
