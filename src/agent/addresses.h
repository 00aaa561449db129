/* SPDX-License-Identifier: Apache-2.0
 *
 * The addresses of a machine, read from the kernel by getifaddrs(): the hardware address of every interface that has
 * one, and every IP address of an interface that is up, in the order of their texts.
 *
 *     TRY(addresses_read(&switches, arena, &addresses));   a list of struct address, each with a mac or an ip
 *
 * Left out: loopback, hardware addresses that are all zero or not 6 bytes, and link-local IP addresses, which say
 * nothing outside their cable, and the kind that the client has switched off. BROKEN where the kernel does not answer.
 */
#pragma once
#include "agent/list.h"
#include "agent/switches.h"
#include "concept/address.h"

#include <ifaddrs.h>

CHECKED err_t addresses_read(const struct switches *switches, arena_t *arena, struct list *out_addresses);

/* Adds what one interface says, or nothing. */
void address_add(const struct ifaddrs *interface, const struct switches *switches, struct list *addresses);
