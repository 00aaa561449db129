/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/intake.h"

#include "base/limits.h"
#include "collect/switches.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/device.h"
#include "seal/seal.h"

/* One item on its way into the store. */
struct arrival {
    const concept_t *concept;
    ident_t id, subject;
    size_t entries;
    bool gone, is_connection;
    str_t frame;  /* to be sealed here; none of what its endpoint has sealed */
    str_t sealed; /* none: its subject is dead, or it is switched off: it is discarded */
};

struct delivery {
    struct desk *desk;
    const struct intake *intake;
    uint64_t turn;      /* of the leases, when it began */
    bool known;         /* a lease of the device was in force then */
    struct lease lease; /* the device's, without its data key: realm, what may be collected */
    ident_t epoch;
    uint8_t address[DIGEST_SIZE]; /* of the connection, where that is among the arrivals; zero: it is not */
    uint64_t sequence;
    int64_t version; /* of the switches that it obeys, as it says itself */
    struct arrival *arrivals;
    size_t count;
};

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

/* Who an item is about decides who it is sealed to, so a device cannot choose freely: its own items are about itself;
 * an account may be about the one person it belongs to. */
static err_t subject_fits(const struct delivery *delivery, const struct arrival *arrival, const void *records)
{
    bool own = ident_eq(arrival->subject, delivery->intake->device);
    if (arrival->concept == &device_concept)
        return own && ident_eq(arrival->id, arrival->subject) && arrival->entries == 1
                   ? ERR_OK
                   : fail(ERR_INVALID, "a device names itself, once");
    if (own)
        return ERR_OK;
    if (arrival->concept != &account_concept || !ident_eq(arrival->id, arrival->subject))
        return fail(ERR_INVALID, "an item about a subject that it cannot be about");
    const struct account *account = records;
    if (arrival->entries > 1 || (account && !ident_eq(account->id, arrival->id)))
        return fail(ERR_INVALID, "a person's account is a list of that one account");
    return ERR_OK;
}

