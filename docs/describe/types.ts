// SPDX-License-Identifier: Apache-2.0
// Printed by `custody describe types` from the concepts: do not edit.

/** A client organisation. */
export interface Tenant {
  id: string;
  realm: string;
  name: string;
  state: string;
  made: string;
}

/** A person of the client who signs in to the console. */
export interface User {
  id: string;
  role: string;
  made: string;
  full_name: string | null;
  username: string | null;
  email: string | null;
}

/** An enrolled endpoint. */
export interface Device {
  id: string;
  enrolled: string;
  seen: string;
  name: string | null;
}

/** The addresses of a device. */
export interface Address {
  mac: string | null;
  ip: string | null;
  connected_from: string | null;
}

/** The accounts of a device. */
export interface Account {
  id: string;
  name: string | null;
  logged_in: boolean;
}

/** The groups of a device. */
export interface Group {
  name: string | null;
  account: string[];
}

/** The programs installed on a device. */
export interface Program {
  name: string | null;
  version: string | null;
}

/** What a client lets be collected. */
export interface Collection {
  id: string;
  computer_name: boolean;
  mac_address: boolean;
  usernames: boolean;
  logged_in: boolean;
  ip_addresses: boolean;
  connecting_ip: boolean;
  programs: boolean;
  launches: boolean;
  version: number;
}

/** Applications that were launched on a device. */
export interface Launch {
  at: string;
  decision: number;
  count: number;
  policy: number;
  rule: number;
  account: string;
  path: string | null;
  sha256: string | null;
  package: string | null;
  parent: string | null;
  args: string | null;
  script: string | null;
  reason: string | null;
  emergency: boolean;
}

/** Requests for approval of what is to run with other rights on a device. */
export interface Elevation {
  id: string;
  account: string;
  policy: number;
  made: string;
  minutes: number;
  state: string | null;
  runs_as: number;
  path: string | null;
  args: string | null;
  reason: string | null;
}

/** A signed policy, which the endpoints follow. */
export interface Policy {
  id: string;
  number: number;
  made: string;
  until: string;
  by: string;
  digest: string;
  note: string;
}

/** What an endpoint says of the policy it follows. */
export interface Following {
  id: string;
  number: number;
  enforcing: boolean;
  trouble: string;
  since: string;
  restarts: number;
  stops: number;
  late: number;
  stopped: number;
  lost: number;
}

/** A mail or a post to an address that the client gave for notices: something happened, and where it can be seen. */
export interface Notice {
  id: string;
  kind: string;
  count: number;
  about: string;
  address: string;
  state: string;
  made: string;
  sent: string;
  next: string;
  tries: number;
  trouble: string;
}

/** Which accounts an endpoint is told to withhold, by their ids, in a note that the client signed. */
export interface Withholding {
  id: string;
  number: number;
  made: string;
  told: number;
  heard: string;
  note: string;
}

/** An address of the client's that notices are posted to, signed with a secret that both sides have. */
export interface Webhook {
  id: string;
  url: string;
  state: string;
  made: string;
  both: string;
  delivered: string;
  trouble: string;
}
