/* SPDX-License-Identifier: Apache-2.0
 *
 * What was copied back underneath the service, at the operator's socket: what is behind its high-water marks, and a
 * keyring that is accepted as it is.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

static err_t marks_ask(struct call *call, Keys__MarksListed **out_marks)
{
    Keys__None in = KEYS__NONE__INIT;
    return call_keys(call, &(struct question){ASK_marks_list, &in}, out_marks);
}

err_t api_marks(struct call *call)
{
    Keys__MarksListed *marks = NULL;
    TRY(marks_ask(call, &marks));
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "keyring", marks->keyring);
    object_flag(&object, "accepted", marks->accepted);
    object_number(&object, "marks", marks->marks);
    object_number(&object, "behind", (int64_t)marks->n_items);
    object_end(&object);
    return ERR_OK;
}

err_t api_marks_behind(struct call *call)
{
    Keys__MarksListed *marks = NULL;
    TRY(marks_ask(call, &marks));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < marks->n_items; i++) {
        const Keys__StoreBehind *store = marks->items[i];
        struct object object = object_begin(list_item(&list));
        object_id(&object, "id", "ten", store->tenant);
        object_text(&object, "name", store->name);
        object_number(&object, "mark", store->mark);
        object_number(&object, "seen", store->seen);
        object_moment(&object, "since", store->since);
        object_moment(&object, "accepted", store->accepted);
        object_end(&object);
    }
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_marks_accept(struct call *call)
{
    const struct marks_body *body = call->body;
    Keys__MarksAccept in = KEYS__MARKS_ACCEPT__INIT;
    Keys__None *none = NULL;
    in.typed = (char *)(uintptr_t)body->typed.at;
    TRY(call_keys(call, &(struct question){ASK_marks_accept, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}
