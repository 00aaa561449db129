// SPDX-License-Identifier: Apache-2.0
// A person's data, in a real browser on a real service:
//
//     node test/privacy.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password. The tenant has an owner, a viewer called alice, an auditor called ari, and
// two devices, ALICE-LAPTOP and lab-02, at each of which alice and bob have accounts; a token is called "alice's script".
import { readFileSync } from 'node:fs';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(10);

async function signIn(who, username) {
  await who.open('/privacy');
  await who.fill('Organisation', facts.tenant);
  await who.fill('Username', username);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
  await who.heading('Privacy');
}

const owner = await person(facts.url);
const ari = await person(facts.url);

await must('the owner signs in', () => signIn(owner, facts.login));
await check('that nobody was forgotten is said', () => owner.seen('Nobody was forgotten.'));
await owner.look('privacy');
await check('who is not here is said', async () => {
  await owner.fill('Name of an account or a member', 'nobody-like-that');
  await owner.press('Find');
  await owner.seen('Nobody by this name');
});
await must('a person is found as accounts of devices and as a member', async () => {
  await owner.fill('Name of an account or a member', 'ALICE');
  await owner.press('Find');
  await owner.page.getByLabel('alice on ALICE-LAPTOP').check();
  await owner.page.getByLabel('alice on lab-02').check();
  await owner.page.getByLabel('Alice, viewer here').check();
});
await must('all that it reaches is listed, and where else they are named', async () => {
  want((await owner.button('Forget this person…').count()) === 0, 'one could forget before it was listed');
  await owner.press('List what it reaches');
  await owner.button('Forget this person…').waitFor();
  await owner.row('alice on ALICE-LAPTOP').filter({ hasText: 'launches' }).getByText('3').waitFor();
  await owner.row('Alice').getByText('name, email, ways to sign in').waitFor();
  await owner.row('device name').getByText('ALICE-LAPTOP').first().waitFor();
});
await owner.look('what forgetting reaches');
await check('a token that names the person is renamed', async () => {
  await owner.press("Rename alice's script");
  await owner.fill('New name', 'a script');
  await owner.press('Rename');
  await owner.seen('Renamed');
  await owner.gone("alice's script");
  await owner.button('Forget this person…').waitFor();
});
await check('it is not done without the name typed and the password', async () => {
  await owner.press('Forget this person…');
  await owner.dialog().getByText('It cannot be taken back').waitFor();
  want(await owner.button('Forget this person').isDisabled(), 'it was offered without the name');
  await owner.fill('Type alice to go on', 'alice');
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill('another pass phrase');
  await owner.press('Forget this person');
  await owner.told('The password is wrong');
});
await owner.look('the last step');
await must('then it is', async () => {
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Forget this person');
  await owner.seen('The person was forgotten');
  await owner.row('2 accounts and a member').getByText(/^not heard yet from/).waitFor();
});
await owner.look('somebody was forgotten');
await check('nothing of them is found any more', async () => {
  await owner.fill('Name of an account or a member', 'alice');
  await owner.press('Find');
  await owner.seen('Nobody by this name');
});
await check('what endpoints withhold is lifted', async () => {
  await owner.page.getByRole('button', { name: /^Lift what is withheld/ }).click();
  await owner.dialog().getByText('under a new id').waitFor();
  await owner.press('Lift');
  await owner.seen('The endpoints report these accounts again, as new ones');
});
await check('the log says so in words', async () => {
  await owner.open('/log');
  await owner.seen('A person was forgotten:');
});
await must('an auditor sees who was forgotten, and forgets nobody', async () => {
  await signIn(ari, 'ari');
  await ari.row('2 accounts and a member').waitFor();
  await ari.seen('An owner or an administrator of your organisation forgets people.');
  want((await ari.button('Find').count()) === 0, 'an auditor could look for people');
});
await ari.look('privacy as an auditor');
await check('no page complained', async () => want(complaints.length === 0, complaints.join('\n')));
await end();
