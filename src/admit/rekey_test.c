/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotations of a tenant's key: what opens before, meanwhile and after; and what the old key, a stale copy and whoever has
 * left open of it.
 */
#include "admit/people_given.h"
#include "crypt/kit.h"
#include "test/test.h"

enum { MANY = 6000, BOXES = 512 };
static const ident_t no_request;
static char *text(const char *of) { return (char *)(uintptr_t)of; }

/* A client with everything that hangs on its key: a device with its record, a token, a deployment key, a group and a rule of
 * its directory with their names, a hold, a granted request, and a member beside the owner. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, request;
    struct given_record record;
    struct given_person sam, bea;
    const Keys__Token *token;
    const Keys__Deployment *deployment;
    struct key old[2];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t held(struct scene *scene)
{
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    in.bearer = text(scene->tenant.cookie);
    in.kind = text("device");
    in.target = given_bin(ident_bytes(&scene->device));
    in.case_id = text("2026/17");
    in.words = text("a marker of why");
    return given_asked(&scene->given, ASK_hold_place, &in, NULL);
}

static err_t grouped(struct scene *scene)
{
    Keys__ScimGroupPut group = KEYS__SCIM_GROUP_PUT__INIT;
    Keys__ScimSetupSet setup = KEYS__SCIM_SETUP_SET__INIT;
    Keys__ScimRule rule = KEYS__SCIM_RULE__INIT, *rules[] = {&rule};
    group.bearer = setup.bearer = text(scene->tenant.cookie);
    group.name = text("on call");
    TRY(given_asked(&scene->given, ASK_group_put, &group, NULL));
    rule.group = text("security");
    rule.role = text("auditor");
    setup.rules = rules;
    setup.n_rules = 1;
    setup.otherwise = text("viewer");
    setup.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_scim_setup_set, &setup, NULL);
}

/* The tenant's pair, as who has its kit comes by it. */
struct stolen {
    struct scene *scene;
    struct key *pair;
};
static err_t steal_act(struct keyring *keyring, void *with)
{
    const struct stolen *stolen = with;
    uint8_t kit[KIT_BYTES];
    OWN(buf) sealed = BUF(BOXES);
    OWN(buf) plain = BUF(KEY_SIZE);
    OWN(rows) rows = {0};
    struct key pair[2];
    TRY(kit_read(str(stolen->scene->tenant.kit), kit));
    kit_pair(kit, &pair[0], &pair[1]);
    TRY(cell_get(keyring, stolen->scene->tenant.id, CELL_RECOVERY, &sealed));
    TRY(box_open(&pair[0], &pair[1], buf_str(&sealed), &plain));
    TRY(key_from(buf_str(&plain), &stolen->pair[1]));
    TRY(db_read(keyring_db(keyring), &rows, "select public from tenants where id = $1",
                ID(stolen->scene->tenant.id)));
    TRY(row_one(&rows));
    return key_from(row_text(&rows, 0), &stolen->pair[0]);
}

static err_t scene_open(struct scene *scene)
{
    struct given *given = &scene->given;
    TRY(given_a_keyring(given));
    TRY(given_open_tenant(given, "example", &scene->tenant));
    TRY(given_device(given, &scene->tenant, &scene->device));
    TRY(given_record(given, &scene->tenant, scene->device, &scene->record));
    TRY(given_token(given, &scene->tenant, "viewer", &scene->token));
    TRY(given_deployment(given, &scene->tenant, 5, &scene->deployment));
    TRY(given_staff(given, "sam", &scene->sam));
    TRY(given_asked_support(given, &(struct given_case){&scene->sam, &scene->tenant, scene->device},
                            &scene->request));
    TRY(given_named(given, ASK_request_approve, scene->tenant.cookie, scene->request, NULL));
    TRY(given_member(given, &scene->tenant, "owner", &scene->bea));
    TRY(held(scene));
    TRY(grouped(scene));
    return keyring_read(given->keyring, steal_act, &(struct stolen){scene, scene->old});
}

static err_t rotate(struct scene *scene, Keys__TenantKey **out_key)
{
    Keys__KeyRotate in = KEYS__KEY_ROTATE__INIT;
    in.bearer = text(scene->tenant.cookie);
    in.typed = text("example");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_key_rotate, &in, out_key);
}

static err_t reseal(struct scene *scene, const char *cookie, Keys__TenantKey **out_key)
{
    return given_borne(&scene->given, ASK_key_reseal, cookie, out_key);
}

static err_t rotated(struct scene *scene)
{
    Keys__TenantKey *key = NULL;
    TRY(rotate(scene, &key));
    while (key->begun)
        TRY(reseal(scene, scene->tenant.cookie, &key));
    return ERR_OK;
}

