// SPDX-License-Identifier: Apache-2.0
// Where we are: the address is the state. Ordinary links to our own pages are followed without a reload. What a person
// typed into a filter stands in the fragment: it may be a name, and the fragment is in no request for a page and in no
// log of them. Going back finds a page as far down as it was left, and the focus on the link that one had followed.
import { tick } from 'svelte';

export type Place =
  | { page: 'sign-in' | 'claim' | 'recover' | 'devices' | 'collection' | 'access' | 'policy' | 'log' | 'missing' }
  | { page: 'join' | 'waiting' | 'people' | 'requests' | 'process' | 'sessions' | 'licence' }
  | { page: 'join' | 'waiting' | 'people' | 'requests' | 'process' | 'sessions' | 'snapshots' }
  | { page: 'join' | 'waiting' | 'people' | 'requests' | 'process' | 'sessions' | 'storage' }
  | { page: 'join' | 'waiting' | 'people' | 'requests' | 'process' | 'sessions' | 'privacy' }
  | { page: 'launches' | 'rules' | 'rules-edit' | 'elevations' | 'elevation-code' }
  | { page: 'handover' }
  | { page: 'device' | 'request' | 'policy-number' | 'elevation'; id: string };
  | { page: 'join' | 'waiting' | 'people' | 'requests' | 'process' | 'sessions' | 'erasure' }
  | { page: 'launches' | 'rules' | 'rules-edit' | 'elevations' | 'elevation-code' }
  | { page: 'device' | 'request' | 'policy-number' | 'elevation' | 'erased'; id: string };

const ofOne = [
  { page: 'device', path: /^\/devices\/([A-Za-z0-9_-]+)\/?$/ },
  { page: 'request', path: /^\/requests\/([A-Za-z0-9_-]+)\/?$/ },
  { page: 'elevation', path: /^\/elevations\/(elv_[A-Za-z0-9_-]+)\/?$/ },
  { page: 'erased', path: /^\/certificates\/(era_[a-z2-7]{26})\/?$/ },
  { page: 'policy-number', path: /^\/rules\/([1-9]\d{0,15})\/?$/ },
] as const;

function placeOf(path: string): Place {
  for (const { page, path: form } of ofOne) {
    const found = form.exec(path);
    if (found) return { page, id: found[1]! };
  }
  switch (path.replace(/\/$/, '')) {
    case '':
    case '/devices':
      return { page: 'devices' };
    case '/collection':
      return { page: 'collection' };
    case '/access':
      return { page: 'access' };
    case '/policy':
      return { page: 'policy' };
    case '/log':
      return { page: 'log' };
    case '/people':
      return { page: 'people' };
    case '/privacy':
      return { page: 'privacy' };
    case '/sessions':
      return { page: 'sessions' };
    case '/licence':
      return { page: 'licence' };
    case '/snapshots':
      return { page: 'snapshots' };
    case '/handover':
      return { page: 'handover' };
    case '/erasure':
      return { page: 'erasure' };
    case '/requests':
      return { page: 'requests' };
    case '/process':
      return { page: 'process' };
    case '/storage':
      return { page: 'storage' };
    case '/launches':
      return { page: 'launches' };
    case '/rules':
      return { page: 'rules' };
    case '/rules/edit':
      return { page: 'rules-edit' };
    case '/elevations':
      return { page: 'elevations' };
    case '/elevations/code':
      return { page: 'elevation-code' };
    case '/join':
      return { page: 'join' };
    case '/waiting':
      return { page: 'waiting' };
    case '/sign-in':
      return { page: 'sign-in' };
    case '/claim':
      return { page: 'claim' };
    case '/recover':
      return { page: 'recover' };
  }
  return { page: 'missing' };
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
