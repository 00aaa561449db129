/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/withhold.h"

#include "tlog/lines.h"

#define TITLE "custody withhold"

static err_t name_put(ident_t tenant, buf_t *out)
{
    buf_putf(out, "custody/%s/withholding", ident_text("ten", tenant).text);
    return buf_end(out);
}

void withhold_seed(const struct key *tenant_private, struct key *out_seed)
{
    key_derive(tenant_private, "custody withholding", STR(""), out_seed);
}

err_t withhold_signer(ident_t tenant, const struct key *seed, struct note_signer *out_signer)
{
    OWN(buf) name = BUF(128);
    struct key public;
    TRY(name_put(tenant, &name));
    out_signer->seed = *seed;
    sign_public(&out_signer->seed, &public);
    return note_key_make(NOTE_ED25519, buf_str(&name), &public, &out_signer->key);
}

err_t withhold_key_read(str_t text, ident_t tenant, struct note_key *out_key)
{
    OWN(buf) name = BUF(128);
    struct note_key key;
    TRY(name_put(tenant, &name));
    TRY(note_key_read(text, &key));
    if (key.kind != NOTE_ED25519 || !str_eq(str(key.name), buf_str(&name)))
        return fail(ERR_INVALID, "not the key that this client withholds accounts with");
    *out_key = key;
    return ERR_OK;
}

static void withhold_put(const struct withhold *withhold, buf_t *out)
{
    buf_put(out, STR(TITLE "\n"));
    buf_putf(out, "tenant %s\n", ident_text("ten", withhold->tenant).text);
    buf_putf(out, "device %s\n", ident_text("dev", withhold->device).text);
    buf_putf(out, "number %llu\n", (unsigned long long)withhold->number);
    buf_putf(out, "made %s\n", moment_text(withhold->made).text);
    buf_putf(out, "accounts %zu\n", withhold->count);
    for (size_t i = 0; i < withhold->count; i++)
        buf_putf(out, "account %s\n", ident_text("acc", withhold->accounts[i]).text);
}

err_t withhold_sign(const struct note_signer *signer, const struct withhold *withhold, buf_t *out_note)
{
    OWN(buf) text = BUF(WITHHOLD_MAX);
    if (withhold->count > WITHHOLD_MOST)
        return fail(ERR_TOO_LARGE, "one device withholds at most %d accounts", WITHHOLD_MOST);
    withhold_put(withhold, &text);
    TRY(buf_end(&text));
    return note_put(signer, buf_str(&text), out_note);
}

static err_t accounts_read(struct lines *lines, struct withhold *out)
{
    uint64_t count = 0;
    TRY(lines_number(lines, "accounts", WITHHOLD_MOST, &count));
    for (out->count = 0; out->count < count; out->count++)
        TRY(lines_id(lines, "account", "acc", &out->accounts[out->count]));
    return lines_end(lines);
}

static err_t withhold_read(str_t text, struct withhold *out)
{
    struct lines lines;
    TRY(lines_begin(text, TITLE, &lines));
    TRY(lines_id(&lines, "tenant", "ten", &out->tenant));
    TRY(lines_id(&lines, "device", "dev", &out->device));
    TRY(lines_number(&lines, "number", INT64_MAX, &out->number));
    TRY(lines_moment(&lines, "made", &out->made));
    return accounts_read(&lines, out);
}

err_t withhold_open(str_t bytes, const struct note_key *key, struct withhold *out_withhold)
{
    struct note note = {0};
    struct withhold withhold = {.count = 0};
    uint64_t seconds = 0;
    TRY(note_split_within(bytes, WITHHOLD_MAX, &note));
    if (note_check(&note, key, &seconds) != ERR_OK)
        return fail(ERR_LOCKED,
                    "what is to be withheld was not signed in a session of this client, or was altered");
    TRY(withhold_read(note.text, &withhold));
    *out_withhold = withhold;
    return ERR_OK;
}

bool withhold_names(const struct withhold *withhold, ident_t account)
{
    for (size_t i = 0; i < withhold->count; i++)
        if (ident_eq(withhold->accounts[i], account))
            return true;
    return false;
}
