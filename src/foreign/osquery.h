/* SPDX-License-Identifier: Apache-2.0
 *
 * osquery's TLS plugins (enrol, config, log, distributed), as its docs/wiki/deployment/remote.md has them: what a body says,
 * and what is answered. Pure: nothing is looked up or stored.
 *
 *     TRY(osquery_enrol_read(body, arena, &enrol));
 *     osquery_put_config(&wants, &reply->body);           a schedule of exactly the items of the closed list
 *     TRY(osquery_log_read(body, arena, &found));         what came of it
 *
 * The schedule has a query for each item that the client lets be collected and each platform it is asked on another way;
 * what names another query is dropped unread. Inventory is scheduled as snapshots, which are whole lists. Differential
 * results are taken where they are whole (a batch with counter 0, which follows nothing) and for launches, which are
 * events; others cannot be put together with what is stored, because nothing here can open that.
 *
 * INVALID, TOO_LARGE: as tree_read() has it. Rows that do not fit are counted, and the others taken.
 */
#pragma once
#include "concept/collection.h"
#include "foreign/found.h"

/* `machine`: the identifier where it is a UUID (who set it has chosen it), else the hardware's, else the identifier. */
struct osquery_enrol {
    str_t secret, machine, name;
};
CHECKED err_t osquery_enrol_read(str_t body, arena_t *arena, struct osquery_enrol *out_enrol);

/* The node key of any other request; empty where it has none. */
CHECKED err_t osquery_key_read(str_t body, arena_t *arena, str_t *out_key);

/* What may be asked of a machine. All off: nothing is scheduled. */
struct osquery_wants {
    struct collection collection;
    bool inventory, launches;
};
void osquery_put_config(const struct osquery_wants *wants, buf_t *out_json);

/* Inventory asked for at once, or nothing; each query with what tells the platforms apart. */
void osquery_put_queries(const struct osquery_wants *wants, buf_t *out_json);

CHECKED err_t osquery_log_read(str_t body, arena_t *arena, struct found *out_found);
CHECKED err_t osquery_written_read(str_t body, arena_t *arena, struct found *out_found);

/* The hash of a machine's identifier knows no case. */
str_t foreign_machine(str_t identifier, arena_t *arena);
