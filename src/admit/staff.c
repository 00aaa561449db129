/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/staff.h"

#include "admit/challenge.h"
#include "admit/members.h"
#include "admit/people.h"
#include "crypt/sign.h"
#include "keyring/journal.h"

static const struct {
    const char *topic, *called;
} topics[] = {
#define T_(topic, column, called) {topic, called},
    TOPIC_TABLE(T_)
#undef T_
};

err_t staff_salt(struct ask *ask, uint8_t out_salt[SALT_SIZE])
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select salt from service"));
    TRY(row_one(&rows));
    memcpy(out_salt, row_text(&rows, 0).at, SALT_SIZE);
    return ERR_OK;
}

err_t service_prepare(struct ask *ask)
{
    uint8_t salt[SALT_SIZE];
    TRY(challenges_prepare(ask));
    ask->env->random(ask->env, salt, sizeof salt);
    return db_do(ask->db, "insert into service (one, salt) values (1, $1) on conflict do nothing",
                 B(str_bytes(salt, sizeof salt)));
}

/* What is signed is the document's hash with the one who signs. */
static void agreement_text(ident_t staff, str_t hash, buf_t *out)
{
    buf_putf(out, "custody agreement %s ", ident_text("stf", staff).text);
    buf_put_base64(out, hash);
}

/* What signs it comes out of the member's own key. */
static void agreement_seed(const struct who *who, struct key *out_seed)
{
    key_derive(&who->tenant_private, "custody agreement", STR(""), out_seed);
}

#define SIGNATURE_COLUMNS "agreements.digest, signatures.public, signatures.signature"

/* Of a row that begins with SIGNATURE_COLUMNS. One that was forged or altered is none. */
static bool signature_holds(const rows_t *rows, ident_t staff)
{
    OWN(buf) text = BUF(256);
    struct key public;
    agreement_text(staff, row_text(rows, 0), &text);
    return text.state == ERR_OK && key_from(row_text(rows, 1), &public) == ERR_OK &&
           sign_check(&public, buf_str(&text), row_text(rows, 2)) == ERR_OK;
}

static err_t signature_read(struct ask *ask, ident_t member, Keys__StaffMember *out, bool *out_newest)
{
    OWN(rows) rows = {0};
    bool found = false;
    TRY(db_read(ask->db, &rows,
                "select " SIGNATURE_COLUMNS ", version, at, number = (select max(number) from agreements)"
                " from signatures join agreements on agreements.number = signatures.agreement"
                " where staff = $1 order by number desc",
                ID(member)));
    while (!found && row_next(&rows))
        found = signature_holds(&rows, member);
    *out_newest = found && row_number(&rows, 5);
    out->agreement = ask_text(ask, found ? row_text(&rows, 3) : STR(""));
    out->signed_at = found ? row_number(&rows, 4) : 0;
    return found ? arena_end(ask->arena) : rows_end(&rows);
}

static err_t training_read(struct ask *ask, ident_t member, const char *topic, int64_t *out_at)
{
    return db_number(ask->db, out_at,
                     "select coalesce(max(at), 0) from trainings where staff = $1 and topic = $2", ID(member),
                     T(str(topic)));
}

static void lacks_add(buf_t *lacks, const char *what)
{
    buf_putf(lacks, "%s%s", lacks->len ? ", " : "", what);
}

/* Nothing to sign is nothing signed: a service without an agreement has no current staff. */
static err_t duties_read(struct ask *ask, ident_t member, Keys__StaffMember *out)
{
    moment_t now = ask->env->now(ask->env), *const at[] = {&out->security_at, &out->privacy_at};
    OWN(buf) lacks = BUF(512);
    bool newest = false;
    TRY(signature_read(ask, member, out, &newest));
    if (!newest)
        lacks_add(&lacks, "the agreement in force, signed");
    out->until = MOMENT_MAX;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        TRY(training_read(ask, member, topics[i].topic, at[i]));
        moment_t until = *at[i] ? *at[i] + DAYS(TRAINED_DAYS) : 0;
        out->until = until < out->until ? until : out->until;
        if (until <= now)
            lacks_add(&lacks, topics[i].called);
    }
    out->current = !lacks.len;
    out->until = out->current ? out->until : 0;
    out->lacks = ask_text(ask, buf_str(&lacks));
    return arena_end(ask->arena);
}

err_t staff_current(struct ask *ask, ident_t member)
{
    Keys__StaffMember duties = KEYS__STAFF_MEMBER__INIT;
    TRY(duties_read(ask, member, &duties));
    return duties.current ? ERR_OK : fail(ERR_DENIED, "not current, and not let in: %s", duties.lacks);
}

