// SPDX-License-Identifier: Apache-2.0
// What the API gives of a client's licence and of its legal holds, and the calls for them.
import type { Request } from './admit';
import { call, part } from './api';
import type { Page } from './types';

export type Life = 'active' | 'grace' | 'deactivated' | 'marked' | 'erased';

export interface Contract {
  licence_end: string | null;
  contract_end: string | null;
  not_renewed: string | null;
  zone: string;
  grace_days: number;
  keep_months: number;
  keep_snapshots: number;
  /** 0: not said. */
  capacity_gib: number;
}

export interface LifeEvent {
  /** The day that it is of, where the contract counts days: of midnight the one that ends. */
  date: string;
  at: string;
  promise: string;
  what: string;
  /** It happens then at the latest. */
  latest: boolean;
}

export interface Licence {
  client: string;
  name: string;
  state: Life;
  collects: boolean;
  readable: boolean;
  exports: boolean;
  renewable: boolean;
  now: string;
  /** Null where there is no contract. */
  changed: string | null;
  contract: Contract;
  dates: Record<
    'expires' | 'grace_ends' | 'snapshots_end' | 'deletion_begins' | 'mark_by' | 'keys_by' | 'bytes_by' | 'backups_by',
    string | null
  >;
  facts: Record<string, string>;
  holds: number;
  clock_held: boolean;
  events: LifeEvent[];
  next: string | null;
  next_at: string | null;
}

export interface Hold {
  id: string;
  kind: 'tenant' | 'device' | 'person';
  target: string;
  case: string;
  reason: string;
  by: string;
  made: string;
  released: string | null;
  keys: number;
  /** Of its release, where one waits. */
  request: string | null;
}

export const life = {
  licence: (signal?: AbortSignal) => call<Licence>('GET', '/v1/licence', { signal }),
  holds: (signal?: AbortSignal) => call<Page<Hold>>('GET', '/v1/holds', { signal }),
  placeHold: (body: { target: string; case: string; reason: string }) => call<Hold>('POST', '/v1/holds', { body }),
  releaseHold: (id: string) => call<Request>('POST', `/v1/holds/${part(id)}/release`),
};

/** What a state means to whoever reads it. */
export const lifeWords: Record<Life, { name: string; says: string; badge: '' | 'good' | 'warn' | 'bad' }> = {
  active: { name: 'Active', says: 'Everything your devices report is taken in.', badge: 'good' },
  grace: { name: 'In grace', says: 'Nothing new is taken in. You can still sign in, read and export what is kept.', badge: 'warn' },
  deactivated: { name: 'Deactivated', says: 'Nothing is readable, and nothing is gone: renewing the licence opens all of it again.', badge: 'bad' },
  marked: { name: 'Marked for deletion', says: 'The keys of your data are about to be destroyed.', badge: 'bad' },
  erased: { name: 'Erased', says: 'The keys are destroyed: nothing of it can be read any more.', badge: 'bad' },
};
