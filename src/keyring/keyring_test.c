/* SPDX-License-Identifier: Apache-2.0 */
#include "test/test.h"

TEST(nothing_yet) { CHECK(true); }

TESTS(nothing_yet)
