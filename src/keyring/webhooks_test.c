/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks: who may have them, what is signed with which secret, and what becomes of notices that are posted.
 */
#include "keyring/webhooks.h"

#include "keyring/given.h"
#include "keyring/notices.h"
#include "test/test.h"

#define URL  "https://hooks.example.com/custody"
#define BODY "{\"type\":\"test\"}"

static err_t added(struct given *given, const char *bearer, const char *url,
                   const Keys__Webhook **out_webhook)
{
    Keys__WebhookAdd in = KEYS__WEBHOOK_ADD__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.url = (char *)(uintptr_t)url;
    return given_asked(given, ASK_webhook_add, &in, out_webhook);
}

static err_t named(struct given *given, enum ask_number number, const char *bearer, ProtobufCBinaryData id,
                   void *out)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.id = id;
    return given_asked(given, number, &in, out);
}

static const Keys__Webhook *the_webhook(struct given *given, const char *bearer)
{
    static const Keys__Webhook none = KEYS__WEBHOOK__INIT;
    Keys__Bearer in = KEYS__BEARER__INIT;
    const Keys__Webhooks *webhooks = NULL;
    in.bearer = (char *)(uintptr_t)bearer;
    return given_asked(given, ASK_webhook_list, &in, &webhooks) == ERR_OK && webhooks->n_items == 1
               ? webhooks->items[0]
               : &none;
}

static const Keys__Notices *due(struct given *given, enum ask_number number)
{
    const Keys__None in = KEYS__NONE__INIT;
    static const Keys__Notices none = KEYS__NOTICES__INIT;
    const Keys__Notices *notices = NULL;
    return given_asked(given, number, &in, &notices) == ERR_OK ? notices : &none;
}

static const Keys__Notices *shown(struct given *given, const char *bearer, const char *state, bool told)
{
    static const Keys__Notices none = KEYS__NOTICES__INIT;
    Keys__NoticesAsk in = KEYS__NOTICES_ASK__INIT;
    const Keys__Notices *notices = NULL;
    in.bearer = (char *)(uintptr_t)bearer;
    in.state = (char *)(uintptr_t)state;
    in.told = told;
    return given_asked(given, ASK_notices_get, &in, &notices) == ERR_OK ? notices : &none;
}

static err_t told(struct given *given, enum ask_number number, const Keys__Notice *notice,
                  const char *trouble)
{
    Keys__NoticeOutcome in = KEYS__NOTICE_OUTCOME__INIT;
    in.id = notice->id;
    in.trouble = (char *)(uintptr_t)trouble;
    in.gone = !strcmp(trouble, "gone");
    return given_asked(given, number, &in, NULL);
}

static err_t addressed(struct given *given, const char *bearer, const char *addresses)
{
    Keys__NoticesSet in = KEYS__NOTICES_SET__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.addresses = (char *)(uintptr_t)addresses;
    return given_asked(given, ASK_notices_set, &in, NULL);
}

static err_t sign(struct given *given, const Keys__Notice *notice, const Keys__WebhookSigned **out_signed)
{
    Keys__WebhookSign in = KEYS__WEBHOOK_SIGN__INIT;
    in.id = notice->id;
    in.body = (char *)(uintptr_t)BODY;
    return given_asked(given, ASK_webhook_sign, &in, out_signed);
}

/* The signature as whoever holds the secret makes it. */
static bool is_signed_with(const Keys__WebhookSigned *by, const Keys__Notice *notice, const char *secret)
{
    OWN(buf) key = BUF(KEY_SIZE);
    OWN(buf) text = BUF(512);
    OWN(buf) wanted = BUF(64);
    uint8_t mac[DIGEST_SIZE];
    ident_t id;
    if (strncmp(secret, "whsec_", 6) != 0 || base64_padded_read(str(secret + 6), &key) != ERR_OK ||
        key.len != KEY_SIZE || ident_from(str_bytes(notice->id.data, notice->id.len), &id) != ERR_OK)
        return false;
    buf_putf(&text, "%s.%lld.%s", ident_text("ntc", id).text, (long long)(by->at / 1000), BODY);
    const str_t all = buf_str(&text);
    digest_keyed(buf_str(&key), &all, 1, mac);
    buf_put(&wanted, STR("v1,"));
    buf_put_base64_padded(&wanted, str_bytes(mac, sizeof mac));
    return strstr(by->signatures, buf_str(&wanted).at);
}

static err_t happened(struct given *given, const struct given_tenant *tenant, enum notice_kind kind)
{
    return given_notice(given, tenant->id, &(struct notice){kind});
}

