/* SPDX-License-Identifier: Apache-2.0
 *
 * The password typed again, or a passkey in its place, on the way to the keys process.
 *
 *     TRY(call_again(call, ASK_codes_end, &none));         of an again_body, and of what {id} binds where it is a passkey
 *
 * PROOF_FROM() fills a message from any body that has a password and an ASSERTION, AGAIN_FROM() from one that has a username
 * too; what was left out stays as it is.
 */
#pragma once
#include "api/bodies_passkeys.h"
#include "api/route.h"

#define CHARS(text) ((char *)(uintptr_t)((text).at ? (text).at : ""))
#define DATA(text)  ((ProtobufCBinaryData){(text).len, (uint8_t *)(uintptr_t)(text).at})

#define SIGNED_FROM(body, assertion) \
    do { \
        (assertion)->credential = DATA((body)->credential); \
        (assertion)->client_data = DATA((body)->client_data); \
        (assertion)->authenticator_data = DATA((body)->authenticator_data); \
        (assertion)->signature = DATA((body)->signature); \
        (assertion)->prf = DATA((body)->prf); \
    } while (0)

#define ASSERTION_FROM(body, assertion) \
    do { \
        SIGNED_FROM(body, assertion); \
        (assertion)->user = DATA((body)->user); \
    } while (0)

#define PROOF_FROM(body, in, assertion) \
    do { \
        ASSERTION_FROM(body, assertion); \
        (in)->passkey = (body)->credential.len ? (assertion) : NULL; \
        (in)->password = DATA((body)->password); \
    } while (0)

#define AGAIN_FROM(body, again, assertion) \
    do { \
        PROOF_FROM(body, again, assertion); \
        if ((body)->username.at) \
            (again)->username = CHARS((body)->username); \
    } while (0)

CHECKED err_t call_again(struct call *call, enum ask_number number, void *out_answer);
