// SPDX-License-Identifier: Apache-2.0
// What the API gives beyond the concepts, which the service prints itself: docs/describe/types.ts.
import type { Account, Address, Device as DeviceKept, Group, Program, Tenant, User } from '../../docs/describe/types';

export type { Account, Address, Group, Program, Tenant, User };

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** With how many fit in all, on whatever page. */
export interface CountedPage<T> extends Page<T> {
  total: number;
}

export type Role = 'owner' | 'administrator' | 'approver' | 'auditor' | 'viewer';

export interface Session {
  tenant: Tenant;
  user: User | null;
  role: Role;
  since: string;
  until: string;
  /** Whether the session holds the organisation's key; where not said, it does. */
  keyed?: boolean;
  /** The member has the key, and this session came in without what opens it. */
  locked?: boolean;
  /** The role needs the key, and nobody has given it to this member yet. */
  waiting?: boolean;
  /** Its member has no way in of their own yet: no password, no passkey. */
  bare?: boolean;
  /** How it began: password, passkey, sso and others. */
  way?: string;
  /** Of its organisation's data: deactivated, an owner sees the licence and nothing else. */
  life?: 'active' | 'grace' | 'deactivated' | 'marked' | 'erased';
}

export const deviceStates = ['approved', 'pending', 'revoked'] as const;
export type DeviceState = (typeof deviceStates)[number];

/** Parts of a device that can be unreadable: its endpoint sealed what is no record. */
export type DevicePart = 'name' | 'addresses' | 'accounts' | 'groups' | 'programs';

export interface Device extends DeviceKept {
  state: DeviceState;
  broken: DevicePart[];
}

export const deviceOrders = ['name', '-name', 'seen', '-seen', 'enrolled', '-enrolled'] as const;
export type DeviceOrder = (typeof deviceOrders)[number];

/** Which devices, and in which order; empty: all. */
export interface DeviceAsk {
  name: string;
  state: DeviceState | '';
  sort: DeviceOrder;
}

/** An account as a device shows it: `system` are those below the machine's UID_MIN. */
export interface DeviceAccount extends Account {
  system: boolean;
}

export interface DeviceWhole extends Device {
  addresses: Address[];
  accounts: DeviceAccount[];
  groups: Group[];
  programs: Program[];
}

/** Somebody who is signed in: when and how, never from where. */
export interface SignedIn {
  id: string;
  member: string;
  since: string;
  until: string;
  way: string;
  /** Since when it has the key, and what brought it. */
  keyed: string | null;
  keyed_by: string | null;
  yours: boolean;
}

export interface Token {
  id: string;
  name: string | null;
  /** "program" where it has scopes. */
  role: Role | 'program';
  /** Names with spaces between them; none where the role counts. */
  scope: string | null;
  by: string | null;
  made: string;
  until: string;
  used: string | null;
}

/** What a token can be narrowed to; `opens`: with the client's key. */
export interface Scope {
  name: string;
  purpose: string;
  opens: boolean;
}

/** A program in the client's network that holds the key; its id is its token's. */
export interface Keeper {
  id: string;
  name: string | null;
  fingerprint: string;
  scope: string;
  state: 'waiting' | 'approved';
  made: string;
  until: string;
  approved: string | null;
  approved_by: string | null;
  gives: string | null;
  releases: boolean;
  seen: string;
  opened: string | null;
  given: number;
  exports: number;
  reports: number;
  alerts: number;
  trouble: string | null;
}

export interface DeploymentKey {
  id: string;
  name: string | null;
  made: string;
  until: string;
  uses: number;
  used: number;
  pattern: string;
  hold: boolean;
}

/** What may be collected, item by item of the closed list. */
export interface Switches {
  computer_name: boolean;
  mac_address: boolean;
  usernames: boolean;
  logged_in: boolean;
  ip_addresses: boolean;
  connecting_ip: boolean;
  programs: boolean;
  launches: boolean;
}

export interface Settings extends Switches {
  id: string;
  version: number;
}

