/* SPDX-License-Identifier: Apache-2.0
 *
 * Renewal and refusals, against a TLS server of this test's own on 127.0.0.1.
 */
#include "agent/stand_given.h"

#include "agent/certificate.h"
#include "agent/link.h"
#include "crypt/cert.h"
#include "sys/env_virtual.h"

/* When */

static enum renewal at(moment_t now, uint32_t drawn)
{
    return certificate_renewal(&(struct validity){DAYS(100), DAYS(107)}, now, drawn);
}

TEST(a_certificate_is_renewed_at_half_its_life_give_or_take_a_tenth_of_that)
{
    moment_t half = DAYS(100) + HOURS(84), tenth = HOURS(84) / 10;
    CHECK(at(0, 0) == RENEWAL_NOT_YET && at(half - tenth - 1, 0) == RENEWAL_NOT_YET);
    CHECK(at(half - tenth, 0) == RENEWAL_DUE && at(half - tenth, 1u << 31) == RENEWAL_NOT_YET);
    CHECK(at(half + 1, 1u << 31) == RENEWAL_DUE);
    CHECK(at(half + tenth - 1, UINT32_MAX) == RENEWAL_NOT_YET && at(half + tenth, UINT32_MAX) == RENEWAL_DUE);
}

TEST(past_its_end_renewal_comes_first_and_past_ninety_days_it_is_too_late)
{
    CHECK(at(DAYS(107), 0) == RENEWAL_DUE && at(DAYS(107) + 1, 0) == RENEWAL_FIRST);
    CHECK(at(DAYS(197), 0) == RENEWAL_FIRST && at(DAYS(197) + 1, 0) == RENEWAL_TOO_LATE);
}

TEST(what_is_no_certificate_is_refused)
{
    struct validity validity;
    CHECK_FAILS(ERR_INVALID, certificate_validity(STR(""), &validity));
    CHECK_FAILS(ERR_INVALID, certificate_validity(STR("-----BEGIN CERTIFICATE-----\n"), &validity));
    CHECK(!certificate_is_for(STR("x"), STR("y")));
}

/* How */

struct scene {
    struct stand stand;
    struct env env;
    struct link link;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    link_drop(&scene->link);
    stand_drop(&scene->stand);
}

static moment_t ahead;
static moment_t now_ahead(struct env *env) { return (void)env, env_real()->now(env_real()) + ahead; }

/* A machine that enrolled with a certificate of 7 days, so long ago. */
static err_t given_scene(struct scene *scene, moment_t ago)
{
    struct enrolment enrolment;
    ahead = ago;
    scene->env = *env_real();
    scene->env.now = now_ahead;
    TRY(given_stand(&scene->stand, &(struct stand_ask){0}));
    TRY(given_enrolment(&scene->stand, &enrolment));
    scene->stand.ahead = ago;
    scene->stand.asked = 0;
    scene->link =
        (struct link){.env = &scene->env, .folder = test_folder(), .url = address_of(&scene->stand)};
    return ERR_OK;
}

static err_t given_report(struct scene *scene)
{
    OWN(buf) answer = BUF(ROOM);
    return link_send(&scene->link,
                     &(struct service_request){"/agent/v1/report", "application/x-protobuf", STR("bytes")},
                     &answer);
}

static err_t certificate(buf_t *out_pem)
{
    return env_real()->read_file(env_real(), place(test_folder(), "certificate.pem").text, out_pem);
}

TEST(a_young_certificate_is_not_renewed)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_scene(&scene, DAYS(3)));
    CHECK_OK(link_renew(&scene.link));
    CHECK(scene.stand.asked == 0 && !link_is_past(&scene.link));
}

TEST(a_certificate_past_half_its_life_is_replaced_for_the_same_key)
{
    OWN(scene) scene = {0};
    OWN(buf) before = BUF(ROOM);
    OWN(buf) after = BUF(ROOM);
    struct validity validity;
    CHECK_OK(given_scene(&scene, DAYS(4)));
    CHECK_OK(certificate(&before));
    CHECK_OK(given_report(&scene)); /* over a connection with the old one */
    CHECK_OK(link_renew(&scene.link));
    CHECK_OK(certificate(&after));
    CHECK(scene.stand.asked == 2 && !str_eq(buf_str(&before), buf_str(&after)));
    CHECK_OK(certificate_validity(buf_str(&after), &validity));
    CHECK(validity.until > scene.env.now(&scene.env) + DAYS(6));
    CHECK(certificate_is_for(buf_str(&after), buf_str(&scene.link.private_pem)));
    CHECK_OK(link_renew(&scene.link));
    CHECK(scene.stand.asked == 2);
    CHECK_OK(given_report(&scene));
}

TEST(with_an_expired_certificate_nothing_but_the_renewal_is_asked)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_scene(&scene, DAYS(60)));
    CHECK(link_is_past(&scene.link));
    CHECK_FAILS(ERR_SIGNED_OUT, given_report(&scene));
    CHECK(scene.stand.asked == 0);
    CHECK_OK(link_renew(&scene.link));
    CHECK_OK(given_report(&scene));
    CHECK(scene.stand.asked == 2 && !link_is_past(&scene.link));
}

