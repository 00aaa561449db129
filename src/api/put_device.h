/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices as JSON: the same for a client's people and for whoever reads under a grant of theirs.
 */
#pragma once
#include "collect/inventory.h"

void put_device_page(const struct device_page *page, buf_t *out_json);
void put_device_whole(const struct device_whole *whole, buf_t *out_json);
