/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/forget.h"

#include "admit/people.h"
#include "admit/requests.h"
#include "admit/signing.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/locks.h"
#include "keyring/twins.h"

/* Looking */

static err_t counts_look(struct ask *ask, ident_t tenant, ident_t id, Keys__Forgettable *out)
{
    const ident_t launches = launches_of(id);
    TRY(db_number(ask->db, &out->elevations,
                  "select count(*) from elevations where tenant = $1 and (subject = $2 or account = $2)",
                  ID(tenant), ID(id)));
    TRY(db_number(
        ask->db, &out->copies,
        "select count(*) from granted where subject in (" ENTRY_OF("$3", "$1") ", " ENTRY_OF("$3", "$2") ")",
        ID(id), ID(launches), ID(tenant)));
    TRY(twins_count(ask, id, &out->elsewhere, &out->held_elsewhere));
    return db_number(ask->db, &out->sessions, "select count(*) from sessions where member = $1", ID(id));
}

static err_t account_look(struct ask *ask, const struct who *who, ident_t id, Keys__Forgettable *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select kind, device, dead, exists (select 1 from devices where devices.id = entries.device"
                " and devices.tenant = $2 and state <> 'removed' and not exists"
                " (select 1 from foreign_nodes where foreign_nodes.device = entries.device))"
                " from entries where id = " ENTRY_OF("$2", "$1") " and tenant = $2"
                                                                 " and kind in ('person', 'device')",
                ID(id), ID(who->tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("acc", id).text);
    if (!str_eq(row_text(&rows, 0), STR("person")) || !row_text(&rows, 1).len)
        return fail(ERR_INVALID, "%s is no person's account of a device", ident_text("acc", id).text);
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->device = ask_bytes(ask, row_text(&rows, 1));
    out->alive = !row_number(&rows, 2);
    out->withheld = row_number(&rows, 3) != 0;
    bool held = false;
    TRY(hold_covers(ask, who->tenant, id, &held));
    out->held = held;
    return counts_look(ask, who->tenant, id, out);
}

static const char *member_bars(const struct who *who, ident_t member, const struct role *role)
{
    if (ident_eq(member, who->member))
        return "nobody forgets themselves: somebody else has to";
    if (role_is_trusted(role))
        return "a member with rights is removed first: an owner asks for it, and a second person says yes";
    return role_may(role_find(who->role), RIGHT_PEOPLE) ? "" : "an owner removes this member first";
}

/* One who was removed before has no key any more: its id alone is left to be forgotten. */
static err_t member_gone(struct ask *ask, const struct who *who, ident_t member)
{
    int64_t dead = 0;
    TRY(db_number(ask->db, &dead,
                  "select count(*) from entries where id = $1 and tenant = $2 and device is null"
                  " and kind = 'person' and dead is not null",
                  ID(member), ID(who->tenant)));
    return dead ? ERR_OK : fail(ERR_MISSING, "no %s", ident_text("usr", member).text);
}

static err_t member_look(struct ask *ask, const struct who *who, ident_t member, Keys__Forgettable *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select role from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(member), ID(who->tenant)));
    out->alive = row_next(&rows);
    TRY(rows_end(&rows));
    if (!out->alive)
        TRY(member_gone(ask, who, member));
    out->id = ask_bytes(ask, ident_bytes(&member));
    if (out->alive) {
        out->role = ask_text(ask, row_text(&rows, 0));
        out->bars = (char *)(uintptr_t)member_bars(who, member, role_find(row_text(&rows, 0)));
    }
    return counts_look(ask, who->tenant, member, out);
}

static err_t one_look(struct ask *ask, const struct who *who, ProtobufCBinaryData named, bool member,
                      Keys__Forgettables *out)
{
    Keys__Forgettable *item = out->items[out->n_items] = arena_new(ask->arena, Keys__Forgettable);
    ident_t id;
    TRY(arena_end(ask->arena));
    keys__forgettable__init(item);
    TRY(ident_from(bin(named), &id));
    for (size_t i = 0; i < out->n_items; i++)
        if (str_eq(bin(out->items[i]->id), ident_bytes(&id)))
            return fail(ERR_INVALID, "%s is named twice", ident_text(member ? "usr" : "acc", id).text);
    TRY(member ? member_look(ask, who, id, item) : account_look(ask, who, id, item));
    out->n_items++;
    return arena_end(ask->arena);
}

