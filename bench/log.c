/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-log FOLDER SECONDS FLIGHT EACH RATE [waited]: evidence entries of one log, from acts to the signed checkpoint that
 * covers them. Real files beneath FOLDER, which is empty.
 *
 * One thread hands over acts of EACH entries by keyring_write_later(), each as soon as it is due, at most FLIGHT of them
 * outstanding: RATE entries a second, where there can be so many; 0 is as many as there can be. With `waited` there are
 * FLIGHT threads instead, and each waits for its act by keyring_write(), as the handlers of the keys process do.
 *
 * The jobs process is a process of its own, with the service's own code, on a socket pair. The rate is that of all entries
 * until the last one is signed and its checkpoint stands in the log's folder. The lag of an entry is from before its act
 * is asked for, which is a little before its commit, until whoever reads the folder each WATCH_US finds a checkpoint past
 * it.
 *
 * The peers, in the same run: bare write() and fdatasync() of the same bytes, as many entries at a time as there were in
 * a commit; and the two SHA-256 of each entry, its leaf and a node, by libsodium on one thread.
 *
 * Prints on one line: entries/s, the largest lag and its 99th percentile in ms, entries of a commit, bytes of an entry,
 * entries/s of bare fdatasync, entries/s of bare hashing, and us of CPU an entry, of both processes with all that offers
 * and watches.
 */
#include "bench/timing.h"
#include "custodyd/jobs.h"
#include "keyring/journal.h"
#include "keyring/serve.h"
#include "log/folder.h"
#include "log/read.h"
#include "sys/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MOST_FLIGHT = 4096, MOST_ENTRIES = 32 * 1024 * 1024, WATCH_US = 2000, PEER_NS = 1000 * 1000 * 1000 };

struct bench {
    struct env *env;
    struct keyring *keyring;
    struct log_folder log;
    ident_t tenant;
    size_t flight, each, rate;
    bool waited;
    sem_t room; /* for half of FLIGHT more acts */
    atomic_llong settled;
    bool between;                      /* the acts of two commits */
    atomic_bool stop, written, failed; /* written: all that was asked for is settled */
    int jobs[2];                       /* the channel: our end, theirs */
    pid_t pid;                         /* the jobs process */
    int64_t *times;                    /* of each entry, by its number: when it was asked for, then its lag */
    size_t entries, commits;
    atomic_size_t signed_size;
    int64_t last_signed;
};

/* Of one act at a time, and of the next one after it. */
struct writer {
    struct bench *bench;
    pthread_t thread;
    struct who who;
    struct mention on;
    int64_t begun, acts, asked;
};
static struct writer writers[MOST_FLIGHT + 1];

/* Acts of one commit run on one thread, that of one writer during one act of its own. */
static _Thread_local int64_t turn;

static err_t fault(const char *what) { return fail(ERR_BROKEN, "%s: %s", what, strerror(errno)); }

/* Whether the act is the first of its commit: those of a commit are settled before the next one's are run. */
static bool is_first(struct bench *bench)
{
    static int64_t turn_last;
    static pthread_t thread_last;
    bool first =
        bench->waited ? turn_last != turn || !pthread_equal(thread_last, pthread_self()) : bench->between;
    bench->between = false;
    turn_last = turn;
    thread_last = pthread_self();
    return first;
}

static err_t entries_act(struct keyring *keyring, void *with)
{
    const struct writer *writer = with;
    struct bench *bench = writer->bench;
    struct ask ask = {.keyring = keyring, .env = bench->env, .db = keyring_db(keyring)};
    for (size_t i = 0; i < bench->each; i++) {
        TRY(journal_one(&ask, &writer->who, ACT_DEVICE_APPROVED, writer->on));
        bench->times[bench->entries++] = writer->asked;
    }
    bench->commits += is_first(bench);
    return bench->entries + bench->each < MOST_ENTRIES ? ERR_OK : fail(ERR_TOO_LARGE, "too many entries");
}

