// SPDX-License-Identifier: Apache-2.0
// The console in a real browser on a real service:
//
//     [CUSTODY_VERIFY=build/bin/custody-verify] node test/console.mjs DEMO.json
//
// DEMO.json has url, tenant, login and password, and the service has this machine enrolled. What only a broken, empty
// or unclaimed service would show is put into the browser's answers; all else is the service's own. The service is left
// as it was found, but for its log. With CUSTODY_VERIFY that program looks at a proof that the page handed over. Prints a line per check and a last line of counts; the status is 1 if one failed.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { request } from 'playwright-core';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const file = process.argv[2];
if (!file) {
  console.error('usage: node console.mjs DEMO.json');
  process.exit(2);
}
const demo = JSON.parse(readFileSync(file, 'utf8'));
within(16);
const { page, context, button, seen, open, look } = await person(demo.url);
await page.addInitScript(() => {
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) globalThis.shifted += one.value;
  }).observe({ type: 'layout-shift', buffered: true });
});

const heading = (name) => page.getByRole('heading', { name, level: 1, exact: true });
async function signIn(password) {
  await page.getByLabel('Organisation').fill(demo.tenant);
  await page.getByLabel('Username').fill(demo.login);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await button('Sign in').click();
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

/** A page of devices as the service gives one. */
function listed(items, next = null, total = items.length) {
  return { json: { items, next }, headers: { 'Total-Count': String(total) } };
}
function device(n, more = {}) {
  return { id: `dev_${n}`, enrolled: '2026-01-02T03:04:05Z', seen: '2026-01-03T03:04:05Z', name: `machine-${n}`, state: 'approved', broken: [], ...more };
}

/** What is asked of one path while `what` runs: each one's query. */
async function asked(path, what) {
  const queries = [];
  const note = (one) => new URL(one.url()).pathname === path && queries.push(new URL(one.url()).searchParams);
  page.on('request', note);
  try {
    await what();
  } finally {
    page.off('request', note);
  }
  return queries;
}

/** The file that pressing a button hands over. */
async function taken(name) {
  const [download] = await Promise.all([page.waitForEvent('download'), button(name).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
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
  await page.getByText(/^\d+ devices?$/).waitFor();
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
await check('the filter narrows, stands in the fragment, and says when nothing is left', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('no such device');
  await seen('No device matches');
  await page.getByText(/^0 of \d+ devices?$/).waitFor();
  want(new URL(page.url()).hash === '#name=no+such+device' && new URL(page.url()).search === '', page.url());
  await page.reload();
  await seen('No device matches');
});
await look('devices filtered to nothing');
await check('the filter can be cleared, and the focus is in it', async () => {
  await button('Clear the filter').click();
  await row.first().waitFor();
  want(await page.getByLabel('Filter by name').evaluate((one) => one === document.activeElement), 'the focus is elsewhere');
});
await check('the service filters, in any case of letters, and counts', async () => {
  await page.getByLabel('Filter by name').fill(name.toUpperCase());
  await page.getByText(/^\d+ of \d+ devices?$/).waitFor();
  await row.first().waitFor();
});
await check('what is typed is asked for once, one request at a time, and a late answer is dropped', async () => {
  let running = 0;
  let most = 0;
  const slow = async (route) => {
    most = Math.max(most, ++running);
    const part = new URL(route.request().url()).searchParams.get('name');
    if (part === 'ab') await new Promise((then) => setTimeout(then, 600));
    running--;
    await route.fulfill(listed([device(1, { name: `found-${part}` })], null, 1)).catch(() => {});
  };
  await answering('**/v1/devices*', slow, async () => {
    const queries = await asked('/v1/devices', async () => {
      await page.getByLabel('Filter by name').fill('');
      await page.getByLabel('Filter by name').pressSequentially('ab', { delay: 20 });
      await page.waitForTimeout(400);
      await page.getByLabel('Filter by name').pressSequentially('cd', { delay: 20 });
      await page.getByRole('link', { name: 'found-abcd' }).waitFor();
      await page.waitForTimeout(400);
    });
    want(queries.map((one) => one.get('name')).join() === 'ab,abcd', queries.join(' | '));
    want((await page.getByRole('link', { name: 'found-ab', exact: true }).count()) === 0, 'the late answer is on the page');
  });
  await page.getByLabel('Filter by name').fill('');
  await row.first().waitFor();
});
await check('a column head sorts, on the service, and the address says so', async () => {
  const head = page.getByRole('columnheader', { name: 'Name' });
  want((await page.getByRole('columnheader', { name: 'Enrolled' }).getAttribute('aria-sort')) === 'descending', 'not by the latest enrolled');
  for (const [order, said] of [['name', 'ascending'], ['-name', 'descending']]) {
    const queries = await asked('/v1/devices', async () => {
      await head.getByRole('button').click();
      await page.locator(`th[aria-sort=${said}]`).filter({ hasText: 'Name' }).waitFor();
      await page.locator('section[aria-busy=false]').waitFor();
    });
    want(queries.length === 1 && queries[0].get('sort') === order, queries.join(' | '));
    want(new URL(page.url()).search === `?sort=${order}`, page.url());
  }
  await page.reload();
  await row.first().waitFor();
  want((await head.getAttribute('aria-sort')) === 'descending', 'it is forgotten');
  await page.getByRole('columnheader', { name: 'Last seen' }).getByRole('button').click();
  want(page.url().endsWith('?sort=-seen'), page.url());
  await page.getByRole('columnheader', { name: 'Enrolled' }).getByRole('button').click();
  want(new URL(page.url()).search === '', page.url());
});
await check('what is filtered and sorted can be taken away as CSV', async () => {
  await open(`/devices?state=approved&sort=name#name=${encodeURIComponent(name)}`);
  await row.first().waitFor();
  let file;
  const queries = await asked('/v1/devices', async () => (file = await taken('Export CSV')));
  want(queries.length === 1 && queries[0].toString() === `name=${encodeURIComponent(name)}&state=approved&sort=name`, queries.join(' | '));
  want(/^devices-\d{4}-\d\d-\d\d\.csv$/.test(file.name), file.name);
  want(/^id,name,state,enrolled,seen\r\n/.test(file.text) && file.text.includes(`"${name}",approved,`), file.text);
});
await check('an export that fails says so', async () => {
  await answering('**/v1/devices*', (route) => route.fulfill({ status: 503, json: {} }), async () => {
    await button('Export CSV').click();
    await page.getByRole('alert').getByText('The service is busy').waitFor();
  });
});
await check('that none waits is good news, and what the address says is checked', async () => {
  await open('/devices?state=pending');
  await page.locator('[data-state=filtered]').getByText('No device waits for approval').waitFor();
  await open('/devices?state=odd&sort=odd');
  await row.first().waitFor();
});
await check('a second page is loaded and counted', async () => {
  const answer = (route) => {
    const second = new URL(route.request().url()).searchParams.get('cursor') === 'a b&c';
    route.fulfill(second ? listed([device(3)], null, 3) : listed([device(1), device(2)], 'a b&c', 3));
  };
  await answering('**/v1/devices*', answer, async () => {
    await button('Reload').click();
    await seen('2 of 3 shown');
    await page.getByText('3 devices', { exact: true }).waitFor();
    await button('Load more').click();
    await page.getByRole('link', { name: 'machine-3' }).waitFor();
    want((await button('Load more').count()) === 0, 'there is still more');
  });
});
await check('going back finds the pages that were loaded, as far down, and reads them anew', async () => {
  const all = Array.from({ length: 260 }, (_, i) => device(i));
  let reads = [];
  const answer = (route) => {
    const { pathname, searchParams } = new URL(route.request().url());
    if (pathname !== '/v1/devices') return route.fulfill({ json: { ...device(150), addresses: [], accounts: [], groups: [], programs: [] } });
    reads.push(searchParams);
    const start = Number(searchParams.get('cursor') ?? 0);
    const end = start + Number(searchParams.get('limit') ?? 100);
    return route.fulfill(listed(all.slice(start, end), end < 260 ? String(end) : null, searchParams.get('state') === 'pending' ? 0 : 260));
  };
  await answering(/\/v1\/devices/, answer, async () => {
    await open('/devices?sort=name#name=machine');
    await seen('100 of 260 shown');
    await button('Load more').click();
    await seen('200 of 260 shown');
    const link = page.getByRole('link', { name: 'machine-150' });
    for (const how of ['the browser', 'the page']) {
      await link.scrollIntoViewIfNeeded();
      await page.evaluate(() => scrollBy(0, 50));
      const depth = await page.evaluate(() => scrollY);
      want(depth > 2000, `${depth} px down`);
      await link.click();
      await heading('machine-150').waitFor();
      want((await page.evaluate(() => scrollY)) === 0, 'the device is not read from its top');
      reads = [];
      if (how === 'the browser') await page.goBack();
      else await page.getByRole('main').getByRole('link', { name: 'Devices' }).click();
      await heading('Devices').waitFor();
      want((await page.locator('tbody tr').count()) === 200, `${how}: not 200 rows at once`);
      await page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 3, depth);
      want(await link.evaluate((one) => one === document.activeElement), `${how}: the focus is elsewhere`);
      want(new URL(page.url()).search + new URL(page.url()).hash === '?sort=name#name=machine', page.url());
      await page.locator('section[aria-busy=false]').waitFor();
      want(reads.some((one) => one.get('limit') === '200' && one.get('name') === 'machine'), reads.join(' | '));
    }
  });
  await open('/devices');
  await row.first().waitFor();
});
const full = Array.from({ length: 260 }, (_, i) => device(i, { state: ['approved', 'approved', 'revoked', 'pending'][i % 4] }));
await answering('**/v1/devices*', (route) => route.fulfill(listed(full)), async () => {
  await check('a full list is all there', async () => {
    await button('Reload').click();
    await page.getByText('260 devices', { exact: true }).waitFor();
    want((await page.locator('tbody tr').count()) === 260, 'not 260 rows');
  });
  await look('a full list');
});
await check('a device that has not reported yet is shown as such, and one whose name is not collected by its id', async () => {
  const two = [device(1, { name: null, seen: '2026-01-02T03:04:05Z' }), device('abcdefghijklmnop', { name: null })];
  await answering('**/v1/devices*', (route) => route.fulfill(listed(two)), async () => {
    await button('Reload').click();
    await page.getByRole('link', { name: 'Not reported yet' }).waitFor();
    await page.getByRole('link', { name: 'dev_…klmnop' }).waitFor();
  });
});

/* Devices that wait, in answers that the service would give */

let states = { 1: 'pending', 2: 'pending', 3: 'revoked', 4: 'approved' };
let approvals = [];
let refusal = null;
const waiting = (route) => {
  const { pathname, searchParams } = new URL(route.request().url());
  const act = /^\/v1\/devices\/dev_(\d)\/approve$/.exec(pathname);
  if (act && refusal) return route.fulfill(refusal);
  if (act) {
    approvals.push(`${route.request().method()} ${act[1]}`);
    states[act[1]] = 'approved';
    return route.fulfill({ status: 204 });
  }
  const all = Object.entries(states).map(([n, state]) => device(n, { state }));
  const fit = all.filter(({ state }) => !searchParams.get('state') || state === searchParams.get('state'));
  return route.fulfill(listed(fit.slice(0, Number(searchParams.get('limit') ?? 100)), null, fit.length));
};
await answering(/\/v1\/devices/, waiting, async () => {
  await check('devices that wait or were revoked say so', async () => {
    await button('Reload').click();
    await page.getByRole('row').filter({ hasText: 'machine-3' }).getByText('Revoked').waitFor();
    want((await page.getByText('Waits for approval', { exact: true }).count()) === 2, 'not two of them wait');
  });
  await look('devices that wait');
  await check('the notice leads to them', async () => {
    await page.getByRole('button', { name: '2 devices wait for approval' }).click();
    await page.getByText('2 of 4 devices', { exact: true }).waitFor();
    want(new URL(page.url()).search === '?state=pending', page.url());
    want((await page.getByLabel('State').inputValue()) === 'pending', 'the choice says something else');
  });
  await check('one is approved in its row, once the service has done it', async () => {
    await button('Approve machine-1').click();
    await seen('machine-1 was approved');
    await page.getByText('1 of 4 devices', { exact: true }).waitFor();
    want(approvals.join() === 'POST 1', approvals.join());
    want(await page.evaluate(() => document.activeElement?.tagName === 'H1'), 'the focus is lost');
  });
  await check('an approval that is refused is said, and nothing changes', async () => {
    refusal = { status: 404, json: {} };
    await button('Approve machine-2').click();
    await page.getByRole('alert').getByText('somebody else was faster').waitFor();
    await page.getByText('Waits for approval', { exact: true }).waitFor();
    refusal = null;
  });
  await check('all states are shown again', async () => {
    await page.getByLabel('State').selectOption('');
    await page.getByText('4 devices', { exact: true }).waitFor();
    await page.getByRole('button', { name: '1 device waits for approval' }).waitFor();
  });
});
await answering('**/v1/devices*', (route) => route.fulfill(listed([])), async () => {
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
const cards = Object.values(os.networkInterfaces()).flat().filter(({ internal }) => !internal);
const own = {
  MAC: cards.map(({ mac }) => mac).filter((mac) => mac !== '00:00:00:00:00:00'),
  IP: cards.map(({ address }) => address).filter((address) => !/^(fe80:|169\.254\.)/.test(address)),
};
const addresses = async () => (await page.getByRole('region', { name: /^Addresses/ }).innerText()).toLowerCase();
for (const [kind, ones] of Object.entries(own)) {
  await check(`${ones.length ? 'each' : 'no'} ${kind} address of this machine is there`, async () => {
    const told = await addresses();
    want(ones.every((one) => told.includes(one.toLowerCase())), `not all of ${ones.join(', ')} in ${told}`);
  });
}
await check('it says from where this machine connected', async () => {
  const told = await addresses();
  want(/connected from\s+(127\.0\.0\.1|::1)/.test(told), told);
});
await check('who is logged in is marked, and counted', async () => {
  const { accounts } = await page.evaluate(async () => (await fetch(`/v1${location.pathname}`)).json());
  const logged = accounts.filter((one) => one.logged_in);
  await page.locator('div').filter({ hasText: new RegExp(`^Logged in now\\s*${logged.length}$`) }).first().waitFor();
  const region = page.getByRole('region', { name: /^Accounts/ });
  want((await region.locator('.badge', { hasText: 'Logged in' }).count()) === logged.length, `not ${logged.length} marks`);
  if (process.env.CUSTODY_TERMINAL) want(logged.some((one) => one.name === process.env.CUSTODY_TERMINAL), `${process.env.CUSTODY_TERMINAL} is not logged in`);
});
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
  want(filled, 'no group of this machine has members');
  const member = whole.accounts.find((account) => account.id === filled.account[0]);
  const told = await page.getByRole('region', { name: /^Groups/ }).evaluate((one) => one.textContent);
  want(member && told.includes(member.name), `${filled.name} does not name ${member?.name}`);
});
await check('a group that bears a person\u2019s name is shown without it', async () => {
  const own = async (route) => {
    const whole = await (await route.fetch()).json();
    whole.groups = [{ name: null, account: whole.accounts.slice(0, 2).map(({ id }) => id) }, { name: 'aaa', account: [] }];
    await route.fulfill({ json: whole });
  };
  await answering('**/v1/devices/*', own, async () => {
    await page.reload();
    await page.getByRole('region', { name: /^Groups/ }).getByText('A person\u2019s own group').waitFor();
  });
  want(!(await page.content()).includes('null'), 'it says null');
});
await check('the programs that match can be taken away, and none of them is a formula', async () => {
  const programs = [{ name: '=1+1', version: '1"2' }, ...Array.from({ length: 300 }, (_, i) => ({ name: `program-${i}`, version: `1.${i}` }))];
  const more = async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), programs } });
  await answering('**/v1/devices/*', more, async () => {
    await page.reload();
    await button('Show all 301 programs').waitFor();
    const whole = await taken('Export what is shown');
    want(whole.name === 'programs.csv' && whole.text.trim().split('\r\n').length === 302, `${whole.text.length} characters`);
    want(whole.text.startsWith('name,version\r\n"\'=1+1","1""2"\r\n'), whole.text.slice(0, 60));
    await page.getByLabel('Filter programs').fill('program-29');
    const some = await taken('Export what is shown');
    want(some.text.trim().split('\r\n').length === 12, some.text);
  });
  await page.reload();
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
let standing = 'pending';
const turns = [];
const turning = async (route) => {
  const { pathname } = new URL(route.request().url());
  if (route.request().method() === 'POST') {
    turns.push(pathname.split('/').pop());
    standing = pathname.endsWith('/approve') ? 'approved' : 'revoked';
    return route.fulfill({ status: 204 });
  }
  return route.fulfill({ json: { ...(await (await route.fetch()).json()), state: standing } });
};
await answering(/\/v1\/devices\/dev_/, turning, async () => {
  await check('a device that waits says so', async () => {
    await page.reload();
    await seen('This device waits for approval.');
  });
  await look('device that waits');
  await check('it is approved on its page', async () => {
    await button('Approve').click();
    await seen(`${name} was approved`);
    want((await page.getByText('Waits for approval').count()) === 0, 'it still waits');
    want(await page.evaluate(() => document.activeElement?.tagName === 'H1'), 'the focus is lost');
  });
  await check('revoking says what it means, and asks', async () => {
    await button('Revoke').click();
    await page.getByRole('dialog').getByText('Its certificate is refused at once').waitFor();
    await page.getByRole('dialog').getByText('What it reported stays').waitFor();
    want(turns.join() === 'approve', turns.join());
  });
  await look('revoking a device');
  await check('a revoked device says so, and stays readable', async () => {
    await button('Revoke this device').click();
    await seen('This device was revoked.');
    await page.getByRole('heading', { name: /^Installed programs/ }).waitFor();
    want((await button('Revoke').count()) === 0, 'it can be revoked again');
  });
  await look('revoked device');
  await check('it can be approved again', async () => {
    await button('Approve again').click();
    await button('Revoke').waitFor();
    want(turns.join() === 'approve,revoke,approve', turns.join());
  });
});
await page.reload();
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

