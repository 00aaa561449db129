/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of a stranger as the erasure ledger: what is taken has one text, so writing its lines anew gives the same file.
 */
#include "keyring/ledger.h"

#include "sys/env_virtual.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(world) world = {0};
    OWN(ledger) ledger = NULL;
    OWN(ledger) again = NULL;
    world_open(&world, 1);
    require(crypt_start() == ERR_OK);
    if (world.env.write_file(&world.env, "one/ledger", str_bytes(at, len), 0600) != ERR_OK ||
        ledger_open(&world.env, "one", &ledger) != ERR_OK)
        return 0;
    require(ledger_open(&world.env, "two", &again) == ERR_OK);
    for (size_t i = 0; i < ledger_count(ledger); i++) {
        const struct ledger_line *line = ledger_at(ledger, i);
        require(ledger_add(again, line) == ERR_OK && ledger_has(ledger, line->tenant, line->id));
    }
    str_t whole = buf_str(&world.files[1].bytes);
    require(str_starts(str_bytes(at, len), whole)); /* but for a last line that was cut */
    return 0;
}
