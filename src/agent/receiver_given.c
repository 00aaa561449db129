/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receiver_given.h"

#include "agent/collect.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "crypt/cert.h"
#include "seal/seal.h"
#include "seal/vouch.h"

enum { ARENA_ROOM = 64 * 1024 * 1024, PEM_ROOM = 8192 };

static bool is_announced(const struct receiver *service, ident_t id)
{
    for (size_t i = 0; i < service->announced_count; i++)
        if (ident_eq(service->announced[i], id))
            return true;
    return ident_eq(service->device, id);
}

static size_t item_find(struct receiver *service, ident_t id)
{
    size_t at = 0;
    while (at < service->item_count && !ident_eq(service->items[at].id, id))
        at++;
    if (at == service->item_count && at < RECEIVER_ITEMS)
        service->items[service->item_count++].id = id;
    return at;
}

/* A subject's pair follows from its id, so that nobody has to remember it. */
static void pair_of(ident_t subject, struct key *out_public, struct key *out_private)
{
    struct key seed;
    digest(ident_bytes(&subject), seed.bytes);
    pair_from(&seed, out_public, out_private);
}

/* As whoever has the subject's key reads it. */
static err_t sealed_read(struct receiver *service, const Custody__Item *item, const ident_t ids[2],
                         str_t *out_packed)
{
    OWN(buf) key_text = BUF(KEY_SIZE);
    OWN(buf) frame = BUF(MAX_REPORT);
    struct key public, private, data_key;
    str_t sealed = str_bytes(item->sealed.data, item->sealed.len), box;
    const struct seal_place place = {service->realm, ids[0], (int)item->concept};
    pair_of(ids[1], &public, &private);
    TRY(seal_check(sealed));
    TRY(seal_box(sealed, &box));
    TRY(box_open(&public, &private, box, &key_text));
    TRY(key_from(buf_str(&key_text), &data_key));
    TRY(seal_get(&data_key, &place, sealed, &frame));
    return codec_grow(buf_str(&frame), &service->arena, out_packed);
}

static err_t item_store(struct receiver *service, const Custody__Item *item)
{
    ident_t id, subject;
    str_t packed = {0};
    TRY(ident_from(str_bytes(item->id.data, item->id.len), &id));
    TRY(ident_from(str_bytes(item->subject.data, item->subject.len), &subject));
    if (!is_announced(service, subject))
        service->wrong = "an item about nobody";
    bool gone = !item->sealed.len;
    if (item->list.len)
        service->wrong = "an item in clear";
    if (ident_eq(id, service->device) && gone)
        service->wrong = "a device cannot be gone";
    if (!gone)
        TRY(sealed_read(service, item, (ident_t[]){id, subject}, &packed));
    size_t at = item_find(service, id);
    service->items[at] = (struct receiver_item){item->concept, id, subject, .gone = gone};
    service->clear[at] = packed;
    digest(packed, service->items[at].digest);
    return ERR_OK;
}

/* Whether the number was there before; of a new epoch none was. */
static bool number_take(struct receiver *service, const Custody__Report *report, str_t body)
{
    uint8_t now[DIGEST_SIZE], *seen = service->seen[report->sequence % RECEIVER_NUMBERS];
    str_t epoch = str_bytes(report->epoch.data, report->epoch.len);
    digest(body, now);
    if (!str_eq(epoch, ident_bytes(&service->epoch))) {
        service->sequence = 0;
        if (ident_from(epoch, &service->epoch) != ERR_OK)
            service->wrong = "no epoch";
    }
    bool again = report->sequence <= service->sequence;
    if (again && memcmp(now, seen, sizeof now) != 0)
        service->wrong = "a number twice for two reports";
    if (!again)
        service->sequence = report->sequence;
    memcpy(seen, now, sizeof now);
    return again;
}

