/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a field is kept. The closed list is POLICY's, item by item (collect.device, collect.user): a PERSONAL field
 * names one of its items, so that nothing else about a person can be declared. The other table serves every other
 * class; SECRET fields may use either.
 */
#pragma once

/* clang-format off */
/*   name                     promise          item, in the policy's words */
#define CLOSED_LIST(P) \
    P(COLLECT_COMPUTER_NAME,  "collect.device", "computer name") \
    P(COLLECT_MAC_ADDRESS,    "collect.device", "MAC address") \
    P(COLLECT_USERNAMES,      "collect.device", "usernames and groups") \
    P(COLLECT_LOGGED_IN,      "collect.device", "currently logged-in user") \
    P(COLLECT_IP_ADDRESSES,   "collect.device", "IP addresses of the endpoint") \
    P(COLLECT_CONNECTING_IP,  "collect.device", "IP address used to connect") \
    P(COLLECT_PROGRAMS,       "collect.device", "installed programs") \
    P(COLLECT_LAUNCHES,       "collect.device", "details about launched applications") \
    P(COLLECT_FULL_NAME,      "collect.user",   "full name") \
    P(COLLECT_USERNAME,       "collect.user",   "username") \
    P(COLLECT_PASSWORD,       "collect.user",   "password (a verifier, never the password)") \
    P(COLLECT_EMAIL,          "collect.user",   "email")
/* clang-format on */

/* clang-format off */
/*   name                     promise  what for */
#define OTHER_PURPOSES(P) \
    P(NAMES_THE_RECORD,       "",      "names the record, and says nothing else") \
    P(NAMES_THE_PARENT,       "",      "says what the record belongs to") \
    P(CONTRACT_FACT,          "",      "a fact of the contract with the client") \
    P(POLICY_TEXT,            "",      "the text of a signed policy, which the endpoints follow") \
    P(NOTICE_ADDRESS,         "",      "where notices to the client go") \
    P(STATE_OF_THE_RECORD,    "",      "says what may be done with the record") \
    P(TIME_OF_THE_ACT,        "",      "when it was made, changed or last used") \
    P(RIGHTS_OF_THE_MEMBER,   "",      "what the member may do") \
    P(LIMITS_ITS_USE,         "",      "how often, how long or where it may be used") \
    P(PROVES_WHO_ASKS,        "",      "proves who asks; kept only as a verifier") \
    P(SAYS_WHAT_FOR,          "",      "says to the client what access is asked for, and why") \
    P(BINDS_THE_STAFF,        "",      "shows what binds the provider's people")
/* clang-format on */

#define PURPOSE_ENUM(name, promise, text) name,
typedef enum { CLOSED_LIST(PURPOSE_ENUM) OTHER_PURPOSES(PURPOSE_ENUM) PURPOSE_COUNT } purpose_t;
#undef PURPOSE_ENUM

/* The wall: only items of the closed list have a name that begins with CLOSED_. */
#define PURPOSE_CLOSED(name, promise, text) CLOSED_##name = name,
enum { CLOSED_LIST(PURPOSE_CLOSED) };
#undef PURPOSE_CLOSED

#define PURPOSE_OF_PERSONAL(purpose) (purpose_t) CLOSED_##purpose
#define PURPOSE_OF_PLAIN(purpose)    (purpose)
#define PURPOSE_OF_SERVICE(purpose)  (purpose)
#define PURPOSE_OF_SECRET(purpose)   (purpose)

struct purpose_info {
    const char *name, *promise, *text;
};
const struct purpose_info *purpose_info(purpose_t purpose);
