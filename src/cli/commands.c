/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include "concept/collection.h"

/* clang-format off */
const struct command commands[] = {
/*   noun          verb        arguments      options */
    {"login",      "",         "",            "--url [--token] [--tenant --username] [--browser] [--staff --username] [--authority] [--insecure]",
        "the password, where --username is given; a code, where --browser is and the browser shows one",
        "sign in, with a token or as a person, and remember it", command_login},
    {"logout",     "",         "",            "[--staff]",
        "", "sign out, and forget what login remembered", command_logout},
    {"whoami",     "",         "",            "[--staff]",
        "", "say who is signed in, where and until when", command_whoami, .asks = true},
    {"claim",      "",         "",            "--url --claim --username --full-name --email [--authority] [--insecure]",
        "the password of the first owner",
        "set a client up: its first owner, its key, and its recovery kit, which is printed once", command_claim},
    {"join",       "",         "",            "--url --invitation --username --full-name --email [--authority] [--insecure]",
        "the password", "become a member by an invitation; the key comes from an owner", command_join},
    {"kit",        "confirm",  "",            "",
        "the recovery kit, typed back from the paper", "finish the set-up that claim began", command_kit_confirm, .asks = true},
    {"recover",    "",         "",            "--url --tenant --username [--part-file] [--authority] [--insecure]",
        "the recovery kit, or guardians' parts of it, then the new password", "set a password anew with the recovery kit, or with guardians' parts, which are joined here", command_recover},
    {"password",   "change",   "",            "--username",
        "the password, then the new one", "change your password; your other sessions end", command_password_change, .asks = true},
    {"authenticator", "show",  "",            "",
        "", "show whether you have an authenticator, whose code is asked for at each sign-in", command_authenticator_show, .asks = true},
    {"authenticator", "add",   "",            "--username",
        "the password", "add an authenticator: its secret is shown once", command_authenticator_add, .asks = true},
    {"authenticator", "confirm", "",          "",
        "a code of it", "have its code asked for from now on", command_authenticator_confirm, .asks = true},
    {"authenticator", "remove", "",           "--username",
        "the password", "remove your authenticator", command_authenticator_remove, .asks = true},
    {"passkey",    "list",     "",            "",
        "", "list your passkeys by their dates; a browser adds one, in the console", command_passkey_list, .asks = true},
    {"passkey",    "remove",   "ID",          "--username",
        "the password", "remove a passkey of yours: nobody signs in with it any more", command_passkey_remove, .asks = true},
    {"device",     "list",     "",            "[--name] [--state] [--sort] [--limit] [--cursor] [--all] [--csv]",
        "", "list the devices", command_device_list, .asks = true},
    {"device",     "show",     "ID",          "[--programs]",
        "", "show what a device has reported", command_device_show, .asks = true},
    {"device",     "approve",  "ID",          "",
        "", "let a device that waits, or was revoked, report", command_device_approve, .asks = true},
    {"device",     "revoke",   "ID",          "[--yes]",
        "", "refuse a device's certificate from now on; what it reported stays", command_device_revoke, .asks = true},
    {"device",     "remove",   "ID",          "[--confirm]",
        "", "destroy a device's keys and those of its accounts, for good", command_device_remove, .asks = true},
    {"launch",     "list",     "",            "[--device] [--account] [--decision] [--path] [--program] [--package] [--sha256] [--from] [--until]"
        " [--limit] [--cursor] [--all] [--csv] [--follow]",
        "", "list what was launched, newest first", command_launch_list, .asks = true},
    {"settings",   "show",     "",            "",
        "", "show what may be collected", command_settings_show, .asks = true},
    {"settings",   "set",      "ITEM on|off …", "[--yes]",
        "", "change what may be collected; what is switched off is removed", command_settings_set, .asks = true},
    {"member",     "list",     "",           "",
        "", "list the members, and who waits for the key", command_member_list, .asks = true},
    {"member",     "remove",   "ID",         "[--yes]",
        "", "remove a member; a second person has to say yes to that of an owner, administrator or approver", command_member_remove, .asks = true},
    {"member",     "role",     "ID MEMBER-ROLE", "[--yes]",
        "", "give a member another role; from or to owner, administrator or approver a second person has to say yes", command_member_role, .asks = true},
    {"member",     "edit",     "ID",         "[--full-name] [--username] [--email]",
        "the password, where your own --username changes", "change what is kept of a member, of yourself too", command_member_edit, .asks = true},
    {"member",     "disable",  "ID",         "[--yes]",
        "", "end a member's sessions, and let them in no more until they are enabled", command_member_disable, .asks = true},
    {"member",     "enable",   "ID",         "",
        "", "let a member in again; a viewer then waits for the key", command_member_enable, .asks = true},
    {"member",     "give-key", "ID",         "",
        "", "release the key to a member who waits for it", command_member_give_key, .asks = true},
    {"scim",       "show",     "",           "",
        "", "show which groups of your directory give which role, and when it was heard", command_scim_show, .asks = true},
    {"scim",       "map",      "[GROUP=ROLE …]", "[--otherwise] [--yes]",
        "the password", "say which groups of your directory give which role; all others give none", command_scim_map, .asks = true},
    {"invitation", "list",     "",           "",
        "", "list the invitations that nobody has used", command_invitation_list, .asks = true},
    {"invitation", "create",   "MEMBER-ROLE", "--days [--member]",
        "the password", "make a link that makes one member, which is printed once", command_invitation_create, .asks = true},
    {"invitation", "revoke",   "ID",         "",
        "", "end an invitation", command_invitation_revoke, .asks = true},
    {"group",      "list",     "",           "",
        "", "list the groups of members, those of your directory too, and who is in them", command_group_list, .asks = true},
    {"group",      "create",   "NAME [ID …]", "",
        "", "make a group of these members, usr_…, which a process of approval can name", command_group_create, .asks = true},
    {"group",      "set",      "ID NAME [ID …]", "",
        "", "say anew what a group made by hand is called, and who is in it", command_group_set, .asks = true},
    {"group",      "remove",   "ID",         "",
        "", "remove a group made by hand that no process of approval names", command_group_remove, .asks = true},
    {"process",    "show",     "",           "",
        "", "show who has to say yes to requests", command_process_show, .asks = true},
    {"process",    "set",      "LEVEL …",    "--longest",
        "", "change who has to say yes: for each level how many, and if wanted of whom, as in 2 or 1:usr_…,grp_…", command_process_set, .asks = true},
    {"request",    "list",     "",           "[--kind] [--state] [--limit] [--cursor] [--all] [--csv]",
        "", "list what waits for a yes, and what was decided", command_request_list, .asks = true},
    {"request",    "show",     "ID",         "",
        "", "show a request, who answered it, and its grant", command_request_show, .asks = true},
    {"request",    "approve",  "ID",         "[--yes]",
        "", "say yes to a request", command_request_approve, .asks = true},
    {"request",    "refuse",   "ID",         "",
        "", "say no to a request, which ends it", command_request_refuse, .asks = true},
    {"request",    "end",      "ID",         "",
        "", "end the access that was granted, or withdraw your own request", command_request_end, .asks = true},
    {"request",    "watch",    "ID",         "",
        "", "follow what is done under its grant, until that has ended; with --json each entry of the log on a line", command_request_watch, .asks = true},
    {"elevation",  "list",     "",           "[--state] [--limit] [--cursor] [--all]",
        "", "list what waits to run with other rights, and what was decided", command_elevation_list, .asks = true},
    {"elevation",  "show",     "ID",         "",
        "", "show an elevation: the command, who asks, why, and what became of it", command_elevation_show, .asks = true},
    {"elevation",  "approve",  "ID",         "[--key]",
        "the password, unless --key is given", "sign an approval of exactly that command; with --key here, off the service", command_elevation_approve, .asks = true},
    {"elevation",  "refuse",   "ID",         "",
        "", "say no to an elevation, which ends it", command_elevation_refuse, .asks = true},
    {"elevation",  "code",     "COMMAND …",  "--shown [--as] [--minutes] [--key]",
        "the password, unless --key is given", "sign a code for a command at an endpoint that is away, as in: -- /usr/bin/apt-get update; with --key the service is not asked", command_elevation_code, .asks = true},
    {"log",        "list",     "",            "[--act] [--by] [--on] [--from] [--until] [--limit] [--cursor] [--all] [--csv] [--staff]",
        "", "list the evidence log, newest first; with --staff the service's own", command_log_list, .asks = true},
    {"log",        "show",     "NUMBER",      "[--staff]",
        "", "print one entry as it stands in the log", command_log_show, .asks = true},
    {"log",        "about",    "",            "[--staff]",
        "", "show which log it is, how far it is signed, and what verifies it", command_log_about, .asks = true},
    {"log",        "proof",    "NUMBER",      "[--output] [--staff]",
        "", "print a proof that the log holds an entry, for custody-verify proof", command_log_proof, .asks = true},
    {"log",        "mirror",   "FOLDER",      "[--staff]",
        "", "copy the log to a folder, or what is new of it, for custody-verify log", command_log_mirror, .asks = true},
    {"witness",    "show",     "",            "",
        "", "show which witness cosigns the log, how far, and what is in its way", command_witness_show, .asks = true},
    {"witness",    "set",      "URL VERIFIER", "",
        "", "have a witness of yours cosign the log: custody-verify witness is one, and prints its VERIFIER", command_witness_set, .asks = true},
    {"witness",    "remove",   "",            "",
        "", "ask no witness any more", command_witness_remove, .asks = true},
    {"sso",        "show",     "",            "",
        "", "show the sign-in provider, what is taken from it, and whether it can be reached", command_sso_show, .asks = true},
    {"sso",        "set",      "ISSUER CLIENT WAY …", "[--known-by] [--joins] [--secret]",
        "the client secret, with --secret; the password", "name the sign-in provider by its issuer, this service's client id there, and which ways release the key after it", command_sso_set, .asks = true},
    {"sso",        "test",     "",            "",
        "", "ask the sign-in provider for its keys now, and say what came of it", command_sso_test, .asks = true},
    {"sso",        "remove",   "",            "[--yes]",
        "the password", "take the sign-in provider away: nobody comes in by it any more, and all links end", command_sso_remove, .asks = true},
    {"sso",        "account",  "",            "",
        "", "say whether your own account at the sign-in provider is linked; the console links one", command_sso_account, .asks = true},
    {"sso",        "unlink",   "",            "--username",
        "the password", "take the link to your own account at the sign-in provider away", command_sso_unlink, .asks = true},
    {"notice",     "show",     "",            "",
        "", "show where notices are mailed to, and what became of the latest", command_notice_show, .asks = true},
    {"notice",     "set",      "ADDRESS …",   "",
        "", "say where notices are mailed to, at most 8 addresses; none for nobody", command_notice_set, .asks = true},
    {"notice",     "test",     "",            "",
        "", "send a test to each address and webhook", command_notice_test, .asks = true},
    {"notice",     "list",     "",            "[--state]",
        "", "list the latest notices, and what became of each", command_notice_list, .asks = true},
    {"notice",     "resend",   "ID",          "",
        "", "send a notice again that did not go, under the same id", command_notice_resend, .asks = true},
    {"work",       "list",     "",            "",
        "", "list what takes long, and how far it is", command_work_list, .asks = true},
    {"webhook",    "list",     "",            "",
        "", "list where notices are posted to, and what is in the way", command_webhook_list, .asks = true},
    {"webhook",    "add",      "URL",         "",
        "", "have notices posted to an address, signed with a secret, which is printed once", command_webhook_add, .asks = true},
    {"webhook",    "test",     "ID",          "",
        "", "post a test to a webhook: custody notice list says what came of it", command_webhook_test, .asks = true},
    {"webhook",    "rotate",   "ID",          "",
        "", "make a new secret for a webhook, which is printed once; for a day the earlier one signs as well", command_webhook_rotate, .asks = true},
    {"webhook",    "remove",   "ID",          "",
        "", "post nothing to a webhook any more, and forget what waited for it", command_webhook_remove, .asks = true},
    {"snapshot",   "restore",  "ID",          "[--device] [--into] [--dry-run] [--confirm]",
        "with --into, the password", "bring what is recorded back to a snapshot, or copy it into another organisation; with --dry-run say what that would do", command_snapshot_restore, .asks = true},
    {"snapshot",   "receive",  "",            "",
        "", "make a code with which an owner of another organisation copies a snapshot into yours, which has to be empty; for an hour, once", command_snapshot_receive, .asks = true},
    {"snapshot",   "copies",   "",            "",
        "", "list the copies that come from here, or have come here", command_snapshot_copies, .asks = true},
    {"snapshot",   "go-on",    "ID",          "",
        "", "go on with a copy into another organisation that was left where it was", command_snapshot_go_on, .asks = true},
    {"snapshot",   "give-up",  "ID",          "",
        "", "give up a copy that is not done: the keys that were sealed for it are destroyed", command_snapshot_give_up, .asks = true},
    {"snapshot",   "drill",    "",            "",
        "", "try a restore: an empty store is built from the newest snapshot and compared", command_snapshot_drill, .asks = true},
    {"snapshot",   "drills",   "",            "",
        "", "list the restores that were tried", command_snapshot_drills, .asks = true},
    {"storage",    "show",     "",            "",
        "", "show what is kept, how much may be, and what of it goes when", command_storage_show, .asks = true},
    {"storage",    "set",      "DATA",        "[--least] [--most] [--confirm]",
        "", "say for how many days videos or launches have to stay, and may; where more may go than before, its name is asked for", command_storage_set, .asks = true},
    {"key",        "show",     "",            "",
        "", "show which key the client has, and how far its rotation is", command_tenant_key_show, .asks = true},
    {"key",        "rotate",   "",            "[--confirm]",
        "the password, where none is under way", "rotate the client's key, or go on with a rotation that is under way", command_key_rotate, .asks = true},
    {"recovery",   "show",     "",            "",
        "", "show the recovery key, its guardians, and how many ways in there are", command_recovery_show, .asks = true},
    {"recovery",   "print",    "",            "",
        "the password", "replace the recovery key by a printed kit, which is shown once", command_recovery_print, .asks = true},
    {"recovery",   "split",    "ID …",        "--need",
        "the password", "replace the recovery key by parts for these guardians, members usr_…", command_recovery_split, .asks = true},
    {"recovery",   "withdraw", "",            "",
        "", "give up one that not all have confirmed", command_recovery_withdraw, .asks = true},
    {"recovery",   "part",     "",            "",
        "the password", "see your part of the recovery key, once", command_recovery_part, .asks = true},
    {"recovery",   "confirm",  "",            "",
        "the part or the kit, typed back from the paper", "type your part or the kit back", command_recovery_confirm, .asks = true},
    {"recovery",   "rehearse", "",            "",
        "the part or the kit, typed from the paper", "have your part or the kit looked at: nothing is opened", command_recovery_rehearse, .asks = true},
    {"key",        "show-break-glass", "",    "",
        "", "show the key that what leaves the service is sealed to", command_key_show, .asks = true},
    {"key",        "set-break-glass", "RECIPIENT", "",
        "the password", "seal what leaves the service to this age recipient from now on, age1…", command_key_set, .asks = true},
    {"key",        "make-break-glass", "",    "--output",
        "", "make a break-glass key that the service never has, and print its recipient", command_key_make},
    {"handover",   "make",     "",            "--output [--confirm]",
        "the client's name, unless --confirm is given", "extract everything of the client, sealed to its break-glass key, to a file", command_handover_make, .asks = true},
    {"handover",   "resume",   "FILE",        "",
        "", "go on with an archive that could not be taken to its end", command_handover_resume, .asks = true},
    {"handover",   "list",     "",            "",
        "", "list what was extracted, and what is under way", command_handover_list, .asks = true},
    {"handover",   "receipt",  "ID",          "[--output]",
        "", "print the signed receipt of an extraction, for custody-verify receipt", command_handover_receipt, .asks = true},
    {"handover",   "end",      "ID",          "",
        "", "end an export: destroy its key, and its archive", command_handover_end, .asks = true},
    {"subject-access", "list", "",            "",
        "", "list people's requests for what is kept about them, and when they are due", command_subject_access_list, .asks = true},
    {"subject-access", "open", "REGIME SUBJECT …", "[--at]",
        "", "put a person's request on file: for their accounts, acc_…, a member, usr_…, or both", command_subject_access_open, .asks = true},
    {"subject-access", "export", "ID",        "--output [--recipient] [--confirm]",
        "the client's name, unless --confirm is given", "extract what is kept about that person, to a file", command_subject_access_export, .asks = true},
    {"subject-access", "close", "ID OUTCOME", "",
        "", "say what became of a request", command_subject_access_close, .asks = true},
    {"policy",     "check",    "RULES …",     "",
        "", "say what is wrong with rule files, or with all of a folder; it fails where something is", command_policy_check},
    {"policy",     "explain",  "RULES …",     "--path [--user] [--groups] [--home] [--args] [--parents] [--script] [--interpreter] [--trust] [--package] [--file-state] [--sha256]",
        "", "say which rule decides about a launch, and which nearly did; what is not said of it is not known", command_policy_explain},
    {"policy",     "rehearse", "RULES …",     "[--from] [--until]",
        "", "say what rules would have decided about the recorded launches, and what would change", command_policy_rehearse, .asks = true},
    {"policy",     "list",     "",            "[--limit] [--cursor] [--all]",
        "", "list the signed policies, newest first", command_policy_list, .asks = true},
    {"policy",     "show",     "NUMBER",      "[--output]",
        "", "print a policy as it was signed", command_policy_show, .asks = true},
    {"policy",     "publish",  "RULES …",     "[--days] [--signed]",
        "the password, unless --signed is given",
        "sign rule files, or those of a folder, as the next policy, and give it to the devices; with --signed one that is signed already", command_policy_publish, .asks = true},
    {"policy",     "rollout",  "",            "[--state] [--limit] [--cursor] [--all]",
        "", "list which policy each device follows, and what is in the way", command_policy_rollout, .asks = true},
    {"policy",     "key",      "CLIENT",      "--output",
        "", "make a signing key that the service never has, and print what verifies it, for custody signer pin", command_policy_key},
    {"policy",     "sign",     "RULES …",     "--key --number --days [--output]",
        "", "sign rule files as a policy, here: custody policy publish --signed hands it in", command_policy_sign},
    {"signer",     "list",     "",            "",
        "", "show the key that signs policies, and which members hold it", command_signer_list, .asks = true},
    {"signer",     "make",     "",            "[--yes]",
        "the password",
        "make a signing key, in the place of an earlier one", command_signer_make, .asks = true},
    {"signer",     "pin",      "VERIFIER",    "[--yes]",
        "the password",
        "say which key signs that is kept off the service: what custody policy key printed", command_signer_pin, .asks = true},
    {"signer",     "give",     "ID",          "",
        "the password",
        "give the signing key to a member, an owner or an administrator", command_signer_give, .asks = true},
    {"signer",     "take",     "ID",          "",
        "", "take the signing key from a member", command_signer_take, .asks = true},
    {"snapshot",   "list",     "",            "",
        "", "list the snapshots, what each added, and whether it was verified", command_snapshot_list, .asks = true},
    {"snapshot",   "take",     "",            "",
        "", "take a snapshot now, beside the daily one at 06:00 UTC", command_snapshot_take, .asks = true},
    {"snapshot",   "verify",   "",            "",
        "", "read all snapshots and hold them against their seals and digests", command_snapshot_verify, .asks = true},
    {"erasure",    "show",     "[ERASURE]",   "",
        "", "show the erasure of everything: how far it is, or what would go; with its id any", command_erasure_show, .asks = true},
    {"erasure",    "request",  "",            "[--confirm]",
        "the password", "have everything erased that is kept for your organisation, for good", command_erasure_request, .asks = true},
    {"erasure",    "withdraw", "ID",          "",
        "", "take the request back, while it cools off", command_erasure_withdraw, .asks = true},
    {"erasure",    "certificate", "ID",       "[--output]",
        "", "print the certificate of an erasure; to a file with its proof and a PDF beside it, for custody-verify certificate", command_erasure_certificate, .asks = true},
    {"erasure",    "list",     "",            "",
        "", "list the erasures of clients", command_erasure_list, .asks = true, .staff = true},
    {"erasure",    "enter",    "CLIENT|HOLD", "--document [--confirm]",
        "", "enter a client's written request for erasure, or the release of a legal hold of one that is erased, by its document's SHA-256; a second person has to confirm it", command_erasure_enter, .asks = true, .staff = true},
    {"prove",      "",         "",            "",
        "", "check each promise, and show its state and the evidence; it fails where one is broken", command_prove, .asks = true},
    {"session",    "list",     "",            "[--limit] [--cursor] [--all]",
        "", "list who is signed in, since when and how: yourself, or everybody if you look after people", command_session_list, .asks = true},
    {"session",    "end",      "ID",          "",
        "", "end a session, which takes its key away", command_session_end, .asks = true},
    {"licence",    "show",     "",            "",
        "", "show the contract, what stands by it, and what happens next", command_licence_show, .asks = true},
    {"licence",    "timeline", "",            "",
        "", "show what has happened in the life of your data, and what will", command_licence_timeline, .asks = true},
    {"hold",       "list",     "",            "",
        "", "list the legal holds", command_hold_list, .asks = true},
    {"hold",       "place",    "TARGET",      "--case --words",
        "", "keep what is there of an account, a device or your whole organisation, whatever else would destroy it", command_hold_place, .asks = true},
    {"hold",       "open",     "ID",          "[--launches] [--programs]",
        "", "show what legal holds keep of a device and its people, alive or destroyed", command_hold_open, .asks = true},
    {"hold",       "recover",  "ID",          "--url --tenant [--part-file] [--launches] [--programs] [--authority] [--insecure]",
        "the recovery kit, or guardians' parts of it", "the same with the recovery kit alone, without a session", command_hold_recover},
    {"hold",       "release",  "ID",          "",
        "", "ask for a hold's release, which a second person has to say yes to", command_hold_release, .asks = true},
    {"simulate",   "",         "",            "--licence-end [--contract-end] [--not-renewed] [--requested] [--days]",
        "", "say what would become of a client's data when, from these dates alone", command_simulate},
    {"person",     "list",     "NAME",        "",
        "", "find a person: the accounts at endpoints whose name holds this, and the members", command_person_list, .asks = true},
    {"person",     "show",     "ID …",         "[--also]",
        "", "list what is kept about a person (accounts acc_…, a member usr_…), and where else they are named", command_person_show, .asks = true},
    {"person",     "forget",   "ID …",         "[--also] [--confirm]",
        "the password", "forget a person: their keys are destroyed, for good, in every copy", command_person_forget, .asks = true},
    {"person",     "forgotten", "",           "",
        "", "list who was forgotten, by ids, and how far it has come", command_person_forgotten, .asks = true},
    {"person",     "lift",     "ID",          "",
        "", "let endpoints report the accounts of one who was forgotten (fgt_…) again, as new ones", command_person_lift, .asks = true},
    {"token",      "list",     "",            "",
        "", "list the tokens", command_token_list, .asks = true},
    {"token",      "create",   "",            "--name --days [--role] [--scope] [--confirm]",
        "the client's name, where the scopes hand data over and --confirm is not given; the password",
        "make a token with a role, or with scopes alone, which is printed once", command_token_create, .asks = true},
    {"token",      "scopes",   "",            "",
        "", "list the scopes that a token can be narrowed to", command_token_scopes, .asks = true},
    {"token",      "rename",   "ID",          "--name",
        "", "give a token another name", command_token_rename, .asks = true},
    {"token",      "revoke",   "ID",          "",
        "", "end a token", command_token_revoke, .asks = true},
    {"keeper",     "list",     "",            "",
        "", "list the keepers in your network: their state, and what they did", command_keeper_list, .asks = true},
    {"keeper",     "approve",  "ID",          "--fingerprint [--gives] [--releases]",
        "the password", "seal the key to a keeper (tok_…) whose fingerprint you have compared", command_keeper_approve, .asks = true},
    {"keeper",     "revoke",   "ID",          "",
        "", "end a keeper: its token, and what is sealed to it", command_keeper_revoke, .asks = true},
    {"deployment", "list",     "",            "",
        "", "list the deployment keys", command_deployment_list, .asks = true},
    {"deployment", "create",   "",            "--name --uses --days [--pattern] [--hold]",
        "", "make a key to enrol devices with, which is printed once", command_deployment_create, .asks = true},
    {"deployment", "rename",   "ID",          "--name",
        "", "give a deployment key another name", command_deployment_rename, .asks = true},
    {"deployment", "revoke",   "ID",          "[--with-devices]",
        "", "end a deployment key; what it enrolled stays, if nothing else is said", command_deployment_revoke, .asks = true},
    {"support",    "ask",      "DEVICE …",   "--client --case --reason --words --acts --minutes",
        "", "ask a client for access to devices, for one case", command_support_ask, .asks = true, .staff = true},
    {"support",    "list",     "",           "[--state] [--limit] [--cursor] [--all] [--csv]",
        "", "list what you have asked clients for", command_support_list, .asks = true, .staff = true},
    {"support",    "show",     "ID",         "",
        "", "show a request of yours, and its grant", command_support_show, .asks = true, .staff = true},
    {"support",    "end",      "ID",         "",
        "", "withdraw a request, or give its grant back", command_support_end, .asks = true, .staff = true},
    {"support",    "devices",  "ID",         "",
        "", "list the devices in scope, opened under the grant", command_support_devices, .asks = true, .staff = true},
    {"support",    "device",   "ID DEVICE",  "[--programs]",
        "", "show what one of them has reported", command_support_device, .asks = true, .staff = true},
    {"support",    "launches", "ID DEVICE",  "[--account] [--decision] [--path] [--program] [--package] [--sha256] [--from] [--until]"
        " [--limit] [--cursor] [--all] [--csv]",
        "", "list what was launched on one of them, opened under the grant", command_support_launches, .asks = true, .staff = true},
    {"support",    "approve",  "ID DEVICE",  "",
        "", "let one of them report, under the grant", command_support_approve, .asks = true, .staff = true},
    {"support",    "revoke",   "ID DEVICE",  "[--yes]",
        "", "refuse its certificate, under the grant", command_support_revoke, .asks = true, .staff = true},
    {"support",    "snapshots", "ID",        "",
        "", "list the client's snapshots, where the grant is to restore", command_support_snapshots, .asks = true, .staff = true},
    {"support",    "restore",  "ID DEVICE SNAPSHOT", "[--dry-run] [--confirm]",
        "the client's name, typed, where neither is given",
        "bring one of them back to a snapshot, under the grant; with --dry-run say what that would do", command_support_restore, .asks = true, .staff = true},
    {"client",     "list",     "",           "",
        "", "list the clients", command_client_list, .asks = true, .staff = true},
    {"client",     "devices",  "ID",         "",
        "", "list the ids of a client's devices, to choose among", command_client_devices, .asks = true, .staff = true},
    {"contract",   "show",     "ID",         "",
        "", "show a client's contract, what stands by it, and what happens next", command_contract_show, .asks = true, .staff = true},
    {"contract",   "set",      "ID",         "[--licence-end] [--contract-end] [--not-renewed] [--zone] [--grace-days] [--keep-months] [--keep-snapshots] [--capacity] [--confirm]",
        "", "change a client's contract, or renew it; what is not said stays. What hastens anything takes --confirm and a second person", command_contract_set, .asks = true, .staff = true},
    {"staff",      "list",     "",           "[--socket]",
        "", "list the provider's people, and what binds them", command_staff_list, .asks = true, .staff = true},
    {"staff",      "invite",   "",           "--socket",
        "", "make a link that makes one of staff, as the service's operator", command_staff_invite},
    {"staff",      "join",     "",           "--url --invitation --username --full-name --email [--authority] [--insecure]",
        "the password", "become one of staff by an invitation", command_staff_join},
    {"staff",      "trained",  "ID TOPIC",   "[--at] [--socket]",
        "", "record a training of somebody else", command_staff_trained, .asks = true, .staff = true},
    {"agreement",  "show",     "",           "[--socket]",
        "", "print the confidentiality agreement in force", command_agreement_show, .asks = true, .staff = true},
    {"agreement",  "sign",     "VERSION",    "--url --username [--authority] [--insecure]",
        "the password", "sign the agreement in force", command_agreement_sign},
    {"agreement",  "set",      "VERSION FILE", "--socket",
        "", "put a new agreement in force, as the service's operator", command_agreement_set},
    {"certificate", "show",     "",           "[--socket]",
        "", "show the certificate of the provider's procedures", command_certificate_show, .asks = true, .staff = true},
    {"certificate", "set",      "BODY NUMBER SCOPE DATE", "--socket",
        "", "put it on file, valid until that day, as the service's operator", command_certificate_set},
    {"order",      "make",     "ORDER ID",   "[--confirm]",
        "", "say what a destructive act would do; with --confirm and its name, order it", command_order_make, .asks = true, .staff = true},
    {"order",      "list",     "",           "",
        "", "list what was ordered", command_order_list, .asks = true, .staff = true},
    {"order",      "confirm",  "ID",         "[--yes]",
        "", "confirm what somebody else has ordered, which does it", command_order_confirm, .asks = true, .staff = true},
    {"order",      "withdraw", "ID",         "",
        "", "withdraw an order", command_order_withdraw, .asks = true, .staff = true},
    {"tenant",     "list",     "",            "--socket",
        "", "list the clients, as the service's operator", command_tenant_list},
    {"tenant",     "create",   "NAME",        "--socket",
        "", "make a client, and the claim for its first owner, as the service's operator", command_tenant_create},
    {"marks",      "show",     "",            "--socket",
        "", "say whether the keyring is behind its high-water marks, as the service's operator", command_marks_show},
    {"marks",      "list",     "",            "--socket",
        "", "list the clients whose stores are behind theirs, as the service's operator", command_marks_list},
    {"marks",      "accept",   "",            "--socket [--confirm]",
        "", "go on with a keyring that was copied back, as the service's operator", command_marks_accept},
    {"describe",   "struct",   "",            "",
        "", "print the structs of the concepts, in C", command_describe_struct},
    {"describe",   "sql",      "",            "",
        "", "print the tables of the store", command_describe_sql},
    {"describe",   "json",     "",            "",
        "", "print the JSON Schema of the concepts", command_describe_json},
    {"describe",   "proto",    "",            "",
        "", "print the agent's messages", command_describe_proto},
    {"describe",   "openapi",  "",            "",
        "", "print the HTTP API, as OpenAPI 3.1", command_describe_openapi},
    {"describe",   "types",    "",            "",
        "", "print the console's types", command_describe_types},
    {"describe",   "data-map", "",            "",
        "", "print every field, its class, its end and its purpose", command_describe_data_map},
    {"describe",   "acts",     "",            "",
        "", "print what is written into the evidence log", command_describe_acts},
    {"describe",   "annex-a",  "",            "",
        "", "print which controls of ISO/IEC 27001, Annex A, the promises are evidence for", command_describe_annex_a},
    {"describe",   "rules",    "",            "",
        "", "print the words of the rule language", command_describe_rules},
    {"describe",   "man",      "[PAGE]",      "",
        "", "print the manual page of this program, or that of the rules, for man -l", command_describe_man},
    {"diagnose",   "",         "",            "[--output]",
        "", "say how things stand, without personal data: for whoever helps", command_diagnose, .asks = true},
    {"completion", "",         "SHELL",       "",
        "", "print what a shell needs to complete these commands", command_completion},
    {"api",        "",         "METHOD PATH", "",
        "the body, unless METHOD is GET", "send one request as whoever is signed in", command_api, .asks = true},
    {"version",    "",         "",            "",
        "", "print the version", command_version},
    {0},
};

