/* SPDX-License-Identifier: Apache-2.0
 *
 * State for the tests of the keyring: a keyring in the test's own folder with a clock that moves only when told, and
 * what a client makes in it, by the same messages that the other processes send.
 *
 *     OWN(given) given = {0};
 *     CHECK_OK(given_a_keyring(&given));
 *     CHECK_OK(given_open_tenant(&given, "example", &tenant));
 *     CHECK_OK(given_device(&given, &tenant, &device));
 *
 * given_asked() sends any message of the table; its answer lives as long as `given`. The database is a real file, the
 * file of the KEK stands in the world's disk.
 */
#pragma once
#include "keyring/answer.h"
#include "keyring/ask.h"
#include "keyring/notices.h"
#include "keyring/serve.h"
#include "seal/vouch.h"
#include "sys/env_virtual.h"

struct given {
    struct world world;
    struct env *env;
    struct key root;
    struct keyring *keyring;
    arena_t arena;
};
typedef struct given given_own;
void given_drop(struct given *given);

CHECKED err_t given_a_keyring(struct given *given);
CHECKED err_t given_a_keyring_in(struct given *given, const char *folder);

/* The error is that of the answer, with its note; `out_answer` may be NULL. */
CHECKED err_t given_asked(struct given *given, enum ask_number number, const void *message, void *out_answer);

/* The call fails with this code, and its note says so much; what it said instead is printed. */
bool given_refused(err_t result, err_t code, const char *note);

struct given_tenant {
    const char *name;
    ident_t id, realm;
    const char *claim;  /* the link of a new tenant */
    const char *cookie; /* of its owner, Ana, who signs in as "ana" */
    const char *kit;
};

#define GIVEN_URL      "https://custody.example:8443"
#define GIVEN_PASSWORD "correct horse battery staple!"

CHECKED err_t given_tenant(struct given *given, const char *name, struct given_tenant *out_tenant);
CHECKED err_t given_claimed(struct given *given, struct given_tenant *tenant);
CHECKED err_t given_open_tenant(struct given *given, const char *name, struct given_tenant *out_tenant);

CHECKED err_t given_signed_in(struct given *given, const Keys__Login *login, const char **out_cookie);
Keys__Login given_login(const char *tenant, const char *username, const char *password);

/* A token of the owner's, with a role or with scopes, and a deployment key with so many uses; they end in a day. */
CHECKED err_t given_token(struct given *given, const struct given_tenant *tenant, const char *role,
                          const Keys__Token **out_token);
CHECKED err_t given_scoped(struct given *given, const struct given_tenant *tenant, const char *scopes,
                           const Keys__Token **out_token);
CHECKED err_t given_deployment(struct given *given, const struct given_tenant *tenant, int64_t uses,
                               const Keys__Deployment **out_deployment);

/* A new endpoint's public key, and an enrolment with it. */
CHECKED err_t given_endpoint_key(struct given *given, str_t *out_public_der);
CHECKED err_t given_enrolled(struct given *given, const char *key, str_t public_der, ident_t *out_device);
CHECKED err_t given_device(struct given *given, const struct given_tenant *tenant, ident_t *out_device);

/* What a device asks about a subject of its own: `ids` are tenant, device and subject. */
CHECKED err_t given_subject(struct given *given, enum ask_number number, const ident_t ids[3],
                            void *out_answer);
/* What the subject's recordings are sealed to, as its device is answered. */
CHECKED err_t given_videos(struct given *given, const ident_t ids[3], struct vouched *out_vouched);

/* A snapshot of the tenant's, as far as the keyring knows of it. */
CHECKED err_t given_snapshot(struct given *given, ident_t tenant, ident_t snapshot);

/* Something happened that the client is told of, as a handler says it. */
CHECKED err_t given_notice(struct given *given, ident_t tenant, const struct notice *notice);

/* The keyring changed behind its back, by a script of SQL. */
CHECKED err_t given_changed(struct given *given, const char *sql);

/* Each log that has grown is signed, as the jobs process asks for it. */
CHECKED err_t given_logs_signed(struct given *given);

/* The clock goes on by so much, and the keys process does what is due. */
CHECKED err_t given_passed(struct given *given, moment_t time);

/* Whether the bytes stand in any file of the folder. */
bool given_bytes_in_folder(const char *folder, str_t bytes);

/* The sealed bytes of a cell as they stand in the folder's database, read beside the keyring. */
CHECKED err_t given_cell_bytes(const char *folder, ident_t id, enum cell cell, buf_t *out_bytes);
ProtobufCBinaryData given_bin(str_t bytes);
