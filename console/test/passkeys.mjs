// SPDX-License-Identifier: Apache-2.0
// Passkeys in a real browser, with authenticators that Chromium plays: one that opens the key, and one that cannot.
import { readFileSync } from 'node:fs';
import { authenticator, check, complaints, end, must, person, want, within } from './harness.mjs';

within(6);
const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));

async function signInByPassword(who) {
  await who.open('/sign-in');
  await who.fill('Organisation', facts.tenant);
  await who.fill('Username', facts.login);
  await who.fill('Password', facts.password);
  await who.press('Sign in');
  await who.heading('Devices');
}

async function signOut(who) {
  await who.page.locator('button[popovertarget="user-menu"]').click();
  await who.press('Sign out');
  await who.heading('Sign in');
}

async function add(who, way) {
  await who.open('/sessions');
  await who.press('Add a passkey');
  await way();
  await who.seen(/Added /);
}

const byPassword = (who) => async () => {
  await who.dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  await who.press('Go on');
};

async function signInByPasskey(who) {
  await who.fill('Organisation', facts.tenant);
  await who.press('Sign in with a passkey');
}

const ana = await person(facts.url);
const keyed = await authenticator(ana, { hasPrf: true });

await must('a passkey is added by the password typed again, and the authenticator keeps it', async () => {
  await signInByPassword(ana);
  await add(ana, byPassword(ana));
  await ana.seen('It opens the key.');
  const [held] = await keyed.holds();
  want(held?.isResidentCredential && held.rpId === 'localhost', 'the authenticator does not hold it');
});
await ana.look('Ways in with a passkey');

await must('it signs in with the organisation alone, and opens the key', async () => {
  await signOut(ana);
  await signInByPasskey(ana);
  await ana.heading('Devices');
  await ana.open('/sessions');
  await ana.row('This one').getByText('Passkey').waitFor();
});

await check('in another organisation it is not known', async () => {
  await signOut(ana);
  await ana.fill('Organisation', facts.other);
  await ana.press('Sign in with a passkey');
  await ana.told(/not one of this organisation/);
  await ana.look('Sign in with a passkey');
});

await check('a wrong password adds none', async () => {
  await signInByPasskey(ana);
  await ana.heading('Devices');
  await ana.open('/sessions');
  await ana.press('Add a passkey');
  await ana.dialog().getByLabel('Your password', { exact: true }).fill('not the pass phrase');
  await ana.press('Go on');
  await ana.told(/password is wrong/);
  await ana.look('Adding a passkey');
  await ana.press('Cancel');
});

await check('what no open session is enough for is done by it: somebody is invited', async () => {
  await ana.open('/people');
  await ana.press('Invite somebody');
  await ana.press('Use a passkey');
  const link = await ana.page.getByRole('group', { name: 'Link' }).textContent();
  want(link.includes('/join#civ_'), `the link is ${link}`);
  await ana.press('I have kept it');
});

const bea = await person(facts.url);
await authenticator(bea, {});

await must('one that cannot open the key signs in to a session that is locked', async () => {
  await signInByPassword(bea);
  await add(bea, byPassword(bea));
  await bea.seen('Your password opens the key.');
  await signOut(bea);
  await signInByPasskey(bea);
  await bea.heading('This session is locked');
  await bea.open('/devices');
  await bea.heading('This session is locked');
});
await bea.look('Locked');

await check('the password unlocks it, and the page that was asked for is there', async () => {
  await bea.fill('Username', facts.login);
  await bea.fill('Your password', 'not the pass phrase');
  await bea.press('Unlock');
  await bea.told(/wrong/);
  await bea.fill('Your password', facts.password);
  await bea.press('Unlock');
  await bea.heading('Devices');
  await bea.open('/sessions');
  await bea.row('This one').getByText('Passkey, unlocked by password').waitFor();
});

await check('it signs a policy without the password', async () => {
  await ana.open('/rules');
  await ana.link('Write the first policy').click();
  await ana.press('Sign and roll out');
  await ana.press('Use a passkey');
  await ana.heading('Rules');
  await ana.row('Policy 1').getByText('Newest', { exact: true }).waitFor();
});

