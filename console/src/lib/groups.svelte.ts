// SPDX-License-Identifier: Apache-2.0
// The groups of members, for their names and who is in them. They end with the session.
import { problemOf, type Problem } from '../api';
import { admit, type Group } from '../admit';
import { onLeave } from './session.svelte';
import { shortId } from './words';

class Groups {
  items = $state.raw<Group[]>([]);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | null>(null);
  #stop = new AbortController();

  async load(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      const { items } = await admit.groups(signal);
      if (!signal.aborted) Object.assign(this, { items, state: 'ready', problem: null });
    } catch (thrown) {
      if (!signal.aborted) Object.assign(this, { state: 'failed', problem: problemOf(thrown) });
    }
  }

  find(id: string): Group | undefined {
    return this.items.find((one) => one.id === id);
  }

  /** Of one that is gone, or whose name cannot be opened, the end of its id. */
  name(id: string): string {
    const group = this.find(id);
    if (group) return `the group ${group.name ?? shortId(id)}`;
    return this.state === 'ready' ? 'a group that is gone' : `the group ${shortId(id)}`;
  }

  forget(): void {
    this.#stop.abort();
    Object.assign(this, { items: [], state: 'loading', problem: null });
  }
}

export const groups = new Groups();
onLeave(() => groups.forget());
