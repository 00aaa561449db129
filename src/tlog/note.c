/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/note.h"

enum { TIME_SIZE = 8, KEY_TEXT_MAX = 512 };

static const str_t dash = {"\xe2\x80\x94 ", 4}; /* before each signature */
static const str_t private_mark = {"PRIVATE+KEY+", 12};

/* Keys */

/* White space of Unicode, as UTF-8, besides that of ASCII. */
static bool is_space_at(str_t text)
{
    static const char *const spaces[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
                                         "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (str_starts(text, str(spaces[i])))
            return true;
    bool is_en_quad_to_hair = str_starts(text, STR("\xe2\x80")) && text.len > 2 &&
                              (uint8_t)text.at[2] >= 0x80 && (uint8_t)text.at[2] <= 0x8a;
    return is_en_quad_to_hair || (uint8_t)text.at[0] <= ' ' || text.at[0] == 0x7f;
}

static err_t name_check(str_t name)
{
    if (!name.len || name.len > MAX_NAME || !str_is_utf8(name))
        return fail(ERR_INVALID, "the name of a key is of 1 to %d bytes of UTF-8", MAX_NAME);
    for (str_t rest = name; rest.len; rest = str_bytes(rest.at + 1, rest.len - 1))
        if (rest.at[0] == '+' || is_space_at(rest))
            return fail(ERR_INVALID, "the name of a key has no spaces and no +");
    return ERR_OK;
}

err_t note_key_make(enum note_kind kind, str_t name, const struct key *public, struct note_key *out_key)
{
    uint8_t hash[DIGEST_SIZE], type = (uint8_t)kind;
    TRY(name_check(name));
    digest_of((str_t[]){name, STR("\n"), str_bytes(&type, 1), key_bytes(public)}, 4, hash);
    *out_key = (struct note_key){.kind = kind, .public = *public};
    memcpy(out_key->name, name.at, name.len);
    memcpy(out_key->id, hash, KEY_ID);
    return ERR_OK;
}

/* "name+id+base64(kind, 32 bytes)": a name has no +, base64 may. */
static err_t key_text_read(str_t text, str_t *out_name, str_t *out_id, buf_t *bytes)
{
    *out_name = str_until(&text, '+');
    *out_id = str_until(&text, '+');
    if (base64_padded_read(text, bytes) != ERR_OK || bytes->len != 1 + KEY_SIZE)
        return fail(ERR_INVALID, "not a key of a log: name+id+key");
    if (bytes->at[0] != NOTE_ED25519 && bytes->at[0] != NOTE_COSIGNATURE)
        return fail(ERR_INVALID, "a key of kind %u, which is not Ed25519", (unsigned)(uint8_t)bytes->at[0]);
    return ERR_OK;
}

static err_t id_check(const struct note_key *key, str_t id)
{
    OWN(buf) hex = BUF(2 * KEY_ID);
    buf_put_hex(&hex, str_bytes(key->id, KEY_ID));
    return str_eq(buf_str(&hex), id) ? ERR_OK
                                     : fail(ERR_INVALID, "a key whose id is not that of its name and bytes");
}

err_t note_key_read(str_t text, struct note_key *out_key)
{
    OWN(buf) bytes = BUF(1 + KEY_SIZE);
    str_t name, id;
    struct note_key key;
    struct key public;
    TRY(key_text_read(text, &name, &id, &bytes));
    TRY(key_from(str_bytes(bytes.at + 1, KEY_SIZE), &public));
    TRY(note_key_make((enum note_kind)bytes.at[0], name, &public, &key));
    TRY(id_check(&key, id));
    *out_key = key;
    return ERR_OK;
}

static void key_text_put(buf_t *out, const struct note_key *key, const struct key *secret_or_public)
{
    OWN(buf) bytes = BUF(1 + KEY_SIZE);
    buf_put_byte(&bytes, (uint8_t)key->kind);
    buf_put(&bytes, key_bytes(secret_or_public));
    buf_put(out, str(key->name));
    buf_put_byte(out, '+');
    buf_put_hex(out, str_bytes(key->id, KEY_ID));
    buf_put_byte(out, '+');
    buf_put_base64_padded(out, buf_str(&bytes));
}

void note_key_put(buf_t *out, const struct note_key *key) { key_text_put(out, key, &key->public); }

bool note_key_eq(const struct note_key *a, const struct note_key *b)
{
    return a->kind == b->kind && !strcmp(a->name, b->name) &&
           str_eq(key_bytes(&a->public), key_bytes(&b->public));
}

void note_signer_drop(struct note_signer *signer) { explicit_bzero(signer, sizeof *signer); }

static err_t signer_make(enum note_kind kind, str_t name, const struct key *seed,
                         struct note_signer *out_signer)
{
    struct key public;
    sign_public(seed, &public);
    TRY(note_key_make(kind, name, &public, &out_signer->key));
    out_signer->seed = *seed;
    return ERR_OK;
}

err_t note_signer_new(struct env *env, enum note_kind kind, str_t name, struct note_signer *out_signer)
{
    OWN(key) seed = {{0}};
    key_random(env, &seed);
    return signer_make(kind, name, &seed, out_signer);
}

err_t note_signer_read(str_t text, struct note_signer *out_signer)
{
    OWN(buf) bytes = BUF(1 + KEY_SIZE);
    OWN(key) seed = {{0}};
    OWN(note_signer) signer = {.seed = {{0}}};
    str_t name, id;
    if (!str_starts(text, private_mark))
        return fail(ERR_INVALID, "not a key that signs: PRIVATE+KEY+name+id+key");
    text = str_bytes(text.at + private_mark.len, text.len - private_mark.len);
    TRY(key_text_read(text, &name, &id, &bytes));
    TRY(key_from(str_bytes(bytes.at + 1, KEY_SIZE), &seed));
    TRY(signer_make((enum note_kind)bytes.at[0], name, &seed, &signer));
    TRY(id_check(&signer.key, id));
    *out_signer = signer;
    return ERR_OK;
}

void note_signer_put(buf_t *out, const struct note_signer *signer)
{
    buf_put(out, private_mark);
    key_text_put(out, &signer->key, &signer->seed);
}

/* Notes */

struct line {
    str_t name;
    uint8_t id[KEY_ID];
    size_t len; /* of the signature behind the id */
    uint8_t signature[TIME_SIZE + SIGNATURE_SIZE];
};

/* A signature longer than ours is another's: its bytes are not kept. */
static err_t line_read(str_t line, struct line *out_line)
{
    OWN(buf) bytes = BUF(MAX_NOTE);
    if (!str_starts(line, dash))
        return fail(ERR_INVALID, "a line below a note that is no signature");
    str_t rest = str_bytes(line.at + dash.len, line.len - dash.len);
    out_line->name = str_until(&rest, ' ');
    TRY(name_check(out_line->name));
    TRY(base64_padded_read(rest, &bytes));
    if (bytes.len <= KEY_ID)
        return fail(ERR_INVALID, "a signature of %zu bytes", bytes.len);
    out_line->len = bytes.len - KEY_ID;
    memcpy(out_line->id, bytes.at, KEY_ID);
    if (out_line->len <= sizeof out_line->signature)
        memcpy(out_line->signature, bytes.at + KEY_ID, out_line->len);
    return ERR_OK;
}

static err_t letters_check(str_t bytes)
{
    if (!str_is_utf8(bytes))
        return fail(ERR_INVALID, "not a note: not UTF-8");
    for (size_t i = 0; i < bytes.len; i++)
        if ((uint8_t)bytes.at[i] < ' ' && bytes.at[i] != '\n')
            return fail(ERR_INVALID, "not a note: a control character at byte %zu", i);
    return ERR_OK;
}

/* At the last empty line. */
static err_t parts_find(str_t bytes, struct note *out_note)
{
    for (size_t at = bytes.len; at >= 2; at--)
        if (bytes.at[at - 2] == '\n' && bytes.at[at - 1] == '\n') {
            *out_note = (struct note){str_bytes(bytes.at, at - 1), str_bytes(bytes.at + at, bytes.len - at)};
            return ERR_OK;
        }
    return fail(ERR_INVALID, "not a note: no empty line before signatures");
}

static err_t lines_check(str_t lines)
{
    struct line line = {.len = 0};
    for (size_t count = 0; lines.len; count++) {
        if (count == MAX_SIGNATURES)
            return fail(ERR_TOO_LARGE, "a note with more than %d signatures", MAX_SIGNATURES);
        TRY(line_read(str_until(&lines, '\n'), &line));
    }
    return ERR_OK;
}

err_t note_split(str_t bytes, struct note *out_note) { return note_split_within(bytes, MAX_NOTE, out_note); }

err_t note_split_within(str_t bytes, size_t most, struct note *out_note)
{
    struct note note = {0};
    if (bytes.len > most)
        return fail(ERR_TOO_LARGE, "a note past %zu bytes", most);
    if (!bytes.len || bytes.at[bytes.len - 1] != '\n')
        return fail(ERR_INVALID, "not a note: no line end at its end");
    TRY(letters_check(bytes));
    TRY(parts_find(bytes, &note));
    if (!note.signatures.len)
        return fail(ERR_INVALID, "a note without signatures");
    TRY(lines_check(note.signatures));
    *out_note = note;
    return ERR_OK;
}

static uint64_t time_from(const uint8_t bytes[TIME_SIZE])
{
    uint64_t seconds = 0;
    for (size_t i = 0; i < TIME_SIZE; i++)
        seconds = seconds << 8 | bytes[i];
    return seconds;
}

/* What a signature of this kind is over. */
static void message_put(enum note_kind kind, str_t text, uint64_t seconds, buf_t *out)
{
    if (kind == NOTE_COSIGNATURE)
        buf_putf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)seconds);
    buf_put(out, text);
}

