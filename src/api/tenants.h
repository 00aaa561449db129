/* SPDX-License-Identifier: Apache-2.0
 *
 * What the web process knows of tenants follows the keyring, which is asked at the start: a tenant made just before a
 * crash gets its row and its authority then.
 */
#pragma once
#include "api/route.h"

CHECKED err_t tenants_follow(struct desk *desk, SSL_CTX *agents_tls);
