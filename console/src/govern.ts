// SPDX-License-Identifier: Apache-2.0
// What the API gives of launches, policies and elevations, and the calls for them.
import { answerTo, call, part, pathOf, Problem, read } from './api';
import { eventsOf, parsed, type ServerEvent } from './lib/events';
import { dayBegins, dayEnds } from './lib/time.svelte';
import type { Proof } from './passkeys';
import type { Page, Role } from './types';

export const launchDecisions = ['allowed', 'denied', 'elevated', 'observed'] as const;
export type LaunchDecision = (typeof launchDecisions)[number];
/** What a rule says. */
export type Decision = 'allow' | 'deny' | 'elevate' | 'observe';

/** What a policy let be recorded of a launch; null was not. */
export interface Launch {
  at: string;
  device: string;
  account: string | null;
  /** Of an account of the machine's own. */
  system: boolean;
  decision: LaunchDecision;
  /** Of equal ones within a minute. */
  count: number;
  /** 0: none was in force. */
  policy: number;
  /** Of that policy, from 1 over all files; 0: what it says where no rule matches. */
  rule: number;
  path: string | null;
  sha256: string | null;
  package: string | null;
  parent: string | null;
  args: string | null;
  script: string | null;
  reason: string | null;
  emergency: boolean;
}

/** Which launches; empty: all. The days are local ones and both count. */
export interface LaunchAsk {
  device: string;
  account: string;
  decision: LaunchDecision | '';
  from: string;
  until: string;
  path: string;
  package: string;
}

/** How far a search has got: so many were looked at, back to this moment. */
export interface Searched {
  launches: number;
  found: number;
  at: string;
}

/** How far work of a known size has got. */
export interface Progress {
  done: number;
  of: number;
}

export interface RuleFile {
  name: string;
  text: string;
}

export interface RulePlace {
  file: string;
  line: number;
  text: string;
}

export interface PolicyRow {
  number: number;
  made: string;
  until: string;
  /** Who published it. */
  by: string;
  digest: string;
}

export interface PolicyWhole extends PolicyRow {
  files: RuleFile[];
  /** As it was signed. */
  note: string;
}

export interface Trouble {
  file: string;
  /** 0: of the file as a whole. */
  line: number;
  /** It may be signed all the same. */
  warning: boolean;
  said: string;
}

export const rollOutStates = ['silent', 'trouble', 'off', 'behind', 'current'] as const;
export type RollOutState = (typeof rollOutStates)[number];

/** Which policy a device says it follows, and what is in the way of the newest. */
export interface Following {
  device: string;
  state: RollOutState;
  number: number | null;
  enforcing: boolean;
  trouble: string | null;
  since: string | null;
  /** How many rules an agent of another kind cannot hold. */
  left_out?: number;
  /** What happened to the device's guard since it began. */
  restarts?: number;
  stops?: number;
  late?: number;
  stopped?: number;
  lost?: number;
}

/** How far policy `number` has come; each device is counted once. */
export interface RollOut extends Page<Following> {
  number: number;
  counts: Record<RollOutState, number>;
}

/** A launch that another policy would have decided otherwise; equal ones are one. */
export interface Change {
  was: Decision;
  would: Decision;
  count: number;
  path: string | null;
  account: string | null;
  device: string | null;
  rule: RulePlace | null;
}

export interface Rehearsal {
  judged: number;
  /** Of which too little was recorded, and what was missing. */
  unknown: number;
  missing: string[];
  changes: Change[];
  /** Launches that would be decided otherwise, past the changes that are listed. */
  more: number;
}

/** A rule that nearly decided: it comes too late, or one condition failed, perhaps for what was not recorded. */
export interface Near {
  rule: RulePlace;
  failed: string | null;
  unknown: boolean;
  later: boolean;
}

/** Why a launch is decided as it is, by what was recorded of it. */
export interface Why {
  decision: Decision;
  rule: RulePlace | null;
  missing: string[];
  near: Near[];
}

/** The key that signs policies, and which of those whose role may sign hold it. */
export interface Signers {
  key: string | null;
  /** The service keeps it, wrapped to members; else it is off the service. */
  kept: boolean;
  made: string | null;
  number: number;
  items: { id: string; role: Role; signs: boolean }[];
}

export const elevationStates = ['open', 'approved', 'used', 'emergency', 'refused', 'void', 'ended'] as const;
export type ElevationState = (typeof elevationStates)[number];

/** What somebody at a device asked to run with other rights. */
export interface Elevation {
  id: string;
  state: ElevationState;
  device: string;
  account: string | null;
  /** The uid it is to run as; null where what was asked for can no longer be opened. */
  as: number | null;
  path: string;
  args: string[];
  reason: string;
  policy: number;
  /** How long a yes lasts; 0: for one use. */
  minutes: number;
  made: string;
  /** Unanswered it is void then; approved, it is over then. */
  until: string | null;
  /** Who answered. */
  by: string | null;
  answered: string | null;
  used: string | null;
  /** Whether who asks may answer it now. */
  yours: boolean;
}

/** What a terminal without the service shows, and the command as it was told. */
export interface CodeAsk {
  shown: string;
  as: number;
  path: string;
  args: string[];
}

export interface Code {
  code: string;
  until: string;
  device: string;
  account: string;
}

/** As a command line is handed over: each with a NUL behind it; base64url. */
function bytesOf(args: string[]): string {
  const bytes = new TextEncoder().encode(args.map((one) => `${one}\0`).join(''));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function launchFields({ from, until, ...ask }: LaunchAsk): Record<string, string> {
  return { ...ask, from: from && dayBegins(from), until: until && dayEnds(until) };
}

/** As the service takes them: in the order of their names, each with a line end behind its last line. */
function ready(files: RuleFile[]): RuleFile[] {
  return [...files]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, text }) => ({ name, text: text.endsWith('\n') ? text : `${text}\n` }));
}

