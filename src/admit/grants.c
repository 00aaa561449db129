/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/grants.h"

#include "admit/staff.h"
#include "keyring/locks.h"
#include "keyring/restores.h"
#include "keyring/snapshots.h"
#include "keyring/twins.h"
#include "tlog/approval.h"

/* Of an approval from before a rotation of the tenant's key it is the key of then. */
#define SIGNED_BY "case grants.key when '' then approval_keys.key else grants.key end"

/* The pair of a grant while it is made. */
struct pair {
    struct key public, private;
};
typedef struct pair pair_own;
static void pair_drop(struct pair *pair) { explicit_bzero(pair, sizeof *pair); }

/* The act that covers what is to be opened now. */
static const char *opening_act(str_t acts, bool launches)
{
    if (launches)
        return "open.launches";
    return words_hold(acts, STR("open")) ? "open" : "open.device";
}

/* The subjects in scope: of the devices, and of the accounts that are theirs, as they are at this moment. */
static err_t scope_find(struct ask *ask, const struct request *request, buf_t *out_ids)
{
    const struct approval_opens opens = approval_opens(request->acts);
    TRY(db_idents(
        ask->db, out_ids,
        "select entries.id from request_devices join entries on entries.id = request_devices.device"
        " or entries.device = request_devices.device"
        " where request_devices.request = $1 and entries.tenant = $2 and entries.dead is null"
        " and case entries.kind when 'device' then $3 when 'person' then $4 when 'launches' then $5 else 0 end",
        ID(request->id), ID(request->tenant), N(opens.devices), N(opens.accounts), N(opens.launches)));
    return out_ids->len <= GRANT_ENTRIES * sizeof(ident_t)
               ? ERR_OK
               : fail(ERR_TOO_LARGE, "the scope holds more than %d keys: ask for fewer devices",
                      GRANT_ENTRIES);
}

static err_t entry_grant(struct ask *ask, const struct who *who, ident_t subject,
                         const struct request *request, const struct pair *pair)
{
    struct key keys[2];
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    ident_t id = ident_new(ask->env);
    TRY(entry_pair(ask, who, subject, keys));
    box_seal(&pair->public, key_bytes(&keys[1]), &sealed);
    key_drop(&keys[1]);
    TRY(buf_end(&sealed));
    TRY(cell_put(ask->keyring, who->tenant, id, CELL_GRANTED, buf_str(&sealed)));
    return db_do(ask->db, "insert into granted (id, request, subject) values ($1, $2, $3)", ID(id),
                 ID(request->id), ID(subject));
}

static err_t staff_public(struct ask *ask, ident_t staff, struct key *out_public)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select public from members where id = $1 and role = 'staff'", ID(staff)));
    TRY(row_one(&rows));
    return key_from(row_text(&rows, 0), out_public);
}

/* One half as a cell, the other sealed to the one it is for. */
static err_t halves_put(struct ask *ask, const struct request *request, const struct pair *pair,
                        buf_t *out_sealed)
{
    OWN(key) kept;
    OWN(key) given;
    struct key staff;
    key_random(ask->env, &kept);
    key_mix(&pair->private, &kept, &given);
    TRY(staff_public(ask, request->by, &staff));
    box_seal(&staff, key_bytes(&given), out_sealed);
    TRY(buf_end(out_sealed));
    return cell_put(ask->keyring, request->tenant, request->id, CELL_GRANT, key_bytes(&kept));
}

static err_t scope_digest(struct ask *ask, ident_t request, struct approval *out)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(request_devices(ask, request, &ids));
    out->devices = ids.len / sizeof(ident_t);
    approval_scope((ident_t *)(void *)ids.at, out->devices, out->digest);
    return ERR_OK;
}

err_t approvals_signer(struct ask *ask, const struct who *who, struct note_signer *out_signer)
{
    OWN(buf) key = BUF(512);
    TRY(approval_signer(who->tenant, &who->tenant_private, out_signer));
    note_key_put(&key, &out_signer->key);
    TRY(buf_end(&key));
    return db_do(ask->db, "insert into approval_keys (tenant, key) values ($1, $2) on conflict do nothing",
                 ID(who->tenant), T(buf_str(&key)));
}

err_t approvals_rekey(struct ask *ask, const struct who *who)
{
    OWN(note_signer) signer = {0};
    TRY(db_do(ask->db,
              "update grants set key = (select key from approval_keys where tenant = $1) where key = ''"
              " and request in (select id from requests where tenant = $1)"
              " and exists (select 1 from approval_keys where tenant = $1)",
              ID(who->tenant)));
    TRY(db_do(ask->db, "delete from approval_keys where tenant = $1", ID(who->tenant)));
    return approvals_signer(ask, who, &signer);
}

