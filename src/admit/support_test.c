/* SPDX-License-Identifier: Apache-2.0
 *
 * Support access: asked for by the provider's people, granted by the client's, for one case, some devices and a time; and
 * everything that must not come of it.
 */
#include "admit/support_given.h"

static const ident_t no_request;

static Keys__Request *shown(struct scene *scene)
{
    Keys__Request *request = NULL;
    return given_named(&scene->given, ASK_request_show, scene->tenant.cookie, scene->request, &request) ==
                   ERR_OK
               ? request
               : NULL;
}

/* The owner's session has ended with its hours. */
static err_t owner_in(struct scene *scene)
{
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    return given_signed_in(&scene->given, &login, &scene->tenant.cookie);
}

static bool state_is(struct scene *scene, const char *state)
{
    const Keys__Request *request = shown(scene);
    if (request && strcmp(request->state, state) != 0)
        printf("the request is %s\n", request->state);
    return request && !strcmp(request->state, state);
}

static err_t changed(struct scene *scene, const char *sql) { return given_changed(&scene->given, sql); }

/* What was not done stands in the client's log all the same: of the provider's people, and of the client's. */
static int64_t refusals(struct scene *scene)
{
    return given_entries(&scene->given, scene->tenant.id, "\"support.refused\",\"by\":\"stf_");
}

static int64_t yeses_refused(struct scene *scene)
{
    return given_entries(&scene->given, scene->tenant.id, "\"approval.refused\",\"by\":\"usr_");
}

TEST(an_approved_request_opens_what_is_in_scope_and_each_opening_is_in_the_clients_log)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "has to approve"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.opened\"") == 0);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.refused\",\"by\":\"stf_") == 1);
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK_OK(sam_opens(&scene));
    CHECK_OK(sam_opens(&scene));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.opened\"") == 2);
    CHECK(given_entries(&scene.given, scene.tenant.id, ident_text("req", scene.request).text) == 6);
    CHECK(shown(&scene)->grant->opens == 2 && !shown(&scene)->grant->ended);
}

/* One question: the record twice, and one of somebody out of scope. */
static err_t sam_opens_two_of_three(struct scene *scene)
{
    Keys__GrantOpen in = KEYS__GRANT_OPEN__INIT;
    static const ident_t nobody = {{1}};
    ProtobufCBinaryData own = given_bin(ident_bytes(&scene->record.subject));
    ProtobufCBinaryData subjects[] = {own, own, given_bin(ident_bytes(&nobody))}, boxes[3];
    str_t box;
    TRY(seal_box(str_bytes(scene->record.sealed, scene->record.len), &box));
    boxes[0] = boxes[1] = boxes[2] = given_bin(box);
    in.bearer = (char *)(uintptr_t)scene->sam.cookie;
    in.request = given_bin(ident_bytes(&scene->request));
    in.subjects = subjects;
    in.boxes = boxes;
    in.n_subjects = in.n_boxes = 3;
    return given_asked(&scene->given, ASK_grant_open, &in, NULL);
}

TEST(a_grant_counts_the_records_that_were_opened_and_not_the_questions)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(sam_opens(&scene));
    CHECK_OK(sam_opens_two_of_three(&scene));
    CHECK(shown(&scene)->grant->opens == 3);
}

