/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure of a client around a legal hold, and what becomes of the rest when two of staff release it.
 */
#include "admit/erasures_given.h"
#include "test/test.h"

/* Two devices with a record each, and a hold on the first. */
struct held_scene {
    struct scene scene;
    struct given_record held, free;
    struct given_person sam, tom;
    ident_t hold, first;
};
typedef struct held_scene held_scene_own;
static void held_scene_drop(struct held_scene *held) { scene_drop(&held->scene); }

static err_t given_a_hold(struct held_scene *held)
{
    struct scene *scene = &held->scene;
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    Keys__Hold *hold = NULL;
    ident_t other;
    TRY(given_a_scene(scene));
    TRY(given_staff(&scene->given, "sam", &held->sam));
    TRY(given_staff(&scene->given, "tom", &held->tom));
    TRY(given_device(&scene->given, &scene->tenant, &other));
    TRY(given_record(&scene->given, &scene->tenant, scene->device, &held->held));
    TRY(given_record(&scene->given, &scene->tenant, other, &held->free));
    in.bearer = text(scene->tenant.cookie);
    in.kind = text("device");
    in.target = given_bin(ident_bytes(&scene->device));
    in.case_id = text("2026/17");
    in.words = text("why");
    TRY(given_asked(&scene->given, ASK_hold_place, &in, &hold));
    return ident_from(bin(hold->id), &held->hold);
}

/* Emptied of all but that, as the stores tell it. */
static err_t given_kept(struct held_scene *held)
{
    Keys__ErasureTold in = KEYS__ERASURE_TOLD__INIT;
    Keys__ErasureKept kept = KEYS__ERASURE_KEPT__INIT, *all[] = {&kept};
    TRY(given_swept(&held->scene));
    in.id = given_bin(ident_bytes(&held->scene.erasure));
    in.store = text(erased_name(ERASED_ROWS));
    in.done = true;
    kept.hold = given_bin(ident_bytes(&held->hold));
    kept.items = 3;
    kept.bytes = 500;
    in.kept = all;
    in.n_kept = 1;
    TRY(given_asked(&held->scene.given, ASK_erasure_told, &in, NULL));
    return given_emptied(&held->scene);
}

static err_t given_erased_around(struct held_scene *held)
{
    struct scene *scene = &held->scene;
    TRY(given_a_hold(held));
    TRY(given_asked_for(scene, "example", GIVEN_PASSWORD));
    TRY(given_later(scene, HOURS(4)));
    TRY(given_marked(scene));
    TRY(given_kept(held));
    held->first = scene->erasure;
    return given_staff_in(&scene->given, &held->sam) == ERR_OK ? given_staff_in(&scene->given, &held->tom)
                                                               : ERR_BROKEN;
}

static err_t kit_opens(struct held_scene *held, const struct given_record *record)
{
    Keys__HeldKit in = KEYS__HELD_KIT__INIT;
    Keys__Opened *out = NULL;
    ProtobufCBinaryData subjects[] = {given_bin(ident_bytes(&record->subject))};
    str_t box;
    TRY(seal_box(str_bytes(record->sealed, record->len), &box));
    ProtobufCBinaryData boxes[] = {given_bin(box)};
    in.tenant = text("example");
    in.kit = text(held->scene.tenant.kit);
    in.subjects = subjects;
    in.boxes = boxes;
    in.n_subjects = in.n_boxes = 1;
    TRY(given_asked(&held->scene.given, ASK_held_kit, &in, &out));
    return out->keys[0].len == KEY_SIZE ? ERR_OK : fail(ERR_LOCKED, "no hold keeps it");
}

static err_t release_ordered(struct held_scene *held, Keys__Order **out_order)
{
    static const uint8_t letter[DIGEST_SIZE] = {7};
    Keys__OrderMake in = KEYS__ORDER_MAKE__INIT;
    in.bearer = text(held->sam.cookie);
    in.act = text("hold.release");
    in.target = given_bin(ident_bytes(&held->hold));
    in.typed = text("example");
    in.document = given_bin(str_bytes(letter, sizeof letter));
    return given_asked(&held->scene.given, ASK_order_make, &in, out_order);
}

/* The erasure that a release has begun. */
static err_t released_find(struct held_scene *held)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Erasures *due = NULL;
    TRY(given_asked(&held->scene.given, ASK_erasure_due, &none, &due));
    for (size_t i = 0; i < due->n_items; i++)
        if (!strcmp(due->items[i]->asked, "release"))
            return ident_from(bin(due->items[i]->id), &held->scene.erasure);
    return fail(ERR_MISSING, "no release has begun one");
}

/* What a legal hold keeps of as many other clients as are asked for at once. */
static const char crowd[] =
    "insert into erasures (id, tenant, name, asked, state, request, requested, cooling, marked, destroyed, certified)"
    " with recursive n(i) as (select 1 union all select i + 1 from n where i < 64)"
    " select randomblob(16), tenant, name, asked, state, request, requested, cooling, marked, destroyed, certified"
    " from erasures join n";

static bool is_due(struct scene *scene, ident_t tenant)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Erasures *due = NULL;
    bool found = false;
    if (given_asked(&scene->given, ASK_erasure_due, &none, &due) != ERR_OK)
        return false;
    for (size_t i = 0; i < due->n_items; i++)
        found |= str_eq(bin(due->items[i]->tenant), ident_bytes(&tenant));
    return found;
}

