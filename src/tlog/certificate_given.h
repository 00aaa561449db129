/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a certificate of an erasure that kept every promise, and what signs it.
 */
#pragma once
#include "sys/env_virtual.h"
#include "tlog/certificate.h"

struct given_certificate {
    struct world world;
    struct note_signer signer;
    struct certificate certificate;
};
typedef struct given_certificate given_certificate_own;
static inline void given_certificate_drop(struct given_certificate *given) { world_drop(&given->world); }

static inline err_t given_certificate(struct given_certificate *given)
{
    const moment_t asked = 1795000000000;
    struct env *env = &given->world.env;
    TRY(crypt_start());
    world_open(&given->world, 9);
    given->certificate = (struct certificate){.erasure = ident_new(env),
                                              .tenant = ident_new(env),
                                              .asked = STR("owner"),
                                              .method = STR("purge, by cryptographic erase and removal"),
                                              .tool = STR("custody 0.4"),
                                              .requested = asked,
                                              .marked = asked + HOURS(4),
                                              .destroyed = asked + HOURS(4),
                                              .backups = asked + HOURS(5),
                                              .certified = asked + HOURS(5),
                                              .has_document = true,
                                              .exceptions = {{STR("last-notice"), 1, asked + DAYS(30)}},
                                              .exception_count = 1};
    for (size_t i = 0; i < ERASED_COUNT; i++)
        given->certificate.stores[i] = (struct erased){(int64_t)i * 7, (int64_t)i * 4096, asked + HOURS(5)};
    return note_signer_new(env, NOTE_ED25519, STR("custody/svc_example/certificates"), &given->signer);
}
