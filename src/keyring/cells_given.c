/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/cells_given.h"

#include "test/test.h"

const ident_t given_tenant_id = {{1}}, given_other = {{2}};
const struct key given_root = {{3, 1, 4}};

given_path_t given_path(const char *folder, const char *name)
{
    given_path_t path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder, name);
    return path;
}

err_t given_opened(struct keyring **out_keyring)
{
    TRY(crypt_start());
    return keyring_open(env_real(), test_folder(), &given_root, out_keyring);
}

err_t given_put_act(struct keyring *keyring, void *with)
{
    const struct given_cell *put = with;
    TRY(cell_put(keyring, put->tenant, put->id, put->cell, put->plain));
    return put->then == ERR_OK ? ERR_OK : fail(put->then, "failed as asked");
}

err_t given_get_act(struct keyring *keyring, void *with)
{
    const struct given_cell *get = with;
    return cell_get(keyring, get->id, get->cell, get->out);
}

err_t given_destroy_act(struct keyring *keyring, void *with)
{
    const struct given_cell *destroy = with;
    return cell_destroy(keyring, destroy->id, destroy->cell);
}

ident_t given_id(int number)
{
    uint8_t digits[DIGEST_SIZE];
    ident_t id;
    digest(str_bytes(&number, sizeof number), digits);
    memcpy(id.bytes, digits, sizeof id.bytes);
    return id;
}

/* What stands in the given_id cell: as many bytes as its number asks for. */
str_t given_plain(int number, char at[2048])
{
    size_t len = 32 + (size_t)(number * 97 % 1500);
    memset(at, 'a' + number % 26, len);
    memcpy(at, &number, sizeof number);
    return str_bytes(at, len);
}

err_t given_cell_put(struct keyring *keyring, ident_t of, int number)
{
    char plain[2048];
    struct given_cell cells = {of, given_id(number), CELL_ENTRY, given_plain(number, plain), NULL, ERR_OK};
    return keyring_write(keyring, given_put_act, &cells);
}

err_t given_cells_put(struct keyring *keyring, ident_t of, int first, int past)
{
    for (int number = first; number < past; number++)
        TRY(given_cell_put(keyring, of, number));
    return ERR_OK;
}

err_t given_cell_destroy(struct keyring *keyring, int number)
{
    return keyring_write(keyring, given_destroy_act, &(struct given_cell){.id = given_id(number)});
}

err_t given_cell_get(struct keyring *keyring, int number)
{
    char plain[2048];
    OWN(buf) found = BUF(ROOM);
    TRY(keyring_read(keyring, given_get_act,
                     &(struct given_cell){.id = given_id(number), .cell = CELL_ENTRY, .out = &found}));
    return str_eq(buf_str(&found), given_plain(number, plain)) ? ERR_OK
                                                               : fail(ERR_BROKEN, "another cell's bytes");
}

err_t given_cells_get(struct keyring *keyring, int first, int past)
{
    for (int number = first; number < past; number++)
        TRY(given_cell_get(keyring, number));
    return ERR_OK;
}

err_t given_file(const char *folder, const char *name, buf_t *out)
{
    return env_real()->read_file(env_real(), given_path(folder, name).text, out);
}

err_t given_file_copied(const char *from, const char *to, const char *name)
{
    OWN(buf) bytes = BUF(64 * 1024 * 1024);
    err_t there = given_file(from, name, &bytes);
    if (there == ERR_MISSING)
        return ERR_OK;
    TRY(there);
    return env_real()->write_file(env_real(), given_path(to, name).text, buf_str(&bytes), 0600);
}

err_t given_database_copied(const char *from, const char *to)
{
    TRY(given_file_copied(from, to, "keyring.db"));
    TRY(given_file_copied(from, to, "keyring.db-wal"));
    return given_file_copied(from, to, "keyring.db-shm");
}

void given_database_removed(const char *folder)
{
    unlink(given_path(folder, "keyring.db").text);
    unlink(given_path(folder, "keyring.db-wal").text);
    unlink(given_path(folder, "keyring.db-shm").text);
}
