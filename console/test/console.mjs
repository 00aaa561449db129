// SPDX-License-Identifier: Apache-2.0
// The console in a real browser on a real service:
//
//     node test/console.mjs DEMO.json
//
// DEMO.json has url, tenant, login and password, and the service has this machine enrolled. What only a broken, empty
// or unclaimed service would show is put into the browser's answers; all else is the service's own. The service is left
// as it was found. Prints a line per check and a last line of counts; the status is 1 if one failed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { chromium, request } from 'playwright-core';

const file = process.argv[2];
if (!file) {
  console.error('usage: node console.mjs DEMO.json');
  process.exit(2);
}
const demo = JSON.parse(readFileSync(file, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 15_000;
const limit = 8 * 60_000;

let passed = 0;
let failed = 0;
async function check(name, what) {
  try {
    await what();
    passed++;
    console.log(`ok     ${name}`);
  } catch (why) {
    failed++;
    console.log(`FAILED  ${name}`);
    console.log(String(why.message ?? why).split('\n').slice(0, 8).map((line) => `        ${line}`).join('\n'));
  }
}
/** A check without which the others make no sense. */
async function must(name, what) {
  const before = failed;
  await check(name, what);
  if (failed > before) await end();
}
async function end() {
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
setTimeout(() => {
  failed++;
  console.log(`FAILED  to end within ${limit / 60_000} minutes`);
  void end();
}, limit).unref();
function want(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});
const context = await browser.newContext({
  ignoreHTTPSErrors: true, colorScheme: 'light', reducedMotion: 'reduce', viewport: { width: 1280, height: 860 },
});
context.setDefaultTimeout(patience);
const page = await context.newPage();

// A refused call is written to the browser's console by itself; that the page explains it is checked where it happens.
const complaints = [];
page.on('console', (message) => {
  const refused = /Failed to load resource/.test(message.text()) && new URL(message.location().url || 'x:').pathname.startsWith('/v1/');
  if (message.type() === 'error' && !refused) complaints.push(message.text());
});
page.on('pageerror', (error) => complaints.push(error.message));
await page.addInitScript(() => {
  addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) globalThis.shifted += one.value;
  }).observe({ type: 'layout-shift', buffered: true });
});

const heading = (name) => page.getByRole('heading', { name, level: 1, exact: true });
const button = (name) => page.getByRole('button', { name, exact: true });
const seen = (text) => page.getByText(text).first().waitFor();
const open = (path) => page.goto(demo.url + path);

async function signIn(password) {
  await page.getByLabel('Organisation').fill(demo.tenant);
  await page.getByLabel('Username').fill(demo.login);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await button('Sign in').click();
}

/** Axe in light and dark, wide and at 360 pixels, and nothing that sticks out to the side. */
async function look(name) {
  for (const width of [1280, 360]) {
    for (const colorScheme of ['light', 'dark']) {
      await check(`${name}: accessible, ${colorScheme}, ${width} px`, async () => {
        await page.setViewportSize({ width, height: width === 360 ? 740 : 860 });
        await page.emulateMedia({ colorScheme });
        if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
        const violations = await page.evaluate(async () => {
          const all = await globalThis.axe.run(document, { resultTypes: ['violations'] });
          return all.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
        });
        want(violations.length === 0, violations.join('\n'));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        want(over <= 0, `${over} px stick out`);
      });
    }
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The service's answer to one path, replaced while `what` runs. */
async function answering(path, answer, what) {
  await page.route(path, answer);
  try {
    await what();
  } finally {
    await page.unroute(path);
  }
}

/* Signing in */

await check('the page comes with a strict policy', async () => {
  const policy = (await open('/devices')).headers()['content-security-policy'] ?? '';
  want(/default-src 'none'/.test(policy), `the policy is: ${policy}`);
  want(/script-src 'self'(;|$)/.test(policy) && /style-src 'self'(;|$)/.test(policy), `the policy is: ${policy}`);
});
await must('without a session there is the sign-in, and what it stands for', async () => {
  await heading('Sign in').waitFor();
  await seen('Nothing here can be read until someone from your organisation signs in.');
});
await look('sign-in');
await check('a wrong sign-in is said in plain words', async () => {
  await signIn('not the password at all');
  await page.getByRole('alert').getByText('password is wrong').waitFor();
});
await check('a busy service is said in plain words', async () => {
  await answering('**/v1/session', (route) => route.fulfill({ status: 503, json: {} }), async () => {
    await signIn('not the password at all');
    await page.getByRole('alert').getByText('The service is busy').waitFor();
  });
});
await check('no connection is said in plain words', async () => {
  await answering('**/v1/session', (route) => route.abort(), async () => {
    await signIn('not the password at all');
    await page.getByRole('alert').getByText('cannot be reached').waitFor();
  });
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes('ERR_FAILED')));
});
await check('the password can be shown', async () => {
  const password = page.getByRole('textbox', { name: 'Password' });
  await button('Show password').click();
  want((await password.getAttribute('type')) === 'text', 'it stays hidden');
  await button('Show password').click();
});
await look('sign-in that went wrong');
await must('the form signs in', async () => {
  await signIn(demo.password);
  await heading('Devices').waitFor();
  await seen('Opened by your session · sealed at rest');
});

