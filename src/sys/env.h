/* SPDX-License-Identifier: Apache-2.0
 *
 * The world outside: clock, randomness, disk and network come in through this struct and no other way, so that a
 * test can be its own world (sys/env_virtual.h). Every module that needs one of them takes it as an argument.
 *
 *     struct env *env = env_real();
 *     moment_t now = env->now(env);
 *     TRY(env->write_file(env, path, bytes, 0600));
 *
 * now           wall clock. boot: milliseconds since the machine started, suspended time included; never steps.
 * random        fills with bytes from the system's generator; cannot fail.
 * read_file     the whole file; TOO_LARGE past the buffer's limit; MISSING where there is none.
 * write_file    replaces as one step: after a crash the old bytes or the new ones are there, and once it returns the
 *               new ones are durable.
 * overwrite     in place, at an offset, durable when it returns: for keys that must not exist twice on a disk.
 * append        from an offset on, which no byte is missing before; what stood past it is gone. Durable when it returns; a
 *               crash leaves a part of it.
 * put_file      as write_file, but durable only after sync_beneath; folders on the way are made. For many at once.
 * sync_beneath  what was put beneath this folder is durable when it returns.
 * remove_file   durable when it returns; a file that is not there is no error.
 * drop_file     the same, but durable only after sync_beneath.
 * dial          a connected TCP socket, not blocking past `timeout`; UNREACHABLE where nobody answers.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include <sys/types.h>

struct env {
    moment_t (*now)(struct env *env);
    moment_t (*boot)(struct env *env);
    void (*random)(struct env *env, void *at, size_t len);
    CHECKED err_t (*read_file)(struct env *env, const char *path, buf_t *out_bytes);
    CHECKED err_t (*write_file)(struct env *env, const char *path, str_t bytes, mode_t mode);
    CHECKED err_t (*put_file)(struct env *env, const char *path, str_t bytes, mode_t mode);
    CHECKED err_t (*sync_beneath)(struct env *env, const char *folder);
    CHECKED err_t (*overwrite)(struct env *env, const char *path, off_t offset, str_t bytes);
    CHECKED err_t (*remove_file)(struct env *env, const char *path);
    CHECKED err_t (*drop_file)(struct env *env, const char *path);
    CHECKED err_t (*append)(struct env *env, const char *path, off_t offset, str_t bytes);
    CHECKED err_t (*dial)(struct env *env, const char *host, uint16_t port, int *out_fd);
    bool
        hurried; /* a world of tests: a password is stretched with the least there is, and not with what it takes */
};

struct env *env_real(void);

ident_t ident_new(struct env *env);
