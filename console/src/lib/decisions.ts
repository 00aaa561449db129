// SPDX-License-Identifier: Apache-2.0
// Decisions on launches in words, each with a sign of its own: none is told by its colour alone.
import type { Decision, LaunchDecision } from '../govern';

interface Shown {
  words: string;
  icon: string;
  kind: string;
}

export const decided: Record<LaunchDecision, Shown> = {
  allowed: { words: 'Allowed', icon: 'check', kind: 'off' },
  denied: { words: 'Denied', icon: 'stop', kind: 'bad full' },
  elevated: { words: 'Elevated', icon: 'up', kind: 'warn' },
  observed: { words: 'Observed', icon: 'eye', kind: 'off' },
};

const done: Record<Decision, LaunchDecision> = { allow: 'allowed', deny: 'denied', elevate: 'elevated', observe: 'observed' };

/** What a rule's decision makes of a launch. */
export function outcome(decision: Decision): LaunchDecision {
  return done[decision];
}
