/* SPDX-License-Identifier: Apache-2.0
 *
 * What a foreign agent tells of its machine, in the terms of the closed list: people still by their names, which become
 * account ids before anything is stored (collect/foreign.h). Promise collect.device: what has no place here is dropped
 * where it is read.
 *
 * A list is told whole or not at all. All of it lives in the arena that it was read into.
 */
#pragma once
#include "base/arena.h"
#include "concept/address.h"
#include "concept/device.h"
#include "concept/launch.h"
#include "concept/program.h"

/* clang-format off */
/*    kind      entries               told in records of */
#define FOUND_KINDS(F) \
    F(NAME,     struct device,        &device_concept)   /* one, with the computer's name */ \
    F(MACS,     struct address,       &address_concept) \
    F(IPS,      struct address,       &address_concept) \
    F(ACCOUNTS, struct found_account, NULL)              /* all of the machine */ \
    F(PEOPLE,   struct found_account, NULL)              /* some, told again only where they are not known yet */ \
    F(GROUPS,   struct found_group,   NULL) \
    F(DEBS,     struct program,       &program_concept) \
    F(RPMS,     struct program,       &program_concept) \
    F(PROGRAMS, struct program,       &program_concept)  /* of Windows */ \
    F(APPS,     struct program,       &program_concept)  /* of macOS */ \
    F(LAUNCHES, struct found_launch,  NULL)
/* clang-format on */

enum found_kind {
#define F(kind, type, concept) FOUND_##kind,
    FOUND_KINDS(F)
#undef F
        FOUND_COUNT
};

struct found_account {
    str_t name;
    bool person; /* not the system's own */
    bool logged_in;
};

/* A group that bears a person's name is told without it. */
struct found_group {
    int64_t gid;
    str_t name;
    bool personal; /* the name is some person's */
    const struct found_account *members;
    size_t count;
};

struct found_launch {
    struct found_account by;
    struct launch launch; /* its account is not set yet */
};

struct found_list {
    bool told;
    void *records;
    size_t count;
};

struct found {
    struct found_list lists[FOUND_COUNT];
    size_t dropped; /* rows that fit nowhere */
};

/* A name that may stand in a record: UTF-8 of 1 to MAX_NAME bytes without control characters. */
bool found_is_name(str_t name);

/* What is known of an account whose number nobody told: root, daemons and Windows' own are the system's. */
bool found_is_person(str_t name);
