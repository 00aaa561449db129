/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the keys process. The one table of requests is the whole of what can be asked: by which process, and which
 * entry of the evidence log comes of it (log/act.h), without which the request fails and nothing is done. `holds` says
 * how it holds the keyring. The messages stand in keys.proto.
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
/*    number name            takes               gives         holds   asker evidence */
#define ASK_TABLE(A) \
    A(1,  tenant_make,        tenant_make,        tenant_made,  WRITES, WEB,  TENANT_MADE) \
    A(2,  tenant_list,        none,               tenants,      READS,  WEB,  NONE) \
    A(3,  claim,              claim,              who,          ALONE,  WEB,  TENANT_CLAIMED) \
    A(4,  kit_back,           kit_back,           none,         WRITES, WEB,  KIT_CONFIRMED) \
    A(5,  login,              login,              who,          ALONE,  WEB,  SESSION_OPENED) \
    A(6,  recover,            recover,            who,          ALONE,  WEB,  KIT_USED) \
    A(7,  whoami,             bearer,             who,          READS,  WEB,  NONE) \
    A(8,  logout,             bearer,             none,         WRITES, WEB,  SESSION_ENDED) \
    A(9,  token_make,         token_make,         token,        WRITES, WEB,  TOKEN_MADE) \
    A(10, token_list,         bearer,             tokens,       READS,  WEB,  NONE) \
    A(11, token_end,          named,              none,         WRITES, WEB,  TOKEN_ENDED) \
    A(12, deployment_make,    deployment_make,    deployment,   WRITES, WEB,  DEPLOYMENT_MADE) \
    A(13, deployment_list,    bearer,             deployments,  READS,  WEB,  NONE) \
    A(14, deployment_end,     deployment_end,     none,         WRITES, WEB,  DEPLOYMENT_ENDED) \
    A(15, enrol,              enrol,              enrolled,     WRITES, WEB,  DEVICE_ENROLLED) \
    A(16, subjects_make,      subjects,           none,         WRITES, WEB,  ACCOUNTS_KNOWN) \
    A(17, subjects_publics,   subjects,           publics,      READS,  WEB,  NONE) \
    A(18, records_open,       open,               opened,       ALONE,  WEB,  RECORDS_OPENED) \
    A(19, device_destroy,     named,              none,         WRITES, WEB,  DEVICE_DESTROYED) \
    A(20, server_certificate, server_certificate, certificate,  READS,  WEB,  NONE) \
    A(21, renew,              renew,              certificate,  WRITES, WEB,  DEVICE_RENEWED) \
    A(22, device_states,      bearer,             devices,      READS,  WEB,  NONE) \
    A(23, device_approve,     named,              none,         WRITES, WEB,  DEVICE_APPROVED) \
    A(24, device_revoke,      named,              none,         WRITES, WEB,  DEVICE_REVOKED) \
    A(25, journal_add,        journal_add,        none,         WRITES, WEB,  COLLECTION_CHANGED) \
    A(26, log_about,          bearer,             log,          READS,  WEB,  NONE) \
    A(27, log_due,            none,               logs,         READS,  JOBS, NONE) \
    A(28, log_take,           log_range,          log_entries,  ALONE,  JOBS, NONE) \
    A(29, log_sign,           log_range,          log,          ALONE,  JOBS, NONE)
/* clang-format on */

enum ask_number {
#define A(number, name, takes, gives, mode, asker, act) ASK_##name = number,
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
