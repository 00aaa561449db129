// SPDX-License-Identifier: Apache-2.0
// What the API gives of members, the process of approval and requests, and the calls for them.
import { answerTo, call, part, pathOf, read } from './api';
import type { Proof } from './passkeys';
import type { LogEntry, Page, Role, Session } from './types';

export interface Member {
  id: string;
  role: Role;
  /** Provisioned: the directory told of them, and they have no way in of their own yet. */
  state: 'active' | 'waiting' | 'disabled' | 'provisioned';
  made: string;
  disabled: string | null;
  /** One more with each change. */
  edition: number;
  /** Null where who asks holds no key. */
  user: { full_name: string; username: string; email: string } | null;
}

/** What of a member is to change; the password where one's own username does. */
export type MemberAsk = Partial<NonNullable<Member['user']>> & { password?: string };

/** A group of the client's directory, and the role that it gives. */
export interface DirectoryRule {
  group: string;
  role: Role;
}
export interface Directory {
  groups: (DirectoryRule & { known: boolean; people: number })[];
  /** The role of who is in none of these groups. */
  otherwise: Role;
  path: string;
  heard: string | null;
  /** Attributes that it sent and that are not kept. */
  ignored: number;
  people: number;
  directory_groups: number;
}

export interface Invitation {
  id: string;
  role: Role;
  made: string;
  until: string;
  by: string;
  /** For whom it is, who is there already; null for a new member. */
  user: string | null;
}
export type NewInvitation = Invitation & { link: string };

/** Of members: kept by the directory, or made here. */
export interface Group {
  id: string;
  /** Null where who asks holds no key. */
  name: string | null;
  by_hand: boolean;
  made: string;
  edition: number;
  /** Who is in it, or in a group within it. */
  members: string[];
}
export interface GroupAsk {
  name: string;
  members: string[];
}

export interface Level {
  need: number;
  /** These two empty: whoever may answer requests. */
  members: string[];
  groups: string[];
  /** How many could say yes now; of requests where one is looked at that is open. */
  able?: number;
}

export interface Process {
  longest_minutes: number;
  levels: Level[];
}

export const requestStates = ['open', 'approved', 'refused', 'void', 'withdrawn', 'ended'] as const;
export type RequestState = (typeof requestStates)[number];
export const requestKinds = ['support', 'removal', 'role', 'release'] as const;
export type RequestKind = (typeof requestKinds)[number];

export interface Answer {
  member: string;
  level: number;
  yes: boolean;
  at: string;
}

export interface Grant {
  from: string;
  until: string;
  ended: string | null;
  /** So many records were opened under it; one that is opened again counts again. */
  opens: number;
  /** The signed note. */
  approval: string;
  /** Verifies the approval. */
  key: string;
}

export interface Request {
  id: string;
  kind: RequestKind;
  state: RequestState;
  by: string;
  /** Of the provider's staff; null for a member of the client. */
  by_name: string | null;
  made: string;
  /** Unanswered it is void then. */
  until: string;
  case: string | null;
  reason: string | null;
  /** Null where they are not to be read. */
  words: string | null;
  acts: string[];
  minutes: number;
  devices: string[];
  /** Who is to be removed, or to have another role. */
  member: string | null;
  /** Which legal hold is to be released. */
  hold: string | null;
  role: Role | null;
  level: number;
  levels: Level[];
  answers: Answer[];
  grant: Grant | null;
  /** Whether who asks may answer it now. */
  yours: boolean;
  tenant: { id: string; name: string };
}

/** Which requests; empty: all. */
export interface RequestAsk {
  kind: RequestKind | '';
  state: RequestState | '';
}

export interface JoinAsk {
  invitation: string;
  username: string;
  /** Of who is not there yet. */
  full_name?: string;
  email?: string;
  password: string;
}

export interface ProcessAsk {
  longest_minutes: number;
  first_need: number;
  first_members: string[];
  first_groups?: string[];
  second_need?: number;
  second_members?: string[];
  second_groups?: string[];
  third_need?: number;
  third_members?: string[];
  third_groups?: string[];
}

