/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy that opens was signed: every other text is refused. The text is signed here, so that the reader behind the
 * signature is reached too; what it takes prints the same, and no view leaves the note.
 */
#include "govern/policy.h"

#include "base/limits.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct key seed = {{1}};
    static const ident_t tenant;
    static struct policy policy;
    struct note_signer signer;
    str_t text = str_bytes(bytes, len);
    OWN(buf) note = BUF(MAX_POLICY);
    OWN(buf) again = BUF(MAX_POLICY);
    require(crypt_start() == ERR_OK && policy_signer(tenant, &seed, &signer) == ERR_OK);
    require(policy_open(text, &signer.key, &policy) != ERR_OK);
    if (policy_sign(&signer, text, &note) != ERR_OK ||
        policy_open(buf_str(&note), &signer.key, &policy) != ERR_OK)
        return 0;
    require(policy_put(&policy, &again) == ERR_OK && str_eq(buf_str(&again), text));
    for (size_t i = 0; i < policy.count; i++)
        require(policy.files[i].text.at >= note.at &&
                policy.files[i].text.at + policy.files[i].text.len <= note.at + note.len);
    return 0;
}
