#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file system whose files are slow to read, or never are (FUSE); and programs with an argument that lies in one.

    hanging.py mount FOLDER TEXT SECONDS    until it is killed; every file there holds TEXT, after so many seconds; 0: never
    hanging.py run FILE PROGRAM             PROGRAM, with what stands in FILE as its argument

As whoever may open /dev/fuse can make one, in a user namespace of his own. Source: linux/fuse.h."""
import ctypes, mmap, os, struct, sys, threading

LIBC = ctypes.CDLL(None, use_errno=True)
LOOKUP, GETATTR, OPEN, READ, INIT, OPENDIR = 1, 3, 14, 15, 26, 27
SILENT = (2, 36, 42)  # forget, interrupt


def about(node):
    mode = 0o40755 if node == 1 else 0o100755
    return struct.pack("<6Q10I", node, mmap.PAGESIZE, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def serve(folder, text, seconds):
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if LIBC.mount(b"hanging", folder.encode(), b"fuse.hanging", 6, options.encode()) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    print("mounted", flush=True)
    while True:
        request = os.read(device, 1 << 20)
        _, what, unique, node = struct.unpack_from("<IIQQ", request)

        def answer(data=b"", error=0, unique=unique):
            os.write(device, struct.pack("<IiQ", 16 + len(data), error, unique) + data)

        if what == INIT:
            answer(struct.pack("<IIIIHHIIHH7I", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, *[0] * 7))
        elif what == LOOKUP:
            node = 2 + int(request[40:].split(b"\0")[0])
            answer(struct.pack("<4Q2I", node, 0, 3600, 3600, 0, 0) + about(node))
        elif what == GETATTR:
            answer(struct.pack("<Q2I", 3600, 0, 0) + about(node))
        elif what in (OPEN, OPENDIR):
            answer(struct.pack("<Q2I", 0, 0, 0))
        elif what == READ:
            if seconds:
                threading.Timer(seconds, answer, [text.encode().ljust(mmap.PAGESIZE, b"\0")]).start()
        elif what not in SILENT:
            answer()


def run(file, program):
    LIBC.mmap.restype = ctypes.c_void_p
    descriptor = os.open(file, os.O_RDONLY)
    page = LIBC.mmap(None, ctypes.c_size_t(mmap.PAGESIZE), mmap.PROT_READ, mmap.MAP_SHARED, descriptor, ctypes.c_long(0))
    words = (ctypes.c_void_p * 3)(ctypes.cast(program.encode(), ctypes.c_void_p), page, None)
    LIBC.execve(program.encode(), words, (ctypes.c_void_p * 1)(None))
    sys.exit(126)


if sys.argv[1] == "mount":
    serve(sys.argv[2], sys.argv[3], float(sys.argv[4]))
run(*sys.argv[2:])
