/* SPDX-License-Identifier: Apache-2.0
 *
 * Zip archives against a reader that is not ours: Python's, by the directory, and from front to back by zlib alone.
 */
#include "extract/zip.h"

#include "sys/env_virtual.h"
#include "test/test.h"
#include <fcntl.h>
#include <sys/wait.h>

enum { ROOM = 32 * 1024 * 1024 };

/* One line a file: name, size, and whether all of it is the letter that it begins with. */
static const char reader[] =
    "import struct, sys, zipfile, zlib\n"
    "path = sys.argv[1]\n"
    "archive = zipfile.ZipFile(path)\n"
    "assert archive.testzip() is None\n"
    "raw, at, streamed = open(path, 'rb').read(), 0, []\n"
    "while raw[at:at + 4] == b'PK\\x03\\x04':\n"
    "    needs, flags, method, _, crc, squeezed, size, name, extra = struct.unpack('<HHHIIIIHH', raw[at + 4:at + 30])\n"
    "    large = b'\\x01\\x00\\x10\\x00' == raw[at + 30 + name:at + 34 + name] and needs == 45\n"
    "    called, inflate = raw[at + 30:at + 30 + name].decode(), zlib.decompressobj(-15)\n"
    "    bytes = inflate.decompress(raw[at + 30 + name + extra:])\n"
    "    at = len(raw) - len(inflate.unused_data)\n"
    "    if flags & 8:\n"
    "        mark, crc, squeezed, size = struct.unpack('<IIQQ' if large else '<IIII', raw[at:at + (24 if large else 16)])\n"
    "        assert mark == 0x08074b50 and not large == (called != 'large')\n"
    "        at += 24 if large else 16\n"
    "    assert method == 8 and size == len(bytes) and crc == zlib.crc32(bytes)\n"
    "    streamed.append((called, bytes))\n"
    "assert streamed == [(one, archive.read(one)) for one in archive.namelist()]\n"
    "assert all(bytes == one[:1].encode() * len(bytes) for one, bytes in streamed)\n"
    "print(' '.join(f'{one}:{len(bytes)}' for one, bytes in streamed), end='')\n";

static err_t read_by_python(const char *path, buf_t *out)
{
    char text[256];
    int status = 0;
    snprintf(text, sizeof text, "%s/said", test_folder());
    pid_t child = fork();
    if (child == 0) {
        dup2(open(text, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
        execlp("python3", "python3", "-c", reader, path, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && !WEXITSTATUS(status) ? env_real()->read_file(env_real(), text, out)
                                                     : fail(ERR_BROKEN, "python3 does not read it");
}

static err_t sink_put(void *to, str_t bytes)
{
    buf_put(to, bytes);
    return buf_end(to);
}

static err_t pieces_put(struct zip *zip, const struct zip_pieces *file, size_t pieces, size_t each)
{
    OWN(buf) piece = BUF(ROOM);
    memset(buf_room(&piece, each + 1), file->name[0], each + 1);
    TRY(zip_begin(zip, file));
    for (size_t i = 0; i < pieces; i++)
        TRY(zip_put(zip, str_bytes(piece.at, each)));
    return zip_close(zip);
}

TEST(files_that_came_in_pieces_are_read_by_the_directory_and_from_front_to_back)
{
    OWN(buf) out = BUF(ROOM);
    OWN(buf) said = BUF(ROOM);
    OWN(zip) zip = {.sink = {sink_put, &out}};
    char path[256];
    CHECK_OK(zip_add(&zip, &(struct zip_file){"a", 1, STR("aaaa")}));
    CHECK_OK(pieces_put(&zip, &(struct zip_pieces){"video", 1, 8 << 20}, 50, 100003));
    CHECK_OK(pieces_put(&zip, &(struct zip_pieces){"none", 1, 0}, 0, 0));
    CHECK_OK(zip_add(&zip, &(struct zip_file){"b", 1, STR("")}));
    CHECK_OK(pieces_put(&zip, &(struct zip_pieces){"large", 1, 5ull << 30}, 3, 7));
    CHECK_OK(pieces_put(&zip, &(struct zip_pieces){"one", 1, 65536}, 1, 65536));
    CHECK_OK(zip_end(&zip));
    snprintf(path, sizeof path, "%s/zip", test_folder());
    CHECK_OK(env_real()->write_file(env_real(), path, buf_str(&out), 0600));
    CHECK_OK(read_by_python(path, &said));
    CHECK(str_eq(buf_str(&said), STR("a:4 video:5000150 none:0 b:0 large:21 one:65536")));
}

TEST(a_file_does_not_become_larger_than_was_said)
{
    OWN(buf) out = BUF(ROOM);
    OWN(zip) zip = {.sink = {sink_put, &out}};
    CHECK_OK(zip_begin(&zip, &(struct zip_pieces){"video", 1, 10}));
    CHECK_OK(zip_put(&zip, STR("vvvvvvvvvv")));
    CHECK_FAILS(ERR_TOO_LARGE, zip_put(&zip, STR("v")));
}

TESTS(files_that_came_in_pieces_are_read_by_the_directory_and_from_front_to_back,
      a_file_does_not_become_larger_than_was_said)
