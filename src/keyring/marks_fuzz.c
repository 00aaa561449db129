/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of a stranger as the high-water marks: what is taken has one text, so putting its marks anew gives the same file.
 */
#include "keyring/marks.h"

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
    OWN(marks) marks = NULL;
    OWN(marks) again = NULL;
    world_open(&world, 1);
    require(crypt_start() == ERR_OK);
    if (world.env.write_file(&world.env, "one/marks", str_bytes(at, len), 0600) != ERR_OK ||
        marks_open(&world.env, "one", &marks) != ERR_OK)
        return 0;
    require(marks_open(&world.env, "two", &again) == ERR_OK);
    for (size_t i = marks_count(marks); i > 0; i--)
        require(marks_put(again, marks_at(marks, i - 1)) == ERR_OK);
    require(marks_write(again) == ERR_OK && str_eq(str_bytes(at, len), buf_str(&world.files[1].bytes)));
    return 0;
}
