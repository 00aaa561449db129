/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks over the client's file.
 */
#include "collect/switches.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/program.h"
#include "prove/checks.h"
#include "store/launches.h"
#include <stdarg.h>

__attribute__((format(printf, 2, 0))) static str_t words(struct proving *proving, const char *format,
                                                         va_list args)
{
    char text[512];
    int len = vsnprintf(text, sizeof text, format, args);
    size_t fits = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    return arena_copy(proving->desk->arena, str_bytes(text, fits));
}

str_t words_put(struct proving *proving, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_t put = words(proving, format, args);
    va_end(args);
    return put;
}

struct finding finding_put(struct proving *proving, enum finding_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct finding finding = {.state = state, .evidence = words(proving, format, args)};
    va_end(args);
    return finding;
}

struct counting {
    const concept_t *concept;
    struct sealed_rows rows;
};

static err_t count_act(struct tx *tx, void *with)
{
    struct counting *counting = with;
    struct record_count count = {0};
    TRY(record_count(tx, counting->concept, &count));
    counting->rows = (struct sealed_rows){count.rows, count.sealed, count.entries, count.strange};
    return ERR_OK;
}

static err_t launches_act(struct tx *tx, void *with)
{
    struct launch_count count = {0};
    TRY(launch_count(tx, &count));
    *(struct sealed_rows *)with =
        (struct sealed_rows){count.sealed, count.sealed, count.launches, count.strange};
    return ERR_OK;
}

err_t sealed_launches(struct proving *proving, struct sealed_rows *out_rows)
{
    return store_read(proving->desk->store, proving->tenant, launches_act, out_rows);
}

err_t sealed_rows(struct proving *proving, const concept_t *c, struct sealed_rows *out_rows)
{
    struct counting counting = {.concept = c};
    TRY(store_read(proving->desk->store, proving->tenant, count_act, &counting));
    *out_rows = counting.rows;
    return ERR_OK;
}

static int64_t switched_off(const struct collection *collection)
{
    int64_t off = 0;
#define ITEM(tag, kind, name, class, end, purpose) off += !collection->name;
    COLLECTION_SWITCHES(ITEM)
#undef ITEM
    return off;
}

/* The list is closed where the program is built (a field outside it does not compile); here is what stands on it. */
err_t check_device(struct proving *proving, struct finding *out_finding)
{
    const concept_t *const kinds[] = {&device_concept, &address_concept, &account_concept, &group_concept,
                                      &program_concept};
    struct sealed_rows of[sizeof kinds / sizeof *kinds];
    struct sealed_rows launches = {0};
    struct collection collection;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        TRY(sealed_rows(proving, kinds[i], &of[i]));
    TRY(sealed_launches(proving, &launches));
    TRY(switches_read(proving->desk, proving->tenant, &collection));
    *out_finding = finding_put(
        proving, FINDING_KEPT,
        "kept of %lld devices: %lld addresses, %lld accounts, %lld groups, %lld installed "
        "programs, %lld launches; %lld of 8 items are switched off",
        (long long)of[0].rows, (long long)of[1].entries, (long long)of[2].entries, (long long)of[3].entries,
        (long long)of[4].entries, (long long)launches.entries, (long long)switched_off(&collection));
    return arena_end(proving->desk->arena);
}
