// SPDX-License-Identifier: Apache-2.0
// How many requests wait for the person who is signed in: asked each half minute, and when the page is looked at again.
import { admit } from '../admit';
import { may, onLeave, session } from './session.svelte';

const pause = 30_000;
const most = 100;
let count = $state(0);
let stop = new AbortController();

export const forYou = {
  get count(): number {
    return count;
  },
};

/** What cannot be read now is asked again later: the page of the requests says why. */
export async function lookForYou(): Promise<void> {
  if (!may('approve') || session.now?.waiting || document.hidden) return;
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  try {
    const page = await admit.requests({ kind: '', state: 'open' }, null, most, signal);
    if (!signal.aborted) count = page.items.filter(({ yours }) => yours).length;
  } catch {
    return;
  }
}

/** Until what it gives is called. */
export function watchForYou(): () => void {
  const look = () => void lookForYou();
  look();
  const timer = setInterval(look, pause);
  addEventListener('focus', look);
  document.addEventListener('visibilitychange', look);
  return () => {
    clearInterval(timer);
    removeEventListener('focus', look);
    document.removeEventListener('visibilitychange', look);
    stop.abort();
  };
}

onLeave(() => {
  stop.abort();
  count = 0;
});