TEST(a_grant_opens_nothing_out_of_its_scope_for_nobody_else_and_not_by_the_other_door)
{
    OWN(scene) scene = {0};
    ident_t device;
    struct given_record other, foreign;
    struct given_tenant client;
    struct given_person tom = {0};
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &device));
    CHECK_OK(given_record(&scene.given, &scene.tenant, device, &other));
    CHECK(given_refused(given_open(&scene.given, scene.sam.cookie, scene.request, &other), ERR_MISSING,
                        "no key"));
    CHECK_OK(given_open_tenant(&scene.given, "other", &client));
    CHECK_OK(given_device(&scene.given, &client, &device));
    CHECK_OK(given_record(&scene.given, &client, device, &foreign));
    CHECK_FAILS(ERR_MISSING, given_open(&scene.given, scene.sam.cookie, scene.request, &foreign));
    CHECK_OK(given_staff(&scene.given, "tom", &tom));
    CHECK_FAILS(ERR_MISSING, given_open(&scene.given, tom.cookie, scene.request, &scene.record));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_request_show, tom.cookie, scene.request, NULL));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_request_end, tom.cookie, scene.request, NULL));
    CHECK_FAILS(ERR_DENIED, given_open(&scene.given, scene.sam.cookie, no_request, &scene.record));
    CHECK_FAILS(ERR_DENIED, given_open(&scene.given, scene.tenant.cookie, scene.request, &scene.record));
    CHECK_FAILS(ERR_MISSING,
                given_named(&scene.given, ASK_request_approve, client.cookie, scene.request, NULL));
}

TEST(a_grant_ends_by_a_click_of_the_client_and_by_whoever_asked)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(answered(&scene, ASK_request_end));
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "the request is ended"));
    CHECK(state_is(&scene, "ended"));
    CHECK_FAILS(ERR_CONFLICT, answered(&scene, ASK_request_end));
    CHECK_OK(given_asked_support(&scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device},
                                 &scene.request));
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK_OK(sam_opens(&scene));
    CHECK_OK(given_named(&scene.given, ASK_request_end, scene.sam.cookie, scene.request, NULL));
    CHECK_FAILS(ERR_LOCKED, sam_opens(&scene));
}

TEST(a_grant_ends_with_its_time_by_either_clock)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_granted(&scene));
    scene.given.world.clock += MINUTES(59);
    scene.given.world.boot_clock += MINUTES(59);
    CHECK_OK(sam_opens(&scene));
    scene.given.world.boot_clock += MINUTES(1); /* the other one was set back */
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "the grant has ended"));
    scene.given.world.boot_clock -= MINUTES(1);
    scene.given.world.clock += MINUTES(1);
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "the grant has ended"));
    CHECK_OK(given_passed(&scene.given, MINUTES(1)));
    CHECK(state_is(&scene, "ended"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.ended\"") == 1);
}

TEST(a_clock_that_went_back_grants_nothing_and_keeps_nothing_alive)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_granted(&scene));
    scene.given.world.clock -= MINUTES(2);
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "the grant has ended"));
    CHECK_OK(given_asked_support(
        &scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device, .case_id = "4712"},
        &scene.request));
    CHECK_OK(changed(&scene, "update logs set signed = 9999999999999"));
    CHECK(given_refused(answered(&scene, ASK_request_approve), ERR_DENIED, "clock went back"));
    CHECK(state_is(&scene, "open"));
    CHECK(refusals(&scene) == 1 && yeses_refused(&scene) == 1);
}

static err_t removed_by_two(struct scene *scene)
{
    struct given_person bea = {0}, cem = {0};
    Keys__Request *removal = NULL;
    ident_t asked;
    TRY(given_member(&scene->given, &scene->tenant, "approver", &bea));
    TRY(given_member(&scene->given, &scene->tenant, "approver", &cem));
    TRY(given_named(&scene->given, ASK_member_remove, scene->tenant.cookie, bea.id, &removal));
    TRY(ident_from(bin(removal->id), &asked));
    return given_named(&scene->given, ASK_request_approve, cem.cookie, asked, NULL);
}

