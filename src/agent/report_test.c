/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/collect.h"
#include "agent/given.h"
#include "agent/report.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/program.h"
#include "sys/env_virtual.h"

static const char folder[] = "/state";
enum { SERVICE_ITEMS = 8192, ARENA_ROOM = 64 * 1024 * 1024 };

/* A service that stores what it is sent as the real one does, whose answers can be lost on the way. */
struct service_item {
    uint32_t concept;
    ident_t id, subject;
    uint8_t digest[DIGEST_SIZE]; /* of the packed list */
    bool gone;
};

struct service {
    ident_t device, announced[SERVICE_ITEMS];
    struct service_item items[SERVICE_ITEMS];
    size_t announced_count, item_count, reports, stored, largest;
    uint64_t sequence;
    uint8_t last[DIGEST_SIZE]; /* of the last report's bytes */
    int lose;                  /* the n-th answer from now is lost; 0: none */
    err_t refuse;              /* reports, for what they are */
    const char *wrong;         /* what a real service would not have taken */
    arena_t arena;
    str_t clear[SERVICE_ITEMS]; /* the packed lists */
};

static bool is_announced(const struct service *service, ident_t id)
{
    for (size_t i = 0; i < service->announced_count; i++)
        if (ident_eq(service->announced[i], id))
            return true;
    return ident_eq(service->device, id);
}

static size_t item_find(struct service *service, ident_t id)
{
    size_t at = 0;
    while (at < service->item_count && !ident_eq(service->items[at].id, id))
        at++;
    if (at == service->item_count && at < SERVICE_ITEMS)
        service->items[service->item_count++].id = id;
    return at;
}

static err_t item_store(struct service *service, const Custody__Item *item)
{
    ident_t id, subject;
    str_t packed = {0};
    TRY(ident_from(str_bytes(item->id.data, item->id.len), &id));
    TRY(ident_from(str_bytes(item->subject.data, item->subject.len), &subject));
    if (!is_announced(service, subject))
        service->wrong = "an item about nobody";
    if (item->list.len)
        TRY(codec_grow(str_bytes(item->list.data, item->list.len), &service->arena, &packed));
    size_t at = item_find(service, id);
    service->items[at] = (struct service_item){item->concept, id, subject, .gone = !item->list.len};
    service->clear[at] = packed;
    digest(packed, service->items[at].digest);
    return ERR_OK;
}

static err_t report_store(struct service *service, str_t body)
{
    uint8_t now[DIGEST_SIZE];
    digest(body, now);
    Custody__Report *report = custody__report__unpack(NULL, body.len, (const uint8_t *)body.at);
    if (!report || body.len > MAX_REPORT || report->n_items > MAX_REPORT_ITEMS)
        return fail(ERR_INVALID, "no report");
    bool again = report->sequence == service->sequence;
    if (again ? memcmp(now, service->last, sizeof now) != 0 : report->sequence != service->sequence + 1)
        service->wrong = "a number twice for two reports, or one left out";
    err_t stored = ERR_OK;
    for (size_t i = 0; i < report->n_items && !again && stored == ERR_OK; i++)
        stored = item_store(service, report->items[i]);
    service->stored += again ? 0 : report->n_items;
    service->sequence = report->sequence;
    memcpy(service->last, now, sizeof now);
    custody__report__free_unpacked(report, NULL);
    return stored;
}

static void announced_store(struct service *service, str_t body)
{
    for (size_t at = 0; at + 16 <= body.len; at += 16) {
        ident_t id;
        memcpy(id.bytes, body.at + at, 16);
        if (!is_announced(service, id))
            service->announced[service->announced_count++] = id;
    }
    if (body.len > service->largest)
        service->largest = body.len;
}

static err_t given_post(void *context, const char *path, str_t body)
{
    struct service *service = context;
    if (!strcmp(path, "/agent/v1/accounts"))
        announced_store(service, body);
    else if (service->refuse)
        return fail(service->refuse, "refused");
    else {
        service->reports++;
        TRY(report_store(service, body));
    }
    if (service->lose && --service->lose == 0)
        return fail(ERR_UNREACHABLE, "the answer was lost");
    return ERR_OK;
}

/* Everything a test of cycles needs. */
struct stage {
    struct world world;
    struct service *service;
    struct reporter reporter;
};
typedef struct stage stage_own;

static void stage_drop(struct stage *stage)
{
    if (stage->service)
        arena_drop(&stage->service->arena);
    free(stage->service);
    world_drop(&stage->world);
}

static err_t given_stage(struct stage *stage, uint64_t seed)
{
    OWN(state) state = {0};
    world_open(&stage->world, seed);
    stage->service = calloc(1, sizeof *stage->service);
    if (!stage->service)
        return fail(ERR_BUSY, "no memory");
    stage->service->arena = (arena_t)ARENA(ARENA_ROOM);
    stage->reporter = (struct reporter){&stage->world.env, folder, test_folder(), given_post, stage->service};
    TRY(given_machine(test_folder()));
    state_begin(&state, &stage->world.env, ident_new(&stage->world.env), ident_new(&stage->world.env));
    stage->service->device = state.device;
    return state_save(&stage->world.env, folder, &state);
}