/* The next act is due when those before it were due, at the rate of so many writers; who is late does not wait. */
static void due_wait(const struct writer *writer, size_t among)
{
    const struct bench *bench = writer->bench;
    if (!bench->rate)
        return;
    int64_t entries = writer->acts * (int64_t)(among * bench->each);
    int64_t early = writer->begun + entries * INT64_C(1000000000) / (int64_t)bench->rate - now_ns();
    if (early > 0)
        usleep((useconds_t)(early / 1000));
}

static void failed(struct bench *bench, const char *note)
{
    fprintf(stderr, "bench-log: %s\n", note);
    bench->failed = true;
}

static void *writer_run(void *with)
{
    struct writer *writer = with;
    struct bench *bench = writer->bench;
    for (writer->begun = now_ns(); !bench->stop && !bench->failed; writer->acts++) {
        due_wait(writer, bench->flight);
        turn++;
        writer->asked = now_ns();
        if (keyring_write(bench->keyring, entries_act, writer) != ERR_OK)
            failed(bench, err_note());
    }
    return NULL;
}

static size_t half_of(const struct bench *bench) { return (bench->flight + 1) / 2; }

/* Room is told of by halves: to be woken for each act would cost as much as the act does. */
static void settled(void *with, err_t result, const char *note)
{
    struct bench *bench = ((struct writer *)with)->bench;
    bench->between = true;
    if (result != ERR_OK)
        failed(bench, note);
    if (++bench->settled % (long long)half_of(bench) == 0)
        sem_post(&bench->room);
}

/* Acts are settled in the order in which they are handed over: where there is room for half of them, those writers have
 * settled their last. */
static void *hand_over_run(void *with)
{
    struct bench *bench = with;
    int64_t half = (int64_t)half_of(bench);
    struct writer pace = {.bench = bench, .begun = now_ns()};
    for (; !bench->stop && !bench->failed; pace.acts++) {
        struct writer *writer = &writers[pace.acts % (2 * half)];
        due_wait(&pace, 1);
        if (pace.acts % half == 0)
            sem_wait(&bench->room);
        writer->asked = now_ns();
        if (keyring_write_later(bench->keyring, &(struct keyring_later){entries_act, settled, writer}) !=
            ERR_OK)
            failed(bench, err_note());
    }
    while (bench->settled < pace.acts && !bench->failed)
        usleep(WATCH_US);
    return NULL;
}

/* As a thread of the keys process answers the jobs process. */
static void *answer_run(void *with)
{
    struct bench *bench = with;
    for (;;) {
        OWN(buf) packed = BUF(MAX_ASK);
        OWN(buf) body = BUF(MAX_ASK);
        uint8_t number = 0, code = 0;
        if (frame_receive(bench->jobs[0], &number, &packed) != ERR_OK)
            return NULL;
        keys_answer(bench->keyring, &(struct asked){ASKER_JOBS, number, buf_str(&packed)}, &body, &code);
        if (frame_send(bench->jobs[0], code, buf_str(&body)) != ERR_OK)
            return NULL;
    }
}

static void *watch_run(void *with)
{
    struct bench *bench = with;
    for (size_t covered = 0; !bench->failed && !(bench->written && covered == bench->entries);) {
        uint64_t size = 0;
        usleep(WATCH_US);
        if (waitpid(bench->pid, NULL, WNOHANG) == bench->pid)
            failed(bench, "the jobs process has ended");
        if (log_size(&bench->log, &size) != ERR_OK)
            continue;
        int64_t now = now_ns();
        for (; covered < size; covered++)
            bench->times[covered] = now - bench->times[covered];
        bench->signed_size = size;
        bench->last_signed = now;
    }
    return NULL;
}

/* What the jobs process keeps beneath FOLDER. */
struct places {
    char logs[1024], store[1024], snapshots[1024];
};

