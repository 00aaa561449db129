/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as an age file, armored or not, for one identity and a passphrase that costs little; then as
 * the content of a file of ours, and as what follows its header. In whatever pieces bytes come, they are one file.
 */
#include "crypt/age_given.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

enum { WORK_MAX = 6, ROOM = 8 << 20 };

static void require(bool truth)
{
    if (!truth)
        abort();
}

/* Whole and in pieces: the same outcome and the same bytes. Nothing comes out where nothing opened. */
static void try_reading(const struct given *given, str_t file, size_t piece)
{
    OWN(buf) whole = BUF(ROOM);
    OWN(buf) parts = BUF(ROOM);
    enum age_fault one = AGE_NO_FAULT, two = AGE_NO_FAULT;
    struct age_read_ask ask = given_ask(given, &whole);
    ask.passphrase = STR("p");
    ask.work_max = WORK_MAX;
    err_t code = file_read(&ask, file, file.len + 1, &one);
    ask.sink = age_into(&parts);
    require(file_read(&ask, file, piece, &two) == code && one == two &&
            (code == ERR_OK) == (one == AGE_NO_FAULT));
    require(str_eq(buf_str(&whole), buf_str(&parts)));
    require(!whole.len || one == AGE_NO_FAULT || one == AGE_PAYLOAD || one == AGE_ARMOR);
}

static void try_writing(const struct given *given, str_t plain, bool armored, size_t piece)
{
    OWN(buf) file = BUF(ROOM);
    OWN(buf) opened = BUF(ROOM);
    enum age_fault fault = AGE_HEADER;
    struct age_read_ask ask = given_ask(given, &opened);
    require(file_written(given, armored, plain, &file) == ERR_OK);
    require(file_read(&ask, buf_str(&file), piece, &fault) == ERR_OK && str_eq(buf_str(&opened), plain));
}

/* A true header, and the stranger's bytes as nonce and payload. */
static void try_payload(const struct given *given, str_t payload, size_t piece)
{
    OWN(buf) file = BUF(ROOM);
    require(file_written(given, false, STR(""), &file) == ERR_OK);
    file.len -= AGE_NONCE + AGE_TAG;
    buf_put(&file, payload);
    try_reading(given, buf_str(&file), piece);
}

static void try_keys(str_t text)
{
    OWN(buf) again = BUF(256);
    struct key key;
    if (age_recipient_read(text, &key) == ERR_OK)
        age_recipient_text(&key, &again);
    else if (age_identity_read(text, &key) == ERR_OK)
        age_identity_text(&key, &again);
    else
        return;
    require(str_eq(buf_str(&again), text));
}

/* The input's last byte also chooses: the way through a true file costs more than most inputs are worth. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct given given;
    str_t input = str_bytes(at, len);
    size_t piece = len ? at[len - 1] % 67 + 1u : 1;
    require(given.env || given_a_pair(&given) == ERR_OK);
    try_reading(&given, input, piece);
    if (piece % 8 == 1)
        try_payload(&given, input, piece);
    else if (piece % 8 == 2)
        try_writing(&given, input, len & 1, piece);
    try_keys(input);
    return 0;
}
