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
      ['session.expired', 'Session ran out'], ['session.keyed', 'Session unlocked'], ['session.approved', 'Command line’s sign-in approved'], ['sign-in.failed', 'Sign-in refused'],
      ['password.', 'Passwords'], ['password.changed', 'Password changed'], ['password.set', 'First password set'], ['sso.', 'Single sign-on'],
      ['authenticator.', 'Authenticators'], ['passkey.', 'Passkeys'], ['kit.', 'Recovery kit'],
      ['key.rotation-begun', 'Key rotated'], ['key.rotated', 'Old key destroyed'], ['recovery.', 'All acts on the recovery key'],
      ['recovery.begun', 'New recovery key begun'], ['recovery.withdrawn', 'New recovery key given up'],
      ['recovery.part-seen', 'Part of the recovery key shown'], ['recovery.part-confirmed', 'Part of the recovery key typed back'],
      ['recovery.changed', 'Recovery key replaced'], ['recovery.part-rehearsed', 'Part of the recovery key rehearsed'],
    ],
  },
  { name: 'Records', acts: [['records.opened', 'Records opened'], ['launches.opened', 'Launches opened'], ['launches.elevated', 'Launches with other rights']] },
  {
    name: 'Devices',
    acts: [
      ['device.', 'All acts on devices'], ['device.enrolled', 'Device enrolled'], ['device.renewed', 'Certificate renewed'],
      ['device.approved', 'Device approved'], ['device.revoked', 'Device revoked'], ['device.destroyed', 'Device deleted'],
      ['accounts.known', 'Keys made for accounts'],
    ],
  },
  { name: 'API tokens', acts: [['token.', 'All acts on tokens'], ['token.made', 'Token made'], ['label.changed', 'Token or deployment key renamed'], ['token.ended', 'Token revoked']] },
  { name: 'Keepers', acts: [['keeper.', 'All acts on keepers'], ['keeper.enrolled', 'Keeper set up'], ['keeper.approved', 'Keeper approved'], ['keeper.opened', 'Key released to a keeper’s session'], ['keeper.released', 'Key released to a sign-in'], ['keeper.revoked', 'Keeper revoked']] },
  {
    name: 'Deployment keys',
    acts: [
      ['deployment.', 'All acts on deployment keys'], ['deployment.made', 'Deployment key made'],
      ['deployment.ended', 'Deployment key revoked'],
    ],
  },
  {
    name: 'People',
    acts: [
      ['member.', 'All acts on members'], ['member.invited', 'Member invited'], ['invitation.ended', 'Invitation ended'],
      ['member.joined', 'Member joined'], ['key.given', 'Key given to a member'], ['removal.asked', 'Removal asked for'],
      ['member.removed', 'Member removed'], ['member.changed', 'Member changed'],
      ['member.provisioned', 'Member told of by the directory'], ['members.opened', 'Names opened for the directory'],
      ['group.changed', 'Group changed'], ['provisioning.set', 'Groups and roles changed'],
      ['member.disabled', 'Member disabled'], ['member.enabled', 'Member enabled'], ['role.', 'Roles of members'],
      ['role.asked', 'Role asked for'], ['role.changed', 'Role changed'], ['process.changed', 'Process of approval changed'],
    ],
  },
  {
    name: 'Requests and support access',
    acts: [
      ['request.', 'All answers to requests'], ['request.approved', 'Request approved'], ['request.refused', 'Request refused'], ['approval.refused', 'Approval not taken'],
      ['request.void', 'Request not answered in time'], ['request.ended', 'Request withdrawn or access ended'],
      ['support.', 'All acts of support access'], ['support.asked', 'Support access asked for'],
      ['support.granted', 'Support access opened'], ['support.opened', 'Records opened under support access'],
      ['support.looked', 'Asked for under support access'], ['support.ended', 'Support access ended by time'], ['support.refused', 'Support was refused'],
    ],
  },
  {
    name: 'Policies',
    acts: [
      ['policy.published', 'Policy published'], ['signer.', 'All acts on the signing key'], ['signer.made', 'Signing key made'],
      ['signer.given', 'Signing key given'], ['signer.ended', 'Signing key taken away'],
    ],
  },
  {
    name: 'Elevations',
    acts: [
      ['elevation.', 'All acts on elevations'], ['elevation.asked', 'Elevation asked for'], ['elevation.approved', 'Elevation approved'],
      ['elevation.refused', 'Elevation refused'], ['elevation.void', 'Elevation not answered in time'],
      ['elevation.code', 'Offline code made'], ['elevation.used', 'Elevation used'],
    ],
  },
  {
    name: 'Handover',
    acts: [
      ['export.', 'All acts on exports'], ['export.made', 'Export accepted and begun'], ['export.opened', 'Records opened for an export'],
      ['export.ended', 'Export ended'], ['extract.handed-over', 'Archive handed over'], ['break-glass.set', 'Break-glass key set'],
      ['subject-access.', 'People’s requests'],
    ],
  },
  { name: 'Settings', acts: [['collection.changed', 'Collection changed'], ['notices.changed', 'Notice addresses changed'], ['witness.changed', 'Witness changed']] },
  {
    name: 'Snapshots and restores',
    acts: [
      ['snapshot.', 'All acts on a snapshot'], ['snapshot.taken', 'Snapshot taken'], ['snapshot.verified', 'Snapshot verified'],
      ['snapshots.', 'Snapshots frozen or removed'], ['restore.', 'All restores'], ['restore.begun', 'Restore asked for'],
      ['restore.looked', 'Restore looked at by the provider'], ['restore.done', 'Restore done'], ['drill.done', 'Restore tried in an empty store'],
      ['copy.', 'All acts on copies'], ['copy.offered', 'Copy asked for'], ['copy.begun', 'Snapshot given to another organisation'],
      ['copy.done', 'Copy done'], ['copy.ended', 'Copy ended'], ['copy.reached', 'Forgotten in a copy as well'],
    ],
  },
  {
    name: 'Storage',
    acts: [
      ['data.evicted', 'Old data removed'], ['retention.changed', 'Ages changed'], ['storage.', 'All warnings'],
      ['storage.warned', 'Storage nearly full'], ['storage.differs', 'A count that differed'],
    ],
  },
  { name: 'Privacy', acts: [['person.', 'All acts on a person’s data'], ['person.forgotten', 'Person forgotten'], ['person.lifted', 'Account reported again']] },
  {
    name: 'Licence',
    acts: [
      ['contract.changed', 'Contract changed'], ['licence.', 'Licence expired or renewed'], ['tenant.deactivated', 'Deactivated'],
      ['snapshots.frozen', 'Snapshots frozen'],
    ],
  },
  {
    name: 'Legal holds',
    acts: [['hold.', 'All acts on legal holds'], ['hold.placed', 'Hold placed'], ['hold.released', 'Hold released'], ['held.opened', 'Held records opened']],
  },
  {
    name: 'Notices',
    acts: [
      ['notice.', 'All that became of notices'], ['notice.sent', 'Notice sent'], ['notice.delivered', 'Notice delivered'],
      ['notice.failed', 'Notice failed'], ['notice.again', 'Notice sent again'], ['webhook.', 'All acts on webhooks'],
      ['webhook.added', 'Webhook added'], ['webhook.rotated', 'Webhook got a new secret'], ['webhook.removed', 'Webhook removed'],
      ['webhook.gone', 'Webhook switched off'],
    ],
  },
  { name: 'Deletion', acts: [['erasure.', 'All acts of the deletion of everything']] },
  { name: 'Organisation', acts: [['tenant.', 'Made, claimed and removed']] },
];

