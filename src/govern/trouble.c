/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

enum { MOST_SAID = 40, NOTE_MAX = 256 };
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

int said_len(str_t text)
{
    size_t len = text.len < MOST_SAID ? text.len : MOST_SAID;
    while (len < text.len && len && (text.at[len] & 0xc0) == 0x80)
        len--;
    return (int)len;
}

err_t about(str_t name, const char *mark, err_t code)
{
    char note[NOTE_MAX];
    if (code != ERR_INVALID)
        return code;
    snprintf(note, sizeof note, "%s", err_note());
    return fail(code, "%.*s%s: %s", said_len(name), name.at, mark, note);
}
