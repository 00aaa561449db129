// SPDX-License-Identifier: Apache-2.0
// A list read page by page, and a single record: what they hold, whether they are still being read, why they failed.
import { problemOf, type Problem } from '../api';
import type { Page } from '../types';

type State = 'loading' | 'ready' | 'failed';

export class Paged<T extends { id: string }> {
  state = $state<State>('loading');
  items = $state.raw<T[]>([]);
  next = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  loadingMore = $state(false);
  #read: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;
  #stop = new AbortController();
  #further = false;

  constructor(read: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>) {
    this.#read = read;
  }

  async load(): Promise<void> {
    this.close();
    this.#stop = new AbortController();
    this.state = 'loading';
    this.loadingMore = false;
    await this.#take(null);
  }

  /** Whether the first page says something else by now, where no other was read and somebody looks. */
  async look(): Promise<void> {
    if (document.hidden || this.state !== 'ready' || this.#further || this.loadingMore) return;
    await this.#take(null);
  }

  async more(): Promise<void> {
    if (this.next === null || this.loadingMore) return;
    this.loadingMore = true;
    this.problem = null;
    await this.#take(this.next);
    this.loadingMore = false;
  }

  /** Nothing read after this arrives. */
  close(): void {
    this.#stop.abort();
  }

  async #take(cursor: string | null): Promise<void> {
    const { signal } = this.#stop;
    try {
      const page = await this.#read(cursor, signal);
      if (signal.aborted) return;
      this.#further = cursor !== null;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.next = page.next;
      this.problem = null;
      this.state = 'ready';
    } catch (thrown) {
      if (signal.aborted) return;
      this.problem = problemOf(thrown);
      if (this.state === 'loading') this.state = 'failed';
    }
  }
}

export class Single<T> {
  state = $state<State>('loading');
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  #read: (signal: AbortSignal) => Promise<T>;
  #stop = new AbortController();

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  async load(): Promise<void> {
    this.close();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.state = 'loading';
    try {
      const value = await this.#read(signal);
      if (signal.aborted) return;
      this.value = value;
      this.state = 'ready';
    } catch (thrown) {
      if (signal.aborted) return;
      this.problem = problemOf(thrown);
      this.state = 'failed';
    }
  }

  close(): void {
    this.#stop.abort();
  }
}
