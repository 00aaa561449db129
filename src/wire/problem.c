/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/problem.h"

static uint8_t lower(char c) { return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

void problem_put(err_t code, int status, const char *detail, buf_t *out_body)
{
    const struct err_info *info = err_info(code);
    buf_put(out_body, STR("{\"type\":\"custody:"));
    for (const char *c = info->name; *c; c++)
        buf_put_byte(out_body, lower(*c));
    buf_put(out_body, STR("\",\"title\":"));
    buf_put_json(out_body, str(info->meaning));
    buf_putf(out_body, ",\"status\":%d,\"detail\":", status);
    buf_put_json(out_body, str(detail));
    buf_put(out_body, STR(",\"error\":"));
    buf_put_json(out_body, str(detail));
    buf_put(out_body, STR("}"));
}
