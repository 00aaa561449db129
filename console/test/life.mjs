// SPDX-License-Identifier: Apache-2.0
// A client's licence in a real browser on a real service: node test/life.mjs FACTS.json
//
// FACTS.json has url, tenant, login, password and a device's id; the licence ended some days ago. Each line that is read from
// standard input says that what was asked for in the last line written to standard output was done by the service's side.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(8);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** What is done on the other side of the service, before this one goes on. */
async function asks(what) {
  console.log(`asks   ${what}`);
  await lines.next();
}

async function signIn(who) {
  await who.fill('Organisation', facts.tenant);
  await who.fill('Username', facts.login);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
}

const owner = await person(facts.url);
const sam = await person(facts.url);
await must('in grace every page says that the licence has ended, and is open', async () => {
  await owner.open('/');
  await signIn(owner);
  await owner.heading('Devices');
  await owner.seen('Your licence has ended');
});
await check('the licence shows what stands, what was and what will be', async () => {
  await owner.link('Until when you can read and export').click();
  await owner.heading('Licence');
  await owner.seen('In grace');
  await owner.seen('the grace ends');
  const said = await owner.page.getByRole('region', { name: 'What was, and what will be' }).innerText();
  const places = ['the licence ends', 'Now', 'the grace ends', 'deletion begins by itself', 'the keys are destroyed'].map((text) => said.lastIndexOf(text));
  want(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1])), `not in order: ${places}`);
});
await check('a hold is placed on a device, with its case', async () => {
  await owner.press('Place a hold');
  await owner.fill('Case', '2026/17');
  await owner.fill('Reason', 'A claim about March');
  await owner.fill('Device or account', 'dev_x');
  await owner.seen('That is no id');
  await owner.fill('Device or account', facts.device);
  await owner.press('Place the hold');
  await owner.row('2026/17').getByText(/Holds \d+ key/).waitFor();
});
await owner.look('licence in grace');
await check('its release is asked for by its case, and waits for a second person', async () => {
  await owner.row('2026/17').getByRole('button', { name: 'Release' }).click();
  await owner.fill('Type 2026/17 to go on', '2026/17');
  await owner.press('Ask for its release');
  await owner.heading('Release of a legal hold');
  await owner.seen('You asked for this: somebody else has to answer.');
});
await owner.look('release of a hold');
await must('one of staff signs in and finds the client', async () => {
  await sam.open('/operator/sign-in');
  await sam.fill('Username', 'support');
  await sam.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await sam.press('Sign in');
  await sam.link('Clients').click();
  await sam.heading('Clients');
  await sam.link(facts.tenant).click();
  await sam.heading(facts.tenant);
  await sam.seen('In grace');
});
await sam.look('a contract, as staff see it');
await check('what hastens anything takes the name typed, and becomes an order', async () => {
  await sam.press('Change or renew');
  await sam.fill('Last day of the licence', facts.over);
  await sam.press('Save');
  await sam.seen('Something would fall due earlier');
  await sam.fill(`Type ${facts.tenant} to go on`, facts.tenant);
  await sam.press('Order it');
  await sam.heading('Orders');
  await sam.row(`Change the contract of ${facts.tenant}`).getByText('Waits for a second person').waitFor();
});
await check('deactivated an owner is shown the licence, and nothing else', async () => {
  await asks('confirm');
  await owner.open('/devices');
  await signIn(owner);
  await owner.heading('Licence');
  await owner.seen('Deactivated');
  want((await owner.page.getByRole('navigation', { name: 'Pages' }).getByRole('link').count()) === 1, 'other pages are offered');
});
await owner.look('licence deactivated');
await check('renewed, everything is there again', async () => {
  await sam.open(`/operator/clients/${facts.client}`);
  await sam.seen('Deactivated');
  await sam.press('Change or renew');
  await sam.fill('Last day of the licence', facts.renewed);
  await sam.press('Save');
  await sam.seen('The contract was changed');
  await owner.open('/devices');
  await owner.heading('Devices');
  await owner.row('lab-01').waitFor();
});
await check('no page complained', () => want(complaints.length === 0, complaints.join('\n')));
await end();
