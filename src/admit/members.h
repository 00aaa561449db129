/* SPDX-License-Identifier: Apache-2.0
 *
 * A user's ways in: what is made of username and password, and the cells that depend on them.
 *
 * The username stands nowhere in clear, nor as a hash that could be tried alone: Argon2id of the password, salted with
 * the tenant's salt and the username, gives one root; `find` of it is where the keyring looks the member up, `wrap` of
 * it opens the member's private key. Whoever holds the disks has to guess username and password together, at the
 * cost of one Argon2id a guess, and a sign-in costs the same whether the username exists or not.
 */
#pragma once
#include "concept/user.h"
#include "keyring/answer.h"

struct way_in {
    struct key find, wrap;
    const char *code;         /* that came with it, of an authenticator */
    bool codeless;            /* it is no sign-in: none is asked for */
    bool by_code, wrong_code; /* out: an authenticator took it, or did not */
};
typedef struct way_in way_in_own;
void way_in_drop(struct way_in *way);

/* As it is compared: without its capitals. */
void username_put(const char *username, buf_t *out);

/* Outside of any act. `salt` is the tenant's. INVALID for a username or password past its limits. */
CHECKED err_t way_in_from(struct ask *ask, str_t salt, const char *username, str_t password,
                          struct way_in *out_way);

struct user_ask {
    const char *username, *full_name, *email, *role;
};

/* The salt of who->tenant's ways in, or of the provider's people. */
CHECKED err_t salt_of(struct ask *ask, const struct who *who, uint8_t out_salt[SALT_SIZE]);

/* A new user of who->tenant, and its person entry and sealed record; who->member becomes its id. Where `who` has the
 * tenant's key, so has the new user; without it, it waits. `way` NULL: it has no way in of its own yet, and no key pair
 * (`public` is empty) until way_in_first() or pair_first(); somebody else lets it in. */
CHECKED err_t user_make(struct ask *ask, struct who *who, const struct user_ask *user,
                        const struct way_in *way);

/* The first way in of a member that has none, and with it the key pair: CONFLICT where another has the same. And the pair
 * alone, for who keeps its private half behind another way in. */
CHECKED err_t way_in_first(struct ask *ask, const struct who *who, const struct way_in *way);
CHECKED err_t pair_first(struct ask *ask, const struct who *who, struct key *out_private);

/* Whether who asks has no way in of its own yet, as one does who came by single sign-on alone. */
CHECKED err_t member_bare(struct ask *ask, const struct who *who, bool *out_bare);
/* The record of who->member: with the entry that it is sealed to, or anew, to the entry there is. No private key is needed.
 * INVALID without a full name and an email address. */
CHECKED err_t user_put(struct ask *ask, const struct who *who, const struct user *user);
CHECKED err_t user_write(struct ask *ask, const struct who *who, const struct user *user);

/* The tenant's key for this member again, behind a new way in; its sessions end. */
CHECKED err_t user_renew(struct ask *ask, struct who *who, const struct way_in *way);

/* The member with this way in; fills tenant key, role and member. SIGNED_OUT where there is none, or its authenticator does
 * not take the code; LOCKED where one is needed and none came. */
CHECKED err_t user_find(struct ask *ask, struct who *who, struct way_in *way);

/* The record of who->member, opened with the tenant's key. A staff member's is the service's own to read. */
CHECKED err_t user_read(struct ask *ask, const struct who *who, struct user *out_user);

/* The same with the pair of its entry, which who asks need not have the tenant's key for. */
CHECKED err_t user_read_with(struct ask *ask, const struct who *who, const struct key pair[2],
                             struct user *out_user);

/* A session of who has come in, and the entry that tells of it; the answer is a Keys__Who. */
CHECKED err_t session_begin(struct ask *ask, struct who *who, enum act act);

/* All of who is signed in, as the console shows it. */
CHECKED err_t who_message(struct ask *ask, const struct who *who, Keys__Who *out);

/* What the service knows of its own people. */
CHECKED err_t staff_read(struct ask *ask, ident_t member, struct user *out_user);

/* The key pair of who->member, whose way in this has to be: DENIED where it is not. */
CHECKED err_t user_pair(struct ask *ask, const struct who *who, const struct way_in *way,
                        struct key out_pair[2]);

/* The tenant's key, sealed to that member. */
CHECKED err_t member_key_give(struct ask *ask, const struct who *who, ident_t member,
                              const struct key *public);

/* The member's own private key behind another password. */
CHECKED err_t user_rewrap(struct ask *ask, const struct who *who, const struct key *private,
                          const struct way_in *way);

/* Whoever has opened the member's key pair comes in: with the tenant's key, where the member has it. */
CHECKED err_t member_enter(struct ask *ask, struct who *who, const struct key pair[2]);
