/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as keys that are vouched for: without the signature, which no stranger has.
 */
#include "seal/vouch.h"

enum { ROOM = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(ROOM);
    struct vouched vouched;
    err_t read = vouch_read(str_bytes(at, len), &arena, &vouched);
    if (read == ERR_OK && len != 17 + 3 * sizeof(ident_t) + vouched.count * (sizeof(ident_t) + KEY_SIZE))
        abort();
    return 0;
}
