// SPDX-License-Identifier: Apache-2.0
// The calls the console makes; those for people and requests stand in admit.ts, the provider's in operator.ts. A call either gives what docs/API.md says or throws a Problem.
import type {
  Ages, Claimed, CountedPage, DeploymentKey, Device, DeviceAsk, DeviceWhole, Goes, Keeper, LogAbout, LogAsk, LogEntry,
  NewDeploymentKey, NewToken, NewWebhook, Notices, Page, PolicyProof, Scope, Session, Settings, SignedIn, Storage, Switches,
  Token, Webhook,
} from './types';
import { dayBegins, dayEnds } from './lib/time.svelte';
import type { Again, Proof } from './passkeys';

/** Why a call failed. `status` is 0 where the service could not be reached or its answer made no sense. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail || `status ${status}`);
    this.name = 'Problem';
  }
}

/** Whatever was thrown, as a Problem. */
export function problemOf(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem(0, '');
}

/** One browser may hold a session of a client's person and one of the provider's staff. */
type Side = 'client' | 'staff';
const ended: Record<Side, () => void> = { client: () => {}, staff: () => {} };

/** Called when the service says 401 to anything but a sign-in: the session is over. */
export function onSessionEnded(then: () => void, side: Side = 'client'): void {
  ended[side] = then;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Ask {
  body?: object;
  signal?: AbortSignal;
  accept?: string;
  /** The edition that was read: somebody who was faster is told of (412). */
  edition?: number;
  /** A 401 says that what was typed is wrong, not that the session ended. */
  signingIn?: boolean;
}

export async function answerTo(method: Method, path: string, ask: Ask): Promise<Response> {
  const init: RequestInit = { method, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
  init.headers = { Accept: ask.accept ?? 'application/json' };
  if (method !== 'GET') init.headers['Content-Type'] = 'application/json';
  if (ask.edition) init.headers['If-Match'] = `"${ask.edition}"`;
  if (ask.body) init.body = JSON.stringify(ask.body);
  if (ask.signal) init.signal = ask.signal;

  const answer = await reach(path, init);
  if (!answer.ok) {
    if (answer.status === 401 && !ask.signingIn) ended[path.startsWith('/operator/') ? 'staff' : 'client']();
    throw await problemIn(answer);
  }
  return answer;
}

/** The whole body; one that breaks off or makes no sense is a Problem. */
export async function read<T>(body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await body();
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    throw new Problem(0, 'The answer of the service could not be read.');
  }
}

export async function call<T>(method: Method, path: string, ask: Ask = {}): Promise<T> {
  const answer = await answerTo(method, path, ask);
  return answer.status === 204 ? (undefined as T) : read<T>(() => answer.json(), ask.signal);
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (thrown) {
    if (init.signal?.aborted) throw thrown;
    throw new Problem(0, '');
  }
}

async function problemIn(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as { title?: unknown; detail?: unknown };
    const said = [body.detail, body.title].find((text) => typeof text === 'string' && text !== '');
    return new Problem(answer.status, (said as string | undefined) ?? '');
  } catch {
    return new Problem(answer.status, '');
  }
}

/** A path with those of the fields that say something. */
export function pathOf(path: string, fields: Record<string, string | number | null>): string {
  const said = Object.entries(fields).filter(([, value]) => value !== null && value !== '');
  const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return query === '' ? path : `${path}?${query}`;
}

function logFields({ act, by, on, from, until }: LogAsk): Record<string, string> {
  return { act, by, on, from: from && dayBegins(from), until: until && dayEnds(until) };
}

/** An evidence log: the client's, or the service's own. */
export interface LogSource {
  /** `total` is how many are signed, whatever is asked for. A page that has few may still have a `next`. */
  list: (ask: LogAsk, cursor: string | null, limit: number | null, signal?: AbortSignal) => Promise<CountedPage<LogEntry>>;
  /** The whole of what fits, however many pages that is. */
  csv: (ask: LogAsk, far: (entries: number) => void) => Promise<Blob>;
  about: (signal?: AbortSignal) => Promise<LogAbout>;
  /** Byte for byte as it stands in the log: what its proof is about. */
  entry: (seq: number, signal?: AbortSignal) => Promise<string>;
  proof: (seq: number) => Promise<Blob>;
}