/* Requests whose maker had signed what was in force then, by a signature that is none. */
static err_t forged_count(struct ask *ask, int64_t *io_requests)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " SIGNATURE_COLUMNS ", staff, agreement, at from signatures"
                " join agreements on agreements.number = signatures.agreement"));
    while (row_next(&rows)) {
        int64_t requests = 0;
        if (signature_holds(&rows, row_ident(&rows, 3)))
            continue;
        TRY(db_number(ask->db, &requests,
                      "select count(*) from requests where kind = 'support' and by = $1 and made >= $3"
                      " and (select max(number) from agreements where agreements.made <= requests.made) = $2",
                      B(row_text(&rows, 3)), N(row_number(&rows, 4)), N(row_number(&rows, 5))));
        *io_requests += requests;
    }
    return rows_end(&rows);
}

/* Of each request the agreement that was in force when it was made, and each topic, looked for backwards from there. */
err_t staff_unbound(struct ask *ask, int64_t *out_requests)
{
    TRY(db_number(
        ask->db, out_requests,
        "select count(*) from requests where kind = 'support' and not exists (select 1 from signatures"
        " where staff = requests.by and at <= requests.made and agreement ="
        " (select max(number) from agreements where agreements.made <= requests.made))"));
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        int64_t untrained = 0;
        TRY(db_number(
            ask->db, &untrained,
            "select count(*) from requests where kind = 'support' and not exists (select 1 from trainings"
            " where staff = requests.by and topic = $1 and at <= requests.made and at > requests.made - $2)",
            T(str(topics[i].topic)), N(DAYS(TRAINED_DAYS))));
        *out_requests += untrained;
    }
    return forged_count(ask, out_requests);
}

/* In a session there is the key to hold it against: whoever can write the keyring can make a pair, and not that one. */
static err_t signature_own(struct ask *ask, const struct who *who)
{
    OWN(key) seed;
    struct key public;
    int64_t own = 0;
    agreement_seed(who, &seed);
    sign_public(&seed, &public);
    TRY(db_number(ask->db, &own,
                  "select count(*) from signatures where staff = $1 and public = $2 and agreement ="
                  " (select max(number) from agreements)",
                  ID(who->member), B(key_bytes(&public))));
    return own ? ERR_OK : fail(ERR_DENIED, "not current: the agreement in force was signed by another key");
}

err_t staff_asks(struct ask *ask, const char *bearer, struct who *out_who)
{
    OWN(who) who = {0};
    TRY(who_asks(ask, bearer, RIGHT_STAFF, &who));
    TRY(staff_current(ask, who.member));
    TRY(signature_own(ask, &who));
    *out_who = who;
    return ERR_OK;
}

err_t staff_message(struct ask *ask, ident_t member, Keys__StaffMember *out)
{
    struct user user = {0};
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select made from members where id = $1 and role = 'staff'", ID(member)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("stf", member).text);
    out->id = ask_bytes(ask, ident_bytes(&member));
    out->made = row_number(&rows, 0);
    TRY(staff_read(ask, member, &user));
    out->full_name = ask_text(ask, user.full_name);
    out->username = ask_text(ask, user.username);
    out->email = ask_text(ask, user.email);
    return duties_read(ask, member, out);
}

err_t answer_staff_whoami(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(staff_asks(ask, in->bearer, &who));
    return staff_message(ask, who.member, ask->out);
}

/* At the operator's socket without a session: whoever runs the machine. */
static err_t staff_or_operator(struct ask *ask, const char *bearer, struct who *out_who)
{
    return *bearer ? staff_asks(ask, bearer, out_who) : ERR_OK;
}

err_t answer_staff_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__StaffMembers *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(staff_or_operator(ask, in->bearer, &who));
    TRY(db_idents(ask->db, &ids, "select id from members where role = 'staff' order by made, id"));
    out->items = arena_array(ask->arena, Keys__StaffMember *, ids.len / 16);
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids)
    {
        Keys__StaffMember *member = out->items[out->n_items++] = arena_new(ask->arena, Keys__StaffMember);
        TRY(arena_end(ask->arena));
        keys__staff_member__init(member);
        TRY(staff_message(ask, id, member));
    }
    return ERR_OK;
}

err_t answer_staff_invite(struct ask *ask)
{
    enum { INVITED_DAYS = 7 };
    static const ident_t service, operator_;
    const struct invited invited = {ident_new(ask->env), service, STR("staff")};
    TRY(invitation_put(ask, &invited, ask->env->now(ask->env) + DAYS(INVITED_DAYS), operator_));
    const struct mention on = {"inv", invited.id};
    return journal(ask, service, &(struct entry){ACT_STAFF_INVITED, .on = &on, .on_count = 1});
}

