/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/exports.h"

#include "admit/signing.h"
#include "crypt/age.h"
#include "keyring/locks.h"
#include "keyring/twins.h"

#define EXPORT_COLUMNS \
    "id, tenant, kind, state, by, made, until, boot, recipient, public, request, entries, sealed, size, digest," \
    " manifest, files, records, handed, opens, handed_by, receipt, ended, why, token"

static void digest_take(str_t bytes, uint8_t out_digest[DIGEST_SIZE])
{
    if (bytes.len == DIGEST_SIZE)
        memcpy(out_digest, bytes.at, DIGEST_SIZE);
}

static err_t export_from(struct ask *ask, const rows_t *rows, struct export *out)
{
    *out = (struct export){
        .id = row_ident(rows, 0),
        .tenant = row_ident(rows, 1),
        .kind = arena_copy(ask->arena, row_text(rows, 2)),
        .state = arena_copy(ask->arena, row_text(rows, 3)),
        .by = row_ident(rows, 4),
        .made = row_number(rows, 5),
        .until = row_number(rows, 6),
        .boot = row_number(rows, 7),
        .recipient = arena_copy(ask->arena, row_text(rows, 8)),
        .entries = row_number(rows, 11),
        .sealed = row_number(rows, 12),
        .size = row_number(rows, 13),
        .files = row_number(rows, 16),
        .records = row_number(rows, 17),
        .handed = row_number(rows, 18),
        .token = row_ident(rows, 24),
    };
    if (row_text(rows, 10).len == sizeof(ident_t))
        out->request = row_ident(rows, 10);
    digest_take(row_text(rows, 14), out->digest);
    digest_take(row_text(rows, 15), out->manifest);
    TRY(key_from(row_text(rows, 9), &out->public));
    return arena_end(ask->arena);
}

err_t export_read(struct ask *ask, ident_t id, struct export *out_export)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " EXPORT_COLUMNS " from exports where id = $1", ID(id)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    return found ? export_from(ask, &rows, out_export)
                 : fail(ERR_MISSING, "no %s", ident_text("exp", id).text);
}

static err_t message_from(struct ask *ask, const rows_t *rows, Keys__Export *out)
{
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->tenant = ask_bytes(ask, row_text(rows, 1));
    out->kind = ask_text(ask, row_text(rows, 2));
    out->state = ask_text(ask, row_text(rows, 3));
    out->by = ask_bytes(ask, row_text(rows, 4));
    out->made = row_number(rows, 5);
    out->until = row_number(rows, 6);
    out->recipient = ask_text(ask, row_text(rows, 8));
    out->request = ask_bytes(ask, row_text(rows, 10));
    out->entries = row_number(rows, 11);
    out->sealed = row_number(rows, 12);
    out->size = row_number(rows, 13);
    out->digest = ask_bytes(ask, row_text(rows, 14));
    out->manifest = ask_bytes(ask, row_text(rows, 15));
    out->files = row_number(rows, 16);
    out->records = row_number(rows, 17);
    out->handed = row_number(rows, 18);
    out->opens = row_number(rows, 19);
    out->handed_by = ask_bytes(ask, row_text(rows, 20));
    out->receipt = ask_text(ask, row_text(rows, 21));
    out->ended = row_number(rows, 22);
    out->why = ask_text(ask, row_text(rows, 23));
    out->token = ask_bytes(ask, row_text(rows, 24));
    return arena_end(ask->arena);
}

err_t export_message(struct ask *ask, ident_t id, Keys__Export *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " EXPORT_COLUMNS " from exports where id = $1", ID(id)));
    TRY(row_one(&rows));
    return message_from(ask, &rows, out);
}

/* The break-glass key */

static err_t break_glass_read(struct ask *ask, ident_t tenant, Keys__BreakGlass *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select recipient, made, by from break_glass where tenant = $1", ID(tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    out->recipient = ask_text(ask, row_text(&rows, 0));
    out->made = row_number(&rows, 1);
    out->by = ask_bytes(ask, row_text(&rows, 2));
    return arena_end(ask->arena);
}

