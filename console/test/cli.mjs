// SPDX-License-Identifier: Apache-2.0
// The command line signs in by a real browser:
//
//     node test/cli.mjs FACTS.json
//
// FACTS.json has url, tenant, login and password of an owner, the port of a page of somebody else's, and `custody`: the
// program, the authority and a folder.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { authenticator, check, complaints, end, must, person, want, within } from './harness.mjs';

within(6);
const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { program, authority, folder } = facts.custody;

function custody(config, words, env = {}) {
  const { SSH_CONNECTION: _, ...around } = process.env;
  const running = spawn(program, words, { env: { ...around, CUSTODY_CONFIG: `${folder}/${config}`, ...env } });
  const said = { out: '', err: '', status: null };
  running.stdout.on('data', (piece) => (said.out += piece));
  running.stderr.on('data', (piece) => (said.err += piece));
  const ended = new Promise((then) => running.on('close', (status) => then(Object.assign(said, { status }))));
  return { running, said, ended };
}

/** custody login --browser, once it has printed what it asks for. */
async function asking(config, env) {
  const command = custody(config, ['login', '--browser', '--url', facts.url, '--authority', authority], env);
  for (let n = 0; n < 100 && !command.said.err.includes('paste it here'); n++) await new Promise((then) => setTimeout(then, 50));
  const address = /  (https:\S+)/.exec(command.said.err)?.[1];
  const shown = /shows this code: (\S+)/.exec(command.said.err)?.[1];
  want(address && shown, command.said.err);
  return { ...command, path: address.slice(facts.url.length), shown };
}

const yes = (who) => who.page.getByRole('button', { name: 'Yes, sign it in' });
const ana = await person(facts.url);
await authenticator(ana, { hasPrf: true });

