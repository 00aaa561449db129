/* SPDX-License-Identifier: Apache-2.0 */
#include "base/moment.h"
#include "verify/verify.h"

#include <stdarg.h>

enum { REPORT_MAX = 64 * 1024 };

err_t find(struct verify *verify, enum verdict verdict, const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    verify->verdict = verdict;
    memcpy(verify->detail, detail, sizeof detail);
    return fail(ERR_LOCKED, "%s", verdict_info(verdict)->said);
}

/* How long what a terminal would obey is at the beginning of a text: C0, DEL and C1, and what turns the direction of writing; 0
 * for all else. */
static size_t unfit_len(str_t text)
{
    static const str_t turns[] = {{"\xe2\x80\x8e", 3}, {"\xe2\x80\x8f", 3}, {"\xe2\x80\xaa", 3},
                                  {"\xe2\x80\xab", 3}, {"\xe2\x80\xac", 3}, {"\xe2\x80\xad", 3},
                                  {"\xe2\x80\xae", 3}, {"\xe2\x81\xa6", 3}, {"\xe2\x81\xa7", 3},
                                  {"\xe2\x81\xa8", 3}, {"\xe2\x81\xa9", 3}, {"\xd8\x9c", 2}};
    uint8_t first = (uint8_t)text.at[0], second = text.len > 1 ? (uint8_t)text.at[1] : 0;
    if (first < ' ' || first == 0x7f)
        return 1;
    if (first == 0xc2 && second >= 0x80 && second < 0xa0)
        return 2;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        if (str_starts(text, turns[i]))
            return turns[i].len;
    return 0;
}

/* What comes from a stranger's file goes to a terminal as letters only. */
void plain_put(buf_t *out, str_t text)
{
    while (text.len) {
        size_t unfit = unfit_len(text), taken = unfit ? unfit : 1;
        buf_put_byte(out, unfit ? '?' : (uint8_t)text.at[0]);
        text = str_bytes(text.at + taken, text.len - taken);
    }
}

static void put_plain(buf_t *out, const char *text) { plain_put(out, str(text)); }

static moment_text_t cosigned_at(const struct verify *verify, size_t i)
{
    uint64_t most = (uint64_t)INT64_MAX / 1000;
    return moment_text((moment_t)(verify->cosigned[i] < most ? verify->cosigned[i] : most) * 1000);
}

static void approval_report(const struct approval *approval, buf_t *out)
{
    buf_putf(out, "  tenant   %s\n", ident_text("ten", approval->tenant).text);
    buf_putf(out, "  request  %s\n", ident_text("req", approval->request).text);
    buf_putf(out, "  staff    %s\n  case     ", ident_text("stf", approval->staff).text);
    plain_put(out, approval->case_id);
    buf_put(out, STR("\n  acts     "));
    plain_put(out, approval->acts);
    buf_putf(out, "\n  devices  %llu\n", (unsigned long long)approval->devices);
    buf_putf(out, "  from     %s\n", moment_text(approval->from).text);
    buf_putf(out, "  until    %s\n", moment_text(approval->until).text);
}

static void approval_json(const struct approval *approval, buf_t *out)
{
    buf_putf(out, ",\"tenant\":\"%s\"", ident_text("ten", approval->tenant).text);
    buf_putf(out, ",\"request\":\"%s\"", ident_text("req", approval->request).text);
    buf_putf(out, ",\"staff\":\"%s\",\"case\":", ident_text("stf", approval->staff).text);
    buf_put_json(out, approval->case_id);
    buf_put(out, STR(",\"acts\":"));
    buf_put_json(out, approval->acts);
    buf_putf(out, ",\"devices\":%llu", (unsigned long long)approval->devices);
    buf_putf(out, ",\"from\":\"%s\"", moment_text(approval->from).text);
    buf_putf(out, ",\"until\":\"%s\"", moment_text(approval->until).text);
}