err_t answer_break_glass_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    return break_glass_read(ask, who.tenant, ask->out);
}

static err_t break_glass_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__BreakGlassSet *in = ask->in;
    struct key recipient;
    TRY(age_recipient_read(str(in->recipient), &recipient));
    TRY(db_do(ask->db,
              "insert into break_glass (tenant, recipient, made, by) values ($1, $2, $3, $4)"
              " on conflict (tenant) do update set recipient = $2, made = $3, by = $4",
              ID(who->tenant), T(str(in->recipient)), N(ask->env->now(ask->env)), ID(who->member)));
    TRY(journal_one(ask, who, ACT_BREAK_GLASS_SET, (struct mention){0}));
    return break_glass_read(ask, who->tenant, ask->out);
}

err_t answer_break_glass_set(struct ask *ask)
{
    const Keys__BreakGlassSet *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "break-glass.set",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = break_glass_act};
    return signing_run(&signing);
}

/* Making one */

err_t name_typed(struct ask *ask, const struct who *who, const char *typed)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1", ID(who->tenant)));
    TRY(row_one(&rows));
    if (!who->is_user)
        return fail(ERR_DENIED, "a person accepts the warning: a token does not");
    return str_eq(row_text(&rows, 0), str(typed))
               ? ERR_OK
               : fail(ERR_INVALID, "type the client's name to accept that responsibility passes");
}

/* A program's handover is accepted already, by who made its token. */
static err_t accepted_by(struct ask *ask, const struct who *who, struct export *export)
{
    const Keys__ExportMake *in = ask->in;
    OWN(rows) rows = {0};
    export->by = who->member;
    if (!scopes_have(who->scopes, "export"))
        return name_typed(ask, who, in->typed);
    if (in->request.len)
        return fail(ERR_DENIED, "what is kept about a person is given out by a person");
    export->token = who->member;
    TRY(db_read(ask->db, &rows,
                "select made.by from members made join members accepted on accepted.id = made.by"
                " where made.id = $1",
                ID(who->member)));
    if (!row_next(&rows))
        return fail(ERR_DENIED, "who made the token is no member any more: a new one has to be made");
    export->by = row_ident(&rows, 0);
    return ERR_OK;
}

/* One of a kind, and for one request, at a time. */
static err_t none_under_way(struct ask *ask, const struct export *export, str_t request)
{
    int64_t live = 0;
    TRY(db_number(
        ask->db, &live,
        "select count(*) from exports where tenant = $1 and kind = $2 and request = $3 and ended = 0",
        ID(export->tenant), T(export->kind), B(request)));
    return live ? fail(ERR_CONFLICT, "an export of this is there already: end it first") : ERR_OK;
}

static err_t recipient_choose(struct ask *ask, struct export *export)
{
    const Keys__ExportMake *in = ask->in;
    Keys__BreakGlass own = KEYS__BREAK_GLASS__INIT;
    struct key recipient;
    bool given = *in->recipient && str_eq(export->kind, STR("person"));
    TRY(break_glass_read(ask, export->tenant, &own));
    export->recipient = str(given ? in->recipient : own.recipient);
    if (!export->recipient.len)
        return fail(ERR_CONFLICT, "there is no break-glass key yet: an owner sets one first");
    return age_recipient_read(export->recipient, &recipient);
}

static err_t scope_add(struct ask *ask, const struct export *export, ident_t subject)
{
    return db_do(ask->db,
                 "insert or ignore into exported (export, subject) select $1, id from entries"
                 " where tenant = $3 and dead is null and id = " ENTRY_OF("$3", "$2"),
                 ID(export->id), ID(subject), ID(export->tenant));
}

