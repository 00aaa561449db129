/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/own.h"

#include "base/limits.h"
#include "govern/policy.h"
#include "guard/folder.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MACHINE_TEXT = 128, KEY_TEXT = 1024, NUMBER_TEXT = 32 };

static err_t folder_make(const char *folder)
{
    struct stat about;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail(ERR_DENIED, "the guard's own folder %s cannot be made: %s", folder, strerror(errno));
    if (lstat(folder, &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() ||
        about.st_mode & (S_IRWXG | S_IRWXO))
        return fail(ERR_DENIED, "%s has to be a folder that is open to root alone", folder);
    return ERR_OK;
}

static err_t machine_read(str_t text, struct own *own)
{
    str_t rest = str_trim(text), tenant = str_until(&rest, ' ');
    TRY(ident_read("ten", tenant, &own->tenant));
    return ident_read("dev", rest, &own->device);
}

static err_t machine_write(const struct own *own)
{
    OWN(buf) text = BUF(MACHINE_TEXT);
    buf_putf(&text, "%s %s\n", ident_text("ten", own->tenant).text, ident_text("dev", own->device).text);
    TRY(buf_end(&text));
    return folder_write(own->env, own->folder, "machine", buf_str(&text));
}

err_t own_open(struct own *own, ident_t tenant, ident_t device)
{
    OWN(buf) text = BUF(MACHINE_TEXT);
    bool other;
    own->tenant = tenant;
    own->device = device;
    TRY(folder_make(own->folder));
    err_t read = folder_read(own->env, own->folder, "machine", &text);
    if (read == ERR_MISSING)
        read = machine_write(own);
    else if (read == ERR_OK)
        read = machine_read(buf_str(&text), own);
    TRY(read);
    own->other = !ident_eq(own->tenant, tenant) || !ident_eq(own->device, device);
    return own_adopt(own, &other);
}

/* The key */

static err_t key_read(const struct own *own, const char *folder, struct note_key *out_key)
{
    OWN(buf) text = BUF(KEY_TEXT);
    TRY(folder_read(own->env, folder, "signer", &text));
    return policy_key_read(str_trim(buf_str(&text)), own->tenant, out_key);
}

static err_t take_over(const struct own *own, const char *from, const char *name)
{
    OWN(buf) bytes = BUF(MAX_POLICY);
    err_t read = folder_read(own->env, own->agent, from, &bytes);
    if (read == ERR_MISSING)
        return ERR_OK;
    TRY(read);
    return folder_write(own->env, own->folder, name, buf_str(&bytes));
}

static err_t pin(const struct own *own, const struct note_key *key)
{
    OWN(buf) text = BUF(KEY_TEXT);
    TRY(take_over(own, "policy/current", "current"));
    TRY(take_over(own, "elevations/used", "used"));
    note_key_put(&text, key);
    buf_put_byte(&text, '\n');
    TRY(buf_end(&text));
    return folder_write(own->env, own->folder, "signer", buf_str(&text));
}

err_t own_adopt(const struct own *own, bool *out_other)
{
    struct note_key named, pinned;
    err_t there = key_read(own, own->agent, &named), here = key_read(own, own->folder, &pinned);
    *out_other = here == ERR_OK && there != ERR_MISSING && (there != ERR_OK || !note_key_eq(&named, &pinned));
    return here == ERR_MISSING && there == ERR_OK ? pin(own, &named) : ERR_OK;
}

/* Launches: kept when the machine is forgotten, which may stay the same device to the service */

static uint64_t launched_read(const struct own *own)
{
    OWN(buf) text = BUF(NUMBER_TEXT);
    uint64_t past = 0;
    if (folder_read(own->env, own->folder, "launched", &text) != ERR_OK ||
        str_number(str_trim(buf_str(&text)), INT64_MAX, &past) != ERR_OK)
        return 0;
    return past;
}

uint64_t own_launched(const struct own *own)
{
    uint64_t past = launched_read(own);
    return past ? past : (uint64_t)own->env->now(own->env);
}

err_t own_set_launched(const struct own *own, uint64_t past)
{
    OWN(buf) text = BUF(NUMBER_TEXT);
    if (past <= launched_read(own))
        return ERR_OK;
    buf_putf(&text, "%llu\n", (unsigned long long)past);
    TRY(buf_end(&text));
    return folder_write(own->env, own->folder, "launched", buf_str(&text));
}

/* A crash leaves who is obeyed, or nothing. */
err_t own_forget(struct env *env, const char *folder)
{
    static const char *const files[] = {"current", "number", "used", "signer", "machine"};
    TRY(folder_make(folder));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        TRY(folder_remove(env, folder, files[i]));
    return ERR_OK;
}
