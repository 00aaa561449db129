/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/launch_intake.h"

#include "base/limits.h"
#include "collect/launch_list.h"
#include "collect/switches.h"
#include "collect/tell.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/device.h"
#include "govern/rules.h"

enum { PORTIONS_FIRST = 4 };

/* The launches of one subject in one hour: one segment. */
struct portion {
    ident_t subject;
    int64_t hour;
    int64_t counts[LAUNCH_DECISIONS];
    str_t frame, sealed; /* not sealed: its subject is dead, it is discarded */
    struct chain chain;
};

/* An upload with all that it works with; it may outlive who read it. */
struct upload {
    struct desk desk;
    struct intake intake;
    struct intake_end end;
    arena_t arena;
    uint64_t turn, sequence;
    ident_t epoch;
    int64_t version; /* of what may be collected */
    bool off;        /* nothing of it is */
    int64_t elevated;
    struct portion *portions;
    size_t count, room;
};

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

void upload_drop(struct upload **upload)
{
    if (!*upload)
        return;
    for (size_t i = 0; i < (*upload)->count; i++)
        chain_drop(&(*upload)->portions[i].chain);
    arena_drop(&(*upload)->arena);
    free(*upload);
}

/* A launch that a clock ahead of ours dates into the future is about this hour. */
static int64_t hour_in(const struct upload *upload, const struct launch *launch)
{
    int64_t now = hour_of(upload->desk.env->now(upload->desk.env)), hour = hour_of(launch->at);
    return hour < now ? hour : now;
}

static bool texts_fit(const struct launch *launch)
{
    const str_t texts[] = {launch->path, launch->sha256, launch->package, launch->parent,
                           launch->args, launch->script, launch->reason};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].len > MAX_LAUNCH_TEXT)
            return false;
    return true;
}

static err_t launch_check(const struct upload *upload, ident_t subject, const struct launch *launch)
{
    bool own = ident_eq(subject, upload->intake.device);
    if (launch->at <= 0 || launch->decision < 0 || launch->decision > DECISION_MOST || launch->count < 0 ||
        launch->count > COUNT_MOST)
        return fail(ERR_INVALID, "a launch has a moment, a decision of 0 to %d and a count of up to %d",
                    DECISION_MOST, COUNT_MOST);
    if (!texts_fit(launch))
        return fail(ERR_INVALID, "a text of a launch is past %d bytes", MAX_LAUNCH_TEXT);
    if (!own && !ident_is_zero(launch->account) && !ident_eq(launch->account, subject))
        return fail(ERR_INVALID, "a launch of one account is in the list of another's");
    return ERR_OK;
}

/* Most uploads are of one subject and one hour: room is made as it is needed. */
static bool portions_grow(struct upload *upload)
{
    size_t room = upload->room ? upload->room * 2 : PORTIONS_FIRST;
    struct portion *more =
        room <= MAX_UPLOAD_BATCHES ? arena_array(&upload->arena, struct portion, room) : NULL;
    if (!more)
        return false;
    if (upload->count)
        memcpy(more, upload->portions, upload->count * sizeof *more);
    upload->portions = more;
    upload->room = room;
    return true;
}

static struct portion *portion_of(struct upload *upload, ident_t subject, int64_t hour)
{
    for (size_t i = upload->count; i > 0 && ident_eq(upload->portions[i - 1].subject, subject); i--)
        if (upload->portions[i - 1].hour == hour)
            return &upload->portions[i - 1];
    if (upload->count == upload->room && !portions_grow(upload))
        return NULL;
    upload->portions[upload->count] = (struct portion){.subject = subject, .hour = hour};
    return &upload->portions[upload->count++];
}

/* All of a batch in one hour, which is nearly always so: its frame goes on as it came. */
static err_t batch_count(struct upload *upload, ident_t subject, str_t packed, size_t *out_hours)
{
    struct launch_list list = {packed};
    size_t before = upload->count;
    for (struct launch launch; launch_next(&list, &launch);) {
        TRY(launch_check(upload, subject, &launch));
        struct portion *portion = portion_of(upload, subject, hour_in(upload, &launch));
        if (!portion)
            return fail(ERR_TOO_LARGE, "launches of more than %d subjects and hours in one upload",
                        MAX_UPLOAD_BATCHES);
        portion->counts[launch.decision]++;
        if (launch.decision == DECISION_ELEVATE)
            upload->elevated += launch.count > 1 ? launch.count : 1;
    }
    *out_hours = upload->count - before;
    return list.broken ? fail(ERR_INVALID, "not a list of launches") : ERR_OK;
}

