/* SPDX-License-Identifier: Apache-2.0
 *
 * Who signs for a tenant, and policies on their way to its endpoints. A number is given out with its signature: where the
 * web process ends before it has stored that policy, the number is never seen, and the next one is greater.
 */
#include "admit/signing.h"

#include "govern/policy.h"
#include "keyring/journal.h"

enum { AHEAD_MOST = 1000 }; /* how far a policy that comes signed may be before the last one */

static Keys__Holder *holder_from(struct ask *ask, const rows_t *rows)
{
    Keys__Holder *holder = arena_new(ask->arena, Keys__Holder);
    if (!holder)
        return NULL;
    keys__holder__init(holder);
    holder->id = ask_bytes(ask, row_text(rows, 0));
    holder->role = ask_text(ask, row_text(rows, 1));
    holder->signs = row_number(rows, 2) != 0;
    return holder;
}

static err_t holders_read(struct ask *ask, ident_t tenant, Keys__Signer *out)
{
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room, "select count(*) from members where tenant = $1 and kind = 'user'",
                  ID(tenant)));
    out->holders = arena_array(ask->arena, Keys__Holder *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select id, role, exists (select 1 from cells where cells.id = members.id and cell = $2)"
                " from members where tenant = $1 and kind = 'user' order by made, id",
                ID(tenant), N(CELL_SIGNER)));
    while (out->n_holders < (size_t)room && row_next(&rows))
        if (role_signs(role_find(row_text(&rows, 1))))
            out->holders[out->n_holders++] = holder_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

static err_t signer_put(struct ask *ask, ident_t tenant)
{
    Keys__Signer *out = ask->out;
    struct signer_row row = {.kept = false};
    err_t found = signer_row(ask, tenant, &row);
    if (found != ERR_MISSING)
        TRY(found);
    out->key = ask_text(ask, row.key);
    out->kept = row.kept;
    out->made = row.made;
    out->number = row.number;
    return holders_read(ask, tenant, out);
}

err_t answer_signer_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    return signer_put(ask, who.tenant);
}

static err_t make_act(struct signing *signing)
{
    const Keys__SignerMake *in = signing->ask->in;
    struct note_key key;
    if (!*in->key) {
        TRY(signer_born(signing->ask, &signing->who));
    } else {
        TRY(policy_key_read(str(in->key), signing->who.tenant, &key));
        TRY(signer_pinned(signing->ask, &signing->who, &key));
    }
    TRY(journal_one(signing->ask, &signing->who, ACT_SIGNER_MADE, (struct mention){0}));
    return signer_put(signing->ask, signing->who.tenant);
}

err_t answer_signer_make(struct ask *ask)
{
    const Keys__SignerMake *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "signer.make",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = make_act};
    return signing_run(&signing);
}

static err_t member_may_sign(struct ask *ask, ident_t tenant, ident_t member)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select role from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(member), ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("usr", member).text);
    return role_signs(role_find(row_text(&rows, 0)))
               ? ERR_OK
               : fail(ERR_INVALID,
                      "the role %.*s signs nothing: an owner, an administrator or an approver does",
                      STR_ARG(row_text(&rows, 0)));
}

static err_t give_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const Keys__SignerGive *in = ask->in;
    ident_t member;
    TRY(ident_from(bin(in->id), &member));
    TRY(member_may_sign(ask, signing->who.tenant, member));
    err_t given = signer_seal(ask, signing->who.tenant, member, &signing->signer.seed);
    if (given == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "%s signs already", ident_text("usr", member).text);
    TRY(given);
    return journal_one(ask, &signing->who, ACT_SIGNER_GIVEN, (struct mention){"usr", member});
}

err_t answer_signer_give(struct ask *ask)
{
    const Keys__SignerGive *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "signer.give",
                              .target = bin(in->id),
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_SIGN,
                              .run = give_act};
    return signing_run(&signing);
}

err_t answer_signer_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t member;
    int64_t held = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(ident_from(bin(in->id), &member));
    TRY(db_number(ask->db, &held,
                  "select count(*) from members join cells on cells.id = members.id and cell = $3"
                  " where members.id = $1 and tenant = $2",
                  ID(member), ID(who.tenant), N(CELL_SIGNER)));
    if (!held)
        return fail(ERR_MISSING, "%s does not sign", ident_text("usr", member).text);
    TRY(cell_destroy(ask->keyring, member, CELL_SIGNER));
    return journal_one(ask, &who, ACT_SIGNER_ENDED, (struct mention){"usr", member});
}

/* Policies */

/* What an endpoint would refuse is not signed: no home directories, no names of users. */
static err_t rules_check(const struct policy *policy)
{
    OWN(rules) rules = NULL;
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    err_t read = rules_read(policy->files, policy->count, &rules, &trouble);
    str_t said = buf_str(&trouble), first = str_until(&said, '\n');
    return read == ERR_OK || !first.len ? read : fail(read, "%.*s", STR_ARG(first));
}

/* Whatever web composed: only a policy of this tenant, in date, that every endpoint could take, is signed or let out. */
static err_t policy_check(struct ask *ask, const struct who *who, const struct policy *policy,
                          uint64_t number_most)
{
    struct signer_row row = {.kept = false};
    TRY(signer_row(ask, who->tenant, &row));
    if (!ident_eq(policy->tenant, who->tenant))
        return fail(ERR_INVALID, "the policy is for another client");
    if (policy->number <= (uint64_t)row.number || policy->number - (uint64_t)row.number > number_most)
        return fail(ERR_CONFLICT, "the last policy has number %lld: the next one is number %lld",
                    (long long)row.number, (long long)row.number + 1);
    if (policy->until <= ask->env->now(ask->env))
        return fail(ERR_INVALID, "the policy is past its end");
    return rules_check(policy);
}

static err_t policy_told(struct ask *ask, const struct who *who, const struct policy *policy)
{
    Keys__Published *out = ask->out;
    const struct entry entry = {ACT_POLICY_PUBLISHED, .by = who_mention(who), .session = who->session,
                                .count = (int64_t)policy->number};
    out->number = (int64_t)policy->number;
    TRY(db_do(ask->db, "update signers set number = $2 where tenant = $1", ID(who->tenant),
              N((int64_t)policy->number)));
    return journal(ask, who->tenant, &entry);
}

static err_t sign_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const Keys__PolicyPublish *in = ask->in;
    Keys__Published *out = ask->out;
    OWN(buf) line = BUF(1024);
    struct policy policy;
    TRY(policy_read(str(in->text), &policy));
    TRY(policy_check(ask, &signing->who, &policy, 1));
    note_sign(&signing->signer, str(in->text), 0, &line);
    TRY(buf_end(&line));
    out->signature = ask_text(ask, buf_str(&line));
    return policy_told(ask, &signing->who, &policy);
}

/* Signed elsewhere: the right to publish is enough, since nobody can alter it. */
static err_t signed_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__PolicyPublish *in = ask->in;
    OWN(who) who = {0};
    struct signer_row row = {.kept = false};
    struct note_key key;
    struct policy policy;
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_SIGN, &who));
    TRY(signer_row(ask, who.tenant, &row));
    TRY(note_key_read(row.key, &key));
    TRY(policy_open(str(in->note), &key, &policy));
    TRY(policy_check(ask, &who, &policy, AHEAD_MOST));
    return policy_told(ask, &who, &policy);
}

err_t answer_policy_publish(struct ask *ask)
{
    const Keys__PolicyPublish *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "policy.publish",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_SIGN,
                              .run = sign_act};
    return *in->note ? keyring_write(ask->keyring, signed_act, ask) : signing_run(&signing);
}
