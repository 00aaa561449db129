/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "collect/intake.h"
#include "collect/launch_intake.h"
#include "collect/policies.h"
#include "collect/switches.h"
#include "collect/tell.h"
#include "collect/withheld.h"
#include "concept/json.h"
#include "govern/policy.h"

err_t api_enrol(struct call *call)
{
    const struct enrol_body *body = call->body;
    struct enrolled enrolled;
    buf_t *json = &call->reply->body;
    TRY(intake_enrol(&call->desk, &(struct newcomer){body->key, body->name, body->request}, &enrolled));
    call->reply->status = 201;
    buf_putf(json, "{\"tenant\":\"%s\",", ident_text("ten", enrolled.tenant).text);
    buf_putf(json, "\"device\":\"%s\",\"state\":", ident_text("dev", enrolled.device).text);
    buf_put_json(json, enrolled.state);
    buf_put(json, STR(",\"certificate\":"));
    buf_put_json(json, enrolled.certificate_pem);
    buf_put(json, STR(",\"signer\":"));
    if (enrolled.signer.len)
        buf_put_json(json, enrolled.signer);
    else
        buf_put(json, STR("null"));
    buf_put(json, STR("}"));
    return ERR_OK;
}

static struct intake intake_of(const struct call *call)
{
    return (struct intake){call->tenant, call->device, call->request->body, call->request->peer_address};
}

err_t api_agent_accounts(struct call *call)
{
    struct intake intake = intake_of(call);
    call->reply->status = 204;
    return intake_accounts(&call->desk, &intake);
}

err_t api_agent_subjects(struct call *call)
{
    struct intake intake = intake_of(call);
    bool videos = str_eq(call_query(call, "videos"), STR("yes"));
    str_t note;
    TRY(intake_subjects(&call->desk, &intake, videos, &note));
    call->reply->content_type = "application/octet-stream";
    buf_put(&call->reply->body, note);
    return ERR_OK;
}

static void report_settled(void *job, err_t result, const char *note)
{
    if (result != ERR_OK)
        call_problem(kept_reply(job), result, note);
    kept_done(job);
}

/* Nobody waits for the commit: the next report is read meanwhile, and goes into the same one. Gives no job where there is
 * no parcel, or too many requests are kept. */
static void report_send(struct call *call, struct parcel **parcel)
{
    call->reply->status = 204;
    call->kept = *parcel ? request_keep(call->request) : NULL;
    if (call->kept)
        intake_send(give(*parcel), &(struct intake_end){report_settled, call->kept});
}

/* Of a device that reported a moment ago all is known that has to be. */
err_t api_agent_report_at_once(struct call *call)
{
    struct intake intake = intake_of(call);
    OWN(parcel) parcel = NULL;
    TRY(intake_pack(&call->desk, &intake, &parcel));
    report_send(call, &parcel);
    call->elsewhere = !call->kept;
    return ERR_OK;
}

err_t api_agent_report(struct call *call)
{
    struct intake intake = intake_of(call);
    OWN(parcel) parcel = NULL;
    TRY(intake_pack(&call->desk, &intake, &parcel));
    report_send(call, &parcel);
    return call->kept ? ERR_OK : intake_report(&call->desk, &intake);
}

/* What happened to its guard; 0 where it does not say. */
static err_t guard_read(struct call *call, struct following *said)
{
    const struct {
        const char *name;
        int64_t *to;
    } counts[] = {{"restarts", &said->restarts},
                  {"stops", &said->stops},
                  {"late", &said->late},
                  {"stopped", &said->stopped},
                  {"lost", &said->lost}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint64_t count = 0;
        TRY(call_number(call, counts[i].name, 0, &count));
        if (count > POLICY_NUMBER_MAX)
            return fail(ERR_INVALID, "%s is at most 2^53", counts[i].name);
        *counts[i].to = (int64_t)count;
    }
    return ERR_OK;
}

static err_t following_read(struct call *call, struct following *out_said)
{
    uint64_t number = 0;
    enum policy_trouble trouble;
    TRY(call_number(call, "policy", 0, &number));
    TRY(policy_trouble_read(call_query(call, "trouble"), &trouble));
    *out_said = (struct following){.number = (int64_t)number,
                                   .enforcing = str_eq(call_query(call, "enforcing"), STR("yes")),
                                   .trouble = str(policy_trouble_word(trouble))};
    TRY(guard_read(call, out_said));
    return number <= POLICY_NUMBER_MAX ? ERR_OK : fail(ERR_INVALID, "no policy has such a number");
}

static void upload_send(struct call *call, struct upload **upload)
{
    call->reply->status = 204;
    call->kept = *upload ? request_keep(call->request) : NULL;
    if (call->kept)
        launch_send(give(*upload), &(struct intake_end){report_settled, call->kept});
}

