/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of reports, as the agent makes them, kept ready so that sending one costs the load generator nothing but a
 * new number.
 *
 *     OWN(body) body = {0};
 *     TRY(body_make(&(struct body_ask){BODY_CHANGE, device, keys, with}, &body));
 *     … post body.accounts to /agent/v1/accounts, where there are any …
 *     body_number(&body.report, 7);               the seventh of its epoch
 *
 * BODY_CHANGE   addresses that changed and a person who signed in: what an endpoint says in the course of a day
 * BODY_FULL     everything that the agent's own collect() finds on this machine, with 800 to 1,400 programs: made up
 *               to 1,000 where the machine has fewer, cut where it has more
 * BODY_LAUNCHES_5, BODY_LAUNCHES_100   an upload of launches, one of five of them by a system account where there are a
 *               hundred; the same ones each time
 */
#pragma once
#include "base/id.h"

enum body_kind { BODY_CHANGE, BODY_FULL, BODY_LAUNCHES_5, BODY_LAUNCHES_100 };

struct body {
    buf_t report;
    buf_t accounts; /* ids of the people that launches are about, 16 bytes each */
};
typedef struct body body_own;
void body_drop(struct body *body);

/* keys() asks for what is to be sealed to, as an agent does; an empty note is a peer that gives none, for which a key is made
 * up: what it gets is as long. */
struct body_ask {
    enum body_kind kind;
    ident_t device;
    err_t (*keys)(void *with, str_t ids, buf_t *out_note);
    void *with;
};
CHECKED err_t body_make(const struct body_ask *ask, struct body *out_body);

/* Where the number of a report stands in its body, in a form of fixed length: 1 to 2^27. */
enum { NUMBER_AT = 19, NUMBER_LEN = 4 };
void body_number(char *report, uint32_t number);
