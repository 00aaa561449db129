// SPDX-License-Identifier: Apache-2.0
// An evidence log, newest first: the client's, or the service's own. The service looks so far back for one answer and no further, so that a page of few
// entries, or none, is not the end: it is asked on until something fits or the beginning is reached.
import { logAt, type LogSource } from '../api';
import { actGroups, pageOf, serviceActGroups } from './acts';
import type { CountedPage, LogAsk, LogEntry } from '../types';
import { List } from './list.svelte';

/** What of a log the pages say otherwise. */
interface Way {
  /** The page of what an id names, where it has one. */
  pageOf: (id: string, act: string) => string | null;
  /** The kinds of acts to choose among. */
  acts: typeof actGroups;
  /** What its files are called, and what else `custody log` is given. */
  file: string;
  option: string;
}

export class Log extends List<LogEntry, LogAsk> {
  /** How many were looked at, from the newest back. */
  looked = $state(0);

  constructor(
    readonly source: LogSource,
    readonly way: Way,
  ) {
    super({ act: '', by: '', on: '', from: '', until: '' }, ['by', 'on', 'from', 'until'], source.list);
  }

  /** Whether anything is new, as long as the newest are what is shown. Where that cannot be told, the next look tells. */
  async look(): Promise<void> {
    if (this.busy || this.state !== 'ready' || this.further || this.isFiltered(this.ask)) return;
    const { signal } = this.stop;
    try {
      const newest = await this.read(this.nothing, null, 1, signal);
      if (signal.aborted || newest.total === this.total) return;
      const page = await this.read(this.nothing, null, null, signal);
      if (!signal.aborted) Object.assign(this, page);
    } catch {
      return;
    }
  }

  override forget(): void {
    super.forget();
    this.looked = 0;
  }

  /** What is new is looked for from here on. */
  protected override back(): void {
    this.stop = new AbortController();
  }

  protected override async page(cursor: string | null, signal: AbortSignal): Promise<CountedPage<LogEntry>> {
    if (cursor === null) this.looked = 0;
    for (let next = cursor; ; ) {
      const page = await this.read(this.ask, next, null, signal);
      signal.throwIfAborted();
      ({ next } = page);
      this.looked = page.total - Number(next ?? 0);
      if (page.items.length > 0 || next === null) return page;
      this.total = page.total;
    }
  }
}

export const log = new Log(logAt('/v1/log'), { pageOf, acts: actGroups, file: 'audit-log', option: '' });
export const serviceLog = new Log(logAt('/operator/v1/log'), {
  pageOf: () => null,
  acts: serviceActGroups,
  file: 'service-log',
  option: ' --staff',
});
