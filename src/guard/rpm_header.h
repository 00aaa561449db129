/* SPDX-License-Identifier: Apache-2.0
 *
 * One package as rpm's database holds it ("header blob"), read strictly, as views into it.
 *
 *     if (rpm_header_open(blob, &header) && rpm_text(&header, RPM_NAME, &name)) …
 *     if (rpm_region(&header, &region)) …                  what rpm's signature is over: a header of its own
 *
 * Two numbers, that many entries of 16 bytes (tag, type, offset, count), that many bytes of data; numbers are 32 bits, big
 * end first. A header opens where the lengths fit to the byte. Its values are found one by one: false where there is none of
 * that tag, or it is of another type, or does not end within the data. Cost: a walk over some hundred entries.
 *
 * The region is what the package brought, its first entries and the first bytes of its data. Behind it stands what installing
 * added: the signatures, and which of the files are there. Whatever counts as signed is to be read from the region alone.
 */
#pragma once
#include "base/bytes.h"

/* Tags, by rpm's numbers. */
enum {
    RPM_PUBKEYS = 266, /* texts: a certificate in base64, of what is called gpg-pubkey */
    RPM_DSA = 267,     /* bytes: a signature over the region: DSA, ECDSA or EdDSA */
    RPM_RSA = 268,
    RPM_OPENPGP = 278, /* texts: signatures over the region in base64, from rpm 4.20 on */
    RPM_NAME = 1000,
    RPM_VERSION = 1001,
    RPM_RELEASE = 1002,
    RPM_EPOCH = 1003,
    RPM_DIGEST_KIND = 5011, /* of the files, as OpenPGP numbers them; without it MD5 */
};

struct rpm_header {
    str_t index, data;
};

bool rpm_header_open(str_t blob, struct rpm_header *out_header);
bool rpm_region(const struct rpm_header *header, struct rpm_header *out_region);

bool rpm_has(const struct rpm_header *header, uint32_t tag);
bool rpm_text(const struct rpm_header *header, uint32_t tag, str_t *out_text);
bool rpm_bytes(const struct rpm_header *header, uint32_t tag, str_t *out_bytes);
bool rpm_number(const struct rpm_header *header, uint32_t tag, uint32_t *out_number);

struct rpm_texts {
    str_t rest;
    size_t count; /* that are still to come */
};
bool rpm_texts(const struct rpm_header *header, uint32_t tag, struct rpm_texts *out_texts);
bool rpm_texts_next(struct rpm_texts *texts, str_t *out_text);

/* The bytes that a signature is over, in three parts; `intro` is the room for the first. */
enum { RPM_INTRO = 16 };
void rpm_signed_bytes(const struct rpm_header *region, uint8_t intro[RPM_INTRO], str_t out_parts[3]);

/* A package by name, version and release, which are texts and not empty. */
struct rpm_package {
    str_t name, version, release;
    bool has_epoch;
    uint32_t epoch;
};
bool rpm_package_read(const struct rpm_header *header, struct rpm_package *out_package);

/* Its files: what they are stands in the region, whether they are there in the whole header.
 *
 *     OWN(rpm_files) files = {0};
 *     if (rpm_files_open(&header, &region, &files)) while (rpm_files_next(&files, &file)) …
 *
 * False, and no file, where the lists are of different lengths or there are more folders than 65,536. */
struct rpm_files {
    struct rpm_texts names, digests;
    str_t folder_numbers, modes, states;
    str_t *folders;
    size_t folder_count, at;
};
typedef struct rpm_files rpm_files_own;
void rpm_files_drop(struct rpm_files *files);

struct rpm_file {
    str_t folder, name; /* "/usr/bin/", "true" */
    str_t digest;       /* in hexadecimal; empty for what is no file */
    bool there; /* a file, and this package's: no other one's has replaced it, and it was not left out */
};
bool rpm_files_open(const struct rpm_header *header, const struct rpm_header *region,
                    struct rpm_files *out_files);
bool rpm_files_next(struct rpm_files *files, struct rpm_file *out_file);