TEST(after_a_jump_of_the_clock_nothing_is_granted_and_no_grant_used_and_each_attempt_is_told)
{
    OWN(scene) scene = {0};
    ident_t granted;
    struct given_case what;
    CHECK_OK(scene_open(&scene));
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device, "4712", .minutes = 480};
    CHECK_OK(given_asked_support(&scene.given, &what, &granted));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, granted, NULL));
    CHECK_OK(given_passed(&scene.given, MINUTES(1))); /* the clock is believed from here on */
    CHECK_OK(given_open(&scene.given, scene.sam.cookie, granted, &scene.record));
    scene.given.world.clock += HOURS(2);
    for (int i = 1; i <= 2; i++) {
        CHECK(given_refused(answered(&scene, ASK_request_approve), ERR_DENIED, "the clock jumped"));
        CHECK(given_refused(given_open(&scene.given, scene.sam.cookie, granted, &scene.record), ERR_DENIED,
                            "the clock jumped"));
        CHECK(refusals(&scene) == i && yeses_refused(&scene) == i);
        CHECK_OK(given_passed(&scene.given, MINUTES(1))); /* found, and held: also when it comes back */
        scene.given.world.clock -= i == 1 ? HOURS(2) : 0;
        CHECK_OK(owner_in(&scene)); /* by that clock their sessions were over */
        CHECK_OK(given_staff_in(&scene.given, &scene.sam));
    }
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.opened\"") == 1);
    CHECK(state_is(&scene, "open"));
    CHECK_OK(answered(&scene, ASK_request_refuse)); /* a no grants nothing */
    CHECK_OK(removed_by_two(&scene));               /* nor does who goes */
    CHECK_OK(given_named(&scene.given, ASK_request_end, scene.tenant.cookie, granted, NULL));
}

TEST(a_yes_that_is_not_taken_is_told_and_so_often_an_hour_and_no_more)
{
    OWN(scene) scene = {0};
    struct given_person vic = {0};
    CHECK_OK(scene_granted(&scene));
    CHECK_FAILS(ERR_CONFLICT, answered(&scene, ASK_request_approve)); /* the same again */
    CHECK(yeses_refused(&scene) == 1);
    CHECK_OK(given_member(&scene.given, &scene.tenant, "auditor", &vic)); /* who has no say is nobody's yes */
    CHECK_FAILS(ERR_DENIED, given_named(&scene.given, ASK_request_approve, vic.cookie, scene.request, NULL));
    CHECK(yeses_refused(&scene) == 1);
    for (int i = 0; i < 80; i++)
        CHECK_FAILS(ERR_CONFLICT, answered(&scene, ASK_request_approve));
    CHECK(yeses_refused(&scene) == 60);
}

TEST(unanswered_for_twelve_hours_a_request_is_void)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    scene.given.world.clock += HOURS(12);
    CHECK_OK(owner_in(&scene));
    CHECK(given_refused(answered(&scene, ASK_request_approve), ERR_DENIED, "in time"));
    CHECK(yeses_refused(&scene) == 1);
    scene.given.world.clock -= HOURS(1);
    CHECK_OK(owner_in(&scene)); /* a session that began by a clock that was ahead is over */
    CHECK(state_is(&scene, "open"));
    CHECK_OK(given_passed(&scene.given, HOURS(1)));
    CHECK(state_is(&scene, "void"));
    CHECK_FAILS(ERR_CONFLICT, answered(&scene, ASK_request_approve));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"request.void\"") == 1);
}

TEST(a_refusal_is_final_and_what_is_withdrawn_cannot_be_approved)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(answered(&scene, ASK_request_refuse));
    CHECK(state_is(&scene, "refused"));
    CHECK_FAILS(ERR_CONFLICT, answered(&scene, ASK_request_approve));
    CHECK_FAILS(ERR_LOCKED, sam_opens(&scene));
    CHECK_OK(given_asked_support(&scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device},
                                 &scene.request));
    CHECK_OK(given_named(&scene.given, ASK_request_end, scene.sam.cookie, scene.request, NULL));
    CHECK(state_is(&scene, "withdrawn"));
    CHECK_FAILS(ERR_CONFLICT, answered(&scene, ASK_request_approve));
}