TEST(an_owner_has_a_few_webhooks_and_sees_each_secret_once)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    const Keys__Token *auditor = NULL;
    const Keys__Webhook *webhook = NULL;
    char url[64];
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "other", &other));
    CHECK_OK(given_token(&given, &tenant, "auditor", &auditor));
    CHECK_OK(added(&given, tenant.cookie, URL, &webhook));
    CHECK(!strncmp(webhook->secret, "whsec_", 6) && strlen(webhook->secret) == 50);
    CHECK(!strcmp(the_webhook(&given, auditor->token)->url, URL));
    CHECK(!*the_webhook(&given, tenant.cookie)->secret);
    CHECK_FAILS(ERR_CONFLICT, added(&given, tenant.cookie, URL, &webhook));
    CHECK_FAILS(ERR_DENIED, added(&given, auditor->token, URL "/2", &webhook));
    CHECK_FAILS(ERR_INVALID, added(&given, tenant.cookie, "smtp://hooks.example.com", &webhook));
    CHECK_FAILS(ERR_INVALID, added(&given, tenant.cookie, "https://me:pass@hooks.example.com", &webhook));
    for (int i = 1; i < MAX_WEBHOOKS; i++) {
        snprintf(url, sizeof url, URL "/%d", i);
        CHECK_OK(added(&given, tenant.cookie, url, &webhook));
    }
    CHECK_FAILS(ERR_TOO_LARGE, added(&given, tenant.cookie, URL "/9", &webhook));
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_webhook_remove, other.cookie, webhook->id, NULL));
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_webhook_rotate, other.cookie, webhook->id, NULL));
    CHECK_OK(named(&given, ASK_webhook_remove, tenant.cookie, webhook->id, NULL));
    CHECK_OK(added(&given, tenant.cookie, URL "/9", &webhook));
}

TEST(a_rotated_secret_signs_beside_the_new_one_for_a_day)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Webhook *first = NULL, *second = NULL;
    const Keys__WebhookSigned *by = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(added(&given, tenant.cookie, URL, &first));
    CHECK_OK(happened(&given, &tenant, NOTICE_TEST));
    const Keys__Notices *waiting = due(&given, ASK_webhook_due);
    CHECK(waiting->n_items == 1 && due(&given, ASK_notice_due)->n_items == 0);
    CHECK_OK(sign(&given, waiting->items[0], &by));
    CHECK(is_signed_with(by, waiting->items[0], first->secret) && strlen(by->signatures) == 47);
    CHECK_OK(named(&given, ASK_webhook_rotate, tenant.cookie, first->id, &second));
    CHECK(strcmp(first->secret, second->secret) != 0);
    CHECK_OK(sign(&given, waiting->items[0], &by));
    CHECK(is_signed_with(by, waiting->items[0], first->secret));
    CHECK(is_signed_with(by, waiting->items[0], second->secret));
    CHECK_OK(given_passed(&given, DAYS(1)));
    CHECK_OK(sign(&given, waiting->items[0], &by));
    CHECK(!is_signed_with(by, waiting->items[0], first->secret));
    CHECK(is_signed_with(by, waiting->items[0], second->secret));
}

TEST(nothing_is_signed_but_a_notice_that_waits_for_a_webhook)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Webhook *webhook = NULL;
    const Keys__WebhookSigned *by = NULL;
    Keys__Notice other = KEYS__NOTICE__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(addressed(&given, tenant.cookie, "ops@example.com"));
    CHECK_OK(added(&given, tenant.cookie, URL, &webhook));
    CHECK_OK(happened(&given, &tenant, NOTICE_TEST));
    const Keys__Notice *mail = due(&given, ASK_notice_due)->items[0];
    const Keys__Notice *post = due(&given, ASK_webhook_due)->items[0];
    other.id = webhook->id;
    CHECK_FAILS(ERR_MISSING, sign(&given, mail, &by));
    CHECK_FAILS(ERR_MISSING, sign(&given, &other, &by));
    CHECK_FAILS(ERR_INVALID, told(&given, ASK_notice_sent, post, ""));
    CHECK_FAILS(ERR_INVALID, told(&given, ASK_notice_delivered, mail, ""));
    CHECK_OK(told(&given, ASK_notice_delivered, post, ""));
    CHECK_FAILS(ERR_MISSING, sign(&given, post, &by));
    CHECK_OK(told(&given, ASK_notice_delivered, post, ""));
    CHECK(shown(&given, tenant.cookie, "delivered", false)->n_items == 1);
    CHECK(the_webhook(&given, tenant.cookie)->delivered > 0);
}

TEST(a_webhook_that_does_not_answer_is_tried_once_for_all_that_wait_for_it)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Webhook *webhook = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(added(&given, tenant.cookie, URL, &webhook));
    for (int i = 0; i < 3; i++)
        CHECK_OK(happened(&given, &tenant, NOTICE_SUPPORT_ENDED));
    CHECK(due(&given, ASK_webhook_due)->n_items == 1);
    CHECK_OK(told(&given, ASK_notice_put_off, due(&given, ASK_webhook_due)->items[0], "no answer in time"));
    CHECK(due(&given, ASK_webhook_due)->n_items == 0);
    CHECK(!strcmp(the_webhook(&given, tenant.cookie)->trouble, "no answer in time"));
    CHECK_OK(given_passed(&given, SECONDS(5)));
    for (int i = 0; i < 3; i++)
        CHECK_OK(told(&given, ASK_notice_delivered, due(&given, ASK_webhook_due)->items[0], ""));
    CHECK(!*the_webhook(&given, tenant.cookie)->trouble);
}

