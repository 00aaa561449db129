// SPDX-License-Identifier: Apache-2.0
// The deletion of everything in real browsers on a real service whose cooling-off is a minute:
//
//     node test/erasure.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password of an owner, and of an auditor called audrey.
import { readFileSync } from 'node:fs';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(10);

async function signIn(who, username) {
  await who.open('/');
  await who.fill('Organisation', facts.tenant);
  await who.fill('Username', username);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
}

async function ask() {
  await owner.press('Delete everything…');
  const dialog = owner.dialog();
  want(await dialog.getByRole('button', { name: 'Delete everything' }).isDisabled(), 'it could be asked for without a word typed');
  await dialog.getByLabel(`Type ${facts.tenant} to go on`).fill(facts.tenant);
  await dialog.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await dialog.getByRole('button', { name: 'Delete everything' }).click();
  await owner.page.getByRole('heading', { name: 'Everything is going to be deleted' }).waitFor();
}

const owner = await person(facts.url);
const audrey = await person(facts.url);
const nobody = await person(facts.url);

await must('the owner signs in, and finds what would go', async () => {
  await signIn(owner, facts.login);
  await owner.link('Deletion').click();
  await owner.heading('Deletion');
  await owner.row('Devices').getByText('1', { exact: true }).waitFor();
});
await check('where no address is set for notices, the page says that nobody would be told', async () => {
  await owner.seen('Nobody would be told that it is complete');
});
await owner.look('deletion');
await check('an auditor sees it, and is not offered to ask', async () => {
  await signIn(audrey, 'audrey');
  await audrey.heading('Audit log');
  await audrey.open('/erasure');
  await audrey.seen('An owner of your organisation can ask for it');
  want((await audrey.button('Delete everything…').count()) === 0, 'it is offered');
});
await must('asked for by name and password, it can be taken back', async () => {
  await ask();
  await owner.look('deletion cooling off');
  await owner.press('Take it back');
  await owner.dialog().getByRole('button', { name: 'Take the request back' }).click();
  await owner.button('Delete everything…').waitFor();
});
let page = '';
await must('a wrong password asks for nothing', async () => {
  await owner.press('Delete everything…');
  await owner.dialog().getByLabel(`Type ${facts.tenant} to go on`).fill(facts.tenant);
  await owner.dialog().getByRole('textbox', { name: 'Your password' }).fill('another pass phrase');
  await owner.dialog().getByRole('button', { name: 'Delete everything' }).click();
  await owner.dialog().getByRole('alert').waitFor();
  await owner.dialog().getByRole('button', { name: 'Cancel' }).click();
});
await must('the page that needs no session shows that it was asked for', async () => {
  await ask();
  page = (await owner.page.getByRole('group', { name: 'The page of this deletion' }).textContent()).slice(facts.url.length);
  await nobody.open(page);
  await nobody.heading('A deletion that was asked for');
});
await must('when it begins, the owner is taken there, and it goes on until the certificate', async () => {
  await owner.page.waitForURL(facts.url + page, { timeout: 90_000 });
  await owner.page.getByRole('heading', { name: 'Certificate of deletion' }).waitFor({ timeout: 60_000 });
  await owner.seen('Keys destroyed');
  await owner.page.getByRole('heading', { name: 'The certificate' }).waitFor();
  want((await owner.page.locator('pre').first().textContent()).startsWith('custody erasure certificate'), 'no certificate is shown');
});
await owner.look('certificate of deletion');
await check('whoever has the address reads it, and takes the PDF, the signed text and the proof', async () => {
  await nobody.page.getByRole('heading', { name: 'The certificate' }).waitFor({ timeout: 60_000 });
  for (const name of ['PDF', 'Signed text', 'Proof']) {
    const [file] = await Promise.all([nobody.page.waitForEvent('download'), nobody.link(name).click()]);
    want((await file.failure()) === null, `${name} cannot be taken`);
  }
});
await check('an address that is none says so', async () => {
  await nobody.open(`/certificates/era_${'a'.repeat(26)}`);
  await nobody.told('There is no deletion at this address.');
});
await check('nobody signs in any more', async () => {
  await signIn(nobody, facts.login);
  await nobody.page.getByRole('alert').filter({ hasText: /./ }).first().waitFor();
});
await check('no page complains', () => want(complaints.length === 0, complaints.join('\n')));
await end();
