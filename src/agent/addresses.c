/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>

enum { MAC_BYTES = 6 };

static str_t mac_text(const struct sockaddr_ll *hardware, arena_t *arena)
{
    static const unsigned char nothing[MAC_BYTES];
    OWN(buf) text = BUF(64);
    const unsigned char *at = hardware->sll_addr;
    if (hardware->sll_halen != MAC_BYTES || !memcmp(at, nothing, MAC_BYTES))
        return (str_t){0};
    buf_putf(&text, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3], at[4], at[5]);
    return arena_copy(arena, buf_str(&text));
}

static bool is_local4(struct in_addr at)
{
    uint32_t number = ntohl(at.s_addr);
    return number >> 24 == IN_LOOPBACKNET || number >> 16 == 0xa9fe || number == INADDR_ANY;
}

static str_t ip_text(const struct sockaddr *address, arena_t *arena)
{
    char text[INET6_ADDRSTRLEN];
    const struct sockaddr_in *four = (const void *)address;
    const struct sockaddr_in6 *six = (const void *)address;
    const void *at = address->sa_family == AF_INET ? (const void *)&four->sin_addr : &six->sin6_addr;
    bool local = address->sa_family == AF_INET
                     ? is_local4(four->sin_addr)
                     : IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr);
    if (local || !inet_ntop(address->sa_family, at, text, sizeof text))
        return (str_t){0};
    return arena_copy(arena, str(text));
}

static bool is_ip(const struct sockaddr *address)
{
    return address->sa_family == AF_INET || address->sa_family == AF_INET6;
}

void address_add(const struct ifaddrs *interface, const struct switches *switches, struct list *addresses)
{
    const struct sockaddr *address = interface->ifa_addr;
    struct address told = {0};
    if (!address || interface->ifa_flags & IFF_LOOPBACK)
        return;
    if (address->sa_family == AF_PACKET && switches_allow(switches, COLLECT_MAC_ADDRESS))
        told.mac = mac_text((const void *)address, addresses->arena);
    if (is_ip(address) && interface->ifa_flags & IFF_UP && switches_allow(switches, COLLECT_IP_ADDRESSES))
        told.ip = ip_text(address, addresses->arena);
    struct address *added = told.mac.len || told.ip.len ? list_add(addresses) : NULL;
    if (added)
        *added = told;
}

static int by_text(const void *a, const void *b)
{
    const struct address *one = a, *other = b;
    int order = str_order(other->mac, one->mac); /* hardware first: an ip has no mac */
    return order ? order : str_order(one->ip, other->ip);
}

err_t addresses_read(const struct switches *switches, arena_t *arena, struct list *out_addresses)
{
    struct list found = LIST(arena, struct address);
    struct ifaddrs *interfaces = NULL;
    if (getifaddrs(&interfaces) != 0)
        return fail(ERR_BROKEN, "the kernel does not tell the addresses: %s", strerror(errno));
    for (const struct ifaddrs *one = interfaces; one; one = one->ifa_next)
        address_add(one, switches, &found);
    freeifaddrs(interfaces);
    list_sort(&found, by_text);
    list_unique(&found, by_text);
    TRY(arena_end(arena));
    *out_addresses = found;
    return ERR_OK;
}
