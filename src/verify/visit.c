/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/visit.h"

void visit_drop(struct visit *visit) { buf_drop(&visit->bytes); }

err_t visit_read(struct verify *verify, const char *path, struct visit *visit)
{
    err_t code = verify->env->read_file(verify->env, path, &visit->bytes);
    return code == ERR_TOO_LARGE ? find(verify, NO_LOG, "%s is no checkpoint: %s", path, err_note()) : code;
}

/* Our words for what the library refuses. */
static err_t found(struct verify *verify, err_t code)
{
    if (code == ERR_INVALID || code == ERR_TOO_LARGE)
        return find(verify, NO_LOG, "%s", err_note());
    if (code == ERR_DENIED)
        return find(verify, WRONG_KEY, "%s", err_note());
    return code == ERR_LOCKED ? find(verify, TAMPERED, "%s", err_note()) : code;
}

static err_t witnesses_check(struct verify *verify, const struct note *note)
{
    for (size_t i = 0; i < verify->witnesses.count; i++) {
        err_t code = note_check(note, &verify->witnesses.at[i], &verify->cosigned[i]);
        if (code == ERR_DENIED)
            return find(verify, UNWITNESSED, "%s has not cosigned", verify->witnesses.at[i].name);
        if (code != ERR_OK)
            return found(verify, code);
    }
    return ERR_OK;
}

err_t visit_check(struct verify *verify, struct visit *visit)
{
    struct note note;
    struct checkpoint *checkpoint = &visit->checkpoint;
    err_t code = checkpoint_open(buf_str(&visit->bytes), &verify->keys.at[0], checkpoint);
    if (code != ERR_OK)
        return found(verify, code);
    TRY(note_split(buf_str(&visit->bytes), &note));
    verify->has_checkpoint = true;
    snprintf(verify->origin, sizeof verify->origin, "%.*s", STR_ARG(checkpoint->origin));
    verify->size = checkpoint->size;
    verify->root = checkpoint->root;
    return witnesses_check(verify, &note);
}

err_t find_in_tiles(struct verify *verify, err_t code)
{
    if (code == ERR_MISSING)
        return find(verify, TRUNCATED, "%s", err_note());
    bool is_other = code == ERR_INVALID || code == ERR_TOO_LARGE;
    return is_other ? find(verify, TAMPERED, "%s", err_note()) : code;
}
