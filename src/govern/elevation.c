/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/elevation.h"

#include "govern/spoken.h"
#include "tlog/lines.h"

#define TITLE "custody elevation"

enum {
    POLICY_SIZE = 4,
    SPELT_SIZE = 3 * sizeof(ident_t) + POLICY_SIZE + PREFIX_SIZE,
    END_SIZE = 5,
    CODE_SIZE = END_SIZE + SIGNATURE_SIZE,
};

void elevation_command(const struct elevated *what, uint8_t out_digest[DIGEST_SIZE])
{
    char as[16];
    const str_t end = {"", 1};
    snprintf(as, sizeof as, "%u", (unsigned)what->as);
    digest_of((str_t[]){str(as), end, what->path, end, what->args}, 5, out_digest);
}

/* The text */

void elevation_put(const struct elevation *elevation, buf_t *out_text)
{
    buf_put(out_text, STR(TITLE "\n"));
    buf_putf(out_text, "tenant %s\n", ident_text("ten", elevation->tenant).text);
    buf_putf(out_text, "device %s\n", ident_text("dev", elevation->device).text);
    buf_putf(out_text, "request %s\n", ident_text("elv", elevation->request).text);
    buf_putf(out_text, "account %s\n", ident_text("acc", elevation->account).text);
    buf_putf(out_text, "policy %llu\ncommand ", (unsigned long long)elevation->policy);
    buf_put_base64(out_text, str_bytes(elevation->command, DIGEST_SIZE));
    buf_putf(out_text, "\nfrom %s\n", moment_text(elevation->from).text);
    buf_putf(out_text, "until %s\n", moment_text(elevation->until).text);
    buf_putf(out_text, "uses %d\n", elevation->once);
}

err_t elevation_sign(const struct note_signer *signer, const struct elevation *elevation, buf_t *out_note)
{
    OWN(buf) text = BUF(ELEVATION_MAX);
    elevation_put(elevation, &text);
    TRY(buf_end(&text));
    return note_put(signer, buf_str(&text), out_note);
}

err_t elevation_read(str_t text, struct elevation *out)
{
    struct lines lines;
    str_t command = {0};
    uint64_t uses = 0;
    TRY(lines_begin(text, TITLE, &lines));
    TRY(lines_id(&lines, "tenant", "ten", &out->tenant));
    TRY(lines_id(&lines, "device", "dev", &out->device));
    TRY(lines_id(&lines, "request", "elv", &out->request));
    TRY(lines_id(&lines, "account", "acc", &out->account));
    TRY(lines_number(&lines, "policy", UINT32_MAX, &out->policy));
    TRY(lines_text(&lines, "command", &command));
    TRY(lines_digest(command, out->command));
    TRY(lines_moment(&lines, "from", &out->from));
    TRY(lines_moment(&lines, "until", &out->until));
    TRY(lines_number(&lines, "uses", 1, &uses));
    out->once = uses == 1;
    return lines_end(&lines);
}

static err_t forged(void)
{
    return fail(ERR_LOCKED, "the approval was not signed by this client's signer for this, or was altered");
}

err_t elevation_open(str_t bytes, const struct note_key *key, struct elevation *out_elevation)
{
    struct note note = {0};
    struct elevation elevation = {0};
    uint64_t seconds = 0;
    TRY(note_split(bytes, &note));
    if (note_check(&note, key, &seconds) != ERR_OK)
        return forged();
    TRY(elevation_read(note.text, &elevation));
    *out_elevation = elevation;
    return ERR_OK;
}

err_t elevation_allows(const struct elevation *elevation, const struct elevation_use *use)
{
    const struct elevation *asked = use->asked;
    if (!ident_eq(elevation->tenant, asked->tenant) || !ident_eq(elevation->device, asked->device))
        return fail(ERR_DENIED, "the approval is for another machine");
    if (!ident_eq(elevation->account, asked->account))
        return fail(ERR_DENIED, "the approval is for another account");
    if (memcmp(elevation->command, asked->command, DIGEST_SIZE) != 0)
        return fail(ERR_DENIED, "the approval is for another command");
    if (!ident_eq(elevation->request, asked->request))
        return fail(ERR_DENIED, "the approval is for another request");
    if (elevation->policy != asked->policy)
        return fail(ERR_DENIED, "the approval was given under another policy: ask again");
    if (elevation->until - elevation->from > MINUTES(ELEVATION_MINUTES))
        return fail(ERR_DENIED, "the approval lasts longer than any may");
    if (use->now < elevation->from || use->now >= elevation->until)
        return fail(ERR_DENIED, "the approval is not valid at this time: ask again");
    return ERR_OK;
}

