/* SPDX-License-Identifier: Apache-2.0
 *
 * Whoever has the disks. Yesterday's keyring beside today's KEK and the records of then, with what somebody kept of a session
 * or a membership that has ended; and all of it with the root key, while nobody is in session.
 */
#include "admit/people_given.h"
#include "test/test.h"
#include <sodium.h>

enum { KEYS_MOST = 4096, BLOBS_MOST = 512, WINDOWS_IN = 160, WINDOW_STEP = 8, RECORDS = 3 };

static const ident_t no_request;
static char *text(const char *of) { return (char *)(uintptr_t)of; }

/* A client with records of three devices; a grant of one of them that is on, a hold, a token, and people of every role. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_record records[RECORDS];
    struct given_person sam, bea;
    ident_t request;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t held(struct scene *scene)
{
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    in.bearer = text(scene->tenant.cookie);
    in.kind = text("device");
    in.target = given_bin(ident_bytes(&scene->records[1].subject));
    in.case_id = text("2026/17");
    in.words = text("why");
    return given_asked(&scene->given, ASK_hold_place, &in, NULL);
}

static err_t granted(struct scene *scene)
{
    const struct given_case what = {&scene->sam, &scene->tenant, scene->records[0].subject, .minutes = 480};
    TRY(given_staff(&scene->given, "sam", &scene->sam));
    TRY(given_asked_support(&scene->given, &what, &scene->request));
    return given_named(&scene->given, ASK_request_approve, scene->tenant.cookie, scene->request, NULL);
}

static err_t scene_open(struct scene *scene)
{
    struct given *given = &scene->given;
    TRY(given_a_keyring(given));
    TRY(given_open_tenant(given, "example", &scene->tenant));
    for (int i = 0; i < RECORDS; i++) {
        ident_t device;
        TRY(given_device(given, &scene->tenant, &device));
        TRY(given_record(given, &scene->tenant, device, &scene->records[i]));
    }
    TRY(given_member(given, &scene->tenant, "approver", &scene->bea));
    return granted(scene);
}

/* The hour in which what was destroyed is rolled away. */
static err_t a_day_later(struct scene *scene)
{
    TRY(given_passed(&scene->given, HOURS(1)));
    return given_kek_copied(&scene->given, "yesterday");
}

TEST(after_a_logout_the_cookie_opens_nothing_today_and_nothing_of_yesterday)
{
    OWN(scene) scene = {0};
    struct given_person vera = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &vera));
    const struct given_attempt attempt = {vera.cookie, .record = &scene.records[0]};
    CHECK_OK(given_copied(&scene.given, "yesterday"));
    CHECK(given_opens_in(&scene.given, "yesterday", &attempt)); /* it is a real one */
    CHECK_OK(given_copied(&scene.given, "yesterday"));
    CHECK_OK(given_borne(&scene.given, ASK_logout, vera.cookie, NULL));
    CHECK_OK(a_day_later(&scene));
    CHECK(!given_opens_in(&scene.given, "yesterday", &attempt));
    CHECK_FAILS(ERR_SIGNED_OUT, given_open(&scene.given, vera.cookie, no_request, &scene.records[0]));
    CHECK_OK(given_copied(&scene.given, "today")); /* nor does today's copy have it */
    CHECK(!given_opens_in(&scene.given, "today", &attempt));
    CHECK(given_opens_in(&scene.given, "today",
                         &(struct given_attempt){scene.tenant.cookie, .record = &scene.records[0]}));
}

static err_t removed(struct scene *scene, const struct given_person *person)
{
    Keys__Request *asked = NULL;
    ident_t request;
    TRY(given_named(&scene->given, ASK_member_remove, scene->tenant.cookie, person->id, &asked));
    if (!strcmp(asked->state, "approved"))
        return ERR_OK;
    TRY(ident_from(bin(asked->id), &request));
    return given_named(&scene->given, ASK_request_approve, scene->bea.cookie, request, NULL);
}

TEST(who_was_removed_opens_nothing_by_cookie_or_password_whatever_the_role_was)
{
    enum { ROLES = 3 };
    static const char *const roles[ROLES] = {"viewer", "administrator", "owner"};
    OWN(scene) scene = {0};
    struct given_person gone[ROLES];
    Keys__Login logins[ROLES];
    struct given_attempt attempts[2 * ROLES];
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < ROLES; i++) {
        CHECK_OK(given_member(&scene.given, &scene.tenant, roles[i], &gone[i]));
        logins[i] = given_login("example", gone[i].name, GIVEN_PASSWORD);
        attempts[2 * i] = (struct given_attempt){gone[i].cookie, .record = &scene.records[0]};
        attempts[2 * i + 1] = (struct given_attempt){.login = &logins[i], .record = &scene.records[0]};
    }
    CHECK_OK(given_copied(&scene.given, "yesterday"));
    for (size_t i = 0; i < 2 * ROLES; i++)
        CHECK(given_opens_in(&scene.given, "yesterday", &attempts[i]));
    CHECK_OK(given_copied(&scene.given, "yesterday"));
    for (size_t i = 0; i < ROLES; i++)
        CHECK_OK(removed(&scene, &gone[i]));
    CHECK_OK(a_day_later(&scene));
    for (size_t i = 0; i < 2 * ROLES; i++)
        CHECK(!given_opens_in(&scene.given, "yesterday", &attempts[i]));
    for (size_t i = 0; i < ROLES; i++) {
        CHECK_FAILS(ERR_SIGNED_OUT, given_open(&scene.given, gone[i].cookie, no_request, &scene.records[0]));
        CHECK_FAILS(ERR_SIGNED_OUT, given_signed_in(&scene.given, &logins[i], &gone[i].cookie));
    }
}

