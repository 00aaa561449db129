// SPDX-License-Identifier: Apache-2.0
// The few things the browser keeps between visits: the last organisation, the theme; and for one tab, while it is at a sign-in
// provider, which command line waits for it. Never anything that was sealed.

type Name = 'tenant' | 'theme';

export function recall(name: Name): string {
  try {
    return localStorage.getItem(`custody.${name}`) ?? '';
  } catch {
    return '';
  }
}

const away = 'custody.away';
const awayMs = 10 * 60_000;

/** Where this tab goes on once somebody is back from their sign-in provider: an address of the console, for minutes. */
export function leaveAt(address: string): void {
  try {
    sessionStorage.setItem(away, `${Date.now()} ${address}`);
  } catch {
    // They come to the first page, as ever.
  }
}

/** That address, once; empty where there is none. */
export function leftAt(): string {
  try {
    const [at, address] = (sessionStorage.getItem(away) ?? '').split(' ');
    sessionStorage.removeItem(away);
    return address?.startsWith('/cli#') && Date.now() - Number(at) < awayMs ? address : '';
  } catch {
    return '';
  }
}

export function remember(name: Name, value: string): void {
  try {
    if (value === '') localStorage.removeItem(`custody.${name}`);
    else localStorage.setItem(`custody.${name}`, value);
  } catch {
    // A browser that keeps nothing still works.
  }
}
