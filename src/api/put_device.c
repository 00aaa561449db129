/* SPDX-License-Identifier: Apache-2.0 */
#include "api/put_device.h"

#include "api/put.h"
#include "concept/json.h"

struct part {
    const char *name;
    bool broken;
};

/* What its endpoint sealed and is no record. */
static void put_broken(const struct part *parts, size_t count, buf_t *out_json)
{
    const char *comma = "";
    buf_put(out_json, STR(",\"broken\":["));
    for (const struct part *part = parts; part < parts + count; part++) {
        if (part->broken)
            buf_putf(out_json, "%s\"%s\"", comma, part->name);
        comma = part->broken ? "," : comma;
    }
    buf_put(out_json, STR("]"));
}

static void put_device(const struct device *device, const char *state, buf_t *out_json)
{
    concept_put_json_open(&device_concept, device, out_json);
    buf_putf(out_json, ",\"state\":\"%s\"", state);
}

void put_device_page(const struct device_page *page, buf_t *out_json)
{
    struct list list = list_begin(out_json);
    for (size_t i = 0; i < page->count; i++) {
        put_device(&page->devices[i], page->states[i], list_item(&list));
        put_broken(&(struct part){"name", page->broken[i]}, 1, out_json);
        buf_put(out_json, STR("}"));
    }
    ident_text_t next = {{0}};
    if (page->more)
        next = ident_text(device_concept.prefix, page->devices[page->count - 1].id);
    list_end(&list, page->more ? next.text : NULL);
}

/* One named array of a device; accounts also say whether they are the system's. */
static void put_entries(const concept_t *c, const struct entries *entries, buf_t *out_json)
{
    buf_putf(out_json, ",\"%s\":[", c->plural);
    for (size_t i = 0; i < entries->count; i++) {
        const void *record = (const char *)entries->records + i * c->size;
        if (i)
            buf_put(out_json, STR(","));
        concept_put_json_open(c, record, out_json);
        if (c == &account_concept)
            buf_putf(out_json, ",\"system\":%s", entries->of_device[i] ? "true" : "false");
        buf_put(out_json, STR("}"));
    }
    buf_put(out_json, STR("]"));
}

void put_device_whole(const struct device_whole *whole, buf_t *out_json)
{
    const struct part parts[] = {{"name", whole->broken},
                                 {address_concept.plural, whole->addresses.broken},
                                 {account_concept.plural, whole->accounts.broken},
                                 {group_concept.plural, whole->groups.broken},
                                 {program_concept.plural, whole->programs.broken}};
    put_device(&whole->device, whole->state, out_json);
    put_broken(parts, sizeof parts / sizeof *parts, out_json);
    put_entries(&address_concept, &whole->addresses, out_json);
    put_entries(&account_concept, &whole->accounts, out_json);
    put_entries(&group_concept, &whole->groups, out_json);
    put_entries(&program_concept, &whole->programs, out_json);
    buf_put(out_json, STR("}"));
}
