/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sign_in.h"

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/prompt.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/stat.h>

enum { URL_MAX = 512, BEARER_MAX = 512, FILE_MAX = 4 * MAX_BODY, PATH_LENGTH_MAX = 4000 };

#define PLAIN_IN_A_SHELL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./@%+=:,"
#define EMPTY_SIGN_IN \
    ((struct sign_in){.url = BUF(URL_MAX), .bearer = BUF(BEARER_MAX), .authority = BUF(MAX_BODY)})

void sign_in_drop(struct sign_in *sign_in)
{
    buf_drop(&sign_in->url);
    buf_drop(&sign_in->bearer);
    buf_drop(&sign_in->authority);
}

/* What is given */

/* A token is a program's of a client: it is none of the provider's people. */
static const char *token_of(const struct cli *cli)
{
    const char *given = cli->options.token;
    return given || cli_is_staff(cli) ? given : variable_of("--token");
}

static const char *given_or_variable(const char *given, const char *option)
{
    return given ? given : variable_of(option);
}

typedef CURLU *url_own;
static void url_drop(url_own *url) { curl_url_cleanup(*url); }

typedef char *curl_text_own;
static void curl_text_drop(curl_text_own *text) { curl_free(*text); }

static bool url_has(CURLU *url, CURLUPart part)
{
    OWN(curl_text) text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

static bool url_is(CURLU *url, CURLUPart part, const char *wanted)
{
    OWN(curl_text) text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK && !strcmp(text, wanted);
}

static err_t url_check(str_t text)
{
    char copy[URL_MAX + 1] = "";
    OWN(url) url = curl_url();
    if (text.len > URL_MAX)
        return fail(ERR_TOO_LARGE, "the url is past %d bytes", URL_MAX);
    if (text.len)
        memcpy(copy, text.at, text.len);
    if (!url || strlen(copy) != text.len || curl_url_set(url, CURLUPART_URL, copy, 0) != CURLUE_OK ||
        !url_is(url, CURLUPART_SCHEME, "https"))
        return fail(ERR_INVALID, "the url is not of the form https://host or https://host:port");
    if (url_has(url, CURLUPART_USER) || url_has(url, CURLUPART_QUERY) || url_has(url, CURLUPART_FRAGMENT) ||
        !url_is(url, CURLUPART_PATH, "/"))
        return fail(ERR_INVALID, "the url has more than a host and a port");
    return ERR_OK;
}

static err_t url_set(struct sign_in *sign_in, str_t url)
{
    while (url.len && url.at[url.len - 1] == '/')
        url.len--;
    TRY(url_check(url));
    buf_put(&sign_in->url, url);
    return buf_end(&sign_in->url);
}

static err_t authority_set(struct sign_in *sign_in, str_t pem)
{
    static const char mark[] = "-----BEGIN CERTIFICATE-----";
    if (!pem.len || !memmem(pem.at, pem.len, mark, sizeof mark - 1))
        return fail(ERR_INVALID, "the authority's file holds no certificate (PEM)");
    buf_put(&sign_in->authority, pem);
    return buf_end(&sign_in->authority);
}

/* What this run says about trust replaces what the sign-in says; it says nothing without one of the two. */
static err_t trust_ask(struct cli *cli, struct sign_in *sign_in)
{
    const struct options *given = &cli->options;
    const char *authority =
        given->insecure ? given->authority : given_or_variable(given->authority, "--authority");
    OWN(buf) pem = BUF(MAX_BODY);
    if (given->insecure && authority)
        return fail(ERR_INVALID, "--authority checks who the service is and --insecure does not: give one");
    if (!given->insecure && !authority)
        return ERR_OK;
    buf_clear(&sign_in->authority);
    sign_in->insecure = given->insecure != NULL;
    if (sign_in->insecure)
        cli_tell(cli, "nobody checks who answers at %s: anyone on the way can read and change what is sent",
                 sign_in->url.at);
    if (!authority)
        return ERR_OK;
    TRY(cli->env->read_file(cli->env, authority, &pem));
    return authority_set(sign_in, buf_str(&pem));
}

err_t sign_in_ask(struct cli *cli, struct sign_in *out_sign_in)
{
    OWN(sign_in) made = EMPTY_SIGN_IN;
    const char *url = given_or_variable(cli->options.url, "--url");
    if (!url)
        return fail(ERR_INVALID, "--url is missing");
    TRY(url_set(&made, str(url)));
    TRY(trust_ask(cli, &made));
    made.from = cli->options.url ? "options" : "environment";
    made.is_staff = cli_is_staff(cli);
    *out_sign_in = give(made);
    return ERR_OK;
}

err_t sign_in_set_bearer(struct sign_in *sign_in, str_t bearer)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bool is_one = str_starts(bearer, STR("ctk_")) || str_starts(bearer, STR("cse_"));
    for (size_t i = 0; is_one && i < bearer.len; i++)
        is_one = bearer.at[i] && strchr(digits, bearer.at[i]);
    if (!is_one)
        return fail(ERR_INVALID, "that is not a token: one begins with ctk_");
    buf_clear(&sign_in->bearer);
    buf_put(&sign_in->bearer, bearer);
    return buf_end(&sign_in->bearer);
}

bool sign_in_is_session(const struct sign_in *sign_in)
{
    return str_starts(buf_str(&sign_in->bearer), STR("cse_"));
}

/* The file */