static err_t all_look(struct ask *ask, const struct who *who, Keys__Forgettables *out)
{
    const Keys__Forget *in = ask->in;
    if (in->n_accounts + (in->member.len != 0) < 1 || in->n_accounts > FORGET_MOST)
        return fail(ERR_INVALID, "1 to %d accounts, a member, or both", FORGET_MOST);
    out->items = arena_array(ask->arena, Keys__Forgettable *, in->n_accounts + 1);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_accounts; i++)
        TRY(one_look(ask, who, in->accounts[i], false, out));
    return in->member.len ? one_look(ask, who, in->member, true, out) : ERR_OK;
}

err_t answer_forget_look(struct ask *ask)
{
    const Keys__Forget *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    return all_look(ask, &who, ask->out);
}

/* Forgetting */

/* What a legal hold covers stays as it is, under the hold's own key alone. */
static err_t account_forget(struct ask *ask, ident_t tenant, ident_t account)
{
    bool held = false;
    TRY(hold_covers(ask, tenant, account, &held));
    if (held)
        return ERR_OK;
    return db_do(ask->db, "delete from elevations where tenant = $1 and (subject = $2 or account = $2)",
                 ID(tenant), ID(account));
}

static err_t subject_put(struct ask *ask, ident_t tenant, ident_t forgotten, const Keys__Forgettable *item)
{
    str_t device = bin(item->device);
    ident_t id, entry;
    TRY(ident_from(bin(item->id), &id));
    TRY(entry_of(ask, tenant, id, &entry));
    return db_do(
        ask->db,
        "insert into forgotten_subjects (subject, forgotten, device, withheld, lifted)"
        " values ($1, $2, $3, $4, 0) on conflict (subject) do update set forgotten = excluded.forgotten",
        ID(entry), ID(forgotten), device.len ? B(device) : NONE, N(item->withheld));
}

/* An account that is dead already, and is not known as forgotten, was removed with its device: there is nothing to do. */
static err_t item_forget(struct ask *ask, const struct who *who, ident_t forgotten,
                         const Keys__Forgettable *item)
{
    ident_t id;
    TRY(ident_from(bin(item->id), &id));
    if (item->device.len)
        TRY(account_forget(ask, who->tenant, id));
    else if (item->alive)
        TRY(member_unseat(ask, who, id));
    return subject_put(ask, who->tenant, forgotten, item);
}

static err_t bars_check(const Keys__Forgettables *all)
{
    for (size_t i = 0; i < all->n_items; i++)
        if (*all->items[i]->bars)
            return fail(ERR_CONFLICT, "%s", all->items[i]->bars);
    return ERR_OK;
}

/* A member who was removed before is alive nowhere, and can be put down as forgotten once. */
static err_t any_left(struct ask *ask, ident_t tenant, const Keys__Forgettables *all)
{
    for (size_t i = 0; i < all->n_items; i++) {
        int64_t known = 0;
        TRY(db_number(ask->db, &known,
                      "select count(*) from forgotten_subjects where subject = " ENTRY_OF("$2", "$1"),
                      B(bin(all->items[i]->id)), ID(tenant)));
        if (all->items[i]->alive || (!known && !all->items[i]->device.len))
            return ERR_OK;
    }
    return fail(ERR_CONFLICT, "all of these are forgotten already");
}

static err_t told(struct ask *ask, const struct who *who, const Keys__Forgettables *all, ident_t id)
{
    const Keys__Forget *in = ask->in;
    struct mention *on = arena_array(ask->arena, struct mention, all->n_items + 1);
    TRY(arena_end(ask->arena));
    on[0] = (struct mention){"fgt", id};
    for (size_t i = 0; i < all->n_items; i++) {
        on[i + 1].prefix = all->items[i]->device.len ? "acc" : "usr";
        TRY(ident_from(bin(all->items[i]->id), &on[i + 1].id));
    }
    return journal(ask, who->tenant,
                   &(struct entry){ACT_PERSON_FORGOTTEN, .by = who_mention(who), .session = who->session,
                                   .on = on, .on_count = all->n_items + 1, .count = in->mentions});
}

/* The number that the entry has just got. */
static err_t forgotten_put(struct ask *ask, const struct who *who, ident_t id)
{
    const Keys__Forget *in = ask->in;
    int64_t entries = 0;
    TRY(keyring_counted(ask->keyring));
    TRY(db_number(ask->db, &entries, "select entries from logs where id = $1", ID(who->tenant)));
    return db_do(ask->db,
                 "insert into forgotten (id, tenant, by, at, mentions, entry, dropped, removed, rolled)"
                 " values ($1, $2, $3, $4, $5, $6, 0, 0, 0)",
                 ID(id), ID(who->tenant), ID(who->member), N(ask->env->now(ask->env)), N(in->mentions),
                 N(entries - 1));
}

