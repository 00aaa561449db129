// SPDX-License-Identifier: Apache-2.0
// What a failure is called on the page. The service's own detail is used where it says more than the status does.
import type { Problem } from '../api';
import type { DeploymentKey, Device } from '../types';

const byStatus: Record<number, string> = {
  0: 'The service cannot be reached. Check your connection and try again.',
  401: 'You are not signed in.',
  403: 'You have no right to do this.',
  404: 'There is no such record. It may have been deleted.',
  409: 'It was changed meanwhile. Reload and try again.',
  413: 'That is too large.',
  423: 'No key is open for this.',
  429: 'Too many attempts. Wait a little and try again.',
  502: 'The service does not answer. Try again in a moment.',
  503: 'The service is busy. Try again in a moment.',
};

/** `special` are a page's own words for a status, which then win over the service's detail. */
export function explain(problem: Problem, special: Record<number, string> = {}): string {
  const own = special[problem.status];
  if (own) return own;
  return sentence(problem.detail) || byStatus[problem.status] || 'Something went wrong in the service. Try again.';
}

function sentence(text: string): string {
  const said = text.trim();
  if (said === '') return '';
  return said[0]!.toUpperCase() + said.slice(1) + (/[.!?]$/.test(said) ? '' : '.');
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-GB')} ${n === 1 ? one : many}`;
}

/** "5.4 MB": in thousands, as disks are sold. */
export function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** at).toLocaleString('en-GB', { maximumSignificantDigits: 3 })} ${units[at]}`;
}

/** Whom a deployment key lets in at once: in a list, and after it was made. */
export function approvalOf({ pattern, hold }: DeploymentKey): { short: string; after: string } {
  if (hold) return { short: 'Every machine', after: ' Each waits until somebody approves it.' };
  if (pattern === '*') return { short: 'Not needed', after: '' };
  return { short: `All but ${pattern}`, after: ` Those not called ${pattern} wait until somebody approves them.` };
}

/** What a device is called where it has no name: it has not reported yet, or the client does not collect names. */
export function unnamed(device: Device): string {
  if (device.broken.includes('name')) return 'Unreadable name';
  return device.seen === device.enrolled ? 'Not reported yet' : shortId(device.id);
}

/** A token or a deployment key; whoever has no key sees no name. */
export function nameOf(one: { id: string; name: string | null }): string {
  return one.name ?? shortId(one.id);
}

/** The end of an id, enough to tell two apart: `dev_…k3v9q2`. */
export function shortId(id: string): string {
  const at = id.indexOf('_') + 1;
  return id.length - at <= 10 ? id : `${id.slice(0, at)}…${id.slice(-6)}`;
}
