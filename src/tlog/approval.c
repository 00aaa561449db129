/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/approval.h"

#include "tlog/lines.h"

#define TITLE "custody approval"

err_t approval_signer(ident_t tenant, const struct key *tenant_private, struct note_signer *out_signer)
{
    OWN(buf) name = BUF(128);
    struct key public;
    buf_putf(&name, "custody/%s/approvals", ident_text("ten", tenant).text);
    TRY(buf_end(&name));
    key_derive(tenant_private, "custody approvals", STR(""), &out_signer->seed);
    sign_public(&out_signer->seed, &public);
    return note_key_make(NOTE_ED25519, buf_str(&name), &public, &out_signer->key);
}

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

void approval_scope(ident_t *devices, size_t count, uint8_t out_digest[DIGEST_SIZE])
{
    if (count)
        qsort(devices, count, sizeof *devices, compare_ids);
    digest(str_bytes((const char *)devices, count * sizeof *devices), out_digest);
}

static void approval_put(const struct approval *approval, buf_t *out)
{
    buf_put(out, STR(TITLE "\n"));
    buf_putf(out, "tenant %s\n", ident_text("ten", approval->tenant).text);
    buf_putf(out, "request %s\n", ident_text("req", approval->request).text);
    buf_putf(out, "staff %s\n", ident_text("stf", approval->staff).text);
    buf_putf(out, "case %.*s\nacts %.*s\n", STR_ARG(approval->case_id), STR_ARG(approval->acts));
    buf_putf(out, "devices %llu ", (unsigned long long)approval->devices);
    buf_put_base64(out, str_bytes(approval->digest, DIGEST_SIZE));
    buf_putf(out, "\nfrom %s\n", moment_text(approval->from).text);
    buf_putf(out, "until %s\n", moment_text(approval->until).text);
}

err_t approval_sign(const struct note_signer *signer, const struct approval *approval, buf_t *out_note)
{
    OWN(buf) text = BUF(APPROVAL_MAX);
    approval_put(approval, &text);
    TRY(buf_end(&text));
    return note_put(signer, buf_str(&text), out_note);
}

static err_t scope_of(struct lines *lines, struct approval *out)
{
    str_t value = {0};
    TRY(lines_text(lines, "devices", &value));
    TRY(str_number(str_until(&value, ' '), UINT32_MAX, &out->devices));
    return lines_digest(value, out->digest);
}

static err_t approval_read(str_t text, struct approval *out)
{
    struct lines lines;
    TRY(lines_begin(text, TITLE, &lines));
    TRY(lines_id(&lines, "tenant", "ten", &out->tenant));
    TRY(lines_id(&lines, "request", "req", &out->request));
    TRY(lines_id(&lines, "staff", "stf", &out->staff));
    TRY(lines_text(&lines, "case", &out->case_id));
    TRY(lines_text(&lines, "acts", &out->acts));
    TRY(scope_of(&lines, out));
    TRY(lines_moment(&lines, "from", &out->from));
    TRY(lines_moment(&lines, "until", &out->until));
    return lines_end(&lines);
}

err_t approval_open(str_t bytes, const struct note_key *key, struct approval *out_approval)
{
    struct note note = {0};
    struct approval approval = {0};
    uint64_t seconds = 0;
    TRY(note_split(bytes, &note));
    if (note_check(&note, key, &seconds) != ERR_OK)
        return fail(ERR_LOCKED, "the approval was not signed in a session of this client, or was altered");
    TRY(approval_read(note.text, &approval));
    *out_approval = approval;
    return ERR_OK;
}

struct approval_opens approval_opens(str_t acts)
{
    bool open = words_hold(acts, STR("open"));
    return (struct approval_opens){open || words_hold(acts, STR("open.device")), open,
                                   words_hold(acts, STR("open.launches"))};
}

bool words_hold(str_t words, str_t word)
{
    while (words.len)
        if (str_eq(str_until(&words, ' '), word))
            return word.len > 0;
    return false;
}

err_t approval_allows(const struct approval *approval, const struct approval_use *use)
{
    if (!ident_eq(approval->tenant, use->tenant) || !ident_eq(approval->request, use->request))
        return fail(ERR_DENIED, "the approval is for another request");
    if (!ident_eq(approval->staff, use->staff))
        return fail(ERR_DENIED, "the approval names another member of staff");
    if (use->now < approval->from || use->now >= approval->until)
        return fail(ERR_DENIED, "the approval is not valid at this time: ask again");
    if (!words_hold(approval->acts, str(use->act)))
        return fail(ERR_DENIED, "the approval does not allow %s: ask for it", use->act);
    if (memcmp(approval->digest, use->digest, DIGEST_SIZE) != 0)
        return fail(ERR_DENIED, "the approval is for other devices");
    return ERR_OK;
}
