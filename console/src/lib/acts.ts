// SPDX-License-Identifier: Apache-2.0
// The acts of the evidence log (src/log/act.h) in words: to choose among them, and what an entry says happened. An act
// that is newer than this console is shown by its name.
import type { LogEntry } from '../types';
import { count } from './words';

/** What the service is asked for is the beginning of a name: "device." is every act on devices. */
export const actGroups: { name: string; acts: [begins: string, words: string][] }[] = [
  {
    name: 'Sign-in',
    acts: [
      ['session.', 'Signed in or out'], ['session.opened', 'Signed in'], ['session.ended', 'Signed out'],
      ['session.expired', 'Session ran out'], ['sign-in.failed', 'Sign-in refused'],
      ['kit.', 'Recovery kit'],
    ],
  },
  { name: 'Records', acts: [['records.opened', 'Records opened']] },
  {
    name: 'Devices',
    acts: [
      ['device.', 'All acts on devices'], ['device.enrolled', 'Device enrolled'], ['device.renewed', 'Certificate renewed'],
      ['device.approved', 'Device approved'], ['device.revoked', 'Device revoked'], ['device.destroyed', 'Device deleted'],
      ['accounts.known', 'Keys made for accounts'],
    ],
  },
  { name: 'API tokens', acts: [['token.', 'All acts on tokens'], ['token.made', 'Token made'], ['token.ended', 'Token revoked']] },
  {
    name: 'Deployment keys',
    acts: [
      ['deployment.', 'All acts on deployment keys'], ['deployment.made', 'Deployment key made'],
      ['deployment.ended', 'Deployment key revoked'],
    ],
  },
  { name: 'Settings', acts: [['collection.changed', 'Collection changed'], ['notices.changed', 'Notice addresses changed'], ['witness.changed', 'Witness changed']] },
  { name: 'Notices', acts: [['notice.sent', 'Notice sent']] },
  { name: 'Organisation', acts: [['tenant.', 'Made and claimed']] },
];

const known = actGroups.flatMap(({ acts }) => acts);

export function isAct(begins: string): boolean {
  return known.some(([each]) => each === begins);
}

export function actWords(begins: string): string {
  return known.find(([each]) => each === begins)?.[1] ?? begins;
}

/** A sentence around the one id it is about, where it is about one. */
export interface Told {
  before: string;
  id?: string;
  after?: string;
}

type Tell = (entry: LogEntry) => Told;

const plain = (before: string): Tell => () => ({ before });
const about = (before: string, after: string): Tell => ({ on }) => ({ before, id: on?.[0], after });

function opened({ on, count: many = 0 }: LogEntry): Told {
  if (!on) return { before: `Records of ${many.toLocaleString('en-GB')} devices and accounts were opened` };
  const devices = on.filter((id) => id.startsWith('dev_'));
  const others = on.length - devices.length;
  if (devices.length === 1) {
    return { before: 'Records of device', id: devices[0], after: `${others > 0 ? `and ${count(others, 'account')} ` : ''}were opened` };
  }
  const parts = [devices.length > 0 ? count(devices.length, 'device') : '', others > 0 ? count(others, 'account') : ''];
  return { before: `Records of ${parts.filter((part) => part !== '').join(' and ')} were opened` };
}

const tells: Record<string, Tell> = {
  'tenant.made': plain('The operator made this organisation'),
  'tenant.claimed': plain('The first owner claimed the organisation, which made its key'),
  'kit.confirmed': plain('The recovery kit was typed back'),
  'kit.used': plain('The recovery kit let a locked-out owner back in'),
  'session.opened': plain('A person signed in'),
  'session.ended': plain('A person signed out'),
  'session.expired': plain('A session ended by the clock'),
  'sign-in.failed': ({ count: many = 1 }) => ({ before: many > 1 ? `${count(many, 'sign-in')} were refused` : 'A sign-in was refused' }),
  'records.opened': opened,
  'token.made': about('API token', 'was made'),
  'token.ended': about('API token', 'was revoked'),
  'deployment.made': about('Deployment key', 'was made'),
  'deployment.ended': ({ on, count: many = 0 }) => ({
    before: 'Deployment key', id: on?.[0], after: many > 0 ? `was revoked, with ${count(many, 'device')} it had enrolled` : 'was revoked',
  }),
  'device.enrolled': about('Device', 'enrolled'),
  'device.renewed': about('Device', 'got a new certificate'),
  'device.approved': about('Device', 'was approved'),
  'device.revoked': about('Device', 'was revoked'),
  'device.destroyed': about('Device', 'was deleted, and its keys destroyed'),
  'accounts.known': ({ on, count: many = 0 }) => ({ before: `Keys were made for ${count(many, 'account')} of device`, id: on?.[0] }),
  'collection.changed': ({ count: version }) => ({ before: `What may be collected was changed${version ? ` (version ${version})` : ''}` }),
  'notices.changed': ({ count: many = 0 }) => ({ before: `Notices are mailed to ${many > 0 ? count(many, 'address', 'addresses') : 'nobody'} from now on` }),
  'witness.changed': ({ count: many = 0 }) => ({ before: many > 0 ? 'A witness is asked to cosign this log from now on' : 'No witness cosigns this log any more' }),
  'notice.sent': about('Notice', 'was mailed to one address'),
};

export function tell(entry: LogEntry): Told {
  return tells[entry.act]?.(entry) ?? { before: entry.act };
}

const kinds: Record<string, { name: string; icon: string }> = {
  usr: { name: 'Person', icon: 'user' },
  tok: { name: 'Program with a token', icon: 'lock' },
  dev: { name: 'Device', icon: 'device' },
  dpl: { name: 'Deployment key', icon: 'key' },
  acc: { name: 'Account on a device', icon: 'users' },
  ntc: { name: 'Notice', icon: 'alert' },
  ten: { name: 'Organisation', icon: 'seal' },
};

/** What an id is one of: of who acted, or of what was acted on. */
export function kindOf(id: string): { name: string; icon: string } {
  if (id === 'operator') return { name: 'Operator of the service', icon: 'network' };
  if (id === 'unknown') return { name: 'Not known who', icon: 'user' };
  return kinds[id.slice(0, id.indexOf('_'))] ?? { name: 'Other', icon: 'log' };
}