/* What the client has switched off goes no further than here. */
static err_t arrival_strip(const struct delivery *delivery, struct arrival *arrival, void *records)
{
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM * 2);
    bool any = false;
    for (size_t i = 0; i < arrival->entries; i++)
        any |= switches_strip(&delivery->lease.collection, arrival->concept,
                              (char *)records + i * arrival->concept->size);
    if (!any)
        return ERR_OK;
    TRY(codec_pack(arrival->concept, records, arrival->entries, delivery->desk->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    arrival->frame = arena_copy(delivery->desk->arena, buf_str(&frame));
    return arena_end(delivery->desk->arena);
}

/* A list is looked through where it stands; its records are made only where one has to be read or changed. */
static err_t list_read(const struct delivery *delivery, arena_t *checking, struct arrival *arrival)
{
    str_t packed = {0};
    void *records = NULL;
    bool own = ident_eq(arrival->subject, delivery->intake->device);
    bool whole = switches_allow_all(&delivery->lease.collection, arrival->concept);
    arena_clear(checking);
    TRY(codec_grow(arrival->frame, checking, &packed));
    TRY(codec_check(arrival->concept, packed, &arrival->entries));
    if (!whole || (!own && arrival->entries == 1))
        TRY(codec_unpack(arrival->concept, packed, checking, &records, &arrival->entries));
    TRY(subject_fits(delivery, arrival, records));
    return whole ? ERR_OK : arrival_strip(delivery, arrival, records);
}

/* What is in it nobody here can say: only that it was made under the switches that are in force. Of what these leave out
 * whole nothing enters. */
static err_t sealed_read(const struct delivery *delivery, const Custody__Item *item, struct arrival *arrival)
{
    if (item->list.len)
        return fail(ERR_INVALID, "an item that is in clear and sealed");
    if (item->entries > MAX_ITEM_ENTRIES)
        return fail(ERR_TOO_LARGE, "more than %d entries in one item", MAX_ITEM_ENTRIES);
    if (delivery->version != delivery->lease.collection.version)
        return fail(ERR_BUSY, "what is collected has been changed: seal it anew");
    arrival->entries = item->entries;
    TRY(seal_check(arrival->sealed));
    TRY(subject_fits(delivery, arrival, NULL));
    if (!switches_keep(&delivery->lease.collection, arrival->concept))
        arrival->sealed = (str_t){0};
    return ERR_OK;
}

static err_t gone_read(const struct delivery *delivery, const struct arrival *arrival)
{
    return arrival->concept == &device_concept ? fail(ERR_INVALID, "a device cannot be gone")
                                               : subject_fits(delivery, arrival, NULL);
}

static err_t arrival_read(const struct delivery *delivery, const Custody__Item *item, arena_t *checking,
                          struct arrival *out_arrival)
{
    struct arrival arrival = {.concept = concept_numbered((int)item->concept),
                              .gone = !item->list.len && !item->sealed.len,
                              .frame = bin(item->list),
                              .sealed = bin(item->sealed)};
    if (!arrival.concept || arrival.concept->home != HOME_TENANT ||
        (arrival.concept != &device_concept && !arrival.concept->parent))
        return fail(ERR_INVALID, "concept %u is not on the closed list", item->concept);
    TRY(ident_from(bin(item->id), &arrival.id));
    TRY(ident_from(bin(item->subject), &arrival.subject));
    TRY(arrival.gone         ? gone_read(delivery, &arrival)
        : arrival.sealed.len ? sealed_read(delivery, item, &arrival)
                             : list_read(delivery, checking, &arrival));
    *out_arrival = arrival;
    return ERR_OK;
}

static err_t delivery_read(struct delivery *delivery)
{
    OWN(arena) checking = ARENA(MAX_ITEM * 16);
    arena_t *arena = delivery->desk->arena;
    ProtobufCAllocator allocator = arena_allocator(arena);
    str_t body = delivery->intake->body;
    const Custody__Report *report = custody__report__unpack(&allocator, body.len, (const uint8_t *)body.at);
    TRY(arena_end(arena));
    if (!report || report->base.n_unknown_fields)
        return fail(ERR_INVALID, "the body is not a Report");
    if (report->n_items > MAX_REPORT_ITEMS)
        return fail(ERR_TOO_LARGE, "more than %d items in one report", MAX_REPORT_ITEMS);
    TRY(ident_from(bin(report->epoch), &delivery->epoch));
    delivery->sequence = report->sequence;
    delivery->version = report->version;
    delivery->arrivals = arena_array(arena, struct arrival, report->n_items + 1);
    TRY(arena_end(arena));
    for (size_t i = 0; i < report->n_items; i++)
        TRY(arrival_read(delivery, report->items[i], &checking, &delivery->arrivals[delivery->count++]));
    return ERR_OK;
}

static err_t address_frame(struct desk *desk, const struct address *address, str_t *out_frame)
{
    OWN(buf) packed = BUF(1024);
    OWN(buf) frame = BUF(2048);
    TRY(codec_pack(&address_concept, address, 1, desk->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_frame = arena_copy(desk->arena, buf_str(&frame));
    return arena_end(desk->arena);
}

/* The address that the connection came from: an item of its own, whose id follows from the device's. */
static err_t connection_add(struct delivery *delivery)
{
    OWN(buf) packed = BUF(1024);
    uint8_t hash[DIGEST_SIZE];
    const struct address address = {.connected_from = delivery->intake->peer_address};
    struct arrival arrival = {.concept = &address_concept,
                              .subject = delivery->intake->device,
                              .entries = 1,
                              .gone = !delivery->lease.collection.connecting_ip,
                              .is_connection = true};
    if (!address.connected_from.len)
        return ERR_OK;
    if (!arrival.gone)
        digest(address.connected_from, delivery->address);
    if (!arrival.gone && delivery->known &&
        !memcmp(delivery->address, delivery->lease.connected, DIGEST_SIZE)) {
        memset(delivery->address, 0, DIGEST_SIZE);
        return ERR_OK; /* stored a moment ago */
    }
    buf_put(&packed, STR("connection"));
    buf_put(&packed, ident_bytes(&arrival.subject));
    digest(buf_str(&packed), hash);
    memcpy(arrival.id.bytes, hash, sizeof arrival.id.bytes);
    if (!arrival.gone)
        TRY(address_frame(delivery->desk, &address, &arrival.frame));
    delivery->arrivals[delivery->count++] = arrival;
    return ERR_OK;
}

static struct lease_place place_of(const struct delivery *delivery, ident_t subject)
{
    return (struct lease_place){delivery->intake->tenant, delivery->intake->device, subject};
}

/* Those of the arrivals, and the device's own after them. */
static err_t publics_ask(struct delivery *delivery, Keys__Publics **out_publics)
{
    arena_t *arena = delivery->desk->arena;
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    in.tenant = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)delivery->intake->tenant.bytes};
    in.device = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)delivery->intake->device.bytes};
    in.n_ids = delivery->count + 1;
    in.ids = arena_array(arena, ProtobufCBinaryData, in.n_ids);
    TRY(arena_end(arena));
    for (size_t i = 0; i < delivery->count; i++)
        in.ids[i] = (ProtobufCBinaryData){16, delivery->arrivals[i].subject.bytes};
    in.ids[delivery->count] = in.device;
    TRY(keys_ask(delivery->desk->channel, &(struct question){ASK_subjects_publics, &in}, arena, out_publics));
    if ((*out_publics)->n_publics != in.n_ids)
        return fail(ERR_BROKEN, "the keys process answered for %zu of %zu subjects",
                    (*out_publics)->n_publics, in.n_ids);
    return ident_from(bin((*out_publics)->realm), &delivery->lease.realm);
}

