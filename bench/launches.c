/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-launches dictionary FILE: trains the dictionary of short lists of launches on what bench/made.h makes up, rows of
 * an hour as they are folded. That file is concept/launches.dict, made once.
 *
 * bench-launches corpus FOLDER DEVICES DAYS: a client's launches of so many days, 66 a device and day, in uploads of 1 to 5
 * over nine hours of each day, taken in and folded as the service does it, then searched. The keyring, its journal and the
 * store stand beneath FOLDER; only the clock of intake is made up. Prints on one line:
 *
 *     launches · bytes of the store for each · CPU us of intake and folding for each
 *     the last hour of one device, ms: warm median, cold median
 *     a search through all of it for a part of a path that is nowhere, launches a CPU second of all that takes part, keys
 *     process included: cold, warm; and of the searching thread alone: warm
 *     the same for a name that is nowhere, which the digests know: cold, warm; searching thread: warm
 *
 * Cold: the store opened anew, its files out of the page cache.
 *
 * bench-launches tenants FOLDER TENANTS SECONDS: uploads of 100 launches over so many tenants in turn, one device each, as the
 * loops of the service take them in: their chains are known, and their commits are waited for by nobody. Prints launches a
 * second, launches a CPU second, and beside them what bare write() and fdatasync() of as many uploads' bytes would be.
 */
#include "bench/made.h"
#include "bench/timing.h"
#include "base/limits.h"
#include "collect/fold.h"
#include "collect/launch_intake.h"
#include "collect/launches.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "keyring/given.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <zdict.h>

enum { SAMPLES = 40000, DICTIONARY = 16 * 1024, HOUR_MOST = 12 };

/* A row of an hour, as it is packed: moments from its beginning on, no account. */
static err_t sample_put(uint64_t number, buf_t *out)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct maker maker = {.seed = 1, .device = number};
    struct launch launches[HOUR_MOST];
    size_t count = 1 + made_number(&maker, HOUR_MOST);
    moment_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at += (moment_t)made_number(&maker, 2 * HOURS(1) / count);
        made_launch(&maker, at, (ident_t){{0}}, &launches[i]);
        launches[i].path = arena_copy(&arena, launches[i].path);
        launches[i].package = arena_copy(&arena, launches[i].package);
    }
    return codec_pack(&launch_concept, launches, count, &arena, out);
}

static err_t dictionary(const char *path)
{
    OWN(buf) samples = BUF(MAX_MEMORY);
    static size_t sizes[SAMPLES];
    static char trained[DICTIONARY];
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t before = samples.len;
        TRY(sample_put(i, &samples));
        sizes[i] = samples.len - before;
    }
    size_t len = ZDICT_trainFromBuffer(trained, sizeof trained, samples.at, sizes, SAMPLES);
    OWN(file) out = ZDICT_isError(len) ? NULL : fopen(path, "wb");
    if (!out || fwrite(trained, 1, len, out) != len)
        return fail(ERR_BROKEN, "no dictionary was made");
    return ERR_OK;
}

/* The corpus */

enum { A_DAY = 66, FIRST_HOUR = 8, HOURS_WORKED = 9, UPLOAD_MOST = 5, IN_FLIGHT = 256, ASKED = 21, COLD_ASKED = 7 };

struct stage {
    struct given given;
    struct given_tenant tenant;
    char folder[1024];
    struct env clock; /* the real one, but for the time of intake */
    ident_t *devices;
    struct maker *makers;
    uint64_t *sequences;
    size_t count, days;
    struct store *store;
    struct leases *leases;
    struct chains *chains;
    struct channel channel;
    int keys_end;
    sem_t room;
    atomic_int failed;
    int64_t launches;
};

static moment_t intake_now; /* a clock has no argument to find it by */
static moment_t clock_now(struct env *env)
{
    (void)env;
    return intake_now;
}

static struct desk desk_of(struct stage *stage, arena_t *arena)
{
    return (struct desk){&stage->clock, stage->store, &stage->channel, arena, stage->leases, stage->chains};
}

