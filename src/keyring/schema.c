/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/schema.h"

/* What every other key is wrapped in. */
static const char keys[] =
    "create table if not exists state (one bigint primary key, slot bigint not null);"
    "create table if not exists shards (id bytea primary key, tenant bytea not null, key bytea not null,"
    " cells bigint not null, marked bigint not null);"
    "create index if not exists shards_of on shards (tenant, cells);"
    "create table if not exists cells (id bytea not null, cell bigint not null, shard bytea not null,"
    " sealed bytea not null, primary key (id, cell));"
    "create index if not exists cells_of on cells (shard);";

/* The clients, their members, members to be, and who is in session. */
static const char people[] =
    "create table if not exists tenants (id bytea primary key, realm bytea not null, name text not null unique,"
    " state text not null, made bigint not null, salt bytea not null, claim bytea, claim_until bigint,"
    " public bytea, recovery bytea);"
    "create table if not exists members (id bytea primary key, tenant bytea not null, kind text not null,"
    " role text not null, name text, public bytea not null, find bytea, made bigint not null, until bigint not null,"
    " used bigint not null);"
    "create unique index if not exists members_found on members (tenant, find);"
    "create table if not exists invitations (id bytea primary key, tenant bytea not null, role text not null,"
    " digest bytea not null, made bigint not null, until bigint not null, by bytea not null);"
    "create table if not exists sessions (id bytea primary key, tenant bytea not null, member bytea not null,"
    " epoch bytea not null, since bigint not null, until bigint not null);"
    "create index if not exists sessions_of on sessions (member);"
    /* The key that signs policies: `kept` where its seed is here, wrapped; `number` is the last policy's. */
    "create table if not exists signers (tenant bytea primary key, key text not null, kept bigint not null,"
    " made bigint not null, number bigint not null);"
    "create table if not exists epochs (id bytea primary key, made bigint not null, number bigint not null);"
    "create table if not exists opens (bearer bytea primary key, hour bigint not null, count bigint not null);";

/* Members' authenticators: the last step a code was taken for, and how many were wrong since when. */
static const char authenticators[] =
    "create table if not exists authenticators (member bytea primary key, step bigint not null, wrong bigint not null,"
    " since bigint not null, pending bigint not null, confirmed bigint not null);";

/* Members' passkeys: `find` is of the credential's id, `opens` where it brings the key; and challenges that were taken. */
static const char passkeys[] =
    "create table if not exists passkeys (id bytea primary key, tenant bytea not null, member bytea not null,"
    " find bytea not null, count bigint not null, made bigint not null, used bigint not null, opens bigint not null);"
    "create unique index if not exists passkeys_found on passkeys (tenant, find);"
    "create index if not exists passkeys_of on passkeys (member);"
    "create table if not exists challenges (digest bytea primary key, until bigint not null) without rowid;";

/* Whom and what records are sealed to. */
static const char subjects[] =
    "create table if not exists entries (id bytea primary key, tenant bytea not null, device bytea, kind text not null,"
    " public bytea, made bigint not null, epoch bigint not null, dead bigint);"
    "create index if not exists entries_of on entries (tenant, device);";

/* Devices, and what lets them in. */
static const char endpoints[] =
    "create table if not exists deployments (id bytea primary key, tenant bytea not null, name text not null,"
    " digest bytea not null, made bigint not null, until bigint not null, uses bigint not null, used bigint not null,"
    " pattern text not null, hold bigint not null);"
    "create table if not exists devices (id bytea primary key, tenant bytea not null, deployment bytea not null,"
    " digest bytea not null unique, certificate text not null, made bigint not null, state text not null);"
    "create index if not exists devices_held on devices (tenant) where state in ('pending', 'revoked');"
    "create table if not exists authorities (id bytea primary key, certificate text not null);"
    /* Agents that are not ours: the digest of a node key, and the keyed hash of each name of theirs. */
    "create table if not exists foreign_nodes (device bytea primary key, digest bytea, heard bigint not null);"
    "create table if not exists foreign_accounts (device bytea not null, hash bytea not null, account bytea not null,"
    " primary key (device, hash)) without rowid;";

