// SPDX-License-Identifier: Apache-2.0
// What the API gives of the erasure of everything, and the calls for it.
import { call, part } from './api';
import type { Proof } from './passkeys';

export type ErasureState = 'none' | 'cooling' | 'withdrawn' | 'marked' | 'destroyed' | 'certified' | 'closed';

export interface ErasedStore {
  name: string;
  what: string;
  items: number;
  bytes: number;
  /** Since when it is empty; null: not yet. */
  at: string | null;
}

export interface Erasure {
  id: string | null;
  tenant: string | null;
  name: string | null;
  asked: 'owner' | 'written' | 'expiry' | 'ledger' | 'release' | null;
  state: ErasureState;
  by: string | null;
  second: string | null;
  /** SHA-256 of what it was asked with, in hexadecimal. */
  document: string | null;
  requested: string | null;
  cooling_until: string | null;
  mark_by: string | null;
  marked: string | null;
  destroyed: string | null;
  certified: string | null;
  closed: string | null;
  /** Why it waits, where it could go on. */
  held: string | null;
  /** Nobody has an address to be told at that it is complete. */
  untold: boolean;
  stores: ErasedStore[];
  counts: { what: string; items: number }[];
  /** What stays for a legal hold, until it is released. */
  kept: { hold: string; items: number; bytes: number }[];
  /** The deletion whose legal hold was released. */
  after: string | null;
  commitment: string | null;
  certificate: string | null;
  /** Verifies certificates. */
  key: string | null;
  log: string | null;
  log_key: string | null;
  /** Its page, which needs nobody to be signed in. */
  link: string | null;
}

export const erase = {
  own: (signal?: AbortSignal) => call<Erasure>('GET', '/v1/erasure', { signal }),
  /** A wrong password is a refusal, not the end of the session. */
  ask: (typed: string, proof: Proof) => call<Erasure>('POST', '/v1/erasure', { body: { typed, ...proof } }),
  withdraw: (id: string) => call<Erasure>('POST', `/v1/erasure/${part(id)}/withdraw`),
  by: (id: string, signal?: AbortSignal) => call<Erasure>('GET', `/v1/certificates/${part(id)}`, { signal, signingIn: true }),
  file: (id: string, which: 'note' | 'proof' | 'pdf') => `/v1/certificates/${part(id)}/${which}`,
};

const asked: Record<string, string> = {
  owner: 'An owner of the organisation',
  written: 'In writing; entered by two people of the provider',
  expiry: 'The contract: three months after it ended',
  ledger: 'The erasure ledger',
  release: 'In writing, to release a legal hold; entered by two people of the provider',
};
export const askedBy = (erasure: Erasure): string => asked[erasure.asked ?? ''] ?? '';

const number = new Intl.NumberFormat('en-GB');
const units: [string, number][] = [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]];

/** "3 items, 1.2 MiB" */
export function weightOf({ items, bytes }: { items: number; bytes: number }): string {
  const unit = units.find(([, size]) => bytes >= size);
  const weight = unit ? `${(bytes / unit[1]).toFixed(1)} ${unit[0]}` : `${number.format(bytes)} bytes`;
  return `${number.format(items)} ${items === 1 ? 'item' : 'items'}${bytes > 0 ? `, ${weight}` : ''}`;
}
