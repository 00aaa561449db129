/* SPDX-License-Identifier: Apache-2.0
 *
 * What the handlers of the request table share.
 */
#pragma once
#include "base/arena.h"
#include "base/limits.h"
#include "keyring/ask.h"
#include "keyring/keyring.h"
#include "keyring/keys.pb-c.h"
#include "keyring/rights.h"
#include "keyring/scopes.h"
#include "log/act.h"

/* One request being answered. `in` and `out` are the messages of its row; all memory is the arena's. */
struct ask {
    struct keyring *keyring;
    struct env *env;
    struct db *db;
    arena_t *arena;
    const void *in;
    void *out;
    uint8_t number;       /* of the question; 0: the service's own */
    bool told[ACT_COUNT]; /* what the journal has got of it */
    struct lane lane;     /* in which a password of it is stretched */
    bool idle;            /* it was done before: nothing happened, and there is nothing to tell */
};

/* The lane of whoever has proven to hold this: a session, a link that lets in. */
struct lane lane_of(ident_t id);

/* Who asks, from the keyring's own tables; holds the tenant's private key for as long as it is needed. The tenant of a
 * staff member is the zero id, and the pair is their own. */
struct who {
    ident_t tenant, realm, member, session;
    ident_t
        root; /* the session that this one came of, in a browser; or itself: what they open is counted together */
    bool is_user, is_staff;
    const char *way; /* how a session of theirs began: NULL is by a password */
    bool keyed;      /* the private key is there: a member may have none, or wait for it */
    bool locked;     /* the member has it, and this session came in without: session_key() */
    str_t role;
    scopes_t scopes; /* of a token that has them: the role says nothing then */
    moment_t since, until;
    struct key tenant_public, tenant_private;
};
typedef struct who who_own;
void who_drop(struct who *who);

/* By the role, or the scopes. */
bool who_may(const struct who *who, right_t right);

/* SIGNED_OUT where the bearer opens nothing, DENIED where its role lacks the right or none of its
 * scopes has the question, LOCKED where it waits for its key, or the session is locked. */
CHECKED err_t who_asks(struct ask *ask, const char *bearer, right_t right, struct who *out_who);

/* A new session of a member, for whoever holds the cookie that comes back (arena); it ends after hours, or at `who->until`
 * where that is sooner and not 0. DENIED for one who is disabled. */
CHECKED err_t session_make(struct ask *ask, struct who *who, const char **out_cookie);
CHECKED err_t sessions_end(struct ask *ask, ident_t member);

/* The tenant's key for a session that came in without it: from here on the same cookie opens it. `who` is what who_asks()
 * said of that bearer in the same act, and holds the key afterwards. CONFLICT where the session has it, INVALID where it is
 * a program's or its role needs none, DENIED where what came is not the tenant's key. Tells SESSION_KEYED. */
struct session_opener {
    const char *bearer, *by; /* what brought it: password, passkey, keeper */
    const struct key *tenant_private;
};
CHECKED err_t session_key(struct ask *ask, struct who *who, const struct session_opener *opener);
CHECKED err_t epochs_turn(struct keyring *keyring, void *unused);

/* What the clock makes due, each minute. */
CHECKED err_t clock_turn(struct keyring *keyring, void *unused);

/* Keys that a crash has left of people who are put down as forgotten: before anything is answered, and each minute. */
CHECKED err_t forgettings_finish(struct ask *ask);

/* A key pair for a subject of the tenant; its private half is sealed to the tenant. */
struct entry_ask {
    ident_t id, tenant;
    const ident_t *device;
    const char *kind;
    struct key tenant_public;
};
CHECKED err_t entry_make(struct ask *ask, const struct entry_ask *entry, struct key *out_public);
CHECKED err_t entry_destroy(struct ask *ask, ident_t id);
CHECKED err_t entry_private(struct ask *ask, const struct who *who, ident_t id, struct key out_pair[2]);
/* The same of an entry of any kind, launches and videos too. */
CHECKED err_t entry_pair(struct ask *ask, const struct who *who, ident_t id, struct key out_pair[2]);

/* The device is enrolled with the tenant, approved and not revoked; DENIED where it is not. */
CHECKED err_t device_live(struct ask *ask, str_t tenant, str_t device);
/* What the tenant's entries are sealed to, and its realm. */
CHECKED err_t tenant_keys(struct ask *ask, ident_t tenant, struct key *out_public, ident_t *out_realm);
/* A subject's public key as a message has it, in the place of its id; empty where it is dead, DENIED where it is not one
 * of this device's. */
CHECKED err_t subject_public(struct ask *ask, ident_t tenant, ident_t device, ProtobufCBinaryData *io_id);
/* What every question about a device's subjects begins with: tenant and device of the message, which has to be let in, into
 * `entry` and `*out_device`; at most MAX_ASK_IDS subjects (TOO_LARGE). */
