// SPDX-License-Identifier: Apache-2.0
// What leaves the service, in a real browser on a real service:
//
//     node test/handover.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password, recipient and identity (a file) of an age key, a folder to work in, and the
// account and the member that a person is. The tenant has an owner, an administrator called adam, and a device.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(10);

async function signIn(who, username) {
  await who.open('/handover');
  await who.fill('Organisation', facts.tenant);
  await who.fill('Username', username);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
  await who.heading('Handover');
}

/** What a link gives to whoever follows it. */
async function taken(who, link) {
  const wait = who.page.waitForEvent('download');
  await link.click();
  return (await wait).path();
}

const owner = await person(facts.url);
const adam = await person(facts.url);

await must('the owner signs in', () => signIn(owner, facts.login));
await check('without a key nothing can be taken out, and that is said', async () => {
  await owner.seen('There is none yet');
  await owner.seen('Nothing was taken out so far.');
  want((await owner.button('Extract everything…').count()) === 0, 'one could extract without a key');
});
await owner.look('handover before');
async function set() {
  await owner.press('Set this key…');
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Set this key');
}
await check('a key that is none is refused', async () => {
  await owner.fill('Recipient', facts.recipient.slice(0, -1) + 'q');
  await set();
  await owner.told(/./);
});
await owner.look('break-glass');
await must('the owner sets the break-glass key', async () => {
  await owner.press('Cancel');
  await owner.fill('Recipient', facts.recipient);
  await set();
  await owner.seen(facts.recipient);
});
await must('the warning stands before, and is accepted by name alone', async () => {
  await owner.press('Extract everything…');
  await owner.dialog().getByText('is your organisation').waitFor();
  want(await owner.dialog().getByRole('button', { name: 'Accept, and extract' }).isDisabled(), 'it was not asked for the name');
  await owner.look('handover warning');
  await owner.dialog().getByLabel(`Type ${facts.tenant} to go on`).fill(facts.tenant);
  await owner.dialog().getByRole('button', { name: 'Accept, and extract' }).click();
});
let archive;
await must('the archive is made and downloaded', async () => {
  await owner.seen('ready to be downloaded');
  archive = await taken(owner, owner.link('Download'));
});
await check('and has a receipt from then on', async () => {
  const receipt = await taken(owner, owner.page.getByRole('link', { name: /^Receipt of/ }));
  want(readFileSync(receipt, 'utf8').startsWith('custody receipt\n'), 'no receipt');
});
await owner.look('handover');

/* The archive's own page: opened as a file, by a browser that may ask nobody. */
await must('the archive opens with age and unzip', () => {
  execFileSync('age', ['--decrypt', '-i', facts.identity, '-o', `${facts.folder}/archive.zip`, archive]);
  execFileSync('python3', ['-m', 'zipfile', '-e', `${facts.folder}/archive.zip`, `${facts.folder}/archive`]);
});
const reader = await person('');
const asked = [];
reader.page.on('request', (request) => asked.push(request.url()));
await check('its page shows what is in it, and asks nobody', async () => {
  await reader.page.goto(pathToFileURL(`${facts.folder}/archive/index.html`).href);
  await reader.page.getByRole('button', { name: 'devices (1)' }).click();
  await reader.row('zq-laptop').waitFor();
  await reader.page.getByRole('button', { name: 'programs (2)' }).click();
  await reader.row('=zq<script>').waitFor();
  await reader.fill('Search in this table', 'bash');
  await reader.seen('1 to 1 of 1');
  await reader.page.getByLabel(/^Choose .jsonl files/).setInputFiles(`${facts.folder}/archive/data/accounts.jsonl`);
  await reader.fill('Search in this table', '');
  await reader.page.getByLabel(/^Choose .jsonl files/).setInputFiles(`${facts.folder}/archive/data/launches.jsonl`);
  await reader.row('/usr/bin/zq').first().waitFor();
  want(asked.length === 1 && asked[0].startsWith('file:'), `it asked for ${asked.join(', ')}`);
});
await check('a recording plays beside it, and what is no file of the archive is never asked for', async () => {
  await reader.page.getByRole('button', { name: 'recordings (1)' }).click();
  await reader.page.getByRole('button', { name: 'Play' }).click();
  const video = reader.page.locator('video');
  await video.evaluate((one) => new Promise((done, failed) => {
    one.addEventListener('error', () => failed(new Error(`${one.error?.message}`)));
    one.addEventListener('ended', done);
    one.play().catch(failed);
  }));
  want(await video.evaluate((one) => one.videoWidth === 16 && one.duration > 1.5), 'it is another video');
  want(asked.every((url) => url.startsWith('file:')), `it asked for ${asked.join(', ')}`);
});
await reader.look('archive page');

await must('an administrator signs in, and may not take everything', async () => {
  await signIn(adam, 'adam');
  await adam.seen('ready to be downloaded');
  want((await adam.button('Extract everything…').count()) === 0, 'it was offered');
  want((await adam.link('Download').count()) === 0, 'the archive was offered');
});
await must('a person’s request is recorded, with its deadline', async () => {
  await adam.press('Record a request…');
  await adam.dialog().getByLabel('Whose').fill(`${facts.member}, ${facts.account}`);
  await adam.look('request');
  await adam.press('Record it');
  await adam.row('GDPR, one month').getByText('open').waitFor();
  await adam.row('GDPR, one month').getByText('1 account and a member').waitFor();
});
await must('and answered with an archive', async () => {
  await adam.page.getByRole('button', { name: /^Extract for sar_/ }).click();
  await adam.dialog().getByLabel(`Type ${facts.tenant} to go on`).fill(facts.tenant);
  await adam.dialog().getByRole('button', { name: 'Accept, and extract' }).click();
  await adam.row('One person').getByText('ready to be downloaded').waitFor();
  await taken(adam, adam.link('Download'));
  await adam.page.getByRole('button', { name: /^Close sar_.* as answered/ }).click();
  await adam.press('Close it');
  await adam.row('GDPR, one month').getByText('answered').waitFor();
});
await adam.look('handover answered');
await check('an export is ended with one click', async () => {
  await owner.open('/handover');
  await owner.row('Everything').getByRole('button', { name: /^End exp_/ }).click();
  await owner.press('End it');
  await owner.row('Everything').getByText('ended by a person').waitFor();
});
await check('no page complained', () => want(complaints.length === 0, complaints.join('\n')));
await end();
