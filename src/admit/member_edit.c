/* SPDX-License-Identifier: Apache-2.0
 *
 * What is kept of a member, changed by themselves or by who looks after people; and members whom nobody lets in.
 *
 * A change says which edition of the member it was made from: STALE where somebody else was faster, and nothing is
 * changed. A username is half of what a password is found by, so that only its own person can change it, by the password;
 * a member without one has theirs changed by an owner too.
 *
 * Disabling is a brake that one owner pulls: sessions end, and nobody is let in. Of a member whose removal takes a second
 * person it destroys nothing, since it would be as good as the removal; of anybody else the keys go too.
 */
#include "admit/members.h"
#include "admit/people.h"
#include "keyring/journal.h"

struct edit {
    struct ask *ask;
    struct who who, of; /* who changes, and whom */
    struct user user;   /* as it will be */
    char *username;     /* as it is */
    struct way_in way, fresh;
    uint8_t salt[SALT_SIZE];
    bool by_password; /* the username changes, and with it where the password is looked up */
    bool wrong;
};
typedef struct edit edit_own;

static void edit_drop(struct edit *edit) { explicit_bzero(edit, sizeof *edit); }

static err_t no_member(ident_t member) { return fail(ERR_MISSING, "no %s", ident_text("usr", member).text); }

/* Of somebody else it is not for everybody to see whether they are there. */
static err_t member_seen(const struct who *who, ident_t member, right_t right)
{
    bool is_seen = ident_eq(member, who->member) || role_may(role_find(who->role), right);
    return is_seen && !who->is_staff ? ERR_OK : no_member(member);
}

err_t answer_member_show(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(member_seen(&who, id, RIGHT_AUDIT));
    return member_message(ask, &who, id, ask->out);
}

static err_t name_takes(struct edit *edit, bool has_password)
{
    const Keys__MemberChange *in = edit->ask->in;
    if (!*in->username || !strcmp(in->username, edit->username))
        return ERR_OK;
    edit->by_password = has_password;
    if (!has_password)
        return ERR_OK;
    if (!ident_eq(edit->of.member, edit->who.member))
        return fail(ERR_CONFLICT, "they type the username with their password: only they can change it");
    return in->password.len ? ERR_OK : fail(ERR_INVALID, "another username takes the password, typed again");
}

/* What is not said stays. */
static err_t user_take(struct edit *edit, bool has_password)
{
    const Keys__MemberChange *in = edit->ask->in;
    struct user *user = &edit->user;
    TRY(user_read(edit->ask, &edit->of, user));
    edit->username = ask_text(edit->ask, user->username);
    TRY(arena_end(edit->ask->arena));
    TRY(name_takes(edit, has_password));
    user->full_name = *in->full_name ? str(in->full_name) : user->full_name;
    user->username = *in->username ? str(in->username) : user->username;
    user->email = *in->email ? str(in->email) : user->email;
    return is_name(user->username.at) ? ERR_OK : fail(ERR_INVALID, "a username has 1 to %d bytes", MAX_NAME);
}

static err_t edition_fits(const Keys__MemberChange *in, int64_t edition)
{
    if (!in->edition)
        return fail(ERR_INVALID, "say which edition was read: If-Match");
    return in->edition == edition
               ? ERR_OK
               : fail(ERR_STALE, "somebody changed this member meanwhile: it is edition %lld",
                      (long long)edition);
}

static err_t edit_read(struct edit *edit)
{
    const Keys__MemberChange *in = edit->ask->in;
    OWN(rows) rows = {0};
    TRY(who_asks(edit->ask, in->bearer, RIGHT_SELF, &edit->who));
    edit->of = edit->who;
    TRY(ident_from(bin(in->id), &edit->of.member));
    TRY(member_seen(&edit->who, edit->of.member, RIGHT_PEOPLE));
    TRY(db_read(edit->ask->db, &rows,
                "select members.edition, members.find, tenants.salt from members join tenants"
                " on tenants.id = members.tenant where members.id = $1 and tenant = $2 and kind = 'user'",
                ID(edit->of.member), ID(edit->who.tenant)));
    if (!row_next(&rows))
        return no_member(edit->of.member);
    TRY(edition_fits(in, row_number(&rows, 0)));
    if (!edit->who.keyed)
        return fail(ERR_LOCKED, "what is kept of members is sealed: this session holds no key to change it");
    memcpy(edit->salt, row_text(&rows, 2).at, SALT_SIZE);
    return user_take(edit, !row_is_null(&rows, 1));
}

static err_t edit_find(struct keyring *keyring, void *with)
{
    (void)keyring;
    return edit_read(with);
}

