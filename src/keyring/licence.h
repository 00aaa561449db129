/* SPDX-License-Identifier: Apache-2.0
 *
 * A licence as the keys process tells it, back as what the pure function takes: for whoever shows it.
 *
 *     TRY(licence_told(licence, &contract, &facts));
 *     struct standing standing = life_at(&contract, &facts, now);
 */
#pragma once
#include "keyring/keys.pb-c.h"
#include "life/life.h"

CHECKED err_t licence_told(const Keys__Licence *licence, struct contract *out_contract,
                           struct life_facts *out_facts);
