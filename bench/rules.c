/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-rules: a set of 100,000 rules, half by path and half by digest, read and asked about launches of 20,000 files: half
 * of them decided by path, a quarter by digest, a quarter by the default. Beside it the two look-ups alone in a bare
 * hash table of the same paths and digests, in turns. Prints: ns of a decision (median of turns), of the 99th
 * percentile of single ones, of the bare look-ups; seconds of reading.
 */
#include "govern/rules.h"
#include "base/limits.h"
#include "bench/timing.h"
#include "govern/index.h"

enum { TURNS = 21, PATTERNS = 300, LAUNCHES = 20000, PATH_LEN = 64 };

struct work {
    buf_t text;
    struct rules *rules, *patterns;
    struct index paths, digests;
    char names[MAX_RULE_COUNT][PATH_LEN];
    uint8_t sums[MAX_RULE_COUNT][DIGEST_SIZE];
    struct attempt launches[LAUNCHES];
    size_t decided; /* so that nothing is left out */
};

static void files_make(struct work *work)
{
    for (size_t i = 0; i < MAX_RULE_COUNT; i++) {
        snprintf(work->names[i], PATH_LEN, "/usr/lib/vendor-%zu/bin/program-%zu", i % 97, i);
        digest(str(work->names[i]), work->sums[i]);
        if (i % 2)
            buf_putf(&work->text, "deny any : path=%s\n", work->names[i]);
        else {
            buf_put(&work->text, STR("deny any : sha256="));
            buf_put_hex(&work->text, str_bytes(work->sums[i], DIGEST_SIZE));
            buf_put_byte(&work->text, '\n');
        }
    }
}

/* The files in an order of no meaning: a file with an even number is denied by its digest, where it has the right one. */
static void launches_make(struct work *work)
{
    for (size_t i = 0; i < LAUNCHES; i++) {
        size_t file = i * 40503 % MAX_RULE_COUNT;
        work->launches[i] =
            (struct attempt){.uid = 1000, .path = str(work->names[file]), .known = FACT_SHA256};
        memcpy(work->launches[i].sha256, work->sums[file], DIGEST_SIZE);
        if (i % 4 == 0)
            work->launches[i].sha256[0] ^= 1;
    }
}

static err_t tables_make(struct work *work)
{
    static const uint8_t key[SHORT_KEY] = {1};
    TRY(index_make(&work->paths, MAX_RULE_COUNT / 2, key));
    TRY(index_make(&work->digests, MAX_RULE_COUNT / 2, key));
    for (uint32_t i = 0; i < MAX_RULE_COUNT; i++)
        TRY(i % 2 ? index_add(&work->paths, str(work->names[i]), i)
                  : index_add(&work->digests, str_bytes(work->sums[i], DIGEST_SIZE), i));
    return ERR_OK;
}

static double turn_ours(struct work *work, const struct rules *rules)
{
    int64_t from = now_ns();
    for (size_t i = 0; i < LAUNCHES; i++) {
        struct verdict verdict;
        rules_decide(rules, &work->launches[i], &verdict);
        work->decided += verdict.decision;
    }
    return (double)(now_ns() - from) / LAUNCHES;
}

static double turn_theirs(struct work *work)
{
    int64_t from = now_ns();
    for (size_t i = 0; i < LAUNCHES; i++) {
        work->decided += index_find(&work->paths, work->launches[i].path);
        work->decided += index_find(&work->digests, str_bytes(work->launches[i].sha256, DIGEST_SIZE));
    }
    return (double)(now_ns() - from) / LAUNCHES;
}

static int64_t slow_ours(struct work *work)
{
    static int64_t times[LAUNCHES];
    for (size_t i = 0; i < LAUNCHES; i++) {
        struct verdict verdict;
        int64_t from = now_ns();
        rules_decide(work->rules, &work->launches[i], &verdict);
        times[i] = now_ns() - from;
        work->decided += verdict.decision;
    }
    return percentile(times, LAUNCHES, 99);
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void measure(struct work *work, double read)
{
    double ours[TURNS], theirs[TURNS], patterns[TURNS];
    int64_t slow[TURNS];
    for (size_t i = 0; i < TURNS; i++) {
        ours[i] = turn_ours(work, work->rules);
        patterns[i] = turn_ours(work, work->patterns);
        theirs[i] = turn_theirs(work);
        slow[i] = slow_ours(work);
    }
    qsort(ours, TURNS, sizeof *ours, by_size);
    qsort(theirs, TURNS, sizeof *theirs, by_size);
    qsort(patterns, TURNS, sizeof *patterns, by_size);
    printf("%.1f %lld %.1f %.3f %.1f\n", ours[TURNS / 2], (long long)percentile(slow, TURNS, 50),
           theirs[TURNS / 2], read, patterns[TURNS / 2]);
}

/* Some fail at once, some at a folder's number, some at the end. */
static err_t patterns_read(struct work *work, buf_t *trouble)
{
    OWN(buf) text = BUF(MAX_RULES);
    for (size_t i = 0; i < PATTERNS; i++)
        buf_putf(&text,
                 i % 3 ? "deny user=people : path=/usr/lib/vendor-%zu%s\n"
                       : "deny group=g%zu : path=/opt%s\n",
                 i, i % 2 ? "/**" : "/bin/program-*.sh");
    TRY(buf_end(&text));
    return rules_read(&(struct rule_file){STR("10-bench.rules"), buf_str(&text)}, 1, &work->patterns,
                      trouble);
}

static err_t run(void)
{
    static struct work work = {.text = BUF(MAX_RULES)};
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    TRY(crypt_start());
    files_make(&work);
    launches_make(&work);
    TRY(buf_end(&work.text));
    int64_t from = now_ns();
    TRY(rules_read(&(struct rule_file){STR("10-bench.rules"), buf_str(&work.text)}, 1, &work.rules,
                   &trouble));
    double read = (double)(now_ns() - from) / 1e9;
    TRY(patterns_read(&work, &trouble));
    TRY(tables_make(&work));
    measure(&work, read);
    index_drop(&work.paths);
    index_drop(&work.digests);
    rules_drop(&work.rules);
    rules_drop(&work.patterns);
    buf_drop(&work.text);
    return work.decided ? ERR_OK : fail(ERR_BROKEN, "nothing was decided");
}

int main(void)
{
    err_t result = run();
    if (result != ERR_OK)
        fprintf(stderr, "bench-rules: %s\n", err_note());
    return err_info(result)->exit;
}
