// SPDX-License-Identifier: Apache-2.0
// The items of the closed list that a client may switch off, in the policy's words (src/concept/purpose.h), and what
// becomes of what is kept of them.
import type { Switches } from '../types';

type Key = keyof Switches;

export interface Item {
  key: Key;
  words: string;
  /** What switching it off removes. */
  removes: string;
  /** How the sentence about its removal goes on. */
  then: string;
}

const stays = 'and stays on the machine.';
const stay = 'and stay on the machine.';

export const items: Item[] = [
  { key: 'computer_name', words: 'computer name', removes: 'the names of all devices', then: `${stays} Devices are listed by their id.` },
  { key: 'mac_address', words: 'MAC address', removes: 'the MAC addresses', then: stays },
  { key: 'usernames', words: 'usernames and groups', removes: 'all accounts and groups', then: `${stay} With them goes who is logged in.` },
  { key: 'logged_in', words: 'currently logged-in user', removes: 'who is logged in', then: stays },
  { key: 'ip_addresses', words: 'IP addresses of the endpoint', removes: 'the IP addresses', then: stay },
  {
    key: 'connecting_ip', words: 'IP address used to connect', removes: 'the addresses that devices connected from',
    then: 'and noted no more. The service still sees it while a machine is connected.',
  },
  { key: 'programs', words: 'installed programs', removes: 'all lists of programs', then: stay },
  { key: 'launches', words: 'details about launched applications', removes: 'all recorded launches', then: stay },
];

/** What stands by itself goes at once; what shares a record with what stays goes with the machine's next report. */
export function isRemovedAtOnce(key: Key, after: Switches): boolean {
  switch (key) {
    case 'computer_name':
    case 'usernames':
    case 'programs':
    case 'launches':
      return true;
    case 'logged_in':
      return !after.usernames;
    case 'mac_address':
    case 'ip_addresses':
    case 'connecting_ip':
      return !after.mac_address && !after.ip_addresses && !after.connecting_ip;
  }
}