/* Entries on their way into the logs, and what signs these. */
static const char evidence[] =
    "create table if not exists logs (id bytea primary key, origin text not null, key text not null,"
    " clock text not null, entries bigint not null, size bigint not null, peaks bytea not null, checkpoint text,"
    " signed bigint not null, told bigint not null);"
    "create index if not exists logs_signed on logs (signed);"
    "create table if not exists journal (log bytea not null, seq bigint not null, entry bytea not null,"
    " primary key (log, seq)) without rowid;"
    "create table if not exists refusals (log bytea primary key, count bigint not null, told bigint not null);"
    "create table if not exists witnesses (log bytea primary key, url text not null, key text not null,"
    " size bigint not null, seen bigint not null, failures bigint not null, due bigint not null, trouble text not null);"
    "create index if not exists witnesses_due on witnesses (due);";

/* The process by which a client's people say yes; requests keep the one they were made under. */
static const char requests[] =
    "create table if not exists processes (id bytea primary key, tenant bytea not null, number bigint not null,"
    " longest bigint not null);"
    "create unique index if not exists processes_of on processes (tenant, number);"
    "create table if not exists levels (process bytea not null, level bigint not null, need bigint not null,"
    " named bigint not null, primary key (process, level)) without rowid;"
    "create table if not exists level_members (process bytea not null, level bigint not null, member bytea not null,"
    " primary key (process, level, member)) without rowid;"
    "create table if not exists requests (id bytea primary key, tenant bytea not null, kind text not null,"
    " state text not null, by bytea not null, made bigint not null, until bigint not null, level bigint not null,"
    " process bytea not null, case_id text, reason text, words bytea, acts text, minutes bigint, member bytea);"
    "create index if not exists requests_of on requests (tenant, made);"
    "create index if not exists requests_by on requests (by, made);"
    "create index if not exists requests_live on requests (state) where state in ('open', 'approved');"
    "create table if not exists request_devices (request bytea not null, device bytea not null,"
    " primary key (request, device)) without rowid;"
    "create table if not exists answers (request bytea not null, member bytea not null, level bigint not null,"
    " yes bigint not null, at bigint not null, primary key (request, member)) without rowid;";

/* A grant's key has two halves: one is a cell here, the other is sealed to the staff member it is for. */
static const char grants[] =
    "create table if not exists grants (request bytea primary key, staff bytea not null, public bytea not null,"
    " half bytea not null, from_at bigint not null, until bigint not null, boot bigint not null,"
    " ended bigint not null, opens bigint not null, approval text not null);"
    "create table if not exists granted (id bytea primary key, request bytea not null, subject bytea not null);"
    "create unique index if not exists granted_under on granted (request, subject);"
    "create index if not exists granted_of on granted (subject);"
    "create table if not exists approval_keys (tenant bytea primary key, key text not null);";

/* What binds the provider's people, who are the members of the zero tenant, and the orders they give. */
static const char staff[] =
    "create table if not exists service (one bigint primary key, salt bytea not null);"
    "create table if not exists agreements (number bigint primary key, version text not null unique,"
    " text text not null, digest bytea not null, made bigint not null);"
    "create table if not exists signatures (staff bytea not null, agreement bigint not null,"
    " signature bytea not null, at bigint not null, primary key (staff, agreement)) without rowid;"
    "create table if not exists trainings (staff bytea not null, topic text not null, at bigint not null,"
    " by bytea not null);"
    "create index if not exists trainings_of on trainings (staff, topic, at);"
    "create table if not exists standards (number bigint primary key, body text not null, reference text not null,"
    " scope text not null, until bigint not null, made bigint not null);"
    "create table if not exists orders (id bytea primary key, act text not null, target bytea not null,"
    " name text not null, by bytea not null, made bigint not null, until bigint not null, state text not null,"
    " second bytea);";

/* Requests for approval of elevations: what is to run is sealed to its subject. */
static const char elevations[] =
    "create table if not exists elevations (id bytea primary key, tenant bytea not null, device bytea not null,"
    " account bytea not null, subject bytea not null, policy bigint not null, minutes bigint not null,"
    " state text not null, made bigint not null, until bigint not null, answered_by bytea, answered bigint,"
    " used bigint, sealed bytea not null, note text not null default '');"
    "create index if not exists elevations_of on elevations (tenant, made);"
    "create index if not exists elevations_open on elevations (device) where state = 'open';";

