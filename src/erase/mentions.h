/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a person is named in what is about others: searched in a session before their keys go, since nothing of it can be
 * found by a key afterwards. POLICY reading 10.
 *
 *     struct mention_search search = {.desk = &desk, .reader = &reader, .ask = &ask, .sink = &sink};
 *     mention_term(&search, STR("alice"));             each name to look for, in any case
 *     TRY(mentions_find(&search));
 *
 * A name of fewer than 4 letters counts where it stands by itself. Looked through: names of devices, groups and others'
 * accounts; others' launches (path, arguments, script, parent, reason); elevations; requests; labels of tokens and
 * deployment keys; other members, and groups of members; notice addresses and webhooks; signed policies; legal holds. What this
 * session may not read is told as skipped.
 * Equal mentions in launches are given once; MENTIONS_MOST of a place at most are given, all are counted.
 */
#pragma once
#include "erase/forget.h"

/* What can be done about one. */
#define MENTION_FIXES(M) \
    M(REWRITE, "rewrite", "it can be given another name here") \
    M(SETTINGS, "settings", "it is a setting: change it there") \
    M(COLLECTED, "collected", "an endpoint reports it: rename it there, and the next report replaces it") \
    M(SIGNED, "signed", "it was signed as it is: publish a new one without the name") \
    M(AGES, "ages", "it stays as it is until its time is over") \
    M(STAYS, "stays", "it belongs to somebody else's record, and stays")
enum mention_fix {
#define M(constant, word, meaning) FIX_##constant,
    MENTION_FIXES(M)
#undef M
        FIX_COUNT
};
const char *mention_fix_word(enum mention_fix fix);

struct mention_found {
    const char *place;  /* "device name" */
    const char *prefix; /* of the id of what it stands in */
    ident_t id;         /* zero: it has none */
    str_t text;
    enum mention_fix fix;
};
struct mention_progress {
    const char *place;
    int64_t looked, found;
    const char *skipped; /* why the place was not looked at; NULL: it was */
    bool over;           /* with this place */
};

enum { MENTION_TERMS = 64, MENTIONS_MOST = 1000 };

struct mention_search {
    struct desk *desk;
    const struct reader *reader;
    const struct forget_ask *ask;
    const struct forget_sink *sink;
    str_t terms[MENTION_TERMS];
    size_t term_count;
    struct mention_progress progress;
    bool left; /* nobody listens any more */
};
void mention_term(struct mention_search *search, str_t name);
CHECKED err_t mentions_find(struct mention_search *search);

/* Pure: whether a text names one of them. */
bool mention_in(const struct mention_search *search, str_t text);

/* Whether this is one of those who are forgotten. */
bool forget_names(const struct forget_ask *ask, ident_t id);
