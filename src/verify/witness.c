/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/witness.h"

#include "tlog/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { FOLDER_MAX = 3072, FILE_PATH_MAX = 4096, KEY_FILE_MAX = 1024 };

struct known {
    str_t origin;
    char path[FILE_PATH_MAX];
    struct witness_seen seen;
};

struct witness {
    struct env *env;
    fd_own lock;
    struct note_signer signer;
    struct keys keys; /* the logs': several may be of one */
    struct known logs[KEYS_MAX];
    size_t log_count;
};

void witness_drop(struct witness **witness)
{
    if (!*witness)
        return;
    note_signer_drop(&(*witness)->signer);
    fd_drop(&(*witness)->lock);
    free(*witness);
    *witness = NULL;
}

const struct note_key *witness_key(const struct witness *witness) { return &witness->signer.key; }

/* The folder */

static err_t path_in(const char *folder, const char *name, char out_path[FILE_PATH_MAX])
{
    if (strlen(folder) > FOLDER_MAX)
        return fail(ERR_INVALID, "a path past %d bytes", FOLDER_MAX);
    snprintf(out_path, FILE_PATH_MAX, "%s/%s", folder, name);
    return ERR_OK;
}

/* Held until the process ends, however it ends. */
static err_t folder_lock(const char *folder, fd_own *out_lock)
{
    OWN(fd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "cannot open %s: %s", folder,
                    strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return fail(ERR_BUSY, "another witness uses %s", folder);
    *out_lock = give(fd);
    return ERR_OK;
}

static err_t key_read(struct env *env, const char *folder, struct note_signer *out_signer)
{
    char path[FILE_PATH_MAX];
    OWN(buf) text = BUF(KEY_FILE_MAX);
    TRY(path_in(folder, "key", path));
    TRY(env->read_file(env, path, &text));
    TRY(note_signer_read(str_trim(buf_str(&text)), out_signer));
    if (out_signer->key.kind != NOTE_COSIGNATURE)
        return fail(ERR_INVALID, "the key in %s is not that of a witness", folder);
    return ERR_OK;
}

err_t witness_new_key(struct env *env, const char *folder, str_t name, struct note_key *out_key)
{
    char path[FILE_PATH_MAX];
    OWN(buf) text = BUF(KEY_FILE_MAX);
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(fd) lock = 0;
    TRY(path_in(folder, "key", path));
    TRY(note_signer_new(env, NOTE_COSIGNATURE, name, &signer));
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "cannot make %s: %s", folder, strerror(errno));
    TRY(folder_lock(folder, &lock));
    if (access(path, F_OK) == 0)
        return fail(ERR_CONFLICT, "%s is there already, and stays", path);
    note_signer_put(&text, &signer);
    buf_put_byte(&text, '\n');
    TRY(buf_end(&text));
    TRY(env->write_file(env, path, buf_str(&text), 0600));
    *out_key = signer.key;
    return ERR_OK;
}

/* What was cosigned last. Our own signature on it tells that it is that, and whole. */
static err_t seen_read(struct witness *witness, struct known *log)
{
    OWN(buf) bytes = BUF(MAX_NOTE);
    struct note note;
    struct checkpoint checkpoint;
    uint64_t seconds = 0;
    err_t code = witness->env->read_file(witness->env, log->path, &bytes);
    if (code == ERR_MISSING)
        return ERR_OK;
    TRY(code);
    if (note_split(buf_str(&bytes), &note) != ERR_OK || checkpoint_read(note.text, &checkpoint) != ERR_OK ||
        note_check(&note, &witness->signer.key, &seconds) != ERR_OK ||
        !str_eq(checkpoint.origin, log->origin))
        return fail(ERR_BROKEN, "%s is not what this witness cosigned", log->path);
    log->seen = (struct witness_seen){checkpoint.size, checkpoint.root};
    return ERR_OK;
}

static struct known *log_find(struct witness *witness, str_t origin)
{
    for (size_t i = 0; i < witness->log_count; i++)
        if (str_eq(witness->logs[i].origin, origin))
            return &witness->logs[i];
    return NULL;
}

static err_t log_add(struct witness *witness, const char *folder, const struct note_key *key)
{
    uint8_t hash[DIGEST_SIZE];
    OWN(buf) name = BUF(128);
    if (log_find(witness, str(key->name)))
        return ERR_OK;
    struct known *log = &witness->logs[witness->log_count];
    log->origin = str(key->name);
    digest(log->origin, hash);
    buf_put_hex(&name, str_bytes(hash, sizeof hash));
    buf_put(&name, STR(".checkpoint"));
    TRY(path_in(folder, name.at, log->path));
    TRY(seen_read(witness, log));
    witness->log_count++;
    return ERR_OK;
}

