/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written into the evidence log: every act that has one, as one table. A row is a name that stands in the log
 * for ever, and what it means to the client who reads it.
 */
#pragma once
#include "base/bytes.h"

/* clang-format off */
/*    constant             name in the log        meaning */
#define ACTS(A) \
    A(TENANT_MADE,         "tenant.made",         "an operator made the tenant; nobody has claimed it") \
    A(TENANT_CLAIMED,      "tenant.claimed",      "the first owner made the tenant's key, and the key that signs its policies") \
    A(KIT_CONFIRMED,       "kit.confirmed",       "the owner typed the recovery kit back") \
    A(KIT_USED,            "kit.used",            "the recovery kit brought a locked-out owner back") \
    A(SESSION_OPENED,      "session.opened",      "a person signed in, which released the key to the session") \
    A(SESSION_ENDED,       "session.ended",       "a person signed out, which took the key away") \
    A(RECORDS_OPENED,      "records.opened",      "records of these subjects were opened") \
    A(TOKEN_MADE,          "token.made",          "a program got a token with a key of its own") \
    A(TOKEN_ENDED,         "token.ended",         "a token's key was destroyed") \
    A(DEPLOYMENT_MADE,     "deployment.made",     "a deployment key was made, which enrols endpoints") \
    A(DEPLOYMENT_ENDED,    "deployment.ended",    "a deployment key was ended; with the endpoints it enrolled, where count says how many") \
    A(DEVICE_ENROLLED,     "device.enrolled",     "an endpoint was let enrol: it got its certificate, or speaks through a foreign agent") \
    A(DEVICE_RENEWED,      "device.renewed",      "an endpoint got a new certificate for the same key, or its foreign agent a new node key") \
    A(DEVICE_APPROVED,     "device.approved",     "an endpoint that waited, or was revoked, was let in") \
    A(DEVICE_REVOKED,      "device.revoked",      "an endpoint's certificate is refused from now on") \
    A(DEVICE_DESTROYED,    "device.destroyed",    "an endpoint's keys were destroyed, and those of its accounts") \
    A(ACCOUNTS_KNOWN,      "accounts.known",      "keys were made for accounts of an endpoint") \
    A(COLLECTION_CHANGED,  "collection.changed",  "what may be collected was changed; count is the new version") \
    A(MEMBER_INVITED,      "member.invited",      "a link was made that makes one member; it carries no key") \
    A(INVITATION_ENDED,    "invitation.ended",    "a link that nobody had used was ended") \
    A(MEMBER_JOINED,       "member.joined",       "a person became a member, without the key so far") \
    A(KEY_GIVEN,           "key.given",           "a session sealed the tenant's key to a member who waited for it") \
    A(REMOVAL_ASKED,       "removal.asked",       "a member's removal was asked for") \
    A(MEMBER_REMOVED,      "member.removed",      "a member's keys were destroyed and its sessions ended") \
    A(PROCESS_CHANGED,     "process.changed",     "who has to approve requests was changed; count is how many levels") \
    A(REQUEST_APPROVED,    "request.approved",    "a person said yes to a request; count is the level") \
    A(REQUEST_REFUSED,     "request.refused",     "a person said no to a request, which ends it") \
    A(REQUEST_VOID,        "request.void",        "nobody answered a request in time, which ends it") \
    A(REQUEST_ENDED,       "request.ended",       "a request was withdrawn, or what it had granted was ended by a person") \
    A(SUPPORT_ASKED,       "support.asked",       "one of the provider's people asked for access for one case; count is how many devices") \
    A(SUPPORT_GRANTED,     "support.granted",     "the last yes: the keys in scope were sealed to a key of this grant's own; count is how many") \
    A(SUPPORT_OPENED,      "support.opened",      "records of these subjects were opened under a grant") \
    A(SUPPORT_ENDED,       "support.ended",       "a grant's time was over, and its key was destroyed") \
    A(STAFF_INVITED,       "staff.invited",       "a link was made that makes one member of the provider's staff") \
    A(STAFF_JOINED,        "staff.joined",        "a person became a member of staff, who cannot sign in before it is current") \
    A(AGREEMENT_SET,       "agreement.set",       "a new confidentiality agreement is in force for all staff") \
    A(AGREEMENT_SIGNED,    "agreement.signed",    "a member of staff signed the agreement in force") \
    A(STAFF_TRAINED,       "staff.trained",       "a training of a member of staff was recorded by somebody else") \
    A(STAFF_ENDED,         "staff.ended",         "a member of staff left: its keys were destroyed") \
    A(STANDARD_SET,        "standard.set",        "the certificate of the provider's procedures was put on file") \
    A(ORDER_MADE,          "order.made",          "a destructive act was ordered, after a dry run and with the name typed") \
    A(ORDER_CONFIRMED,     "order.confirmed",     "a second person confirmed an order, which did it") \
    A(ORDER_WITHDRAWN,     "order.withdrawn",     "an order was withdrawn") \
    A(TENANT_REMOVED,      "tenant.removed",      "a tenant that nobody had claimed was removed") \
    A(NOTICES_CHANGED,     "notices.changed",     "the addresses that notices are mailed to were changed; count says how many there are now") \
    A(NOTICE_SENT,         "notice.sent",         "a mail relay took over a notice for one address") \
    A(WITNESS_CHANGED,     "witness.changed",     "the witness that is asked to cosign this log was changed; count is 1 where there is one now") \
    A(SIGN_IN_FAILED,      "sign-in.failed",      "somebody who is not known tried to sign in, or with a wrong password to sign, and was refused; count is how many times, told at most once a minute") \
    A(SIGNER_MADE,         "signer.made",         "an owner made the key that signs policies, or named one that is kept off the service: endpoints that know an earlier one obey no other") \
    A(SIGNER_GIVEN,        "signer.given",        "the signing key was sealed to one more member, by a member who signs or by the recovery kit") \
    A(SIGNER_ENDED,        "signer.ended",        "the signing key was taken from a member") \
    A(POLICY_PUBLISHED,    "policy.published",    "a policy was signed, or came signed, and is given to the endpoints; count is its number") \
    A(SESSION_EXPIRED,     "session.expired",     "a person's session ended by the clock, which took the key away") \
    A(SUPPORT_REFUSED,     "support.refused",     "one of the provider's people was refused under a request of its own: not approved, ended, or not for that act or device") \
    A(LAUNCHES_OPENED,     "launches.opened",     "launches of these subjects were opened; count is of how many days, each device and person for itself") \
    A(ELEVATION_ASKED,     "elevation.asked",     "an endpoint asked for approval of a command that is to run with other rights") \
    A(ELEVATION_APPROVED,  "elevation.approved",  "a person signed an approval of an elevation, for one use or some minutes") \
    A(ELEVATION_REFUSED,   "elevation.refused",   "a person said no to an elevation, which ends it") \
    A(ELEVATION_CODE,      "elevation.code",      "a person signed a code for one elevation at an endpoint that is away") \
    A(ELEVATION_USED,      "elevation.used",      "a command ran with other rights; count is 1 where it was an emergency, without an approval") \
    A(AUTHENTICATOR_ADDED, "authenticator.added", "a person added an authenticator: from then on its code is asked for at each sign-in") \
    A(AUTHENTICATOR_REMOVED, "authenticator.removed", "a person removed the authenticator, by the password") \
    A(PASSWORD_CHANGED,    "password.changed",    "a person changed the password, by the old one; the other sessions of that person ended") \
    A(ELEVATION_VOID,      "elevation.void",      "nobody answered an elevation in time, which ends it") \
    A(ERASURE_ASKED,       "erasure.asked",       "the erasure of everything of this client was asked for, or has fallen due") \
    A(ERASURE_WITHDRAWN,   "erasure.withdrawn",   "an owner took the request for erasure back, before the mark") \
    A(ERASURE_MARKED,      "erasure.marked",      "the client was marked for erasure: nobody signs in and nothing is taken in any more; digest is of the list of what will be destroyed") \
    A(ERASURE_DESTROYED,   "erasure.destroyed",   "all keys of the client were destroyed; count is of the shards they stood in") \
    A(ERASURE_CERTIFIED,   "erasure.certified",   "every store has acknowledged that nothing of the client is left; digest is of the certificate") \
    A(CONTRACT_CHANGED,    "contract.changed",    "a client's contract was changed: its dates, its numbers, or its capacity") \
    A(LICENCE_EXPIRED,     "licence.expired",     "the licence has ended: nothing is collected any more, exports are open") \
    A(LICENCE_RENEWED,     "licence.renewed",     "the licence was renewed after it had ended") \
    A(TENANT_DEACTIVATED,  "tenant.deactivated",  "the grace has ended: all sessions ended, and endpoints are refused") \
    A(SNAPSHOTS_FROZEN,    "snapshots.frozen",    "the snapshots that were there when the licence ended are kept; count is how many") \
    A(CLOCK_HELD,          "clock.held",          "the service's clock jumped by more than an hour: what cannot be undone is held") \
    A(CLOCK_CONFIRMED,     "clock.confirmed",     "two of staff confirmed the service's clock") \
    A(HOLD_PLACED,         "hold.placed",         "a legal hold was placed on a person, a device, or all of the client; count is how many keys were sealed to it") \
    A(HOLD_RELEASE_ASKED,  "hold.release-asked",  "the release of a legal hold was asked for") \
    A(HOLD_RELEASED,       "hold.released",       "a second person released a legal hold, and its keys were destroyed") \
    A(HELD_OPENED,         "held.opened",         "records of these subjects were opened with the keys of a legal hold") \
    A(SNAPSHOT_TAKEN,      "snapshot.taken",      "a snapshot's manifest was signed: it holds what the client's file held; count is how many rows") \
    A(SNAPSHOT_VERIFIED,   "snapshot.verified",   "a snapshot was read and held against its seals and digests; count is how many files did not hold") \
    A(SNAPSHOTS_PRUNED,    "snapshots.pruned",    "snapshots past the ones that are kept were removed") \
    A(SNAPSHOT_ASKED,      "snapshot.asked",      "a person asked for a snapshot at once, or for all to be verified") \
    A(WEBHOOK_ADDED,       "webhook.added",       "an owner named an address that notices are posted to, signed; its secret was shown once") \
    A(WEBHOOK_ROTATED,     "webhook.rotated",     "a webhook got a new secret; for a day the earlier one signs as well") \
    A(WEBHOOK_REMOVED,     "webhook.removed",     "a webhook was removed, and its secret destroyed") \
    A(WEBHOOK_GONE,        "webhook.gone",        "a webhook answered that it is gone for good, and was switched off") \
    A(NOTICE_DELIVERED,    "notice.delivered",    "a webhook of the client's accepted a notice") \
    A(NOTICE_FAILED,       "notice.failed",       "a notice did not go to one address in all the time it was tried; an owner may have it sent again") \
    A(NOTICE_AGAIN,        "notice.again",        "an owner had a notice that did not go sent again") \
    A(ROLE_ASKED,          "role.asked",          "another role for a member was asked for") \
    A(ROLE_CHANGED,        "role.changed",        "a member has another role: its sessions ended, and the key was given or taken as the role needs") \
    A(RESTORE_BEGUN,       "restore.begun",       "a restore to a snapshot was asked for, of everything or of one endpoint") \
    A(RESTORE_DONE,        "restore.done",        "what stands is as the snapshot has it, but for what was forgotten; count is how many records were put back or taken away") \
    A(DRILL_DONE,          "drill.done",          "an empty store was built from the snapshot and compared; count is how many records it has") \
    A(RETENTION_CHANGED,   "retention.changed",   "how long what is kept has to stay, and how long it may, was changed; count is 1 where more may go than before") \
    A(DATA_EVICTED,        "data.evicted",        "the oldest of a kind was removed, for room or because it was older than the client's maximum; count is how many, of the day that is said") \
    A(STORAGE_WARNED,      "storage.warned",      "what is kept has passed a mark of the plan's capacity; count is the mark in percent: at 100 more is kept, and nothing may go") \
    A(STORAGE_DIFFERS,     "storage.differs",     "what is kept was counted anew, and was not what its accounts said; count is the difference in bytes") \
    A(PERSON_FORGOTTEN,    "person.forgotten",    "a person was forgotten: the keys of these subjects were destroyed; count is of the mentions elsewhere that were accepted") \
    A(PERSON_LIFTED,       "person.lifted",       "the endpoints of a person who was forgotten may report the accounts again, as new ones") \
    A(LABEL_CHANGED,       "label.changed",       "a token or a deployment key was given another name") \
    A(BREAK_GLASS_SET,     "break-glass.set",     "an owner named the break-glass key, which opens what leaves the service from now on") \
    A(EXPORT_MADE,         "export.made",         "a person accepted by the client's name that responsibility passes with what is extracted, and made a key of this export's own; count is how many keys are in scope") \
    A(EXPORT_OPENED,       "export.opened",       "records of these subjects were opened under an export's own key") \
    A(EXPORT_ENDED,        "export.ended",        "an export ended: its key was destroyed, if its archive was not there yet, and so is the archive") \
    A(EXTRACT_HANDED_OVER, "extract.handed-over", "an archive was given out for the first time, and its receipt signed: what is in it is the client's responsibility from now on") \
    A(SUBJECT_ACCESS_OPENED, "subject-access.opened", "a person's request for what is kept about them was put on file") \
    A(SUBJECT_ACCESS_CLOSED, "subject-access.closed", "a person's request for what is kept about them was closed; count is 1 where it was answered, 2 refused, 3 withdrawn") \
    A(SESSION_KEYED,       "session.keyed",       "a session that had come in without the key got it") \
    A(PASSKEY_ADDED,       "passkey.added",       "a person added a passkey, which signs in from then on") \
    A(PASSKEY_REMOVED,     "passkey.removed",     "a person removed a passkey: nobody signs in with it any more") \
    A(PASSKEY_REFUSED,     "passkey.refused",     "a passkey whose counter had gone back was refused: there may be a copy of it") \
    A(MEMBER_CHANGED,      "member.changed",      "what is kept of a member was changed: name, username or email, by themselves, an owner, or the client's directory") \
    A(MEMBER_DISABLED,     "member.disabled",     "a member was disabled: their sessions ended, nobody lets them in, and the key that opens records was taken from them") \
    A(MEMBER_ENABLED,      "member.enabled",      "a member who was disabled may come in again, and waits for the key where the role needs it") \
    A(SSO_CHANGED,         "sso.changed",         "an owner named the client's sign-in provider, or what is taken from it") \
    A(SSO_REMOVED,         "sso.removed",         "an owner took the sign-in provider away: nobody comes in by it any more, and whom it means is forgotten") \
    A(SSO_LINKED,          "sso.linked",          "a member linked their account at the sign-in provider, by the password typed again; or came in by it for the first time") \
    A(SSO_UNLINKED,        "sso.unlinked",        "a member took the link to their account at the sign-in provider away") \
    A(PASSWORD_SET,        "password.set",        "a member who had no way in of their own chose a password, and with it got a key pair") \
    A(STORE_BEHIND,        "store.behind",        "the client's store was found behind its high-water mark: nothing of it is opened; count is by how many numbers") \
    A(STORE_ABREAST,       "store.abreast",       "the client's store is not behind its high-water mark any more, and is open again") \
    A(MARKS_ACCEPTED,      "marks.accepted",      "a store that was behind its high-water mark was accepted as it stands by two of staff, or the keyring at the machine") \
    A(MEMBER_PROVISIONED,  "member.provisioned",  "the client's directory made a member, who has no way in of their own yet") \
    A(MEMBERS_OPENED,      "members.opened",      "names of these members were opened for the client's directory") \
    A(GROUP_CHANGED,       "group.changed",       "the client's directory, or an owner, made, changed or removed a group; count is how many members it has") \
    A(PROVISIONING_SET,    "provisioning.set",    "an owner said which groups of the directory give which role; count is how many do") \
    A(KEY_ROTATION_BEGUN,  "key.rotation-begun",  "the client's key was replaced by a new one, which everybody has who had it, and other sessions ended; count is how many keys and texts were sealed to the old one") \
    A(KEY_ROTATED,         "key.rotated",         "all that was sealed to the client's old key is sealed to the new one, and the old one was destroyed") \
    A(RECOVERY_BEGUN,      "recovery.begun",      "an owner began to replace the recovery key; count is among how many guardians, and not said where it is a printed kit") \
    A(RECOVERY_WITHDRAWN,  "recovery.withdrawn",  "a recovery key that not all had confirmed was given up") \
    A(PART_SEEN,           "recovery.part-seen",  "a guardian was shown the part that is theirs, once") \
    A(PART_CONFIRMED,      "recovery.part-confirmed", "a guardian typed the part back, or an owner the kit") \
    A(RECOVERY_CHANGED,    "recovery.changed",    "all have confirmed: the new recovery key opens, and the one before does not") \
    A(PART_REHEARSED,      "recovery.part-rehearsed", "a guardian's part, or the kit, was typed and is the one in force; nothing was opened") \
    A(KEEPER_ENROLLED,     "keeper.enrolled",     "a keeper in the client's network named the public half of the pair that was born there; it opens nothing") \
    A(KEEPER_APPROVED,     "keeper.approved",     "an owner compared a keeper's fingerprint, and the tenant's key was sealed to it") \
    A(KEEPER_OPENED,       "keeper.opened",       "a keeper released the key to a session of its own") \
    A(KEEPER_RELEASED,     "keeper.released",     "a keeper checked a sign-in with the client's provider by itself, and sealed the key to its one-time pair") \
    A(KEEPER_REVOKED,      "keeper.revoked",      "a keeper's key was destroyed, and its sessions ended") \
    A(APPROVAL_REFUSED,    "approval.refused",    "a yes to a request, or to an elevation, was not taken: it came too late or twice, was not that person's to say, signed something else, was for one of staff who is not current, or by a clock that is not believed") \
    A(LAUNCHES_ELEVATED,   "launches.elevated",   "launches arrived from an endpoint that ran with other rights there, by a rule or an approval; count is how many") \
    A(SESSION_APPROVED,    "session.approved",    "a person said yes in a browser to a sign-in of the command line; the code that came of it is good once, for two minutes") \
    A(RESTORE_LOOKED,      "restore.looked",      "one of the provider's people had it compared, under a grant, what a restore of one device would do; nothing was changed") \
    A(COPY_OFFERED,        "copy.offered",        "an owner of a client that holds nothing asked for another's data, and was given a code for it, valid for an hour and once") \
    A(COPY_BEGUN,          "copy.begun",          "an owner gave a snapshot to another client: keys of the subjects in it are sealed to that one, each client's log names the other; count is how many") \
    A(COPY_DONE,           "copy.done",           "a copy is whole: the other client's people read it, with their own key; count is how many records") \
    A(COPY_ENDED,          "copy.ended",          "a copy was given up, or its original erased, and its keys were destroyed; count is how many") \
    A(COPY_REACHED,        "copy.reached",        "a subject was destroyed where a copy comes from, and the copy's key of it with it") \
    A(SUPPORT_LOOKED,      "support.looked",      "one of the provider's people asked under a grant for what is kept of these devices, count says of how many, or for the client's snapshots; what was opened of it has entries of its own")
