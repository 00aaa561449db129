/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the keys process. The one table of requests is the whole of what can be asked: by which process, and which
 * entry of the evidence log comes of it (log/act.h), without which the request fails and nothing is done. `holds` says
 * how it holds the keyring. The messages stand in keys.proto.
 *
 *     Keys__Bearer in = KEYS__BEARER__INIT;
 *     Keys__Who *who = NULL;
 *     in.bearer = cookie;
 *     TRY(keys_ask(&channel, &(struct question){ASK_WHOAMI, &in.base}, arena, &who));
 *
 * A channel is one end of a socket pair, used by one thread at a time; the keys process answers each channel on a
 * thread of its own. The answer lives in the arena. An error is the one that the keys process returned, with its note;
 * where the process is gone it is BUSY (it is being restarted), and whether a write was done is not known.
 */
#pragma once
#include "base/arena.h"
#include "keyring/keys.pb-c.h"
#include <stdatomic.h>

/* clang-format off */
/*    number name            takes               gives         holds   asker evidence */
#define ASK_TABLE(A) \
    A(1,  tenant_make,        tenant_make,        tenant_made,  WRITES, WEB,  TENANT_MADE) \
    A(2,  tenant_list,        none,               tenants,      READS,  WEB,  NONE) \
    A(3,  claim,              claim,              who,          ALONE,  WEB,  TENANT_CLAIMED) \
    A(4,  kit_back,           kit_back,           none,         WRITES, WEB,  KIT_CONFIRMED) \
    A(5,  login,              login,              who,          ALONE,  WEB,  SESSION_OPENED) \
    A(6,  recover,            recover,            who,          ALONE,  WEB,  KIT_USED) \
    A(7,  whoami,             bearer,             who,          READS,  WEB,  NONE) \
    A(8,  logout,             bearer,             none,         WRITES, WEB,  SESSION_ENDED) \
    A(9,  token_make,         token_make,         token,        ALONE,  WEB,  TOKEN_MADE) \
    A(10, token_list,         bearer,             tokens,       READS,  WEB,  NONE) \
    A(11, token_end,          named,              none,         WRITES, WEB,  TOKEN_ENDED) \
    A(12, deployment_make,    deployment_make,    deployment,   WRITES, WEB,  DEPLOYMENT_MADE) \
    A(13, deployment_list,    bearer,             deployments,  READS,  WEB,  NONE) \
    A(14, deployment_end,     deployment_end,     none,         WRITES, WEB,  DEPLOYMENT_ENDED) \
    A(15, enrol,              enrol,              enrolled,     WRITES, WEB,  DEVICE_ENROLLED) \
    A(16, subjects_make,      subjects,           none,         WRITES, WEB,  ACCOUNTS_KNOWN) \
    A(17, subjects_publics,   subjects,           publics,      READS,  WEB,  NONE) \
    A(18, records_open,       open,               opened,       ALONE,  WEB,  RECORDS_OPENED) \
    A(19, device_destroy,     named,              none,         WRITES, WEB,  DEVICE_DESTROYED) \
    A(20, server_certificate, server_certificate, certificate,  READS,  WEB,  NONE) \
    A(21, renew,              renew,              certificate,  WRITES, WEB,  DEVICE_RENEWED) \
    A(22, device_states,      bearer,             devices,      READS,  WEB,  NONE) \
    A(23, device_approve,     named,              none,         WRITES, WEB,  DEVICE_APPROVED) \
    A(24, device_revoke,      named,              none,         WRITES, WEB,  DEVICE_REVOKED) \
    A(25, journal_add,        journal_add,        none,         WRITES, WEB,  NONE) \
    A(26, log_about,          bearer,             log,          READS,  WEB,  NONE) \
    A(27, log_due,            none,               logs,         READS,  JOBS, NONE) \
    A(28, log_take,           log_range,          log_entries,  ALONE,  JOBS, NONE) \
    A(29, log_sign,           log_range,          log,          ALONE,  JOBS, NONE) \
    A(30, invitation_make,    invitation_make,    invitation,   ALONE,  WEB,  MEMBER_INVITED) \
    A(31, invitation_list,    bearer,             invitations,  READS,  WEB,  NONE) \
    A(32, invitation_end,     named,              none,         WRITES, WEB,  INVITATION_ENDED) \
    A(33, join,               join,               who,          ALONE,  WEB,  MEMBER_JOINED) \
    A(34, member_list,        bearer,             members,      READS,  WEB,  NONE) \
    A(35, member_key,         named,              none,         WRITES, WEB,  KEY_GIVEN) \
    A(36, member_remove,      named,              request,      WRITES, WEB,  REMOVAL_ASKED) \
    A(37, process_get,        bearer,             process,      READS,  WEB,  NONE) \
    A(38, process_set,        process_set,        process,      WRITES, WEB,  PROCESS_CHANGED) \
    A(39, request_list,       requests_ask,       requests,     READS,  WEB,  NONE) \
    A(40, request_show,       named,              request,      READS,  WEB,  NONE) \
    A(41, request_approve,    named,              request,      ALONE,  WEB,  REQUEST_APPROVED) \
    A(42, request_refuse,     named,              request,      WRITES, WEB,  REQUEST_REFUSED) \
    A(43, request_end,        named,              none,         WRITES, WEB,  REQUEST_ENDED) \
    A(44, support_ask,        support_ask,        request,      WRITES, WEB,  SUPPORT_ASKED) \
    A(45, grant_open,         grant_open,         opened,       ALONE,  WEB,  SUPPORT_OPENED) \
    A(46, grant_approve,      grant_act,          none,         ALONE,  WEB,  DEVICE_APPROVED) \
    A(47, grant_revoke,       grant_act,          none,         ALONE,  WEB,  DEVICE_REVOKED) \
    A(48, staff_invite,       none,               invitation,   WRITES, WEB,  STAFF_INVITED) \
    A(49, staff_join,         join,               staff_member, ALONE,  WEB,  STAFF_JOINED) \
    A(50, staff_login,        login,              who,          ALONE,  WEB,  SESSION_OPENED) \
    A(51, staff_whoami,       bearer,             staff_member, READS,  WEB,  NONE) \
    A(52, staff_list,         bearer,             staff_members, READS, WEB,  NONE) \
    A(53, staff_sign,         staff_sign,         staff_member, ALONE,  WEB,  AGREEMENT_SIGNED) \
    A(54, staff_trained,      training,           none,         WRITES, WEB,  STAFF_TRAINED) \
    A(55, agreement_set,      agreement,          none,         WRITES, WEB,  AGREEMENT_SET) \
    A(56, agreement_get,      none,               agreement,    READS,  WEB,  NONE) \
    A(57, standard_set,       standard,           none,         WRITES, WEB,  STANDARD_SET) \
    A(58, standard_get,       none,               standard,     READS,  WEB,  NONE) \
    A(59, order_make,         order_make,         order,        WRITES, WEB,  ORDER_MADE) \
    A(60, order_list,         bearer,             orders,       READS,  WEB,  NONE) \
    A(61, order_confirm,      order_named,        order,        WRITES, WEB,  ORDER_CONFIRMED) \
    A(62, order_withdraw,     order_named,        none,         WRITES, WEB,  ORDER_WITHDRAWN) \
    A(63, duties,             bearer,             duties,       READS,  WEB,  NONE) \
    A(64, support_states,     named,              devices,      READS,  WEB,  NONE) \
    A(65, notices_get,        notices_ask,           notices,      READS,  WEB,  NONE) \
    A(66, notices_set,        notices_set,        notices,      WRITES, WEB,  NOTICES_CHANGED) \
    A(67, notices_test,       bearer,             notices,      WRITES, WEB,  NONE) \
    A(68, notice_due,         none,               notices,      READS,  JOBS, NONE) \
    A(69, notice_sent,        notice_outcome,     none,         WRITES, JOBS, NOTICE_SENT) \
    A(70, notice_put_off,     notice_outcome,     none,         WRITES, JOBS, NONE) \
    A(71, witness_set,        witness_set,        none,         WRITES, WEB,  WITNESS_CHANGED) \
    A(72, witness_due,        none,               witnesses,    READS,  JOBS, NONE) \
    A(73, witness_told,       witness,            none,         WRITES, JOBS, NONE) \
    A(74, signer_get,         bearer,             signer,       READS,  WEB,  NONE) \
    A(75, signer_make,        signer_make,        signer,       ALONE,  WEB,  SIGNER_MADE) \
    A(76, signer_give,        signer_give,        none,         ALONE,  WEB,  SIGNER_GIVEN) \
    A(77, signer_end,         named,              none,         WRITES, WEB,  SIGNER_ENDED) \
    A(78, signer_public,      subjects,           signer,       READS,  WEB,  NONE) \
    A(79, policy_publish,     policy_publish,     published,    ALONE,  WEB,  POLICY_PUBLISHED) \
    A(80, launches_publics,   subjects,           publics,      READS,  WEB,  NONE) \
    A(81, launches_make,      subjects,           publics,      WRITES, WEB,  NONE) \
    A(82, launches_open,      open,               opened,       ALONE,  WEB,  LAUNCHES_OPENED) \
    A(83, foreign_enrol,      enrol,              enrolled,     WRITES, WEB,  DEVICE_ENROLLED) \
    A(84, foreign_find,       foreign_ask,        foreign_device, READS, WEB, NONE) \
    A(85, foreign_accounts,   foreign_names,      foreign_ids,  WRITES, WEB,  ACCOUNTS_KNOWN) \
    A(86, foreign_heard,      foreign_heard,      none,         WRITES, WEB,  NONE) \
    A(87,  marks_list,        none,               marks_listed, READS,  WEB,  NONE) \
    A(88,  log_follow,        log_follow,         none,         ALONE,  JOBS, NONE) \
    A(89,  held_kit,          held_kit,           opened,       ALONE,  WEB,  HELD_OPENED) \
    A(90, elevation_tell,     elevation_tell,     elevation_state, WRITES, WEB, ELEVATION_ASKED) \
    A(91, elevation_poll,     elevation_tell,     elevation_state, READS,  WEB, NONE) \
    A(92, elevation_end,      elevation_tell,     none,         WRITES, WEB,  ELEVATION_USED) \
    A(93, elevation_list,     requests_ask,       elevations,   WRITES, WEB,  RECORDS_OPENED) \
    A(94, elevation_show,     named,              elevation,    WRITES, WEB,  RECORDS_OPENED) \
    A(95, elevation_approve,  elevation_answer,   elevation,    ALONE,  WEB,  ELEVATION_APPROVED) \
    A(96, elevation_refuse,   named,              elevation,    WRITES, WEB,  ELEVATION_REFUSED) \
    A(97, elevation_code,     elevation_code,     elevation_state, ALONE, WEB, ELEVATION_CODE) \
    A(98,  subjects_vouched,  subjects,           vouched,      WRITES, WEB,  ACCOUNTS_KNOWN) \
    A(101, work_list,         bearer,             works,        READS,  WEB,  NONE) \
    A(102, work_due,          work_due,           works,        WRITES, JOBS, NONE) \
    A(103, work_told,         work,               none,         WRITES, JOBS, NONE) \
    A(108, copy_key,          of_tenant_snapshots, snapshot_keys, ALONE, JOBS, NONE) \
    A(109, copy_subjects,     snapshot_subjects,  snapshot_subjects, ALONE, JOBS, NONE) \
    A(110, snapshot_key,      of_tenant_snapshots, snapshot_keys, WRITES, JOBS, NONE) \
    A(111, snapshot_sign,     snapshot_sign,      snapshot_signed, WRITES, JOBS, SNAPSHOT_TAKEN) \
    A(112, snapshot_told,     snapshot_told,      none,         WRITES, JOBS, SNAPSHOT_VERIFIED) \
    A(113, snapshots_pruned,  snapshots_pruned,   none,         WRITES, JOBS, SNAPSHOTS_PRUNED) \
    A(114, snapshot_list,     bearer,             snapshots,    READS,  WEB,  NONE) \
    A(115, snapshot_subjects, snapshot_subjects,  snapshot_subjects, READS, JOBS, NONE) \
    A(116, snapshot_ask,      snapshot_ask,       work,         WRITES, WEB,  SNAPSHOT_ASKED) \
    A(117, restore_ask,       restore_ask,        restore_asked, WRITES, WEB, RESTORE_BEGUN) \
    A(118, restore_told,      restore_told,       none,         WRITES, JOBS, RESTORE_DONE) \
    A(119, erased_list,       erased_ask,         erased,       READS,  JOBS, NONE) \
    A(120, grant_restore,     grant_act,          restore_asked, ALONE, WEB,  RESTORE_BEGUN) \
    A(121, restore_check,     named,              approval,     READS,  JOBS, NONE) \
    A(122, drill_ask,         bearer,             restore_asked, WRITES, WEB, NONE) \
    A(123, drill_told,        drill,              none,         WRITES, JOBS, DRILL_DONE) \
    A(124, drill_list,        bearer,             drills,       READS,  WEB,  NONE) \
    A(125, contract_get,      of_tenant,          licence,      READS,  WEB,  NONE) \
    A(126, contract_set,      contract_set,       licence,      WRITES, WEB,  CONTRACT_CHANGED) \
    A(127, contract_order,    contract_set,       order,        WRITES, WEB,  ORDER_MADE) \
    A(128, licence_due,       none,               licence_due,  READS,  JOBS, NONE) \
    A(129, life_turn,         of_tenant,          none,         WRITES, JOBS, NONE) \
    A(130, frozen_told,       frozen,             none,         WRITES, JOBS, SNAPSHOTS_FROZEN) \
    A(131, clock_get,         bearer,             clock,        READS,  WEB,  NONE) \
    A(132, hold_list,         bearer,             holds,        READS,  WEB,  NONE) \
    A(133, hold_place,        hold_place,         hold,         ALONE,  WEB,  HOLD_PLACED) \
    A(134, hold_end,          named,              request,      WRITES, WEB,  HOLD_RELEASE_ASKED) \
    A(135, held_open,         open,               opened,       ALONE,  WEB,  HELD_OPENED) \
    A(136, frozen_get,        of_tenant,          frozen,       READS,  JOBS, NONE) \
    A(137, held_get,          of_tenant,          held,         READS,  JOBS, NONE) \
    A(138, log_list,          log_range,          logs,         READS,  JOBS, NONE) \
    A(139, held_launches,     open,               opened,       ALONE,  WEB,  HELD_OPENED) \
    A(140, retention_get,     bearer,             retention,    READS,  WEB,  NONE) \
    A(141, retention_set,     retention_set,      retention,    WRITES, WEB,  RETENTION_CHANGED) \
    A(142, retention_list,    none,               retentions,   READS,  JOBS, NONE) \
    A(143, retention_told,    retention_told,     none,         WRITES, JOBS, NONE) \
    A(144, journal_carry,     journal_add,        none,         WRITES, JOBS, NONE) \
    A(145, retention_of,      retention_ask,      retention,    READS,  JOBS, NONE) \
    A(150, forget_look,       forget,             forgettables, READS,  WEB,  NONE) \
    A(151, forget,            forget,             forgotten,    ALONE,  WEB,  PERSON_FORGOTTEN) \
    A(152, forget_dropped,    forget_done,        none,         WRITES, WEB,  NONE) \
    A(153, forget_due,        none,               forget_due,   READS,  JOBS, NONE) \
    A(154, forget_done,       forget_done,        none,         WRITES, JOBS, NONE) \
    A(155, forgotten_list,    bearer,             forgottens,   READS,  WEB,  NONE) \
    A(156, forgotten_lift,    named,              forgotten,    WRITES, WEB,  PERSON_LIFTED) \
    A(157, withholder,        subjects,           signer,       READS,  WEB,  NONE) \
    A(158, label_set,         label_set,          none,         WRITES, WEB,  LABEL_CHANGED) \
    A(160, break_glass_get,   bearer,             break_glass,  READS,  WEB,  NONE) \
    A(161, break_glass_set,   break_glass_set,    break_glass,  ALONE,  WEB,  BREAK_GLASS_SET) \
    A(162, export_make,       export_make,        export,       WRITES, WEB,  EXPORT_MADE) \
    A(163, export_seal,       named,              export,       WRITES, WEB,  NONE) \
    A(164, export_list,       bearer,             exports,      READS,  WEB,  NONE) \
    A(165, export_end,        named,              none,         WRITES, WEB,  EXPORT_ENDED) \
    A(166, export_begin,      export_ticket,      export_scope, WRITES, WEB,  NONE) \
    A(167, export_open,       export_open,        opened,       ALONE,  WEB,  EXPORT_OPENED) \
    A(168, export_elevations, export_page,        elevations,   WRITES, WEB,  EXPORT_OPENED) \
    A(169, export_made,       export_archive,     none,         WRITES, WEB,  NONE) \
    A(170, export_hand,       named,              export,       WRITES, WEB,  EXTRACT_HANDED_OVER) \
    A(171, subject_access_list, bearer,           subject_accesses, READS, WEB, NONE) \
    A(172, subject_access_open, subject_access_open, subject_access, WRITES, WEB, SUBJECT_ACCESS_OPENED) \
    A(173, subject_access_close, subject_access_close, none,    WRITES, WEB,  SUBJECT_ACCESS_CLOSED) \
    A(174, export_sweep,      export_gone,        export_gone,  WRITES, WEB,  NONE) \
    A(175, erasure_ask,       erasure_ask,        erasure,      ALONE,  WEB,  ERASURE_ASKED) \
    A(176, erasure_withdraw,  named,              erasure,      WRITES, WEB,  ERASURE_WITHDRAWN) \
    A(177, erasure_get,       bearer,             erasure,      READS,  WEB,  NONE) \
    A(178, erasure_show,      erasure_named,      erasure,      READS,  WEB,  NONE) \
    A(179, erasure_list,      bearer,             erasures,     READS,  WEB,  NONE) \
    A(180, erasure_watch,     none,               erasures,     READS,  WEB,  NONE) \
    A(181, erasure_left,      erasure_told,       none,         WRITES, WEB,  NONE) \
    A(182, erasure_due,       none,               erasures,     WRITES, JOBS, NONE) \
    A(183, erasure_mark,      erasure_counts,     none,         ALONE,  JOBS, ERASURE_MARKED) \
    A(184, erasure_sweep,     erasure_named,      erasure_swept, WRITES, JOBS, NONE) \
    A(185, erasure_told,      erasure_told,       none,         WRITES, JOBS, NONE) \
    A(186, erasure_close,     erasure_named,      none,         WRITES, JOBS, NONE) \
    A(190, webhook_list,      bearer,             webhooks,     READS,  WEB,  NONE) \
    A(191, webhook_add,       webhook_add,        webhook,      WRITES, WEB,  WEBHOOK_ADDED) \
    A(192, webhook_rotate,    named,              webhook,      WRITES, WEB,  WEBHOOK_ROTATED) \
    A(193, webhook_remove,    named,              none,         WRITES, WEB,  WEBHOOK_REMOVED) \
    A(194, webhook_test,      named,              none,         WRITES, WEB,  NONE) \
    A(195, notice_again,      named,              none,         WRITES, WEB,  NOTICE_AGAIN) \
    A(196, webhook_due,       none,               notices,      READS,  JOBS, NONE) \
    A(197, webhook_sign,      webhook_sign,       webhook_signed, READS, JOBS, NONE) \
    A(198, notice_delivered,  notice_outcome,     none,         WRITES, JOBS, NOTICE_DELIVERED) \
    A(199, member_role,       member_role,        request,      WRITES, WEB,  ROLE_ASKED) \
    A(203, marks_seen,        marks,              marks_state,  ALONE,  WEB,  NONE) \
    A(204, marks_told,        marks,              marks_state,  ALONE,  JOBS, NONE) \
    A(205, marks_accept,      marks_accept,       none,         ALONE,  WEB,  NONE) \
    A(206, session_list,      sessions_ask,       sessions,     READS,  WEB,  NONE) \
    A(207, session_end,       named,              none,         WRITES, WEB,  SESSION_ENDED) \
    A(208, password_change,   again,              none,         ALONE,  WEB,  PASSWORD_CHANGED) \
    A(209, codes_get,         bearer,             codes,        READS,  WEB,  NONE) \
    A(210, codes_begin,       again,              codes,        ALONE,  WEB,  NONE) \
    A(211, codes_confirm,     codes_confirm,      codes,        WRITES, WEB,  AUTHENTICATOR_ADDED) \
    A(212, codes_end,         again,              none,         ALONE,  WEB,  AUTHENTICATOR_REMOVED) \
    A(213, passkey_ask,       passkey_ask,        passkey_options, READS, WEB, NONE) \
    A(214, passkey_login,     passkey_login,      who,          ALONE,  WEB,  SESSION_OPENED) \
    A(215, session_unlock,    again,              who,          ALONE,  WEB,  SESSION_KEYED) \
    A(216, passkey_list,      bearer,             passkeys,     READS,  WEB,  NONE) \
    A(217, passkey_begin,     again,              passkey_options, ALONE, WEB, NONE) \
    A(218, passkey_add,       passkey_add,        passkey,      WRITES, WEB,  PASSKEY_ADDED) \
    A(219, passkey_remove,    again,              none,         ALONE,  WEB,  PASSKEY_REMOVED) \
    A(220, passkey_first,     bearer,             passkey_options, READS, WEB, NONE) \
    A(222, sso_get,           bearer,             sso,          READS,  WEB,  NONE) \
    A(223, sso_set,           sso_set,            sso,          ALONE,  WEB,  NONE) \
    A(224, sso_begin,         sso_begin,          sso_begun,    WRITES, WEB,  NONE) \
    A(225, sso_link,          again,              sso_begun,    ALONE,  WEB,  NONE) \
    A(226, sso_come,          sso_come,           sso_outcome,  WRITES, WEB,  NONE) \
    A(227, sso_join,          sso_join,           who,          WRITES, WEB,  MEMBER_JOINED) \
    A(228, sso_turn,          sso_told,           sso_errand,   WRITES, JOBS, NONE) \
    A(229, password_first,    again,              none,         ALONE,  WEB,  PASSWORD_SET) \
    A(237, member_show,       named,              member,       READS,  WEB,  NONE) \
    A(238, member_change,     member_change,      member,       ALONE,  WEB,  MEMBER_CHANGED) \
    A(239, member_disable,    named,              none,         WRITES, WEB,  MEMBER_DISABLED) \
    A(240, member_enable,     named,              none,         WRITES, WEB,  MEMBER_ENABLED) \
    A(241, scim_setup,        bearer,             scim_setup,   READS,  WEB,  NONE) \
    A(242, scim_setup_set,    scim_setup_set,     scim_setup,   ALONE,  WEB,  PROVISIONING_SET) \
    A(243, scim_find,         scim_find,          scim_found,   WRITES, WEB,  MEMBERS_OPENED) \
    A(244, scim_put_user,     scim_user_put,      scim_found,   WRITES, WEB,  MEMBER_PROVISIONED) \
    A(245, scim_put_group,    scim_group_put,     scim_found,   WRITES, WEB,  GROUP_CHANGED) \
    A(246, recovery_get,       bearer,             recovery,     READS,  WEB,  NONE) \
    A(247, key_rotate,         key_rotate,         tenant_key,   ALONE,  WEB,  KEY_ROTATION_BEGUN) \
    A(248, key_reseal,         bearer,             tenant_key,   ALONE,  WEB,  NONE) \
    A(249, recovery_begin,     recovery_begin,     recovery_shown, ALONE, WEB, RECOVERY_BEGUN) \
    A(250, recovery_withdraw,  bearer,             none,         WRITES, WEB,  RECOVERY_WITHDRAWN) \
    A(251, part_show,          part_show,          recovery_shown, ALONE, WEB, PART_SEEN) \
    A(252, part_confirm,       part_typed,         none,         WRITES, WEB,  PART_CONFIRMED) \
    A(253, part_rehearse,      part_typed,         none,         WRITES, WEB,  PART_REHEARSED) \
    A(254, erasure_held,       erasure_named,      erasure_held, READS,  JOBS, NONE) \
    A(230, keeper_enrol,      keeper_enrol,       keeper,       WRITES, WEB,  KEEPER_ENROLLED) \
    A(231, keeper_list,       bearer,             keepers,      READS,  WEB,  NONE) \
    A(232, keeper_approve,    keeper_approve,     keeper,       ALONE,  WEB,  KEEPER_APPROVED) \
    A(233, keeper_poll,       keeper_poll,        keeper,       WRITES, WEB,  NONE) \
    A(234, keeper_unlock,     keeper_unlock,      who,          WRITES, WEB,  KEEPER_OPENED) \
    A(235, keeper_give,       bearer,             keeper,       WRITES, WEB,  KEY_GIVEN) \
    A(236, session_release,   bearer,             who,          WRITES, WEB,  SESSION_KEYED) \
    A(189, cli_approve,       cli_approve,        cli_code,     WRITES, WEB,  SESSION_APPROVED) \
    A(200, cli_take,          cli_take,           who,          ALONE,  WEB,  SESSION_OPENED) \
    A(148, group_list,        bearer,             scim_found,   READS,  WEB,  NONE) \
    A(149, group_put,         scim_group_put,     scim_found,   WRITES, WEB,  GROUP_CHANGED) \
    A(159, grant_snapshots,   named,              snapshots,    ALONE,  WEB,  SUPPORT_LOOKED) \
    A(146, grant_look,        grant_act,          none,         ALONE,  WEB,  SUPPORT_LOOKED) \
    A(99,  copy_offer,        bearer,             copy_code,    WRITES, WEB,  COPY_OFFERED) \
    A(100, copy_ask,          copy_ask,           copy,         WRITES, WEB,  NONE) \
    A(104, copy_give,         copy_give,          copy,         ALONE,  WEB,  COPY_BEGUN) \
    A(105, copy_go_on,        copy_act,           copy,         ALONE,  WEB,  NONE) \
    A(106, copy_list,         bearer,             copies,       READS,  WEB,  NONE) \
    A(107, copy_told,         copy_told,          none,         WRITES, JOBS, COPY_DONE)
/* clang-format on */

enum ask_number {
#define A(number, name, takes, gives, mode, asker, act) ASK_##name = number,
    ASK_TABLE(A)
#undef A
};

struct channel {
    int fd;
    atomic_uint_least64_t
        *turn; /* one more after each act that ends what was known of devices; NULL: nobody knows */
};

struct question {
    enum ask_number number;
    const void *message; /* of the type that the row takes */
};

CHECKED err_t keys_ask(struct channel *channel, const struct question *question, arena_t *arena,
                       void *out_answer);

/* One frame, as both sides read and write it. UNREACHABLE at the end of the stream. */
CHECKED err_t frame_send(int fd, uint8_t first, str_t body);
CHECKED err_t frame_receive(int fd, uint8_t *out_first, buf_t *out_body);

/* protobuf-c's allocations in an arena. */
ProtobufCAllocator arena_allocator(arena_t *arena);
