// SPDX-License-Identifier: Apache-2.0
// A list with filters: filtered and counted by the service, read page by page. It outlives its page as long as the
// session stands, so that going back finds it as it was. There is one request at a time for rows: a newer one ends the
// one before, whose answer is dropped.
//
//     export const members = new List<Member, MemberAsk>({ name: '', role: '' }, ['name'], api.members);
//
// `nothing` is the ask that fits all, `typed` are its fields that are waited for while they are typed, `read` asks for
// one page; null for the length leaves it to the service. What a list has besides, a class of its own adds (Devices,
// Log). The page says which part of its address is the ask, and shows the list:
//
//     const ask = $derived<MemberAsk>({ name: route.filter('name').trim(), role: … });
//     follow(members, () => ask);
//     <ListBar list={members} what="members" csv={() => api.membersCsv(ask)}> …filters… </ListBar>
//     <ListSheet list={members} label="Members" what="your members" {tally} {more}> …rows… </ListSheet>
import { untrack } from 'svelte';
import { problemOf, type Problem } from '../api';
import type { CountedPage } from '../types';
import { route } from './router.svelte';
import { onLeave } from './session.svelte';

const typingPause = 250;
const most = 500;

type Read<T, A> = (ask: A, cursor: string | null, limit: number | null, signal?: AbortSignal) => Promise<CountedPage<T>>;

export class List<T, A extends object> {
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  items = $state.raw<T[]>([]);
  next = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Rows are being read. */
  busy = $state(false);
  /** How many the service counted; null where that is not known. */
  total = $state<number | null>(null);
  /** What the rows answer: while others are read, not yet what is wanted. */
  shown: A = $state.raw()!;

  protected ask: A;
  /** More than the first page is there. */
  protected further = false;
  protected stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly nothing: A,
    readonly typed: (keyof A)[],
    protected readonly read: Read<T, A>,
  ) {
    this.shown = this.ask = nothing;
    onLeave(() => this.forget());
  }

  /** Whether an ask leaves anything out; in which order it is read does not. */
  isFiltered(ask: A): boolean {
    return this.#differing(ask, this.nothing).some((field) => field !== 'sort');
  }

  /** The page is there. Where one came back to what was last shown, that is shown again. */
  open(ask: A, back: boolean): void {
    const kept = back && this.state === 'ready' && this.#differing(ask, this.ask).length === 0;
    this.ask = ask;
    if (kept) this.back();
    else void this.load();
  }

  /** The filter or the order has changed. Typing is waited for. */
  want(ask: A): void {
    const fields = this.#differing(ask, this.ask);
    if (fields.length === 0) return;
    this.ask = ask;
    clearTimeout(this.#timer);
    if (fields.some((field) => !this.typed.includes(field))) void this.#first(false);
    else this.#timer = setTimeout(() => void this.#first(false), typingPause);
  }

  /** From the first page, with rows drawn as unknown. */
  async load(): Promise<void> {
    this.state = 'loading';
    await this.reload();
  }

  /** From the first page, behind the rows that are there. */
  async reload(): Promise<void> {
    if (this.state === 'failed') this.state = 'loading';
    await this.#first(true);
  }

  async more(): Promise<void> {
    await this.alone(async (signal) => {
      const page = await this.page(this.next, signal);
      return () => {
        Object.assign(this, page, { items: [...this.items, ...page.items] });
        this.further = true;
      };
    });
  }

  /** As many as there are, read anew and put in their place at once. */
  async refresh(): Promise<void> {
    await this.alone(async (signal) => {
      const wanted = this.items.length;
      const beside = this.beside(signal);
      const items: T[] = [];
      let page: CountedPage<T>;
      let next: string | null = null;
      do {
        page = await this.read(this.ask, next, wanted === 0 ? null : Math.min(wanted - items.length, most), signal);
        items.push(...page.items);
        ({ next } = page);
      } while (next !== null && items.length < wanted);
      const besides = await beside;
      return () => Object.assign(this, page, { items }, besides);
    });
  }

  /** The page is gone: nothing read after this arrives. */
  close(): void {
    clearTimeout(this.#timer);
    this.stop.abort();
    this.busy = false;
  }

  /** The session is gone, and with it what was read in it. */
  forget(): void {
    this.close();
    this.ask = this.nothing;
    this.further = false;
    Object.assign(this, { state: 'loading', items: [], next: null, problem: null, total: null, shown: this.nothing });
  }

  /** The list is shown again as it was left: read anew behind it. */
  protected back(): void {
    void this.refresh();
  }

  protected page(cursor: string | null, signal: AbortSignal): Promise<CountedPage<T>> {
    return this.read(this.ask, cursor, null, signal);
  }

  /** What else is read with the rows where they are read anew, as members of the list. */
  protected async beside(_signal: AbortSignal): Promise<Partial<this>> {
    return {};
  }

  /** `work` gives what is to be done with what it read. */
  protected async alone(work: (signal: AbortSignal) => Promise<() => void>, needed = false): Promise<void> {
    this.close();
    const stop = new AbortController();
    this.stop = stop;
    this.busy = true;
    try {
      const take = await work(stop.signal);
      if (stop.signal.aborted) return;
      take();
      this.problem = null;
    } catch (thrown) {
      if (stop.signal.aborted) return;
      this.problem = problemOf(thrown);
      if (needed) this.state = 'failed';
    } finally {
      if (this.stop === stop) this.busy = false;
    }
  }

  async #first(besides: boolean): Promise<void> {
    await this.alone(async (signal) => {
      const [page, beside] = await Promise.all([this.page(null, signal), besides ? this.beside(signal) : {}]);
      return () => {
        Object.assign(this, page, { state: 'ready', shown: this.ask }, beside);
        this.further = false;
      };
    }, true);
  }

  #differing(a: A, b: A): (keyof A)[] {
    return (Object.keys(this.nothing) as (keyof A)[]).filter((field) => a[field] !== b[field]);
  }
}

/** Shows in a list what the address asks for, from when the page is there until it is gone. */
export function follow<T, A extends object>(list: List<T, A>, ask: () => A): void {
  let opened = false;
  $effect(() => {
    const wanted = ask();
    untrack(() => (opened ? list.want(wanted) : list.open(wanted, route.back)));
    opened = true;
  });
  $effect(() => () => list.close());
}
