/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/browser.h"

#include "base/limits.h"
#include "cli/body.h"
#include "cli/loopback.h"
#include "cli/prompt.h"
#include "crypt/seal.h"

#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 10 * 60, CODE_MOST = 256, SHOWN = 8, ADDRESS_MOST = 1024 };

struct asking {
    const struct sign_in *sign_in; /* the service, and nobody yet */
    struct key secret;
    buf_t challenge; /* base64url of its SHA-256 */
    char shown[SHOWN + 2];
    struct loopback door;
    int64_t until; /* whatever comes in between */
};
typedef struct asking asking_own;

static void asking_drop(struct asking *asking)
{
    key_drop(&asking->secret);
    buf_drop(&asking->challenge);
    loopback_drop(&asking->door);
}

/* What a person compares: forty bits of the challenge's own hash, as the console makes it. */
static void shown_make(struct asking *asking)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t hash[DIGEST_SIZE];
    uint64_t bits = 0;
    digest(buf_str(&asking->challenge), hash);
    for (int i = 0; i < 5; i++)
        bits = bits << 8 | hash[i];
    for (int i = 0; i < SHOWN; i++)
        asking->shown[i + (i >= SHOWN / 2)] = letters[bits >> (5 * (SHOWN - 1 - i)) & 31];
    asking->shown[SHOWN / 2] = '-';
    asking->shown[SHOWN + 1] = '\0';
}

static err_t asking_make(struct cli *cli, struct asking *asking)
{
    uint8_t hash[DIGEST_SIZE];
    const char *ssh = getenv("SSH_CONNECTION");
    key_random(cli->env, &asking->secret);
    digest(key_bytes(&asking->secret), hash);
    buf_put_base64(&asking->challenge, str_bytes(hash, sizeof hash));
    TRY(buf_end(&asking->challenge));
    shown_make(asking);
    if (!(ssh && *ssh) && loopback_open(&asking->door) != ERR_OK)
        cli_tell(cli, "%s", err_note());
    return ERR_OK;
}

/* What this machine is called, where that is plain; it is shown by the page, and goes no further. */
static void machine_put(buf_t *address)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) == 0 && *name &&
        !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")])
        buf_putf(address, "&from=%s", name);
}

/* Said with --json too: nothing goes on without it. */
static err_t asking_tell(struct cli *cli, const struct asking *asking)
{
    OWN(buf) address = BUF(ADDRESS_MOST);
    buf_putf(&address, "%s/cli#challenge=%s", asking->sign_in->url.at, asking->challenge.at);
    if (asking->door.door >= 0)
        buf_putf(&address, "&port=%u", asking->door.port);
    machine_put(&address);
    TRY(buf_end(&address));
    fprintf(cli->err, "Open this address in a browser, and sign in there:\n\n  %s\n\n", address.at);
    fprintf(cli->err, "Say yes there if it shows this code: %s\n", asking->shown);
    fprintf(cli->err, "%s paste it here: ",
            asking->door.door >= 0 ? "If the browser is on another machine, it shows a longer code:"
                                   : "It then shows a longer code:");
    return fflush(cli->err) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot write to standard error");
}

static err_t code_take(struct cli *cli, const struct asking *asking, str_t code, struct reply *out_reply)
{
    OWN(buf) secret = BUF(2 * KEY_SIZE);
    OWN(buf) body = BUF(MAX_BODY);
    buf_put_base64(&secret, key_bytes(&asking->secret));
    body_put(&body, "code", code);
    body_put(&body, "secret", buf_str(&secret));
    TRY(body_end(&body));
    return service_call(cli, asking->sign_in, &(struct call){"POST", "/v1/session/cli", buf_str(&body)},
                        out_reply);
}

/* A code from a browser, or from whoever types; the end of the input ends only that. */
static err_t code_hear(struct cli *cli, struct asking *asking, int *input, buf_t *out_code)
{
    const struct loopback_ask ask = {.other = *input, .until = asking->until};
    TRY(loopback_wait(&asking->door, &ask, out_code));
    if (out_code->len)
        return ERR_OK;
    err_t typed = prompt_line(cli, "the code", out_code);
    if (typed == ERR_OK || prompt_has_terminal(cli)) /* an empty line */
        return ERR_OK;
    *input = -1;
    return asking->door.door < 0 ? typed : ERR_OK;
}

static void browser_send(struct asking *asking, err_t taken)
{
    OWN(buf) location = BUF(ADDRESS_MOST);
    buf_putf(&location, "%s/cli#done", asking->sign_in->url.at);
    loopback_answer(&asking->door, taken == ERR_OK && buf_end(&location) == ERR_OK ? location.at : NULL);
}

err_t browser_sign_in(struct cli *cli, const struct sign_in *sign_in, struct reply *out_reply)
{
    OWN(asking) asking = {.sign_in = sign_in, .challenge = BUF(64), .door = LOOPBACK};
    int input = cli->in;
    TRY(asking_make(cli, &asking));
    TRY(asking_tell(cli, &asking));
    asking.until = loopback_second() + PATIENCE_SECONDS;
    while (true) {
        OWN(buf) code = BUF(CODE_MOST);
        TRY(code_hear(cli, &asking, &input, &code));
        if (!code.len)
            continue;
        err_t taken = code_take(cli, &asking, str_trim(buf_str(&code)), out_reply);
        browser_send(&asking, taken);
        fputc('\n', cli->err);
        if (taken != ERR_SIGNED_OUT)
            return taken;
        cli_tell(cli, "%s", err_note());
    }
}
