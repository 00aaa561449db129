// SPDX-License-Identifier: Apache-2.0
// One thing a form or a button does: busy while it runs, and the Problem if it failed.
import { problemOf, type Problem } from '../api';

export class Task {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** True once `work` is done; false if it failed, or if one is running already. */
  async run(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.problem = problemOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