/* A person's own keys; and that of the device that the account is on, whose lists may name it. */
static err_t scope_of_subject(struct ask *ask, const struct export *export, ident_t subject)
{
    OWN(buf) device = BUF(MAX_ASK);
    TRY(scope_add(ask, export, subject));
    TRY(scope_add(ask, export, launches_of(subject)));
    TRY(scope_add(ask, export, videos_of(subject)));
    TRY(db_idents(ask->db, &device,
                  "select device from entries where tenant = $2 and device is not null"
                  " and id = " ENTRY_OF("$2", "$1"),
                  ID(subject), ID(export->tenant)));
    for_each_ident(id, &device) TRY(scope_add(ask, export, id));
    return ERR_OK;
}

static err_t scope_of_person(struct ask *ask, const struct export *export)
{
    OWN(buf) subjects = BUF(MAX_ASK);
    TRY(subject_access_subjects(ask, export->tenant, export->request, &subjects));
    for_each_ident(subject, &subjects) TRY(scope_of_subject(ask, export, subject));
    return ERR_OK;
}

static err_t scope_put(struct ask *ask, struct export *export)
{
    if (str_eq(export->kind, STR("person")))
        TRY(scope_of_person(ask, export));
    else
        TRY(db_do(ask->db,
                  "insert into exported (export, subject) select $1, id from entries"
                  " where tenant = $2 and dead is null",
                  ID(export->id), ID(export->tenant)));
    TRY(db_number(ask->db, &export->entries, "select count(*) from exported where export = $1",
                  ID(export->id)));
    return db_do(ask->db, "update exports set entries = $2 where id = $1", ID(export->id),
                 N(export->entries));
}

/* The pair: one half of the private key as a cell, the other in the ticket. */
static err_t halves_put(struct ask *ask, struct export *export, struct ticket *out_ticket)
{
    OWN(key) seed;
    OWN(key) private;
    OWN(key) kept;
    key_random(ask->env, &seed);
    key_random(ask->env, &kept);
    pair_from(&seed, &export->public, &private);
    out_ticket->id = export->id;
    key_mix(&private, &kept, &out_ticket->secret);
    return cell_put(ask->keyring, export->tenant, export->id, CELL_EXPORT, key_bytes(&kept));
}

static err_t export_put(struct ask *ask, const struct export *export, str_t request,
                        const struct ticket *ticket)
{
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    return db_do(
        ask->db,
        "insert into exports (id, tenant, kind, state, by, made, until, boot, recipient, public, proof, request,"
        " entries, sealed, at, opens, size, digest, manifest, files, records, handed, handed_by, receipt, ended,"
        " why, gone, token) values ($1, $2, $3, 'sealing', $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, 0, 0, $12,"
        " $12, 0, 0, 0, $12, '', 0, '', 0, $13)",
        ID(export->id), ID(export->tenant), T(export->kind), ID(export->by), N(export->made),
        N(export->until), N(export->boot), T(export->recipient), B(key_bytes(&export->public)),
        B(str_bytes(proof, sizeof proof)), B(request), B(STR("")),
        B(ident_is_zero(export->token) ? STR("") : ident_bytes(&export->token)));
}

static err_t export_begun(struct ask *ask, const struct who *who, const struct export *export)
{
    const struct mention on[] = {{"exp", export->id}, {"sar", export->request}};
    const struct entry entry = {ACT_EXPORT_MADE,
                                .by = who_mention(who),
                                .session = who->session,
                                .on = on,
                                .on_count = ident_is_zero(export->request) ? 1 : 2,
                                .count = export->entries};
    return journal(ask, export->tenant, &entry);
}

