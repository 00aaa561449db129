/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/record.h"

#include "guard/heard.h"

enum { ARGS_MAX = 8192 };

static ident_t subject_of(const struct order *order, const struct told *told)
{
    ident_t id;
    if (told->login != (uid_t)-1 && names_is_person(order->names, told->login) &&
        names_account(order->names, told->login, &id))
        return id;
    if (names_is_person(order->names, told->uid) && names_account(order->names, told->uid, &id))
        return id;
    return order->device;
}

/* Text that is not UTF-8, as a file's name may be, is no text on the wire: its odd bytes are shown as "?". */
static str_t text_of(const char *text, buf_t *out)
{
    if (!text)
        return (str_t){0};
    if (str_is_utf8(str(text)))
        return str(text);
    for (; *text; text++)
        buf_put_byte(out, (unsigned char)*text < 0x80 ? (uint8_t)*text : '?');
    return buf_str(out);
}

void record_launch(const struct recorder *recorder, const struct told *told)
{
    OWN(buf) path = BUF(FILE_PATH);
    OWN(buf) parent = BUF(FILE_PATH);
    OWN(buf) script = BUF(FILE_PATH);
    OWN(buf) args = BUF(ARGS_MAX);
    OWN(buf) hidden = BUF(ARGS_MAX);
    struct env *env = recorder->env;
    const struct file *file = told->file;
    unsigned record = told->elevation ? told->record | RECORD_PATH : told->record;
    struct launch launch = {
        .at = env->now(env) - (heard_now() - told->at) / 1000000,
        .decision = told->decision == DECISION_ELEVATE && !told->elevation ? DECISION_ALLOW : told->decision,
        .emergency = told->emergency,
        .policy = (int64_t)recorder->order->number,
        .rule = told->rule == RULE_DEFAULT ? 0 : (int64_t)told->rule + 1,
        .reason = str(told->reason),
    };
    if (!record || recorder->off)
        return;
    ident_t subject = subject_of(recorder->order, told);
    /* In a person's own list every launch is that person's. */
    if (!ident_eq(subject, recorder->order->device))
        launch.account = subject;
    else
        names_account(recorder->order->names, told->uid, &launch.account);
    if (record & RECORD_PATH) {
        launch.path = text_of(file->path, &path);
        launch.script = text_of(told->script, &script);
    }
    if (record & FACT_SHA256 && file->known & FACT_SHA256)
        launch.sha256 = str_bytes(file->sha256, DIGEST_SIZE);
    if (record & FACT_PACKAGE && file->known & FACT_PACKAGE)
        launch.package = str(file->package);
    if (record & FACT_PARENT)
        launch.parent = text_of(told->parent, &parent);
    if (record & FACT_ARGS && told->args.len) {
        rules_hide(recorder->order->rules, told->args, &hidden);
        launch.args = buf_end(&hidden) == ERR_OK ? text_of(hidden.at, &args) : (str_t){0};
    }
    journal_add(recorder->journal, subject, &launch);
}
