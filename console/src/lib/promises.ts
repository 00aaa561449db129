// SPDX-License-Identifier: Apache-2.0
// The promises as the service proves them, in the order in which they are read: by what they are about, the broken ones
// before all others.
import type { Finding, Proven } from '../types';

export interface Subject {
  word: string;
  title: string;
  rows: Proven[];
}

/** By the word before the dot; a word that is newer than this console stands for itself. */
const titles: Record<string, string> = {
  detect: 'Watching for threats',
  access: 'Access to your data',
  staff: 'The provider’s people',
  ops: 'The provider’s procedures',
  breach: 'Breaches',
  backup: 'Backups',
  collect: 'What is collected',
  person: 'Persons',
  retain: 'How long data is kept',
  licence: 'When the licence ends',
  extract: 'What is taken out',
  erase: 'Deletion',
};

interface Standing {
  words: string;
  icon: string;
  tone: 'good' | 'bad' | 'warn' | '';
  /** As it is counted. */
  many: string;
}

const standings: Record<Finding, Standing> = {
  broken: { words: 'Broken', icon: 'alert', tone: 'bad', many: 'broken' },
  kept: { words: 'Kept', icon: 'check', tone: 'good', many: 'kept' },
  'not yet due': { words: 'Not yet due', icon: 'wait', tone: 'warn', many: 'not yet due' },
  'no evidence': { words: 'No evidence', icon: 'unknown', tone: '', many: 'without evidence' },
};

export function standingOf(state: string): Standing {
  return standings[state as Finding] ?? { words: state, icon: 'unknown', tone: '', many: state };
}

export function bySubject(rows: Proven[]): Subject[] {
  const subjects = new Map<string, Subject>();
  for (const row of rows) {
    const word = row.id.split('.')[0]!;
    const subject = subjects.get(word) ?? { word, title: titles[word] ?? word, rows: [] };
    subject.rows.push(row);
    subjects.set(word, subject);
  }
  const first = (broken: boolean) => (broken ? 0 : 1);
  const all = [...subjects.values()];
  for (const { rows: own } of all) own.sort((a, b) => first(isBroken(a)) - first(isBroken(b)));
  return all.sort((a, b) => first(a.rows.some(isBroken)) - first(b.rows.some(isBroken)));
}

export function isBroken({ state }: Proven): boolean {
  return state === 'broken';
}

/** "2 kept, 0 broken, 21 without evidence": these three always, every other state where there is one. */
export function headCount(rows: Proven[]): string {
  const always = ['kept', 'broken', 'no evidence'];
  const others = [...new Set(rows.map(({ state }) => state as string))].filter((state) => !always.includes(state));
  return ['kept', 'broken', ...others, 'no evidence']
    .map((state) => `${rows.filter((row) => row.state === state).length} ${standingOf(state).many}`)
    .join(', ');
}
