// SPDX-License-Identifier: Apache-2.0
// Moments as a person reads them: local, or how long ago; UTC stands in the title.

const relative = new Intl.RelativeTimeFormat('en-GB', { style: 'short' });
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const toTheSecond = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** From how many seconds on a unit is used, and how many one is. */
const units: [Intl.RelativeTimeFormatUnit, number, number][] = [
  ['year', 2 * 365 * 86400, 365 * 86400], ['month', 61 * 86400, 30 * 86400], ['day', 86400, 86400], ['hour', 3600, 3600],
  ['minute', 60, 60],
];

let now = $state(Date.now());
setInterval(() => (now = Date.now()), 20_000);

/** "3 min ago", "in 29 days"; stays right while the page is open. */
export function ago(moment: string): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  for (const [unit, from, size] of units) {
    if (Math.abs(seconds) >= from) return relative.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 20 ? 'in less than a minute' : 'just now';
}

export function local(moment: string): string {
  return absolute.format(new Date(moment));
}

export function exact(moment: string): string {
  return toTheSecond.format(new Date(moment));
}

/** Whether it is a day as an address or a date field has it: "2026-11-24". */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00`));
}

function moment(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** The first second of a local day, and its last: a day may have 23 hours. */
export function dayBegins(day: string): string {
  return moment(new Date(`${day}T00:00:00`));
}

export function dayEnds(day: string): string {
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + 1);
  return moment(new Date(at.getTime() - 1000));
}

export function hour(moment: string): string {
  return clock.format(new Date(moment));
}

/** "2026-11-24 13:43:10 UTC" */
export function utc(moment: string): string {
  return `${new Date(moment).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function isPast(moment: string): boolean {
  return Date.parse(moment) <= now;
}
