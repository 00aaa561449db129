/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-restore FOLDER DEVICES LAUNCHES BLOBS: restores of a tenant with so many devices (a row and four sealed lists
 * each), so many launches (forty a sealed row) and so many recordings of 5 MiB. Real files beneath FOLDER, which is empty.
 *
 * A snapshot; then one of each hundred devices changes, and the tenant is restored in place to the snapshot; then each second
 * device, and it is restored again. Each time is of all that restore_run() does: frozen, a safety snapshot written and
 * synced, what differs put back, thawed. Then an empty store beneath FOLDER/full is built from the snapshot, with copies
 * of the recordings, and every row and file read again and compared; built and synced is one time, compared another.
 *
 * Then a hundred tenants of a hundred devices each, half of which changed, are restored at once by four threads.
 *
 * Prints on one line: seconds of the first, of the second, of the build, of the comparison, and of the many; rows; bytes
 * of the store's files.
 */
#include "bench/timing.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/program.h"
#include "snapshot/many_given.h"
#include "snapshot/restore.h"
#include "store/launches.h"
#include "store/record.h"
#include <sys/stat.h>

enum { AT_ONCE = 2000, SEALED = 400, A_ROW = 40, MEBIBYTE = 1024 * 1024 };

static ident_t numbered(uint8_t kind, uint32_t number)
{
    ident_t id;
    uint8_t hash[DIGEST_SIZE];
    const str_t parts[] = {str_bytes(&kind, 1), str_bytes(&number, sizeof number)};
    digest_of(parts, 2, hash);
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

/* Devices from `first` on, each `step`, written with sealed bytes of this round. */
struct writing {
    struct given *given;
    uint32_t first, past, step;
    char sealed[SEALED];
};

static err_t device_write(struct tx *tx, const struct writing *writing, uint32_t number)
{
    static const concept_t *const lists[] = {&address_concept, &account_concept, &group_concept,
                                             &program_concept};
    const ident_t id = numbered(1, number);
    const struct device device = {.id = id, .enrolled = number, .seen = number};
    struct record record = {
        .id = id, .subject = id, .sealed = str_bytes(writing->sealed, SEALED), .plain = &device};
    TRY(record_put(tx, &device_concept, &record));
    for (uint8_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        record = (struct record){.id = numbered((uint8_t)(2 + i), number),
                                 .parent = id,
                                 .subject = id,
                                 .entries = 3,
                                 .sealed = str_bytes(writing->sealed, SEALED)};
        TRY(record_put(tx, lists[i], &record));
    }
    return ERR_OK;
}

static err_t devices_act(struct tx *tx, void *with)
{
    const struct writing *writing = with;
    for (uint32_t number = writing->first; number < writing->past; number += writing->step)
        TRY(device_write(tx, writing, number));
    return ERR_OK;
}

static err_t devices_write(struct given *given, uint32_t devices, uint32_t step)
{
    struct writing writing = {.given = given, .step = step};
    given->env.random(&given->env, writing.sealed, SEALED);
    for (uint32_t first = 0; first < devices; first += AT_ONCE * step) {
        writing.first = first;
        writing.past = first + AT_ONCE * step < devices ? first + AT_ONCE * step : devices;
        TRY(store_write(given->store, given->tenant.id, devices_act, &writing));
    }
    return ERR_OK;
}

struct launching {
    uint32_t first, past, devices;
    char sealed[SEALED * 4];
};

static err_t launches_act(struct tx *tx, void *with)
{
    const struct launching *launching = with;
    for (uint32_t number = launching->first; number < launching->past; number++) {
        const ident_t device = numbered(1, number % launching->devices);
        const struct launch_chain chain = {.number = number,
                                           .day = 20000,
                                           .device = device,
                                           .subject = device,
                                           .box = str_bytes(launching->sealed, 120),
                                           .digests = STR("")};
        const struct launch_row row = {.hour = 20000 * HOURS_A_DAY + number % HOURS_A_DAY,
                                       .counts = {A_ROW},
                                       .sealed = str_bytes(launching->sealed, sizeof launching->sealed)};
        TRY(launch_chain_put(tx, &chain));
        TRY(launch_row_put(tx, &chain, &row));
    }
    return ERR_OK;
}

static err_t launches_write(struct given *given, uint32_t launches, uint32_t devices)
{
    struct launching launching = {.devices = devices};
    given->env.random(&given->env, launching.sealed, sizeof launching.sealed);
    for (uint32_t first = 0; first < launches / A_ROW; first += AT_ONCE) {
        launching.first = first;
        launching.past = first + AT_ONCE < launches / A_ROW ? first + AT_ONCE : launches / A_ROW;
        TRY(store_write(given->store, given->tenant.id, launches_act, &launching));
    }
    return ERR_OK;
}

static double seconds_since(moment_t began) { return (double)(env_real()->boot(env_real()) - began) / 1000; }

static err_t restore_timed(struct given *given, ident_t snapshot, double *out_seconds)
{
    struct restored done;
    moment_t began = env_real()->boot(env_real());
    const struct restore_ask ask = {.tenant = given->tenant.id, .snapshot = snapshot};
    TRY(restore_run(&given->snapshots, &ask, &given->arena, &done));
    *out_seconds = seconds_since(began);
    return done.rows_put ? ERR_OK : fail(ERR_BROKEN, "nothing was put back");
}

static err_t rebuild_timed(struct given *given, const char *folder, ident_t snapshot, struct restored *out_done)
{
    OWN(store) scratch = NULL;
    char path[1024];
    snprintf(path, sizeof path, "%s/full", folder);
    if (mkdir(path, 0700) != 0)
        return fail(ERR_BROKEN, "cannot make %s", path);
    TRY(store_open(&given->env, path, &scratch));
    TRY(store_tenant_put(scratch, &given->tenant));
    return restore_rebuild(&given->snapshots,
                           &(struct restore_ask){.tenant = given->tenant.id, .snapshot = snapshot}, scratch,
                           &given->arena, out_done);
}

static err_t devices_work(struct given *given, uint8_t turn) { return devices_write(given, 100, turn); }

static err_t many_timed(struct given *given, const char *folder, double *out_seconds)
{
    static struct given_many many;
    moment_t took;
    many = (struct given_many){.given = given, .folder = folder, .work = devices_work};
    TRY(given_many_made(&many));
    TRY(given_many_restored(&many, &took));
    *out_seconds = (double)took / 1000;
    return ERR_OK;
}

static err_t run(const char *folder, uint32_t devices, uint32_t launches, uint32_t blobs)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored built;
    double small, half, many;
    ident_t id;
    TRY(given_snapshots(&given, folder));
    TRY(devices_write(&given, devices, 1));
    TRY(launches_write(&given, launches, devices));
    for (uint32_t i = 0; i < blobs; i++)
        TRY(given_blob(&given, 5 * MEBIBYTE, &id));
    TRY(given_taken(&given, "daily", &then));
    TRY(devices_write(&given, devices, 100));
    TRY(restore_timed(&given, then.id, &small));
    TRY(devices_write(&given, devices, 2));
    TRY(restore_timed(&given, then.id, &half));
    TRY(rebuild_timed(&given, folder, then.id, &built));
    TRY(many_timed(&given, folder, &many));
    printf("%.3f %.3f %.3f %.3f %.3f %lld %lld\n", small, half, (double)built.built_ms / 1000,
           (double)(built.ms - built.built_ms) / 1000, many, (long long)built.rows_put, (long long)then.bytes);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    err_t result = crypt_start();
    if (result == ERR_OK)
        result = run(argv[1], (uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10),
                     (uint32_t)strtoul(argv[4], NULL, 10));
    if (result != ERR_OK)
        fprintf(stderr, "bench-restore: %s\n", err_note());
    return result != ERR_OK;
}
