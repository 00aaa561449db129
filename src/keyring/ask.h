/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the keys process. The one table of requests (table.c) is the whole of what can be asked; the messages stand in
 * keys.proto.
 *
 *     Keys__Bearer in = KEYS__BEARER__INIT;
 *     Keys__Who *who = NULL;
 *     in.bearer = cookie;
 *     TRY(keys_ask(&channel, &(struct question){ASK_WHOAMI, &in.base}, arena, &who));
 *
 * A channel is one end of a socket pair, used by one thread at a time; the keys process answers each channel on a
 * thread of its own. The answer lives in the arena. An error is the one that the keys process returned, with its note;
 * where the process is gone it is BUSY (it is being restarted), and whether a write was done is not known.
 */
#pragma once
#include "base/arena.h"
#include "keyring/keys.pb-c.h"
#include <stdatomic.h>

/* clang-format off */
/*    number name            takes               gives         holds the keyring */
#define ASK_TABLE(A) \
    A(1,  tenant_make,        tenant_make,        tenant_made,  WRITES) \
    A(2,  tenant_list,        none,               tenants,      READS) \
    A(3,  claim,              claim,              who,          ALONE) \
    A(4,  kit_back,           kit_back,           none,         WRITES) \
    A(5,  login,              login,              who,          ALONE) \
    A(6,  recover,            recover,            who,          ALONE) \
    A(7,  whoami,             bearer,             who,          READS) \
    A(8,  logout,             bearer,             none,         WRITES) \
    A(9,  token_make,         token_make,         token,        WRITES) \
    A(10, token_list,         bearer,             tokens,       READS) \
    A(11, token_end,          named,              none,         WRITES) \
    A(12, deployment_make,    deployment_make,    deployment,   WRITES) \
    A(13, deployment_list,    bearer,             deployments,  READS) \
    A(14, deployment_end,     deployment_end,     none,         WRITES) \
    A(15, enrol,              enrol,              enrolled,     WRITES) \
    A(16, subjects_make,      subjects,           none,         WRITES) \
    A(17, subjects_publics,   subjects,           publics,      READS) \
    A(18, records_open,       open,               opened,       ALONE) \
    A(19, device_destroy,     named,              none,         WRITES) \
    A(20, server_certificate, server_certificate, certificate,  READS) \
    A(21, renew,              renew,              certificate,  WRITES) \
    A(22, device_states,      bearer,             devices,      READS) \
    A(23, device_approve,     named,              none,         WRITES) \
    A(24, device_revoke,      named,              none,         WRITES)
/* clang-format on */

enum ask_number {
#define A(number, name, takes, gives, mode) ASK_##name = number,
    ASK_TABLE(A)
#undef A
};

struct channel {
    int fd;
    atomic_uint_least64_t
        *turn; /* one more after each act that ends what was known of devices; NULL: nobody knows */
};

struct question {
    enum ask_number number;
    const void *message; /* of the type that the row takes */
};

CHECKED err_t keys_ask(struct channel *channel, const struct question *question, arena_t *arena,
                       void *out_answer);

/* One frame, as both sides read and write it. UNREACHABLE at the end of the stream. */
CHECKED err_t frame_send(int fd, uint8_t first, str_t body);
CHECKED err_t frame_receive(int fd, uint8_t *out_first, buf_t *out_body);

/* protobuf-c's allocations in an arena. */
ProtobufCAllocator arena_allocator(arena_t *arena);
