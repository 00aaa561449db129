// SPDX-License-Identifier: Apache-2.0
// What a command line asks for in the address that it printed. All of it stands in the fragment: it is in no request.
import { route } from './router.svelte';

export interface Asking {
  challenge: string;
  /** Where it listens on this machine; 0 where the browser is elsewhere. */
  port: number;
  /** What it says that its machine is called; empty where it says nothing fit to be shown. */
  from: string;
}

/** Null where the address was not copied whole. Nothing but a port is taken: a code goes to this machine and no further. */
export function asking(): Asking | null {
  const challenge = route.filter('challenge');
  const port = route.filter('port');
  const from = route.filter('from');
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge) || !/^([1-9][0-9]{0,4})?$/.test(port) || Number(port) > 65535) return null;
  return { challenge, port: Number(port), from: /^[A-Za-z0-9.-]{1,253}$/.test(from) ? from : '' };
}

/** The eight letters that the command line shows of its challenge. */
export async function shownOf(challenge: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(challenge)));
  const bits = [...hash.slice(0, 5)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{5}/g)!.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}

export const placeOf = (port: number, code: string) => `http://127.0.0.1:${port}/?code=${encodeURIComponent(code)}`;
