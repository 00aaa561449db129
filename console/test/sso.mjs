// SPDX-License-Identifier: Apache-2.0
// Single sign-on in real browsers, on a real service, by a real provider of another make:
//
//     node test/sso.mjs FACTS.json
//
// FACTS.json has url, tenant, login, password, the port that the provider is to be at, and the name of a file: once it is
// there, a keeper begins.
import { readFileSync, writeFileSync } from 'node:fs';
import { authenticator, check, complaints, end, must, person, want, within } from './harness.mjs';
import { serveProvider } from './provider.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(10);

const provider = await serveProvider(facts.provider, `${facts.url}/signed-in`);
const owner = await person(facts.url);
const nina = await person(facts.url);

/** The provider's own pages: who one is, and that this service may know. */
async function atProvider(who, login) {
  await who.page.waitForURL(`${provider.issuer}/**`);
  await who.page.locator('input[name=login]').fill(login);
  await who.page.locator('input[name=password]').fill('whatever');
  await who.page.locator('button[type=submit]').click();
  await who.page.getByRole('button', { name: 'Continue' }).click();
  await who.page.waitForURL(`${facts.url}/**`);
}

/** The provider knows them still, and sends them on without a page. */
async function straightThrough(who, press) {
  const came = who.page.waitForResponse((answer) => answer.url().endsWith('/v1/sso/come') && answer.status() !== 202);
  await who.press(press);
  await came;
}

