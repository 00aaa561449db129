// SPDX-License-Identifier: Apache-2.0
// A sign-in provider of another make, on this machine: oidc-provider, with its own pages for signing in. Whatever is typed
// as the login is the subject; its claims are made of it.
import Provider from 'oidc-provider';

/** `back` is where it sends browsers; ends with the process. */
export async function serveProvider(port, back) {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'custody', client_secret: 'a secret & more', redirect_uris: [back], grant_types: ['authorization_code'], response_types: ['code'] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    conformIdTokenClaims: false,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, name: `${sub[0].toUpperCase()}${sub.slice(1)} Example`, preferred_username: sub }),
    }),
    pkce: { required: () => true },
    cookies: { keys: ['only for a test'] },
  });
  const server = await new Promise((then) => {
    const made = provider.listen(port, '127.0.0.1', () => then(made));
  });
  return { issuer, close: () => server.close() };
}