/* Without a public key to make one for, the lease says only that the subject is there. */
static err_t lease_make(struct delivery *delivery, ident_t subject, const struct key *public)
{
    OWN(lease) lease = delivery->lease;
    lease.place = place_of(delivery, subject);
    lease.turn = delivery->turn;
    lease.keyed = public != NULL;
    if (public)
        TRY(seal_key_make(delivery->desk->env, public, &lease.key));
    leases_keep(delivery->desk->leases, &lease);
    return ERR_OK;
}

static err_t arrival_seal(struct delivery *delivery, struct arrival *arrival, const struct seal_key *key)
{
    const struct seal_place place = {
        .realm = delivery->lease.realm, .id = arrival->id, .concept = arrival->concept->number};
    buf_t sealed = arena_buf(delivery->desk->arena, seal_size(arrival->frame.len));
    seal_put_with(delivery->desk->env, key, &place, arrival->frame, &sealed);
    arrival->sealed = buf_str(&sealed);
    return buf_end(&sealed);
}

static bool is_sealed_here(const struct delivery *delivery, const struct arrival *arrival)
{
    return arrival->frame.len && switches_keep(&delivery->lease.collection, arrival->concept);
}

/* With what is known of its subject; `*out_known` says whether that was enough. */
static err_t arrival_seal_known(struct delivery *delivery, struct arrival *arrival, bool *out_known)
{
    OWN(lease) lease = {0};
    const struct lease_place place = place_of(delivery, arrival->subject);
    bool sealed_here = is_sealed_here(delivery, arrival);
    *out_known = leases_find(delivery->desk->leases, &place, &lease) && (lease.keyed || !sealed_here);
    return *out_known && sealed_here ? arrival_seal(delivery, arrival, &lease.key) : ERR_OK;
}

/* A key is kept for what an endpoint sends in clear. Without a place to keep it in, or where that was taken at once by
 * another, and for the one item that the service adds, a record has a data key of its own. */
static err_t arrival_seal_alive(struct delivery *delivery, struct arrival *arrival, const struct key *public)
{
    OWN(seal_key) key = {0};
    bool known = false, sealed_here = is_sealed_here(delivery, arrival);
    TRY(arrival_seal_known(delivery, arrival, &known));
    if (!known && delivery->desk->leases && !arrival->is_connection) {
        TRY(lease_make(delivery, arrival->subject, sealed_here ? public : NULL));
        TRY(arrival_seal_known(delivery, arrival, &known));
    }
    if (known || !sealed_here)
        return ERR_OK;
    TRY(seal_key_make(delivery->desk->env, public, &key));
    return arrival_seal(delivery, arrival, &key);
}