TEST(a_certificate_that_ended_more_than_ninety_days_ago_wants_a_new_enrolment)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_scene(&scene, DAYS(98)));
    CHECK_FAILS(ERR_SIGNED_OUT, link_renew(&scene.link));
    CHECK(strstr(err_note(), "enrol it again") && link_is_past(&scene.link));
    CHECK_FAILS(ERR_SIGNED_OUT, given_report(&scene));
    CHECK(scene.stand.asked == 0);
}

TEST(a_certificate_for_another_key_or_of_the_past_is_not_kept)
{
    OWN(scene) scene = {0};
    OWN(buf) before = BUF(ROOM);
    OWN(buf) after = BUF(ROOM);
    CHECK_OK(given_scene(&scene, DAYS(5)));
    CHECK_OK(certificate(&before));
    scene.stand.swaps_key = true;
    CHECK_FAILS(ERR_BROKEN, link_renew(&scene.link));
    scene.stand.swaps_key = false;
    scene.stand.ahead = -DAYS(20);
    CHECK_FAILS(ERR_BROKEN, link_renew(&scene.link));
    scene.stand.status = 404;
    CHECK_FAILS(ERR_MISSING, link_renew(&scene.link));
    scene.stand.status = 0;
    CHECK_OK(certificate(&after));
    CHECK(str_eq(buf_str(&before), buf_str(&after)) && !link_is_past(&scene.link));
    CHECK_OK(given_report(&scene)); /* what it is still good for goes on */
}

static err_t failing_write(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    (void)env, (void)path, (void)bytes, (void)mode;
    return fail(ERR_BROKEN, "the disk fails");
}

TEST(a_certificate_that_could_not_be_written_is_asked_for_again)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_scene(&scene, DAYS(5)));
    scene.env.write_file = failing_write;
    CHECK_FAILS(ERR_BROKEN, link_renew(&scene.link));
    scene.env.write_file = env_real()->write_file;
    CHECK_OK(link_renew(&scene.link));
    CHECK(scene.stand.asked == 2);
}

/* Refusals */

static err_t refused_with(const char *detail, struct outcome *out_outcome)
{
    OWN(scene) scene = {0};
    TRY(given_scene(&scene, 0));
    scene.stand.status = 403;
    scene.stand.detail = detail;
    err_t done = given_report(&scene);
    *out_outcome = link_outcome(&scene.link, done);
    return done;
}

TEST(who_waits_for_approval_is_told_apart_from_who_is_revoked)
{
    struct outcome outcome;
    CHECK_FAILS(ERR_DENIED, refused_with("the device waits for approval", &outcome));
    CHECK(outcome.word == WORD_WAITS && strstr(err_note(), "waits for approval"));
    CHECK_FAILS(ERR_DENIED, refused_with("the device is not enrolled, or was revoked", &outcome));
    CHECK(outcome.word == WORD_REVOKED && strstr(err_note(), "revoked") && err_info(ERR_DENIED)->exit == 3);
    CHECK_FAILS(ERR_DENIED, refused_with("an item about another device's subject", &outcome));
    CHECK(outcome.word == WORD_FAILED && strstr(err_note(), "another device"));
}

TEST(what_follows_a_refusal_is_judged_by_itself)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_scene(&scene, 0));
    scene.stand.status = 403;
    scene.stand.detail = "the device waits for approval";
    CHECK_FAILS(ERR_DENIED, given_report(&scene));
    scene.stand.status = 503;
    scene.stand.header = "Retry-After: 7\r\n";
    err_t done = given_report(&scene);
    struct outcome outcome = link_outcome(&scene.link, done);
    CHECK(done == ERR_BUSY && outcome.word == WORD_FAILED && outcome.retry_after == SECONDS(7));
    scene.stand.status = 0;
    scene.stand.header = NULL;
    CHECK_OK(given_report(&scene));
    outcome = link_outcome(&scene.link, ERR_OK);
    CHECK(outcome.word == WORD_ANSWERED && outcome.retry_after == 0);
}

TESTS(a_certificate_is_renewed_at_half_its_life_give_or_take_a_tenth_of_that,
      past_its_end_renewal_comes_first_and_past_ninety_days_it_is_too_late, what_is_no_certificate_is_refused,
      a_young_certificate_is_not_renewed, a_certificate_past_half_its_life_is_replaced_for_the_same_key,
      with_an_expired_certificate_nothing_but_the_renewal_is_asked,
      a_certificate_that_ended_more_than_ninety_days_ago_wants_a_new_enrolment,
      a_certificate_for_another_key_or_of_the_past_is_not_kept,
      a_certificate_that_could_not_be_written_is_asked_for_again,
      who_waits_for_approval_is_told_apart_from_who_is_revoked, what_follows_a_refusal_is_judged_by_itself)
