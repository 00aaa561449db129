// SPDX-License-Identifier: Apache-2.0
// The calls about a person's data: who they are here, what forgetting them reaches and where else they are named, and those who
// were forgotten.
import { answerTo, call, part, Problem } from './api';
import { eventsOf, parsed } from './lib/events';
import type { Proof } from './passkeys';
import type { Page, Role } from './types';

export interface PersonAccount {
  id: string;
  device: string;
  name: string;
  logged_in: boolean;
}

/** A person, as accounts of devices and the member that they are; and another name to look for. */
export interface Person {
  accounts: string[];
  member: string | null;
  also: string;
}

export interface Subject {
  id: string;
  device: string | null;
  name: string | null;
  alive: boolean;
  /** Its endpoint can be told to withhold it. */
  withheld: boolean;
  elevations: number;
  copies: number;
  sessions: number;
  role: Role | null;
  /** What is in the way. */
  bars: string | null;
  /** By a legal hold: what is kept stays, under the hold’s key alone. */
  held: boolean;
  /** Copies in other organisations, where it is forgotten too; and how many of them a legal hold there keeps. */
  elsewhere: number;
  held_elsewhere: number;
}

export interface Touched {
  subject: string;
  device: string;
  what: string;
  rows: number;
  entries: number;
  bytes: number;
  from: string | null;
  until: string | null;
}

export type Fix = 'rewrite' | 'settings' | 'collected' | 'signed' | 'ages' | 'stays';

export interface Mention {
  place: string;
  in: string | null;
  text: string;
  fix: Fix;
}

export interface Searched {
  place: string;
  looked: number;
  found: number;
  skipped: string | null;
  over: boolean;
}

/** What was found so far; `places` are those that were searched to their end. */
export interface Traces {
  subjects: Subject[];
  touched: Touched[];
  mentions: Mention[];
  places: Searched[];
}

export interface Forgotten {
  id: string;
  at: string;
  /** Null: whoever forgot them where the data was copied from. */
  by: string | null;
  accounts: { id: string; device: string; withheld: boolean; acknowledged: boolean; lifted: string | null; held: boolean }[];
  member: string | null;
  mentions: number;
  entry: number;
  keys: number;
  dropped: string | null;
  removed: string | null;
  rolled: string | null;
  waiting: string[];
}

const bodyOf = ({ accounts, member, also }: Person) => ({
  accounts,
  ...(member === null ? {} : { member }),
  ...(also.trim() === '' ? {} : { also: also.trim() }),
});

export const privacy = {
  find: (name: string, signal?: AbortSignal) => call<Page<PersonAccount>>('POST', '/v1/people/search', { body: { name }, signal }),

  /** Told as it is found; ends once everything was searched. */
  look: async (person: Person, found: (traces: Traces, at: Searched | null) => void, signal: AbortSignal): Promise<Traces> => {
    const traces: Traces = { subjects: [], touched: [], mentions: [], places: [] };
    const answer = await answerTo('POST', '/v1/people/look', { body: bodyOf(person), signal, accept: 'text/event-stream' });
    let at: Searched | null = null;
    for await (const event of eventsOf(answer, signal)) {
      if (event.name === 'subject') traces.subjects.push(parsed<Subject>(event));
      else if (event.name === 'touched') traces.touched.push(parsed<Touched>(event));
      else if (event.name === 'mention') traces.mentions.push(parsed<Mention>(event));
      else if (event.name === 'progress') {
        at = parsed<Searched>(event);
        if (at.over) traces.places.push(at);
      } else if (event.name === 'problem') {
        const { status, detail } = parsed<{ status: number; detail: string }>(event);
        throw new Problem(status, detail);
      } else if (event.name === 'end') return traces;
      found({ ...traces }, at);
    }
    throw new Problem(0, 'The answer of the service broke off.');
  },

  forget: ({ accounts, member }: Person, typed: string, proof: Proof, mentions: number) =>
    call<Forgotten>('POST', '/v1/people/forget', { body: { accounts, typed, ...proof, mentions, ...(member === null ? {} : { member }) } }),
  forgotten: (signal?: AbortSignal) => call<Page<Forgotten>>('GET', '/v1/people/forgotten', { signal }),
  lift: (id: string) => call<Forgotten>('POST', `/v1/people/forgotten/${part(id)}/lift`),
  rename: (id: string, name: string) =>
    call<void>('PUT', `/v1/${id.startsWith('tok_') ? 'tokens' : 'deployment-keys'}/${part(id)}`, { body: { name } }),
};
