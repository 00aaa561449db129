/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/roff.h"

enum { LINE_WIDTH = 78, TEXT_MAX = 4096 };

void roff_put(buf_t *out, str_t text)
{
    static const struct {
        str_t plain, roff;
    } marks[] = {{STR("…"), STR("...")},   {STR("-"), STR("\\-")},   {STR("\\"), STR("\\e")},
                 {STR("•"), STR("\\(bu")}, {STR("'"), STR("\\(aq")}, {STR("~"), STR("\\(ti")},
                 {STR("^"), STR("\\(ha")}};
    while (text.len) {
        str_t put = {text.at, 1};
        size_t taken = 1;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
            if (str_starts(text, marks[i].plain))
                put = marks[i].roff, taken = marks[i].plain.len;
        buf_put(out, put);
        text = (str_t){text.at + taken, text.len - taken};
    }
}

void roff_word(struct roff_line *line, str_t word)
{
    bool fits = line->width && line->width + 1 + word.len <= LINE_WIDTH;
    if (line->width)
        buf_put_byte(line->out, fits ? ' ' : '\n');
    if (!fits && word.len && (word.at[0] == '.' || word.at[0] == '\''))
        buf_put(line->out, STR("\\&"));
    buf_put(line->out, word);
    line->width = fits ? line->width + 1 + word.len : word.len;
}

void roff_fill(buf_t *out, str_t text)
{
    OWN(buf) roff = BUF(TEXT_MAX);
    struct roff_line line = {out};
    for (bool bold = false; text.len; bold = !bold) {
        bool ends = memchr(text.at, '`', text.len) != NULL;
        roff_put(&roff, str_until(&text, '`'));
        if (ends)
            buf_put(&roff, bold ? STR("\\fR") : STR("\\fB"));
    }
    for (str_t rest = buf_str(&roff); rest.len;)
        roff_word(&line, str_until(&rest, ' '));
    buf_put_byte(out, '\n');
}

void roff_sentence(buf_t *out, const char *before, const char *text)
{
    OWN(buf) whole = BUF(TEXT_MAX);
    buf_put(&whole, str(before));
    buf_put(&whole, str(text));
    buf_put_byte(&whole, '.');
    if (whole.at && !*before && whole.at[0] >= 'a' && whole.at[0] <= 'z')
        whole.at[0] = (char)(whole.at[0] - 'a' + 'A');
    roff_fill(out, buf_str(&whole));
}

void roff_paragraph(buf_t *out, const char *text)
{
    buf_put(out, STR(".PP\n"));
    roff_fill(out, str(text));
}

void roff_example(buf_t *out, const char *lines)
{
    buf_put(out, STR(".PP\n.nf\n.RS\n"));
    for (str_t rest = str(lines); rest.len;) {
        str_t line = str_until(&rest, '\n');
        if (line.len && (line.at[0] == '.' || line.at[0] == '\''))
            buf_put(out, STR("\\&"));
        roff_put(out, line);
        buf_put_byte(out, '\n');
    }
    buf_put(out, STR(".RE\n.fi\n"));
}
