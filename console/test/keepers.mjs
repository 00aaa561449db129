// SPDX-License-Identifier: Apache-2.0
// Tokens narrowed to scopes, and keepers, in a real browser on a real service:
//
//     node test/keepers.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password of an owner. The keeper is the test itself: it names a public half.
import { readFileSync } from 'node:fs';
import { request } from 'playwright-core';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(8);

const owner = await person(facts.url);
const region = (name) => owner.page.getByRole('region', { name });
const make = () => owner.button('Make the token');
const tick = (name) => owner.page.getByLabel(name, { exact: true });
const again = (password = facts.password) => owner.page.getByRole('textbox', { name: 'Your password' }).fill(password);
let program;

await must('the owner signs in', async () => {
  await owner.open('/');
  await owner.fill('Organisation', facts.tenant);
  await owner.fill('Username', facts.login);
  await owner.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await owner.press('Sign in');
  await owner.heading('Devices');
  await owner.open('/access');
});
await check('a token that may nothing, or hands over what nobody accepted, cannot be made', async () => {
  await region('Keepers').getByText('No keeper.').waitFor();
  await owner.press('Make a token');
  await owner.fill('Name', 'the keeper');
  await tick('May').selectOption('');
  want(await make().isDisabled(), 'a token without a scope');
  await tick('keeper').check();
  await again();
  want(await make().isEnabled(), 'a token with one scope');
  await tick('export').check();
  await owner.seen(/responsibility/);
  want(await make().isDisabled(), 'a token that hands over, accepted by nobody');
  await owner.fill(`Type ${facts.tenant} to accept that`, facts.tenant);
  want(await make().isEnabled(), 'a token that hands over, accepted');
});
await owner.look('a token with scopes');
await must('it is made with its scopes, and does what they say and no more', async () => {
  await tick('devices:read').check();
  await again('not the password');
  await owner.press('Make the token');
  await owner.told(/password is wrong/);
  await again();
  await owner.press('Make the token');
  const token = await owner.page.getByRole('group', { name: 'API token' }).getByText(/^ctk_/).innerText();
  await owner.press('I have kept it');
  program = await request.newContext({
    ignoreHTTPSErrors: true, extraHTTPHeaders: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  });
  const status = async (path) => (await program.get(facts.url + path)).status();
  want((await status('/v1/devices')) === 423, 'it opens without its keeper');
  want((await status('/v1/launches')) === 403, 'it reaches what it has no scope for');
  await region('API tokens').getByRole('row').filter({ hasText: 'devices:read export keeper' }).waitFor();
});
await check('a keeper is approved by the fingerprint that it printed, and by no other', async () => {
  const { fingerprint } = await (await program.post(`${facts.url}/v1/keeper`, { data: { public: `${'A'.repeat(42)}E` } })).json();
  await owner.page.reload();
  await region('Keepers').getByText('Waits for approval').waitFor();
  await owner.look('a keeper that waits');
  await owner.press('Approve the keeper');
  await owner.fill('Fingerprint that the keeper printed', '0000');
  await again();
  await owner.press('Approve this keeper');
  await owner.told(/not this keeper.s fingerprint/);
  await owner.look('approving a keeper');
  await owner.fill('Fingerprint that the keeper printed', fingerprint.toUpperCase());
  await tick('Viewers').check();
  await again();
  await owner.press('Approve this keeper');
  await owner.seen('the keeper is approved');
  await region('Keepers').getByText('Approved', { exact: true }).waitFor();
});
await check('what it may do is seen and changed, what it did is seen', async () => {
  await program.post(`${facts.url}/v1/keeper/poll`, { data: { key: false, exports: 2, reports: 1, alerts: 0, trouble: 'export-locked' } });
  await owner.page.reload();
  await region('Keepers').getByRole('cell', { name: '2 exports, 1 report' }).waitFor();
  await region('Keepers').getByText('export-locked').waitFor();
  await owner.press('Change the keeper');
  want(await tick('Viewers').isChecked(), 'whom it gives the key to is not shown');
  await owner.press('Cancel');
});
await check('revoked, it and its token are gone', async () => {
  await owner.press('Revoke the keeper, a keeper');
  await owner.press('Revoke this keeper');
  await owner.seen('the keeper was revoked');
  want((await program.get(`${facts.url}/v1/session`)).status() === 401, 'its token is still good');
});
await check('nothing was complained of', () => want(complaints.length === 0, complaints.join('\n')));
await end();
