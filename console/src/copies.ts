// SPDX-License-Identifier: Apache-2.0
// What the API gives of copies into another organisation, and the calls for them.
import { call } from './api';
import type { Proof } from './passkeys';

/** `subjects` are people and devices: keys of `left` of them are still to be sealed. */
export interface SnapshotCopy {
  id: string;
  state: 'offered' | 'counting' | 'counted' | 'sealing' | 'filling' | 'done' | 'ended';
  into: string;
  /** What the organisation that it goes into is called. */
  name: string;
  whence: string | null;
  snapshot: string | null;
  by: string | null;
  given_by: string | null;
  made: string;
  /** The code is valid so long. */
  until: string;
  begun: string | null;
  ended: string | null;
  records: number;
  subjects: number;
  left: number;
  trouble: string | null;
}

export const copies = {
  list: (signal?: AbortSignal) => call<{ items: SnapshotCopy[] }>('GET', '/v1/copies', { signal }),
  /** The code is shown this once. */
  offer: () => call<{ code: string; copy: SnapshotCopy }>('POST', '/v1/copies'),
  ask: (snapshot: string, code: string) => call<SnapshotCopy>('POST', `/v1/snapshots/${snapshot}/copy`, { body: { code } }),
  give: (id: string, typed: string, proof: Proof) => call<SnapshotCopy>('POST', `/v1/copies/${id}/give`, { body: { typed, ...proof } }),
  goOn: (id: string) => call<SnapshotCopy>('POST', `/v1/copies/${id}/go-on`),
  end: (id: string) => call<SnapshotCopy>('POST', `/v1/copies/${id}/end`),
};
