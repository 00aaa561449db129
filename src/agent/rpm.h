/* SPDX-License-Identifier: Apache-2.0
 *
 * Packages of rpm 4.16 and later, from its own SQLite file (var/lib/rpm/rpmdb.sqlite or
 * usr/lib/sysimage/rpm/rpmdb.sqlite), which is opened where it is there, read once, and closed.
 *
 *     TRY(rpm_read(root, &programs));                      MISSING where there is no such file
 *
 * It is opened read-only and immutable: nothing is written beside it and no lock is taken, so rpm never waits. While
 * rpm itself writes, the last complete checkpoint is read, or the reading fails as BROKEN and the next one goes well.
 *
 * The version is told as rpm writes it, [epoch:]version-release. "gpg-pubkey" is left out: a key, and no program.
 */
#pragma once
#include "agent/programs.h"

CHECKED err_t rpm_read(const char *root, struct list *programs);

/* A package by its header, as views into it. */
struct rpm_package {
    str_t name, version, release;
    bool has_epoch;
    uint32_t epoch;
};

/* One header as the database holds it (rpm's "header blob"): two numbers, that many entries of 16 bytes (tag, type,
 * offset, count), that many bytes of data; numbers are 32 bits, big end first. False unless the lengths fit to the
 * byte and name, version and release are texts that end within the data. */
bool rpm_header_read(str_t blob, struct rpm_package *out_package);
