/* SPDX-License-Identifier: Apache-2.0
 *
 * Elevations on their way between the guard and the service: what waits for an approval is told, its answer brought back,
 * and what was used is told.
 *
 *     TRY(elevations_carry(&(struct elevations){env, folder, link_send, &link}, &waits));
 *     elevations_pause(&pause, ms);                   a pause of `run`, in which they are carried every few seconds
 *
 * The files are those of docs/formats/endpoint.md. Nothing of it is believed by the guard: an approval is signed by the
 * client, and a refusal gives nobody a right. A crash leaves a file that is told of again, which changes nothing.
 *
 * While nothing waits nothing is asked: the folder is watched, and the service is left alone.
 */
#pragma once
#include "agent/service.h"
#include "sys/env.h"

struct elevations {
    struct env *env;
    const char *folder;
    err_t (*send)(void *context, const struct service_request *request, buf_t *out_answer);
    void *context;
};

/* `*out_waits`: an approval may come at any moment. One that fails does not keep the others. */
CHECKED err_t elevations_carry(const struct elevations *elevations, bool *out_waits);

struct elevations_pause {
    struct env *env;
    const char *folder, *url;
};
void elevations_pause(const struct elevations_pause *pause, moment_t ms);
