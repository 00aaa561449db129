/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/journal.h"

#include "base/limits.h"
#include "concept/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
    HALF = 2 * 1024 * 1024,
    HEAD = 4096,
    ENTRY_MAX = 64 * 1024,
    HAND_OVER_MAX = 64 * 1024 * 1024,
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

/* What an entry is before it is sealed; the packed list of one launch, without `at` and `count`, stands behind it. */
struct entry {
    ident_t subject;
    int64_t at;
    uint64_t count;
};

void journal_drop(struct journal **journal)
{
    if (!*journal)
        return;
    if ((*journal)->head)
        munmap((*journal)->head, HEAD + 2 * HALF);
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
    const struct entry entry = {subject, launch->at, launch->count ? (uint64_t)launch->count : 1};
    bare.at = 0;
    bare.count = 0;
    buf_put(&plain, str_bytes(&entry, sizeof entry));
    TRY(codec_pack(&launch_concept, &bare, 1, &arena, &plain));
    aead_seal(journal->env, &journal->key, STR("launch"), buf_str(&plain), out_sealed);
    return buf_end(out_sealed);
}

static bool entry_append(struct journal *journal, str_t sealed)
{
    struct head *head = journal->head;
    pthread_mutex_lock(&journal->lock);
    uint32_t half = atomic_load(&head->active), used = atomic_load(&head->used[half]),
             len = (uint32_t)sealed.len;
    bool fits = sealed.len + sizeof len <= HALF - used;
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
    if (entry_seal(journal, subject, launch, &sealed) != ERR_OK || !entry_append(journal, buf_str(&sealed)))
        journal_count_lost(journal, 1);
}

/* Handing over */

struct line {
    struct entry entry;
    str_t packed;
};

struct lines {
    arena_t arena;
    struct line *at;
    size_t count;
};
typedef struct lines lines_own;
static void lines_drop(struct lines *lines) { arena_drop(&lines->arena); }

static bool line_next(str_t *rest, str_t *out_sealed)
{
    uint32_t len;
    if (rest->len < sizeof len)
        return false;
    memcpy(&len, rest->at, sizeof len);
    if (len > rest->len - sizeof len)
        return false;
    *out_sealed = (str_t){rest->at + sizeof len, len};
    *rest = (str_t){rest->at + sizeof len + len, rest->len - sizeof len - len};
    return true;
}

/* An entry that does not open was written under another key, of an enrolment before this one: nobody can send it. */
static void line_open(const struct journal *journal, str_t sealed, struct lines *lines)
{
    buf_t plain = arena_buf(&lines->arena, sealed.len);
    if (aead_open(&journal->key, STR("launch"), sealed, &plain) != ERR_OK || plain.len < sizeof(struct entry))
        return;
    struct line *line = &lines->at[lines->count++];
    memcpy(&line->entry, plain.at, sizeof line->entry);
    line->packed = (str_t){plain.at + sizeof line->entry, plain.len - sizeof line->entry};
}

static err_t lines_read(const struct journal *journal, uint32_t half, struct lines *lines)
{
    str_t rest = {journal->halves[half], atomic_load(&journal->head->used[half])}, sealed;
    size_t count = 0;
    for (str_t counted = rest; line_next(&counted, &sealed);)
        count++;
    lines->at = arena_array(&lines->arena, struct line, count + 1);
    while (lines->at && line_next(&rest, &sealed))
        line_open(journal, sealed, lines);
    return arena_end(&lines->arena);
}

static int64_t minute_of(const struct line *line) { return line->entry.at / MINUTES(1); }

static int by_subject_and_what(const void *a, const void *b)
{
    const struct line *one = a, *other = b;
    int order = memcmp(&one->entry.subject, &other->entry.subject, sizeof(ident_t));
    if (!order)
        order = (minute_of(one) > minute_of(other)) - (minute_of(one) < minute_of(other));
    if (!order)
        order = (one->packed.len > other->packed.len) - (one->packed.len < other->packed.len);
    if (!order)
        order = memcmp(one->packed.at, other->packed.at, one->packed.len);
    return order ? order : (one->entry.at > other->entry.at) - (one->entry.at < other->entry.at);
}

