/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/locks.h"

#include "keyring/behind.h"
#include "keyring/commit.h"
#include "keyring/rekey.h"

#include <pthread.h>

enum { HANDS = 4, SHARE_LEAST = 16 };

err_t locks_mention(struct ask *ask, const struct lock *locks, size_t count, struct entry *entry)
{
    struct mention *on = arena_array(ask->arena, struct mention, count);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < count; i++) {
        const struct lock *lock = &locks[i];
        entry->count += lock->sealed.at != NULL;
        if (lock->sealed.at && (!i || !ident_eq(lock->subject, lock[-1].subject)))
            on[entry->on_count++] = (struct mention){lock->is_device ? "dev" : "acc", lock->subject};
    }
    entry->on = on;
    return ERR_OK;
}

err_t opens_count(struct ask *ask, ident_t bearer, int64_t count, int64_t *out_sum)
{
    int64_t hour = ask->env->now(ask->env) / HOURS(1);
    TRY(db_do(ask->db,
              "insert into opens (bearer, hour, count) values ($1, $2, $3) on conflict (bearer) do update"
              " set count = case when hour = $2 then count + $3 else $3 end, hour = $2",
              ID(bearer), N(hour), N(count)));
    return db_number(ask->db, out_sum, "select count from opens where bearer = $1", ID(bearer));
}

err_t locks_told(struct ask *ask, const struct who *who, ident_t tenant, const struct entry *entry)
{
    int64_t sum = 0;
    ask->idle = !entry->count;
    if (!entry->count)
        return ERR_OK;
    TRY(store_abreast(ask, tenant));
    TRY(opens_count(ask, ident_is_zero(who->session) ? who->member : who->root, entry->count, &sum));
    if (sum > MAX_OPENS)
        return fail(ERR_BUSY, "%d records were opened within this hour: go on in the next", MAX_OPENS);
    return journal(ask, tenant, entry);
}

static err_t lock_open(const struct opener *opener, const struct lock *lock, struct key *out_private)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    err_t opened = box_open(opener->public, opener->private, lock->sealed, &plain);
    if (opened == ERR_LOCKED && opener->before)
        opened = box_open(&opener->before[0], &opener->before[1], lock->sealed, &plain);
    TRY(opened);
    return key_from(buf_str(&plain), out_private);
}

/* A share of the boxes: each is opened by one of HANDS threads, since that is nearly all the time that a list takes. */
struct share {
    const struct opener *opener;
    const ProtobufCBinaryData *boxes;
    size_t from, until;
    struct key *keys; /* of all boxes */
    bool *broken;     /* those that the subject's key does not open */
    err_t result;
    char note[256];
};

/* What stands in a box was written by whoever sealed it, an endpoint perhaps: one that is none says nothing of the others. */
static bool box_take(const struct lock *lock, const struct key *private, str_t box, struct key *out_key)
{
    OWN(buf) key = BUF(KEY_SIZE);
    return box_open(&lock->public, private, box, &key) == ERR_OK &&
           key_from(buf_str(&key), out_key) == ERR_OK;
}

/* A subject's half, opened for the first of its boxes that needs it. */
struct half {
    const struct lock *of;
    struct key private;
};
typedef struct half half_own;
static void half_drop(struct half *half) { key_drop(&half->private); }

static err_t half_open(const struct opener *opener, const struct lock *lock, struct half *half)
{
    if (half->of && ident_eq(half->of->subject, lock->subject))
        return ERR_OK;
    TRY(lock_open(opener, lock, &half->private));
    half->of = lock;
    return ERR_OK;
}

static err_t share_box(struct share *share, size_t i, struct half *half)
{
    const struct opener *opener = share->opener;
    const struct lock *lock = &opener->locks[i];
    const str_t box = bin(share->boxes[i]);
    OWN(opened_name) name = {{{0}}};
    if (opener->opened)
        opened_name(opener->private, lock->sealed, box, &name);
    if (opened_find(opener->opened, &name, &share->keys[i]))
        return ERR_OK;
    TRY(half_open(opener, lock, half));
    share->broken[i] = !box_take(lock, &half->private, box, &share->keys[i]);
    if (!share->broken[i])
        opened_keep(opener->opened, opener->turn, &name, &share->keys[i]);
    return ERR_OK;
}

static err_t share_open(struct share *share)
{
    OWN(half) half = {0};
    for (size_t i = share->from; i < share->until; i++)
        if (share->opener->locks[i].sealed.at)
            TRY(share_box(share, i, &half));
    return ERR_OK;
}

static void *share_run(void *with)
{
    struct share *share = with;
    share->result = share_open(share);
    if (share->result != ERR_OK)
        snprintf(share->note, sizeof share->note, "%s", err_note());
    return NULL;
}

