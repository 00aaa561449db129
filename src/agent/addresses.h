/* SPDX-License-Identifier: Apache-2.0
 *
 * The addresses of a machine, read from the kernel by getifaddrs(): the hardware address of every interface that has
 * one, and every IP address of an interface that is up, in the order of their texts.
 *
 *     TRY(addresses_read(arena, &addresses));              a list of struct address, each with a mac or an ip
 *
 * Left out: loopback, hardware addresses that are all zero or not 6 bytes, and link-local IP addresses, which say
 * nothing outside their cable. BROKEN where the kernel does not answer.
 */
#pragma once
#include "agent/list.h"
#include "concept/address.h"

#include <ifaddrs.h>

CHECKED err_t addresses_read(arena_t *arena, struct list *out_addresses);

/* Adds what one interface says, or nothing. */
void address_add(const struct ifaddrs *interface, struct list *addresses);
