/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/witness.h"

#include <errno.h>

static err_t new_key(struct verify *verify)
{
    OWN(buf) text = BUF(1024);
    struct note_key key;
    const char *name = *verify->options.name;
    if (!name)
        return fail(ERR_INVALID, "--new-key needs --name: what the witness is called in its signatures");
    TRY(witness_new_key(verify->env, *verify->options.state, str(name), &key));
    if (*verify->options.json)
        buf_put(&text, STR("{\"key\":\""));
    note_key_put(&text, &key);
    buf_put(&text, *verify->options.json ? STR("\"}\n") : STR("\n"));
    TRY(buf_end(&text));
    fwrite(text.at, 1, text.len, verify->out);
    return ERR_OK;
}

static err_t question_read(int from, buf_t *out_question)
{
    for (;;) {
        char part[4096];
        ssize_t got = read(from, part, sizeof part);
        if (got > 0)
            buf_put(out_question, str_bytes(part, (size_t)got));
        else if (got == 0 || errno != EINTR)
            return got == 0 ? buf_end(out_question) : fail(ERR_BROKEN, "cannot read standard input");
    }
}

static err_t code_of(int status)
{
    static const struct {
        int status;
        err_t code;
    } codes[] = {
#define A(status, code, meaning) {status, ERR_##code},
        ANSWERS(A)
#undef A
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == status)
            return codes[i].code;
    return ERR_INVALID;
}

/* The answer's body is the output, refused or not; the status is the exit status. */
static err_t once(struct verify *verify, struct witness *witness)
{
    OWN(buf) question = BUF(MAX_QUESTION);
    OWN(buf) text = BUF(4 * MAX_NOTE);
    OWN(witness_answer) answer = {.body = BUF(MAX_NOTE)};
    TRY(question_read(verify->in, &question));
    witness_answer(witness, buf_str(&question), &answer);
    if (*verify->options.json) {
        buf_putf(&text, "{\"status\":%d,\"body\":", answer.status);
        buf_put_json(&text, buf_str(&answer.body));
        buf_put(&text, STR("}\n"));
    } else {
        buf_put(&text, buf_str(&answer.body));
    }
    TRY(buf_end(&text));
    fwrite(buf_str(&text).at, 1, text.len, verify->out);
    err_t code = code_of(answer.status);
    return code == ERR_OK ? ERR_OK : fail(code, "the witness does not cosign (%d)", answer.status);
}

err_t run_witness(struct verify *verify)
{
    OWN(witness) witness = NULL;
    const struct options *options = &verify->options;
    if (!*options->listen + !*options->once + !*options->new_key != 2)
        return fail(ERR_INVALID, "give one of --listen, --once and --new-key");
    if (*options->new_key)
        return new_key(verify);
    if (!verify->keys.count)
        return fail(ERR_INVALID, "give --key for each log");
    TRY(witness_open(verify->env, *options->state, &verify->keys, &witness));
    return *options->listen ? witness_serve(verify, witness) : once(verify, witness);
}
