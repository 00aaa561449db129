/* SPDX-License-Identifier: Apache-2.0
 *
 * The small texts that an endpoint reads: login.defs, /proc/PID/stat, a deployment key, its own state, what the
 * client has switched off, a refusal.
 */
#include "agent/enrol.h"
#include "agent/logins.h"
#include "agent/service.h"
#include "agent/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t text = str_bytes(at, len);
    OWN(state) state = {0};
    struct deployment_key key;
    struct proc_stat stat;
    struct switches switches;
    struct uid_range range = login_defs_read(text);
    if (range.from == UINT32_MAX || service_refusal(403, text) != ERR_DENIED)
        abort();
    if (proc_stat_read(text, &stat) && stat.command.len > len)
        abort();
    if (deployment_key_read(text, &key) == ERR_OK && len != 4 + 107)
        abort();
    if (switches_read(text, &switches) == ERR_OK && (!switches.known || switches.collection.version < 0))
        abort();
    return state_read(text, &state) == ERR_OK && state.answered > state.sequence ? abort(), 1 : 0;
}