/* What the jobs process has to do, and how far it is. */
static const char works[] =
    "create table if not exists works (id bytea primary key, tenant bytea not null, kind text not null,"
    " target bytea not null, words text not null, by bytea not null, prefix text not null, made bigint not null,"
    " state text not null, begun bigint not null, ended bigint not null, done bigint not null, total bigint not null,"
    " note text not null);"
    "create index if not exists works_of on works (tenant, made);"
    "create index if not exists works_live on works (state) where state in ('waiting', 'running');";

/* What a client has agreed, the orders that would hasten it, what has happened since, and the clock that is believed. */
static const char contracts[] =
    "create table if not exists contracts (tenant bytea primary key, licence_end text not null,"
    " contract_end text not null, not_renewed text not null, offset_minutes bigint not null,"
    " grace_days bigint not null, keep_months bigint not null, keep_snapshots bigint not null,"
    " capacity bigint not null, changed bigint not null);"
    "create table if not exists contract_drafts (tenant bytea primary key, terms bytea not null);"
    "create table if not exists life_facts (tenant bytea not null, fact text not null, at bigint not null,"
    " primary key (tenant, fact)) without rowid;"
    "create table if not exists frozen_snapshots (tenant bytea not null, snapshot bytea not null,"
    " primary key (tenant, snapshot)) without rowid;"
    "create table if not exists confirmed_clock (one bigint primary key, wall bigint not null, boot bigint not null,"
    " seen bigint not null, seen_boot bigint not null, held bytea not null, since bigint not null, expect bigint not null);";

/* What clients keep for a case: the reason is sealed to them. */
static const char holds[] =
    "create table if not exists holds (id bytea primary key, tenant bytea not null, kind text not null,"
    " target bytea not null, case_id text not null, words bytea not null, public bytea not null, by bytea not null,"
    " made bigint not null, released bigint not null);"
    "create index if not exists holds_of on holds (tenant, made);"
    "create table if not exists held (id bytea primary key, hold bytea not null, subject bytea not null,"
    " public bytea not null);"
    "create index if not exists held_of on held (subject);"
    "create unique index if not exists held_by on held (hold, subject);";

/* What goes out to the clients. */
static const char outbox[] =
    "create table if not exists notice_addresses (tenant bytea not null, address text not null,"
    " primary key (tenant, address)) without rowid;"
    "create table if not exists notices (id bytea primary key, tenant bytea not null, kind text not null,"
    " count bigint not null, link text not null, address text not null, state text not null, made bigint not null,"
    " tries bigint not null, due bigint not null, sent bigint not null, trouble text not null);"
    "create index if not exists notices_of on notices (tenant, made);"
    "create index if not exists notices_due on notices (due) where state = 'waiting';";

/* Snapshots that there are, and how often the key around a client's was given out. Their own rows are elsewhere. */
static const char snapshots[] =
    "create table if not exists snapshot_keys (tenant bytea primary key, signer text not null, made bigint not null,"
    " uses bigint not null, used bigint not null);"
    "create table if not exists snapshots (id bytea primary key, tenant bytea not null, made bigint not null,"
    " why text not null, rows bigint not null, bytes bigint not null, new_bytes bigint not null,"
    " segments bigint not null, blobs bigint not null, same_device bigint not null, state text not null,"
    " verified bigint not null, wrong bigint not null, trouble text not null);"
    "create index if not exists snapshots_of on snapshots (tenant, made);";

/* Where what goes out is posted to as well; a notice to one has its URL for its address. */
static const char hooks[] =
    "create table if not exists webhooks (id bytea primary key, tenant bytea not null, url text not null,"
    " state text not null, made bigint not null, both bigint not null, delivered bigint not null,"
    " trouble text not null);"
    "create unique index if not exists webhooks_of on webhooks (tenant, url);"
    "create index if not exists webhooks_both on webhooks (both) where both > 0;"
    "create index if not exists notices_posted on notices (tenant, address) where state = 'waiting';";

/* The last restores that were tried: an empty store built from a snapshot, and what came of it. */
static const char drills[] =
    "create table if not exists drills (tenant bytea not null, at bigint not null, snapshot bytea not null,"
    " rows bigint not null, bytes bigint not null, ms bigint not null, trouble text not null,"
    " primary key (tenant, at)) without rowid;";

/* How far into the erasure ledger this keyring has come. */
static const char destructions[] =
    "create table if not exists destructions (one bigint primary key, lines bigint not null, hash bytea not null);";

