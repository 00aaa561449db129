/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/mail.h"

/* "Tue, 24 Nov 2026 20:39:12 +0000", whatever the locale says of days and months. */
static void put_date(moment_t now, buf_t *out)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(now / 1000);
    struct tm at;
    gmtime_r(&seconds, &at);
    buf_putf(out, "%s, %02d %s %d %02d:%02d:%02d +0000", days[at.tm_wday], at.tm_mday, months[at.tm_mon],
             at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

static void put_headers(const struct mail *mail, const struct notice_info *info, buf_t *out)
{
    str_t host = mail->from;
    str_until(&host, '@');
    buf_putf(out, "Date: ");
    put_date(mail->now, out);
    buf_putf(out, "\r\nFrom: Custody <%.*s>\r\nTo: <%.*s>\r\n", STR_ARG(mail->from), STR_ARG(mail->to));
    buf_putf(out, "Subject: [Custody] %s\r\n", info->subject);
    buf_putf(out, "Message-ID: <%s@%.*s>\r\n", ident_text("ntc", mail->id).text, STR_ARG(host));
    buf_put(out, STR("Auto-Submitted: auto-generated\r\n"
                     "MIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=us-ascii\r\n"
                     "Content-Transfer-Encoding: 7bit\r\n\r\n"));
}

err_t mail_put(const struct mail *mail, buf_t *out_text)
{
    const struct notice_info *info = notice_info(mail->kind);
    if (!is_address(mail->to) || !is_address(mail->from) || !is_one_word(mail->link) ||
        !is_one_word(str(mail->console)))
        return fail(ERR_INVALID, "a notice cannot be put into a mail");
    put_headers(mail, info, out_text);
    buf_putf(out_text, "%s\r\n\r\nKind: %s\r\nSeverity: %s\r\n", info->sentence, info->name, info->severity);
    if (mail->count)
        buf_putf(out_text, "Count: %lld\r\n", (long long)mail->count);
    buf_putf(out_text, "See: %s%s", mail->console, info->page);
    if (mail->link.len)
        buf_putf(out_text, "/%.*s", STR_ARG(mail->link));
    buf_put(out_text,
            STR("\r\n\r\nThis mail names nobody. Who, what and why stand in the console, for those of your "
                "organisation\r\nwho may see it.\r\n"));
    return buf_end(out_text);
}
