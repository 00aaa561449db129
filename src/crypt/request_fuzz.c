/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate request of a stranger: what is taken has a key that a certificate can be issued for, and that is named by
 * itself alone.
 */
#include "crypt/cert.h"

#include "sys/env_virtual.h"

enum { ROOM = 16 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static buf_t private_pem = BUF(ROOM), authority = BUF(ROOM);
    OWN(world) world = {0};
    OWN(buf) public_der = BUF(ROOM);
    OWN(buf) issued = BUF(ROOM);
    world_open(&world, 1);
    moment_t now = world.env.now(&world.env);
    if (!authority.len)
        require(cert_key_make(&private_pem) == ERR_OK &&
                cert_authority_make(&world.env, buf_str(&private_pem), "fuzz", now + DAYS(1), &authority) ==
                    ERR_OK);
    if (cert_request_read(str_bytes(at, len), &public_der) != ERR_OK)
        return 0;
    const struct cert_authority by = {buf_str(&private_pem), buf_str(&authority)};
    const struct cert_ask ask = {.public_der = buf_str(&public_der),
                                 .common_name = "endpoint",
                                 .uri = "custody:fuzz",
                                 .from = now,
                                 .until = now + DAYS(1)};
    require(public_der.len && cert_issue(&world.env, &by, &ask, &issued) == ERR_OK);
    return 0;
}
