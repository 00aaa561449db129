/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of members, made by hand, that a process of approval names.
 */
#include "admit/people_given.h"
#include "test/test.h"

/* A client with a device, and one of the provider's people who asks for it. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, request;
    struct given_record record;
    struct given_person sam;
    int64_t read, edition; /* of the group, as it is told; and as it is changed: 0, whatever it is */
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    TRY(given_record(&scene->given, &scene->tenant, scene->device, &scene->record));
    return given_staff(&scene->given, "sam", &scene->sam);
}

static err_t approved_by(struct scene *scene, const char *cookie, Keys__Request **out_request)
{
    return given_named(&scene->given, ASK_request_approve, cookie, scene->request, out_request);
}

enum { IN_GROUP = 3 };

/* A group made by hand of these; an id that is zero makes a new one. */
static err_t grouped(struct scene *scene, const struct given_person *people, size_t count, ident_t *io_group)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    Keys__ScimStep steps[IN_GROUP + 1], *listed[IN_GROUP + 1];
    Keys__ScimFound *found = NULL;
    enum { COMES, LEAVES, ALL_LEAVE };
    for (size_t i = 0; i <= count; i++) {
        keys__scim_step__init(listed[i] = &steps[i]);
        steps[i].kind = i ? COMES : ALL_LEAVE;
        if (i)
            steps[i].id = given_bin(ident_bytes(&people[i - 1].id));
    }
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.name = (char *)(uintptr_t) "on call";
    in.steps = listed;
    in.n_steps = count + 1;
    if (!ident_is_zero(*io_group))
        in.id = given_bin(ident_bytes(io_group));
    in.edition = scene->edition;
    TRY(given_asked(&scene->given, ASK_group_put, &in, &found));
    scene->read = found->groups[0]->edition;
    return ident_from(bin(found->groups[0]->id), io_group);
}

static err_t ungrouped(struct scene *scene, ident_t group)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.id = given_bin(ident_bytes(&group));
    in.remove = true;
    return given_asked(&scene->given, ASK_group_put, &in, NULL);
}

/* One level, which so many of the group have to say yes to; no group: of everybody. */
static err_t level_of(struct scene *scene, const ident_t *group, int64_t need)
{
    Keys__ProcessSet in = KEYS__PROCESS_SET__INIT;
    Keys__Process process = KEYS__PROCESS__INIT;
    Keys__Level level = KEYS__LEVEL__INIT, *levels[] = {&level};
    ProtobufCBinaryData id = group ? given_bin(ident_bytes(group)) : (ProtobufCBinaryData){0};
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.process = &process;
    process.levels = levels;
    process.n_levels = 1;
    process.longest = 60;
    level.need = need;
    level.groups = &id;
    level.n_groups = group != NULL;
    return given_asked(&scene->given, ASK_process_set, &in, NULL);
}

static int64_t able_now(struct scene *scene)
{
    Keys__Process *process = NULL;
    return given_borne(&scene->given, ASK_process_get, scene->tenant.cookie, &process) == ERR_OK
               ? process->levels[0]->able
               : -1;
}

TEST(a_level_names_a_group_and_who_is_in_it_then_answers_if_their_role_may)
{
    OWN(scene) scene = {0};
    struct given_person in[IN_GROUP] = {0}; /* two approvers, and an auditor */
    Keys__Request *request = NULL;
    ident_t group = {{0}};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &in[0]));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "auditor", &in[1]));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &in[2]));
    CHECK_OK(grouped(&scene, in, 2, &group));
    CHECK(given_refused(level_of(&scene, &group, 2), ERR_INVALID, "1 could"));
    CHECK_OK(level_of(&scene, &group, 1));
    CHECK_OK(given_asked_support(&scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device},
                                 &scene.request));
    CHECK(given_refused(approved_by(&scene, scene.tenant.cookie, NULL), ERR_DENIED, "names others"));
    CHECK_FAILS(ERR_DENIED, approved_by(&scene, in[1].cookie, NULL));
    CHECK_OK(grouped(&scene, &in[2], 1, &group));
    CHECK(given_refused(approved_by(&scene, in[0].cookie, NULL), ERR_DENIED, "names others"));
    CHECK_OK(approved_by(&scene, in[2].cookie, &request));
    CHECK(!strcmp(request->state, "approved"));
    CHECK_OK(given_open(&scene.given, scene.sam.cookie, scene.request, &scene.record));
}

TEST(a_group_that_lost_who_could_answer_is_shown_and_one_that_is_named_is_not_removed_by_hand)
{
    OWN(scene) scene = {0};
    struct given_person bea = {0};
    ident_t group = {{0}}, theirs = {{1}};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &bea));
    CHECK_OK(grouped(&scene, &bea, 1, &group));
    CHECK(given_refused(level_of(&scene, &theirs, 1), ERR_INVALID, "no group of yours"));
    CHECK_OK(level_of(&scene, &group, 1));
    CHECK(able_now(&scene) == 1);
    CHECK(given_refused(ungrouped(&scene, group), ERR_CONFLICT, "names this group"));
    CHECK(given_refused(given_named(&scene.given, ASK_member_disable, bea.cookie, bea.id, NULL), ERR_DENIED,
                        "no right"));
    CHECK_OK(given_named(&scene.given, ASK_member_disable, scene.tenant.cookie, bea.id, NULL));
    CHECK(able_now(&scene) == 0);
    CHECK_OK(given_named(&scene.given, ASK_member_enable, scene.tenant.cookie, bea.id, NULL));
    CHECK_OK(grouped(&scene, NULL, 0, &group));
    CHECK(able_now(&scene) == 0);
    CHECK_OK(level_of(&scene, NULL, 1));
    CHECK(able_now(&scene) == 2);
    CHECK_OK(ungrouped(&scene, group));
    CHECK_FAILS(ERR_MISSING, ungrouped(&scene, group));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"group.changed\"") == 3);
}

TEST(the_yes_of_who_may_not_answer_any_more_does_not_count)
{
    OWN(scene) scene = {0};
    struct given_person in[2] = {0};
    Keys__Request *request = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &in[0]));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &in[1]));
    CHECK_OK(level_of(&scene, NULL, 2));
    CHECK_OK(given_asked_support(&scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device},
                                 &scene.request));
    CHECK_OK(approved_by(&scene, in[0].cookie, NULL));
    CHECK_OK(given_changed(&scene.given,
                           "update members set role = 'auditor' where id in (select member from answers)"));
    CHECK_OK(approved_by(&scene, in[1].cookie, &request));
    CHECK(!strcmp(request->state, "open"));
    CHECK_OK(approved_by(&scene, scene.tenant.cookie, &request));
    CHECK(!strcmp(request->state, "approved"));
}

TEST(of_two_who_change_a_group_the_later_is_told)
{
    OWN(scene) scene = {0};
    ident_t group = {{0}};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(grouped(&scene, NULL, 0, &group));
    scene.edition = scene.read;
    CHECK_OK(grouped(&scene, NULL, 0, &group));
    CHECK(scene.read > scene.edition);
    CHECK_FAILS(ERR_STALE, grouped(&scene, NULL, 0, &group));
    scene.edition = scene.read;
    CHECK_OK(grouped(&scene, NULL, 0, &group));
}

TESTS(a_level_names_a_group_and_who_is_in_it_then_answers_if_their_role_may,
      a_group_that_lost_who_could_answer_is_shown_and_one_that_is_named_is_not_removed_by_hand,
      the_yes_of_who_may_not_answer_any_more_does_not_count, of_two_who_change_a_group_the_later_is_told)