async function ask(who, method, path, body) {
  return who.page.evaluate(async ([method, path, body]) => {
    const answer = await fetch(path, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }, [method, path, body]);
}

/** Signed out, and in again by a provider that knows them still. */
async function signOnAgain(who) {
  want((await ask(who, 'DELETE', '/v1/session')).status !== 500, 'not signed out');
  await who.open('/sign-in');
  await straightThrough(who, 'Sign in with single sign-on');
}

/** What the organisation lets open the key after single sign-on. */
async function opens(ways) {
  const { status } = await ask(owner, 'PUT', '/v1/sso', { issuer: provider.issuer, client: 'custody', opens: ways, keep_secret: true, password: facts.password });
  want(status === 200, `${status}`);
}

await must('the owner signs in', async () => {
  await owner.open('/');
  await owner.fill('Organisation', facts.tenant);
  await owner.fill('Username', facts.login);
  await owner.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await owner.press('Sign in');
  await owner.heading('Devices');
});
await must('an owner names the provider, which is reached at once', async () => {
  await owner.link('Single sign-on').click();
  await owner.heading('Single sign-on');
  await owner.seen(`${facts.url}/signed-in`);
  await owner.seen('None is named.');
  await owner.press('Name a provider');
  await owner.fill('Issuer', provider.issuer);
  await owner.fill('Client id', 'custody');
  await owner.fill('Client secret', 'a secret & more');
  await owner.look('single-sign-on-form');
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Save');
  await owner.seen('Reached');
  await owner.seen('one key, fetched');
});
await owner.look('single-sign-on');
await must('a member links their account there, by the password typed again', async () => {
  await owner.open('/sessions');
  await owner.press('Link it');
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Go to the provider');
  await atProvider(owner, 'olga');
  await owner.heading('Sessions');
  await owner.seen('is linked since');
});
await owner.look('sessions-linked');
await check('signed out, they come in by it without typing anything, and the session is locked', async () => {
  want((await ask(owner, 'DELETE', '/v1/session')).status === 204, 'not signed out');
  await owner.open('/');
  await straightThrough(owner, 'Sign in with single sign-on');
  await owner.page.waitForURL((url) => url.pathname !== '/signed-in');
  const { body } = await ask(owner, 'GET', '/v1/session');
  want(body.locked && !body.keyed && !body.waiting, JSON.stringify(body));
  want(owner.query() === '', 'the code stays in the address');
});
await check('their password brings the key to it', async () => {
  await owner.heading('This session is locked');
  await owner.fill('Username', facts.login);
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Unlock');
  await owner.heading('Devices');
});
await check('an organisation without single sign-on is said to have none', async () => {
  await nina.open('/sign-in');
  await nina.fill('Organisation', 'nobodys');
  await nina.press('Sign in with single sign-on');
  await nina.told('This organisation has no single sign-on');
});
await nina.look('sign-in');
await check('who is linked to nobody is told so, and begins again', async () => {
  await nina.fill('Organisation', facts.tenant);
  await nina.press('Sign in with single sign-on');
  await atProvider(nina, 'nina');
  await nina.heading('Not signed in');
  await nina.told('nobody here is linked');
  await nina.link('Begin again').click();
  await nina.heading('Sign in');
});
await must('who is invited joins by it: what the provider says of them is theirs to put right', async () => {
  const made = await ask(owner, 'POST', '/v1/invitations', { role: 'viewer', days: 1, password: facts.password });
  await nina.open(`/join#${made.body.link}`);
  await nina.look('join');
  await straightThrough(nina, 'Join with single sign-on');
  await nina.heading('Join your organisation');
  want((await nina.page.getByLabel('Full name').inputValue()) === 'Nina Example', 'another name');
  want((await nina.page.getByLabel('Email').inputValue()) === 'nina@example.com', 'another address');
  await nina.look('newcomer');
  await nina.fill('Full name', 'Nina Newcomer');
  await nina.press('Join');
  await nina.heading('You wait for the key');
});
await must('who has no way in of their own chooses a password, then is given the key', async () => {
  await nina.look('first-password');
  await nina.fill('Username', 'nina');
  await nina.page.getByRole('textbox', { name: 'Password', exact: true }).fill(facts.password);
  await nina.page.getByRole('textbox', { name: 'Password again' }).fill(facts.password);
  await nina.press('Set the password');
  await nina.gone('Choose a way in of your own first');
  const { body } = await ask(nina, 'GET', '/v1/session');
  want(!body.bare && body.waiting, JSON.stringify(body));
  await owner.open('/people');
  await owner.row('Nina Newcomer').getByRole('button', { name: 'Give the key' }).click();
  await owner.row('Nina Newcomer').getByText('waits').waitFor({ state: 'detached' });
});
const pia = await person(facts.url);
await authenticator(pia, { hasPrf: true });
await must('or adds a passkey, and signs in with it once the key is given', async () => {
  const made = await ask(owner, 'POST', '/v1/invitations', { role: 'viewer', days: 1, password: facts.password });
  await pia.open(`/join#${made.body.link}`);
  await pia.press('Join with single sign-on');
  await atProvider(pia, 'pia');
  await pia.heading('Join your organisation');
  await pia.fill('Full name', 'Pia Passkey');
  await pia.press('Join');
  await pia.heading('You wait for the key');
  await pia.look('first-way-in');
  await pia.press('Add a passkey');
  await pia.gone('Choose a way in of your own first');
  await owner.open('/people');
  await owner.row('Pia Passkey').getByRole('button', { name: 'Give the key' }).click();
  await owner.row('Pia Passkey').getByText('waits').waitFor({ state: 'detached' });
  want((await ask(pia, 'DELETE', '/v1/session')).status !== 500, 'not signed out');
  await pia.open('/sign-in');
  await pia.fill('Organisation', facts.tenant);
  await pia.press('Sign in with a passkey');
  await pia.heading('Devices');
});
await check('by single sign-on that session is locked, and the passkey opens it', async () => {
  await signOnAgain(pia);
  await pia.heading('This session is locked');
  await pia.look('locked-with-a-passkey');
  await pia.press('Use a passkey');
  await pia.heading('Devices');
  await pia.open('/sessions');
  await pia.row('This one').getByText('Single sign-on, unlocked by passkey').waitFor();
});
await check('where the organisation lets no password open it, none is asked for', async () => {
  await opens('passkey');
  await signOnAgain(nina);
  await nina.heading('This session is locked');
  await nina.seen('lets a passkey alone open it');
  want((await nina.page.getByLabel('Your password').count()) === 0 && (await nina.button('Unlock').count()) === 0, 'a password is asked for');
  await nina.look('locked-passkey-alone');
});
await check('where it lets no passkey, none is offered, and who shows one all the same is told why', async () => {
  await signOnAgain(pia);
  await pia.button('Use a passkey').waitFor();
  await opens('passphrase');
  await pia.press('Use a passkey');
  await pia.told('does not let a passkey release the key');
  await pia.page.reload();
  await pia.page.getByLabel('Your password', { exact: true }).waitFor();
  want((await pia.button('Use a passkey').count()) === 0, 'a passkey is offered');
});
await check('and who types a right password all the same is not told that it is wrong', async () => {
  await nina.page.reload();
  await nina.fill('Username', 'nina');
  await nina.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await opens('passkey');
  await nina.press('Unlock');
  await nina.told('does not let a passphrase release the key');
});
await must('a keeper that is late is waited for, through what the service does not answer, and the page goes on by itself', async () => {
  await opens('keeper');
  let hiccups = 2;
  await nina.page.route('**/v1/session/release', (route) => (hiccups-- > 0 ? route.abort() : route.continue()));
  await signOnAgain(nina);
  await nina.heading('This session is locked');
  await nina.seen('keeper is asked to release it');
  want((await nina.page.getByLabel('Your password').count()) === 0, 'a password is asked for');
  await nina.look('locked-keeper');
  let asked = 0;
  await nina.page.locator('button[popovertarget="user-menu"]').click();
  await nina.page.getByRole('link', { name: /Sessions/ }).click();
  await nina.heading('Sessions');
  nina.page.on('request', (request) => (asked += request.url().endsWith('/v1/session/release')));
  await nina.page.waitForTimeout(3500);
  want(asked === 0, 'the page that was left still asks');
  await nina.open('/unlock');
  await nina.heading('This session is locked');
  writeFileSync(facts.wanted, '');
  await nina.heading('Devices');
  await nina.open('/sessions');
  await nina.row('This one').getByText('Single sign-on, unlocked by keeper').waitFor();
});
await check('one that is at work releases the key before anything is seen to be locked', async () => {
  await signOnAgain(nina);
  await nina.page.waitForURL((url) => url.pathname !== '/signed-in');
  want(nina.path() === '/devices', nina.path());
});
await check('at the address of a command line they come back to it', async () => {
  want((await ask(nina, 'DELETE', '/v1/session')).status !== 500, 'not signed out');
  await nina.open(`/cli#challenge=${'A'.repeat(43)}&port=1`);
  await straightThrough(nina, 'Sign in with single sign-on');
  await nina.heading('A command line asks to be signed in');
  await nina.open('/sign-in');
  await nina.heading('Devices');
});
await check('no page complained', async () => want(complaints.length === 0, complaints.join('\n')));
provider.close();
await end();
