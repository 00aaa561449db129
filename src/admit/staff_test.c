/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider's people: what binds them before they are let in, and what they cannot do alone.
 */
#include "admit/people_given.h"
#include "crypt/sign.h"
#include "test/test.h"

TEST(who_has_not_signed_and_was_not_trained_is_not_let_in)
{
    OWN(given) given = {0};
    struct given_person sam = {0};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_staff_joined(&given, "sam", &sam));
    CHECK(given_refused(given_staff_in(&given, &sam), ERR_DENIED, "the agreement in force, signed"));
    CHECK(given_refused(given_agreement_signed(&given, "sam", "1"), ERR_CONFLICT, "not the one in force"));
    CHECK_OK(given_agreement(&given, "1"));
    CHECK_OK(given_agreement_signed(&given, "sam", "1"));
    CHECK(given_refused(given_staff_in(&given, &sam), ERR_DENIED,
                        "information security, training in the GDPR"));
    CHECK_OK(given_trained(&given, sam.id, "information-security", given.world.clock));
    CHECK(given_refused(given_staff_in(&given, &sam), ERR_DENIED, "let in: training in the GDPR"));
    CHECK_FAILS(ERR_INVALID, given_trained(&given, sam.id, "cooking", given.world.clock));
    CHECK_FAILS(ERR_INVALID, given_trained(&given, sam.id, "privacy", given.world.clock + 1));
    CHECK_OK(given_trained(&given, sam.id, "privacy", given.world.clock));
    CHECK_OK(given_staff_in(&given, &sam));
}

/* A pair that whoever writes the keyring can make, over the right words. */
struct forging {
    struct given *given;
    ident_t staff;
};

static err_t forge_act(struct keyring *keyring, void *with)
{
    const struct forging *forging = with;
    struct key seed, public;
    uint8_t signature[SIGNATURE_SIZE];
    OWN(buf) text = BUF(256);
    OWN(rows) rows = {0};
    TRY(db_read(keyring_db(keyring), &rows, "select digest from agreements"));
    TRY(row_one(&rows));
    buf_putf(&text, "custody agreement %s ", ident_text("stf", forging->staff).text);
    buf_put_base64(&text, row_text(&rows, 0));
    TRY(buf_end(&text));
    key_random(forging->given->env, &seed);
    sign_public(&seed, &public);
    sign(&seed, buf_str(&text), signature);
    return db_do(keyring_db(keyring), "update signatures set public = $2, signature = $3 where staff = $1",
                 ID(forging->staff), B(key_bytes(&public)),
                 B(str_bytes((char *)signature, sizeof signature)));
}

static err_t forged(struct given *given, ident_t staff)
{
    return keyring_write(given->keyring, forge_act, &(struct forging){given, staff});
}

TEST(a_forged_or_altered_signature_is_none_and_is_signed_anew)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person sam = {0}, tom = {0};
    ident_t device, request;
    Keys__Duties *duties = NULL;
    static const char *const altered[] = {
        "update signatures set signature = zeroblob(64)", "update signatures set public = x''",
        "update signatures set public = (select max(public) from signatures),"
        " signature = (select signature from signatures order by public desc)",
        "update agreements set digest = zeroblob(32)"};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff(&given, "tom", &tom));
    CHECK_OK(given_asked_support(&given, &(struct given_case){&sam, &tenant, device}, &request));
    CHECK_OK(given_asked_support(&given, &(struct given_case){&tom, &tenant, device}, &request));
    for (size_t i = 0; i < sizeof altered / sizeof *altered; i++) {
        CHECK_OK(given_changed(&given, altered[i]));
        int64_t refused = (given_borne(&given, ASK_staff_whoami, sam.cookie, NULL) == ERR_DENIED) +
                          (given_borne(&given, ASK_staff_whoami, tom.cookie, NULL) == ERR_DENIED);
        CHECK(refused == (i == 2 ? 1 : 2)); /* one of them has its own again */
        CHECK_OK(given_borne(&given, ASK_duties, tenant.cookie, &duties));
        CHECK(duties->unbound == refused && duties->current == 2 - refused);
        CHECK_OK(given_agreement_signed(&given, "sam", "1"));
        CHECK_OK(given_agreement_signed(&given, "tom", "1"));
        CHECK_OK(given_borne(&given, ASK_staff_whoami, sam.cookie, NULL));
    }
    CHECK_OK(forged(&given, tom.id));
    CHECK(given_refused(given_borne(&given, ASK_staff_whoami, tom.cookie, NULL), ERR_DENIED, "another key"));
    CHECK_OK(given_agreement_signed(&given, "tom", "1"));
    CHECK_OK(given_borne(&given, ASK_staff_whoami, tom.cookie, NULL));
}

