// SPDX-License-Identifier: Apache-2.0
// The storage page, and that of the snapshots, in a real browser on a real service:
//
//     node test/storage.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password of an owner whose organisation has launches of the last days, and a device
// that reported the program "later" after the one snapshot was taken; and `other`, an organisation that holds nothing. Months of
// history and a full storage are put into the browser's answers; all else is the service's own.
import { readFileSync } from 'node:fs';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(8);
const { page, open, heading, press, fill, seen, told, dialog, button, look } = await person(facts.url);
const gib = 2 ** 30;

await must('an owner finds the storage page from any other', async () => {
  await open('/devices');
  await fill('Organisation', facts.tenant);
  await fill('Username', facts.login);
  await page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await press('Sign in');
  await page.getByRole('link', { name: 'Storage' }).click();
  await heading('Storage');
  await seen('Nothing goes for room: your contract sets no capacity.');
});

await check('each kind says how much there is of it, and the oldest', async () => {
  const row = await page.getByRole('row').filter({ hasText: 'Launches' }).first().textContent();
  want(/KiB/.test(row) && /as long as there is room/.test(row), row);
  await seen('A plot is drawn from the second day on.');
});
await look('storage of a first day');

await check('a minimum is said without being asked about', async () => {
  await fill('Launches stay at least', '3');
  await press('Save');
  await seen('How long what is kept stays was changed');
  await page.getByRole('cell', { name: 'at least 3 days', exact: true }).waitFor();
});

await check('a maximum below the minimum is not offered to the service', async () => {
  await fill('Launches go after', '2');
  await seen('It cannot go before it has to stay no longer.');
  want(await button('Save').isDisabled(), 'it can be saved');
});

await check('where more may go, what goes is shown, and the name has to be typed', async () => {
  await fill('Launches go after', '4');
  await press('Save');
  await dialog().getByText(/launches from .* to .*/).waitFor();
  want(await button('Save and remove').isDisabled(), 'it can be saved without the name');
});
await look('what goes, before it does');
await check('and then it is so', async () => {
  await dialog().getByRole('textbox').fill(facts.tenant);
  await press('Save and remove');
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('cell', { name: 'at least 3 days, at most 4 days' }).waitFor();
  await seen(/Launches older than 4 days go on .*, by your maximum age/);
});

/** Months of a client whose videos fill the plan. */
function months(more = {}) {
  const history = [];
  const today = Date.now() - (Date.now() % 86_400_000);
  for (let back = 120; back >= 0; back--) {
    const on = new Date(today - back * 86_400_000).toISOString().slice(0, 10);
    const share = (121 - back) / 121;
    const full = back < 20;
    const sizes = { videos: (full ? 3 : 3.6 * share) * gib, launches: 0.9 * share * gib, inventory: 0.12 * gib, policies: 0.01 * gib, other: 0.002 * gib };
    for (const [kind, bytes] of Object.entries(sizes)) {
      const went_bytes = full && kind === 'videos' ? 0.05 * gib * (1 + (back % 3)) : 0;
      history.push({ kind, bytes: Math.round(bytes), went: went_bytes > 0 ? 9 : 0, went_bytes: Math.round(went_bytes), on });
    }
  }
  const kind = (name, bytes, rest) => ({ kind: name, goes: false, rows: 1200, bytes, growth: 0, oldest: null, least: 0, most: 0, ...rest });
  return {
    capacity: 5 * gib, used: 4.6 * gib, level: '90', held: 2, waits: false,
    kinds: [
      kind('inventory', 0.12 * gib), kind('launches', 0.9 * gib, { goes: true, growth: 8e6, oldest: '2026-07-31', least: 90 }),
      kind('videos', 3.57 * gib, { goes: true, growth: 32e6, oldest: '2026-10-18', most: 365 }), kind('policies', 0.01 * gib), kind('other', 0.002 * gib),
    ],
    next: { kind: 'videos', why: 'capacity', older: 41, on: '2027-03-03' }, full: '2027-03-03', stuck: false,
    snapshots: { bytes: 1.1 * gib, gone: 0.2 * gib }, counted: { rows: 0, bytes: 0, on: history.at(-1).on }, history, ...more,
  };
}

async function answering(json, what) {
  await page.route('**/v1/storage', (one) => one.fulfill({ json }));
  await open('/storage');
  await heading('Storage');
  await what();
  await page.unroute('**/v1/storage');
}

await answering(months(), async () => {
  await check('the forecast says what goes when', () => seen('At today’s rate videos older than 41 days go on 3 March 2027, for room.'));
  await check('days are drawn, and stand in a table', async () => {
    await page.locator('canvas').nth(1).waitFor();
    want((await page.getByRole('img', { name: /What was kept, from/ }).count()) === 1, 'the plot has no words');
    await page.getByText('as a table').click();
    want((await page.getByRole('row').count()) > 30, 'no row for each day');
    await page.getByText('as a table').click();
  });
  await look('storage after months');
});

