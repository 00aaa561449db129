// SPDX-License-Identifier: Apache-2.0
// People, approval, support access and the provider's side, in real browsers on a real service:
//
//     node test/people.mjs FACTS.json
//
// FACTS.json has url, tenant, login, password and the operator's socket. The tenant has an owner, an administrator called
// adam and two devices, lab-01 and lab-02; there is a tenant "nobodys" that nobody has claimed, and a member of staff
// called second, who is current. Each person has a browser of their own.
import { readFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import http from 'node:http';
import { check, complaints, end, must, person, want, within } from './harness.mjs';

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
within(18);

/** What whoever runs the machine asks at its socket. */
function operator(method, path, body) {
  return new Promise((then, otherwise) => {
    const ask = http.request({ socketPath: facts.socket, method, path, headers: { 'Content-Type': 'application/json', Host: 'localhost' } }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => (answer.statusCode < 400 ? then(text === '' ? null : JSON.parse(text)) : otherwise(new Error(`${method} ${path}: ${text}`))));
    });
    ask.on('error', otherwise);
    ask.end(body && JSON.stringify(body));
  });
}

/** What an authenticator shows, or will show in `later` half minutes (RFC 6238). */
function codeOf(secret, later = 0) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + later));
  const mac = createHmac('sha1', Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

async function signIn(who, username) {
  await who.fill('Organisation', facts.tenant);
  await who.fill('Username', username);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
}

async function join(who, name, username) {
  await who.fill('Full name', name);
  await who.fill('Username', username);
  await who.fill('Email', `${username}@example.com`);
  await who.page.getByRole('textbox', { name: 'Password', exact: true }).fill(facts.password);
  await who.page.getByRole('textbox', { name: 'Password again' }).fill(facts.password);
  await who.press('Join');
}

const again = () => owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);

async function invite(role) {
  await owner.open('/people');
  await owner.press('Invite somebody');
  await owner.page.getByLabel('Role', { exact: true }).selectOption(role);
  await again();
  await owner.press('Make the link');
  return (await owner.page.getByRole('group', { name: 'Link' }).textContent()).slice(facts.url.length);
}

const owner = await person(facts.url);
const ben = await person(facts.url);
const vera = await person(facts.url);
const sam = await person(facts.url);
const second = await person(facts.url);

/* People */

