/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/post.h"

#include "base/limits.h"
#include "log/folder.h"
#include "tlog/checkpoint.h"
#include "tlog/tiles.h"
#include "tlog/witness.h"
#include <poll.h>

enum { TROUBLE_MAX = 200, QUESTION_MAX = MAX_NOTE + 8192 };

/* One log on its way to its witness. */
struct visit {
    struct jobs *jobs;
    const Keys__Witness *witness;
    struct reach to;
    struct log_folder folder;
    struct note_key key; /* the witness's */
    buf_t note;          /* the checkpoint that is shown */
    struct checkpoint checkpoint;
    uint64_t old; /* the size that the witness has */
    moment_t seen;
};
typedef struct visit visit_own;
static void visit_drop(struct visit *visit) { buf_drop(&visit->note); }

static err_t path_complete(struct reach *to)
{
    static const char add[] = "/add-checkpoint";
    size_t len = strlen(to->path);
    len -= len && to->path[len - 1] == '/';
    if (len + sizeof add > sizeof to->path)
        return fail(ERR_INVALID, "the witness's path is too long");
    memcpy(to->path + len, add, sizeof add);
    return ERR_OK;
}

static err_t visit_begin(struct visit *visit)
{
    const Keys__Witness *witness = visit->witness;
    const char *name = strchr(witness->origin, '/');
    struct note_key log_key;
    if (!name)
        return fail(ERR_BROKEN, "a log without a name");
    TRY(reach_read(str(witness->url), &visit->to));
    TRY(reach_judge(&visit->to, &visit->jobs->witnesses));
    TRY(path_complete(&visit->to));
    TRY(note_key_read(str(witness->key), &visit->key));
    TRY(note_key_read(str(witness->log_key), &log_key));
    TRY(log_folder_at(visit->jobs->env, visit->jobs->logs, name + 1, &visit->folder));
    TRY(log_folder_checkpoint(&visit->folder, &visit->note));
    return checkpoint_open(buf_str(&visit->note), &log_key, &visit->checkpoint);
}

/* From nothing there is nothing to prove, and nothing from a size to itself. */
static err_t proof_make(const struct visit *visit, struct proof *out_proof)
{
    OWN(tiles) tiles = NULL;
    struct tile_source source = log_folder_source(&visit->folder);
    *out_proof = (struct proof){0};
    if (!visit->old || visit->old == visit->checkpoint.size)
        return ERR_OK;
    TRY(tiles_open(&source, visit->checkpoint.size, &tiles));
    struct nodes nodes = tiles_nodes(tiles);
    return consistency_make(&nodes, (struct subtree){0, visit->old}, visit->checkpoint.size, out_proof);
}

static const char *const plain_text[] = {"Content-Type: text/plain; charset=utf-8", NULL};

static err_t question_send(const struct visit *visit, struct answer *out_answer)
{
    OWN(buf) question = BUF(QUESTION_MAX);
    struct witness_ask ask = {.old_size = visit->old, .checkpoint = buf_str(&visit->note)};
    TRY(proof_make(visit, &ask.proof));
    witness_ask_put(&question, &ask);
    TRY(buf_end(&question));
    return send_post(visit->jobs->visiting, &visit->to, &(struct post){buf_str(&question), plain_text},
                     out_answer);
}

/* Of the lines of an answer only one that is the witness's own, and fits, comes to stand behind the log's. */
static err_t cosigned_keep(struct visit *visit, str_t lines)
{
    while (lines.len) {
        OWN(buf) both = BUF(MAX_NOTE);
        struct note note;
        uint64_t seconds = 0;
        str_t line = str_until(&lines, '\n');
        buf_put(&both, buf_str(&visit->note));
        buf_put(&both, line);
        buf_put_byte(&both, '\n');
        TRY(buf_end(&both));
        if (note_split(buf_str(&both), &note) != ERR_OK || note_check(&note, &visit->key, &seconds) != ERR_OK)
            continue;
        visit->seen = SECONDS((moment_t)(seconds < UINT32_MAX ? seconds : UINT32_MAX));
        visit->old = visit->checkpoint.size;
        return log_folder_cosigned_put(&visit->folder, buf_str(&both));
    }
    return fail(ERR_DENIED, "the answer holds no signature by the witness's key");
}

static err_t refusal_tell(const struct visit *visit, int status)
{
    switch (status) {
    case WITNESS_ELSEWHERE:
        return fail(ERR_CONFLICT, "the witness has cosigned %llu entries, and this log has signed %llu",
                    (unsigned long long)visit->old, (unsigned long long)visit->checkpoint.size);
    case WITNESS_UNPROVEN:
        return fail(ERR_DENIED, "the witness finds that this log does not continue what it has cosigned");
    case 404:
        return fail(ERR_DENIED, "the witness does not know this log: give it the log's key");
    case 403:
        return fail(ERR_DENIED, "the witness knows this log by another key");
    default:
        return fail(ERR_DENIED, "the witness answers with status %d", status);
    }
}

/* A witness that has come further or less far than we thought says how far; then it is asked once more from there. */
static err_t visit_make(struct visit *visit)
{
    for (int turn = 0;; turn++) {
        OWN(answer) answer = {0};
        uint64_t has = 0;
        TRY(question_send(visit, &answer));
        if (answer.status == WITNESS_COSIGNS)
            return cosigned_keep(visit, buf_str(&answer.body));
        bool elsewhere =
            answer.status == WITNESS_ELSEWHERE && witness_size_read(buf_str(&answer.body), &has) == ERR_OK;
        bool again = elsewhere && !turn && has != visit->old && has <= visit->checkpoint.size;
        visit->old = elsewhere ? has : visit->old;
        if (!again)
            return refusal_tell(visit, answer.status);
    }
}

static err_t witness_visit(struct jobs *jobs, const Keys__Witness *witness, arena_t *arena)
{
    OWN(visit)
    visit = {.jobs = jobs, .witness = witness, .note = BUF(MAX_NOTE), .old = (uint64_t)witness->size};
    Keys__Witness told = *witness;
    Keys__None *none = NULL;
    char trouble[TROUBLE_MAX] = "";
    err_t made = visit_begin(&visit);
    if (made == ERR_OK && visit.old > visit.checkpoint.size)
        visit.old = 0; /* it says itself how far it is */
    if (made == ERR_OK)
        made = visit_make(&visit);
    if (made != ERR_OK)
        snprintf(trouble, sizeof trouble, "%s", err_note());
    told.size = (int64_t)visit.old;
    told.seen = visit.seen;
    told.trouble = trouble;
    return jobs_ask_keys(jobs, &(struct question){ASK_witness_told, &told}, arena, &none);
}

err_t witnesses_visit(struct jobs *jobs, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Witnesses *due = NULL;
    struct pollfd stop = {.fd = jobs->stop, .events = POLLIN};
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_witness_due, &in}, arena, &due));
    for (size_t i = 0; i < due->n_items && poll(&stop, 1, 0) <= 0; i++)
        TRY(witness_visit(jobs, due->items[i], arena));
    return ERR_OK;
}
