/* SPDX-License-Identifier: Apache-2.0
 *
 * Sending: one mail to a relay, or one body to a client's witness or webhook. By libcurl, which is told the addresses that
 * reach_find() looked at and asks for no name itself; no proxy, no redirect, no other protocol.
 *
 *     TRY(send_start(&sending));                                       once, before the cage: reads the authorities
 *     TRY(send_as(env, "custody", "/etc/custody/smtp-password", &sending));      where the relay wants a password
 *     TRY(send_mail(&sending, &relay, &(struct letter){from, to, text}));
 *     TRY(send_post(&sending, &witness, &(struct post){body, headers}, &answer));
 *
 * Nothing waits longer than SEND_SECONDS, and nothing once `stop` is readable. With smtp:// a relay that has STARTTLS is
 * spoken to under TLS, and then, as with smtps:// and https://, its certificate has to be of an authority and of its
 * name. Where there is a user, mail goes under TLS or not at all.
 *
 * What goes wrong is said in words of our own, never in those of the other side: UNREACHABLE where nobody answers, DENIED
 * where the other side refuses (with its status), BROKEN where TLS does not hold, TOO_LARGE past what is taken.
 * Several threads may send at once.
 */
#pragma once
#include "notify/reach.h"

enum {
    SEND_SECONDS = 20,
    CONNECT_SECONDS = 8,
    ANSWER_MAX = 16 * 1024,
    AUTHORITIES_MAX = 1024 * 1024,
    PASSWORD_MAX = 256
};

struct sending {
    buf_t authorities; /* PEM: the machine's, or the one file that was named */
    buf_t password;    /* of `user`, with a zero behind it */
    const char *user;  /* NULL: the relay wants nobody to sign in */
    int stop;          /* readable, or at its end: give up */
    int seconds;       /* that an answer may take; 0: SEND_SECONDS */
    enum reach_how how;
};
typedef struct sending sending_own;
void sending_drop(struct sending *sending);

struct env;
CHECKED err_t send_start(struct env *env, const char *authorities,
                         struct sending *out_sending); /* "": the machine's */

/* The password is the first line of its file. INVALID for none, or one past PASSWORD_MAX. */
CHECKED err_t send_as(struct env *env, const char *user, const char *file, struct sending *sending);

struct letter {
    str_t from, to, text; /* addresses without brackets; the text is the whole mail, with CRLF */
};
CHECKED err_t send_mail(const struct sending *sending, const struct reach *relay,
                        const struct letter *letter);

struct answer {
    int status;
    buf_t body;
};
typedef struct answer answer_own;
void answer_drop(struct answer *answer);

/* What is posted, or asked for. Of an answer that nobody reads only the status counts, and past its most it is cut off. */
struct post {
    str_t body;
    const char *const *headers; /* "Content-Type: …", NULL-ended */
    bool unread, fetches;       /* `fetches`: there is no body, and something is got */
    size_t most;                /* of the answer; 0: ANSWER_MAX */
};
CHECKED err_t send_post(const struct sending *sending, const struct reach *to, const struct post *post,
                        struct answer *out_answer);
