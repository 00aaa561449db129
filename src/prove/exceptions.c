/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service can read of a client without the client's people, counted. Which fields these are the concepts say;
 * nothing here knows a field by name.
 */
#include "concept/notice.h"
#include "concept/webhook.h"
#include "prove/checks.h"

/* clang-format off */
/*    purpose         what it is                  why it is not sealed */
#define EXCEPTIONS(E) \
    E(CONTRACT_FACT,  "contract facts",           "who the contract is with has to be known while nobody of the client is signed in") \
    E(POLICY_TEXT,    "texts of signed policies", "the endpoints have to read what they follow") \
    E(NOTICE_ADDRESS, "notice addresses",         "a notice has to arrive while nobody of the client is signed in")
/* clang-format on */

static const struct {
    purpose_t purpose;
    const char *what, *why;
} exceptions[] = {
#define E(purpose, what, why) {purpose, what, why},
    EXCEPTIONS(E)
#undef E
};
enum { IN_CLEAR = sizeof exceptions / sizeof *exceptions, MORE = 2 };

const char *exception_purpose(purpose_t purpose)
{
    for (size_t i = 0; i < IN_CLEAR; i++)
        if (exceptions[i].purpose == purpose)
            return exceptions[i].what;
    return NULL;
}

/* The addresses themselves, not the notices that were on their way to them. */
static err_t keyring_count(struct proving *proving, const concept_t *c, int64_t *out_count)
{
    Keys__Duties *duties = NULL;
    if (c != &notice_concept && c != &webhook_concept)
        return fail(ERR_BROKEN, "%s has a field in clear that nobody counts", c->name);
    TRY(duties_ask(proving, &duties));
    *out_count = c == &notice_concept ? duties->addresses : duties->webhooks;
    return ERR_OK;
}

/* The records of the one client; a concept that stands elsewhere cannot be counted, and so may have no such field. */
static err_t records_count(struct proving *proving, const concept_t *c, int64_t *out_count)
{
    struct tenant tenant;
    struct sealed_rows rows = {0};
    if (c->home == HOME_KEYRING)
        return keyring_count(proving, c, out_count);
    if (c->home != HOME_TENANT && c->home != HOME_CONTROL)
        return fail(ERR_BROKEN, "%s has a field in clear that nobody counts", c->name);
    if (c->home == HOME_TENANT)
        TRY(sealed_rows(proving, c, &rows));
    else
        TRY(store_tenant_find(proving->desk->store, proving->tenant, proving->desk->arena, &tenant));
    *out_count = c->home == HOME_TENANT ? rows.rows : 1;
    return ERR_OK;
}

/* The fields of one purpose: their names after `what`, their values in `count`. */
static err_t fields_count(struct proving *proving, purpose_t purpose, struct exception *exception)
{
    for (const concept_t *const *c = concepts; *c; c++) {
        for_each_field(f, *c) {
            int64_t count = 0;
            if (f->purpose != purpose || field_is_sealed(*c, f) || (*c)->shape == SHAPE_MESSAGE)
                continue;
            TRY(records_count(proving, *c, &count));
            exception->what = words_put(proving, "%.*s%s %s's %s", STR_ARG(exception->what),
                                        memchr(exception->what.at, ':', exception->what.len) ? "," : ":",
                                        (*c)->name, f->name);
            exception->count += count;
        }
    }
    return ERR_OK;
}

err_t exceptions_count(struct proving *proving, struct finding *finding)
{
    struct exception *counted = arena_array(proving->desk->arena, struct exception, IN_CLEAR + MORE);
    Keys__Duties *duties = NULL;
    TRY(duties_ask(proving, &duties));
    TRY(arena_end(proving->desk->arena));
    for (size_t i = 0; i < IN_CLEAR; i++) {
        counted[i] = (struct exception){str(exceptions[i].what), str(exceptions[i].why), 0};
        TRY(fields_count(proving, exceptions[i].purpose, &counted[i]));
    }
    counted[IN_CLEAR] = (struct exception){
        STR("data keys in the memory of intake"),
        words_put(
            proving,
            "what a device sends is sealed here: for at most %d s the key that sealed it is still known, that of"
            " launches until their hour is over",
            LEASE_MS / 1000),
        (int64_t)(leases_count(proving->desk->leases, proving->tenant) +
                  chains_count(proving->desk->chains, proving->tenant))};
    counted[IN_CLEAR + 1] = (struct exception){
        STR("patterns of deployment keys"),
        STR("an endpoint that enrols is let in or held by its name while nobody of the client is signed in"),
        duties->patterns};
    finding->exceptions = counted;
    finding->exception_count = IN_CLEAR + MORE;
    return arena_end(proving->desk->arena);
}
