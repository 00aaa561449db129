/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of cycles: a service that stores what it is sent as the real one does, whose answers can be lost on the
 * way, and an enrolled machine in front of it.
 */
#pragma once
#include "agent/given.h"
#include "agent/report.h"
#include "agent/state.h"
#include "sys/env_virtual.h"

enum { RECEIVER_ITEMS = 8192, RECEIVER_NUMBERS = 256 };

struct receiver_item {
    uint32_t concept;
    ident_t id, subject;
    uint8_t digest[DIGEST_SIZE]; /* of the packed list */
    bool gone;
};

struct receiver {
    ident_t device, epoch, announced[RECEIVER_ITEMS];
    struct receiver_item items[RECEIVER_ITEMS];
    size_t announced_count, item_count, reports, stored, largest, asked;
    uint64_t sequence;
    uint8_t seen[RECEIVER_NUMBERS][DIGEST_SIZE]; /* the bytes of each report of the epoch */
    int lose;                                    /* the n-th answer from now is lost; 0: none */
    bool away;
    err_t refuse, refuse_settings; /* reports, for what they are; the settings */
    const char *settings;          /* NULL: a service that has none */
    const char *policy, *signer;   /* NULL: there is none */
    char path[256];                /* that the settings were asked for by, last */
    const char *withheld, *withholder;
    size_t policies_asked, signers_asked;
    bool keeps_keys, swaps_keys; /* it gives none to seal to; or such as another authority vouches for */
    ident_t tenant, realm;
    const char *wrong; /* what a real service would not have taken */
    arena_t arena;
    str_t clear[RECEIVER_ITEMS]; /* the packed lists */
};

/* Everything a test of cycles needs. */
struct stage {
    struct world world;
    struct receiver *service;
    struct reporter reporter;
};
typedef struct stage stage_own;
void stage_drop(struct stage *stage);

#define STAGE_FOLDER "/state"

err_t given_stage(struct stage *stage, uint64_t seed);
err_t given_cycle(struct stage *stage, size_t *out_items);
err_t given_state(struct stage *stage, struct state *out_state);

/* What the service holds is what the machine is, under its switches: nothing lost, nothing more. */
bool service_has_everything(struct stage *stage);
size_t items_gone(const struct stage *stage);
bool is_on_disk(struct stage *stage, const char *name);
size_t files_in_spool(const struct stage *stage);