/* How long what is kept stays, and which warning of its room stands. */
static const char retention[] =
    "create table if not exists retentions (tenant bytea not null, kind text not null, least bigint not null,"
    " most bigint not null, primary key (tenant, kind)) without rowid;"
    "create table if not exists storage_told (tenant bytea primary key, level bigint not null, day bigint not null,"
    " change bigint not null, seen bigint not null);";

/* People who were forgotten, by ids alone; and what their endpoints are told to withhold. `dropped`: no writer holds a data
 * key of theirs any more; `removed`: their rows are gone; `rolled`: what copies of the keyring hold of them is dead. */
static const char privacy[] =
    "create table if not exists forgotten (id bytea primary key, tenant bytea not null, by bytea not null,"
    " at bigint not null, mentions bigint not null, entry bigint not null, dropped bigint not null,"
    " removed bigint not null, rolled bigint not null);"
    "create index if not exists forgotten_of on forgotten (tenant, at);"
    "create index if not exists forgotten_due on forgotten (at) where dropped = 0 or removed = 0 or rolled = 0;"
    "create table if not exists forgotten_subjects (subject bytea primary key, forgotten bytea not null,"
    " device bytea, withheld bigint not null, lifted bigint not null);"
    "create index if not exists forgotten_subjects_of on forgotten_subjects (forgotten);"
    "create index if not exists forgotten_subjects_at on forgotten_subjects (device) where device is not null;"
    "create table if not exists withholders (tenant bytea primary key, key text not null);"
    "create table if not exists withheld (device bytea primary key, tenant bytea not null, number bigint not null,"
    " made bigint not null, note text not null, kept bigint not null);"
    "create index if not exists withheld_due on withheld (kept) where kept = 0;";

/* What leaves the service: whom it is sealed to, each export with the entries in its scope, and the requests of people. An
 * entry's `sealed` is its private key, sealed to the export's own; null: not yet. */
static const char exports[] =
    "create table if not exists break_glass (tenant bytea primary key, recipient text not null,"
    " made bigint not null, by bytea not null);"
    "create table if not exists exports (id bytea primary key, tenant bytea not null, kind text not null,"
    " state text not null, by bytea not null, made bigint not null, until bigint not null, boot bigint not null,"
    " recipient text not null, public bytea not null, proof bytea not null, request bytea not null,"
    " entries bigint not null, sealed bigint not null, at bytea not null, opens bigint not null,"
    " size bigint not null, digest bytea not null, manifest bytea not null, files bigint not null,"
    " records bigint not null, handed bigint not null, handed_by bytea not null, receipt text not null,"
    " ended bigint not null, why text not null, gone bigint not null);"
    "create index if not exists exports_of on exports (tenant, made);"
    "create index if not exists exports_live on exports (until) where ended = 0;"
    "create index if not exists exports_gone on exports (id) where ended > 0 and gone = 0;"
    "create table if not exists exported (export bytea not null, subject bytea not null, sealed bytea,"
    " primary key (export, subject)) without rowid;"
    "create index if not exists exported_of on exported (subject);"
    "create table if not exists subject_accesses (id bytea primary key, tenant bytea not null, kind text not null,"
    " regime text not null, received bigint not null, due bigint not null, made bigint not null, by bytea not null,"
    " state text not null, closed bigint not null);"
    "create index if not exists subject_accesses_of on subject_accesses (tenant, made);"
    "create table if not exists subject_access_subjects (request bytea not null, subject bytea not null,"
    " primary key (request, subject)) without rowid;";

/* Clients whose everything is to go, is going or is gone. `entry` is the certificate's, in the client's log. */
static const char erasures[] =
    "create index if not exists devices_of on devices (tenant);"
    "create table if not exists erasures (id bytea primary key, tenant bytea not null, name text not null,"
    " asked text not null, state text not null, by bytea, second bytea, document bytea,"
    " request text not null default '', requested bigint not null, cooling bigint not null,"
    " marked bigint not null default 0, destroyed bigint not null default 0, certified bigint not null default 0,"
    " closed bigint not null default 0, commitment text not null default '', certificate text not null default '',"
    " log text not null default '', log_key text not null default '', entry bigint not null default -1);"
    "create index if not exists erasures_of on erasures (tenant);"
    "create index if not exists erasures_open on erasures (state) where state not in ('withdrawn', 'closed');"
    "create table if not exists erased_stores (erasure bytea not null, store text not null, items bigint not null,"
    " bytes bigint not null, at bigint not null, primary key (erasure, store)) without rowid;"
    "create table if not exists erasure_kept (erasure bytea not null, hold bytea not null, items bigint not null,"
    " bytes bigint not null, primary key (erasure, hold)) without rowid;"
    /* Shards whose keys are gone, until their cells are; `rolled`: the KEK that wrapped them is gone too. */
    "create table if not exists dead_shards (id bytea primary key, tenant bytea not null,"
    " rolled bigint not null) without rowid;"
    "create index if not exists dead_shards_of on dead_shards (tenant);"
    "create table if not exists certifiers (one bigint primary key, key text not null);"
    "create table if not exists order_documents (id bytea primary key, document bytea not null) without rowid;";

