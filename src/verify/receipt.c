/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/receipt.h"

#include "verify/verify.h"
#include <errno.h>

enum { PIECE = 64 * 1024 };

static err_t signature_check(struct verify *verify, str_t bytes)
{
    struct note note;
    uint64_t seconds = 0;
    if (note_split(bytes, &note) != ERR_OK)
        return find(verify, NO_RECEIPT, "%s", err_note());
    err_t code = note_check(&note, &verify->keys.at[0], &seconds);
    if (code == ERR_DENIED)
        return find(verify, WRONG_KEY, "%s", err_note());
    return code == ERR_LOCKED ? find(verify, TAMPERED, "%s", err_note()) : code;
}

/* An archive may be larger than memory. */
static err_t file_digest(const char *path, uint8_t out_digest[DIGEST_SIZE])
{
    OWN(file) file = fopen(path, "rbe");
    struct digesting state;
    char piece[PIECE];
    if (!file)
        return fail(errno == ENOENT ? ERR_MISSING : ERR_DENIED, "%s: %s", path, strerror(errno));
    digest_begin(&state);
    for (size_t some = PIECE; some == PIECE;) {
        some = fread(piece, 1, PIECE, file);
        digest_add(&state, str_bytes(piece, some));
    }
    digest_end(&state, out_digest);
    return ferror(file) ? fail(ERR_BROKEN, "%s: %s", path, strerror(errno)) : ERR_OK;
}

static err_t archive_check(struct verify *verify)
{
    const char *path = *verify->options.archive;
    uint8_t hash[DIGEST_SIZE];
    if (!path)
        return ERR_OK;
    TRY(file_digest(path, hash));
    return !memcmp(hash, verify->receipt.archive, sizeof hash)
               ? ERR_OK
               : find(verify, OTHER_ARCHIVE, "%s is not the archive that was handed over", path);
}

err_t check_receipt(struct verify *verify)
{
    OWN(buf) bytes = BUF(sizeof verify->receipt_note);
    err_t code = verify->env->read_file(verify->env, verify->words[0], &bytes);
    if (code == ERR_TOO_LARGE)
        return find(verify, NO_RECEIPT, "%s is too long for one", verify->words[0]);
    TRY(code);
    TRY(signature_check(verify, buf_str(&bytes)));
    memcpy(verify->receipt_note, bytes.at, bytes.len);
    if (receipt_open(str_bytes(verify->receipt_note, bytes.len), &verify->keys.at[0], &verify->receipt) !=
        ERR_OK)
        return find(verify, NO_RECEIPT, "%s", err_note());
    verify->has_receipt = true;
    return archive_check(verify);
}

void receipt_report(const struct receipt *receipt, buf_t *out)
{
    buf_put(out, STR("  client     "));
    plain_put(out, receipt->client);
    buf_putf(out, "\n  export     %s, ", ident_text("exp", receipt->export).text);
    plain_put(out, receipt->kind);
    buf_putf(out, "\n  accepted   %s by ", moment_text(receipt->accepted).text);
    buf_putf(out, "%s\n", ident_text("usr", receipt->accepted_by).text);
    buf_putf(out, "  handed     %s to ", moment_text(receipt->handed).text);
    buf_putf(out, "%s\n  archive    ", ident_text(receipt->handed_by.prefix, receipt->handed_by.id).text);
    buf_put_hex(out, str_bytes(receipt->archive, DIGEST_SIZE));
    buf_putf(out, "\n  size       %llu\n", (unsigned long long)receipt->size);
    buf_putf(out, "  records    %llu in %llu files\n", (unsigned long long)receipt->records,
             (unsigned long long)receipt->files);
}

void receipt_json(const struct receipt *receipt, buf_t *out)
{
    buf_put(out, STR(",\"client\":"));
    buf_put_json(out, receipt->client);
    buf_putf(out, ",\"export\":\"%s\",\"kind\":", ident_text("exp", receipt->export).text);
    buf_put_json(out, receipt->kind);
    buf_putf(out, ",\"accepted\":\"%s\"", moment_text(receipt->accepted).text);
    buf_putf(out, ",\"accepted_by\":\"%s\"", ident_text("usr", receipt->accepted_by).text);
    buf_putf(out, ",\"handed\":\"%s\"", moment_text(receipt->handed).text);
    buf_putf(out, ",\"handed_by\":\"%s\",\"archive\":\"",
             ident_text(receipt->handed_by.prefix, receipt->handed_by.id).text);
    buf_put_hex(out, str_bytes(receipt->archive, DIGEST_SIZE));
    buf_putf(out, "\",\"size\":%llu,\"records\":%llu", (unsigned long long)receipt->size,
             (unsigned long long)receipt->records);
}
