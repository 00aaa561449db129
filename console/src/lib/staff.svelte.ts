// SPDX-License-Identifier: Apache-2.0
// Which of the provider's people is signed in: a session of its own, beside that of a client's person in the same
// browser. What was read goes with it: the pages that hold it are only mounted while `staff.now` stands.
import { onSessionEnded, problemOf, type Problem } from '../api';
import { operator, type StaffMember } from '../operator';
import { staffPasskeys } from '../passkeys';

type State = 'asking' | 'out' | 'in' | 'unreachable';

const tabs = new BroadcastChannel('custody.staff');
let state = $state<State>('asking');
let now = $state.raw<StaffMember | null>(null);
let ended = $state(false);
let problem = $state.raw<Problem | null>(null);

export const staff = {
  get state(): State {
    return state;
  },
  get now(): StaffMember | null {
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

function begin(member: StaffMember): void {
  now = member;
  state = 'in';
  ended = false;
  problem = null;
}

function leave(byItself: boolean): void {
  ended = byItself && (state === 'in' || ended);
  now = null;
  state = 'out';
}

export async function checkStaff(): Promise<void> {
  try {
    begin(await operator.session());
  } catch (thrown) {
    const why = problemOf(thrown);
    if (why.status === 401 || why.status === 403) return leave(true);
    if (state === 'in') return;
    leave(ended);
    problem = why;
    state = 'unreachable';
  }
}

export async function signInStaff(ask: { username: string; password: string }): Promise<void> {
  begin(await operator.signIn(ask));
  tabs.postMessage('changed');
}

export async function signInStaffByPasskey(): Promise<void> {
  begin(await staffPasskeys.signIn());
  tabs.postMessage('changed');
}

/** Throws, and stays signed in, if the service did not end the session: the cookie would still open everything. */
export async function signOutStaff(): Promise<void> {
  try {
    await operator.signOut();
  } catch (thrown) {
    if (problemOf(thrown).status !== 401) throw thrown;
  }
  leave(false);
  tabs.postMessage('changed');
}

/** As the provider's pages are opened: nothing of this is asked on the client's. */
export function watchStaff(): void {
  onSessionEnded(() => leave(true), 'staff');
  tabs.onmessage = () => void checkStaff();
  addEventListener('pageshow', (event) => {
    if (event.persisted) void checkStaff();
  });
  void checkStaff();
}
