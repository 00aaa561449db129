/* SPDX-License-Identifier: Apache-2.0
 *
 * Promise collect.user as it stands in the keyring: what is of another form or beyond the closed list is counted.
 */
#include "admit/people_given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant, other;
    struct given_person bea;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_open_tenant(&scene->given, "other", &scene->other));
    return given_member(&scene->given, &scene->tenant, "viewer", &scene->bea);
}

static bool is_counted(struct scene *scene, int64_t unsealed, int64_t beyond)
{
    Keys__Duties *duties = NULL;
    return given_borne(&scene->given, ASK_duties, scene->tenant.cookie, &duties) == ERR_OK &&
           duties->unsealed == unsealed && duties->beyond == beyond;
}

static err_t record_in_clear(struct keyring *keyring, void *with)
{
    struct scene *scene = with;
    return cell_change(keyring, scene->bea.id, CELL_RECORD, STR("Bea Example, bea@example.com"));
}

static err_t record_gone(struct keyring *keyring, void *with)
{
    struct scene *scene = with;
    return cell_destroy(keyring, scene->bea.id, CELL_RECORD);
}

static err_t cell_more(struct keyring *keyring, void *with)
{
    struct scene *scene = with;
    return cell_put(keyring, scene->tenant.id, scene->bea.id, CELL_LABEL, STR("+44 20 7946 0000"));
}

static err_t name_in_clear(struct keyring *keyring, void *with)
{
    struct scene *scene = with;
    return db_do(keyring_db(keyring), "update members set name = 'Bea Example' where id = $1",
                 ID(scene->bea.id));
}

static err_t column_more(struct keyring *keyring, void *with)
{
    (void)with;
    return db_script(keyring_db(keyring), "alter table sessions add column address text not null default ''");
}

TEST(what_is_kept_of_members_is_on_the_closed_list_and_what_is_not_is_counted)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    struct keyring *keyring = scene.given.keyring;
    CHECK(is_counted(&scene, 0, 0));
    CHECK_OK(keyring_write(keyring, record_in_clear, &scene));
    CHECK(is_counted(&scene, 1, 0));
    CHECK_OK(keyring_write(keyring, record_gone, &scene));
    CHECK(is_counted(&scene, 1, 0));
    CHECK_OK(keyring_write(keyring, cell_more, &scene));
    CHECK(is_counted(&scene, 1, 1));
    CHECK_OK(keyring_write(keyring, name_in_clear, &scene));
    CHECK(is_counted(&scene, 1, 2));
    CHECK_OK(keyring_write(keyring, column_more, &scene));
    CHECK(is_counted(&scene, 1, 3));
    scene.tenant = scene.other; /* whose members are as they should be; the column is there for all */
    CHECK(is_counted(&scene, 0, 1));
}

TESTS(what_is_kept_of_members_is_on_the_closed_list_and_what_is_not_is_counted)
