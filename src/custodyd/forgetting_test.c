/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left to be done of people who were forgotten, where the store of one client says no.
 */
#include "custodyd/forgetting.h"

#include "custodyd/jobs_given.h"
#include "test/test.h"
#include <sys/stat.h>

enum { CLIENTS = 2 };

/* Clients, in each of which somebody was forgotten at a device. */
struct scene {
    struct given given;
    struct given_tenant clients[CLIENTS];
    struct jobs_line line;
    struct store *store, *other;
    arena_t arena;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    jobs_line_close(&scene->line);
    store_drop(&scene->store);
    store_drop(&scene->other);
    arena_drop(&scene->arena);
    given_drop(&scene->given);
}

static err_t somebody_forgotten(struct given *given, const struct given_tenant *client)
{
    Keys__Forget in = KEYS__FORGET__INIT;
    const ident_t account = ident_new(given->env);
    ProtobufCBinaryData named = given_bin(ident_bytes(&account));
    ident_t device;
    TRY(given_device(given, client, &device));
    TRY(given_subject(given, ASK_subjects_make, (ident_t[]){client->id, device, account}, NULL));
    in.bearer = (char *)(uintptr_t)client->cookie;
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.accounts = &named;
    in.n_accounts = 1;
    return given_asked(given, ASK_forget, &in, NULL);
}

static err_t client_given(struct scene *scene, size_t i)
{
    static const char *const names[CLIENTS] = {"one", "two"};
    struct given_tenant *client = &scene->clients[i];
    TRY(given_open_tenant(&scene->given, names[i], client));
    const struct tenant tenant = {
        .id = client->id, .realm = client->realm, .name = str(names[i]), .state = STR("open"), .made = 1};
    TRY(store_tenant_put(scene->store, &tenant));
    return somebody_forgotten(&scene->given, client);
}

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(jobs_line_open(&scene->line, &scene->given));
    scene->arena.limit = 8 * 1024 * 1024;
    if (mkdir(scene->line.store, 0700) != 0)
        return fail(ERR_BROKEN, "no folder for a store");
    TRY(store_open(scene->given.env, scene->line.store, &scene->store));
    TRY(store_open(scene->given.env, scene->line.store, &scene->other));
    scene->line.jobs.store = scene->store;
    for (size_t i = 0; i < CLIENTS; i++)
        TRY(client_given(scene, i));
    return ERR_OK;
}

/* Whose notes are still due, in the clients' order; MISSING where any other's is. */
static err_t due(struct scene *scene, bool out_due[CLIENTS])
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__ForgetDue *all = NULL;
    TRY(given_asked(&scene->given, ASK_forget_due, &none, &all));
    for (size_t i = 0; i < CLIENTS; i++) {
        out_due[i] = false;
        for (size_t at = 0; at < all->n_withheld; at++)
            out_due[i] |= str_eq(bin(all->withheld[at]->tenant), ident_bytes(&scene->clients[i].id));
    }
    return ERR_OK;
}

TEST(a_client_whose_store_says_no_holds_up_nobody_else_s)
{
    OWN(scene) scene = {0};
    bool left[CLIENTS];
    CHECK_OK(scene_open(&scene));
    CHECK_OK(due(&scene, left));
    CHECK(left[0] && left[1]);
    for (size_t busy = 0; busy < CLIENTS; busy++) {
        CHECK_OK(store_freeze(scene.other, scene.clients[busy].id));
        CHECK_OK(given_changed(&scene.given, "update withheld set kept = 0"));
        CHECK_FAILS(ERR_BUSY, forgotten_clear(&scene.line.jobs, &scene.arena));
        CHECK_OK(due(&scene, left));
        CHECK(left[busy] && !left[!busy]);
        CHECK_OK(store_thaw(scene.other, scene.clients[busy].id));
    }
    CHECK_OK(forgotten_clear(&scene.line.jobs, &scene.arena));
    CHECK_OK(due(&scene, left));
    CHECK(!left[0] && !left[1]);
}

TESTS(a_client_whose_store_says_no_holds_up_nobody_else_s)
