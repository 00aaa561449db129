/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of launches as they stand packed (concept/codec.h), read in place: one launch after the other, without memory of
 * its own, since a search reads millions of them.
 *
 *     struct launch_list list = {packed};
 *     while (launch_next(&list, &launch)) …         its texts point into the packed list
 *     if (list.broken) …                             INVALID: it ended where it should not
 *
 * It takes any order of known fields and passes over unknown ones; that a list is packed the one way is for codec_check().
 *
 * Frames: as an upload brought it, the frame is the zstd frame that was sent; folded, it is a byte 1 and a zstd frame with
 * the dictionary of launch_dictionary.c, of a list whose moments count from the beginning of its hour and whose account
 * is left out where it is the row's subject. launch_frame_open() gives either as a packed list, and `base` and `subject`
 * make launches whole again.
 */
#pragma once
#include "concept/launch.h"

struct launch_list {
    str_t rest;
    moment_t base;   /* added to each moment */
    ident_t subject; /* stands for an account of zeros */
    bool broken;
};
bool launch_next(struct launch_list *list, struct launch *out_launch);

struct launch_row_is {
    int64_t hour;
    ident_t subject;
};
CHECKED err_t launch_frame_open(str_t frame, const struct launch_row_is *row, arena_t *arena,
                                struct launch_list *out_list);

/* The launches of one row, as launch_sort() left them; they are changed into what stands in the frame. */
CHECKED err_t launch_frame_put(struct launch *launches, size_t count, const struct launch_row_is *row,
                               arena_t *arena, buf_t *out_frame);

enum {
    DECISION_MOST = 3,
    COUNT_MOST = 1000 * 1000 * 1000
}; /* of one launch, as often as it was within a minute */

/* By moment, then by what they are: the order of a row. Equal ones are left once by launch_sort(). */
int launch_order(const void *a, const void *b);
void launch_sort(struct launch *launches, size_t *io_count);
