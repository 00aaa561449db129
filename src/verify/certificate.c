/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/certificate.h"

#include "verify/visit.h"

static err_t signature_check(struct verify *verify, str_t bytes)
{
    struct note note;
    uint64_t seconds = 0;
    if (note_split(bytes, &note) != ERR_OK)
        return find(verify, NO_CERTIFICATE, "%s", err_note());
    err_t code = note_check(&note, &verify->keys.at[0], &seconds);
    if (code == ERR_DENIED)
        return find(verify, WRONG_KEY, "%s", err_note());
    return code == ERR_LOCKED ? find(verify, TAMPERED, "%s", err_note()) : code;
}

/* By the log's own key, which is another than the certificate's. */
static err_t entry_check(struct verify *verify, str_t note)
{
    OWN(buf) entry = BUF(MAX_PROOF_FILE);
    if (!verify->log_keys.count)
        return fail(ERR_INVALID, "--proof needs --log-key, the public key of the log");
    verify->keys = verify->log_keys;
    TRY(proof_check(verify, *verify->options.proof, &entry));
    return certificate_in_entry(buf_str(&entry), verify->certificate.erasure, note)
               ? ERR_OK
               : find(verify, OTHER_ENTRY,
                      "the log holds the proof's entry, which is not about this certificate");
}

static err_t dates_check(struct verify *verify)
{
    const char *late = certificate_late(&verify->certificate);
    return late ? find(verify, LATE, "%s", late) : ERR_OK;
}

err_t check_certificate(struct verify *verify)
{
    OWN(buf) bytes = BUF(sizeof verify->note);
    err_t code = verify->env->read_file(verify->env, verify->words[0], &bytes);
    if (code == ERR_TOO_LARGE)
        return find(verify, NO_CERTIFICATE, "%s is too long for one", verify->words[0]);
    TRY(code);
    TRY(signature_check(verify, buf_str(&bytes)));
    memcpy(verify->note, bytes.at, bytes.len);
    str_t note = str_bytes(verify->note, bytes.len);
    if (certificate_open(note, &verify->keys.at[0], &verify->certificate) != ERR_OK)
        return find(verify, NO_CERTIFICATE, "%s", err_note());
    verify->has_certificate = true;
    if (*verify->options.proof)
        TRY(entry_check(verify, note));
    return dates_check(verify);
}