export function logAt(base: string): LogSource {
  return {
    list: async (ask, cursor, limit, signal) => {
      const answer = await answerTo('GET', pathOf(base, { ...logFields(ask), cursor, limit }), { signal });
      const page = await read<Page<LogEntry>>(() => answer.json(), signal);
      return { ...page, total: Number(answer.headers.get('Total-Count') ?? page.items.length) };
    },
    csv: async (ask, far) => {
      const pages: Blob[] = [];
      for (let cursor: string | null = null; ; ) {
        const answer: Response = await answerTo('GET', pathOf(base, { ...logFields(ask), cursor }), { accept: 'text/csv' });
        pages.push(await read(() => answer.blob()));
        const next = answer.headers.get('Next-Cursor');
        if (next === null) return new Blob(pages, { type: pages[0]?.type });
        if (next === cursor) throw new Problem(0, 'the service gives the same page again');
        cursor = next;
        far(Number(answer.headers.get('Total-Count')) - Number(next));
      }
    },
    about: (signal) => call<LogAbout>('GET', `${base}/about`, { signal }),
    entry: async (seq, signal) => {
      const answer = await answerTo('GET', `${base}/${seq}`, { signal });
      return read(() => answer.text(), signal);
    },
    proof: async (seq) => {
      const answer = await answerTo('GET', `${base}/${seq}/proof`, { accept: 'text/plain' });
      return read(() => answer.blob());
    },
  };
}

export const part = encodeURIComponent;

export interface ClaimAsk {
  claim: string;
  username: string;
  full_name: string;
  email: string;
  password: string;
}

export interface RecoverAsk {
  tenant: string;
  kit: string;
  username: string;
  password: string;
}

export interface SignInAsk {
  tenant: string;
  username: string;
  password: string;
  /** Of an authenticator, for who has one. */
  code?: string;
}

export interface Authenticator {
  since: string | null;
  secret?: string;
  uri?: string;
  /** Row by row, 1 for dark. */
  qr?: string[];
}

