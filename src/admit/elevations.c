/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/elevations.h"

#include "admit/requests.h"
#include "concept/codec.h"
#include "concept/elevation.h"
#include "govern/elevation.h"
#include "keyring/clock.h"
#include "keyring/journal.h"
#include "keyring/locks.h"
#include "keyring/notices.h"

#define COLUMNS \
    "id, device, account, subject, policy, minutes, state, made, until, answered_by, answered, used, sealed, note"

struct row {
    ident_t id, device, account, subject, by;
    int64_t policy, minutes;
    str_t state, sealed, note;
    moment_t made, until, answered, used;
};

static struct row row_from(struct ask *ask, const rows_t *rows)
{
    return (struct row){
        .id = row_ident(rows, 0),
        .device = row_ident(rows, 1),
        .account = row_ident(rows, 2),
        .subject = row_ident(rows, 3),
        .policy = row_number(rows, 4),
        .minutes = row_number(rows, 5),
        .state = arena_copy(ask->arena, row_text(rows, 6)),
        .made = row_number(rows, 7),
        .until = row_number(rows, 8),
        .by = row_ident(rows, 9),
        .answered = row_number(rows, 10),
        .used = row_number(rows, 11),
        .sealed = arena_copy(ask->arena, row_text(rows, 12)),
        .note = arena_copy(ask->arena, row_text(rows, 13)),
    };
}

static err_t row_read(struct ask *ask, ident_t tenant, ident_t id, struct row *out_row)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " COLUMNS " from elevations where id = $1 and tenant = $2", ID(id),
                ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("elv", id).text);
    *out_row = row_from(ask, &rows);
    return arena_end(ask->arena);
}

static bool row_is(const struct row *row, const char *state) { return str_eq(row->state, str(state)); }

static err_t row_told(struct ask *ask, ident_t tenant, const struct row *row, struct entry entry)
{
    const struct mention on[] = {{"elv", row->id}, {"dev", row->device}};
    entry.on = on;
    entry.on_count = 2;
    return journal(ask, tenant, &entry);
}

/* What an endpoint tells */

/* The account where it is one of the device's people, else the device; MISSING where its key is destroyed. */
static err_t subject_find(struct ask *ask, ident_t device, ident_t account, ident_t *out_subject,
                          struct key *out_public)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select id, public from entries where (id = $1 and device = $2) or id = $2"
                " order by id = $2 limit 1",
                ID(account), ID(device)));
    TRY(row_one(&rows));
    *out_subject = row_ident(&rows, 0);
    return row_text(&rows, 1).len ? key_from(row_text(&rows, 1), out_public)
                                  : fail(ERR_MISSING, "the account was forgotten");
}

/* One that is given up makes room for no other within the hour. */
static err_t hour_check(struct ask *ask, ident_t tenant, ident_t device)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select count(*), coalesce(sum(length(sealed)), 0) from elevations where tenant = $1"
                " and made > $2 and device = $3",
                ID(tenant), N(ask->env->now(ask->env) - HOURS(1)), ID(device)));
    TRY(row_one(&rows));
    return row_number(&rows, 0) < TOLD_MOST && row_number(&rows, 1) < TOLD_BYTES
               ? ERR_OK
               : fail(ERR_BUSY, "this device has asked for much within the hour: wait");
}

static err_t told_check(struct ask *ask, const Keys__ElevationTell *in, ident_t device)
{
    int64_t open = 0;
    if (in->minutes < 0 || in->minutes > ELEVATION_MINUTES || in->policy < 0 || in->policy > UINT32_MAX)
        return fail(ERR_INVALID, "an approval lasts 0 to %d minutes", ELEVATION_MINUTES);
    if (in->packed.len > ELEVATION_PACKED)
        return fail(ERR_TOO_LARGE, "a command of more than %d bytes", ELEVATION_PACKED);
    TRY(db_number(ask->db, &open, "select count(*) from elevations where device = $1 and state = 'open'",
                  ID(device)));
    return open < OPEN_MOST ? ERR_OK : fail(ERR_BUSY, "%d requests of this device wait already", OPEN_MOST);
}

