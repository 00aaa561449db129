// SPDX-License-Identifier: Apache-2.0
// The policy that is being written: its files, and which one it began from. It is kept for as long as the browser's tab and
// the session stand, and nowhere else; what the service says of it is asked for a moment after it was changed.
import { problemOf, type Problem } from '../api';
import { govern, type PolicyWhole, type RuleFile, type RulePlace, type Trouble } from '../govern';
import { onLeave, session } from './session.svelte';

const key = 'custody.draft';
const typingPause = 500;
const fileName = /^\d\d-[a-z0-9][a-z0-9-]*\.rules$/;

/** What a client that has none begins with: it changes nothing on any machine, and shows what a rule is. */
const first: RuleFile = {
  name: '10-first.rules',
  text: [
    '# One rule a line; the first that matches decides:  DECISION  WHO : WHAT',
    '# deny     user=people : path=/tmp/** trust=none',
    '# elevate needs=reason minutes=15  group=sudo : path=/usr/bin/apt-get args="update"',
    'default observe',
    '',
  ].join('\n'),
};

interface Kept {
  tenant: string;
  base: number;
  files: RuleFile[];
}

class Draft {
  state = $state<'unread' | 'reading' | 'ready' | 'failed'>('unread');
  problem = $state.raw<Problem | null>(null);
  files = $state.raw<RuleFile[]>([]);
  /** The files it began from, of that number; 0 is none. */
  base = $state(0);
  before = $state.raw<RuleFile[]>([]);
  /** The last number there is by now. */
  newest = $state(0);
  troubles = $state.raw<Trouble[]>([]);
  checked = $state<'no' | 'asking' | 'yes'>('no');
  checkProblem = $state.raw<Problem | null>(null);
  readonly changed = $derived(
    this.files.length !== this.before.length || this.files.some(({ name, text }, at) => name !== this.before[at]!.name || text !== this.before[at]!.text),
  );
  readonly errors = $derived(this.troubles.filter(({ warning }) => !warning).length);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();
  #reading = Promise.resolve();

  /** As it was left in this tab, or what is in force. */
  async open(): Promise<void> {
    if (this.state === 'ready') return this.#look();
    if (this.state !== 'reading') this.#reading = this.#begin(this.#recall());
    await this.#reading;
  }

  /** From what was published last, all changes dropped. */
  async anew(): Promise<void> {
    this.#forgetKept();
    await (this.#reading = this.#begin(null));
  }

  /** From a policy that there was, all changes dropped. */
  async from(policy: PolicyWhole): Promise<void> {
    await this.anew();
    if (this.problem) throw this.problem;
    this.#put(policy.files);
  }

  set(name: string, text: string): void {
    this.#put(this.files.map((file) => (file.name === name ? { name, text } : file)));
  }

  /** Why a file cannot be called so, or ''. */
  nameTrouble(name: string, now = ''): string {
    if (!fileName.test(name)) return 'Two digits, a dash, then small letters, digits and dashes, and .rules: 20-packages.rules';
    return name !== now && this.files.some((file) => file.name === name) ? 'There is a file of that name.' : '';
  }

  add(name: string): void {
    this.#put([...this.files, { name, text: '' }]);
  }

  rename(from: string, to: string): void {
    this.#put(this.files.map((file) => (file.name === from ? { name: to, text: file.text } : file)));
  }

  remove(name: string): void {
    this.#put(this.files.filter((file) => file.name !== name));
  }

  /** Puts a rule before the one that decided so far, or where rules are tried first. Gives where it stands now. */
  insert(rule: string, before: RulePlace | undefined): { file: string; line: number } {
    const file = this.files.find(({ name }) => name === before?.file) ?? this.files[0]!;
    const lines = file.text.split('\n');
    const line = file.name === before?.file ? lines[before.line - 1]?.replace(/\\$/, '').trim() : undefined;
    const there = before && line && before.text.startsWith(line) ? before.line - 1 : -1;
    const at = there >= 0 ? there : Math.max(0, lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#')));
    this.set(file.name, [...lines.slice(0, at), rule, ...lines.slice(at)].join('\n'));
    return { file: file.name, line: at + 1 };
  }

  /** What is wrong in it, now. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.checked = 'asking';
    try {
      const { trouble } = await govern.check(this.files, signal);
      if (!signal.aborted) Object.assign(this, { troubles: trouble, checked: 'yes', checkProblem: null });
    } catch (thrown) {
      if (!signal.aborted) Object.assign(this, { troubles: [], checked: 'no', checkProblem: problemOf(thrown) });
    }
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#forgetKept();
    Object.assign(this, { state: 'unread', files: [], before: [], base: 0, newest: 0, troubles: [], checked: 'no', problem: null, checkProblem: null });
  }

  /** Whether something was published since. */
  async #look(): Promise<void> {
    try {
      this.newest = (await govern.policies(null)).items[0]?.number ?? 0;
    } catch {
      return;
    }
  }

  async #begin(kept: Kept | null): Promise<void> {
    this.state = 'reading';
    try {
      const newest = (await govern.policies(null)).items[0]?.number ?? 0;
      const base = kept?.base ?? newest;
      const before = base === 0 ? [] : (await govern.policy(base)).files;
      const files = kept?.files ?? (base === 0 ? [first] : before);
      Object.assign(this, { newest, base, before, files, state: 'ready', problem: null });
      void this.check();
    } catch (thrown) {
      Object.assign(this, { state: 'failed', problem: problemOf(thrown) });
    }
  }

  #put(files: RuleFile[]): void {
    this.files = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.checked = 'no';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#keep();
      void this.check();
    }, typingPause);
  }

  #keep(): void {
    const kept: Kept = { tenant: session.now?.tenant.id ?? '', base: this.base, files: this.files };
    try {
      sessionStorage.setItem(key, JSON.stringify(kept));
    } catch {
      return;
    }
  }

  #recall(): Kept | null {
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Kept | null;
      return kept?.tenant === session.now?.tenant.id ? kept : null;
    } catch {
      return null;
    }
  }

  #forgetKept(): void {
    try {
      sessionStorage.removeItem(key);
    } catch {
      return;
    }
  }
}

export const draft = new Draft();
onLeave(() => draft.forget());
