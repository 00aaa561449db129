/* SPDX-License-Identifier: Apache-2.0
 *
 * What was copied back underneath the service, at the operator's socket.
 */
#include "base/limits.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"

#define MARKS       "/operator/v1/marks"
#define MARKS_TYPED "the keyring is older"

err_t command_marks_show(struct cli *cli)
{
    static const struct column facts[] = {
        {"Keyring", "keyring", put_text},
        {"Accepted", "accepted", put_yes},
        {"Marks", "marks", put_number},
        {"Stores behind", "behind", put_number},
        {0},
    };
    return show_run(cli, &(struct call){"GET", MARKS}, facts);
}

err_t command_marks_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Name", "name", put_text},
        {"At", "seen", put_number},
        {"Mark", "mark", put_number},
        {"Since", "since", put_moment},
        {"Accepted", "accepted", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){MARKS "/behind", columns, "no store is behind its mark"});
}

err_t command_marks_accept(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    if (!cli->options.confirm)
        return cli_advise(cli,
                          fail(ERR_INVALID,
                               "what was done since this keyring was copied is gone from it: who was"
                               " removed may be back, and records sealed to newer keys cannot be read"),
                          "to go on with it all the same: --confirm '%s'", MARKS_TYPED);
    body_put(&body, "typed", str(cli->options.confirm));
    TRY(body_end(&body));
    TRY(sign_in_or_socket(cli, &sign_in));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", MARKS "/accept", buf_str(&body)}, &reply));
    cli_tell(cli, "Accepted: its logs are followed now, and it goes on from there.");
    return ERR_OK;
}