await must('an owner has a passkey', async () => {
  await ana.open('/sign-in');
  await ana.fill('Organisation', facts.tenant);
  await ana.fill('Username', facts.login);
  await ana.fill('Password', facts.password);
  await ana.press('Sign in');
  await ana.heading('Devices');
  await ana.open('/sessions');
  await ana.press('Add a passkey');
  await ana.dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  await ana.press('Go on');
  await ana.seen('It opens the key.');
  await ana.page.locator('button[popovertarget="user-menu"]').click();
  await ana.press('Sign out');
  await ana.heading('Sign in');
});
await must('who signs in by it at the address of the command says yes to the code that both show, and the command is signed in', async () => {
  const command = await asking('first.json');
  await ana.open(command.path);
  await ana.heading('Sign in');
  await ana.press('Sign in with a passkey');
  await ana.heading('A command line asks to be signed in');
  await ana.page.getByText(command.shown, { exact: true }).waitFor();
  await ana.look('command-line');
  want(command.said.status === null, 'the command did not wait');
  await yes(ana).click();
  await ana.heading('The command line is signed in');
  const { status, err } = await command.ended;
  want(status === 0 && /signed in to/.test(err), err);
  want(!ana.page.url().includes('code='), 'the code stays in the address');
  const listed = await custody('first.json', ['device', 'list', '--json']).ended;
  want(listed.status === 0 && JSON.parse(listed.out).items.length === 0, listed.err);
});
await ana.look('command-line-done');
await check('its session is one of its own, and ended there it opens nothing', async () => {
  await ana.link('Sessions').click();
  await ana.row('This one').getByText('Passkey').waitFor();
  await ana.row('Command line, by a browser').getByRole('button', { name: /^End the session/ }).click();
  await ana.press('End this session');
  await ana.row('Command line, by a browser').waitFor({ state: 'detached' });
  want((await custody('first.json', ['device', 'list']).ended).status === 3, 'it is still signed in');
});
await check('over ssh the page shows the code, which is pasted', async () => {
  const command = await asking('second.json', { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' });
  want(!command.path.includes('port='), command.path);
  await ana.open(command.path);
  await yes(ana).click();
  await ana.heading('Paste this code in the terminal');
  await ana.look('command-line-code');
  command.running.stdin.end(`${await ana.page.getByRole('group', { name: 'Code' }).innerText()}\n`);
  const { status, err } = await command.ended;
  want(status === 0, err);
});
await check('a click before the page was in front for a moment does nothing, and neither does an address that is not whole', async () => {
  const command = await asking('third.json');
  await ana.open(command.path);
  await ana.heading('A command line asks to be signed in');
  await yes(ana).and(ana.page.locator(':enabled')).waitFor();
  const held = await ana.page.evaluate(async () => {
    dispatchEvent(new Event('focus'));
    await new Promise(requestAnimationFrame);
    return [...document.querySelectorAll('button')].find(({ textContent }) => textContent.includes('Yes, sign it in')).disabled;
  });
  want(held, 'it could be pressed at once');
  await ana.press('No');
  await ana.heading('Devices');
  for (const bad of ['#challenge=short', command.path.slice(4).replace(/port=\d+/, 'port=70000'), command.path.slice(4).replace('port=', 'port=evil.example:')]) {
    await ana.open(`/cli${bad}`);
    await ana.heading('This address is not whole');
  }
  await ana.look('command-line-not-whole');
  command.running.kill();
  await command.ended;
});
await check('what else an address says leads nowhere but to this machine', async () => {
  const command = await asking('fourth.json');
  await ana.open(`${command.path}&host=evil.example&from=<b>evil</b>&back=https://evil.example/`);
  await ana.page.reload();
  await ana.heading('A command line asks to be signed in');
  want((await ana.page.getByText('evil').count()) === 0, 'it is shown');
  await yes(ana).click();
  await ana.heading('The command line is signed in');
  want((await command.ended).status === 0, 'not signed in');
});
await check('no page of another site frames it, nor asks in its place', async () => {
  const site = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(`<iframe src="${facts.url}/cli#challenge=${'A'.repeat(43)}&port=1"></iframe>`));
  await new Promise((then) => site.listen(facts.other, '127.0.0.1', then));
  const trick = await ana.context.newPage();
  await trick.goto(`http://127.0.0.1:${facts.other}/`);
  await trick.waitForTimeout(500);
  want(trick.frames().every((frame) => !frame.url().startsWith(facts.url)), 'it is framed');
  const asked = await trick.evaluate(async (url) => {
    const answer = await fetch(`${url}/v1/cli`, {
      method: 'POST', credentials: 'include', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: JSON.stringify({ challenge: 'A'.repeat(43) }),
    }).catch(() => null);
    return answer?.type ?? 'refused';
  }, facts.url);
  const acts = await ana.page.evaluate(async () => (await (await fetch('/v1/log?act=session.approved&limit=100')).json()).items.length);
  want(acts === 3, `${asked}: ${acts} times somebody said yes`);
  await trick.close();
  site.close();
});
await check('a locked session opens its key first', async () => {
  const bea = await person(facts.url);
  await authenticator(bea, {});
  await bea.open('/sign-in');
  await bea.fill('Organisation', facts.tenant);
  await bea.fill('Username', facts.login);
  await bea.fill('Password', facts.password);
  await bea.press('Sign in');
  await bea.heading('Devices');
  await bea.open('/sessions');
  await bea.press('Add a passkey');
  await bea.dialog().getByLabel('Your password', { exact: true }).fill(facts.password);
  await bea.press('Go on');
  await bea.seen('Your password opens the key.');
  await bea.page.locator('button[popovertarget="user-menu"]').click();
  await bea.press('Sign out');
  await bea.heading('Sign in');
  const command = await asking('fifth.json');
  await bea.open(command.path);
  await bea.press('Sign in with a passkey');
  await bea.heading('This session is locked');
  await bea.fill('Username', facts.login);
  await bea.fill('Your password', facts.password);
  await bea.press('Unlock');
  await bea.heading('A command line asks to be signed in');
  await yes(bea).click();
  await bea.heading('The command line is signed in');
  want((await command.ended).status === 0, 'not signed in');
});
await check('no page complained', async () => want(complaints.length === 0, complaints.join('\n')));
await end();