static err_t row_put(struct ask *ask, ident_t tenant, const struct row *row)
{
    return db_do(
        ask->db,
        "insert into elevations (id, tenant, device, account, subject, policy, minutes, state, made, until,"
        " sealed) values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10)",
        ID(row->id), ID(tenant), ID(row->device), ID(row->account), ID(row->subject), N(row->policy),
        N(row->minutes), N(row->made), N(row->until), B(row->sealed));
}

static err_t row_make(struct ask *ask, ident_t tenant, struct row *row)
{
    const Keys__ElevationTell *in = ask->in;
    OWN(buf) sealed = BUF(ELEVATION_PACKED + BOX_EXTRA);
    struct key public;
    TRY(told_check(ask, in, row->device));
    TRY(hour_check(ask, tenant, row->device));
    TRY(ident_from(bin(in->account), &row->account));
    TRY(subject_find(ask, row->device, row->account, &row->subject, &public));
    box_seal(&public, bin(in->packed), &sealed);
    TRY(buf_end(&sealed));
    row->sealed = buf_str(&sealed);
    row->policy = in->policy;
    row->minutes = in->minutes;
    row->made = ask->env->now(ask->env);
    row->until = row->made + HOURS(VOID_HOURS);
    TRY(row_put(ask, tenant, row));
    TRY(notice_add(ask, tenant, &(struct notice){NOTICE_ELEVATION_ASKED, .link = {"elv", row->id}}));
    return row_told(ask, tenant, row, (struct entry){ACT_ELEVATION_ASKED, .by = {"dev", row->device}});
}

/* What the endpoint is told: the state, and the approval where there is one. */
static void state_put(struct ask *ask, const struct row *row)
{
    Keys__ElevationState *out = ask->out;
    out->state = ask_text(ask, row->state);
    out->note = ask_text(ask, row->note);
}

static err_t device_row(struct ask *ask, const Keys__ElevationTell *in, ident_t *out_tenant,
                        struct row *out_row)
{
    ident_t id, device;
    TRY(ident_from(bin(in->tenant), out_tenant));
    TRY(ident_from(bin(in->device), &device));
    TRY(ident_from(bin(in->id), &id));
    TRY(device_live(ask, ident_bytes(out_tenant), ident_bytes(&device)));
    *out_row = (struct row){.id = id, .device = device};
    TRY(row_read(ask, *out_tenant, id, out_row));
    return ident_eq(out_row->device, device) ? ERR_OK
                                             : fail(ERR_MISSING, "no %s", ident_text("elv", id).text);
}

/* Told again it is known already. */
err_t answer_elevation_tell(struct ask *ask)
{
    ident_t tenant;
    struct row row = {.policy = 0};
    err_t found = device_row(ask, ask->in, &tenant, &row);
    if (found == ERR_MISSING) {
        TRY(row_make(ask, tenant, &row));
        row.state = STR("open");
    } else {
        TRY(found);
        ask->idle = true;
    }
    state_put(ask, &row);
    return arena_end(ask->arena);
}

err_t answer_elevation_poll(struct ask *ask)
{
    ident_t tenant;
    struct row row = {.policy = 0};
    TRY(device_row(ask, ask->in, &tenant, &row));
    state_put(ask, &row);
    return arena_end(ask->arena);
}

/* It ran: with the approval, or a code, or as an emergency. One that lasts some minutes may be used again. */
static err_t row_ran(struct ask *ask, ident_t tenant, const struct row *row, bool emergency)
{
    bool again = !emergency && row->minutes && row_is(row, "approved");
    str_t state = emergency ? STR("emergency") : again ? STR("approved") : STR("used");
    ask->idle = !again && str_eq(row->state, state);
    if (ask->idle)
        return ERR_OK;
    TRY(db_do(ask->db, "update elevations set state = $2, used = $3, note = $4 where id = $1", ID(row->id),
              T(state), N(ask->env->now(ask->env)), T(again ? row->note : STR(""))));
    if (emergency)
        TRY(notice_add(ask, tenant, &(struct notice){NOTICE_ELEVATION_EMERGENCY, .link = {"elv", row->id}}));
    return row_told(ask, tenant, row,
                    (struct entry){ACT_ELEVATION_USED, .by = {"dev", row->device}, .count = emergency});
}