TEST(a_wrong_password_signs_nothing)
{
    OWN(given) given = {0};
    struct given_person sam = {0};
    Keys__StaffSign in = KEYS__STAFF_SIGN__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_agreement(&given, "1"));
    CHECK_OK(given_staff_joined(&given, "sam", &sam));
    in.username = (char *)(uintptr_t) "sam";
    in.password = given_bin(STR("another pass phrase"));
    in.version = (char *)(uintptr_t) "1";
    CHECK_FAILS(ERR_SIGNED_OUT, given_asked(&given, ASK_staff_sign, &in, NULL));
    CHECK(given_refused(given_staff_in(&given, &sam), ERR_DENIED, "signed"));
}

TEST(whoever_lapses_while_signed_in_is_refused_from_then_on)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person sam = {0};
    ident_t device, request;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_borne(&given, ASK_staff_whoami, sam.cookie, NULL));
    CHECK_OK(given_agreement(&given, "2"));
    CHECK(given_refused(given_borne(&given, ASK_staff_whoami, sam.cookie, NULL), ERR_DENIED,
                        "the agreement in force"));
    CHECK(given_refused(given_asked_support(&given, &(struct given_case){&sam, &tenant, device}, &request),
                        ERR_DENIED, "not current"));
    CHECK_OK(given_agreement_signed(&given, "sam", "2"));
    CHECK_OK(given_borne(&given, ASK_staff_whoami, sam.cookie, NULL));
    CHECK_OK(given_asked_support(&given, &(struct given_case){&sam, &tenant, device}, &request));
    CHECK_OK(given_agreement(&given, "3"));
    CHECK(given_refused(given_named(&given, ASK_request_approve, tenant.cookie, request, NULL), ERR_DENIED,
                        "not current"));
}

TEST(training_counts_for_twelve_months)
{
    OWN(given) given = {0};
    struct given_person sam = {0};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_passed(&given, DAYS(365) - 1));
    CHECK_OK(given_staff_in(&given, &sam));
    CHECK_OK(given_passed(&given, 1));
    CHECK(given_refused(given_staff_in(&given, &sam), ERR_DENIED, "training in the GDPR"));
    CHECK_FAILS(ERR_DENIED, given_borne(&given, ASK_staff_list, sam.cookie, NULL));
}

TEST(nobody_says_of_themselves_that_they_were_trained)
{
    OWN(given) given = {0};
    struct given_person sam = {0}, tom = {0};
    Keys__Training in = KEYS__TRAINING__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff(&given, "tom", &tom));
    in.bearer = (char *)(uintptr_t)sam.cookie;
    in.topic = (char *)(uintptr_t) "privacy";
    in.at = given.world.clock;
    in.staff = given_bin(ident_bytes(&sam.id));
    CHECK(given_refused(given_asked(&given, ASK_staff_trained, &in, NULL), ERR_DENIED, "somebody else"));
    in.staff = given_bin(ident_bytes(&tom.id));
    CHECK_OK(given_asked(&given, ASK_staff_trained, &in, NULL));
}