static err_t approval_make(struct ask *ask, const struct who *who, const struct request *request,
                           buf_t *out_note)
{
    OWN(note_signer) signer = {0};
    struct approval approval = {request->tenant, request->id, request->by, request->case_id, request->acts};
    approval.from = ask->env->now(ask->env) / 1000 * 1000;
    approval.until = approval.from + MINUTES(request->minutes);
    TRY(scope_digest(ask, request->id, &approval));
    TRY(approvals_signer(ask, who, &signer));
    return approval_sign(&signer, &approval, out_note);
}

static err_t grant_put(struct ask *ask, const struct who *who, const struct request *request,
                       const struct pair *pair)
{
    OWN(buf) half = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) note = BUF(APPROVAL_MAX * 2);
    moment_t now = ask->env->now(ask->env);
    TRY(halves_put(ask, request, pair, &half));
    TRY(approval_make(ask, who, request, &note));
    return db_do(
        ask->db,
        "insert into grants (request, staff, public, half, from_at, until, boot, ended, opens, approval)"
        " values ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)",
        ID(request->id), ID(request->by), B(key_bytes(&pair->public)), B(buf_str(&half)), N(now),
        N(now + MINUTES(request->minutes)), N(ask->env->boot(ask->env)), T(buf_str(&note)));
}

err_t grant_make(struct ask *ask, const struct who *who, const struct request *request)
{
    OWN(buf) scope = BUF(MAX_ASK);
    OWN(key) seed;
    OWN(pair) pair = {0};
    const struct mention on = {"req", request->id};
    TRY(staff_current(ask, request->by));
    key_random(ask->env, &seed);
    pair_from(&seed, &pair.public, &pair.private);
    TRY(scope_find(ask, request, &scope));
    for_each_ident(subject, &scope) TRY(entry_grant(ask, who, subject, request, &pair));
    TRY(grant_put(ask, who, request, &pair));
    const struct entry entry = {ACT_SUPPORT_GRANTED,     .by = who_mention(who),
                                .session = who->session, .on = &on,
                                .on_count = 1,           .count = (int64_t)(scope.len / sizeof(ident_t))};
    return journal(ask, request->tenant, &entry);
}

err_t grant_end(struct ask *ask, ident_t request)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(cell_destroy(ask->keyring, request, CELL_GRANT));
    TRY(db_idents(ask->db, &ids, "select id from granted where request = $1", ID(request)));
    for_each_ident(id, &ids) TRY(cell_destroy(ask->keyring, id, CELL_GRANTED));
    TRY(db_do(ask->db, "delete from granted where request = $1", ID(request)));
    return db_do(ask->db, "update grants set ended = $2, half = $3 where request = $1 and ended = 0",
                 ID(request), N(ask->env->now(ask->env)), B(STR("")));
}

err_t grant_message(struct ask *ask, ident_t request, Keys__Grant **out_grant)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select from_at, grants.until, ended, opens, approval, " SIGNED_BY " from grants"
        " join requests on requests.id = grants.request join approval_keys on approval_keys.tenant = requests.tenant"
        " where grants.request = $1",
        ID(request)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return ERR_OK;
    Keys__Grant *grant = *out_grant = arena_new(ask->arena, Keys__Grant);
    TRY(arena_end(ask->arena));
    keys__grant__init(grant);
    grant->from = row_number(&rows, 0);
    grant->until = row_number(&rows, 1);
    grant->ended = row_number(&rows, 2);
    grant->opens = row_number(&rows, 3);
    grant->approval = ask_text(ask, row_text(&rows, 4));
    grant->key = ask_text(ask, row_text(&rows, 5));
    return arena_end(ask->arena);
}

/* A boot clock that is behind is that of a later start of the machine: then the wall clock alone is left. */
err_t grant_is_over(struct ask *ask, ident_t request, bool *out_over)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select from_at, until, boot, ended from grants where request = $1",
                ID(request)));
    TRY(row_one(&rows));
    moment_t now = ask->env->now(ask->env), boot = ask->env->boot(ask->env);
    moment_t lasts = row_number(&rows, 1) - row_number(&rows, 0), since = boot - row_number(&rows, 2);
    *out_over = row_number(&rows, 3) || now >= row_number(&rows, 1) ||
                now < row_number(&rows, 0) - MINUTES(1) || since >= lasts;
    return ERR_OK;
}

