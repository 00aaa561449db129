/* SPDX-License-Identifier: Apache-2.0
 *
 * Printed by `custody describe struct` from the concepts: do not edit.
 */
#include "concept/concept.h"

/* A client organisation. */
struct tenant {
    ident_t id;
    ident_t realm;
    str_t name;
    str_t state;
    moment_t made;
};

/* A person of the client who signs in to the console. */
struct user {
    ident_t id;
    str_t role;
    moment_t made;
    str_t full_name;
    str_t username;
    str_t email;
    str_t password;
};

/* An enrolled endpoint. */
struct device {
    ident_t id;
    moment_t enrolled;
    moment_t seen;
    str_t name;
};

/* The addresses of a device. */
struct address {
    str_t mac;
    str_t ip;
    str_t connected_from;
};

/* The accounts of a device. */
struct account {
    ident_t id;
    str_t name;
    bool logged_in;
};

/* The groups of a device. */
struct group {
    str_t name;
    idents_t account;
};

/* The programs installed on a device. */
struct program {
    str_t name;
    str_t version;
};

/* What a client lets be collected. */
struct collection {
    ident_t id;
    bool computer_name;
    bool mac_address;
    bool usernames;
    bool logged_in;
    bool ip_addresses;
    bool connecting_ip;
    bool programs;
    bool launches;
    int64_t version;
};

/* Applications that were launched on a device. */
struct launch {
    moment_t at;
    int64_t decision;
    int64_t count;
    int64_t policy;
    int64_t rule;
    ident_t account;
    str_t path;
    str_t sha256;
    str_t package;
    str_t parent;
    str_t args;
    str_t script;
    str_t reason;
    bool emergency;
};

/* Requests for approval of what is to run with other rights on a device. */
struct elevation {
    ident_t id;
    ident_t account;
    int64_t policy;
    moment_t made;
    int64_t minutes;
    str_t state;
    int64_t runs_as;
    str_t path;
    str_t args;
    str_t reason;
};

/* A signed policy, which the endpoints follow. */
struct policy {
    ident_t id;
    int64_t number;
    moment_t made;
    moment_t until;
    str_t by;
    str_t digest;
    str_t note;
};

/* What an endpoint says of the policy it follows. */
struct following {
    ident_t id;
    int64_t number;
    bool enforcing;
    str_t trouble;
    moment_t since;
    int64_t restarts;
    int64_t stops;
    int64_t late;
    int64_t stopped;
    int64_t lost;
};

/* A mail or a post to an address that the client gave for notices: something happened, and where it can be seen. */
struct notice {
    ident_t id;
    str_t kind;
    int64_t count;
    str_t about;
    str_t address;
    str_t state;
    moment_t made;
    moment_t sent;
    moment_t next;
    int64_t tries;
    str_t trouble;
};

/* Which accounts an endpoint is told to withhold, by their ids, in a note that the client signed. */
struct withholding {
    ident_t id;
    int64_t number;
    moment_t made;
    int64_t told;
    moment_t heard;
    str_t note;
};

/* An address of the client's that notices are posted to, signed with a secret that both sides have. */
struct webhook {
    ident_t id;
    str_t url;
    str_t state;
    moment_t made;
    moment_t both;
    moment_t delivered;
    str_t trouble;
};
