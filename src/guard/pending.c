/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/pending.h"

#include "base/limits.h"
#include "concept/codec.h"
#include "guard/folder.h"

enum {
    PEM_MAX = 64 * 1024,
    ASK_MAX = 256 * 1024,
    FILE_MAX = PENDING_MOST * sizeof(struct pending_one) + 256,
    SLACK = MINUTES(1), /* what a clock may be set back by */
};

#define USED       "used"
#define BOUND_USED STR("custody elevations used 1")
#define BOUND_ASK  STR("custody elevations ask 1")

void pending_drop(struct pending *pending) { key_drop(&pending->key); }

/* Of a file in the folder. */
struct name {
    char text[96];
};

static struct name name_of(ident_t request, const char *ending)
{
    struct name name;
    snprintf(name.text, sizeof name.text, "elevations/%s.%s", ident_text("elv", request).text, ending);
    return name;
}

err_t pending_key(struct env *env, const char *folder, struct key *out_key)
{
    OWN(buf) pem = BUF(PEM_MAX);
    OWN(key) root;
    TRY(folder_read(env, folder, "key.pem", &pem));
    digest(buf_str(&pem), root.bytes);
    key_derive(&root, "custody-agent elevations", STR(""), out_key);
    return ERR_OK;
}

err_t pending_list_read(struct pending *pending, str_t bytes)
{
    size_t rest = bytes.len - sizeof pending->seen;
    if (bytes.len < sizeof pending->seen || rest % sizeof *pending->list || rest > sizeof pending->list)
        return fail(ERR_BROKEN, "the list of elevations is not whole");
    memcpy(&pending->seen, bytes.at, sizeof pending->seen);
    memcpy(pending->list, bytes.at + sizeof pending->seen, rest);
    pending->count = rest / sizeof *pending->list;
    return ERR_OK;
}

err_t pending_open(struct env *env, const char *folder, const char *own, struct pending *out_pending)
{
    OWN(pending) pending = {.env = env, .folder = folder, .own = own};
    OWN(buf) sealed = BUF(FILE_MAX);
    OWN(buf) bytes = BUF(FILE_MAX);
    TRY(pending_key(env, folder, &pending.key));
    err_t read = folder_read(env, own, USED, &sealed);
    if (read == ERR_OK && aead_open(&pending.key, BOUND_USED, buf_str(&sealed), &bytes) != ERR_OK)
        return fail(ERR_BROKEN, "the list of elevations was altered: nothing is elevated by approval");
    if (read != ERR_MISSING)
        TRY(read);
    if (bytes.len)
        TRY(pending_list_read(&pending, buf_str(&bytes)));
    *out_pending = pending;
    return ERR_OK;
}

err_t pending_clock(const struct pending *pending)
{
    return pending->env->now(pending->env) + SLACK >= pending->seen
               ? ERR_OK
               : fail(ERR_DENIED, "the machine's clock went back: set it right first");
}

bool pending_is_over(const struct pending *pending, const struct pending_one *one)
{
    moment_t boot = pending->env->boot(pending->env);
    bool by_clock = pending->env->now(pending->env) >= one->until;
    bool by_boot = one->arrived && boot >= one->boot && boot - one->boot >= one->until - one->arrived;
    return by_clock || by_boot;
}

/* A use is remembered for a while longer than a clock may be set back. */
static void list_tidy(struct pending *pending)
{
    size_t kept = 0;
    for (size_t i = 0; i < pending->count; i++)
        if (pending->env->now(pending->env) < pending->list[i].until + 2 * SLACK)
            pending->list[kept++] = pending->list[i];
    pending->count = kept;
}

err_t pending_save(struct pending *pending)
{
    OWN(buf) bytes = BUF(FILE_MAX);
    OWN(buf) sealed = BUF(FILE_MAX);
    moment_t now = pending->env->now(pending->env);
    pending->seen = now > pending->seen ? now : pending->seen;
    buf_put(&bytes, str_bytes(&pending->seen, sizeof pending->seen));
    buf_put(&bytes, str_bytes(pending->list, pending->count * sizeof *pending->list));
    aead_seal(pending->env, &pending->key, BOUND_USED, buf_str(&bytes), &sealed);
    TRY(buf_end(&sealed));
    return folder_write(pending->env, pending->own, USED, buf_str(&sealed));
}

struct pending_one *pending_find(struct pending *pending, const struct pending_one *wanted)
{
    for (struct pending_one *one = pending->list; one < pending->list + pending->count; one++)
        if (one->state != PENDING_USED && !pending_is_over(pending, one) && one->policy == wanted->policy &&
            ident_eq(one->account, wanted->account) && !memcmp(one->command, wanted->command, DIGEST_SIZE))
            return one;
    return NULL;
}

err_t pending_add(struct pending *pending, const struct pending_one *one, struct pending_one **out_one)
{
    size_t of_account = 0;
    list_tidy(pending);
    for (size_t i = 0; i < pending->count; i++)
        of_account +=
            pending->list[i].state == PENDING_OPEN && ident_eq(pending->list[i].account, one->account);
    if (of_account >= PENDING_OF_ACCOUNT || pending->count >= PENDING_MOST)
        return fail(ERR_BUSY, "too many requests are open: wait for an answer to one of them");
    pending->list[pending->count] = *one;
    *out_one = &pending->list[pending->count++];
    return ERR_OK;
}

err_t pending_tell(const struct pending *pending, const struct elevation_asked *asked)
{
    OWN(arena) arena = ARENA(MAX_ITEM);
    OWN(buf) packed = BUF(ASK_MAX);
    OWN(buf) sealed = BUF(ASK_MAX + AEAD_EXTRA);
    TRY(codec_pack(&elevation_concept, asked, 1, &arena, &packed));
    aead_seal(pending->env, &pending->key, BOUND_ASK, buf_str(&packed), &sealed);
    TRY(buf_end(&sealed));
    return folder_write(pending->env, pending->folder, name_of(asked->id, "ask").text, buf_str(&sealed));
}

err_t pending_answer(const struct pending *pending, ident_t request, buf_t *out_text)
{
    return folder_read(pending->env, pending->folder, name_of(request, "answer").text, out_text);
}

err_t pending_end(const struct pending *pending, ident_t request)
{
    return folder_remove(pending->env, pending->folder, name_of(request, "answer").text);
}

err_t pending_ask_read(struct env *env, const struct key *key, const char *path, buf_t *out_packed)
{
    OWN(buf) sealed = BUF(ASK_MAX + AEAD_EXTRA);
    TRY(env->read_file(env, path, &sealed));
    return aead_open(key, BOUND_ASK, buf_str(&sealed), out_packed);
}
