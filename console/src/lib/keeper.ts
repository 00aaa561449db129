// SPDX-License-Identifier: Apache-2.0
// The organisation's keeper releases the key to a session by single sign-on when it comes to it: at once, or half a minute
// after something was in its way. The service is asked until then, less and less often.
import { problemOf, type Problem } from '../api';
import { sso } from '../sso';
import type { Session } from '../types';

const first = 1000;
const most = 15_000;

/** What ends it: the key, or that it does not come any more (404: what the keeper checks is there for ten minutes). */
interface Ends {
  open: (session: Session) => void;
  over: (problem: Problem) => void;
}

/** Returns what stops it. */
export function awaitKeeper({ open, over }: Ends): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let left = false;

  async function ask(pause: number): Promise<void> {
    try {
      const session = await sso.released();
      if (left) return;
      if (!session.locked) return open(session);
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (left || problem.status === 401) return;
      if (problem.status === 403 || problem.status === 404) return over(problem);
    }
    timer = setTimeout(() => void ask(Math.min(pause * 1.5, most)), pause);
  }

  void ask(first);
  return () => {
    left = true;
    clearTimeout(timer);
  };
}
