// SPDX-License-Identifier: Apache-2.0
// Who is signed in. When a session ends, by hand, by time or in another tab, everything that was read leaves the page:
// the pages that hold it are only mounted while `session.now` stands.
import { api, onSessionEnded, problemOf, type Problem, type SignInAsk } from '../api';
import { passkeys } from '../passkeys';
import type { Role, Session } from '../types';
import { remember } from './memory';

type State = 'asking' | 'out' | 'in' | 'unreachable';

const tabs = new BroadcastChannel('custody.session');

let state = $state<State>('asking');
let now = $state.raw<Session | null>(null);
let ended = $state(false);
let waited = $state(false);
let problem = $state.raw<Problem | null>(null);
let alarm: ReturnType<typeof setTimeout> | undefined;

export const session = {
  get state(): State {
    return state;
  },
  get now(): Session | null {
    return now;
  },
  /** True where a session ended without being asked to. */
  get ended(): boolean {
    return ended;
  },
  /** True where it ended while its member waited for the key: it ends when the key is given. */
  get waited(): boolean {
    return waited;
  },
  get problem(): Problem | null {
    return problem;
  },
};

/** Read the records; read the log and the requests; change devices, keys and settings; make tokens; invite and remove
    members, and say who approves; answer requests; sign policies; take and restore snapshots; forget people, and hand out
    what is kept about one; answer elevations; take out everything, or have it erased. */
export type Right =
  | 'read' | 'audit' | 'devices' | 'tokens' | 'people' | 'approve' | 'sign' | 'keep' | 'privacy' | 'elevate' | 'own';

/** Of the session's role. The service decides; here it is only not offered what would be refused. */
const rights: Record<Role, Right[]> = {
  owner: ['read', 'audit', 'devices', 'tokens', 'people', 'approve', 'sign', 'keep', 'privacy', 'elevate', 'own'],
  administrator: ['read', 'audit', 'devices', 'sign', 'keep', 'privacy', 'elevate'],
  approver: ['audit', 'approve', 'elevate'],
  auditor: ['audit'],
  viewer: ['read'],
};

export function may(what: Right): boolean {
  return now !== null && rights[now.role].includes(what);
}

/** Whether the organisation's data is open at all: its licence runs, or its grace. */
export function lives(one: Session | null): boolean {
  return one?.life === undefined || one.life === 'active' || one.life === 'grace';
}

/** Whether the key is not here: nobody has given it yet, or this session did not bring what opens it. */
export function keyless(): boolean {
  return now?.waiting === true || now?.locked === true;
}

/** The page to begin with. */
export function home(): string {
  if (!lives(now)) return '/licence';
  if (now?.waiting) return '/waiting';
  if (now?.locked) return '/unlock';
  if (may('read')) return '/devices';
  return may('approve') ? '/requests' : '/log';
}

const leaving: (() => void)[] = [];

/** Called when what a session opened is no longer to be there. */
export function onLeave(then: () => void): void {
  leaving.push(then);
}

/** The same for as long as it is the same one who is signed in. */
export function whose(one: Session): string {
  return `${one.tenant.id} ${one.user?.id ?? ''} ${one.role}`;
}

export function begin(fresh: Session): void {
  if (now && whose(now) !== whose(fresh)) leaving.forEach((then) => then());
  now = fresh;
  state = 'in';
  ended = false;
  waited = false;
  problem = null;
  remember('tenant', fresh.tenant.name ?? '');
  watch(fresh);
}

function leave(byItself: boolean): void {
  clearTimeout(alarm);
  if (state === 'in') waited = byItself && now?.waiting === true;
  ended = byItself && (state === 'in' || ended);
  now = null;
  state = 'out';
  leaving.forEach((then) => then());
}

/** Asks at the session's end: it may have been prolonged meanwhile. */
function watch(fresh: Session): void {
  clearTimeout(alarm);
  const left = Date.parse(fresh.until) - Date.now() + 1000;
  alarm = setTimeout(() => void check(), Math.min(Math.max(left, 1000), 2 ** 31 - 1));
}

/** Asks the service who is signed in. */
export async function check(): Promise<void> {
  try {
    begin(await api.session());
  } catch (thrown) {
    const why = problemOf(thrown);
    if (why.status === 401) return leave(true);
    const over = now !== null && Date.parse(now.until) <= Date.now();
    if (state === 'in' && !over) return;
    leave(ended);
    problem = why;
    state = 'unreachable';
  }
}

export async function signInByPasskey(tenant: string): Promise<void> {
  begin(await passkeys.signIn(tenant));
  tabs.postMessage('changed');
}

export async function signIn(ask: SignInAsk): Promise<void> {
  begin(await api.signIn(ask));
  tabs.postMessage('changed');
}

/** Throws, and stays signed in, if the service did not end the session: the cookie would still open everything. */
export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } catch (thrown) {
    if (problemOf(thrown).status !== 401) throw thrown;
  }
  leave(false);
  tabs.postMessage('changed');
}

/** After a claim or a recovery, whose answers set a new cookie. */
export function changed(): void {
  tabs.postMessage('changed');
}

onSessionEnded(() => leave(true));
tabs.onmessage = () => void check();
addEventListener('pageshow', (event) => {
  if (event.persisted) void check();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && now !== null && Date.parse(now.until) <= Date.now()) void check();
});
