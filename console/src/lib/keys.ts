// SPDX-License-Identifier: Apache-2.0
// Keys that work anywhere on a page: not where one types, and not past an open dialog.

export function isFree(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  const at = event.target as Element | null;
  return !at?.closest?.('input:not([type="checkbox"], [type="radio"]), textarea, select, dialog, [popover]') && !document.querySelector('dialog[open]');
}
