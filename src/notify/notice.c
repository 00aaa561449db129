/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/notice.h"

enum { MAX_LOCAL = 64, MAX_LABEL = 63 };

static const struct notice_info notices[NOTICE_COUNT] = {
#define K(constant, name, severity, page, subject, sentence) \
    [NOTICE_##constant] = {name, severity, page, subject, sentence},
    NOTICE_TABLE(K)
#undef K
};

const struct notice_info *notice_info(enum notice_kind kind) { return &notices[kind]; }

err_t notice_find(str_t name, enum notice_kind *out_kind)
{
    for (int kind = 0; kind < NOTICE_COUNT; kind++)
        if (str_eq(str(notices[kind].name), name)) {
            *out_kind = (enum notice_kind)kind;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "no kind of notice is called so");
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Parts with dots between them: none empty, each of letters, digits and `marks`, each at most `longest`. */
static bool are_parts(str_t text, const char *marks, size_t longest)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '.' ? !len : !c || !(is_letter_or_digit(c) || strchr(marks, c)))
            return false;
        len = c == '.' ? 0 : len + 1;
        if (len > longest)
            return false;
    }
    return len > 0;
}

static bool labels_begin_and_end_well(str_t host)
{
    while (host.len) {
        str_t label = str_until(&host, '.');
        if (!label.len || label.at[0] == '-' || label.at[label.len - 1] == '-')
            return false;
    }
    return true;
}

bool is_address(str_t text)
{
    str_t host = text, local = str_until(&host, '@');
    return text.len <= MAX_ADDRESS && local.len <= MAX_LOCAL &&
           are_parts(local, "!#$%&'*+-/=?^_`{|}~", MAX_LOCAL) && are_parts(host, "-", MAX_LABEL) &&
           labels_begin_and_end_well(host);
}

bool is_one_word(str_t text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return true;
}
