/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/report.h"

#include "agent/collect.h"
#include "agent/place.h"
#include "base/limits.h"
#include "concept/account.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"

enum {
    ANNOUNCE_MAX = 1024,                 /* ids in one request */
    ITEM_OVERHEAD = 64,                  /* ids, number and lengths around an item's list */
    REPORT_ROOM = MAX_REPORT - 4 * 1024, /* for items */
    FRAME_MAX = MAX_ITEM + 64 * 1024,
};

typedef Custody__Report *message_own;
static void message_drop(Custody__Report **message)
{
    if (*message)
        custody__report__free_unpacked(*message, NULL);
}

/* Announcing accounts */

static size_t announce_gather(const struct state *state, buf_t *out_ids)
{
    size_t count = 0;
    for (const struct state_account *one = state->accounts; one && count < ANNOUNCE_MAX; one = one->next)
        if (one->present && one->person && !one->announced) {
            buf_put(out_ids, ident_bytes(&one->id));
            count++;
        }
    return count;
}

static void announce_done(struct state *state, size_t count)
{
    for (struct state_account *one = state->accounts; one && count; one = one->next)
        if (one->present && one->person && !one->announced) {
            one->announced = true;
            state->changed = true;
            count--;
        }
}

static err_t accounts_announce(const struct reporter *r, struct state *state)
{
    for (;;) {
        OWN(buf) ids = BUF(ANNOUNCE_MAX * sizeof(ident_t));
        size_t count = announce_gather(state, &ids);
        if (!count)
            return ERR_OK;
        TRY(buf_end(&ids));
        TRY(r->post(r->context, "/agent/v1/accounts", buf_str(&ids)));
        announce_done(state, count);
        TRY(state_save(r->env, r->folder, state));
    }
}

/* Making a report */

struct draft {
    arena_t *arena;
    Custody__Report message;
    size_t bytes;
    const concept_t *too_large; /* of an item that fits in no report */
};

static ProtobufCBinaryData binary(str_t bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.at};
}

/* The frame of an item that the service does not have yet; `*out_frame` stays empty where it has. */
static err_t item_frame(const struct item *item, const struct state *state, arena_t *arena, str_t *out_frame)
{
    OWN(arena) scratch = ARENA(COLLECT_MAX);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(FRAME_MAX);
    uint8_t now[DIGEST_SIZE];
    TRY(codec_pack(item->concept, item->records, item->count, &scratch, &packed));
    digest(buf_str(&packed), now);
    if (state_was_sent(state, item->id, now))
        return ERR_OK;
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_frame = arena_copy(arena, buf_str(&frame));
    return arena_end(arena);
}

static err_t draft_put(struct draft *draft, const struct item *item, str_t frame)
{
    Custody__Item *one = arena_new(draft->arena, Custody__Item);
    TRY(arena_end(draft->arena));
    custody__item__init(one);
    one->concept = (uint32_t)item->concept->number;
    one->id = binary(ident_bytes(&item->id));
    one->subject = binary(ident_bytes(&item->subject));
    one->list = binary(frame);
    draft->message.items[draft->message.n_items++] = one;
    draft->bytes += frame.len + ITEM_OVERHEAD;
    return ERR_OK;
}

/* Sets `*out_full` where the item belongs into the next report. */
static err_t draft_add(struct draft *draft, const struct item *item, const struct state *state,
                       bool *out_full)
{
    str_t frame = {0};
    if (item->gone)
        return state_has_account(state, item->id) ? draft_put(draft, item, frame) : ERR_OK;
    err_t framed = item_frame(item, state, draft->arena, &frame);
    if (framed == ERR_TOO_LARGE || frame.len + ITEM_OVERHEAD > REPORT_ROOM) {
        draft->too_large = item->concept;
        return ERR_OK;
    }
    TRY(framed);
    *out_full = frame.len && draft->bytes + frame.len + ITEM_OVERHEAD > REPORT_ROOM;
    return frame.len && !*out_full ? draft_put(draft, item, frame) : ERR_OK;
}

static err_t draft_fill(struct draft *draft, const struct list *items, const struct state *state)
{
    const struct item *all = items->at;
    bool full = false;
    draft->message.items = arena_array(draft->arena, Custody__Item *, MAX_REPORT_ITEMS);
    TRY(arena_end(draft->arena));
    for (size_t i = 0; i < items->count && !full && draft->message.n_items < MAX_REPORT_ITEMS; i++)
        TRY(draft_add(draft, &all[i], state, &full));
    return ERR_OK;
}