static void certificate_report(const struct certificate *certificate, buf_t *out)
{
    buf_putf(out, "  tenant     %s\n", ident_text("ten", certificate->tenant).text);
    buf_putf(out, "  erasure    %s\n  asked      ", ident_text("era", certificate->erasure).text);
    plain_put(out, certificate->asked);
    buf_putf(out, "\n  requested  %s\n", moment_text(certificate->requested).text);
    buf_putf(out, "  marked     %s\n", moment_text(certificate->marked).text);
    buf_putf(out, "  destroyed  %s\n", moment_text(certificate->destroyed).text);
    for (enum erased_store store = 0; store < ERASED_COUNT; store++)
        buf_putf(out, "  %-9s  %s, %lld\n", erased_name(store),
                 moment_text(certificate->stores[store].at).text,
                 (long long)certificate->stores[store].items);
    buf_putf(out, "  backups    %s\n", moment_text(certificate->backups).text);
    for (size_t i = 0; i < certificate->exception_count; i++) {
        buf_put(out, STR("  exception  "));
        plain_put(out, certificate->exceptions[i].what);
        buf_putf(out, ", %lld, until %s\n", (long long)certificate->exceptions[i].count,
                 moment_text(certificate->exceptions[i].until).text);
    }
    for (size_t i = 0; i < certificate->kept_count; i++)
        buf_putf(out, "  kept       %s, %lld, %lld bytes\n",
                 ident_text("hld", certificate->kept[i].hold).text, (long long)certificate->kept[i].items,
                 (long long)certificate->kept[i].bytes);
    if (!ident_is_zero(certificate->after))
        buf_putf(out, "  after      %s\n", ident_text("era", certificate->after).text);
    buf_putf(out, "  certified  %s\n", moment_text(certificate->certified).text);
}

static void certificate_json(const struct certificate *certificate, buf_t *out)
{
    buf_putf(out, ",\"tenant\":\"%s\"", ident_text("ten", certificate->tenant).text);
    buf_putf(out, ",\"erasure\":\"%s\",\"asked\":", ident_text("era", certificate->erasure).text);
    buf_put_json(out, certificate->asked);
    buf_putf(out, ",\"requested\":\"%s\"", moment_text(certificate->requested).text);
    buf_putf(out, ",\"marked\":\"%s\"", moment_text(certificate->marked).text);
    buf_putf(out, ",\"destroyed\":\"%s\"", moment_text(certificate->destroyed).text);
    buf_putf(out, ",\"backups\":\"%s\"", moment_text(certificate->backups).text);
    buf_putf(out, ",\"exceptions\":%zu,\"kept\":%zu", certificate->exception_count, certificate->kept_count);
    if (!ident_is_zero(certificate->after))
        buf_putf(out, ",\"after\":\"%s\"", ident_text("era", certificate->after).text);
    buf_putf(out, ",\"certified\":\"%s\"", moment_text(certificate->certified).text);
}

static void report_put(const struct verify *verify, buf_t *out)
{
    buf_put(out, str(verdict_info(verify->verdict)->said));
    if (*verify->detail) {
        buf_put(out, STR(": "));
        put_plain(out, verify->detail);
    }
    buf_put_byte(out, '\n');
    if (verify->has_approval)
        approval_report(&verify->approval, out);
    if (verify->has_receipt)
        receipt_report(&verify->receipt, out);
    if (verify->has_certificate)
        certificate_report(&verify->certificate, out);
    if (!verify->has_checkpoint)
        return;
    buf_put(out, STR("  log    "));
    put_plain(out, verify->origin);
    buf_putf(out, "\n  size   %llu\n  root   ", (unsigned long long)verify->size);
    hash_put(out, &verify->root);
    buf_put_byte(out, '\n');
    if (verify->has_index)
        buf_putf(out, "  index  %llu\n", (unsigned long long)verify->index);
    for (size_t i = 0; verify->verdict == GOOD && i < verify->witnesses.count; i++) {
        buf_put(out, STR("  seen   "));
        put_plain(out, verify->witnesses.at[i].name);
        buf_putf(out, ", %s\n", cosigned_at(verify, i).text);
    }
}