static bool is_equal(const struct line *a, const struct line *b)
{
    return ident_eq(a->entry.subject, b->entry.subject) && minute_of(a) == minute_of(b) &&
           str_eq(a->packed, b->packed);
}

static void lines_merge(struct lines *lines)
{
    size_t kept = 0;
    qsort(lines->at, lines->count, sizeof *lines->at, by_subject_and_what);
    for (size_t i = 0; i < lines->count; i++)
        if (kept && is_equal(&lines->at[kept - 1], &lines->at[i]))
            lines->at[kept - 1].entry.count += lines->at[i].entry.count;
        else
            lines->at[kept++] = lines->at[i];
    lines->count = kept;
}

static int by_moment(const void *a, const void *b)
{
    const struct launch *one = a, *other = b;
    return (one->at > other->at) - (one->at < other->at);
}

static err_t launch_read(const struct line *line, arena_t *arena, struct launch *out_launch)
{
    void *records;
    size_t count;
    TRY(codec_unpack(&launch_concept, line->packed, arena, &records, &count));
    if (count != 1)
        return fail(ERR_BROKEN, "an entry of %zu launches", count);
    *out_launch = *(struct launch *)records;
    out_launch->at = line->entry.at;
    out_launch->count = line->entry.count > 1 ? (int64_t)line->entry.count : 0;
    return ERR_OK;
}

/* The lines of one subject, from `from` on. */
static err_t part_make(struct lines *lines, size_t from, size_t count, struct journal_part *out_part)
{
    struct launch *launches = arena_array(&lines->arena, struct launch, count);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_REPORT);
    if (!launches)
        return arena_end(&lines->arena);
    for (size_t i = 0; i < count; i++)
        TRY(launch_read(&lines->at[from + i], &lines->arena, &launches[i]));
    qsort(launches, count, sizeof *launches, by_moment);
    TRY(codec_pack(&launch_concept, launches, count, &lines->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_part =
        (struct journal_part){lines->at[from].entry.subject, arena_copy(&lines->arena, buf_str(&frame))};
    return arena_end(&lines->arena);
}

static err_t parts_make(struct lines *lines, struct journal_batch *batch)
{
    struct journal_part *parts = arena_array(&lines->arena, struct journal_part, lines->count + 1);
    if (!parts)
        return arena_end(&lines->arena);
    for (size_t from = 0, count; from < lines->count; from += count) {
        for (count = 1; from + count < lines->count && count < MAX_ITEM_ENTRIES &&
                        ident_eq(lines->at[from + count].entry.subject, lines->at[from].entry.subject);)
            count++;
        TRY(part_make(lines, from, count, &parts[batch->count++]));
    }
    batch->parts = parts;
    return ERR_OK;
}

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

static err_t slice_put(struct journal *journal, struct lines *slice, uint64_t number,
                       const struct journal_out *out)
{
    struct journal_batch batch = {.number = number};
    err_t made = parts_make(slice, &batch);
    err_t done = made == ERR_OK ? out->put(out->with, &batch) : made;
    if (done != ERR_BUSY && done != ERR_TOO_LARGE)
        return done;
    journal_count_lost(journal, launches_in(slice));
    return ERR_OK;
}

static err_t half_hand_over(struct journal *journal, uint32_t half, const struct journal_out *out)
{
    OWN(lines) lines = {.arena = ARENA(HAND_OVER_MAX)};
    struct head *head = journal->head;
    if (!atomic_load(&head->used[half])) {
        half_empty(journal, half);
        return ERR_OK;
    }
    if (!atomic_load(&head->given[half]))
        atomic_store(&head->given[half], atomic_load(&head->number));
    uint64_t number = atomic_load(&head->given[half]);
    TRY(lines_read(journal, half, &lines));
    lines_merge(&lines);
    for (size_t from = 0; from < lines.count; from += BATCH_LAUNCHES, number++) {
        size_t count = lines.count - from < BATCH_LAUNCHES ? lines.count - from : BATCH_LAUNCHES;
        OWN(lines) slice = {.arena = ARENA(HAND_OVER_MAX), .at = lines.at + from, .count = count};
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