await must('the owner signs in', async () => {
  await owner.open('/');
  await signIn(owner, facts.login);
  await owner.heading('Devices');
});
await check('People lists the members by name and role, and says who one is', async () => {
  await owner.link('People').click();
  await owner.heading('People');
  await owner.row('Olga Owner').getByText('You').waitFor();
  await owner.row('Adam').getByText('Administrator').filter({ visible: true }).waitFor();
  want((await owner.button('Remove Olga Owner').count()) === 0, 'one could remove oneself');
});
await check('that no invitation is out is said, with what to do', () => owner.page.locator('[data-state=empty]').getByText('No invitation is out').waitFor());
await owner.look('people');
await check('who waits for the key is counted in a banner, and is given it by one click', async () => {
  await owner.page.getByRole('status').getByText('One member waits').waitFor();
  await owner.press('Give the key to Willy');
  await owner.seen('Willy has the key');
  await owner.page.getByText('One member waits').waitFor({ state: 'detached' });
});
await check('a member is edited in a sheet, and of two who do it the second is told', async () => {
  await owner.press('Edit Willy');
  await owner.fill('Full name', 'Willy Renamed');
  await owner.look('edit a member');
  await owner.press('Save');
  await owner.row('Willy Renamed').waitFor();
  await owner.press('Edit Willy Renamed');
  await owner.page.evaluate(async () => {
    const list = await (await fetch('/v1/members')).json();
    const { id, edition } = list.items.find(({ user }) => user.username === 'willy');
    await fetch(`/v1/members/${id}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', 'If-Match': `"${edition}"` },
      body: JSON.stringify({ full_name: 'Willy Faster' }),
    });
  });
  await owner.fill('Full name', 'Willy Slower');
  await owner.press('Save');
  await owner.page.getByRole('alert').getByText('Somebody else changed this member').waitFor();
  await owner.press('Cancel');
});
await check('a member is disabled and enabled, and says so', async () => {
  await owner.press('Edit Willy Renamed');
  await owner.press('Disable this member');
  await owner.row('Willy Faster').getByText('Disabled').waitFor();
  await owner.press('Edit Willy Faster');
  await owner.press('Enable this member');
  await owner.row('Willy Faster').getByText('Waits for the key').waitFor();
  await owner.press('Give the key to Willy Faster');
  await owner.page.getByText('One member waits').waitFor({ state: 'detached' });
});
await check('whom the directory has told of stands there, and is invited as who they are', async () => {
  await owner.row('Petra Provisioned').getByText('Has not come in yet').waitFor();
  await owner.press('Invite Petra Provisioned');
  await again();
  await owner.press('Make the link');
  const link = await owner.page.getByRole('group', { name: 'Link' }).textContent();
  want(link.includes('/join?known=yes#civ_'), `the link is ${link}`);
  await owner.press('I have kept it');
  await owner.open('/people');
  await owner.button(/^End the invitation/).click();
  await owner.press('End the invitation');
  await owner.seen('The invitation was ended');
});
await check('the directory has an address and a token, and its groups give roles', async () => {
  await owner.page.getByText(`${facts.url}/scim/v2`).waitFor();
  await owner.press('Make its token');
  await again();
  await owner.press('Make the token');
  await owner.page.getByText('ctk_').waitFor();
  await owner.press('I have kept it');
  await owner.press('Change the groups');
  await owner.fill('Group 1', 'Auditors');
  await owner.page.getByLabel('Role of group 1').selectOption('auditor');
  await owner.look('which groups give which role');
  await again();
  await owner.press('Save');
  await owner.page.getByRole('row', { name: /^Auditors/ }).getByText('Not told of yet').waitFor();
});
await owner.look('people with a directory');
await must('everybody who is signed in is listed, by when and how', async () => {
  await owner.open('/sessions');
  await owner.heading('Sessions');
  await owner.row('This one').getByText('Password').waitFor();
  want((await owner.button(/^End the session of Olga/).count()) === 0 || (await owner.row('Olga Owner').count()) > 1, 'one could end the session one is in');
});
await owner.look('sessions');
await check('a session is ended at once', async () => {
  const ends = owner.button(/^End the session of Adam/);
  await ends.first().waitFor();
  const before = await ends.count();
  await ends.first().click();
  await owner.press('End this session');
  await owner.seen('The session was ended');
  for (let tries = 0; (await ends.count()) >= before && tries < 50; tries++) await owner.page.waitForTimeout(100);
  want((await ends.count()) === before - 1, `${await ends.count()} of ${before} are left`);
});
await check('a password that is easy to guess is refused in words', async () => {
  await owner.press('Change it');
  await owner.page.getByRole('textbox', { name: 'Password now' }).fill(facts.password);
  await owner.page.getByRole('textbox', { name: 'New password', exact: true }).fill('passwordpassword');
  await owner.page.getByRole('textbox', { name: 'New password again' }).fill('passwordpassword');
  await owner.press('Change the password');
  await owner.page.getByRole('alert').getByText('easy to guess').waitFor();
});
await owner.look('change the password');
await owner.press('Cancel');
await check('an authenticator is added by the password and a code of it', async () => {
  await owner.press('Add one');
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.press('Go on');
  await owner.page.getByRole('img', { name: 'QR code of the secret' }).waitFor();
  await owner.fill('The code that it shows', '000000');
  await owner.press('Ask for its codes');
  await owner.page.getByRole('alert').getByText('The code is wrong').waitFor();
});
await owner.look('add an authenticator');
await check('its code is asked for from then on, until it is removed', async () => {
  const secret = (await owner.page.locator('dialog code').textContent()).replaceAll(' ', '');
  await owner.fill('The code that it shows', codeOf(secret));
  await owner.press('Ask for its codes');
  await owner.seen('Its code is asked for since');
  await vera.open('/');
  await signIn(vera, facts.login);
  await vera.fill('Code of your authenticator', codeOf(secret, 1));
  await vera.look('sign in with a code');
  await vera.press('Sign in');
  await vera.heading('Devices');
  await vera.open('/sessions');
  await vera.row('This one').getByText('Password and code').waitFor();
  await owner.press('Remove it');
  await owner.page.getByRole('textbox', { name: 'Your password' }).fill(facts.password);
  await owner.page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
  await owner.seen('the password alone signs in');
  await vera.page.getByRole('button', { name: 'Olga Owner', exact: true }).click();
  await vera.press('Sign out');
});
await owner.open('/people');
let link = '';
await must('an invitation’s link is shown once, with what it makes', async () => {
  link = await invite('approver');
  want(/^\/join#civ_[\w-]+$/.test(link), link);
  await owner.seen('makes one approver');
  await owner.page.keyboard.press('Escape');
  await owner.button('I have kept it').waitFor();
});
await owner.look('an invitation');
await check('the invitation is in the list, and its link is nowhere any more', async () => {
  await owner.press('I have kept it');
  await owner.row('Approver').getByText(/in [67] days/).waitFor();
  want(!(await owner.page.content()).includes('civ_'), 'the link is on the page');
});
await check('who was invited is asked who they are', async () => {
  await ben.open(link);
  await ben.heading('Join your organisation');
  await ben.press('Join');
  want(ben.path() === '/join', ben.path());
});
await ben.look('join');
await check('who waits for the key is told what for, who helps and what goes meanwhile', async () => {
  await join(ben, 'Ben Approver', 'ben');
  await ben.heading('You wait for the key');
  await ben.seen('Give the key');
  await ben.link('audit log').waitFor();
  want(!ben.page.url().includes('civ_'), ben.page.url());
});
await ben.look('waiting for the key');
await check('meanwhile the log can be read, devices and people cannot', async () => {
  await ben.link('Audit log').click();
  await ben.heading('Audit log');
  await ben.open('/people');
  await ben.heading('You wait for the key');
  await ben.link('Requests').click();
  await ben.seen('Nobody has asked for anything');
  await ben.link('wait for the key').click();
  await ben.heading('You wait for the key');
});
await check('a link that was used is refused with what to do', async () => {
  await vera.open(link);
  await join(vera, 'Vera Viewer', 'vera');
  await vera.told('ask whoever invited you for a new one');
});
await check('the key is given with one click', async () => {
  await owner.open('/people');
  await owner.row('Ben Approver').getByText('Waits for the key').waitFor();
  await owner.press('Give the key to Ben Approver');
  await owner.seen('Ben Approver has the key');
  await owner.gone('Waits for the key');
});
await check('whoever waited is signed out then, is told why, and comes in with the key', async () => {
  await ben.seen('as it does when you are given the key');
  await signIn(ben, 'ben');
  await ben.heading('Requests');
  await ben.seen('Opened by your session');
});
await check('an approver is led to no devices', async () => {
  want((await ben.link('Devices').count()) === 0, 'there is a link to devices');
  await ben.open('/devices');
  await ben.heading('Your role opens no devices');
});
await ben.look('devices that one’s role does not open');
await check('a viewer sees no people and no log, and is told whose they are', async () => {
  const asked = await invite('viewer');
  await owner.press('I have kept it');
  await vera.open('/');
  await vera.open(asked);
  await join(vera, 'Vera Viewer', 'vera');
  await vera.heading('You wait for the key');
  await vera.seen('nothing that your role can do without the key');
  await owner.page.reload();
  await owner.press('Give the key to Vera Viewer');
  await vera.seen('as it does when you are given the key');
  await signIn(vera, 'vera');
  await vera.heading('Devices');
  want((await vera.link('People').count()) + (await vera.link('Requests').count()) === 0, 'links that lead nowhere');
  await vera.open('/people');
  await vera.page.locator('[data-state=closed]').first().waitFor();
});
await check('an invitation can be ended', async () => {
  await invite('auditor');
  await owner.press('I have kept it');
  await owner.row('Auditor').getByRole('button').click();
  await owner.press('End the invitation');
  await owner.seen('The invitation was ended');
  await owner.seen('No invitation is out');
});

/* The process */

await check('the process is shown as steps, and what cannot be changed is said', async () => {
  await owner.link('Who approves requests, and how').click();
  await owner.heading('Process of approval');
  const list = owner.page.getByRole('list', { name: 'Steps of the process' }).getByRole('listitem');
  await list.nth(2).waitFor();
  const steps = await list.allInnerTexts();
  want(steps.length === 3 && /One says yes/.test(steps[1]) && /8 hours/.test(steps[2]), steps.join(' | '));
  await owner.seen('Never whoever asked');
  await owner.seen('A request that nobody answers in 12 hours is void.');
});
await owner.look('process');
await check('a process that nobody could meet is refused in the service’s words', async () => {
  await owner.press('Change');
  want(owner.query() === '?edit=yes', owner.query());
  await owner.page.getByLabel('How many say yes').evaluate((one) => one.removeAttribute('max'));
  await owner.fill('How many say yes', '9');
  await owner.press('Change the process');
  await owner.page.getByRole('alert').locator('.notice').waitFor();
});
await check('an owner changes it: a second level, named people, a shorter time', async () => {
  await owner.fill('How many say yes', '1');
  await owner.press('Add level 2');
  const level = owner.page.getByRole('group', { name: 'Level 2' });
  await level.getByLabel('Only these').check();
  await level.getByLabel('Olga Owner').uncheck();
  await owner.page.getByLabel('Longest access').selectOption({ label: '1 hour' });
});
await owner.look('process being changed');
await check('the change is taken and seen at once', async () => {
  await owner.press('Change the process');
  await owner.seen('The process was changed');
  const steps = await owner.page.getByRole('list', { name: 'Steps of the process' }).getByRole('listitem').allInnerTexts();
  want(steps.length === 4 && /Ben Approver/.test(steps[2]) && /1 hour/.test(steps[3]), steps.join(' | '));
  want(owner.query() === '', owner.query());
});
await check('an approver reads it and cannot change it', async () => {
  await ben.open('/process');
  await ben.seen('An owner of your organisation can change it.');
  want((await ben.button('Change').count()) === 0, 'it can be changed');
});

await check('an owner makes a group of members', async () => {
  await owner.open('/people');
  await owner.press('Make a group');
  await owner.fill('Name', 'On call');
  await owner.dialog().getByLabel('Ben Approver').check();
  await owner.dialog().getByLabel('Olga Owner').check();
});
await owner.look('a group being made');
await check('it is listed with who is in it', async () => {
  await owner.dialog().getByRole('button', { name: 'Save' }).click();
  await owner.seen('The group was made');
  await owner.row('On call').getByText('Ben Approver').waitFor();
  await owner.row('On call').getByText('Olga Owner').waitFor();
});
await owner.look('groups');
await check('a level names the group, and says how many of it could answer', async () => {
  await owner.open('/process?edit=yes');
  const level = owner.page.getByRole('group', { name: 'Level 2' });
  await level.getByLabel('Ben Approver').uncheck();
  await level.getByLabel('On call group, 2 people who could answer').check();
  await owner.press('Change the process');
  await owner.seen('The process was changed');
  await owner.page.getByRole('listitem').filter({ hasText: 'the group On call' }).waitFor();
});
await owner.look('a process that names a group');
await check('a group that lost who could answer is shown where it is missed', async () => {
  await owner.open('/people');
  await owner.press('Change the group On call');
  await owner.dialog().getByLabel('Ben Approver').uncheck();
  await owner.dialog().getByLabel('Olga Owner').uncheck();
  await owner.dialog().getByRole('button', { name: 'Save' }).click();
  await owner.open('/process');
  await owner.seen('Only 0 people could: a request would not be answered');
  await owner.open('/people');
  await owner.press('Remove the group On call');
  await owner.dialog().getByRole('button', { name: 'Remove the group' }).click();
  await owner.dialog().getByText('your process of approval names this group').waitFor();
});
await check('the process is changed back, and the group removed', async () => {
  await owner.open('/process?edit=yes');
  const level = owner.page.getByRole('group', { name: 'Level 2' });
  await level.getByLabel('On call group').uncheck();
  await level.getByLabel('Ben Approver').check();
  await owner.press('Change the process');
  await owner.seen('The process was changed');
  await owner.open('/people');
  await owner.press('Remove the group On call');
  await owner.dialog().getByRole('button', { name: 'Remove the group' }).click();
  await owner.seen('The group On call was removed');
});

/* Staff */

await check('the provider’s side says whose it is, and asks who is there', async () => {
  await sam.open('/operator');
  await sam.heading('Sign in as staff');
  await sam.page.getByText('Provider', { exact: true }).waitFor();
});
await sam.look('staff sign-in');
await check('a new member of staff joins, and is told what is lacking', async () => {
  const { link: invitation } = await operator('POST', '/operator/v1/staff');
  await sam.open(`/operator/join#${invitation}`);
  await sam.page.reload();
  await sam.heading('Join the staff');
  await join(sam, 'Sam Support', 'sam');
  await sam.heading('You have joined, Sam Support');
  await sam.seen('What is lacking');
  want(!sam.page.url().includes('civ_'), sam.page.url());
});
await sam.look('staff joined');

async function signInStaff(who, username) {
  await who.fill('Username', username);
  await who.page.getByRole('textbox', { name: 'Password' }).fill(facts.password);
  await who.press('Sign in');
}
await check('who is not current is told so, and reads and signs the agreement there', async () => {
  await sam.link('Go to the sign-in').click();
  await signInStaff(sam, 'sam');
  await sam.told('You cannot sign in yet.');
  await sam.seen('what is seen is kept to oneself');
  await sam.press('Sign it with my password');
  await sam.told('Say first that you have read it.');
});
await sam.look('agreement to be signed');
await check('what is still lacking after the signature is said', async () => {
  await sam.page.getByLabel('I have read it and agree').check();
  await sam.press('Sign it with my password');
  await sam.seen('What is still lacking: training');
});
await must('once trained, the member of staff is let in', async () => {
  const { items } = await operator('GET', '/operator/v1/staff');
  const { id } = items.find(({ username }) => username === 'sam');
  for (const topic of ['information-security', 'privacy']) {
    await operator('POST', `/operator/v1/staff/${id}/trainings`, { topic, at: `${new Date().toISOString().slice(0, 19)}Z` });
  }
  await sam.press('Sign in');
  await sam.heading('My requests');
  await sam.page.locator('[data-state=empty]').getByText('You have asked for nothing').waitFor();
});
await sam.look('no request of one’s own');
await check('one browser holds both sides: the staff session is none of a client’s', async () => {
  const page = await sam.context.newPage();
  await page.goto(`${facts.url}/devices`);
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  await page.close();
  await sam.page.reload();
  await sam.heading('My requests');
});

/* A request for access */

async function askForAccess(caseId, devices, acts = []) {
  await sam.open('/operator/requests/new');
  await sam.page.getByLabel('Client').selectOption({ label: facts.tenant });
  await sam.fill('Case', caseId);
  await sam.page.getByLabel('In your words').fill(`The reports of ${caseId} stopped on Monday.`);
  for (const act of acts) await sam.page.getByLabel(act).check();
  await sam.fill('Minutes', '30');
  const boxes = sam.page.getByRole('group', { name: /^Devices/ }).getByRole('checkbox');
  await boxes.first().waitFor();
  for (let i = 0; i < devices; i++) await boxes.nth(i).check();
}
await check('access is asked for: client, case, words, acts, minutes, devices by id', async () => {
  await askForAccess('CASE-4711', 0, ['Read which programs were launched on these devices', 'Refuse the certificate of one of these devices']);
  want((await sam.page.getByLabel('Client').locator('option').allInnerTexts()).every((name) => name !== 'nobodys'), 'an unclaimed one can be asked');
  want(!/lab-0/.test(await sam.page.innerText('main')), 'a name of a device is known');
  await sam.press('Ask the client');
  await sam.told('Choose at least one device.');
});
await sam.look('asking for access');
let request = '';
await must('the request is made, and its page says that the client is asked', async () => {
  await owner.open('/devices');
  for (const box of await sam.page.getByRole('group', { name: /^Devices/ }).getByRole('checkbox').all()) await box.check();
  await sam.press('Ask the client');
  await sam.heading('Case CASE-4711');
  await sam.seen('The client’s people have been asked.');
  await sam.seen('Sealed to the client: you cannot read them again');
  request = sam.path().split('/').pop();
});
await sam.look('a request of one’s own');
await check('before the yes nothing opens', async () => {
  await sam.open(`/operator/requests/${request}/devices`);
  await sam.told('Access is not open');
  await sam.open(`/operator/requests/${request}`);
});

/* Its approval */

await check('the number of requests that wait for one comes into the navigation of an open page within seconds', async () => {
  await owner.page.getByRole('navigation').getByText('1 waits for you').waitFor({ timeout: 15_000 });
});
await check('the list of requests shows it, filters in the address, and goes out as CSV', async () => {
  await owner.page.getByRole('link', { name: /^Requests/ }).click();
  await owner.row('CASE-4711').getByText('Waits for you').filter({ visible: true }).waitFor();
  await owner.page.getByLabel('Kind').selectOption({ label: 'Removal of a member' });
  await owner.page.locator('[data-state=filtered]').waitFor();
  await owner.page.reload();
  await owner.page.locator('[data-state=filtered]').getByText('No request fits').waitFor();
  want(owner.query() === '?kind=removal', owner.query());
  await owner.press('Clear the filter');
  await owner.page.getByLabel('State').selectOption({ label: 'Waits for an answer' });
  await owner.row('CASE-4711').first().waitFor();
  const [download] = await Promise.all([owner.page.waitForEvent('download'), owner.press('Export CSV')]);
  const text = readFileSync(await download.path(), 'utf8');
  want(/^id,kind,state/.test(text) && text.includes('CASE-4711'), text);
});
await owner.look('requests');
await check('the page of a request says who asks, why, in whose words, what for, on which devices, how long, until when', async () => {
  await owner.link('Case CASE-4711').click();
  await owner.heading('Case CASE-4711');
  for (const said of ['Sam Support', 'of the provider', 'Something is broken', 'The reports of CASE-4711 stopped on Monday.',
    'Read what is kept of these devices', 'Refuse the certificate of one', '30 minutes', 'then it is void']) await owner.seen(said);
  await owner.link('lab-01').waitFor();
  await owner.link('lab-02').waitFor();
});
await owner.look('a request to be answered');
await check('on a phone the answer is within reach of the thumb, without scrolling', async () => {
  await owner.page.setViewportSize({ width: 360, height: 740 });
  const box = await owner.button('Approve').boundingBox();
  want(box && box.y + box.height <= 740 && box.height >= 44, JSON.stringify(box));
  await owner.page.setViewportSize({ width: 1280, height: 860 });
});
await check('by keyboard: Enter asks, Escape leaves it, and the focus is back', async () => {
  await owner.button('Approve').focus();
  await owner.page.keyboard.press('Enter');
  await owner.dialog().getByText('Nothing happens yet: others have to say yes too.').waitFor();
  await owner.page.keyboard.press('Escape');
  want(await owner.button('Approve').evaluate((one) => one === document.activeElement), 'the focus is elsewhere');
});
await check('a yes that is not the last opens nothing, and is seen at once', async () => {
  await owner.press('Approve');
  await owner.dialog().getByRole('button', { name: 'Approve', exact: true }).click();
  await owner.seen('Olga Owner (you) said yes');
  await owner.seen('You have answered. Others have to answer now.');
  await owner.page.getByRole('navigation').getByText('waits for you').waitFor({ state: 'detached' });
});
await check('whose role opens no names sees ids, and all else', async () => {
  await ben.open(`/requests/${request}`);
  await ben.seen('by id: your role opens no names');
  await ben.seen('The reports of CASE-4711 stopped on Monday.');
});
await check('the last yes says what happens then', async () => {
  await ben.press('Approve');
  await ben.dialog().getByText('Yours is the last yes.').waitFor();
  await ben.dialog().getByText('with one click').waitFor();
});
await ben.look('the last yes');
await check('the last yes opens access, and the page counts down', async () => {
  await ben.dialog().getByRole('button', { name: 'Approve', exact: true }).click();
  await ben.page.getByRole('heading', { name: 'Access is open' }).waitFor();
  const left = ben.page.getByRole('timer', { name: 'Time left' });
  const first = await left.innerText();
  want(/^00:(29|30):\d\d$/.test(first), first);
  await ben.page.waitForTimeout(1600);
  want((await left.innerText()) < first, 'it does not count');
});
await check('the owner’s page has followed by itself', () => owner.page.getByRole('heading', { name: 'Access is open' }).waitFor());
await check('the signed approval can be shown', async () => {
  await ben.page.getByText('The signed approval').click();
  const text = await ben.page.getByRole('group', { name: 'Approval' }).innerText();
  want(text.startsWith('custody approval') && text.includes('case CASE-4711') && text.includes('/approvals'), text);
});
await ben.look('access that is open');

/* Under the grant */

await check('the member of staff is led to the devices, opened', async () => {
  await sam.page.getByRole('heading', { name: 'Access is open' }).waitFor();
  await sam.link('Open the devices').click();
  await sam.heading('Devices');
  await sam.link('lab-01').waitFor();
});
await sam.look('devices under a grant');
await check('a device under a grant shows what the client sees, and what may be done', async () => {
  await sam.link('lab-02').click();
  await sam.heading('lab-02');
  await sam.seen('bash');
  want((await sam.button('Approve').count()) === 0, 'more may be done than was granted');
});
await sam.look('a device under a grant');
await check('what was launched there is a page of its own', async () => {
  await sam.page.goBack();
  await sam.page.goBack();
  await sam.page.getByRole('link', { name: /^What was launched on/ }).first().click();
  await sam.heading('Launches');
  await sam.seen('/usr/sbin/cron');
  await sam.seen('The system');
});
await sam.look('launches under a grant');
await check('and the way back leads to the request', async () => {
  await sam.link('The request').click();
  await sam.link('Open the devices').click();
  await sam.link('lab-02').click();
  await sam.heading('lab-02');
});
await check('a device is revoked under the grant', async () => {
  await sam.press('Revoke');
  await sam.press('Revoke this device');
  await sam.seen('lab-02 was revoked');
});
await check('the client sees each opening a moment later, without a reload', async () => {
  const done = owner.page.getByRole('region', { name: 'Access is open' }).getByRole('listitem');
  await done.filter({ hasText: 'under support access' }).first().waitFor();
  await done.filter({ hasText: /Device dev_….* was revoked/ }).waitFor();
  await owner.page.getByText(/^[1-9]\d* records? opened$/).waitFor();
});
await owner.look('what is done under a grant');
await check('one click ends it, with no dialog', async () => {
  await owner.press('End access now');
  await owner.page.getByRole('heading', { name: 'Access has ended' }).waitFor();
  await owner.seen('The access was ended');
});
await owner.look('access that has ended');
await check('then nothing opens for the provider, and it is said why', async () => {
  await sam.open(`/operator/requests/${request}/devices`);
  await sam.told('Access is not open');
});
await sam.look('devices after the end');
await check('in the log the acts are in words, and name the request', async () => {
  await owner.open('/log?act=request.');
  await owner.row('was withdrawn, or its access ended by a person').first().waitFor();
  await owner.open('/log?act=support.opened');
  await owner.row('under support access').first().waitFor();
  await owner.page.getByRole('button', { name: /^Details of entry/ }).first().click();
  await owner.page.getByRole('link', { name: request }).first().click();
  await owner.heading('Case CASE-4711');
});
await check('a request can be refused, and the provider sees it', async () => {
  await askForAccess('CASE-4712', 1);
  await sam.press('Ask the client');
  await sam.heading('Case CASE-4712');
  await ben.open(`/requests/${sam.path().split('/').pop()}`);
  await ben.press('Refuse');
  await ben.dialog().getByRole('button', { name: 'Refuse' }).click();
  await ben.seen('Ben Approver (you) said no');
  await sam.page.getByText('Refused', { exact: true }).waitFor();
});
await check('whoever asked can withdraw', async () => {
  await askForAccess('CASE-4713', 1);
  await sam.press('Ask the client');
  await sam.press('Withdraw it');
  await sam.page.getByText('Withdrawn', { exact: true }).waitFor();
  await sam.open('/operator/requests');
  for (const each of ['CASE-4711', 'CASE-4712', 'CASE-4713']) await sam.row(each).waitFor();
});
await sam.look('requests of one’s own');

/* A restore under a grant */

await must('a restore is asked for, and both levels say yes', async () => {
  await askForAccess('CASE-4714', 1, ['Bring the data of one of these devices back to a snapshot']);
  await sam.press('Ask the client');
  await sam.heading('Case CASE-4714');
  for (const who of [owner, ben]) {
    await who.open(`/requests/${sam.path().split('/').pop()}`);
    await who.press('Approve');
    await who.dialog().getByRole('button', { name: 'Approve', exact: true }).click();
    await who.seen('(you) said yes');
  }
});
await check('a snapshot is chosen, and what it would do is shown first', async () => {
  await sam.page.getByRole('heading', { name: 'Access is open' }).waitFor();
  await sam.link('Open the devices').click();
  await sam.page.getByRole('link', { name: /^lab-0/ }).first().click();
  await sam.press('Restore…');
  await sam.press('Show what would change');
  await sam.dialog().getByRole('status').filter({ hasText: 'would' }).waitFor();
});
await sam.look('a restore under a grant');
await check('with the client’s name typed it is done, and stands in the client’s log', async () => {
  want(await sam.dialog().getByRole('button', { name: 'Restore', exact: true }).isDisabled(), 'it goes without the name');
  await sam.dialog().getByLabel(`Type ${facts.tenant} to go on`).fill(facts.tenant);
  await sam.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
  await sam.dialog().waitFor({ state: 'detached' });
  await owner.open('/log?act=restore.');
  await owner.row('What a restore of one device would do was looked at').first().waitFor();
  await owner.row('A restore was asked for').first().waitFor();
});

/* The service's own log */

await check('staff read the service’s own log, filter it, and take a proof', async () => {
  await sam.link('Log').click();
  await sam.heading('Log of the service');
  await sam.page.getByLabel('Kind of act').selectOption({ label: 'Training recorded' });
  await sam.page.getByRole('button', { name: /^Details of entry/ }).first().click();
  const [proof] = await Promise.all([sam.page.waitForEvent('download'), sam.press('Download proof')]);
  want(readFileSync(await proof.path(), 'utf8').startsWith('c2sp.org/tlog-proof'), 'that is no proof');
  const [download] = await Promise.all([sam.page.waitForEvent('download'), sam.press('Export CSV')]);
  want(/^at,act,by,entry/.test(readFileSync(await download.path(), 'utf8')), 'that is no CSV of it');
});
await sam.look('the service’s own log');

/* Roles */

await check('a viewer is made an auditor at once, and is signed out', async () => {
  await owner.open('/people');
  await owner.press('Change the role of Vera Viewer');
  await owner.dialog().getByLabel('Role', { exact: true }).selectOption('auditor');
  await owner.look('another role');
  await owner.press('Change the role');
  await owner.seen('Vera Viewer has another role');
  await vera.page.reload();
  await vera.heading('Sign in');
});
await check('a trusted role is asked for, and can be withdrawn', async () => {
  await owner.press('Change the role of Vera Viewer');
  await owner.dialog().getByLabel('Role', { exact: true }).selectOption('administrator');
  await owner.press('Ask for the change');
  await owner.seen('Another role for Vera Viewer was asked for');
  await owner.link('see the request').click();
  await owner.heading('Another role for Vera Viewer');
  await owner.seen('is to be made administrator');
  await owner.look('a request for a role');
  await owner.press('Withdraw it');
});

/* Removal */

await check('a viewer is removed once the name is typed', async () => {
  await owner.open('/people');
  await owner.press('Remove Vera Viewer');
  want(await owner.button('Remove this member').isDisabled(), 'it can be pressed');
  await owner.page.getByLabel('Type vera to go on').fill('vera');
  await owner.press('Remove this member');
  await owner.seen('Vera Viewer was removed');
  await owner.row('Vera Viewer').waitFor({ state: 'detached' });
});
await check('whoever was removed is out', async () => {
  await vera.page.reload();
  await vera.heading('Sign in');
});
await check('the removal of a trusted member makes a request, which is linked', async () => {
  await owner.press('Remove Adam');
  await owner.dialog().getByText('a second person').waitFor();
  await owner.page.getByLabel('Type adam to go on').fill('adam');
  await owner.press('Ask for the removal');
  await owner.link('see the request').click();
  await owner.heading('Removal of Adam');
  await owner.seen('You asked for this: somebody else has to answer.');
});
await owner.look('a removal that was asked for');
await check('a second person says yes, and the member is gone', async () => {
  await ben.open(owner.path());
  await ben.press('Approve');
  await ben.press('Approve the removal');
  await ben.seen('Adam was removed');
  await owner.open('/people');
  await owner.row('Olga Owner').waitFor();
  want((await owner.row('Adam').count()) === 0, 'still there');
});
await check('nobody answers a request that is about themselves', async () => {
  await owner.press('Remove Ben Approver');
  await owner.page.getByLabel('Type ben to go on').fill('ben');
  await owner.press('Ask for the removal');
  await owner.link('see the request').click();
  await owner.heading('Removal of Ben Approver');
  await ben.open(owner.path());
  await ben.seen('This is about you: somebody else has to answer.');
  await owner.press('Withdraw it');
  await owner.page.getByText('Withdrawn', { exact: true }).waitFor();
});

/* Staff, orders, certificate */

await check('the staff are listed with their duties, and one’s own training is somebody else’s', async () => {
  await sam.open('/operator/staff');
  await sam.seen('2 of 2 current');
  await sam.row('Sam Support').getByText('(you)').waitFor();
  want((await sam.button('Record a training of Sam Support').count()) === 0, 'one could record one’s own');
});
await sam.look('staff');
await check('a training of somebody else is recorded', async () => {
  await sam.press('Record a training of Second Person');
  await sam.page.getByLabel('Topic').selectOption({ label: 'The GDPR' });
  await sam.press('Record it');
  await sam.seen('The training of Second Person was recorded');
});
await check('who is not current any more stands first', async () => {
  await operator('PUT', '/operator/v1/agreement', { version: '2', text: Buffer.from('Agreement 2: what is seen is kept to oneself.\n').toString('base64url') });
  await sam.open('/operator');
  await sam.heading('Sign in as staff');
  await signInStaff(sam, 'sam');
  await sam.page.getByLabel('I have read it and agree').check();
  await sam.press('Sign it with my password');
  await sam.heading('My requests');
  await sam.link('Staff').click();
  await sam.seen('1 of 2 current');
  want(/Second Person[^]*Not current/.test(await sam.page.getByRole('row').nth(1).innerText()), 'who lapsed is not first');
});
await sam.look('staff of whom one has lapsed');
await check('a destructive act begins with a dry run', async () => {
  await sam.link('Orders').click();
  await sam.heading('Orders');
  await sam.page.locator('[data-state=empty]').waitFor();
  await sam.press('Make an order');
  await sam.press('Dry run');
  await sam.dialog().getByText('A dry run: nothing was done.').waitFor();
  want(await sam.button('Order it').isDisabled(), 'it can be ordered without the name');
});
await sam.look('a dry run');
await check('then the name is typed, and the order waits for a second person', async () => {
  await sam.page.getByLabel('Type nobodys to go on').fill('nobodys');
  await sam.press('Order it');
  await sam.row('nobodys').getByText('Waits for a second person').waitFor();
  want((await sam.page.getByRole('button', { name: /^Confirm/ }).count()) === 0, 'one could confirm one’s own');
});
await sam.look('orders');
await check('a second person confirms it, and it is done', async () => {
  await second.open('/operator');
  await signInStaff(second, 'second');
  await second.page.getByLabel('I have read it and agree').check();
  await second.press('Sign it with my password');
  await second.heading('My requests');
  await second.link('Orders').click();
  await second.page.getByRole('button', { name: /^Confirm/ }).click();
  await second.page.getByLabel('Type nobodys to go on').fill('nobodys');
  await second.press('Confirm, and do it');
  await second.row('nobodys').getByText('Done', { exact: true }).waitFor();
});
await check('that no certificate is on file is said; one that is, is shown', async () => {
  await sam.link('Certificate').click();
  await sam.page.locator('[data-state=empty]').getByText('No certificate is on file').waitFor();
  await operator('PUT', '/operator/v1/certificate', { body: 'Example Body', number: 'IS 1234', scope: 'Hosting', until: '2031-01-01T00:00:00Z' });
  await sam.page.reload();
  await sam.seen('IS 1234');
});
await sam.look('certificate');
await check('signing out ends the staff session', async () => {
  await sam.press('Sign out');
  await sam.heading('Sign in as staff');
  await sam.open('/operator/requests');
  await sam.heading('Sign in as staff');
});
await check('no page complained, and none broke the policy', async () => want(complaints.length === 0, complaints.join('\n')));
await end();