static err_t given_cycle(struct stage *stage, size_t *out_items)
{
    err_t done = report_cycle(&stage->reporter, out_items);
    return done != ERR_OK          ? done
           : stage->service->wrong ? fail(ERR_BROKEN, "%s", stage->service->wrong)
                                   : ERR_OK;
}

/* What the service holds is what the machine is: nothing lost, nothing more. */
static bool service_has_everything(struct stage *stage)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list items;
    size_t present = 0;
    if (state_load(&stage->world.env, folder, &state) != ERR_OK ||
        collect(&(struct collect_ask){&stage->world.env, test_folder(), &state}, &arena, &items) != ERR_OK)
        return false;
    for (const struct item *item = items.at; item < (struct item *)items.at + items.count; item++) {
        OWN(buf) packed = BUF(MAX_ITEM);
        uint8_t now[DIGEST_SIZE];
        if (codec_pack(item->concept, item->records, item->count, &arena, &packed) != ERR_OK)
            return false;
        digest(buf_str(&packed), now);
        const struct service_item *stored = &stage->service->items[item_find(stage->service, item->id)];
        if (stored->gone != item->gone || (!item->gone && memcmp(stored->digest, now, sizeof now) != 0))
            return false;
    }
    for (size_t i = 0; i < stage->service->item_count; i++)
        present += !stage->service->items[i].gone;
    return present == items.count;
}

static bool is_on_disk(struct stage *stage, const char *name)
{
    OWN(buf) bytes = BUF(MAX_REPORT);
    return stage->world.env.read_file(&stage->world.env, place(folder, name).text, &bytes) == ERR_OK;
}

TEST(the_first_report_holds_everything_and_the_next_cycle_sends_nothing)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 1));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 7 && stage.service->item_count == 7 && stage.service->sequence == 1);
    CHECK(service_has_everything(&stage) && !is_on_disk(&stage, "pending"));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0 && stage.service->reports == 1);
}

TEST(only_what_changed_is_sent)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 2));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(given_file(test_folder(), "var/lib/dpkg/status",
                        STR("Package: one\nStatus: install ok installed\n")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 1 && stage.service->sequence == 2);
    CHECK_OK(given_file(test_folder(), "proc/7/loginuid", STR("1001")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 2 && service_has_everything(&stage)); /* anna's and bob's */
}

TEST(an_account_that_vanished_is_reported_gone_and_leaves_this_machine_too)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items, gone = 0;
    CHECK_OK(given_stage(&stage, 3));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 2 && service_has_everything(&stage)); /* bob's, and the groups */
    for (size_t i = 0; i < stage.service->item_count; i++)
        gone += stage.service->items[i].gone;
    CHECK(gone == 1);
    CHECK_OK(state_load(&stage.world.env, folder, &state));
    for (const struct state_account *one = state.accounts; one; one = one->next)
        CHECK(!str_eq(one->name, STR("bob")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0);
}

TEST(the_same_name_with_another_uid_is_another_person)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 4));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->announced_count == 2);
    CHECK_OK(
        given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD "bob:x:1002:1001::/home/bob:/bin/sh\n")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->announced_count == 3 && service_has_everything(&stage));
}

TEST(a_persons_name_stands_in_their_own_record_only)
{
    OWN(stage) stage = {0};
    size_t items, named = 0;
    CHECK_OK(given_stage(&stage, 5));
    CHECK_OK(given_cycle(&stage, &items));
    for (size_t i = 0; i < stage.service->item_count; i++) {
        const struct service_item *item = &stage.service->items[i];
        str_t list = stage.service->clear[i];
        bool names = memmem(list.at, list.len, "anna", 4) || memmem(list.at, list.len, "bob", 3);
        CHECK(!names || (item->concept == 5 && ident_eq(item->id, item->subject)));
        named += names;
    }
    CHECK(named == 2);
}

TEST(a_report_whose_answer_was_lost_is_sent_again_with_the_same_bytes_and_stored_once)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 6));
    stage.service->lose = 2; /* the first is the announcement's */
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    CHECK(stage.service->stored == 7 && is_on_disk(&stage, "pending"));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 3 && stage.service->stored == 9 && stage.service->sequence == 2);
    CHECK(service_has_everything(&stage));
}

TEST(an_announcement_whose_answer_was_lost_is_made_again)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 7));
    stage.service->lose = 1;
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    CHECK(stage.service->reports == 0);
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->announced_count == 2 && service_has_everything(&stage));
}

/* One run with trouble at one place: then the trouble ends, and everything must be there, once. */
static err_t trouble(uint64_t seed, int fail_at, int lose, bool *out_met)
{
    OWN(stage) stage = {0};
    size_t items;
    TRY(given_stage(&stage, seed));
    TRY(given_cycle(&stage, &items));
    TRY(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD "carol:x:1003:100::/:/bin/sh\n")));
    stage.world.fail_at = fail_at;
    stage.service->lose = lose;
    *out_met = given_cycle(&stage, &items) != ERR_OK;
    stage.world.fail_at = 0;
    stage.world.failing = false;
    stage.service->lose = 0;
    TRY(given_file(test_folder(), "etc/group", STR("wheel:x:5:carol\n")));
    TRY(given_cycle(&stage, &items));
    TRY(given_cycle(&stage, &items));
    return !items && service_has_everything(&stage) ? ERR_OK : fail(ERR_BROKEN, "something is missing");
}

