/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of the route table, each in the file of its subject.
 */
#pragma once
#include "api/route.h"

/* clang-format off */
#define API_HANDLERS(H) \
    H(ready) H(claim) H(kit_back) H(sign_in) H(session) H(sign_out) H(recover) \
    H(device_list) H(device_show) H(device_remove) H(device_approve) H(device_revoke) H(settings) H(settings_change) \
    H(token_list) H(token_make) H(token_end) H(deployment_list) H(deployment_make) H(deployment_end) \
    H(enrol) H(agent_accounts) H(agent_report) H(agent_report_at_once) H(agent_settings) H(agent_renew) H(tenant_make) H(tenant_list) \
    H(log_list) H(log_about) H(log_file) H(log_proof) H(log_entry) H(prove)
/* clang-format on */
#define API_HANDLER(name) CHECKED err_t api_##name(struct call *call);
API_HANDLERS(API_HANDLER)
#undef API_HANDLER
