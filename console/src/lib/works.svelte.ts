// SPDX-License-Identifier: Apache-2.0
// One work of the service that a page waits for: how far it is, until it has ended or the page is gone.
import { snapshots, type Work } from '../snapshots';

const again = 500;

export class Following {
  work = $state.raw<Work | null>(null);
  #stop = new AbortController();

  constructor(readonly works: typeof snapshots.works = snapshots.works) {}

  get running(): boolean {
    return this.work !== null && this.work.state !== 'done' && this.work.state !== 'failed';
  }

  /** How far it is; null: it is not known yet, or there is none. */
  get part(): number | null {
    return this.work?.total ? this.work.done / this.work.total : null;
  }

  /** What came of it; null where nobody waits for it any more. */
  async follow(id: string): Promise<Work | null> {
    this.close();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    for (;;) {
      const found = (await this.works(signal)).items.find((each) => each.id === id) ?? null;
      if (signal.aborted) return null;
      this.work = found;
      if (!this.running) return found;
      await new Promise((then) => setTimeout(then, again));
      if (signal.aborted) return null;
    }
  }

  close(): void {
    this.#stop.abort();
  }
}
