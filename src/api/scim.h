/* SPDX-License-Identifier: Apache-2.0
 *
 * What the routes of a client's directory share: SCIM 2.0, RFC 7644, below /scim/v2.
 *
 *     err_t api_scim_user_list(struct call *call) { return scim_limited(call, user_list); }
 *
 * Each tenant may ask for RATE_A_SECOND things a second; past it the answer is 429 with Retry-After. What opens many names costs
 * more than one: NAMES_A_REQUEST names are one thing more.
 */
#pragma once
#include "api/route.h"
#include "scim/answer.h"

enum { SCIM_PAGE = 100, SCIM_PAGE_MOST = 200 };

CHECKED err_t scim_limited(struct call *call, err_t (*answer)(struct call *call));

/* https://HOST/scim/v2 */
CHECKED err_t scim_base(struct call *call, str_t *out_base);

/* What a list is asked for by: a filter, from where on, how many, and which attributes. */
struct scim_query {
    const struct scim_filter *filter;
    size_t from, count; /* `from` begins with 1, as in the RFC */
    str_t attributes, excluded, base;
};
typedef struct scim_query scim_query_own;
void scim_query_drop(struct scim_query *query);
CHECKED err_t scim_query_read(struct call *call, struct scim_query *out_query);

/* A page of what fits, from all that there is, in its order; takes each resource over. */
struct scim_page {
    const struct scim_query *query;
    json_t *items;
    size_t total;
};
typedef struct scim_page scim_page_own;
void scim_page_drop(struct scim_page *page);
CHECKED err_t scim_page_add(struct scim_page *page, json_t *resource);
CHECKED err_t scim_page_put(struct scim_page *page, buf_t *out);

/* One resource as the answer, with its ETag; takes it over. */
CHECKED err_t scim_resource_put(struct call *call, json_t *resource);

/* An error of the way, as a problem of SCIM. */
void scim_problem(struct reply *reply, err_t code, const char *note);
CHECKED err_t scim_id(struct call *call, const char *prefix, ident_t *out_id);
