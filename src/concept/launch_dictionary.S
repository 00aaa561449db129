/* SPDX-License-Identifier: Apache-2.0
 *
 * The zstd dictionary of launches: trained on what bench-launches makes up, nothing of any client. What it made stays
 * readable: it never changes.
 */
.section .note.GNU-stack, "", %progbits
.section .rodata
.globl launch_dictionary, launch_dictionary_end
launch_dictionary: .incbin "launches.dict"
launch_dictionary_end: .byte 0
