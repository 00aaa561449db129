/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a machine made of files in a folder, whose name is then the root that the readers are given.
 */
#pragma once
#include "agent/place.h"
#include "sys/env.h"
#include "test/test.h"

#include <sys/stat.h>

static inline err_t given_file(const char *root, const char *name, str_t bytes)
{
    struct env *env = env_real();
    place_t path = place(root, name);
    for (char *at = path.text + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(path.text, 0700);
    }
    return env->write_file(env, path.text, bytes, 0600);
}

#define GIVEN_PASSWD \
    "root:x:0:0:root:/root:/bin/bash\n" \
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n" \
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" \
    "anna:x:1000:1000:Anna:/home/anna:/bin/bash\n"
#define GIVEN_BOB "bob:x:1001:1001::/home/bob:/bin/sh\n"
#define GIVEN_GROUP \
    "root:x:0:\n" \
    "sudo:x:27:anna\n" \
    "users:x:100:bob,anna,carol\n" \
    "anna:x:1000:\n" \
    "bob:x:1001:anna\n"
#define GIVEN_DPKG \
    "Package: zsh\nStatus: install ok installed\nVersion: 5.9-4\n\n" \
    "Package: bash\nEssential: yes\nStatus: install ok installed\nVersion: 5.2.15-2+b2\nDescription: shell\n" \
    " Version: not this\n Package: nor this\n\n" \
    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n" \
    "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\n" \
    "Package: libc6\nStatus: install ok installed\nArchitecture: i386\nVersion: 2.36-9\n"

/* Two people, anna logged in by a terminal of process 7. */
static inline err_t given_machine(const char *root)
{
    TRY(given_file(root, "etc/passwd", STR(GIVEN_PASSWD GIVEN_BOB)));
    TRY(given_file(root, "etc/group", STR(GIVEN_GROUP)));
    TRY(given_file(root, "etc/login.defs", STR("# limits\nUID_MIN\t\t\t 1000\nUID_MAX 60000\n")));
    TRY(given_file(root, "var/lib/dpkg/status", STR(GIVEN_DPKG)));
    TRY(given_file(root, "proc/7/stat", STR("7 (a (b) c) S 1 7 7 34816 7 4194560\n")));
    return given_file(root, "proc/7/loginuid", STR("1000"));
}