static err_t two_levels(struct scene *scene, const struct given_person *second)
{
    Keys__ProcessSet in = KEYS__PROCESS_SET__INIT;
    Keys__Process process = KEYS__PROCESS__INIT;
    Keys__Level one = KEYS__LEVEL__INIT, two = KEYS__LEVEL__INIT, *levels[] = {&one, &two};
    ProtobufCBinaryData member = given_bin(ident_bytes(&second->id));
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.process = &process;
    process.levels = levels;
    process.n_levels = 2;
    process.longest = 30;
    one.need = 2;
    two.need = two.n_members = 1;
    two.members = &member;
    return given_asked(&scene->given, ASK_process_set, &in, NULL);
}

TEST(every_level_of_the_clients_process_has_to_say_yes_and_nobody_twice)
{
    OWN(scene) scene = {0};
    struct given_person bea = {0}, cem = {0}, dan = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &bea));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &cem));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "auditor", &dan));
    CHECK_OK(two_levels(&scene, &cem));
    CHECK(given_refused(
        given_asked_support(&scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device, "2"},
                            &scene.request),
        ERR_INVALID, "1 to 30 minutes"));
    CHECK_OK(given_asked_support(
        &scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device, "2", .minutes = 30},
        &scene.request));
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK(given_refused(answered(&scene, ASK_request_approve), ERR_CONFLICT, "have answered"));
    CHECK_FAILS(ERR_DENIED, given_named(&scene.given, ASK_request_approve, dan.cookie, scene.request, NULL));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, bea.cookie, scene.request, NULL));
    CHECK(shown(&scene)->level == 2 && state_is(&scene, "open"));
    CHECK(given_refused(given_named(&scene.given, ASK_request_approve, bea.cookie, scene.request, NULL),
                        ERR_DENIED, "names others for level 2"));
    CHECK_FAILS(ERR_LOCKED, sam_opens(&scene));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, cem.cookie, scene.request, NULL));
    CHECK(state_is(&scene, "approved"));
    CHECK_OK(sam_opens(&scene));
}

TEST(the_yes_of_somebody_who_was_removed_since_does_not_count)
{
    OWN(scene) scene = {0};
    struct given_person bea = {0}, cem = {0}, dan = {0};
    Keys__Request *removal = NULL;
    ident_t asked;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &bea));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &cem));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &dan));
    CHECK_OK(two_levels(&scene, &cem));
    CHECK_OK(given_asked_support(
        &scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device, "2", .minutes = 30},
        &scene.request));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, bea.cookie, scene.request, NULL));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, bea.id, &removal));
    CHECK_OK(ident_from(bin(removal->id), &asked));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, cem.cookie, asked, NULL));
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK(shown(&scene)->level == 1);
    CHECK_OK(given_named(&scene.given, ASK_request_approve, dan.cookie, scene.request, NULL));
    CHECK(shown(&scene)->level == 2);
}

TEST(requests_of_one_moment_are_listed_page_by_page_and_none_is_lost)
{
    enum { COUNT = 5 };
    OWN(scene) scene = {0};
    static const char *const cases[COUNT - 1] = {"a", "b", "c", "d"};
    Keys__RequestsAsk in = KEYS__REQUESTS_ASK__INIT;
    Keys__Requests *page = NULL;
    ident_t unused, seen[COUNT];
    size_t count = 0;
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < COUNT - 1; i++)
        CHECK_OK(given_asked_support(
            &scene.given, &(struct given_case){&scene.sam, &scene.tenant, scene.device, cases[i]}, &unused));
    in.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    in.limit = 2;
    do {
        CHECK_OK(given_asked(&scene.given, ASK_request_list, &in, &page));
        for (size_t i = 0; i < page->n_items; i++) {
            CHECK(count < COUNT);
            CHECK_OK(ident_from(bin(page->items[i]->id), &seen[count]));
            for (size_t before = 0; before < count; before++)
                CHECK(!ident_eq(seen[before], seen[count]));
            in.after = page->items[i]->id;
            count++;
        }
    } while (page->n_items);
    CHECK(count == COUNT);
}

