/* SPDX-License-Identifier: Apache-2.0
 *
 * Packages of rpm, from its own database (guard/rpm_database.h).
 *
 *     TRY(rpm_read(root, &programs));                      MISSING where there is none
 *
 * The version is told as rpm writes it, [epoch:]version-release. "gpg-pubkey" is left out: a key, and no program.
 */
#pragma once
#include "agent/programs.h"

CHECKED err_t rpm_read(const char *root, struct list *programs);
