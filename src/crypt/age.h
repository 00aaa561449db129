/* SPDX-License-Identifier: Apache-2.0
 *
 * Files in the age v1 format, written and read as a stream: to X25519 recipients, from X25519 identities or a
 * passphrase.
 *
 *     OWN(age_writer) writer = NULL;
 *     struct age_write_ask to = {.recipients = keys, .count = 2, .armored = true, .sink = age_into(&file)};
 *     TRY(age_write_begin(env, &to, &writer));
 *     TRY(age_write(writer, bytes));                   any number of times, in pieces of any length
 *     TRY(age_write_end(writer));
 *
 *     OWN(age_reader) reader = NULL;
 *     struct age_read_ask by = {.identities = &private, .count = 1, .sink = age_into(&plain)};
 *     TRY(age_read_begin(&by, &reader));
 *     TRY(age_read(reader, bytes));
 *     TRY(age_read_end(reader));                       only now the file is known to be whole
 *
 * Keys are 32 bytes, clamped where they are used: any 32 random bytes are an identity. As text a recipient is
 * "age1…" in small letters, an identity "AGE-SECRET-KEY-1…" in capitals; every other spelling is INVALID.
 *
 * Memory: below 256 KiB a stream, whatever the length of the file; a passphrase takes 2^(work + 10) bytes meanwhile,
 * so that `work_max` is a limit on memory too: 256 MiB for 18, which age writes, 4 GiB for 22, the most there is.
 * Keys and passphrase are borrowed until the stream is dropped, and so is what the sink points to.
 *
 * The sink is handed whole chunks (64 KiB), each of which was authentic in its place. The file may still turn out to
 * be cut short or altered further on: what came before a refusal is to be thrown away. A writer that is dropped
 * before its end leaves a file that no reader takes.
 *
 * A stream that failed stays failed. INVALID: not the format. TOO_LARGE: past a maximum below. LOCKED: the file is
 * for others, or was altered. BUSY: no memory. The sink's own refusals pass through unchanged. age_read_fault() tells
 * the part of the file that is to blame; a recipient of a type that is not implemented is named in the note and is
 * UNSUPPORTED, never taken for damage.
 *
 * Narrower than the format: a line of the header has at most 4096 bytes, the header 64 KiB and 128 recipients.
 * Not written here: files for a passphrase. Source: C2SP age (age-encryption.org/v1), BIP 173, RFC 7468.
 */
#pragma once
#include "crypt/seal.h"

enum {
    AGE_HEADER_MAX = 64 * 1024, /* bytes */
    AGE_LINE_MAX = 4096,        /* bytes of a line of the header */
    AGE_RECIPIENTS_MAX = 128, /* each costs its reader one X25519 an identity, before anything is authentic */
    AGE_WORK_MAX = 22,        /* binary logarithm of scrypt's N */
};

struct age_sink {
    err_t (*put)(void *to, str_t bytes);
    void *to;
};
struct age_sink age_into(buf_t *out);

struct age_writer;
typedef struct age_writer *age_writer_own;
void age_writer_drop(struct age_writer **writer);

struct age_write_ask {
    const struct key *recipients;
    size_t count;
    bool armored;
    struct age_sink sink;
};
CHECKED err_t age_write_begin(struct env *env, const struct age_write_ask *ask,
                              struct age_writer **out_writer);
CHECKED err_t age_write(struct age_writer *writer, str_t bytes);
CHECKED err_t age_write_end(struct age_writer *writer);

struct age_reader;
typedef struct age_reader *age_reader_own;
void age_reader_drop(struct age_reader **reader);

enum age_form { AGE_EITHER, AGE_BINARY, AGE_ARMORED };

struct age_read_ask {
    const struct key *identities;
    size_t count;
    str_t passphrase;  /* empty: none */
    unsigned work_max; /* 0: AGE_WORK_MAX */
    enum age_form form;
    struct age_sink sink;
};
CHECKED err_t age_read_begin(const struct age_read_ask *ask, struct age_reader **out_reader);
CHECKED err_t age_read(struct age_reader *reader, str_t bytes);
CHECKED err_t age_read_end(struct age_reader *reader);

enum age_fault {
    AGE_NO_FAULT,    /* so far, or the file is not to blame */
    AGE_ARMOR,       /* not the armor of RFC 7468, as strict as age wants it */
    AGE_HEADER,      /* not a header of the format */
    AGE_NO_MATCH,    /* none of the identities, nor the passphrase, opens it */
    AGE_UNSUPPORTED, /* that, and it is for a type of recipient that is not implemented here */
    AGE_HMAC,        /* opened, but the header was altered */
    AGE_PAYLOAD,     /* altered, cut short or continued after the header */
};
enum age_fault age_read_fault(const struct age_reader *reader);

void age_recipient_of(const struct key *identity, struct key *out_recipient);
void age_recipient_text(const struct key *recipient, buf_t *out_text);
void age_identity_text(const struct key *identity, buf_t *out_text);
CHECKED err_t age_recipient_read(str_t text, struct key *out_recipient);
CHECKED err_t age_identity_read(str_t text, struct key *out_identity);
