/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_private.h"

#include <sodium.h>

enum { NAME_OF_FORMAT = 19, MAC_TEXT = 43, WORK_MOST = 63 };

static const str_t first_line = {"age-encryption.org/v1\n", 22};
static const str_t last_mark = {"---", 3};

void age_base64_put(buf_t *out, str_t bytes)
{
    char text[AGE_COLUMNS + 1];
    sodium_bin2base64(text, sizeof text, (const unsigned char *)bytes.at, bytes.len,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    buf_put(out, str(text));
}

/* Letters past ASCII are looked for here: libsodium 1.0.18 takes some of them for others where char is signed. */
err_t age_base64_line(str_t line, bool padded, uint8_t out_bytes[AGE_LINE_BYTES], size_t *out_len)
{
    uint8_t bytes[AGE_LINE_BYTES] = {0};
    size_t len = 0;
    bool ascii = true;
    for (size_t i = 0; i < line.len; i++)
        ascii = ascii && (line.at[i] & 0x80) == 0;
    if (!ascii || line.len > AGE_COLUMNS ||
        sodium_base642bin(bytes, sizeof bytes, line.at, line.len, NULL, &len, NULL,
                          padded ? sodium_base64_VARIANT_ORIGINAL
                                 : sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
        return fail(ERR_INVALID, "not base64 in its one form");
    memcpy(out_bytes, bytes, sizeof bytes);
    *out_len = len;
    return ERR_OK;
}

err_t age_base64_read(str_t text, size_t len, uint8_t *out_bytes)
{
    uint8_t bytes[AGE_LINE_BYTES];
    size_t found = 0;
    TRY(age_base64_line(text, false, bytes, &found));
    if (found != len)
        return fail(ERR_INVALID, "base64 of %zu bytes for one of %zu", found, len);
    memcpy(out_bytes, bytes, len);
    return ERR_OK;
}

/* What is not an age file is told from its first bytes on, not after the longest line there may be. */
static err_t first_line_check(size_t at, str_t part)
{
    for (size_t i = 0; i < part.len && at + i < first_line.len; i++)
        if (part.at[i] != first_line.at[at + i])
            return fail(ERR_INVALID, at + i < NAME_OF_FORMAT ? "not an age file"
                                                             : "an age file of a version other than 1");
    return ERR_OK;
}

static bool last_line_taken(struct age_header *header)
{
    str_t line = {header->text.at + header->line, header->text.len - header->line};
    header->line = header->text.len;
    return str_starts(line, last_mark);
}

err_t age_header_take(struct age_header *header, str_t *bytes)
{
    while (bytes->len && !header->whole) {
        const char *end = memchr(bytes->at, '\n', bytes->len);
        str_t part = {bytes->at, end ? (size_t)(end - bytes->at) + 1 : bytes->len};
        TRY(first_line_check(header->text.len, part));
        if (header->text.len - header->line + part.len > AGE_LINE_MAX)
            return fail(ERR_TOO_LARGE, "a line of the header past %d bytes", AGE_LINE_MAX);
        buf_put(&header->text, part);
        TRY(buf_end(&header->text));
        *bytes = str_bytes(bytes->at + part.len, bytes->len - part.len);
        header->whole = end && last_line_taken(header);
    }
    return header->whole ? age_header_read(header) : ERR_OK;
}

/* The arguments of a stanza, split; those past the third are counted only. */
struct arguments {
    str_t at[3];
    size_t count;
};

static err_t argument_check(str_t argument)
{
    bool visible = argument.len > 0;
    for (size_t i = 0; i < argument.len; i++)
        visible = visible && argument.at[i] > ' ' && argument.at[i] <= '~';
    return visible ? ERR_OK
                   : fail(ERR_INVALID, "a recipient with an argument that is empty or not visible ASCII");
}

static err_t arguments_read(str_t line, struct arguments *out)
{
    static const str_t mark = {"-> ", 3};
    if (!str_starts(line, mark))
        return fail(ERR_INVALID, "a line of the header that is neither a recipient nor the last");
    str_t rest = {line.at + mark.len, line.len - mark.len};
    if (!rest.len || rest.at[rest.len - 1] == ' ')
        return argument_check(STR(""));
    while (rest.len) {
        str_t argument = str_until(&rest, ' ');
        TRY(argument_check(argument));
        if (out->count < 3)
            out->at[out->count] = argument;
        out->count++;
    }
    return ERR_OK;
}

/* Full lines, then one that is not. The last line of a header is no base64: a body that is not ended stops there. */
static err_t body_read(str_t *rest, uint8_t out_body[AGE_BODY], size_t *out_len)
{
    uint8_t bytes[AGE_LINE_BYTES] = {0};
    size_t len = AGE_LINE_BYTES;
    *out_len = 0;
    while (len == AGE_LINE_BYTES) {
        TRY(age_base64_line(str_until(rest, '\n'), false, bytes, &len));
        if (!*out_len)
            memcpy(out_body, bytes, AGE_BODY);
        *out_len += len;
    }
    return ERR_OK;
}

static err_t work_read(str_t text, unsigned *out_work)
{
    uint64_t work = 0;
    TRY(str_number(text, WORK_MOST, &work));
    if (!work)
        return fail(ERR_INVALID, "a work factor of 0");
    *out_work = (unsigned)work;
    return ERR_OK;
}

static err_t ours_read(const struct arguments *arguments, size_t body_len, struct age_stanza *stanza)
{
    bool scrypt = stanza->kind == AGE_SCRYPT;
    if (arguments->count != (scrypt ? 3 : 2))
        return fail(ERR_INVALID, "a recipient with %zu arguments", arguments->count);
    if (body_len != AGE_BODY)
        return fail(ERR_INVALID, "a wrapped file key of %zu bytes", body_len);
    TRY(age_base64_read(arguments->at[1], scrypt ? AGE_SALT : KEY_SIZE, stanza->input));
    return scrypt ? work_read(arguments->at[2], &stanza->work) : ERR_OK;
}

static err_t stanza_read(str_t *rest, struct age_stanza *stanza)
{
    struct arguments arguments = {.count = 0};
    size_t body_len = 0;
    TRY(arguments_read(str_until(rest, '\n'), &arguments));
    TRY(body_read(rest, stanza->body, &body_len));
    stanza->type = arguments.at[0];
    stanza->kind = str_eq(stanza->type, STR("X25519"))   ? AGE_X25519
                   : str_eq(stanza->type, STR("scrypt")) ? AGE_SCRYPT
                                                         : AGE_FOREIGN;
    return stanza->kind == AGE_FOREIGN ? ERR_OK : ours_read(&arguments, body_len, stanza);
}

/* Who knows a passphrase takes a file for written by another who does: so nobody else may open it. */
static err_t scrypt_is_alone(const struct age_header *header)
{
    for (size_t i = 0; i < header->count; i++)
        if (header->stanzas[i].kind == AGE_SCRYPT && header->count > 1)
            return fail(ERR_INVALID, "a passphrase beside other recipients");
    return header->count ? ERR_OK : fail(ERR_INVALID, "a header without recipients");
}

static err_t last_line_read(struct age_header *header, str_t line)
{
    if (line.len != last_mark.len + 1 + MAC_TEXT || line.at[last_mark.len] != ' ')
        return fail(ERR_INVALID, "the last line of the header is not a MAC");
    header->covered = str_bytes(header->text.at, (size_t)(line.at - header->text.at) + last_mark.len);
    return age_base64_read(str_bytes(line.at + last_mark.len + 1, MAC_TEXT), KEY_SIZE, header->mac);
}

err_t age_header_read(struct age_header *header)
{
    str_t rest = buf_str(&header->text);
    str_until(&rest, '\n');
    while (rest.len && !str_starts(rest, last_mark)) {
        if (header->count == AGE_RECIPIENTS_MAX)
            return fail(ERR_TOO_LARGE, "past %d recipients", AGE_RECIPIENTS_MAX);
        TRY(stanza_read(&rest, &header->stanzas[header->count]));
        header->count++;
    }
    TRY(scrypt_is_alone(header));
    return last_line_read(header, str_until(&rest, '\n'));
}

static err_t no_match(const struct age_header *header, enum age_fault *out_fault)
{
    const char *unsupported = NULL;
    for (size_t i = 0; i < header->count && !unsupported; i++)
        unsupported = age_unsupported(header->stanzas[i].type);
    *out_fault = unsupported ? AGE_UNSUPPORTED : AGE_NO_MATCH;
    if (unsupported)
        return fail(ERR_LOCKED, "for a recipient of type %s, which is not implemented here", unsupported);
    if (header->stanzas[0].kind == AGE_SCRYPT)
        return fail(ERR_LOCKED, "opened by a passphrase, and not by this one");
    return fail(ERR_LOCKED, "none of the identities opens it");
}

static err_t by_identity(const struct age_header *header, const struct key *identity,
                         struct age_file_key *out_key)
{
    err_t code = ERR_LOCKED;
    struct key recipient;
    age_recipient_of(identity, &recipient);
    for (size_t i = 0; i < header->count && code == ERR_LOCKED; i++)
        if (header->stanzas[i].kind == AGE_X25519)
            code = age_unwrap(&header->stanzas[i], identity, &recipient, out_key);
    return code;
}

static err_t by_passphrase(const struct age_stanza *stanza, const struct age_read_ask *ask,
                           struct age_file_key *out_key)
{
    unsigned most = ask->work_max ? ask->work_max : AGE_WORK_MAX;
    if (stanza->work > most || stanza->work > AGE_WORK_MAX)
        return fail(ERR_TOO_LARGE, "a work factor of %u, past %u", stanza->work, most);
    return age_unwrap_scrypt(stanza, ask->passphrase, out_key);
}

static err_t unwrap(const struct age_header *header, const struct age_read_ask *ask,
                    struct age_file_key *out_key)
{
    err_t code = ERR_LOCKED;
    if (header->stanzas[0].kind == AGE_SCRYPT && ask->passphrase.len)
        return by_passphrase(&header->stanzas[0], ask, out_key);
    for (size_t i = 0; i < ask->count && code == ERR_LOCKED; i++)
        code = by_identity(header, &ask->identities[i], out_key);
    return code;
}

static void header_mac(const struct age_file_key *key, str_t covered, uint8_t out_mac[KEY_SIZE])
{
    OWN(key) by = {{0}};
    age_hkdf(str_bytes(key->bytes, AGE_FILE_KEY), STR(""), STR("header"), &by);
    digest_keyed(key_bytes(&by), &covered, 1, out_mac);
}

err_t age_header_open(const struct age_header *header, const struct age_read_ask *ask,
                      struct age_file_key *out_key, enum age_fault *out_fault)
{
    OWN(age_file_key) key = {{0}};
    uint8_t mac[KEY_SIZE];
    err_t code = unwrap(header, ask, &key);
    *out_fault = AGE_HEADER;
    if (code == ERR_LOCKED)
        return no_match(header, out_fault);
    TRY(code);
    *out_fault = AGE_HMAC;
    header_mac(&key, header->covered, mac);
    if (!bytes_equal(str_bytes(mac, KEY_SIZE), str_bytes(header->mac, KEY_SIZE)))
        return fail(ERR_LOCKED, "a header that was altered");
    *out_fault = AGE_NO_FAULT;
    *out_key = key;
    return ERR_OK;
}

static void stanza_put(const struct age_stanza *stanza, buf_t *out_text)
{
    buf_put(out_text, STR("-> X25519 "));
    age_base64_put(out_text, str_bytes(stanza->input, KEY_SIZE));
    buf_put_byte(out_text, '\n');
    age_base64_put(out_text, str_bytes(stanza->body, AGE_BODY));
    buf_put_byte(out_text, '\n');
}

err_t age_header_write(struct env *env, const struct age_write_ask *ask, const struct age_file_key *key,
                       buf_t *out_text)
{
    uint8_t mac[KEY_SIZE];
    size_t before = out_text->len;
    buf_put(out_text, first_line);
    for (size_t i = 0; i < ask->count; i++) {
        struct age_stanza stanza;
        TRY(age_wrap(env, key, &ask->recipients[i], &stanza));
        stanza_put(&stanza, out_text);
    }
    buf_put(out_text, last_mark);
    TRY(buf_end(out_text));
    header_mac(key, str_bytes(out_text->at + before, out_text->len - before), mac);
    buf_put_byte(out_text, ' ');
    age_base64_put(out_text, str_bytes(mac, KEY_SIZE));
    buf_put_byte(out_text, '\n');
    return buf_end(out_text);
}
