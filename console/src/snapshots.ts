// SPDX-License-Identifier: Apache-2.0
// What the API gives of snapshots and of what takes long, and the calls for them.
import { call } from './api';

export interface Snapshot {
  id: string;
  made: string;
  /** safety: before a restore. */
  why: 'daily' | 'asked' | 'safety' | 'frozen';
  state: 'kept' | 'frozen' | 'gone';
  rows: number;
  /** All that it refers to, and what it added. */
  bytes: number;
  new_bytes: number;
  segments: number;
  blobs: number;
  /** It stands on the device that the live data stands on. */
  same_device: boolean;
  verified: string | null;
  /** Files that did not hold. */
  wrong: number;
  trouble: string | null;
}

export interface Snapshots {
  items: Snapshot[];
  /** When the next daily one is taken. */
  due: string;
  /** Of the service's own state, the newest. */
  service: { made: string | null; verified: string | null; wrong: number };
}

export interface Work {
  id: string;
  kind: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  done: number;
  total: number;
  note: string;
}

export const snapshots = {
  list: (signal?: AbortSignal) => call<Snapshots>('GET', '/v1/snapshots', { signal }),
  take: () => call<{ work: string }>('POST', '/v1/snapshots'),
  verify: () => call<{ work: string }>('POST', '/v1/snapshots/verify'),
  /** A dry run; with the organisation's name typed, a restore. Of one device where one is named. */
  restore: (id: string, wish: { typed?: string; device?: string }) =>
    call<{ work: string }>('POST', `/v1/snapshots/${id}/restore`, { body: wish }),
  works: (signal?: AbortSignal) => call<{ items: Work[] }>('GET', '/v1/works', { signal }),
};
