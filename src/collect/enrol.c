/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/intake.h"

#include "base/limits.h"
#include "concept/device.h"
#include "crypt/cert.h"

struct newcomer {
    struct desk *desk;
    struct device plain;
};

/* Enrolling again leaves what is there as it is. */
static err_t device_put_once(struct tx *tx, void *with)
{
    struct newcomer *newcomer = with;
    struct record_page page = {0};
    const struct record record = {
        .id = newcomer->plain.id,
        .subject = newcomer->plain.id,
        .changed = newcomer->plain.enrolled,
        .plain = &newcomer->plain,
    };
    TRY(record_list(tx, &device_concept, &(struct record_ask){.id = &record.id}, newcomer->desk->arena,
                    &page));
    return page.count ? ERR_OK : record_put(tx, &device_concept, &record);
}

err_t intake_enrol(struct desk *desk, str_t key, str_t request_der, struct enrolled *out_enrolled)
{
    OWN(buf) public_der = BUF(4096);
    Keys__Enrol in = KEYS__ENROL__INIT;
    Keys__Enrolled *out = NULL;
    struct newcomer newcomer = {.desk = desk};
    struct enrolled enrolled;
    TRY(cert_request_read(request_der, &public_der));
    in.key = (char *)(uintptr_t)arena_copy(desk->arena, key).at;
    in.public_der = (ProtobufCBinaryData){public_der.len, (uint8_t *)public_der.at};
    TRY(keys_ask(desk->channel, &(struct question){ASK_enrol, &in}, desk->arena, &out));
    TRY(ident_from(str_bytes(out->tenant.data, out->tenant.len), &enrolled.tenant));
    TRY(ident_from(str_bytes(out->device.data, out->device.len), &enrolled.device));
    enrolled.certificate_pem = str_bytes(out->certificate.data, out->certificate.len);
    newcomer.plain = (struct device){.id = enrolled.device, .enrolled = out->made, .seen = out->made};
    TRY(store_write(desk->store, enrolled.tenant, device_put_once, &newcomer));
    *out_enrolled = enrolled;
    return ERR_OK;
}
