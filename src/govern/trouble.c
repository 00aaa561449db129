/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

enum { LINE_MAX_LEN = 1024, LAST_LEN = 64 }; /* of a line; of the one that says how many are left out */

void trouble_put(struct trouble *trouble, str_t file, size_t line, const char *said)
{
    OWN(buf) text = BUF(LINE_MAX_LEN);
    if (trouble->left_out) {
        trouble->left_out++;
        return;
    }
    buf_put(&text, str_bytes(file.at, file.len < MAX_NAME ? file.len : MAX_NAME));
    if (line)
        buf_putf(&text, ":%zu", line);
    buf_putf(&text, ": %s\n", said);
    size_t free = trouble->out->limit - trouble->out->len;
    if (buf_end(&text) != ERR_OK || free < text.len + LAST_LEN)
        trouble->left_out++;
    else
        buf_put(trouble->out, buf_str(&text));
}

void trouble_end(struct trouble *trouble)
{
    if (trouble->left_out)
        buf_putf(trouble->out, "and %zu more\n", trouble->left_out);
}