err_t answer_export_make(struct ask *ask)
{
    const Keys__ExportMake *in = ask->in;
    Keys__Export *out = ask->out;
    OWN(who) who = {0};
    OWN(ticket) ticket = {0};
    struct export export = {.kind = in->request.len ? STR("person") : STR("handover")};
    str_t request = in->request.len ? bin(in->request) : STR("");
    TRY(who_asks(ask, in->bearer, in->request.len ? RIGHT_PRIVACY : RIGHT_OWN, &who));
    TRY(accepted_by(ask, &who, &export));
    if (in->request.len)
        TRY(ident_from(bin(in->request), &export.request));
    export.id = ident_new(ask->env);
    export.tenant = who.tenant;
    export.made = ask->env->now(ask->env);
    export.until = export.made + HOURS(EXPORT_HOURS);
    export.boot = ask->env->boot(ask->env);
    TRY(none_under_way(ask, &export, request));
    TRY(recipient_choose(ask, &export));
    TRY(halves_put(ask, &export, &ticket));
    TRY(export_put(ask, &export, request, &ticket));
    TRY(scope_put(ask, &export));
    TRY(export_begun(ask, &who, &export));
    TRY(export_message(ask, export.id, out));
    out->ticket = (char *)(uintptr_t)ticket_text(ask, "cex", &ticket, false);
    return arena_end(ask->arena);
}

/* Sealing what is in scope */

bool export_is_over(struct ask *ask, const struct export *export)
{
    moment_t now = ask->env->now(ask->env), since = ask->env->boot(ask->env) - export->boot;
    return export_is(export, "ended") || now >= export->until || now < export->made - MINUTES(1) ||
           since >= export->until - export->made;
}

static err_t entry_export(struct ask *ask, const struct who *who, const struct export *export,
                          ident_t subject)
{
    struct key keys[2];
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    TRY(entry_pair(ask, who, subject, keys));
    box_seal(&export->public, key_bytes(&keys[1]), &sealed);
    key_drop(&keys[1]);
    TRY(buf_end(&sealed));
    return db_do(ask->db, "update exported set sealed = $3 where export = $1 and subject = $2",
                 ID(export->id), ID(subject), B(buf_str(&sealed)));
}

static right_t right_of(const struct export *export)
{
    return str_eq(export->kind, STR("handover")) ? RIGHT_OWN : RIGHT_PRIVACY;
}

/* One of the bearer's own client; MISSING for another's. */
err_t export_asked(struct ask *ask, struct who *who, struct export *out_export)
{
    const Keys__Named *in = ask->in;
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, who));
    TRY(ident_from(bin(in->id), &id));
    TRY(export_read(ask, id, out_export));
    if (!ident_eq(out_export->tenant, who->tenant) ||
        (who->scopes && !ident_eq(out_export->token, who->member)))
        return fail(ERR_MISSING, "no %s", ident_text("exp", id).text);
    return who_may(who, right_of(out_export))
               ? ERR_OK
               : fail(ERR_DENIED, "the role %.*s has no right to this", STR_ARG(who->role));
}

static err_t some_seal(struct ask *ask, const struct who *who, const struct export *export)
{
    OWN(buf) ids = BUF(EXPORT_SEALED_AT_ONCE * sizeof(ident_t));
    TRY(db_idents(ask->db, &ids,
                  "select subject from exported where export = $1"
                  " and subject > (select at from exports where id = $1) order by subject limit $2",
                  ID(export->id), N(EXPORT_SEALED_AT_ONCE)));
    for_each_ident(subject, &ids)
    {
        TRY(entry_export(ask, who, export, subject));
        TRY(db_do(ask->db, "update exports set sealed = sealed + 1, at = $2 where id = $1", ID(export->id),
                  ID(subject)));
    }
    return ids.len / sizeof(ident_t) == EXPORT_SEALED_AT_ONCE
               ? ERR_OK
               : db_do(ask->db, "update exports set state = 'ready' where id = $1", ID(export->id));
}

err_t answer_export_seal(struct ask *ask)
{
    OWN(who) who = {0};
    struct export export = {.size = 0};
    TRY(export_asked(ask, &who, &export));
    if (export_is_over(ask, &export))
        return fail(ERR_LOCKED, "the export has ended: make another one");
    if (export_is(&export, "sealing"))
        TRY(some_seal(ask, &who, &export));
    return export_message(ask, export.id, ask->out);
}

