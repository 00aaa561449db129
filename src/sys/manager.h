/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service manager that started this program is told of it, so that others wait until it serves.
 *
 *     manager_tell("READY=1");
 *     manager_tell("STOPPING=1\nSTATUS=asked to stop");
 *
 * One datagram to the socket that NOTIFY_SOCKET names, a path or, behind an @, an abstract name. Where nothing is named, or
 * nobody listens, nothing happens: the manager then has its own idea of when a program is ready.
 * Source: sd_notify(3), whose protocol is stable and may be spoken without its library.
 */
#pragma once

void manager_tell(const char *state);
