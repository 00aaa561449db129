// SPDX-License-Identifier: Apache-2.0
// How many ways in there are, for the banner and the page of it; and the rotation that an owner's session goes on with.
import { recovery, type TenantKey } from '../recovery';
import { Single } from './paged.svelte';
import { may, onLeave, session } from './session.svelte';

export const ways = new Single((signal) => recovery.now(signal));

let going = false;

function take(key: TenantKey): void {
  if (ways.value) ways.value = { ...ways.value, key };
}

/** Some each time until none is left; what is left over, the next owner's session takes up. */
export async function goOn(): Promise<void> {
  if (going || !may('own') || session.now?.waiting) return;
  going = true;
  try {
    while (ways.value?.key.rotating && may('own')) take(await recovery.reseal());
  } catch {
    // Whoever looks again goes on with it.
  } finally {
    going = false;
  }
}

/** Seen anew, and without what was seen going away meanwhile. */
export async function look(): Promise<void> {
  await ways.load();
  void goOn();
}

onLeave(() => {
  ways.close();
  ways.value = null;
});
