/* SPDX-License-Identifier: Apache-2.0 */
#include "erase/pdf.h"

enum { PAGES = 64, CONTENT = 16 * 1024, FIRST_PAGE = 5, OBJECTS = FIRST_PAGE + 2 * PAGES };

/* Where each object begins, counted from 1. */
struct pdf {
    buf_t *out;
    size_t start, at[OBJECTS];
    int count;
};

static void object_begin(struct pdf *pdf)
{
    pdf->at[++pdf->count] = pdf->out->len - pdf->start;
    buf_putf(pdf->out, "%d 0 obj\n", pdf->count);
}

static void object_put(struct pdf *pdf, const char *text)
{
    object_begin(pdf);
    buf_putf(pdf->out, "%s\nendobj\n", text);
}

#define DASH "\xe2\x80\x94" /* begins the signatures of a note; WinAnsiEncoding has it as 227 */

static void put_letters(buf_t *out, str_t line)
{
    buf_put(out, STR("("));
    for (size_t i = 0; i < line.len; i++) {
        char c = line.at[i];
        if (str_starts(str_bytes(line.at + i, line.len - i), STR(DASH))) {
            buf_put(out, STR("\\227"));
            i += STR(DASH).len - 1;
            continue;
        }
        if (c == '(' || c == ')' || c == '\\')
            buf_put_byte(out, '\\');
        buf_put_byte(out, (uint8_t)(c < ' ' || c > '~' ? '?' : c));
    }
    buf_put(out, STR(")"));
}

/* Takes as much of the text as a line holds. */
static str_t line_take(str_t *rest)
{
    const char *end = memchr(rest->at, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    size_t taken = len > PDF_COLUMNS ? PDF_COLUMNS : len;
    str_t line = str_bytes(rest->at, taken);
    taken += taken == len && end;
    *rest = str_bytes(rest->at + taken, rest->len - taken);
    return line;
}

static void page_fill(const char *title, str_t *rest, buf_t *content)
{
    buf_put(content, STR("BT\n/F2 14 Tf\n42 800 Td\n"));
    put_letters(content, str(title));
    buf_put(content, STR(" Tj\n/F1 9 Tf\n12.5 TL\n0 -26 Td\n"));
    for (int i = 0; i < PDF_LINES && rest->len; i++) {
        put_letters(content, line_take(rest));
        buf_put(content, STR(" Tj T*\n"));
    }
    buf_put(content, STR("ET\n"));
}

static void page_put(struct pdf *pdf, const char *title, str_t *rest)
{
    OWN(buf) content = BUF(CONTENT);
    page_fill(title, rest, &content);
    object_begin(pdf);
    buf_putf(
        pdf->out,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>/Contents %d 0"
        " R>>\nendobj\n",
        pdf->count + 1);
    object_begin(pdf);
    buf_putf(pdf->out, "<</Length %zu>>\nstream\n", content.len);
    buf_put(pdf->out, buf_str(&content));
    buf_put(pdf->out, STR("endstream\nendobj\n"));
}

static int pages_of(str_t text)
{
    int lines = 0;
    while (text.len) {
        line_take(&text);
        lines++;
    }
    return lines <= PDF_LINES ? 1 : (lines + PDF_LINES - 1) / PDF_LINES;
}

static void pages_put(struct pdf *pdf, int pages)
{
    object_begin(pdf);
    buf_put(pdf->out, STR("<</Type/Pages/Kids["));
    for (int i = 0; i < pages; i++)
        buf_putf(pdf->out, "%d 0 R ", FIRST_PAGE + 2 * i);
    buf_putf(pdf->out, "]/Count %d>>\nendobj\n", pages);
}

static void end_put(struct pdf *pdf)
{
    size_t table = pdf->out->len - pdf->start;
    buf_putf(pdf->out, "xref\n0 %d\n0000000000 65535 f \n", pdf->count + 1);
    for (int i = 1; i <= pdf->count; i++)
        buf_putf(pdf->out, "%010zu 00000 n \n", pdf->at[i]);
    buf_putf(pdf->out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", pdf->count + 1, table);
}

void pdf_put(const char *title, str_t text, buf_t *out)
{
    struct pdf pdf = {.out = out, .start = out->len};
    int pages = pages_of(text);
    if (pages > PAGES) {
        buf_fail(out, ERR_TOO_LARGE);
        return;
    }
    buf_put(out, STR("%PDF-1.4\n"));
    object_put(&pdf, "<</Type/Catalog/Pages 2 0 R>>");
    pages_put(&pdf, pages);
    object_put(&pdf, "<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>");
    object_put(&pdf, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>");
    for (int i = 0; i < pages; i++)
        page_put(&pdf, title, &text);
    end_put(&pdf);
}
