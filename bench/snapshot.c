/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-snapshot FOLDER make DEVICES ROWS BLOBS: a client's store beneath FOLDER: so many devices with a list of programs
 * each, rows of launches, and blobs of 5 MiB; all sealed bytes are random, as sealed bytes are.
 *
 * bench-snapshot FOLDER change DEVICES ROWS BLOBS: a day: so many of the devices and their lists are told anew, and so many
 * rows and blobs come. Prints bytes that it wrote of rows, by what they weigh.
 *
 * bench-snapshot FOLDER take: a snapshot, blobs copied, and what it wrote verified. Prints on one line: seconds of both ·
 * bytes it added, of rows alone · of blobs · peak resident MB
 *
 * bench-snapshot FOLDER verify: everything read and authenticated. Prints bytes a CPU second · peak resident MB
 *
 * bench-snapshot FOLDER half DEVICES: each second device is told anew with its list, and each second row of launches goes.
 *
 * bench-snapshot FOLDER restore: in place to the first snapshot; all of it is timed: frozen, a safety snapshot written and
 * synced, what differs put back, thawed. Prints seconds until everybody could write again · of folding the log of writes into the
 * file after that · rows put · rows removed
 *
 * bench-snapshot FOLDER rebuild INTO: a store in the empty folder INTO from the first snapshot, with copies of the blobs; then each
 * row and file is read again and compared. Prints seconds of the first · of the second · rows
 *
 * bench-snapshot FOLDER many FOLDER: a hundred tenants of a hundred devices each, half of which changed, restored at once by four
 * threads. Prints seconds
 *
 * bench-snapshot FOLDER prune: five more snapshots are taken first. Prints milliseconds · how many went
 */
#include "bench/timing.h"
#include "concept/device.h"
#include "concept/program.h"
#include "snapshot/many_given.h"
#include "snapshot/restore.h"
#include "store/blobs.h"
#include "store/launches.h"
#include "store/record.h"
#include "sys/memory.h"

enum {
    AN_ACT = 1000,
    DEVICE_SEALED = 136,
    PROGRAMS_SEALED = 300,
    LAUNCHES_SEALED = 180,
    BLOB = 5 * 1024 * 1024
};

/* Bytes that nothing compresses, cheaper than the system's. */
static void fill(uint64_t *state, char *at, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        *state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t x = *state;
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
        memcpy(at + i, &x, len - i < 8 ? len - i : 8);
    }
}

static ident_t numbered(uint64_t kind, uint64_t number)
{
    ident_t id;
    uint64_t state = kind << 40 ^ number * 977;
    fill(&state, (char *)id.bytes, sizeof id);
    return id;
}

struct making {
    struct given *given;
    uint64_t seed, from, count, step; /* of a thing, by their numbers */
    err_t (*one)(struct making *making, struct tx *tx, uint64_t number);
};

static err_t device_one(struct making *making, struct tx *tx, uint64_t number)
{
    char sealed[PROGRAMS_SEALED];
    ident_t id = numbered(1, number);
    const struct device device = {.id = id, .enrolled = 5, .seen = (moment_t)making->seed};
    fill(&making->seed, sealed, sizeof sealed);
    TRY(record_put(
        tx, &device_concept,
        &(struct record){
            .id = id, .subject = id, .sealed = str_bytes(sealed, DEVICE_SEALED), .plain = &device}));
    return record_put(tx, &program_concept,
                      &(struct record){.id = numbered(2, number),
                                       .parent = id,
                                       .subject = id,
                                       .entries = 500,
                                       .sealed = str_bytes(sealed, PROGRAMS_SEALED)});
}

static err_t launches_one(struct making *making, struct tx *tx, uint64_t number)
{
    char sealed[LAUNCHES_SEALED];
    const struct launch_chain chain = {
        .number = (int64_t)(number / 9),
        .day = (int64_t)(20000 + number / 9 % 30),
        .device = numbered(1, number / 9),
        .subject = numbered(1, number / 9),
        .box = STR("a box of eighty bytes, as a sealed key is: 0123456789012345678901234567890123456789")};
    fill(&making->seed, sealed, sizeof sealed);
    const struct launch_row row = {.hour = chain.day * HOURS_A_DAY + (int64_t)(number % 9),
                                   .counts = {4},
                                   .sealed = str_bytes(sealed, sizeof sealed)};
    if (number % 9 == 0 || number == making->from)
        TRY(launch_chain_put(tx, &chain));
    return launch_row_put(tx, &chain, &row);
}

static err_t some_act(struct tx *tx, void *with)
{
    struct making *making = with;
    for (uint64_t i = 0; i < AN_ACT && making->count; i++, making->count--, making->from += making->step)
        TRY(making->one(making, tx, making->from));
    return ERR_OK;
}