static void json_put(const struct verify *verify, buf_t *out)
{
    buf_put(out, STR("{\"verdict\":"));
    buf_put_json(out, str(verdict_info(verify->verdict)->said));
    buf_put(out, STR(",\"detail\":"));
    buf_put_json(out, str(verify->detail));
    if (verify->has_checkpoint) {
        buf_put(out, STR(",\"log\":"));
        buf_put_json(out, str(verify->origin));
        buf_putf(out, ",\"size\":%llu,\"root\":\"", (unsigned long long)verify->size);
        hash_put(out, &verify->root);
        buf_put_byte(out, '"');
    }
    if (verify->has_approval)
        approval_json(&verify->approval, out);
    if (verify->has_receipt)
        receipt_json(&verify->receipt, out);
    if (verify->has_certificate)
        certificate_json(&verify->certificate, out);
    if (verify->has_index)
        buf_putf(out, ",\"index\":%llu", (unsigned long long)verify->index);
    buf_put(out, STR(",\"witnesses\":["));
    for (size_t i = 0; verify->verdict == GOOD && i < verify->witnesses.count; i++) {
        buf_put(out, i ? STR(",{\"name\":") : STR("{\"name\":"));
        buf_put_json(out, str(verify->witnesses.at[i].name));
        buf_putf(out, ",\"seen\":\"%s\"}", cosigned_at(verify, i).text);
    }
    buf_put(out, STR("]}\n"));
}

static int verdict_write(struct verify *verify)
{
    OWN(buf) report = BUF(REPORT_MAX);
    if (*verify->options.json)
        json_put(verify, &report);
    else
        report_put(verify, &report);
    fwrite(buf_str(&report).at, 1, report.len, verify->out);
    return verdict_info(verify->verdict)->exit;
}

static int error_write(struct verify *verify, err_t code)
{
    OWN(buf) line = BUF(REPORT_MAX);
    if (*verify->options.json) {
        buf_putf(&line, "{\"error\":\"%s\",\"detail\":", err_info(code)->name);
        buf_put_json(&line, str(err_note()));
        buf_put_byte(&line, '}');
    } else {
        buf_put(&line, STR("custody-verify: "));
        put_plain(&line, err_note());
    }
    fprintf(verify->err, "%s\n", line.at ? line.at : "");
    return err_info(code)->exit;
}

static err_t help_print(struct verify *verify)
{
    for_each_command(c)
    {
        OWN(buf) usage = BUF(1024);
        usage_put(&usage, c);
        if (!verify->command || verify->command == c)
            fprintf(verify->out, "custody-verify %s\n    %s\n", usage.at, c->help);
    }
    fputc('\n', verify->out);
    for_each_option(o) fprintf(verify->out, "  %-10s %-10s %s\n", o->name, o->value ? o->value : "", o->help);
    return ERR_OK;
}

static err_t run(struct verify *verify, char **arguments)
{
    TRY(crypt_start());
    TRY(parse(verify, arguments));
    if (*verify->options.help)
        return help_print(verify);
    if (*verify->options.version)
        return fprintf(verify->out, "custody-verify %s\n", CUSTODY_VERSION) > 0 ? ERR_OK : ERR_BROKEN;
    return verify->command->run(verify);
}

/* Known before anything can go wrong, so that the first error has its shape too. */
static bool asks_json(char **arguments)
{
    for (; *arguments && strcmp(*arguments, "--") != 0; arguments++)
        if (!strcmp(*arguments, "--json"))
            return true;
    return false;
}

int verify_run(struct verify *verify, char **arguments)
{
    *verify->options.json = asks_json(arguments) ? "--json" : NULL;
    err_t done = run(verify, arguments);
    bool is_check =
        verify->command && verify->command->is_check && !*verify->options.help && !*verify->options.version;
    bool is_judged = is_check && (done == ERR_OK || (done == ERR_LOCKED && verify->verdict != GOOD));
    int status = is_judged ? verdict_write(verify) : done == ERR_OK ? 0 : error_write(verify, done);
    if (fflush(verify->out) == 0 && !ferror(verify->out))
        return status;
    return status ? status : error_write(verify, fail(ERR_BROKEN, "cannot write to standard output"));
}
