/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_private.h"

static err_t into_buf(void *to, str_t bytes)
{
    buf_put(to, bytes);
    return buf_end(to);
}

struct age_sink age_into(buf_t *out) { return (struct age_sink){into_buf, out}; }

static err_t put(const struct age_sink *sink, str_t bytes)
{
    return bytes.len ? sink->put(sink->to, bytes) : ERR_OK;
}

struct age_writer {
    struct age_sink sink;
    bool armored;
    err_t state;
    buf_t text; /* what goes to the sink next, armored */
    struct age_armor armor;
    struct age_stream stream;
};

void age_writer_drop(struct age_writer **writer)
{
    if (!*writer)
        return;
    secret_drop(&(*writer)->stream.key);
    buf_drop(&(*writer)->text);
    explicit_bzero(*writer, sizeof **writer);
    free(*writer);
    *writer = NULL;
}

static err_t write_out(struct age_writer *writer, str_t bytes)
{
    if (!writer->armored)
        return put(&writer->sink, bytes);
    buf_clear(&writer->text);
    age_armor_write(&writer->armor, bytes, &writer->text);
    TRY(buf_end(&writer->text));
    return put(&writer->sink, buf_str(&writer->text));
}

/* The header and the payload's nonce, from a file key that nothing keeps. */
static err_t write_header(struct env *env, const struct age_write_ask *ask, struct age_writer *writer)
{
    OWN(age_file_key) key = {{0}};
    OWN(buf) header = BUF(AGE_HEADER_MAX);
    uint8_t nonce[AGE_NONCE];
    env->random(env, key.bytes, sizeof key.bytes);
    env->random(env, nonce, sizeof nonce);
    TRY(age_header_write(env, ask, &key, &header));
    TRY(age_stream_start(&writer->stream, &key, nonce));
    TRY(write_out(writer, buf_str(&header)));
    return write_out(writer, str_bytes(nonce, sizeof nonce));
}

err_t age_write_begin(struct env *env, const struct age_write_ask *ask, struct age_writer **out_writer)
{
    if (!ask->count)
        return fail(ERR_INVALID, "an age file for nobody");
    if (ask->count > AGE_RECIPIENTS_MAX)
        return fail(ERR_TOO_LARGE, "past %d recipients", AGE_RECIPIENTS_MAX);
    struct age_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return fail(ERR_BUSY, "no memory to write an age file");
    writer->sink = ask->sink;
    writer->armored = ask->armored;
    writer->text = (buf_t)BUF(2 * AGE_CHUNK);
    err_t code = write_header(env, ask, writer);
    if (code != ERR_OK) {
        age_writer_drop(&writer);
        return code;
    }
    *out_writer = writer;
    return ERR_OK;
}

static err_t write_chunks(struct age_writer *writer, str_t bytes)
{
    while (bytes.len) {
        str_t sealed;
        age_stream_seal(&writer->stream, &bytes, &sealed);
        TRY(write_out(writer, sealed));
    }
    return ERR_OK;
}

err_t age_write(struct age_writer *writer, str_t bytes)
{
    if (writer->state != ERR_OK)
        return fail(writer->state, "an age file that has ended or failed");
    return writer->state = write_chunks(writer, bytes);
}

static err_t write_end(struct age_writer *writer)
{
    str_t sealed;
    age_stream_seal_last(&writer->stream, &sealed);
    TRY(write_out(writer, sealed));
    if (!writer->armored)
        return ERR_OK;
    buf_clear(&writer->text);
    age_armor_write_end(&writer->armor, &writer->text);
    TRY(buf_end(&writer->text));
    return put(&writer->sink, buf_str(&writer->text));
}

err_t age_write_end(struct age_writer *writer)
{
    if (writer->state != ERR_OK)
        return fail(writer->state, "an age file that has ended or failed");
    err_t code = write_end(writer);
    writer->state = code == ERR_OK ? ERR_INVALID : code;
    return code;
}

struct age_reader {
    struct age_read_ask ask;
    err_t state;
    enum age_fault fault;
    enum { IN_HEADER, IN_NONCE, IN_PAYLOAD } at;
    struct age_armor armor;
    struct age_header header;
    struct age_file_key key;
    uint8_t nonce[AGE_NONCE];
    size_t nonce_len;
    struct age_stream stream;
};

