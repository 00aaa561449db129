// SPDX-License-Identifier: Apache-2.0
// What the API gives of the organisation's key and its recovery key, and the calls for them.
import { call } from './api';
import type { Proof } from './passkeys';

/** `left` of `total` is still sealed to the key before. */
export interface TenantKey {
  number: number;
  since: string;
  rotating: boolean;
  begun: string | null;
  by: string | null;
  why: 'asked' | 'recovery' | null;
  total: number;
  left: number;
}

export interface Guardian {
  member: string;
  number: number;
  state: 'active' | 'inactive' | 'disabled' | 'waiting' | 'removed';
  /** Signed in last, to the day. */
  active: string | null;
  seen: string | null;
  confirmed: string | null;
  rehearsed: string | null;
}

/** `need` 1 is a printed kit. */
export interface RecoverySet {
  number: number;
  need: number;
  by: string | null;
  made: string;
  since: string | null;
  guardians: Guardian[];
}

export interface Recovery {
  key: TenantKey;
  /** Null: the kit of the set-up. */
  live: RecoverySet | null;
  waiting: RecoverySet | null;
  confirmed: boolean;
  used: string | null;
  /** The recovery key is there when it is needed. */
  opens: boolean;
  owners: number;
  ways_in: number;
}

/** `part` is shown this once: a part, or the kit. */
export interface Shown {
  set: number;
  need: number;
  number: number;
  part: string | null;
}

export const recovery = {
  now: (signal?: AbortSignal) => call<Recovery>('GET', '/v1/recovery', { signal }),
  rotate: (typed: string, proof: Proof) => call<TenantKey>('POST', '/v1/key/rotate', { body: { typed, ...proof } }),
  reseal: () => call<TenantKey>('POST', '/v1/key/reseal'),
  print: (proof: Proof) => call<Shown>('POST', '/v1/recovery', { body: proof }),
  split: (proof: Proof, need: number, guardians: string[]) =>
    call<Shown>('POST', '/v1/recovery', { body: { ...proof, need, guardians } }),
  withdraw: () => call<void>('POST', '/v1/recovery/withdraw'),
  show: (proof: Proof) => call<Shown>('POST', '/v1/recovery/part', { body: proof }),
  confirm: (part: string) => call<void>('POST', '/v1/recovery/confirm', { body: { part } }),
  rehearse: (part: string) => call<void>('POST', '/v1/recovery/rehearse', { body: { part } }),
};