static err_t all_make(struct making making)
{
    while (making.count)
        TRY(store_write(making.given->store, making.given->tenant.id, some_act, &making));
    return ERR_OK;
}

static err_t blob_act(struct tx *tx, void *with) { return blob_put(tx, with); }

static err_t blob_one(struct given *given, uint64_t *seed)
{
    static char bytes[BLOB];
    OWN(blob) blob = NULL;
    struct blob_about about = {
        .subject = numbered(1, 1), .device = numbered(1, 1), .kind = STR("video"), .made = 5};
    fill(seed, bytes, sizeof bytes);
    TRY(blob_begin(given->store, given->tenant.id, &about.id, &blob));
    TRY(blob_add(blob, str_bytes(bytes, sizeof bytes)));
    TRY(blob_end(blob, &about));
    return store_write(given->store, given->tenant.id, blob_act, &about);
}

/* `first` is the number of the first row; devices that are told anew are every `step`th. */
static err_t things_make(struct given *given, char **counts, uint64_t first, uint64_t step)
{
    uint64_t seed = first + 11, devices = strtoull(counts[0], NULL, 10), rows = strtoull(counts[1], NULL, 10);
    TRY(all_make((struct making){given, seed, 0, devices, step, device_one}));
    TRY(all_make((struct making){given, seed * 3, first, rows, 1, launches_one}));
    for (uint64_t i = strtoull(counts[2], NULL, 10); i; i--)
        TRY(blob_one(given, &seed));
    return ERR_OK;
}

static err_t make(struct given *given, char **counts) { return things_make(given, counts, 0, 1); }

static err_t change(struct given *given, char **counts)
{
    return things_make(given, counts, UINT64_C(1000000007) * 9, 100);
}

/* Of this program alone: what getrusage() says counts the one that it was forked from too. */
static double peak_mb(void)
{
    char line[128];
    long kib = 0;
    OWN(file) status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (!strncmp(line, "VmHWM:", 6))
            kib = strtol(line + 6, NULL, 10);
    return (double)kib / 1024;
}

static double cpu_seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static err_t take(struct given *given, char **unused)
{
    struct snapshot taken;
    struct verified found;
    struct snapshot_list list;
    (void)unused;
    TRY(snapshots_list(&given->snapshots, given->tenant.id, &given->arena, &list));
    int64_t begun = now_ns(), before = list.count ? list.at[0].bytes : 0;
    TRY(given_taken(given, "daily", &taken));
    TRY(snapshot_verify(&given->snapshots, given->tenant.id, &taken.id, VERIFY_NEW, &given->arena, &found));
    double seconds = (double)(now_ns() - begun) / 1e9;
    printf("%.4f %lld %lld %.1f\n", seconds, (long long)taken.new_bytes,
           (long long)(taken.bytes - before - taken.new_bytes), peak_mb());
    return found.wrong ? fail(ERR_BROKEN, "%zu files do not hold", found.wrong) : ERR_OK;
}

static err_t verify(struct given *given, char **unused)
{
    struct verified found;
    double begun = cpu_seconds();
    (void)unused;
    TRY(snapshot_verify(&given->snapshots, given->tenant.id, NULL, VERIFY_FULL, &given->arena, &found));
    printf("%.0f %.1f\n", (double)found.bytes / (cpu_seconds() - begun), peak_mb());
    return found.wrong ? fail(ERR_BROKEN, "%zu files do not hold", found.wrong) : ERR_OK;
}

static const struct place *launches_place(void)
{
    for_each_place(place) if (!strcmp(place->name, "launches")) return place;
    return NULL;
}

/* Keys of each second row of launches, each with its length before it. */
struct halving {
    buf_t keys;
    uint64_t rows;
};

static err_t second_keep(void *with, str_t key, str_t row)
{
    struct halving *halving = with;
    (void)row;
    if (halving->rows++ % 2 == 0)
        return ERR_OK;
    buf_put(&halving->keys, str_bytes(&(uint8_t){(uint8_t)key.len}, 1));
    buf_put(&halving->keys, key);
    return buf_end(&halving->keys);
}

static err_t seconds_read(struct tx *tx, void *with)
{
    return place_rows(tx, launches_place(), &(struct place_span){0}, second_keep, with);
}

static err_t rows_remove(struct tx *tx, void *with)
{
    str_t *left = with;
    for (size_t i = 0; i < AN_ACT && left->len; i++) {
        size_t len = (uint8_t)*left->at;
        TRY(place_remove(tx, launches_place(), str_bytes(left->at + 1, len)));
        *left = str_bytes(left->at + 1 + len, left->len - 1 - len);
    }
    return ERR_OK;
}

