/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

enum { PAGE_MAX = 64 * 1024, LINE_WIDTH = 78 };
#define PAGE_DATE "2026-11-28" /* of the last change to what the page says */

static const struct option *option_named(str_t name)
{
    for_each_option(o) if (str_eq(name, str(o->name))) return o;
    return NULL;
}

void usage_put(buf_t *out, const struct command *command)
{
    buf_put(out, str(command->name));
    if (*command->arguments)
        buf_putf(out, " %s", command->arguments);
    for (str_t rest = str(command->options); rest.len;) {
        str_t word = str_until(&rest, ' ');
        bool is_optional = word.at[0] == '[';
        str_t name = is_optional ? str_bytes(word.at + 1, word.len - 2) : word;
        const struct option *option = option_named(name);
        bool has_value = option && option->value;
        bool is_many = option && option->count > 1 && (is_optional || !command->is_check);
        buf_putf(out, " %s%.*s%s%s%s%s", is_optional ? "[" : "", STR_ARG(name), has_value ? " " : "",
                 has_value ? option->value : "", is_optional ? "]" : "", is_many ? "..." : "");
    }
}

/* A minus is one that can be pasted. */
static void letters_put(buf_t *out, str_t text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '-' || text.at[i] == '\\')
            buf_put(out, text.at[i] == '-' ? STR("\\-") : STR("\\e"));
        else if (text.at[i] == '\'')
            buf_put(out, STR("\\(aq"));
        else
            buf_put_byte(out, (uint8_t)text.at[i]);
}

/* Running text in short lines, none of which begins like a request. */
static void text_put(buf_t *out, const char *text)
{
    size_t width = 0;
    for (str_t rest = str(text); rest.len;) {
        OWN(buf) word = BUF(1024);
        letters_put(&word, str_until(&rest, ' '));
        bool fits = width && width + 1 + word.len <= LINE_WIDTH;
        if (width)
            buf_put_byte(out, fits ? ' ' : '\n');
        if (!fits && word.len && word.at[0] == '.')
            buf_put(out, STR("\\&"));
        buf_put(out, buf_str(&word));
        width = fits ? width + 1 + word.len : word.len;
    }
    buf_put_byte(out, '\n');
}

static void sentence_put(buf_t *out, const char *text)
{
    OWN(buf) whole = BUF(2048);
    buf_putf(&whole, "%c%s.", text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0], text + 1);
    text_put(out, whole.at);
}

static void paragraph_put(buf_t *out, const char *text)
{
    buf_put(out, STR(".PP\n"));
    text_put(out, text);
}

/* Lines as they are typed. */
static void typed_put(buf_t *out, const char *lines)
{
    buf_put(out, STR(".PP\n.nf\n.RS\n"));
    letters_put(out, str(lines));
    buf_put(out, STR("\n.RE\n.fi\n"));
}

static void tagged_put(buf_t *out, const char *tag, const char *text)
{
    buf_put(out, STR(".TP\n.B "));
    letters_put(out, str(tag));
    buf_put_byte(out, '\n');
    sentence_put(out, text);
}

static void commands_put(buf_t *out)
{
    buf_put(out, STR(".SH COMMANDS\n"));
    for_each_command(c)
    {
        OWN(buf) usage = BUF(1024);
        usage_put(&usage, c);
        buf_put(out, STR(".TP\n.B "));
        letters_put(out, str(c->name));
        buf_put_byte(out, '\n');
        if (usage.len > strlen(c->name)) {
            text_put(out, usage.at + strlen(c->name) + 1);
            buf_put(out, STR(".br\n"));
        }
        sentence_put(out, c->help);
    }
    buf_put(out, STR(".SH OPTIONS\n"));
    for_each_option(o)
    {
        OWN(buf) tag = BUF(128);
        buf_putf(&tag, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        tagged_put(out, tag.at, o->help);
    }
}

static void statuses_put(buf_t *out)
{
    static const err_t errors[] = {ERR_INVALID, ERR_MISSING, ERR_CONFLICT, ERR_BUSY, ERR_BROKEN};
    buf_put(out, STR(".SH EXIT STATUS\nOf what was looked at, as the first word printed says too:\n"));
    for (enum verdict verdict = GOOD; verdict < VERDICT_COUNT; verdict++) {
        OWN(buf) tag = BUF(64);
        buf_putf(&tag, "%d %s", verdict_info(verdict)->exit, verdict_info(verdict)->said);
        tagged_put(out, tag.at, verdict_info(verdict)->meaning);
    }
    paragraph_put(out, "Where it could not be looked at:");
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        OWN(buf) tag = BUF(64);
        buf_putf(&tag, "%d", err_info(errors[i])->exit);
        tagged_put(out, tag.at, err_info(errors[i])->meaning);
    }
}