/* A thread that cannot be had is no error: then this one opens its share as well. */
static err_t shares_open(struct share *shares, size_t count)
{
    pthread_t threads[HANDS];
    bool started[HANDS] = {false};
    for (size_t i = 1; i < count; i++)
        started[i] = pthread_create(&threads[i], NULL, share_run, &shares[i]) == 0;
    for (size_t i = 0; i < count; i++)
        if (!started[i])
            share_run(&shares[i]);
    for (size_t i = 1; i < count; i++)
        if (started[i])
            pthread_join(threads[i], NULL);
    for (size_t i = 0; i < count; i++)
        if (shares[i].result != ERR_OK)
            return fail(shares[i].result, "%s", shares[i].note);
    return ERR_OK;
}

static err_t opened_put(struct ask *ask, const struct opener *opener, struct key *keys, const bool *broken)
{
    Keys__Opened *out = ask->out;
    out->keys = arena_array(ask->arena, ProtobufCBinaryData, opener->count);
    out->broken = arena_array(ask->arena, uint32_t, opener->count);
    TRY(arena_end(ask->arena));
    for (; out->n_keys < opener->count; out->n_keys++) {
        bool open = opener->locks[out->n_keys].sealed.at && !broken[out->n_keys];
        out->keys[out->n_keys] = (ProtobufCBinaryData){open ? KEY_SIZE : 0, keys[out->n_keys].bytes};
        if (broken[out->n_keys])
            out->broken[out->n_broken++] = (uint32_t)out->n_keys;
    }
    return ERR_OK;
}

err_t locks_open(struct ask *ask, const struct opener *opener, const ProtobufCBinaryData *boxes)
{
    struct share shares[HANDS] = {{0}};
    size_t count = opener->count < HANDS * SHARE_LEAST ? 1 : HANDS;
    struct key *keys = arena_array(ask->arena, struct key, opener->count);
    bool *broken = arena_array(ask->arena, bool, opener->count);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < count; i++)
        shares[i] = (struct share){.opener = opener,
                                   .boxes = boxes,
                                   .from = opener->count * i / count,
                                   .until = opener->count * (i + 1) / count,
                                   .keys = keys,
                                   .broken = broken};
    TRY(shares_open(shares, count));
    return opened_put(ask, opener, keys, broken);
}

/* Reading the keyring and opening are apart, so that many can open at once. An act may be run again: what it finds is
 * found anew. */
struct opening {
    struct ask *ask;
    const struct opening_of *of;
    struct who who;
    struct key before[2];
    bool rotating;
    struct lock *locks;
    size_t count;
};

static err_t opening_told(const struct opening *opening)
{
    struct entry entry = {opening->of->act, .by = who_mention(&opening->who),
                          .session = opening->who.session};
    TRY(locks_mention(opening->ask, opening->locks, opening->count, &entry));
    return locks_told(opening->ask, &opening->who, opening->who.tenant, &entry);
}

static err_t locks_find(struct keyring *keyring, void *with)
{
    struct opening *opening = with;
    const Keys__Open *in = opening->ask->in;
    (void)keyring;
    right_t right = opening->of->right ? opening->of->right : RIGHT_READ;
    TRY(who_asks(opening->ask, in->bearer, right, &opening->who));
    TRY(tenant_before(opening->ask, &opening->who, opening->before, &opening->rotating));
    for (size_t i = 0; i < opening->count; i++) {
        struct lock *lock = &opening->locks[i];
        *lock = (struct lock){0};
        TRY(ident_from(bin(in->subjects[i]), &lock->subject));
        if (i && ident_eq(lock->subject, lock[-1].subject))
            *lock = lock[-1];
        else
            TRY(opening->of->find(opening->ask, &opening->who, lock));
    }
    return opening_told(opening);
}

err_t locks_answer(struct ask *ask, const struct opening_of *of)
{
    const Keys__Open *in = ask->in;
    if (in->n_subjects != in->n_boxes || in->n_boxes > MAX_ASK_IDS)
        return fail(ERR_INVALID, "as many subjects as boxes, at most %d", MAX_ASK_IDS);
    struct opening opening = {.ask = ask, .of = of, .count = in->n_boxes};
    opening.locks = arena_array(ask->arena, struct lock, opening.count);
    TRY(arena_end(ask->arena));
    struct opener opener = {.public = &opening.who.tenant_public,
                            .private = &opening.who.tenant_private,
                            .locks = opening.locks,
                            .count = opening.count,
                            .opened = ask->keyring->opened,
                            .turn = opened_turn(ask->keyring->opened)};
    err_t result = keyring_write(ask->keyring, locks_find, &opening); /* told before anything is opened */
    opener.before = opening.rotating ? opening.before : NULL;
    if (result == ERR_OK)
        result = locks_open(ask, &opener, in->boxes);
    who_drop(&opening.who);
    key_drop(&opening.before[1]);
    return result;
}