/* Devices */

const name = os.hostname();
const row = page.getByRole('link', { name, exact: true });
let deviceUrl = '';

await must('this machine is in the list', async () => {
  await row.first().waitFor();
  await page.getByText(/^(the first )?\d+ devices?$/).waitFor();
  want((await page.locator('tbody time[title$=" UTC"]').count()) >= 2, 'the moments have no UTC');
});
await look('devices');
await check('the list does not shift while it loads', async () => {
  await page.reload();
  await row.first().waitFor();
  await page.waitForTimeout(300);
  const shifted = await page.evaluate(() => globalThis.shifted);
  want(shifted < 0.02, `layout shift ${shifted}`);
});
await check('the filter narrows, stands in the address, and says when nothing is left', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('no such device');
  await seen('No device matches');
  want(new URL(page.url()).hash === '#name=no+such+device', page.url());
  await page.reload();
  await seen('No device matches');
});
await look('devices filtered to nothing');
await check('the filter can be cleared', async () => {
  await button('Clear the filter').click();
  await row.first().waitFor();
});
await check('a second page is loaded and counted', async () => {
  const device = (n) => ({ id: `dev_${n}`, enrolled: '2026-01-02T03:04:05Z', seen: '2026-01-02T03:04:05Z', name: `machine-${n}` });
  const answer = (route) => {
    const second = new URL(route.request().url()).searchParams.get('cursor') === 'a b&c';
    route.fulfill({ json: second ? { items: [device(3)], next: null } : { items: [device(1), device(2)], next: 'a b&c' } });
  };
  await answering('**/v1/devices*', answer, async () => {
    await button('Reload').click();
    await seen('the first 2 devices');
    await button('Load more').click();
    await page.getByText('3 devices', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'machine-3' }).waitFor();
  });
});
await check('a device that has not reported yet is shown as such', async () => {
  const one = { id: 'dev_1', enrolled: '2026-01-02T03:04:05Z', seen: '2026-01-02T03:04:05Z', name: null };
  await answering('**/v1/devices*', (route) => route.fulfill({ json: { items: [one], next: null } }), async () => {
    await button('Reload').click();
    await page.getByRole('link', { name: 'Not reported yet' }).waitFor();
  });
});
await answering('**/v1/devices*', (route) => route.fulfill({ json: { items: [], next: null } }), async () => {
  await check('an empty list says how to enrol', async () => {
    await button('Reload').click();
    await page.locator('[data-state=empty]').getByText(`custody-agent enrol --url ${demo.url}`).waitFor();
    await button('Make a deployment key').waitFor();
  });
  await look('no devices');
});
await answering('**/v1/devices*', (route) => route.fulfill({ status: 500, json: {} }), async () => {
  await check('a failed list says so and can be tried again', async () => {
    await button('Reload').click();
    await page.locator('[data-state=failed]').waitFor();
  });
  await look('devices that could not be read');
});
await answering('**/v1/devices*', (route) => route.fulfill({ status: 423, json: {} }), async () => {
  await check('a sealed list is a state of its own', async () => {
    await button('Try again').click();
    await page.locator('[data-state=locked]').getByText('This is sealed right now').waitFor();
    await button('Sign in again').waitFor();
  });
  await look('devices that are sealed');
});
await check('trying again brings the list back', async () => {
  await button('Try again').click();
  await row.first().waitFor();
});

