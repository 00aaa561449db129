/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-open FOLDER COUNT: what it takes to open one record with its entry in the journal, as the web process asks it:
 * one box, of one subject, over the socket pair to a keys process of its own, whose files stand beneath FOLDER. The
 * answer comes after the entry's commit. Takes turns with a bare write of an entry's bytes and fdatasync() in the same
 * folder; both one at a time. WARM opens go before: then the database's log has grown to its size and is written over, as
 * in a service that has run for a while. While it grows, also after each destruction, which empties it, an open takes
 * about twice as long.
 *
 * Prints on one line, in microseconds: p99 and median of opening, p99 and median of the bare one.
 */
#include "bench/timing.h"
#include "keyring/given.h"
#include "seal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MOST = 100 * 1000, ENTRY_BYTES = 192, WARM = 500 };

/* A keyring with a tenant, an owner in session, and an endpoint with a record that is sealed to it. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
    char folder[1024];
    buf_t box;
};

static err_t fault(const char *what) { return fail(ERR_BROKEN, "%s: %s", what, strerror(errno)); }

static err_t box_make(struct scene *scene)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    Keys__Publics *out = NULL;
    ProtobufCBinaryData id = given_bin(ident_bytes(&scene->device));
    struct key public, data_key;
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.device = id;
    in.n_ids = 1;
    in.ids = &id;
    TRY(given_asked(&scene->given, ASK_subjects_publics, &in, &out));
    TRY(key_from(bin(out->publics[0]), &public));
    key_random(scene->given.env, &data_key);
    box_seal(&public, key_bytes(&data_key), &scene->box);
    return buf_end(&scene->box);
}

static err_t scene_make(struct scene *scene, const char *folder)
{
    struct given *given = &scene->given;
    snprintf(scene->folder, sizeof scene->folder, "%s/keyring", folder);
    if (mkdir(scene->folder, 0700) != 0)
        return fault(scene->folder);
    given->env = env_real();
    given->arena.limit = 64 * 1024 * 1024;
    given->world.clock = given->env->now(given->env);
    key_random(given->env, &given->root);
    TRY(keyring_open(given->env, scene->folder, &given->root, &given->keyring));
    TRY(keyring_prepare(given->keyring));
    TRY(given_open_tenant(given, "bench", &scene->tenant));
    TRY(given_device(given, &scene->tenant, &scene->device));
    TRY(box_make(scene));
    keyring_drop(&given->keyring);
    return ERR_OK;
}

static err_t keys_start(const struct scene *scene, int *out_channel, int *out_stop, pid_t *out_keys)
{
    int web[2], jobs[2], stop[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, web) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, jobs) != 0 || pipe2(stop, O_CLOEXEC) != 0)
        return fault("no channel");
    *out_keys = fork();
    if (*out_keys < 0)
        return fault("no process");
    if (*out_keys == 0) {
        const int channels[] = {web[1], jobs[1]};
        close(stop[1]);
        _exit(keys_serve(
            &(struct serve_ask){env_real(), scene->folder, &scene->given.root, channels, 2, stop[0]}));
    }
    *out_channel = web[0];
    *out_stop = stop[1];
    close(stop[0]);
    return ERR_OK;
}

static err_t open_one(struct scene *scene, struct channel *channel, int64_t *out_took)
{
    OWN(arena) arena = ARENA(1 << 20);
    Keys__Open in = KEYS__OPEN__INIT;
    Keys__Opened *out = NULL;
    ProtobufCBinaryData subject = given_bin(ident_bytes(&scene->device)),
                        box = given_bin(buf_str(&scene->box));
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.n_subjects = in.n_boxes = 1;
    in.subjects = &subject;
    in.boxes = &box;
    int64_t from = now_ns();
    TRY(keys_ask(channel, &(struct question){ASK_records_open, &in}, &arena, &out));
    *out_took = now_ns() - from;
    return out->n_keys == 1 && out->keys[0].len == KEY_SIZE ? ERR_OK : fail(ERR_BROKEN, "nothing was opened");
}

static err_t sync_one(int fd, int64_t *out_took)
{
    static const char entry[ENTRY_BYTES];
    int64_t from = now_ns();
    if (write(fd, entry, sizeof entry) != sizeof entry || fdatasync(fd) != 0)
        return fault("the bare file");
    *out_took = now_ns() - from;
    return ERR_OK;
}

static err_t measure(struct scene *scene, const char *folder, size_t count)
{
    static int64_t ours[MOST], bare[MOST];
    struct channel channel = {0};
    int stop = -1;
    pid_t keys = 0;
    char path[1024];
    snprintf(path, sizeof path, "%s/bare", folder);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault(path);
    TRY(keys_start(scene, &channel.fd, &stop, &keys));
    for (size_t i = 0; i < WARM; i++)
        TRY(open_one(scene, &channel, &ours[0]));
    for (size_t i = 0; i < count; i++) {
        TRY(open_one(scene, &channel, &ours[i]));
        TRY(sync_one(fd, &bare[i]));
    }
    close(fd);
    close(stop);
    waitpid(keys, NULL, 0);
    printf("%.1f %.1f %.1f %.1f\n", (double)percentile(ours, count, 99) / 1e3,
           (double)percentile(ours, count, 50) / 1e3, (double)percentile(bare, count, 99) / 1e3,
           (double)percentile(bare, count, 50) / 1e3);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    static struct scene scene = {.box = BUF(SEAL_BOX)};
    uint64_t count = 0;
    if (argc != 3 || str_number(str(argv[2]), MOST, &count) != ERR_OK || !count) {
        fprintf(stderr, "bench-open FOLDER COUNT\n");
        return 2;
    }
    err_t result = crypt_start();
    if (result == ERR_OK)
        result = scene_make(&scene, argv[1]);
    if (result == ERR_OK)
        result = measure(&scene, argv[1], count);
    if (result != ERR_OK)
        fprintf(stderr, "bench-open: %s\n", err_note());
    buf_drop(&scene.box);
    given_drop(&scene.given);
    return err_info(result)->exit;
}
