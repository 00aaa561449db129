/* SPDX-License-Identifier: Apache-2.0
 *
 * erase.tell: of the deactivation, and of the completed deletion, somebody of the client was told: a relay or a webhook
 * took the notice over, which stands in the log. The outbox keeps what became of these two kinds for good.
 */
#include "log/act.h"
#include "prove/walk.h"

enum { SHOWN = 4 };

/* The newest notices of one kind: one an address. */
struct telling {
    const Keys__Notices *notices;
    moment_t made;
    int64_t addresses, accepted, waiting, logged;
};

static bool is_accepted(const Keys__Notice *notice)
{
    return !strcmp(notice->state, "sent") || !strcmp(notice->state, "delivered");
}

static ident_text_t notice_text(const Keys__Notice *notice)
{
    ident_t id = {{0}};
    if (notice->id.len == sizeof id.bytes)
        memcpy(id.bytes, notice->id.data, sizeof id.bytes);
    return ident_text("ntc", id);
}

/* Newest first: those of one act share their moment. */
static void telling_count(struct telling *telling)
{
    for (size_t i = 0; i < telling->notices->n_items; i++) {
        const Keys__Notice *notice = telling->notices->items[i];
        telling->made = i ? telling->made : notice->made;
        if (notice->made != telling->made)
            return;
        telling->addresses++;
        telling->accepted += is_accepted(notice);
        telling->waiting += !strcmp(notice->state, "waiting");
    }
}

/* Each acceptance has its entry, by the notice's id. */
static void entry_look(void *with, str_t entry)
{
    struct telling *telling = with;
    const struct log_line line = log_line(entry);
    if (!str_eq(line.act, str(act_name(ACT_NOTICE_SENT))) &&
        !str_eq(line.act, str(act_name(ACT_NOTICE_DELIVERED))))
        return;
    for (int64_t i = 0; i < telling->addresses; i++) {
        const Keys__Notice *notice = telling->notices->items[i];
        telling->logged += is_accepted(notice) && log_line_is_on(&line, str(notice_text(notice).text));
    }
}

/* "ntc_… sent 2026-11-24T18:30:00Z", of the first few. */
static str_t accepted_put(struct proving *proving, const struct telling *telling)
{
    str_t said = STR("");
    int shown = 0;
    for (int64_t i = 0; i < telling->addresses && shown < SHOWN; i++) {
        const Keys__Notice *notice = telling->notices->items[i];
        if (is_accepted(notice))
            said = words_put(proving, "%.*s%s%s %s %s", STR_ARG(said), shown++ ? ", " : ": ",
                             notice_text(notice).text, notice->state, moment_text(notice->sent).text);
    }
    return said;
}

static enum finding_state telling_state(const struct telling *telling, const struct log_walk *walk)
{
    if (walk->fault || telling->logged < telling->accepted)
        return FINDING_BROKEN;
    if (telling->accepted)
        return FINDING_KEPT;
    return telling->waiting ? FINDING_NOT_YET_DUE : FINDING_BROKEN;
}

/* Of a deletion a webhook cannot tell: it ends with its client. */
static err_t nothing_told(struct proving *proving, struct finding *out_finding)
{
    Keys__Duties *duties = NULL;
    TRY(duties_ask(proving, &duties));
    *out_finding =
        finding_put(proving, FINDING_NOT_YET_DUE,
                    "neither a deactivation nor a deletion was there to tell of; %lld addresses and %lld"
                    " webhooks would be told of the former%s",
                    (long long)duties->addresses, (long long)duties->webhooks,
                    duties->addresses ? ", the addresses of the latter"
                                      : ", and nobody of the latter: set an address for notices");
    return arena_end(proving->desk->arena);
}

err_t check_tell(struct proving *proving, struct finding *out_finding)
{
    Keys__NoticesAsk in = KEYS__NOTICES_ASK__INIT;
    Keys__Notices *notices = NULL;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    in.told = true;
    TRY(keys_ask(proving->desk->channel, &(struct question){ASK_notices_get, &in}, proving->desk->arena,
                 &notices));
    struct telling telling = {.notices = notices};
    struct log_walk walk = {.proving = proving, .look = entry_look, .with = &telling};
    telling_count(&telling);
    if (!telling.addresses) {
        return nothing_told(proving, out_finding);
    }
    TRY(log_walk(&walk));
    const str_t accepted = accepted_put(proving, &telling);
    *out_finding =
        finding_put(proving, telling_state(&telling, &walk),
                    "%s%s%s of %s: of %lld addresses %lld accepted, %lld in the log, %lld still tried%.*s",
                    walk.fault ? walk.fault : "", walk.fault ? ": " : "", notices->items[0]->kind,
                    moment_text(telling.made).text, (long long)telling.addresses, (long long)telling.accepted,
                    (long long)telling.logged, (long long)telling.waiting, STR_ARG(accepted));
    return arena_end(proving->desk->arena);
}
