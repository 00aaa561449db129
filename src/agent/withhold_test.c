/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom a machine withholds: as the client signed it, in everything that leaves, until it is lifted.
 */
#include "agent/withhold.h"

#include "agent/collect.h"
#include "agent/receiver_given.h"
#include "base/limits.h"
#include "concept/group.h"
#include "tlog/withhold.h"

#define SETTINGS \
    "{\"computer_name\":true,\"mac_address\":true,\"usernames\":true,\"logged_in\":true,\"ip_addresses\":true," \
    "\"connecting_ip\":true,\"programs\":true,\"version\":1%s}"

enum { TEXT_MAX = 8192 };

struct scene {
    struct stage stage;
    struct key tenant_private;
    ident_t tenant, device, anna;
    char settings[1024], note[TEXT_MAX], key[TEXT_MAX];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { stage_drop(&scene->stage); }

static err_t key_tell(struct scene *scene)
{
    OWN(buf) text = BUF(TEXT_MAX);
    struct note_signer signer;
    TRY(withhold_signer(scene->tenant, &scene->tenant_private, &signer));
    note_key_put(&text, &signer.key);
    TRY(buf_end(&text));
    snprintf(scene->key, sizeof scene->key, "%s", text.at);
    scene->stage.service->withholder = scene->key;
    return ERR_OK;
}

static ident_t account_named(struct scene *scene, const char *name)
{
    OWN(state) state = {0};
    if (given_state(&scene->stage, &state) == ERR_OK)
        for (const struct state_account *one = state.accounts; one; one = one->next)
            if (str_eq(one->name, str(name)))
                return one->id;
    return (ident_t){{0}};
}

/* A machine that has reported once, as it was when nobody was withheld. */
static err_t scene_open(struct scene *scene, uint64_t seed)
{
    OWN(state) state = {0};
    size_t items;
    TRY(crypt_start());
    TRY(given_stage(&scene->stage, seed));
    TRY(given_state(&scene->stage, &state));
    scene->tenant = state.tenant;
    scene->device = state.device;
    key_random(&scene->stage.world.env, &scene->tenant_private);
    snprintf(scene->settings, sizeof scene->settings, SETTINGS, "");
    scene->stage.service->settings = scene->settings;
    TRY(key_tell(scene));
    TRY(given_cycle(&scene->stage, &items));
    scene->anna = account_named(scene, "anna");
    return ERR_OK;
}

static struct withhold note_of(const struct scene *scene, uint64_t number, bool anna)
{
    struct withhold note = {.tenant = scene->tenant, .device = scene->device, .number = number, .made = 1000};
    if (anna)
        note.accounts[note.count++] = scene->anna;
    return note;
}

static err_t offered(struct scene *scene, const struct withhold *note)
{
    OWN(buf) text = BUF(TEXT_MAX);
    struct note_signer signer;
    char member[64];
    size_t items;
    TRY(withhold_signer(scene->tenant, &scene->tenant_private, &signer));
    TRY(withhold_sign(&signer, note, &text));
    snprintf(scene->note, sizeof scene->note, "%s", text.at);
    snprintf(member, sizeof member, ",\"withheld\":%llu", (unsigned long long)note->number);
    snprintf(scene->settings, sizeof scene->settings, SETTINGS, member);
    scene->stage.service->withheld = scene->note;
    return given_cycle(&scene->stage, &items);
}

/* In what a report would hold now. */
static bool is_told(struct scene *scene, ident_t id)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list items;
    bool told = false;
    if (given_state(&scene->stage, &state) != ERR_OK ||
        collect(&(struct collect_ask){&scene->stage.world.env, test_folder(), &state}, &arena, &items) !=
            ERR_OK)
        return true;
    for (const struct item *item = items.at; item < (struct item *)items.at + items.count; item++) {
        told |= ident_eq(item->id, id);
        for (size_t i = 0; item->concept == &group_concept && i < item->count; i++) {
            const idents_t *members = &((const struct group *)item->records + i)->account;
            for (size_t j = 0; j < members->count; j++)
                told |= ident_eq(members->at[j], id);
        }
    }
    return told;
}

TEST(a_withheld_account_is_in_no_item_and_no_group_and_the_service_is_told_so_at_once)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, 1));
    CHECK(is_told(&scene, scene.anna));
    CHECK_OK(offered(&scene, (const struct withhold[]){note_of(&scene, 1, true)}));
    CHECK(!is_told(&scene, scene.anna) && strstr(scene.stage.service->path, "withheld=1"));
    CHECK(ident_eq(account_named(&scene, "anna"), scene.anna));
}

TEST(one_that_is_lifted_is_told_of_again_under_a_new_id)
{
    OWN(scene) scene = {0};
    size_t items;
    CHECK_OK(scene_open(&scene, 2));
    CHECK_OK(offered(&scene, (const struct withhold[]){note_of(&scene, 1, true)}));
    CHECK_OK(offered(&scene, (const struct withhold[]){note_of(&scene, 2, false)}));
    CHECK_OK(given_cycle(&scene.stage, &items));
    ident_t again = account_named(&scene, "anna");
    CHECK(!ident_is_zero(again) && !ident_eq(again, scene.anna) && is_told(&scene, again));
    CHECK(!is_told(&scene, scene.anna));
}

TEST(what_was_not_signed_by_the_pinned_key_or_is_older_changes_nothing)
{
    OWN(scene) scene = {0};
    struct key pinned;
    size_t items;
    CHECK_OK(scene_open(&scene, 3));
    pinned = scene.tenant_private;
    key_random(&scene.stage.world.env, &scene.tenant_private);
    CHECK_OK(key_tell(&scene));
    CHECK_FAILS(ERR_LOCKED, offered(&scene, (const struct withhold[]){note_of(&scene, 1, true)}));
    CHECK(is_told(&scene, scene.anna));
    scene.tenant_private = pinned;
    struct withhold other = note_of(&scene, 1, true);
    other.device.bytes[0] ^= 1;
    CHECK_FAILS(ERR_DENIED, offered(&scene, &other));
    CHECK(is_told(&scene, scene.anna));
    CHECK_OK(offered(&scene, (const struct withhold[]){note_of(&scene, 5, true)}));
    CHECK_OK(offered(&scene, (const struct withhold[]){note_of(&scene, 4, false)}));
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(!is_told(&scene, scene.anna));
}

TEST(an_account_that_goes_and_comes_back_stays_withheld)
{
    OWN(scene) scene = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(scene_open(&scene, 4));
    CHECK_OK(offered(&scene, (const struct withhold[]){note_of(&scene, 1, true)}));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR("root:x:0:0::/root:/bin/sh\n")));
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(!is_told(&scene, scene.anna));
    CHECK_OK(given_state(&scene.stage, &state));
    CHECK(state_withholds(&state, scene.anna) && state.withheld == 1);
}

TEST(a_service_that_has_no_such_key_is_asked_once_and_left_alone)
{
    OWN(scene) scene = {0};
    size_t items;
    CHECK_OK(scene_open(&scene, 5));
    scene.stage.service->withholder = NULL;
    CHECK_OK(given_cycle(&scene.stage, &items));
    CHECK(!strstr(scene.stage.service->path, "withheld"));
}

TESTS(a_withheld_account_is_in_no_item_and_no_group_and_the_service_is_told_so_at_once,
      one_that_is_lifted_is_told_of_again_under_a_new_id,
      what_was_not_signed_by_the_pinned_key_or_is_older_changes_nothing,
      an_account_that_goes_and_comes_back_stays_withheld,
      a_service_that_has_no_such_key_is_asked_once_and_left_alone)
