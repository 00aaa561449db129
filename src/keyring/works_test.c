/* SPDX-License-Identifier: Apache-2.0
 *
 * What the jobs process is given to do: one at a time for a tenant, in order, and again where it ended meanwhile.
 */
#include "keyring/works.h"

#include "keyring/given.h"
#include "test/test.h"

struct making {
    struct given *given;
    struct work work;
    ident_t id;
};

static err_t make_act(struct keyring *keyring, void *with)
{
    struct making *making = with;
    struct ask ask = {.keyring = keyring,
                      .env = making->given->env,
                      .db = keyring_db(keyring),
                      .arena = &making->given->arena};
    return work_make(&ask, &making->work, &making->id);
}

static ident_t made(struct given *given, ident_t tenant, const char *kind)
{
    struct making making = {given, {.kind = kind, .tenant = tenant}, {{0}}};
    return keyring_write(given->keyring, make_act, &making) == ERR_OK ? making.id : (ident_t){{0}};
}

/* The next one that is due; NULL where there is none. */
static const Keys__Work *due(struct given *given, bool begins)
{
    Keys__WorkDue in = KEYS__WORK_DUE__INIT;
    const Keys__Works *works = NULL;
    in.begins = begins;
    return given_asked(given, ASK_work_due, &in, &works) == ERR_OK && works->n_items ? works->items[0] : NULL;
}

static err_t told(struct given *given, ident_t id, const char *state)
{
    Keys__Work in = KEYS__WORK__INIT;
    in.id = given_bin(ident_bytes(&id));
    in.state = (char *)(uintptr_t)state;
    in.done = 3;
    in.total = 4;
    return given_asked(given, ASK_work_told, &in, NULL);
}

/* What the clock itself has made due is done first: snapshots, of a client that has none yet. */
static bool is_due(struct given *given, ident_t id)
{
    for (const Keys__Work *work; (work = due(given, false));) {
        ident_t other;
        if (str_eq(bin(work->id), ident_bytes(&id)))
            return true;
        if (strcmp(work->kind, "snapshot") != 0 || ident_from(bin(work->id), &other) != ERR_OK ||
            told(given, other, "done") != ERR_OK)
            return false;
    }
    return false;
}

TEST(a_tenant_has_one_work_running_at_a_time_and_others_go_on_beside_it)
{
    OWN(given) given = {0};
    struct given_tenant one, two;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "one", &one));
    CHECK_OK(given_open_tenant(&given, "two", &two));
    ident_t first = made(&given, one.id, "restore");
    CHECK_OK(given_passed(&given, SECONDS(1)));
    ident_t second = made(&given, one.id, "verify");
    CHECK_OK(given_passed(&given, SECONDS(1)));
    ident_t others = made(&given, two.id, "restore");
    CHECK(is_due(&given, first) && is_due(&given, others) && !due(&given, false));
    CHECK_OK(told(&given, first, "running"));
    CHECK(!due(&given, false));
    CHECK_OK(told(&given, first, "done"));
    CHECK(is_due(&given, second));
}

TEST(what_the_jobs_process_had_begun_when_it_ended_is_begun_again)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "one", &tenant));
    ident_t id = made(&given, tenant.id, "snapshot");
    CHECK(is_due(&given, id) && !due(&given, false));
    CHECK(!due(&given, true) && is_due(&given, id));
    CHECK_OK(told(&given, id, "failed"));
    CHECK(!due(&given, true) && !due(&given, false));
}

static err_t listed(struct given *given, const char *bearer, const Keys__Works **out_works)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    return given_asked(given, ASK_work_list, &in, out_works);
}

TEST(a_client_sees_its_own_works_and_how_far_they_are)
{
    OWN(given) given = {0};
    struct given_tenant one, two;
    const Keys__Works *works = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "one", &one));
    CHECK_OK(given_open_tenant(&given, "two", &two));
    ident_t id = made(&given, one.id, "snapshot");
    CHECK(is_due(&given, id));
    CHECK_OK(told(&given, id, "running"));
    CHECK_OK(listed(&given, one.cookie, &works));
    CHECK(works->n_items == 1 && works->items[0]->done == 3 && works->items[0]->total == 4);
    CHECK_OK(listed(&given, two.cookie, &works));
    CHECK(works->n_items == 0);
    CHECK(given_refused(listed(&given, "cse_none", &works), ERR_SIGNED_OUT, "nobody is signed in"));
}

TESTS(a_tenant_has_one_work_running_at_a_time_and_others_go_on_beside_it,
      what_the_jobs_process_had_begun_when_it_ended_is_begun_again,
      a_client_sees_its_own_works_and_how_far_they_are)
