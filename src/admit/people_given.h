/* SPDX-License-Identifier: Apache-2.0
 *
 * People for the tests: members of a tenant, members of staff, and a record that they try to open.
 *
 *     CHECK_OK(given_member(&given, &tenant, "approver", "bea", &bea));       has the key, and is signed in
 *     CHECK_OK(given_staff(&given, "sam", &sam));                             current, and signed in
 *     CHECK_OK(given_asked_support(&given, &(struct given_case){&sam, &tenant, device}, &request));
 *     CHECK_OK(given_named(&given, ASK_request_approve, bea.cookie, request, NULL));
 *     CHECK(given_opens(&given, sam.cookie, request, &record));
 */
#pragma once
#include "keyring/given.h"
#include "seal/seal.h"

struct given_person {
    ident_t id;
    const char *name, *cookie;
};

CHECKED err_t given_invited(struct given *given, const struct given_tenant *tenant, const char *role,
                            const char **out_link);
CHECKED err_t given_joined(struct given *given, const char *link, const char *name,
                           struct given_person *out_person);
CHECKED err_t given_member(struct given *given, const struct given_tenant *tenant, const char *role,
                           struct given_person *out_person);

/* Another session of whoever has this cookie, which came in without the key. */
CHECKED err_t given_locked(struct given *given, const char *cookie, const char **out_cookie);

/* A staff member who has only joined; what makes it current; a session of it. */
CHECKED err_t given_staff_joined(struct given *given, const char *name, struct given_person *out_staff);
CHECKED err_t given_agreement(struct given *given, const char *version);
CHECKED err_t given_agreement_signed(struct given *given, const char *name, const char *version);
CHECKED err_t given_trained(struct given *given, ident_t staff, const char *topic, moment_t at);
CHECKED err_t given_staff_in(struct given *given, struct given_person *staff);
CHECKED err_t given_staff(struct given *given, const char *name, struct given_person *out_staff);

/* What is asked for; what is not said is "4711", open, 60 minutes. */
struct given_case {
    const struct given_person *staff;
    const struct given_tenant *tenant;
    ident_t device;
    const char *case_id, *acts;
    int64_t minutes;
};
CHECKED err_t given_asked_support(struct given *given, const struct given_case *what, ident_t *out_request);

CHECKED err_t given_named(struct given *given, enum ask_number number, const char *bearer, ident_t id,
                          void *out_answer);
CHECKED err_t given_borne(struct given *given, enum ask_number number, const char *bearer, void *out_answer);

/* A record sealed to a device. Opening it: as a member, or under a request where that is not zero. */
struct given_record {
    ident_t subject;
    struct seal_place place;
    char sealed[256];
    size_t len;
};
CHECKED err_t given_record(struct given *given, const struct given_tenant *tenant, ident_t device,
                           struct given_record *out_record);
CHECKED err_t given_open(struct given *given, const char *bearer, ident_t request,
                         const struct given_record *record);

/* The keyring as it is now, in a folder of its own beneath the test's, with its KEK (what was there is replaced); today's KEK
 * put there later; and what opens there. */
CHECKED err_t given_copied(struct given *given, const char *copy);
CHECKED err_t given_kek_copied(struct given *given, const char *copy);
CHECKED err_t given_keyring_in(struct given *given, const char *copy, struct given *out_other);

/* Whether somebody opens a record in a copy, by a cookie or a password of then. */
struct given_attempt {
    const char *bearer;
    const Keys__Login *login; /* instead of a bearer */
    ident_t request;
    const struct given_record *record;
};
bool given_opens_in(struct given *given, const char *copy, const struct given_attempt *attempt);

/* How many entries of the tenant's journal hold this text. */
int64_t given_entries(struct given *given, ident_t tenant, const char *text);
