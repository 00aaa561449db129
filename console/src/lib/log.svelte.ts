// SPDX-License-Identifier: Apache-2.0
// The evidence log, newest first: filtered by the service, read page by page. The service looks so far back for one
// answer and no further, so that a page of few entries, or none, is not the end: it is asked on until something fits or
// the beginning is reached. There is one request at a time for rows; a newer one ends the one before. It outlives its
// page as the list of devices does.
import { api, problemOf, type Problem } from '../api';
import type { LogAsk, LogEntry } from '../types';
import { onLeave } from './session.svelte';

type State = 'loading' | 'ready' | 'failed';

const typingPause = 250;
const nothing: LogAsk = { act: '', by: '', from: '', until: '' };

export function isFiltered(ask: LogAsk): boolean {
  return !isSame(ask, nothing);
}

function isSame(a: LogAsk, b: LogAsk): boolean {
  return a.act === b.act && a.by === b.by && a.from === b.from && a.until === b.until;
}

class Log {
  state = $state<State>('loading');
  items = $state.raw<LogEntry[]>([]);
  next = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Rows are being read. */
  busy = $state(false);
  /** How many are signed; null where that is not known. */
  total = $state<number | null>(null);
  /** How many were looked at, from the newest back. */
  looked = $state(0);
  /** What the rows answer: while others are read, not yet what is wanted. */
  shown = $state.raw(nothing);

  #ask = nothing;
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #further = false;

  /** The page is there. Where one came back to what was last shown, that is shown again. */
  open(ask: LogAsk, back: boolean): void {
    const kept = back && this.state === 'ready' && isSame(ask, this.#ask);
    this.#ask = ask;
    if (kept) this.#stop = new AbortController();
    else void this.load();
  }

  /** The filter has changed. Typing is waited for, in a date as in an id. */
  want(ask: LogAsk): void {
    if (isSame(ask, this.#ask)) return;
    const chosen = ask.act !== this.#ask.act;
    this.#ask = ask;
    clearTimeout(this.#timer);
    if (chosen) void this.reload();
    else this.#timer = setTimeout(() => void this.reload(), typingPause);
  }

  /** From the newest, with rows drawn as unknown. */
  async load(): Promise<void> {
    this.state = 'loading';
    await this.reload();
  }

  /** From the newest, behind the rows that are there. */
  async reload(): Promise<void> {
    if (this.state === 'failed') this.state = 'loading';
    await this.#alone(async (signal) => {
      this.looked = 0;
      const page = await this.#walk(null, signal);
      return () => {
        Object.assign(this, page, { state: 'ready', shown: this.#ask });
        this.#further = false;
      };
    }, true);
  }

  async more(): Promise<void> {
    await this.#alone(async (signal) => {
      const page = await this.#walk(this.next, signal);
      return () => {
        Object.assign(this, page, { items: [...this.items, ...page.items] });
        this.#further = true;
      };
    });
  }

  /** Whether anything is new, as long as the newest are what is shown. Where that cannot be told, the next look tells. */
  async look(): Promise<void> {
    if (this.busy || this.state !== 'ready' || this.#further || isFiltered(this.#ask)) return;
    const { signal } = this.#stop;
    try {
      const newest = await api.log(nothing, null, 1, signal);
      if (signal.aborted || newest.total === this.total) return;
      const { items, next, total } = await api.log(nothing, null, null, signal);
      if (!signal.aborted) Object.assign(this, { items, next, total });
    } catch {
      return;
    }
  }

  /** The page is gone: nothing read after this arrives. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.busy = false;
  }

  /** The session is gone, and with it what was read in it. */
  forget(): void {
    this.close();
    Object.assign(this, { state: 'loading', items: [], next: null, problem: null, total: null, looked: 0, shown: nothing });
    this.#ask = nothing;
    this.#further = false;
  }

  async #walk(cursor: string | null, signal: AbortSignal) {
    for (let next = cursor; ; ) {
      const page = await api.log(this.#ask, next, null, signal);
      signal.throwIfAborted();
      ({ next } = page);
      this.looked = page.total - Number(next ?? 0);
      if (page.items.length > 0 || next === null) return { items: page.items, next, total: page.total };
      this.total = page.total;
    }
  }

  /** `work` gives what is to be done with what it read. */
  async #alone(work: (signal: AbortSignal) => Promise<() => void>, needed = false): Promise<void> {
    this.close();
    const stop = new AbortController();
    this.#stop = stop;
    this.busy = true;
    try {
      const take = await work(stop.signal);
      if (stop.signal.aborted) return;
      take();
      this.problem = null;
    } catch (thrown) {
      if (stop.signal.aborted) return;
      this.problem = problemOf(thrown);
      if (needed) this.state = 'failed';
    } finally {
      if (this.#stop === stop) this.busy = false;
    }
  }
}

export const log = new Log();
onLeave(() => log.forget());
