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

/* "file:line: warning: what": the number and the word only where they are. */
static void line_json(str_t line, buf_t *out)
{
    static const str_t mark = {"warning: ", 9};
    uint64_t number = 0;
    str_t rest = line, file = str_until(&rest, ':'), behind = rest, digits = str_until(&behind, ':');
    if (str_number(digits, UINT32_MAX, &number) == ERR_OK)
        rest = behind;
    rest = str_trim(rest);
    bool warns = str_starts(rest, mark);
    buf_put(out, STR("{\"file\":"));
    buf_put_json(out, file);
    buf_putf(out, ",\"line\":%llu,\"warning\":%s,\"said\":", (unsigned long long)number,
             warns ? "true" : "false");
    buf_put_json(out, warns ? str_bytes(rest.at + mark.len, rest.len - mark.len) : rest);
    buf_put_byte(out, '}');
}

void rules_trouble_json(str_t trouble, buf_t *out_json)
{
    buf_put_byte(out_json, '[');
    for (str_t rest = trouble; rest.len;) {
        line_json(str_until(&rest, '\n'), out_json);
        buf_put(out_json, rest.len ? STR(",") : STR(""));
    }
    buf_put_byte(out_json, ']');
}
