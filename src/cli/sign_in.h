/* SPDX-License-Identifier: Apache-2.0
 *
 * A sign-in: where the service is, how it is known to be the service, and who asks. Kept between commands in one file,
 * open to its owner only and replaced as one step:
 *
 *     $CUSTODY_CONFIG, or $XDG_CONFIG_HOME/custody/login.json, or ~/.config/custody/login.json
 *     {"url":"https://…","token":"ctk_…|cse_…","insecure":false,"authority":"<PEM>"}
 *
 * That of one of the provider's people stands beside it, in the same file's name with ".staff" after it: with --staff,
 * and for every command that only they have. No environment stands for its token.
 *
 * The bearer is a token (ctk_…) or the cookie of a session (cse_…). Whoever reads the file is signed in: one that others
 * can read is refused, with the command that mends it.
 *
 * For one run --url, --token, --authority and --insecure come before the environment (CUSTODY_URL, CUSTODY_TOKEN,
 * CUSTODY_AUTHORITY), and that before the file. The saved bearer goes to the saved url and to no other: with another
 * url a token has to be given too, and whom to trust is not taken from the file.
 */
#pragma once
#include "cli/cli.h"

struct sign_in {
    buf_t url;       /* https://host[:port], without a path */
    buf_t bearer;    /* empty: nobody */
    buf_t authority; /* PEM; empty: the machine's authorities */
    bool insecure;
    bool is_staff;      /* of the provider's people */
    const char *socket; /* instead of the url's host */
    const char *from;   /* where the url is from: options, environment or file */
};
typedef struct sign_in sign_in_own;
void sign_in_drop(struct sign_in *sign_in);

/* From --url, --authority and --insecure or the environment, with no bearer. INVALID without a url. */
CHECKED err_t sign_in_ask(struct cli *cli, struct sign_in *out_sign_in);

/* Letters, digits, - and _ after ctk_ or cse_. */
CHECKED err_t sign_in_set_bearer(struct sign_in *sign_in, str_t bearer);
bool sign_in_is_session(const struct sign_in *sign_in);

/* Who asks in this run. SIGNED_OUT where nothing is given or saved, INVALID where the file is not of its shape or open
 * to others. */
CHECKED err_t sign_in_load(struct cli *cli, struct sign_in *out_sign_in);

/* What is in the file, even one that others can read: for whoever ends it. */
CHECKED err_t sign_in_saved(struct cli *cli, struct sign_in *out_sign_in);
CHECKED err_t sign_in_save(struct cli *cli, const struct sign_in *sign_in);
CHECKED err_t sign_in_forget(struct cli *cli);

/* Makes the folder, so that a file that cannot be is known before what it is to hold. */
CHECKED err_t sign_in_prepare(const struct cli *cli);
