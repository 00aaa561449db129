/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "api/put_forgotten.h"
#include "collect/withheld.h"

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

static int by_device(const void *key, const void *one)
{
    const ProtobufCBinaryData *device = key;
    return memcmp(device->data, ((const struct withheld *)one)->id.bytes, sizeof(ident_t));
}

/* NULL: it is not known in the store, as of a device that is gone. Both are in the order of their ids. */
static const struct withheld *withheld_by(const struct withheld_page *page, ProtobufCBinaryData device)
{
    return device.len == sizeof(ident_t) && page->count
               ? bsearch(&device, page->at, page->count, sizeof *page->at, by_device)
               : NULL;
}

static bool is_waited_for(const struct withheld_page *page, const Keys__ForgottenSubject *subject)
{
    const struct withheld *withheld = withheld_by(page, subject->device);
    return subject->withheld && withheld && withheld->told < withheld->number;
}

static void put_account(const struct withheld_page *page, const Keys__ForgottenSubject *subject, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "acc", subject->id);
    object_id(&object, "device", "dev", subject->device);
    object_flag(&object, "withheld", subject->withheld && !subject->lifted);
    object_flag(&object, "acknowledged", subject->withheld && !is_waited_for(page, subject));
    object_moment(&object, "lifted", subject->lifted);
    object_flag(&object, "held", subject->held);
    object_end(&object);
}

static void put_accounts(const struct withheld_page *page, const Keys__Forgotten *forgotten, buf_t *json)
{
    const char *before = "[";
    for (size_t i = 0; i < forgotten->n_subjects; i++)
        if (forgotten->subjects[i]->device.len) {
            buf_put(json, str(before));
            put_account(page, forgotten->subjects[i], json);
            before = ",";
        }
    buf_put(json, *before == '[' ? STR("[]") : STR("]"));
}

/* Of several accounts of one device the first stands for it. */
static bool is_first_of_device(const Keys__Forgotten *forgotten, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq(bin(forgotten->subjects[i]->device), bin(forgotten->subjects[at]->device)))
            return false;
    return true;
}

static void put_waiting(const struct withheld_page *page, const Keys__Forgotten *forgotten, buf_t *json)
{
    const char *before = "[";
    for (size_t i = 0; i < forgotten->n_subjects; i++) {
        const Keys__ForgottenSubject *subject = forgotten->subjects[i];
        if (!is_waited_for(page, subject) || !is_first_of_device(forgotten, i))
            continue;
        buf_putf(json, "%s\"%s\"", before, id_text("dev", subject->device).text);
        before = ",";
    }
    buf_put(json, *before == '[' ? STR("[]") : STR("]"));
}

static ProtobufCBinaryData member_of(const Keys__Forgotten *forgotten)
{
    for (size_t i = 0; i < forgotten->n_subjects; i++)
        if (!forgotten->subjects[i]->device.len)
            return forgotten->subjects[i]->id;
    return (ProtobufCBinaryData){0};
}

static int64_t keys_left(const Keys__Forgotten *forgotten)
{
    int64_t keys = 0;
    for (size_t i = 0; i < forgotten->n_subjects; i++)
        keys += forgotten->subjects[i]->keys;
    return keys;
}

static void put_one(const struct withheld_page *page, const Keys__Forgotten *forgotten, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "fgt", forgotten->id);
    object_moment(&object, "at", forgotten->at);
    object_id(&object, "by", "usr", forgotten->by);
    put_accounts(page, forgotten, object_value(&object, "accounts"));
    object_id(&object, "member", "usr", member_of(forgotten));
    object_number(&object, "mentions", forgotten->mentions);
    object_number(&object, "entry", forgotten->entry);
    object_number(&object, "keys", keys_left(forgotten));
    object_moment(&object, "dropped", forgotten->dropped);
    object_moment(&object, "removed", forgotten->removed);
    object_moment(&object, "rolled", forgotten->rolled);
    put_waiting(page, forgotten, object_value(&object, "waiting"));
    object_end(&object);
}

err_t put_forgotten(struct call *call, const Keys__Forgotten *forgotten, buf_t *json)
{
    struct withheld_page page;
    TRY(withheld_all(&call->desk, call->tenant, &page));
    put_one(&page, forgotten, json);
    return ERR_OK;
}

err_t api_forgotten_list(struct call *call)
{
    Keys__Forgottens *all = NULL;
    struct withheld_page page;
    struct list list = list_begin(&call->reply->body);
    TRY(call_keys_bearer(call, ASK_forgotten_list, &all));
    TRY(withheld_all(&call->desk, call->tenant, &page));
    for (size_t i = 0; i < all->n_items; i++)
        put_one(&page, all->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}