err_t answer_elevation_end(struct ask *ask)
{
    const Keys__ElevationTell *in = ask->in;
    str_t state = str(in->state);
    ident_t tenant;
    struct row row = {.policy = 0};
    TRY(device_row(ask, in, &tenant, &row));
    if (str_eq(state, STR("used")) || str_eq(state, STR("emergency")))
        return row_ran(ask, tenant, &row, str_eq(state, STR("emergency")));
    if (!str_eq(state, STR("ended")))
        return fail(ERR_INVALID, "an elevation is used, emergency or ended");
    ask->idle = true; /* given up: nothing happened */
    return db_do(ask->db, "update elevations set state = 'ended' where id = $1 and state = 'open'",
                 ID(row.id));
}

/* What people see */

static err_t packed_open(struct ask *ask, const struct who *who, const struct row *row, str_t *out_packed)
{
    OWN(buf) packed = BUF(ELEVATION_PACKED);
    struct key pair[2];
    TRY(entry_private(ask, who, row->subject, pair));
    err_t opened = box_open(&pair[0], &pair[1], row->sealed, &packed);
    key_drop(&pair[1]);
    TRY(opened);
    *out_packed = arena_copy(ask->arena, buf_str(&packed));
    return arena_end(ask->arena);
}

static err_t message_fill(struct ask *ask, const struct who *who, const struct row *row, Keys__Elevation *out)
{
    str_t packed = {0};
    err_t opened = packed_open(ask, who, row, &packed);
    if (opened != ERR_OK && opened != ERR_MISSING) /* the key of what was forgotten is missing */
        return opened;
    out->id = ask_bytes(ask, ident_bytes(&row->id));
    out->device = ask_bytes(ask, ident_bytes(&row->device));
    out->account = ask_bytes(ask, ident_bytes(&row->account));
    out->policy = row->policy;
    out->minutes = row->minutes;
    out->state = ask_text(ask, row->state);
    out->made = row->made;
    out->until = row->until;
    out->by = ask_bytes(ask, ident_is_zero(row->by) ? STR("") : ident_bytes(&row->by));
    out->answered = row->answered;
    out->used = row->used;
    out->packed = ask_bytes(ask, opened == ERR_OK ? packed : STR(""));
    out->yours = row_is(row, "open") && who->is_user && role_may(role_find(who->role), RIGHT_ELEVATE);
    return arena_end(ask->arena);
}

bool elevations_are_full(const Keys__Elevations *page)
{
    size_t bytes = 0;
    for (size_t i = 0; i < page->n_items; i++)
        bytes += page->items[i]->packed.len;
    return bytes >= ELEVATIONS_BYTES;
}

/* Opened, and told of. */
static err_t message_open(struct ask *ask, const struct who *who, const struct row *row, Keys__Elevation *out)
{
    const struct lock lock = {
        .subject = row->subject, .is_device = ident_eq(row->subject, row->device), .sealed = row->sealed};
    struct entry entry = {ACT_RECORDS_OPENED, .by = who_mention(who), .session = who->session};
    TRY(message_fill(ask, who, row, out));
    TRY(locks_mention(ask, &lock, 1, &entry));
    return locks_told(ask, who, who->tenant, &entry);
}

static err_t named_row(struct ask *ask, const struct who *who, ProtobufCBinaryData named, struct row *out_row)
{
    ident_t id;
    TRY(ident_from(bin(named), &id));
    return row_read(ask, who->tenant, id, out_row);
}

err_t answer_elevation_show(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    struct row row = {.policy = 0};
    TRY(who_asks(ask, in->bearer, RIGHT_ELEVATE, &who));
    TRY(named_row(ask, &who, in->id, &row));
    return message_open(ask, &who, &row, ask->out);
}

