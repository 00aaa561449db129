/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/journal.h"
#include "keyring/locks.h"

enum { TELL_MS = 60 * 1000, AT_ONCE = 1024 };

static err_t log_tell(struct ask *ask, ident_t log)
{
    struct entry entry = {ACT_SIGN_IN_FAILED, .at = ask->env->now(ask->env), .by = UNKNOWN};
    TRY(db_number(ask->db, &entry.count, "select count from refusals where log = $1", ID(log)));
    TRY(db_do(ask->db, "update refusals set count = 0, told = $2 where log = $1", ID(log), N(entry.at)));
    return journal(ask, log, &entry);
}

/* A clock that went back makes all of them due, once. */
err_t refusals_tell(struct ask *ask)
{
    OWN(buf) logs = BUF(AT_ONCE * sizeof(ident_t));
    moment_t now = ask->env->now(ask->env);
    TRY(db_idents(ask->db, &logs,
                  "select log from refusals where count > 0 and (told <= $1 or told > $2) limit 1024",
                  N(now - TELL_MS), N(now)));
    for_each_ident(log, &logs) TRY(log_tell(ask, log));
    return ERR_OK;
}

err_t refusal_count(struct ask *ask, ident_t log)
{
    TRY(db_do(ask->db,
              "insert into refusals (log, count, told) values ($1, 1, 0)"
              " on conflict (log) do update set count = count + 1",
              ID(log)));
    return refusals_tell(ask);
}

err_t refusal_write(struct ask *ask, err_t result, keyring_act_t told, void *with)
{
    char note[256];
    snprintf(note, sizeof note, "%s", err_note());
    TRY(keyring_write(ask->keyring, told, with));
    return fail(result, "%s", note);
}

err_t refusal_told(struct ask *ask, ident_t log, ident_t about, const struct entry *entry)
{
    int64_t told = 0;
    TRY(opens_count(ask, about, 1, &told));
    return told > REFUSALS_TOLD ? ERR_OK : journal(ask, log, entry);
}
