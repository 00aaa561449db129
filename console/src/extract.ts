// SPDX-License-Identifier: Apache-2.0
// What leaves the service: the break-glass key, exports with their receipts, people's requests, and the calls for them.
import { answerTo, call, part, Problem } from './api';
import { eventsOf, parsed } from './lib/events';
import type { Proof } from './passkeys';
import type { Page } from './types';

export interface BreakGlass {
  recipient: string | null;
  made: string | null;
  by: string | null;
}

export interface Export {
  id: string;
  kind: 'handover' | 'person';
  state: 'sealing' | 'ready' | 'made' | 'ended';
  by: string;
  made: string;
  until: string;
  recipient: string;
  request: string | null;
  size: number;
  sha256: string | null;
  records: number;
  handed: string | null;
  handed_by: string | null;
  receipt: boolean;
  ended: string | null;
  why: string | null;
}
export type NewExport = Export & { ticket: string };

export interface ExportProgress {
  phase: 'sealing' | 'gathering';
  done: number;
  total: number;
}

export interface SubjectAccess {
  id: string;
  kind: 'account' | 'member' | 'person';
  subjects: string[];
  regime: 'gdpr' | 'lgpd';
  received: string;
  due: string;
  state: 'open' | 'answered' | 'refused' | 'withdrawn';
  closed: string | null;
}

export interface NewSubjectAccess {
  regime: string;
  received: string;
  account?: string[];
  user?: string;
}

export const extract = {
  breakGlass: (signal?: AbortSignal) => call<BreakGlass>('GET', '/v1/break-glass', { signal }),
  setBreakGlass: (recipient: string, proof: Proof) => call<BreakGlass>('PUT', '/v1/break-glass', { body: { recipient, ...proof } }),

  list: (signal?: AbortSignal) => call<Page<Export>>('GET', '/v1/exports', { signal }),
  warning: (signal?: AbortSignal) => call<{ warning: string }>('GET', '/v1/exports/warning', { signal }),
  make: (body: { typed: string; request?: string; recipient?: string }) => call<NewExport>('POST', '/v1/exports', { body }),
  end: (id: string) => call<void>('DELETE', `/v1/exports/${part(id)}`),
  archive: (id: string) => `/v1/exports/${part(id)}/archive`,
  receipt: (id: string) => `/v1/exports/${part(id)}/receipt`,

  requests: (signal?: AbortSignal) => call<Page<SubjectAccess>>('GET', '/v1/subject-access', { signal }),
  openRequest: (body: NewSubjectAccess) => call<SubjectAccess>('POST', '/v1/subject-access', { body }),
  closeRequest: (id: string, outcome: string) => call<void>('POST', `/v1/subject-access/${part(id)}/close`, { body: { outcome } }),
};

/** Has the archive made; ends when it is whole. */
export async function makeArchive({ id, ticket }: NewExport, told: (progress: ExportProgress) => void): Promise<void> {
  const answer = await answerTo('POST', extract.archive(id), { body: { ticket }, accept: 'text/event-stream' });
  for await (const event of eventsOf(answer)) {
    if (event.name === 'progress') told(parsed<ExportProgress>(event));
    if (event.name === 'end') return;
    if (event.name === 'problem') {
      const { status, detail } = parsed<{ status: number; detail: string }>(event);
      throw new Problem(status, detail);
    }
  }
  throw new Problem(0, '');
}
