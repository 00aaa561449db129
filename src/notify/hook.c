/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/hook.h"

err_t hook_put(const struct hook *hook, buf_t *out_body)
{
    const struct notice_info *info = notice_info(hook->kind);
    if (!is_one_word(hook->link) || !is_one_word(str(hook->console)))
        return fail(ERR_INVALID, "a notice cannot be put into a link");
    buf_putf(out_body, "{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":{\"id\":\"%s\",\"severity\":\"%s\"",
             info->name, moment_text(hook->made).text, ident_text("ntc", hook->id).text, info->severity);
    buf_put(out_body, STR(",\"subject\":"));
    buf_put_json(out_body, str(info->subject));
    if (hook->count)
        buf_putf(out_body, ",\"count\":%lld", (long long)hook->count);
    OWN(buf) link = BUF(1024);
    buf_putf(&link, "%s%s%s%.*s", hook->console, info->page, hook->link.len ? "/" : "", STR_ARG(hook->link));
    TRY(buf_end(&link));
    buf_put(out_body, STR(",\"link\":"));
    buf_put_json(out_body, buf_str(&link));
    buf_put(out_body, STR("}}"));
    return buf_end(out_body);
}
