/* SPDX-License-Identifier: Apache-2.0
 *
 * index.html of an archive: a page that reads what stands in it, offline, opened as a file.
 *
 *     struct page page = {.room = PAGE_ROOM};
 *     page_table(&page, "devices"); page_row(&page, json); …        as many rows as there is room for
 *     page_table_end(&page, records);                               how many there are
 *     page_put(&page, &(struct page_about){"Everything of example", "made …"}, &html);
 *
 * Data stands in blocks that nothing runs; the one script is the page's own. The policy in its head lets that script run,
 * by its hash, and nothing else; it lets videos be played from the disk that the page was opened from, and forbids every
 * request. Memory: PAGE_ROOM, and at most TABLE_ROOM of one table.
 */
#pragma once
#include "base/bytes.h"

enum { PAGE_ROOM = 8 * 1024 * 1024, TABLE_ROOM = 2 * 1024 * 1024, PAGE_MOST = PAGE_ROOM + 256 * 1024 };

struct page {
    buf_t blocks, table;
    const char *name;
};
typedef struct page page_own;
void page_drop(struct page *page);
void page_table(struct page *page, const char *name);
void page_row(struct page *page, str_t json);
void page_table_end(struct page *page, uint64_t records);

struct page_about {
    const char *what, *when;
};
CHECKED err_t page_put(const struct page *page, const struct page_about *about, buf_t *out_html);
