/* SPDX-License-Identifier: Apache-2.0
 *
 * Who sees what stands of a client and what of the service: a log, and requests.
 */
#include "admit/staff.h"
#include "keyring/journal.h"

err_t viewer_asks(struct ask *ask, const char *bearer, struct who *out_who)
{
    OWN(who) who = {0};
    TRY(who_asks(ask, bearer, RIGHT_SELF, &who));
    return who.is_staff ? staff_asks(ask, bearer, out_who) : who_asks(ask, bearer, RIGHT_AUDIT, out_who);
}

err_t answer_log_about(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(viewer_asks(ask, in->bearer, &who));
    return log_read(ask, who.tenant, ask->out);
}