static err_t page_read(struct ask *ask, const struct who *who, buf_t *out_ids)
{
    const Keys__RequestsAsk *in = ask->in;
    return db_idents(ask->db, out_ids,
                     "select id from elevations where tenant = $1 and ($2 = '' or state = $2)"
                     " and ($4 = 0 or (made, id) < (select made, id from elevations where id = $3))"
                     " order by made desc, id desc limit $5",
                     ID(who->tenant), T(str(in->state)), B(bin(in->after)), N(in->after.len), N(in->limit));
}

static err_t page_open(struct ask *ask, const struct who *who, const buf_t *ids)
{
    Keys__Elevations *out = ask->out;
    struct lock *locks = arena_array(ask->arena, struct lock, ids->len / 16 + 1);
    struct entry entry = {ACT_RECORDS_OPENED, .by = who_mention(who), .session = who->session};
    out->items = arena_array(ask->arena, Keys__Elevation *, ids->len / 16 + 1);
    TRY(arena_end(ask->arena));
    out->more = ids->len / 16 == (size_t)((const Keys__RequestsAsk *)ask->in)->limit;
    for_each_ident(id, ids)
    {
        struct row row = {.policy = 0};
        out->more |= elevations_are_full(out);
        if (elevations_are_full(out))
            break;
        Keys__Elevation *item = out->items[out->n_items] = arena_new(ask->arena, Keys__Elevation);
        TRY(arena_end(ask->arena));
        keys__elevation__init(item);
        TRY(row_read(ask, who->tenant, id, &row));
        TRY(message_fill(ask, who, &row, item));
        locks[out->n_items++] = (struct lock){
            .subject = row.subject, .is_device = ident_eq(row.subject, row.device), .sealed = row.sealed};
    }
    TRY(locks_mention(ask, locks, out->n_items, &entry));
    return locks_told(ask, who, who->tenant, &entry);
}

err_t answer_elevation_list(struct ask *ask)
{
    const Keys__RequestsAsk *in = ask->in;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(MAX_PAGE * 16);
    TRY(who_asks(ask, in->bearer, RIGHT_ELEVATE, &who));
    if (in->limit < 1 || in->limit > MAX_PAGE)
        return fail(ERR_INVALID, "1 to %d at once", MAX_PAGE);
    TRY(page_read(ask, &who, &ids));
    return page_open(ask, &who, &ids);
}

/* Yes and no */

static err_t row_waits(struct ask *ask, const struct row *row)
{
    if (!row_is(row, "open"))
        return fail(ERR_CONFLICT, "the request is %.*s: nobody can answer it", STR_ARG(row->state));
    return row->until > ask->env->now(ask->env)
               ? ERR_OK
               : fail(ERR_DENIED, "nobody answered in time: it has to be asked for anew");
}

struct answered {
    const char *state;
    str_t note;
    moment_t until;
};

static err_t row_answer(struct ask *ask, const struct who *who, struct row *row,
                        const struct answered *answered)
{
    row->state = str(answered->state);
    row->by = who->member;
    row->answered = ask->env->now(ask->env);
    row->until = answered->until;
    row->note = answered->note;
    return db_do(
        ask->db,
        "update elevations set state = $2, answered_by = $3, answered = $4, until = $5, note = $6 where id = $1",
        ID(row->id), T(row->state), ID(who->member), N(row->answered), N(row->until), T(row->note));
}

