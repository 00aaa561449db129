/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/certificate.h"

#include "tlog/lines.h"

#define TITLE "custody erasure certificate"
enum { MARK_HOURS = 24, KEYS_HOURS = 1, BYTES_HOURS = 24, BACKUP_DAYS = 180 };

static const struct {
    const char *name, *what;
} stores[] = {
#define S(constant, name, what) {name, what},
    ERASED_STORES(S)
#undef S
};

const char *erased_name(enum erased_store store) { return stores[store].name; }
const char *erased_what(enum erased_store store) { return stores[store].what; }

err_t erased_find(str_t name, enum erased_store *out_store)
{
    for (enum erased_store store = 0; store < ERASED_COUNT; store++)
        if (str_eq(name, str(stores[store].name))) {
            *out_store = store;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "no such store");
}

static void put_digest(buf_t *out, const char *word, const uint8_t bytes[DIGEST_SIZE])
{
    buf_putf(out, "%s ", word);
    buf_put_base64(out, str_bytes(bytes, DIGEST_SIZE));
    buf_put_byte(out, '\n');
}

static void put_moment(buf_t *out, const char *word, moment_t at)
{
    buf_putf(out, "%s %s\n", word, moment_text(at).text);
}

static void put_stores(buf_t *out, const struct certificate *certificate)
{
    for (enum erased_store store = 0; store < ERASED_COUNT; store++) {
        const struct erased *erased = &certificate->stores[store];
        buf_putf(out, "store %s %lld %lld %s\n", stores[store].name, (long long)erased->items,
                 (long long)erased->bytes, moment_text(erased->at).text);
    }
}

static void put_exceptions(buf_t *out, const struct certificate *certificate)
{
    for (size_t i = 0; i < certificate->exception_count; i++) {
        const struct certificate_exception *exception = &certificate->exceptions[i];
        buf_putf(out, "exception %.*s %lld %s\n", STR_ARG(exception->what), (long long)exception->count,
                 moment_text(exception->until).text);
    }
}

static void put_kept(buf_t *out, const struct certificate *certificate)
{
    for (size_t i = 0; i < certificate->kept_count; i++)
        buf_putf(out, "kept %s %lld %lld\n", ident_text("hld", certificate->kept[i].hold).text,
                 (long long)certificate->kept[i].items, (long long)certificate->kept[i].bytes);
    if (!ident_is_zero(certificate->after))
        buf_putf(out, "after %s\n", ident_text("era", certificate->after).text);
}

static void certificate_put(const struct certificate *certificate, buf_t *out)
{
    buf_put(out, STR(TITLE "\n"));
    buf_putf(out, "erasure %s\n", ident_text("era", certificate->erasure).text);
    buf_putf(out, "tenant %s\n", ident_text("ten", certificate->tenant).text);
    buf_putf(out, "asked %.*s\n", STR_ARG(certificate->asked));
    put_moment(out, "requested", certificate->requested);
    if (certificate->has_document)
        put_digest(out, "document", certificate->document);
    else
        buf_put(out, STR("document none\n"));
    put_moment(out, "marked", certificate->marked);
    put_moment(out, "destroyed", certificate->destroyed);
    put_digest(out, "commitment", certificate->commitment);
    buf_putf(out, "method %.*s\ntool %.*s\n", STR_ARG(certificate->method), STR_ARG(certificate->tool));
    put_stores(out, certificate);
    put_moment(out, "backups", certificate->backups);
    put_exceptions(out, certificate);
    put_kept(out, certificate);
    put_moment(out, "certified", certificate->certified);
}

err_t certificate_sign(const struct note_signer *signer, const struct certificate *certificate,
                       buf_t *out_note)
{
    OWN(buf) text = BUF(CERTIFICATE_MAX);
    certificate_put(certificate, &text);
    TRY(buf_end(&text));
    return note_put(signer, buf_str(&text), out_note);
}

static err_t digest_line(struct lines *lines, const char *word, uint8_t out_digest[DIGEST_SIZE])
{
    str_t value = {0};
    TRY(lines_text(lines, word, &value));
    return lines_digest(value, out_digest);
}

static err_t document_line(struct lines *lines, struct certificate *out)
{
    str_t value = {0};
    TRY(lines_text(lines, "document", &value));
    out->has_document = !str_eq(value, STR("none"));
    return out->has_document ? lines_digest(value, out->document) : ERR_OK;
}

static err_t count_of(str_t *rest, int64_t *out_count)
{
    uint64_t count = 0;
    TRY(str_number(str_until(rest, ' '), INT64_MAX, &count));
    *out_count = (int64_t)count;
    return ERR_OK;
}

static err_t store_line(struct lines *lines, enum erased_store store, struct erased *out)
{
    str_t value = {0};
    TRY(lines_text(lines, "store", &value));
    if (!str_eq(str_until(&value, ' '), str(stores[store].name)))
        return fail(ERR_INVALID, "a certificate without its line of the store %s", stores[store].name);
    TRY(count_of(&value, &out->items));
    TRY(count_of(&value, &out->bytes));
    return moment_read(value, &out->at);
}

