/* SPDX-License-Identifier: Apache-2.0
 *
 * collect.user: what is kept of those who sign in. The list is closed where the program is built: what is looked at here is
 * that the record's own field list says so, and, as the keys process counts it, that what stands in the keyring is that and
 * nothing more.
 */
#include "concept/user.h"
#include "prove/checks.h"

/* Whether a field is of the policy's list for users, or says nothing about a person. */
static bool is_listed(const field_t *f)
{
    const struct purpose_info *info = purpose_info(f->purpose);
    return f->class == CLASS_PLAIN || !strcmp(info->promise, "collect.user");
}

err_t check_user(struct proving *proving, struct finding *out_finding)
{
    Keys__Duties *duties = NULL;
    int items = 0, strange = 0;
    TRY(duties_ask(proving, &duties));
    for_each_field(f, &user_concept) {
        items += f->class != CLASS_PLAIN;
        strange += !is_listed(f);
    }
    *out_finding = finding_put(
        proving, strange || duties->unsealed || duties->beyond ? FINDING_BROKEN : FINDING_KEPT,
        "kept of %lld members: %d items each, name, username and e-mail in a sealed record, of the password a verifier; %lld have an"
        " authenticator, and %lld passkeys are known by their dates: all ends with them; of a session its times and its way in, and no"
        " address; records that are not sealed: %lld; fields outside the list: %d, and %lld of what stands in the keyring",
        (long long)duties->members, items, (long long)duties->authenticators, (long long)duties->passkeys,
        (long long)duties->unsealed, strange, (long long)duties->beyond);
    return arena_end(proving->desk->arena);
}
