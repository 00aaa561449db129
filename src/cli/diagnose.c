/* SPDX-License-Identifier: Apache-2.0
 *
 * How things stand, for whoever helps: versions, the saved sign-in without its token, whether the service answers and
 * proves who it is, the clocks, and counts. Nothing in it is about a person: no name, no path, no id, no answer of the
 * service but its version. What cannot be found out is said in its place; the report is made all the same.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/service.h"
#include "cli/text.h"
#include "crypt/cert.h"
#include "crypt/seal.h"

#include <curl/curl.h>
#include <sys/utsname.h>

enum { REPORT_MAX = 1024 * 1024, CERTIFICATES_MAX = 16 };

static void put_member(json_t *section, const char *key, json_t *value)
{
    if (json_object_set_new(section, key, value) != 0)
        (void)json_object_set_new(section, key, json_null());
}

static void put_words(json_t *section, const char *key, const char *text)
{
    put_member(section, key, json_string(text));
}

static json_t *section_begin(json_t *report, const char *name)
{
    put_member(report, name, json_object());
    return json_object_get(report, name);
}

/* The program */

static void program_tell(struct cli *cli, json_t *report)
{
    struct utsname about;
    char text[256] = "";
    json_t *program = section_begin(report, "program");
    put_words(program, "made", moment_text(cli->env->now(cli->env)).text);
    put_words(program, "version", CUSTODY_VERSION);
    put_words(program, "libcurl", curl_version());
    if (uname(&about) == 0)
        snprintf(text, sizeof text, "%s %s %s", about.sysname, about.release, about.machine);
    put_words(program, "system", text);
}

/* The sign-in */

static void sign_in_put(const struct sign_in *sign_in, json_t *section)
{
    put_words(section, "from", sign_in->from);
    put_words(section, "url", sign_in->url.at);
    put_words(section, "kind",
              !sign_in->bearer.len          ? "none"
              : sign_in_is_session(sign_in) ? "session"
                                            : "token");
    put_words(section, "trust",
              sign_in->insecure        ? "nobody is checked"
              : sign_in->authority.len ? "its authority"
                                       : "the machine's");
}

/* A note about a file may hold its path, and a path a person's name: the error's meaning says enough. */
static bool sign_in_tell(struct cli *cli, json_t *report, struct sign_in *sign_in)
{
    json_t *section = section_begin(report, "sign_in");
    err_t loaded = sign_in_load(cli, sign_in);
    if (loaded == ERR_OK)
        sign_in_put(sign_in, section);
    else if (loaded == ERR_SIGNED_OUT && sign_in_ask(cli, sign_in) == ERR_OK)
        sign_in_put(sign_in, section);
    else
        put_words(section, "problem", err_info(loaded)->meaning);
    return sign_in->url.len != 0;
}

/* The service */

/* The body of a PEM in base64, in the alphabet that base64_read() takes. */
static void certificate_read(str_t pem, buf_t *der)
{
    OWN(buf) text = BUF(MAX_BODY);
    for (size_t i = 0; i < pem.len; i++)
        if (!strchr("\r\n= ", pem.at[i]))
            buf_put_byte(&text, (uint8_t)(pem.at[i] == '+' ? '-' : pem.at[i] == '/' ? '_' : pem.at[i]));
    if (base64_read(buf_str(&text), der) != ERR_OK)
        buf_clear(der);
}

static void fingerprint_put(json_t *certificate, const char *key, const uint8_t digest_bytes[DIGEST_SIZE])
{
    OWN(buf) hex = BUF(2 * DIGEST_SIZE);
    buf_put_hex(&hex, str_bytes(digest_bytes, DIGEST_SIZE));
    put_words(certificate, key, hex.at);
}

/* `body` is what stands between the lines of `pem`, a whole certificate. */
static json_t *certificate_tell(str_t pem, str_t body)
{
    OWN(buf) der = BUF(MAX_BODY);
    uint8_t found[DIGEST_SIZE];
    json_t *certificate = json_object();
    certificate_read(body, &der);
    if (der.len) {
        digest(buf_str(&der), found);
        fingerprint_put(certificate, "sha256", found);
    }
    if (cert_fingerprint(pem, found) == ERR_OK)
        fingerprint_put(certificate, "key_sha256", found);
    return certificate;
}