TEST(the_same_request_again_is_the_one_that_is_there)
{
    OWN(scene) scene = {0};
    ident_t again;
    struct given_case what;
    CHECK_OK(scene_granted(&scene));
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device};
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(ident_eq(again, scene.request));
    what.acts = "open device.revoke";
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(!ident_eq(again, scene.request));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.asked\"") == 2);
}

TEST(what_is_asked_for_has_a_case_a_reason_words_and_devices_of_the_client)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    struct given_case what;
    ident_t request;
    CHECK_OK(scene_open(&scene));
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device, .case_id = "see ana@example.org"};
    CHECK(given_refused(given_asked_support(&scene.given, &what, &request), ERR_INVALID, "a case is"));
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device, .acts = "open  export"};
    CHECK(given_refused(given_asked_support(&scene.given, &what, &request), ERR_INVALID, "acts are"));
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device, .minutes = 481};
    CHECK(given_refused(given_asked_support(&scene.given, &what, &request), ERR_INVALID, "480 minutes"));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    what = (struct given_case){&scene.sam, &other, scene.device};
    CHECK(given_refused(given_asked_support(&scene.given, &what, &request), ERR_MISSING, "of this client"));
    CHECK_OK(given_tenant(&scene.given, "unclaimed", &other));
    what.tenant = &other;
    CHECK(given_refused(given_asked_support(&scene.given, &what, &request), ERR_MISSING, "that was claimed"));
}

TEST(the_words_of_a_request_are_in_no_file_and_for_the_client_alone)
{
    OWN(scene) scene = {0};
    Keys__Request *own = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(!given_bytes_in_folder(test_folder(), STR("zq-words")));
    CHECK(!strcmp(shown(&scene)->words, "zq-words of a marker"));
    CHECK_OK(given_named(&scene.given, ASK_request_show, scene.sam.cookie, scene.request, &own));
    CHECK(!*own->words && !strcmp(own->tenant_name, "example") && !strcmp(own->by_name, "Zq Marker Example"));
}

TEST(a_forged_an_altered_and_a_borrowed_approval_allow_nothing)
{
    OWN(scene) scene = {0};
    ident_t other;
    struct given_case what;
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(changed(&scene, "create table kept as select * from grants"));
    CHECK_OK(changed(&scene, "update grants set approval = replace(approval, 'case 4711', 'case 4712')"));
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "not signed in a session of this client"));
    CHECK(refusals(&scene) == 1);
    CHECK_OK(changed(&scene, "update grants set approval = 'custody approval'"));
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "what is kept as the approval is none"));
    CHECK(refusals(&scene) == 2);
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device, .case_id = "4713"};
    CHECK_OK(given_asked_support(&scene.given, &what, &other));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, other, NULL));
    CHECK_OK(changed(&scene, "update grants set approval = (select approval from grants where approval like"
                             " '%case 4713%') where approval not like '%case 4713%'"));
    CHECK(given_refused(sam_opens(&scene), ERR_DENIED, "for another request"));
    CHECK(refusals(&scene) == 3);
    CHECK_OK(changed(&scene,
                     "update grants set approval = (select approval from kept), until = until + 86400000"
                     " where request = (select request from kept)"));
    CHECK_OK(sam_opens(&scene));
    scene.given.world.clock += HOURS(2); /* the row says it is still on; what was signed does not */
    scene.given.world.boot_clock += HOURS(2);
    CHECK(given_refused(sam_opens(&scene), ERR_DENIED, "not valid at this time"));
    CHECK(refusals(&scene) == 4);
}

TEST(a_device_slipped_into_the_scope_is_not_what_was_signed)
{
    OWN(scene) scene = {0};
    ident_t device;
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &device));
    CHECK_OK(sam_opens(&scene));
    CHECK_OK(changed(
        &scene, "insert or ignore into request_devices select request, devices.id from grants, devices"));
    CHECK(given_refused(sam_opens(&scene), ERR_DENIED, "for other devices"));
    CHECK(refusals(&scene) == 1);
}