static err_t report_store(struct receiver *service, str_t body)
{
    Custody__Report *report = custody__report__unpack(NULL, body.len, (const uint8_t *)body.at);
    if (!report || body.len > MAX_REPORT || report->n_items > MAX_REPORT_ITEMS)
        return fail(ERR_INVALID, "no report");
    bool again = number_take(service, report, body);
    err_t stored = ERR_OK;
    for (size_t i = 0; i < report->n_items && !again && stored == ERR_OK; i++)
        stored = item_store(service, report->items[i]);
    service->stored += again ? 0 : report->n_items;
    custody__report__free_unpacked(report, NULL);
    return stored;
}

static void announced_store(struct receiver *service, str_t body)
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

/* Made once for all tests: the authority that machines pinned when they enrolled, and one that they did not. */
static struct {
    char key_at[PEM_ROOM], other_at[PEM_ROOM], cert_at[PEM_ROOM];
    str_t key, other, cert;
} authorities;

static str_t kept(char at[PEM_ROOM], const buf_t *text)
{
    memcpy(at, text->at, text->len);
    return str_bytes(at, text->len);
}

static err_t given_authorities(void)
{
    OWN(buf) key = BUF(PEM_ROOM);
    OWN(buf) other = BUF(PEM_ROOM);
    OWN(buf) cert = BUF(PEM_ROOM);
    struct env *env = env_real();
    if (authorities.key.len)
        return ERR_OK;
    TRY(cert_key_make(&key));
    TRY(cert_key_make(&other));
    TRY(cert_authority_make(env, buf_str(&key), "a test", env->now(env) + DAYS(9), &cert));
    authorities.key = kept(authorities.key_at, &key);
    authorities.other = kept(authorities.other_at, &other);
    authorities.cert = kept(authorities.cert_at, &cert);
    return ERR_OK;
}

static err_t subjects_answer(struct receiver *service, str_t body, buf_t *out_answer)
{
    struct vouched vouched = {service->tenant, service->device, service->realm, NULL, 0};
    if (service->keeps_keys)
        return fail(ERR_MISSING, "no such resource");
    vouched.keys = arena_array(&service->arena, struct vouched_key, body.len / sizeof(ident_t));
    TRY(arena_end(&service->arena));
    announced_store(service, body);
    for (; vouched.count < body.len / sizeof(ident_t); vouched.count++) {
        struct vouched_key *one = &vouched.keys[vouched.count];
        struct key private;
        memcpy(one->subject.bytes, body.at + vouched.count * sizeof(ident_t), sizeof(ident_t));
        pair_of(one->subject, &one->public, &private);
    }
    return vouch_put(service->swaps_keys ? authorities.other : authorities.key, &vouched, out_answer);
}

static err_t settings_answer(struct receiver *service, buf_t *out_answer)
{
    service->asked++;
    if (service->refuse_settings)
        return fail(service->refuse_settings, "refused");
    if (!service->settings)
        return fail(ERR_MISSING, "no such resource");
    buf_put(out_answer, str(service->settings));
    return buf_end(out_answer);
}

static err_t text_answer(const char *text, buf_t *out_answer)
{
    if (!text)
        return fail(ERR_MISSING, "no such resource");
    buf_put(out_answer, str(text));
    return buf_end(out_answer);
}

static err_t receive(void *context, const struct service_request *request, buf_t *out_answer)
{
    struct receiver *service = context;
    if (service->away)
        return fail(ERR_UNREACHABLE, "nobody answers");
    if (!strncmp(request->path, "/agent/v1/settings", 18)) {
        snprintf(service->path, sizeof service->path, "%s", request->path);
        return settings_answer(service, out_answer);
    }
    if (!strcmp(request->path, "/agent/v1/policy"))
        return service->policies_asked++, text_answer(service->policy, out_answer);
    if (!strcmp(request->path, "/agent/v1/signer"))
        return service->signers_asked++, text_answer(service->signer, out_answer);
    if (!strcmp(request->path, "/agent/v1/withheld"))
        return text_answer(service->withheld, out_answer);
    if (!strcmp(request->path, "/agent/v1/withholder"))
        return text_answer(service->withholder, out_answer);
    if (!strcmp(request->path, "/agent/v1/subjects"))
        TRY(subjects_answer(service, request->body, out_answer));
    else if (service->refuse)
        return fail(service->refuse, "refused");
    else {
        service->reports++;
        TRY(report_store(service, request->body));
    }
    if (service->lose && --service->lose == 0)
        return fail(ERR_UNREACHABLE, "the answer was lost");
    return ERR_OK;
}