TEST(staff_have_no_right_of_any_client_and_clients_none_of_staff)
{
    static const enum ask_number of_clients[] = {ASK_whoami,        ASK_token_list,  ASK_deployment_list,
                                                 ASK_device_states, ASK_member_list, ASK_invitation_list,
                                                 ASK_process_get,   ASK_duties};
    static const enum ask_number of_staff[] = {ASK_staff_whoami, ASK_staff_list, ASK_order_list};
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person sam = {0};
    Keys__Log *log = NULL;
    ident_t of;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_staff(&given, "sam", &sam));
    for (size_t i = 1; i < sizeof of_clients / sizeof *of_clients; i++)
        CHECK_FAILS(ERR_DENIED, given_borne(&given, of_clients[i], sam.cookie, NULL));
    for (size_t i = 0; i < sizeof of_staff / sizeof *of_staff; i++)
        CHECK_FAILS(ERR_DENIED, given_borne(&given, of_staff[i], tenant.cookie, NULL));
    CHECK_OK(given_borne(&given, ASK_log_about, sam.cookie, &log)); /* the service's own, and no client's */
    CHECK_OK(ident_from(bin(log->id), &of));
    CHECK(ident_is_zero(of));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&given, ASK_staff_whoami, "", NULL));
    const Keys__Login as_client = given_login("example", "sam", GIVEN_PASSWORD);
    CHECK_FAILS(ERR_SIGNED_OUT, given_asked(&given, ASK_login, &as_client, NULL));
    const Keys__Login as_staff = given_login("", "ana", GIVEN_PASSWORD);
    CHECK_FAILS(ERR_SIGNED_OUT, given_asked(&given, ASK_staff_login, &as_staff, NULL));
}

static err_t ordered(struct given *given, const struct given_person *by, ident_t target, const char *typed,
                     Keys__Order **out_order)
{
    Keys__OrderMake in = KEYS__ORDER_MAKE__INIT;
    in.bearer = (char *)(uintptr_t)by->cookie;
    in.act = (char *)(uintptr_t) "tenant.remove";
    in.target = given_bin(ident_bytes(&target));
    in.typed = (char *)(uintptr_t)typed;
    return given_asked(given, ASK_order_make, &in, out_order);
}

static err_t confirmed(struct given *given, const struct given_person *by, const Keys__Order *order)
{
    Keys__OrderNamed in = KEYS__ORDER_NAMED__INIT;
    in.bearer = (char *)(uintptr_t)by->cookie;
    in.id = order->id;
    return given_asked(given, ASK_order_confirm, &in, NULL);
}

static bool is_there(struct given *given, const char *name)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Tenants *tenants = NULL;
    if (given_asked(given, ASK_tenant_list, &none, &tenants) != ERR_OK)
        return false;
    for (size_t i = 0; i < tenants->n_items; i++)
        if (!strcmp(tenants->items[i]->name, name))
            return true;
    return false;
}

TEST(what_destroys_takes_a_dry_run_the_name_typed_and_a_second_person)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person sam = {0}, tom = {0};
    Keys__Order *order = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_tenant(&given, "a-mistake", &tenant));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff(&given, "tom", &tom));
    CHECK_OK(ordered(&given, &sam, tenant.id, "", &order));
    CHECK(!order->id.len && !strcmp(order->name, "a-mistake") && strstr(order->does, "claim link"));
    CHECK(given_refused(ordered(&given, &sam, tenant.id, "a-mistke", &order), ERR_INVALID, "the name typed"));
    CHECK_OK(ordered(&given, &sam, tenant.id, "a-mistake", &order));
    CHECK(is_there(&given, "a-mistake"));
    CHECK(given_refused(confirmed(&given, &sam, order), ERR_DENIED, "a second person"));
    CHECK(is_there(&given, "a-mistake"));
    CHECK_OK(confirmed(&given, &tom, order));
    CHECK(!is_there(&given, "a-mistake"));
    CHECK(given_refused(confirmed(&given, &tom, order), ERR_CONFLICT, "the order is done"));
    CHECK_OK(given_tenant(&given, "a-mistake", &tenant)); /* the name is free again */
}