static err_t arrival_seal_asked(struct delivery *delivery, struct arrival *arrival, str_t public_bytes)
{
    struct key public;
    if (!public_bytes.len) {
        leases_discarded(delivery->desk->leases, 1);
        arrival->sealed = (str_t){0};
        return ERR_OK;
    }
    TRY(key_from(public_bytes, &public));
    return arrival_seal_alive(delivery, arrival, &public);
}

static err_t delivery_seal_asked(struct delivery *delivery)
{
    Keys__Publics *publics = NULL;
    TRY(publics_ask(delivery, &publics));
    for (size_t i = 0; i < delivery->count; i++)
        TRY(arrival_seal_asked(delivery, &delivery->arrivals[i], bin(publics->publics[i])));
    const ProtobufCBinaryData own = publics->publics[delivery->count];
    const struct lease_place place = place_of(delivery, delivery->intake->device);
    OWN(lease) lease = {0};
    return !own.len || !delivery->desk->leases || leases_find(delivery->desk->leases, &place, &lease)
               ? ERR_OK
               : lease_make(delivery, place.subject, NULL);
}

static err_t delivery_seal(struct delivery *delivery, bool *out_whole)
{
    bool known = delivery->known;
    for (size_t i = 0; known && i < delivery->count; i++)
        TRY(arrival_seal_known(delivery, &delivery->arrivals[i], &known));
    *out_whole = known || delivery->desk->channel;
    return known || !delivery->desk->channel ? ERR_OK : delivery_seal_asked(delivery);
}

/* What the client lets be collected is told by the device's lease, or read. */
static err_t delivery_begin(struct delivery *delivery)
{
    struct leases *leases = delivery->desk->leases;
    const struct lease_place place = place_of(delivery, delivery->intake->device);
    delivery->turn = leases ? atomic_load(leases_turn(leases)) : 0;
    delivery->known = leases_find(leases, &place, &delivery->lease);
    seal_key_drop(&delivery->lease.key);
    if (delivery->known || !delivery->desk->channel)
        return ERR_OK;
    return switches_read(delivery->desk, delivery->intake->tenant, &delivery->lease.collection);
}

static err_t arrival_put(struct tx *tx, struct delivery *delivery, const struct arrival *arrival)
{
    const struct record record = {
        .id = arrival->id,
        .parent = delivery->intake->device,
        .subject = arrival->subject,
        .entries = (int64_t)arrival->entries,
        .changed = delivery->desk->env->now(delivery->desk->env),
        .sealed = arrival->sealed,
    };
    if (arrival->gone)
        return record_remove_owned(tx, arrival->concept, arrival->id, delivery->intake->device);
    if (!arrival->sealed.at)
        return ERR_OK; /* nobody it could be sealed to any more, or switched off by the client */
    return record_put(tx, arrival->concept, &record);
}

/* What was looked up before the transaction, again within it: a device that was removed meanwhile does not come back, and
 * what was switched off meanwhile does not enter. */
static err_t still_so(struct tx *tx, const struct delivery *delivery)
{
    bool so = false, there = false;
    const struct hearing hearing = {delivery->intake->device, delivery->desk->env->now(delivery->desk->env),
                                    delivery->lease.collection.version};
    TRY(record_heard(tx, &hearing, &so));
    if (so)
        return ERR_OK;
    TRY(record_exists(tx, &device_concept, delivery->intake->device, &there));
    return there ? fail(ERR_BUSY, "what is collected has just been changed: send it again")
                 : fail(ERR_DENIED, "the device is not enrolled, or was removed");
}

static err_t delivery_store(struct tx *tx, void *with)
{
    struct delivery *delivery = with;
    bool again = false;
    TRY(still_so(tx, delivery));
    if (!delivery->intake->unnumbered)
        TRY(sequence_take(tx, delivery->intake->device, delivery->epoch, delivery->sequence, &again));
    for (size_t i = 0; !again && i < delivery->count; i++)
        TRY(arrival_put(tx, delivery, &delivery->arrivals[i]));
    return ERR_OK;
}

/* `*out_whole` is false where the desk has no channel and one is needed. */
static err_t delivery_take(struct delivery *delivery, bool *out_whole)
{
    *out_whole = false;
    TRY(store_spare(delivery->desk->store));
    TRY(delivery_begin(delivery));
    if (!delivery->known && !delivery->desk->channel)
        return ERR_OK;
    TRY(delivery_read(delivery));
    TRY(connection_add(delivery));
    return delivery_seal(delivery, out_whole);
}

