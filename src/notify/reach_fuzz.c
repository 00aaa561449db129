/* SPDX-License-Identifier: Apache-2.0
 *
 * An address that a client gave: what is taken is of the one form, and put together again is read the same.
 */
#include "notify/notice.h"
#include "notify/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void try_again(const struct reach *reach)
{
    char text[HOST_MAX + PATH_MAX_LEN + 32];
    struct reach again;
    bool is_six = strchr(reach->host, ':');
    snprintf(text, sizeof text, "%s://%s%s%s:%u%s", reach->scheme, is_six ? "[" : "", reach->host,
             is_six ? "]" : "", reach->port, reach->path);
    require(reach_read(str(text), &again) == ERR_OK);
    require(!strcmp(again.scheme, reach->scheme) && !strcmp(again.host, reach->host));
    require(!strcmp(again.path, reach->path) && again.port == reach->port);
}

/* No address of a webhook is taken for one of a mail, by which the outbox tells them apart. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t input = str_bytes(at, len);
    struct reach reach;
    bool is_mail = is_address(input);
    if (reach_read(input, &reach) != ERR_OK)
        return 0;
    require(!is_mail && *reach.host && reach.port && memmem(input.at, input.len, "://", 3));
    require(is_one_word(input) && is_one_word(str(reach.host)) && (!*reach.path || *reach.path == '/'));
    try_again(&reach);
    return 0;
}