#define ITEM_AND_SPACE(tag, kind, name, class, end, purpose) #name " "
const struct value value_table[] = {
    {"STATE",  "approved pending revoked open refused void withdrawn ended used emergency silent trouble off behind current waiting sent delivered failed nobody"},
    {"KIND",   "support removal release role"},
    {"DATA",   "videos launches"},
    {"DECISION", "allowed denied elevated observed"},
    {"REASON", "incident question restore change audit"},
    {"MEMBER-ROLE", "owner administrator approver auditor viewer"},
    {"LEAST-ROLE", "viewer auditor"},
    {"TOPIC",  "information-security privacy"},
    {"ORDER",  "tenant.remove tenant.erase hold.release staff.end clock.confirm marks.accept"},
    {"KEY",    "enrolled -enrolled seen -seen name -name"},
    {"ROLE",   "administrator auditor viewer"},
    {"WAY",    "passkey passphrase keeper"},
    {"ITEM",   COLLECTION_SWITCHES(ITEM_AND_SPACE)},
    {"on|off", "on off"},
    {"PAGE",   "custody custody-rules"},
    {"SHELL",  "bash zsh fish"},
    {"METHOD", "GET POST PUT PATCH DELETE"},
    {"FILE",   FILES},
    {"FOLDER", FILES},
    {"RULES",  FILES},
    {"TRUST",  "system none"},
    {"FILE-STATE", "intact altered signed unknown"},
    {"SOCKET", FILES},
    {"REGIME", "gdpr lgpd"},
    {"OUTCOME", "answered refused withdrawn"},
    {0},
};

