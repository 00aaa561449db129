/* SPDX-License-Identifier: Apache-2.0
 *
 * Leaving a client that is marked for erasure: the process that answers the network lets go of all data keys that it holds
 * for it, closes its file for good, and tells the keys process so. Only then are files removed.
 *
 *     TRY(leave_run(&desk));           each second; a client that an act is under way for is left the next time
 *
 * What came past the mark finds no device that may report, and no file.
 */
#pragma once
#include "collect/desk.h"

CHECKED err_t leave_run(struct desk *desk);
