/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/draft.h"

#include "agent/collect.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "seal/seal.h"

enum {
    ITEM_OVERHEAD = 64,                  /* ids, number and lengths around an item's list */
    REPORT_ROOM = MAX_REPORT - 4 * 1024, /* for items */
    FRAME_MAX = MAX_ITEM + 64 * 1024,
    SEALED_MAX = FRAME_MAX + FRAME_MAX / 8,
    DRAFT_MAX = MAX_REPORT + MAX_REPORT_ITEMS * 1024,
};

struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

/* A report that is being filled. */
struct sheet {
    arena_t arena;
    Custody__Report message;
    struct digest *digests; /* of its items */
    size_t bytes;
    bool full; /* the spool is */
};
typedef struct sheet sheet_own;
static void sheet_drop(struct sheet *sheet) { arena_drop(&sheet->arena); }

static err_t sheet_begin(struct sheet *sheet)
{
    sheet_drop(sheet);
    *sheet = (struct sheet){.arena = ARENA(DRAFT_MAX)};
    custody__report__init(&sheet->message);
    sheet->message.items = arena_array(&sheet->arena, Custody__Item *, MAX_REPORT_ITEMS);
    sheet->digests = arena_array(&sheet->arena, struct digest, MAX_REPORT_ITEMS);
    return arena_end(&sheet->arena);
}

static ProtobufCBinaryData binary(str_t bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.at};
}

static err_t sheet_pack(struct sheet *sheet, const struct state *state, buf_t *out_report)
{
    sheet->message.epoch = binary(ident_bytes(&state->epoch));
    sheet->message.sequence = state->sequence + 1;
    sheet->message.version = state->switches.collection.version;
    char *at = buf_room(out_report, custody__report__get_packed_size(&sheet->message));
    if (at)
        custody__report__pack(&sheet->message, (uint8_t *)at);
    return buf_end(out_report);
}

static err_t sheet_noted(const struct sheet *sheet, struct state *state)
{
    for (size_t i = 0; i < sheet->message.n_items; i++) {
        const ProtobufCBinaryData *id = &sheet->message.items[i]->id;
        ident_t item;
        TRY(ident_from(str_bytes(id->data, id->len), &item));
        state_set_sent(state, item, sheet->digests[i].bytes);
    }
    state->sequence++;
    return arena_end(&state->arena);
}

static err_t sheet_end(struct draft *draft, struct sheet *sheet)
{
    OWN(buf) report = BUF(MAX_REPORT);
    if (!sheet->message.n_items || sheet->full)
        return ERR_OK;
    TRY(sheet_pack(sheet, draft->state, &report));
    err_t put = spool_put(draft->spool, draft->state->sequence + 1, buf_str(&report));
    sheet->full = put == ERR_TOO_LARGE;
    if (sheet->full)
        return ERR_OK;
    TRY(put);
    TRY(sheet_noted(sheet, draft->state));
    return sheet_begin(sheet);
}

static err_t sheet_put(struct sheet *sheet, const struct item *item, str_t sealed, const struct digest *now)
{
    size_t at = sheet->message.n_items;
    Custody__Item *one = arena_new(&sheet->arena, Custody__Item);
    str_t kept = sealed.len ? arena_copy(&sheet->arena, sealed) : (str_t){0};
    TRY(arena_end(&sheet->arena));
    custody__item__init(one);
    one->concept = (uint32_t)item->concept->number;
    one->id = binary(ident_bytes(&item->id));
    one->subject = binary(ident_bytes(&item->subject));
    one->sealed = binary(kept);
    one->entries = (uint32_t)item->count;
    sheet->message.items[at] = one;
    sheet->digests[at] = *now;
    sheet->message.n_items++;
    sheet->bytes += sealed.len + ITEM_OVERHEAD;
    return ERR_OK;
}

static err_t item_seal(const struct draft *draft, const struct item *item, str_t packed, buf_t *out_sealed)
{
    OWN(buf) frame = BUF(FRAME_MAX);
    const struct key *public = state_public(draft->state, item->subject);
    const struct seal_place place = {draft->state->realm, item->id, item->concept->number};
    TRY(codec_shrink(packed, &frame));
    seal_put(draft->spool->env, public, &place, buf_str(&frame), out_sealed);
    return buf_end(out_sealed);
}

/* An item's list, sealed, and the digest it is known by; nothing where the spool or the service has it. */
static err_t item_pack(const struct draft *draft, const struct item *item, buf_t *out_sealed,
                       struct digest *out_now)
{
    OWN(arena) scratch = ARENA(COLLECT_MAX);
    OWN(buf) packed = BUF(MAX_ITEM);
    if (item->gone) {
        memcpy(out_now->bytes, sent_gone, DIGEST_SIZE);
        return ERR_OK;
    }
    TRY(codec_pack(item->concept, item->records, item->count, &scratch, &packed));
    digest(buf_str(&packed), out_now->bytes);
    return state_was_sent(draft->state, item->id, out_now->bytes)
               ? ERR_OK
               : item_seal(draft, item, buf_str(&packed), out_sealed);
}

static void leave_out(struct draft *draft, err_t code, const char *note)
{
    draft->trouble = code;
    snprintf(draft->note, sizeof draft->note, "%s", note);
}

static err_t item_draft(struct draft *draft, struct sheet *sheet, const struct item *item)
{
    OWN(buf) sealed = BUF(SEALED_MAX);
    struct digest now;
    if (!item->gone && !state_public(draft->state, item->subject))
        return ERR_OK; /* it waits for a key */
    err_t packed = item_pack(draft, item, &sealed, &now);
    if (packed == ERR_TOO_LARGE || sealed.len + ITEM_OVERHEAD > REPORT_ROOM) {
        (void)fail(ERR_TOO_LARGE, "the list of %s is too large for a report: it was left out",
                   item->concept->plural);
        leave_out(draft, ERR_TOO_LARGE, err_note());
        return ERR_OK;
    }
    TRY(packed);
    if (state_was_sent(draft->state, item->id, now.bytes))
        return ERR_OK;
    if (sheet->message.n_items == MAX_REPORT_ITEMS || sheet->bytes + sealed.len + ITEM_OVERHEAD > REPORT_ROOM)
        TRY(sheet_end(draft, sheet));
    return sheet->full ? ERR_OK : sheet_put(sheet, item, buf_str(&sealed), &now);
}

err_t draft_items(struct draft *draft, const struct list *items)
{
    OWN(sheet) sheet = {0};
    const struct item *all = items->at;
    TRY(sheet_begin(&sheet));
    for (size_t i = 0; i < items->count && !sheet.full; i++)
        if (all[i].unread)
            leave_out(draft, ERR_BROKEN, all[i].unread);
        else
            TRY(item_draft(draft, &sheet, &all[i]));
    return sheet_end(draft, &sheet);
}
