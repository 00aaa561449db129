/* SPDX-License-Identifier: Apache-2.0
 *
 * What has happened in a client's life, by the names of struct life_facts: as rows of the keyring, and in messages.
 */
#pragma once

/* clang-format off */
#define LIFE_FACTS(F) \
    F(requested) F(marked) F(keys_destroyed) F(rows_removed) F(blobs_removed) F(snapshots_removed) F(certified) \
    F(deactivated) F(told_grace) F(told_deactivated) F(told_erased) F(frozen)
/* clang-format on */
