/* SPDX-License-Identifier: Apache-2.0
 *
 * What was copied back underneath the service: a keyring or a client's store that is behind its high-water marks
 * (keyring/marks.h) opens nothing until it has come through a restore.
 *
 * The keyring is held against its marks when it is opened. Where one of its logs has fewer entries than it has had, or a
 * client has come through fewer restores, nothing is answered but what the other processes start with, and nothing is
 * written: BUSY, with what to do. Accepted at the machine (marks_accept), the logs are followed to where their files
 * end, by what this keyring's own key has signed there, and it goes on from that.
 *
 * A store is held against them by whoever opens a file, before anything is read or written through it, and each second
 * after that. One that is behind is latched: the keys of its records are not given out. It is let go by its file, where
 * that is put back; by a whole restore from a snapshot; or as it stands, by an order marks.accept of two of staff. After
 * the latter two its counter is raised past the mark, so that numbers only grow.
 *
 * The marks are written by the clock, at most each second, and say what was committed before: they lag, and are never
 * ahead. Nobody waits for them.
 */
#pragma once
#include "keyring/answer.h"

/* The difference that a store's counter is raised by: what may have been written since the last mark. */
enum { MARK_GAP = 1 << 24 };

/* Beside the ledger, when the keyring is opened. */
CHECKED err_t behind_open(struct keyring *keyring, const char *folder);
void behind_drop(struct keyring *keyring);

/* BUSY while the keyring itself is behind. */
CHECKED err_t keyring_abreast(struct keyring *keyring);

/* Within an act: BUSY while the client's store is behind. */
CHECKED err_t store_abreast(struct ask *ask, ident_t tenant);

/* What has grown since they were written last goes into the marks. */
CHECKED err_t marks_turn(struct keyring *keyring);

/* A whole restore of the client was carried out: what was behind is so no more, and the marks have it. */
CHECKED err_t marks_restored(struct ask *ask, ident_t tenant);

/* For whoever asks for the proof: since when the client's store is behind; 0: it is not. */
CHECKED err_t behind_since(struct ask *ask, ident_t tenant, moment_t *out_since);

/* marks.accept: the client's store as it stands. */
CHECKED err_t marks_look(struct ask *ask, ident_t target, Keys__Order *out);
CHECKED err_t marks_carry_out(struct ask *ask, const struct who *who, ident_t target);
