// SPDX-License-Identifier: Apache-2.0
// Passkeys: what the service asks, put to the browser, and what the browser's authenticator says, put to the service.
// With the PRF extension an authenticator gives out 32 bytes that open one's own key; they go no further than the request.
import { call, part, Problem } from './api';
import type { StaffMember } from './operator';
import type { Page, Session } from './types';

export interface Passkey {
  id: string;
  made: string;
  used: string | null;
  /** It brings the key; else it gives a session that the password unlocks. */
  opens: boolean;
}

interface Options {
  challenge: string;
  until: string;
  /** Whom passkeys are for: the service's name. */
  party: string;
  salt: string;
  credentials: string[];
  user: string;
  kept: string;
}

/** What a passkey has signed. */
export interface Assertion {
  credential: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  user?: string;
  prf?: string;
}

/** The password typed again, or a passkey in its place. */
export type Again = { username: string; password: string; code?: string } | Assertion;

/** The same of who is signed in with the key: the service knows the name. */
export type Proof = { password: string } | Assertion;

/** What a passkey may stand for the password in. */
export type Act =
  | 'authenticator.add' | 'authenticator.remove' | 'break-glass.set' | 'copy.give' | 'elevation.approve' | 'elevation.code' | 'erasure.ask'
  | 'keeper.approve' | 'key.rotate' | 'member.invite' | 'part.show' | 'passkey.add' | 'passkey.remove' | 'password.change'
  | 'person.forget' | 'policy.publish' | 'recovery.begin' | 'scim.map' | 'session.unlock' | 'signer.give' | 'sso.link' | 'sso.remove'
  | 'sso.set' | 'sso.unlink' | 'token.make';

export const passkeysWork = typeof PublicKeyCredential !== 'undefined';

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function text(from: BufferSource): string {
  const all = from instanceof ArrayBuffer ? new Uint8Array(from) : new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  return btoa(String.fromCharCode(...all)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The browser says little of why: somebody went back, or it took too long, or there is no such passkey here. */
async function browserAsked(work: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let found: Credential | null = null;
  try {
    found = await work();
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'InvalidStateError')
      throw new Problem(400, 'This authenticator holds a passkey of yours already.');
  }
  if (!(found instanceof PublicKeyCredential)) throw new Problem(400, 'No passkey was used. Try again, or use another way.');
  return found;
}

function prfOf(found: PublicKeyCredential): string | undefined {
  const given = found.getClientExtensionResults().prf?.results?.first;
  return given ? text(given) : undefined;
}

const descriptors = (ids: string[]): PublicKeyCredentialDescriptor[] => ids.map((id) => ({ type: 'public-key', id: bytes(id) }));

const prf = (options: Options): AuthenticationExtensionsClientInputs => ({ prf: { eval: { first: bytes(options.salt) } } });

async function signed(options: Options): Promise<Assertion> {
  const found = await browserAsked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: bytes(options.challenge), rpId: options.party, userVerification: 'required',
        allowCredentials: descriptors(options.credentials), extensions: prf(options),
      },
    }),
  );
  const said = found.response as AuthenticatorAssertionResponse;
  const released = prfOf(found);
  return {
    credential: text(found.rawId),
    client_data: text(said.clientDataJSON),
    authenticator_data: text(said.authenticatorData),
    signature: text(said.signature),
    ...(said.userHandle ? { user: text(said.userHandle) } : {}),
    ...(released ? { prf: released } : {}),
  };
}

/** Some authenticators give it out only once they sign. Nothing of that is sent but the 32 bytes. */
async function releasedBy(made: PublicKeyCredential, options: Options): Promise<string | undefined> {
  if (prfOf(made) !== undefined || !made.getClientExtensionResults().prf?.enabled) return prfOf(made);
  const again = { ...options, challenge: text(crypto.getRandomValues(new Uint8Array(32))), credentials: [text(made.rawId)] };
  return (await signed(again)).prf;
}

async function made(options: Options, name: string): Promise<object> {
  const found = await browserAsked(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: bytes(options.challenge), attestation: 'none', rp: { id: options.party, name: 'Custody' },
        user: { id: bytes(options.user), name, displayName: name },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        excludeCredentials: descriptors(options.credentials), extensions: prf(options),
      },
    }),
  );
  const said = found.response as AuthenticatorAttestationResponse;
  const released = await releasedBy(found, options);
  return {
    client_data: text(said.clientDataJSON),
    authenticator_data: text(said.getAuthenticatorData()),
    ...(released ? { prf: released } : {}),
    ...(released && options.kept ? { kept: options.kept } : {}),
  };
}

/** What is done with one's own passkeys: a client's person's, or one of the provider's people's, at their own door. */
const ownAt = (base: '/v1' | '/operator/v1') => ({
  list: (signal?: AbortSignal) => call<Page<Passkey>>('GET', `${base}/passkeys`, { signal }),

  /** A passkey's signature for one act, in place of the password; and for what it is done to: a passkey, or another target. */
  forAct: async (act: Act, on: { passkey?: string; target?: string } = {}): Promise<Assertion> =>
    signed(await call<Options>('POST', `${base}/passkeys/challenge`, { body: { act, ...on } })),

  /** `name` is what the authenticator will call it: it stays there. */
  add: async (again: Again, name: string): Promise<Passkey> => {
    const options = await call<Options>('POST', `${base}/passkeys/begin`, { body: again });
    return call<Passkey>('POST', `${base}/passkeys`, { body: await made(options, name) });
  },

  remove: (id: string, again: Again) => call<void>('POST', `${base}/passkeys/${part(id)}/remove`, { body: again }),
});

export type Door = ReturnType<typeof ownAt>;

export const passkeys = {
  ...ownAt('/v1'),

  /** The first way in of who came by single sign-on alone: it has to open the key. */
  first: async (name: string): Promise<Passkey> =>
    call<Passkey>('POST', '/v1/passkeys', { body: await made(await call<Options>('POST', '/v1/passkeys/first'), name) }),

  signIn: async (tenant: string): Promise<Session> => {
    const options = await call<Options>('POST', '/v1/session/challenge', { body: { tenant }, signingIn: true });
    const assertion = await signed({ ...options, credentials: [] });
    return call<Session>('POST', '/v1/session/passkey', { body: { tenant, ...assertion }, signingIn: true });
  },

  unlock: (again: Again) => call<Session>('POST', '/v1/session/key', { body: again }),
};

export const staffPasskeys = {
  ...ownAt('/operator/v1'),

  signIn: async (): Promise<StaffMember> => {
    const options = await call<Options>('POST', '/operator/v1/session/challenge', { signingIn: true });
    return call<StaffMember>('POST', '/operator/v1/session/passkey', { body: await signed({ ...options, credentials: [] }), signingIn: true });
  },
};
