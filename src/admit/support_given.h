/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of support access: what was asked for and by whom, the client's answer, and an open under it.
 */
#pragma once
#include "admit/people_given.h"
#include "test/test.h"

/* A client with a device and a record of it, and one of the provider's people who has asked for an hour. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, request;
    struct given_record record;
    struct given_person sam;
};
typedef struct scene scene_own;
static inline void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static inline err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    TRY(given_record(&scene->given, &scene->tenant, scene->device, &scene->record));
    TRY(given_staff(&scene->given, "sam", &scene->sam));
    return given_asked_support(
        &scene->given, &(struct given_case){&scene->sam, &scene->tenant, scene->device}, &scene->request);
}

static inline err_t answered(struct scene *scene, enum ask_number number)
{
    return given_named(&scene->given, number, scene->tenant.cookie, scene->request, NULL);
}

static inline err_t scene_granted(struct scene *scene)
{
    TRY(scene_open(scene));
    return answered(scene, ASK_request_approve);
}

static inline err_t sam_opens(struct scene *scene)
{
    return given_open(&scene->given, scene->sam.cookie, scene->request, &scene->record);
}
