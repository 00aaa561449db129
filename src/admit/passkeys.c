/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/passkeys.h"

#include "admit/again.h"
#include "admit/sso.h"
#include "admit/staff.h"
#include "keyring/journal.h"

static const ident_t nothing;

/* The client's salt as a key for one use. */
static err_t salt_key(struct ask *ask, const struct who *who, const char *use, str_t input, struct key *out)
{
    struct key base = {{0}};
    TRY(salt_of(ask, who, base.bytes));
    key_derive(&base, use, input, out);
    return ERR_OK;
}

static err_t find_of(struct ask *ask, const struct who *who, str_t credential, struct key *out_find)
{
    return salt_key(ask, who, "custody passkey", credential, out_find);
}

/* What the authenticator gives opens this passkey's cell and no other. */
static err_t prf_key(str_t prf, ident_t passkey, struct key *out_key)
{
    OWN(key) root;
    if (prf.len != PRF_SIZE)
        return fail(ERR_INVALID, "what the authenticator gives out has %d bytes", PRF_SIZE);
    TRY(key_from(prf, &root));
    key_derive(&root, "custody passkey", ident_bytes(&passkey), out_key);
    return ERR_OK;
}

struct row {
    ident_t id, member;
    int64_t count;
    bool opens;
    struct key public; /* of the member */
};

static err_t row_find(struct ask *ask, const struct who *who, str_t credential, struct row *out_row)
{
    OWN(rows) rows = {0};
    struct key find;
    TRY(find_of(ask, who, credential, &find));
    TRY(db_read(ask->db, &rows,
                "select passkeys.id, member, count, opens, public from passkeys join members"
                " on members.id = passkeys.member where passkeys.tenant = $1 and passkeys.find = $2"
                " and members.kind = 'user'",
                ID(who->tenant), B(key_bytes(&find))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_DENIED, "the passkey is not known here");
    *out_row = (struct row){row_ident(&rows, 0), row_ident(&rows, 1), row_number(&rows, 2),
                            row_number(&rows, 3) != 0};
    return key_from(row_text(&rows, 4), &out_row->public);
}

static err_t passkey_cell(struct ask *ask, ident_t id, struct passkey *out_passkey)
{
    OWN(buf) packed = BUF(PASSKEY_ID + PASSKEY_PUBLIC + 4);
    TRY(cell_get(ask->keyring, id, CELL_PASSKEY, &packed));
    return passkey_get(buf_str(&packed), out_passkey);
}

/* Whether what came is of this passkey, says what was asked, and is signed; and how often it has signed. */
static err_t signature_check(struct ask *ask, const struct passkey_use *use, const struct row *row,
                             uint32_t *out_count)
{
    const Keys__Assertion *said = use->said;
    OWN(buf) challenge = BUF(CHALLENGE_MOST);
    struct party party;
    struct passkey passkey;
    TRY(party_from(keyring_url(ask->keyring), &party));
    TRY(client_data_read(bin(said->client_data), &(struct client){&party, false}, &challenge));
    TRY(passkey_cell(ask, row->id, &passkey));
    if (said->user.len && !bytes_equal(bin(said->user), ident_bytes(&row->member)))
        return fail(ERR_DENIED, "the passkey is another member's");
    TRY(passkey_check(
        &passkey, &party,
        &(struct said){bin(said->client_data), bin(said->authenticator_data), bin(said->signature)},
        out_count));
    return challenge_take(ask, &use->challenge, buf_str(&challenge));
}

/* One that never counts says 0 each time. */
static err_t count_check(struct ask *ask, struct passkey_use *use, const struct row *row, uint32_t count)
{
    use->cloned = (count || row->count) && count <= row->count;
    if (use->cloned)
        return fail(ERR_DENIED, "the passkey's counter has gone back: there may be a copy of it");
    return db_do(ask->db, "update passkeys set count = $2, used = $3 where id = $1", ID(row->id), N(count),
                 N(ask->env->now(ask->env)));
}

static err_t private_open(struct ask *ask, const struct row *row, str_t prf, struct key *out_private)
{
    OWN(key) key;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    OWN(buf) private = BUF(KEY_SIZE);
    TRY(prf_key(prf, row->id, &key));
    TRY(cell_get(ask->keyring, row->id, CELL_PASSKEY_KEY, &wrapped));
    if (aead_open(&key, ident_bytes(&row->id), buf_str(&wrapped), &private) != ERR_OK)
        return fail(ERR_DENIED, "what the authenticator gave out does not open the key");
    return key_from(buf_str(&private), out_private);
}

err_t passkey_use(struct ask *ask, const struct who *who, struct passkey_use *use)
{
    struct row row = {0};
    uint32_t count = 0;
    if (!use->said || !use->said->credential.len || use->said->credential.len > PASSKEY_ID)
        return fail(ERR_INVALID, "no passkey has signed");
    TRY(row_find(ask, who, bin(use->said->credential), &row));
    use->passkey = row.id;
    use->member = row.member;
    use->pair[0] = row.public;
    TRY(signature_check(ask, use, &row, &count));
    TRY(count_check(ask, use, &row, count));
    if (!row.opens || !use->said->prf.len)
        return ERR_OK;
    TRY(private_open(ask, &row, bin(use->said->prf), &use->pair[1]));
    use->opened = true;
    return ERR_OK;
}

err_t passkey_cloned(struct ask *ask, const struct who *who, const struct passkey_use *use)
{
    const struct mention on = {"pky", use->passkey};
    const struct entry entry = {ACT_PASSKEY_REFUSED, .at = ask->env->now(ask->env), .by = UNKNOWN, .on = &on,
                                .on_count = 1};
    return journal(ask, who->tenant, &entry);
}

err_t passkeys_forget(struct ask *ask, ident_t member)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from passkeys where member = $1", ID(member)));
    for_each_ident(id, &ids) TRY(cell_destroy(ask->keyring, id, 0));
    return db_do(ask->db, "delete from passkeys where member = $1", ID(member));
}