static err_t line_check(const struct line *line, const struct note_key *key, str_t text,
                        uint64_t *out_seconds)
{
    OWN(buf) message = BUF(text.len + 64);
    size_t before = key->kind == NOTE_COSIGNATURE ? TIME_SIZE : 0;
    if (line->len != before + SIGNATURE_SIZE)
        return fail(ERR_LOCKED, "a signature of %zu bytes by the key %s", line->len, key->name);
    uint64_t seconds = before ? time_from(line->signature) : 0;
    message_put(key->kind, text, seconds, &message);
    TRY(buf_end(&message));
    if (seconds > INT64_MAX || sign_check(&key->public, buf_str(&message),
                                          str_bytes(line->signature + before, SIGNATURE_SIZE)) != ERR_OK)
        return fail(ERR_LOCKED, "the signature of %s is not over this text", key->name);
    *out_seconds = seconds;
    return ERR_OK;
}

err_t note_check(const struct note *note, const struct note_key *key, uint64_t *out_seconds)
{
    uint64_t seconds = 0;
    size_t found = 0;
    for (str_t lines = note->signatures; lines.len;) {
        struct line line = {.len = 0};
        TRY(line_read(str_until(&lines, '\n'), &line));
        if (!str_eq(line.name, str(key->name)) || memcmp(line.id, key->id, KEY_ID) != 0)
            continue;
        TRY(line_check(&line, key, note->text, &seconds));
        found++;
    }
    if (!found)
        return fail(ERR_DENIED, "not signed by %s", key->name);
    *out_seconds = seconds;
    return ERR_OK;
}

