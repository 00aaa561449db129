/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/_wrong.h"

#include "store/db.h"

static err_t path_of(const char *folder, buf_t *out)
{
    buf_putf(out, "%s/wrong", folder);
    return buf_end(out);
}

err_t wrong_read(struct env *env, const char *folder, buf_t *out_ids)
{
    OWN(buf) path = BUF(FOLDER_PATH + MAX_NAME);
    TRY(path_of(folder, &path));
    err_t read = env->read_file(env, path.at, out_ids);
    out_ids->len -= out_ids->len % sizeof(ident_t);
    return read == ERR_MISSING ? ERR_OK : read;
}

bool wrong_has(const buf_t *ids, ident_t id)
{
    for_each_ident(one, ids) if (ident_eq(one, id)) return true;
    return false;
}

err_t wrong_add(struct env *env, const char *folder, ident_t id)
{
    OWN(buf) path = BUF(FOLDER_PATH + MAX_NAME);
    OWN(buf) ids = BUF(MOST_WRONG * sizeof(ident_t));
    TRY(wrong_read(env, folder, &ids));
    if (wrong_has(&ids, id))
        return ERR_OK;
    buf_put(&ids, ident_bytes(&id));
    TRY(buf_end(&ids));
    TRY(path_of(folder, &path));
    return env->write_file(env, path.at, buf_str(&ids), 0600);
}

static bool is_there(const char *folder, const char *prefix, ident_t id)
{
    char path[FOLDER_PATH + MAX_NAME];
    snprintf(path, sizeof path, "%s/%s", folder, ident_text(prefix, id).text);
    return access(path, F_OK) == 0;
}

static err_t left_write(struct env *env, const char *folder, const buf_t *left)
{
    OWN(buf) path = BUF(FOLDER_PATH + MAX_NAME);
    TRY(path_of(folder, &path));
    return left->len ? env->write_file(env, path.at, buf_str(left), 0600) : env->remove_file(env, path.at);
}

err_t wrong_heal(struct env *env, const char *folder, ident_t id)
{
    OWN(buf) ids = BUF(MOST_WRONG * sizeof(ident_t));
    OWN(buf) left = BUF(MOST_WRONG * sizeof(ident_t));
    TRY(wrong_read(env, folder, &ids));
    for_each_ident(one, &ids) if (!ident_eq(one, id)) buf_put(&left, ident_bytes(&one));
    return left_write(env, folder, &left);
}

err_t wrong_forget(struct env *env, const char *folder)
{
    OWN(buf) ids = BUF(MOST_WRONG * sizeof(ident_t));
    OWN(buf) left = BUF(MOST_WRONG * sizeof(ident_t));
    TRY(wrong_read(env, folder, &ids));
    for_each_ident(id, &ids) if (is_there(folder, "seg", id) || is_there(folder, "blob", id))
        buf_put(&left, ident_bytes(&id));
    return left.len == ids.len ? ERR_OK : left_write(env, folder, &left);
}
