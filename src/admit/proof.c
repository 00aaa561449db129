/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/proof.h"

#include "keyring/journal.h"

void proof_drop(struct proof *proof) { explicit_bzero(proof, sizeof *proof); }

static err_t password_fits(struct ask *ask, const struct who *who, struct proof *proof)
{
    err_t fits = user_pair(ask, who, &proof->way, proof->pair);
    proof->opened = fits == ERR_OK;
    return fits;
}

/* The act may be run again: nothing of an earlier try stays. */
static err_t passkey_fits(struct ask *ask, const struct who *who, struct proof *proof)
{
    proof->use = (struct passkey_use){.said = proof->use.said, .challenge = proof->use.challenge};
    err_t fits = passkey_use(ask, who, &proof->use);
    if (fits == ERR_OK && !ident_eq(proof->use.member, who->member))
        fits = fail(ERR_DENIED, "the passkey is another member's");
    proof->opened = fits == ERR_OK && proof->use.opened;
    memcpy(proof->pair, proof->use.pair, sizeof proof->pair);
    return fits;
}

err_t proof_take(struct ask *ask, const struct who *who, struct proof *proof)
{
    err_t fits = proof->use.said ? passkey_fits(ask, who, proof) : password_fits(ask, who, proof);
    proof->wrong = fits == ERR_DENIED;
    return fits;
}

err_t proof_opened(const struct proof *proof)
{
    return proof->opened ? ERR_OK
                         : fail(ERR_LOCKED, "this passkey does not open your key: type the password instead");
}

err_t proof_refused(struct ask *ask, const struct who *who, const struct proof *proof)
{
    if (proof->use.cloned)
        TRY(passkey_cloned(ask, who, &proof->use));
    return refusal_count(ask, who->tenant);
}