static void *answer_all(void *with)
{
    struct stage *stage = with;
    for (;;) {
        OWN(buf) packed = BUF(MAX_ASK);
        OWN(buf) body = BUF(MAX_ASK);
        uint8_t number = 0, code = 0;
        if (frame_receive(stage->keys_end, &number, &packed) != ERR_OK)
            return NULL;
        keys_answer(stage->given.keyring, &(struct asked){ASKER_WEB, number, buf_str(&packed)}, &body, &code);
        if (frame_send(stage->keys_end, code, buf_str(&body)) != ERR_OK)
            return NULL;
    }
}

static err_t device_row(struct tx *tx, void *with)
{
    const struct device plain = {.id = *(const ident_t *)with, .enrolled = 1, .seen = 1};
    return record_put(tx, &device_concept,
                      &(struct record){.id = plain.id, .subject = plain.id, .plain = &plain});
}

static err_t devices_make(struct stage *stage)
{
    const Keys__Deployment *deployment = NULL;
    TRY(given_deployment(&stage->given, &stage->tenant, (int64_t)stage->count, &deployment));
    for (size_t i = 0; i < stage->count; i++) {
        str_t public_der;
        stage->makers[i] = (struct maker){.seed = 9, .device = i};
        TRY(given_endpoint_key(&stage->given, &public_der));
        TRY(given_enrolled(&stage->given, deployment->key, public_der, &stage->devices[i]));
        TRY(store_write(stage->store, stage->tenant.id, device_row, &stage->devices[i]));
    }
    return ERR_OK;
}

static err_t keyring_make(struct stage *stage)
{
    struct given *given = &stage->given;
    char path[1100];
    given->env = env_real();
    given->arena.limit = (size_t)1 << 30;
    given->world.clock = given->env->now(given->env);
    key_random(given->env, &given->root);
    snprintf(path, sizeof path, "%s/keyring", stage->folder);
    mkdir(path, 0700);
    TRY(keyring_open(given->env, path, &given->root, &given->keyring));
    TRY(keyring_prepare(given->keyring));
    return given_open_tenant(given, "bench", &stage->tenant);
}

static err_t store_again(struct stage *stage)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/store", stage->folder);
    mkdir(path, 0700);
    store_drop(&stage->store);
    return store_open(env_real(), path, &stage->store);
}

static err_t stage_make(struct stage *stage)
{
    int ends[2];
    pthread_t answering;
    TRY(keyring_make(stage));
    TRY(store_again(stage));
    TRY(store_tenant_put(stage->store,
                         &(struct tenant){stage->tenant.id, stage->tenant.realm, STR("bench"), STR("open"), 1}));
    TRY(devices_make(stage));
    stage->clock = *env_real();
    stage->clock.now = clock_now;
    TRY(leases_open(env_real(), &stage->leases));
    TRY(chains_open(&stage->clock, leases_turn(stage->leases), &stage->chains));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return fail(ERR_BROKEN, "no channel");
    stage->keys_end = ends[0];
    stage->channel = (struct channel){ends[1], leases_turn(stage->leases)};
    return pthread_create(&answering, NULL, answer_all, stage) == 0 ? ERR_OK : fail(ERR_BUSY, "no thread");
}

/* Taking in */