static err_t path_find(const struct cli *cli, buf_t *out_path)
{
    const char *file = getenv("CUSTODY_CONFIG"), *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (file && *file) {
        buf_put(out_path, str(file));
    } else if (config && *config == '/') {
        buf_put(out_path, str(config));
        buf_put(out_path, STR("/custody/login.json"));
    } else if (home && *home == '/') {
        buf_put(out_path, str(home));
        buf_put(out_path, STR("/.config/custody/login.json"));
    } else {
        return fail(ERR_INVALID, "no place for the sign-in: neither CUSTODY_CONFIG nor HOME is set");
    }
    if (cli_is_staff(cli))
        buf_put(out_path, STR(".staff"));
    return buf_end(out_path);
}

err_t sign_in_prepare(const struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(path_find(cli, &path));
    for (char *at = strchr(path.at + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(path.at, 0700) != 0 && errno != EEXIST)
            return fail(ERR_INVALID, "cannot make the folder of the sign-in: %s", strerror(errno));
        *at = '/';
    }
    return ERR_OK;
}

static err_t file_read(const json_t *file, struct sign_in *out)
{
    str_t authority = answer_text(file, "authority");
    TRY(url_set(out, answer_text(file, "url")));
    TRY(sign_in_set_bearer(out, answer_text(file, "token")));
    out->insecure = json_is_true(json_object_get(file, "insecure"));
    return authority.len ? authority_set(out, authority) : ERR_OK;
}

static bool is_read_by_others(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && about.st_mode & (S_IRWXG | S_IRWXO);
}

/* The command is one to paste: a path that a shell would read otherwise is quoted. */
static err_t open_wrong(struct cli *cli, const char *path)
{
    fail(ERR_INVALID, "others can read the saved sign-in, and so sign in with it");
    if (strchr(path, '\'') || strlen(path) + sizeof "chmod 600 ''" > ADVICE_MAX)
        return cli_advise(cli, ERR_INVALID, "chmod 600 the file that CUSTODY_CONFIG names");
    const char *quote = path[strspn(path, PLAIN_IN_A_SHELL)] ? "'" : "";
    return cli_advise(cli, ERR_INVALID, "chmod 600 %s%s%s", quote, path, quote);
}

static err_t privacy_check(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(path_find(cli, &path));
    return is_read_by_others(path.at) ? open_wrong(cli, path.at) : ERR_OK;
}

err_t sign_in_saved(struct cli *cli, struct sign_in *out_sign_in)
{
    OWN(sign_in) made = EMPTY_SIGN_IN;
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) bytes = BUF(FILE_MAX);
    OWN(json) file = NULL;
    TRY(path_find(cli, &path));
    err_t read = cli->env->read_file(cli->env, path.at, &bytes);
    if (read == ERR_MISSING)
        return fail(ERR_SIGNED_OUT, "nobody is signed in here");
    TRY(read);
    if (answer_parse(buf_str(&bytes), &file) != ERR_OK || file_read(file, &made) != ERR_OK)
        return cli_advise(cli, fail(ERR_INVALID, "the saved sign-in is damaged"),
                          "custody logout, then custody login again");
    made.from = "file";
    made.is_staff = cli_is_staff(cli);
    *out_sign_in = give(made);
    return ERR_OK;
}

/* Without a url, or without a token for it, the rest is in the file. */
static err_t rest_load(struct cli *cli, struct sign_in *out_made)
{
    const char *url = given_or_variable(cli->options.url, "--url");
    OWN(sign_in) asked = EMPTY_SIGN_IN;
    OWN(sign_in) saved = {0};
    if (url)
        TRY(url_set(&asked, str(url)));
    TRY(privacy_check(cli));
    TRY(sign_in_saved(cli, &saved));
    if (url && !str_eq(buf_str(&asked.url), buf_str(&saved.url)))
        return cli_advise(cli,
                          fail(ERR_SIGNED_OUT, "the saved sign-in is for another address, and stays there"),
                          "give --token or CUSTODY_TOKEN with the url");
    TRY(trust_ask(cli, &saved));
    *out_made = give(saved);
    return ERR_OK;
}

err_t sign_in_load(struct cli *cli, struct sign_in *out_sign_in)
{
    OWN(sign_in) made = {0};
    OWN(buf) bearer = BUF(BEARER_MAX);
    const char *token = token_of(cli);
    bool whole = token && given_or_variable(cli->options.url, "--url");
    TRY(whole ? sign_in_ask(cli, &made) : rest_load(cli, &made));
    if (token) {
        TRY(prompt_option(cli, token, "the token", &bearer));
        TRY(sign_in_set_bearer(&made, buf_str(&bearer)));
    }
    *out_sign_in = give(made);
    return ERR_OK;
}

err_t sign_in_save(struct cli *cli, const struct sign_in *sign_in)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) json = BUF(FILE_MAX);
    TRY(sign_in_prepare(cli));
    TRY(path_find(cli, &path));
    buf_put(&json, STR("{\"url\":"));
    buf_put_json(&json, buf_str(&sign_in->url));
    buf_put(&json, STR(",\"token\":"));
    buf_put_json(&json, buf_str(&sign_in->bearer));
    buf_putf(&json, ",\"insecure\":%s", sign_in->insecure ? "true" : "false");
    if (sign_in->authority.len) {
        buf_put(&json, STR(",\"authority\":"));
        buf_put_json(&json, buf_str(&sign_in->authority));
    }
    buf_put(&json, STR("}\n"));
    TRY(buf_end(&json));
    TRY(cli->env->write_file(cli->env, path.at, buf_str(&json), 0600));
    const char *token = cli_is_staff(cli) ? NULL : variable_of("--token");
    if (token && !str_eq(str(token), buf_str(&sign_in->bearer)))
        cli_tell(cli, "CUSTODY_TOKEN is set, and comes before this sign-in: unset it to use what is saved");
    return ERR_OK;
}

err_t sign_in_forget(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(path_find(cli, &path));
    return cli->env->remove_file(cli->env, path.at);
}
