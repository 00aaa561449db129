/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

static err_t note_read(struct verify *verify, buf_t *out_bytes)
{
    err_t code = verify->env->read_file(verify->env, verify->words[0], out_bytes);
    if (code == ERR_TOO_LARGE)
        return find(verify, NO_APPROVAL, "%s is too long for one", verify->words[0]);
    return code;
}

static err_t signature_check(struct verify *verify, str_t bytes)
{
    struct note note;
    uint64_t seconds = 0;
    if (note_split(bytes, &note) != ERR_OK)
        return find(verify, NO_APPROVAL, "%s", err_note());
    err_t code = note_check(&note, &verify->keys.at[0], &seconds);
    if (code == ERR_DENIED)
        return find(verify, WRONG_KEY, "%s", err_note());
    return code == ERR_LOCKED ? find(verify, TAMPERED, "%s", err_note()) : code;
}

/* One client's key says nothing about another's data. */
static err_t client_check(struct verify *verify, ident_t tenant)
{
    char name[128];
    snprintf(name, sizeof name, "custody/%s/approvals", ident_text("ten", tenant).text);
    return strcmp(name, verify->keys.at[0].name) == 0
               ? ERR_OK
               : find(verify, WRONG_KEY, "it is about %s, whose key this is not",
                      ident_text("ten", tenant).text);
}

static err_t devices_check(struct verify *verify)
{
    const char *const *given = verify->options.device;
    ident_t devices[DEVICES_MAX];
    uint8_t scope[DIGEST_SIZE];
    size_t count = 0;
    for (; count < DEVICES_MAX && given[count]; count++)
        TRY(ident_read("dev", str(given[count]), &devices[count]));
    approval_scope(devices, count, scope);
    if (!count || !memcmp(scope, verify->approval.digest, sizeof scope))
        return ERR_OK;
    return find(verify, OTHER_SCOPE, "it is for %llu devices, and not for the %zu that were named",
                (unsigned long long)verify->approval.devices, count);
}

err_t check_approval(struct verify *verify)
{
    OWN(buf) bytes = BUF(APPROVAL_MAX);
    TRY(note_read(verify, &bytes));
    TRY(signature_check(verify, buf_str(&bytes)));
    memcpy(verify->note, bytes.at, bytes.len);
    if (approval_open(str_bytes(verify->note, bytes.len), &verify->keys.at[0], &verify->approval) != ERR_OK)
        return find(verify, NO_APPROVAL, "%s", err_note());
    TRY(client_check(verify, verify->approval.tenant));
    verify->has_approval = true;
    return devices_check(verify);
}
