/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/switches.h"

enum { LAST_OF_THE_FIRST = 9 }; /* tags of concept/collection.h */

static bool *flag_in(const struct collection *collection, const field_t *f)
{
    return f->kind == KIND_FLAG ? field_in(collection, f) : NULL;
}

/* A switch that came after the others: where a service, or a state kept from before, has no word for it, it is on. */
static bool is_later(const field_t *f) { return f->tag > LAST_OF_THE_FIRST; }

err_t switches_from(const json_t *object, struct switches *out_switches)
{
    struct switches switches = {.known = true};
    uint64_t version = 0;
    for_each_field(f, &collection_concept) {
        bool *flag = flag_in(&switches.collection, f);
        const json_t *value = json_object_get(object, f->name);
        if (flag && !json_is_boolean(value) && (value || !is_later(f)))
            return fail(ERR_INVALID, "the settings do not say whether %s may be collected", f->name);
        if (flag)
            *flag = !value || json_is_true(value);
    }
    if (json_object_get(object, "version"))
        TRY(object_number(object, "version", &version));
    switches.collection.version = (int64_t)version;
    *out_switches = switches;
    return ERR_OK;
}

err_t switches_read(str_t json, struct switches *out_switches)
{
    OWN(json) object = NULL;
    TRY(object_read(json, &object));
    return switches_from(object, out_switches);
}

void switches_put(const struct switches *switches, buf_t *out_json)
{
    buf_putf(out_json, "{");
    for_each_field(f, &collection_concept) {
        const bool *flag = flag_in(&switches->collection, f);
        if (flag)
            buf_putf(out_json, "\"%s\":%s,", f->name, *flag ? "true" : "false");
    }
    buf_putf(out_json, "\"version\":%lld}", (long long)switches->collection.version);
}

bool switches_allow(const struct switches *switches, purpose_t purpose)
{
    return !switches->known || collection_allows(&switches->collection, purpose);
}

bool switches_same(const struct switches *a, const struct switches *b)
{
    bool same = a->known == b->known && a->collection.version == b->collection.version;
    for_each_field(f, &collection_concept) {
        const bool *one = flag_in(&a->collection, f), *other = flag_in(&b->collection, f);
        same = same && (!one || *one == *other);
    }
    return same;
}