err_t answer_agreement_set(struct ask *ask)
{
    const Keys__Agreement *in = ask->in;
    static const ident_t service;
    uint8_t hash[DIGEST_SIZE];
    if (!is_name(in->version) || !*in->text || strlen(in->text) > AGREEMENT_MAX ||
        !str_is_utf8(str(in->text)))
        return fail(ERR_INVALID, "an agreement has a version, and a text of at most %d bytes", AGREEMENT_MAX);
    digest(str(in->text), hash);
    err_t put = db_do(ask->db,
                      "insert into agreements (number, version, text, digest, made)"
                      " select coalesce(max(number), 0) + 1, $1, $2, $3, $4 from agreements",
                      T(str(in->version)), T(str(in->text)), B(str_bytes(hash, sizeof hash)),
                      N(ask->env->now(ask->env)));
    if (put == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "there is a version %s: give the new text a new one", in->version);
    TRY(put);
    return journal(ask, service, &(struct entry){ACT_AGREEMENT_SET});
}

err_t answer_agreement_get(struct ask *ask)
{
    Keys__Agreement *out = ask->out;
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select version, text, digest, made from agreements order by number desc limit 1"));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no agreement is in force: custody agreement set");
    out->version = ask_text(ask, row_text(&rows, 0));
    out->text = ask_text(ask, row_text(&rows, 1));
    out->digest = ask_bytes(ask, row_text(&rows, 2));
    out->made = row_number(&rows, 3);
    return arena_end(ask->arena);
}

/* Signed again by the same key it is the same signature, and stays of the day that it is of. */
static err_t signature_put(struct ask *ask, const struct who *who, int64_t agreement, str_t text)
{
    OWN(key) seed;
    struct key public;
    uint8_t signature[SIGNATURE_SIZE];
    agreement_seed(who, &seed);
    sign_public(&seed, &public);
    sign(&seed, text, signature);
    return db_do(
        ask->db,
        "insert into signatures (staff, agreement, signature, public, at) values ($1, $2, $3, $4, $5)"
        " on conflict (staff, agreement) do update set signature = $3, public = $4,"
        " at = case when signature = $3 then at else $5 end",
        ID(who->member), N(agreement), B(str_bytes((char *)signature, sizeof signature)),
        B(key_bytes(&public)), N(ask->env->now(ask->env)));
}

err_t agreement_sign(struct ask *ask, const struct who *who, const char *version)
{
    OWN(rows) rows = {0};
    OWN(buf) text = BUF(256);
    TRY(db_read(ask->db, &rows,
                "select number, version, digest from agreements order by number desc limit 1"));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found || !str_eq(row_text(&rows, 1), str(version)))
        return fail(ERR_CONFLICT, "version %s is not the one in force: read it, and sign that one", version);
    agreement_text(who->member, row_text(&rows, 2), &text);
    TRY(buf_end(&text));
    TRY(signature_put(ask, who, row_number(&rows, 0), buf_str(&text)));
    return journal_one(ask, who, ACT_AGREEMENT_SIGNED, who_mention(who));
}

static bool is_topic(const char *topic)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (!strcmp(topics[i].topic, topic))
            return true;
    return false;
}

err_t answer_staff_trained(struct ask *ask)
{
    const Keys__Training *in = ask->in;
    Keys__StaffMember known = KEYS__STAFF_MEMBER__INIT;
    OWN(who) who = {0};
    ident_t staff;
    TRY(staff_or_operator(ask, in->bearer, &who));
    TRY(ident_from(bin(in->staff), &staff));
    TRY(staff_message(ask, staff, &known));
    if (*in->bearer && ident_eq(who.member, staff))
        return fail(ERR_DENIED, "somebody else has to say that you were trained");
    if (!is_topic(in->topic) || in->at <= 0 || in->at > ask->env->now(ask->env))
        return fail(ERR_INVALID, "a training is in information-security or privacy, on a day that has come");
    TRY(db_do(ask->db, "insert into trainings (staff, topic, at, by) values ($1, $2, $3, $4)", ID(staff),
              T(str(in->topic)), N(in->at), ID(who.member)));
    const struct mention on = {"stf", staff};
    static const ident_t service;
    if (*in->bearer)
        return journal_one(ask, &who, ACT_STAFF_TRAINED, on);
    return journal(ask, service, &(struct entry){ACT_STAFF_TRAINED, .on = &on, .on_count = 1});
}