static err_t upload_body(struct stage *stage, size_t device, size_t count, arena_t *arena, str_t *out_body)
{
    Custody__LaunchUpload upload = CUSTODY__LAUNCH_UPLOAD__INIT;
    Custody__LaunchBatch batch = CUSTODY__LAUNCH_BATCH__INIT, *batches[] = {&batch};
    struct launch launches[UPLOAD_MOST];
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM);
    for (size_t i = 0; i < count; i++)
        made_launch(&stage->makers[device], intake_now - (moment_t)(count - i) * 7000, (ident_t){{0}}, &launches[i]);
    TRY(codec_pack(&launch_concept, launches, count, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    batch.subject = upload.epoch = given_bin(ident_bytes(&stage->devices[device]));
    batch.list = given_bin(buf_str(&frame));
    upload.batches = batches;
    upload.n_batches = 1;
    upload.sequence = ++stage->sequences[device];
    size_t len = custody__launch_upload__get_packed_size(&upload);
    char *at = arena_room(arena, len);
    TRY(arena_end(arena));
    custody__launch_upload__pack(&upload, (uint8_t *)at);
    *out_body = str_bytes(at, len);
    return ERR_OK;
}

static void settled(void *with, err_t result, const char *note)
{
    struct stage *stage = with;
    if (result != ERR_OK && !atomic_exchange(&stage->failed, 1))
        fprintf(stderr, "bench-launches: %s\n", note);
    sem_post(&stage->room);
}

static err_t upload_take(struct stage *stage, size_t device, size_t count)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    OWN(upload) upload = NULL;
    struct desk desk = desk_of(stage, &arena);
    struct intake intake = {stage->tenant.id, stage->devices[device], .body = {0}};
    TRY(upload_body(stage, device, count, &arena, &intake.body));
    TRY(launch_pack(&desk, &intake, &upload));
    sem_wait(&stage->room);
    launch_send(give(upload), &(struct intake_end){settled, stage});
    stage->launches += (int64_t)count;
    return atomic_load(&stage->failed) ? fail(ERR_BROKEN, "an upload was refused") : ERR_OK;
}

static err_t hour_take(struct stage *stage, moment_t hour)
{
    size_t each = A_DAY / HOURS_WORKED, folded = FOLD_AT_ONCE;
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct desk desk = desk_of(stage, &arena);
    for (size_t minute = 0; minute < 3; minute++)
        for (size_t i = 0; i < stage->count; i++) {
            intake_now = hour + MINUTES(15 + minute * 20);
            size_t left = each * (minute + 1) / 3 - each * minute / 3 + made_number(&stage->makers[i], 2);
            TRY(upload_take(stage, i, left < 1 ? 1 : left > UPLOAD_MOST ? UPLOAD_MOST : left));
        }
    for (size_t i = 0; i < IN_FLIGHT; i++)
        sem_wait(&stage->room);
    for (size_t i = 0; i < IN_FLIGHT; i++)
        sem_post(&stage->room);
    intake_now = hour + HOURS(1) + SECONDS(10);
    while (folded == FOLD_AT_ONCE)
        TRY(fold_due(&desk, FOLD_SEGMENTS, &folded));
    return ERR_OK;
}

/* The days end with this one: the last hour is the one before now. */
static err_t corpus_take(struct stage *stage)
{
    moment_t first = env_real()->now(env_real()) / HOURS(1) * HOURS(1) - DAYS(stage->days - 1) - HOURS(HOURS_WORKED);
    sem_init(&stage->room, 0, IN_FLIGHT);
    for (size_t day = 0; day < stage->days; day++)
        for (moment_t hour = 0; hour < HOURS_WORKED; hour++)
            TRY(hour_take(stage, first + DAYS(day) + HOURS(hour)));
    return ERR_OK;
}

/* Searching */

static int64_t cpu_us(int who)
{
    struct rusage used;
    getrusage(who, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

static bool found_one(void *with, const struct launch_found *found)
{
    (void)found;
    ++*(int64_t *)with;
    return true;
}

static err_t search(struct stage *stage, const struct launch_ask *ask, int64_t *out_found)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct desk desk = desk_of(stage, &arena);
    const struct reader reader = {stage->tenant.id, stage->tenant.realm, stage->tenant.cookie, NULL};
    struct launch_cursor next;
    *out_found = 0;
    return launches_search(&desk, &reader, ask, &(struct launch_sink){found_one, NULL, out_found}, &next);
}

/* What the store has written leaves the page cache, and its handles with it. */
static err_t cold(struct stage *stage)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/store/tenants", stage->folder);
    TRY(store_again(stage));
    DIR *files = opendir(path);
    for (const struct dirent *entry = files ? readdir(files) : NULL; entry; entry = readdir(files)) {
        snprintf(path, sizeof path, "%s/store/tenants/%.64s", stage->folder, entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && entry->d_name[0] != '.') {
            fdatasync(fd);
            posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        }
        close(fd);
    }
    closedir(files);
    return ERR_OK;
}

