/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a recording read from memory, and all of one that a subject's private key opens.
 */
#pragma once
#include "seal/recording.h"

/* A source that hands out a few bytes at a time, as a pipe does. */
struct recording_bytes {
    str_t rest;
};
static inline err_t recording_bytes_read(void *from, char *at, size_t len, size_t *out_len)
{
    enum { AT_ONCE = 4093 };
    struct recording_bytes *bytes = from;
    *out_len = len < bytes->rest.len ? len : bytes->rest.len;
    if (*out_len > AT_ONCE)
        *out_len = AT_ONCE;
    if (*out_len)
        memcpy(at, bytes->rest.at, *out_len);
    bytes->rest = str_bytes(bytes->rest.at + *out_len, bytes->rest.len - *out_len);
    return ERR_OK;
}

/* What came of one: its fragments one behind the other, how many, and whether it is whole. */
struct recording_read {
    struct recording_head head;
    buf_t plain;
    uint32_t fragments;
    bool whole;
};
static inline err_t recording_read_with(str_t file, const struct key *key, struct recording_read *out)
{
    OWN(recording_reader) reader = {0};
    struct recording_bytes bytes = {file};
    const struct recording_source source = {recording_bytes_read, &bytes};
    str_t fragment = {0};
    out->fragments = 0;
    TRY(recording_look(&source, &out->head));
    recording_open(&source, &out->head, key, &reader);
    for (; recording_next(&reader, &fragment); out->fragments++)
        buf_put(&out->plain, fragment);
    TRY(buf_end(&out->plain));
    return recording_end(&reader, &out->whole);
}