static err_t act_asked(struct scene *scene, enum ask_number number, ident_t device)
{
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    in.bearer = (char *)(uintptr_t)scene->sam.cookie;
    in.request = given_bin(ident_bytes(&scene->request));
    in.device = given_bin(ident_bytes(&device));
    return given_asked(&scene->given, number, &in, NULL);
}

TEST(an_act_that_was_not_approved_is_not_done_and_one_that_was_is_under_its_request)
{
    OWN(scene) scene = {0};
    ident_t other;
    CHECK_OK(scene_granted(&scene));
    CHECK(given_refused(act_asked(&scene, ASK_grant_revoke, scene.device), ERR_DENIED,
                        "does not allow device.revoke"));
    CHECK_OK(given_asked_support(
        &scene.given,
        &(struct given_case){&scene.sam, &scene.tenant, scene.device, "5", "device.revoke device.approve", 5},
        &scene.request));
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK(given_refused(sam_opens(&scene), ERR_DENIED, "does not allow open"));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &other));
    CHECK_FAILS(ERR_MISSING, act_asked(&scene, ASK_grant_revoke, other));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.refused\"") == 3);
    CHECK_OK(act_asked(&scene, ASK_grant_revoke, scene.device));
    CHECK_OK(act_asked(&scene, ASK_grant_approve, scene.device));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"device.revoked\",\"by\":\"stf_") == 1);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\",\"under\":\"req_") == 5);
    CHECK(shown(&scene)->grant->opens == 0);
}

TEST(the_half_of_a_grant_that_is_kept_opens_nothing_without_the_members_session)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(sam_opens(&scene));
    CHECK_OK(given_borne(&scene.given, ASK_logout, scene.sam.cookie, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, sam_opens(&scene));
    CHECK_OK(given_staff_in(&scene.given, &scene.sam));
    CHECK_OK(sam_opens(&scene)); /* a grant that is on is found again, not asked for again */
}

TEST(a_device_that_is_destroyed_is_gone_from_grants_too)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_granted(&scene));
    CHECK_OK(given_named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device, NULL));
    CHECK_FAILS(ERR_MISSING, sam_opens(&scene));
}

TESTS(an_approved_request_opens_what_is_in_scope_and_each_opening_is_in_the_clients_log,
      a_grant_counts_the_records_that_were_opened_and_not_the_questions,
      a_grant_opens_nothing_out_of_its_scope_for_nobody_else_and_not_by_the_other_door,
      a_grant_ends_by_a_click_of_the_client_and_by_whoever_asked, a_grant_ends_with_its_time_by_either_clock,
      a_clock_that_went_back_grants_nothing_and_keeps_nothing_alive,
      after_a_jump_of_the_clock_nothing_is_granted_and_no_grant_used_and_each_attempt_is_told,
      a_yes_that_is_not_taken_is_told_and_so_often_an_hour_and_no_more,
      unanswered_for_twelve_hours_a_request_is_void,
      a_refusal_is_final_and_what_is_withdrawn_cannot_be_approved,
      every_level_of_the_clients_process_has_to_say_yes_and_nobody_twice,
      the_yes_of_somebody_who_was_removed_since_does_not_count,
      requests_of_one_moment_are_listed_page_by_page_and_none_is_lost,
      the_same_request_again_is_the_one_that_is_there,
      what_is_asked_for_has_a_case_a_reason_words_and_devices_of_the_client,
      the_words_of_a_request_are_in_no_file_and_for_the_client_alone,
      a_forged_an_altered_and_a_borrowed_approval_allow_nothing,
      a_device_slipped_into_the_scope_is_not_what_was_signed,
      an_act_that_was_not_approved_is_not_done_and_one_that_was_is_under_its_request,
      the_half_of_a_grant_that_is_kept_opens_nothing_without_the_members_session,
      a_device_that_is_destroyed_is_gone_from_grants_too)
