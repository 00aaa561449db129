/* SPDX-License-Identifier: Apache-2.0 */
#include <rnp/rnp.h> /* before the functions that do not compile here */
#include <rnp/rnp_err.h>

#include "guard/signers.h"

#include "base/own.h"

#include <dlfcn.h>

#define LIBRARY(F) \
    F(ffi_create) \
    F(ffi_destroy) \
    F(import_keys) \
    F(input_from_memory) \
    F(input_from_callback) \
    F(input_destroy) \
    F(op_verify_detached_create) \
    F(op_verify_execute) \
    F(op_verify_get_signature_count) \
    F(op_verify_get_signature_at) \
    F(op_verify_signature_get_status) \
    F(op_verify_destroy)

#define MEMBER(name) typeof(&rnp_##name) name;
#define ROW(name)    {"rnp_" #name, (void **)&rnp.name},

static struct {
    LIBRARY(MEMBER)
} rnp;

/* Stays loaded once it is: its own libraries cannot be let go. */
static bool library_load(void)
{
    static const struct {
        const char *name;
        void **at;
    } rows[] = {LIBRARY(ROW)};
    void *library = dlopen("librnp.so.0", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < sizeof rows / sizeof *rows; i++)
        if (!(*rows[i].at = dlsym(library, rows[i].name)))
            return false;
    return library != NULL;
}

struct signers {
    rnp_ffi_t known;
};

void signers_drop(struct signers **signers)
{
    if (!*signers)
        return;
    if ((*signers)->known)
        rnp.ffi_destroy((*signers)->known);
    free(*signers);
    *signers = NULL;
}

typedef rnp_input_t input_own;
static void input_drop(rnp_input_t *input)
{
    if (*input)
        rnp.input_destroy(*input);
}

typedef rnp_op_verify_t checking_own;
static void checking_drop(rnp_op_verify_t *checking)
{
    if (*checking)
        rnp.op_verify_destroy(*checking);
}

err_t signers_open(struct signers **out_signers)
{
    OWN(signers) signers = calloc(1, sizeof *signers);
    if (!library_load())
        return fail(ERR_MISSING, "librnp is not installed");
    if (!signers || rnp.ffi_create(&signers->known, "GPG", "GPG") != RNP_SUCCESS)
        return fail(ERR_BUSY, "no memory for the keys of signers");
    *out_signers = give(signers);
    return ERR_OK;
}

void signers_add(struct signers *signers, str_t certificate)
{
    OWN(input) input = NULL;
    if (certificate.len &&
        rnp.input_from_memory(&input, (const uint8_t *)certificate.at, certificate.len, false) == RNP_SUCCESS)
        rnp.import_keys(signers->known, input, RNP_LOAD_SAVE_PUBLIC_KEYS, NULL);
}

/* Checking */

static size_t number_of(const uint8_t *at, size_t bytes)
{
    size_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

/* RFC 9580 section 4.2: a signature is packet 2, its length in the old form or the new one; parts of unknown length are not for
 * signatures. */
static bool is_one_packet(str_t bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    size_t head = 0, len = 0;
    if (bytes.len < 6)
        return false;
    if ((at[0] & 0xfc) == 0x88 && at[0] != 0x8b) {
        head = 1 + ((size_t)1 << (at[0] & 3));
        len = number_of(at + 1, head - 1);
    } else if (at[0] == 0xc2 && at[1] < 192) {
        head = 2;
        len = at[1];
    } else if (at[0] == 0xc2 && at[1] < 224) {
        head = 3;
        len = ((size_t)(at[1] - 192) << 8) + at[2] + 192;
    } else if (at[0] == 0xc2 && at[1] == 255) {
        head = 6;
        len = number_of(at + 2, 4);
    }
    return head && bytes.len - head == len;
}

struct parts {
    const str_t *at;
    size_t count, taken; /* of the first */
};

static bool parts_read(void *with, void *room, size_t len, size_t *out_len)
{
    struct parts *parts = with;
    size_t got = 0;
    while (got < len && parts->count) {
        str_t rest = str_bytes(parts->at->at + parts->taken, parts->at->len - parts->taken);
        size_t part = rest.len < len - got ? rest.len : len - got;
        if (part)
            memcpy((char *)room + got, rest.at, part);
        got += part;
        parts->taken += part;
        if (parts->taken == parts->at->len)
            *parts = (struct parts){parts->at + 1, parts->count - 1, 0};
    }
    *out_len = got;
    return true;
}

static enum signature found_in(rnp_op_verify_t checking)
{
    size_t count = 0;
    rnp_op_verify_signature_t one = NULL;
    if (rnp.op_verify_get_signature_count(checking, &count) != RNP_SUCCESS || count != 1 ||
        rnp.op_verify_get_signature_at(checking, 0, &one) != RNP_SUCCESS)
        return SIGNATURE_STRANGE;
    switch (rnp.op_verify_signature_get_status(one)) {
    case RNP_SUCCESS:
        return SIGNATURE_GOOD;
    case RNP_ERROR_SIGNATURE_INVALID:
    case RNP_ERROR_SIGNATURE_EXPIRED:
        return SIGNATURE_BAD;
    default:
        return SIGNATURE_STRANGE;
    }
}

enum signature signers_check(struct signers *signers, const str_t *parts, size_t count, str_t signature)
{
    OWN(input) over = NULL;
    OWN(input) packet = NULL;
    OWN(checking) checking = NULL;
    struct parts left = {parts, count, 0};
    if (!signature.len)
        return SIGNATURE_NONE;
    if (!is_one_packet(signature) || rnp.input_from_callback(&over, parts_read, NULL, &left) != RNP_SUCCESS ||
        rnp.input_from_memory(&packet, (const uint8_t *)signature.at, signature.len, false) != RNP_SUCCESS ||
        rnp.op_verify_detached_create(&checking, signers->known, over, packet) != RNP_SUCCESS)
        return SIGNATURE_STRANGE;
    rnp_result_t done = rnp.op_verify_execute(checking);
    enum signature found = found_in(checking);
    return found == SIGNATURE_GOOD && done != RNP_SUCCESS ? SIGNATURE_BAD : found;
}
