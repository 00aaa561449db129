/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper.h"

#include "agent/object.h"
#include "base/limits.h"

enum { FIELD_MOMENT, FIELD_COUNT, FIELD_FLAG, FIELD_TEXT };

#define AT(member) offsetof(struct keeper_state, member)
static const struct {
    const char *name;
    int kind;
    size_t at, room;
} fields[] = {
    {"began", FIELD_MOMENT, AT(began), 0},
    {"exported", FIELD_MOMENT, AT(exported), 0},
    {"devices_reported", FIELD_MOMENT, AT(reported[REPORT_DEVICES]), 0},
    {"storage_reported", FIELD_MOMENT, AT(reported[REPORT_STORAGE]), 0},
    {"cursor", FIELD_COUNT, AT(cursor), 0},
    {"follows", FIELD_FLAG, AT(follows), 0},
    {"exports", FIELD_COUNT, AT(exports), 0},
    {"reports", FIELD_COUNT, AT(reports), 0},
    {"alerts", FIELD_COUNT, AT(alerts), 0},
    {"export", FIELD_TEXT, AT(export), KEEPER_ID},
    {"ticket", FIELD_TEXT, AT(ticket), KEEPER_TICKET},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static err_t field_read(const json_t *object, size_t i, struct keeper_state *state)
{
    char *at = (char *)state + fields[i].at;
    const json_t *value = json_object_get(object, fields[i].name);
    if (!value)
        return ERR_OK; /* of an earlier version */
    if (fields[i].kind == FIELD_TEXT) {
        str_t text = object_text(object, fields[i].name);
        if (!json_is_string(value) || text.len >= fields[i].room || memchr(text.at, 0, text.len))
            return fail(ERR_BROKEN, "keeper.json: %s is damaged", fields[i].name);
        memcpy(at, text.at, text.len);
        at[text.len] = '\0';
        return ERR_OK;
    }
    if (fields[i].kind == FIELD_FLAG) {
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ? ERR_OK
                                      : fail(ERR_BROKEN, "keeper.json: %s is damaged", fields[i].name);
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return fail(ERR_BROKEN, "keeper.json: %s is damaged", fields[i].name);
    *(int64_t *)(void *)at = json_integer_value(value);
    return ERR_OK;
}

err_t keeper_state_read(str_t text, struct keeper_state *out_state)
{
    OWN(json) object = NULL;
    struct keeper_state state = {0};
    TRY(object_read(text, &object));
    for (size_t i = 0; i < FIELDS; i++)
        TRY(field_read(object, i, &state));
    *out_state = state;
    return ERR_OK;
}

void keeper_state_put(const struct keeper_state *state, buf_t *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const char *at = (const char *)state + fields[i].at;
        buf_putf(out, "%s\n  \"%s\": ", i ? "," : "{", fields[i].name);
        if (fields[i].kind == FIELD_TEXT)
            buf_put_json(out, str(at));
        else if (fields[i].kind == FIELD_FLAG)
            buf_put(out, *(const bool *)at ? STR("true") : STR("false"));
        else
            buf_putf(out, "%lld", (long long)*(const int64_t *)(const void *)at);
    }
    buf_put(out, STR("\n}\n"));
}