/* Sign-in providers: what an owner said of one, and what it says of itself (`keys` is its JWKS, as it came). Links are keyed
 * hashes. An attempt is a sign-in under way: begun, came (with a code, which waits to be exchanged), asked, known or failed;
 * `kept` is sealed under a key of its own. What a session by it can be released with is kept beside it. */
static const char single_sign_on[] =
    "create table if not exists sso_providers (tenant bytea primary key, issuer text not null, client text not null,"
    " opens text not null, claim text not null, joins text not null, changed bigint not null, login_at text not null,"
    " token_at text not null, basic bigint not null, says_issuer bigint not null, keys text not null,"
    " fetched bigint not null, asked bigint not null, due bigint not null, unknown bigint not null,"
    " trouble text not null) without rowid;"
    "create table if not exists sso_links (tenant bytea not null, hash bytea not null, member bytea not null,"
    " by bigint not null, made bigint not null, primary key (tenant, hash)) without rowid;"
    "create index if not exists sso_links_of on sso_links (member);"
    "create table if not exists sso_attempts (id bytea primary key, tenant bytea not null, what text not null,"
    " state text not null, proof bytea not null, browser bytea not null, public bytea not null, salt bytea not null,"
    " made bigint not null, until bigint not null, member bytea not null, invitation bytea not null,"
    " asked bigint not null, trouble text not null, kept bytea not null) without rowid;"
    "create index if not exists sso_attempts_of on sso_attempts (tenant, state, made);"
    "create index if not exists sso_attempts_end on sso_attempts (until);"
    "create index if not exists sso_attempts_came on sso_attempts (made) where state = 'came';"
    "create table if not exists sso_sessions (session bytea primary key, tenant bytea not null, member bytea not null,"
    " public bytea not null, salt bytea not null, token bytea, until bigint not null) without rowid;"
    "create index if not exists sso_sessions_end on sso_sessions (until);";
/* Rotations of tenants' keys: `before` is the public half that was replaced; `again`: the next one follows at once. What is
 * still sealed to it stands in `resealing`, by its place in the table of admit/rekey.c. */
static const char rotations[] =
    "create table if not exists rotations (id bytea primary key, tenant bytea not null, before bytea not null,"
    " why text not null, by bytea not null, begun bigint not null, total bigint not null, again bigint not null,"
    " done bigint not null);"
    "create unique index if not exists rotations_live on rotations (tenant) where done = 0;"
    "create index if not exists rotations_of on rotations (tenant, begun);"
    "create table if not exists resealing (tenant bytea not null, what bigint not null, id bytea not null,"
    " primary key (tenant, what, id)) without rowid;";

/* Recovery keys and their guardians, by the hash of the part that each was shown. */
static const char recoveries[] =
    "create table if not exists recoveries (id bytea primary key, tenant bytea not null, number bigint not null,"
    " need bigint not null, public bytea not null, by bytea not null, made bigint not null, state text not null,"
    " since bigint not null);"
    "create unique index if not exists recoveries_of on recoveries (tenant, number);"
    "create table if not exists recovery_parts (id bytea primary key, recovery bytea not null, member bytea not null,"
    " number bigint not null, salt bytea not null, digest bytea not null, seen bigint not null,"
    " confirmed bigint not null, rehearsed bigint not null);"
    "create unique index if not exists recovery_parts_of on recovery_parts (recovery, member);";

/* Keepers in the clients' networks, by the ids of their tokens. `gives`: the roles whose waiting members it may give the key
 * to; `once`: the public half of the pair that it answers to next. The counts are what it says of itself. */
