// SPDX-License-Identifier: Apache-2.0
// The recovery key among guardians, the rotation of the key, and the banner, in real browsers on a real service:
//
//     node test/recovery.mjs FACTS.json
//
// FACTS.json has url, password and the kit of the tenant "kept", whose owners are "owner" and "second" and whose viewer is
// "vera". The tenant "alone" has one owner, and a recovery key that was used.
import { readFileSync } from 'node:fs';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(10);

async function signedIn(tenant, username) {
  const who = await person(facts.url);
  await who.open('/recovery');
  await who.fill('Organisation', tenant);
  await who.fill('Username', username);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
  await who.heading('Recovery');
  return who;
}

const banner = (who) => who.page.getByRole('complementary', { name: 'Ways in' });

async function withPassword(who, action) {
  await who.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await who.press(action);
}

/** The part that is shown, group by group. */
async function partOf(who) {
  const groups = who.page.locator('.screen').getByRole('list', { name: /recovery kit/i }).getByRole('listitem');
  await groups.first().waitFor();
  return (await groups.allTextContents()).join('-');
}

const owner = await signedIn('kept', 'owner');
const second = await signedIn('kept', 'second');
const vera = await signedIn('kept', 'vera');

await check('where there are two ways in, nobody is warned', async () => {
  await owner.seen('Ready, a printed kit.');
  want((await banner(owner).count()) === 0, 'the banner is there');
});
await owner.look('recovery');
await check('the kit is rehearsed, and another one is told', async () => {
  await owner.press('Rehearse');
  await owner.fill('The recovery kit', `${facts.kit.slice(0, -4)}0000`);
  await owner.press('Rehearse');
  await owner.page.getByRole('alert').getByText(/slip in typing/).waitFor();
  await owner.fill('The recovery kit', facts.kit);
  await owner.press('Rehearse');
  await owner.seen('It is the one in force; nothing was opened');
});
await must('an owner chooses guardians, and how many of them it takes', async () => {
  await owner.press('Choose guardians…');
  const split = owner.button('Split the key');
  for (const name of [/Olga Owner/, /Second/, /Vera/]) {
    want(await split.isDisabled(), 'it is offered before it can be done');
    await owner.page.getByRole('checkbox', { name }).check();
  }
  await owner.seen('Any 2 of 3 guardians give the kit.');
  await owner.look('choose guardians');
  await withPassword(owner, 'Split the key');
  await owner.seen('New guardians');
});
await check('each sees the own part once, and types it back', async () => {
  for (const [who, at] of [[owner, 1], [second, 2], [vera, 3]]) {
    await who.open('/recovery');
    await who.press('See your part');
    await withPassword(who, 'Show it once');
    const part = await partOf(who);
    want(part.split('-').length === 12, part);
    if (who === second) await who.look('a part');
    if (who === vera) {
      await who.fill(`Your part, number ${at}`, part.slice(0, -1) + (part.endsWith('0') ? '1' : '0'));
      await who.press('Type it back');
      await who.page.getByRole('alert').getByText(/slip in typing/).waitFor();
    }
    await who.fill(`Your part, number ${at}`, part.toLowerCase().replaceAll('-', ' '));
    await who.press('Type it back');
    await who.seen(who === vera ? 'It is right, and the new recovery key is in force' : 'It is the part that you were shown');
    if (who !== vera) await who.seen('You have typed your part back.');
  }
});
await check('the guardians are listed, and a reload does not show a part again', async () => {
  await owner.open('/recovery');
  await owner.seen('Ready, 2 of 3 guardians.');
  await owner.row('Vera').getByText('Never').waitFor();
  want((await owner.button('See your part').count()) === 0, 'a part is offered again');
});
await owner.look('guardians');
await check('the key is rotated by the name and the password, and others sign in again', async () => {
  await owner.press('Rotate the key…');
  await owner.page.getByLabel('Type kept to go on').fill('kept');
  await withPassword(owner, 'Rotate it');
  await owner.seen(/^Key 2, since/);
  await owner.button('Rotate the key…').waitFor();
  await second.open('/recovery');
  await second.button('Sign in').waitFor();
});

const alone = await signedIn('alone', 'owner');
await check('an owner who is the one way in is told so on every page', async () => {
  await banner(alone).getByText('There is one way in').waitFor();
  await alone.seen(/it has opened your key since/);
  for (const path of ['/devices', '/people', '/log']) {
    await alone.open(path);
    await banner(alone).getByRole('link', { name: 'Have a second one' }).waitFor();
  }
});
await alone.look('the one way in');
await check('with none at all the banner is red, and says when it is too late', async () => {
  want(/\bbad\b/.test(await banner(alone).getAttribute('class')), 'it is not the red one');
  await alone.page.route('**/v1/recovery', async (asked) => {
    const answer = await asked.fetch();
    await asked.fulfill({ response: answer, json: { ...(await answer.json()), ways_in: 0 } });
  });
  await alone.open('/devices');
  await banner(alone).getByText('There is no way in').waitFor();
  await banner(alone).getByText(/When this session ends, nobody opens it any more/).waitFor();
  want(/\bnotice bad\b/.test(await banner(alone).getAttribute('class')), 'it is not the red one');
  await alone.page.unroute('**/v1/recovery');
  await alone.open('/devices');
  await banner(alone).getByText('There is one way in').waitFor();
});
await check('a new kit, typed back, takes the banner away', async () => {
  await alone.link('Have a second one').click();
  await alone.press('A printed kit…');
  await withPassword(alone, 'Make it');
  const kit = await partOf(alone);
  await alone.fill('The new kit', kit);
  await alone.press('Type it back');
  await alone.seen('It is right, and the new recovery key is in force');
  await banner(alone).waitFor({ state: 'detached' });
});

await check('no page complained, and none broke the policy', () => want(complaints.length === 0, complaints.join('\n')));
await end();