static void delivery_stored(const struct delivery *delivery)
{
    static const uint8_t none[DIGEST_SIZE];
    const struct lease_place place = place_of(delivery, delivery->intake->device);
    if (memcmp(delivery->address, none, DIGEST_SIZE) != 0)
        leases_connected(delivery->desk->leases, &place, delivery->address);
}

err_t intake_report(struct desk *desk, const struct intake *intake)
{
    struct delivery delivery = {.desk = desk, .intake = intake};
    bool whole = false;
    TRY(delivery_take(&delivery, &whole));
    if (!whole)
        return fail(ERR_BROKEN, "a report taken in without a channel to the keys process");
    TRY(store_write(desk->store, intake->tenant, delivery_store, &delivery));
    delivery_stored(&delivery);
    return ERR_OK;
}

/* A delivery that outlives who read it, with all that it works with. */
struct parcel {
    struct delivery delivery;
    struct desk desk;
    struct intake intake;
    struct intake_end end;
    arena_t arena;
};

void parcel_drop(struct parcel **parcel)
{
    if (*parcel)
        arena_drop(&(*parcel)->arena);
    free(*parcel);
}

static err_t parcel_store(struct tx *tx, void *with)
{
    return delivery_store(tx, &((struct parcel *)with)->delivery);
}

static void parcel_settled(void *with, err_t result, const char *note)
{
    OWN(parcel) parcel = with;
    if (result == ERR_OK)
        delivery_stored(&parcel->delivery);
    parcel->end.settled(parcel->end.with, result, note);
}

err_t intake_pack(struct desk *desk, const struct intake *intake, struct parcel **out_parcel)
{
    bool whole = false;
    OWN(parcel) parcel = calloc(1, sizeof *parcel);
    if (!parcel)
        return fail(ERR_BUSY, "no memory for a report");
    *parcel = (struct parcel){.desk = *desk, .intake = *intake, .arena = ARENA(MAX_MEMORY)};
    parcel->desk.arena = &parcel->arena;
    parcel->delivery.desk = &parcel->desk;
    parcel->delivery.intake = &parcel->intake;
    TRY(delivery_take(&parcel->delivery, &whole));
    *out_parcel = whole ? give(parcel) : NULL;
    return ERR_OK;
}

void intake_send(struct parcel *parcel, const struct intake_end *end)
{
    parcel->end = *end;
    const struct later later = {parcel_store, parcel_settled, parcel};
    err_t sent = store_write_later(parcel->desk.store, parcel->intake.tenant, &later);
    if (sent != ERR_OK)
        parcel_settled(parcel, sent, err_note());
}

static err_t subjects_read(struct desk *desk, const struct intake *intake, Keys__Subjects *out_subjects)
{
    size_t count = intake->body.len / 16;
    keys__subjects__init(out_subjects);
    if (!count || intake->body.len % 16 || count > MAX_ASK_IDS)
        return fail(ERR_INVALID, "1 to %d ids of 16 bytes", MAX_ASK_IDS);
    out_subjects->tenant = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->tenant.bytes};
    out_subjects->device = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->device.bytes};
    out_subjects->n_ids = count;
    out_subjects->ids = arena_array(desk->arena, ProtobufCBinaryData, count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < count; i++)
        out_subjects->ids[i] = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)intake->body.at + 16 * i};
    return ERR_OK;
}

err_t intake_accounts(struct desk *desk, const struct intake *intake)
{
    Keys__Subjects in;
    Keys__None *out = NULL;
    TRY(subjects_read(desk, intake, &in));
    return keys_ask(desk->channel, &(struct question){ASK_subjects_make, &in}, desk->arena, &out);
}

err_t intake_subjects(struct desk *desk, const struct intake *intake, bool videos, str_t *out_note)
{
    Keys__Subjects in;
    Keys__Vouched *out = NULL;
    TRY(subjects_read(desk, intake, &in));
    in.videos = videos;
    TRY(keys_ask(desk->channel, &(struct question){ASK_subjects_vouched, &in}, desk->arena, &out));
    *out_note = bin(out->note);
    return ERR_OK;
}
