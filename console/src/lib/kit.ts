// SPDX-License-Identifier: Apache-2.0
// A recovery kit as a person reads and types it: groups; spaces, dashes and case do not count.

export function plainKit(text: string): string {
  return text.replace(/[\s\-\u2010-\u2015]+/g, '').toLowerCase();
}

/** As the service grouped it, or in fours. */
export function kitGroups(kit: string): string[] {
  const given = kit.trim().split(/[\s-]+/);
  if (given.length > 1) return given;
  return kit.match(/.{1,4}/g) ?? [];
}

/** The number of the first group (from 1) that differs from what was typed; 0 where all is equal. */
export function firstWrongGroup(kit: string, typed: string): number {
  const told = plainKit(typed);
  let at = 0;
  for (const [i, group] of kitGroups(kit).entries()) {
    const want = plainKit(group);
    if (told.slice(at, at + want.length) !== want) return i + 1;
    at += want.length;
  }
  return told.length === at ? 0 : kitGroups(kit).length;
}