static err_t last_hour(struct stage *stage, bool is_cold, double *out_ms)
{
    int64_t took[ASKED], found = 0;
    size_t count = is_cold ? COLD_ASKED : ASKED;
    for (size_t i = 0; i < count; i++) {
        const struct launch_ask ask = {.device = &stage->devices[i * 7 % stage->count],
                                       .decision = ANY_DECISION,
                                       .from = intake_now - HOURS(1) - SECONDS(10)};
        if (is_cold)
            TRY(cold(stage));
        int64_t from = now_ns();
        TRY(search(stage, &ask, &found));
        took[i] = now_ns() - from;
        if (!found)
            return fail(ERR_BROKEN, "a device without launches in its last hour");
    }
    *out_ms = (double)percentile(took, count, 50) / 1e6;
    return ERR_OK;
}

/* Launches a CPU second: of all, and of this thread. */
static err_t scan(struct stage *stage, const struct launch_ask *ask, double out_rates[2])
{
    int64_t all = cpu_us(RUSAGE_SELF), own = cpu_us(RUSAGE_THREAD), found = 0;
    TRY(search(stage, ask, &found));
    out_rates[0] = (double)stage->launches * 1e6 / (double)(cpu_us(RUSAGE_SELF) - all);
    out_rates[1] = (double)stage->launches * 1e6 / (double)(cpu_us(RUSAGE_THREAD) - own);
    return found ? fail(ERR_BROKEN, "what is nowhere was found") : ERR_OK;
}

static err_t searched(struct stage *stage, const struct launch_ask *ask)
{
    double first[2], again[2];
    TRY(cold(stage));
    TRY(scan(stage, ask, first));
    TRY(scan(stage, ask, again));
    printf(" %.0f %.0f %.0f", first[0], again[0], again[1]);
    return ERR_OK;
}

static double stored_bytes(struct stage *stage)
{
    char path[1200];
    struct stat is;
    snprintf(path, sizeof path, "%s/store/tenants/%s.db", stage->folder, ident_text("ten", stage->tenant.id).text);
    return stat(path, &is) == 0 ? (double)is.st_size : 0;
}

static err_t corpus(struct stage *stage)
{
    double warm_ms, cold_ms;
    TRY(stage_make(stage));
    int64_t before = cpu_us(RUSAGE_SELF);
    TRY(corpus_take(stage));
    double spent = (double)(cpu_us(RUSAGE_SELF) - before);
    TRY(store_again(stage)); /* closes the file, which takes its log in */
    double bytes = stored_bytes(stage);
    TRY(last_hour(stage, false, &warm_ms));
    TRY(last_hour(stage, true, &cold_ms));
    printf("%lld %.1f %.2f %.2f %.2f", (long long)stage->launches, bytes / (double)stage->launches,
           spent / (double)stage->launches, warm_ms, cold_ms);
    TRY(searched(stage, &(struct launch_ask){.decision = ANY_DECISION, .path = STR("/nowhere/")}));
    TRY(searched(stage, &(struct launch_ask){.decision = ANY_DECISION, .words = {.name = STR("nowhere")}}));
    printf("\n");
    return ERR_OK;
}

static err_t corpus_ask(char **arguments)
{
    static struct stage stage;
    uint64_t devices = 0, days = 0;
    TRY(str_number(str(arguments[1]), 100000, &devices));
    TRY(str_number(str(arguments[2]), 366, &days));
    snprintf(stage.folder, sizeof stage.folder, "%s", arguments[0]);
    stage.count = devices;
    stage.days = days;
    stage.devices = calloc(devices, sizeof *stage.devices);
    stage.makers = calloc(devices, sizeof *stage.makers);
    stage.sequences = calloc(devices, sizeof *stage.sequences);
    TRY(crypt_start());
    return stage.devices && stage.makers && stage.sequences ? corpus(&stage) : fail(ERR_BUSY, "no memory");
}