TEST(a_grant_that_was_revoked_opens_nothing_with_the_half_that_its_holder_has)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    const struct given_attempt attempt = {scene.sam.cookie, .request = scene.request,
                                          .record = &scene.records[0]};
    CHECK_OK(given_copied(&scene.given, "yesterday"));
    CHECK(given_opens_in(&scene.given, "yesterday", &attempt));
    CHECK_OK(given_copied(&scene.given, "yesterday"));
    CHECK_OK(given_named(&scene.given, ASK_request_end, scene.bea.cookie, scene.request, NULL));
    CHECK_OK(a_day_later(&scene));
    CHECK(!given_opens_in(&scene.given, "yesterday", &attempt));
    CHECK_FAILS(ERR_LOCKED, given_open(&scene.given, scene.sam.cookie, scene.request, &scene.records[0]));
}

/* All disks and the root key */

/* Every 32 bytes that may be a key, and everything that may be sealed, with the id that it stands under. */
struct hoard {
    struct scene *scene;
    struct key keys[KEYS_MOST];
    size_t key_count, blob_count;
    struct {
        str_t sealed;
        ident_t id;
    } blobs[BLOBS_MOST];
    int64_t tries, opened[RECORDS];
};

static void key_add(struct hoard *hoard, str_t bytes)
{
    for (size_t i = 0; i < hoard->key_count; i++)
        if (str_eq(key_bytes(&hoard->keys[i]), bytes))
            return;
    if (hoard->key_count == KEYS_MOST || key_from(bytes, &hoard->keys[hoard->key_count++]) != ERR_OK)
        abort();
}

/* A whole cell, and whatever stands in one that holds more. */
static void blob_add(struct hoard *hoard, ident_t id, str_t bytes)
{
    str_t kept = arena_copy(&hoard->scene->given.arena, bytes);
    if (hoard->blob_count == BLOBS_MOST)
        abort();
    hoard->blobs[hoard->blob_count].sealed = kept;
    hoard->blobs[hoard->blob_count++].id = id;
    for (size_t at = 0; kept.len <= WINDOWS_IN && at + KEY_SIZE <= kept.len; at += WINDOW_STEP)
        key_add(hoard, str_bytes(kept.at + at, KEY_SIZE));
}

/* As the keys process opens it: the root key opens the KEK, that the shards, those the cells. */
static err_t hoard_act(struct keyring *keyring, void *with)
{
    struct hoard *hoard = with;
    OWN(rows) rows = {0};
    TRY(db_read(keyring_db(keyring), &rows,
                "select id, cell, null from cells union all select request, 0, half from grants"
                " union all select id, 0, words from holds union all select id, 0, words from requests"
                " where length(words) > 0 union all select id, 0, public from members"
                " union all select id, 0, digest from invitations"));
    while (row_next(&rows)) {
        OWN(buf) cell = BUF(64 * 1024);
        if (row_number(&rows, 1))
            TRY(cell_get(keyring, row_ident(&rows, 0), (enum cell)row_number(&rows, 1), &cell));
        else
            buf_put(&cell, row_text(&rows, 2));
        TRY(buf_end(&cell));
        blob_add(hoard, row_ident(&rows, 0), buf_str(&cell));
    }
    return rows_end(&rows);
}

/* A key as it is used: by itself, as a private key, and as what a pair is made of. */
struct trial {
    struct key key, pairs[2][2];
};

static struct trial trial_of(const struct key *key)
{
    struct trial trial = {.key = *key};
    crypto_scalarmult_base(trial.pairs[0][0].bytes, key->bytes);
    trial.pairs[0][1] = *key;
    pair_from(key, &trial.pairs[1][0], &trial.pairs[1][1]);
    return trial;
}

