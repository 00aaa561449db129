/* SPDX-License-Identifier: Apache-2.0
 *
 * Agents that are not ours: how one gets in, which device it speaks for, and what becomes of the names it speaks of.
 */
#include "keyring/given.h"
#include "test/test.h"

static char *text(const char *of) { return (char *)(uintptr_t)of; }

struct scene {
    struct given given;
    struct given_tenant tenant;
    const Keys__Deployment *deployment;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t given_a_scene(struct scene *scene, int64_t uses)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    return given_deployment(&scene->given, &scene->tenant, uses, &scene->deployment);
}

static err_t enrolled(struct scene *scene, const char *machine, Keys__Enrolled **out_enrolled)
{
    Keys__Enrol in = KEYS__ENROL__INIT;
    in.key = scene->deployment->key;
    in.machine = text(machine);
    in.name = text("desk-1");
    in.node = true;
    return given_asked(&scene->given, ASK_foreign_enrol, &in, out_enrolled);
}

static err_t found(struct scene *scene, const char *key, const char *machine,
                   Keys__ForeignDevice **out_device)
{
    Keys__ForeignAsk in = KEYS__FOREIGN_ASK__INIT;
    in.key = text(key);
    in.machine = text(machine);
    return given_asked(&scene->given, ASK_foreign_find, &in, out_device);
}

/* `names` are persons. */
static err_t accounts(struct scene *scene, ProtobufCBinaryData device, const char *const *names,
                      Keys__ForeignIds **out_ids)
{
    Keys__ForeignNames in = KEYS__FOREIGN_NAMES__INIT;
    Keys__ForeignName each[8], *list[8];
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.device = device;
    in.names = list;
    in.whole = true;
    for (; names[in.n_names]; in.n_names++) {
        list[in.n_names] = &each[in.n_names];
        keys__foreign_name__init(list[in.n_names]);
        list[in.n_names]->name = text(names[in.n_names]);
        list[in.n_names]->person = true;
    }
    return given_asked(&scene->given, ASK_foreign_accounts, &in, out_ids);
}

static err_t named(struct scene *scene, enum ask_number number, ProtobufCBinaryData device)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = text(scene->tenant.cookie);
    in.id = device;
    return given_asked(&scene->given, number, &in, NULL);
}

TEST(one_machine_under_one_deployment_key_is_one_device_with_one_node_key)
{
    OWN(scene) scene = {0};
    Keys__Enrolled *first = NULL, *again = NULL;
    Keys__ForeignDevice *device = NULL;
    CHECK_OK(given_a_scene(&scene, 1));
    CHECK_OK(enrolled(&scene, "uuid-1", &first));
    CHECK(str_eq(str(first->state), STR("approved")) && !first->certificate.len && first->public_.len);
    CHECK_OK(enrolled(&scene, "uuid-1", &again));
    CHECK(str_eq(bin(first->device), bin(again->device)));
    CHECK_FAILS(ERR_MISSING, found(&scene, first->node_key, "", &device));
    CHECK_OK(found(&scene, again->node_key, "", &device));
    CHECK(str_eq(bin(device->device), bin(first->device)) && device->heard == -1);
    CHECK_FAILS(ERR_DENIED, enrolled(&scene, "uuid-2", &again)); /* the key had one use */
}

TEST(a_deployment_key_finds_its_own_machines_only_and_a_strangers_finds_none)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    const Keys__Deployment *others = NULL;
    Keys__Enrolled *enrolment = NULL;
    Keys__ForeignDevice *device = NULL;
    CHECK_OK(given_a_scene(&scene, 9));
    CHECK_OK(enrolled(&scene, "uuid-1", &enrolment));
    CHECK_OK(found(&scene, scene.deployment->key, "uuid-1", &device));
    CHECK_FAILS(ERR_MISSING, found(&scene, scene.deployment->key, "uuid-2", &device));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_deployment(&scene.given, &other, 9, &others));
    CHECK_FAILS(ERR_MISSING, found(&scene, others->key, "uuid-1", &device));
    CHECK_FAILS(ERR_MISSING, found(&scene, "cdk_AAAA", "uuid-1", &device));
}

