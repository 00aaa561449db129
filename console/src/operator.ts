// SPDX-License-Identifier: Apache-2.0
// What the API gives the provider's people, and the calls for it.
import { call, part, pathOf } from './api';
import type { JoinAsk, Request } from './admit';
import type { Launch } from './govern';
import type { Licence } from './life';
import type { Snapshot, Work } from './snapshots';
import type { Device, DeviceState, DeviceWhole, Page } from './types';

export interface StaffMember {
  id: string;
  current: boolean;
  /** In words, what keeps a member from being current; null where nothing does. */
  lacks: string | null;
  full_name: string;
  username: string;
  email: string;
  made: string;
  /** The version signed last. */
  agreement: string | null;
  signed_at: string | null;
  security_at: string | null;
  privacy_at: string | null;
  /** Current until then, where nothing is done. */
  until: string | null;
}

export interface Agreement {
  version: string;
  text: string;
  digest: string;
  made: string;
}

export interface Client {
  id: string;
  name: string;
  state: string;
  made: string;
}

/** What stands in clear of a client's device. */
export interface ClientDevice {
  id: string;
  state: DeviceState;
  seen: string;
  enrolled: string;
}

export interface SupportAsk {
  client: string;
  case: string;
  reason: string;
  words: string;
  acts: string;
  minutes: number;
  devices: string[];
}

export interface Certificate {
  body: string;
  number: string;
  scope: string;
  until: string;
  made: string;
}

/** What is left out is as usual. With `typed`, the client's name, it is an order. */
export interface ContractAsk {
  licence_end?: string;
  contract_end?: string;
  not_renewed?: string;
  zone?: string;
  grace_days?: number;
  keep_months?: number;
  keep_snapshots?: number;
  capacity_gib?: number;
  typed?: string;
}

export interface Clock {
  /** A jump is held until two of staff have confirmed the clock. */
  held: boolean;
  jump: string | null;
  found: string | null;
  expected: string | null;
  now: string;
}

export interface Order {
  /** Null: a dry run. */
  id: string | null;
  act: string;
  target: string;
  name: string;
  /** What will be gone, in words. */
  does: string | null;
  state: string | null;
  by: string | null;
  by_name: string | null;
  made: string | null;
  until: string | null;
  second: string | null;
  second_name: string | null;
}
export type MadeOrder = Order & { id: string; made: string; until: string };

export interface OrderAsk {
  act: string;
  target: string;
  /** Left out: a dry run. */
  typed?: string;
}

export const topics = ['information-security', 'privacy'] as const;

const base = '/operator/v1';

/** What a change of a contract came to. */
export function isOrder(answer: Licence | Order): answer is Order {
  return 'act' in answer;
}

export const operator = {
  join: (body: JoinAsk) => call<StaffMember>('POST', `${base}/join`, { body, signingIn: true }),
  agreement: (signal?: AbortSignal) => call<Agreement>('GET', `${base}/agreement`, { signal, signingIn: true }),
  sign: (body: { username: string; password: string; version: string }) =>
    call<StaffMember>('POST', `${base}/agreement/sign`, { body, signingIn: true }),
  session: () => call<StaffMember>('GET', `${base}/session`, { signingIn: true }),
  signIn: (body: { username: string; password: string }) => call<StaffMember>('POST', `${base}/session`, { body, signingIn: true }),
  signOut: () => call<void>('DELETE', `${base}/session`, { signingIn: true }),

  staff: (cursor: string | null, signal?: AbortSignal) => call<Page<StaffMember>>('GET', pathOf(`${base}/staff`, { cursor }), { signal }),
  recordTraining: (id: string, body: { topic: string; at: string }) => call<void>('POST', `${base}/staff/${part(id)}/trainings`, { body }),

  clients: (cursor: string | null, signal?: AbortSignal) => call<Page<Client>>('GET', pathOf(`${base}/clients`, { cursor }), { signal }),
  clientDevices: (id: string, cursor: string | null, signal?: AbortSignal) =>
    call<Page<ClientDevice>>('GET', pathOf(`${base}/clients/${part(id)}/devices`, { cursor }), { signal }),

  contract: (id: string, signal?: AbortSignal) => call<Licence>('GET', `${base}/clients/${part(id)}/contract`, { signal }),
  setContract: (id: string, body: ContractAsk) => call<Licence | Order>('PUT', `${base}/clients/${part(id)}/contract`, { body }),
  clock: (signal?: AbortSignal) => call<Clock>('GET', `${base}/clock`, { signal }),

  requests: (cursor: string | null, signal?: AbortSignal) => call<Page<Request>>('GET', pathOf(`${base}/requests`, { cursor }), { signal }),
  request: (id: string, signal?: AbortSignal) => call<Request>('GET', `${base}/requests/${part(id)}`, { signal }),
  ask: (body: SupportAsk) => call<Request>('POST', `${base}/requests`, { body }),
  end: (id: string) => call<void>('POST', `${base}/requests/${part(id)}/end`),
  devices: (request: string, cursor: string | null, signal?: AbortSignal) =>
    call<Page<Device>>('GET', pathOf(`${base}/requests/${part(request)}/devices`, { cursor }), { signal }),
  device: (request: string, id: string, signal?: AbortSignal) =>
    call<DeviceWhole>('GET', `${base}/requests/${part(request)}/devices/${part(id)}`, { signal }),
  launches: (request: string, id: string, cursor: string | null, signal?: AbortSignal) =>
    call<Page<Launch>>('GET', pathOf(`${base}/requests/${part(request)}/devices/${part(id)}/launches`, { cursor }), { signal }),
  approveDevice: (request: string, id: string) => call<void>('POST', `${base}/requests/${part(request)}/devices/${part(id)}/approve`),
  revokeDevice: (request: string, id: string) => call<void>('POST', `${base}/requests/${part(request)}/devices/${part(id)}/revoke`),

  /** For a grant to restore. */
  snapshots: (request: string, signal?: AbortSignal) => call<Page<Snapshot>>('GET', `${base}/requests/${part(request)}/snapshots`, { signal }),
  /** A dry run; with the client's name typed, a restore. */
  restoreDevice: (request: string, id: string, wish: { snapshot: string; typed?: string }) =>
    call<{ work: string }>('POST', `${base}/requests/${part(request)}/devices/${part(id)}/restore`, { body: wish }),
  works: (signal?: AbortSignal) => call<{ items: Work[] }>('GET', `${base}/works`, { signal }),

  certificate: (signal?: AbortSignal) => call<Certificate>('GET', `${base}/certificate`, { signal }),

  orders: (cursor: string | null, signal?: AbortSignal) => call<Page<MadeOrder>>('GET', pathOf(`${base}/orders`, { cursor }), { signal }),
  order: (body: OrderAsk) => call<Order>('POST', `${base}/orders`, { body }),
  confirmOrder: (id: string) => call<Order>('POST', `${base}/orders/${part(id)}/confirm`),
  withdrawOrder: (id: string) => call<void>('POST', `${base}/orders/${part(id)}/withdraw`),
};

/** Every page of a list that is short. */
export async function everyOf<T>(read: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>, signal: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  for (let next: string | null = null; ; ) {
    const page = await read(next, signal);
    found.push(...page.items);
    if (page.next === null) return found;
    next = page.next;
  }
}