/* Of several boxes in one cell the first too. What comes out may open more. */
static void blob_try(struct hoard *hoard, const struct trial *trial, size_t blob)
{
    str_t sealed = hoard->blobs[blob].sealed, box = str_bytes(sealed.at, KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(64 * 1024);
    bool opened = aead_open(&trial->key, ident_bytes(&hoard->blobs[blob].id), sealed, &plain) == ERR_OK ||
                  aead_open(&trial->key, STR(""), sealed, &plain) == ERR_OK;
    for (int i = 0; i < 2 && !opened && sealed.len >= box.len; i++) {
        const struct key *pair = trial->pairs[i];
        opened = box_open(&pair[0], &pair[1], sealed, &plain) == ERR_OK ||
                 (sealed.len > box.len && box_open(&pair[0], &pair[1], box, &plain) == ERR_OK);
    }
    hoard->tries++;
    if (opened && plain.len == KEY_SIZE)
        key_add(hoard, buf_str(&plain));
}

static void record_try(struct hoard *hoard, const struct key *key, int number)
{
    const struct given_record *record = &hoard->scene->records[number];
    OWN(buf) frame = BUF(4096);
    hoard->tries++;
    hoard->opened[number] +=
        seal_get(key, &record->place, str_bytes(record->sealed, record->len), &frame) == ERR_OK;
}

/* Every key that there is, and every one that comes to light, against everything that is sealed. */
static int64_t hoard_open(struct hoard *hoard)
{
    int64_t opened = 0;
    for (int i = 0; i < RECORDS; i++) {
        const struct given_record *record = &hoard->scene->records[i];
        str_t box;
        if (seal_box(str_bytes(record->sealed, record->len), &box) != ERR_OK)
            return -1;
        hoard->blobs[hoard->blob_count].sealed = box;
        hoard->blobs[hoard->blob_count++].id = record->subject;
    }
    for (size_t key = 0; key < hoard->key_count; key++) {
        const struct trial trial = trial_of(&hoard->keys[key]);
        for (size_t blob = 0; blob < hoard->blob_count; blob++)
            blob_try(hoard, &trial, blob);
        for (int i = 0; i < RECORDS; i++)
            record_try(hoard, &hoard->keys[key], i);
    }
    for (int i = 0; i < RECORDS; i++)
        opened += hoard->opened[i] > 0;
    return opened;
}

/* The key that a person's session has: the same attempt with it is the control. */
struct session {
    struct given *given;
    const char *cookie;
    struct key key;
};

static err_t session_act(struct keyring *keyring, void *with)
{
    struct session *session = with;
    struct ask ask = {.keyring = keyring,
                      .env = session->given->env,
                      .db = keyring_db(keyring),
                      .arena = &session->given->arena};
    OWN(who) who = {0};
    TRY(who_asks(&ask, session->cookie, RIGHT_READ, &who));
    session->key = who.tenant_private;
    return ERR_OK;
}

static err_t everybody_out(struct scene *scene)
{
    TRY(given_borne(&scene->given, ASK_logout, scene->tenant.cookie, NULL));
    TRY(given_borne(&scene->given, ASK_logout, scene->bea.cookie, NULL));
    return given_borne(&scene->given, ASK_logout, scene->sam.cookie, NULL);
}

TEST(with_all_disks_and_the_root_key_nothing_opens_while_nobody_is_in_session)
{
    OWN(scene) scene = {0};
    OWN(given) disks = {0};
    const Keys__Token *token = NULL;
    struct hoard *hoard = calloc(2, sizeof *hoard);
    CHECK(hoard != NULL);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(held(&scene));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    struct session session = {&scene.given, scene.tenant.cookie};
    CHECK_OK(keyring_write(scene.given.keyring, session_act, &session));
    CHECK_OK(everybody_out(&scene)); /* the token, the grant and the hold stay */
    CHECK_OK(given_copied(&scene.given, "disks"));
    CHECK_OK(given_keyring_in(&scene.given, "disks", &disks));
    hoard[0].scene = hoard[1].scene = &scene;
    CHECK_OK(keyring_read(disks.keyring, hoard_act, &hoard[0]));
    CHECK_OK(keyring_read(disks.keyring, hoard_act, &hoard[1]));
    CHECK(hoard_open(&hoard[0]) == 0);
    CHECK(hoard[0].tries > 1000 && hoard[0].blob_count > 20);
    printf("        %lld tries of %zu keys: nothing opens\n", (long long)hoard[0].tries, hoard[0].key_count);
    hoard[1].key_count = 0; /* but for what a session has */
    key_add(&hoard[1], key_bytes(&session.key));
    CHECK(hoard_open(&hoard[1]) == RECORDS);
    free(hoard);
}

TESTS(after_a_logout_the_cookie_opens_nothing_today_and_nothing_of_yesterday,
      who_was_removed_opens_nothing_by_cookie_or_password_whatever_the_role_was,
      a_grant_that_was_revoked_opens_nothing_with_the_half_that_its_holder_has,
      with_all_disks_and_the_root_key_nothing_opens_while_nobody_is_in_session)
