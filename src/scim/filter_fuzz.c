/* SPDX-License-Identifier: Apache-2.0
 *
 * A stranger's filter and path: what is read can be held against a resource.
 */
#include "scim/filter.h"

enum { ROOM = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(scim_filter) filter = NULL;
    struct scim_path path = {.filter = NULL};
    json_t *resource = json_pack("{s:s,s:[{s:s,s:b}],s:b}", "userName", "bea", "emails", "value", "b@e",
                                 "primary", 1, "active", 1);
    if (scim_filter_read(str_bytes(at, len), &arena, &filter) == ERR_OK) {
        (void)scim_filter_fits(filter, resource);
        str_t only = scim_filter_only(filter, "userName");
        if (only.len > MAX_FILTER)
            abort();
    }
    if (scim_path_read(str_bytes(at, len), &arena, &path) == ERR_OK && !path.attribute.len)
        abort();
    scim_filter_drop(&path.filter);
    json_decref(resource);
    return 0;
}
