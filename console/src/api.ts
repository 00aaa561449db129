// SPDX-License-Identifier: Apache-2.0
// Every call the console makes. A call either gives what docs/API.md says or throws a Problem.
import type {
  Claimed, DeploymentKey, Device, DeviceWhole, NewDeploymentKey, NewToken, Page, Session, Token,
} from './types';

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

let sessionEnded: () => void = () => {};

/** Called when the service says 401 to anything but a sign-in: the session is over. */
export function onSessionEnded(then: () => void): void {
  sessionEnded = then;
}

type Method = 'GET' | 'POST' | 'DELETE';

interface Ask {
  body?: object;
  signal?: AbortSignal;
  /** A 401 says that what was typed is wrong, not that the session ended. */
  signingIn?: boolean;
}

async function call<T>(method: Method, path: string, ask: Ask = {}): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
  init.headers = { Accept: 'application/json' };
  if (method !== 'GET') init.headers['Content-Type'] = 'application/json';
  if (ask.body) init.body = JSON.stringify(ask.body);
  if (ask.signal) init.signal = ask.signal;

  const answer = await reach(path, init);
  if (!answer.ok) {
    if (answer.status === 401 && !ask.signingIn) sessionEnded();
    throw await problemIn(answer);
  }
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch {
    throw new Problem(0, 'The answer of the service could not be read.');
  }
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

function pageOf(path: string, cursor: string | null): string {
  return cursor === null ? path : `${path}?cursor=${encodeURIComponent(cursor)}`;
}

const part = encodeURIComponent;

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
}

export const api = {
  session: () => call<Session>('GET', '/v1/session', { signingIn: true }),
  signIn: (body: SignInAsk) => call<Session>('POST', '/v1/session', { body, signingIn: true }),
  signOut: () => call<void>('DELETE', '/v1/session', { signingIn: true }),
  recover: (body: RecoverAsk) => call<Session>('POST', '/v1/recover', { body, signingIn: true }),
  claim: (body: ClaimAsk) => call<Claimed>('POST', '/v1/claim', { body, signingIn: true }),
  confirmKit: (kit: string) => call<void>('POST', '/v1/claim/kit', { body: { kit } }),

  devices: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<Device>>('GET', pageOf('/v1/devices', cursor), { signal }),
  device: (id: string, signal?: AbortSignal) => call<DeviceWhole>('GET', `/v1/devices/${part(id)}`, { signal }),
  deleteDevice: (id: string) => call<void>('DELETE', `/v1/devices/${part(id)}`),

  tokens: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<Token>>('GET', pageOf('/v1/tokens', cursor), { signal }),
  makeToken: (body: { name: string; role: string; days: number }) => call<NewToken>('POST', '/v1/tokens', { body }),
  revokeToken: (id: string) => call<void>('DELETE', `/v1/tokens/${part(id)}`),

  deploymentKeys: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<DeploymentKey>>('GET', pageOf('/v1/deployment-keys', cursor), { signal }),
  makeDeploymentKey: (body: { name: string; uses: number; days: number }) =>
    call<NewDeploymentKey>('POST', '/v1/deployment-keys', { body }),
  revokeDeploymentKey: (id: string) => call<void>('DELETE', `/v1/deployment-keys/${part(id)}`),
};
