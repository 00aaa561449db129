/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done with an export's ticket: opening what is in its scope, until the archive is whole.
 */
#include "admit/elevations.h"
#include "admit/exports.h"
#include "admit/members.h"
#include "keyring/behind.h"
#include "keyring/locks.h"
#include "keyring/twins.h"
#include "tlog/receipt.h"

struct use {
    struct ask *ask;
    struct export export;
    struct key private;
    struct lock *locks;
    size_t count;
};
typedef struct use use_own;
static void use_drop(struct use *use) { key_drop(&use->private); }

/* Another secret is as an export that is not there: nothing tells the two apart. */
static err_t ticket_check(struct use *use, const struct ticket *ticket)
{
    uint8_t proof[DIGEST_SIZE];
    OWN(rows) rows = {0};
    digest(key_bytes(&ticket->secret), proof);
    TRY(db_read(use->ask->db, &rows, "select proof from exports where id = $1", ID(ticket->id)));
    bool fits = row_next(&rows) && bytes_equal(row_text(&rows, 0), str_bytes(proof, sizeof proof));
    TRY(rows_end(&rows));
    return fits ? ERR_OK : fail(ERR_MISSING, "no export with this ticket");
}

static err_t private_open(struct use *use, const struct ticket *ticket)
{
    OWN(buf) half = BUF(KEY_SIZE);
    OWN(key) kept = {{0}};
    TRY(cell_get(use->ask->keyring, use->export.id, CELL_EXPORT, &half));
    TRY(key_from(buf_str(&half), &kept));
    key_mix(&kept, &ticket->secret, &use->private);
    return ERR_OK;
}

/* It is there, its ticket fits, and it may still open. */
static err_t use_begin(struct use *use, const char *text)
{
    OWN(ticket) ticket = {0};
    if (ticket_read("cex", text, &ticket) != ERR_OK)
        return fail(ERR_MISSING, "no export with this ticket");
    TRY(ticket_check(use, &ticket));
    TRY(export_read(use->ask, ticket.id, &use->export));
    if (export_is_over(use->ask, &use->export))
        return fail(ERR_LOCKED, "the export has ended: make another one");
    if (export_is(&use->export, "sealing"))
        return fail(ERR_LOCKED, "keys are still being sealed to this export: sign in to go on");
    if (!export_is(&use->export, "ready"))
        return fail(ERR_CONFLICT, "the archive is there already");
    return private_open(use, &ticket);
}

