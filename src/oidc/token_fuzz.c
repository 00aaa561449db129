/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sign-in provider sends: a token, before a zero byte; behind it keys or a document. Whatever is taken was
 * signed by a key of those, which no input of ours brings along.
 */
#include "oidc/provider.h"
#include "oidc/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(4 << 20);
    str_t rest = str_bytes(at, len), token = str_until(&rest, 0);
    struct token_ask ask = {.issuer = STR("https://id.example.com"),
                            .client = STR("custody"),
                            .nonce = STR("nonce"),
                            .keys = rest,
                            .access_token = STR("access"),
                            .claim = "email",
                            .now = 1800000000000};
    struct token_said said;
    struct provider provider;
    struct token_answer answer;
    size_t count = 0;
    if (token_check(&ask, token, &arena, &said) == ERR_OK && !said.subject.len)
        abort();
    if (token_keys_check(rest, &count) == ERR_OK && count > len)
        abort();
    if (provider_read(rest, ask.issuer, &arena, &provider) == ERR_OK && !provider.token_at.len)
        abort();
    if (token_answer_read(rest, &arena, &answer) == ERR_OK && !answer.id_token.len == !answer.error)
        abort();
    return 0;
}
