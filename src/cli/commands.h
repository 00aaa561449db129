/* SPDX-License-Identifier: Apache-2.0
 *
 * The command table: dispatch, help, completions and man pages come from it, and nothing else knows the commands.
 *
 * noun, verb  what is typed; a verb may be "".
 * arguments   the words that follow, such as "METHOD PATH" or "[PAGE]"; after a last "…" they may be given again.
 * options     those a command takes besides --json and --help: "--url [--limit] [--tenant --username]". Without
 *             brackets one must be given.
 * reads       what it takes from standard input, in lines; "" where nothing.
 * asks        the service, as whoever is signed in; so it takes SIGN_IN_OPTIONS too, before what login remembered.
 * staff       as one of the provider's people, whose sign-in is another than that of a client's.
 */
#pragma once
#include "cli/cli.h"

struct command {
    const char *noun, *verb, *arguments, *options, *reads, *help;
    err_t (*run)(struct cli *cli);
    bool asks, staff;
};

/* Whose sign-in this run is about. */
bool cli_is_staff(const struct cli *cli);

#define SIGN_IN_OPTIONS "--url --token --authority --insecure"

/* In the order of the help; ended by one without a noun. */
extern const struct command commands[];
#define for_each_command(c) for (const struct command *c = commands; c->noun; c++)

struct option {
    const char *name, *value, *help;
    size_t at; /* offset in struct options */
};
extern const struct option option_table[];
#define for_each_option(o) for (const struct option *o = option_table; o->name; o++)

/* What stands for an argument or for the value of an option, and what it may be where that is fixed; choices of FILES
 * are the names of files. Everything else may be anything: no row. */
struct value {
    const char *name, *choices;
};
#define FILES "/"
extern const struct value value_table[];
#define for_each_value(v) for (const struct value *v = value_table; v->name; v++)

/* "" where it may be anything. */
const char *value_choices(str_t name);

/* INVALID where it is none of the choices, which the note lists. `what` is the option or argument. */
CHECKED err_t value_check(str_t what, str_t name, str_t given);

/* The environment; `option` is the one that comes before it, or NULL. */
struct variable {
    const char *name, *option, *help;
};
extern const struct variable variables[];
#define for_each_variable(v) for (const struct variable *v = variables; v->name; v++)

/* What the environment says where the option was not given: NULL for nothing, and for "". */
const char *variable_of(const char *option);

/* The command that the words begin with; NULL where there is none. */
const struct command *command_find(const char *const *words, size_t count);
bool noun_is_known(const char *noun);
const struct option *option_find(str_t name);

/* Word by word through a row's `options` or `arguments`, or through choices: false at the end. A bracket is no part of
 * the name. */
struct wanted {
    str_t name;
    bool must;
};
struct wanted_list {
    str_t rest;
    int depth;
};
bool wanted_next(struct wanted_list *list, struct wanted *out);
bool command_takes(const struct command *command, const struct option *option);
bool option_is_of_sign_in(const struct option *option);

/* clang-format off */
#define COMMANDS(C) \
    C(login) C(logout) C(whoami) C(claim) C(kit_confirm) C(recover) \
    C(device_list) C(device_show) C(device_approve) C(device_revoke) C(device_remove) \
    C(launch_list) C(log_list) C(log_show) C(log_about) C(log_proof) C(log_mirror) \
    C(join) C(member_list) C(member_remove) C(member_role) C(scim_show) C(scim_map) C(member_edit) C(member_disable) C(member_enable) C(member_give_key) C(invitation_list) C(invitation_create) C(invitation_revoke) \
    C(group_list) C(group_create) C(group_set) C(group_remove) C(process_show) C(process_set) C(request_list) C(request_show) C(request_approve) C(request_refuse) C(request_end) C(request_watch) \
    C(elevation_list) C(elevation_show) C(elevation_approve) C(elevation_refuse) C(elevation_code) \
    C(support_ask) C(support_list) C(support_show) C(support_end) C(support_devices) C(support_device) C(support_launches) \
    C(support_approve) C(support_revoke) C(support_snapshots) C(support_restore) C(client_list) C(client_devices) \
    C(staff_list) C(staff_invite) C(staff_join) C(staff_trained) C(agreement_show) C(agreement_sign) C(agreement_set) \
    C(certificate_show) C(certificate_set) C(order_make) C(order_list) C(order_confirm) C(order_withdraw) \
    C(person_list) C(person_show) C(person_forget) C(person_forgotten) C(person_lift) C(token_rename) C(deployment_rename) \
    C(settings_show) C(settings_set) C(keeper_list) C(keeper_approve) C(keeper_revoke) C(token_list) C(token_scopes) C(token_create) C(token_revoke) \
    C(deployment_list) C(deployment_create) C(deployment_revoke) C(tenant_list) C(tenant_create) C(hold_open) C(hold_recover) C(marks_show) C(marks_list) C(marks_accept) \
    C(describe_struct) C(describe_sql) C(describe_json) C(describe_openapi) C(describe_proto) C(describe_types) C(describe_data_map) C(describe_acts) C(describe_annex_a) C(describe_rules) C(describe_man) \
    C(notice_show) C(notice_set) C(notice_test) C(sso_show) C(sso_set) C(sso_test) C(sso_remove) C(sso_account) C(sso_unlink) C(witness_show) C(witness_set) C(witness_remove) \
    C(snapshot_list) C(snapshot_take) C(snapshot_verify) C(work_list) C(session_list) C(session_end) \
    C(password_change) C(authenticator_show) C(authenticator_add) C(authenticator_confirm) \
    C(authenticator_remove) C(passkey_list) C(passkey_remove) C(notice_list) C(notice_resend) C(webhook_list) C(webhook_add) \
    C(webhook_test) C(webhook_rotate) C(webhook_remove) C(snapshot_restore) C(snapshot_receive) C(snapshot_copies) C(snapshot_go_on) C(snapshot_give_up) C(snapshot_drill) \
    C(snapshot_drills) C(storage_show) C(storage_set) C(key_show) C(key_set) C(key_make) C(handover_make) \
    C(handover_resume) C(handover_list) C(handover_receipt) C(handover_end) C(subject_access_list) \
    C(subject_access_open) C(subject_access_export) C(subject_access_close) \
    C(policy_list) C(policy_show) C(policy_publish) C(policy_sign) C(policy_key) C(policy_rollout) \
    C(signer_list) C(signer_make) C(signer_pin) C(signer_give) C(signer_take) \
    C(erasure_show) C(erasure_request) C(erasure_withdraw) C(erasure_certificate) C(erasure_list) C(erasure_enter) \
    C(policy_check) C(policy_explain) C(policy_rehearse) C(licence_show) C(licence_timeline) C(contract_show) C(contract_set) C(hold_list) C(hold_place) C(hold_release) \
    C(tenant_key_show) C(key_rotate) C(recovery_show) C(recovery_print) C(recovery_split) C(recovery_withdraw) \
    C(recovery_part) C(recovery_confirm) C(recovery_rehearse) \
    C(prove) C(simulate) C(diagnose) C(completion) C(api) C(version)
/* clang-format on */
#define C(name) CHECKED err_t command_##name(struct cli *cli);
COMMANDS(C)
#undef C
