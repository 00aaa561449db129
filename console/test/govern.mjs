// SPDX-License-Identifier: Apache-2.0
// Launches and policies, in real browsers on a real service:
//
//     node test/govern.mjs FACTS.json
//
// FACTS.json is what test/console_govern_test.py writes: a tenant with two signed policies, the devices web-01, whose
// launches are recorded and which follows policy 2, lab-02, which refuses it, and old-03, which has said nothing; and a
// tenant "empty" that has none of that. What endpoints say while the browser looks is sent from here, as they send it.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(6);

/** What the endpoint web-01 asks of the service, with its own certificate. */
function endpoint(method, path, body) {
  const certificate = { cert: readFileSync(facts.certificate), key: readFileSync(facts.key), rejectUnauthorized: false };
  return new Promise((then, otherwise) => {
    const ask = https.request(facts.agents + path, { method, ...certificate, headers: body ? { 'Content-Type': 'application/x-protobuf' } : {} }, (answer) => {
      answer.resume();
      answer.on('end', () => (answer.statusCode < 400 ? then() : otherwise(new Error(`${method} ${path}: ${answer.statusCode}`))));
    });
    ask.on('error', otherwise);
    ask.end(body);
  });
}

async function signIn(who, tenant) {
  await who.open('/');
  await who.fill('Organisation', tenant);
  await who.fill('Username', facts.login);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
}

const owner = await person(facts.url);
const fresh = await person(facts.url);
const { page } = owner;
const text = () => page.locator('textarea:visible');
const drawer = () => owner.dialog();

await must('the owners sign in', async () => {
  await Promise.all([signIn(owner, facts.tenant), signIn(fresh, 'empty')]);
  await Promise.all([owner.heading('Devices'), fresh.heading('Devices')]);
});

/* Launches */