/* Collection */

const printed = readFileSync(new URL('../../docs/describe/data-map.md', import.meta.url), 'utf8');
const item = (words) => page.getByRole('switch', { name: words, exact: true });
const words = [
  'computer name', 'MAC address', 'usernames and groups', 'currently logged-in user', 'IP addresses of the endpoint',
  'IP address used to connect', 'installed programs', 'details about launched applications',
];
await check('every item of the closed list about devices has a switch, in the policy\u2019s words', async () => {
  await page.getByRole('link', { name: 'Collection' }).click();
  await heading('Collection').waitFor();
  for (const one of words) {
    await item(one).waitFor();
    want(printed.includes(`| ${one}: collect.device |`), `${one} is not in the data map`);
  }
  want((await page.getByRole('switch').count()) === words.length, 'there are more');
  const kept = new Set([...printed.matchAll(/\| ([^|]+): collect\.device \|/g)].map((one) => one[1]));
  want(kept.size === words.length, `the data map has ${[...kept].join(', ')}`);
});
await check('every field of the data map is on the page', async () => {
  const parts = printed.split(/^## /m).slice(1);
  let count = 0;
  for (const part of parts) {
    const concept = part.split('\n')[0];
    const table = page.getByRole('table', { name: concept, exact: true });
    for (const [, ...cells] of part.matchAll(/^\| ([a-z0-9_]+) \| (.+) \| (.+) \| (.+) \|$/gm)) {
      if (cells[0] === 'field') continue;
      count++;
      const told = (await table.getByRole('row').filter({ has: page.getByText(cells[0], { exact: true }) }).allTextContents()).join(' ');
      want(cells.every((cell) => told.includes(cell)), `${concept}.${cells[0]}: ${told}`);
    }
  }
  want(count > 20 && count === (printed.match(/^\| (?!---|field)/gm) ?? []).length, `${count} fields`);
});
await look('collection');
let put = null;
const swallowed = async (route) => {
  if (route.request().method() !== 'PUT') return route.fallback();
  put = route.request().postDataJSON();
  return route.fulfill({ json: { id: 'col_1', ...put, version: 1 } });
};
await answering('**/v1/settings', swallowed, async () => {
  await check('switching off says what is removed at once and what later, before it is', async () => {
    want(await button('Save').isDisabled(), 'there is nothing to save');
    for (const one of ['installed programs', 'MAC address']) await item(one).uncheck();
    await button('Save').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('all lists of programs').waitFor();
    const told = await dialog.innerText();
    want(told.indexOf('all lists of programs') < told.indexOf('next report') && told.indexOf('the MAC addresses') > told.indexOf('next report'), told);
    want(put === null, 'it was saved all the same');
  });
  await look('switching off');
  await check('with all addresses off, they go at once', async () => {
    await button('Cancel').click();
    for (const one of ['IP addresses of the endpoint', 'IP address used to connect']) await item(one).uncheck();
    await button('Save').click();
    want(!(await page.getByRole('dialog').innerText()).includes('next report'), 'they go later');
  });
  await check('it is saved, and what is off says so', async () => {
    await button('Switch off and remove').click();
    await seen('What is collected was changed');
    const off = Object.keys(put).filter((key) => put[key] === false).sort().join();
    want(off === 'connecting_ip,ip_addresses,mac_address,programs' && Object.keys(put).length === 8, JSON.stringify(put));
    want((await page.getByText('Is not collected.').count()) === 4, 'not four are off');
  });
  await check('switching on asks nothing', async () => {
    put = null;
    await item('installed programs').check();
    await Promise.all([page.waitForResponse((one) => one.request().method() === 'PUT'), button('Save').click()]);
    await page.waitForFunction(() => document.querySelector('form button.primary').disabled);
    want(put?.programs === true && (await page.getByRole('dialog').count()) === 0, JSON.stringify(put));
  });
});
await check('the service takes it: off, and on again', async () => {
  for (const wanted of [false, true]) {
    await page.reload();
    await item('currently logged-in user').setChecked(wanted);
    await button('Save').click();
    if (!wanted) await button('Switch off and remove').click();
    await page.locator('form').getByText('1 change').waitFor({ state: 'detached' });
    const held = await page.evaluate(async () => (await fetch('/v1/settings')).json());
    want(held.logged_in === wanted && held.programs, JSON.stringify(held));
  }
});
await check('a change that is refused is said, and can be discarded', async () => {
  await answering('**/v1/settings', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 503, json: {} }) : route.fallback()), async () => {
    await item('computer name').uncheck();
    await button('Save').click();
    await button('Switch off and remove').click();
    await page.getByRole('dialog').getByText('The service is busy').waitFor();
    await button('Cancel').click();
    await button('Discard').click();
    want(await item('computer name').isChecked(), 'it stays off');
  });
});

