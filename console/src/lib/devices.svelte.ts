// SPDX-License-Identifier: Apache-2.0
// The list of devices, with two counts beside its own.
import { api } from '../api';
import type { Device, DeviceAsk } from '../types';
import { List } from './list.svelte';

const nothing: DeviceAsk = { name: '', state: '', sort: '-enrolled' };

class Devices extends List<Device, DeviceAsk> {
  /** How many there are at all, and wait for approval; null where that is not known. */
  all = $state<number | null>(null);
  waiting = $state<number | null>(null);

  constructor() {
    super(nothing, ['name'], api.devices);
  }

  /** What was done to a device elsewhere; null where it was deleted. */
  alter(id: string, change: Partial<Device> | null): void {
    this.items = this.items.flatMap((one) => (one.id !== id ? [one] : change ? [{ ...one, ...change }] : []));
  }

  override forget(): void {
    super.forget();
    Object.assign(this, { all: null, waiting: null });
  }

  /** Where they cannot be had, the list does without. */
  protected override async beside(signal: AbortSignal): Promise<Partial<this>> {
    try {
      const all = (await this.read(nothing, null, 1, signal)).total;
      const waiting = (await this.read({ ...nothing, state: 'pending' }, null, 1, signal)).total;
      return { all, waiting } as Partial<this>;
    } catch {
      return {};
    }
  }
}

export const devices = new Devices();