static const char keepers[] =
    "create table if not exists keepers (id bytea primary key, tenant bytea not null, public bytea not null,"
    " made bigint not null, approved bigint not null, approved_by bytea not null, gives text not null,"
    " releases bigint not null, once bytea not null, once_until bigint not null, seen bigint not null,"
    " opened bigint not null, given bigint not null, exports bigint not null, reports bigint not null,"
    " alerts bigint not null, trouble text not null);"
    "create index if not exists keepers_of on keepers (tenant);";

/* How far each client's store has to be (keyring/behind.h): its epoch, and of one that is behind its mark where it was seen,
 * since when, and when that was accepted. `marked`: the file of the marks has been written. */
static const char marks[] =
    "create table if not exists marks (tenant bytea primary key, epoch bigint not null, mark bigint not null,"
    " seen bigint not null, since bigint not null, accepted bigint not null) without rowid;"
    "create table if not exists marked (one bigint primary key, since bigint not null);";

/* What a client's directory has told: its groups, named by a keyed hash and a sealed label, and who is in them, by ids; which
 * groups give which role; and when it was heard last, with how much of what it said that is not kept. */
static const char provisioning[] =
    "create table if not exists scim_setups (tenant bytea primary key, otherwise text not null, heard bigint not null,"
    " ignored bigint not null);"
    "create table if not exists scim_roles (id bytea primary key, tenant bytea not null, hash bytea not null,"
    " role text not null);"
    "create unique index if not exists scim_roles_of on scim_roles (tenant, hash);"
    "create table if not exists scim_groups (id bytea primary key, tenant bytea not null, hash bytea not null,"
    " made bigint not null, changed bigint not null, edition bigint not null);"
    "create unique index if not exists scim_groups_of on scim_groups (tenant, hash);"
    "create table if not exists scim_members (grp bytea not null, member bytea not null, is_group bigint not null,"
    " primary key (grp, member)) without rowid;"
    "create index if not exists scim_members_in on scim_members (member);";

/* Codes that sign the command line in, for minutes: by which session each was approved, for the secret of which hash. */
static const char command_line[] =
    "create table if not exists cli_codes (id bytea primary key, tenant bytea not null, member bytea not null,"
    " session bytea not null, challenge bytea not null, until bigint not null) without rowid;"
    "create index if not exists cli_codes_of on cli_codes (session);"
    "create index if not exists cli_codes_end on cli_codes (until);";

/* The groups that a level of a process names beside its members. */
static const char approving_groups[] =
    "create table if not exists level_groups (process bytea not null, level bigint not null, grp bytea not null,"
    " primary key (process, level, grp)) without rowid;";

/* Copies of a client in another, `tenant` (keyring/twins.h): `whence` it comes, out of which of its snapshots. In `lending`,
 * subjects whose keys are still to be sealed; in `twins`, by the id of its entry, each subject of the copy. */
static const char copies[] =
    "create table if not exists copies (id bytea primary key, tenant bytea not null, whence bytea not null,"
    " snapshot bytea not null, state text not null, code bytea not null, until bigint not null, by bytea not null,"
    " given_by bytea not null, made bigint not null, begun bigint not null, ended bigint not null,"
    " records bigint not null, total bigint not null);"
    "create index if not exists copies_of on copies (tenant);"
    "create index if not exists copies_whence on copies (whence);"
    "create table if not exists lending (copy bytea not null, subject bytea not null,"
    " primary key (copy, subject)) without rowid;"
    "create table if not exists twins (id bytea primary key, tenant bytea not null, subject bytea not null,"
    " copy bytea not null);"
    "create unique index if not exists twins_of on twins (tenant, subject);"
    "create index if not exists twins_by_subject on twins (subject);"
    "create index if not exists twins_by_copy on twins (copy);";

/* clang-format off */
static const char *const rooms[] = {
    keys,
    people,
    authenticators,
    passkeys,
    subjects,
    endpoints,
    evidence,
    requests,
    grants,
    staff,
    elevations,
    works,
    contracts,
    holds,
    outbox,
    snapshots,
    hooks,
    drills,
    destructions,
    retention,
    privacy,
    exports,
    erasures,
    single_sign_on,
    rotations,
    recoveries,
    marks,
    provisioning,
    keepers,
    command_line,
    approving_groups,
    copies,
};
/* clang-format on */

