/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that do not compile here, each with what to use instead:
 *   strcpy strcat sprintf strncpy strtok gets   buf_t, which knows its limit
 *   atoi atol                                   str_number
 *   gmtime localtime ctime time                 moment_t and the clock that is passed in
 *   rand srand random                           the random source that is passed in
 *   system popen                                nothing: no process of ours starts a shell
 */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok gets atoi atol atoll
#pragma GCC poison gmtime localtime ctime asctime system popen rand srand mktemp tmpnam
