// SPDX-License-Identifier: Apache-2.0
// Tables to take away. What a spreadsheet would run as a formula it gets as text, as from the service.

function cell(text: string): string {
  return `"${/^[=+\-@\t\r]/.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
}

export function csvOf(head: string[], rows: string[][]): Blob {
  const lines = [head.join(','), ...rows.map((row) => row.map(cell).join(','))];
  return new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' });
}

/** Hands a file to the browser, and keeps nothing of it. */
export function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
