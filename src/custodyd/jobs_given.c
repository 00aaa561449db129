/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/jobs_given.h"

#include "test/test.h"
#include <sys/socket.h>

static void *line_run(void *with)
{
    const struct jobs_line *line = with;
    for (;;) {
        OWN(buf) packed = BUF(MAX_FRAME);
        OWN(buf) body = BUF(MAX_ASK);
        uint8_t number = 0, code = 0;
        if (frame_receive(line->fd, &number, &packed) != ERR_OK)
            return NULL;
        keys_answer(line->given->keyring, &(struct asked){ASKER_JOBS, number, buf_str(&packed)}, &body,
                    &code);
        if (frame_send(line->fd, code, buf_str(&body)) != ERR_OK)
            return NULL;
    }
}

err_t jobs_line_open(struct jobs_line *line, struct given *given)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return fail(ERR_BROKEN, "no socket pair");
    line->channel.fd = pair[0];
    line->fd = pair[1];
    line->given = given;
    if (pthread_create(&line->thread, NULL, line_run, line) != 0)
        abort();
    snprintf(line->store, sizeof line->store, "%s/store", test_folder());
    line->jobs = (struct jobs){.env = given->env,
                               .channel = &line->channel,
                               .lock = PTHREAD_MUTEX_INITIALIZER,
                               .stop = -1,
                               .store_folder = line->store,
                               .snapshots = line->store};
    return ERR_OK;
}

void jobs_line_close(struct jobs_line *line)
{
    if (!line->given)
        return;
    shutdown(line->channel.fd, SHUT_RDWR);
    pthread_join(line->thread, NULL);
    close(line->channel.fd);
    close(line->fd);
}