static err_t portion_pack(struct upload *upload, str_t packed, struct portion *portion)
{
    OWN(buf) list = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM * 2);
    size_t count = 0;
    for (int i = 0; i < LAUNCH_DECISIONS; i++)
        count += (size_t)portion->counts[i];
    struct launch *launches = arena_array(&upload->arena, struct launch, count);
    struct launch_list all = {packed};
    TRY(arena_end(&upload->arena));
    count = 0;
    for (struct launch launch; launch_next(&all, &launch);)
        if (hour_in(upload, &launch) == portion->hour)
            launches[count++] = launch;
    TRY(codec_pack(&launch_concept, launches, count, &upload->arena, &list));
    TRY(codec_shrink(buf_str(&list), &frame));
    portion->frame = arena_copy(&upload->arena, buf_str(&frame));
    return arena_end(&upload->arena);
}

static bool is_again(const struct upload *upload, ident_t subject)
{
    for (size_t i = 0; i < upload->count; i++)
        if (ident_eq(upload->portions[i].subject, subject))
            return true;
    return false;
}

static err_t batch_read(struct upload *upload, const Custody__LaunchBatch *batch, size_t *io_launches)
{
    str_t packed = {0};
    ident_t subject;
    size_t count = 0, hours = 0, first = upload->count;
    TRY(ident_from(bin(batch->subject), &subject));
    if (is_again(upload, subject))
        return fail(ERR_INVALID, "two lists of one subject in an upload");
    TRY(codec_grow(bin(batch->list), &upload->arena, &packed));
    TRY(codec_check(&launch_concept, packed, &count));
    *io_launches += count;
    if (*io_launches > MAX_UPLOAD_LAUNCHES)
        return fail(ERR_TOO_LARGE, "more than %d launches in one upload", MAX_UPLOAD_LAUNCHES);
    TRY(batch_count(upload, subject, packed, &hours));
    if (hours == 1)
        upload->portions[first].frame = bin(batch->list);
    for (size_t i = first; hours > 1 && i < upload->count; i++)
        TRY(portion_pack(upload, packed, &upload->portions[i]));
    return ERR_OK;
}

static err_t upload_read(struct upload *upload)
{
    ProtobufCAllocator allocator = arena_allocator(&upload->arena);
    str_t body = upload->intake.body;
    uint8_t hash[DIGEST_SIZE];
    size_t launches = 0;
    const Custody__LaunchUpload *read =
        custody__launch_upload__unpack(&allocator, body.len, (const uint8_t *)body.at);
    TRY(arena_end(&upload->arena));
    if (!read || read->base.n_unknown_fields || read->epoch.len != sizeof(ident_t))
        return fail(ERR_INVALID, "the body is not a LaunchUpload");
    if (read->n_batches > MAX_UPLOAD_BATCHES)
        return fail(ERR_TOO_LARGE, "more than %d lists in one upload", MAX_UPLOAD_BATCHES);
    digest_of((const str_t[]){STR("launches "), bin(read->epoch)}, 2, hash);
    memcpy(upload->epoch.bytes, hash, sizeof upload->epoch.bytes);
    upload->sequence = read->sequence;
    for (size_t i = 0; i < read->n_batches; i++)
        TRY(batch_read(upload, read->batches[i], &launches));
    return ERR_OK;
}

static struct writing_place place_of(const struct upload *upload, const struct portion *portion)
{
    return (struct writing_place){upload->intake.tenant, upload->intake.device, portion->subject,
                                  day_of(portion->hour)};
}

