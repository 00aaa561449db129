// SPDX-License-Identifier: Apache-2.0
// Who the ids of accounts and devices are, read in this session and gone with it. The devices' names are one list; whose an
// account is stands on its device alone, so that a device is opened for it: once, and only where it is asked for.
import { api } from '../api';
import type { Device, DeviceAccount } from '../types';
import { devices as shownDevices } from './devices.svelte';
import { may, onLeave } from './session.svelte';
import { shortId } from './words';

const pageLength = 500;
const mostOpened = 20;

class Names {
  devices = $state.raw<Device[]>([]);
  state = $state<'unread' | 'reading' | 'read'>('unread');
  #accounts = $state.raw(new Map<string, { account: DeviceAccount; device: string }>());
  /** Of this session: what another one began to read is dropped. */
  #opened = new Map<string, Promise<void>>();

  /** The names of all devices, where the role reads any; what cannot be had is shown by its id. */
  async load(): Promise<void> {
    if (this.state !== 'unread' || !may('read')) return;
    this.state = 'reading';
    const opened = this.#opened;
    try {
      const found: Device[] = [];
      for (let cursor: string | null = null; ; ) {
        const page = await api.devices({ ...shownDevices.nothing, sort: 'name' }, cursor, pageLength);
        found.push(...page.items);
        cursor = page.next;
        if (cursor === null) break;
      }
      if (this.#opened === opened) Object.assign(this, { devices: found, state: 'read' });
    } catch {
      if (this.#opened === opened) this.state = 'unread';
    }
  }

  /** The accounts of a device, opened at most once. */
  async open(device: string): Promise<void> {
    if (!may('read')) return;
    const known = this.#opened.get(device);
    if (known) return known;
    const opening = this.#read(device);
    this.#opened.set(device, opening);
    opening.catch(() => this.#opened.delete(device));
    return opening;
  }

  /** The accounts of a few devices; of more, names are known once one is looked at. */
  async openSome(devices: string[]): Promise<void> {
    await Promise.allSettled([...new Set(devices)].slice(0, mostOpened).map((device) => this.open(device)));
  }

  /** Opens one device after the other until the names of these accounts are known. */
  async find(accounts: string[]): Promise<void> {
    await this.load();
    for (const { id } of this.devices) {
      if (accounts.every((account) => this.#accounts.has(account))) return;
      await this.open(id);
    }
  }

  accountsOf(device: string): DeviceAccount[] {
    return [...this.#accounts.values()].filter((one) => one.device === device).map(({ account }) => account);
  }

  knows(id: string): boolean {
    return this.#accounts.has(id) || this.devices.some((one) => one.id === id && one.name !== null);
  }

  /** A name, or the end of the id where none is known. */
  of(id: string): string {
    return this.#accounts.get(id)?.account.name ?? this.devices.find((one) => one.id === id)?.name ?? shortId(id);
  }

  /** "anna on web-01" */
  whole(id: string): string {
    const account = this.#accounts.get(id);
    return account ? `${this.of(id)} on ${this.of(account.device)}` : this.of(id);
  }

  forget(): void {
    this.#opened = new Map();
    this.#accounts = new Map();
    Object.assign(this, { devices: [], state: 'unread' });
  }

  async #read(device: string): Promise<void> {
    const opened = this.#opened;
    const { accounts } = await api.device(device);
    if (this.#opened !== opened) return;
    this.#accounts = new Map([...this.#accounts, ...accounts.map((account) => [account.id, { account, device }] as const)]);
  }
}

export const names = new Names();
onLeave(() => names.forget());