/* One device */

await must('the device opens', async () => {
  await row.first().click();
  await heading(name).waitFor();
  await page.getByRole('heading', { name: /^Installed programs/ }).waitFor();
  deviceUrl = page.url();
  want(/\/devices\/dev_[^/]+$/.test(deviceUrl), deviceUrl);
});
const macs = Object.values(os.networkInterfaces()).flat()
  .filter(({ internal, mac }) => !internal && mac !== '00:00:00:00:00:00').map(({ mac }) => mac);
if (macs.length > 0) {
  await check('a MAC address of this machine is there', async () => {
    const told = (await page.getByRole('region', { name: /^Addresses/ }).innerText()).toLowerCase();
    want(macs.some((mac) => told.includes(mac.toLowerCase())), `none of ${macs.join(', ')} in ${told}`);
  });
}
await check('root is among the system accounts', async () => {
  const accounts = page.getByRole('region', { name: /^Accounts/ });
  await accounts.getByText(/system accounts?$/).click();
  await accounts.getByText('root', { exact: true }).waitFor();
});
await check('bash is among the programs', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('bash');
  await page.getByRole('region', { name: /^Installed programs/ }).getByRole('rowheader', { name: 'bash', exact: true }).waitFor();
  await page.getByText(/^\d+ of \d+$/).waitFor();
});
await check('a filter of programs that matches none says so', async () => {
  await page.getByLabel('Filter programs').fill('no such program');
  await seen('No program matches');
  await button('Clear the filter').click();
});
await look('device');
await check('groups name their members', async () => {
  const whole = await page.evaluate(async () => (await fetch(`/v1${location.pathname}`)).json());
  const filled = whole.groups.find((group) => group.account.length > 0);
  if (!filled) return;
  const member = whole.accounts.find((account) => account.id === filled.account[0]);
  const told = await page.getByRole('region', { name: /^Groups/ }).innerText();
  want(member && told.includes(member.name), `${filled.name} does not name ${member?.name}`);
});
await check('thousands of programs are drawn a part at a time', async () => {
  const programs = Array.from({ length: 3000 }, (_, i) => ({ name: `program-${i}`, version: `1.${i}` }));
  const more = async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), programs } });
  await answering('**/v1/devices/*', more, async () => {
    await page.reload();
    await button('Show all 3,000 programs').waitFor();
    want((await page.getByRole('rowheader').count()) === 200, 'not 200 rows');
    await button('Show all 3,000 programs').click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 3000);
  });
  await page.reload();
});
await check('deleting asks for the name first, and Escape gives the focus back', async () => {
  await button('Delete').click();
  const act = button('Delete this device');
  want(await act.isDisabled(), 'it can be pressed at once');
  await seen('This cannot be undone');
  await page.getByLabel(`Type ${name} to go on`).fill(name);
  want(await act.isEnabled(), 'it cannot be pressed with the name typed');
  await page.getByLabel(`Type ${name} to go on`).fill('');
});
await look('deleting a device');
await check('escape closes the dialog, and the focus goes back', async () => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  want(await button('Delete').evaluate((one) => one === document.activeElement), 'the focus is elsewhere');
});
await check('a deleted device is told, and is no longer in the list', async () => {
  const gone = async (route) => (route.request().method() === 'DELETE' ? route.fulfill({ status: 204 }) : route.fallback());
  await answering('**/v1/devices/*', gone, async () => {
    await button('Delete').click();
    await page.getByLabel(`Type ${name} to go on`).fill(name);
    await button('Delete this device').click();
    await seen(`${name} was deleted`);
    await heading('Devices').waitFor();
  });
});
await check('an unknown device is said to be missing', async () => {
  await open('/devices/dev_none');
  await page.locator('[data-state=failed]').getByText('Could not read this device').waitFor();
});
await look('unknown device');

/* Access */

