// SPDX-License-Identifier: Apache-2.0
// One record that is looked at again and again: the first read says how it went, a later one that fails is said beside
// what is there. Nothing is asked while nobody looks.
import { problemOf, type Problem } from '../api';

export class Watched<T> {
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  #read: (signal: AbortSignal) => Promise<T>;
  #stop = new AbortController();

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  async load(): Promise<void> {
    this.state = 'loading';
    await this.#take();
  }

  /** What was read answers another question by now. */
  async anew(): Promise<void> {
    this.value = null;
    await this.load();
  }

  async look(): Promise<void> {
    if (!document.hidden && this.state !== 'loading') await this.#take();
  }

  /** What an act has answered: newer than what is being read. */
  put(value: T): void {
    this.close();
    Object.assign(this, { value, state: 'ready', problem: null });
  }

  close(): void {
    this.#stop.abort();
  }

  async #take(): Promise<void> {
    this.close();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      const value = await this.#read(signal);
      if (!signal.aborted) Object.assign(this, { value, state: 'ready', problem: null });
    } catch (thrown) {
      if (signal.aborted) return;
      this.problem = problemOf(thrown);
      if (this.value === null) this.state = 'failed';
    }
  }
}
