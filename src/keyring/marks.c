/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/marks.h"

#include "base/limits.h"

enum { PATH_LEN = 1024, LINE_ROOM = 192, MARKS_FIRST = 64, MAX_MARKS = 1 << 20 };
#define HEAD "custody high-water marks 1\n"

struct marks {
    struct env *env;
    char path[PATH_LEN];
    bool found;
    uint8_t written[DIGEST_SIZE]; /* of the file as it stands on the disk */
    struct mark *at;              /* sorted by their ids */
    size_t count, room;
};

static int compare_marks(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

/* Where the client's mark is, or would be. */
static size_t place_of(const struct marks *marks, ident_t tenant)
{
    size_t low = 0, high = marks->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_marks(&marks->at[middle].tenant, &tenant) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static err_t room_make(struct marks *marks)
{
    if (marks->count < marks->room)
        return ERR_OK;
    size_t room = marks->room ? marks->room * 2 : MARKS_FIRST;
    struct mark *at = realloc(marks->at, room * sizeof *at);
    if (!at)
        return fail(ERR_BUSY, "no memory for the high-water marks");
    marks->at = at;
    marks->room = room;
    return ERR_OK;
}

const struct mark *marks_of(const struct marks *marks, ident_t tenant)
{
    size_t place = place_of(marks, tenant);
    bool there = place < marks->count && ident_eq(marks->at[place].tenant, tenant);
    return there ? &marks->at[place] : NULL;
}

err_t marks_put(struct marks *marks, const struct mark *mark)
{
    size_t place = place_of(marks, mark->tenant);
    if (place < marks->count && ident_eq(marks->at[place].tenant, mark->tenant)) {
        marks->at[place] = *mark;
        return ERR_OK;
    }
    TRY(room_make(marks));
    memmove(&marks->at[place + 1], &marks->at[place], (marks->count - place) * sizeof *mark);
    marks->at[place] = *mark;
    marks->count++;
    return ERR_OK;
}

void marks_remove(struct marks *marks, ident_t tenant)
{
    size_t place = place_of(marks, tenant);
    if (place >= marks->count || !ident_eq(marks->at[place].tenant, tenant))
        return;
    marks->count--;
    memmove(&marks->at[place], &marks->at[place + 1], (marks->count - place) * sizeof *marks->at);
}

/* The words of a line, then the hash over them and the line before, which is `io_hash`. */
static err_t line_end(uint8_t io_hash[DIGEST_SIZE], size_t from, buf_t *out)
{
    uint8_t hash[DIGEST_SIZE];
    TRY(buf_end(out));
    digest_of((const str_t[]){str_bytes(io_hash, DIGEST_SIZE), str_bytes(out->at + from, out->len - from)}, 2,
              hash);
    memcpy(io_hash, hash, DIGEST_SIZE);
    buf_put_base64(out, str_bytes(hash, DIGEST_SIZE));
    buf_put_byte(out, '\n');
    return buf_end(out);
}

static err_t mark_put(const struct mark *mark, uint8_t io_hash[DIGEST_SIZE], buf_t *out)
{
    size_t from = out->len;
    buf_putf(out, "%s %lld %lld %lld ", ident_text("ten", mark->tenant).text, (long long)mark->seq,
             (long long)mark->log, (long long)mark->epoch);
    return line_end(io_hash, from, out);
}

/* The last line says how many there are, so that none is missing at the end. */
static err_t end_put(const struct marks *marks, uint8_t io_hash[DIGEST_SIZE], buf_t *out)
{
    size_t from = out->len;
    buf_putf(out, "end %zu ", marks->count);
    return line_end(io_hash, from, out);
}

static err_t file_put(const struct marks *marks, buf_t *out)
{
    uint8_t hash[DIGEST_SIZE];
    digest(STR(HEAD), hash);
    buf_put(out, STR(HEAD));
    for (size_t i = 0; i < marks->count; i++)
        TRY(mark_put(&marks->at[i], hash, out));
    return end_put(marks, hash, out);
}

static err_t number_read(str_t *io_words, int64_t *out_number)
{
    uint64_t number = 0;
    TRY(str_number(str_until(io_words, ' '), INT64_MAX, &number));
    *out_number = (int64_t)number;
    return ERR_OK;
}

static err_t mark_read(str_t words, struct mark *out_mark)
{
    TRY(ident_read("ten", str_until(&words, ' '), &out_mark->tenant));
    TRY(number_read(&words, &out_mark->seq));
    TRY(number_read(&words, &out_mark->log));
    return number_read(&words, &out_mark->epoch);
}

/* One text a line: what was read has to print the same, hash and all. */
static bool line_holds(struct marks *marks, str_t line, uint8_t io_hash[DIGEST_SIZE])
{
    OWN(buf) again = BUF(LINE_ROOM);
    struct mark mark;
    if (str_starts(line, STR("end ")))
        return end_put(marks, io_hash, &again) == ERR_OK && str_eq(buf_str(&again), line);
    bool rises = mark_read(line, &mark) == ERR_OK &&
                 (!marks->count || compare_marks(&marks->at[marks->count - 1].tenant, &mark.tenant) < 0);
    return rises && mark_put(&mark, io_hash, &again) == ERR_OK && str_eq(buf_str(&again), line) &&
           marks_put(marks, &mark) == ERR_OK;
}

/* With its line feed; what has none is no line. */
static str_t line_take(str_t *io_rest)
{
    const char *end = io_rest->len ? memchr(io_rest->at, '\n', io_rest->len) : NULL;
    str_t line = {io_rest->at, end ? (size_t)(end - io_rest->at) + 1 : io_rest->len};
    *io_rest = (str_t){io_rest->at + line.len, io_rest->len - line.len};
    return line;
}

static err_t file_read(struct marks *marks, str_t file)
{
    uint8_t hash[DIGEST_SIZE];
    str_t rest = file, line = line_take(&rest);
    bool holds = str_eq(line, STR(HEAD)), ended = false;
    size_t number = 1;
    digest(STR(HEAD), hash);
    while (holds && !ended) {
        line = line_take(&rest);
        number++;
        holds = line_holds(marks, line, hash);
        ended = str_starts(line, STR("end "));
    }
    if (!holds || rest.len)
        return fail(ERR_BROKEN, "line %zu of %s does not hold: put the file back", number + (holds ? 1 : 0),
                    marks->path);
    marks->found = true;
    digest(file, marks->written);
    return ERR_OK;
}

err_t marks_open(struct env *env, const char *folder, struct marks **out_marks)
{
    OWN(buf) file = BUF((size_t)MAX_MARKS * LINE_ROOM);
    OWN(marks) marks = calloc(1, sizeof *marks);
    if (!marks)
        return fail(ERR_BUSY, "no memory for the high-water marks");
    marks->env = env;
    if ((size_t)snprintf(marks->path, PATH_LEN, "%s/marks", folder) >= PATH_LEN)
        return fail(ERR_INVALID, "the folder's path is too long");
    err_t there = env->read_file(env, marks->path, &file);
    if (there == ERR_OK)
        there = file_read(marks, buf_str(&file));
    if (there != ERR_OK && there != ERR_MISSING)
        return there;
    *out_marks = give(marks);
    return ERR_OK;
}

void marks_drop(struct marks **marks)
{
    if (!*marks)
        return;
    free((*marks)->at);
    free(*marks);
    *marks = NULL;
}

bool marks_found(const struct marks *marks) { return marks->found; }
size_t marks_count(const struct marks *marks) { return marks->count; }
const struct mark *marks_at(const struct marks *marks, size_t number) { return &marks->at[number]; }

err_t marks_write(struct marks *marks)
{
    OWN(buf) file = BUF((size_t)MAX_MARKS * LINE_ROOM);
    uint8_t hash[DIGEST_SIZE];
    TRY(file_put(marks, &file));
    digest(buf_str(&file), hash);
    if (marks->found && !memcmp(hash, marks->written, sizeof hash))
        return ERR_OK;
    TRY(marks->env->write_file(marks->env, marks->path, buf_str(&file), 0600));
    marks->found = true;
    memcpy(marks->written, hash, sizeof hash);
    return ERR_OK;
}
