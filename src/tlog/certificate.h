/* SPDX-License-Identifier: Apache-2.0
 *
 * The certificate of an erasure: what says, after everything of a client is gone, that it is; readable by anybody, and
 * verified offline. Promises erase.hours, erase.backups, erase.record; docs/formats/certificate.md says what each line means.
 *
 *     custody erasure certificate
 *     erasure era_…
 *     tenant ten_…
 *     asked owner
 *     requested 2026-11-24T18:30:00Z
 *     document <SHA-256 of what it was asked with; base64url>        or none
 *     marked 2026-11-24T22:30:01Z
 *     destroyed 2026-11-24T22:30:01Z
 *     commitment <SHA-256 of the list of what was to be destroyed; base64url>
 *     method purge, by cryptographic erase and removal
 *     tool custody 0.4
 *     store keyring 5120 1048576 2026-11-24T22:30:03Z                items, bytes, when it was found to be gone
 *     …                                                              one line for each of the stores, in their order
 *     backups 2026-11-24T22:30:05Z
 *     exception last-notice 1 2026-12-24T22:30:01Z                   as many as there are: how many, and until when
 *     kept hld_… 12 34567                                            for each legal hold that stands: items, bytes
 *     after era_…                                                    where a hold of that erasure was released
 *     certified 2026-11-24T22:30:05Z
 *
 * and the signature, as a signed note has it (C2SP signed-note), by the service's key …/certificates, whose public half
 * outlives the client.
 *
 *     TRY(certificate_sign(&signer, &certificate, &note));
 *     TRY(certificate_open(note, &key, &certificate));       LOCKED: forged or altered; INVALID: no certificate
 *     const char *late = certificate_late(&certificate);     NULL: every date is as it was promised
 *
 * Nothing in it is about a person: ids, dates, counts and digests. Pure. The texts of an opened certificate are views of the
 * note's bytes.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "tlog/note.h"

enum {
    CERTIFICATE_MAX = 4096,
    CERTIFICATE_EXCEPTIONS = 8,
    CERTIFICATE_KEPT = 24,
    CERTIFICATE_KEY_NAME = 200
};

/* clang-format off */
/*    constant   name         what of the client is there */
#define ERASED_STORES(S) \
    S(KEYRING,   "keyring",   "what wraps, finds or releases a key, and people, rights and dates beside it") \
    S(WRITERS,   "writers",   "what the process that answers the network has open or in its memory") \
    S(ROWS,      "rows",      "the records, sealed, in the client's file and what stands beside it") \
    S(BLOBS,     "blobs",     "the videos, sealed") \
    S(SNAPSHOTS, "snapshots", "the snapshots: manifests, segments and copied videos")

enum erased_store {
#define S(constant, name, what) ERASED_##constant,
    ERASED_STORES(S)
#undef S
    ERASED_COUNT
};
/* clang-format on */

const char *erased_name(enum erased_store store);
const char *erased_what(enum erased_store store);
CHECKED err_t erased_find(str_t name, enum erased_store *out_store); /* INVALID where there is none */

struct erased {
    int64_t items, bytes;
    moment_t at;
};
struct certificate_exception {
    str_t what;
    int64_t count;
    moment_t until;
};

struct certificate_kept {
    ident_t hold;
    int64_t items, bytes;
};

struct certificate {
    ident_t erasure, tenant, after; /* zero: it is after none */
    str_t asked, method, tool;
    moment_t requested, marked, destroyed, backups, certified;
    bool has_document;
    uint8_t document[DIGEST_SIZE], commitment[DIGEST_SIZE];
    struct erased stores[ERASED_COUNT];
    struct certificate_exception exceptions[CERTIFICATE_EXCEPTIONS];
    size_t exception_count;
    struct certificate_kept kept[CERTIFICATE_KEPT];
    size_t kept_count;
};

CHECKED err_t certificate_sign(const struct note_signer *signer, const struct certificate *certificate,
                               buf_t *out_note);
CHECKED err_t certificate_open(str_t note, const struct note_key *key, struct certificate *out_certificate);

/* Which promise its dates do not keep, in words; those are POLICY's: marked within 24 hours of the request, keys destroyed
 * within an hour of that, everything else within 24, and no backup 180 days after the request. */
const char *certificate_late(const struct certificate *certificate);

/* The entry of a log that is about it: of the act erasure.certified, on this erasure, with the digest of the note. */
bool certificate_in_entry(str_t entry, ident_t erasure, str_t note);
