/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a recording of somebody, as their endpoint would make it, put into a store. What it is sealed to is what the service
 * answered the endpoint: the public key alone, and no other key is here.
 *
 *     recording_try STORE KEYS SUBJECT MADE whole|cut FRAGMENT…
 *
 * KEYS is a file with the answer of POST /agent/v1/subjects?videos=yes for SUBJECT alone (an acc_… or a dev_…); MADE is milliseconds
 * since 1970; each FRAGMENT is a file. Prints the recording's id.
 */
#include "seal/recording.h"
#include "seal/vouch.h"
#include "store/blobs.h"

enum { NOTE_MOST = 64 * 1024, MEMORY = 1024 * 1024 };

struct trying {
    struct store *store;
    struct vouched vouched;
    struct seal_key key;
    struct recording_about about;
};
typedef struct trying trying_own;
static void trying_drop(struct trying *trying) { seal_key_drop(&trying->key); }

static err_t keys_read(struct trying *trying, const char *path, arena_t *arena)
{
    buf_t note = arena_buf(arena, NOTE_MOST);
    TRY(env_real()->read_file(env_real(), path, &note));
    size_t signature = note.len ? 1 + (size_t)(uint8_t)note.at[0] : 1;
    if (note.len < signature)
        return fail(ERR_INVALID, "%s holds no keys", path);
    TRY(vouch_read(str_bytes(note.at + signature, note.len - signature), arena, &trying->vouched));
    return trying->vouched.count == 1
               ? seal_key_make(env_real(), &trying->vouched.keys[0].public, &trying->key)
               : fail(ERR_INVALID, "%s holds %zu keys", path, trying->vouched.count);
}

static err_t fragments_put(struct trying *trying, struct blob *blob, char **paths, bool whole)
{
    OWN(recording_writer) writer = {0};
    OWN(buf) out = BUF(RECORDING_SEALED_MAX);
    recording_begin(&(struct recording_ask){env_real(), &trying->key, &trying->about}, &writer, &out);
    for (; *paths; paths++) {
        OWN(buf) fragment = BUF(RECORDING_FRAGMENT_MAX);
        TRY(env_real()->read_file(env_real(), *paths, &fragment));
        TRY(recording_put(&writer, buf_str(&fragment), whole && !paths[1], &out));
        TRY(blob_add(blob, buf_str(&out)));
        buf_clear(&out);
    }
    return ERR_OK;
}

static err_t put_act(struct tx *tx, void *with) { return blob_put(tx, with); }

static err_t recording_put_all(struct trying *trying, char **words)
{
    OWN(blob) blob = NULL;
    struct blob_about about = {.id = trying->about.id,
                               .subject = trying->about.subject,
                               .device = trying->about.device,
                               .kind = STR("video"),
                               .made = trying->about.made};
    TRY(blob_begin(trying->store, trying->vouched.tenant, &about.id, &blob));
    TRY(fragments_put(trying, blob, words + 6, !strcmp(words[5], "whole")));
    TRY(blob_end(blob, &about));
    return store_write(trying->store, trying->vouched.tenant, put_act, &about);
}

static err_t try(char **words)
{
    OWN(arena) arena = ARENA(MEMORY);
    OWN(store) store = NULL;
    OWN(trying) trying = {.about = {.form = RECORDING_MP4}};
    uint64_t made;
    TRY(crypt_start());
    TRY(store_open(env_real(), words[1], &store));
    trying.store = store;
    TRY(keys_read(&trying, words[2], &arena));
    TRY(ident_read(str_starts(str(words[3]), STR("dev")) ? "dev" : "acc", str(words[3]),
                   &trying.about.subject));
    TRY(str_number(str(words[4]), INT64_MAX, &made));
    trying.about.id = ident_new(env_real());
    trying.about.realm = trying.vouched.realm;
    trying.about.device = trying.vouched.device;
    trying.about.made = (moment_t)made;
    TRY(recording_put_all(&trying, words));
    printf("%s\n", ident_text("rec", trying.about.id).text);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "recording_try STORE KEYS SUBJECT MADE whole|cut FRAGMENT…\n");
        return 2;
    }
    err_t result = try(argv);
    if (result != ERR_OK)
        fprintf(stderr, "recording_try: %s\n", err_note());
    return err_info(result)->exit;
}
