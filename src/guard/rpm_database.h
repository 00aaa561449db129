/* SPDX-License-Identifier: Apache-2.0
 *
 * The database of rpm 4.16 and later: its own SQLite file (var/lib/rpm/rpmdb.sqlite or usr/lib/sysimage/rpm/rpmdb.sqlite),
 * opened where it is there, read, and closed.
 *
 *     OWN(rpm_database) database = NULL;
 *     TRY(rpm_database_open(root, &database));             MISSING where there is no such file
 *     TRY(rpm_database_each(database, &(struct rpm_reader){take, with}));     take(with, number, blob)
 *     TRY(rpm_database_one(database, number, &(struct rpm_reader){take, with}));
 *
 * It is opened read-only and immutable: nothing is written beside it and no lock is taken, so rpm never waits, nor does who
 * reads. While rpm itself writes, the last complete checkpoint is read, or the reading fails as BROKEN and the next one goes well.
 *
 * A package keeps its number while it is installed, and no other one ever gets that. What is taken is a view, for as long as take()
 * runs; an error of take() ends the reading. A blob is at most 64 MiB.
 */
#pragma once
#include "base/bytes.h"

struct rpm_database;
typedef struct rpm_database *rpm_database_own;
void rpm_database_drop(struct rpm_database **database);

struct rpm_reader {
    err_t (*take)(void *with, int64_t number, str_t blob);
    void *with;
};

CHECKED err_t rpm_database_open(const char *root, struct rpm_database **out_database);
CHECKED err_t rpm_database_each(struct rpm_database *database, const struct rpm_reader *reader);
CHECKED err_t rpm_database_one(struct rpm_database *database, int64_t number,
                               const struct rpm_reader *reader);

/* The moment of its last change, 0 where there is none. */
int64_t rpm_database_changed(const char *root);