static err_t stores_lines(struct lines *lines, struct certificate *out)
{
    for (enum erased_store store = 0; store < ERASED_COUNT; store++)
        TRY(store_line(lines, store, &out->stores[store]));
    return ERR_OK;
}

static err_t exception_line(struct lines *lines, struct certificate_exception *out)
{
    str_t value = {0};
    TRY(lines_text(lines, "exception", &value));
    out->what = str_until(&value, ' ');
    TRY(count_of(&value, &out->count));
    return moment_read(value, &out->until);
}

static err_t exceptions_lines(struct lines *lines, struct certificate *out)
{
    while (str_starts(lines->rest, STR("exception "))) {
        if (out->exception_count == CERTIFICATE_EXCEPTIONS)
            return fail(ERR_TOO_LARGE, "a certificate with more than %d exceptions", CERTIFICATE_EXCEPTIONS);
        TRY(exception_line(lines, &out->exceptions[out->exception_count++]));
    }
    return ERR_OK;
}

static err_t kept_line(struct lines *lines, struct certificate_kept *out)
{
    str_t value = {0};
    TRY(lines_text(lines, "kept", &value));
    TRY(ident_read("hld", str_until(&value, ' '), &out->hold));
    TRY(count_of(&value, &out->items));
    return count_of(&value, &out->bytes);
}

static err_t kept_lines(struct lines *lines, struct certificate *out)
{
    while (str_starts(lines->rest, STR("kept "))) {
        if (out->kept_count == CERTIFICATE_KEPT)
            return fail(ERR_TOO_LARGE, "a certificate with more than %d legal holds", CERTIFICATE_KEPT);
        TRY(kept_line(lines, &out->kept[out->kept_count++]));
    }
    if (!str_starts(lines->rest, STR("after ")))
        return ERR_OK;
    TRY(lines_id(lines, "after", "era", &out->after));
    return ident_is_zero(out->after) ? fail(ERR_INVALID, "it comes after no erasure")
                                     : ERR_OK; /* as it is not written */
}

static err_t certificate_read(str_t text, struct certificate *out)
{
    struct lines lines;
    TRY(lines_begin(text, TITLE, &lines));
    TRY(lines_id(&lines, "erasure", "era", &out->erasure));
    TRY(lines_id(&lines, "tenant", "ten", &out->tenant));
    TRY(lines_text(&lines, "asked", &out->asked));
    TRY(lines_moment(&lines, "requested", &out->requested));
    TRY(document_line(&lines, out));
    TRY(lines_moment(&lines, "marked", &out->marked));
    TRY(lines_moment(&lines, "destroyed", &out->destroyed));
    TRY(digest_line(&lines, "commitment", out->commitment));
    TRY(lines_text(&lines, "method", &out->method));
    TRY(lines_text(&lines, "tool", &out->tool));
    TRY(stores_lines(&lines, out));
    TRY(lines_moment(&lines, "backups", &out->backups));
    TRY(exceptions_lines(&lines, out));
    TRY(kept_lines(&lines, out));
    TRY(lines_moment(&lines, "certified", &out->certified));
    return lines_end(&lines);
}

err_t certificate_open(str_t bytes, const struct note_key *key, struct certificate *out_certificate)
{
    struct note note = {0};
    struct certificate certificate = {0};
    uint64_t seconds = 0;
    TRY(note_split(bytes, &note));
    if (note_check(&note, key, &seconds) != ERR_OK)
        return fail(ERR_LOCKED, "the certificate was not signed by this service, or was altered");
    TRY(certificate_read(note.text, &certificate));
    *out_certificate = certificate;
    return ERR_OK;
}

const char *certificate_late(const struct certificate *certificate)
{
    if (certificate->marked > certificate->requested + HOURS(MARK_HOURS))
        return "marked more than 24 hours after it was asked for";
    if (certificate->destroyed > certificate->marked + HOURS(KEYS_HOURS))
        return "the keys were destroyed more than an hour after the mark";
    for (enum erased_store store = 0; store < ERASED_COUNT; store++)
        if (certificate->stores[store].at > certificate->marked + HOURS(BYTES_HOURS))
            return "a store was emptied more than 24 hours after the mark";
    if (certificate->backups > certificate->requested + DAYS(BACKUP_DAYS))
        return "a backup outlives the request by more than 180 days";
    return NULL;
}

static bool entry_holds(str_t entry, const char *piece)
{
    return entry.at && memmem(entry.at, entry.len, piece, strlen(piece)) != NULL;
}

bool certificate_in_entry(str_t entry, ident_t erasure, str_t note)
{
    uint8_t hash[DIGEST_SIZE];
    OWN(buf) piece = BUF(128);
    char on[64];
    digest(note, hash);
    buf_put(&piece, STR("\"digest\":\""));
    buf_put_base64(&piece, str_bytes(hash, sizeof hash));
    buf_put_byte(&piece, '"');
    snprintf(on, sizeof on, "\"on\":[\"%s\"]", ident_text("era", erasure).text);
    return buf_end(&piece) == ERR_OK && entry_holds(entry, "\"act\":\"erasure.certified\"") &&
           entry_holds(entry, on) && entry_holds(entry, piece.at);
}