static err_t edit_rewrap(struct edit *edit)
{
    struct key pair[2];
    err_t fits = user_pair(edit->ask, &edit->of, &edit->way, pair);
    edit->wrong = fits == ERR_DENIED;
    TRY(fits);
    err_t wrapped = user_rewrap(edit->ask, &edit->of, &pair[1], &edit->fresh);
    key_drop(&pair[1]);
    return wrapped == ERR_CONFLICT
               ? fail(ERR_CONFLICT, "this username and password are taken: choose another")
               : wrapped;
}

static err_t edit_act(struct keyring *keyring, void *with)
{
    struct edit *edit = with;
    (void)keyring;
    TRY(edit_read(edit)); /* again: the password was stretched meanwhile */
    if (edit->by_password)
        TRY(edit_rewrap(edit));
    TRY(user_write(edit->ask, &edit->of, &edit->user));
    TRY(db_do(edit->ask->db, "update members set edition = edition + 1, changed = $2 where id = $1",
              ID(edit->of.member), N(edit->ask->env->now(edit->ask->env))));
    TRY(journal_one(edit->ask, &edit->who, ACT_MEMBER_CHANGED, (struct mention){"usr", edit->of.member}));
    return member_message(edit->ask, &edit->who, edit->of.member, edit->ask->out);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct edit *edit = with;
    (void)keyring;
    return refusal_count(edit->ask, edit->who.tenant);
}

static err_t ways_make(struct edit *edit)
{
    const Keys__MemberChange *in = edit->ask->in;
    const str_t salt = str_bytes(edit->salt, sizeof edit->salt);
    TRY(way_in_from(edit->ask, salt, edit->username, bin(in->password), &edit->way));
    return way_in_from(edit->ask, salt, in->username, bin(in->password), &edit->fresh);
}

err_t answer_member_change(struct ask *ask)
{
    OWN(edit) edit = {.ask = ask};
    TRY(keyring_read(ask->keyring, edit_find, &edit));
    if (edit.by_password)
        TRY(ways_make(&edit));
    err_t done = keyring_write(ask->keyring, edit_act, &edit);
    if (!edit.wrong)
        return done;
    TRY(keyring_write(ask->keyring, refused_act, &edit));
    return fail(ERR_DENIED, "the password is wrong");
}

/* Who is let in */

struct letting {
    str_t role;
    bool disabled;
};

static err_t letting_read(struct ask *ask, const struct who *who, ident_t member, struct letting *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select role, disabled from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(member), ID(who->tenant)));
    if (!row_next(&rows))
        return no_member(member);
    *out = (struct letting){arena_copy(ask->arena, row_text(&rows, 0)), row_number(&rows, 1) != 0};
    return arena_end(ask->arena);
}

err_t member_shut(struct ask *ask, const struct who *who, ident_t member)
{
    struct letting now = {0};
    TRY(letting_read(ask, who, member, &now));
    if (now.disabled)
        return fail(ERR_CONFLICT, "%s is disabled already", ident_text("usr", member).text);
    if (role_may(role_find(now.role), RIGHT_OWN))
        TRY(owner_left(ask, who->tenant, member));
    TRY(sessions_end(ask, member));
    if (!role_is_trusted(role_find(now.role))) {
        TRY(cell_destroy(ask->keyring, member, CELL_TENANT_KEY));
        TRY(cell_destroy(ask->keyring, member, CELL_SIGNER));
    }
    TRY(db_do(ask->db, "update members set disabled = $2, edition = edition + 1, changed = $2 where id = $1",
              ID(member), N(ask->env->now(ask->env))));
    return journal_one(ask, who, ACT_MEMBER_DISABLED, (struct mention){"usr", member});
}

err_t member_open_again(struct ask *ask, const struct who *who, ident_t member)
{
    struct letting now = {0};
    TRY(letting_read(ask, who, member, &now));
    if (!now.disabled)
        return fail(ERR_CONFLICT, "%s is not disabled", ident_text("usr", member).text);
    TRY(db_do(ask->db, "update members set disabled = 0, edition = edition + 1, changed = $2 where id = $1",
              ID(member), N(ask->env->now(ask->env))));
    return journal_one(ask, who, ACT_MEMBER_ENABLED, (struct mention){"usr", member});
}

static err_t turn(struct ask *ask, err_t (*act)(struct ask *, const struct who *, ident_t))
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(ident_from(bin(in->id), &id));
    if (ident_eq(id, who.member))
        return fail(ERR_INVALID, "nobody disables or enables themselves: another owner has to");
    return act(ask, &who, id);
}

err_t answer_member_disable(struct ask *ask) { return turn(ask, member_shut); }
err_t answer_member_enable(struct ask *ask) { return turn(ask, member_open_again); }
