/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/vouch.h"

#include "base/limits.h"
#include "crypt/cert.h"

enum { ID = sizeof(ident_t), EACH = ID + KEY_SIZE, TEXT_MAX = 64 + 3 * ID + MAX_ASK_IDS * EACH };

/* Nothing else that the authority signs begins so: its certificates are DER. */
#define WORDS "custody subjects\n"

static void text_put(const struct vouched *vouched, buf_t *out_text)
{
    buf_put(out_text, STR(WORDS));
    buf_put(out_text, ident_bytes(&vouched->tenant));
    buf_put(out_text, ident_bytes(&vouched->device));
    buf_put(out_text, ident_bytes(&vouched->realm));
    for (size_t i = 0; i < vouched->count; i++) {
        buf_put(out_text, ident_bytes(&vouched->keys[i].subject));
        buf_put(out_text, key_bytes(&vouched->keys[i].public));
    }
}

err_t vouch_put(str_t authority_private_pem, const struct vouched *vouched, buf_t *out_note)
{
    OWN(buf) text = BUF(TEXT_MAX);
    OWN(buf) signature = BUF(CERT_SIGNATURE);
    text_put(vouched, &text);
    TRY(buf_end(&text));
    TRY(cert_sign(authority_private_pem, buf_str(&text), &signature));
    buf_put_byte(out_note, (uint8_t)signature.len);
    buf_put(out_note, buf_str(&signature));
    buf_put(out_note, buf_str(&text));
    return buf_end(out_note);
}

static str_t piece(str_t *rest, size_t len)
{
    str_t taken = str_bytes(rest->at, len);
    *rest = str_bytes(rest->at + len, rest->len - len);
    return taken;
}

err_t vouch_read(str_t text, arena_t *arena, struct vouched *out_vouched)
{
    const size_t head = sizeof WORDS - 1 + 3 * ID;
    struct vouched vouched = {.count = 0};
    if (!str_starts(text, STR(WORDS)) || text.len < head || (text.len - head) % EACH)
        return fail(ERR_INVALID, "these are no keys of subjects");
    (void)piece(&text, sizeof WORDS - 1);
    TRY(ident_from(piece(&text, ID), &vouched.tenant));
    TRY(ident_from(piece(&text, ID), &vouched.device));
    TRY(ident_from(piece(&text, ID), &vouched.realm));
    vouched.keys = arena_array(arena, struct vouched_key, text.len / EACH);
    TRY(arena_end(arena));
    for (; text.len; vouched.count++) {
        TRY(ident_from(piece(&text, ID), &vouched.keys[vouched.count].subject));
        TRY(key_from(piece(&text, KEY_SIZE), &vouched.keys[vouched.count].public));
    }
    *out_vouched = vouched;
    return ERR_OK;
}

err_t vouch_get(str_t authority_cert_pem, str_t note, arena_t *arena, struct vouched *out_vouched)
{
    size_t len = note.len ? (uint8_t)note.at[0] : 0;
    if (note.len < 1 + len)
        return fail(ERR_INVALID, "these are no keys of subjects");
    (void)piece(&note, 1);
    str_t signature = piece(&note, len);
    TRY(cert_verify(authority_cert_pem, note, signature));
    return vouch_read(note, arena, out_vouched);
}