void stage_drop(struct stage *stage)
{
    if (stage->service)
        arena_drop(&stage->service->arena);
    free(stage->service);
    world_drop(&stage->world);
}

err_t given_stage(struct stage *stage, uint64_t seed)
{
    OWN(state) state = {0};
    struct env *env = &stage->world.env;
    world_open(&stage->world, seed);
    stage->service = calloc(1, sizeof *stage->service);
    if (!stage->service)
        return fail(ERR_BUSY, "no memory");
    stage->service->arena = (arena_t)ARENA(ARENA_ROOM);
    stage->reporter = (struct reporter){env, STAGE_FOLDER, test_folder(), receive, stage->service};
    TRY(given_machine(test_folder()));
    TRY(env->write_file(env, STAGE_FOLDER "/key.pem", STR("a private key"), 0600));
    state_begin(&state, env, ident_new(env), ident_new(env));
    stage->service->device = state.device;
    stage->service->tenant = state.tenant;
    stage->service->realm = ident_new(env);
    TRY(given_authorities());
    TRY(env->write_file(env, STAGE_FOLDER "/authority.pem", authorities.cert, 0600));
    return state_save(env, STAGE_FOLDER, &state);
}

err_t given_cycle(struct stage *stage, size_t *out_items)
{
    err_t done = report_cycle(&stage->reporter, out_items);
    return done != ERR_OK          ? done
           : stage->service->wrong ? fail(ERR_BROKEN, "%s", stage->service->wrong)
                                   : ERR_OK;
}

err_t given_state(struct stage *stage, struct state *out_state)
{
    return state_load(&stage->world.env, STAGE_FOLDER, out_state);
}

static bool is_stored(struct receiver *service, const struct item *item)
{
    OWN(arena) arena = ARENA(ARENA_ROOM);
    OWN(buf) packed = BUF(MAX_ITEM);
    uint8_t now[DIGEST_SIZE];
    const struct receiver_item *stored = NULL;
    for (size_t i = 0; i < service->item_count; i++)
        if (ident_eq(service->items[i].id, item->id))
            stored = &service->items[i];
    if (item->gone)
        return !stored || stored->gone;
    if (codec_pack(item->concept, item->records, item->count, &arena, &packed) != ERR_OK)
        return false;
    digest(buf_str(&packed), now);
    return stored && !stored->gone && !memcmp(stored->digest, now, sizeof now);
}

bool service_has_everything(struct stage *stage)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list items;
    size_t present = 0;
    if (given_state(stage, &state) != ERR_OK ||
        collect(&(struct collect_ask){&stage->world.env, test_folder(), &state}, &arena, &items) != ERR_OK)
        return false;
    for (const struct item *item = items.at; item < (struct item *)items.at + items.count; item++) {
        if (!is_stored(stage->service, item))
            return false;
        present += !item->gone;
    }
    return stage->service->item_count - items_gone(stage) == present;
}

size_t items_gone(const struct stage *stage)
{
    size_t gone = 0;
    for (size_t i = 0; i < stage->service->item_count; i++)
        gone += stage->service->items[i].gone;
    return gone;
}

bool is_on_disk(struct stage *stage, const char *name)
{
    OWN(buf) bytes = BUF(2 * MAX_REPORT);
    return stage->world.env.read_file(&stage->world.env, place(STAGE_FOLDER, name).text, &bytes) == ERR_OK;
}

size_t files_in_spool(const struct stage *stage)
{
    size_t count = 0;
    for (size_t i = 0; i < WORLD_FILES; i++)
        count += str_starts(str(stage->world.files[i].path), STR(STAGE_FOLDER "/spool/"));
    return count;
}
