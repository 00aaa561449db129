// SPDX-License-Identifier: Apache-2.0
// The pictures of the README, from the running demonstration:
//
//     CUSTODY_BUILD=build node console/test/shots.mjs demo/demo.json docs/images
//
// So that there is more than one machine to see, the real agent enrols this machine a few times more, each time under
// another computer name; they are deleted again. What is particular to this machine (its name, its people, its
// addresses) is replaced by names and addresses made for documentation (RFC 5737, 3849, 7042) before it is drawn.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chromium, request } from 'playwright-core';

const [file, out] = process.argv.slice(2);
if (!file || !out) {
  console.error('usage: node shots.mjs DEMO.json FOLDER');
  process.exit(2);
}
const demo = JSON.parse(readFileSync(file, 'utf8'));
const agent = resolve(process.env.CUSTODY_BUILD || 'build', 'bin/custody-agent');
const most = 150_000;
const machines = ['archive-01', 'build-02', 'office-04', 'office-11', 'print-01', 'web-01', 'web-02'];
const waiting = ['lab-07', 'lab-08'];
const revoked = 'print-01';
const shown = 'web-01';

const folder = mkdtempSync(join(os.tmpdir(), 'custody-shots-'));
const run = promisify(execFile);
const service = await request.newContext({
  ignoreHTTPSErrors: true, extraHTTPHeaders: { Authorization: `Bearer ${demo.api_token}`, 'Content-Type': 'application/json' },
});

async function ask(method, path, data) {
  const answer = await service.fetch(demo.url + path, { method, data });
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
  return answer.status() === 204 ? null : answer.json();
}

/** Enrols and reports under another computer name; one that waits may not report yet. */
async function enrol(name, key, hold) {
  const state = join(folder, name);
  mkdirSync(state, { mode: 0o700 });
  const alone = ['--uts', ...(process.getuid() === 0 ? [] : ['--map-root-user'])];
  const lines = 'hostname "$1" && "$2" enrol --url "$3" --key "$4" --state "$5" && { [ "$6" ] || "$2" once --agent-url "$7" --state "$5"; }';
  await run('unshare', [...alone, 'sh', '-c', lines, 'sh', name, agent, demo.url, key, state, hold ? 'hold' : '', demo.agent_url]);
}

const given = { people: ['anna', 'ben', 'carla', 'dilan'], byAddress: new Map() };

function addressFor(real) {
  if (!given.byAddress.has(real)) {
    const n = given.byAddress.size + 10;
    const made = /^([0-9a-f]{2}:){5}/i.test(real) ? `00:00:5e:00:53:${n.toString(16).padStart(2, '0')}` : real.includes(':') ? `2001:db8::${n}` : `192.0.2.${n}`;
    given.byAddress.set(real, made);
  }
  return given.byAddress.get(real);
}

/** An answer of the service as it may be published. */
function publishable(answer) {
  if (answer.items) return { ...answer, items: answer.items.map(publishable) };
  const whole = { ...answer, name: answer.name === os.hostname() ? 'office-02' : answer.name };
  if (answer.addresses) {
    whole.addresses = answer.addresses.map((one) => Object.fromEntries(Object.entries(one).map(([kind, value]) => [kind, value && addressFor(value)])));
  }
  if (answer.accounts) {
    let people = 0;
    whole.accounts = answer.accounts.map((one) => (one.system ? one : { ...one, name: given.people[people++ % given.people.length] }));
  }
  return whole;
}

async function draw(browser, name, options, path, until) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce', viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  await page.route(/\/v1\/devices/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: publishable(await answer.json()) });
  });
  await page.goto(demo.url + path);
  await page.getByLabel('Organisation').fill(demo.tenant);
  await page.getByLabel('Username').fill(demo.login);
  await page.getByRole('textbox', { name: 'Password' }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await until(page);
  await page.mouse.move(options.viewport?.width - 5 || 1275, 1);
  await page.evaluate(() => document.activeElement?.blur());
  const path_ = join(out, `${name}.png`);
  await page.screenshot({ path: path_ });
  await context.close();
  const { size } = statSync(path_);
  console.log(`${path_}  ${Math.round(size / 1000)} kB`);
  if (size > most) throw new Error(`${path_} is larger than ${most / 1000} kB`);
}

mkdirSync(out, { recursive: true });
const before = new Set((await ask('GET', '/v1/devices?limit=500')).items.map(({ id }) => id));
const keys = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  for (const [hold, names] of [[false, machines], [true, waiting]]) {
    const key = await ask('POST', '/v1/deployment-keys', { name: 'pictures', uses: names.length, days: 1, pattern: '*', hold });
    keys.push(key.id);
    for (const name of names) await enrol(name, key.key, hold);
  }
  const { items } = await ask('GET', '/v1/devices?limit=500');
  const named = (name) => items.find((one) => one.name === name && !before.has(one.id)).id;
  await ask('POST', `/v1/devices/${named(revoked)}/revoke`);

  const listed = (page) => page.getByRole('link', { name: shown, exact: true }).waitFor();
  const opened = (page) => page.getByRole('heading', { name: /^Installed programs/ }).waitFor();
  await draw(browser, 'devices-light', { colorScheme: 'light' }, '/devices', listed);
  await draw(browser, 'devices-dark', { colorScheme: 'dark' }, '/devices', listed);
  await draw(browser, 'device-light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }, `/devices/${named(shown)}`, opened);
  await draw(browser, 'phone', { colorScheme: 'light', viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }, '/devices', listed);
} finally {
  await browser.close();
  const { items } = await ask('GET', '/v1/devices?limit=500');
  for (const { id } of items) if (!before.has(id)) await ask('DELETE', `/v1/devices/${id}`);
  for (const id of keys) await ask('DELETE', `/v1/deployment-keys/${id}`);
  await service.dispose();
  rmSync(folder, { recursive: true });
}