void note_sign(const struct note_signer *signer, str_t text, uint64_t seconds, buf_t *out_line)
{
    OWN(buf) message = BUF(text.len + 64);
    OWN(buf) bytes = BUF(KEY_ID + TIME_SIZE + SIGNATURE_SIZE);
    uint8_t signature[SIGNATURE_SIZE];
    message_put(signer->key.kind, text, seconds, &message);
    if (buf_end(&message) != ERR_OK) {
        buf_fail(out_line, buf_end(&message));
        return;
    }
    sign(&signer->seed, buf_str(&message), signature);
    buf_put(&bytes, str_bytes(signer->key.id, KEY_ID));
    for (size_t i = TIME_SIZE; signer->key.kind == NOTE_COSIGNATURE && i > 0; i--)
        buf_put_byte(&bytes, (uint8_t)(seconds >> (8 * (i - 1))));
    buf_put(&bytes, str_bytes(signature, sizeof signature));
    buf_put(out_line, dash);
    buf_put(out_line, str(signer->key.name));
    buf_put_byte(out_line, ' ');
    buf_put_base64_padded(out_line, buf_str(&bytes));
    buf_put_byte(out_line, '\n');
}

err_t note_put(const struct note_signer *signer, str_t text, buf_t *out_note)
{
    buf_put(out_note, text);
    buf_put_byte(out_note, '\n');
    note_sign(signer, text, 0, out_note);
    return buf_end(out_note);
}
