// SPDX-License-Identifier: Apache-2.0
// What a test of the console in a real browser needs: checks that are counted, people who each have a browser of their
// own, and a look at a page as everybody gets it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 30_000;

let passed = 0;
let failed = 0;
export async function check(name, what) {
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
export async function must(name, what) {
  const before = failed;
  await check(name, what);
  if (failed > before) await end();
}
export async function end() {
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
export function want(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}
/** The whole test ends within so many minutes. */
export function within(minutes) {
  setTimeout(() => {
    failed++;
    console.log(`FAILED  to end within ${minutes} minutes`);
    void end();
  }, minutes * 60_000).unref();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});

/** What any page of ours complained of. A refused call is written there by the browser itself; that the page explains it is
    checked where it happens. */
export const complaints = [];

/** Somebody with a browser of their own, and what they do on its page. */
export async function person(url) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, colorScheme: 'light', reducedMotion: 'reduce', viewport: { width: 1280, height: 860 },
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on('console', (message) => {
    const refused = /Failed to load resource/.test(message.text()) && /^\/(operator\/)?v1\//.test(new URL(message.location().url || 'x:').pathname);
    const from = new URL(message.location().url || url);
    if (message.type() === 'error' && !refused && from.origin === new URL(url).origin) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return {
    page,
    context,
    open: (path) => page.goto(url + path),
    heading: (name) => page.getByRole('heading', { name, level: 1, exact: true }).waitFor(),
    button: (name) => page.getByRole('button', { name, exact: true }),
    link: (name) => page.getByRole('link', { name, exact: true }),
    press: (name) => page.getByRole('button', { name, exact: true }).click(),
    fill: (label, text) => page.getByLabel(label, { exact: true }).fill(text),
    seen: (text) => page.getByText(text).first().waitFor(),
    gone: (text) => page.getByText(text).first().waitFor({ state: 'detached' }),
    told: (text) => page.getByRole('alert').getByText(text).waitFor(),
    path: () => new URL(page.url()).pathname,
    query: () => new URL(page.url()).search,
    /** The text of a row of a table, found by a part of it. */
    row: (text) => page.getByRole('row').filter({ hasText: text }),
    dialog: () => page.getByRole('dialog').last(),
    look: (name) => look(page, name),
  };
}

/** Axe in light and dark, wide and at 360 pixels, and nothing that sticks out to the side. In the dark only the colours
    are others. */
async function look(page, name) {
  for (const width of [1280, 360]) {
    for (const colorScheme of ['light', 'dark']) {
      await check(`${name}: accessible, ${colorScheme}, ${width} px`, async () => {
        await page.setViewportSize({ width, height: width === 360 ? 740 : 860 });
        await page.emulateMedia({ colorScheme });
        if (process.env.CUSTODY_SHOTS) await page.screenshot({ path: `${process.env.CUSTODY_SHOTS}/${name.replaceAll(/\W+/g, '-')}-${colorScheme}-${width}.png` });
        if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
        const violations = await page.evaluate(async (dark) => {
          const all = await globalThis.axe.run(document, { resultTypes: ['violations'], ...(dark ? { runOnly: ['color-contrast'] } : {}) });
          return all.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
        }, colorScheme === 'dark');
        want(violations.length === 0, violations.join('\n'));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        want(over <= 0, `${over} px stick out`);
      });
    }
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.emulateMedia({ colorScheme: 'light' });
}

/** An authenticator in this person's browser; it verifies whoever uses it, or nobody. */
export async function authenticator(who, { hasPrf = false, isUserVerified = true }) {
  const session = await who.context.newCDPSession(who.page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified, automaticPresenceSimulation: true, hasPrf,
    },
  });
  return {
    holds: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  };
}
