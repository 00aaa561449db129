/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/launch_list.h"

#include "base/limits.h"
#include "concept/codec.h"

enum { FOLDED = 1, NUMBER_MOST = 10, WIRE_NUMBER = 0, WIRE_BYTES = 2, TAGS = 15 };

static bool number_next(str_t *rest, uint64_t *out_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < rest->len && i < NUMBER_MOST; i++) {
        uint8_t byte = (uint8_t)rest->at[i];
        number |= (uint64_t)(byte & 127) << (7 * i);
        if (byte & 128)
            continue;
        *rest = str_bytes(rest->at + i + 1, rest->len - i - 1);
        *out_number = number;
        return true;
    }
    return false;
}

static bool bytes_next(str_t *rest, str_t *out_bytes)
{
    uint64_t len = 0;
    if (!number_next(rest, &len) || len > rest->len)
        return false;
    *out_bytes = str_bytes(rest->at, len);
    *rest = str_bytes(rest->at + len, rest->len - len);
    return true;
}

/* Where each field stands, by its tag. */
static const size_t numbers[TAGS] = {
    [1] = offsetof(struct launch, at),    [2] = offsetof(struct launch, decision),
    [3] = offsetof(struct launch, count), [4] = offsetof(struct launch, policy),
    [5] = offsetof(struct launch, rule),
};
static const size_t texts[TAGS] = {
    [7] = offsetof(struct launch, path),    [8] = offsetof(struct launch, sha256),
    [9] = offsetof(struct launch, package), [10] = offsetof(struct launch, parent),
    [11] = offsetof(struct launch, args),   [12] = offsetof(struct launch, script),
    [13] = offsetof(struct launch, reason),
};
enum { TAG_ACCOUNT = 6, TAG_FIRST_TEXT = 7, TAG_EMERGENCY = 14 };

static void number_set(struct launch *launch, uint64_t tag, uint64_t number)
{
    if (tag >= 1 && tag < TAG_ACCOUNT)
        *(int64_t *)(void *)((char *)launch + numbers[tag]) = (int64_t)number;
    else if (tag == TAG_EMERGENCY)
        launch->emergency = number != 0;
}

static void bytes_set(struct launch *launch, uint64_t tag, str_t bytes)
{
    if (tag == TAG_ACCOUNT && bytes.len == sizeof(ident_t))
        memcpy(launch->account.bytes, bytes.at, sizeof(ident_t));
    else if (tag >= TAG_FIRST_TEXT && tag < TAG_EMERGENCY)
        *(str_t *)(void *)((char *)launch + texts[tag]) = bytes;
}

static bool value_read(str_t *rest, uint64_t tag, struct launch *launch)
{
    uint64_t number = 0;
    str_t bytes = {0};
    if ((tag & 7) == WIRE_NUMBER && number_next(rest, &number)) {
        number_set(launch, tag >> 3, number);
        return true;
    }
    if ((tag & 7) == WIRE_BYTES && bytes_next(rest, &bytes)) {
        bytes_set(launch, tag >> 3, bytes);
        return true;
    }
    return false;
}

static bool launch_read(str_t rest, struct launch *launch)
{
    uint64_t tag = 0;
    while (rest.len)
        if (!number_next(&rest, &tag) || !value_read(&rest, tag, launch))
            return false;
    return true;
}

bool launch_next(struct launch_list *list, struct launch *out_launch)
{
    static const struct launch none;
    uint64_t tag = 0;
    str_t one = {0};
    if (!list->rest.len || list->broken)
        return false;
    *out_launch = none;
    list->broken = !number_next(&list->rest, &tag) || tag != (1 << 3 | WIRE_BYTES) ||
                   !bytes_next(&list->rest, &one) || !launch_read(one, out_launch);
    if (list->broken)
        return false;
    out_launch->at += list->base;
    if (ident_is_zero(out_launch->account))
        out_launch->account = list->subject;
    return true;
}

err_t launch_frame_open(str_t frame, const struct launch_row_is *row, arena_t *arena,
                        struct launch_list *out_list)
{
    struct launch_list list = {.subject = row->subject};
    bool folded = frame.len && frame.at[0] == FOLDED;
    if (folded) {
        list.base = row->hour * HOURS(1);
        TRY(codec_grow_launches(str_bytes(frame.at + 1, frame.len - 1), arena, &list.rest));
    } else {
        TRY(codec_grow(frame, arena, &list.rest));
    }
    *out_list = list;
    return ERR_OK;
}

static int text_order(str_t a, str_t b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.at, b.at, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

int launch_order(const void *left, const void *right)
{
    const struct launch *a = left, *b = right;
    int order = (a->at > b->at) - (a->at < b->at);
    for (size_t tag = 2; !order && tag < TAG_ACCOUNT; tag++) {
        int64_t x = *(const int64_t *)(const void *)((const char *)a + numbers[tag]);
        int64_t y = *(const int64_t *)(const void *)((const char *)b + numbers[tag]);
        order = (x > y) - (x < y);
    }
    if (!order)
        order = memcmp(a->account.bytes, b->account.bytes, sizeof a->account.bytes);
    for (size_t tag = TAG_FIRST_TEXT; !order && tag < TAG_EMERGENCY; tag++)
        order = text_order(*(const str_t *)(const void *)((const char *)a + texts[tag]),
                           *(const str_t *)(const void *)((const char *)b + texts[tag]));
    return order ? order : a->emergency - b->emergency;
}

void launch_sort(struct launch *launches, size_t *io_count)
{
    size_t kept = 0;
    if (*io_count)
        qsort(launches, *io_count, sizeof *launches, launch_order);
    for (size_t i = 0; i < *io_count; i++)
        if (!kept || launch_order(&launches[kept - 1], &launches[i]))
            launches[kept++] = launches[i];
    *io_count = kept;
}

err_t launch_frame_put(struct launch *launches, size_t count, const struct launch_row_is *row, arena_t *arena,
                       buf_t *out_frame)
{
    OWN(buf) packed = BUF(MAX_ITEM);
    for (size_t i = 0; i < count; i++) {
        launches[i].at -= row->hour * HOURS(1);
        if (ident_eq(launches[i].account, row->subject))
            launches[i].account = (ident_t){{0}};
    }
    TRY(codec_pack(&launch_concept, launches, count, arena, &packed));
    buf_put_byte(out_frame, FOLDED);
    return codec_shrink_launches(buf_str(&packed), out_frame);
}
