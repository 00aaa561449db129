/* SPDX-License-Identifier: Apache-2.0
 *
 * A sign-in by a browser, in whichever way one signs in there: custody login --browser.
 *
 *     TRY(browser_sign_in(cli, &sign_in, &reply));       the reply begins the session
 *
 * An address of the console is printed, with the hash of a secret that stays here, and a short code made of that hash, which
 * the console shows too. Somebody who is signed in there says yes; the browser brings a code to a port of this machine
 * (cli/loopback.h), or shows it to be pasted; with it and the secret the service begins a session of this command's own. The
 * address is printed and opens nothing by itself: in the arguments of a program others of this machine would see it.
 *
 * Over ssh the browser is elsewhere: there is no port then, and the code is pasted. UNREACHABLE after ten minutes. A code that
 * the service does not take is told of, and waited past.
 */
#pragma once
#include "cli/service.h"

CHECKED err_t browser_sign_in(struct cli *cli, const struct sign_in *sign_in, struct reply *out_reply);
