/* SPDX-License-Identifier: Apache-2.0
 *
 * What most nouns do: list their records, make one, end one.
 */
#pragma once
#include "cli/grid.h"
#include "cli/service.h"

struct list {
    const char *path;
    const struct column *columns;
    const char *none; /* what an empty list is called, as in "no tokens" */
};

/* One page, or with --all every page as one list; --limit and --cursor choose. With --json one page is printed as the
 * service gives it, and all of them as {"items":[…],"next":null}. --name, --state and --sort are the service's to obey;
 * with --csv its CSV is printed instead. */
CHECKED err_t list_run(struct cli *cli, const struct sign_in *sign_in, const struct list *list);

/* Which records, and in what order, behind a path: every list takes of the options what its row says. */
CHECKED err_t list_filters(struct cli *cli, buf_t *path);

/* Every record that fits, a page at a time: the items live until `each` returns, which may end the walk with its error. */
CHECKED err_t list_walk(struct cli *cli, const struct sign_in *sign_in, const char *path,
                        err_t (*each)(void *with, const json_t *items), void *with);

/* Records that are made with a secret: posts `body` and prints the secret, alone on its line, or all as JSON. */
CHECKED err_t create_run(struct cli *cli, const struct sign_in *sign_in, const struct call *call,
                         const char *secret);

/* The same lists and secrets, of the saved sign-in, or of the operator's socket where --socket says so. */
CHECKED err_t saved_list(struct cli *cli, const struct list *list);
CHECKED err_t saved_create(struct cli *cli, const struct call *call, const char *secret);
CHECKED err_t sign_in_or_socket(struct cli *cli, struct sign_in *out_sign_in);

/* One record: asked for, and printed as facts, or as JSON. */
CHECKED err_t show_run(struct cli *cli, const struct call *call, const struct column *columns);

/* The path of the record that the first argument names: INVALID where it is no id with that prefix. */
CHECKED err_t record_path(struct cli *cli, const char *folder, const char *prefix, buf_t *out_path);

/* One request about that record, such as POST of "/v1/devices/{id}" and `after`; what is then said of it is `done`. */
struct turn {
    const char *method, *folder, *prefix, *after, *done;
};
CHECKED err_t turn_run(struct cli *cli, const struct turn *turn);

/* What follows an answer with a body: the record as facts, or as it came with --json. */
CHECKED err_t record_print(struct cli *cli, const struct reply *reply, const struct column *columns);

/* DELETE of it. */
CHECKED err_t revoke_run(struct cli *cli, const char *folder, const char *prefix);