/** An entry of the evidence log, as it stands there: docs/formats/log.md. */
export interface LogEntry {
  seq: number;
  at: string;
  act: string;
  by: string;
  session?: string;
  /** The request whose grant it was done under. */
  under?: string;
  on?: string[];
  count?: number;
  digest?: string;
  /** Of what went, and of which day it was. */
  kind?: string;
  day?: string;
}

/** Which entries; empty: all. `act` is the beginning of an act's name, the days are local ones and both count. */
export interface LogAsk {
  act: string;
  by: string;
  on: string;
  from: string;
  until: string;
}

/** `size` entries are signed, of `entries`. */
export interface LogAbout {
  origin: string;
  key: string;
  clock: string;
  size: number;
  entries: number;
  witness: { url: string; key: string; size: number; seen: string | null; trouble: string | null } | null;
}

/** A mail to one address, or a post to one webhook, and what became of it: `sent` is known of a mail, `delivered` of a post. */
export interface Notice {
  id: string;
  kind: string;
  severity: 'info' | 'action' | 'warning' | null;
  subject: string | null;
  count: number;
  about: string | null;
  address: string | null;
  state: 'waiting' | 'sent' | 'delivered' | 'failed' | 'nobody';
  made: string;
  sent: string | null;
  next: string | null;
  tries: number;
  trouble: string | null;
}

/** Without a relay no mail goes out, without webhooks nothing is posted. `failed` counts all that did not go. */
export interface Notices extends Page<Notice> {
  relay: boolean;
  webhooks: boolean;
  failed: number;
  addresses: string[];
}

/** Where notices are posted to; until `both` the earlier secret signs as well. */
export interface Webhook {
  id: string;
  url: string;
  state: 'on' | 'gone';
  made: string;
  both: string | null;
  delivered: string | null;
  trouble: string | null;
}

export interface NewWebhook extends Webhook {
  secret: string;
}

/** What is kept of one kind: bytes, bytes that come in a day, the day of the oldest. Ages in days; 0: nothing is said. */
export interface StorageKind {
  kind: string;
  /** Whether it goes at all. */
  goes: boolean;
  rows: number;
  bytes: number;
  growth: number;
  oldest: string | null;
  least: number;
  most: number;
}

export interface StorageSample {
  kind: string;
  bytes: number;
  went: number;
  went_bytes: number;
  on: string;
}

export interface Storage {
  /** In bytes; null: the contract sets none. */
  capacity: number | null;
  used: number;
  level: 'none' | '80' | '90' | 'full';
  held: number;
  /** The clock is not confirmed: nothing goes. */
  waits: boolean;
  kinds: StorageKind[];
  next: { kind: string; why: 'age' | 'capacity'; older: number; on: string } | null;
  full: string | null;
  stuck: boolean;
  snapshots: { bytes: number; gone: number };
  counted: { rows: number; bytes: number; on: string } | null;
  history: StorageSample[];
}

export interface Ages {
  videos_least: number;
  videos_most: number;
  launches_least: number;
  launches_most: number;
}

/** What would go at once. */
export interface Goes {
  kind: string;
  why: 'age' | 'capacity';
  count: number;
  bytes: number;
  from: string;
  until: string;
}

/** What the service found of one promise; a newer service may know another state. */
export const findings = ['broken', 'kept', 'not yet due', 'no evidence'] as const;
export type Finding = (typeof findings)[number];

export interface Proven {
  id: string;
  promise: string;
  state: Finding;
  evidence: string;
  checked_at: string;
  exceptions?: Excepted[];
}

/** What a promise does not reach, and how much of it there is. */
export interface Excepted {
  what: string;
  count: number;
  why: string;
}

/** `text` is the answer as it came, to be taken away. */
export interface PolicyProof {
  promises: Proven[];
  text: string;
}

/** Shown once: the answer to making one, and never again. */
export type NewToken = Token & { token: string };
export type NewDeploymentKey = DeploymentKey & { key: string };

export interface Claimed {
  tenant: Tenant;
  kit: string;
}