err_t witness_open(struct env *env, const char *folder, const struct keys *logs, struct witness **out_witness)
{
    OWN(witness) witness = calloc(1, sizeof *witness);
    if (!witness)
        return fail(ERR_BUSY, "no memory for a witness");
    witness->env = env;
    witness->keys = *logs;
    TRY(folder_lock(folder, &witness->lock));
    TRY(key_read(env, folder, &witness->signer));
    for (size_t i = 0; i < witness->keys.count; i++)
        TRY(log_add(witness, folder, &witness->keys.at[i]));
    *out_witness = give(witness);
    return ERR_OK;
}

/* Answers */

static void refuse(struct witness_answer *answer, int status, const char *why)
{
    answer->status = status;
    answer->type = "text/plain; charset=utf-8";
    buf_clear(&answer->body);
    buf_putf(&answer->body, "%s\n", why);
}

static void tell_size(struct witness_answer *answer, uint64_t size)
{
    answer->status = WITNESS_ELSEWHERE;
    answer->type = "text/x.tlog.size";
    witness_size_put(&answer->body, size);
}

/* Signed by one of the keys that the log is known by, and spoiled by none. */
static bool is_signed(const struct witness *witness, const struct note *note, str_t origin)
{
    bool is_by_one = false;
    for (size_t i = 0; i < witness->keys.count; i++) {
        uint64_t seconds = 0;
        const struct note_key *key = &witness->keys.at[i];
        err_t code = str_eq(str(key->name), origin) ? note_check(note, key, &seconds) : ERR_DENIED;
        if (code != ERR_OK && code != ERR_DENIED)
            return false;
        is_by_one = is_by_one || code == ERR_OK;
    }
    return is_by_one;
}

/* Kept with the log's signatures and ours, so that the file is evidence by itself. */
static void cosign(struct witness *witness, struct known *log, const struct witness_ask *ask,
                   struct witness_answer *answer)
{
    OWN(buf) kept = BUF(MAX_NOTE);
    OWN(buf) line = BUF(MAX_NOTE);
    struct note note;
    struct checkpoint checkpoint;
    moment_t now = witness->env->now(witness->env);
    if (note_split(ask->checkpoint, &note) != ERR_OK || checkpoint_read(note.text, &checkpoint) != ERR_OK) {
        refuse(answer, 400, err_note());
        return;
    }
    note_sign(&witness->signer, note.text, now > 0 ? (uint64_t)now / 1000 : 0, &line);
    buf_put(&kept, ask->checkpoint);
    buf_put(&kept, buf_str(&line));
    err_t code = buf_end(&line) == ERR_OK ? note_split(buf_str(&kept), &note) : buf_end(&line);
    if (code == ERR_OK)
        code = witness->env->write_file(witness->env, log->path, buf_str(&kept), 0600);
    if (code != ERR_OK) {
        refuse(answer, code == ERR_TOO_LARGE ? 400 : 503, err_note()); /* with ours, too many signatures */
        return;
    }
    log->seen = (struct witness_seen){checkpoint.size, checkpoint.root};
    answer->status = WITNESS_COSIGNS;
    answer->type = "text/plain; charset=utf-8";
    buf_put(&answer->body, buf_str(&line));
}

void witness_answer(struct witness *witness, str_t question, struct witness_answer *answer)
{
    struct witness_ask ask;
    struct note note;
    struct checkpoint checkpoint;
    if (witness_ask_read(question, &ask) != ERR_OK || note_split(ask.checkpoint, &note) != ERR_OK ||
        checkpoint_read(note.text, &checkpoint) != ERR_OK) {
        refuse(answer, 400, err_note());
        return;
    }
    struct known *log = log_find(witness, checkpoint.origin);
    if (!log) {
        refuse(answer, 404, "no such log is known here");
        return;
    }
    if (!is_signed(witness, &note, checkpoint.origin)) {
        refuse(answer, 403, "not signed by the log");
        return;
    }
    switch (witness_judge(&ask, &checkpoint, &log->seen)) {
    case WITNESS_IMPOSSIBLE:
        refuse(answer, WITNESS_IMPOSSIBLE, "an old size past the checkpoint's");
        break;
    case WITNESS_ELSEWHERE:
        tell_size(answer, log->seen.size);
        break;
    case WITNESS_UNPROVEN:
        refuse(answer, WITNESS_UNPROVEN, "the proof does not lead from the one to the other");
        break;
    case WITNESS_COSIGNS:
        cosign(witness, log, &ask, answer);
        break;
    }
}
