/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

static const struct {
    const char *name;
    uint16_t port;
} schemes[] = {{"smtp", 25}, {"smtps", 465}, {"http", 80}, {"https", 443}};

static err_t not_so(const char *why)
{
    return fail(ERR_INVALID, "the address is not scheme://host[:port][/path]: %s", why);
}

static err_t scheme_read(str_t *rest, struct reach *reach)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i].name);
        if (rest->len > len + 3 && str_starts(*rest, str(schemes[i].name)) &&
            !memcmp(rest->at + len, "://", 3)) {
            snprintf(reach->scheme, sizeof reach->scheme, "%s", schemes[i].name);
            reach->port = schemes[i].port;
            *rest = str_bytes(rest->at + len + 3, rest->len - len - 3);
            return ERR_OK;
        }
    }
    return not_so("the scheme is none of smtp, smtps, http and https");
}

static bool holds_only(str_t text, const char *marks)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (!c || !(plain || strchr(marks, c)))
            return false;
    }
    return text.len > 0;
}

/* The host of an IPv6 address is kept without its brackets. */
static err_t host_read(str_t *rest, struct reach *reach)
{
    bool bracketed = rest->len && rest->at[0] == '[';
    size_t from = bracketed, to = from;
    while (to < rest->len && (bracketed ? rest->at[to] != ']' : !strchr(":/", rest->at[to])))
        to++;
    str_t host = str_bytes(rest->at + from, to - from);
    if (host.len > HOST_MAX || !holds_only(host, bracketed ? ":." : ".-") || (bracketed && to == rest->len))
        return not_so("the host is no name or address");
    snprintf(reach->host, sizeof reach->host, "%.*s", STR_ARG(host));
    to += bracketed;
    *rest = str_bytes(rest->at + to, rest->len - to);
    return ERR_OK;
}

static err_t port_read(str_t *rest, struct reach *reach)
{
    uint64_t port = 0;
    size_t len = 1;
    if (!rest->len || rest->at[0] != ':')
        return ERR_OK;
    while (len < rest->len && rest->at[len] != '/')
        len++;
    if (str_number(str_bytes(rest->at + 1, len - 1), UINT16_MAX, &port) != ERR_OK || !port)
        return not_so("the port is no number");
    reach->port = (uint16_t)port;
    *rest = str_bytes(rest->at + len, rest->len - len);
    return ERR_OK;
}

err_t reach_read(str_t url, struct reach *out_reach)
{
    struct reach reach = {0};
    str_t rest = url;
    TRY(scheme_read(&rest, &reach));
    TRY(host_read(&rest, &reach));
    TRY(port_read(&rest, &reach));
    if (rest.len > PATH_MAX_LEN || (rest.len && (rest.at[0] != '/' || !holds_only(rest, "/-._~"))))
        return not_so("the path has more than letters, digits and /-._~");
    snprintf(reach.path, sizeof reach.path, "%.*s", STR_ARG(rest));
    *out_reach = reach;
    return ERR_OK;
}

/* IANA's special-purpose registries: what is not globally reachable, by its first bits. */
struct block {
    uint8_t first[16];
    unsigned bits;
};

static const struct block blocks4[] = {{{0}, 8},
                                       {{10}, 8},
                                       {{100, 64}, 10},
                                       {{127}, 8},
                                       {{169, 254}, 16},
                                       {{172, 16}, 12},
                                       {{192, 0, 0}, 24},
                                       {{192, 0, 2}, 24},
                                       {{192, 88, 99}, 24},
                                       {{192, 168}, 16},
                                       {{198, 18}, 15},
                                       {{198, 51, 100}, 24},
                                       {{203, 0, 113}, 24},
                                       {{224}, 3}};

/* Of IPv6 the global unicast block alone is public; within it these are not, or lead to an IPv4 address elsewhere. */
static const struct block global6 = {{0x20}, 3};
static const struct block blocks6[] = {
    {{0x20, 0x01, 0x00}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x20, 0x02}, 16}, {{0x3f, 0xff}, 20}};

static bool is_in(str_t bytes, const struct block *block)
{
    for (unsigned bit = 0; bit < block->bits; bit++)
        if (((uint8_t)bytes.at[bit / 8] ^ block->first[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    return true;
}

static bool is_in_any(str_t bytes, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(bytes, &blocks[i]))
            return true;
    return false;
}

bool reach_is_public(str_t bytes)
{
    if (bytes.len == 4)
        return !is_in_any(bytes, blocks4, sizeof blocks4 / sizeof *blocks4);
    return bytes.len == 16 && is_in(bytes, &global6) &&
           !is_in_any(bytes, blocks6, sizeof blocks6 / sizeof *blocks6);
}

static str_t bytes_of(const struct addrinfo *info)
{
    if (info->ai_family == AF_INET)
        return str_bytes(&((const struct sockaddr_in *)(const void *)info->ai_addr)->sin_addr, 4);
    return str_bytes(&((const struct sockaddr_in6 *)(const void *)info->ai_addr)->sin6_addr, 16);
}

/* As many as there is room for; one that is not public spoils them all, or the next question could choose it. */
static err_t addresses_put(const struct reach *reach, enum reach_how how, const struct addrinfo *found,
                           reach_addresses_t *out)
{
    char text[INET6_ADDRSTRLEN];
    size_t used = 0;
    out->text[0] = '\0';
    for (const struct addrinfo *info = found; info; info = info->ai_next) {
        bool is_four = info->ai_family == AF_INET;
        if (how == REACH_FAR && !reach_is_public(bytes_of(info)))
            return fail(ERR_DENIED, "%.150s is not of the public internet", reach->host);
        if (!inet_ntop(info->ai_family, bytes_of(info).at, text, sizeof text))
            return fail(ERR_BROKEN, "an address that cannot be written");
        size_t room = sizeof out->text - used;
        size_t len =
            (size_t)snprintf(out->text + used, room, is_four ? "%s%s" : "%s[%s]", used ? "," : "", text);
        used += len < room ? len : 0;
        out->text[used] = '\0';
    }
    return ERR_OK;
}

err_t reach_find(const struct reach *reach, enum reach_how how, reach_addresses_t *out_addresses)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(reach->host, "1", &hints, &found);
    if (failed)
        return fail(ERR_UNREACHABLE, "%.150s has no address: %s", reach->host, gai_strerror(failed));
    err_t put = addresses_put(reach, how, found, out_addresses);
    freeaddrinfo(found);
    return put;
}

static bool has_port(const struct reach_rules *rules, uint16_t port)
{
    for (size_t i = 0; i < REACH_PORTS; i++)
        if (rules->ports[i] == port)
            return true;
    return false;
}

err_t reach_judge(const struct reach *reach, const struct reach_rules *rules)
{
    bool is_https = !strcmp(reach->scheme, "https"), is_http = !strcmp(reach->scheme, "http");
    if (!is_https && !(is_http && rules->near))
        return fail(ERR_DENIED, "the address has to begin with https://");
    if (!has_port(rules, reach->port))
        return fail(ERR_DENIED, "this service may not connect to port %u: its operator says which, with %s",
                    reach->port, rules->setting);
    return ERR_OK;
}
