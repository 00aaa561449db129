// SPDX-License-Identifier: Apache-2.0
// The few things the browser keeps between visits: the last organisation, the theme. Never anything that was sealed.

type Name = 'tenant' | 'theme';

export function recall(name: Name): string {
  try {
    return localStorage.getItem(`custody.${name}`) ?? '';
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
