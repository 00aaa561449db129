/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "wire/strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

/* A judgement may not change with what stands behind the head: that is the next message. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t bytes = str_bytes(at, len);
    size_t head = 0, alone = 0;
    const struct refusal *refusal = strict_judge(bytes, MAX_BODY, &head);
    if (refusal && (refusal->status < 400 || refusal->code == ERR_OK))
        abort();
    if (!refusal && head > len)
        abort();
    if (!refusal && head && (strict_judge((str_t){bytes.at, head}, MAX_BODY, &alone) || alone != head))
        abort();
    return 0;
}
