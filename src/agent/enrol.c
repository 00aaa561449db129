/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/enrol.h"

#include "agent/certificate.h"
#include "agent/collect.h"
#include "agent/object.h"
#include "agent/place.h"
#include "agent/policy.h"
#include "agent/service.h"
#include "agent/spool.h"
#include "agent/withhold.h"
#include "base/limits.h"
#include "crypt/cert.h"

enum { TENANT_BYTES = 16, SECRET_BYTES = 32, AUTHORITY_BYTES = 32, PEM_MAX = 64 * 1024 };
enum { KEY_BYTES = TENANT_BYTES + SECRET_BYTES + AUTHORITY_BYTES };

err_t deployment_key_read(str_t text, struct deployment_key *out_key)
{
    OWN(buf) bytes = BUF(KEY_BYTES);
    str_t encoded = text, prefix = str_until(&encoded, '_');
    if (!str_eq(prefix, STR("cdk")) || base64_read(encoded, &bytes) != ERR_OK || bytes.len != KEY_BYTES)
        return fail(ERR_INVALID, "this is no deployment key: copy the whole text that begins with cdk_");
    TRY(ident_from(str_bytes(bytes.at, TENANT_BYTES), &out_key->tenant));
    memcpy(out_key->authority, bytes.at + TENANT_BYTES + SECRET_BYTES, AUTHORITY_BYTES);
    return ERR_OK;
}

static err_t private_key(const struct enrol_ask *ask, buf_t *out_pem)
{
    place_t path = place(ask->folder, "key.pem");
    err_t read = ask->env->read_file(ask->env, path.text, out_pem);
    if (read != ERR_MISSING)
        return read;
    TRY(cert_key_make(out_pem));
    return ask->env->write_file(ask->env, path.text, buf_str(out_pem), 0600);
}

static err_t request_body(str_t key, str_t private_pem, buf_t *out_json)
{
    OWN(buf) request = BUF(PEM_MAX);
    OWN(buf) name = BUF(MAX_NAME);
    TRY(cert_request_make(private_pem, &request));
    TRY(machine_name(&name));
    buf_putf(out_json, "{\"key\":");
    buf_put_json(out_json, key);
    buf_putf(out_json, ",\"name\":");
    buf_put_json(out_json, buf_str(&name));
    buf_putf(out_json, ",\"request\":\"");
    buf_put_base64(out_json, buf_str(&request));
    buf_putf(out_json, "\"}");
    return buf_end(out_json);
}

struct identity {
    ident_t tenant, device;
    str_t certificate_pem, signer;
    bool waits;
};

static err_t answer_read(const json_t *answer, const struct deployment_key *key,
                         struct identity *out_identity)
{
    struct identity identity = {.certificate_pem = object_text(answer, "certificate"),
                                .signer = object_text(answer, "signer"),
                                .waits = str_eq(object_text(answer, "state"), STR("pending"))};
    if (object_id(answer, "tenant", "ten", &identity.tenant) != ERR_OK ||
        object_id(answer, "device", "dev", &identity.device) != ERR_OK ||
        !ident_eq(identity.tenant, key->tenant))
        return fail(ERR_BROKEN, "the service answered for another client: ask its operator");
    *out_identity = identity;
    return ERR_OK;
}

/* A state of this very device goes on; of another one, or a damaged one, nothing is taken over. */
static err_t state_keep(const struct enrol_ask *ask, const struct identity *identity)
{
    OWN(state) state = {0};
    bool known = state_load(ask->env, ask->folder, &state) == ERR_OK;
    if (known && ident_eq(state.device, identity->device) && ident_eq(state.tenant, identity->tenant))
        return ERR_OK;
    state_drop(&state);
    spool_wipe(ask->folder);
    state_begin(&state, ask->env, identity->tenant, identity->device);
    return state_save(ask->env, ask->folder, &state);
}

/* As another client's machine it begins anew here too. */
static err_t signer_keep(const struct enrol_ask *ask, const struct identity *identity, bool *out_other)
{
    const struct signer_ask signer = {ask->env, ask->folder, identity->tenant, identity->signer};
    bool known = false;
    TRY(signer_known(&signer, &known));
    if (!known)
        TRY(policy_forget(ask->env, ask->folder));
    TRY(withhold_forget(ask->env, ask->folder));
    return identity->signer.len ? signer_pin(&signer, out_other) : ERR_OK;
}

static err_t identity_keep(const struct enrol_ask *ask, const struct identity *identity, str_t authority_pem)
{
    struct env *env = ask->env;
    TRY(env->write_file(env, place(ask->folder, "authority.pem").text, authority_pem, 0600));
    TRY(env->write_file(env, place(ask->folder, "certificate.pem").text, identity->certificate_pem, 0600));
    return state_keep(ask, identity);
}

/* Of a key that enrolled long ago the service may send what it issued then. */
static err_t date_check(const struct enrol_ask *ask, str_t certificate_pem)
{
    struct validity validity;
    moment_t now = ask->env->now(ask->env);
    TRY(certificate_validity(certificate_pem, &validity));
    if (certificate_renewal(&validity, now, UINT32_MAX) != RENEWAL_TOO_LATE)
        return ERR_OK;
    return fail(ERR_SIGNED_OUT,
                "this machine's old certificate ended on %s: remove %s to enrol as a new device",
                moment_text(validity.until).text, ask->folder);
}

struct answer {
    buf_t *json, *authority_pem;
};

static err_t service_asked(const struct service_ask *to, str_t body, struct answer out_answer)
{
    OWN(service) service = NULL;
    struct service_request request = {"/agent/v1/enrol", "application/json", body};
    TRY(service_open(to, &service));
    TRY(service_send(service, &request, out_answer.json));
    return service_authority(service, out_answer.authority_pem);
}

err_t enrol(const struct enrol_ask *ask, struct enrolment *out_enrolment)
{
    OWN(buf) private_pem = BUF(PEM_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(buf) answer = BUF(MAX_BODY);
    OWN(buf) authority_pem = BUF(PEM_MAX);
    OWN(json) object = NULL;
    struct deployment_key key;
    struct identity identity = {0};
    bool other = false;
    TRY(deployment_key_read(ask->key, &key));
    TRY(private_key(ask, &private_pem));
    TRY(request_body(ask->key, buf_str(&private_pem), &body));
    TRY(service_asked(&(struct service_ask){.url = ask->url, .pin = key.authority}, buf_str(&body),
                      (struct answer){&answer, &authority_pem}));
    TRY(object_read(buf_str(&answer), &object));
    TRY(answer_read(object, &key, &identity));
    if (!certificate_is_for(identity.certificate_pem, buf_str(&private_pem)))
        return fail(ERR_BROKEN, "the service sent a certificate for another key: ask its operator");
    TRY(date_check(ask, identity.certificate_pem));
    TRY(signer_keep(ask, &identity, &other));
    TRY(identity_keep(ask, &identity, buf_str(&authority_pem)));
    *out_enrolment = (struct enrolment){identity.device, identity.waits, other};
    return ERR_OK;
}