static void answers_put(buf_t *out)
{
    static const struct {
        int status;
        err_t code;
        const char *meaning;
    } answers[] = {
#define A(status, code, meaning) {status, ERR_##code, meaning},
        ANSWERS(A)
#undef A
    };
    paragraph_put(out, "Its answers, and what its exit status is with --once:");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        OWN(buf) tag = BUF(64);
        buf_putf(&tag, "%d (%d)", answers[i].status, err_info(answers[i].code)->exit);
        tagged_put(out, tag.at, answers[i].meaning);
    }
}

static void head_put(buf_t *out)
{
    buf_put(out,
            STR(".\\\" SPDX-License-Identifier: Apache-2.0\n"
                ".\\\" Printed by: custody-verify man\n"
                ".TH CUSTODY\\-VERIFY 1 " PAGE_DATE " \"custody " CUSTODY_VERSION "\" \"User Commands\"\n"
                ".SH NAME\n"
                "custody\\-verify \\- check logs, approvals, receipts, certificates; be a witness\n"
                ".SH SYNOPSIS\n"
                ".B custody\\-verify\n"
                ".I command\n"
                ".RI [ argument ...]\n"
                ".RI [ option ...]\n"
                ".SH DESCRIPTION\n"));
    text_put(
        out,
        "Custody writes what it does into a log that can be added to and not changed. This program tells "
        "whether that was kept, with nothing but files: it asks no service and needs no account. What it "
        "reads is in the public formats of transparency logs (C2SP: tlog-tiles, tlog-checkpoint, "
        "tlog-proof, tlog-witness, cosignature/v1), so that other programs can check the same.");
    paragraph_put(
        out, "A log is known by its public key. Keep the key, and each checkpoint that you have seen: one "
             "of them is what tells a log that was rewritten from the one that was there before.");
}

static void witness_put(buf_t *out)
{
    buf_put(out, STR(".SH WITNESS\n"));
    text_put(out,
             "A witness cosigns a checkpoint when it continues the one before, and no other; whoever has a "
             "checkpoint with its cosignature knows that the witness was shown the same history. Its key is "
             "made once:");
    typed_put(out, "custody-verify witness --state DIR --new-key --name client.example/witness\n"
                   "custody-verify witness --state DIR --key VKEY --listen 127.0.0.1:8081");
    paragraph_put(
        out, "It answers POST /add-checkpoint over plain HTTP; for other machines put a proxy with TLS "
             "before it. What it cosigned is on its disk before the answer leaves. One process at a time "
             "uses a folder.");
    answers_put(out);
    buf_put(out, STR(".SH FILES\n.TP\n.I DIR/key\n"));
    text_put(out, "The key that signs, open to its owner alone.");
    buf_put(out, STR(".TP\n.I DIR/DIGEST.checkpoint\n"));
    text_put(
        out,
        "What was cosigned last, one file a log; DIGEST is SHA-256 over the log's name. Without it a witness "
        "begins anew and would cosign another history: a copy that is put back has to be the newest.");
}

static void examples_put(buf_t *out)
{
    buf_put(out, STR(".SH EXAMPLES\n"));
    text_put(out, "Has the log only grown since the last visit?");
    typed_put(out, "custody-verify consistency last.checkpoint mirror/checkpoint \\\n"
                   "    --key VKEY --log mirror");
    paragraph_put(out, "Does it hold this certificate, as two witnesses saw?");
    typed_put(out, "custody-verify proof deleted.tlog-proof --entry deleted.json \\\n"
                   "    --key VKEY --witness W1 --witness W2");
    paragraph_put(out, "Did our people approve what support did to these devices, and until when?");
    typed_put(out, "custody-verify approval approval.note --key VKEY \\\n"
                   "    --device dev_... --device dev_...");
    paragraph_put(out, "Is everything of ours gone, in the time that was promised, and does our log say so?");
    typed_put(out, "custody-verify certificate erased.certificate --key VKEY \\\n"
                   "    --proof erased.tlog-proof --log-key VKEY");
    buf_put(out, STR(".SH SEE ALSO\n.BR custody (1)\n"));
}

void man_put(buf_t *out)
{
    head_put(out);
    commands_put(out);
    statuses_put(out);
    witness_put(out);
    examples_put(out);
}

err_t run_man(struct verify *verify)
{
    OWN(buf) page = BUF(PAGE_MAX);
    man_put(&page);
    TRY(buf_end(&page));
    return fwrite(page.at, 1, page.len, verify->out) == page.len ? ERR_OK
                                                                 : fail(ERR_BROKEN, "cannot write the page");
}
