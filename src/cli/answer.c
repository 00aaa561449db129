/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"

#include "cli/text.h"
#include <curl/curl.h>
#include <malloc.h>

static void wiping_free(void *at)
{
    if (at)
        explicit_bzero(at, malloc_usable_size(at));
    free(at);
}

static void *wiping_realloc(void *at, size_t len)
{
    size_t had = at ? malloc_usable_size(at) : 0;
    if (len && len <= had)
        return at;
    void *fresh = malloc(len ? len : 1);
    if (!fresh)
        return NULL;
    if (had)
        memcpy(fresh, at, had < len ? had : len);
    wiping_free(at);
    return fresh;
}

err_t answer_start(void)
{
    json_set_alloc_funcs(malloc, wiping_free);
    if (curl_global_init_mem(CURL_GLOBAL_SSL, malloc, wiping_free, wiping_realloc, strdup, calloc) !=
        CURLE_OK)
        return fail(ERR_BROKEN, "libcurl does not start");
    return ERR_OK;
}

err_t answer_parse(str_t text, json_t **out_object)
{
    json_t *read =
        json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    OWN(json) object = read;
    if (!json_is_object(object))
        return fail(ERR_BROKEN, "the answer is not a JSON object: is this the address of Custody?");
    *out_object = give(object);
    return ERR_OK;
}

str_t answer_text(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return str_bytes(json_string_value(text), json_string_length(text));
}

/* A code that the service has and this program does not know is taken by its status. */
static err_t code_of_status(long status)
{
    for (err_t code = ERR_OK + 1; code < ERR_COUNT; code++)
        if (err_info(code)->http == status)
            return code;
    return status == 504                   ? ERR_UNREACHABLE
           : status == 429                 ? ERR_BUSY
           : status >= 400 && status < 500 ? ERR_INVALID
                                           : ERR_BROKEN;
}

static err_t code_of_type(str_t type, long status)
{
    static const str_t prefix = {"custody:", 8};
    if (!str_starts(type, prefix))
        return code_of_status(status);
    for (err_t code = ERR_OK + 1; code < ERR_COUNT; code++) {
        const char *name = err_info(code)->name;
        if (strlen(name) == type.len - prefix.len && !strncasecmp(name, type.at + prefix.len, strlen(name)))
            return code;
    }
    return code_of_status(status);
}

err_t answer_problem(long status, str_t body)
{
    OWN(json) problem = NULL;
    OWN(buf) detail = BUF(1024);
    bool typed = answer_parse(body, &problem) == ERR_OK && json_is_string(json_object_get(problem, "type"));
    if (!typed && !answer_text(problem, "detail").len)
        return fail(code_of_status(status), "the service answers %ld and no more", status);
    err_t code = typed ? code_of_type(answer_text(problem, "type"), status) : code_of_status(status);
    text_put(&detail, answer_text(problem, "detail"));
    if (!detail.len)
        return fail(code, "%s", err_info(code)->meaning);
    return fail(code, "%s", detail.at);
}

err_t answer_page(const json_t *page, str_t cursor, json_t *items, const json_t **out_next)
{
    const json_t *next = json_object_get(page, "next");
    json_t *found = json_object_get(page, "items");
    bool is_last = json_is_null(next);
    if (!json_is_array(found) || (!is_last && !json_is_string(next)))
        return fail(ERR_BROKEN, "the answer is not a list: is this the address of Custody?");
    if (!is_last && str_eq(answer_text(page, "next"), cursor))
        return fail(ERR_BROKEN, "the list goes round in a circle");
    if (json_array_extend(items, found) != 0)
        return fail(ERR_BUSY, "no memory for the list");
    *out_next = is_last ? NULL : next;
    return ERR_OK;
}
