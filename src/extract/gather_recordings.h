/* SPDX-License-Identifier: Apache-2.0
 *
 * Recordings in an archive: each that the export holds a key for as a file of its own, recordings/rec_….mp4, and a table of
 * them. They are opened and put a fragment at a time (seal/recording.h), whatever their length. One that was cut, or altered
 * further on, is in it as far as it is good, and the table says so; what could not be opened at all is counted in the notes.
 */
#pragma once
#include "extract/gather.h"

CHECKED err_t recordings_gather(const struct gathering *gathering);
