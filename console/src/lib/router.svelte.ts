// SPDX-License-Identifier: Apache-2.0
// Where we are: the address is the state. Ordinary links to our own pages are followed without a reload. What a person
// typed into a filter stands in the fragment: it may be a name, and the fragment is in no request for a page and in no
// log of them. Going back finds a page as far down as it was left, and the focus on the link that one had followed.
import { tick } from 'svelte';

/** Pages whose path is their name. */
const named = [
  'devices', 'collection', 'launches', 'rules', 'elevations', 'people', 'requests', 'process',
  'access', 'privacy', 'snapshots', 'storage', 'handover', 'licence', 'erasure', 'policy', 'log', 'sessions', 'sign-in', 'claim',
  'recover', 'recovery', 'join', 'waiting', 'signed-in', 'single-sign-on', 'unlock', 'cli',
] as const;

const ofOne = [
  { page: 'device', path: /^\/devices\/([A-Za-z0-9_-]+)\/?$/ },
  { page: 'request', path: /^\/requests\/([A-Za-z0-9_-]+)\/?$/ },
  { page: 'elevation', path: /^\/elevations\/(elv_[A-Za-z0-9_-]+)\/?$/ },
  { page: 'erased', path: /^\/certificates\/(era_[a-z2-7]{26})\/?$/ },
  { page: 'policy-number', path: /^\/rules\/([1-9]\d{0,15})\/?$/ },
] as const;

export type Place =
  | { page: (typeof named)[number] | 'rules-edit' | 'elevation-code' | 'missing' }
  | { page: (typeof ofOne)[number]['page']; id: string };

const twoWords: Record<string, Place> = { '/rules/edit': { page: 'rules-edit' }, '/elevations/code': { page: 'elevation-code' } };

function placeOf(path: string): Place {
  for (const { page, path: form } of ofOne) {
    const found = form.exec(path);
    if (found) return { page, id: found[1]! };
  }
  const bare = path.replace(/\/$/, '');
  const page = named.find((name) => bare === `/${name}`);
  return bare === '' ? { page: 'devices' } : (twoWords[bare] ?? { page: page ?? 'missing' });
}

/** Whether a path is one of the provider's pages: another side, which is loaded anew. */
export function isOperator(path: string): boolean {
  return /^\/operator(\/|$)/.test(path);
}

/** What the browser's history holds of one step: which it is, and the path one came from. */
interface Step {
  step: number;
  from: string;
}

history.scrollRestoration = 'manual';

let last = performance.timeOrigin;
let step: Step = (history.state as Step | null) ?? { step: last, from: '' };
history.replaceState(step, '');
const depths = new Map<number, number>();

let path = $state(location.pathname);
let query = $state(location.search);
let fragment = $state(location.hash);
let back = $state(false);
const place = $derived(placeOf(path));

export const route = {
  get place(): Place {
    return place;
  },
  get path(): string {
    return path;
  },
  /** True where one came by going back or forward. */
  get back(): boolean {
    return back;
  },
  query(name: string): string {
    return new URLSearchParams(query).get(name) ?? '';
  },
  filter(name: string): string {
    return new URLSearchParams(fragment.slice(1)).get(name) ?? '';
  },
  /** A word of its own in the fragment. */
  has(name: string): boolean {
    return new URLSearchParams(fragment.slice(1)).has(name);
  },
};

function arrive(): void {
  path = location.pathname;
  query = location.search;
  fragment = location.hash;
}

/** Goes to a page, and puts the focus where reading begins. */
export async function go(to: string, how: 'push' | 'replace' = 'push'): Promise<void> {
  depths.set(step.step, scrollY);
  step = { step: ++last, from: how === 'push' ? path : step.from };
  history[how === 'push' ? 'pushState' : 'replaceState'](step, '', to);
  back = false;
  arrive();
  await tick();
  scrollTo(0, 0);
  document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}

/** A step back where that leads to this page, so that it is found as it was left; otherwise to the page anew. */
export function goBack(to: string): void {
  if (step.from === to) history.back();
  else void go(to, 'replace');
}

/** Writes into the address, without a new step in the history. An empty value leaves it. */
function write(part: 'search' | 'hash', name: string, value: string): void {
  const fields = new URLSearchParams(location[part].slice(1));
  if (value === '') fields.delete(name);
  else fields.set(name, value);
  const text = { search: location.search, hash: location.hash };
  text[part] = fields.size === 0 ? '' : `${part === 'search' ? '?' : '#'}${fields}`;
  history.replaceState(step, '', location.pathname + text.search + text.hash);
  arrive();
}

/** For what says nothing about a person. */
export function setQuery(name: string, value: string): void {
  write('search', name, value);
}

/** For what may be a name. */
export function setFilter(name: string, value: string): void {
  write('hash', name, value);
}

function follow(event: MouseEvent): void {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.getAttribute('href')?.startsWith('#')) return;
  if (isOperator(link.pathname) !== isOperator(path)) return;
  event.preventDefault();
  void go(link.pathname + link.search + link.hash);
}

async function returned(event: PopStateEvent): Promise<void> {
  const left = path;
  depths.set(step.step, scrollY);
  step = (event.state as Step | null) ?? { step: ++last, from: '' };
  back = true;
  arrive();
  await tick();
  scrollTo(0, depths.get(step.step) ?? 0);
  if (left !== path) document.querySelector<HTMLElement>(`a[href="${CSS.escape(left)}"]`)?.focus({ preventScroll: true });
}

addEventListener('popstate', (event) => void returned(event));
document.addEventListener('click', follow);
