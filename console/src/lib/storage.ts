// SPDX-License-Identifier: Apache-2.0
// What is kept and what goes when, in words, and its days as a plot needs them.
import type { Goes, Storage, StorageKind, StorageSample } from '../types';
import { count } from './words';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(of: number): string {
  let unit = 0;
  let shown = of;
  for (; shown >= 1024 && unit + 1 < units.length; unit++) shown /= 1024;
  return `${shown.toLocaleString('en-GB', { maximumFractionDigits: unit === 0 || shown >= 100 ? 0 : 1 })} ${units[unit]}`;
}

/** In the order in which they are stacked, from below; what goes first lies on top. */
export const kinds = ['other', 'policies', 'inventory', 'launches', 'videos'] as const;

const names: Record<string, string> = {
  videos: 'Videos', launches: 'Launches', inventory: 'Inventory', policies: 'Policies', other: 'Other', snapshots: 'Snapshots',
};

export function kindName(kind: string): string {
  return names[kind] ?? kind;
}

const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

export function dayWords(day: string): string {
  return dayOf.format(new Date(`${day}T00:00:00Z`));
}

/** "At today's rate videos older than 41 days go on 3 March 2027." */
export function forecast(storage: Storage): string {
  const { next, waits, capacity, history } = storage;
  if (waits) return 'The service’s clock is not confirmed: nothing goes until its people have looked at it.';
  if (next) {
    const what = `${kindName(next.kind).toLowerCase()} older than ${count(next.older, 'day')} go on ${dayWords(next.on)}`;
    return next.why === 'age' ? `${what[0]!.toUpperCase()}${what.slice(1)}, by your maximum age.` : `At today’s rate ${what}, for room.`;
  }
  if (capacity === null) return 'Nothing goes for room: your contract sets no capacity.';
  return days(history).length < 3 ? 'What goes when is known from the third day on, when it is known how much comes in.' : 'At today’s rate nothing goes.';
}

/** Where nothing may go though the room is gone; null: it is not so. */
export function stuck(storage: Storage): string | null {
  if (!storage.stuck || storage.full === null) return null;
  const since = Date.parse(storage.full) <= Date.now() ? 'More is kept than the capacity' : `From ${dayWords(storage.full)} on more is kept than the capacity`;
  return `${since}, and by your minimum ages and holds nothing may go. Nothing is refused and nothing is lost: lower a minimum, release a hold, or have a larger plan.`;
}

export function days(history: StorageSample[]): string[] {
  return [...new Set(history.map(({ on }) => on))].sort();
}

/** Per day, of one kind: `null` where it was not looked at. */
export function column(history: StorageSample[], kind: string, value: 'bytes' | 'went_bytes'): Map<string, number> {
  return new Map(history.filter((one) => one.kind === kind).map((one) => [one.on, one[value]]));
}

/** Whether more may go of a kind than before. */
export function isLowered(before: { least: number; most: number }, after: { least: number; most: number }): boolean {
  return after.least < before.least || (after.most || Infinity) < (before.most || Infinity);
}

export function ageWords({ least, most, goes }: StorageKind): string {
  if (!goes) return 'stays';
  const parts = [least > 0 ? `at least ${count(least, 'day')}` : '', most > 0 ? `at most ${count(most, 'day')}` : ''];
  return parts.filter((part) => part !== '').join(', ') || 'as long as there is room';
}

export function goesWords({ kind, count: many, bytes: size, from, until }: Goes): string {
  const span = from === until ? `of ${dayWords(from)}` : `from ${dayWords(from)} to ${dayWords(until)}`;
  const what = kind === 'videos' ? count(many, 'video') : count(many, 'launch', 'launches');
  return `${what} ${span}, ${bytes(size)}`;
}