/* Listing and ending */

static err_t receipt_key(struct ask *ask, ident_t tenant, char **out_key)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select key from logs where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    *out_key = ask_text(ask, row_text(&rows, 0));
    return arena_end(ask->arena);
}

err_t answer_export_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Exports *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    TRY(receipt_key(ask, who.tenant, &out->key));
    TRY(db_number(ask->db, &room, "select count(*) from exports where tenant = $1", ID(who.tenant)));
    out->items = arena_array(ask->arena, Keys__Export *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " EXPORT_COLUMNS " from exports where tenant = $1 order by made desc, id",
                ID(who.tenant)));
    while (out->n_items < (size_t)room && row_next(&rows)) {
        Keys__Export *export = out->items[out->n_items++] = arena_new(ask->arena, Keys__Export);
        TRY(arena_end(ask->arena));
        keys__export__init(export);
        TRY(message_from(ask, &rows, export));
    }
    return rows_end(&rows);
}

err_t export_end(struct ask *ask, const struct export *export, const struct entry *told, const char *why)
{
    const struct mention on = {"exp", export->id};
    struct entry entry = *told;
    entry.act = ACT_EXPORT_ENDED;
    entry.on = &on;
    entry.on_count = 1;
    TRY(cell_destroy(ask->keyring, export->id, CELL_EXPORT));
    TRY(db_do(ask->db, "delete from exported where export = $1", ID(export->id)));
    TRY(db_do(ask->db, "update exports set state = 'ended', ended = $2, why = $3 where id = $1",
              ID(export->id), N(ask->env->now(ask->env)), T(str(why))));
    return journal(ask, export->tenant, &entry);
}

err_t answer_export_end(struct ask *ask)
{
    OWN(who) who = {0};
    struct export export = {.size = 0};
    TRY(export_asked(ask, &who, &export));
    ask->idle = export_is(&export, "ended");
    return ask->idle
               ? ERR_OK
               : export_end(ask, &export, &(struct entry){.by = who_mention(&who), .session = who.session},
                            "ended by a person");
}

static err_t some_end(struct ask *ask, const buf_t *ids, const char *why)
{
    for_each_ident(id, ids)
    {
        OWN(arena) arena = ARENA(MAX_ASK);
        struct ask one = *ask;
        struct export export = {.size = 0};
        one.arena = &arena;
        TRY(export_read(&one, id, &export));
        if (why || export_is_over(&one, &export))
            TRY(export_end(&one, &export, &(struct entry){ACT_EXPORT_ENDED},
                           why ? why : "its time was over"));
    }
    return ERR_OK;
}

err_t exports_due(struct ask *ask)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select id from exports where ended = 0"));
    return some_end(ask, &ids, NULL);
}

err_t exports_forget(struct ask *ask, ident_t subject)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids,
                  "select id from exports where ended = 0 and by = $1 union"
                  " select export from exported where subject = $1",
                  ID(subject)));
    return some_end(ask, &ids, "what it held a key for was destroyed: a new one leaves that out");
}

/* What is on the web process's disk goes with the export: it is told of each until it says that it is gone. */
err_t answer_export_sweep(struct ask *ask)
{
    enum { AT_ONCE = 256 };
    const Keys__ExportGone *in = ask->in;
    Keys__ExportGone *out = ask->out;
    OWN(buf) ids = BUF(AT_ONCE * sizeof(ident_t));
    for (size_t i = 0; i < in->n_ids; i++)
        TRY(db_do(ask->db, "update exports set gone = $2 where id = $1 and ended > 0", B(bin(in->ids[i])),
                  N(ask->env->now(ask->env))));
    TRY(db_idents(ask->db, &ids, "select id from exports where ended > 0 and gone = 0 limit $1", N(AT_ONCE)));
    out->ids = arena_array(ask->arena, ProtobufCBinaryData, AT_ONCE);
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids) out->ids[out->n_ids++] = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}
