// SPDX-License-Identifier: Apache-2.0
// The list of devices: filtered, sorted and counted by the service, read page by page. It outlives its page as long as
// the session stands, so that going back finds it as it was. There is one request at a time for rows: a newer one ends
// the one before, whose answer is dropped.
import { api, problemOf, type Problem } from '../api';
import type { Device, DeviceAsk } from '../types';
import { onLeave } from './session.svelte';

type State = 'loading' | 'ready' | 'failed';

const typingPause = 250;
const most = 500;
const nothing: DeviceAsk = { name: '', state: '', sort: '-enrolled' };

function isSame(a: DeviceAsk, b: DeviceAsk): boolean {
  return a.name === b.name && a.state === b.state && a.sort === b.sort;
}

class Devices {
  state = $state<State>('loading');
  items = $state.raw<Device[]>([]);
  next = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Rows are being read. */
  busy = $state(false);
  /** How many fit the filter, are there at all, and wait for approval; null where that is not known. */
  total = $state(0);
  all = $state<number | null>(null);
  waiting = $state<number | null>(null);

  #ask = nothing;
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The page is there. Where one came back to what was last shown, that is shown again, and read anew behind it. */
  open(ask: DeviceAsk, back: boolean): void {
    const kept = back && this.state === 'ready' && isSame(ask, this.#ask);
    this.#ask = ask;
    if (kept) void this.refresh();
    else void this.load();
  }

  /** The filter or the order has changed. Typing is waited for. */
  want(ask: DeviceAsk): void {
    if (isSame(ask, this.#ask)) return;
    const typed = ask.name !== this.#ask.name;
    this.#ask = ask;
    clearTimeout(this.#timer);
    if (typed) this.#timer = setTimeout(() => void this.#first(), typingPause);
    else void this.#first();
  }

  /** From the first page, with rows drawn as unknown. */
  async load(): Promise<void> {
    this.state = 'loading';
    await this.reload();
  }

  /** From the first page, behind the rows that are there. */
  async reload(): Promise<void> {
    if (this.state === 'failed') this.state = 'loading';
    await this.#first(this.#count);
  }

  async more(): Promise<void> {
    await this.#alone(async (signal) => {
      const page = await api.devices(this.#ask, this.next, null, signal);
      return () => {
        this.items = [...this.items, ...page.items];
        this.next = page.next;
        this.total = page.total;
      };
    });
  }

  /** As many as there are, read anew and put in their place at once. */
  async refresh(): Promise<void> {
    await this.#alone(async (signal) => {
      const items: Device[] = [];
      let next: string | null = null;
      let total = 0;
      const wanted = this.items.length;
      const counted = this.#count(signal);
      do {
        const page = await api.devices(this.#ask, next, wanted === 0 ? null : Math.min(wanted - items.length, most), signal);
        items.push(...page.items);
        ({ next, total } = page);
      } while (next !== null && items.length < wanted);
      const count = await counted;
      return () => {
        Object.assign(this, { items, next, total });
        count();
      };
    });
  }

  /** What was done to a device elsewhere; null where it was deleted. */
  alter(id: string, change: Partial<Device> | null): void {
    this.items = this.items.flatMap((one) => (one.id !== id ? [one] : change ? [{ ...one, ...change }] : []));
  }

  /** The page is gone: nothing read after this arrives. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.busy = false;
  }

  /** The session is gone, and with it what was read in it. */
  forget(): void {
    this.close();
    this.state = 'loading';
    this.items = [];
    this.next = null;
    this.problem = null;
    this.total = 0;
    this.all = null;
    this.waiting = null;
    this.#ask = nothing;
  }

  async #first(counting?: (signal: AbortSignal) => Promise<() => void>): Promise<void> {
    await this.#alone(async (signal) => {
      const [page, count] = await Promise.all([api.devices(this.#ask, null, null, signal), counting?.call(this, signal)]);
      return () => {
        this.items = page.items;
        this.next = page.next;
        this.total = page.total;
        this.state = 'ready';
        if (this.#ask.name === '' && this.#ask.state === '') this.all = page.total;
        count?.();
      };
    }, true);
  }

  /** The two counts beside the list's own; where they cannot be had, the list does without. */
  async #count(signal: AbortSignal): Promise<() => void> {
    try {
      const all = (await api.devices(nothing, null, 1, signal)).total;
      const waiting = (await api.devices({ ...nothing, state: 'pending' }, null, 1, signal)).total;
      return () => Object.assign(this, { all, waiting });
    } catch {
      return () => {};
    }
  }

  /** `work` gives what is to be done with what it read. */
  async #alone(work: (signal: AbortSignal) => Promise<() => void>, needed = false): Promise<void> {
    this.close();
    const stop = new AbortController();
    this.#stop = stop;
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
      if (this.#stop === stop) this.busy = false;
    }
  }
}

export const devices = new Devices();
onLeave(() => devices.forget());
