/* SPDX-License-Identifier: Apache-2.0
 *
 * Intake of launches: what was launched on an endpoint, checked against the closed list, sealed under the chains of its
 * subjects (collect/chains.h), and stored before it is answered. Promises collect.device, access.client-only.
 *
 *     TRY(launch_intake(&desk, &(struct intake){tenant, device, body}));         `body`: a packed LaunchUpload
 *
 * Idempotent by epoch and sequence as reports are (collect/intake.h), and apart from them: the same epoch is another one
 * there. Stored whole or not at all. INVALID for what is no list of launches, or names a person in a list of another's;
 * DENIED where a list is about a subject of another device. What is about a subject that has been forgotten is answered
 * and discarded, and all of it where the client has switched launches off.
 *
 * Where launches ran with other rights, how many is told in the transaction that stores them (collect/tell.h), and carried to the
 * evidence log when an endpoint of the client's next asks for its settings, or somebody reads the log.
 *
 * The two steps are those of intake_pack() and intake_send(): without a channel in the desk nothing is waited for.
 */
#pragma once
#include "collect/chains.h"
#include "collect/intake.h"

enum { MAX_UPLOAD_BATCHES = 256, MAX_UPLOAD_LAUNCHES = 4096 };

CHECKED err_t launch_intake(struct desk *desk, const struct intake *intake);

struct upload;
typedef struct upload *upload_own;
void upload_drop(struct upload **upload);
CHECKED err_t launch_pack(struct desk *desk, const struct intake *intake, struct upload **out_upload);
void launch_send(struct upload *upload, const struct intake_end *end);
