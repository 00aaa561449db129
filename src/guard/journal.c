/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/journal.h"

#include "concept/codec.h"
#include "govern/rules.h"
#include "guard/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
    HALF = 2 * 1024 * 1024,
    HALF_GRAVE = HALF / 8, /* of it, for refusals and elevations alone */
    HEAD = 4096,
    ENTRY_MAX = 64 * 1024,
    BATCH_LAUNCHES = 4000,
    LOCK_TRIES = 20,
    LOCK_WAIT_MS = 50
};

#define FORM UINT64_C(0x31304c4e524a4443) /* CDJRNL01 */

struct head {
    uint64_t form;
    _Atomic uint64_t number; /* of the next batch */
    _Atomic uint64_t lost;
    /* Of a half that is being handed over: the number of its first batch, and the one after its last; 0: it is not. */
    _Atomic uint64_t given[2], end[2];
    _Atomic uint32_t active;  /* the half that is written */
    _Atomic uint32_t used[2]; /* bytes of each: what is past that was never finished */
};

struct journal {
    struct env *env;
    struct key key;
    int fd;
    pthread_mutex_t lock; /* of writers */
    struct head *head;
    char *halves[2];
};

void journal_drop(struct journal **journal)
{
    if (!*journal)
        return;
    if ((*journal)->head)
        munmap((*journal)->head, HEAD + 2 * HALF);
    if ((*journal)->fd > 0)
        flock((*journal)->fd, LOCK_UN); /* a worker that cannot end has it open too */
    fd_drop(&(*journal)->fd);
    key_drop(&(*journal)->key);
    pthread_mutex_destroy(&(*journal)->lock);
    free(*journal);
    *journal = NULL;
}

static err_t file_take(const char *path, int *out_fd)
{
    struct stat about;
    OWN(fd) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fstat(fd, &about) != 0)
        return fail(ERR_BROKEN, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode) || about.st_uid != geteuid() || about.st_nlink != 1)
        return fail(ERR_INVALID, "%s is somebody else's: remove it", path);
    bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    for (int i = 0; i < LOCK_TRIES && !locked; i++) {
        usleep(LOCK_WAIT_MS * 1000); /* a worker whose watcher was killed ends a moment after it */
        locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    }
    if (!locked)
        return fail(ERR_BUSY, "another guard works with %s", path);
    if (about.st_size != HEAD + 2 * HALF && ftruncate(fd, HEAD + 2 * HALF) != 0)
        return fail(ERR_BUSY, "no room for %s: %s", path, strerror(errno));
    *out_fd = give(fd);
    return ERR_OK;
}

/* Of another form, or damaged: begun anew. */
static void head_check(struct head *head, uint64_t first)
{
    if (head->form == FORM && head->active < 2 && head->used[0] <= HALF && head->used[1] <= HALF)
        return;
    memset(head, 0, sizeof *head);
    atomic_store(&head->number, first);
    head->form = FORM;
}

err_t journal_open(const struct journal_ask *ask, struct journal **out_journal)
{
    OWN(journal) journal = calloc(1, sizeof *journal);
    if (!journal)
        return fail(ERR_BUSY, "no memory for the journal");
    journal->env = ask->env;
    journal->key = *ask->key;
    pthread_mutex_init(&journal->lock, NULL);
    TRY(file_take(ask->path, &journal->fd));
    if (posix_fallocate(journal->fd, 0, HEAD + 2 * HALF) != 0)
        return fail(ERR_BUSY, "no room for %s", ask->path);
    void *at = mmap(NULL, HEAD + 2 * HALF, PROT_READ | PROT_WRITE, MAP_SHARED, journal->fd, 0);
    if (at == MAP_FAILED)
        return fail(ERR_BUSY, "%s cannot be mapped: %s", ask->path, strerror(errno));
    journal->head = at;
    journal->halves[0] = (char *)at + HEAD;
    journal->halves[1] = (char *)at + HEAD + HALF;
    head_check(journal->head, ask->first);
    *out_journal = give(journal);
    return ERR_OK;
}

uint64_t journal_lost(const struct journal *journal) { return atomic_load(&journal->head->lost); }

void journal_count_lost(struct journal *journal, uint64_t count)
{
    atomic_fetch_add(&journal->head->lost, count);
}

bool journal_is_filling(const struct journal *journal)
{
    return atomic_load(&journal->head->used[atomic_load(&journal->head->active)]) > HALF / 4 * 3;
}

/* Writing */

static err_t entry_seal(struct journal *journal, ident_t subject, const struct launch *launch,
                        buf_t *out_sealed)
{
    OWN(arena) arena = ARENA(ENTRY_MAX * 4);
    OWN(buf) plain = BUF(ENTRY_MAX);
    struct launch bare = *launch;
    const struct line_entry entry = {subject, launch->at, launch->count ? (uint64_t)launch->count : 1};
    bare.at = 0;
    bare.count = 0;
    buf_put(&plain, str_bytes(&entry, sizeof entry));
    TRY(codec_pack(&launch_concept, &bare, 1, &arena, &plain));
    aead_seal(journal->env, &journal->key, LINE_BOUND, buf_str(&plain), out_sealed);
    return buf_end(out_sealed);
}