static err_t signed_in(struct scene *scene, const char *name, const char **out_cookie)
{
    const Keys__Login login = given_login("example", name, GIVEN_PASSWORD);
    return given_signed_in(&scene->given, &login, out_cookie);
}

static bool opens(struct scene *scene, const char *bearer)
{
    return given_open(&scene->given, bearer, no_request, &scene->record) == ERR_OK;
}

static bool words_are(struct scene *scene, const char *cookie)
{
    Keys__Request *request = NULL;
    Keys__Holds *holds = NULL;
    return given_named(&scene->given, ASK_request_show, cookie, scene->request, &request) == ERR_OK &&
           !strcmp(request->words, "zq-words of a marker") &&
           given_borne(&scene->given, ASK_hold_list, cookie, &holds) == ERR_OK &&
           !strcmp(holds->items[0]->words, "a marker of why");
}

static bool labels_are(struct scene *scene, const char *cookie)
{
    Keys__Tokens *tokens = NULL;
    Keys__Deployments *deployments = NULL;
    Keys__ScimFound *groups = NULL;
    Keys__ScimSetup *setup = NULL;
    return given_borne(&scene->given, ASK_group_list, cookie, &groups) == ERR_OK &&
           !strcmp(groups->groups[0]->name, "on call") &&
           given_borne(&scene->given, ASK_scim_setup, cookie, &setup) == ERR_OK &&
           !strcmp(setup->rules[0]->group, "security") &&
           given_borne(&scene->given, ASK_token_list, cookie, &tokens) == ERR_OK &&
           !strcmp(tokens->items[0]->name, scene->token->name) &&
           given_borne(&scene->given, ASK_deployment_list, cookie, &deployments) == ERR_OK &&
           !strcmp(deployments->items[0]->name, scene->deployment->name);
}

static bool held_opens(struct scene *scene)
{
    Keys__Open in = KEYS__OPEN__INIT;
    Keys__Opened *opened = NULL;
    ProtobufCBinaryData subject = given_bin(ident_bytes(&scene->device)), box;
    str_t at;
    in.bearer = text(scene->tenant.cookie);
    in.subjects = &subject;
    in.boxes = &box;
    in.n_subjects = in.n_boxes = 1;
    return seal_box(str_bytes(scene->record.sealed, scene->record.len), &at) == ERR_OK &&
           (box = given_bin(at), true) && given_asked(&scene->given, ASK_held_open, &in, &opened) == ERR_OK &&
           opened->keys[0].len;
}

static bool all_opens(struct scene *scene)
{
    return opens(scene, scene->tenant.cookie) && opens(scene, scene->token->token) &&
           words_are(scene, scene->tenant.cookie) && labels_are(scene, scene->tenant.cookie) &&
           held_opens(scene) &&
           given_open(&scene->given, scene->sam.cookie, scene->request, &scene->record) == ERR_OK;
}

/* How many cells, and texts in rows, a pair opens anything of. */
struct opened {
    const struct key *pair;
    int64_t count;
    uint64_t cells; /* bit n: of that kind */
};

static bool pair_opens(const struct key pair[2], str_t sealed)
{
    OWN(buf) plain = BUF(4096);
    str_t box = str_bytes(sealed.at, sealed.len < KEY_SIZE + BOX_EXTRA ? sealed.len : KEY_SIZE + BOX_EXTRA);
    return box_open(&pair[0], &pair[1], sealed, &plain) == ERR_OK ||
           box_open(&pair[0], &pair[1], box, &plain) == ERR_OK;
}

static err_t opened_act(struct keyring *keyring, void *with)
{
    struct opened *opened = with;
    OWN(rows) rows = {0};
    TRY(db_read(keyring_db(keyring), &rows,
                "select id, cell, null from cells union all select id, 0, words from holds union all"
                " select id, 0, words from requests where length(words) > 0"));
    while (row_next(&rows)) {
        OWN(buf) cell = BUF(64 * 1024);
        int64_t kind = row_number(&rows, 1);
        if (kind)
            TRY(cell_get(keyring, row_ident(&rows, 0), (enum cell)kind, &cell));
        else
            buf_put(&cell, row_text(&rows, 2));
        bool so = pair_opens(opened->pair, buf_str(&cell));
        opened->count += so;
        opened->cells |= so ? 1ull << kind : 0;
    }
    return rows_end(&rows);
}

static struct opened opened_by(struct scene *scene, const struct key pair[2])
{
    struct opened opened = {.pair = pair};
    return keyring_read(scene->given.keyring, opened_act, &opened) == ERR_OK ? opened
                                                                             : (struct opened){.count = -1};
}

