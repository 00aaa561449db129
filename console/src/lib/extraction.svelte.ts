// SPDX-License-Identifier: Apache-2.0
// An extraction that was begun here. It goes on whatever page is shown: its ticket stands in this page's memory alone, and
// where the service is restarted meanwhile it is asked again.
import { problemOf, type Problem } from '../api';
import { makeArchive, type ExportProgress, type NewExport } from '../extract';
import { onLeave } from './session.svelte';

const again = 2000;
const tries = 30;

class Extraction {
  /** The export that is being made; null: none. */
  id = $state<string | null>(null);
  progress = $state.raw<ExportProgress | null>(null);
  problem = $state.raw<Problem | null>(null);

  /** Ends when the archive is there, or cannot be made. */
  async run(made: NewExport): Promise<boolean> {
    this.id = made.id;
    this.problem = this.progress = null;
    for (let tried = 0; this.id === made.id; tried++) {
      try {
        await makeArchive(made, (progress) => (this.progress = progress));
        this.id = null;
        return true;
      } catch (thrown) {
        const why = problemOf(thrown);
        if (tried === tries || (why.status !== 0 && why.status !== 503)) {
          this.problem = why;
          this.id = null;
          return false;
        }
        await new Promise((then) => setTimeout(then, again));
      }
    }
    return false;
  }

  forget() {
    this.id = null;
    this.progress = this.problem = null;
  }
}

export const extraction = new Extraction();
onLeave(() => extraction.forget());
