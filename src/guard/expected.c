/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/expected.h"

#include <pthread.h>

enum { PLACES = 4096, NEAR = 8 };

struct expected {
    pthread_mutex_t lock;
    struct expectation places[PLACES];
};

void expected_drop(struct expected **expected)
{
    if (!*expected)
        return;
    pthread_mutex_destroy(&(*expected)->lock);
    free(*expected);
    *expected = NULL;
}

err_t expected_open(struct expected **out_expected)
{
    struct expected *expected = calloc(1, sizeof *expected);
    if (!expected)
        return fail(ERR_BUSY, "no memory for expectations");
    pthread_mutex_init(&expected->lock, NULL);
    *out_expected = expected;
    return ERR_OK;
}

/* Pids follow each other: neighbours lie beside each other, and what comes PLACES later finds the place free again. */
static struct expectation *place_near(struct expected *expected, pid_t pid, size_t i)
{
    return &expected->places[((size_t)pid + i) % PLACES];
}

static struct expectation *place_of(struct expected *expected, pid_t pid)
{
    for (size_t i = 0; i < NEAR; i++)
        if (place_near(expected, pid, i)->pid == pid)
            return place_near(expected, pid, i);
    return NULL;
}

static struct expectation *place_free(struct expected *expected, pid_t pid)
{
    struct expectation *oldest = place_near(expected, pid, 0);
    for (size_t i = 0; i < NEAR; i++) {
        struct expectation *place = place_near(expected, pid, i);
        if (!place->pid || place->since < oldest->since)
            oldest = place;
    }
    return oldest;
}

void expected_put(struct expected *expected, const struct expectation *expectation)
{
    pthread_mutex_lock(&expected->lock);
    struct expectation *place = place_of(expected, expectation->pid);
    if (!place)
        place = place_free(expected, expectation->pid);
    *place = *expectation;
    pthread_mutex_unlock(&expected->lock);
}

static bool is_fulfilled(const struct expectation *one, const struct began *began)
{
    return one->since <= began->at && began->at - one->since < EXPECTED_SECONDS * INT64_C(1000000000) &&
           (!one->number || one->number == began->number);
}

bool expected_take(struct expected *expected, const struct began *began, struct expectation *out_expectation)
{
    pthread_mutex_lock(&expected->lock);
    struct expectation *place = place_of(expected, began->pid);
    bool fulfilled = place && is_fulfilled(place, began);
    if (fulfilled)
        *out_expectation = *place;
    if (place)
        place->pid = 0;
    pthread_mutex_unlock(&expected->lock);
    return fulfilled;
}