const struct variable variables[] = {
    {"CUSTODY_URL",       "--url",       "the service's address"},
    {"CUSTODY_TOKEN",     "--token",     "a token: with CUSTODY_URL no sign-in has to be saved"},
    {"CUSTODY_AUTHORITY", "--authority", "the file of the authority to trust the service by"},
    {"CUSTODY_CONFIG",    NULL,          "the file of the sign-in"},
    {"XDG_CONFIG_HOME",   NULL,          "where custody/login.json is, unless CUSTODY_CONFIG is set; else ~/.config"},
    {"NO_COLOR",          NULL,          "set to anything: headings are not bold"},
    {"TZ",                NULL,          "the zone in which moments are shown"},
    {0},
};
/* clang-format on */

const struct option option_table[] = {
#define O(member, name, value, help) {name, value, help, offsetof(struct options, member)},
    CLI_OPTIONS(O)
#undef O
        {0},
};

const struct command *command_find(const char *const *words, size_t count)
{
    for_each_command(c)
    {
        if (count < 1 || strcmp(c->noun, words[0]) != 0)
            continue;
        if (!*c->verb || (count > 1 && !strcmp(c->verb, words[1])))
            return c;
    }
    return NULL;
}

bool cli_is_staff(const struct cli *cli)
{
    return cli->options.staff || (cli->command && cli->command->staff);
}