/* Using a grant */

struct use {
    struct ask *ask;
    struct who who;
    struct request request;
    struct lock *locks;
    size_t count;
    struct pair pair;
    bool launches;   /* are what is opened */
    const char *act; /* other than opening */
    enum act told;
    err_t (*then)(struct use *use, ident_t device);
};

static err_t approval_check(struct use *use, const char *act)
{
    struct ask *ask = use->ask;
    OWN(rows) rows = {0};
    struct note_key key;
    struct approval signed_ = {0}, scope = {0};
    TRY(db_read(ask->db, &rows,
                "select grants.approval, " SIGNED_BY " from grants join approval_keys on tenant = $2"
                " where request = $1",
                ID(use->request.id), ID(use->request.tenant)));
    TRY(row_one(&rows));
    TRY(note_key_read(row_text(&rows, 1), &key));
    err_t opened = approval_open(row_text(&rows, 0), &key, &signed_);
    if (opened == ERR_INVALID)
        return fail(ERR_LOCKED, "what is kept as the approval is none");
    TRY(opened);
    TRY(scope_digest(ask, use->request.id, &scope));
    return approval_allows(&signed_,
                           &(struct approval_use){use->request.tenant, use->request.id, use->who.member, act,
                                                  scope.digest, ask->env->now(ask->env)});
}

/* The grant is this member's, is there, and allows the act, or opening where none is said. */
static err_t use_begin(struct use *use, const char *bearer, ProtobufCBinaryData request)
{
    struct ask *ask = use->ask;
    bool over = false;
    ident_t id;
    TRY(staff_asks(ask, bearer, &use->who));
    TRY(ident_from(bin(request), &id));
    TRY(request_read(ask, id, &use->request));
    if (!ident_eq(use->request.by, use->who.member))
        return fail(ERR_MISSING, "no %s", ident_text("req", id).text);
    if (!request_is(&use->request, "approved"))
        return fail(ERR_LOCKED, "the request is %.*s: the client has to approve one",
                    STR_ARG(use->request.state));
    TRY(clock_believed(ask, use->request.tenant));
    TRY(grant_is_over(ask, id, &over));
    if (over)
        return fail(ERR_LOCKED, "the grant has ended: ask the client again");
    return approval_check(use, use->act ? use->act : opening_act(use->request.acts, use->launches));
}

static err_t pair_open(struct use *use)
{
    struct ask *ask = use->ask;
    OWN(rows) rows = {0};
    OWN(buf) half = BUF(KEY_SIZE);
    OWN(buf) kept = BUF(KEY_SIZE);
    OWN(key) a = {{0}};
    OWN(key) b = {{0}};
    TRY(db_read(ask->db, &rows, "select public, half from grants where request = $1", ID(use->request.id)));
    TRY(row_one(&rows));
    TRY(box_open(&use->who.tenant_public, &use->who.tenant_private, row_text(&rows, 1), &half));
    TRY(cell_get(ask->keyring, use->request.id, CELL_GRANT, &kept));
    TRY(key_from(buf_str(&half), &a));
    TRY(key_from(buf_str(&kept), &b));
    key_mix(&a, &b, &use->pair.private);
    return key_from(row_text(&rows, 0), &use->pair.public);
}

