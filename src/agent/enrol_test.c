/* SPDX-License-Identifier: Apache-2.0
 *
 * Enrolment and the later connections, against TLS servers of this test's own on 127.0.0.1.
 */
#include "agent/stand_given.h"

#include "agent/collect.h"
#include "agent/link.h"
#include "agent/state.h"
#include "crypt/cert.h"
#include "crypt/tls.h"

static bool is_there(const char *name) { return access(place(test_folder(), name).text, F_OK) == 0; }

/* The deployment key */

TEST(a_deployment_key_is_read_in_its_one_form_only)
{
    struct deployment_key key;
    OWN(buf) text = BUF(256);
    char bytes[81] = "0123456789abcdef--------------------------------AUTHORITYAUTHORITYAUTHORITYAUTH!";
    buf_putf(&text, "cdk_");
    buf_put_base64(&text, str_bytes(bytes, 80));
    CHECK_OK(deployment_key_read(buf_str(&text), &key));
    CHECK(!memcmp(key.tenant.bytes, bytes, 16) && !memcmp(key.authority, bytes + 48, 32));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(str_bytes(text.at, text.len - 1), &key));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(str_bytes(text.at + 4, text.len - 4), &key));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(STR(""), &key));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(STR("cdk_"), &key));
    text.at[0] = 'C';
    CHECK_FAILS(ERR_INVALID, deployment_key_read(buf_str(&text), &key));
}

/* Trust */

TEST(an_endpoint_enrols_at_the_server_that_its_key_pins)
{
    OWN(stand) stand = {0};
    OWN(state) state = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK(ident_eq(enrolment.device, stand.device) && !enrolment.waits);
    CHECK(is_there("key.pem") && is_there("certificate.pem") && is_there("authority.pem"));
    CHECK_OK(state_load(env_real(), test_folder(), &state));
    CHECK(ident_eq(state.tenant, stand.tenant) && ident_eq(state.device, stand.device) &&
          state.sequence == 0);
    OWN(buf) name = BUF(ROOM);
    CHECK_OK(machine_name(&name));
    CHECK(name.len && str_eq(buf_str(&stand.name), buf_str(&name)));
}

static err_t enrolment_at(const struct stand_ask *ask, size_t *out_asked)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    TRY(given_stand(&stand, ask));
    err_t done = given_enrolment(&stand, &enrolment);
    *out_asked = stand.asked;
    return done;
}

TEST(a_server_with_another_host_name_or_date_or_without_its_root_is_told_nothing)
{
    size_t asked = 1;
    CHECK_FAILS(ERR_DENIED, enrolment_at(&(struct stand_ask){.host = "127.0.0.2"}, &asked));
    CHECK(asked == 0);
    CHECK_FAILS(ERR_DENIED, enrolment_at(&(struct stand_ask){.past = true}, &asked));
    CHECK(asked == 0);
    CHECK_FAILS(ERR_DENIED, enrolment_at(&(struct stand_ask){.hides_root = true}, &asked));
    CHECK(asked == 0 && !is_there("state.json"));
}

TEST(a_server_of_another_authority_is_told_nothing)
{
    OWN(stand) stand = {0};
    OWN(authority) pinned = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_authority(&pinned));
    authority_drop(&stand.services);
    stand.services = give(pinned);
    CHECK_FAILS(ERR_DENIED, given_enrolment(&stand, &enrolment));
    CHECK(stand.asked == 0);
}

/* The pinned root is public: who sends it along with a certificate that it did not sign is no further. */
TEST(a_chain_that_only_carries_the_pinned_root_is_refused)
{
    OWN(stand) stand = {0};
    OWN(authority) pinned = {0};
    OWN(buf) key = BUF(ROOM);
    OWN(buf) chain = BUF(ROOM);
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_authority(&pinned));
    CHECK_OK(given_server_identity(&stand, &(struct stand_ask){.hides_root = true}, &key, &chain));
    buf_put(&chain, buf_str(&pinned.cert_pem));
    SSL_CTX *forged = NULL;
    CHECK_OK(tls_server(&(struct tls_ask){buf_str(&chain), buf_str(&key)}, &forged));
    tls_drop(&stand.tls);
    stand.tls = forged;
    authority_drop(&stand.services);
    stand.services = give(pinned);
    CHECK_FAILS(ERR_DENIED, given_enrolment(&stand, &enrolment));
    CHECK(stand.asked == 0);
}

TEST(nobody_there_is_unreachable_and_plain_http_is_no_address)
{
    struct service *service = NULL;
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.port = 1;
    CHECK_FAILS(ERR_UNREACHABLE, given_enrolment(&stand, &enrolment));
    CHECK_FAILS(ERR_INVALID, service_open(&(struct service_ask){.url = "http://127.0.0.1"}, &service));
}

/* Idempotence */

TEST(enrolling_again_asks_with_the_same_key_and_forgets_nothing)
{
    OWN(stand) stand = {0};
    OWN(buf) first = BUF(ROOM);
    OWN(state) state = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    buf_put(&first, buf_str(&stand.public_der));
    CHECK_OK(state_load(env_real(), test_folder(), &state));
    state.sequence = 41;
    state.changed = true;
    CHECK_OK(state_save(env_real(), test_folder(), &state));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK(str_eq(buf_str(&first), buf_str(&stand.public_der)));
    state_drop(&state);
    CHECK_OK(state_load(env_real(), test_folder(), &state));
    CHECK(state.sequence == 41);
}

