/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures checked by a process of its own (guard/signers.h).
 *
 *     OWN(vetting) vetting = NULL;
 *     TRY(vetting_open(&vetting));                         MISSING where librnp is not installed
 *     vetting_add(vetting, certificate);
 *     found = vetting_check(vetting, parts, signature);
 *
 * Signatures and certificates come from whoever made a package, and what reads them is large: it does so as nobody, behind a
 * filter of system calls that leaves it memory and the one socket by which it is asked, and it answers with a byte. Whoever took it
 * over could call signed what is not, and read and write what whoever asks had in memory and shares with others; no file, no process.
 * When the vetting is dropped the process goes, and with it the memory that it took. It begins no program, and ends with whoever
 * asks. One that does not answer for 20 s is killed: then, and where it ended by itself, nothing more is signed (STRANGE) until the
 * next vetting.
 *
 * For one thread. Cost: 20 ms to begin, and what is to be checked is copied once.
 */
#pragma once
#include "guard/signers.h"

enum { VETTING_PARTS = 3, VETTING_BYTES = 64 * 1024 * 1024 };

struct vetting;
typedef struct vetting *vetting_own;
void vetting_drop(struct vetting **vetting);

CHECKED err_t vetting_open(struct vetting **out_vetting);
void vetting_add(struct vetting *vetting, str_t certificate);
bool vetting_is_over(const struct vetting *vetting); /* it was ended before all was checked */
enum signature vetting_check(struct vetting *vetting, const str_t parts[VETTING_PARTS], str_t signature);
