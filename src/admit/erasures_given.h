/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the erasure of clients: one to be erased and another beside it, the steps one by one as the other processes ask
 * for them, and what the keyring has left of an id.
 */
#pragma once
#include "admit/people_given.h"
#include "keyring/erasure.h"

/* A client with a device and a notice address, and another beside it. */
struct scene {
    struct given given;
    struct given_tenant tenant, other;
    ident_t device, erasure;
};
typedef struct scene scene_own;
static inline void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static inline char *text(const char *of) { return (char *)(uintptr_t)of; }
#define ADDRESS "ops@example.org"

CHECKED err_t given_a_scene(struct scene *scene);
void given_keyring_gone(void);
CHECKED err_t given_asked_for(struct scene *scene, const char *typed, const char *password);
CHECKED err_t given_later(struct scene *scene, moment_t time);
CHECKED err_t given_marked(struct scene *scene);
CHECKED err_t given_told(struct scene *scene, enum erased_store store, bool done);
CHECKED err_t given_swept(struct scene *scene);
CHECKED err_t given_emptied(struct scene *scene);
CHECKED err_t given_closed(struct scene *scene);
const Keys__Erasure *shown(struct scene *scene);
bool stands(struct scene *scene, const char *state);
CHECKED err_t confirmed(struct scene *scene, const struct given_person *by, const Keys__Order *order);
const char *left_of(struct scene *scene, ident_t id);
CHECKED err_t given_reopened(struct scene *scene);
