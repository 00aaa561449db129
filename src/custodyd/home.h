/* SPDX-License-Identifier: Apache-2.0
 *
 * The service's folder: made, divided between the users of the processes, and within their reach.
 *
 *     TRY(home_make(&settings));
 *
 * Started by root in a folder that other users cannot walk into (under /root, say), the monitor sees it at /mnt
 * instead, in a mount namespace of its own and its children's; settings->home then says so. Nobody else sees that.
 */
#pragma once
#include "custodyd/settings.h"

CHECKED err_t home_make(struct settings *settings);
