// SPDX-License-Identifier: Apache-2.0
// Webhooks, and notices that did not go, in a real browser on a real service:
//
//     node test/notices.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password of an owner, and a receiver that accepts at every path but /gone, where it
// answers 410. One notice, a mail to ops@example.com, has failed.
import { readFileSync } from 'node:fs';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(8);

const owner = await person(facts.url);
const region = (name) => owner.page.getByRole('region', { name });
const row = (name, text) => region(name).getByRole('row').filter({ hasText: text });

async function add(path) {
  await owner.press('Add a webhook');
  await owner.fill('Address', facts.receiver + path);
  await owner.press('Add the webhook');
}

await must('the owner signs in', async () => {
  await owner.open('/');
  await owner.fill('Organisation', facts.tenant);
  await owner.fill('Username', facts.login);
  await owner.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await owner.press('Sign in');
  await owner.heading('Devices');
});
await check('a notice that did not go is counted beside Access', async () => {
  const access = owner.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Access/ });
  await access.getByText('waits for you').waitFor();
  await access.click();
  await owner.heading('Access');
});
await check('it is shown with why, and sent again', async () => {
  await region('Notices').getByText('1 notice could not be delivered').waitFor();
  await owner.press('Show them');
  await row('Notices', 'ops@example.com').getByText('nobody answers, tried 33 times').waitFor();
  await owner.look('a notice that failed');
  await region('Notices').getByRole('button', { name: /^Send again: / }).click();
  await owner.seen('It is on its way again');
  await owner.press('Show all notices');
  await row('Notices', 'ops@example.com').getByText('Waits').waitFor();
});
await check('an address that the operator has not opened is refused, with what would be', async () => {
  await owner.press('Add a webhook');
  await owner.fill('Address', 'https://hooks.example.com:9/');
  await owner.press('Add the webhook');
  await owner.dialog().getByRole('alert').getByText('--webhook-ports').waitFor();
  await owner.press('Cancel');
});
let secret = '';
const shown = () => owner.page.getByRole('group', { name: 'Secret' }).textContent();
await must('a webhook is added, and its secret shown once', async () => {
  await add('/custody');
  secret = await shown();
  want(/^whsec_[\w+/]{43}=$/.test(secret), secret);
  await owner.look('the secret of a webhook');
  await owner.press('I have kept it');
  await row('Webhooks', '/custody').getByText('On', { exact: true }).waitFor();
});
await check('a test is posted, and delivered', async () => {
  await owner.page.getByRole('button', { name: /^Test .*custody$/ }).click();
  await owner.dialog().getByRole('button', { name: 'Send a test' }).click();
  await owner.seen('A test is on its way');
  for (let tries = 0; tries < 10 && (await row('Notices', '/custody').getByText('Delivered').count()) === 0; tries++) {
    await owner.page.waitForTimeout(500);
    await region('Notices').getByRole('button', { name: 'Refresh' }).click();
  }
  await row('Notices', '/custody').getByText('Delivered').waitFor();
});
await check('a new secret signs beside the earlier one for a day', async () => {
  await owner.page.getByRole('button', { name: /^New secret for .*custody$/ }).click();
  await owner.press('Make the secret');
  want((await shown()) !== secret, 'it is the same');
  await owner.press('I have kept it');
  await row('Webhooks', '/custody').getByText('two secrets until').waitFor();
});
await check('a webhook that is gone is shown so', async () => {
  await add('/gone');
  await owner.press('I have kept it');
  await owner.page.getByRole('button', { name: /^Test .*gone$/ }).click();
  await owner.dialog().getByRole('button', { name: 'Send a test' }).click();
  for (let tries = 0; tries < 10 && (await row('Webhooks', '/gone').getByText('Gone', { exact: true }).count()) === 0; tries++) {
    await owner.page.waitForTimeout(500);
    await owner.page.reload();
    await row('Webhooks', '/gone').waitFor();
  }
  await row('Webhooks', '/gone').getByText('refused with 410').waitFor();
});
await owner.look('webhooks');
await check('removed, it is gone from the list', async () => {
  await owner.page.getByRole('button', { name: /^Remove .*gone$/ }).click();
  await owner.press('Remove this webhook');
  await owner.seen('The webhook was removed');
  await row('Webhooks', '/gone').waitFor({ state: 'detached' });
});
await check('the audit log says so in words', async () => {
  await owner.link('Audit log').click();
  await owner.heading('Audit log');
  for (const words of ['was accepted by a webhook', 'got a new secret', 'was switched off', 'is sent again']) await owner.page.getByRole('row').getByText(words).first().waitFor();
});
await check('no page complained, and none broke the policy', async () => want(complaints.length === 0, complaints.join('\n')));
await end();
