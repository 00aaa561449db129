/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/body.h"

#include "agent/collect.h"
#include "agent/list.h"
#include "base/limits.h"
#include "bench/made.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/program.h"
#include "seal/seal.h"
#include "seal/vouch.h"

enum { NUMBER_BASE = 1 << 21, PROGRAMS_LEAST = 800, PROGRAMS_MADE = 1000, PROGRAMS_MOST = 1400, UPLOAD_SMALL = 5, UPLOAD_LARGE = 100 };

void body_drop(struct body *body)
{
    buf_drop(&body->report);
    buf_drop(&body->accounts);
}

/* All numbers are past what three bytes hold, so that each takes four. */
void body_number(char *report, uint32_t number)
{
    uint32_t rest = NUMBER_BASE + number;
    for (int i = 0; i < NUMBER_LEN; i++, rest >>= 7)
        report[NUMBER_AT + i] = (char)((rest & 127) | (i + 1 < NUMBER_LEN ? 128 : 0));
}

static void item_add(struct list *items, struct item item)
{
    struct item *one = list_add(items);
    if (one)
        *one = item;
}

static void change_items(ident_t device, struct list *items)
{
    struct address *addresses = arena_array(items->arena, struct address, 2);
    struct account *account = arena_new(items->arena, struct account);
    if (!addresses || !account)
        return;
    addresses[0].mac = STR("02:00:5e:10:00:01");
    addresses[1].ip = STR("192.0.2.17");
    *account = (struct account){ident_new(env_real()), STR("anna.example"), true};
    item_add(items, (struct item){&address_concept, ident_new(env_real()), device, addresses, 2});
    item_add(items, (struct item){&account_concept, account->id, account->id, account, 1});
}

static void programs_fit(struct item *item, arena_t *arena)
{
    size_t found = item->count;
    if (found > PROGRAMS_MOST)
        item->count = PROGRAMS_MOST;
    if (found >= PROGRAMS_LEAST)
        return;
    struct program *programs = arena_array(arena, struct program, PROGRAMS_MADE);
    if (!programs)
        return;
    if (found)
        memcpy(programs, item->records, found * sizeof *programs);
    for (size_t i = found; i < PROGRAMS_MADE; i++) {
        OWN(buf) name = BUF(MAX_NAME);
        buf_putf(&name, "package-%04zu", i);
        programs[i] = (struct program){arena_copy(arena, buf_str(&name)), STR("1.2.3-4+deb12u5")};
    }
    item->records = programs;
    item->count = PROGRAMS_MADE;
}

static err_t full_items(ident_t device, struct state *state, struct list *items)
{
    bool any = false;
    state_begin(state, env_real(), ident_new(env_real()), device);
    TRY(collect(&(struct collect_ask){env_real(), "", state}, items->arena, items));
    struct item *all = items->at;
    for (size_t i = 0; i < items->count; i++)
        if (all[i].concept == &program_concept) {
            programs_fit(&all[i], items->arena);
            any = true;
        }
    return any ? ERR_OK : fail(ERR_MISSING, "this machine does not say what is installed on it");
}

/* What is sealed to; without any keys, to one that is made up. */
static err_t vouched_ask(const struct body_ask *ask, const struct list *items, struct vouched *out_vouched)
{
    OWN(buf) ids = BUF(MAX_REPORT_ITEMS * sizeof(ident_t));
    OWN(buf) note = BUF(MAX_REPORT);
    buf_put(&ids, ident_bytes(&ask->device));
    for (const struct item *one = items->at; one < (const struct item *)items->at + items->count; one++)
        if (!ident_eq(one->subject, ask->device))
            buf_put(&ids, ident_bytes(&one->subject));
    TRY(buf_end(&ids));
    TRY(ask->keys(ask->with, buf_str(&ids), &note));
    *out_vouched = (struct vouched){.realm = ask->device};
    size_t signature = note.len ? 1 + (uint8_t)note.at[0] : 0;
    return signature && signature < note.len
               ? vouch_read(str_bytes(note.at + signature, note.len - signature), items->arena, out_vouched)
               : ERR_OK;
}

static struct key public_of(const struct vouched *vouched, ident_t subject)
{
    struct key seed, public, private;
    for (size_t i = 0; i < vouched->count; i++)
        if (ident_eq(vouched->keys[i].subject, subject))
            return vouched->keys[i].public;
    key_random(env_real(), &seed);
    pair_from(&seed, &public, &private);
    return public;
}

