/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/page.h"

#include "crypt/seal.h"

extern const char reader_css[], reader_css_end[], reader_html[], reader_html_end[], reader_js[],
    reader_js_end[];

void page_drop(struct page *page)
{
    buf_drop(&page->blocks);
    buf_drop(&page->table);
}

/* No text ends the block that it stands in: JSON has another spelling for each of these letters. */
static void put_inert(str_t json, buf_t *out)
{
    for (size_t i = 0; i < json.len; i++)
        if (json.at[i] == '<' || json.at[i] == '>' || json.at[i] == '&')
            buf_putf(out, "\\u%04x", (unsigned)json.at[i]);
        else
            buf_put_byte(out, (uint8_t)json.at[i]);
}

void page_table(struct page *page, const char *name)
{
    page->name = name;
    page->blocks.limit = PAGE_ROOM;
    page->table.limit = TABLE_ROOM;
    buf_clear(&page->table);
}

/* A row that does not fit is not in the page: it is in its file. */
void page_row(struct page *page, str_t json)
{
    size_t before = page->table.len;
    if (page->table.state != ERR_OK)
        return;
    put_inert(json, &page->table);
    buf_put_byte(&page->table, '\n');
    if (page->table.state != ERR_OK)
        page->table.len = before;
}

void page_table_end(struct page *page, uint64_t records)
{
    size_t before = page->blocks.len;
    buf_putf(&page->blocks, "<script type=\"application/x-ndjson\" data-name=\"%s\" data-records=\"%llu\">\n",
             page->name, (unsigned long long)records);
    buf_put(&page->blocks, str_bytes(page->table.at ? page->table.at : "", page->table.len));
    buf_put(&page->blocks, STR("</script>\n"));
    if (page->blocks.state == ERR_OK)
        return;
    page->blocks.len = before;
    page->blocks.state = ERR_OK;
}

static void put_hash(str_t text, buf_t *out)
{
    uint8_t hash[DIGEST_SIZE];
    digest(text, hash);
    buf_put(out, STR("'sha256-"));
    buf_put_base64_padded(out, str_bytes(hash, sizeof hash));
    buf_put(out, STR("'"));
}

static void put_text(const char *text, buf_t *out)
{
    for (; *text; text++)
        if (*text == '<' || *text == '&' || *text == '"')
            buf_putf(out, "&#%d;", *text);
        else
            buf_put_byte(out, (uint8_t)*text);
}

static void put_head(const char *what, str_t css, str_t js, buf_t *out)
{
    buf_put(out,
            STR("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "));
    put_hash(js, out);
    buf_put(out, STR("; style-src "));
    put_hash(css, out);
    buf_put(out, STR("; media-src file:; base-uri 'none'; form-action 'none'\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"));
    put_text(what, out);
    buf_put(out, STR("</title>\n<style>"));
    buf_put(out, css);
    buf_put(out, STR("</style>\n</head>\n"));
}

/* The two lines of the heading are filled in here: the page needs no script to say what it is. */
static void put_body(const struct page_about *about, str_t html, buf_t *out)
{
    static const str_t what = {"<h1 id=\"what\">", 14}, when = {"<p class=\"quiet\" id=\"when\">", 27};
    const char *heading = memmem(html.at, html.len, what.at, what.len);
    const char *line = memmem(html.at, html.len, when.at, when.len);
    if (!heading || !line) {
        buf_fail(out, ERR_BROKEN);
        return;
    }
    heading += what.len;
    line += when.len;
    buf_put(out, str_bytes(html.at, (size_t)(heading - html.at)));
    put_text(about->what, out);
    buf_put(out, str_bytes(heading, (size_t)(line - heading)));
    put_text(about->when, out);
    buf_put(out, str_bytes(line, (size_t)(html.at + html.len - line)));
}

err_t page_put(const struct page *page, const struct page_about *about, buf_t *out_html)
{
    str_t css = str_bytes(reader_css, (size_t)(reader_css_end - reader_css));
    str_t html = str_bytes(reader_html, (size_t)(reader_html_end - reader_html));
    str_t js = str_bytes(reader_js, (size_t)(reader_js_end - reader_js));
    put_head(about->what, css, js, out_html);
    put_body(about, html, out_html);
    buf_put(out_html, str_bytes(page->blocks.at ? page->blocks.at : "", page->blocks.len));
    buf_put(out_html, STR("<script>"));
    buf_put(out_html, js);
    buf_put(out_html, STR("</script>\n</body>\n</html>\n"));
    return buf_end(out_html);
}
