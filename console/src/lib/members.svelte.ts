// SPDX-License-Identifier: Apache-2.0
// The members of the organisation, for their names: who asked, who answered, who may. They end with the session.
import { problemOf, type Problem } from '../api';
import { admit, type Member } from '../admit';
import { onLeave, session } from './session.svelte';
import { shortId } from './words';

type State = 'loading' | 'ready' | 'failed';

class Members {
  state = $state<State>('loading');
  items = $state.raw<Member[]>([]);
  problem = $state.raw<Problem | null>(null);
  #stop = new AbortController();

  async load(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    if (this.state === 'failed') this.state = 'loading';
    try {
      const items = await all(signal);
      if (!signal.aborted) Object.assign(this, { items, state: 'ready', problem: null });
    } catch (thrown) {
      if (!signal.aborted) Object.assign(this, { state: 'failed', problem: problemOf(thrown) });
    }
  }

  find(id: string): Member | undefined {
    return this.items.find((one) => one.id === id);
  }

  /** A member's name, or the end of the id of one who is gone or whose name cannot be opened. */
  name(id: string): string {
    const user = this.find(id)?.user ?? (session.now?.user?.id === id ? session.now.user : null);
    return user?.full_name || user?.username || shortId(id);
  }

  forget(): void {
    this.#stop.abort();
    Object.assign(this, { items: [], state: 'loading', problem: null });
  }
}

async function all(signal: AbortSignal): Promise<Member[]> {
  const found: Member[] = [];
  for (let next: string | null = null; ; ) {
    const page = await admit.members(next, signal);
    found.push(...page.items);
    if (page.next === null) return found;
    next = page.next;
  }
}

export const members = new Members();
onLeave(() => members.forget());
