/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-yes FOLDER: a guard that knows nothing, and lets everything on the folder's file system run at once: what is left of a
 * question is the question. Says `ready` to who started it, and answers until SIGTERM, which lets all go that wait.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct fanotify_event_metadata question;
    int group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_REPORT_TID, O_RDONLY | O_CLOEXEC);
    const unsigned flags = FAN_MARK_ADD | FAN_MARK_FILESYSTEM;
    if (argc != 2 || group < 0 || fanotify_mark(group, flags, FAN_OPEN_EXEC_PERM, AT_FDCWD, argv[1]) != 0) {
        perror("bench-yes FOLDER");
        return 1;
    }
    fprintf(stderr, "ready\n");
    while (read(group, &question, sizeof question) == sizeof question) {
        struct fanotify_response yes = {question.fd, FAN_ALLOW};
        if (write(group, &yes, sizeof yes) != sizeof yes)
            return 1;
        close(question.fd);
    }
    return 0;
}