export const admit = {
  join: (body: JoinAsk) => call<Session>('POST', '/v1/join', { body, signingIn: true }),

  members: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<Member>>('GET', pathOf('/v1/members', { cursor }), { signal }),
  /** Gives the request that came of it: approved is done, open waits for a second person. */
  changeRole: (id: string, role: string) => call<Request>('PUT', `/v1/members/${part(id)}/role`, { body: { role } }),
  changeMember: ({ id, edition }: Member, body: MemberAsk) => call<Member>('PATCH', `/v1/members/${part(id)}`, { body, edition }),
  disableMember: (id: string) => call<void>('POST', `/v1/members/${part(id)}/disable`),
  enableMember: (id: string) => call<void>('POST', `/v1/members/${part(id)}/enable`),
  removeMember: (id: string) => call<Request>('DELETE', `/v1/members/${part(id)}`),
  giveKey: (id: string) => call<void>('POST', `/v1/members/${part(id)}/key`),

  invitations: (cursor: string | null, signal?: AbortSignal) =>
    call<Page<Invitation>>('GET', pathOf('/v1/invitations', { cursor }), { signal }),
  invite: (body: { role: Role; days: number; user?: string } & Proof) => call<NewInvitation>('POST', '/v1/invitations', { body }),
  endInvitation: (id: string) => call<void>('DELETE', `/v1/invitations/${part(id)}`),

  directory: (signal?: AbortSignal) => call<Directory>('GET', '/v1/scim', { signal }),
  changeDirectory: (body: { groups: DirectoryRule[]; otherwise: string } & Proof) => call<Directory>('PUT', '/v1/scim', { body }),
  directoryToken: (days: number, proof: Proof) =>
    call<{ token: string }>('POST', '/v1/tokens', { body: { name: 'Directory', scope: 'scim', days, ...proof } }),

  groups: (signal?: AbortSignal) => call<Page<Group>>('GET', '/v1/groups', { signal }),
  makeGroup: (body: GroupAsk) => call<Group>('POST', '/v1/groups', { body }),
  changeGroup: ({ id, edition }: Group, body: GroupAsk) => call<Group>('PUT', `/v1/groups/${part(id)}`, { body, edition }),
  removeGroup: (id: string) => call<void>('DELETE', `/v1/groups/${part(id)}`),

  process: (signal?: AbortSignal) => call<Process>('GET', '/v1/process', { signal }),
  changeProcess: (body: ProcessAsk) => call<Process>('PUT', '/v1/process', { body }),

  requests: (ask: RequestAsk, cursor: string | null, limit: number | null, signal?: AbortSignal) =>
    call<Page<Request>>('GET', pathOf('/v1/requests', { ...ask, cursor, limit }), { signal }),
  requestsCsv: async (ask: RequestAsk): Promise<Blob> => {
    const answer = await answerTo('GET', pathOf('/v1/requests', { ...ask }), { accept: 'text/csv' });
    return read(() => answer.blob());
  },
  request: (id: string, signal?: AbortSignal) => call<Request>('GET', `/v1/requests/${part(id)}`, { signal }),
  approve: (id: string) => call<Request>('POST', `/v1/requests/${part(id)}/approve`),
  refuse: (id: string) => call<Request>('POST', `/v1/requests/${part(id)}/refuse`),
  end: (id: string) => call<void>('POST', `/v1/requests/${part(id)}/end`),
  /** What was done under a request's grant, newest first. The log is asked for what whoever holds it did since. */
  doneUnder: async ({ id, by, grant }: Request, limit: number, signal?: AbortSignal): Promise<LogEntry[]> => {
    const page = await call<Page<LogEntry>>('GET', pathOf('/v1/log', { on: id, by, from: grant?.from ?? null, limit }), { signal });
    return page.items.filter(({ under }) => under === id);
  },
};
