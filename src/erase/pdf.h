/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain text on A4 pages, as PDF: a title, then lines as they are, in a font that every reader has. No date, no author, no
 * name of a machine stands in the file: the same text gives the same bytes.
 *
 *     pdf_put("Certificate of erasure", text, &out);        fails in the buffer alone
 *
 * What is not ASCII is shown as a question mark; a line longer than PDF_COLUMNS goes on in the next. Source: ISO 32000-1.
 */
#pragma once
#include "base/bytes.h"

enum { PDF_COLUMNS = 92, PDF_LINES = 58 };

void pdf_put(const char *title, str_t text, buf_t *out);
