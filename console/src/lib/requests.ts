// SPDX-License-Identifier: Apache-2.0
// Requests in words: states, kinds, the reasons of src/admit/support.h, and the acts of src/tlog/approval.h. What is newer than this console is
// shown by its name.
import type { Request, RequestKind, RequestState } from '../admit';

export const stateWords: Record<RequestState, string> = {
  open: 'Waits for an answer',
  approved: 'Approved',
  refused: 'Refused',
  void: 'Void: not answered in time',
  withdrawn: 'Withdrawn',
  ended: 'Ended',
};

export const kindWords: Record<RequestKind, string> = {
  support: 'Support access',
  removal: 'Removal of a member',
  role: 'Role of a member',
  release: 'Release of a legal hold',
};

/** What is asked for, as a heading has it; `name` is the member's that it is about. */
export function headingOf({ kind, case: id }: Pick<Request, 'kind' | 'case'>, name: string): string {
  return { support: `Case ${id}`, removal: `Removal of ${name}`, role: `Another role for ${name}`, release: kindWords.release }[kind];
}

const reasons: Record<string, { client: string; staff: string }> = {
  incident: { client: 'Something is broken, or was broken into', staff: 'Something is broken, or was broken into' },
  question: { client: 'You asked, and the answer needs a look', staff: 'The client asked, and the answer needs a look' },
  restore: { client: 'Something has to be brought back', staff: 'Something has to be brought back' },
  change: { client: 'A setting is to be changed for you', staff: 'A setting is to be changed for the client' },
  audit: { client: 'You or the law want something checked', staff: 'The client or the law wants something checked' },
};

const acts: Record<string, string> = {
  open: 'Read what is kept of these devices and their accounts',
  'open.device': 'Read what is kept of these devices, and nothing of their accounts',
  'open.launches': 'Read which programs were launched on these devices',
  'device.approve': 'Let one of these devices report that waits, or was revoked',
  'device.revoke': 'Refuse the certificate of one of these devices',
  restore: 'Bring the data of one of these devices back to a snapshot',
};

export const reasonNames = Object.keys(reasons);
export const supportActs = Object.keys(acts);

/** As the one or the other side reads it. */
export function reasonWords(reason: string, side: 'client' | 'staff'): string {
  return reasons[reason]?.[side] ?? reason;
}

export function supportActWords(act: string): string {
  return acts[act] ?? act;
}

/** What a grant for these acts opens. */
export function opensOf(acts: readonly string[]): { records: boolean; launches: boolean } {
  return { records: acts.includes('open') || acts.includes('open.device'), launches: acts.includes('open.launches') };
}

/** Whether access under it is open at this moment. */
export function isGranted(request: Request): boolean {
  return request.kind === 'support' && request.state === 'approved' && request.grant !== null && request.grant.ended === null;
}

/** "45 minutes", "2 hours", "1 hour 30 minutes" */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const parts = [
    hours > 0 ? `${hours} ${hours === 1 ? 'hour' : 'hours'}` : '',
    rest > 0 || hours === 0 ? `${rest} ${rest === 1 ? 'minute' : 'minutes'}` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Of a level: whether it was passed, is asked now, or comes later. */
export function levelState(request: Request, level: number): 'passed' | 'now' | 'later' | 'not' {
  const passed = level < request.level || request.state === 'approved' || request.state === 'ended';
  if (passed) return 'passed';
  if (request.state !== 'open') return 'not';
  return level === request.level ? 'now' : 'later';
}

/** Whether one more yes is the last that is needed. */
export function isLastYes(request: Request): boolean {
  const level = request.levels[request.level - 1];
  const yes = request.answers.filter((one) => one.yes && one.level === request.level).length;
  return request.level >= request.levels.length && level !== undefined && yes + 1 >= level.need;
}
