/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/policy.h"

#include "base/limits.h"
#include "tlog/lines.h"

#define TITLE "custody policy"

/* Files */

static err_t text_check(const struct rule_file *file)
{
    size_t line = 1;
    for (size_t i = 0; i < file->text.len; i++) {
        char c = file->text.at[i];
        line += c == '\n';
        if ((unsigned char)c < ' ' && c != '\n')
            return fail(ERR_INVALID, "%.*s:%zu: a tab or another control character: write spaces",
                        STR_ARG(file->name), line);
    }
    if (!str_is_utf8(file->text))
        return fail(ERR_INVALID, "%.*s: not UTF-8", STR_ARG(file->name));
    if (file->text.len && file->text.at[file->text.len - 1] != '\n')
        return fail(ERR_INVALID, "%.*s:%zu: the last line has no end", STR_ARG(file->name), line);
    return ERR_OK;
}

static int compare(str_t a, str_t b)
{
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both ? memcmp(a.at, b.at, both) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_files(const void *a, const void *b)
{
    return compare(((const struct rule_file *)a)->name, ((const struct rule_file *)b)->name);
}

void policy_sort(struct policy *policy)
{
    if (policy->count)
        qsort(policy->files, policy->count, sizeof *policy->files, compare_files);
}

static err_t file_check(const struct policy *policy, size_t i)
{
    const struct rule_file *file = &policy->files[i];
    if (!rules_name_fits(file->name))
        return fail(ERR_INVALID, "%.*s: a rule file is called NN-name.rules, in small letters",
                    (int)(file->name.len < MAX_RULE_NAME ? file->name.len : MAX_RULE_NAME), file->name.at);
    if (i && compare(file[-1].name, file->name) >= 0)
        return fail(ERR_INVALID, "%.*s: files stand in the order of their names, each once",
                    STR_ARG(file->name));
    return text_check(file);
}

err_t policy_files_put(const struct policy *policy, buf_t *out_text)
{
    if (!policy->count || policy->count > POLICY_FILES_MAX)
        return fail(ERR_INVALID, "a policy has 1 to %d files", POLICY_FILES_MAX);
    for (size_t i = 0; i < policy->count; i++) {
        const struct rule_file *file = &policy->files[i];
        TRY(file_check(policy, i));
        buf_putf(out_text, "file %zu %.*s\n", file->text.len, STR_ARG(file->name));
        buf_put(out_text, file->text);
    }
    return buf_end(out_text);
}

static err_t file_read(struct lines *lines, struct rule_file *out_file)
{
    str_t line = {0};
    uint64_t len = 0;
    TRY(lines_text(lines, "file", &line));
    TRY(str_number(str_until(&line, ' '), MAX_POLICY, &len));
    if (len > lines->rest.len)
        return fail(ERR_INVALID, "a policy that is shorter than its files");
    *out_file = (struct rule_file){line, str_bytes(lines->rest.at, (size_t)len)};
    lines->rest = str_bytes(lines->rest.at + len, lines->rest.len - (size_t)len);
    return ERR_OK;
}

err_t policy_files_read(str_t text, struct policy *policy)
{
    struct lines lines = {text, TITLE};
    policy->count = 0;
    while (lines.rest.len) {
        if (policy->count == POLICY_FILES_MAX)
            return fail(ERR_TOO_LARGE, "a policy has at most %d files", POLICY_FILES_MAX);
        TRY(file_read(&lines, &policy->files[policy->count]));
        TRY(file_check(policy, policy->count++));
    }
    return policy->count ? ERR_OK : fail(ERR_INVALID, "a policy without files");
}

/* Policies */

err_t policy_put(const struct policy *policy, buf_t *out_text)
{
    if (!policy->number || policy->number > POLICY_NUMBER_MAX || policy->until <= policy->made)
        return fail(ERR_INVALID, "a policy has a number from 1 on, and ends after it was made");
    buf_put(out_text, STR(TITLE "\n"));
    buf_putf(out_text, "tenant %s\n", ident_text("ten", policy->tenant).text);
    buf_putf(out_text, "number %llu\n", (unsigned long long)policy->number);
    buf_putf(out_text, "made %s\n", moment_text(policy->made).text);
    buf_putf(out_text, "until %s\n", moment_text(policy->until).text);
    return policy_files_put(policy, out_text);
}

/* What stands before the files; these are left in `text`. */
static err_t head_read(str_t *text, struct policy *policy)
{
    struct lines lines;
    TRY(lines_begin(*text, TITLE, &lines));
    TRY(lines_id(&lines, "tenant", "ten", &policy->tenant));
    TRY(lines_number(&lines, "number", POLICY_NUMBER_MAX, &policy->number));
    TRY(lines_moment(&lines, "made", &policy->made));
    TRY(lines_moment(&lines, "until", &policy->until));
    *text = lines.rest;
    return policy->number && policy->until > policy->made
               ? ERR_OK
               : fail(ERR_INVALID, "a policy has a number from 1 on, and ends after it was made");
}

err_t policy_read(str_t text, struct policy *out_policy)
{
    TRY(head_read(&text, out_policy));
    return policy_files_read(text, out_policy);
}

/* Keys */

static err_t key_name(ident_t tenant, buf_t *out_name)
{
    buf_putf(out_name, "custody/%s/policy", ident_text("ten", tenant).text);
    return buf_end(out_name);
}

err_t policy_key(ident_t tenant, const struct key *public, struct note_key *out_key)
{
    OWN(buf) name = BUF(MAX_NAME);
    TRY(key_name(tenant, &name));
    return note_key_make(NOTE_ED25519, buf_str(&name), public, out_key);
}

err_t policy_signer(ident_t tenant, const struct key *seed, struct note_signer *out_signer)
{
    struct key public;
    sign_public(seed, &public);
    TRY(policy_key(tenant, &public, &out_signer->key));
    out_signer->seed = *seed;
    return ERR_OK;
}

err_t policy_key_tenant(const struct note_key *key, ident_t *out_tenant)
{
    str_t rest = str(key->name);
    bool ours = key->kind == NOTE_ED25519 && str_eq(str_until(&rest, '/'), STR("custody"));
    str_t tenant = str_until(&rest, '/');
    return ours && str_eq(rest, STR("policy")) && ident_read("ten", tenant, out_tenant) == ERR_OK
               ? ERR_OK
               : fail(ERR_INVALID, "not a key that signs policies: custody/ten_…/policy+…");
}

err_t policy_key_read(str_t text, ident_t tenant, struct note_key *out_key)
{
    struct note_key key;
    ident_t of = {{0}};
    TRY(note_key_read(text, &key));
    TRY(policy_key_tenant(&key, &of));
    if (!ident_eq(of, tenant))
        return fail(ERR_INVALID, "a key of another client's: %s", ident_text("ten", of).text);
    *out_key = key;
    return ERR_OK;
}

/* Signed */

err_t policy_sign(const struct note_signer *signer, str_t text, buf_t *out_note)
{
    return note_put(signer, text, out_note);
}

err_t policy_split(str_t note, struct note *out_note)
{
    return note_split_within(note, MAX_POLICY, out_note);
}

static err_t signed_by(str_t bytes, const struct note_key *key, str_t *out_text)
{
    struct note note = {0};
    uint64_t seconds = 0;
    TRY(policy_split(bytes, &note));
    if (note_check(&note, key, &seconds) != ERR_OK)
        return fail(ERR_LOCKED, "the policy is not signed by %s, or was altered", key->name);
    *out_text = note.text;
    return ERR_OK;
}

err_t policy_open(str_t note, const struct note_key *key, struct policy *out_policy)
{
    str_t text = {0};
    TRY(signed_by(note, key, &text));
    return policy_read(text, out_policy);
}

/* At an endpoint */

static const char *const words[POLICY_TROUBLE_COUNT] = {
#define P(constant, word, meaning) [POLICY_##constant] = word,
    POLICY_TROUBLES(P)
#undef P
};

const char *policy_trouble_word(enum policy_trouble trouble) { return words[trouble]; }

err_t policy_trouble_read(str_t word, enum policy_trouble *out_trouble)
{
    for (int i = 0; i < POLICY_TROUBLE_COUNT; i++)
        if (str_eq(word, str(words[i]))) {
            *out_trouble = (enum policy_trouble)i;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "no such trouble of a policy");
}

/* What is in force was judged when it came: of a note that is not there the number is 0. */
static uint64_t number_of(const struct policy_offer *offer, str_t *out_text)
{
    struct note note = {0};
    struct policy policy = {.number = 0};
    str_t rest = {0};
    if (!offer->current.len || policy_split(offer->current, &note) != ERR_OK)
        return 0;
    *out_text = rest = note.text;
    return head_read(&rest, &policy) == ERR_OK ? policy.number : 0;
}

enum policy_trouble policy_judge(const struct policy_offer *offer, struct policy *out_policy)
{
    str_t text = {0}, current = {0};
    err_t opened = signed_by(offer->note, offer->key, &text);
    if (opened != ERR_OK)
        return opened == ERR_LOCKED ? POLICY_UNSIGNED : POLICY_DAMAGED;
    if (policy_read(text, out_policy) != ERR_OK)
        return POLICY_DAMAGED;
    if (!ident_eq(out_policy->tenant, offer->tenant))
        return POLICY_TENANT;
    if (out_policy->number <= number_of(offer, &current))
        return str_eq(text, current) ? POLICY_NONE : POLICY_OLDER;
    return out_policy->until > offer->now ? POLICY_NONE : POLICY_EXPIRED;
}