static err_t item_pack(const struct item *item, const struct vouched *vouched, arena_t *arena, Custody__Item *out)
{
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM);
    OWN(buf) sealed = BUF(MAX_ITEM);
    const struct seal_place place = {vouched->realm, item->id, item->concept->number};
    const struct key public = public_of(vouched, item->subject);
    TRY(codec_pack(item->concept, item->records, item->count, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    seal_put(env_real(), &public, &place, buf_str(&frame), &sealed);
    TRY(buf_end(&sealed));
    str_t kept = arena_copy(arena, buf_str(&sealed));
    custody__item__init(out);
    out->concept = (uint32_t)item->concept->number;
    out->id = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)item->id.bytes};
    out->subject = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)item->subject.bytes};
    out->sealed = (ProtobufCBinaryData){kept.len, (uint8_t *)(uintptr_t)kept.at};
    out->entries = (uint32_t)item->count;
    return arena_end(arena);
}

static err_t report_pack(const struct list *items, const struct vouched *vouched, buf_t *out_report)
{
    Custody__Report report = CUSTODY__REPORT__INIT;
    const struct item *all = items->at;
    ident_t epoch = ident_new(env_real());
    report.epoch = (ProtobufCBinaryData){16, epoch.bytes};
    report.sequence = NUMBER_BASE;
    report.items = arena_array(items->arena, Custody__Item *, items->count);
    Custody__Item *packed = arena_array(items->arena, Custody__Item, items->count);
    TRY(arena_end(items->arena));
    for (size_t i = 0; i < items->count; i++) {
        TRY(item_pack(&all[i], vouched, items->arena, &packed[i]));
        report.items[report.n_items++] = &packed[i];
    }
    char *at = buf_room(out_report, custody__report__get_packed_size(&report));
    if (at)
        custody__report__pack(&report, (uint8_t *)at);
    return buf_end(out_report);
}

static err_t launches_frame(struct maker *maker, ident_t account, size_t count, str_t *out_frame, arena_t *arena)
{
    struct launch *launches = arena_array(arena, struct launch, count);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM);
    TRY(arena_end(arena));
    for (size_t i = 0; i < count; i++) {
        made_launch(maker, env_real()->now(env_real()) - (moment_t)(count - i) * 40, account, &launches[i]);
        launches[i].path = arena_copy(arena, launches[i].path);
        launches[i].package = arena_copy(arena, launches[i].package);
    }
    TRY(codec_pack(&launch_concept, launches, count, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_frame = arena_copy(arena, buf_str(&frame));
    return arena_end(arena);
}

/* The number stands where a report has it. */
static err_t launches_make(ident_t device, size_t count, struct body *body)
{
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct maker maker = {.seed = 3, .device = device.bytes[0]};
    Custody__LaunchUpload upload = CUSTODY__LAUNCH_UPLOAD__INIT;
    Custody__LaunchBatch batches[] = {CUSTODY__LAUNCH_BATCH__INIT, CUSTODY__LAUNCH_BATCH__INIT};
    Custody__LaunchBatch *both[] = {&batches[0], &batches[1]};
    ident_t epoch = ident_new(env_real()), person = ident_new(env_real());
    const ident_t subjects[] = {person, device};
    const size_t counts[] = {count > UPLOAD_SMALL ? count * 4 / 5 : count, count / 5};
    upload.epoch = (ProtobufCBinaryData){16, epoch.bytes};
    upload.sequence = NUMBER_BASE;
    upload.batches = both;
    upload.n_batches = count > UPLOAD_SMALL ? 2 : 1;
    for (size_t i = 0; i < upload.n_batches; i++) {
        str_t frame;
        TRY(launches_frame(&maker, i ? (ident_t){{0}} : person, counts[i], &frame, &arena));
        batches[i].subject = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)subjects[i].bytes};
        batches[i].list = (ProtobufCBinaryData){frame.len, (uint8_t *)(uintptr_t)frame.at};
    }
    char *at = buf_room(&body->report, custody__launch_upload__get_packed_size(&upload));
    if (at)
        custody__launch_upload__pack(&upload, (uint8_t *)at);
    buf_put(&body->accounts, ident_bytes(&person));
    return buf_end(&body->report);
}

err_t body_make(const struct body_ask *ask, struct body *out_body)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    OWN(body) body = {BUF(MAX_REPORT), BUF(MAX_ASK_IDS * 16)};
    struct list items = LIST(&arena, struct item);
    struct vouched vouched;
    if (ask->kind >= BODY_LAUNCHES_5) {
        TRY(launches_make(ask->device, ask->kind == BODY_LAUNCHES_5 ? UPLOAD_SMALL : UPLOAD_LARGE, &body));
        *out_body = give(body);
        return ERR_OK;
    }
    if (ask->kind == BODY_CHANGE)
        change_items(ask->device, &items);
    else
        TRY(full_items(ask->device, &state, &items));
    TRY(arena_end(&arena));
    TRY(vouched_ask(ask, &items, &vouched));
    TRY(report_pack(&items, &vouched, &body.report));
    *out_body = give(body);
    return ERR_OK;
}
