/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns over paths and arguments, read once and matched often.
 *
 *     TRY(pattern_read(STR("/usr/bin/vim.*"), PATTERN_PATH, arena, &pattern));
 *     if (pattern_matches(&pattern, path)) …
 *
 *     ?      one character but a slash; in arguments, but a space either
 *     *      any number of them, none too
 *     **     anything
 *            between two slashes: any folders, or none
 *     %home  at the beginning: the home folder, which pattern_matches_home() is given
 *     %%     a percent sign
 *
 * What stands before the first wildcard is compared as bytes. The rest is a set of places within the pattern that
 * moves on with each byte of the text: no pattern and no text take longer than their lengths multiplied, and most take
 * the length of the text. Nothing is allocated to match. INVALID for what can match nothing: a path that does not
 * begin with a slash, %home or **, or is not plain ("//", "/./", "/../", a slash at its end).
 */
#pragma once
#include "base/arena.h"

enum pattern_kind { PATTERN_PATH, PATTERN_ARGS };

struct pattern {
    str_t prefix;          /* after %home, where there is one */
    const uint16_t *parts; /* from the first wildcard on: a byte, or a wildcard */
    size_t count;
    bool home, breaks_at_space;
};

/* What the text lives in has to outlive the pattern, as the arena does. */
CHECKED err_t pattern_read(str_t text, enum pattern_kind kind, arena_t *arena, struct pattern *out_pattern);

/* Without wildcards and without %home: its prefix is all of it. */
bool pattern_is_literal(const struct pattern *pattern);

/* Written the same. */
bool pattern_eq(const struct pattern *a, const struct pattern *b);

/* Of one that is not `home`. */
bool pattern_matches(const struct pattern *pattern, str_t text);
bool pattern_matches_home(const struct pattern *pattern, str_t home, str_t text);

/* The same as a regular expression of ICU's, without anchors, for agents that know those; of one that is not `home`. Of a
 * text that is taken as it is. */
void pattern_put_expression(const struct pattern *pattern, buf_t *out);
void pattern_put_escaped(str_t text, buf_t *out);
