// SPDX-License-Identifier: Apache-2.0
// Single sign-on: the provider that an owner names, one's own link to it, and the way in by it.
import { call } from './api';
import type { Again, Proof } from './passkeys';
import type { Session } from './types';

export interface Provider {
  /** Whether the service's operator has opened a way to providers at all. */
  allowed: boolean;
  /** What the provider has to be told: where it sends the browser back to. */
  back: string;
  issuer: string | null;
  client: string | null;
  secret: boolean;
  /** passkey, passphrase, keeper; spaces between. */
  opens: string | null;
  claim: string | null;
  joins: string | null;
  changed: string | null;
  /** When its keys came, and when they were last asked for. */
  fetched: string | null;
  asked: string | null;
  keys: number;
  trouble: string | null;
  /** How many members are linked. */
  members: number;
}

export interface ProviderAsk {
  issuer: string;
  client: string;
  opens: string;
  claim?: string;
  joins?: string;
  secret?: string;
  keep_secret?: boolean;
}

export interface OwnLink {
  there: boolean;
  linked: string | null;
  opens: string | null;
}

export interface Claims {
  full_name: string | null;
  username: string | null;
  email: string | null;
}

export type Outcome =
  | { state: 'waits' | 'linked' }
  | { state: 'in'; session: Session }
  | { state: 'joins'; user: Claims };

interface Begun {
  location: string;
}

export const sso = {
  provider: (signal?: AbortSignal) => call<Provider>('GET', '/v1/sso', { signal }),
  change: (body: ProviderAsk & Proof) => call<Provider>('PUT', '/v1/sso', { body }),
  remove: (proof: Proof) => call<void>('POST', '/v1/sso/remove', { body: proof }),
  test: () => call<Provider>('POST', '/v1/sso/test'),

  own: (signal?: AbortSignal) => call<OwnLink>('GET', '/v1/sso/link', { signal }),
  link: (body: Again) => call<Begun>('POST', '/v1/sso/link', { body }),
  unlink: (body: Again) => call<void>('POST', '/v1/sso/unlink', { body }),

  begin: (body: { tenant: string } | { invitation: string }) => call<Begun>('POST', '/v1/sso/begin', { body, signingIn: true }),
  come: (body: { state: string; code?: string; issuer?: string; error?: string }) =>
    call<Outcome>('POST', '/v1/sso/come', { body, signingIn: true }),
  join: (body: { state: string; full_name: string; username: string; email: string }) =>
    call<Session>('POST', '/v1/sso/join', { body, signingIn: true }),

  /** The session, with the key once the organisation's keeper has released it. */
  released: () => call<Session>('POST', '/v1/session/release'),

  /** The first password of who has no way in of their own. */
  firstPassword: (body: { username: string; password: string }) => call<void>('POST', '/v1/password', { body }),
};

/** To the provider, which sends the browser back to /signed-in. */
export async function leaveFor(begun: Promise<Begun>): Promise<void> {
  location.assign((await begun).location);
}
