/* SPDX-License-Identifier: Apache-2.0
 *
 * The people of the client and of the provider.
 */
#include "api/object.h"
#include "api/put.h"

static void put_person(const Keys__Member *member, buf_t *out_json)
{
    struct object user = object_begin(out_json);
    object_text(&user, "full_name", member->full_name);
    object_text(&user, "username", member->username);
    object_text(&user, "email", member->email);
    object_end(&user);
}

void put_member(const Keys__Member *member, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "usr", member->id);
    object_text(&object, "role", member->role);
    object_text(&object, "state", member->state);
    object_moment(&object, "made", member->made);
    object_moment(&object, "disabled", member->disabled);
    object_number(&object, "edition", member->edition);
    if (member->named)
        put_person(member, object_value(&object, "user"));
    else
        object_text(&object, "user", "");
    object_end(&object);
}

/* Who invites the provider's people is whoever runs the machine: no member. */
void put_invitation(const Keys__Invitation *invitation, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "inv", invitation->id);
    object_text(&object, "role", invitation->role);
    object_moment(&object, "made", invitation->made);
    object_moment(&object, "until", invitation->until);
    object_id(&object, "by", "usr", invitation->by);
    object_id(&object, "user", "usr", invitation->member);
    if (*invitation->link)
        object_text(&object, "link", invitation->link);
    object_end(&object);
}

void put_staff(const Keys__StaffMember *member, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "stf", member->id);
    object_flag(&object, "current", member->current);
    object_text(&object, "lacks", member->lacks);
    object_text(&object, "full_name", member->full_name);
    object_text(&object, "username", member->username);
    object_text(&object, "email", member->email);
    object_moment(&object, "made", member->made);
    object_text(&object, "agreement", member->agreement);
    object_moment(&object, "signed_at", member->signed_at);
    object_moment(&object, "security_at", member->security_at);
    object_moment(&object, "privacy_at", member->privacy_at);
    object_moment(&object, "until", member->until);
    object_end(&object);
}

void put_order(const Keys__Order *order, buf_t *out_json)
{
    const char *prefix = strcmp(order->act, "staff.end") == 0       ? "stf"
                         : strcmp(order->act, "clock.confirm") == 0 ? "clk"
                         : strcmp(order->act, "hold.release") == 0  ? "hld"
                                                                    : "ten";
    struct object object = object_begin(out_json);
    object_id(&object, "id", "ord", order->id);
    object_text(&object, "act", order->act);
    object_id(&object, "target", prefix, order->target);
    object_text(&object, "name", order->name);
    object_text(&object, "does", order->does);
    object_text(&object, "state", order->state);
    object_id(&object, "by", "stf", order->by);
    object_text(&object, "by_name", order->by_name);
    object_moment(&object, "made", order->made);
    object_moment(&object, "until", order->until);
    object_id(&object, "second", "stf", order->second);
    object_text(&object, "second_name", order->second_name);
    object_end(&object);
}