bool noun_is_known(const char *noun)
{
    for_each_command(c) if (!strcmp(c->noun, noun)) return true;
    return false;
}

const struct option *option_find(str_t name)
{
    for_each_option(o) if (str_eq(str(o->name), name)) return o;
    return NULL;
}

bool wanted_next(struct wanted_list *list, struct wanted *out)
{
    str_t word = str_until(&list->rest, ' ');
    if (!word.len)
        return false;
    if (word.at[0] == '[')
        list->depth++, word.at++, word.len--;
    out->must = list->depth == 0;
    if (word.len && word.at[word.len - 1] == ']')
        list->depth--, word.len--;
    out->name = word;
    return true;
}

static bool names_hold(const char *names, str_t name)
{
    struct wanted_list list = {str(names)};
    struct wanted wanted;
    while (wanted_next(&list, &wanted))
        if (str_eq(wanted.name, name))
            return true;
    return false;
}

bool option_is_of_sign_in(const struct option *option)
{
    return names_hold(SIGN_IN_OPTIONS, str(option->name));
}

bool command_takes(const struct command *command, const struct option *option)
{
    return names_hold(command->options, str(option->name)) ||
           names_hold("--json --help", str(option->name)) || (command->asks && option_is_of_sign_in(option));
}

const char *value_choices(str_t name)
{
    for_each_value(v) if (str_eq(str(v->name), name)) return v->choices;
    return "";
}

/* "a, b or c" */
static void choices_put(const char *choices, buf_t *out)
{
    struct wanted_list list = {str_trim(str(choices))};
    struct wanted wanted;
    for (size_t i = 0; wanted_next(&list, &wanted); i++) {
        if (i)
            buf_put(out, list.rest.len ? STR(", ") : STR(" or "));
        buf_put(out, wanted.name);
    }
}

err_t value_check(str_t what, str_t name, str_t given)
{
    const char *choices = value_choices(name);
    OWN(buf) said = BUF(512);
    if (!*choices || !strcmp(choices, FILES) || names_hold(choices, given))
        return ERR_OK;
    choices_put(choices, &said);
    return fail(ERR_INVALID, "%.*s is %s", STR_ARG(what), said.at);
}

const char *variable_of(const char *option)
{
    for_each_variable(v)
    {
        const char *said = v->option && !strcmp(v->option, option) ? getenv(v->name) : NULL;
        if (said && *said)
            return said;
    }
    return NULL;
}