CHECKED err_t subjects_asked(struct ask *ask, struct entry_ask *entry, ident_t *out_device,
                             ident_t *out_realm);
/* A subject of a device, with its key, made where it is not there yet; `*io_made` counts those. */
CHECKED err_t subject_ensure(struct ask *ask, const struct entry_ask *entry, int64_t *io_made);
/* In the place of a subject's id its public key for videos, made where there is none; empty where it is dead, DENIED where it
 * is not one of this device's. `entry` is as subjects_asked() leaves it, and has that key's id afterwards. */
CHECKED err_t videos_public(struct ask *ask, struct entry_ask *entry, ProtobufCBinaryData *io_id);
/* What an act that has made any ends with: TOO_LARGE where the device has more than can go with it. */
CHECKED err_t subjects_fit(struct ask *ask, const struct entry_ask *entry);

/* Certificates: the service's own authority has the zero id, each tenant's the tenant's. */
CHECKED err_t authority_make(struct ask *ask, ident_t id, const char *name, const char **out_pem);
CHECKED err_t authority_ensure(struct ask *ask);
CHECKED err_t authority_fingerprint(struct ask *ask, uint8_t out_digest[DIGEST_SIZE]);
struct cert_ask;
CHECKED err_t authority_issue(struct ask *ask, ident_t id, const struct cert_ask *cert, buf_t *out_pem);

/* "cse_", "ctk_", "ccl_", "cdk_", "cfn_": a prefix and base64url of an id, a secret and what else it carries. */
struct ticket {
    ident_t id;
    struct key secret;
    uint8_t extra[DIGEST_SIZE];
};
typedef struct ticket ticket_own;
void ticket_drop(struct ticket *ticket);
CHECKED err_t ticket_read(const char *prefix, const char *text, struct ticket *out_ticket);
const char *ticket_text(struct ask *ask, const char *prefix, const struct ticket *ticket, bool with_extra);

/* An endpoint that comes with a deployment key. The same proof is the same device: then `again` is true, and nothing is
 * counted or told. What it is called is held against the key's pattern. The answer is a Keys__Enrolled. */
struct enrolment {
    const char *name;
    str_t public_der; /* empty: a foreign agent's, which gets no certificate */
    uint8_t proof[DIGEST_SIZE];
    ident_t tenant, device, deployment;
    const char *state;
    bool again;
};
CHECKED err_t device_enrol(struct ask *ask, const struct ticket *ticket, struct enrolment *enrolment);

/* What foreign agents left of a device here. */
CHECKED err_t foreign_forget(struct ask *ask, ident_t device);

/* A name that people gave: UTF-8 of 1 to MAX_NAME bytes without control characters. */
bool is_name(const char *text);

/* Messages from and to the arena. */
ProtobufCBinaryData ask_bytes(struct ask *ask, str_t bytes);
char *ask_text(struct ask *ask, str_t text);
CHECKED err_t ask_idents(struct ask *ask, const buf_t *ids, ProtobufCBinaryData **out_ids, size_t *out_count);
static inline str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }
CHECKED err_t witness_of(struct ask *ask, ident_t log, Keys__Witness **out_witness); /* NULL: none */
CHECKED err_t signer_text(struct ask *ask, ident_t tenant, char **out_key);          /* "": none */
/* What a person types before something that cannot be undone: INVALID where it is not the tenant's name. */
CHECKED err_t tenant_typed(struct ask *ask, ident_t tenant, const char *typed);
CHECKED err_t tenant_message(struct ask *ask, ident_t id, Keys__Tenant **out_tenant);

/* The handlers, by the names they have in the table. */
#define A(number, name, takes, gives, mode, asker, act) CHECKED err_t answer_##name(struct ask *ask);
ASK_TABLE(A)
#undef A

/* The key that tells endpoints what to withhold, where this session can make it: known before there is anything to withhold,
 * so that they pin it. */
CHECKED err_t withholder_ensure(struct ask *ask, const struct who *who);

/* What the rooms above make at the first start, and what the clock makes due each minute. */
CHECKED err_t service_prepare(struct ask *ask);
CHECKED err_t requests_due(struct keyring *keyring, void *unused);
CHECKED err_t challenges_turn(struct ask *ask);
CHECKED err_t guardians_turn(struct ask *ask);

/* Exports end by the clock; and each that could open, or has opened, what a subject's key opened that is destroyed now. */
CHECKED err_t exports_due(struct ask *ask);
CHECKED err_t copies_due(struct ask *ask);
CHECKED err_t sso_over(struct ask *ask);
CHECKED err_t cli_codes_over(struct ask *ask);
CHECKED err_t exports_forget(struct ask *ask, ident_t subject);