TEST(what_legal_holds_keep_is_in_no_other_erasure_s_way)
{
    OWN(held_scene) held = {0};
    struct scene *scene = &held.scene;
    CHECK_OK(given_erased_around(&held));
    CHECK(stands(scene, "certified"));
    CHECK_OK(given_changed(&scene->given, crowd));
    scene->tenant = scene->other;
    CHECK_OK(given_asked_for(scene, "other", GIVEN_PASSWORD));
    CHECK_OK(given_passed(&scene->given, HOURS(4)));
    CHECK(is_due(scene, scene->other.id));
}

static err_t certified_read(struct scene *scene, struct certificate *out)
{
    const Keys__Erasure *erasure = shown(scene);
    struct note_key key;
    TRY(note_key_read(str(erasure->key), &key));
    return certificate_open(str(erasure->certificate), &key, out);
}

TEST(a_legal_hold_is_the_exception_and_its_release_by_two_of_staff_ends_it)
{
    OWN(held_scene) held = {0};
    struct scene *scene = &held.scene;
    struct certificate first = {0}, second = {0};
    Keys__Order *order = NULL;
    CHECK_OK(given_erased_around(&held));
    CHECK(stands(scene, "certified"));
    CHECK_OK(certified_read(scene, &first));
    CHECK(first.kept_count == 1 && ident_eq(first.kept[0].hold, held.hold) && first.kept[0].bytes == 500);
    CHECK(given_refused(given_closed(scene), ERR_CONFLICT, "legal hold"));
    CHECK_OK(kit_opens(&held, &held.held));
    CHECK(kit_opens(&held, &held.free) != ERR_OK);
    CHECK(given_entries(&scene->given, scene->tenant.id, "held.opened") >= 1);
    CHECK(!strcmp(left_of(scene, held.free.subject), ""));
    CHECK_OK(release_ordered(&held, &order));
    CHECK(given_refused(confirmed(scene, &held.sam, order), ERR_DENIED, "a second person"));
    CHECK_OK(confirmed(scene, &held.tom, order));
    CHECK(kit_opens(&held, &held.held) != ERR_OK);
    CHECK_OK(released_find(&held));
    CHECK_OK(given_marked(scene));
    CHECK_OK(given_emptied(scene));
    CHECK_OK(certified_read(scene, &second));
    CHECK(ident_eq(second.after, held.first) && str_eq(second.asked, STR("release")));
    CHECK(second.kept_count == 0 && second.has_document && !certificate_late(&second));
    CHECK_OK(given_closed(scene));
    CHECK(stands(scene, "closed"));
    scene->erasure = held.first;
    CHECK(stands(scene, "closed"));
    CHECK(!strcmp(left_of(scene, scene->device), "") &&
          !strcmp(left_of(scene, held.hold), "erasure_kept orders "));
    CHECK(!strcmp(left_of(scene, scene->tenant.id), "erasures life_facts tenants "));
    CHECK_OK(given_borne(&scene->given, ASK_whoami, scene->other.cookie, NULL));
}

static err_t unplaced(struct keyring *keyring, void *hold)
{
    return db_do(keyring_db(keyring), "delete from held where hold = $1", ID(*(const ident_t *)hold));
}

TEST(a_hold_that_is_not_placed_to_its_end_holds_the_mark)
{
    OWN(held_scene) held = {0};
    CHECK_OK(given_a_hold(&held));
    CHECK_OK(keyring_write(held.scene.given.keyring, unplaced, &held.hold));
    CHECK_OK(given_asked_for(&held.scene, "example", GIVEN_PASSWORD));
    CHECK_OK(given_later(&held.scene, HOURS(4)));
    CHECK(given_refused(given_marked(&held.scene), ERR_DENIED, "legal hold"));
    CHECK(stands(&held.scene, "cooling") && strstr(shown(&held.scene)->held, "legal hold"));
}

/* The disk fails at each act of the release in turn, and the keyring is opened again. */
TEST(a_release_that_fails_anywhere_is_not_begun_or_gone_on_with)
{
    int failed = 0, begun = 0;
    for (int at = 1; at < 12; at++) {
        OWN(held_scene) held = {0};
        struct scene *scene = &held.scene;
        Keys__Order *order = NULL;
        given_keyring_gone();
        CHECK_OK(given_erased_around(&held));
        CHECK_OK(release_ordered(&held, &order));
        scene->given.world.fail_at = at;
        bool fails = confirmed(scene, &held.tom, order) != ERR_OK;
        failed += fails;
        CHECK_OK(given_reopened(scene));
        bool opens = kit_opens(&held, &held.held) == ERR_OK;
        bool found = released_find(&held) == ERR_OK;
        begun += found;
        CHECK(opens != found);
        if (!found)
            continue;
        CHECK_OK(given_marked(scene));
        CHECK_OK(given_emptied(scene));
        CHECK_OK(given_closed(scene));
        CHECK(!strcmp(left_of(scene, scene->tenant.id), "erasures life_facts tenants "));
    }
    CHECK(failed >= 1 && begun >= 1);
}

TESTS(a_legal_hold_is_the_exception_and_its_release_by_two_of_staff_ends_it,
      what_legal_holds_keep_is_in_no_other_erasure_s_way, a_hold_that_is_not_placed_to_its_end_holds_the_mark,
      a_release_that_fails_anywhere_is_not_begun_or_gone_on_with)