/* Each device of theirs that can be told, once. */
static err_t devices_withhold(struct ask *ask, const struct who *who, ident_t id, Keys__Forgotten *out)
{
    OWN(buf) devices = BUF(FORGET_MOST * 16);
    TRY(db_idents(ask->db, &devices,
                  "select distinct device from forgotten_subjects where forgotten = $1 and withheld = 1"
                  " and device is not null",
                  ID(id)));
    out->withheld = arena_array(ask->arena, Keys__Withheld *, devices.len / 16 + 1);
    TRY(arena_end(ask->arena));
    for_each_ident(device, &devices)
        TRY(device_withhold(ask, who, device, &out->withheld[out->n_withheld++]));
    return ERR_OK;
}

static err_t forget_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__Forget *in = ask->in;
    Keys__Forgettables all = KEYS__FORGETTABLES__INIT;
    Keys__Forgotten *out = ask->out;
    const ident_t id = ident_new(ask->env);
    if (in->mentions < 0)
        return fail(ERR_INVALID, "mentions are counted from 0");
    TRY(clock_holds(ask, who->tenant));
    TRY(all_look(ask, who, &all));
    TRY(bars_check(&all));
    TRY(any_left(ask, who->tenant, &all));
    for (size_t i = 0; i < all.n_items; i++)
        TRY(item_forget(ask, who, id, all.items[i]));
    TRY(told(ask, who, &all, id));
    TRY(forgotten_put(ask, who, id));
    keys__forgotten__init(out);
    out->id = ask_bytes(ask, ident_bytes(&id));
    return devices_withhold(ask, who, id, ask->out);
}

/* The keys */

/* What else of an account has a key: its launches, its videos. `subject` is its entry. */
static err_t kin_end(struct ask *ask, ident_t subject, ident_t (*kin_of)(ident_t subject))
{
    OWN(rows) rows = {0};
    ident_t entry;
    TRY(db_read(ask->db, &rows, "select tenant, " SUBJECT_OF("entries.id") " from entries where id = $1",
                ID(subject)));
    TRY(row_one(&rows));
    TRY(entry_of(ask, row_ident(&rows, 0), kin_of(row_ident(&rows, 1)), &entry));
    return entry_destroy(ask, entry);
}

/* What their endpoints report of them from now on finds a dead key. */
static err_t subject_end(struct ask *ask, ident_t subject)
{
    int64_t device = 0;
    TRY(db_number(ask->db, &device, "select device is not null from forgotten_subjects where subject = $1",
                  ID(subject)));
    if (device) {
        TRY(kin_end(ask, subject, launches_of));
        TRY(kin_end(ask, subject, videos_of));
    }
    return entry_destroy(ask, subject);
}

err_t forgettings_finish(struct ask *ask)
{
    OWN(buf) subjects = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &subjects,
                  "select subject from forgotten_subjects where exists (select 1 from entries"
                  " where id = subject and dead is null) or exists (select 1 from cells where id = subject)"
                  " limit $1",
                  N(MAX_ASK / 16)));
    for_each_ident(subject, &subjects) TRY(subject_end(ask, subject));
    return ERR_OK;
}

static err_t finish_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    Keys__Forgotten *out = ask->out;
    ident_t id;
    (void)keyring;
    TRY(forgettings_finish(ask));
    TRY(ident_from(bin(out->id), &id));
    return forgotten_message(ask, id, out);
}

err_t answer_forget(struct ask *ask)
{
    const Keys__Forget *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "person.forget",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_PRIVACY,
                              .keyless = true,
                              .run = forget_act};
    TRY(signing_run(&signing));
    /* A crash here leaves somebody who is put down as forgotten, with keys: the next start destroys them first of all. */
    return keyring_write(ask->keyring, finish_act, ask);
}

/* Lifting */

err_t answer_forgotten_lift(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(db_do(ask->db,
              "update forgotten_subjects set lifted = $3 where forgotten = $1 and lifted = 0 and withheld = 1"
              " and exists (select 1 from forgotten where id = $1 and tenant = $2)",
              ID(id), ID(who.tenant), N(ask->env->now(ask->env))));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "nothing is withheld by %s", ident_text("fgt", id).text);
    TRY(devices_withhold(ask, &who, id, ask->out));
    TRY(journal_one(ask, &who, ACT_PERSON_LIFTED, (struct mention){"fgt", id}));
    return forgotten_message(ask, id, ask->out);
}