/* The text that says yes to what was opened, from now on. */
static err_t yes_to(struct ask *ask, const struct who *who, const struct row *row, struct elevation *out)
{
    str_t packed = {0};
    void *records = NULL;
    size_t count = 0;
    moment_t now = ask->env->now(ask->env) / SECONDS(1) * SECONDS(1);
    TRY(packed_open(ask, who, row, &packed));
    TRY(codec_unpack(&elevation_concept, packed, ask->arena, &records, &count));
    if (count != 1)
        return fail(ERR_BROKEN, "%s says nothing of what is to run", ident_text("elv", row->id).text);
    const struct elevation_asked *asked = records;
    *out = (struct elevation){
        .tenant = who->tenant,
        .device = row->device,
        .request = row->id,
        .account = row->account,
        .policy = (uint64_t)row->policy,
        .from = now,
        .until = now + MINUTES(row->minutes ? row->minutes : ONCE_MINUTES),
        .once = !row->minutes,
    };
    elevation_command(&(struct elevated){(uid_t)asked->runs_as, asked->path, asked->args}, out->command);
    return ERR_OK;
}

static err_t approved(struct ask *ask, const struct who *who, struct row *row,
                      const struct answered *answered)
{
    TRY(row_answer(ask, who, row, answered));
    TRY(row_told(ask, who->tenant, row,
                 (struct entry){ACT_ELEVATION_APPROVED, .by = who_mention(who), .session = who->session}));
    return message_open(ask, who, row, ask->out);
}

/* The row that is to be answered, and the text that says yes to it. */
static err_t answer_begin(struct ask *ask, const struct who *who, struct row *row, struct elevation *out_yes)
{
    const Keys__ElevationAnswer *in = ask->in;
    TRY(named_row(ask, who, in->id, row));
    TRY(row_waits(ask, row));
    TRY(clock_holds(ask, who->tenant));
    return yes_to(ask, who, row, out_yes);
}

static err_t approve_act(struct signing *signing)
{
    OWN(buf) note = BUF(ELEVATION_MAX);
    struct elevation yes = {.once = true};
    struct row row = {.policy = 0};
    TRY(answer_begin(signing->ask, &signing->who, &row, &yes));
    TRY(elevation_sign(&signing->signer, &yes, &note));
    return approved(signing->ask, &signing->who, &row,
                    &(struct answered){"approved", buf_str(&note), yes.until});
}

/* Signed elsewhere: it has to be for what was kept, for one use if that was asked for, and in date. */
static err_t signed_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__ElevationAnswer *in = ask->in;
    OWN(who) who = {0};
    struct elevation yes = {.once = true}, given = {.once = true};
    struct row row = {.policy = 0};
    struct signer_row signer;
    struct note_key key;
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_ELEVATE, &who));
    TRY(answer_begin(ask, &who, &row, &yes));
    TRY(signer_row(ask, who.tenant, &signer));
    TRY(note_key_read(signer.key, &key));
    TRY(elevation_open(str(in->note), &key, &given));
    TRY(elevation_allows(&given, &(struct elevation_use){&yes, ask->env->now(ask->env)}));
    if (!given.once && !row.minutes)
        return fail(ERR_DENIED, "the approval is for more than the one use that was asked for");
    return approved(ask, &who, &row, &(struct answered){"approved", str(in->note), given.until});
}

/* Of a wrong password signing_run() has told. */
static err_t yes_refused(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__ElevationAnswer *in = ask->in;
    OWN(who) who = {0};
    struct row row = {.policy = 0};
    (void)keyring;
    if (who_asks(ask, in->bearer, RIGHT_ELEVATE, &who) != ERR_OK ||
        named_row(ask, &who, in->id, &row) != ERR_OK)
        return ERR_OK; /* nobody who could say yes, or to nothing of theirs */
    if (!*in->note && row_waits(ask, &row) == ERR_OK && clock_holds(ask, who.tenant) == ERR_OK)
        return ERR_OK;
    const struct mention on[] = {{"elv", row.id}, {"dev", row.device}};
    return refusal_told(ask, who.tenant, row.id,
                        &(struct entry){ACT_APPROVAL_REFUSED, .by = who_mention(&who), .session = who.session,
                                        .on = on, .on_count = 2});
}