void age_reader_drop(struct age_reader **reader)
{
    if (!*reader)
        return;
    secret_drop(&(*reader)->stream.key);
    buf_drop(&(*reader)->header.text);
    explicit_bzero(*reader, sizeof **reader);
    free(*reader);
    *reader = NULL;
}

err_t age_read_begin(const struct age_read_ask *ask, struct age_reader **out_reader)
{
    struct age_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return fail(ERR_BUSY, "no memory to read an age file");
    reader->ask = *ask;
    reader->header.text = (buf_t)BUF(AGE_HEADER_MAX);
    *out_reader = reader;
    return ERR_OK;
}

enum age_fault age_read_fault(const struct age_reader *reader) { return reader->fault; }

/* A lack of memory is not the file's fault. */
static err_t blame(struct age_reader *reader, enum age_fault fault, err_t code)
{
    if (code != ERR_OK && code != ERR_BUSY)
        reader->fault = fault;
    return code;
}

static err_t header_feed(struct age_reader *reader, str_t *bytes)
{
    enum age_fault fault = AGE_NO_FAULT;
    TRY(blame(reader, AGE_HEADER, age_header_take(&reader->header, bytes)));
    if (!reader->header.whole)
        return ERR_OK;
    err_t code = age_header_open(&reader->header, &reader->ask, &reader->key, &fault);
    reader->at = IN_NONCE;
    return blame(reader, fault, code);
}

static err_t nonce_feed(struct age_reader *reader, str_t *bytes)
{
    size_t left = AGE_NONCE - reader->nonce_len, len = bytes->len < left ? bytes->len : left;
    memcpy(reader->nonce + reader->nonce_len, bytes->at, len);
    reader->nonce_len += len;
    *bytes = str_bytes(bytes->at + len, bytes->len - len);
    if (reader->nonce_len < AGE_NONCE)
        return ERR_OK;
    reader->at = IN_PAYLOAD;
    err_t code = age_stream_start(&reader->stream, &reader->key, reader->nonce);
    age_file_key_drop(&reader->key);
    return code;
}

static err_t payload_feed(struct age_reader *reader, str_t *bytes)
{
    str_t plain;
    TRY(blame(reader, AGE_PAYLOAD, age_stream_open(&reader->stream, bytes, &plain)));
    return put(&reader->ask.sink, plain);
}

static err_t read_binary(struct age_reader *reader, str_t bytes)
{
    static err_t (*const feeds[])(struct age_reader *, str_t *) = {header_feed, nonce_feed, payload_feed};
    while (bytes.len)
        TRY(feeds[reader->at](reader, &bytes));
    return ERR_OK;
}

static err_t read_armored(struct age_reader *reader, str_t bytes)
{
    while (bytes.len) {
        str_t part;
        TRY(blame(reader, AGE_ARMOR, age_armor_read(&reader->armor, &bytes, &part)));
        TRY(read_binary(reader, part));
    }
    return ERR_OK;
}

/* By its first byte: a file that is not armored starts with the format's name, and no armor does. */
static enum age_form form_of(str_t bytes) { return bytes.at[0] == 'a' ? AGE_BINARY : AGE_ARMORED; }

err_t age_read(struct age_reader *reader, str_t bytes)
{
    if (reader->state != ERR_OK)
        return fail(reader->state, "an age file that has ended or failed");
    if (reader->ask.form == AGE_EITHER && bytes.len)
        reader->ask.form = form_of(bytes);
    return reader->state =
               reader->ask.form == AGE_ARMORED ? read_armored(reader, bytes) : read_binary(reader, bytes);
}

static err_t read_end(struct age_reader *reader)
{
    str_t plain;
    if (reader->ask.form == AGE_ARMORED)
        TRY(blame(reader, AGE_ARMOR, age_armor_read_end(&reader->armor)));
    if (reader->at != IN_PAYLOAD)
        return blame(reader, AGE_HEADER, fail(ERR_INVALID, "an age file cut short before its payload"));
    TRY(blame(reader, AGE_PAYLOAD, age_stream_open_last(&reader->stream, &plain)));
    return put(&reader->ask.sink, plain);
}

err_t age_read_end(struct age_reader *reader)
{
    if (reader->state != ERR_OK)
        return fail(reader->state, "an age file that has ended or failed");
    err_t code = read_end(reader);
    reader->state = code == ERR_OK ? ERR_INVALID : code;
    return code;
}