/** What stands in the service's own log. */
export const serviceActGroups: typeof actGroups = [
  {
    name: 'Staff',
    acts: [
      ['staff.', 'All acts on staff'], ['staff.invited', 'Member of staff invited'], ['staff.joined', 'Member of staff joined'],
      ['staff.trained', 'Training recorded'], ['staff.ended', 'Member of staff left'], ['agreement.', 'Agreement set or signed'],
      ['standard.set', 'Certificate put on file'], ['session.', 'All sign-ins'],
    ],
  },
  {
    name: 'Orders',
    acts: [['order.', 'All orders'], ['order.made', 'Order made'], ['order.confirmed', 'Order confirmed'], ['order.withdrawn', 'Order withdrawn']],
  },
  { name: 'Clients', acts: [['tenant.', 'Made, claimed and removed'], ['erasure.', 'All acts of the deletion of everything']] },
  { name: 'The service', acts: [['clock.', 'Its clock held or confirmed'], ['marks.', 'A copied-back keyring accepted'], ['snapshot.', 'Its own snapshots']] },
];

const known = [...actGroups, ...serviceActGroups].flatMap(({ acts }) => acts);

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

/** Of many, an entry has the count alone: of records, or of the days whose launches were opened. */
const opened = (what: string, counted: string): Tell => ({ on, count: many = 0 }) => {
  if (!on) return { before: `${what} of ${many.toLocaleString('en-GB')} ${counted} were opened` };
  const devices = on.filter((id) => id.startsWith('dev_'));
  const others = on.length - devices.length;
  if (devices.length === 1) {
    return { before: `${what} of device`, id: devices[0], after: `${others > 0 ? `and ${count(others, 'account')} ` : ''}were opened` };
  }
  const parts = [devices.length > 0 ? count(devices.length, 'device') : '', others > 0 ? count(others, 'account') : ''];
  return { before: `${what} of ${parts.filter((part) => part !== '').join(' and ')} were opened` };
};