static json_t *chain_tell(str_t chain)
{
    static const char begins[] = "-----BEGIN CERTIFICATE-----", ends[] = "-----END CERTIFICATE-----";
    json_t *certificates = json_array();
    for (size_t i = 0; chain.at && chain.len && i < CERTIFICATES_MAX; i++) {
        const char *begin = memmem(chain.at, chain.len, begins, sizeof begins - 1);
        const char *end = memmem(chain.at, chain.len, ends, sizeof ends - 1);
        if (!begin || !end || end < begin)
            break;
        const char *body = begin + sizeof begins - 1, *after = end + sizeof ends - 1;
        json_array_append_new(certificates, certificate_tell((str_t){begin, (size_t)(after - begin)},
                                                             (str_t){body, (size_t)(end - body)}));
        chain = (str_t){after, chain.len - (size_t)(after - chain.at)};
    }
    return certificates;
}

/* Positive where this machine is ahead. The header is to the second. */
static void clock_tell(json_t *report, moment_t now, const struct reply *reply)
{
    json_t *section = section_begin(report, "clock");
    time_t date = reply->date.len ? curl_getdate(reply->date.at, NULL) : -1;
    if (date < 0)
        put_words(section, "problem", "the service says no date");
    else
        put_member(section, "seconds_ahead", json_integer((json_int_t)(now / 1000 - date)));
}

static void answer_tell(json_t *report, const struct reply *reply, moment_t took)
{
    OWN(json) ready = NULL;
    json_t *service = json_object_get(report, "service");
    put_member(service, "milliseconds", json_integer(took));
    if (answer_parse(buf_str(&reply->body), &ready) != ERR_OK) {
        put_words(service, "problem", "the answer is not Custody's");
        return;
    }
    str_t version = answer_text(ready, "version");
    put_member(service, "ready", json_boolean(json_is_true(json_object_get(ready, "ready"))));
    put_member(service, "version",
               json_stringn(version.at ? version.at : "", version.len < 64 ? version.len : 64));
}

/* As nobody: what is sent to a service that has not proved who it is holds no token. */
static err_t service_probe(struct cli *cli, const struct sign_in *sign_in, bool checks, json_t *report)
{
    struct sign_in nobody = {.url = sign_in->url, .insecure = !checks};
    OWN(reply) reply = {0};
    moment_t began = cli->env->now(cli->env);
    if (checks)
        nobody.authority = sign_in->authority;
    TRY(service_call(cli, &nobody, &(struct call){"GET", "/v1/ready", .with_chain = true}, &reply));
    moment_t ended = cli->env->now(cli->env);
    answer_tell(report, &reply, ended - began);
    put_member(json_object_get(report, "tls"), "chain", chain_tell(buf_str(&reply.chain)));
    clock_tell(report, began + (ended - began) / 2, &reply);
    return ERR_OK;
}

/* True where the service answers as the sign-in wants it to. */
static bool service_tell(struct cli *cli, const struct sign_in *sign_in, json_t *report)
{
    json_t *service = section_begin(report, "service"), *tls = section_begin(report, "tls");
    err_t asked = service_probe(cli, sign_in, !sign_in->insecure, report);
    put_member(tls, "proved", json_boolean(asked == ERR_OK && !sign_in->insecure));
    if (asked != ERR_OK)
        put_words(service, "problem", err_note());
    if (asked == ERR_BROKEN && !sign_in->insecure)
        put_member(service, "answers", json_boolean(service_probe(cli, sign_in, false, report) == ERR_OK));
    else
        put_member(service, "answers", json_boolean(asked == ERR_OK));
    return asked == ERR_OK;
}

/* Counts */

/* Of a list that says its total in a header, or else of the items it has. Null where it cannot be known. */
static json_t *count_of(struct cli *cli, const struct sign_in *sign_in, const char *path)
{
    OWN(reply) reply = {0};
    OWN(json) page = NULL;
    uint64_t total;
    if (service_call(cli, sign_in, &(struct call){"GET", path}, &reply) != ERR_OK)
        return json_null();
    if (reply.total.len && str_number(buf_str(&reply.total), INT64_MAX, &total) == ERR_OK)
        return json_integer((json_int_t)total);
    if (answer_parse(buf_str(&reply.body), &page) != ERR_OK)
        return json_null();
    return json_integer((json_int_t)json_array_size(json_object_get(page, "items")));
}

static void counts_tell(struct cli *cli, const struct sign_in *sign_in, json_t *report)
{
    static const char *const counted[][2] = {
        {"devices", "/v1/devices?limit=1"},
        {"devices_pending", "/v1/devices?limit=1&state=pending"},
        {"devices_revoked", "/v1/devices?limit=1&state=revoked"},
        {"deployment_keys", "/v1/deployment-keys"},
        {"tokens", "/v1/tokens"},
    };
    json_t *counts = section_begin(report, "counts");
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        put_member(counts, counted[i][0], count_of(cli, sign_in, counted[i][1]));
}

