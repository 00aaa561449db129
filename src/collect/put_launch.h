/* SPDX-License-Identifier: Apache-2.0
 *
 * A launch as JSON and as a row of CSV; what was not recorded is null, or empty.
 */
#pragma once
#include "collect/launches.h"

#define LAUNCH_ROW_HEAD \
    "at,device,account,decision,count,path,package,parent,args,script,sha256,policy,rule,reason,emergency\r\n"

const char *decision_name(int decision);
void put_launch(const struct launch_found *found, buf_t *out_json);
void put_launch_row(const struct launch_found *found, buf_t *out_csv);