static err_t portion_seal(struct upload *upload, struct portion *portion)
{
    const struct chain *chain = &portion->chain;
    const struct chain_place place = {chain->realm, launch_concept.number, chain->number, portion->hour,
                                      CHAIN_ROWS};
    OWN(key) rows;
    buf_t sealed = arena_buf(&upload->arena, CHAIN_EXTRA + padme(portion->frame.len + 1));
    chain_rows(&chain->key, &rows);
    chain_put(upload->desk.env, &rows, &place, portion->frame, &sealed);
    key_drop(&portion->chain.key);
    portion->sealed = buf_str(&sealed);
    return buf_end(&sealed);
}

/* Under chains that are in force, all of them asked for under the same switches. */
static bool chains_known(struct upload *upload)
{
    for (size_t i = 0; i < upload->count; i++) {
        struct portion *portion = &upload->portions[i];
        const struct writing_place place = place_of(upload, portion);
        if (!chains_find(upload->desk.chains, &place, &portion->chain))
            return false;
        upload->version = portion->chain.version;
        if (upload->version != upload->portions[0].chain.version)
            return false;
    }
    return upload->count != 0;
}

static err_t publics_ask(struct upload *upload, enum ask_number number, Keys__Publics **out_publics)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    in.tenant = (ProtobufCBinaryData){16, upload->intake.tenant.bytes};
    in.device = (ProtobufCBinaryData){16, upload->intake.device.bytes};
    in.n_ids = upload->count;
    in.ids = arena_array(&upload->arena, ProtobufCBinaryData, in.n_ids + 1);
    TRY(arena_end(&upload->arena));
    for (size_t i = 0; i < upload->count; i++)
        in.ids[i] = (ProtobufCBinaryData){16, upload->portions[i].subject.bytes};
    TRY(keys_ask(upload->desk.channel, &(struct question){number, &in}, &upload->arena, out_publics));
    return (*out_publics)->n_publics == in.n_ids
               ? ERR_OK
               : fail(ERR_BROKEN, "the keys process answered for %zu of %zu subjects",
                      (*out_publics)->n_publics, in.n_ids);
}

/* Nothing under the public key of a subject that is dead. */
static err_t chain_ready(struct upload *upload, struct portion *portion, str_t public_bytes)
{
    struct key public;
    portion->chain.place = place_of(upload, portion);
    portion->chain.turn = upload->turn;
    portion->chain.version = upload->version;
    if (!public_bytes.len) {
        chains_end(upload->desk.chains, &portion->chain.place);
        leases_discarded(upload->desk.leases, 1);
        return ERR_OK;
    }
    if (!chains_renew(upload->desk.chains, &portion->chain)) {
        TRY(key_from(public_bytes, &public));
        TRY(chain_make(upload->desk.env, &public, &portion->chain));
        chains_keep(upload->desk.chains, &portion->chain);
    }
    return portion_seal(upload, portion);
}

static err_t upload_seal_asked(struct upload *upload)
{
    Keys__Publics *publics = NULL;
    ident_t realm;
    TRY(publics_ask(upload, ASK_launches_publics, &publics));
    if (publics->lacks)
        TRY(publics_ask(upload, ASK_launches_make, &publics));
    TRY(ident_from(bin(publics->realm), &realm));
    for (size_t i = 0; i < upload->count; i++) {
        upload->portions[i].chain.realm = realm;
        TRY(chain_ready(upload, &upload->portions[i], bin(publics->publics[i])));
    }
    return ERR_OK;
}

/* `*out_whole` is false where the desk has no channel and one is needed. */
static err_t upload_take(struct upload *upload, bool *out_whole)
{
    struct collection collection;
    TRY(store_spare(upload->desk.store));
    upload->turn = atomic_load(leases_turn(upload->desk.leases));
    TRY(upload_read(upload));
    bool known = chains_known(upload);
    *out_whole = known || upload->desk.channel;
    for (size_t i = 0; known && i < upload->count; i++)
        TRY(portion_seal(upload, &upload->portions[i]));
    if (known || !upload->desk.channel)
        return ERR_OK;
    upload->desk.arena = &upload->arena;
    TRY(switches_read(&upload->desk, upload->intake.tenant, &collection));
    upload->version = collection.version;
    upload->off = !collection.launches;
    return upload->off ? intake_allowed(&upload->desk, &upload->intake) : upload_seal_asked(upload);
}

