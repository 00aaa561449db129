// SPDX-License-Identifier: Apache-2.0
// Who is signed in. When a session ends, by hand, by time or in another tab, everything that was read leaves the page:
// the pages that hold it are only mounted while `session.now` stands.
import { api, onSessionEnded, problemOf, type Problem, type SignInAsk } from '../api';
import type { Session } from '../types';
import { remember } from './memory';

type State = 'asking' | 'out' | 'in' | 'unreachable';

const tabs = new BroadcastChannel('custody.session');

let state = $state<State>('asking');
let now = $state.raw<Session | null>(null);
let ended = $state(false);
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
  get problem(): Problem | null {
    return problem;
  },
};

export function begin(fresh: Session): void {
  now = fresh;
  state = 'in';
  ended = false;
  problem = null;
  remember('tenant', fresh.tenant.name ?? '');
  watch(fresh);
}

function leave(byItself: boolean): void {
  clearTimeout(alarm);
  ended = byItself && (state === 'in' || ended);
  now = null;
  state = 'out';
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
    problem = why;
    now = null;
    state = 'unreachable';
  }
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
