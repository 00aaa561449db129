/* SPDX-License-Identifier: Apache-2.0
 *
 * What SCIM 2.0 answers: resources, lists, errors, and what the service says of itself (RFC 7643 sections 5 to 8, RFC 7644
 * sections 3.4.2 and 3.12).
 *
 *     OWN(scim_body) user = scim_user_json(&person, base);
 *     if (scim_filter_fits(filter, user)) …
 *     scim_choose(user, attributes, excluded);            what the asker wants of it
 *     scim_put(user, &reply->body);
 *
 * NULL where there is no memory; scim_put() says so. externalId is never among what is answered: of it a hash is kept.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "scim/change.h"

#define SCIM_TYPE "application/scim+json"

struct scim_person {
    ident_t id;
    str_t user_name, full_name, email, role;
    bool active;
    moment_t made, changed;
    int64_t edition;
};
json_t *scim_user_json(const struct scim_person *person, str_t base);

struct scim_group {
    ident_t id;
    str_t name;
    moment_t made, changed;
    int64_t edition;
    const ident_t *users, *groups;
    size_t user_count, group_count;
};
json_t *scim_group_json(const struct scim_group *group, str_t base);

/* Names of attributes with commas between them; {NULL, 0}: nothing was said. id and schemas always stay. */
void scim_choose(json_t *resource, str_t attributes, str_t excluded);

CHECKED err_t scim_put(const json_t *value, buf_t *out);
CHECKED err_t scim_list_put(json_t *items, size_t total, size_t from, buf_t *out); /* gives the items back */

/* scimType: what stands in the note before its colon, where it is one of the RFC's. */
void scim_error_put(int status, const char *note, buf_t *out);

/* The three resources a client reads first; `name` {NULL, 0}: all of that kind. MISSING where there is no such one. */
CHECKED err_t scim_config_put(str_t base, buf_t *out);
CHECKED err_t scim_types_put(str_t name, str_t base, buf_t *out);
CHECKED err_t scim_schemas_put(str_t name, str_t base, buf_t *out);