/* What a table has got since it was made, and what stands there in rows from before. */
static const struct {
    const char *there, *add;
} columns[] = {
    {"select count(*) from pragma_table_info('sessions') where name = 'way'",
     "alter table sessions add column way text not null default 'password'"},
    {"select count(*) from pragma_table_info('sessions') where name = 'keyed'",
     "alter table sessions add column keyed bigint not null default 0"},
    {"select count(*) from pragma_table_info('sessions') where name = 'keyed_by'",
     "alter table sessions add column keyed_by text not null default ''"},
    /* The session whose yes this one came of; empty where it is itself. */
    {"select count(*) from pragma_table_info('sessions') where name = 'root'",
     "alter table sessions add column root bytea not null default x''"},
    {"select count(*) from pragma_table_info('members') where name = 'scopes'",
     "alter table members add column scopes bigint not null default 0"},
    {"select count(*) from pragma_table_info('members') where name = 'by'",
     "alter table members add column by bytea not null default x''"},
    {"select count(*) from pragma_table_info('sso_sessions') where name = 'released'",
     "alter table sso_sessions add column released bytea not null default x''"},
    {"select count(*) from pragma_table_info('exports') where name = 'token'",
     "alter table exports add column token bytea not null default x''"},
    /* Since when nobody lets a member in; 0: they do. And one more with each change of what is kept of them. */
    {"select count(*) from pragma_table_info('members') where name = 'disabled'",
     "alter table members add column disabled bigint not null default 0"},
    {"select count(*) from pragma_table_info('members') where name = 'edition'",
     "alter table members add column edition bigint not null default 1"},
    /* The client's directory made them, or has had a say in their role. */
    {"select count(*) from pragma_table_info('members') where name = 'directory'",
     "alter table members add column directory bigint not null default 0"},
    {"select count(*) from pragma_table_info('members') where name = 'changed'",
     "alter table members add column changed bigint not null default 0"},
    /* Since when the client has been told that this guardian is inactive; 0: not, or they have signed in since. */
    {"select count(*) from pragma_table_info('recovery_parts') where name = 'told'",
     "alter table recovery_parts add column told bigint not null default 0"},
    /* The public half of the recovery key, for holds that outlive all else of their client; and which erasure one goes on
     * from. */
    {"select count(*) from pragma_table_info('holds') where name = 'recovery'",
     "alter table holds add column recovery bytea"},
    {"select count(*) from pragma_table_info('erasures') where name = 'follows'",
     "alter table erasures add column follows bytea"},
    /* For which member an invitation is: null for a new one. */
    {"select count(*) from pragma_table_info('invitations') where name = 'member'",
     "alter table invitations add column member bytea"},
    {"select count(*) from pragma_table_info('grants') where name = 'key'",
     "alter table grants add column key text not null default ''"},
    {"select count(*) from pragma_table_info('tenants') where name = 'recovery_used'",
     "alter table tenants add column recovery_used bigint not null default 0"},
    /* Whether it has entries that no checkpoint covers: said beside the count, so that an entry more touches no index. */
    {"select count(*) from pragma_table_info('logs') where name = 'behind'",
     "alter table logs add column behind bigint not null default 1"},
    {"select count(*) from sqlite_master where name = 'logs_late'",
     "drop index if exists logs_behind; create index logs_late on logs (id) where behind = 1"},
    /* What verifies a signature of one of staff; one without is none. */
    {"select count(*) from pragma_table_info('signatures') where name = 'public'",
     "alter table signatures add column public bytea not null default x''"},
    /* Made here: no directory keeps it. */
    {"select count(*) from pragma_table_info('scim_groups') where name = 'by_hand'",
     "alter table scim_groups add column by_hand bigint not null default 0"},
    /* Which notice of its being due has been made: 0 none, 1 before, 2 of its being late. */
    {"select count(*) from pragma_table_info('subject_accesses') where name = 'told'",
     "alter table subject_accesses add column told bigint not null default 0"},
    /* The realm that records of the store are bound to, where they came out of another client's; null: the own one. */
    {"select count(*) from pragma_table_info('tenants') where name = 'inherits'",
     "alter table tenants add column inherits bytea"},
};

static err_t columns_add(struct db *db)
{
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        int64_t there = 0;
        TRY(db_number_args(db, &there, columns[i].there, NULL, 0));
        if (!there)
            TRY(db_script(db, columns[i].add));
    }
    return ERR_OK;
}

err_t schema_lay(struct db *db)
{
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        TRY(db_script(db, rooms[i]));
    return columns_add(db);
}
