/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/opened.h"

#include "base/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { STRIPES = 64, WAYS = 4, SETS = OPENED_SLOTS / WAYS, PLACE = 16, SIZE = OPENED_SLOTS * 48 };

struct slot {
    uint8_t place[PLACE]; /* zero: nothing is here */
    struct key sealed;
};
_Static_assert(sizeof(struct slot) * OPENED_SLOTS == SIZE, "as it is said in the header");

struct opened {
    struct slot *slots;
    pthread_mutex_t stripes[STRIPES];
    atomic_uint_least64_t turn;
    atomic_bool used, looked; /* since it was forgotten; since the last minute began */
};

void opened_drop(struct opened **opened)
{
    if (!*opened)
        return;
    if ((*opened)->slots) {
        explicit_bzero((*opened)->slots, SIZE);
        munmap((*opened)->slots, SIZE);
    }
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_destroy(&(*opened)->stripes[i]);
    free(*opened);
    *opened = NULL;
}

err_t opened_make(struct opened **out_opened)
{
    OWN(opened) opened = calloc(1, sizeof *opened);
    if (!opened)
        return fail(ERR_BUSY, "no memory for what was opened");
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_init(&opened->stripes[i], NULL);
    void *slots =
        mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (slots == MAP_FAILED)
        return fail(ERR_BUSY, "no memory for what was opened");
    opened->slots = slots;
    (void)madvise(slots, SIZE, MADV_DONTDUMP); /* it is sealed: no more than a hint */
    *out_opened = give(opened);
    return ERR_OK;
}

void opened_name(const struct key *private, str_t sealed, str_t box, struct opened_name *out_name)
{
    OWN(buf) both = BUF(4096);
    buf_put(&both, sealed);
    buf_put(&both, box);
    key_derive(private, "a box that was opened", buf_str(&both), &out_name->pad);
    key_derive(&out_name->pad, "where it is kept", STR(""), &out_name->place);
}

void opened_name_drop(struct opened_name *name) { explicit_bzero(name, sizeof *name); }

uint64_t opened_turn(struct opened *opened) { return opened ? atomic_load(&opened->turn) : 0; }

/* A name's set of WAYS slots, with its stripe locked. */
static struct slot *set_lock(struct opened *opened, const struct opened_name *name)
{
    uint32_t number;
    memcpy(&number, name->place.bytes + PLACE, sizeof number);
    number %= SETS;
    pthread_mutex_lock(&opened->stripes[number % STRIPES]);
    return &opened->slots[(size_t)number * WAYS];
}

static void set_unlock(struct opened *opened, const struct slot *set)
{
    pthread_mutex_unlock(&opened->stripes[(size_t)(set - opened->slots) / WAYS % STRIPES]);
}

bool opened_find(struct opened *opened, const struct opened_name *name, struct key *out_key)
{
    bool found = false;
    if (!opened || !atomic_load(&opened->used))
        return false;
    const struct slot *set = set_lock(opened, name);
    for (int i = 0; i < WAYS && !found; i++) {
        found = !memcmp(set[i].place, name->place.bytes, PLACE);
        if (found)
            key_mix(&set[i].sealed, &name->pad, out_key);
    }
    set_unlock(opened, set);
    if (found && !atomic_load(&opened->looked))
        atomic_store(&opened->looked, true);
    return found;
}

/* The first that is empty; where none is, one that the name picks. */
static struct slot *slot_for(struct slot *set, const struct opened_name *name)
{
    static const uint8_t empty[PLACE];
    for (int i = 0; i < WAYS; i++)
        if (!memcmp(set[i].place, empty, PLACE))
            return &set[i];
    return &set[name->place.bytes[KEY_SIZE - 1] % WAYS];
}

void opened_keep(struct opened *opened, uint64_t turn, const struct opened_name *name, const struct key *key)
{
    if (!opened)
        return;
    struct slot *set = set_lock(opened, name);
    if (turn == atomic_load(&opened->turn)) {
        struct slot *slot = slot_for(set, name);
        memcpy(slot->place, name->place.bytes, PLACE);
        key_mix(key, &name->pad, &slot->sealed);
        atomic_store(&opened->used, true);
        atomic_store(&opened->looked, true);
    }
    set_unlock(opened, set);
}

/* Who keeps something looks at the turn with a stripe locked: once all of them were locked, nothing of before comes any more. */
void opened_forget(struct opened *opened)
{
    if (!opened)
        return;
    atomic_fetch_add(&opened->turn, 1);
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_lock(&opened->stripes[i]);
    if (atomic_exchange(&opened->used, false)) {
        explicit_bzero(opened->slots, SIZE);
        (void)madvise(opened->slots, SIZE,
                      MADV_DONTNEED); /* memory that is not given back is empty all the same */
    }
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_unlock(&opened->stripes[i]);
}

void opened_rest(struct opened *opened)
{
    if (opened && !atomic_exchange(&opened->looked, false) && atomic_load(&opened->used))
        opened_forget(opened);
}
