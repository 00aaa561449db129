/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/ledger.h"

#include "base/limits.h"

enum { PATH_LEN = 1024, LINE_ROOM = 256 };
#define HEAD "custody erasure ledger 1\n"

static const struct {
    const char *name, *prefix;
} kinds[LEDGER_KINDS] = {
    {"subject", "sub"}, {"device", "dev"}, {"tenant", "ten"}, {"key", "rot"}, {"hold", "hld"}};

struct kept {
    struct ledger_line line;
    uint8_t hash[DIGEST_SIZE];
};

struct named {
    ident_t tenant, id;
};

struct ledger {
    struct env *env;
    char path[PATH_LEN];
    off_t size; /* of the lines that are whole */
    uint8_t head[DIGEST_SIZE];
    struct kept *lines;
    struct named *names; /* the same, sorted */
    size_t count, room;
};

static int compare_names(const void *a, const void *b) { return memcmp(a, b, sizeof(struct named)); }

static err_t room_make(struct ledger *ledger, size_t more)
{
    if (ledger->count + more <= ledger->room)
        return ERR_OK;
    size_t room = (ledger->count + more) * 2;
    struct kept *lines = realloc(ledger->lines, room * sizeof *lines);
    ledger->lines = lines ? lines : ledger->lines;
    struct named *names = realloc(ledger->names, room * sizeof *names);
    ledger->names = names ? names : ledger->names;
    if (!lines || !names)
        return fail(ERR_BUSY, "no memory for the erasure ledger");
    ledger->room = room;
    return ERR_OK;
}

str_t ledger_hash(const struct ledger *ledger, size_t count)
{
    return str_bytes(count ? ledger->lines[count - 1].hash : ledger->head, DIGEST_SIZE);
}

/* A line without its hash and its end: what the hash is over, behind the hash of the line before. */
static void words_put(const struct ledger_line *line, buf_t *out)
{
    buf_putf(out, "%s %s %s %s ", kinds[line->kind].name, ident_text("ten", line->tenant).text,
             ident_text(kinds[line->kind].prefix, line->id).text, moment_text(line->at).text);
}

static err_t line_put(const struct ledger_line *line, str_t before, uint8_t out_hash[DIGEST_SIZE], buf_t *out)
{
    size_t from = out->len;
    words_put(line, out);
    TRY(buf_end(out));
    digest_of((const str_t[]){before, str_bytes(out->at + from, out->len - from)}, 2, out_hash);
    buf_put_base64(out, str_bytes(out_hash, DIGEST_SIZE));
    buf_put_byte(out, '\n');
    return buf_end(out);
}

static err_t kind_read(str_t name, enum ledger_kind *out_kind)
{
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        if (str_eq(name, str(kinds[kind].name))) {
            *out_kind = (enum ledger_kind)kind;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "no such kind");
}

static err_t words_read(str_t text, struct ledger_line *out_line)
{
    TRY(kind_read(str_until(&text, ' '), &out_line->kind));
    TRY(ident_read("ten", str_until(&text, ' '), &out_line->tenant));
    TRY(ident_read(kinds[out_line->kind].prefix, str_until(&text, ' '), &out_line->id));
    return moment_read(str_until(&text, ' '), &out_line->at);
}

/* One text a line: what was read has to print the same, hash and all. */
static err_t line_read(struct ledger *ledger, str_t text)
{
    struct kept *kept = NULL;
    OWN(buf) again = BUF(LINE_ROOM);
    TRY(room_make(ledger, 1));
    kept = &ledger->lines[ledger->count];
    bool holds = words_read(text, &kept->line) == ERR_OK &&
                 line_put(&kept->line, ledger_hash(ledger, ledger->count), kept->hash, &again) == ERR_OK &&
                 str_eq(str_bytes(again.at, again.len - 1), text);
    if (!holds)
        return fail(ERR_BROKEN, "line %zu of %s does not hold", ledger->count + 2, ledger->path);
    ledger->names[ledger->count++] = (struct named){kept->line.tenant, kept->line.id};
    ledger->size += (off_t)text.len + 1;
    return ERR_OK;
}

