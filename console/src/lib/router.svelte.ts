// SPDX-License-Identifier: Apache-2.0
// Where we are: the address is the state. Ordinary links to our own pages are followed without a reload. What a person
// typed into a filter stands in the fragment: it may be a name, and the fragment is never sent to the service.
import { tick } from 'svelte';

export type Place =
  | { page: 'sign-in' | 'claim' | 'recover' | 'devices' | 'access' | 'missing' }
  | { page: 'device'; id: string };

function placeOf(path: string): Place {
  const device = /^\/devices\/([A-Za-z0-9_-]+)\/?$/.exec(path);
  if (device) return { page: 'device', id: device[1]! };
  switch (path.replace(/\/$/, '')) {
    case '':
    case '/devices':
      return { page: 'devices' };
    case '/access':
      return { page: 'access' };
    case '/sign-in':
      return { page: 'sign-in' };
    case '/claim':
      return { page: 'claim' };
    case '/recover':
      return { page: 'recover' };
  }
  return { page: 'missing' };
}

let path = $state(location.pathname);
let fragment = $state(location.hash);
const place = $derived(placeOf(path));

export const route = {
  get place(): Place {
    return place;
  },
  get path(): string {
    return path;
  },
  filter(name: string): string {
    return new URLSearchParams(fragment.slice(1)).get(name) ?? '';
  },
};

function arrive(): void {
  path = location.pathname;
  fragment = location.hash;
}

/** Goes to a page, and puts the focus where reading begins. */
export async function go(to: string, how: 'push' | 'replace' = 'push'): Promise<void> {
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', to);
  arrive();
  await tick();
  scrollTo(0, 0);
  document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}

/** Writes a filter into the address without a new step in the history; an empty one leaves it. */
export function setFilter(name: string, value: string): void {
  const filters = new URLSearchParams(location.hash.slice(1));
  if (value === '') filters.delete(name);
  else filters.set(name, value);
  const text = filters.toString();
  history.replaceState(null, '', location.pathname + (text && `#${text}`));
  arrive();
}

function follow(event: MouseEvent): void {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.getAttribute('href')?.startsWith('#')) return;
  event.preventDefault();
  void go(link.pathname + link.hash);
}

addEventListener('popstate', arrive);
document.addEventListener('click', follow);