static err_t places_make(const char *folder, struct places *out)
{
    snprintf(out->logs, sizeof out->logs, "%s/log", folder);
    snprintf(out->store, sizeof out->store, "%s/store", folder);
    snprintf(out->snapshots, sizeof out->snapshots, "%s/snapshots", folder);
    const char *const made[] = {out->logs, out->store, out->snapshots};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (mkdir(made[i], 0755) != 0)
            return fault(made[i]);
    return ERR_OK;
}

_Noreturn static void jobs_run(const struct bench *bench, const struct places *places, int stop)
{
    struct channel channel = {bench->jobs[1]};
    struct jobs jobs = {.env = env_real(),
                        .channel = &channel,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .stop = stop,
                        .logs = places->logs,
                        .store_folder = places->store,
                        .snapshots = places->snapshots,
                        .settings = STR("")};
    err_t result = jobs_serve(&jobs);
    if (result != ERR_OK)
        fprintf(stderr, "bench-log: jobs: %s\n", err_note());
    _exit(result != ERR_OK);
}

/* The process ends with the pipe, as it does in the service. */
static err_t jobs_start(struct bench *bench, const struct places *places, int stop[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bench->jobs) != 0 || pipe2(stop, O_CLOEXEC) != 0)
        return fault("no channel");
    bench->pid = fork();
    if (bench->pid < 0)
        return fault("no process");
    if (bench->pid == 0) {
        close(stop[1]);
        close(bench->jobs[0]);
        jobs_run(bench, places, stop[0]);
    }
    close(stop[0]);
    close(bench->jobs[1]);
    return ERR_OK;
}

static err_t keyring_start(struct bench *bench, const char *folder)
{
    OWN(key) root;
    char path[1024];
    snprintf(path, sizeof path, "%s/keyring", folder);
    if (mkdir(path, 0700) != 0)
        return fault(path);
    key_random(bench->env, &root);
    TRY(keyring_open(bench->env, path, &root, &bench->keyring));
    return keyring_prepare(bench->keyring);
}

static void writers_make(struct bench *bench)
{
    for (size_t i = 0; i < 2 * half_of(bench); i++) {
        struct writer *writer = &writers[i];
        *writer = (struct writer){.bench = bench, .on = {"dev", ident_new(bench->env)}};
        writer->who = (struct who){.tenant = bench->tenant,
                                   .member = ident_new(bench->env),
                                   .session = ident_new(bench->env),
                                   .is_user = true};
    }
}

static void writers_run(struct bench *bench, unsigned seconds)
{
    size_t threads = bench->waited ? bench->flight : 1, started = 0;
    writers_make(bench);
    for (; started < threads; started++)
        if (pthread_create(&writers[started].thread, NULL, bench->waited ? writer_run : hand_over_run,
                           bench->waited ? (void *)&writers[started] : bench) != 0)
            break;
    sleep(seconds);
    bench->stop = true;
    for (size_t i = 0; i < started; i++)
        pthread_join(writers[i].thread, NULL);
    bench->written = true;
}

/* The writers for so long, and then until what they wrote is signed. */
static err_t ours(struct bench *bench, const char *folder, unsigned seconds, double *out_rate)
{
    struct places places;
    int stop[2];
    pthread_t answering, watching;
    TRY(places_make(folder, &places));
    TRY(jobs_start(bench, &places, stop));
    TRY(keyring_start(bench, folder));
    TRY(log_folder_at(bench->env, places.logs, ident_text("ten", bench->tenant).text, &bench->log));
    if (pthread_create(&answering, NULL, answer_run, bench) != 0 ||
        pthread_create(&watching, NULL, watch_run, bench) != 0)
        return fault("no thread");
    int64_t from = now_ns();
    writers_run(bench, seconds);
    pthread_join(watching, NULL);
    *out_rate = (double)bench->entries * 1e9 / (double)(bench->last_signed - from);
    close(stop[1]);
    waitpid(bench->pid, NULL, 0);
    pthread_join(answering, NULL);
    keyring_drop(&bench->keyring);
    return bench->failed ? fail(ERR_BROKEN, "an act was not done") : ERR_OK;
}

