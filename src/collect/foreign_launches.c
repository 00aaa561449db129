/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/told.h"

#include "base/limits.h"
#include "collect/launch_intake.h"
#include "concept/codec.h"

enum { SLICE = 200, ROOT = 0, SYSTEM = 1, PERSON = 1000 }; /* uids as the rules know their owners */

/* One of the launches that are sent together: whom it is sealed to, and what is kept of it. */
struct kept_launch {
    ident_t subject;
    struct launch launch;
};

static ProtobufCBinaryData data_of(const ident_t *id)
{
    return (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)id->bytes};
}

/* Whoever launched is asked for by one uid only, which stands for its account. */
static err_t account_of(void *with, uid_t uid, ident_t *out_id)
{
    (void)uid;
    *out_id = *(const ident_t *)with;
    return ERR_OK;
}

static unsigned record_of(const struct told *told, const struct found_launch *found, ident_t account)
{
    const struct rule_names names = {account_of, NULL, &account, PERSON, UINT32_MAX, told->agent->device};
    struct attempt attempt = {.uid = found->by.person                      ? PERSON
                                     : str_eq(found->by.name, STR("root")) ? ROOT
                                                                           : SYSTEM,
                              .path = found->launch.path};
    struct verdict verdict;
    if (found->launch.sha256.len == DIGEST_SIZE) {
        attempt.known = FACT_SHA256;
        memcpy(attempt.sha256, found->launch.sha256.at, DIGEST_SIZE);
    }
    rules_bind(told->policy.rules, &names);
    rules_decide(told->policy.rules, &attempt, &verdict);
    rules_bind(told->policy.rules, NULL);
    return verdict.record;
}

/* What the policy has recorded of it; false: nothing. */
static bool launch_keep(const struct told *told, const struct found_launch *found, struct kept_launch *kept)
{
    const struct known *known = known_of(told, found->by.name);
    ident_t account = known ? known->id : (ident_t){0};
    unsigned record = record_of(told, found, account);
    *kept = (struct kept_launch){known && known->person ? account : told->agent->device, found->launch};
    kept->launch.account = account;
    if (!(record & RECORD_PATH))
        kept->launch.path = (str_t){0};
    if (!(record & FACT_SHA256))
        kept->launch.sha256 = (str_t){0};
    if (!(record & FACT_PARENT))
        kept->launch.parent = (str_t){0};
    return record && found->launch.at > 0 && kept->launch.path.len <= MAX_LAUNCH_TEXT &&
           kept->launch.parent.len <= MAX_LAUNCH_TEXT;
}

static int subject_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(ident_t)); /* it stands first */
}

static err_t batch_make(struct told *told, const struct kept_launch *kept, size_t count,
                        Custody__LaunchBatch **out_batch)
{
    arena_t *arena = told->desk->arena;
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM * 2);
    Custody__LaunchBatch *batch = arena_new(arena, Custody__LaunchBatch);
    struct launch *launches = arena_array(arena, struct launch, count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < count; i++)
        launches[i] = kept[i].launch;
    TRY(codec_pack(&launch_concept, launches, count, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    str_t list = arena_copy(arena, buf_str(&frame));
    custody__launch_batch__init(batch);
    batch->subject = data_of(&kept->subject);
    batch->list = (ProtobufCBinaryData){list.len, (uint8_t *)(uintptr_t)list.at};
    *out_batch = batch;
    return arena_end(arena);
}

static size_t same_subject(const struct kept_launch *kept, size_t count)
{
    size_t same = 1;
    while (same < count && ident_eq(kept[same].subject, kept->subject))
        same++;
    return same;
}

/* A list for each subject, all in one upload. */
static err_t slice_send(struct told *told, const struct kept_launch *kept, size_t count)
{
    Custody__LaunchUpload upload = CUSTODY__LAUNCH_UPLOAD__INIT;
    arena_t *arena = told->desk->arena;
    upload.epoch = data_of(&told->agent->device);
    upload.batches = arena_array(arena, Custody__LaunchBatch *, count);
    TRY(arena_end(arena));
    for (size_t i = 0, some; i < count; i += some) {
        some = same_subject(kept + i, count - i);
        TRY(batch_make(told, kept + i, some, &upload.batches[upload.n_batches++]));
    }
    char *at = arena_room(arena, custody__launch_upload__get_packed_size(&upload));
    TRY(arena_end(arena));
    const struct intake intake = {
        .tenant = told->agent->tenant,
        .device = told->agent->device,
        .body = str_bytes(at, custody__launch_upload__pack(&upload, (uint8_t *)at)),
        .unnumbered = true,
    };
    return launch_intake(told->desk, &intake);
}

/* So few at a time that their subjects and hours fit into an upload, however they are spread. */
err_t launches_send(struct told *told)
{
    const struct found_list *list = &told->found->lists[FOUND_LAUNCHES];
    const struct found_launch *found = list->records;
    struct kept_launch *kept = arena_array(told->desk->arena, struct kept_launch, SLICE);
    TRY(arena_end(told->desk->arena));
    for (size_t i = 0, count = 0; i < list->count; i++) {
        count += launch_keep(told, &found[i], &kept[count]);
        if (!count || (count < SLICE && i + 1 < list->count))
            continue;
        qsort(kept, count, sizeof *kept, subject_order);
        TRY(slice_send(told, kept, count));
        count = 0;
    }
    return ERR_OK;
}