const tells: Record<string, Tell> = {
  'tenant.made': plain('The operator made this organisation'),
  'tenant.claimed': plain('The first owner claimed the organisation, which made its key'),
  'kit.confirmed': plain('The recovery kit was typed back'),
  'kit.used': plain('The recovery kit let a locked-out owner back in'),
  'key.rotation-begun': plain('The organisation’s key was replaced by a new one, and other sessions ended'),
  'key.rotated': plain('All is sealed to the new key, and the old one was destroyed'),
  'recovery.begun': ({ count: many = 0 }) => ({ before: many > 0 ? `A new recovery key was split for ${count(many, 'guardian')}` : 'A new recovery kit was made' }),
  'recovery.withdrawn': plain('A new recovery key was given up before all had confirmed it'),
  'recovery.part-seen': plain('A guardian was shown the own part of the recovery key'),
  'recovery.part-confirmed': plain('A part of the recovery key, or the kit, was typed back'),
  'recovery.changed': plain('The new recovery key is in force, and the one before opens nothing'),
  'recovery.part-rehearsed': plain('A part of the recovery key, or the kit, was rehearsed: it is the one in force'),
  'session.opened': plain('A person signed in'),
  'session.ended': plain('A person signed out'),
  'session.expired': plain('A session ended by the clock'),
  'session.keyed': plain('A session that had come in without the key got it'),
  'sign-in.failed': ({ count: many = 1 }) => ({ before: many > 1 ? `${count(many, 'sign-in')} were refused` : 'A sign-in was refused' }),
  'records.opened': opened('Records', 'devices and accounts'),
  'launches.opened': opened('Launches', 'days of devices and accounts'),
  'launches.elevated': ({ count: many = 0 }) => ({ before: `${count(many, 'launch', 'launches')} that ran with other rights arrived` }),
  'signer.made': plain('The key that signs policies was made, or named'),
  'signer.given': about('Member', 'was given the key that signs policies'),
  'signer.ended': about('The key that signs policies was taken from member', ''),
  'policy.published': ({ count: number = 0 }) => ({ before: `Policy ${number} was published` }),
  'snapshot.taken': ({ on, count: rows = 0 }) => ({ before: 'Snapshot', id: on?.[0], after: `was taken, of ${count(rows, 'record')}` }),
  'snapshot.verified': ({ on, count: wrong = 0 }) => ({
    before: on?.[0] ? 'Snapshot' : 'All snapshots', id: on?.[0],
    after: `${on?.[0] ? 'was' : 'were'} verified${wrong > 0 ? `: ${count(wrong, 'file')} did not hold` : ''}`,
  }),
  'snapshots.pruned': plain('Snapshots past those that are kept were removed'),
  'snapshot.asked': plain('A snapshot was asked for, or the verification of all'),
  'elevation.asked': about('Approval was asked for: elevation', ''),
  'elevation.approved': about('Elevation', 'was approved'),
  'elevation.refused': about('Elevation', 'was refused'),
  'elevation.code': about('An offline code was signed: elevation', ''),
  'elevation.used': ({ on, count: emergency }) => ({ before: 'Elevation', id: on?.[0], after: emergency ? 'ran in an emergency, without approval' : 'ran' }),
  'elevation.void': about('Elevation', 'was not answered in time, and is void'),
  'contract.changed': plain('The contract with the provider was changed'),
  'licence.expired': plain('The licence ended: nothing is taken in any more'),
  'licence.renewed': plain('The licence was renewed'),
  'tenant.deactivated': plain('The grace ended: this organisation was deactivated'),
  'snapshots.frozen': ({ count: many = 0 }) => ({ before: `${count(many, 'snapshot')} of the licence’s end were frozen` }),
  'hold.placed': ({ on, count: many = 0 }) => ({ before: 'Legal hold', id: on?.[0], after: `was placed on ${count(many, 'key')}` }),
  'hold.release-asked': about('The release of a legal hold was asked for: request', ''),
  'hold.released': about('Legal hold', 'was released, and its keys destroyed'),
  'held.opened': opened('Held records', 'devices and accounts'),
  'person.forgotten': ({ on, count: many = 0 }) => ({
    before: 'A person was forgotten:', id: on?.[0], after: many > 0 ? `with ${count(many, 'mention')} elsewhere accepted` : '',
  }),
  'person.lifted': about('The endpoints of', 'may report the accounts again, as new ones'),
  'label.changed': about('Another name was given to', ''),
  'break-glass.set': plain('The break-glass key was set'),
  'export.made': about('The warning was accepted, and the export', 'begun'),
  'export.opened': opened('Records', 'devices and accounts'),
  'export.ended': about('Export', 'ended'),
  'extract.handed-over': about('The archive of export', 'was handed over: it is your responsibility'),
  'subject-access.opened': about('A person’s request', 'was put on file'),
  'subject-access.closed': ({ on, count: outcome = 1 }) => ({
    before: 'A person’s request', id: on?.[0], after: `was ${['answered', 'refused', 'withdrawn'][outcome - 1] ?? 'closed'}`,
  }),
  'store.behind': about('Your data was put back to an older state underneath the service: of client', 'nothing is opened until it has come through a restore'),
  'store.abreast': about('The data of client', 'is not behind its high-water mark any more, and is open again'),
  'marks.accepted': ({ on }) => on
    ? { before: 'Older data was accepted as it stands: of client', id: on[0], after: 'what was written after it is gone' }
    : { before: 'An older copy of the service’s keys was accepted at the machine, and it goes on from there' },
  'token.made': about('API token', 'was made'),
  'token.ended': about('API token', 'was revoked'),
  'deployment.made': about('Deployment key', 'was made'),
  'deployment.ended': ({ on, count: many = 0 }) => ({
    before: 'Deployment key', id: on?.[0], after: many > 0 ? `was revoked, with ${count(many, 'device')} it had enrolled` : 'was revoked',
  }),
  'restore.begun': about('A restore was asked for: snapshot', ''),
  'restore.looked': about('What a restore of one device would do was looked at: snapshot', ''),
  'copy.offered': about('A code was made, with which another organisation’s snapshot is copied here: copy', ''),
  'copy.begun': ({ on, count: many = 0 }) => ({ before: 'Copy', id: on?.[0], after: `was begun: ${count(many, 'key')} are sealed to the other organisation` }),
  'copy.done': ({ on, count: many = 0 }) => ({ before: 'Copy', id: on?.[0], after: `is whole, with ${count(many, 'record')}` }),
  'copy.ended': ({ on, count: many = 0 }) => ({ before: 'Copy', id: on?.[0], after: `was given up, or its original erased: ${count(many, 'key')} of it destroyed` }),
  'copy.reached': about('Destroyed in the original, and in its copy with it:', ''),
  'restore.done': ({ on, count: many = 0 }) => ({ before: 'Snapshot', id: on?.[0], after: `was restored, which changed ${count(many, 'record')}` }),
  'drill.done': ({ on, count: many = 0 }) => ({ before: 'An empty store was built from snapshot', id: on?.[0], after: `and compared, with ${count(many, 'record')}` }),
  'device.enrolled': about('Device', 'enrolled'),
  'device.renewed': about('Device', 'got a new certificate'),
  'device.approved': about('Device', 'was approved'),
  'device.revoked': about('Device', 'was revoked'),
  'device.destroyed': about('Device', 'was deleted, and its keys destroyed'),
  'accounts.known': ({ on, count: many = 0 }) => ({ before: `Keys were made for ${count(many, 'account')} of device`, id: on?.[0] }),
  'member.invited': plain('A link was made that makes one member'),
  'invitation.ended': plain('A link that nobody had used was ended'),
  'member.joined': about('Member', 'joined, without the key so far'),
  'key.given': about('Member', 'was given the key'),
  'removal.asked': about('A member’s removal was asked for: request', ''),
  'member.removed': about('Member', 'was removed, and their keys destroyed'),
  'role.asked': about('Another role for a member was asked for: request', ''),
  'member.changed': about('Member', 'has another name, username or email'),
  'member.provisioned': about('Member', 'was told of by the directory, and has no way in of their own yet'),
  'members.opened': about('Members', 'had their names opened for the directory'),
  'group.changed': about('Group', 'of members was made, changed or removed'),
  'provisioning.set': about('Directory', 'got another table of which groups give which role'),
  'member.disabled': about('Member', 'was disabled: their sessions ended, and nobody lets them in'),
  'member.enabled': about('Member', 'was enabled again, and waits for the key where the role needs it'),
  'role.changed': about('Member', 'has another role; their sessions ended'),
  'process.changed': ({ count: levels }) => ({ before: `Who approves requests was changed${levels ? ` (${count(levels, 'level')})` : ''}` }),
  'request.approved': ({ on, count: level }) => ({ before: 'Request', id: on?.[0], after: `got a yes${level ? ` at level ${level}` : ''}` }),
  'request.refused': about('Request', 'was refused'),
  'approval.refused': about('Request', 'was approved in vain: too late, twice, by who may not, or by a clock that is not believed'),
  'request.void': about('Request', 'was not answered in time, and is void'),
  'request.ended': about('Request', 'was withdrawn, or its access ended by a person'),
  'support.asked': ({ on, count: many }) => ({
    before: 'The provider asked for support access: request', id: on?.[0], after: many ? `about ${count(many, 'device')}` : '',
  }),
  'support.granted': about('Support access was opened: request', ''),
  'support.opened': (entry) => {
    const { before, id, after = '' } = opened('Records', 'devices and accounts')(entry);
    return { before, id, after: `${after} under support access`.trim() };
  },
  'support.looked': ({ on, count: many = 0 }) => on || many > 0
    ? { before: many > 1 ? `What is kept of ${count(many, 'device')} was asked for:` : 'What is kept was asked for: device', id: on?.[0], after: 'under support access' }
    : { before: 'The snapshots were listed under support access' },
  'support.refused': plain('The provider was refused under a request that was not approved, had ended, or was not for that act or device'),
  'support.ended': about('The time of support access was over: request', ''),
  'staff.invited': plain('A link was made that makes one member of the provider’s staff'),
  'staff.joined': about('Member of staff', 'joined'),
  'agreement.set': plain('A new confidentiality agreement is in force for all staff'),
  'agreement.signed': about('Member of staff', 'signed the confidentiality agreement'),
  'staff.trained': about('A training was recorded of member of staff', ''),
  'staff.ended': about('Member of staff', 'left, and their keys were destroyed'),
  'standard.set': plain('The certificate of the provider’s procedures was put on file'),
  'order.made': about('Order', 'was made, after a dry run and with the name typed'),
  'order.confirmed': about('Order', 'was confirmed by a second person, and carried out'),
  'order.withdrawn': about('Order', 'was withdrawn'),
  'tenant.removed': plain('This organisation, which nobody had claimed, was removed'),
  'collection.changed': ({ count: version }) => ({ before: `What may be collected was changed${version ? ` (version ${version})` : ''}` }),
  'notices.changed': ({ count: many = 0 }) => ({ before: `Notices are mailed to ${many > 0 ? count(many, 'address', 'addresses') : 'nobody'} from now on` }),
  'witness.changed': ({ count: many = 0 }) => ({ before: many > 0 ? 'A witness is asked to cosign this log from now on' : 'No witness cosigns this log any more' }),
  'notice.delivered': about('Notice', 'was accepted by a webhook'),
  'notice.failed': about('Notice', 'did not go in all the time it was tried'),
  'notice.again': about('Notice', 'is sent again'),
  'webhook.added': about('Webhook', 'was added, with a secret that was shown once'),
  'webhook.rotated': about('Webhook', 'got a new secret'),
  'webhook.removed': about('Webhook', 'was removed, and its secret destroyed'),
  'webhook.gone': about('Webhook', 'answered that it is gone for good, and was switched off'),
  'retention.changed': ({ count: more }) => ({ before: `How long what is kept stays was changed${more ? ': more may go than before' : ''}` }),
  'data.evicted': ({ kind, day, count: many = 0 }) => ({
    before: `${kind === 'videos' ? count(many, 'video') : count(many, 'launch', 'launches')} of ${day} ${many === 1 ? 'was' : 'were'} removed, by age or for room`,
  }),
  'storage.warned': ({ count: percent = 0 }) => ({
    before: percent >= 100 ? 'More is kept than the plan’s capacity, and nothing may go' : `What is kept has passed ${percent} % of the plan’s capacity`,
  }),
  'storage.differs': ({ count: many = 0 }) => ({ before: `What is kept was counted anew, and differs by ${count(many, 'byte')} from the accounts` }),
  'notice.sent': about('Notice', 'was taken over by the mail relay for one address'),
  'password.set': plain('A member who had no way in of their own chose a password'),
  'sso.changed': plain('The sign-in provider was named, or what is taken from it changed'),
  'sso.removed': plain('The sign-in provider was removed, and all links to accounts there'),
  'sso.linked': plain('A member’s account at the sign-in provider was linked'),
  'sso.unlinked': plain('A member took the link to their account at the sign-in provider away'),
  'password.changed': plain('The password was changed; the other sessions of that person ended'),
  'passkey.added': plain('A passkey was added'),
  'passkey.removed': plain('A passkey was removed'),
  'passkey.refused': plain('A passkey whose counter had gone back was refused: there may be a copy of it'),
  'authenticator.added': plain('An authenticator was added: its code is asked for at each sign-in'),
  'authenticator.removed': plain('The authenticator was removed'),
  'erasure.asked': plain('The deletion of everything was asked for'),
  'erasure.withdrawn': plain('The deletion of everything was taken back'),
  'erasure.marked': plain('Everything is marked for deletion: what will go is committed to'),
  'erasure.destroyed': plain('The keys were destroyed: nothing can be read any more'),
  'erasure.certified': plain('The deletion is complete, and certified'),
  'keeper.enrolled': about('Keeper', 'named its public key; it opens nothing yet'),
  'keeper.approved': about('Keeper', 'was approved: the key was sealed to it'),
  'keeper.opened': plain('A keeper released the key to a session of its own'),
  'keeper.released': plain('A keeper released the key to a sign-in by single sign-on'),
  'keeper.revoked': about('Keeper', 'was revoked, and its key destroyed'),
  'clock.held': plain('The service’s clock jumped: nothing that cannot be undone is done by it'),
  'clock.confirmed': plain('Two of the provider’s people confirmed the service’s clock'),
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
  req: { name: 'Request', icon: 'bell' },
  stf: { name: 'Member of the provider’s staff', icon: 'network' },
  inv: { name: 'Invitation', icon: 'plus' },
  elv: { name: 'Elevation', icon: 'up' },
  ord: { name: 'Order of the provider', icon: 'log' },
  hld: { name: 'Legal hold', icon: 'lock' },
  pky: { name: 'Passkey', icon: 'key' },
};

/** The page of what an id names, where it has one. What was deleted has none. */
export function pageOf(id: string, act: string): string | null {
  if (id.startsWith('dev_') && act !== 'device.destroyed') return `/devices/${id}`;
  if (id.startsWith('elv_')) return act === 'elevation.code' ? null : `/elevations/${id}`;
  return id.startsWith('req_') ? `/requests/${id}` : null;
}

/** What an id is one of: of who acted, or of what was acted on. */
export function kindOf(id: string): { name: string; icon: string } {
  if (id === 'operator') return { name: 'Operator of the service', icon: 'network' };
  if (id === 'service') return { name: 'The service by itself', icon: 'wait' };
  if (id === 'kit') return { name: 'Whoever holds the recovery kit', icon: 'user' };
  if (id === 'unknown') return { name: 'Not known who', icon: 'user' };
  return kinds[id.slice(0, id.indexOf('_'))] ?? { name: 'Other', icon: 'log' };
}
