// SPDX-License-Identifier: Apache-2.0
// How far a policy has come, and what is in the way at a device (POLICY_TROUBLES in src/govern/policy.h), in words. A word
// that is newer than this console is shown as it is.
import type { Following, RollOutState } from '../govern';
import { count } from './words';

export const rollOutWords: Record<RollOutState, { words: string; icon: string; kind: string }> = {
  current: { words: 'Follows the newest', icon: 'check', kind: '' },
  behind: { words: 'Follows an older one', icon: 'wait', kind: 'warn' },
  off: { words: 'Cannot enforce it', icon: 'eye-off', kind: 'bad' },
  trouble: { words: 'Something is in the way', icon: 'alert', kind: 'bad' },
  silent: { words: 'Has not said yet', icon: 'unknown', kind: 'off' },
};

const troubles: Record<string, string> = {
  unpinned: 'It does not know the signing key yet',
  damaged: 'What arrived there is no policy, or its files do not add up',
  unsigned: 'What arrived there is not signed by the key that it knows',
  tenant: 'What arrived there is for another organisation',
  older: 'What arrived there has no greater number than the one in force',
  expired: 'What arrived there is past its end',
  rules: 'It refuses the rules of what arrived: its agent is older than they are',
  names: 'A rule holds the name of one of its people: write the account’s id instead',
  over: 'The policy there is past its end: nothing is elevated any more',
  partly: 'An agent of another kind follows it, and cannot hold all of its rules',
  signer: 'Its agent names another signing key than the one that its guard obeys: see custody-agent guard --forget',
  guard: 'Its guard has ended, or was stopped: nothing is judged there',
  disk: 'It cannot write the policy down: its disk is full or broken',
};

export function troubleWords(trouble: string): string {
  return troubles[trouble] ?? trouble;
}

/** What happened to a device's guard since it began; empty where nothing did. */
export function guardWords({ restarts = 0, stops = 0, late = 0, stopped = 0, lost = 0 }: Following): string {
  const all: [number, string][] = [
    [restarts, `begun anew ${restarts === 1 ? 'once' : `${restarts.toLocaleString('en-GB')} times`}`],
    [stops, `stopped by somebody ${stops === 1 ? 'once' : `${stops.toLocaleString('en-GB')} times`}`],
    [late, `${count(late, 'launch', 'launches')} not judged in time`],
    [stopped, `${count(stopped, 'program')} ended after they had begun`],
    [lost, `${count(lost, 'launch', 'launches')} not written down`],
  ];
  const said = all.filter(([number]) => number > 0).map(([, words]) => words);
  return said.length > 0 ? `Its guard: ${said.join(', ')}` : '';
}