TEST(after_a_rotation_all_opens_with_the_new_key_and_nothing_with_the_old_one)
{
    OWN(scene) scene = {0};
    struct key fresh[2];
    CHECK_OK(scene_open(&scene));
    const uint64_t kinds = 1ull << 0 | 1ull << CELL_ENTRY | 1ull << CELL_LABEL | 1ull << CELL_HOLD;
    struct opened before = opened_by(&scene, scene.old);
    CHECK(before.cells == kinds && before.count >= 8);
    CHECK_OK(rotated(&scene));
    CHECK(opened_by(&scene, scene.old).count == 0);
    CHECK_OK(
        keyring_read(scene.given.keyring, steal_act, &(struct stolen){&scene, fresh})); /* by the same kit */
    struct opened after = opened_by(&scene, fresh);
    CHECK(after.cells == (kinds | 1ull << CELL_WITHHOLDER) && after.count == before.count + 1);
    CHECK(all_opens(&scene));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"key.rotation-begun\"") == 1);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"key.rotated\"") == 1);
}

TEST(everybody_has_the_new_key_and_other_sessions_end)
{
    OWN(scene) scene = {0};
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(opens(&scene, scene.bea.cookie));
    CHECK_OK(rotated(&scene));
    CHECK(opens(&scene, scene.tenant.cookie) && opens(&scene, scene.token->token));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&scene.given, ASK_whoami, scene.bea.cookie, NULL));
    CHECK_OK(signed_in(&scene, scene.bea.name, &cookie));
    CHECK(opens(&scene, cookie));
}

static err_t subjects_made(struct scene *scene, size_t count)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    ident_t ids[MAX_ASK_IDS];
    ProtobufCBinaryData list[MAX_ASK_IDS];
    for (size_t i = 0; i < count; i++) {
        ids[i] = ident_new(scene->given.env);
        list[i] = given_bin(ident_bytes(&ids[i]));
    }
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.device = given_bin(ident_bytes(&scene->device));
    in.ids = list;
    in.n_ids = count;
    return given_asked(&scene->given, ASK_subjects_make, &in, NULL);
}

static err_t begun_again(struct scene *scene)
{
    keyring_drop(&scene->given.keyring);
    return keyring_open(scene->given.env, test_folder(), &scene->given.root, &scene->given.keyring);
}

/* Everything is committed in whole batches: between two of them is all that a crash can leave. */
TEST(half_way_both_keys_open_and_another_owner_goes_on_after_a_crash)
{
    OWN(scene) scene = {0};
    Keys__TenantKey *key = NULL;
    struct given_record meanwhile;
    ident_t device;
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(subjects_made(&scene, MANY / 2));
    CHECK_OK(subjects_made(&scene, MANY / 2));
    CHECK_OK(rotate(&scene, &key));
    CHECK(key->begun && key->number == 2 && key->total > MANY && key->left == key->total);
    CHECK(all_opens(&scene));
    CHECK_OK(reseal(&scene, scene.tenant.cookie, &key));
    CHECK(key->begun && key->left < key->total);
    CHECK_OK(given_device(&scene.given, &scene.tenant, &device));
    CHECK_OK(given_record(&scene.given, &scene.tenant, device, &meanwhile));
    CHECK_OK(begun_again(&scene));
    CHECK(all_opens(&scene));
    CHECK(given_refused(rotate(&scene, NULL), ERR_CONFLICT, "under way"));
    CHECK_OK(signed_in(&scene, scene.bea.name, &cookie));
    while (key->begun)
        CHECK_OK(reseal(&scene, cookie, &key));
    CHECK(all_opens(&scene) && opened_by(&scene, scene.old).count == 0);
    CHECK_OK(given_open(&scene.given, cookie, no_request, &meanwhile));
    CHECK_OK(reseal(&scene, cookie, &key)); /* nothing is left, and nothing is told of twice */
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"key.rotated\"") == 1);
}

TEST(yesterdays_keyring_is_dead_after_the_roll_and_the_ledger_says_so)
{
    OWN(scene) scene = {0};
    OWN(given) stale = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_copied(&scene.given, "copy"));
    CHECK_OK(rotated(&scene));
    const struct ledger *ledger = keyring_ledger(scene.given.keyring);
    const struct ledger_line *line = ledger_at(ledger, ledger_count(ledger) - 1);
    CHECK(line->kind == LEDGER_KEY && ident_eq(line->tenant, scene.tenant.id));
    CHECK_OK(keyring_roll(scene.given.keyring));
    CHECK_OK(given_kek_copied(&scene.given, "copy"));
    if (given_keyring_in(&scene.given, "copy", &stale) == ERR_OK)
        CHECK(given_open(&stale, scene.tenant.cookie, no_request, &scene.record) != ERR_OK);
    CHECK_OK(begun_again(&scene));
    CHECK(all_opens(&scene));
}

