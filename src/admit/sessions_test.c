/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions are seen by their times and how somebody came in, and ended at once.
 */
#include "admit/people_given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person vera;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    scene->vera = (struct given_person){.name = "vera"};
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    return given_member(&scene->given, &scene->tenant, "viewer", &scene->vera);
}

static const Keys__Sessions *listed(struct scene *scene, const char *cookie)
{
    static const Keys__Sessions none = KEYS__SESSIONS__INIT;
    const Keys__Sessions *sessions = NULL;
    return given_borne(&scene->given, ASK_session_list, cookie, &sessions) == ERR_OK ? sessions : &none;
}

static err_t ended(struct scene *scene, const char *cookie, const Keys__Session *session)
{
    ident_t id;
    TRY(ident_from(bin(session->id), &id));
    return given_named(&scene->given, ASK_session_end, cookie, id, NULL);
}

static bool is_in(struct scene *scene, const char *cookie)
{
    return given_borne(&scene->given, ASK_whoami, cookie, NULL) == ERR_OK;
}

TEST(a_session_is_listed_by_its_times_and_its_way_in_and_nothing_else)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    const Keys__Sessions *own = listed(&scene, scene.vera.cookie);
    CHECK(own->n_items >= 1 && own->items[0]->yours && !strcmp(own->items[0]->way, "password"));
    CHECK(own->items[0]->since > 0 && own->items[0]->until > own->items[0]->since);
    for (size_t i = 0; i < own->n_items; i++)
        CHECK(str_eq(bin(own->items[i]->member), ident_bytes(&scene.vera.id)));
    CHECK(listed(&scene, scene.tenant.cookie)->n_items > own->n_items);
}

static err_t login(struct scene *scene, const char *known, Keys__Who **out_who)
{
    Keys__Login in = given_login("example", scene->vera.name, GIVEN_PASSWORD);
    in.known = (char *)(uintptr_t)known;
    return given_asked(&scene->given, ASK_login, &in, out_who);
}

/* Three at once, until a page is not full; the session that a page ended with is ended before the next is asked for. */
static err_t paged(struct scene *scene, buf_t *out_ids)
{
    Keys__SessionsAsk in = KEYS__SESSIONS_ASK__INIT;
    const Keys__Sessions *page = NULL;
    const Keys__Session *last = NULL;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.limit = 3;
    do {
        TRY(given_asked(&scene->given, ASK_session_list, &in, &page));
        for (size_t i = 0; i < page->n_items; i++)
            buf_put(out_ids, bin(page->items[i]->id));
        last = page->n_items ? page->items[page->n_items - 1] : last;
        in.since = last->since;
        in.after = last->id;
        if (page->n_items && !last->yours)
            TRY(ended(scene, scene->tenant.cookie, last));
    } while (page->n_items == 3);
    return buf_end(out_ids);
}

TEST(sessions_are_listed_page_by_page_and_none_is_left_out_or_told_twice)
{
    OWN(scene) scene = {0};
    OWN(buf) ids = BUF(4096);
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < 10; i++) {
        scene.given.world.clock += i % 4 == 3; /* some have begun in the same moment */
        CHECK_OK(login(&scene, "", &who));
    }
    size_t all = listed(&scene, scene.tenant.cookie)->n_items;
    CHECK(all > 10);
    CHECK_OK(paged(&scene, &ids));
    CHECK(ids.len == all * sizeof(ident_t));
    for (size_t i = 0; i < all; i++)
        for (size_t before = 0; before < i; before++)
            CHECK(memcmp(ids.at + i * sizeof(ident_t), ids.at + before * sizeof(ident_t), sizeof(ident_t)) !=
                  0);
}

TEST(a_session_that_is_ended_opens_nothing_from_then_on)
{
    OWN(scene) scene = {0};
    const Keys__Sessions *sessions;
    CHECK_OK(scene_open(&scene));
    sessions = listed(&scene, scene.vera.cookie);
    for (size_t i = sessions->n_items; i-- > 0;)
        CHECK_OK(ended(&scene, i ? scene.vera.cookie : scene.tenant.cookie, sessions->items[i]));
    CHECK(!is_in(&scene, scene.vera.cookie) && is_in(&scene, scene.tenant.cookie));
    CHECK(given_entries(&scene.given, scene.tenant.id, "session.ended") > 0);
}

TEST(nobody_ends_the_session_of_somebody_they_do_not_look_after)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    const Keys__Session *owners = listed(&scene, scene.tenant.cookie)->items[0];
    for (size_t i = 0; !owners->yours; i++)
        owners = listed(&scene, scene.tenant.cookie)->items[i];
    CHECK(given_refused(ended(&scene, scene.vera.cookie, owners), ERR_MISSING, "no such session"));
    CHECK(given_refused(ended(&scene, other.cookie, owners), ERR_MISSING, "no such session"));
    CHECK(is_in(&scene, scene.tenant.cookie));
}

TEST(a_browser_that_signs_in_is_given_a_mark_once_and_no_other_person_or_client_has_use_of_it)
{
    OWN(scene) scene = {0};
    Keys__Who *first = NULL, *again = NULL, *theirs = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(login(&scene, "", &first));
    CHECK(str_starts(str(first->known), STR("ckn_")));
    CHECK_OK(login(&scene, first->known, &again));
    CHECK(!*again->known);
    Keys__Login ana = given_login("example", "ana", GIVEN_PASSWORD);
    ana.known = first->known;
    CHECK_OK(given_asked(&scene.given, ASK_login, &ana, &theirs));
    CHECK(*theirs->known && strcmp(theirs->known, first->known) != 0);
    CHECK_OK(login(&scene, "ckn_nonsense", &again));
    CHECK(*again->known);
}

TESTS(a_session_is_listed_by_its_times_and_its_way_in_and_nothing_else,
      sessions_are_listed_page_by_page_and_none_is_left_out_or_told_twice,
      a_session_that_is_ended_opens_nothing_from_then_on,
      nobody_ends_the_session_of_somebody_they_do_not_look_after,
      a_browser_that_signs_in_is_given_a_mark_once_and_no_other_person_or_client_has_use_of_it)
