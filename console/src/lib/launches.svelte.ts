// SPDX-License-Identifier: Apache-2.0
// The launches, newest first. A search opens what may hold those that fit, says how far it has got, and can be stopped;
// while they are watched, new ones come in above.
import { problemOf } from '../api';
import { govern, type Launch, type LaunchAsk, type Searched } from '../govern';
import type { CountedPage } from '../types';
import { List } from './list.svelte';
import { check } from './session.svelte';

const nothing: LaunchAsk = { device: '', account: '', decision: '', from: '', until: '', path: '', package: '' };
const mostWatched = 1000;
const pauses = [1000, 5000, 30_000];

class Launches extends List<Launch, LaunchAsk> {
  /** How far a search is that runs. */
  searched = $state.raw<Searched | null>(null);
  /** Stopped by hand before it was done. */
  stopped = $state(false);
  /** Whether new ones are waited for: no; being reached; yes. */
  watching = $state<'no' | 'trying' | 'yes'>('no');
  #watch = new AbortController();

  constructor() {
    super(nothing, ['path', 'package', 'from', 'until'], async () => {
      throw new Error('a search goes its own way');
    });
  }

  /** Ends the search; what was found stays. */
  cancel(): void {
    this.close();
    Object.assign(this, { searched: null, stopped: true, state: 'ready', shown: this.ask, next: null });
  }

  /** From now until unwatched. What breaks off is tried again, ever later. */
  async watch(ask: LaunchAsk): Promise<void> {
    this.unwatch();
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    this.watching = 'trying';
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await govern.launchesLive(ask, () => this.#watched(tries > 0), (fresh) => this.#above(fresh), signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const { status } = problemOf(thrown);
        if (status === 401) void check();
        if (status >= 400 && status < 500) return this.unwatch();
      }
      this.watching = 'trying';
      await new Promise((then) => setTimeout(then, pauses[Math.min(tries, pauses.length - 1)]));
    }
  }

  unwatch(): void {
    this.#watch.abort();
    this.watching = 'no';
  }

  override forget(): void {
    super.forget();
    this.unwatch();
    Object.assign(this, { searched: null, stopped: false });
  }

  /** As far as they were read: nothing is opened again for being looked at again. */
  protected override back(): void {
    this.stop = new AbortController();
  }

  /** What is found is shown while the search goes on. */
  protected override async page(cursor: string | null, signal: AbortSignal): Promise<CountedPage<Launch>> {
    const before = cursor === null ? [] : this.items;
    const items: Launch[] = [];
    const shows = () => !signal.aborted && Object.assign(this, { items: [...before, ...items], state: 'ready', shown: this.ask });
    Object.assign(this, { searched: null, stopped: false });
    const next = await govern.launches(
      this.ask,
      cursor,
      (launch) => items.push(launch),
      (searched) => !signal.aborted && (this.searched = searched) && items.length > 0 && shows(),
      signal,
    );
    if (!signal.aborted) Object.assign(this, { searched: null, items: before });
    return { items, next, total: 0 };
  }

  /** What came while the service was not there is found by a search. */
  #watched(again: boolean): void {
    this.watching = 'yes';
    if (again) void this.reload();
  }

  #above(fresh: Launch): void {
    this.items = [fresh, ...this.items].slice(0, mostWatched);
  }
}

export const launches = new Launches();
