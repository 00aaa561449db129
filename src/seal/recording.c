/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/recording.h"

#include "seal/_private.h"

static const str_t magic = {"custody recording\n", 18};

enum { VERSION = 1, PLAIN = 4 + 1 + 4, AD_SIZE = 8 + DIGEST_SIZE + PLAIN + 1 };
enum part { PART_HEAD, PART_BODY };

/* What stands in clear before each fragment: its number, whether it is the last, and the length of its padded bytes. */
struct plain {
    uint32_t number, padded;
    bool last;
};

static void number_put(uint64_t number, size_t len, char *at)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (char)(number >> (8 * (len - 1 - i)));
}

static uint64_t number_get(const char *at, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

/* The head */

static void head_put(const struct recording_about *about, const uint8_t box[SEAL_BOX], buf_t *out)
{
    const ident_t ids[] = {about->realm, about->id, about->subject, about->device};
    char made[8];
    number_put((uint64_t)about->made, sizeof made, made);
    buf_put(out, magic);
    buf_put_byte(out, VERSION);
    buf_put_byte(out, (uint8_t)about->form);
    buf_put(out, str_bytes(ids, sizeof ids));
    buf_put(out, str_bytes(made, sizeof made));
    buf_put(out, str_bytes(box, SEAL_BOX));
}

static void head_get(const char *at, struct recording_head *out)
{
    ident_t *ids[] = {&out->about.realm, &out->about.id, &out->about.subject, &out->about.device};
    at += magic.len + 1;
    out->about.form = (enum recording_form)(uint8_t)*at++;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++, at += sizeof(ident_t))
        memcpy(ids[i], at, sizeof(ident_t));
    out->about.made = (moment_t)number_get(at, 8);
    memcpy(out->box, at + 8, SEAL_BOX);
}

/* All of it, or as much as there is. */
static err_t source_take(const struct recording_source *source, char *at, size_t len, size_t *out_len)
{
    size_t some = len;
    for (*out_len = 0; some && *out_len < len; *out_len += some)
        TRY(source->read(source->from, at + *out_len, len - *out_len, &some));
    return ERR_OK;
}

err_t recording_look(const struct recording_source *source, struct recording_head *out_head)
{
    char at[RECORDING_HEAD];
    size_t len;
    _Static_assert(RECORDING_HEAD == 18 + 1 + 1 + 4 * sizeof(ident_t) + 8 + SEAL_BOX, "the head");
    TRY(source_take(source, at, sizeof at, &len));
    if (len < sizeof at || memcmp(at, magic.at, magic.len))
        return fail(ERR_INVALID, "a file that is no recording");
    if (at[magic.len] != VERSION)
        return fail(ERR_LOCKED, "a recording of a form that this program does not know");
    head_get(at, out_head);
    digest(str_bytes(at, sizeof at), out_head->digest);
    return out_head->about.form == RECORDING_MP4
               ? ERR_OK
               : fail(ERR_LOCKED, "a recording that is encoded in a form that this program does not know");
}

/* Fragments */

static void plain_put(const struct plain *plain, char at[PLAIN])
{
    number_put(plain->number, 4, at);
    at[4] = (char)plain->last;
    number_put(plain->padded, 4, at + 5);
}

static struct plain plain_get(const char at[PLAIN])
{
    return (struct plain){
        .number = (uint32_t)number_get(at, 4), .last = at[4] == 1, .padded = (uint32_t)number_get(at + 5, 4)};
}

struct bound {
    uint8_t at[AD_SIZE];
};

/* What both seals of a fragment are bound to, so far: `head` is the digest of the recording's. */
static struct bound bound_to(const uint8_t head[DIGEST_SIZE], const char plain[PLAIN])
{
    struct bound bound = {"custody "};
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        bound.at[8 + i] = head[i];
    memcpy(bound.at + 8 + DIGEST_SIZE, plain, PLAIN);
    return bound;
}

static str_t bound_part(struct bound *bound, enum part part)
{
    bound->at[AD_SIZE - 1] = (uint8_t)part;
    return str_bytes(bound->at, AD_SIZE);
}

void recording_writer_drop(struct recording_writer *writer) { key_drop(&writer->key); }

void recording_begin(const struct recording_ask *ask, struct recording_writer *out_writer, buf_t *out)
{
    size_t before = out->len;
    *out_writer = (struct recording_writer){.env = ask->env, .key = ask->key->data_key};
    head_put(ask->about, ask->key->box, out);
    if (buf_end(out) == ERR_OK)
        digest(str_bytes(out->at + before, RECORDING_HEAD), out_writer->head);
}

