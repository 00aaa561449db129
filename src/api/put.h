/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of the keys process as JSON, and the frame of a list.
 */
#pragma once
#include "api/route.h"
#include "concept/csv.h"

void put_tenant(const Keys__Tenant *tenant, buf_t *out_json);
void put_session(const Keys__Who *who, buf_t *out_json);
void put_token(const Keys__Token *token, buf_t *out_json);
void put_deployment(const Keys__Deployment *deployment, buf_t *out_json);

void put_member(const Keys__Member *member, buf_t *out_json);
void put_invitation(const Keys__Invitation *invitation, buf_t *out_json);
void put_process(const Keys__Process *process, buf_t *out_json);
void put_request(const Keys__Request *request, buf_t *out_json);
void put_request_row(const Keys__Request *request, buf_t *out_csv);
#define REQUEST_ROW_HEAD \
    "id,kind,state,by,by_name,made,until,case,reason,words,acts,minutes,devices,member,answers,from,to,ended,opens\r\n"
void put_staff(const Keys__StaffMember *member, buf_t *out_json);
void put_order(const Keys__Order *order, buf_t *out_json);

/* {"items":[ … ],"next":…}: before each item list_item(), at the end list_end() with the cursor, NULL for the last. */
struct list {
    buf_t *json;
    size_t count;
};
struct list list_begin(buf_t *json);
buf_t *list_item(struct list *list);
void list_end(struct list *list, const char *next);