/* What is not in its scope is as what is not there. `id` is the entry's, which of launches and videos is not the subject's. */
static err_t lock_find(struct use *use, ident_t id, struct lock *lock)
{
    OWN(rows) rows = {0};
    TRY(db_read(use->ask->db, &rows,
                "select entries.public, entries.device, entries.kind, exported.sealed from exported"
                " join entries on entries.id = exported.subject"
                " where export = $1 and entries.dead is null and exported.sealed is not null"
                " and subject = " ENTRY_OF("$3", "$2"),
                ID(use->export.id), ID(id), ID(use->export.tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    TRY(key_from(row_text(&rows, 0), &lock->public));
    lock->is_device =
        str_eq(row_text(&rows, 2), STR("device")) || ident_eq(row_ident(&rows, 1), lock->subject);
    lock->sealed = arena_copy(use->ask->arena, row_text(&rows, 3));
    return arena_end(use->ask->arena);
}

static err_t use_told(struct use *use)
{
    struct ask *ask = use->ask;
    struct entry entry = {ACT_EXPORT_OPENED, .by = {"usr", use->export.by}, .under = use->export.id,
                          .under_as = "exp"};
    TRY(locks_mention(ask, use->locks, use->count, &entry));
    ask->idle = !entry.count;
    if (ask->idle)
        return ERR_OK;
    TRY(store_abreast(ask, use->export.tenant));
    TRY(db_do(ask->db, "update exports set opens = opens + $2 where id = $1", ID(use->export.id),
              N(entry.count)));
    return journal(ask, use->export.tenant, &entry);
}

static ident_t entry_asked(const Keys__ExportOpen *in, ident_t subject)
{
    if (in->videos)
        return videos_of(subject);
    return in->launches ? launches_of(subject) : subject;
}

static err_t use_locks(struct keyring *keyring, void *with)
{
    struct use *use = with;
    const Keys__ExportOpen *in = use->ask->in;
    (void)keyring;
    TRY(use_begin(use, in->ticket));
    for (size_t i = 0; i < use->count; i++) {
        struct lock *lock = &use->locks[i];
        *lock = (struct lock){0};
        TRY(ident_from(bin(in->subjects[i]), &lock->subject));
        if (i && ident_eq(lock->subject, lock[-1].subject))
            *lock = lock[-1];
        else
            TRY(lock_find(use, entry_asked(in, lock->subject), lock));
    }
    return use_told(use);
}

err_t answer_export_open(struct ask *ask)
{
    const Keys__ExportOpen *in = ask->in;
    OWN(use) use = {.ask = ask, .count = in->n_boxes};
    if (in->n_subjects != in->n_boxes || in->n_boxes > MAX_ASK_IDS)
        return fail(ERR_INVALID, "as many subjects as boxes, at most %d", MAX_ASK_IDS);
    use.locks = arena_array(ask->arena, struct lock, use.count);
    TRY(arena_end(ask->arena));
    TRY(keyring_write(ask->keyring, use_locks, &use)); /* told before anything is opened */
    return locks_open(ask, &(struct opener){&use.export.public, &use.private, NULL, use.locks, use.count},
                      in->boxes);
}

/* The pair of a subject in scope; MISSING where it is not. */
static err_t pair_of(struct use *use, const struct lock *lock, struct key out_pair[2])
{
    OWN(buf) plain = BUF(KEY_SIZE);
    if (!lock->sealed.at)
        return fail(ERR_MISSING, "no key for it");
    TRY(box_open(&use->export.public, &use->private, lock->sealed, &plain));
    out_pair[0] = lock->public;
    return key_from(buf_str(&plain), &out_pair[1]);
}

/* What it is about, and the members in scope with their names */

static err_t member_put(struct use *use, const struct who *who, const struct lock *lock, Keys__Member *out)
{
    struct key pair[2];
    struct user user = {.username = STR("")};
    TRY(pair_of(use, lock, pair));
    err_t result = user_read_with(use->ask, who, pair, &user);
    key_drop(&pair[1]);
    TRY(result);
    out->named = true;
    out->full_name = ask_text(use->ask, user.full_name);
    out->username = ask_text(use->ask, user.username);
    out->email = ask_text(use->ask, user.email);
    return arena_end(use->ask->arena);
}

static err_t member_add(struct use *use, const struct who *who, const struct lock *lock, rows_t *rows)
{
    Keys__ExportScope *out = use->ask->out;
    Keys__Member *member = arena_new(use->ask->arena, Keys__Member);
    TRY(arena_end(use->ask->arena));
    keys__member__init(member);
    out->members[out->n_members++] = member;
    member->id = ask_bytes(use->ask, row_text(rows, 0));
    member->role = ask_text(use->ask, row_text(rows, 1));
    member->made = row_number(rows, 2);
    member->state = ask_text(use->ask, STR("active"));
    return member_put(use, who, lock, member);
}

static err_t members_add(struct use *use, ident_t realm)
{
    Keys__ExportScope *out = use->ask->out;
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(use->ask->db, &room, "select count(*) from members where tenant = $1 and kind = 'user'",
                  ID(use->export.tenant)));
    out->members = arena_array(use->ask->arena, Keys__Member *, (size_t)room);
    use->locks = arena_array(use->ask->arena, struct lock, (size_t)room);
    TRY(arena_end(use->ask->arena));
    TRY(db_read(use->ask->db, &rows,
                "select id, role, made from members where tenant = $1 and kind = 'user' order by made, id",
                ID(use->export.tenant)));
    for (use->count = 0; use->count < (size_t)room && row_next(&rows);) {
        struct lock *lock = &use->locks[use->count];
        const struct who who = {
            .tenant = use->export.tenant, .realm = realm, .member = row_ident(&rows, 0), .is_user = true};
        lock->subject = who.member;
        TRY(lock_find(use, who.member, lock));
        use->count += lock->sealed.at != NULL;
        if (lock->sealed.at)
            TRY(member_add(use, &who, lock, &rows));
    }
    return rows_end(&rows);
}

static err_t ids_put(struct ask *ask, const buf_t *ids, ProtobufCBinaryData **out_ids, size_t *out_count)
{
    *out_ids = arena_array(ask->arena, ProtobufCBinaryData, ids->len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, ids)(*out_ids)[(*out_count)++] = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}

static err_t subjects_add(struct use *use)
{
    Keys__ExportScope *out = use->ask->out;
    OWN(buf) ids = BUF(MAX_ASK);
    OWN(buf) devices = BUF(MAX_ASK);
    if (ident_is_zero(use->export.request))
        return ERR_OK;
    TRY(subject_access_subjects(use->ask, use->export.tenant, use->export.request, &ids));
    TRY(db_idents(
        use->ask->db, &devices,
        "select distinct device from subject_access_subjects as named join entries"
        " on entries.id = " ENTRY_OF("$2", "named.subject") " where request = $1 and device is not null",
        ID(use->export.request), ID(use->export.tenant)));
    TRY(ids_put(use->ask, &ids, &out->subjects, &out->n_subjects));
    return ids_put(use->ask, &devices, &out->devices, &out->n_devices);
}

static err_t tenant_add(struct use *use, ident_t *out_realm)
{
    Keys__ExportScope *out = use->ask->out;
    OWN(rows) rows = {0};
    TRY(db_read(use->ask->db, &rows,
                "select tenants.realm, tenants.name, logs.key, coalesce(inherits, realm) from tenants"
                " join logs on logs.id = tenants.id where tenants.id = $1",
                ID(use->export.tenant)));
    TRY(row_one(&rows));
    *out_realm = row_ident(&rows, 0);
    out->realm = ask_bytes(use->ask, row_text(&rows, 3));
    out->name = ask_text(use->ask, row_text(&rows, 1));
    out->log_key = ask_text(use->ask, row_text(&rows, 2));
    return arena_end(use->ask->arena);
}

err_t answer_export_begin(struct ask *ask)
{
    const Keys__ExportTicket *in = ask->in;
    Keys__ExportScope *out = ask->out;
    OWN(use) use = {.ask = ask};
    ident_t realm;
    TRY(use_begin(&use, in->ticket));
    out->export = arena_new(ask->arena, Keys__Export);
    TRY(arena_end(ask->arena));
    keys__export__init(out->export);
    TRY(export_message(ask, use.export.id, out->export));
    TRY(tenant_add(&use, &realm));
    TRY(subjects_add(&use));
    TRY(members_add(&use, realm));
    return use_told(&use);
}

/* Elevations stand in the keyring itself */

static err_t elevation_open(struct use *use, const struct lock *lock, str_t sealed, Keys__Elevation *out)
{
    struct key pair[2];
    OWN(buf) packed = BUF(ELEVATION_PACKED);
    if (!lock->sealed.at)
        return ERR_OK;
    TRY(pair_of(use, lock, pair));
    err_t opened = box_open(&pair[0], &pair[1], sealed, &packed);
    key_drop(&pair[1]);
    TRY(opened);
    out->packed = ask_bytes(use->ask, buf_str(&packed));
    return arena_end(use->ask->arena);
}

static err_t elevation_add(struct use *use, const rows_t *rows)
{
    Keys__Elevations *out = use->ask->out;
    struct lock *lock = &use->locks[use->count++];
    Keys__Elevation *item = out->items[out->n_items++] = arena_new(use->ask->arena, Keys__Elevation);
    TRY(arena_end(use->ask->arena));
    keys__elevation__init(item);
    lock->subject = row_ident(rows, 3);
    TRY(lock_find(use, lock->subject, lock));
    item->id = ask_bytes(use->ask, row_text(rows, 0));
    item->device = ask_bytes(use->ask, row_text(rows, 1));
    item->account = ask_bytes(use->ask, row_text(rows, 2));
    item->policy = row_number(rows, 4);
    item->minutes = row_number(rows, 5);
    item->state = ask_text(use->ask, row_text(rows, 6));
    item->made = row_number(rows, 7);
    item->by = ask_bytes(use->ask, row_text(rows, 8));
    item->answered = row_number(rows, 9);
    item->used = row_number(rows, 10);
    return elevation_open(use, lock, row_text(rows, 11), item);
}

/* By their ids, which are random; of one person those alone that are sealed to them. */
err_t answer_export_elevations(struct ask *ask)
{
    const Keys__ExportPage *in = ask->in;
    Keys__Elevations *out = ask->out;
    OWN(use) use = {.ask = ask};
    OWN(rows) rows = {0};
    TRY(use_begin(&use, in->ticket));
    if (in->limit < 1 || in->limit > EXPORT_PAGE)
        return fail(ERR_INVALID, "1 to %d at once", EXPORT_PAGE);
    out->items = arena_array(ask->arena, Keys__Elevation *, (size_t)in->limit);
    use.locks = arena_array(ask->arena, struct lock, (size_t)in->limit);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, device, account, subject, policy, minutes, state, made, answered_by, answered, used,"
        " sealed from elevations where tenant = $1 and id > $2 and ($3 or subject in"
        " (select subject from subject_access_subjects where request = $4)) order by id limit $5",
        ID(use.export.tenant), B(bin(in->after)), N(ident_is_zero(use.export.request)),
        ID(use.export.request), N(in->limit)));
    while (out->n_items < (size_t)in->limit && !elevations_are_full(out) && row_next(&rows))
        TRY(elevation_add(&use, &rows));
    TRY(rows_end(&rows));
    out->more = out->n_items == (size_t)in->limit || elevations_are_full(out);
    return use_told(&use);
}

