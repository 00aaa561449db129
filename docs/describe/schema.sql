-- Printed by `custody describe sql` from the concepts: do not edit.

-- An enrolled endpoint.
create table if not exists devices (
  tenant bytea not null,
  id bytea not null,
  enrolled bigint not null,
  seen bigint not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);

-- The addresses of a device.
create table if not exists addresses (
  tenant bytea not null,
  id bytea not null,
  device bytea not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);
create index if not exists addresses_of_device on addresses (tenant, device);

-- The accounts of a device.
create table if not exists accounts (
  tenant bytea not null,
  id bytea not null,
  device bytea not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);
create index if not exists accounts_of_device on accounts (tenant, device);

-- The groups of a device.
create table if not exists groups (
  tenant bytea not null,
  id bytea not null,
  device bytea not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);
create index if not exists groups_of_device on groups (tenant, device);

-- The programs installed on a device.
create table if not exists programs (
  tenant bytea not null,
  id bytea not null,
  device bytea not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);
create index if not exists programs_of_device on programs (tenant, device);

-- What a client lets be collected.
create table if not exists collections (
  tenant bytea not null,
  id bytea not null,
  computer_name bigint not null,
  mac_address bigint not null,
  usernames bigint not null,
  logged_in bigint not null,
  ip_addresses bigint not null,
  connecting_ip bigint not null,
  programs bigint not null,
  launches bigint not null,
  version bigint not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);

-- A signed policy, which the endpoints follow.
create table if not exists policies (
  tenant bytea not null,
  id bytea not null,
  number bigint not null,
  made bigint not null,
  until bigint not null,
  by text not null,
  digest text not null,
  note text not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);

-- What an endpoint says of the policy it follows.
create table if not exists followings (
  tenant bytea not null,
  id bytea not null,
  number bigint not null,
  enforcing bigint not null,
  trouble text not null,
  since bigint not null,
  restarts bigint not null,
  stops bigint not null,
  late bigint not null,
  stopped bigint not null,
  lost bigint not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);

-- Which accounts an endpoint is told to withhold, by their ids, in a note that the client signed.
create table if not exists withholdings (
  tenant bytea not null,
  id bytea not null,
  number bigint not null,
  made bigint not null,
  told bigint not null,
  heard bigint not null,
  note text not null,
  subject bytea not null,
  entries bigint not null,
  changed bigint not null,
  sealed bytea,
  seq bigint not null,
  primary key (tenant, id)
);