static err_t lines_read(struct ledger *ledger, str_t file)
{
    if (!str_starts(file, STR(HEAD)))
        return fail(ERR_BROKEN, "%s does not begin as an erasure ledger does", ledger->path);
    ledger->size = (off_t)STR(HEAD).len;
    while ((size_t)ledger->size < file.len) {
        str_t rest = str_bytes(file.at + ledger->size, file.len - (size_t)ledger->size);
        if (!memchr(rest.at, '\n', rest.len))
            break;
        TRY(line_read(ledger, str_until(&rest, '\n')));
    }
    if (ledger->count)
        qsort(ledger->names, ledger->count, sizeof *ledger->names, compare_names);
    return ERR_OK;
}

err_t ledger_open(struct env *env, const char *folder, struct ledger **out_ledger)
{
    OWN(buf) file = BUF(MAX_LEDGER);
    OWN(ledger) ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return fail(ERR_BUSY, "no memory for the erasure ledger");
    ledger->env = env;
    if ((size_t)snprintf(ledger->path, PATH_LEN, "%s/ledger", folder) >= PATH_LEN)
        return fail(ERR_INVALID, "the folder's path is too long");
    digest(STR(HEAD), ledger->head);
    err_t there = env->read_file(env, ledger->path, &file);
    if (there == ERR_MISSING) {
        TRY(env->write_file(env, ledger->path, STR(HEAD), 0600));
        buf_put(&file, STR(HEAD));
        there = buf_end(&file);
    }
    TRY(there);
    TRY(lines_read(ledger, buf_str(&file)));
    *out_ledger = give(ledger);
    return ERR_OK;
}

void ledger_drop(struct ledger **ledger)
{
    if (!*ledger)
        return;
    free((*ledger)->lines);
    free((*ledger)->names);
    free(*ledger);
    *ledger = NULL;
}

static void name_add(struct ledger *ledger, const struct ledger_line *line)
{
    const struct named named = {line->tenant, line->id};
    size_t low = 0, high = ledger->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_names(&ledger->names[middle], &named) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&ledger->names[low + 1], &ledger->names[low], (ledger->count - low) * sizeof named);
    ledger->names[low] = named;
}

/* The hashes stand behind the lines that count, where they are of no account until these are durable. */
err_t ledger_add_all(struct ledger *ledger, const struct ledger_line *lines, size_t count)
{
    OWN(buf) text = BUF(count * LINE_ROOM);
    TRY(room_make(ledger, count));
    for (size_t i = 0; i < count; i++) {
        struct kept *kept = &ledger->lines[ledger->count + i];
        kept->line = lines[i];
        TRY(line_put(&lines[i], ledger_hash(ledger, ledger->count + i), kept->hash, &text));
    }
    TRY(ledger->env->append(ledger->env, ledger->path, ledger->size, buf_str(&text)));
    ledger->size += (off_t)text.len;
    for (size_t i = 0; i < count; i++) {
        name_add(ledger, &lines[i]);
        ledger->count++;
    }
    return ERR_OK;
}

err_t ledger_add(struct ledger *ledger, const struct ledger_line *line)
{
    return ledger_add_all(ledger, line, 1);
}

static bool has_name(const struct ledger *ledger, ident_t tenant, ident_t id)
{
    const struct named named = {tenant, id};
    return ledger->count &&
           bsearch(&named, ledger->names, ledger->count, sizeof named, compare_names) != NULL;
}

bool ledger_has(const struct ledger *ledger, ident_t tenant, ident_t id)
{
    return has_name(ledger, tenant, id) || has_name(ledger, tenant, tenant);
}

size_t ledger_count(const struct ledger *ledger) { return ledger->count; }

const struct ledger_line *ledger_at(const struct ledger *ledger, size_t number)
{
    return &ledger->lines[number].line;
}
