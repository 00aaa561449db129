/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/asks_given.h"

enum { READS, WRITES, ALONE };

const struct given_ask given_asks[] = {
#define A(number, name, takes, gives, mode, asker, act) \
    {number, #name, &keys__##takes##__descriptor, ASKER_##asker == ASKER_WEB, mode != READS},
    ASK_TABLE(A)
#undef A
};
const size_t given_ask_count = sizeof given_asks / sizeof *given_asks;

static const struct {
    const char *field, *text;
} texts[] = {
    {"username", "ana"},   {"role", "viewer"},           {"reason", "question"}, {"case_id", "4711"},
    {"acts", "open"},      {"topic", "privacy"},         {"kind", "device"},     {"act", "tenant.erase"},
    {"claim", "ccl_AAAA"}, {"link", "cin_AAAA"},         {"key", "cdk_AAAA"},    {"email", "a@example.org"},
    {"store", "rows"},     {"licence_end", "2099-01-01"}};

static const char *text_of(const struct given_fill *fill, const char *field)
{
    if (!strcmp(field, "bearer"))
        return fill->bearer;
    if (!strcmp(field, "kit"))
        return fill->kit;
    if (!strcmp(field, "tenant") || !strcmp(field, "typed"))
        return fill->client;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].field, field))
            return texts[i].text;
    return "x";
}

static str_t bytes_of(const struct given_fill *fill, const char *field)
{
    static const uint8_t document[DIGEST_SIZE];
    str_t box = {0};
    if (!strcmp(field, "boxes") &&
        seal_box(str_bytes(fill->record->sealed, fill->record->len), &box) == ERR_OK)
        return box;
    if (!strcmp(field, "password") || !strcmp(field, "new_password"))
        return str(fill->password);
    if (!strcmp(field, "document") || !strcmp(field, "digest"))
        return str_bytes(document, sizeof document);
    if (!strcmp(field, "tenant"))
        return ident_bytes(&fill->tenant);
    if (!strcmp(field, "request"))
        return ident_bytes(&fill->request);
    if (!strcmp(field, "subjects") || !strncmp(field, "device", 6))
        return ident_bytes(&fill->device);
    return ident_bytes(&fill->id);
}

static int64_t number_of(const struct given *given, const char *field)
{
    if (!strcmp(field, "until"))
        return given->env->now(given->env) + DAYS(1);
    if (!strcmp(field, "at"))
        return given->env->now(given->env);
    return !strcmp(field, "minutes") || !strcmp(field, "longest") ? 30 : 1;
}

static void *message_of(struct given *given, const ProtobufCMessageDescriptor *type,
                        const struct given_fill *fill);

/* One value of the field's type. */
static void value_put(struct given *given, const ProtobufCFieldDescriptor *field,
                      const struct given_fill *fill, void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = (char *)(uintptr_t)text_of(fill, field->name);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at = given_bin(bytes_of(fill, field->name));
        break;
    case PROTOBUF_C_TYPE_MESSAGE: /* the password is typed instead */
        *(void **)at = strcmp(field->name, "passkey") ? message_of(given, field->descriptor, fill) : NULL;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(int64_t *)at = number_of(given, field->name);
        break;
    default: /* false, and 0 */
        break;
    }
}

enum { VALUE_MOST = sizeof(ProtobufCBinaryData) };

static void *message_of(struct given *given, const ProtobufCMessageDescriptor *type,
                        const struct given_fill *fill)
{
    char *message = arena_take(&given->arena, type->sizeof_message);
    if (!message)
        abort();
    protobuf_c_message_init(type, message);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        void *at = message + field->offset;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            void *one = arena_take(&given->arena, VALUE_MOST);
            *(size_t *)(void *)(message + field->quantifier_offset) = 1;
            *(void **)at = one;
            at = one;
        }
        value_put(given, field, fill, at);
    }
    return message;
}

err_t given_filled(struct given *given, const struct given_ask *ask, const struct given_fill *fill,
                   buf_t *out_body)
{
    OWN(buf) packed = BUF(MAX_ASK);
    const void *message = message_of(given, ask->takes, fill);
    uint8_t code = 0;
    char *at = buf_room(&packed, protobuf_c_message_get_packed_size(message));
    if (at)
        protobuf_c_message_pack(message, (uint8_t *)at);
    TRY(buf_end(&packed));
    keys_answer(given->keyring,
                &(struct asked){ask->web ? ASKER_WEB : ASKER_JOBS, ask->number, buf_str(&packed)}, out_body,
                &code);
    return code == ERR_OK ? ERR_OK : fail((err_t)code, "%.*s", STR_ARG(buf_str(out_body)));
}

bool given_has(const ProtobufCMessageDescriptor *type, const char *field)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *one = &type->fields[i];
        if (!strcmp(one->name, field) ||
            (one->type == PROTOBUF_C_TYPE_MESSAGE && given_has(one->descriptor, field)))
            return true;
    }
    return false;
}
