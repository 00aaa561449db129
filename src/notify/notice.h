/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices: what a client is told by mail and webhook, every kind as one table. A notice says that something happened and
 * where it can be seen, and nothing else: it passes through machines of others, so nobody's name and no other personal
 * data stands in it, and there is no place in a notice to put any.
 *
 *     const struct notice_info *info = notice_info(NOTICE_SUPPORT_REQUESTED);
 *
 * severity  info: to know. action: somebody of the client is to decide. warning: something is not as it should be.
 * page      of the console, where the rest stands; the id that the notice is about comes behind it, where it has one.
 */
#pragma once
#include "base/bytes.h"

/* clang-format off */
/*    constant           name                 severity   page        subject,
 *        sentence */
#define NOTICE_TABLE(K) \
    K(SUPPORT_REQUESTED, "support.requested", "action",  "/requests", "Support asks for access", \
        "The provider's support asks for access to your data, for one case. Nothing is opened unless somebody of yours approves.") \
    K(SUPPORT_VOID,      "support.void",      "info",    "/requests", "A request of support has ended unanswered", \
        "A request of the provider's support was not answered in time. It is void, and nothing was opened.") \
    K(SUPPORT_ENDED,     "support.ended",     "info",    "/requests", "Access of support has ended", \
        "The access that was granted to the provider's support has ended. What was done under it stands in the audit log.") \
    K(MEMBER_REMOVAL,    "member.removal",    "warning", "/requests", "A member is removed", \
        "A member of your organisation was removed, or is about to be. If you do not expect it, look now.") \
    K(MEMBER_ROLE,       "member.role",       "warning", "/requests", "The role of a member is changed", \
        "A member of your organisation was given another role, or is about to be. If you do not expect it, look now.") \
    K(HOLD_RELEASE,      "hold.release",      "action",  "/requests", "The release of a legal hold is asked for", \
        "Somebody of your organisation asks for the release of a legal hold. What is kept for it alone is destroyed once somebody else of yours approves.") \
    K(ELEVATION_ASKED,   "elevation.asked",   "action",  "/elevations", "Somebody asks for an elevation", \
        "A command is to run with other rights on one of your devices, and waits for an approval by somebody who signs for you.") \
    K(ELEVATION_EMERGENCY, "elevation.emergency", "warning", "/elevations", "An elevation ran as an emergency", \
        "A command ran with other rights on one of your devices without the approval it needed, as your policy allows in an emergency. Look at it now.") \
    K(STORAGE_80,        "storage.80",        "warning", "/storage", "80 % of the storage is used", \
        "What is kept of your organisation has passed 80 % of your plan's capacity. The storage page says what goes first when it is full, and when.") \
    K(STORAGE_90,        "storage.90",        "warning", "/storage", "90 % of the storage is used", \
        "What is kept of your organisation has passed 90 % of your plan's capacity. The storage page says what goes first when it is full, and when.") \
    K(STORAGE_STUCK,     "storage.full",      "action",  "/storage", "The storage is full, and nothing may go", \
        "More is kept of your organisation than your plan's capacity, and by your minimum ages and holds nothing may go. Nothing is refused and nothing is lost; somebody of yours is to decide.") \
    K(STORAGE_EVICTED,   "storage.evicted",   "info",    "/storage", "Old recordings or launches have gone", \
        "On the day that is over the oldest recordings or launches of your organisation were removed, for room or because they were older than your maximum. The audit log says which days they were of.") \
    K(TEST,              "test",              "info",    "/access",  "A test of notices", \
        "An owner of your organisation asked for this test. Nothing has happened.") \
    K(WEBHOOK_GONE,      "webhook.gone",      "warning", "/access",  "A webhook was switched off", \
        "One of your webhooks answered that it is gone for good (410). It was switched off, and nothing is sent to it any more.") \
    K(LICENCE_EXPIRED,   "licence.expired",   "warning", "/licence", "Your licence has expired", \
        "Nothing new is collected from now on. In the days of grace you can still sign in, read and export what is kept; renewed, all goes on as before.") \
    K(LICENCE_DEACTIVATED, "licence.deactivated", "warning", "/licence", "Your organisation was deactivated", \
        "The days of grace are over, and nobody reads what is kept any more. Unless you renew, all of it is deleted for good on the day your contract says.") \
    K(ERASURE_ASKED,     "erasure.asked",     "warning", "/erasure", "The deletion of your data was asked for", \
        "The deletion of everything that is kept for your organisation was asked for, or has fallen due. An owner can take it back until it begins. If you do not expect it, look now.") \
    K(ERASURE_COMPLETED, "erasure.completed", "info",    "/certificates", "Your data was deleted", \
        "What was kept for your organisation was deleted for good, its keys first. The certificate says what, when and how, and what remains for how long.") \
    K(GUARDIAN_INACTIVE, "guardian.inactive", "warning", "/recovery", "A guardian has not signed in for long", \
        "Somebody who keeps a part of your recovery key has not signed in for 90 days. See whether they still have it, or split the key anew, before too few are left.") \
    K(ACCESS_SOON,       "privacy.due",       "action",  "/privacy", "The answer to a person's request falls due", \
        "Somebody has asked what is kept about them, and by the law that was named the answer falls due within a week. It is not given yet.") \
    K(ACCESS_LATE,       "privacy.late",      "warning", "/privacy", "The answer to a person's request is late", \
        "Somebody has asked what is kept about them, and the answer was due by the law that was named. It is not given yet.")
/* clang-format on */

enum notice_kind {
#define K(constant, name, severity, page, subject, sentence) NOTICE_##constant,
    NOTICE_TABLE(K)
#undef K
        NOTICE_COUNT
};

/* The two notices of promise erase.tell: tried for longer than others, and what became of them is kept for good. */
enum { NOTICE_DAYS = 1, NOTICE_TOLD_DAYS = 30 };
static inline bool notice_is_told(enum notice_kind kind)
{
    return kind == NOTICE_LICENCE_DEACTIVATED || kind == NOTICE_ERASURE_COMPLETED;
}

struct notice_info {
    const char *name, *severity, *page, *subject, *sentence;
};
const struct notice_info *notice_info(enum notice_kind kind);
CHECKED err_t notice_find(str_t name, enum notice_kind *out_kind); /* INVALID where there is none */

/* One e-mail address as notices take it: local part @ host, letters, digits and a few marks, at most MAX_ADDRESS bytes.
 * Nothing that could begin another header, another recipient or a quoted part: RFC 5321's Dot-string and Domain. */
enum { MAX_ADDRESS = 254, MAX_ADDRESSES = 8 };
bool is_address(str_t text);
bool is_one_word(str_t text); /* no space, no control character, ASCII; the empty text is one */
