/* SPDX-License-Identifier: Apache-2.0
 *
 * A query and a cookie header of anybody: what is found lies within what was sent, and what is decoded is text that is
 * never longer.
 */
#include "api/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static bool is_within(str_t part, str_t whole)
{
    return !part.len || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static const char *const names[] = {"a", "cursor", "__Host-custody", ""};
    str_t whole = str_bytes(at, len);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        OWN(buf) text = BUF(1 << 20);
        str_t value = query_value(whole, names[i]), cookie = cookie_value(whole, names[i]);
        require(is_within(value, whole) && is_within(cookie, whole));
        require(!memchr(cookie.at, ';', cookie.len) && (!value.len || !memchr(value.at, '&', value.len)));
        if (query_text(value, &text) == ERR_OK)
            require(text.len <= value.len && str_is_utf8(buf_str(&text)));
    }
    OWN(buf) text = BUF(len);
    require(query_text(whole, &text) != ERR_TOO_LARGE);
    return 0;
}
