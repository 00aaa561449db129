/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames between the plugin and the guard, as anything: what is read puts the same bytes again.
 */
#include "sudo/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    str_t frame = str_bytes((const char *)bytes, len);
    struct talk_ask ask = {0};
    struct talk_answer answer = {0};
    OWN(buf) again = BUF(TALK_MAX);
    if (len > TALK_MAX)
        return 0;
    if (talk_ask_read(frame, &ask) == ERR_OK &&
        (talk_ask_put(&ask, &again) != ERR_OK || !str_eq(buf_str(&again), frame)))
        abort();
    buf_clear(&again);
    if (talk_answer_read(frame, &answer) == ERR_OK &&
        (talk_answer_put(&answer, &again) != ERR_OK || !str_eq(buf_str(&again), frame)))
        abort();
    return 0;
}
