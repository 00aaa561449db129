// SPDX-License-Identifier: Apache-2.0
// The roles of a client's people (src/keyring/rights.c) in words.
import type { Role } from '../types';

const roles: Record<Role, { name: string; does: string }> = {
  owner: { name: 'Owner', does: 'everything: devices, people, tokens, signs policies and elevations, answers requests' },
  administrator: { name: 'Administrator', does: 'reads, adds and removes devices, signs policies and elevations once given the key, reads the audit log' },
  approver: { name: 'Approver', does: 'answers requests for access, and elevations once given the key, and reads the audit log, but no device' },
  auditor: { name: 'Auditor', does: 'reads the audit log and the requests, and opens nothing' },
  viewer: { name: 'Viewer', does: 'reads the devices, their launches and the rules' },
};

export function roleName(role: Role): string {
  return roles[role]?.name ?? role;
}

/** As a choice: "Viewer: reads the devices". */
export const roleOptions: [value: string, text: string][] = Object.entries(roles)
  .reverse()
  .map(([role, { name, does }]) => [role, `${name}: ${does}`]);

export function roleDoes(role: Role): string {
  return roles[role]?.does ?? '';
}

/** Whether the removal of such a member takes a second person. */
export function isTrusted(role: Role): boolean {
  return role === 'owner' || role === 'administrator' || role === 'approver';
}

/** Whether such a member may answer requests. */
export function answers(role: Role): boolean {
  return role === 'owner' || role === 'approver';
}