static err_t bare_sync(const char *folder, size_t len, double *out_rate)
{
    OWN(buf) bytes = BUF(len);
    char path[1024];
    snprintf(path, sizeof path, "%s/bare", folder);
    const char *at = buf_room(&bytes, len);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || !at)
        return fault(path);
    int64_t from = now_ns(), count = 0;
    for (; now_ns() - from < PEER_NS; count++)
        if (write(fd, at, len) != (ssize_t)len || fdatasync(fd) != 0)
            return fault(path);
    *out_rate = (double)count * 1e9 / (double)(now_ns() - from);
    close(fd);
    return ERR_OK;
}

static double bare_hashing(size_t len)
{
    unsigned char entry[ENTRY_MAX] = {0}, node[2 * DIGEST_SIZE + 1] = {1};
    int64_t from = now_ns(), count = 0;
    for (; now_ns() - from < PEER_NS; count++) {
        crypto_hash_sha256(node + 1, entry, len + 1);
        crypto_hash_sha256(entry + 1, node, sizeof node);
    }
    return (double)count * 1e9 / (double)(now_ns() - from);
}

static size_t entry_length(struct bench *bench)
{
    OWN(buf) line = BUF(ENTRY_MAX);
    const struct mention on = {"dev", bench->tenant};
    const struct entry entry = {ACT_DEVICE_APPROVED,
                                .at = bench->env->now(bench->env),
                                .by = {"usr", bench->tenant},
                                .session = bench->tenant,
                                .on = &on,
                                .on_count = 1};
    entry_put(&entry, bench->entries, &line);
    return line.len;
}

/* Of this process and of those that have ended. */
static double cpu_us(void)
{
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    double spent = 0;
    for (size_t i = 0; i < 2; i++) {
        struct rusage usage = {0};
        getrusage(whose[i], &usage);
        spent += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6;
        spent += (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    }
    return spent;
}

static err_t run(struct bench *bench, const char *folder, unsigned seconds)
{
    double rate = 0, syncs = 0;
    TRY(crypt_start());
    bench->tenant = ident_new(bench->env);
    bench->times = calloc(MOST_ENTRIES, sizeof *bench->times);
    if (!bench->times)
        return fail(ERR_BUSY, "no memory");
    TRY(ours(bench, folder, seconds, &rate));
    double cpu = cpu_us() / (double)bench->entries;
    size_t len = entry_length(bench), together = bench->entries / bench->commits;
    TRY(bare_sync(folder, len * together, &syncs));
    printf("%.0f %.1f %.1f %zu %zu %.0f %.0f %.2f\n", rate,
           (double)percentile(bench->times, bench->entries, 100) / 1e6,
           (double)percentile(bench->times, bench->entries, 99) / 1e6, together, len,
           syncs * (double)together, bare_hashing(len), cpu);
    free(bench->times);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    struct bench bench = {.env = env_real(), .between = true};
    uint64_t seconds = 0, flight = 0, each = 0, rate = 0;
    bench.waited = argc == 7 && str_eq(str(argv[6]), STR("waited"));
    bool fits = (argc == 6 || bench.waited) && str_number(str(argv[2]), 600, &seconds) == ERR_OK &&
                str_number(str(argv[3]), MOST_FLIGHT, &flight) == ERR_OK && flight &&
                str_number(str(argv[4]), 4096, &each) == ERR_OK &&
                str_number(str(argv[5]), 1000 * 1000, &rate) == ERR_OK;
    if (!fits) {
        fprintf(stderr, "bench-log FOLDER SECONDS FLIGHT EACH RATE [waited]\n");
        return 2;
    }
    bench.flight = flight;
    bench.each = each;
    bench.rate = rate;
    sem_init(&bench.room, 0, 2);
    memory_keep(); /* as each process of custodyd does */
    err_t result = run(&bench, argv[1], (unsigned)seconds);
    if (result != ERR_OK)
        fprintf(stderr, "bench-log: %s\n", err_note());
    return err_info(result)->exit;
}
