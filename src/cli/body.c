/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/body.h"

enum { NUMBER_MAX = 1000000000 };

static void key_put(buf_t *body, const char *key) { buf_putf(body, "%c\"%s\":", body->len ? ',' : '{', key); }

void body_put(buf_t *body, const char *key, str_t text)
{
    key_put(body, key);
    buf_put_json(body, text);
}

err_t body_put_number(buf_t *body, const char *key, const char *number)
{
    uint64_t read;
    if (str_number(str(number), NUMBER_MAX, &read) != ERR_OK)
        return fail(ERR_INVALID, "--%s is not a whole number", key);
    key_put(body, key);
    buf_putf(body, "%llu", (unsigned long long)read);
    return ERR_OK;
}

void body_put_texts(buf_t *body, const char *key, const char *const *texts, size_t count)
{
    key_put(body, key);
    buf_put_byte(body, '[');
    for (size_t i = 0; i < count; i++) {
        buf_put(body, i ? STR(",") : STR(""));
        buf_put_json(body, str(texts[i]));
    }
    buf_put_byte(body, ']');
}

void body_put_yes(buf_t *body, const char *key, bool yes)
{
    key_put(body, key);
    buf_put(body, yes ? STR("true") : STR("false"));
}

err_t body_end(buf_t *body)
{
    buf_put(body, body->len ? STR("}") : STR("{}")); /* nothing was said */
    TRY(buf_end(body));
    if (!str_is_utf8(buf_str(body)))
        return fail(ERR_INVALID, "what is given is not UTF-8");
    return ERR_OK;
}