const mark = `console test ${Date.now()}`;
await check('the access page lists tokens and deployment keys', async () => {
  await page.getByRole('link', { name: 'Access' }).click();
  await heading('Access').waitFor();
  await page.locator('section[aria-busy=false]').nth(1).waitFor();
});
await check('a deployment key is made and shown once, with its command', async () => {
  await button('Make a key').click();
  await page.getByLabel('Name').fill(mark);
  await page.getByLabel('Machines').fill('2');
  await page.getByLabel('Days valid').fill('1');
  await button('Make the key').click();
  await page.getByRole('group', { name: 'Deployment key' }).getByText(/^cdk_/).waitFor();
  await page.getByRole('group', { name: 'Command' }).getByText(`custody-agent enrol --url ${demo.url} --key cdk_`).waitFor();
});
await look('a new deployment key');
await check('the key is listed, and revoked', async () => {
  await button('I have kept it').click();
  await page.getByRole('rowheader', { name: mark }).waitFor();
  want(!(await page.content()).includes('cdk_'), 'the key is still on the page');
  await button(`Revoke ${mark}`).click();
  await button('Revoke this key').click();
  await seen(`${mark} was revoked`);
});
await check('a token is made, shown once, opens the API, and does not when revoked', async () => {
  await button('Make a token').click();
  await page.getByLabel('Name').fill(`${mark} token`);
  await page.getByLabel('Days valid').fill('1');
  await button('Make the token').click();
  const token = await page.getByRole('group', { name: 'API token' }).getByText(/^ctk_/).innerText();
  const program = await request.newContext({ ignoreHTTPSErrors: true, extraHTTPHeaders: { Authorization: `Bearer ${token}` } });
  const ask = async () => (await program.get(`${demo.url}/v1/devices`)).status();
  want((await ask()) === 200, 'it does not open the API');
  await button('I have kept it').click();
  await button(`Revoke ${mark} token`).click();
  await button('Revoke this token').click();
  await seen(`${mark} token was revoked`);
  want((await ask()) === 401, 'it still opens the API');
  await program.dispose();
});
await look('access');

/* The shell */

await check('dark is kept over a reload', async () => {
  await page.getByRole('button', { expanded: false }).filter({ has: page.locator('.name') }).click();
  await page.getByLabel('Dark').check({ force: true });
  await page.reload();
  await heading('Access').waitFor();
  want((await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)) === 'dark', 'it is not dark');
  await page.locator('[popovertarget]').click();
  await page.getByLabel('System').check({ force: true });
});
await look('the menu');
await check('the first key leads past the navigation', async () => {
  await page.keyboard.press('Escape');
  await page.reload();
  await heading('Access').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  want(await page.evaluate(() => document.activeElement?.id === 'main'), 'the focus is not in the content');
});
await check('an unknown address says so', async () => {
  await open('/nowhere');
  await heading('There is no such page').waitFor();
});
await look('unknown page');

/* The end of a session */

await check('a session that ended leads to the sign-in, and back to where one was', async () => {
  await page.goto(deviceUrl);
  await heading(name).waitFor();
  const cookies = await context.cookies();
  await context.clearCookies();
  await page.getByRole('link', { name: 'Access' }).click();
  await seen('Your session has ended');
  want(!(await page.content()).includes('Installed programs'), 'the device is still on the page');
  want(page.url() === `${demo.url}/access`, page.url());
  await context.addCookies(cookies);
  await signIn(demo.password);
  await heading('Access').waitFor();
});
await look('access again');
await check('signing out in one tab empties the others', async () => {
  await page.goto(deviceUrl);
  await heading(name).waitFor();
  const other = await context.newPage();
  await other.goto(demo.url);
  await other.locator('[popovertarget]').click();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  await heading('Sign in').waitFor();
  want(!(await page.content()).includes('Installed programs'), 'the device is still on the page');
  await other.close();
  await signIn(demo.password);
  await heading(name).waitFor();
});
await check('after signing out, going back shows the sign-in and nothing of the device', async () => {
  await page.getByRole('link', { name: 'Devices' }).first().click();
  await row.first().waitFor();
  await page.locator('[popovertarget]').click();
  await button('Sign out').click();
  await heading('Sign in').waitFor();
  await page.goBack();
  await heading('Sign in').waitFor();
  want(page.url() === deviceUrl, page.url());
  await page.reload();
  await heading('Sign in').waitFor();
  want((await page.getByText(name, { exact: true }).count()) === 0, 'the name of the device is on the page');
  const html = await page.content();
  want(!html.includes('Installed programs') && !html.includes(deviceUrl.split('/').pop()), 'the device is still on the page');
});