await answering(months({ used: 5.2 * gib, level: 'full', next: null, stuck: true, full: '2026-01-01', counted: { rows: 1, bytes: 77, on: '2026-11-28' } }), async () => {
  await check('a storage that is full and stuck says what to do, and a count that differs is not hidden', async () => {
    await seen(/More is kept than the capacity, and by your minimum ages and holds nothing may go/);
    await seen('104 % used');
    await seen(/Differs/);
  });
  await look('storage that is full and stuck');
});

await check('a service that cannot say it is asked again', async () => {
  await page.route('**/v1/storage', (one) => one.fulfill({ status: 503, json: { status: 503, detail: 'busy for a trial' } }));
  await open('/storage');
  await told(/Busy for a trial/);
  await page.unroute('**/v1/storage');
});

/** Whether the device has the program that came after the snapshot. */
async function later(there) {
  await open(`/devices/${facts.device}`);
  await page.getByRole('row').filter({ hasText: 'bash' }).first().waitFor();
  const found = await page.getByRole('row').filter({ hasText: 'later' }).count();
  want((found > 0) === there, `${found} rows of it`);
}

/** The snapshot that was asked for: the clock takes others, when it finds the time. */
const chosen = () =>
  page.getByRole('article').filter({ hasText: facts.snapshot }).getByRole('button', { name: 'Restore', exact: true }).click();

/** What a restore would do is shown, and then done. */
async function restores(action, would) {
  await press('Show what would change');
  await dialog().getByText(would).waitFor();
  want(await dialog().getByRole('button', { name: action, exact: true }).isDisabled(), 'it can be done without the name');
  await fill(`Type ${facts.tenant} to go on`, facts.tenant);
  await dialog().getByRole('button', { name: action, exact: true }).click();
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('status').getByText(/records were put back/).waitFor();
}

await must('a snapshot of the calendar is chosen to go back to', async () => {
  await open('/snapshots');
  await heading('Snapshots');
  await chosen();
  await dialog().getByRole('heading', { name: 'Restore?' }).waitFor();
});
await look('a restore, before it is asked for');
await check('everything goes back, once it was shown what that changes and the name is typed', async () => {
  await restores('Restore', /[1-9]\d* taken away/);
  await seen(/is the undo/);
});
await look('a restore that is done');
await check('what came after the snapshot is gone', () => later(false));
await check('the safety snapshot undoes it', async () => {
  await open('/snapshots');
  await press('Undo the restore');
  await restores('Undo it', /[1-9]\d* records would be put back/);
  await later(true);
});
await check('one device goes back alone, and what is no device is not offered', async () => {
  await open('/snapshots');
  await chosen();
  await dialog().getByText('One device, with all that is about it').click();
  await fill('Device', 'lab');
  await seen('That is no id of a device.');
  want(await button('Show what would change').isDisabled(), 'it can be looked at');
  await fill('Device', facts.device);
  await restores('Restore', /[1-9]\d* taken away/);
  await later(false);
});

const other = await person(facts.url);
let code = '';
await must('an organisation that holds nothing asks for a copy with a code, which is shown once', async () => {
  await other.open('/snapshots');
  await other.fill('Organisation', facts.other);
  await other.fill('Username', facts.login);
  await other.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await other.press('Sign in');
  await other.press('Receive a copy');
  code = (await other.page.getByText(/^ccp_/).textContent()).trim();
});
await other.look('a code for a copy');
await check('an owner sees what a copy would be, and gives it by the other name and the password', async () => {
  await open('/snapshots');
  await page.getByRole('article').filter({ hasText: facts.snapshot }).getByRole('button', { name: 'Into another organisation…' }).click();
  await fill('Its code', code);
  await press('Show what it would be');
  await dialog().getByText(/[1-9]\d* records of .*, about [1-9]\d* people and devices/).waitFor();
  await dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  want(await button('Give it').isDisabled(), 'it can be given without the name');
});
await look('a copy, before it is given');
await check('and then it is there, for both to see', async () => {
  await fill(`Type ${facts.other} to go on`, facts.other);
  await dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  await press('Give it');
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: `In ${facts.other}: done` }).waitFor();
  await other.page.getByRole('heading', { name: 'Here: done' }).waitFor();
  await other.open('/devices');
  await other.row('lab-01').waitFor();
});
await look('a copy that is done');

await check('no page complained', () => want(complaints.length === 0, complaints.join('\n')));
await end();