/* Many tenants */

enum { LARGE = 100, TENANTS_IN_FLIGHT = 448 };

struct many {
    struct stage stage;
    struct tenant *tenants;
    size_t count;
    str_t body;
    arena_t arena;
};

/* The sequence stands where it takes as many bytes in each body: see bench/body.h. */
static err_t large_body(struct many *many)
{
    struct stage *stage = &many->stage;
    Custody__LaunchUpload upload = CUSTODY__LAUNCH_UPLOAD__INIT;
    Custody__LaunchBatch batch = CUSTODY__LAUNCH_BATCH__INIT, *batches[] = {&batch};
    struct launch *launches = arena_array(&many->arena, struct launch, LARGE);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM);
    TRY(arena_end(&many->arena));
    for (size_t i = 0; i < LARGE; i++) {
        made_launch(&stage->makers[0], intake_now - (moment_t)(LARGE - i), (ident_t){{0}}, &launches[i]);
        launches[i].path = arena_copy(&many->arena, launches[i].path);
        launches[i].package = arena_copy(&many->arena, launches[i].package);
    }
    TRY(codec_pack(&launch_concept, launches, LARGE, &many->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    batch.subject = upload.epoch = given_bin(ident_bytes(&stage->devices[0]));
    batch.list = given_bin(buf_str(&frame));
    upload.batches = batches;
    upload.n_batches = 1;
    upload.sequence = 1 << 21;
    size_t len = custody__launch_upload__get_packed_size(&upload);
    char *at = arena_room(&many->arena, len);
    TRY(arena_end(&many->arena));
    custody__launch_upload__pack(&upload, (uint8_t *)at);
    many->body = str_bytes(at, len);
    return ERR_OK;
}

static err_t tenant_make(struct many *many, size_t number)
{
    struct stage *stage = &many->stage;
    struct tenant *tenant = &many->tenants[number];
    *tenant = (struct tenant){ident_new(env_real()), ident_new(env_real()), .state = STR("open"), .made = 1};
    tenant->name = arena_copy(&many->arena, str(ident_text("ten", tenant->id).text));
    TRY(store_tenant_put(stage->store, tenant));
    return store_write(stage->store, tenant->id, device_row, &stage->devices[0]);
}

static err_t tenant_chain(struct many *many, size_t number, const struct key *public)
{
    struct stage *stage = &many->stage;
    const struct tenant *tenant = &many->tenants[number];
    OWN(chain) chain = {.turn = 0};
    chain.place = (struct writing_place){tenant->id, stage->devices[0], stage->devices[0], day_of(hour_of(intake_now))};
    chain.realm = tenant->realm;
    TRY(chain_make(&stage->clock, public, &chain));
    chains_keep(stage->chains, &chain);
    return ERR_OK;
}

static err_t many_make(struct many *many)
{
    struct stage *stage = &many->stage;
    struct key seed, public, private;
    intake_now = env_real()->now(env_real());
    stage->devices[0] = ident_new(env_real());
    stage->makers[0] = (struct maker){.seed = 4};
    stage->clock = *env_real();
    stage->clock.now = clock_now;
    TRY(store_again(stage));
    TRY(leases_open(env_real(), &stage->leases));
    TRY(chains_open(&stage->clock, leases_turn(stage->leases), &stage->chains));
    key_random(env_real(), &seed);
    pair_from(&seed, &public, &private);
    for (size_t i = 0; i < many->count; i++)
        TRY(tenant_make(many, i));
    for (size_t i = 0; i < many->count; i++) /* these count for a minute */
        TRY(tenant_chain(many, i, &public));
    return large_body(many);
}

/* The next number of the epoch, in the four bytes where it stands. */
static void number_put(char *body, uint32_t number)
{
    for (int i = 0; i < 4; i++, number >>= 7)
        body[19 + i] = (char)((number & 127) | (i < 3 ? 128 : 0));
}

static err_t many_take(struct many *many, size_t turn)
{
    struct stage *stage = &many->stage;
    OWN(upload) upload = NULL;
    const struct desk desk = {&stage->clock, stage->store, NULL, NULL, stage->leases, stage->chains};
    struct desk own = desk;
    const struct intake intake = {many->tenants[turn % many->count].id, stage->devices[0], .body = many->body};
    number_put((char *)(uintptr_t)many->body.at, (1u << 21) + (uint32_t)(turn / many->count) + 1);
    TRY(launch_pack(&own, &intake, &upload));
    if (!upload)
        return fail(ERR_BROKEN, "a chain is not known");
    sem_wait(&stage->room);
    launch_send(give(upload), &(struct intake_end){settled, stage});
    return atomic_load(&stage->failed) ? fail(ERR_BROKEN, "an upload was refused") : ERR_OK;
}

/* A second of bare writes, each as long as an upload. */
static double bare_syncs(const struct many *many)
{
    char path[1100];
    int64_t from = now_ns(), count = 0;
    snprintf(path, sizeof path, "%s/bare", many->stage.folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    for (; now_ns() - from < 1000000000 && fd >= 0; count++)
        if (write(fd, many->body.at, many->body.len) != (ssize_t)many->body.len || fdatasync(fd) != 0)
            break;
    close(fd);
    return (double)count;
}

static err_t many_run(struct many *many, uint64_t seconds)
{
    struct stage *stage = &many->stage;
    size_t turn = 0;
    TRY(many_make(many));
    sem_init(&stage->room, 0, TENANTS_IN_FLIGHT);
    for (; turn < many->count; turn++) /* each once, uncounted: files grow, chains get their rows */
        TRY(many_take(many, turn));
    int64_t from = now_ns(), cpu = cpu_us(RUSAGE_SELF);
    size_t first = turn;
    for (; now_ns() - from < (int64_t)seconds * 1000000000; turn++)
        TRY(many_take(many, turn));
    for (size_t i = 0; i < TENANTS_IN_FLIGHT; i++)
        sem_wait(&stage->room);
    double launches = (double)(turn - first) * LARGE, lasted = (double)(now_ns() - from) / 1e9;
    printf("%.0f %.0f %.0f\n", launches / lasted, launches * 1e6 / (double)(cpu_us(RUSAGE_SELF) - cpu),
           bare_syncs(many) * LARGE);
    return ERR_OK;
}

static err_t many_ask(char **arguments)
{
    static struct many many = {.arena = ARENA(64 * 1024 * 1024)};
    static ident_t device;
    static struct maker maker;
    uint64_t count = 0, seconds = 0;
    TRY(str_number(str(arguments[1]), 20000, &count));
    TRY(str_number(str(arguments[2]), 60, &seconds));
    snprintf(many.stage.folder, sizeof many.stage.folder, "%s", arguments[0]);
    many.stage.devices = &device;
    many.stage.makers = &maker;
    many.count = count;
    many.tenants = calloc(count, sizeof *many.tenants);
    TRY(crypt_start());
    return many.tenants ? many_run(&many, seconds) : fail(ERR_BUSY, "no memory");
}

int main(int argc, char **argv)
{
    err_t result = argc == 3 && !strcmp(argv[1], "dictionary") ? dictionary(argv[2])
                   : argc == 5 && !strcmp(argv[1], "corpus")   ? corpus_ask(argv + 2)
                   : argc == 5 && !strcmp(argv[1], "tenants")
                       ? many_ask(argv + 2)
                       : fail(ERR_INVALID, "bench-launches dictionary FILE | corpus FOLDER DEVICES DAYS"
                                           " | tenants FOLDER TENANTS SECONDS");
    if (result != ERR_OK)
        fprintf(stderr, "bench-launches: %s\n", err_note());
    return err_info(result)->exit;
}