/* Writes `pending` where there is something to say. */
static err_t report_write(const struct reporter *r, const struct state *state, const struct list *items,
                          struct draft *draft)
{
    OWN(buf) bytes = BUF(MAX_REPORT);
    custody__report__init(&draft->message);
    TRY(draft_fill(draft, items, state));
    if (!draft->message.n_items)
        return ERR_OK;
    draft->message.epoch = binary(ident_bytes(&state->epoch));
    draft->message.sequence = state->sequence + 1;
    char *at = buf_room(&bytes, custody__report__get_packed_size(&draft->message));
    TRY(buf_end(&bytes));
    if (at)
        custody__report__pack(&draft->message, (uint8_t *)at);
    return r->env->write_file(r->env, place(r->folder, "pending").text, buf_str(&bytes), 0600);
}

/* Sending it */

static err_t item_acknowledged(const Custody__Item *item, struct state *state)
{
    OWN(arena) arena = ARENA(MAX_ITEM + 64 * 1024);
    uint8_t sent[DIGEST_SIZE];
    str_t packed;
    ident_t id;
    TRY(ident_from(str_bytes(item->id.data, item->id.len), &id));
    if (!item->list.len) {
        state_forget_item(state, id);
        state_forget_account(state, id);
        return ERR_OK;
    }
    TRY(codec_grow(str_bytes(item->list.data, item->list.len), &arena, &packed));
    digest(packed, sent);
    state_set_sent(state, id, sent);
    return ERR_OK;
}

static err_t report_acknowledged(const Custody__Report *message, struct state *state)
{
    for (size_t i = 0; i < message->n_items; i++)
        TRY(item_acknowledged(message->items[i], state));
    state->sequence = message->sequence;
    state->changed = true;
    return ERR_OK;
}

static err_t pending_read(const struct reporter *r, buf_t *out_bytes, Custody__Report **out_message)
{
    err_t read = r->env->read_file(r->env, place(r->folder, "pending").text, out_bytes);
    if (read == ERR_MISSING)
        return ERR_OK;
    TRY(read);
    *out_message = custody__report__unpack(NULL, out_bytes->len, (const uint8_t *)out_bytes->at);
    return *out_message ? ERR_OK
                        : fail(ERR_BROKEN, "the file pending in %s is damaged: remove it", r->folder);
}

/* Whether it is the report that the service waits for: not of another epoch, nor acknowledged before a crash. */
static bool is_next(const Custody__Report *message, const struct state *state)
{
    return str_eq(str_bytes(message->epoch.data, message->epoch.len), ident_bytes(&state->epoch)) &&
           message->sequence == state->sequence + 1;
}

static err_t pending_remove(const struct reporter *r)
{
    return r->env->remove_file(r->env, place(r->folder, "pending").text);
}

static err_t pending_send(const struct reporter *r, struct state *state, size_t *sent)
{
    OWN(buf) bytes = BUF(MAX_REPORT);
    OWN(message) message = NULL;
    TRY(pending_read(r, &bytes, &message));
    if (!message)
        return ERR_OK;
    if (!is_next(message, state))
        return pending_remove(r);
    err_t posted = r->post(r->context, "/agent/v1/report", buf_str(&bytes));
    if (posted == ERR_INVALID || posted == ERR_TOO_LARGE)
        TRY(pending_remove(r));
    TRY(posted);
    TRY(report_acknowledged(message, state));
    TRY(state_save(r->env, r->folder, state));
    *sent += message->n_items;
    return pending_remove(r);
}

/* Reports until the service has everything. */
static err_t changes_send(const struct reporter *r, struct state *state, const struct list *items,
                          size_t *sent)
{
    for (;;) {
        OWN(arena) arena = ARENA(MAX_REPORT + FRAME_MAX + MAX_ITEM);
        struct draft draft = {.arena = &arena};
        TRY(report_write(r, state, items, &draft));
        if (draft.message.n_items)
            TRY(pending_send(r, state, sent));
        else if (draft.too_large)
            return fail(ERR_TOO_LARGE, "the list of %s is too large for a report: it was left out",
                        draft.too_large->plural);
        else
            return ERR_OK;
    }
}

err_t report_cycle(const struct reporter *r, size_t *out_items)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list items;
    size_t sent = 0;
    TRY(state_load(r->env, r->folder, &state));
    TRY(pending_send(r, &state, &sent));
    TRY(collect(&(struct collect_ask){r->env, r->root, &state}, &arena, &items));
    TRY(state_save(r->env, r->folder, &state));
    TRY(accounts_announce(r, &state));
    TRY(changes_send(r, &state, &items, &sent));
    *out_items = sent;
    return ERR_OK;
}