/* Keys */

await check('? shows the keys, from anywhere but where one types', async () => {
  await open('/devices');
  await row.first().waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).getByText('to the filter').waitFor();
  await page.keyboard.press('/');
  want(await page.getByRole('dialog').isVisible(), 'the dialog is gone');
});
await look('keys');
await check('escape closes them, / leads to the filter, and there ? is a letter', async () => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.locator('input[type="search"]:focus').waitFor();
  await page.keyboard.press('?');
  want((await page.getByRole('dialog').count()) === 0, 'it shows the keys');
  const typed = await page.getByLabel('Filter by name').inputValue();
  want(typed === '?', `the filter holds "${typed}", and the focus is on ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120))}`);
  await page.getByLabel('Filter by name').fill('');
});

/* Access */

const mark = `console test ${Date.now()}`;
await check('the access page lists tokens and deployment keys', async () => {
  await page.getByRole('link', { name: 'Access' }).click();
  await heading('Access').waitFor();
  await page.locator('section[aria-busy=false]').nth(1).waitFor();
});
await check('a deployment key is made and shown once, with its command', async () => {
  await button('Make a key').click();
  await page.getByLabel('Name', { exact: true }).fill(mark);
  await page.getByLabel('Machines').fill('2');
  await page.getByLabel('Days valid').fill('1');
  await button('Make the key').click();
  await page.getByRole('group', { name: 'Deployment key' }).getByText(/^cdk_/).waitFor();
  await page.getByRole('group', { name: 'Command' }).getByText(`custody-agent enrol --url ${demo.url} --key cdk_`).waitFor();
});
await look('a new deployment key');
const ended = async (what) => {
  const [one] = await Promise.all([page.waitForRequest((each) => each.method() === 'DELETE'), what()]);
  return new URL(one.url()).search;
};
await check('the key is listed, and revoked', async () => {
  await button('I have kept it').click();
  const line = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: mark }) });
  await line.getByRole('cell', { name: 'Not needed', exact: true }).waitFor();
  await page.waitForFunction(() => !document.documentElement.innerHTML.includes('cdk_')); // it goes with the dialog
  await button(`Revoke ${mark}`).click();
  want((await page.getByLabel('Revoke what it enrolled too').count()) === 0, 'it has enrolled nothing');
  want((await ended(() => button('Revoke this key').click())) === '', 'it revokes devices');
  await seen(`${mark} was revoked`);
});
await check('a key can let in by name, or hold every machine', async () => {
  for (const [kind, said] of [['pattern', 'All but lab-*'], ['hold', 'Every machine']]) {
    await button('Make a key').click();
    await page.getByLabel('Name', { exact: true }).fill(`${mark} ${kind}`);
    const pattern = page.getByLabel('Names that need no approval');
    want((await pattern.inputValue()) === '*', 'at first not every name is let in');
    if (kind === 'pattern') await pattern.fill('lab-*');
    else await page.getByLabel('Every machine waits for approval').check();
    want((await pattern.isDisabled()) === (kind === 'hold'), 'a name that says nothing can be typed');
    if (kind === 'hold') await look('making a deployment key');
    await button('Make the key').click();
    await page.getByRole('dialog').getByText(/until somebody approves/).waitFor();
    await button('I have kept it').click();
    await page.getByRole('row').filter({ hasText: `${mark} ${kind}` }).getByText(said, { exact: true }).first().waitFor();
  }
});
await check('what a key has enrolled is revoked with it where that is wanted', async () => {
  const used = async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const list = await (await route.fetch()).json();
    await route.fulfill({ json: { ...list, items: list.items.map((one) => (one.name.startsWith(mark) ? { ...one, used: 3 } : one)) } }).catch(() => {});
  };
  await answering('**/v1/deployment-keys', used, async () => {
    await page.reload();
    for (const [kind, wanted] of [['pattern', ''], ['hold', '?devices=revoke']]) {
      await button(`Revoke ${mark} ${kind}`).click();
      const box = page.getByLabel('Revoke what it enrolled too');
      want(!(await box.isChecked()), 'it is ticked');
      await seen('3 machines.');
      if (kind === 'hold') await box.check();
      const asked = await ended(() => button('Revoke this key').click());
      want(asked === wanted, asked);
      await seen(`${mark} ${kind} was revoked`);
    }
  });
  await page.reload();
  await page.locator('section[aria-busy=false]').nth(1).waitFor();
});
await check('a token is made, shown once, opens the API, and does not when revoked', async () => {
  await button('Make a token').click();
  await page.getByLabel('Name').fill(`${mark} token`);
  await page.getByLabel('Days valid').fill('1');
  await page.getByRole('textbox', { name: 'Your password' }).fill(demo.password);
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

await check('where notices go is said, shown and tested; without a relay they wait, and the page says so', async () => {
  const notices = page.getByRole('region', { name: 'Notices' });
  await notices.getByText('This service has no mail relay').waitFor();
  want(await notices.getByRole('button', { name: 'Send a test' }).isDisabled(), 'a test to nobody is offered');
  await notices.getByLabel('Addresses').fill('Ops <ops@example.com>');
  await notices.getByRole('button', { name: 'Save addresses' }).click();
  await notices.getByRole('alert').getByText('not of the form name@host').waitFor();
  await notices.getByLabel('Addresses').fill('ops@example.com, it@mail.example');
  await notices.getByRole('button', { name: 'Save addresses' }).click();
  await seen('Where notices go was changed');
  await notices.getByRole('button', { name: 'Send a test' }).click();
  await notices.getByRole('row').filter({ hasText: 'it@mail.example' }).getByText('Waits').waitFor();
  want((await notices.getByRole('row').count()) === 3, 'not one mail an address');
});
await look('access with notices');
await check('nobody is told once no address is left', async () => {
  const notices = page.getByRole('region', { name: 'Notices' });
  await notices.getByLabel('Addresses').fill('');
  await notices.getByRole('button', { name: 'Save addresses' }).click();
  await seen('Where notices go was changed');
  want(await notices.getByRole('button', { name: 'Send a test' }).isDisabled(), 'a test to nobody is offered');
});

/* The promises */

const promises = page.locator('details');
const manyWords = { kept: 'kept', broken: 'broken', 'not yet due': 'not yet due', 'no evidence': 'without evidence' };
/** The service's own answer, with some promises in another state. */
const found = (changes) => async (route) => {
  const answer = await (await route.fetch()).json();
  for (const one of answer.promises) Object.assign(one, changes[one.id]);
  await route.fulfill({ json: answer });
};

await must('every promise is shown as the service proves it, and counted', async () => {
  const [answer] = await Promise.all([
    page.waitForResponse((one) => new URL(one.url()).pathname === '/v1/prove'), page.getByRole('link', { name: 'Policy' }).click(),
  ]);
  await heading('Policy').waitFor();
  const { promises: rows } = await answer.json();
  await promises.first().waitFor();
  for (const { id, promise, state, evidence } of rows) {
    const one = promises.filter({ has: page.getByText(id, { exact: true }) });
    const told = (await one.locator('summary').innerText()).toLowerCase();
    want(told.includes(promise.toLowerCase()) && told.includes(state), `${id}: ${told}`);
    want((await one.textContent()).includes(evidence) && (await one.locator('summary use').count()) === 2, `${id}: no evidence, or no icon`);
  }
  want(rows.length > 20 && (await promises.count()) === rows.length, `${await promises.count()} of ${rows.length}`);
  const many = (state) => `${rows.filter((one) => one.state === state).length} ${manyWords[state]}`;
  await page.getByRole('heading', { name: ['kept', 'broken', ...(rows.some(({ state }) => state === 'not yet due') ? ['not yet due'] : []), 'no evidence'].map(many).join(', '), exact: true }).waitFor();
  want((await page.locator('details[open]').count()) === rows.filter(({ state }) => state === 'broken').length, 'what is not broken is open');
});
await look('policy');
await check('what a promise was judged by opens from the keyboard, and all of it at once', async () => {
  const kept = promises.filter({ hasText: 'access.client-only' });
  await kept.locator('summary').focus();
  await page.keyboard.press('Enter');
  await kept.getByText('openings by the client').waitFor();
  await kept.locator('time[title$=" UTC"]').waitFor();
  await button('Show all evidence').click();
  await page.waitForFunction(() => !document.querySelector('details:not([open])'));
  await button('Hide all evidence').click();
  await page.waitForFunction(() => !document.querySelector('details[open]'));
});
await check('what a promise does not reach is counted under it', async () => {
  const { exceptions } = JSON.parse(await (await context.request.get(`${demo.url}/v1/prove`)).text()).promises.find(({ id }) => id === 'access.client-only');
  const kept = promises.filter({ hasText: 'access.client-only' });
  await kept.locator('summary').getByText(/with \d+ kinds? of exception, counted/).waitFor();
  await kept.locator('summary').click();
  want(exceptions.length === 5 && exceptions[0].count === 1, JSON.stringify(exceptions));
  for (const one of exceptions) await kept.getByRole('row').filter({ hasText: new RegExp(one.what, 'i') }).getByText(one.why).last().waitFor();
  await kept.getByRole('row', { name: /contract facts: tenant's name 1 /i }).waitFor();
});
await look('policy with its exceptions');
await promises.filter({ hasText: 'access.client-only' }).locator('summary').click();
await check('what no check can show is said', async () => {
  const told = await page.getByRole('region', { name: 'What this page cannot show' }).innerText();
  for (const one of ['padded', 'behaviour of somebody without a name', 'does not prove that a service which somebody has altered']) want(told.includes(one), one);
});
await answering('**/v1/prove', found({ 'erase.hours': { state: 'broken', evidence: 'rows were left' }, 'backup.keep': { state: 'not yet due' } }), async () => {
  await check('checked again, a broken promise comes first and is open', async () => {
    const queries = await asked('/v1/prove', async () => {
      await button('Check again').click();
      await page.getByRole('heading', { name: /^\d+ kept, 1 broken, \d+ not yet due, \d+ without evidence$/ }).waitFor();
    });
    want(queries.length === 1, `${queries.length} requests`);
    want(/^Broken\s+Then the data is gone for good/.test(await promises.first().innerText()), await promises.first().innerText());
    await page.locator('details[open]').getByText('rows were left').waitFor();
    want((await page.locator('details[open]').count()) === 1, 'others are open too');
  });
  await look('policy with a broken promise');
});
await check('while it checks it says so, what was found stays, and a check that fails takes nothing away', async () => {
  let pass;
  const held = new Promise((then) => (pass = then));
  const slow = async (route) => (await held, await route.fulfill({ status: 503, json: {} }));
  await answering('**/v1/prove', slow, async () => {
    await button('Check again').click();
    await page.getByRole('progressbar', { name: 'Checking every promise' }).waitFor();
    want(await button('Checking…').isDisabled(), 'it can be pressed again');
    want((await promises.count()) > 20, 'the promises are gone');
    pass();
    await page.getByRole('alert').getByText('The service is busy').waitFor();
    want((await promises.count()) > 20 && (await page.getByRole('progressbar').count()) === 0, 'the promises are gone');
  });
  await button('Check again').click();
  await page.getByRole('heading', { name: /, 0 broken, / }).waitFor();
  want((await page.getByRole('alert').count()) === 0, 'it still says so');
});
await check('the answer can be taken away as it came', async () => {
  const [answer] = await Promise.all([page.waitForResponse('**/v1/prove'), button('Check again').click()]);
  await button('Check again').waitFor();
  const file = await taken('Save as JSON');
  want(/^promises-\d{4}-\d\d-\d\d\.json$/.test(file.name), file.name);
  want(file.text === await answer.text(), file.text.slice(0, 200));
});
await check('on paper all of it is open, and nothing else is there', async () => {
  const before = await page.locator('details[open]').count();
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({ media: 'print' });
  const closed = await page.locator('details:not([open])').count();
  const told = await page.locator('body').innerText();
  await page.emulateMedia({ media: 'screen' });
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  want(closed === 0 && told.includes('nobody of the client') && told.includes('What the audit log cannot prove'), `${closed} closed: ${told}`);
  want(!told.includes('Check again') && !told.includes('Collection\n') && !told.includes('sealed at rest'), told);
  await page.waitForFunction((many) => document.querySelectorAll('details[open]').length === many, before);
});
await answering('**/v1/prove', (route) => route.fulfill({ status: 500, json: {} }), async () => {
  await check('promises that cannot be read say so', async () => {
    await page.reload();
    await page.locator('[data-state=failed]').getByText('Could not read the promises').waitFor();
  });
  await look('policy, failed');
});
await check('trying again brings the promises back', async () => {
  await button('Try again').click();
  await promises.first().waitFor();
});

/* The audit log */

const acts = page.getByRole('rowheader');
const tally = page.getByRole('region', { name: 'Entries', exact: true }).getByRole('status');
const settled = () => page.locator('section[aria-label=Entries][aria-busy=false]').waitFor();
const kind = page.getByLabel('Kind of act');
const actor = page.getByLabel('Actor\u2019s id');
const subject = page.getByLabel('Id acted on');
const service = await request.newContext({ ignoreHTTPSErrors: true, extraHTTPHeaders: { Authorization: `Bearer ${demo.api_token}` } });
const fromService = async (path) => (await service.get(demo.url + path)).text();

await must('the audit log says how far it is signed, and with which key', async () => {
  await page.getByRole('link', { name: 'Audit log' }).click();
  await heading('Audit log').waitFor();
  await acts.first().waitFor();
  const about = JSON.parse(await fromService('/v1/log/about'));
  const told = await page.getByRole('region', { name: /entries/ }).innerText();
  for (const one of [about.key, about.origin, 'custody log mirror DIR', 'custody-verify log DIR --key KEY']) want(told.includes(one), told);
});
await look('audit log');
await check('the kinds of act filter, on the service, and each says in words what was done', async () => {
  const kinds = [
    ['session.opened', /^A person signed in$/], ['token.ended', /^API token tok_\u2026\w{6} was revoked$/],
    ['deployment.made', /^Deployment key dpl_\u2026\w{6} was made$/], ['collection.', /^What may be collected was changed \(version \d+\)$/],
    ['device.', /^Device dev_\u2026\w{6} enrolled$/], ['records.opened', /^Records of .+ were opened$/],
  ];
  for (const [begins, said] of kinds) {
    const option = begins === 'collection.' ? 'collection.changed' : begins;
    const queries = await asked('/v1/log', async () => {
      await kind.selectOption(option);
      await acts.first().waitFor();
      await settled();
    });
    const rows = queries.filter((one) => one.get('limit') !== '1'); // that is the look whether anything is new
    want(rows.length === 1 && rows[0].toString() === `act=${option}`, queries.join(' | '));
    want(new URL(page.url()).search === `?act=${option}`, page.url());
    for (const text of await acts.evaluateAll((all) => all.map((one) => [...one.childNodes].filter((each) => !each.classList?.contains('narrow')).map((each) => each.textContent).join('').replace(/\s+/g, ' ').trim()))) {
      want(said.test(text), `${begins}: ${text}`);
    }
  }
  await page.reload();
  await acts.first().waitFor();
  want((await kind.inputValue()) === 'records.opened', 'a reload forgets it');
});
await check('entries stand newest first, without a gap', async () => {
  await kind.selectOption('');
  await page.getByText(/^\d+ entries$/).first().waitFor();
  const numbers = await page.getByRole('button', { name: /^Details of entry/ }).evaluateAll((all) => all.map((one) => Number(one.getAttribute('aria-label').split(' ').pop())));
  want(numbers.length > 10 && numbers.every((one, i) => i === 0 || one === numbers[i - 1] - 1), numbers.join());
});
await check('an act that is done elsewhere appears by itself', async () => {
  const made = await (await service.post(`${demo.url}/v1/deployment-keys`, { data: { name: mark, uses: 1, days: 1 } })).json();
  await acts.filter({ has: page.locator(`[title="${made.id}"]`), hasText: 'was made' }).waitFor();
  await service.delete(`${demo.url}/v1/deployment-keys/${made.id}`);
  await acts.filter({ has: page.locator(`[title="${made.id}"]`), hasText: 'was revoked' }).waitFor();
});
await check('nothing is asked while nobody looks, and at once when somebody does', async () => {
  const hide = (hidden) => page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => is });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  want((await asked('/v1/log', () => page.waitForTimeout(6500))).length === 0, 'it asks');
  want((await asked('/v1/log', async () => {
    await hide(false);
    await page.waitForTimeout(500);
  })).length >= 1, 'it does not ask');
});
await check('pressing an actor shows only its acts, and the focus is in the filter', async () => {
  const one = page.locator('td button[title^="Program with a token: tok_"]').first();
  const id = /tok_\w+/.exec(await one.getAttribute('title'))[0];
  const queries = await asked('/v1/log', async () => {
    await one.click();
    await page.getByText(/^[\d,]+ of [\d,]+ entries$|^The latest/).waitFor();
    await settled();
  });
  want(queries.length === 1 && queries[0].toString() === `by=${id}` && new URL(page.url()).search === `?by=${id}`, queries.join(' | '));
  want((await page.locator(`td button[title*="${id}"]`).count()) === (await acts.count()), 'there are others');
  want((await actor.inputValue()) === id && (await actor.evaluate((each) => each === document.activeElement)), 'the filter says otherwise');
});
await check('what was acted on is filtered by: typed, or pressed in an entry', async () => {
  await open('/log?act=deployment.made');
  await acts.first().waitFor();
  await page.getByRole('button', { name: /^Details of entry/ }).first().click();
  const one = page.getByRole('button', { name: /^Only acts on it: dpl_/ }).first();
  const id = /dpl_\w+/.exec(await one.getAttribute('aria-label'))[0];
  await kind.selectOption('');
  const queries = await asked('/v1/log', async () => {
    await open(`/log?on=${id}`);
    await acts.first().waitFor();
    await settled();
  });
  want(queries[0].toString() === `on=${id}` && (await subject.inputValue()) === id, queries.join(' | '));
  for (const text of await acts.allInnerTexts()) want(/Deployment key|enrolled/.test(text), text);
  await page.getByRole('button', { name: /^Details of entry/ }).first().click();
  await page.getByRole('button', { name: `Only acts on it: ${id}` }).first().click();
  want(await subject.evaluate((each) => each === document.activeElement), 'the focus is elsewhere');
});
await check('days filter, both of them whole and local', async () => {
  const today = await page.evaluate(() => new Date().toLocaleDateString('sv'));
  const queries = await asked('/v1/log', async () => {
    await open(`/log?from=${today}&until=${today}`);
    await acts.first().waitFor();
  });
  const [from, until] = ['from', 'until'].map((name) => queries[0].get(name));
  want(/^[\d-]{10}T[\d:]{8}Z$/.test(from) && Date.parse(until) - Date.parse(from) === 86_399_000, `${from} ${until}`);
  await open('/log?from=odd&act=odd');
  await page.getByText(/^\d+ entries$/).first().waitFor();
});
await check('filtered to nothing, it says how much was looked at', async () => {
  await page.getByLabel('From').fill('2999-01-01');
  await page.locator('[data-state=filtered]').getByText('No entry in these days').waitFor();
  await page.locator('[data-state=filtered]').getByText(/^[\d,]+ entries were looked at/).waitFor();
  want((await tally.innerText()).startsWith('0 of '), await tally.innerText());
  want(await button('Export CSV').isDisabled(), 'nothing can be exported');
  await page.reload();
  await page.locator('[data-state=filtered]').waitFor();
});
await look('audit log filtered to nothing');
await check('the filter of the log can be cleared', async () => {
  await button('Clear the filter').click();
  await acts.first().waitFor();
  want(new URL(page.url()).search === '', page.url());
});
await check('what is filtered of the log can be taken away as CSV', async () => {
  await kind.selectOption('deployment.');
  await page.getByText(/^\d+ of \d+ entries$/).waitFor();
  let file;
  const queries = await asked('/v1/log', async () => (file = await taken('Export CSV')));
  want(queries.length === 1 && queries[0].toString() === 'act=deployment.', queries.join(' | '));
  want(/^audit-log-\d{4}-\d\d-\d\d\.csv$/.test(file.name), file.name);
  const [head, ...lines] = file.text.trimEnd().split('\r\n');
  want(head === 'at,act,by,entry' && lines.length === (await acts.count()), file.text);
  for (const line of lines) want(/^[\d-]{10}T[\d:]{8}Z,deployment\.(made|ended),(usr|tok)_\w+,"\{""seq"":\d+,/.test(line), line);
});
await check('a CSV of many pages is one file, and how far it has come is said', async () => {
  let pass;
  const held = new Promise((then) => (pass = then));
  const pages = { '': ['at,act,by,entry\r\n1\r\n', '20000'], 20000: ['2\r\n', '100'], 100: ['3\r\n', null] };
  const paged = async (route) => {
    const cursor = new URL(route.request().url()).searchParams.get('cursor') ?? '';
    if (route.request().headers().accept !== 'text/csv') return route.continue();
    if (cursor === '20000') await held;
    const [body, next] = pages[cursor];
    await route.fulfill({ body, headers: { 'Content-Type': 'text/csv', 'Total-Count': '30000', ...(next && { 'Next-Cursor': next }) } });
  };
  await answering('**/v1/log?*', paged, async () => {
    const file = taken('Export CSV');
    await button('10,000 looked at\u2026').waitFor();
    pass();
    want((await file).text === 'at,act,by,entry\r\n1\r\n2\r\n3\r\n', (await file).text);
  });
});
await check('an entry opens: as it stands in the log, with every id in full', async () => {
  await page.getByRole('button', { name: /^Details of entry/ }).first().focus();
  await page.keyboard.press('Enter');
  const raw = await page.getByRole('group', { name: 'As it stands in the log' }).innerText();
  want(raw === await fromService(`/v1/log/${JSON.parse(raw).seq}`), raw);
  await page.getByRole('button', { name: /^Details of entry/, expanded: true }).waitFor();
  await page.locator('.entry').getByText(JSON.parse(raw).by, { exact: true }).waitFor();
});
await look('an entry, opened');
await check('its proof is handed over, and custody-verify finds it good', async () => {
  const proof = await taken('Download proof');
  const entry = await taken('Download entry');
  want(/^entry-\d+\.tlog-proof$/.test(proof.name) && proof.text.startsWith('c2sp.org/tlog-proof@v1\n'), `${proof.name}: ${proof.text}`);
  want(/^entry-\d+\.json$/.test(entry.name), entry.name);
  const command = await page.getByRole('group', { name: 'Command' }).innerText();
  want(command.startsWith(`custody-verify proof ${proof.name} --entry ${entry.name} --key `), command);
  if (!process.env.CUSTODY_VERIFY) return;
  const folder = mkdtempSync(join(os.tmpdir(), 'custody-proof-'));
  const verify = () => new Promise((then) => execFile(process.env.CUSTODY_VERIFY, command.split(' ').slice(1), { cwd: folder }, (why, said, other) => then([why?.code ?? 0, said + other])));
  writeFileSync(join(folder, proof.name), proof.text);
  writeFileSync(join(folder, entry.name), entry.text);
  const [good, said] = await verify();
  writeFileSync(join(folder, entry.name), entry.text.replace('deployment.', 'deployment-'));
  const [bad] = await verify();
  rmSync(folder, { recursive: true });
  want(good === 0 && bad !== 0, `${good} ${bad}: ${said}`);
});
await check('a proof that cannot be had says so', async () => {
  await answering('**/v1/log/*/proof', (route) => route.fulfill({ status: 503, json: {} }), async () => {
    await button('Download proof').click();
    await page.getByRole('alert').getByText('The service is busy').waitFor();
  });
});
await check('a device in the log leads to it, and going back finds the log as it was', async () => {
  await kind.selectOption('device.enrolled');
  await acts.filter({ hasText: 'enrolled' }).first().waitFor();
  await settled();
  await page.locator(`a[href="${new URL(deviceUrl).pathname}"]`).first().click();
  await heading(name).waitFor();
  await page.goBack();
  await heading('Audit log').waitFor();
  want((await acts.count()) > 0 && (await kind.inputValue()) === 'device.enrolled', 'it is read anew');
});

/** A page of the log as the service gives one. */
function told(entries, next, total) {
  return { json: { items: entries.map((one) => ({ at: '2026-01-02T03:04:05Z', by: 'usr_aaaaaaaaaaaa', ...one })), next }, headers: { 'Total-Count': String(total) } };
}
await check('pages without an entry are asked on past, and how far is said', async () => {
  const pages = { '': [[], '30000', 40000], 30000: [[], '10000', 40000], 10000: [[{ seq: 9, act: 'kit.used' }], '9', 40000], 9: [[{ seq: 2, act: 'kit.confirmed' }], null, 40000] };
  let pass;
  const held = new Promise((then) => (pass = then));
  const slow = async (route) => {
    const cursor = new URL(route.request().url()).searchParams.get('cursor') ?? '';
    if (cursor === '30000') await held;
    await route.fulfill(told(...pages[cursor]));
  };
  await answering('**/v1/log?*', slow, async () => {
    await open('/log?act=kit.');
    await page.getByText('Looked at 10,000 of 40,000 entries\u2026').waitFor();
    pass();
    await acts.filter({ hasText: 'let a locked-out owner back in' }).waitFor();
    await page.getByText('The latest 1 that fit, of 40,000 entries').waitFor();
    await button('Load more').click();
    await acts.filter({ hasText: 'The recovery kit was typed back' }).waitFor();
    await page.getByText('2 of 40,000 entries', { exact: true }).waitFor();
    want((await button('Load more').count()) === 0, 'there is still more');
  });
});
await check('many subjects, the operator, and an act that is not known yet', async () => {
  const many = [
    { seq: 3, act: 'records.opened', count: 134, digest: 'c29tZSBkaWdlc3Q' },
    { seq: 2, act: 'records.opened', on: ['dev_aaaaaaaaaaaa', 'dev_bbbbbbbbbbbb', 'acc_cccccccccccc'], count: 9 },
    { seq: 1, act: 'moon.landed' }, { seq: 0, act: 'tenant.made', by: 'operator', on: ['ten_aaaaaaaaaaaa'] },
  ];
  await answering(/\/v1\/log(\?|$)/, (route) => route.fulfill(told(many, null, 4)), async () => {
    await open('/log');
    await acts.filter({ hasText: 'Records of 134 devices and accounts were opened' }).waitFor();
    await acts.filter({ hasText: 'Records of 2 devices and 1 account were opened' }).waitFor();
    await acts.filter({ hasText: 'moon.landed' }).waitFor();
    await page.locator('td').getByRole('button', { name: 'Operator of the service, Operator' }).waitFor();
    await button('Details of entry 3').click();
    await seen('c29tZSBkaWdlc3Q');
  });
});
for (const [state, answer] of [['empty', told([], null, 0)], ['failed', { status: 500, json: {} }]]) {
  await answering(/\/v1\/log(\?|$)/, (route) => route.fulfill(answer), async () => {
    await check(`a log that is ${state} says so`, async () => {
      await open('/log');
      await page.locator(`[data-state=${state}]`).waitFor();
    });
    await look(`audit log, ${state}`);
  });
}
await check('trying again brings the log back', async () => {
  await button('Try again').click();
  await acts.first().waitFor();
  await service.dispose();
  await page.getByRole('link', { name: 'Access' }).click();
  await heading('Access').waitFor();
});

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

/* Roles: the service decides, and what it would refuse is not offered */

const as = (role) => async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), role } });
await answering('**/v1/session', as('viewer'), async () => {
  await answering(/\/v1\/devices(\?|$)/, (route) => route.fulfill(listed([device(1, { state: 'pending' })])), async () => {
    await check('a viewer is offered nothing that changes devices', async () => {
      await open('/devices');
      await page.getByRole('row').filter({ hasText: 'Waits for approval' }).waitFor();
      await seen('Read-only for viewers');
      want((await page.getByRole('button', { name: /Approve|Add device/ }).count()) === 0, 'it is offered');
      want((await page.getByRole('link', { name: 'Access' }).count()) === 0, 'the way to the keys is offered');
      want((await page.getByRole('link', { name: /^(Policy|Audit log|People|Requests)/ }).count()) === 0, 'what only others may read is offered');
    });
    await look('devices of a viewer');
  });
  await check('a viewer without devices is not told to add one', async () => {
    await answering('**/v1/devices*', (route) => route.fulfill(listed([])), async () => {
      await button('Reload').click();
      await page.locator('[data-state=empty]').getByText('An owner or an administrator').waitFor();
      want((await button('Make a deployment key').count()) === 0, 'it is offered');
    });
  });
  await check('nor on a device\u2019s page', async () => {
    await page.goto(deviceUrl);
    await heading(name).waitFor();
    await seen('Read-only for viewers');
    want((await page.getByRole('button', { name: /Revoke|Delete|Approve/ }).count()) === 0, 'it is offered');
  });
  await check('a viewer sees what is collected, and cannot switch it', async () => {
    await page.getByRole('link', { name: 'Collection' }).click();
    await item('MAC address').waitFor();
    want((await page.getByRole('switch', { disabled: true }).count()) === words.length && (await button('Save').count()) === 0, 'it can be changed');
  });
  await look('collection of a viewer');
  await check('keys and tokens are closed to a viewer, with the reason', async () => {
    const keys = await asked('/v1/deployment-keys', async () => {
      await open('/access');
      await seen('A viewer has no right to these.');
    });
    want(keys.length === 0 && (await page.locator('[data-state=closed]').count()) === 2, 'they were asked for');
  });
  await look('access of a viewer');
  await check('the promises are closed to a viewer, with the reason', async () => {
    const proofs = await asked('/v1/prove', async () => {
      await open('/policy');
      await page.locator('[data-state=closed]').getByText('An owner, an administrator or an auditor').waitFor();
    });
    want(proofs.length === 0, 'they were asked for');
  });
});
await answering('**/v1/session', as('administrator'), async () => {
  await check('an administrator makes keys and approves, and has no part in tokens', async () => {
    const tokens = await asked('/v1/tokens', async () => {
      await open('/access');
      await button('Make a key').waitFor();
      await seen('Only an owner of your organisation');
    });
    want(tokens.length === 0 && (await button('Make a token').count()) === 0, 'they were asked for');
    await page.getByRole('link', { name: 'Devices' }).click();
    await button('Add device').waitFor();
  });
});
await page.reload();

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
    want(told.includes('Custody: recovery kit') && told.includes('abcd') && !told.includes('go on'), told);
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