TEST(a_client_that_was_claimed_is_nobodys_to_remove_and_an_order_waits_twelve_hours)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    struct given_person sam = {0}, tom = {0};
    Keys__Order *order = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_tenant(&given, "other", &other));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff(&given, "tom", &tom));
    CHECK(given_refused(ordered(&given, &sam, tenant.id, "example", &order), ERR_DENIED, "only the client"));
    CHECK_OK(ordered(&given, &sam, other.id, "other", &order));
    CHECK_OK(given_claimed(&given, &other)); /* between the order and its confirmation */
    CHECK(given_refused(confirmed(&given, &tom, order), ERR_DENIED, "only the client"));
    CHECK_OK(given_passed(&given, HOURS(12)));
    CHECK_OK(given_staff_in(&given, &tom));
    CHECK(given_refused(confirmed(&given, &tom, order), ERR_CONFLICT, "the order is void"));
}

TEST(who_leaves_loses_session_key_and_every_grant)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person sam = {0}, tom = {0}, uma = {0};
    struct given_record record;
    Keys__OrderMake in = KEYS__ORDER_MAKE__INIT;
    Keys__Order *order = NULL;
    Keys__Request *request = NULL;
    ident_t device, id;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_record(&given, &tenant, device, &record));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff(&given, "tom", &tom));
    CHECK_OK(given_staff(&given, "uma", &uma));
    CHECK_OK(given_asked_support(&given, &(struct given_case){&sam, &tenant, device}, &id));
    CHECK_OK(given_named(&given, ASK_request_approve, tenant.cookie, id, NULL));
    in.bearer = (char *)(uintptr_t)tom.cookie;
    in.act = (char *)(uintptr_t) "staff.end";
    in.target = given_bin(ident_bytes(&sam.id));
    in.typed = (char *)(uintptr_t) "sam";
    CHECK_OK(given_asked(&given, ASK_order_make, &in, &order));
    CHECK(given_refused(confirmed(&given, &sam, order), ERR_DENIED, "it is about you"));
    CHECK_OK(given_open(&given, sam.cookie, id, &record));
    CHECK_OK(confirmed(&given, &uma, order));
    CHECK_FAILS(ERR_SIGNED_OUT, given_open(&given, sam.cookie, id, &record));
    CHECK_FAILS(ERR_SIGNED_OUT, given_staff_in(&given, &sam));
    CHECK_OK(given_named(&given, ASK_request_show, tenant.cookie, id, &request));
    CHECK(!strcmp(request->state, "ended") && !strcmp(request->by_name, "Zq Marker Example"));
}

TEST(the_certificate_on_file_and_the_duties_are_for_every_client_to_see)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_person sam = {0}, tom = {0};
    Keys__Standard in = KEYS__STANDARD__INIT;
    Keys__Duties *duties = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff_joined(&given, "tom", &tom));
    CHECK_OK(given_borne(&given, ASK_duties, tenant.cookie, &duties));
    CHECK(duties->staff == 2 && duties->current == 1 && !duties->standard);
    in.body = in.number = in.scope = (char *)(uintptr_t) "a body";
    CHECK_FAILS(ERR_INVALID, given_asked(&given, ASK_standard_set, &in, NULL));
    in.until = given.world.clock + DAYS(300);
    CHECK_OK(given_asked(&given, ASK_standard_set, &in, NULL));
    CHECK_OK(given_borne(&given, ASK_duties, tenant.cookie, &duties));
    CHECK(duties->standard && duties->standard->until == in.until);
}

TESTS(who_has_not_signed_and_was_not_trained_is_not_let_in,
      a_forged_or_altered_signature_is_none_and_is_signed_anew, a_wrong_password_signs_nothing,
      whoever_lapses_while_signed_in_is_refused_from_then_on, training_counts_for_twelve_months,
      nobody_says_of_themselves_that_they_were_trained,
      staff_have_no_right_of_any_client_and_clients_none_of_staff,
      what_destroys_takes_a_dry_run_the_name_typed_and_a_second_person,
      a_client_that_was_claimed_is_nobodys_to_remove_and_an_order_waits_twelve_hours,
      who_leaves_loses_session_key_and_every_grant,
      the_certificate_on_file_and_the_duties_are_for_every_client_to_see)
