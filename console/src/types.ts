// SPDX-License-Identifier: Apache-2.0
// What the API gives beyond the concepts, which the service prints itself: docs/describe/types.ts.
import type { Account, Address, Device, Group, Program, Tenant, User } from '../../docs/describe/types';

export type { Account, Address, Device, Group, Program, Tenant, User };

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type Role = 'owner' | 'administrator' | 'viewer';

export interface Session {
  tenant: Tenant;
  user: User | null;
  role: Role;
  since: string;
  until: string;
}

/** An account as a device shows it: `system` are those below the machine's UID_MIN. */
export interface DeviceAccount extends Account {
  system: boolean;
}

export interface DeviceWhole extends Device {
  addresses: Address[];
  accounts: DeviceAccount[];
  groups: Group[];
  programs: Program[];
}

export interface Token {
  id: string;
  name: string;
  role: Role;
  made: string;
  until: string;
  used: string | null;
}

export interface DeploymentKey {
  id: string;
  name: string;
  made: string;
  until: string;
  uses: number;
  used: number;
}

/** Shown once: the answer to making one, and never again. */
export type NewToken = Token & { token: string };
export type NewDeploymentKey = DeploymentKey & { key: string };

export interface Claimed {
  tenant: Tenant;
  kit: string;
}
