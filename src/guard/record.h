/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written down of a launch: what the rule lets be recorded, and nothing else. Promise collect.device.
 *
 *     record_launch(&(struct recorder){env, journal, order}, &(struct told){…});
 *
 * Its subject is the account somebody logged in with, where that is a person's; else the account whose uid it has, where
 * that is; else the device. A launch whose rule says record=none, or of a client that has switched launches off, is not
 * written; but what sudo was asked for always is, with its path, whatever its rule says: that somebody had other rights is
 * never left out. Arguments pass rules_hide().
 */
#pragma once
#include "guard/facts.h"
#include "guard/journal.h"
#include "guard/order.h"

struct recorder {
    struct env *env;
    struct journal *journal;
    const struct order *order;
    bool off; /* by the client */
};

struct told {
    int64_t at; /* of the monotonic clock; guard/heard.h */
    uid_t uid, login;
    enum decision decision;
    bool elevation, emergency; /* of sudo: a launch alone is never elevated, whatever its rule says of sudo */
    size_t rule;
    unsigned record;
    const struct file *file;
    const char *script, *parent, *reason;
    str_t args; /* each with a NUL behind it */
};

void record_launch(const struct recorder *recorder, const struct told *told);
