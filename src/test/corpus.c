/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target over the files of its corpus, as a test: every input that once taught the fuzzer something, on every
 * build. `NAME_corpus FOLDER`.
 */
#include "base/bytes.h"

#include <dirent.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t len);

enum { MOST_BYTES = 1 << 20 };

static bool one_run(const char *folder, const char *name)
{
    char path[4096];
    static unsigned char bytes[MOST_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    OWN(file) file = fopen(path, "rb");
    if (!file)
        return false;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    /* A copy of just that length, so that a read past its end is seen. */
    unsigned char *exact = malloc(len ? len : 1);
    if (!exact)
        return false;
    memcpy(exact, bytes, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return true;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            *(one_run(argv[1], entry->d_name) ? &passed : &failed) += 1;
    if (folder)
        closedir(folder);
    printf("%d passed, %d failed\n", passed, failed + !passed);
    return failed || !passed;
}