static bool is_grave(const struct launch *launch)
{
    return launch->decision == DECISION_DENY || launch->decision == DECISION_ELEVATE;
}

static bool entry_append(struct journal *journal, str_t sealed, bool grave)
{
    struct head *head = journal->head;
    pthread_mutex_lock(&journal->lock);
    uint32_t half = atomic_load(&head->active), used = atomic_load(&head->used[half]),
             len = (uint32_t)sealed.len;
    bool fits = used + sealed.len + sizeof len <= HALF - (grave ? 0 : HALF_GRAVE);
    if (fits) {
        memcpy(journal->halves[half] + used, &len, sizeof len);
        memcpy(journal->halves[half] + used + sizeof len, sealed.at, sealed.len);
        atomic_store(&head->used[half], used + len + (uint32_t)sizeof len);
    }
    pthread_mutex_unlock(&journal->lock);
    return fits;
}

void journal_add(struct journal *journal, ident_t subject, const struct launch *launch)
{
    OWN(buf) sealed = BUF(ENTRY_MAX + AEAD_EXTRA);
    if (entry_seal(journal, subject, launch, &sealed) != ERR_OK ||
        !entry_append(journal, buf_str(&sealed), is_grave(launch)))
        journal_count_lost(journal, 1);
}

/* Handing over */

static uint64_t launches_in(const struct lines *lines)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < lines->count; i++)
        sum += lines->at[i].entry.count;
    return sum;
}

/* A crash between any two of these is finished by the next hand-over, which finds no entries and a number. */
static void half_empty(struct journal *journal, uint32_t half)
{
    struct head *head = journal->head;
    atomic_store(&head->used[half], 0);
    if (atomic_load(&head->given[half]))
        atomic_store(&head->number, atomic_load(&head->end[half]));
    atomic_store(&head->given[half], 0);
}

static err_t batch_put(struct lines *lines, struct journal_batch *batch, const struct journal_out *out)
{
    TRY(lines_parts(lines, batch));
    return out->put(out->with, batch);
}

static bool has_no_room(err_t done) { return done == ERR_BUSY || done == ERR_TOO_LARGE; }

/* Those lines of a slice that are kept before all others, in their order. */
static void grave_take(const struct lines *slice, struct lines *grave)
{
    grave->at = arena_array(&grave->arena, struct line, slice->count);
    for (size_t i = 0; grave->at && i < slice->count; i++) {
        OWN(arena) arena = ARENA(ENTRY_MAX * 4);
        struct launch launch = {0};
        if (line_launch(&slice->at[i], &arena, &launch) == ERR_OK && is_grave(&launch))
            grave->at[grave->count++] = slice->at[i];
    }
}

/* In the order of what is lost: nothing; what is not grave; all. */
static err_t slice_put(struct journal *journal, struct lines *slice, uint64_t number,
                       const struct journal_out *out)
{
    struct journal_batch batch = {.number = number}, rest = {.number = number, .grave = true};
    OWN(lines) grave = {.arena = ARENA(LINES_MAX)};
    err_t done = batch_put(slice, &batch, out);
    if (!has_no_room(done))
        return done;
    grave_take(slice, &grave);
    done = grave.count ? batch_put(&grave, &rest, out) : done;
    if (done != ERR_OK && !has_no_room(done))
        return done;
    journal_count_lost(journal, launches_in(slice) - (done == ERR_OK ? launches_in(&grave) : 0));
    return ERR_OK;
}

static err_t half_hand_over(struct journal *journal, uint32_t half, const struct journal_out *out)
{
    OWN(lines) lines = {.arena = ARENA(LINES_MAX)};
    struct head *head = journal->head;
    if (!atomic_load(&head->used[half])) {
        half_empty(journal, half);
        return ERR_OK;
    }
    if (!atomic_load(&head->given[half]))
        atomic_store(&head->given[half], atomic_load(&head->number));
    uint64_t number = atomic_load(&head->given[half]);
    TRY(lines_read(&journal->key, str_bytes(journal->halves[half], atomic_load(&head->used[half])), &lines));
    lines_merge(&lines);
    for (size_t from = 0; from < lines.count; from += BATCH_LAUNCHES, number++) {
        size_t count = lines.count - from < BATCH_LAUNCHES ? lines.count - from : BATCH_LAUNCHES;
        OWN(lines) slice = {.arena = ARENA(LINES_MAX), .at = lines.at + from, .count = count};
        TRY(slice_put(journal, &slice, number, out));
    }
    atomic_store(&head->end[half], number);
    half_empty(journal, half);
    return ERR_OK;
}

static void halves_turn(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    atomic_store(&journal->head->active, 1 - atomic_load(&journal->head->active));
    pthread_mutex_unlock(&journal->lock);
}

/* What was left from before goes first: it may be all that there was room for. */
err_t journal_hand_over(struct journal *journal, const struct journal_out *out)
{
    TRY(half_hand_over(journal, 1 - atomic_load(&journal->head->active), out));
    halves_turn(journal);
    return half_hand_over(journal, 1 - atomic_load(&journal->head->active), out);
}