/* What the client's contract lets be done, and whether the service's clock is believed: what is held waits for people. */
static void licence_tell(struct cli *cli, const struct sign_in *sign_in, json_t *report)
{
    static const char *const told[] = {"state", "next_at", "holds", "clock_held"};
    OWN(reply) reply = {0};
    OWN(json) licence = NULL;
    json_t *section = section_begin(report, "licence");
    bool known = service_call(cli, sign_in, &(struct call){"GET", "/v1/licence"}, &reply) == ERR_OK &&
                 answer_parse(buf_str(&reply.body), &licence) == ERR_OK;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        put_member(section, told[i], known ? json_incref(json_object_get(licence, told[i])) : json_null());
}

/* Whether the service takes the sign-in, and for what: a role is no person. */
static bool session_tell(struct cli *cli, const struct sign_in *sign_in, json_t *report)
{
    OWN(reply) reply = {0};
    OWN(json) session = NULL;
    json_t *section = json_object_get(report, "sign_in");
    err_t asked = service_call(cli, sign_in, &(struct call){"GET", "/v1/session"}, &reply);
    put_member(section, "accepted", json_boolean(asked == ERR_OK));
    if (asked != ERR_OK)
        put_words(section, "problem", err_info(asked)->meaning);
    if (asked != ERR_OK || answer_parse(buf_str(&reply.body), &session) != ERR_OK)
        return false;
    put_member(section, "role", json_incref(json_object_get(session, "role")));
    return true;
}

/* The report */

static void put_any(buf_t *out, const json_t *value)
{
    if (json_is_string(value))
        text_put(out, str_bytes(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value))
        buf_putf(out, "%lld", (long long)json_integer_value(value));
    else
        buf_put(out, json_is_null(value) ? STR("not known") : json_is_true(value) ? STR("yes") : STR("no"));
}

static void put_line(buf_t *out, const char *name, const json_t *value)
{
    buf_putf(out, "  %-16s  ", name);
    put_any(out, value);
    buf_put_byte(out, '\n');
}

static void put_chain(buf_t *out, const json_t *chain)
{
    for (size_t i = 0; i < json_array_size(chain); i++) {
        char name[64];
        snprintf(name, sizeof name, "certificate %zu", i + 1);
        put_line(out, name, json_object_get(json_array_get(chain, i), "sha256"));
        put_line(out, "  its key", json_object_get(json_array_get(chain, i), "key_sha256"));
    }
}

static void put_report(buf_t *out, json_t *report)
{
    const char *name, *key;
    json_t *section, *value;
    json_object_foreach(report, name, section)
    {
        buf_putf(out, "%s\n", name);
        json_object_foreach(section, key, value)
        {
            if (json_is_array(value))
                put_chain(out, value);
            else
                put_line(out, key, value);
        }
    }
}

typedef char *dumped_own;
static void dumped_drop(dumped_own *text) { free(*text); }

static err_t report_make(struct cli *cli, json_t *report, buf_t *out)
{
    if (!cli->options.json) {
        put_report(out, report);
        return buf_end(out);
    }
    OWN(dumped) text = json_dumps(report, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text)
        return fail(ERR_BUSY, "no memory for the report");
    buf_put(out, str(text));
    buf_put_byte(out, '\n');
    return buf_end(out);
}

static err_t report_print(struct cli *cli, json_t *report)
{
    OWN(buf) text = BUF(REPORT_MAX);
    TRY(report_make(cli, report, &text));
    if (!cli->options.output) {
        fwrite(text.at, 1, text.len, cli->out);
        return ERR_OK;
    }
    TRY(cli->env->write_file(cli->env, cli->options.output, buf_str(&text), 0600));
    cli_tell(cli, "written to %s: read it before you send it", cli->options.output);
    cli_print_done(cli, "written", cli->options.output);
    return ERR_OK;
}

err_t command_diagnose(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(json) report = json_object();
    TRY(crypt_start());
    if (!report)
        return fail(ERR_BUSY, "no memory for the report");
    program_tell(cli, report);
    bool is_known = sign_in_tell(cli, report, &sign_in);
    bool answers = is_known && service_tell(cli, &sign_in, report);
    if (answers && sign_in.bearer.len && session_tell(cli, &sign_in, report)) {
        licence_tell(cli, &sign_in, report);
        counts_tell(cli, &sign_in, report);
    }
    return report_print(cli, report);
}