err_t recording_put(struct recording_writer *writer, str_t fragment, bool last, buf_t *out)
{
    size_t padded = padme(fragment.len + 1);
    const struct plain plain = {writer->number + 1, (uint32_t)padded, last};
    if (writer->ended)
        return fail(ERR_CONFLICT, "nothing is put behind the last fragment of a recording");
    if (fragment.len > RECORDING_FRAGMENT_MAX || writer->number == UINT32_MAX)
        return fail(ERR_TOO_LARGE, "a fragment of more than %d bytes, or one too many",
                    RECORDING_FRAGMENT_MAX);
    char *at = buf_room(out, RECORDING_FRAGMENT_EXTRA + padded);
    if (!at)
        return buf_end(out);
    plain_put(&plain, at);
    struct bound bound = bound_to(writer->head, at);
    aead_seal_at(writer->env, &writer->key, bound_part(&bound, PART_HEAD), at + PLAIN, 0);
    char *body = at + PLAIN + AEAD_EXTRA;
    pad_put(fragment, body + AEAD_NONCE);
    aead_seal_at(writer->env, &writer->key, bound_part(&bound, PART_BODY), body, padded);
    writer->number++;
    writer->ended = last;
    return ERR_OK;
}

/* Reading */

void recording_reader_drop(struct recording_reader *reader)
{
    key_drop(&reader->key);
    buf_drop(&reader->sealed);
}

void recording_open(const struct recording_source *source, const struct recording_head *head,
                    const struct key *key, struct recording_reader *out_reader)
{
    *out_reader = (struct recording_reader){
        .source = source, .key = *key, .sealed = BUF(RECORDING_PADDED_MAX + AEAD_EXTRA)};
    memcpy(out_reader->head, head->digest, DIGEST_SIZE);
}

static err_t wrong(const struct recording_reader *reader, const char *what)
{
    return fail(ERR_LOCKED, "fragment %u of a recording %s", reader->number + 1, what);
}

/* A head that the key speaks for: from here on a file that ends too early was cut, and not altered. */
static err_t plain_check(const struct recording_reader *reader, char at[PLAIN + AEAD_EXTRA],
                         struct plain *out_plain)
{
    struct bound bound = bound_to(reader->head, at);
    const struct plain plain = plain_get(at);
    if (aead_open_at(&reader->key, bound_part(&bound, PART_HEAD), at + PLAIN, AEAD_EXTRA) != ERR_OK)
        return wrong(reader, "was altered");
    if (plain.number != reader->number + 1)
        return wrong(reader, "is not there: another stands in its place");
    if (!plain.padded || plain.padded > RECORDING_PADDED_MAX || padme(plain.padded) != plain.padded)
        return wrong(reader, "has a length that none has");
    *out_plain = plain;
    return ERR_OK;
}

static err_t body_open(struct recording_reader *reader, const char plain[PLAIN], str_t *out_fragment)
{
    struct bound bound = bound_to(reader->head, plain);
    buf_t *body = &reader->sealed;
    if (aead_open_at(&reader->key, bound_part(&bound, PART_BODY), body->at, body->len) != ERR_OK)
        return wrong(reader, "was altered");
    body->len -= AEAD_EXTRA - AEAD_NONCE;
    if (pad_take(body, AEAD_NONCE) != ERR_OK)
        return wrong(reader, "has no padding");
    *out_fragment = str_bytes(body->at + AEAD_NONCE, body->len - AEAD_NONCE);
    return ERR_OK;
}

/* `out_there` stays as it is where no whole fragment is left. */
static err_t fragment_read(struct recording_reader *reader, str_t *out_fragment, bool *out_there)
{
    char at[PLAIN + AEAD_EXTRA];
    struct plain plain = {.number = 0};
    size_t len;
    TRY(source_take(reader->source, at, sizeof at, &len));
    if (reader->last && len)
        return wrong(reader, "stands behind the last one");
    if (len < sizeof at)
        return ERR_OK;
    TRY(plain_check(reader, at, &plain));
    buf_clear(&reader->sealed);
    char *body = buf_room(&reader->sealed, plain.padded + AEAD_EXTRA);
    TRY(buf_end(&reader->sealed));
    TRY(source_take(reader->source, body, reader->sealed.len, &len));
    if (len < reader->sealed.len)
        return ERR_OK;
    TRY(body_open(reader, at, out_fragment));
    reader->number = plain.number;
    reader->last = plain.last;
    *out_there = true;
    return ERR_OK;
}

bool recording_next(struct recording_reader *reader, str_t *out_fragment)
{
    bool there = false;
    if (reader->over)
        return false;
    reader->result = fragment_read(reader, out_fragment, &there);
    reader->over = !there;
    if (reader->result != ERR_OK)
        snprintf(reader->note, sizeof reader->note, "%s", err_note());
    return there;
}

err_t recording_end(const struct recording_reader *reader, bool *out_whole)
{
    *out_whole = reader->result == ERR_OK && reader->last;
    return reader->result == ERR_OK ? ERR_OK : fail(reader->result, "%s", reader->note);
}
