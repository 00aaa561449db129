// SPDX-License-Identifier: Apache-2.0
// The evidence log, newest first. The service looks so far back for one answer and no further, so that a page of few
// entries, or none, is not the end: it is asked on until something fits or the beginning is reached.
import { api } from '../api';
import type { CountedPage, LogAsk, LogEntry } from '../types';
import { List } from './list.svelte';

class Log extends List<LogEntry, LogAsk> {
  /** How many were looked at, from the newest back. */
  looked = $state(0);

  constructor() {
    super({ act: '', by: '', on: '', from: '', until: '' }, ['by', 'on', 'from', 'until'], api.log);
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

export const log = new Log();
