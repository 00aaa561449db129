/* SPDX-License-Identifier: Apache-2.0
 *
 * How long what is kept of a client stays: its minimum and maximum ages, per kind of what may go at all. A member with
 * RIGHT_KEEP says them; where more may go than before, the client's name is typed. They stand here, outside of every
 * snapshot: a restore brings no older rule back. What goes is decided by retain/plan.h and done by the jobs process,
 * which asks here what it may do, and tells here which warning stands, so that each is told once a crossing.
 *
 * The capacity is the contract's. Promise retain.capacity.
 */
#pragma once
#include "keyring/answer.h"

enum { RETENTION_LONGEST = 36500 /* days */ };

/* Its own text where it is a kind that may go; NULL where it is not. */
const char *retention_kind(const char *name);