/* clang-format on */

enum act {
    ACT_NONE,
#define A(constant, name, meaning) ACT_##constant,
    ACTS(A)
#undef A
        ACT_COUNT
};

const char *act_name(enum act act);
const char *act_meaning(enum act act);

/* What stands in a client's log by one of the provider's people without a grant of the client's. Whatever else they do there
 * opens data or touches it, and needs a grant that is on: so does an act that is new in the table above. Promise access.support.
 *
 * ASKS   nothing comes of it before the client has said yes
 * ENDS   what was begun under a grant, which may have ended meanwhile
 * DUTY   one of POLICY's duties: it opens nothing, and is counted where the promise is shown */
/* clang-format off */
/*    act                is     why it needs none */
#define UNGRANTED(U) \
    U(SUPPORT_ASKED,     ASKS,  "access is asked for") \
    U(SUPPORT_REFUSED,   ASKS,  "nothing was done") \
    U(REQUEST_ENDED,     ASKS,  "what was asked for was withdrawn, or what was granted given back") \
    U(RESTORE_DONE,      ENDS,  "the restore was begun under a grant") \
    U(CONTRACT_CHANGED,  DUTY,  "the clock goes by the contract; what falls due earlier by a change takes two people") \
    U(LICENCE_RENEWED,   DUTY,  "the contract goes on") \
    U(MARKS_ACCEPTED,    DUTY,  "a store that is behind is shut, to its client too: two people took it as it stands") \
    U(ERASURE_ASKED,     DUTY,  "two people entered what the client has asked for in writing, and an owner can take it back") \
    U(HOLD_RELEASED,     DUTY,  "two people released what was held of a client that is erased, on what was written")
/* clang-format on */

enum ungranted_is { UNGRANTED_ASKS, UNGRANTED_ENDS, UNGRANTED_DUTY };
struct ungranted {
    enum act act;
    enum ungranted_is is;
    const char *why;
};
enum {
#define U(act, is, why) +1
    UNGRANTED_COUNT = 0 UNGRANTED(U)
#undef U
};
extern const struct ungranted ungranted[UNGRANTED_COUNT];
const struct ungranted *ungranted_find(enum act act); /* NULL: it needs a grant */

void describe_acts(buf_t *out); /* Markdown: each act and what it means, and those that need no grant */
CHECKED err_t act_find(str_t name, enum act *out_act); /* INVALID where there is none */
