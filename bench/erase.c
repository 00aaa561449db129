/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-erase FOLDER DEVICES: what it takes to destroy all keys of a client with so many devices, each with three subjects
 * (its own, a person's, their launches), beside OTHERS other clients in the same keyring. Timed is the whole request
 * erasure_mark: the mark, with its commitment and entries; the line of the erasure ledger; the commit that deletes the
 * keys of all shards, folded; the roll of the KEK. Files stand beneath FOLDER.
 *
 * Prints on one line: milliseconds of that; keys; milliseconds of the sweep of their cells afterwards, and of its longest
 * batch, which is for how long nobody else was answered.
 */
#include "bench/timing.h"
#include "keyring/given.h"

enum { OTHERS = 100, SUBJECTS = 3, BATCH = 4096, CELL_BYTES = 80 };

static char *text(const char *of) { return (char *)(uintptr_t)of; }

/* A batch of subjects, as enrolment leaves them: an entry and its sealed private key. */
struct batch {
    ident_t tenant;
    int64_t count;
};

static err_t batch_act(struct keyring *keyring, void *with)
{
    const struct batch *batch = with;
    struct db *db = keyring_db(keyring);
    for (int64_t i = 0; i < batch->count; i++) {
        ident_t id = ident_new(keyring_env(keyring));
        char sealed[CELL_BYTES];
        keyring_env(keyring)->random(keyring_env(keyring), sealed, sizeof sealed);
        TRY(db_do(
            db,
            "insert into entries (id, tenant, device, kind, public, made, epoch) values ($1, $2, $1, 'device',"
            " $3, 0, 1)",
            ID(id), ID(batch->tenant), B(str_bytes(sealed, KEY_SIZE))));
        TRY(cell_put(keyring, batch->tenant, id, CELL_ENTRY, str_bytes(sealed, sizeof sealed)));
    }
    return ERR_OK;
}

static err_t subjects_make(struct given *given, ident_t tenant, int64_t count)
{
    for (int64_t done = 0; done < count; done += BATCH) {
        struct batch batch = {tenant, count - done < BATCH ? count - done : BATCH};
        TRY(keyring_write(given->keyring, batch_act, &batch));
    }
    return ERR_OK;
}

static err_t keyring_given(struct given *given, struct env *env, const char *folder)
{
    *env = *env_real();
    env->hurried = true;
    given->env = env;
    given->arena.limit = 256 * 1024 * 1024;
    TRY(crypt_start());
    key_random(env, &given->root);
    TRY(keyring_open(env, folder, &given->root, &given->keyring));
    keyring_cooling_set(given->keyring, 0);
    return keyring_prepare(given->keyring);
}

static err_t others_make(struct given *given)
{
    for (int i = 0; i < OTHERS; i++) {
        char name[32];
        struct given_tenant other;
        snprintf(name, sizeof name, "other-%d", i);
        TRY(given_tenant(given, name, &other));
        TRY(subjects_make(given, other.id, 10));
    }
    return ERR_OK;
}

static err_t asked(struct given *given, const struct given_tenant *tenant, ProtobufCBinaryData *out_id)
{
    Keys__ErasureAsk in = KEYS__ERASURE_ASK__INIT;
    Keys__Erasure *erasure = NULL;
    in.bearer = text(tenant->cookie);
    in.typed = text(tenant->name);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(given, ASK_erasure_ask, &in, &erasure));
    *out_id = erasure->id;
    return ERR_OK;
}

static err_t destroyed(struct given *given, ProtobufCBinaryData id, double *out_ms)
{
    Keys__ErasureCounts in = KEYS__ERASURE_COUNTS__INIT;
    in.id = id;
    int64_t from = now_ns();
    TRY(given_asked(given, ASK_erasure_mark, &in, NULL));
    *out_ms = (double)(now_ns() - from) / 1e6;
    return ERR_OK;
}

static err_t swept(struct given *given, ProtobufCBinaryData id, double *out_ms, double *out_longest)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__ErasureSwept *swept = NULL;
    int64_t begin = now_ns();
    in.id = id;
    do {
        int64_t from = now_ns();
        TRY(given_asked(given, ASK_erasure_sweep, &in, &swept));
        double ms = (double)(now_ns() - from) / 1e6;
        *out_longest = ms > *out_longest ? ms : *out_longest;
    } while (swept->more);
    *out_ms = (double)(now_ns() - begin) / 1e6;
    return ERR_OK;
}

static err_t run(const char *folder, int64_t devices)
{
    OWN(given) given = {0};
    struct env env;
    struct given_tenant tenant;
    ProtobufCBinaryData id;
    double keys_ms = 0, sweep_ms = 0, longest = 0;
    TRY(keyring_given(&given, &env, folder));
    TRY(others_make(&given));
    TRY(given_open_tenant(&given, "large", &tenant));
    TRY(subjects_make(&given, tenant.id, devices * SUBJECTS));
    TRY(keyring_roll(
        given.keyring)); /* the log of writes is folded, as it is in a service that has run for an hour */
    TRY(asked(&given, &tenant, &id));
    TRY(destroyed(&given, id, &keys_ms));
    TRY(swept(&given, id, &sweep_ms, &longest));
    printf("%.3f %lld %.0f %.0f\n", keys_ms, (long long)(devices * SUBJECTS), sweep_ms, longest);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    uint64_t devices = 0;
    if (argc != 3 || str_number(str(argv[2]), 1000000, &devices) != ERR_OK) {
        fprintf(stderr, "bench-erase FOLDER DEVICES\n");
        return 2;
    }
    if (run(argv[1], (int64_t)devices) == ERR_OK)
        return 0;
    fprintf(stderr, "bench-erase: %s\n", err_note());
    return 1;
}