/* The archive is whole: nothing more is to be opened */

err_t answer_export_made(struct ask *ask)
{
    const Keys__ExportArchive *in = ask->in;
    OWN(use) use = {.ask = ask};
    TRY(use_begin(&use, in->ticket));
    if (in->size <= 0 || in->digest.len != DIGEST_SIZE || in->manifest.len != DIGEST_SIZE)
        return fail(ERR_INVALID, "an archive has a size and two digests");
    TRY(cell_destroy(ask->keyring, use.export.id, CELL_EXPORT));
    TRY(db_do(ask->db, "update exported set sealed = null where export = $1", ID(use.export.id)));
    return db_do(ask->db,
                 "update exports set state = 'made', size = $2, digest = $3, manifest = $4, files = $5,"
                 " records = $6 where id = $1",
                 ID(use.export.id), N(in->size), B(bin(in->digest)), B(bin(in->manifest)), N(in->files),
                 N(in->records));
}

static err_t receipt_make(struct ask *ask, const struct who *who, const struct export *export,
                          buf_t *out_note)
{
    OWN(note_signer) signer = {.key = {0}};
    OWN(rows) rows = {0};
    struct receipt receipt = {
        .kind = export->kind,
        .recipient = export->recipient,
        .tenant = export->tenant,
        .export = export->id,
        .accepted_by = export->by,
        .accepted = export->made,
        .handed_by = {who->is_user ? "usr" : "tok", who->member},
        .handed = ask->env->now(ask->env),
        .size = (uint64_t) export->size,
        .files = (uint64_t) export->files,
        .records = (uint64_t) export->records,
    };
    memcpy(receipt.archive, export->digest, DIGEST_SIZE);
    memcpy(receipt.manifest, export->manifest, DIGEST_SIZE);
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1", ID(export->tenant)));
    TRY(row_one(&rows));
    receipt.client = row_text(&rows, 0);
    TRY(journal_signer(ask, export->tenant, &signer));
    return receipt_sign(&signer, &receipt, out_note);
}

static err_t handed_first(struct ask *ask, const struct who *who, const struct export *export)
{
    OWN(buf) note = BUF(RECEIPT_MAX * 2);
    TRY(receipt_make(ask, who, export, &note));
    TRY(db_do(ask->db, "update exports set handed = $2, handed_by = $3, receipt = $4 where id = $1",
              ID(export->id), N(ask->env->now(ask->env)), ID(who->member), T(buf_str(&note))));
    return journal_one(ask, who, ACT_EXTRACT_HANDED_OVER, (struct mention){"exp", export->id});
}

err_t answer_export_hand(struct ask *ask)
{
    OWN(who) who = {0};
    struct export export = {.size = 0};
    TRY(export_asked(ask, &who, &export));
    if (!who.is_user && !scopes_have(who.scopes, "export"))
        return fail(ERR_DENIED, "an archive is given to a person: a token gets none without the scope");
    if (export_is_over(ask, &export))
        return fail(ERR_LOCKED, "the export has ended: make another one");
    if (!export_is(&export, "made"))
        return fail(ERR_CONFLICT, "the archive is not there yet");
    ask->idle = export.handed != 0;
    if (!ask->idle)
        TRY(handed_first(ask, &who, &export));
    return export_message(ask, export.id, ask->out);
}