TEST(a_machine_that_waits_for_approval_is_enrolled_all_the_same)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.holds = true;
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK(enrolment.waits && is_there("state.json"));
}

TEST(as_another_device_nothing_is_taken_over)
{
    OWN(stand) stand = {0};
    OWN(state) before = {0};
    OWN(state) after = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK_OK(state_load(env_real(), test_folder(), &before));
    stand.device = ident_new(env_real());
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK_OK(state_load(env_real(), test_folder(), &after));
    CHECK(ident_eq(after.device, stand.device) && !ident_eq(before.epoch, after.epoch));
}

TEST(a_refusal_is_told_in_the_services_words_and_leaves_the_key_for_the_next_try)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.status = 403;
    CHECK_FAILS(ERR_DENIED, given_enrolment(&stand, &enrolment));
    CHECK(strstr(err_note(), "as told") && is_there("key.pem") && !is_there("state.json"));
    stand.status = 418;
    CHECK_FAILS(ERR_INVALID, given_enrolment(&stand, &enrolment));
    stand.status = 599;
    CHECK_FAILS(ERR_UNREACHABLE, given_enrolment(&stand, &enrolment));
}

TEST(an_answer_for_another_tenant_or_another_key_is_not_kept)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.swaps_key = true;
    CHECK_FAILS(ERR_BROKEN, given_enrolment(&stand, &enrolment));
    stand.swaps_key = false;
    stand.told = ident_new(env_real());
    CHECK_FAILS(ERR_BROKEN, given_enrolment(&stand, &enrolment));
    CHECK(!is_there("state.json") && !is_there("certificate.pem"));
}

TEST(a_certificate_that_can_no_longer_be_renewed_is_not_taken)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.ahead = -DAYS(200);
    CHECK_FAILS(ERR_SIGNED_OUT, given_enrolment(&stand, &enrolment));
    CHECK(strstr(err_note(), test_folder()) && !is_there("certificate.pem"));
    stand.ahead = -DAYS(90); /* ended 83 days ago */
    CHECK_OK(given_enrolment(&stand, &enrolment));
}

TEST(the_spool_of_another_device_is_removed)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK_OK(given_file(test_folder(), "spool/00000009", STR("sealed")));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK(is_there("spool/00000009"));
    stand.device = ident_new(env_real());
    CHECK_OK(given_enrolment(&stand, &enrolment));
    CHECK(!is_there("spool/00000009"));
}

/* The agents' door */

static err_t given_report(struct link *link)
{
    OWN(buf) answer = BUF(ROOM);
    return link_send(
        link, &(struct service_request){"/agent/v1/report", "application/x-protobuf", STR("bytes")}, &answer);
}

TEST(an_enrolled_machine_shows_its_certificate_and_knows_the_server)
{
    OWN(stand) stand = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &enrolment));
    OWN(buf) key = BUF(ROOM);
    OWN(buf) chain = BUF(ROOM);
    CHECK_OK(given_server_identity(&stand, &(struct stand_ask){.hides_root = true}, &key, &chain));
    SSL_CTX *mutual = NULL;
    CHECK_OK(tls_server(
        &(struct tls_ask){buf_str(&chain), buf_str(&key), true, buf_str(&stand.tenants.cert_pem)}, &mutual));
    tls_drop(&stand.tls);
    stand.tls = mutual;
    OWN(link) link = {.env = env_real(), .folder = test_folder(), .url = address_of(&stand)};
    CHECK_OK(given_report(&link));
    CHECK(stand.asked == 2);
}

TEST(a_certificate_of_another_client_ends_in_the_handshake)
{
    OWN(stand) door = {0};
    OWN(stand) other = {0};
    struct enrolment enrolment;
    CHECK_OK(given_stand(&other, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&other, &enrolment));
    CHECK_OK(given_stand(&door, &(struct stand_ask){.mutual = true}));
    CHECK_OK(given_file(test_folder(), "authority.pem", buf_str(&door.services.cert_pem)));
    OWN(link) link = {.env = env_real(), .folder = test_folder(), .url = address_of(&door)};
    err_t done = given_report(&link);
    CHECK((done == ERR_DENIED || done == ERR_UNREACHABLE) && strstr(err_note(), "still enrolled"));
    CHECK(door.asked == 0);
}

TESTS(a_machine_that_waits_for_approval_is_enrolled_all_the_same,
      a_deployment_key_is_read_in_its_one_form_only, an_endpoint_enrols_at_the_server_that_its_key_pins,
      a_server_with_another_host_name_or_date_or_without_its_root_is_told_nothing,
      a_server_of_another_authority_is_told_nothing, a_chain_that_only_carries_the_pinned_root_is_refused,
      nobody_there_is_unreachable_and_plain_http_is_no_address,
      enrolling_again_asks_with_the_same_key_and_forgets_nothing, as_another_device_nothing_is_taken_over,
      a_refusal_is_told_in_the_services_words_and_leaves_the_key_for_the_next_try,
      an_answer_for_another_tenant_or_another_key_is_not_kept,
      an_enrolled_machine_shows_its_certificate_and_knows_the_server,
      a_certificate_of_another_client_ends_in_the_handshake,
      a_certificate_that_can_no_longer_be_renewed_is_not_taken, the_spool_of_another_device_is_removed)