/* What the browser asks an authenticator with */

static err_t own_put(struct ask *ask, const struct who *who, Keys__PasskeyOptions *out)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from passkeys where member = $1 order by made, id limit 100",
                  ID(who->member)));
    out->credentials = arena_array(ask->arena, ProtobufCBinaryData, ids.len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids)
    {
        struct passkey passkey;
        TRY(passkey_cell(ask, id, &passkey));
        out->credentials[out->n_credentials++] = ask_bytes(ask, str_bytes(passkey.id, passkey.id_len));
    }
    out->user = ask_bytes(ask, ident_bytes(&who->member));
    return arena_end(ask->arena);
}

static err_t challenge_put(struct ask *ask, const struct challenge *what, Keys__PasskeyOptions *out)
{
    OWN(buf) challenge = BUF(CHALLENGE_SIZE);
    struct party party;
    TRY(party_from(keyring_url(ask->keyring), &party));
    TRY(challenge_make(ask, what, &challenge));
    out->challenge = ask_bytes(ask, buf_str(&challenge));
    out->until = ask->env->now(ask->env) + CHALLENGE_MS;
    out->party = ask_text(ask, str(party.rp));
    return arena_end(ask->arena);
}

err_t passkey_options(struct ask *ask, const struct who *who, const struct challenge *what,
                      Keys__PasskeyOptions *out)
{
    OWN(key) salt;
    TRY(challenge_put(ask, what, out));
    TRY(salt_key(ask, who, "custody prf", STR(""), &salt));
    out->salt = ask_bytes(ask, key_bytes(&salt));
    return ident_is_zero(who->member) ? arena_end(ask->arena) : own_put(ask, who, out);
}

/* A client that does not exist is answered like one that does, the same each time. */
static err_t nobodys_options(struct ask *ask, const char *name, Keys__PasskeyOptions *out)
{
    OWN(key) salt;
    struct challenge what = {"sign-in", .tenant = {{0}}};
    TRY(challenge_key(ask, "custody nobody", str(name), &salt));
    memcpy(what.tenant.bytes, salt.bytes, sizeof what.tenant.bytes);
    out->salt = ask_bytes(ask, key_bytes(&salt));
    return challenge_put(ask, &what, out);
}

static err_t stranger_options(struct ask *ask, const char *name)
{
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select id from tenants where name = $1 and public is not null",
                T(str(name))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return nobodys_options(ask, name, ask->out);
    who.tenant = row_ident(&rows, 0);
    return passkey_options(ask, &who, &(struct challenge){"sign-in", .tenant = who.tenant}, ask->out);
}

static err_t staff_options(struct ask *ask)
{
    const struct who staff = {.is_staff = true};
    return passkey_options(ask, &staff, &(struct challenge){"sign-in", .tenant = staff.tenant}, ask->out);
}

/* One of the provider's people has to be current for this too. */
static err_t member_asks(struct ask *ask, const char *bearer, struct who *out_who)
{
    TRY(who_asks(ask, bearer, RIGHT_SELF, out_who));
    return out_who->is_staff ? staff_current(ask, out_who->member) : ERR_OK;
}

