// SPDX-License-Identifier: Apache-2.0
// How many requests, elevations, and notices that did not go, wait for the person who is signed in: asked each half minute, and when the page is looked
// at again; of requests each five seconds, since whoever answers them is told at once.
import { admit } from '../admit';
import { api } from '../api';
import { govern } from '../govern';
import { keyless, may, onLeave, type Right } from './session.svelte';

const most = 100;

class ForYou {
  count = $state(0);
  #stop = new AbortController();

  constructor(
    readonly right: Right,
    readonly read: (signal: AbortSignal) => Promise<number>,
    readonly pause = 30_000,
  ) {
    onLeave(() => {
      this.#stop.abort();
      this.count = 0;
    });
  }

  /** What cannot be read now is asked again later: the page of what waits says why. */
  async look(): Promise<void> {
    if (!may(this.right) || keyless() || document.hidden) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      const count = await this.read(signal);
      if (!signal.aborted) this.count = count;
    } catch {
      return;
    }
  }

  /** Until what it gives is called. */
  watch(): () => void {
    const look = () => void this.look();
    look();
    const timer = setInterval(look, this.pause);
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
      this.#stop.abort();
    };
  }
}

export const requestsForYou = new ForYou('approve', async (signal) => {
  const { items } = await admit.requests({ kind: '', state: 'open' }, null, most, signal);
  return items.filter(({ yours }) => yours).length;
}, 5_000);

export const noticesForYou = new ForYou('tokens', async (signal) => (await api.notices('failed', signal)).failed);

export const elevationsForYou = new ForYou('elevate', async (signal) => {
  const { items } = await govern.elevations('open', null, most, signal);
  return items.filter(({ yours }) => yours).length;
});