/* The ledger is ahead of a keyring that was put back from half way, before any roll: nothing is lost by it. */
TEST(a_keyring_from_half_way_beside_the_ledger_of_the_end_loses_nothing)
{
    OWN(scene) scene = {0};
    OWN(given) stale = {0};
    Keys__TenantKey *key = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(rotate(&scene, NULL));
    CHECK_OK(given_copied(&scene.given, "copy"));
    CHECK_OK(reseal(&scene, scene.tenant.cookie, &key));
    CHECK(!key->begun);
    OWN(buf) ledger = BUF(64 * 1024);
    char path[512];
    snprintf(path, sizeof path, "%s/ledger", test_folder());
    CHECK_OK(scene.given.env->read_file(scene.given.env, path, &ledger));
    snprintf(path, sizeof path, "%s/copy/ledger", test_folder());
    CHECK_OK(scene.given.env->write_file(scene.given.env, path, buf_str(&ledger), 0600));
    CHECK_OK(given_keyring_in(&scene.given, "copy", &stale));
    CHECK_OK(given_open(&stale, scene.tenant.cookie, no_request, &scene.record));
    CHECK_OK(given_borne(&stale, ASK_key_reseal, scene.tenant.cookie, &key));
    CHECK(!key->begun);
    CHECK_OK(given_open(&stale, scene.tenant.cookie, no_request, &scene.record));
}

static err_t recovered(struct scene *scene, const char *name, const char **out_cookie)
{
    Keys__Recover in = KEYS__RECOVER__INIT;
    Keys__Who *who = NULL;
    in.tenant = text("example");
    in.kit = text(scene->tenant.kit);
    in.username = text(name);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(&scene->given, ASK_recover, &in, &who));
    *out_cookie = who->cookie;
    return ERR_OK;
}

TEST(using_the_recovery_key_rotates_and_where_one_is_under_way_another_follows)
{
    OWN(scene) scene = {0};
    Keys__TenantKey *key = NULL;
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(recovered(&scene, scene.bea.name, &cookie));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&scene.given, ASK_whoami, scene.tenant.cookie, NULL));
    CHECK(opens(&scene, cookie));
    CHECK_OK(signed_in(&scene, "ana", &scene.tenant.cookie));
    CHECK_OK(recovered(&scene, scene.bea.name, &cookie));
    CHECK_OK(reseal(&scene, cookie, &key));
    CHECK(!strcmp(key->why, "recovery") || !key->begun);
    while (key->begun)
        CHECK_OK(reseal(&scene, cookie, &key));
    CHECK(key->number == 3);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"key.rotated\"") == 2);
    CHECK_OK(signed_in(&scene, "ana", &scene.tenant.cookie));
    CHECK(all_opens(&scene) && opened_by(&scene, scene.old).count == 0);
}

TEST(an_owner_alone_rotates_by_the_name_and_the_password_typed)
{
    OWN(scene) scene = {0};
    struct given_person admin;
    Keys__KeyRotate in = KEYS__KEY_ROTATE__INIT;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &admin));
    in.bearer = text(scene.tenant.cookie);
    in.typed = text("another");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    CHECK(given_refused(given_asked(&scene.given, ASK_key_rotate, &in, NULL), ERR_INVALID, "name typed"));
    in.typed = text("example");
    in.password = given_bin(STR("not this one"));
    CHECK_FAILS(ERR_DENIED, given_asked(&scene.given, ASK_key_rotate, &in, NULL));
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.bearer = text(admin.cookie);
    CHECK_FAILS(ERR_DENIED, given_asked(&scene.given, ASK_key_rotate, &in, NULL));
    CHECK_FAILS(ERR_DENIED, given_borne(&scene.given, ASK_key_reseal, admin.cookie, NULL));
}

TESTS(after_a_rotation_all_opens_with_the_new_key_and_nothing_with_the_old_one,
      everybody_has_the_new_key_and_other_sessions_end,
      half_way_both_keys_open_and_another_owner_goes_on_after_a_crash,
      yesterdays_keyring_is_dead_after_the_roll_and_the_ledger_says_so,
      a_keyring_from_half_way_beside_the_ledger_of_the_end_loses_nothing,
      using_the_recovery_key_rotates_and_where_one_is_under_way_another_follows,
      an_owner_alone_rotates_by_the_name_and_the_password_typed)