/** What goes wrong once a stream has begun is an event of it. */
async function* told(answer: Response, signal?: AbortSignal): AsyncGenerator<ServerEvent> {
  for await (const event of eventsOf(answer, signal)) {
    if (event.name !== 'problem') yield event;
    else {
      const { status, detail } = parsed<{ status: number; detail: string }>(event);
      throw new Problem(status, detail);
    }
  }
}

const broken = () => new Problem(0, 'The answer of the service broke off.');

const stream = 'text/event-stream';
const pageLength = 100;

export const govern = {
  /** Searches from the newest back; gives where to go on. What is found is told as it is found, and how far it is. */
  launches: async (ask: LaunchAsk, cursor: string | null, found: (launch: Launch) => void, far: (searched: Searched) => void, signal?: AbortSignal): Promise<string | null> => {
    const path = pathOf('/v1/launches', { ...launchFields(ask), cursor, limit: pageLength });
    for await (const event of told(await answerTo('GET', path, { signal, accept: stream }), signal)) {
      if (event.name === 'launch') found(parsed<Launch>(event));
      else if (event.name === 'progress') far(parsed<Searched>(event));
      else if (event.name === 'end') return parsed<{ next: string | null }>(event).next;
    }
    throw broken();
  },
  /** The whole of what fits, however many pages that is. */
  launchesCsv: async (ask: LaunchAsk, far: (pages: number) => void): Promise<Blob> => {
    const pages: Blob[] = [];
    for (let cursor: string | null = null; ; ) {
      const answer: Response = await answerTo('GET', pathOf('/v1/launches', { ...launchFields(ask), cursor }), { accept: 'text/csv' });
      pages.push(await read(() => answer.blob()));
      const next = answer.headers.get('Next-Cursor');
      if (next === null) return new Blob(pages, { type: pages[0]?.type });
      if (next === cursor) throw new Problem(0, 'the service gives the same page again');
      cursor = next;
      far(pages.length);
    }
  },
  /** Those that come from now on, until it is ended by the signal or breaks off. */
  launchesLive: async ({ device, account, decision, path, package: of }: LaunchAsk, open: () => void, fresh: (launch: Launch) => void, signal: AbortSignal): Promise<void> => {
    const answer = await answerTo('GET', pathOf('/v1/launches/live', { device, account, decision, path, package: of }), { signal, accept: stream });
    open();
    for await (const event of told(answer, signal)) if (event.name === 'launch') fresh(parsed<Launch>(event));
  },

  policies: (cursor: string | null, signal?: AbortSignal) => call<Page<PolicyRow>>('GET', pathOf('/v1/policies', { cursor }), { signal }),
  policy: (number: number, signal?: AbortSignal) => call<PolicyWhole>('GET', `/v1/policies/${number}`, { signal }),
  check: (files: RuleFile[], signal?: AbortSignal) =>
    call<{ trouble: Trouble[] }>('POST', '/v1/policies/check', { body: { files: ready(files) }, signal }),
  publish: (files: RuleFile[], days: number, proof: Proof) =>
    call<PolicyWhole>('POST', '/v1/policies', { body: { files: ready(files), days, ...proof }, signingIn: true }),
  publishSigned: (note: string) => call<PolicyWhole>('POST', '/v1/policies', { body: { note } }),
  rollOut: (state: RollOutState | '', cursor: string | null, signal?: AbortSignal) =>
    call<RollOut>('GET', pathOf('/v1/policies/rollout', { state, cursor }), { signal }),
  signers: (signal?: AbortSignal) => call<Signers>('GET', '/v1/signers', { signal }),
  giveSigner: (id: string, proof: Proof) => call<void>('POST', `/v1/signers/${part(id)}`, { body: proof }),
  takeSigner: (id: string) => call<void>('DELETE', `/v1/signers/${part(id)}`),
  rehearse: async (files: RuleFile[], from: string, until: string, far: (progress: Progress) => void, signal: AbortSignal): Promise<Rehearsal> => {
    const body = { files: ready(files), from: dayBegins(from), until: dayEnds(until) };
    for await (const event of told(await answerTo('POST', '/v1/policies/rehearse', { body, signal, accept: stream }), signal)) {
      if (event.name === 'progress') far(parsed<Progress>(event));
      else if (event.name === 'result') return parsed<Rehearsal>(event);
    }
    throw broken();
  },
  explain: (files: RuleFile[], launch: Launch, signal?: AbortSignal) =>
    call<Why>('POST', '/v1/policies/explain', { body: { files: ready(files), ...launch }, signal }),

  elevations: (state: ElevationState | '', cursor: string | null, limit: number | null, signal?: AbortSignal) =>
    call<Page<Elevation>>('GET', pathOf('/v1/elevations', { state, cursor, limit }), { signal }),
  elevation: (id: string, signal?: AbortSignal) => call<Elevation>('GET', `/v1/elevations/${part(id)}`, { signal }),
  approveElevation: (id: string, proof: Proof) =>
    call<Elevation>('POST', `/v1/elevations/${part(id)}/approve`, { body: proof }),
  refuseElevation: (id: string) => call<Elevation>('POST', `/v1/elevations/${part(id)}/refuse`),
  elevationCode: ({ args, ...ask }: CodeAsk, proof: Proof) =>
    call<Code>('POST', '/v1/elevations/code', { body: { ...ask, args: bytesOf(args), ...proof } }),
};