await check('a passkey that opens the key asks for the erasure of everything, without the password', async () => {
  await ana.open('/erasure');
  await ana.press('Delete everything…');
  want(await ana.dialog().getByRole('button', { name: 'Use a passkey' }).isDisabled(), 'it could be asked for without a word typed');
  await ana.dialog().getByLabel(`Type ${facts.tenant} to go on`).fill(facts.tenant);
  await ana.look('Erasure by a passkey');
  await ana.press('Use a passkey');
  await ana.page.getByRole('heading', { name: 'Everything is going to be deleted' }).waitFor();
  await ana.press('Take it back');
  await ana.dialog().getByRole('button', { name: 'Take the request back' }).click();
  await ana.button('Delete everything…').waitFor();
});

await check('a passkey stands for the password where one is removed, and then signs in no more', async () => {
  await ana.open('/sessions');
  await ana.page.getByRole('listitem').filter({ hasText: 'It opens the key.' }).getByRole('button', { name: 'Remove it' }).click();
  await ana.press('Use a passkey');
  await ana.gone('It opens the key.');
  await signOut(ana);
  await signInByPasskey(ana);
  await ana.told(/not one of this organisation/);
});

await check('who has only one that does not open the key is not offered it there', async () => {
  const listed = bea.page.waitForResponse((answer) => answer.url().endsWith('/v1/passkeys'));
  await bea.open('/erasure');
  await bea.press('Delete everything…');
  await listed;
  await bea.dialog().getByLabel('Your password', { exact: true }).waitFor();
  want((await bea.dialog().getByRole('button', { name: 'Use a passkey' }).count()) === 0, 'it is offered');
  await bea.press('Cancel');
});

await check('an authenticator that does not verify its person adds none', async () => {
  const cem = await person(facts.url);
  await authenticator(cem, { isUserVerified: false });
  await signInByPassword(cem);
  await cem.open('/sessions');
  await cem.press('Add a passkey');
  await byPassword(cem)();
  await cem.told(/No passkey was used/);
});

const sam = await person(facts.url);
await authenticator(sam, { hasPrf: true });

await must('one of staff adds a passkey, by the password typed again', async () => {
  await sam.open('/operator/sign-in');
  await sam.fill('Username', facts.staff);
  await sam.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await sam.press('Sign in');
  await sam.heading('My requests');
  await sam.link('Staff').click();
  await sam.seen('None: the password signs you in.');
  await sam.press('Add a passkey');
  await sam.dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  await sam.press('Go on');
  await sam.seen(/^Added /);
});
await sam.look('Passkeys of staff');

await check('it signs in without a name, and at no client', async () => {
  await sam.press('Sign out');
  await sam.heading('Sign in as staff');
  await sam.look('Staff sign in with a passkey');
  await sam.press('Sign in with a passkey');
  await sam.heading('My requests');
  await sam.open('/sign-in');
  await signInByPasskey(sam);
  await sam.told(/not one of this organisation/);
});

await check('removed, it signs in no more', async () => {
  await sam.open('/operator/staff');
  await sam.press('Remove it');
  await sam.press('Use a passkey');
  await sam.seen('None: the password signs you in.');
  await sam.press('Sign out');
  await sam.press('Sign in with a passkey');
  await sam.told(/none of staff/);
});

await check('one that cannot open a key is not taken', async () => {
  const tom = await person(facts.url);
  await authenticator(tom, {});
  await tom.open('/operator/sign-in');
  await tom.fill('Username', facts.staff);
  await tom.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await tom.press('Sign in');
  await tom.heading('My requests');
  await tom.link('Staff').click();
  await tom.press('Add a passkey');
  await tom.dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  await tom.press('Go on');
  await tom.told(/cannot open a key/);
});

await check('no page complained', async () => want(complaints.length === 0, complaints.join('\n')));
await end();