await check('where nothing was launched, it says so and leads to the rules', async () => {
  await fresh.link('Launches').click();
  await fresh.page.locator('[data-state=empty]').getByText('No launch was recorded').waitFor();
  await fresh.link('Go to the rules').click();
  await fresh.heading('Rules');
});
await must('launches are listed, with whose they are by name', async () => {
  await owner.link('Launches').click();
  await owner.heading('Launches');
  await owner.row('/tmp/build/run').getByText('anna').filter({ visible: true }).waitFor();
  await owner.row('/usr/sbin/cron').first().getByText('The system').filter({ visible: true }).waitFor();
});
await check('a denied one is told by a word and a sign, not by its colour alone', async () => {
  const row = owner.row('/tmp/build/run');
  want(/Denied/.test(await row.innerText()), await row.innerText());
  want((await row.locator('.badge .icon').count()) >= 1, 'no sign');
});
await owner.look('launches');
await check('filters stand in the address, what may be a name in its fragment', async () => {
  await page.getByLabel('Decision').selectOption({ label: 'Elevated' });
  await owner.row('apt-get').waitFor();
  await owner.gone('/usr/sbin/cron');
  await page.getByLabel('Path').fill('/opt/');
  await page.locator('[data-state=filtered]').getByText('No launch fits').waitFor();
  want(owner.query() === '?decision=elevated' && new URL(page.url()).hash === '#path=%2Fopt%2F', page.url());
});
await owner.look('launches that do not fit');
await check('clearing the filter brings all back', async () => {
  await owner.press('Clear the filter');
  await owner.row('/usr/sbin/cron').first().waitFor();
  want(owner.query() === '' && new URL(page.url()).hash === '', page.url());
});
await check('what fits goes out as CSV', async () => {
  await page.getByLabel('Decision').selectOption({ label: 'Denied' });
  await owner.gone('/usr/sbin/cron');
  const [download] = await Promise.all([page.waitForEvent('download'), owner.press('Export CSV')]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
  want(lines.length === 2 && /\/tmp\/build\/run/.test(lines[1]), lines.join(' | '));
});
await must('one launch opens with all that was recorded, and the rule that decided', async () => {
  await owner.press('/tmp/build/run');
  await drawer().getByText('--all').waitFor();
  await drawer().getByText('/usr/bin/bash').waitFor();
  await drawer().getByText('deny     record=path,package,args  user=people  : path=/tmp/**').waitFor();
  await drawer().getByRole('link', { name: 'policy 2' }).waitFor();
  await drawer().getByText('20-people.rules, line 2: args="--safe" does not hold').waitFor();
});
await owner.look('a launch');
await check('the focus goes back to where it was opened', async () => {
  await page.keyboard.press('Escape');
  want(await page.evaluate(() => document.activeElement?.textContent === '/tmp/build/run'), 'the focus is elsewhere');
});
await check('live, a launch that arrives appears by itself', async () => {
  await owner.press('Live');
  await owner.seen('New ones appear here');
  await endpoint('POST', '/agent/v1/launches', readFileSync(facts.live));
  await owner.row('/usr/bin/just-now').waitFor();
  await owner.press('Live');
  await owner.gone('New ones appear here');
});
await check('a search can be stopped, and says that it was', async () => {
  await page.route('**/v1/launches?*', () => {});
  await owner.press('Reload');
  await owner.press('Cancel');
  await owner.seen('Stopped: older ones may be missing');
  await page.unroute('**/v1/launches?*');
  await owner.press('Search again');
  await owner.row('/tmp/build/run').waitFor();
});
await check('a service that fails is said in plain words, with a way on', async () => {
  await page.route('**/v1/launches?*', (route) => route.fulfill({ status: 503, json: {} }));
  await owner.press('Reload');
  await owner.seen('Could not read the launches');
  await page.unroute('**/v1/launches?*');
  await owner.press('Try again');
  await owner.row('/tmp/build/run').waitFor();
});
await check('a device’s page leads to its launches', async () => {
  await owner.open(`/devices/${facts.device}`);
  await owner.link('Its launches').click();
  await owner.heading('Launches');
  want(owner.query() === `?device=${facts.device}`, owner.query());
  await owner.row('/tmp/build/run').waitFor();
});

/* Policies */

await check('where no policy was signed, it says what that means', async () => {
  await fresh.page.locator('[data-state=empty]').getByText('No policy has been signed').waitFor();
});
await fresh.look('rules without a policy');
await must('the newest policy, how far it has come, and what is in the way are shown', async () => {
  await owner.link('Rules').click();
  await owner.heading('Rules');
  await owner.row('web-01').getByText('Follows the newest').filter({ visible: true }).waitFor();
  await owner.row('web-01').getByText('Its guard: begun anew once, 40 launches not written down').filter({ visible: true }).waitFor();
  await owner.row('lab-02').getByText('A rule holds the name of one of its people').filter({ visible: true }).waitFor();
  await owner.row('old-03').getByText('Has not said yet').filter({ visible: true }).waitFor();
  await owner.row('Policy 2').getByText('Newest', { exact: true }).waitFor();
  await owner.row('Policy 1').getByText('Olga Owner').filter({ visible: true }).waitFor();
});
await owner.look('rules');
await check('a policy that was signed can be read, file by file', async () => {
  await owner.link('Policy 2').click();
  await owner.heading('Policy 2');
  await owner.seen('elevate  needs=reason');
  await page.getByRole('tab', { name: '90-rest.rules' }).click();
  await owner.seen('default  observe record=all');
  want(owner.query() === '?file=90-rest.rules', owner.query());
});
await owner.look('a policy');
await must('a launch becomes a rule in the editor, before the one that decided', async () => {
  await owner.open('/launches?decision=denied');
  await owner.press('/tmp/build/run');
  await owner.press('Make a rule from this');
  const rule = await page.getByRole('textbox', { name: 'Rule' }).inputValue();
  want(/^allow {2}user=acc_\w+ {2}: path=\/tmp\/build\/run$/.test(rule), rule);
  await owner.press('Open the editor with it');
  await owner.heading('New policy');
  want(/args="--safe"\nallow {2}user=acc_\w+ {2}: path=\/tmp\/build\/run\ndeny/.test(await text().inputValue()), await text().inputValue());
});
await check('the names of the ids stand beside their lines', async () => {
  await page.getByRole('list', { name: 'Whose the ids are' }).getByText('anna on web-01').first().waitFor();
});
await check('what was typed can be undone as anywhere', async () => {
  const before = await text().inputValue();
  await text().focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# a note');
  // what is typed slowly goes in several steps
  for (let step = 0; step < '# a note'.length && (await text().inputValue()) !== before; step++) await page.keyboard.press('Control+z');
  want((await text().inputValue()) === before, await text().inputValue());
});
await check('a person is put in by name, as an id', async () => {
  await text().focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('deny  ');
  await owner.press('Insert a person or a device');
  await page.getByLabel('Name of the device').fill('web');
  await owner.press('web-01');
  await page.getByLabel('Name of the person').fill('ann');
});
await owner.look('choosing a person');
await check('the id stands where one typed', async () => {
  await drawer().getByRole('button', { name: 'anna' }).click();
  want((await text().inputValue()).endsWith(`deny  user=${facts.anna}`), await text().inputValue());
});
await check('what is wrong is said at its line while one types', async () => {
  await page.getByRole('button', { name: /line 7/ }).waitFor();
  await text().focus();
  await page.keyboard.press('Control+Home');
  await page.getByRole('button', { name: /line 7/ }).click();
  const at = await text().evaluate((one) => one.value.slice(one.selectionStart, one.selectionEnd));
  want(at.startsWith('deny  user='), at);
  want(await owner.button('Sign and roll out').isDisabled(), 'it can be signed');
});
await owner.look('the editor with an error');
await check('once it is mended it may be signed', async () => {
  await text().focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('  : path=/usr/bin/wget');
  await owner.seen('No errors');
  want(await owner.button('Sign and roll out').isEnabled(), 'it cannot be signed');
});
await check('rehearsed, it says which recorded launches it would decide otherwise', async () => {
  await owner.press('What would change?');
  await owner.seen(/launch(es)? would be decided otherwise/);
  const row = owner.row('/tmp/build/run');
  want(/Denied[^]*Allowed/.test(await row.innerText()), await row.innerText());
  await row.getByText('20-people.rules, line 3').waitFor();
});
await owner.look('a rehearsal');
await check('the dialog shows what changes, on how many devices', async () => {
  await owner.button('Sign and roll out').click();
  await drawer().getByText('3 devices').waitFor();
  await drawer().getByText('Added: ').first().waitFor({ state: 'attached' });
  await drawer().getByText(/2 added, 0 removed/).waitFor();
});
await owner.look('signing a policy');
await check('a wrong password signs nothing', async () => {
  await page.getByRole('textbox', { name: 'Your password' }).fill('not the password at all');
  await drawer().getByRole('button', { name: 'Sign and roll out' }).click();
  await owner.told(/password/i);
});
await must('the password signs it, and the roll-out is shown', async () => {
  await page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await drawer().getByRole('button', { name: 'Sign and roll out' }).click();
  await owner.heading('Rules');
  await owner.row('Policy 3').getByText('Newest', { exact: true }).waitFor();
  await owner.row('web-01').getByText('Follows an older one').filter({ visible: true }).waitFor();
  want((await page.evaluate(() => sessionStorage.length)) === 0, 'the draft is still kept');
});
await check('a device that has taken it is seen at once', async () => {
  await endpoint('GET', '/agent/v1/settings?policy=3&enforcing=yes&trouble=none');
  await owner.row('web-01').getByText('Follows the newest').filter({ visible: true }).waitFor();
  await owner.seen('1 of 3 devices');
});
await check('the roll-out is filtered by state, in the address', async () => {
  await page.getByLabel('State').selectOption({ label: 'Has not said yet' });
  await owner.row('old-03').waitFor();
  await owner.row('web-01').first().waitFor({ state: 'detached' });
  want(owner.query() === '?state=silent', owner.query());
});
await check('who keeps the key off the service takes the rules there, and brings them back signed', async () => {
  await fresh.link('Write the first policy').click();
  await fresh.press('Sign and roll out');
  await fresh.dialog().getByText('custody policy sign').waitFor();
  await fresh.page.getByLabel('The signed policy', { exact: true }).setInputFiles(facts.note);
});
await fresh.look('a policy signed elsewhere');
await check('what comes signed is published', async () => {
  await fresh.dialog().getByRole('button', { name: 'Roll it out' }).click();
  await fresh.heading('Rules');
  await fresh.row('Policy 1').getByText('Newest', { exact: true }).waitFor();
  await fresh.seen('The key is kept off the service');
});

/* Elevations */

await check('how many elevations wait stands in the navigation', async () => {
  await page.getByRole('navigation').getByText('2 wait for you').waitFor();
});
await must('who wants to run what, where and why is listed', async () => {
  await page.getByRole('link', { name: /^Elevations/ }).click();
  await owner.heading('Elevations');
  await owner.row('/usr/bin/apt-get install nmap').getByText('Waits for an answer').filter({ visible: true }).waitFor();
  await owner.row("/usr/bin/systemctl restart 'my service'").getByText('anna').filter({ visible: true }).waitFor();
});
await owner.look('elevations');
await check('one opens with its command, its reason and how long a yes lasts', async () => {
  await owner.link('/usr/bin/apt-get install nmap').click();
  await owner.heading('Elevation');
  await owner.seen('to look at the network');
  await owner.seen('15 minutes from your yes on');
});
await owner.look('an elevation');
await check('a yes takes the password', async () => {
  await owner.press('Approve');
  await page.getByRole('textbox', { name: 'Your password' }).fill('not the password at all');
  await drawer().getByRole('button', { name: 'Approve' }).click();
  await owner.told(/password/i);
});
await owner.look('approving an elevation');
await check('approved, it says by whom and until when', async () => {
  await page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await drawer().getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Approved', { exact: true }).waitFor();
  await owner.seen('Olga Owner');
  await page.getByText(/it lasts until/).waitFor();
});
await check('a no ends it', async () => {
  await owner.link('Elevations').first().click();
  await page.getByRole('link', { name: /systemctl/ }).click();
  await owner.press('Refuse');
  await drawer().getByRole('button', { name: 'Refuse' }).click();
  await page.getByText('Refused', { exact: true }).first().waitFor();
});
await check('none waits any more, and the filter says so', async () => {
  await owner.open('/elevations?state=open');
  await page.locator('[data-state=filtered]').getByText('Nobody waits for an answer').waitFor();
});
await check('a command that was told wrongly makes no code', async () => {
  await owner.link('Make an offline code').click();
  await owner.heading('Offline code');
  await owner.fill('What was read out', facts.spelt.toLowerCase());
  await owner.fill('Program they want to run', '/usr/bin/id');
  await owner.fill('Its arguments, one a line', '-g');
  await page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Make the code');
  await page.getByRole('alert').locator('.notice').waitFor();
});
await check('the code is shown in groups, for whom and until when', async () => {
  await owner.fill('Its arguments, one a line', '-u');
  await page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Make the code');
  await owner.seen('For anna on web-01');
  want((await page.getByRole('listitem').filter({ hasText: /^[0-9A-Z]{1,5}$/ }).count()) >= 20, 'no groups');
});
await owner.look('an offline code');
await check('what was done stands in the audit log in words', async () => {
  await owner.open('/log?act=elevation.');
  await owner.row('was approved').waitFor();
  await owner.row('An offline code was signed').waitFor();
});

/* The end */

await check('a draft outlives a reload of its tab, and ends with the session', async () => {
  await owner.open('/rules/edit');
  await text().focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('# kept\n');
  await owner.seen('No errors');
  await page.reload();
  want((await text().inputValue()).startsWith('# kept\n'), await text().inputValue());
  await page.locator('[popovertarget="user-menu"]').click();
  await owner.press('Sign out');
  await owner.heading('Sign in');
  want((await page.evaluate(() => sessionStorage.length)) === 0, 'the draft is still there');
});
await check('no page broke the policy or wrote an error', () => want(complaints.length === 0, complaints.slice(0, 3).join('\n')));
await end();
