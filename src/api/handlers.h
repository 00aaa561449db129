/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of the route table, each in the file of its subject.
 */
#pragma once
#include "api/route.h"

/* clang-format off */
#define API_HANDLERS(H) \
    H(ready) H(claim) H(kit_back) H(sign_in) H(session) H(sign_out) H(recover) \
    H(device_list) H(device_show) H(device_remove) H(device_approve) H(device_revoke) H(settings) H(settings_change) H(launch_list) H(launch_live) \
    H(token_list) H(scope_list) H(token_make) H(token_end) H(deployment_list) H(deployment_make) H(deployment_end) \
    H(enrol) H(agent_accounts) H(agent_report) H(agent_report_at_once) H(agent_launches) H(agent_launches_at_once) H(agent_settings) H(agent_renew) H(tenant_make) H(tenant_list) \
    H(join) H(member_list) H(member_remove) H(member_key) H(invitation_list) H(invitation_make) H(invitation_end) \
    H(process) H(process_change) H(grant_snapshots) H(group_list) H(group_make) H(group_change) H(group_remove) H(request_list) H(request_show) H(request_approve) H(request_refuse) H(request_end) \
    H(staff_invite) H(staff_join) H(staff_sign_in) H(staff_session) H(staff_sign_out) H(staff_list) H(staff_trained) \
    H(agreement) H(agreement_set) H(agreement_sign) H(certificate) H(certificate_set) \
    H(client_devices) H(support_ask) H(grant_devices) H(grant_device) H(grant_launches) H(grant_device_approve) H(grant_device_revoke) \
    H(order_list) H(order_make) H(order_confirm) H(order_withdraw) \
    H(log_list) H(log_about) H(log_file) H(log_proof) H(log_entry) H(prove) \
    H(snapshot_list) H(snapshot_take) H(snapshot_verify) H(work_list) H(session_list) H(session_end) H(session_unlock) H(sso) H(sso_own) H(sso_set) H(sso_remove) H(sso_test) H(sso_begin) H(sso_link) H(sso_unlink) H(sso_come) H(sso_join) H(password_first) H(session_challenge) H(session_passkey) H(passkey_challenge) H(passkey_list) H(passkey_first) H(passkey_begin) H(passkey_add) H(passkey_remove) H(password_change) H(codes) H(codes_begin) H(codes_confirm) H(codes_end) H(notices) H(notices_change) H(notices_test) H(witness_change) H(witness_remove) \
    H(policy_list) H(policy_show) H(policy_publish) H(policy_check) H(policy_explain) H(policy_rehearse) H(policy_rollout) \
    H(signer_list) H(signer_make) H(signer_give) H(signer_end) H(agent_policy) H(agent_signer) \
    H(osquery_enrol) H(osquery_config) H(osquery_log) H(osquery_read) H(osquery_write) \
    H(santa_preflight) H(santa_events) H(santa_rules) H(santa_postflight) H(santa_xsrf) \
    H(agent_elevation) H(agent_elevation_state) H(elevation_list) H(elevation_show) H(elevation_approve) H(elevation_refuse) \
    H(elevation_code) \
    H(licence) H(contract) H(contract_set) H(clock) H(hold_list) H(hold_place) H(hold_release) \
    H(held_device) H(webhook_list) H(webhook_add) H(webhook_rotate) H(webhook_remove) H(webhook_test) \
    H(notice_again) H(member_role) H(restore) H(grant_device_restore) H(drill_ask) H(drill_list) \
    H(storage) H(storage_change) H(storage_try) H(person_search) H(person_look) H(person_forget) \
    H(keeper_enrol) H(keeper_poll) H(keeper_unlock) H(keeper_give) H(keeper_release) H(session_release) H(keeper_list) H(keeper_approve) H(keeper_end) \
    H(forgotten_list) H(forgotten_lift) H(token_label) H(deployment_label) H(agent_withheld) \
    H(agent_withholder) H(break_glass) H(break_glass_change) H(export_list) H(export_warning) \
    H(export_make) H(export_end) H(export_run) H(export_archive) H(export_receipt) H(subject_access_list) \
    H(subject_access_open) H(subject_access_close) H(erasure) H(erasure_ask) H(erasure_withdraw) \
    H(member_show) H(member_change) H(member_disable) H(member_enable) H(erasure_list) H(erased) \
    H(erased_note) H(erased_proof) H(erased_pdf) H(marks) H(marks_behind) H(marks_accept) H(held_launches) H(held_kit_device) H(held_kit_launches) H(scim_config) \
    H(scim_types) H(scim_schemas) H(scim_not_there) H(scim_setup) H(scim_setup_change) H(scim_user_list) \
    H(scim_user_show) H(scim_user_make) H(scim_user_change) H(scim_user_remove) H(scim_group_list) \
    H(scim_group_show) H(scim_group_make) H(scim_group_change) H(scim_group_remove) H(tenant_key) \
    H(key_rotate) H(key_reseal) H(recovery) H(recovery_begin) H(recovery_withdraw) H(part_show) \
    H(part_confirm) H(part_rehearse) H(agent_subjects) H(cli_approve) H(cli_take) H(staff_challenge) H(staff_passkey) \
    H(copy_list) H(copy_offer) H(copy_ask) H(copy_give) H(copy_go_on) H(copy_end)
/* clang-format on */
#define API_HANDLER(name) CHECKED err_t api_##name(struct call *call);
API_HANDLERS(API_HANDLER)
#undef API_HANDLER

/* What a directory sends, read before it is answered. */
CHECKED err_t scim_user_body(struct call *call);
CHECKED err_t scim_user_operations(struct call *call);
CHECKED err_t scim_group_body(struct call *call);
CHECKED err_t scim_group_operations(struct call *call);
CHECKED err_t scim_setup_body(struct call *call);
