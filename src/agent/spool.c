/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/spool.h"

#include "agent/place.h"
#include "base/limits.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { FILE_MAX = MAX_REPORT + AEAD_EXTRA, BOUND = sizeof(ident_t) + 8 };

void spool_drop(struct spool *spool) { key_drop(&spool->key); }

err_t spool_open(struct env *env, const char *folder, const struct state *state, struct spool *spool)
{
    const struct key_use use = {.name = "custody-agent spool", .of = ident_bytes(&state->epoch)};
    OWN(key) key;
    TRY(folder_key(env, folder, &use, &key));
    *spool =
        (struct spool){.env = env, .folder = folder, .epoch = state->epoch, .key = key, .limit = SPOOL_MAX};
    mkdir(place(folder, "spool").text, 0700); /* where it cannot be made, the first report says so */
    return ERR_OK;
}

static place_t file_of(const struct spool *spool, uint64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "spool/%08llu", (unsigned long long)number);
    return place(spool->folder, name);
}

/* What a sealed report is bound to. */
struct bound {
    char bytes[BOUND];
};

static struct bound bound_to(const struct spool *spool, uint64_t number)
{
    struct bound bound;
    memcpy(bound.bytes, spool->epoch.bytes, sizeof spool->epoch);
    for (size_t i = 0; i < 8; i++)
        bound.bytes[sizeof spool->epoch + i] = (char)(number >> (56 - 8 * i) & 0xff);
    return bound;
}

err_t spool_put(struct spool *spool, uint64_t number, str_t report)
{
    OWN(buf) sealed = BUF(FILE_MAX);
    struct bound bound = bound_to(spool, number);
    aead_seal(spool->env, &spool->key, str_bytes(bound.bytes, BOUND), report, &sealed);
    TRY(buf_end(&sealed));
    if (sealed.len > spool->limit - spool->put)
        return fail(ERR_TOO_LARGE, "the spool is full: what is unsent goes first");
    TRY(spool->env->write_file(spool->env, file_of(spool, number).text, buf_str(&sealed), 0600));
    spool->put += sealed.len;
    return ERR_OK;
}

err_t spool_get(const struct spool *spool, uint64_t number, buf_t *out_report)
{
    OWN(buf) sealed = BUF(FILE_MAX);
    struct bound bound = bound_to(spool, number);
    err_t read = spool->env->read_file(spool->env, file_of(spool, number).text, &sealed);
    if (read == ERR_MISSING || read == ERR_TOO_LARGE)
        return fail(ERR_LOCKED, "report %llu is not in the spool as it was put", (unsigned long long)number);
    TRY(read);
    return aead_open(&spool->key, str_bytes(bound.bytes, BOUND), buf_str(&sealed), out_report);
}

err_t spool_remove(const struct spool *spool, uint64_t number)
{
    return spool->env->remove_file(spool->env, file_of(spool, number).text);
}

static err_t look(const struct spool *spool, uint64_t number, bool *out_there)
{
    OWN(buf) sealed = BUF(FILE_MAX);
    err_t read = spool->env->read_file(spool->env, file_of(spool, number).text, &sealed);
    *out_there = read == ERR_OK || read == ERR_TOO_LARGE;
    return *out_there || read == ERR_MISSING ? ERR_OK : read;
}

/* From the highest down, so that a crash on the way leaves no gap behind which the rest is not found. */
static err_t clean_above(const struct spool *spool, uint64_t sequence)
{
    uint64_t end = sequence;
    for (bool there = true; there;)
        TRY(look(spool, ++end, &there));
    while (--end > sequence)
        TRY(spool_remove(spool, end));
    return ERR_OK;
}

/* Reports end from the lowest up: what is left of them ends at `answered`, without a gap. */
static err_t clean_below(const struct spool *spool, uint64_t answered)
{
    uint64_t from = answered;
    for (bool there = true; from && there; from -= there)
        TRY(look(spool, from, &there));
    while (++from <= answered)
        TRY(spool_remove(spool, from));
    return ERR_OK;
}

err_t spool_clean(const struct spool *spool, const struct state *state)
{
    TRY(clean_above(spool, state->sequence));
    return clean_below(spool, state->answered);
}

void spool_wipe(const char *folder)
{
    OWN(folder) files = opendir(place(folder, "spool").text);
    for (const struct dirent *entry; files && (entry = readdir(files));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(files), entry->d_name, 0);
}
