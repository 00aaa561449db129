/* SPDX-License-Identifier: Apache-2.0
 *
 * What a keeper reads: its settings, its own state, an entry of the log.
 */
#include "agent/keeper.h"
#include "agent/keeper_forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t text = str_bytes(at, len);
    OWN(buf) message = BUF(1 << 20);
    OWN(buf) written = BUF(1 << 16);
    struct keeper_settings settings;
    struct keeper_state state, again;
    if (keeper_settings_read(text, &settings) == ERR_OK && settings.sink_count > KEEPER_SINKS)
        abort();
    if (keeper_message(text, "host", &message) == ERR_OK && message.len < len)
        abort();
    if (keeper_state_read(text, &state) != ERR_OK)
        return 0;
    keeper_state_put(&state, &written);
    return keeper_state_read(buf_str(&written), &again) == ERR_OK ? 0 : (abort(), 0);
}