TEST(a_webhook_that_is_gone_is_switched_off_and_the_others_are_told)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Webhook *webhook = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(addressed(&given, tenant.cookie, "ops@example.com"));
    CHECK_OK(added(&given, tenant.cookie, URL, &webhook));
    CHECK_OK(happened(&given, &tenant, NOTICE_SUPPORT_ENDED));
    CHECK_OK(told(&given, ASK_notice_put_off, due(&given, ASK_webhook_due)->items[0], "gone"));
    CHECK(!strcmp(the_webhook(&given, tenant.cookie)->state, "gone"));
    const Keys__Notices *failed = shown(&given, tenant.cookie, "failed", false);
    CHECK(failed->n_items == 1 && failed->failed == 1);
    CHECK(due(&given, ASK_notice_due)->n_items == 2 && due(&given, ASK_webhook_due)->n_items == 0);
    CHECK_FAILS(ERR_CONFLICT, named(&given, ASK_webhook_test, tenant.cookie, webhook->id, NULL));
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_notice_again, tenant.cookie, failed->items[0]->id, NULL));
    CHECK_OK(named(&given, ASK_webhook_remove, tenant.cookie, webhook->id, NULL));
    CHECK(shown(&given, tenant.cookie, "failed", false)->failed == 0);
}

TEST(what_erase_tell_promises_is_tried_for_thirty_days_and_kept_for_good)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    int tries = 0;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(addressed(&given, tenant.cookie, "ops@example.com"));
    CHECK_OK(happened(&given, &tenant, NOTICE_LICENCE_DEACTIVATED));
    moment_t begun = given.env->now(given.env);
    while (due(&given, ASK_notice_due)->n_items == 1 && tries++ < 1000) {
        CHECK_OK(told(&given, ASK_notice_put_off, due(&given, ASK_notice_due)->items[0], "nobody answers"));
        given.world.clock += HOURS(1);
    }
    CHECK(given.env->now(given.env) - begun >= DAYS(30) && tries > 700 && tries < 760);
    given.world.clock += DAYS(400);
    CHECK_OK(happened(&given, &tenant, NOTICE_SUPPORT_ENDED));
    Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&given, &login, &tenant.cookie));
    const Keys__Notices *kept = shown(&given, tenant.cookie, "", true);
    CHECK(kept->n_items == 1 && !strcmp(kept->items[0]->state, "failed"));
}

TEST(a_notice_that_failed_is_sent_again_under_the_same_id_when_an_owner_says_so)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    const Keys__Token *auditor = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "other", &other));
    CHECK_OK(given_token(&given, &tenant, "auditor", &auditor));
    CHECK_OK(addressed(&given, tenant.cookie, "ops@example.com"));
    CHECK_OK(happened(&given, &tenant, NOTICE_SUPPORT_ENDED));
    const Keys__Notice *notice = due(&given, ASK_notice_due)->items[0];
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_notice_again, tenant.cookie, notice->id, NULL));
    for (int i = 0; i < 40 && due(&given, ASK_notice_due)->n_items; i++) {
        CHECK_OK(told(&given, ASK_notice_put_off, notice, "nobody answers"));
        given.world.clock += HOURS(1);
    }
    Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&given, &login, &tenant.cookie));
    login = given_login("other", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&given, &login, &other.cookie));
    CHECK(shown(&given, tenant.cookie, "failed", false)->n_items == 1);
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_notice_again, other.cookie, notice->id, NULL));
    CHECK_OK(named(&given, ASK_notice_again, tenant.cookie, notice->id, NULL));
    CHECK(due(&given, ASK_notice_due)->n_items == 1);
    CHECK(!memcmp(due(&given, ASK_notice_due)->items[0]->id.data, notice->id.data, 16));
    CHECK_OK(told(&given, ASK_notice_put_off, notice, "nobody answers"));
    CHECK(shown(&given, tenant.cookie, "waiting", false)->n_items == 1);
}

TESTS(an_owner_has_a_few_webhooks_and_sees_each_secret_once,
      a_rotated_secret_signs_beside_the_new_one_for_a_day,
      nothing_is_signed_but_a_notice_that_waits_for_a_webhook,
      a_webhook_that_does_not_answer_is_tried_once_for_all_that_wait_for_it,
      a_webhook_that_is_gone_is_switched_off_and_the_others_are_told,
      what_erase_tell_promises_is_tried_for_thirty_days_and_kept_for_good,
      a_notice_that_failed_is_sent_again_under_the_same_id_when_an_owner_says_so)