err_t answer_passkey_ask(struct ask *ask)
{
    const Keys__PasskeyAsk *in = ask->in;
    OWN(who) who = {0};
    struct challenge what = {in->act, .tenant = {{0}}};
    if (!*in->bearer)
        return in->staff ? staff_options(ask) : stranger_options(ask, in->tenant);
    TRY(member_asks(ask, in->bearer, &who));
    if (!who.is_user || !again_is(in->act))
        return fail(ERR_INVALID, "there is no such act that a passkey is shown again for");
    if (in->id.len)
        TRY(ident_from(bin(in->id), &what.target));
    what.tenant = who.tenant;
    what.session = who.session;
    return passkey_options(ask, &who, &what, ask->out);
}

/* A member adds one, sees them, removes one */

static const char *const making = "passkey.make", *const first = "passkey.first";

/* The private key is open now, and has to be there once the authenticator is done: it goes out and comes back, sealed to
 * this session under a key of ours, and nothing of it stays here. */
static err_t kept_key(struct ask *ask, const struct who *who, struct key *out_key)
{
    return challenge_key(ask, "custody kept", ident_bytes(&who->session), out_key);
}

/* A person of the client, whose settings let a passkey bring the key. */
static err_t first_may(struct ask *ask, const struct who *who)
{
    if (!who->is_user || who->is_staff)
        return fail(ERR_INVALID, "a passkey is for a person of the client");
    return sso_may_open(ask, who, "passkey");
}

err_t answer_passkey_first(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    bool bare = false;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(first_may(ask, &who));
    TRY(member_bare(ask, &who, &bare));
    if (!bare)
        return fail(ERR_CONFLICT, "you have a way in of your own already: add a passkey by it");
    return passkey_options(ask, &who, &(struct challenge){first, who.tenant, who.session, nothing}, ask->out);
}

static err_t kept_put(const struct again *again, Keys__PasskeyOptions *out)
{
    struct ask *ask = again->ask;
    OWN(key) key;
    OWN(buf) sealed = BUF(KEY_SIZE + AEAD_EXTRA);
    if (!again->proof.opened)
        return ERR_OK;
    TRY(kept_key(ask, &again->who, &key));
    aead_seal(ask->env, &key, bin(out->challenge), key_bytes(&again->proof.pair[1]), &sealed);
    TRY(buf_end(&sealed));
    out->kept = ask_bytes(ask, buf_str(&sealed));
    return arena_end(ask->arena);
}

static err_t begin_act(struct again *again)
{
    if (again->who.is_staff)
        TRY(staff_current(again->ask, again->who.member));
    Keys__PasskeyOptions *out = again->ask->out;
    const struct challenge what = {making, again->who.tenant, again->who.session, nothing};
    TRY(passkey_options(again->ask, &again->who, &what, out));
    if (out->n_credentials >= PASSKEYS_MOST)
        return fail(ERR_CONFLICT, "you have %d passkeys: remove one first", PASSKEYS_MOST);
    return kept_put(again, out);
}

err_t answer_passkey_begin(struct ask *ask)
{
    return again_run(ask, &(struct again_what){"passkey.add", begin_act});
}

struct making {
    struct ask *ask;
    struct who who;
    struct passkey passkey;
    uint8_t challenge[CHALLENGE_SIZE];
    ident_t id;
    bool opens, bare; /* the member has no other way in: its pair is made with it */
};
typedef struct making making_own;
static void making_drop(struct making *made) { explicit_bzero(made, sizeof *made); }

static err_t made_read(struct making *made)
{
    const Keys__PasskeyAdd *in = made->ask->in;
    const struct challenge what = {made->bare ? first : making, made->who.tenant, made->who.session, nothing};
    OWN(buf) challenge = BUF(CHALLENGE_MOST);
    struct party party;
    TRY(party_from(keyring_url(made->ask->keyring), &party));
    TRY(client_data_read(bin(in->client_data), &(struct client){&party, true}, &challenge));
    TRY(passkey_read(bin(in->authenticator_data), &party, &made->passkey));
    TRY(challenge_take(made->ask, &what, buf_str(&challenge)));
    memcpy(made->challenge, challenge.at, CHALLENGE_SIZE);
    return ERR_OK;
}

/* The private key, as it came back. */
static err_t kept_take(struct making *made, struct key *out_private)
{
    const Keys__PasskeyAdd *in = made->ask->in;
    OWN(key) kept;
    OWN(buf) private = BUF(KEY_SIZE);
    TRY(kept_key(made->ask, &made->who, &kept));
    if (aead_open(&kept, str_bytes(made->challenge, CHALLENGE_SIZE), bin(in->kept), &private) != ERR_OK)
        return fail(ERR_DENIED, "what was to be given back is not what was given: begin again");
    return key_from(buf_str(&private), out_private);
}