/* A subject out of scope is as one that is not there. */
static err_t granted_find(struct ask *ask, const struct use *use, struct lock *lock)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    const ident_t of = use->launches ? launches_of(lock->subject) : lock->subject;
    TRY(db_read(ask->db, &rows,
                "select granted.id, entries.public, coalesce(entries.device, entries.id) from granted"
                " join entries on entries.id = granted.subject"
                " where request = $1 and subject = " ENTRY_OF("$3", "$2") " and entries.dead is null",
                ID(use->request.id), ID(of), ID(use->request.tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    TRY(key_from(row_text(&rows, 1), &lock->public));
    lock->is_device = ident_eq(row_ident(&rows, 2), lock->subject);
    TRY(cell_get(ask->keyring, row_ident(&rows, 0), CELL_GRANTED, &sealed));
    lock->sealed = arena_copy(ask->arena, buf_str(&sealed));
    return arena_end(ask->arena);
}

static err_t use_told(struct use *use)
{
    struct entry entry = {ACT_SUPPORT_OPENED, .by = who_mention(&use->who), .session = use->who.session,
                          .under = use->request.id};
    TRY(locks_mention(use->ask, use->locks, use->count, &entry));
    TRY(db_do(use->ask->db, "update grants set opens = opens + $2 where request = $1", ID(use->request.id),
              N(entry.count)));
    return locks_told(use->ask, &use->who, use->request.tenant, &entry);
}

static err_t grant_locks(struct keyring *keyring, void *with)
{
    struct use *use = with;
    const Keys__GrantOpen *in = use->ask->in;
    (void)keyring;
    TRY(use_begin(use, in->bearer, in->request));
    TRY(pair_open(use));
    for (size_t i = 0; i < use->count; i++) {
        use->locks[i] = (struct lock){0};
        TRY(ident_from(bin(in->subjects[i]), &use->locks[i].subject));
        TRY(granted_find(use->ask, use, &use->locks[i]));
    }
    return use_told(use);
}

/* Who was refused under a request of its own stands in the client's log, at most so often an hour. */
static err_t refused_act(struct keyring *keyring, void *with)
{
    struct use *use = with;
    (void)keyring;
    return refusal_told(use->ask, use->request.tenant, use->request.id,
                        &(struct entry){ACT_SUPPORT_REFUSED, .by = who_mention(&use->who),
                                        .session = use->who.session, .under = use->request.id});
}

/* Also where it is not in the scope, or not there. */
static bool is_refusal(err_t result)
{
    return result == ERR_DENIED || result == ERR_LOCKED || result == ERR_MISSING;
}

static err_t use_end(struct use *use, err_t result)
{
    bool refused =
        is_refusal(result) && !ident_is_zero(use->who.member) && ident_eq(use->request.by, use->who.member);
    if (refused)
        result = refusal_write(use->ask, result, refused_act, use);
    key_drop(&use->pair.private);
    who_drop(&use->who);
    return result;
}

err_t answer_grant_open(struct ask *ask)
{
    const Keys__GrantOpen *in = ask->in;
    if (in->n_subjects != in->n_boxes || in->n_boxes > MAX_ASK_IDS)
        return fail(ERR_INVALID, "as many subjects as boxes, at most %d", MAX_ASK_IDS);
    struct use use = {.ask = ask, .count = in->n_boxes, .launches = in->launches};
    use.locks = arena_array(ask->arena, struct lock, use.count);
    TRY(arena_end(ask->arena));
    err_t result = keyring_write(ask->keyring, grant_locks, &use); /* told before anything is opened */
    if (result == ERR_OK)
        result = locks_open(ask,
                            &(struct opener){.public = &use.pair.public,
                                             .private = &use.pair.private,
                                             .locks = use.locks,
                                             .count = use.count},
                            in->boxes);
    return use_end(&use, result);
}

static err_t in_scope(const buf_t *devices, ident_t device)
{
    for_each_ident(id, devices) if (ident_eq(id, device)) return ERR_OK;
    return fail(ERR_MISSING, "no %s in the scope of this request", ident_text("dev", device).text);
}

/* Not opening, but acting: the signed approval is what allows it. */
static err_t device_act(struct keyring *keyring, void *with)
{
    struct use *use = with;
    struct ask *ask = use->ask;
    const Keys__GrantAct *in = ask->in;
    OWN(buf) devices = BUF(MAX_ASK);
    ident_t device;
    (void)keyring;
    TRY(ident_from(bin(in->device), &device));
    TRY(use_begin(use, in->bearer, in->request));
    TRY(request_devices(ask, use->request.id, &devices));
    TRY(in_scope(&devices, device));
    return use->then(use, device);
}

static struct entry told_under(const struct use *use)
{
    return (struct entry){use->told, .by = who_mention(&use->who), .session = use->who.session,
                          .under = use->request.id};
}

/* Of all devices in scope, or of one of them. */
static err_t look_told(struct use *use, const buf_t *devices)
{
    struct entry told = told_under(use);
    struct mention *on = arena_array(use->ask->arena, struct mention, devices->len / sizeof(ident_t));
    TRY(arena_end(use->ask->arena));
    for_each_ident(id, devices) on[told.on_count++] = (struct mention){"dev", id};
    told.on = on;
    told.count = (int64_t)told.on_count;
    return journal(use->ask, use->request.tenant, &told);
}

static err_t look_act(struct keyring *keyring, void *with)
{
    struct use *use = with;
    const Keys__GrantAct *in = use->ask->in;
    OWN(buf) devices = BUF(MAX_ASK);
    OWN(buf) one = BUF(sizeof(ident_t));
    ident_t device;
    (void)keyring;
    TRY(use_begin(use, in->bearer, in->request));
    TRY(request_devices(use->ask, use->request.id, &devices));
    if (!in->device.len)
        return look_told(use, &devices);
    TRY(ident_from(bin(in->device), &device));
    TRY(in_scope(&devices, device));
    buf_put(&one, ident_bytes(&device));
    return look_told(use, &one);
}

/* Whoever reads under a grant asks here first: so it is told also where there is nothing to be opened. */
err_t answer_grant_look(struct ask *ask)
{
    const Keys__GrantAct *in = ask->in;
    struct use use = {.ask = ask, .launches = in->launches, .told = ACT_SUPPORT_LOOKED};
    return use_end(&use, keyring_write(ask->keyring, look_act, &use));
}

static err_t turn(struct use *use, ident_t device)
{
    const struct entry told = told_under(use);
    return device_turn(use->ask, use->request.tenant, device, &told);
}

/* The client is told of a dry run too: it is done under its grant. */
static err_t looked_told(struct use *use, const struct restore_wish *wish)
{
    struct entry told = told_under(use);
    const struct mention on[] = {{"snp", wish->snapshot}, {"dev", *wish->device}};
    told.act = ACT_RESTORE_LOOKED;
    told.on = on;
    told.on_count = 2;
    return journal(use->ask, wish->tenant, &told);
}

/* Whoever carries it out looks at the signed approval again. */
static err_t restore(struct use *use, ident_t device)
{
    const Keys__GrantAct *in = use->ask->in;
    const struct entry told = told_under(use);
    struct restore_wish wish = {
        .tenant = use->request.tenant, .device = &device, .look = in->look, .told = &told};
    TRY(ident_from(bin(in->snapshot), &wish.snapshot));
    if (in->look)
        TRY(looked_told(use, &wish));
    else
        TRY(tenant_typed(use->ask, wish.tenant, in->typed));
    return restore_wish(use->ask, &wish);
}

static err_t act_under(struct ask *ask, struct use use)
{
    use.ask = ask;
    return use_end(&use, keyring_write(ask->keyring, device_act, &use));
}

err_t answer_grant_approve(struct ask *ask)
{
    return act_under(ask, (struct use){.act = "device.approve", .told = ACT_DEVICE_APPROVED, .then = turn});
}

err_t answer_grant_revoke(struct ask *ask)
{
    return act_under(ask, (struct use){.act = "device.revoke", .told = ACT_DEVICE_REVOKED, .then = turn});
}

err_t answer_grant_restore(struct ask *ask)
{
    return act_under(ask, (struct use){.act = "restore", .told = ACT_RESTORE_BEGUN, .then = restore});
}

static err_t snapshots_within(struct keyring *keyring, void *with)
{
    struct use *use = with;
    const Keys__Named *in = use->ask->in;
    (void)keyring;
    TRY(use_begin(use, in->bearer, in->id));
    const struct entry told = told_under(use);
    TRY(journal(use->ask, use->request.tenant, &told));
    return snapshots_read(use->ask, use->request.tenant, use->ask->out);
}

/* To choose among, for who may restore one of the devices. */
err_t answer_grant_snapshots(struct ask *ask)
{
    struct use use = {.ask = ask, .act = "restore", .told = ACT_SUPPORT_LOOKED};
    return use_end(&use, keyring_write(ask->keyring, snapshots_within, &use));
}

/* What a work of staff's is done under, for who carries it out to look at. */
err_t answer_restore_check(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    Keys__Approval *out = ask->out;
    OWN(rows) rows = {0};
    OWN(buf) devices = BUF(MAX_ASK);
    ident_t request;
    TRY(ident_from(bin(in->id), &request));
    TRY(db_read(
        ask->db, &rows,
        "select grants.approval, " SIGNED_BY ", grants.staff, requests.state, requests.tenant from grants"
        " join requests on requests.id = grants.request join approval_keys on approval_keys.tenant = requests.tenant"
        " where grants.request = $1",
        ID(request)));
    TRY(row_one(&rows));
    TRY(clock_believed(ask, row_ident(&rows, 4)));
    out->approval = ask_text(ask, row_text(&rows, 0));
    out->key = ask_text(ask, row_text(&rows, 1));
    out->staff = ask_bytes(ask, row_text(&rows, 2));
    out->state = ask_text(ask, row_text(&rows, 3));
    TRY(request_devices(ask, request, &devices));
    out->devices = ask_bytes(ask, buf_str(&devices));
    return arena_end(ask->arena);
}