err_t answer_elevation_approve(struct ask *ask)
{
    const Keys__ElevationAnswer *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "elevation.approve",
                              .target = bin(in->id),
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_ELEVATE,
                              .run = approve_act};
    err_t result = *in->note ? keyring_write(ask->keyring, signed_act, ask) : signing_run(&signing);
    bool refused = result == ERR_DENIED || result == ERR_LOCKED || result == ERR_CONFLICT;
    return refused ? refusal_write(ask, result, yes_refused, ask) : result;
}

err_t answer_elevation_refuse(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    struct row row = {.policy = 0};
    TRY(who_asks(ask, in->bearer, RIGHT_ELEVATE, &who));
    TRY(named_row(ask, &who, in->id, &row));
    TRY(row_waits(ask, &row));
    TRY(row_answer(ask, &who, &row, &(struct answered){"refused", STR(""), row.until}));
    TRY(row_told(ask, who.tenant, &row,
                 (struct entry){ACT_ELEVATION_REFUSED, .by = who_mention(&who), .session = who.session}));
    return message_open(ask, &who, &row, ask->out);
}

/* Codes: the endpoint is away, so that nothing is known here but what was read out and told in words. */

static err_t code_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const Keys__ElevationCode *in = ask->in;
    Keys__ElevationState *out = ask->out;
    OWN(buf) note = BUF(ELEVATION_MAX);
    struct elevation yes;
    uint8_t prefix[PREFIX_SIZE];
    moment_t now = ask->env->now(ask->env) / SECONDS(1) * SECONDS(1);
    TRY(elevation_hear(str(in->spelt), &yes, prefix));
    TRY(device_live(ask, ident_bytes(&signing->who.tenant), ident_bytes(&yes.device)));
    elevation_command(&(struct elevated){(uid_t)in->as, str(in->path), bin(in->args)}, yes.command);
    if (memcmp(prefix, yes.command, PREFIX_SIZE) != 0)
        return fail(ERR_INVALID,
                    "the terminal shows another command: compare account, path and each argument");
    if (in->minutes < 1 || in->minutes > CODE_MINUTES)
        return fail(ERR_INVALID, "a code holds for 1 to %d minutes", CODE_MINUTES);
    yes.tenant = signing->who.tenant;
    yes.until = now + MINUTES(in->minutes);
    yes.from = yes.until - MINUTES(CODE_MINUTES);
    TRY(elevation_sign(&signing->signer, &yes, &note));
    out->note = ask_text(ask, buf_str(&note));
    const struct row row = {.id = yes.request, .device = yes.device};
    return row_told(ask, signing->who.tenant, &row,
                    (struct entry){ACT_ELEVATION_CODE, .by = who_mention(&signing->who),
                                   .session = signing->who.session});
}

err_t answer_elevation_code(struct ask *ask)
{
    const Keys__ElevationCode *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "elevation.code",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_ELEVATE,
                              .run = code_act};
    return signing_run(&signing);
}

/* What the clock ends */

static err_t row_void(struct ask *ask, ident_t id)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select tenant, device from elevations where id = $1", ID(id)));
    TRY(row_one(&rows));
    const ident_t tenant = row_ident(&rows, 0);
    const struct mention on[] = {{"elv", id}, {"dev", row_ident(&rows, 1)}};
    const struct entry entry = {ACT_ELEVATION_VOID, .on = on, .on_count = 2};
    TRY(db_do(ask->db, "update elevations set state = 'void' where id = $1", ID(id)));
    return journal(ask, tenant, &entry);
}

err_t elevations_due(struct ask *ask)
{
    moment_t now = ask->env->now(ask->env);
    OWN(buf) ids = BUF(MAX_MEMORY);
    bool held = false;
    TRY(db_idents(ask->db, &ids, "select id from elevations where state = 'open' and until <= $1", N(now)));
    for_each_ident(id, &ids) TRY(row_void(ask, id));
    TRY(db_do(ask->db, "update elevations set note = '' where note <> '' and until <= $1", N(now)));
    TRY(clock_is_held(ask, &held));
    return held ? ERR_OK
                : db_do(ask->db, "delete from elevations where state <> 'open' and made <= $1",
                        N(now - DAYS(KEPT_DAYS)));
}
