/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting a person, in the session of somebody who may: what it will reach is listed first, then it is done. Promise
 * person.forget, POLICY readings 3, 9 and 10.
 *
 *     TRY(person_find(&desk, &reader, STR("alice"), found, with));                 their accounts, at all devices
 *     TRY(forget_look(&desk, &reader, &(struct forget_ask){accounts, count}, &sink));
 *     TRY(forget(&desk, &reader, &order, &forgotten));
 *
 * A person is one or more accounts of devices, the member of the client that they are, or both: who names them says which.
 * Looking gives, as it goes, each subject and what is kept about it, by the concepts; then the mentions elsewhere, each with
 * its place and what can be done about it (erase/mentions.h).
 *
 * Forgetting asks the keys process, which destroys the keys and tells of it in one act (admit/forget.h); then this process
 * drops the data keys that it holds of them, says so, puts what the endpoints are told into the store, and removes the rows.
 * A crash between leaves rows that nobody can read, and keys that end with the process; forget_rest() finishes it, as the
 * jobs process does every few seconds: rows count as removed once no writer can add to them. What a legal hold covers is the
 * exception: its rows and videos stay until the hold is released (keyring/holds.h).
 */
#pragma once
#include "collect/launches.h"

struct person_account {
    ident_t id, device;
    str_t name;
    bool logged_in;
};
/* Those whose name holds this, in any case; false from found() ends it. */
typedef bool (*person_found_t)(void *with, const struct person_account *account);
CHECKED err_t person_find(struct desk *desk, const struct reader *reader, str_t part, person_found_t found,
                          void *with);

struct forget_ask {
    const ident_t *accounts;
    size_t count;
    const ident_t *member; /* NULL: none */
    str_t also;            /* another name to look for; empty: none */
};

/* One subject, as the keys process knows it, and its name. */
struct forget_subject {
    const Keys__Forgettable *keys;
    str_t name;
};
/* What is kept about one, of one concept. */
struct forget_touched {
    ident_t subject, device;
    const char *what; /* "accounts", "launches" */
    int64_t rows, entries, bytes;
    moment_t from, until; /* of launches; else 0 */
};
struct mention_found;
struct mention_progress;
struct forget_sink {
    bool (*subject)(void *with, const struct forget_subject *subject);
    bool (*touched)(void *with, const struct forget_touched *touched);
    bool (*mention)(void *with, const struct mention_found *mention);
    bool (*progress)(void *with, const struct mention_progress *progress);
    void *with;
};
CHECKED err_t forget_look(struct desk *desk, const struct reader *reader, const struct forget_ask *ask,
                          const struct forget_sink *sink);

/* `typed` is the name of one of the accounts, or the full name or username of the member: INVALID where it is not. */
struct forget_order {
    struct forget_ask ask;
    str_t typed, password;
    Keys__Assertion *passkey; /* in place of the password, where it is there */
    int64_t mentions;         /* that are left, and accepted */
};
CHECKED err_t forget(struct desk *desk, const struct reader *reader, const struct forget_order *order,
                     Keys__Forgotten **out_forgotten);

/* The endpoints may report the accounts again; as new ones, under new keys. */
CHECKED err_t forget_lift(struct desk *desk, const struct reader *reader, ident_t forgotten,
                          Keys__Forgotten **out_forgotten);

/* What is left to be done of one: rows, and what its endpoints are told. Done again it changes nothing. */
CHECKED err_t forget_rest(struct desk *desk, const Keys__Forgotten *forgotten);
CHECKED err_t withheld_rest(struct desk *desk, const Keys__Withheld *withheld);

/* How many rows of theirs are in the store, besides those that are held. */
CHECKED err_t forget_left(struct desk *desk, const Keys__Forgotten *forgotten, int64_t *out_rows);
