/* SPDX-License-Identifier: Apache-2.0
 *
 * New passwords are judged, and changed by who knows the old one.
 */
#include "admit/passwords.h"

#include "admit/people_given.h"
#include "test/test.h"

static err_t judged(const char *password)
{
    return password_acceptable(&(struct new_password){str(password), "benedikta"});
}

TEST(a_password_that_is_easy_to_guess_is_refused_and_it_is_said_why)
{
    CHECK(given_refused(judged("short"), ERR_INVALID, "at least 12"));
    CHECK(given_refused(judged("aaaaaaaaaaaaaa"), ERR_INVALID, "palindrome"));
    CHECK(given_refused(judged("administrator"), ERR_INVALID, "word lists"));
    CHECK(given_refused(judged("123456789012"), ERR_INVALID, "word lists"));
    CHECK(given_refused(judged("passwordpassword"), ERR_INVALID, "easy to guess"));
    CHECK(given_refused(judged("benedikta-2026!"), ERR_INVALID, "user name"));
}

TEST(four_words_and_random_characters_are_accepted)
{
    CHECK_OK(judged("correct horse battery staple!"));
    CHECK_OK(judged("a long enough pass phrase"));
    CHECK_OK(judged("v8K#pz!qR2wLm"));
}

static err_t changed(struct given *given, const char *cookie, const char *old, const char *new)
{
    Keys__Again in = KEYS__AGAIN__INIT;
    in.bearer = (char *)(uintptr_t)cookie;
    in.username = (char *)(uintptr_t) "ana";
    in.password = given_bin(str(old));
    in.new_password = given_bin(str(new));
    return given_asked(given, ASK_password_change, &in, NULL);
}

#define ANOTHER "seven small boats at anchor"

TEST(a_changed_password_lets_in_and_the_old_one_does_not_and_other_sessions_end)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const char *other = NULL, *fresh = NULL;
    Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_signed_in(&given, &login, &other));
    CHECK(given_refused(changed(&given, tenant.cookie, "not the password", ANOTHER), ERR_DENIED, "wrong"));
    CHECK(given_refused(changed(&given, tenant.cookie, GIVEN_PASSWORD, "password1234"), ERR_INVALID, ""));
    CHECK_OK(changed(&given, tenant.cookie, GIVEN_PASSWORD, ANOTHER));
    CHECK_OK(given_borne(&given, ASK_whoami, tenant.cookie, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&given, ASK_whoami, other, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, given_signed_in(&given, &login, &fresh));
    login = given_login("example", "ana", ANOTHER);
    CHECK_OK(given_signed_in(&given, &login, &fresh));
    CHECK(given_entries(&given, tenant.id, "password.changed") == 1);
}

TESTS(a_password_that_is_easy_to_guess_is_refused_and_it_is_said_why,
      four_words_and_random_characters_are_accepted,
      a_changed_password_lets_in_and_the_old_one_does_not_and_other_sessions_end)