/* What is read out, and what is typed in */

static void put_number(buf_t *out, uint64_t number, unsigned size)
{
    while (size--)
        buf_put_byte(out, (uint8_t)(number >> 8 * size));
}

static uint64_t number_at(const char *at, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

void elevation_spell(const struct elevation *asked, buf_t *out_text)
{
    OWN(buf) bytes = BUF(SPELT_SIZE);
    buf_put(&bytes, ident_bytes(&asked->device));
    buf_put(&bytes, ident_bytes(&asked->request));
    buf_put(&bytes, ident_bytes(&asked->account));
    put_number(&bytes, asked->policy, POLICY_SIZE);
    buf_put(&bytes, str_bytes(asked->command, PREFIX_SIZE));
    spoken_put(buf_str(&bytes), out_text);
}

err_t elevation_hear(str_t text, struct elevation *out_asked, uint8_t out_prefix[PREFIX_SIZE])
{
    OWN(buf) bytes = BUF(SPOKEN_MAX);
    enum { ID = sizeof(ident_t) };
    TRY(spoken_read(text, &bytes));
    if (bytes.len != SPELT_SIZE)
        return fail(ERR_INVALID, "that is not what the terminal of an elevation shows");
    struct elevation asked = {.policy = number_at(bytes.at + 3 * ID, POLICY_SIZE), .once = true};
    TRY(ident_from(str_bytes(bytes.at, ID), &asked.device));
    TRY(ident_from(str_bytes(bytes.at + ID, ID), &asked.request));
    TRY(ident_from(str_bytes(bytes.at + 2 * ID, ID), &asked.account));
    memcpy(out_prefix, bytes.at + 3 * ID + POLICY_SIZE, PREFIX_SIZE);
    *out_asked = asked;
    return ERR_OK;
}

/* The signature of a note's last line: "— name base64(id, signature)". */
static err_t signature_of(const struct note *note, buf_t *out_signature)
{
    OWN(buf) bytes = BUF(KEY_ID + SIGNATURE_SIZE);
    str_t line = note->signatures;
    line.len -= line.len > 0;
    while (memchr(line.at, ' ', line.len))
        (void)str_until(&line, ' ');
    TRY(base64_padded_read(line, &bytes));
    if (bytes.len != KEY_ID + SIGNATURE_SIZE)
        return fail(ERR_INVALID, "an approval has one signature");
    buf_put(out_signature, str_bytes(bytes.at + KEY_ID, SIGNATURE_SIZE));
    return ERR_OK;
}

err_t elevation_code(str_t bytes, buf_t *out_code)
{
    OWN(buf) code = BUF(CODE_SIZE);
    struct note note = {0};
    struct elevation elevation = {0};
    TRY(note_split(bytes, &note));
    TRY(elevation_read(note.text, &elevation));
    if (!elevation.once || elevation.from != elevation.until - MINUTES(CODE_MINUTES))
        return fail(ERR_INVALID, "a code is for one use, and %d minutes", CODE_MINUTES);
    put_number(&code, (uint64_t)(elevation.until / SECONDS(1)), END_SIZE);
    TRY(signature_of(&note, &code));
    TRY(buf_end(&code));
    spoken_put(buf_str(&code), out_code);
    return buf_end(out_code);
}

err_t elevation_decode(str_t text, const struct note_key *key, struct elevation *elevation)
{
    OWN(buf) code = BUF(SPOKEN_MAX);
    OWN(buf) signed_text = BUF(ELEVATION_MAX);
    struct elevation meant = *elevation;
    TRY(spoken_read(text, &code));
    if (code.len != CODE_SIZE)
        return fail(ERR_INVALID, "the code is not whole");
    meant.once = true;
    meant.until = SECONDS((moment_t)number_at(code.at, END_SIZE));
    meant.from = meant.until - MINUTES(CODE_MINUTES);
    elevation_put(&meant, &signed_text);
    TRY(buf_end(&signed_text));
    if (sign_check(&key->public, buf_str(&signed_text), str_bytes(code.at + END_SIZE, SIGNATURE_SIZE)) !=
        ERR_OK)
        return forged();
    *elevation = meant;
    return ERR_OK;
}
