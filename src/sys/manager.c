/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/manager.h"

#include "base/bytes.h"
#include "base/own.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

void manager_tell(const char *state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *named = getenv("NOTIFY_SOCKET");
    size_t len = named ? strlen(named) : 0;
    if (len < 2 || len >= sizeof at.sun_path || (*named != '/' && *named != '@'))
        return;
    memcpy(at.sun_path, named, len);
    if (*named == '@')
        at.sun_path[0] = '\0';
    OWN(fd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t whole = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd >= 0) /* nobody there: nothing to do about it */
        (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&at, whole);
}
