/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/installed.h"

#include "base/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { ROOT_LEN = 256, AGAIN_S = 60 };

struct installed {
    char root[ROOT_LEN];
    pthread_rwlock_t lock;
    struct packages *packages; /* replaced beneath the lock */
    struct packages_changed seen;
    int64_t began; /* seconds, by the clock that only goes on */
    bool failed;
    pthread_t thread;
    bool runs;
    atomic_bool done;
    struct packages *found; /* by the thread */
};

void installed_drop(struct installed **installed)
{
    if (!*installed)
        return;
    if ((*installed)->runs)
        pthread_join((*installed)->thread, NULL);
    packages_drop(&(*installed)->found);
    packages_drop(&(*installed)->packages);
    pthread_rwlock_destroy(&(*installed)->lock);
    free(*installed);
    *installed = NULL;
}

static bool is_whole(const struct packages *packages)
{
    const struct packages_count count = packages_count(packages);
    return !count.broken && !count.cut;
}

err_t installed_open(const char *root, struct installed **out_installed)
{
    OWN(installed) installed = calloc(1, sizeof *installed);
    if (!installed)
        return fail(ERR_BUSY, "no memory for the packages");
    pthread_rwlock_init(&installed->lock, NULL);
    snprintf(installed->root, sizeof installed->root, "%s", root);
    installed->seen = packages_changed(root);
    err_t read = packages_read(root, &installed->packages);
    if (read != ERR_OK && read != ERR_MISSING)
        return read;
    installed->failed = !is_whole(installed->packages);
    *out_installed = give(installed);
    return ERR_OK;
}

/* Again */

static int64_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void *read_again(void *with)
{
    struct installed *installed = with;
    if (packages_read(installed->root, &installed->found) != ERR_OK)
        installed->found = NULL;
    atomic_store(&installed->done, true);
    return NULL;
}

static void again_begin(struct installed *installed)
{
    const struct packages_changed now = packages_changed(installed->root);
    bool moved = now.dpkg != installed->seen.dpkg || now.rpm != installed->seen.rpm;
    if (!moved && !(installed->failed && seconds_now() - installed->began >= AGAIN_S))
        return;
    installed->seen = now;
    installed->began = seconds_now();
    atomic_store(&installed->done, false);
    installed->runs = pthread_create(&installed->thread, NULL, read_again, installed) == 0;
}

static bool again_end(struct installed *installed)
{
    pthread_join(installed->thread, NULL);
    installed->runs = false;
    struct packages *fresh = give(installed->found);
    installed->failed = !fresh || !is_whole(fresh);
    if (!fresh || (packages_count(fresh).broken && packages_count(installed->packages).rpm)) {
        packages_drop(&fresh);
        return false;
    }
    pthread_rwlock_wrlock(&installed->lock);
    struct packages *old = installed->packages;
    installed->packages = fresh;
    pthread_rwlock_unlock(&installed->lock);
    packages_drop(&old);
    return true;
}

bool installed_refresh(struct installed *installed)
{
    if (!installed->runs)
        again_begin(installed);
    return installed->runs && atomic_load(&installed->done) && again_end(installed);
}

const struct packages *installed_hold(struct installed *installed)
{
    pthread_rwlock_rdlock(&installed->lock);
    return installed->packages;
}

void installed_leave(struct installed *installed) { pthread_rwlock_unlock(&installed->lock); }