TEST(whichever_act_of_the_disk_fails_nothing_is_lost_and_nothing_is_doubled)
{
    bool met = true;
    int acts = 0;
    for (; met && acts < 100; acts++)
        CHECK_OK(trouble(100 + (uint64_t)acts, acts + 1, 0, &met));
    CHECK(acts > 8 && acts < 100);
}

TEST(whichever_answer_is_lost_and_whichever_act_fails_then_nothing_is_lost)
{
    for (int lose = 1; lose <= 2; lose++)
        for (int acts = 0; acts < 12; acts++) {
            bool met;
            CHECK_OK(trouble(200 + (uint64_t)acts, acts, lose, &met));
            CHECK(met);
        }
}

TEST(a_report_that_the_service_refuses_does_not_stand_in_the_way_of_the_next)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 8));
    stage.service->refuse = ERR_INVALID;
    CHECK_FAILS(ERR_INVALID, given_cycle(&stage, &items));
    CHECK(!is_on_disk(&stage, "pending"));
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    CHECK(is_on_disk(&stage, "pending"));
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->sequence == 1 && service_has_everything(&stage));
}

TEST(a_report_of_another_epoch_is_not_sent)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 9));
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    state_begin(&state, &stage.world.env, ident_new(&stage.world.env), ident_new(&stage.world.env));
    stage.service->device = state.device;
    CHECK_OK(state_save(&stage.world.env, folder, &state));
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 1 && service_has_everything(&stage));
}

TEST(a_report_that_was_acknowledged_before_a_crash_is_not_sent_again)
{
    OWN(stage) stage = {0};
    OWN(buf) pending = BUF(MAX_REPORT);
    struct env *env = &stage.world.env;
    const char *path = "/state/pending";
    size_t items;
    CHECK_OK(given_stage(&stage, 12));
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    CHECK_OK(env->read_file(env, path, &pending));
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(env->write_file(env, path, buf_str(&pending), 0600));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0 && stage.service->reports == 1 && !is_on_disk(&stage, "pending"));
}

TEST(a_person_of_whom_the_service_never_heard_needs_no_farewell)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 13));
    stage.service->lose = 1;
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 6 && service_has_everything(&stage));
}

TEST(a_machine_that_lost_its_state_replaces_its_lists_and_does_not_add_to_them)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 14));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR("root:x:0:0:::\n"))); /* people have new ids */
    CHECK_OK(given_cycle(&stage, &items));
    state_begin(&state, &stage.world.env, ident_new(&stage.world.env), stage.service->device);
    CHECK_OK(state_save(&stage.world.env, folder, &state));
    stage.service->sequence = 0; /* of the new epoch */
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 5 && stage.service->item_count == 5 && service_has_everything(&stage));
}

TEST(five_thousand_people_go_in_reports_and_announcements_of_the_declared_size)
{
    OWN(stage) stage = {0};
    OWN(buf) passwd = BUF(1 << 20);
    size_t items;
    CHECK_OK(given_stage(&stage, 10));
    for (int i = 0; i < 5000; i++)
        buf_putf(&passwd, "person%d:x:%d:100:::\n", i, 1000 + i);
    CHECK_OK(given_file(test_folder(), "etc/passwd", buf_str(&passwd)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 5005 && stage.service->reports == 2 && stage.service->largest == 1024 * 16);
    CHECK(service_has_everything(&stage));
}

TEST(a_machine_that_is_not_enrolled_is_told_so)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 11));
    stage.reporter.folder = "/elsewhere";
    CHECK_FAILS(ERR_MISSING, report_cycle(&stage.reporter, &items));
    CHECK(strstr(err_note(), "enrol"));
}

TESTS(the_first_report_holds_everything_and_the_next_cycle_sends_nothing, only_what_changed_is_sent,
      an_account_that_vanished_is_reported_gone_and_leaves_this_machine_too,
      the_same_name_with_another_uid_is_another_person, a_persons_name_stands_in_their_own_record_only,
      a_report_whose_answer_was_lost_is_sent_again_with_the_same_bytes_and_stored_once,
      an_announcement_whose_answer_was_lost_is_made_again,
      whichever_act_of_the_disk_fails_nothing_is_lost_and_nothing_is_doubled,
      whichever_answer_is_lost_and_whichever_act_fails_then_nothing_is_lost,
      a_report_that_the_service_refuses_does_not_stand_in_the_way_of_the_next,
      a_report_of_another_epoch_is_not_sent, a_report_that_was_acknowledged_before_a_crash_is_not_sent_again,
      a_person_of_whom_the_service_never_heard_needs_no_farewell,
      a_machine_that_lost_its_state_replaces_its_lists_and_does_not_add_to_them,
      five_thousand_people_go_in_reports_and_announcements_of_the_declared_size,
      a_machine_that_is_not_enrolled_is_told_so)
