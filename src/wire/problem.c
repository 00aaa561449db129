/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/problem.h"

static uint8_t lower(char c) { return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

void problem_put_name(err_t code, buf_t *out)
{
    for (const char *c = err_info(code)->name; *c; c++)
        buf_put_byte(out, lower(*c));
}

void problem_put(err_t code, int status, const char *detail, buf_t *out_body)
{
    buf_put(out_body, STR("{\"type\":\"custody:"));
    problem_put_name(code, out_body);
    buf_put(out_body, STR("\",\"title\":"));
    buf_put_json(out_body, str(err_info(code)->meaning));
    buf_putf(out_body, ",\"status\":%d,\"detail\":", status);
    buf_put_json(out_body, str(detail));
    buf_put(out_body, STR(",\"error\":"));
    buf_put_json(out_body, str(detail));
    buf_put(out_body, STR("}"));
}