/* What was looked up before the transaction, again within it. */
static err_t still_so(struct tx *tx, const struct upload *upload)
{
    bool so = false, there = false;
    const struct hearing hearing = {upload->intake.device, upload->desk.env->now(upload->desk.env),
                                    upload->version};
    TRY(record_heard(tx, &hearing, &so));
    if (so)
        return ERR_OK;
    TRY(record_exists(tx, &device_concept, upload->intake.device, &there));
    return there ? fail(ERR_BUSY, "what is collected has just been changed: send it again")
                 : fail(ERR_DENIED, "the device is not enrolled, or was removed");
}

static err_t portion_put(struct tx *tx, const struct upload *upload, const struct portion *portion)
{
    const struct chain *chain = &portion->chain;
    const struct launch_chain under = {chain->number, chain->place.day, upload->intake.device,
                                       portion->subject, .box = str_bytes(chain->box, SEAL_BOX)};
    struct launch_row row = {
        .number = chain->number, .hour = portion->hour, .step = chain->step, .sealed = portion->sealed};
    memcpy(row.counts, portion->counts, sizeof row.counts);
    if (!chain->stored)
        TRY(launch_chain_put(tx, &under));
    return launch_segment_put(tx, &under, &row);
}

static err_t upload_store(struct tx *tx, void *with)
{
    struct upload *upload = with;
    bool again = false;
    TRY(still_so(tx, upload));
    if (!upload->intake.unnumbered)
        TRY(sequence_take(tx, upload->intake.device, upload->epoch, upload->sequence, &again));
    for (size_t i = 0; !again && i < upload->count; i++)
        if (upload->portions[i].sealed.at)
            TRY(portion_put(tx, upload, &upload->portions[i]));
    return upload->elevated && !again
               ? tell(tx, &(struct telling){.act = ACT_LAUNCHES_ELEVATED,
                                            .at = upload->desk.env->now(upload->desk.env),
                                            .count = upload->elevated,
                                            .device = upload->intake.device})
               : ERR_OK;
}

/* A chain whose row is not there any more is BUSY: the next upload has another one made. */
static void upload_stored(const struct upload *upload, err_t result)
{
    for (size_t i = 0; i < upload->count; i++) {
        const struct portion *portion = &upload->portions[i];
        if (portion->sealed.at && result == ERR_OK)
            chains_stored(upload->desk.chains, &portion->chain);
        else if (portion->sealed.at && result == ERR_BUSY)
            chains_end(upload->desk.chains, &portion->chain.place);
    }
}

/* NULL where there is no memory for it. */
static struct upload *upload_make(struct desk *desk, const struct intake *intake)
{
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload)
        return NULL;
    *upload = (struct upload){.desk = *desk, .intake = *intake, .arena = ARENA(MAX_MEMORY)};
    upload->desk.arena = &upload->arena;
    return upload;
}

err_t launch_intake(struct desk *desk, const struct intake *intake)
{
    OWN(upload) upload = upload_make(desk, intake);
    bool whole = false;
    if (!upload)
        return fail(ERR_BUSY, "no memory for an upload");
    TRY(upload_take(upload, &whole));
    if (upload->off)
        return ERR_OK;
    err_t result = store_write(desk->store, intake->tenant, upload_store, upload);
    upload_stored(upload, result);
    return result;
}

static void upload_settled(void *with, err_t result, const char *note)
{
    OWN(upload) upload = with;
    upload_stored(upload, result);
    upload->end.settled(upload->end.with, result, note);
}

err_t launch_pack(struct desk *desk, const struct intake *intake, struct upload **out_upload)
{
    OWN(upload) upload = upload_make(desk, intake);
    bool whole = false;
    if (!upload)
        return fail(ERR_BUSY, "no memory for an upload");
    TRY(upload_take(upload, &whole));
    *out_upload = whole ? give(upload) : NULL;
    return ERR_OK;
}

void launch_send(struct upload *upload, const struct intake_end *end)
{
    const struct later later = {upload_store, upload_settled, upload};
    upload->end = *end;
    if (upload->off) {
        end->settled(end->with, ERR_OK, "");
        upload_drop(&upload);
        return;
    }
    err_t sent = store_write_later(upload->desk.store, upload->intake.tenant, &later);
    if (sent != ERR_OK)
        upload_settled(upload, sent, err_note());
}