static err_t launches_halve(struct given *given)
{
    struct halving halving = {.keys = BUF(MAX_MEMORY)};
    err_t result = store_read(given->store, given->tenant.id, seconds_read, &halving);
    str_t left = buf_str(&halving.keys);
    while (result == ERR_OK && left.len)
        result = store_write(given->store, given->tenant.id, rows_remove, &left);
    buf_drop(&halving.keys);
    return result;
}

static err_t half(struct given *given, char **counts)
{
    uint64_t devices = strtoull(counts[0], NULL, 10);
    TRY(all_make((struct making){given, (uint64_t)now_ns(), 0, devices / 2, 2, device_one}));
    return launches_halve(given);
}

static err_t first_find(struct given *given, ident_t *out_id)
{
    struct snapshot_list list;
    TRY(snapshots_list(&given->snapshots, given->tenant.id, &given->arena, &list));
    if (!list.count)
        return fail(ERR_MISSING, "no snapshot");
    *out_id = list.at[list.count - 1].id;
    return ERR_OK;
}

static err_t restore(struct given *given, char **unused)
{
    struct restored done;
    struct restore_ask ask = {.tenant = given->tenant.id};
    (void)unused;
    TRY(first_find(given, &ask.snapshot));
    int64_t begun = now_ns();
    TRY(restore_run(&given->snapshots, &ask, &given->arena, &done));
    double seconds = (double)(now_ns() - begun) / 1e9, open = (double)done.ms / 1000;
    printf("%.3f %.3f %lld %lld\n", open, seconds - open, (long long)done.rows_put,
           (long long)done.rows_removed);
    return ERR_OK;
}

static err_t rebuild(struct given *given, char **folder)
{
    OWN(store) scratch = NULL;
    struct restored done;
    struct restore_ask ask = {.tenant = given->tenant.id};
    TRY(first_find(given, &ask.snapshot));
    TRY(store_open(&given->env, folder[0], &scratch));
    TRY(store_tenant_put(scratch, &given->tenant));
    int64_t begun = now_ns();
    TRY(restore_rebuild(&given->snapshots, &ask, scratch, &given->arena, &done));
    double seconds = (double)(now_ns() - begun) / 1e9, built = (double)done.built_ms / 1000;
    printf("%.3f %.3f %lld\n", built, seconds - built, (long long)done.rows_put);
    return ERR_OK;
}

static err_t devices_work(struct given *given, uint8_t turn)
{
    return all_make((struct making){given, turn * 7U, 0, 100 / turn, turn, device_one});
}

static err_t many(struct given *given, char **folder)
{
    static struct given_many all;
    moment_t took;
    all = (struct given_many){.given = given, .folder = folder[0], .work = devices_work};
    TRY(given_many_made(&all));
    TRY(given_many_restored(&all, &took));
    printf("%.3f\n", (double)took / 1000);
    return ERR_OK;
}

static err_t prune(struct given *given, char **unused)
{
    struct snapshot taken;
    idents_t gone;
    (void)unused;
    for (int day = 0; day < 5; day++) {
        given_passed(given, DAYS(1));
        TRY(given_taken(given, "daily", &taken));
    }
    int64_t begun = now_ns();
    TRY(snapshots_prune(&given->snapshots, given->tenant.id, &(struct snapshot_keep){.count = 5},
                        &given->arena, &gone));
    printf("%.2f %zu\n", (double)(now_ns() - begun) / 1e6, gone.count);
    return ERR_OK;
}

static const struct {
    const char *name;
    int arguments;
    err_t (*run)(struct given *given, char **arguments);
} verbs[] = {
    {"make", 3, make},       {"change", 3, change},   {"half", 1, half}, {"take", 0, take},   {"restore", 0, restore},
    {"rebuild", 1, rebuild}, {"verify", 0, verify},   {"many", 1, many}, {"prune", 0, prune}};

static err_t run(int argc, char **argv)
{
    OWN(given) given = {0};
    uint64_t dice = (uint64_t)now_ns();
    TRY(given_snapshots(&given, argv[1]));
    given.snapshots.copies = true;
    given.world.seed ^= dice; /* ids of this run are no other's */
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(argv[2], verbs[i].name) && argc == verbs[i].arguments + 3)
            return verbs[i].run(&given, argv + 3);
    return fail(ERR_INVALID, "no such verb");
}

int main(int argc, char **argv)
{
    if (argc < 3 || crypt_start() != ERR_OK)
        return 2;
    memory_keep(); /* as each process of custodyd does */
    err_t result = run(argc, argv);
    if (result != ERR_OK)
        fprintf(stderr, "%s\n", err_note());
    return result != ERR_OK;
}
