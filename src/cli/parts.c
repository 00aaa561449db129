/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parts.h"

#include "base/limits.h"
#include "cli/prompt.h"
#include "crypt/part.h"

enum { FILE_MAX = 4096 };

struct parts {
    struct cli *cli;
    struct part have[GUARDIANS_MOST];
    size_t count;
};
typedef struct parts parts_own;
static void parts_drop(struct parts *parts) { explicit_bzero(parts->have, sizeof parts->have); }

static err_t part_add(struct parts *parts, str_t text)
{
    OWN(part) part = {.number = 0};
    if (parts->count == GUARDIANS_MOST)
        return fail(ERR_INVALID, "there are at most %d parts", GUARDIANS_MOST);
    TRY(part_read(text, &part));
    TRY(part_fits(parts->have, parts->count, &part));
    parts->have[parts->count++] = part;
    return ERR_OK;
}

/* At a terminal a mistake is told, and asked for again. */
static err_t part_ask(struct parts *parts, const char *what)
{
    for (;;) {
        OWN(buf) typed = BUF(MAX_PASSWORD);
        TRY(prompt_secret(parts->cli, what, &typed));
        err_t added = part_add(parts, buf_str(&typed));
        if (added == ERR_OK || !prompt_has_terminal(parts->cli))
            return added;
        fprintf(parts->cli->err, "%s\n", err_note());
    }
}

static err_t file_add(struct parts *parts, const char *path)
{
    OWN(buf) file = BUF(FILE_MAX);
    TRY(parts->cli->env->read_file(parts->cli->env, path, &file));
    str_t rest = buf_str(&file);
    for (int line = 1; rest.len; line++) {
        str_t text = str_trim(str_until(&rest, '\n'));
        if (!text.len || part_add(parts, text) == ERR_OK)
            continue;
        char note[256];
        snprintf(note, sizeof note, "%s", err_note());
        return fail(ERR_INVALID, "%s, line %d: %s", path, line, note);
    }
    return ERR_OK;
}

static err_t more_ask(struct parts *parts)
{
    char what[64];
    while (parts->count < parts->have[0].set.need) {
        snprintf(what, sizeof what, "the next part, %zu of %d", parts->count + 1, parts->have[0].set.need);
        TRY(part_ask(parts, what));
    }
    return ERR_OK;
}

static void wrong_tell(struct parts *parts, const struct joined *joined)
{
    for (unsigned number = 1; number <= GUARDIANS_MOST; number++)
        if (joined->wrong >> number & 1)
            fprintf(parts->cli->err, "part %u is wrong: the others give the kit without it\n", number);
}

static err_t join(struct parts *parts, buf_t *out_kit)
{
    OWN(joined) joined = {.wrong = 0};
    for (;;) {
        err_t given = kit_join(parts->cli->env, parts->have, parts->count, &joined);
        if (given == ERR_OK)
            break;
        if (given != ERR_INVALID || !prompt_has_terminal(parts->cli) || parts->count == GUARDIANS_MOST)
            return given;
        fprintf(parts->cli->err, "%s\n", err_note());
        TRY(part_ask(parts, "one more part"));
    }
    wrong_tell(parts, &joined);
    kit_put(joined.kit, out_kit);
    return buf_end(out_kit);
}

/* A kit as it was typed; a part, where it is one. */
static err_t first_ask(struct parts *parts, buf_t *out_kit)
{
    uint8_t kit[KIT_BYTES];
    OWN(buf) typed = BUF(MAX_PASSWORD);
    TRY(prompt_secret(parts->cli, "the recovery kit, or a guardian's part", &typed));
    err_t whole = kit_read(buf_str(&typed), kit);
    explicit_bzero(kit, sizeof kit);
    if (whole == ERR_OK) {
        buf_put(out_kit, buf_str(&typed));
        return buf_end(out_kit);
    }
    bool of_kit = strstr(err_note(), "slip") != NULL;
    err_t added = of_kit ? whole : part_add(parts, buf_str(&typed));
    if (added == ERR_OK || !prompt_has_terminal(parts->cli))
        return added;
    fprintf(parts->cli->err, "%s\n", err_note());
    return first_ask(parts, out_kit);
}

err_t kit_ask(struct cli *cli, buf_t *out_kit)
{
    OWN(parts) parts = {.cli = cli};
    if (cli->options.part_file)
        TRY(file_add(&parts, cli->options.part_file));
    if (!parts.count)
        TRY(first_ask(&parts, out_kit));
    if (out_kit->len)
        return ERR_OK;
    TRY(more_ask(&parts));
    return join(&parts, out_kit);
}
