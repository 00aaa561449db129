/* SPDX-License-Identifier: Apache-2.0
 *
 * What whoever watches for files that were copied back is asked and given.
 */
#include "store/_files.h"

#include <sys/stat.h>

void store_watch(struct store *store, store_look_t look, void *with)
{
    store->look = look;
    store->look_with = with;
}

static ino_t inode_of(const struct file *file)
{
    struct stat about;
    return stat(file->path, &about) == 0 ? about.st_ino : 0;
}

static err_t counter_read(const struct file *file, int64_t *out_seq)
{
    return db_number(file->writer, out_seq, "select coalesce(max(seq), 0) from counters where tenant = $1",
                     ID(file->tenant));
}

/* The second look tells a mark that had grown meanwhile from a file that is older than it. */
err_t file_look(struct store *store, struct file *file)
{
    int64_t seq = 0, mark = 0;
    file->inode = inode_of(file);
    TRY(counter_read(file, &seq));
    if (store->look)
        TRY(store->look(store->look_with, file->tenant, seq, &mark));
    if (mark > seq)
        TRY(counter_read(file, &seq));
    if (store->look && mark > seq)
        TRY(store->look(store->look_with, file->tenant, seq, &mark));
    atomic_store(&file->high, seq);
    file->told = seq;
    return ERR_OK;
}

static void seen_take(struct file *file, struct store_seen *out_seen, size_t room, size_t *io_count)
{
    int64_t high = atomic_load(&file->high);
    if (high <= file->told || *io_count >= room)
        return;
    out_seen[(*io_count)++] = (struct store_seen){file->tenant, high};
    file->told = high;
}

void store_seen(struct store *store, struct store_seen *out_seen, size_t room, size_t *out_count)
{
    *out_count = 0;
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < MAX_OPEN_TENANTS; i++)
        for (struct file **link = &store->files[i], *file; (file = *link);) {
            bool gone = !file->users && inode_of(file) != file->inode;
            if (gone) {
                file_close(store, link);
                continue;
            }
            seen_take(file, out_seen, room, out_count);
            link = &file->beside;
        }
    pthread_mutex_unlock(&store->lock);
}

static err_t raise_act(struct tx *tx, void *with)
{
    int64_t seq = *(const int64_t *)with;
    tx->seq = tx->seq > seq ? tx->seq : seq;
    return ERR_OK;
}

err_t store_raise(struct store *store, ident_t tenant, int64_t seq)
{
    return store_write(store, tenant, raise_act, &seq);
}
