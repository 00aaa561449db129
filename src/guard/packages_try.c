/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests and measuring: what the guard knows of packages, without the guard.
 *
 *     packages_try ROOT [PATH…]        how many packages there are, and of each file below ROOT its package and state
 */
#include "guard/packages.h"

#include "base/own.h"

#include <fcntl.h>
#include <sys/resource.h>

static void counts_print(const struct packages *packages)
{
    struct rusage used;
    const struct packages_count count = packages_count(packages);
    getrusage(RUSAGE_SELF, &used);
    printf("dpkg %zu rpm %zu good %zu bad %zu broken %d ms %ld\n", count.dpkg, count.rpm, count.good,
           count.bad, count.broken, used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000);
}

int main(int argc, char **argv)
{
    static const char *const states[] = {[FILE_UNKNOWN] = "unknown",
                                         [FILE_INTACT] = "intact",
                                         [FILE_ALTERED] = "altered",
                                         [FILE_SIGNED] = "signed"};
    OWN(packages) packages = NULL;
    if (argc < 2 || packages_read(argv[1], &packages) != ERR_OK) {
        fprintf(stderr, "packages_try: %s\n", argc < 2 ? "no root" : err_note());
        return 1;
    }
    counts_print(packages);
    for (int i = 2; i < argc; i++) {
        char name[PACKAGE_NAME] = "none", path[4096];
        snprintf(path, sizeof path, "%s%s", argv[1], argv[i]);
        OWN(fd) fd = open(path, O_RDONLY | O_CLOEXEC);
        packages_find(packages, str(argv[i]), name);
        printf("%s %s %s\n", argv[i], name, states[packages_state(packages, str(argv[i]), fd)]);
    }
    return 0;
}