TEST(a_revoked_device_is_known_as_that_and_a_removed_one_is_not_known_any_more)
{
    OWN(scene) scene = {0};
    Keys__Enrolled *enrolment = NULL;
    Keys__ForeignDevice *device = NULL;
    Keys__ForeignIds *ids = NULL;
    CHECK_OK(given_a_scene(&scene, 9));
    CHECK_OK(enrolled(&scene, "uuid-1", &enrolment));
    CHECK_OK(named(&scene, ASK_device_revoke, enrolment->device));
    CHECK_OK(found(&scene, enrolment->node_key, "", &device));
    CHECK(str_eq(str(device->state), STR("revoked")));
    CHECK_FAILS(ERR_DENIED, accounts(&scene, enrolment->device, (const char *const[]){"alice", NULL}, &ids));
    CHECK_OK(named(&scene, ASK_device_destroy, enrolment->device));
    CHECK_FAILS(ERR_MISSING, found(&scene, enrolment->node_key, "", &device));
    CHECK_FAILS(ERR_DENIED, enrolled(&scene, "uuid-1", &enrolment));
}

TEST(a_name_has_one_account_a_device_and_stands_nowhere)
{
    OWN(scene) scene = {0};
    Keys__Enrolled *desk = NULL, *lap = NULL;
    Keys__ForeignIds *first = NULL, *again = NULL, *other = NULL;
    CHECK_OK(given_a_scene(&scene, 9));
    CHECK_OK(enrolled(&scene, "uuid-1", &desk));
    CHECK_OK(enrolled(&scene, "uuid-2", &lap));
    CHECK_OK(accounts(&scene, desk->device, (const char *const[]){"alice-zq", "bob-zq", NULL}, &first));
    CHECK(first->n_ids == 2 && !first->n_gone && !str_eq(bin(first->ids[0]), bin(first->ids[1])));
    CHECK_OK(accounts(&scene, desk->device, (const char *const[]){"bob-zq", NULL}, &again));
    CHECK(str_eq(bin(again->ids[0]), bin(first->ids[1])));
    CHECK(again->n_gone == 1 && str_eq(bin(again->gone[0]), bin(first->ids[0])));
    CHECK_OK(accounts(&scene, lap->device, (const char *const[]){"alice-zq", NULL}, &other));
    CHECK(!str_eq(bin(other->ids[0]), bin(first->ids[0])));
    CHECK(!given_bytes_in_folder(test_folder(), STR("alice-zq")));
}

TEST(a_removed_device_takes_the_hashes_of_its_names_with_it)
{
    OWN(scene) scene = {0};
    Keys__Enrolled *desk = NULL;
    Keys__ForeignIds *ids = NULL;
    int64_t left = -1;
    CHECK_OK(given_a_scene(&scene, 9));
    CHECK_OK(enrolled(&scene, "uuid-1", &desk));
    CHECK_OK(accounts(&scene, desk->device, (const char *const[]){"alice", NULL}, &ids));
    CHECK_OK(named(&scene, ASK_device_destroy, desk->device));
    CHECK_OK(db_number(keyring_db(scene.given.keyring), &left, "select count(*) from foreign_accounts"));
    CHECK(left == 0);
}

TESTS(one_machine_under_one_deployment_key_is_one_device_with_one_node_key,
      a_deployment_key_finds_its_own_machines_only_and_a_strangers_finds_none,
      a_revoked_device_is_known_as_that_and_a_removed_one_is_not_known_any_more,
      a_name_has_one_account_a_device_and_stands_nowhere,
      a_removed_device_takes_the_hashes_of_its_names_with_it)