/* Recovery and claim: the answers of an unclaimed tenant */

await check('a wrong kit is refused in plain words', async () => {
  await page.getByRole('link', { name: 'Use your recovery kit' }).click();
  await heading('Use your recovery kit').waitFor();
  await page.getByLabel('Recovery kit').fill('wrong-kit');
  await page.getByLabel('Username').fill(demo.login);
  await page.getByLabel('New password', { exact: true }).fill('a long enough password');
  await page.getByLabel('New password again', { exact: true }).fill('a long enough password');
  await answering('**/v1/recover', (route) => route.fulfill({ status: 401, json: {} }), async () => {
    await button('Set the password and sign in').click();
    await page.getByRole('alert').getByText('the kit or the username is wrong').waitFor();
  });
});
await look('recovery');

const kit = 'abcd-efgh-jkmn-pqrs-tuvw-xyz2';
const sent = [];
const claimed = (route) => {
  const { pathname } = new URL(route.request().url());
  sent.push([pathname, route.request().postDataJSON()]);
  if (pathname === '/v1/claim/kit') return route.fulfill({ status: 204 });
  return route.fulfill({ status: 201, json: { tenant: { id: 'ten_1', realm: 'ten_1', name: 'Example', state: 'kit', made: '2026-01-02T03:04:05Z' }, kit } });
};
await answering('**/v1/claim{,/kit}', claimed, async () => {
  await check('the claim comes from the fragment', async () => {
    await open('/claim#ccl_example');
    await heading('Set up your organisation').waitFor();
    await page.getByLabel('Full name').fill('Ada Example');
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password', { exact: true }).fill('a long enough password');
    await page.getByLabel('Password again', { exact: true }).fill('another password');
    await page.getByRole('button', { name: /^Make my organisation/ }).click();
    await seen('The two are not the same.');
    want(sent.length === 0, 'it was sent all the same');
  });
  await look('claim');
  await check('the kit is shown, and the claim leaves the address', async () => {
    await page.getByLabel('Password again', { exact: true }).fill('a long enough password');
    await page.getByRole('button', { name: /^Make my organisation/ }).click();
    await heading('Your recovery kit').waitFor();
    want(sent[0][1].claim === 'ccl_example', JSON.stringify(sent[0]));
    want((await page.getByRole('list', { name: 'Recovery kit' }).getByRole('listitem').allInnerTexts()).join('-') === kit, 'it is another');
    want(!page.url().includes('ccl_'), page.url());
  });
  await look('recovery kit');
  await check('printed, only the kit is there', async () => {
    await page.emulateMedia({ media: 'print' });
    const told = await page.locator('body').innerText();
    await page.emulateMedia({ media: 'screen' });
    want(told.includes('Custody recovery kit') && told.includes('abcd') && !told.includes('go on'), told);
  });
  await check('typed back wrongly, the group is named', async () => {
    await page.getByRole('button', { name: /^I have it on paper/ }).click();
    await page.getByRole('textbox', { name: 'Recovery kit' }).fill('ABCD efgh jkmm');
    await button('Finish set-up').click();
    await seen('Group 3 differs');
    want(sent.length === 1, 'it was sent all the same');
  });
  await look('typing the kit back');
  await check('typed back in any form, it finishes the set-up', async () => {
    await page.getByRole('textbox', { name: 'Recovery kit' }).fill('ABCD EFGH-jkmn pqrs  tuvwXYZ2');
    await button('Finish set-up').click();
    await page.waitForURL('**/devices');
    want(sent[1][0] === '/v1/claim/kit' && sent[1][1].kit === kit.replaceAll('-', ''), JSON.stringify(sent));
  });
});

await check('the browser complained of nothing', async () => {
  want(complaints.length === 0, complaints.join('\n'));
});

await end();
