/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that somebody wants to run, and what the kernel's files say about who does. The first byte chooses; of the
 * arguments of a call a target lies among them. */
#include "guard/look.h"
#include "guard/mounts.h"
#include "guard/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void arguments_try(str_t text)
{
    static struct call call;
    call.used = text.len < CALL_BYTES - 1 ? text.len : CALL_BYTES - 1;
    memcpy(call.bytes, text.at, call.used);
    cmdline_text_read(&call);
    static const char *const interpreters[] = {"/bin/sh", "/usr/bin/python3.11", "/bin/bash", "/usr/bin/gawk",
                                               "/x"};
    require(call.count <= CALL_ARGS);
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
        size_t target = script_target(str(interpreters[i]), call.args, call.count);
        require(!target || target < call.count);
    }
    require(!loader_target(call.args, call.count) || loader_target(call.args, call.count) < call.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct look look;
    static struct mount mount;
    struct process process;
    struct call_at call;
    str_t text = len ? str_bytes(at + 1, len - 1) : (str_t){0};
    switch (len ? at[0] % 5 : 0) {
    case 0:
        look_at(STR("/usr/bin/x"), text, &look);
        require(strlen(look.interpreter) <= SHEBANG_MAX);
        break;
    case 1:
        require(status_text_read(text, &process) != ERR_OK || process.pid);
        break;
    case 2:
        require(syscall_text_read(text, &call) != ERR_OK || len > 10);
        break;
    case 3:
        require(!mount_line_read(text, &mount) || (mount.path[0] == '/' && mount.root[0] == '/'));
        break;
    default:
        arguments_try(text);
    }
    return 0;
}
