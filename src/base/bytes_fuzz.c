/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger through every small parser of base. Each value has one text: what is taken must print the same.
 */
#include "base/id.h"
#include "base/moment.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void try_number(str_t input)
{
    uint64_t number = 0;
    char text[32];
    if (str_number(input, UINT64_MAX, &number) != ERR_OK)
        return;
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    require(str_eq(str(text), input));
}

static void try_base64(str_t input)
{
    OWN(buf) bytes = BUF(1 << 20);
    OWN(buf) text = BUF(2 << 20);
    if (base64_read(input, &bytes) == ERR_OK) {
        buf_put_base64(&text, buf_str(&bytes));
        require(str_eq(buf_str(&text), input));
    }
    buf_clear(&bytes);
    buf_clear(&text);
    if (base64_padded_read(input, &bytes) == ERR_OK) {
        buf_put_base64_padded(&text, buf_str(&bytes));
        require(str_eq(buf_str(&text), input));
    }
}

static void try_id_and_moment(str_t input)
{
    ident_t id;
    moment_t moment = 0;
    if (ident_read("dev", input, &id) == ERR_OK)
        require(str_eq(str(ident_text("dev", id).text), input));
    if (moment_read(input, &moment) == ERR_OK)
        require(str_eq(str(moment_text(moment).text), input));
}

/* The parts and their marks are the whole again; a trimmed text lies inside it. */
static void try_split(str_t input)
{
    str_t rest = input;
    size_t seen = 0;
    while (rest.len) {
        size_t before = rest.len;
        str_t part = str_until(&rest, ',');
        require(part.len + rest.len == before || part.len + 1 + rest.len == before);
        seen += before - rest.len;
    }
    require(seen == input.len && str_trim(input).len <= input.len);
}

static void try_json(str_t input)
{
    OWN(buf) json = BUF(8 << 20);
    buf_put_json(&json, input);
    require(buf_end(&json) != ERR_OK || (json.len >= input.len + 2 && !memchr(json.at, '\n', json.len)));
    if (str_is_utf8(input))
        require(str_is_utf8(buf_str(&json)));
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t input = str_bytes(at, len);
    try_number(input);
    try_base64(input);
    try_id_and_moment(input);
    try_split(input);
    try_json(input);
    return 0;
}