err_t api_agent_launches_at_once(struct call *call)
{
    struct intake intake = intake_of(call);
    OWN(upload) upload = NULL;
    TRY(launch_pack(&call->desk, &intake, &upload));
    upload_send(call, &upload);
    call->elsewhere = !call->kept;
    return ERR_OK;
}

err_t api_agent_launches(struct call *call)
{
    struct intake intake = intake_of(call);
    OWN(upload) upload = NULL;
    TRY(launch_pack(&call->desk, &intake, &upload));
    upload_send(call, &upload);
    return call->kept ? ERR_OK : launch_intake(&call->desk, &intake);
}

/* What the endpoint is to withhold, and its word that it does. */
static err_t withheld_follow(struct call *call, const struct intake *intake, struct withheld *out_withheld)
{
    uint64_t told = 0;
    TRY(call_number(call, "withheld", 0, &told));
    TRY(withheld_of(&call->desk, intake, out_withheld));
    return told <= (uint64_t)out_withheld->number && (int64_t)told > out_withheld->told
               ? withheld_heard(&call->desk, intake, told)
               : ERR_OK;
}

err_t api_agent_withheld(struct call *call)
{
    struct intake intake = intake_of(call);
    struct withheld withheld;
    TRY(intake_allowed(&call->desk, &intake));
    TRY(withheld_of(&call->desk, &intake, &withheld));
    if (!withheld.number)
        return fail(ERR_MISSING, "there is nothing to withhold");
    call->reply->content_type = "text/plain; charset=utf-8";
    buf_put(&call->reply->body, withheld.note);
    return ERR_OK;
}

/* What is switched off, and a version that changes with it, so that an endpoint knows when to send all of it anew. */
err_t api_agent_settings(struct call *call)
{
    struct intake intake = intake_of(call);
    struct collection collection;
    struct following said;
    struct kept_policy newest;
    struct withheld withheld;
    bool says = call_query(call, "policy").at != NULL;
    TRY(intake_allowed(&call->desk, &intake));
    TRY(withheld_follow(call, &intake, &withheld));
    if (says)
        TRY(following_read(call, &said));
    TRY(policies_heard(&call->desk, &intake, says ? &said : NULL));
    (void)!tell_carry(&call->desk,
                      call->tenant); /* what is left is carried by the next, or by the jobs process */
    TRY(switches_read(&call->desk, call->tenant, &collection));
    TRY(policies_newest(&call->desk, call->tenant, &newest));
    concept_put_json_open(&collection_concept, &collection, &call->reply->body);
    buf_put(&call->reply->body, STR(",\"policy\":"));
    if (newest.number)
        buf_put_json(&call->reply->body, newest.digest);
    else
        buf_put(&call->reply->body, STR("null"));
    if (withheld.number)
        buf_putf(&call->reply->body, ",\"withheld\":%lld", (long long)withheld.number);
    buf_put(&call->reply->body, STR("}"));
    return ERR_OK;
}

err_t api_agent_policy(struct call *call)
{
    struct intake intake = intake_of(call);
    struct kept_policy newest, whole;
    TRY(intake_allowed(&call->desk, &intake));
    TRY(policies_newest(&call->desk, call->tenant, &newest));
    TRY(policies_one(&call->desk, call->tenant, newest.number, &whole));
    call->reply->content_type = "text/plain; charset=utf-8";
    buf_put(&call->reply->body, whole.note);
    return ERR_OK;
}

static err_t key_answer(struct call *call, enum ask_number number, const char *none)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    Keys__Signer *signer = NULL;
    in.tenant = CALL_BYTES(call->tenant);
    in.device = CALL_BYTES(call->device);
    TRY(call_keys(call, &(struct question){number, &in}, &signer));
    if (!*signer->key)
        return fail(ERR_MISSING, "%s", none);
    call->reply->content_type = "text/plain; charset=utf-8";
    buf_put(&call->reply->body, str(signer->key));
    return ERR_OK;
}

/* For an endpoint that enrolled before there was one. */
err_t api_agent_signer(struct call *call)
{
    return key_answer(call, ASK_signer_public, "there is no signing key yet");
}

err_t api_agent_withholder(struct call *call)
{
    return key_answer(call, ASK_withholder, "there is no key that withholds yet");
}

err_t api_agent_renew(struct call *call)
{
    struct intake intake = intake_of(call);
    str_t certificate;
    TRY(intake_renew(&call->desk, &intake, &certificate));
    call->reply->status = 201;
    call->reply->content_type = "application/x-pem-file";
    buf_put(&call->reply->body, certificate);
    return ERR_OK;
}
