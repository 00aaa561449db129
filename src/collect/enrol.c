/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "collect/intake.h"
#include "collect/switches.h"
#include "concept/codec.h"
#include "concept/device.h"
#include "crypt/cert.h"
#include "seal/seal.h"

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

struct arriving {
    struct desk *desk;
    struct device plain;
    str_t sealed;
};

/* Enrolling again leaves what is there as it is. */
static err_t device_put_once(struct tx *tx, void *with)
{
    struct arriving *arriving = with;
    struct record_page page = {0};
    const struct record record = {
        .id = arriving->plain.id,
        .subject = arriving->plain.id,
        .entries = arriving->sealed.at != NULL,
        .changed = arriving->plain.enrolled,
        .sealed = arriving->sealed,
        .plain = &arriving->plain,
    };
    TRY(record_list(tx, &device_concept, &(struct record_ask){.id = &record.id}, arriving->desk->arena,
                    &page));
    return page.count ? ERR_OK : record_put(tx, &device_concept, &record);
}

/* So that who approves it can see what it is called. */
static err_t name_seal(struct arriving *arriving, const Keys__Enrolled *out, str_t name)
{
    const struct device named = {.name = name};
    struct seal_place place = {.id = arriving->plain.id, .concept = device_concept.number};
    struct key public;
    OWN(buf) packed = BUF(MAX_NAME * 2);
    OWN(buf) frame = BUF(MAX_NAME * 4);
    OWN(buf) sealed = BUF(MAX_NAME * 16);
    TRY(ident_from(bin(out->realm), &place.realm));
    TRY(key_from(bin(out->public_), &public));
    TRY(codec_pack(&device_concept, &named, 1, arriving->desk->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    seal_put(arriving->desk->env, &public, &place, buf_str(&frame), &sealed);
    TRY(buf_end(&sealed));
    arriving->sealed = arena_copy(arriving->desk->arena, buf_str(&sealed));
    return arena_end(arriving->desk->arena);
}

static err_t device_keep(struct desk *desk, const Keys__Enrolled *out, str_t name,
                         const struct enrolled *enrolled)
{
    struct collection collection;
    struct arriving arriving = {.desk = desk,
                                .plain = {.id = enrolled->device, .enrolled = out->made, .seen = out->made}};
    TRY(switches_read(desk, enrolled->tenant, &collection));
    if (out->public_.len && collection.computer_name)
        TRY(name_seal(&arriving, out, name));
    return store_write(desk->store, enrolled->tenant, device_put_once, &arriving);
}

static err_t enrolled_keep(struct desk *desk, const Keys__Enrolled *out, str_t name,
                           struct enrolled *out_enrolled)
{
    struct enrolled enrolled = {.certificate_pem = bin(out->certificate),
                                .state = str(out->state),
                                .signer = str(out->signer),
                                .node_key = str(out->node_key)};
    TRY(ident_from(bin(out->tenant), &enrolled.tenant));
    TRY(ident_from(bin(out->device), &enrolled.device));
    TRY(device_keep(desk, out, name, &enrolled));
    *out_enrolled = enrolled;
    return ERR_OK;
}

err_t intake_enrol(struct desk *desk, const struct newcomer *newcomer, struct enrolled *out_enrolled)
{
    OWN(buf) public_der = BUF(4096);
    Keys__Enrol in = KEYS__ENROL__INIT;
    Keys__Enrolled *out = NULL;
    bool foreign = newcomer->machine.len != 0;
    if (!foreign)
        TRY(cert_request_read(newcomer->request_der, &public_der));
    in.key = (char *)(uintptr_t)arena_copy(desk->arena, newcomer->key).at;
    in.name = (char *)(uintptr_t)arena_copy(desk->arena, newcomer->name).at;
    in.machine = (char *)(uintptr_t)arena_copy(desk->arena, newcomer->machine).at;
    in.node = newcomer->node;
    in.public_der = (ProtobufCBinaryData){public_der.len, (uint8_t *)public_der.at};
    TRY(arena_end(desk->arena));
    const struct question question = {foreign ? ASK_foreign_enrol : ASK_enrol, &in};
    TRY(keys_ask(desk->channel, &question, desk->arena, &out));
    return enrolled_keep(desk, out, newcomer->name, out_enrolled);
}

err_t intake_allowed(struct desk *desk, const struct intake *intake)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    Keys__Publics *out = NULL;
    in.tenant = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->tenant.bytes};
    in.device = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->device.bytes};
    return keys_ask(desk->channel, &(struct question){ASK_subjects_publics, &in}, desk->arena, &out);
}

err_t intake_renew(struct desk *desk, const struct intake *intake, str_t *out_certificate_pem)
{
    OWN(buf) public_der = BUF(4096);
    Keys__Renew in = KEYS__RENEW__INIT;
    Keys__Certificate *out = NULL;
    TRY(cert_request_read(intake->body, &public_der));
    in.tenant = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->tenant.bytes};
    in.device = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->device.bytes};
    in.public_der = (ProtobufCBinaryData){public_der.len, (uint8_t *)public_der.at};
    TRY(keys_ask(desk->channel, &(struct question){ASK_renew, &in}, desk->arena, &out));
    *out_certificate_pem = bin(out->pem);
    return ERR_OK;
}
