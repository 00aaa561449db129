/* SPDX-License-Identifier: Apache-2.0
 *
 * The page that reads an archive, in its three parts.
 */
.section .note.GNU-stack, "", %progbits
.section .rodata
.globl reader_css, reader_css_end, reader_html, reader_html_end, reader_js, reader_js_end
reader_css: .incbin "reader.css"
reader_css_end: .byte 0
reader_html: .incbin "reader.html"
reader_html_end: .byte 0
reader_js: .incbin "reader.js"
reader_js_end: .byte 0