export const api = {
  session: () => call<Session>('GET', '/v1/session', { signingIn: true }),
  signIn: (body: SignInAsk) => call<Session>('POST', '/v1/session', { body, signingIn: true }),
  signOut: () => call<void>('DELETE', '/v1/session', { signingIn: true }),
  recover: (body: RecoverAsk) => call<Session>('POST', '/v1/recover', { body, signingIn: true }),
  claim: (body: ClaimAsk) => call<Claimed>('POST', '/v1/claim', { body, signingIn: true }),
  confirmKit: (kit: string) => call<void>('POST', '/v1/claim/kit', { body: { kit } }),

  /** `limit` null leaves the length of the page to the service. The name's part goes no further than this request. */
  devices: async (ask: DeviceAsk, cursor: string | null, limit: number | null, signal?: AbortSignal): Promise<CountedPage<Device>> => {
    const answer = await answerTo('GET', pathOf('/v1/devices', { ...ask, cursor, limit }), { signal });
    const page = await read<Page<Device>>(() => answer.json(), signal);
    return { ...page, total: Number(answer.headers.get('Total-Count') ?? page.items.length) };
  },
  devicesCsv: async (ask: DeviceAsk): Promise<Blob> => {
    const answer = await answerTo('GET', pathOf('/v1/devices', { ...ask }), { accept: 'text/csv' });
    return read(() => answer.blob());
  },
  device: (id: string, signal?: AbortSignal) => call<DeviceWhole>('GET', `/v1/devices/${part(id)}`, { signal }),
  deleteDevice: (id: string) => call<void>('DELETE', `/v1/devices/${part(id)}`),
  approveDevice: (id: string) => call<void>('POST', `/v1/devices/${part(id)}/approve`),
  revokeDevice: (id: string) => call<void>('POST', `/v1/devices/${part(id)}/revoke`),

  settings: (signal?: AbortSignal) => call<Settings>('GET', '/v1/settings', { signal }),
  changeSettings: (body: Switches) => call<Settings>('PUT', '/v1/settings', { body }),

  sessions: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<SignedIn>>('GET', pathOf('/v1/sessions', { cursor }), { signal }),
  authenticator: (signal?: AbortSignal) => call<Authenticator>('GET', '/v1/authenticator', { signal }),
  addAuthenticator: (body: { username: string; password: string }) => call<Authenticator>('POST', '/v1/authenticator', { body }),
  confirmAuthenticator: (code: string) => call<Authenticator>('POST', '/v1/authenticator/confirm', { body: { code } }),
  removeAuthenticator: (body: Again) => call<void>('POST', '/v1/authenticator/remove', { body }),
  changePassword: (body: { username: string; password: string; new_password: string }) => call<void>('PUT', '/v1/password', { body }),
  /** Says yes to a sign-in of the command line, which keeps the secret whose hash this is. */
  signCommandLineIn: (challenge: string) => call<{ code: string; until: string }>('POST', '/v1/cli', { body: { challenge } }),
  endSession: (id: string) => call<void>('DELETE', `/v1/sessions/${part(id)}`),

  tokens: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<Token>>('GET', pathOf('/v1/tokens', { cursor }), { signal }),
  scopes: (signal?: AbortSignal) => call<Page<Scope>>('GET', '/v1/scopes', { signal }),
  /** With a role, or with scopes; `typed` accepts what is handed over. */
  makeToken: (body: { name: string; role?: string; scope?: string; typed?: string; days: number } & Proof) =>
    call<NewToken>('POST', '/v1/tokens', { body }),
  revokeToken: (id: string) => call<void>('DELETE', `/v1/tokens/${part(id)}`),

  keepers: (signal?: AbortSignal) => call<Page<Keeper>>('GET', '/v1/keepers', { signal }),
  approveKeeper: (id: string, body: { fingerprint: string; gives?: string; releases: boolean } & Proof) =>
    call<Keeper>('POST', `/v1/keepers/${part(id)}/approve`, { body }),
  revokeKeeper: (id: string) => call<void>('DELETE', `/v1/keepers/${part(id)}`),

  deploymentKeys: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<DeploymentKey>>('GET', pathOf('/v1/deployment-keys', { cursor }), { signal }),
  makeDeploymentKey: (body: { name: string; uses: number; days: number; pattern: string; hold: boolean }) =>
    call<NewDeploymentKey>('POST', '/v1/deployment-keys', { body }),
  /** With `devices` what the key enrolled is revoked as well. */
  revokeDeploymentKey: (id: string, devices: boolean) =>
    call<void>('DELETE', pathOf(`/v1/deployment-keys/${part(id)}`, { devices: devices ? 'revoke' : null })),

  notices: (state: string, signal?: AbortSignal) => call<Notices>('GET', pathOf('/v1/notices', { state }), { signal }),
  /** None at all: nobody is told. */
  changeNotices: (addresses: string[]) =>
    call<Notices>('PUT', '/v1/notices', { body: addresses.length > 0 ? { addresses: addresses.join(' ') } : {} }),
  storage: (signal?: AbortSignal) => call<Storage>('GET', '/v1/storage', { signal }),
  tryAges: (body: Ages) => call<Page<Goes>>('POST', '/v1/storage/retention/try', { body }),
  /** With the organisation's name where more may go than before. */
  changeAges: (body: Ages & { name?: string }) => call<Storage>('PUT', '/v1/storage/retention', { body }),
  testNotices: () => call<Notices>('POST', '/v1/notices/test'),
  sendAgain: (id: string) => call<void>('POST', `/v1/notices/${part(id)}/again`),

  webhooks: (signal?: AbortSignal) => call<Page<Webhook>>('GET', '/v1/webhooks', { signal }),
  addWebhook: (url: string) => call<NewWebhook>('POST', '/v1/webhooks', { body: { url } }),
  rotateWebhook: (id: string) => call<NewWebhook>('POST', `/v1/webhooks/${part(id)}/rotate`),
  testWebhook: (id: string) => call<void>('POST', `/v1/webhooks/${part(id)}/test`),
  removeWebhook: (id: string) => call<void>('DELETE', `/v1/webhooks/${part(id)}`),

  /** Checks every promise anew, for which the whole log is read. */
  prove: async (signal?: AbortSignal): Promise<PolicyProof> => {
    const answer = await answerTo('GET', '/v1/prove', { signal });
    const text = await read(() => answer.text(), signal);
    const { promises } = await read<Omit<PolicyProof, 'text'>>(async () => JSON.parse(text), signal);
    return { promises, text };
  },
};
