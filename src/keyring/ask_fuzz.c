/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger through keys_answer: the first says which request, the rest is the packed message. With its
 * high bit set the owner's cookie is added as the message's bearer, so that what stands behind a sign-in is reached too.
 * The keyring is made once, with an open organisation and a device; its world repeats, so an input does the same again.
 */
#include "keyring/given.h"
#include "test/test.h"

enum { MOST_SIGN_INS = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static struct given given;
static struct given_tenant tenant;

/* Nothing is left behind when the run ends. */
static void end(void)
{
    given_drop(&given);
    test_folder_remove();
}

static void begin_once(void)
{
    ident_t device;
    if (given.keyring)
        return;
    if (given_a_keyring(&given) != ERR_OK || given_open_tenant(&given, "example", &tenant) != ERR_OK ||
        given_device(&given, &tenant, &device) != ERR_OK)
        abort();
    atexit(end);
}

/* Stretching a password costs more than all else together. */
static bool is_past_sign_ins(uint8_t number)
{
    static int sign_ins;
    return (number == ASK_claim || number == ASK_login || number == ASK_recover) &&
           ++sign_ins > MOST_SIGN_INS;
}

static void put_bearer(buf_t *out)
{
    buf_put_byte(out, 1 << 3 | 2); /* field 1, a text; the last one of a message counts */
    buf_put_byte(out, (uint8_t)strlen(tenant.cookie));
    buf_put(out, str(tenant.cookie));
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(buf) packed = BUF(MAX_ASK);
    OWN(buf) body = BUF(MAX_ASK);
    uint8_t code = 0;
    begin_once();
    if (!len || len > MAX_ASK / 2 || is_past_sign_ins(at[0] & 0x1f))
        return 0;
    buf_put(&packed, str_bytes(at + 1, len - 1));
    if (at[0] & 0x80)
        put_bearer(&packed);
    const enum asker by = at[0] & 0x40 ? ASKER_JOBS : ASKER_WEB;
    keys_answer(given.keyring, &(struct asked){by, at[0] & 0x1f, buf_str(&packed)}, &body, &code);
    if (code >= ERR_COUNT || code == ERR_BROKEN || (code != ERR_OK && !body.len) || body.state != ERR_OK) {
        printf("request %d: %d %.*s\n", at[0] & 0x1f, code, STR_ARG(buf_str(&body)));
        abort();
    }
    return 0;
}