/* A first one that opens nothing would leave its member without a key for good; and one of staff has no session without the
 * own key, which grants are sealed to. */
static err_t made_wrap(struct making *made)
{
    struct ask *ask = made->ask;
    const Keys__PasskeyAdd *in = ask->in;
    OWN(key) key;
    OWN(key) private = {{0}};
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    made->opens = in->prf.len && (made->bare || in->kept.len);
    if (!made->opens && (made->bare || made->who.is_staff))
        return fail(ERR_INVALID, "this passkey cannot open a key: use another, or a password");
    if (!made->opens)
        return ERR_OK;
    TRY(made->bare ? pair_first(ask, &made->who, &private) : kept_take(made, &private));
    TRY(prf_key(bin(in->prf), made->id, &key));
    aead_seal(ask->env, &key, ident_bytes(&made->id), key_bytes(&private), &wrapped);
    TRY(buf_end(&wrapped));
    return cell_put(ask->keyring, made->who.tenant, made->id, CELL_PASSKEY_KEY, buf_str(&wrapped));
}

static err_t made_put(struct making *made)
{
    struct ask *ask = made->ask;
    OWN(buf) packed = BUF(PASSKEY_ID + PASSKEY_PUBLIC + 4);
    struct key find;
    TRY(find_of(ask, &made->who, str_bytes(made->passkey.id, made->passkey.id_len), &find));
    passkey_put(&made->passkey, &packed);
    TRY(buf_end(&packed));
    TRY(cell_put(ask->keyring, made->who.tenant, made->id, CELL_PASSKEY, buf_str(&packed)));
    err_t put = db_do(ask->db,
                      "insert into passkeys (id, tenant, member, find, count, made, used, opens)"
                      " values ($1, $2, $3, $4, $5, $6, 0, $7)",
                      ID(made->id), ID(made->who.tenant), ID(made->who.member), B(key_bytes(&find)),
                      N(made->passkey.count), N(ask->env->now(ask->env)), N(made->opens));
    return put == ERR_CONFLICT ? fail(ERR_CONFLICT, "this passkey is here already") : put;
}

err_t answer_passkey_add(struct ask *ask)
{
    Keys__Passkey *out = ask->out;
    OWN(making) made = {.ask = ask, .id = ident_new(ask->env)};
    TRY(member_asks(ask, ((const Keys__PasskeyAdd *)ask->in)->bearer, &made.who));
    TRY(member_bare(ask, &made.who, &made.bare));
    if (made.bare)
        TRY(first_may(ask, &made.who));
    TRY(made_read(&made));
    TRY(made_wrap(&made));
    TRY(made_put(&made));
    out->id = ask_bytes(ask, ident_bytes(&made.id));
    out->made = ask->env->now(ask->env);
    out->opens = made.opens;
    TRY(arena_end(ask->arena));
    return journal_one(ask, &made.who, ACT_PASSKEY_ADDED, (struct mention){"pky", made.id});
}

static Keys__Passkey *passkey_from(struct ask *ask, const rows_t *rows)
{
    Keys__Passkey *passkey = arena_new(ask->arena, Keys__Passkey);
    if (!passkey)
        return NULL;
    keys__passkey__init(passkey);
    passkey->id = ask_bytes(ask, row_text(rows, 0));
    passkey->made = row_number(rows, 1);
    passkey->used = row_number(rows, 2);
    passkey->opens = row_number(rows, 3) != 0;
    return passkey;
}

err_t answer_passkey_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Passkeys *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(member_asks(ask, in->bearer, &who));
    out->items = arena_array(ask->arena, Keys__Passkey *, PASSKEYS_MOST);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select id, made, used, opens from passkeys where member = $1 order by made, id",
                ID(who.member)));
    while (out->n_items < PASSKEYS_MOST && row_next(&rows))
        out->items[out->n_items++] = passkey_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

static err_t remove_find(const struct again *again)
{
    int64_t there = 0;
    TRY(db_number(again->ask->db, &there, "select count(*) from passkeys where id = $1 and member = $2",
                  ID(again->target), ID(again->who.member)));
    return there ? ERR_OK : fail(ERR_MISSING, "no such passkey of yours");
}

static err_t remove_act(struct again *again)
{
    struct ask *ask = again->ask;
    TRY(db_do(ask->db, "delete from passkeys where id = $1", ID(again->target)));
    TRY(cell_destroy(ask->keyring, again->target, 0));
    return journal_one(ask, &again->who, ACT_PASSKEY_REMOVED, (struct mention){"pky", again->target});
}

err_t answer_passkey_remove(struct ask *ask)
{
    return again_run(ask, &(struct again_what){"passkey.remove", remove_act, remove_find});
}
