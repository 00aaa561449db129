/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/receipt.h"

#include "tlog/lines.h"

#define TITLE "custody receipt"

static void put_act(buf_t *out, const char *word, struct receipt_by by, moment_t at)
{
    buf_putf(out, "%s %s", word, ident_text(by.prefix, by.id).text);
    buf_putf(out, " %s\n", moment_text(at).text);
}

static void put_digest(buf_t *out, const char *word, const uint8_t digest[DIGEST_SIZE])
{
    buf_putf(out, "%s ", word);
    buf_put_base64(out, str_bytes(digest, DIGEST_SIZE));
    buf_put_byte(out, '\n');
}

static void receipt_put(const struct receipt *receipt, buf_t *out)
{
    buf_putf(out, TITLE "\nclient %.*s\n", STR_ARG(receipt->client));
    buf_putf(out, "tenant %s\n", ident_text("ten", receipt->tenant).text);
    buf_putf(out, "export %s\n", ident_text("exp", receipt->export).text);
    buf_putf(out, "kind %.*s\n", STR_ARG(receipt->kind));
    put_act(out, "accepted", (struct receipt_by){"usr", receipt->accepted_by}, receipt->accepted);
    put_act(out, "handed", receipt->handed_by, receipt->handed);
    buf_putf(out, "recipient %.*s\n", STR_ARG(receipt->recipient));
    buf_putf(out, "size %llu\n", (unsigned long long)receipt->size);
    put_digest(out, "archive", receipt->archive);
    put_digest(out, "manifest", receipt->manifest);
    buf_putf(out, "files %llu\n", (unsigned long long)receipt->files);
    buf_putf(out, "records %llu\n", (unsigned long long)receipt->records);
    buf_put(out, STR("warning " RECEIPT_WARNING "\n"));
}

err_t receipt_sign(const struct note_signer *signer, const struct receipt *receipt, buf_t *out_note)
{
    OWN(buf) text = BUF(RECEIPT_MAX);
    receipt_put(receipt, &text);
    TRY(buf_end(&text));
    return note_put(signer, buf_str(&text), out_note);
}

static err_t act_read(struct lines *lines, const char *word, struct receipt_by *out_by, moment_t *out_at)
{
    str_t value = {0};
    TRY(lines_text(lines, word, &value));
    out_by->prefix = str_starts(value, STR("tok_")) ? "tok" : "usr";
    TRY(ident_read(out_by->prefix, str_until(&value, ' '), &out_by->id));
    return moment_read(value, out_at);
}

static err_t digest_read(struct lines *lines, const char *word, uint8_t out_digest[DIGEST_SIZE])
{
    str_t value = {0};
    TRY(lines_text(lines, word, &value));
    return lines_digest(value, out_digest);
}

static err_t warning_read(struct lines *lines)
{
    str_t value = {0};
    TRY(lines_text(lines, "warning", &value));
    return str_eq(value, STR(RECEIPT_WARNING)) ? ERR_OK : fail(ERR_INVALID, "a receipt of another warning");
}

static err_t receipt_read(str_t text, struct receipt *out)
{
    struct lines lines;
    struct receipt_by accepted = {0};
    TRY(lines_begin(text, TITLE, &lines));
    TRY(lines_text(&lines, "client", &out->client));
    TRY(lines_id(&lines, "tenant", "ten", &out->tenant));
    TRY(lines_id(&lines, "export", "exp", &out->export));
    TRY(lines_text(&lines, "kind", &out->kind));
    TRY(act_read(&lines, "accepted", &accepted, &out->accepted));
    out->accepted_by = accepted.id;
    if (strcmp(accepted.prefix, "usr") != 0)
        return fail(ERR_INVALID, "a program accepts no warning");
    TRY(act_read(&lines, "handed", &out->handed_by, &out->handed));
    TRY(lines_text(&lines, "recipient", &out->recipient));
    TRY(lines_number(&lines, "size", INT64_MAX, &out->size));
    TRY(digest_read(&lines, "archive", out->archive));
    TRY(digest_read(&lines, "manifest", out->manifest));
    TRY(lines_number(&lines, "files", INT64_MAX, &out->files));
    TRY(lines_number(&lines, "records", INT64_MAX, &out->records));
    TRY(warning_read(&lines));
    return lines_end(&lines);
}

err_t receipt_open(str_t bytes, const struct note_key *key, struct receipt *out_receipt)
{
    struct note note = {0};
    struct receipt receipt = {0};
    uint64_t seconds = 0;
    TRY(note_split(bytes, &note));
    if (note_check(&note, key, &seconds) != ERR_OK)
        return fail(ERR_LOCKED, "the receipt was not signed by this client's log, or was altered");
    TRY(receipt_read(note.text, &receipt));
    *out_receipt = receipt;
    return ERR_OK;
}
