/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments without what looks like a secret. What is known: names that speak of one, with the value behind `=` or `:`
 * or as the next argument; tokens by how they begin; a password within an address; `-u name:password`.
 */
#include "govern/_private.h"

#define HIDDEN "•••"

/* What is to become of the arguments after this one. */
struct hiding {
    const struct rules *rules;
    buf_t *out;
    unsigned hide;   /* so many arguments more */
    bool after_user; /* -u */
};

static bool has_any(str_t text, const char *const *words, size_t count)
{
    char lower[MAX_NAME];
    size_t len = text.len < sizeof lower ? text.len : sizeof lower;
    for (size_t i = 0; i < len; i++)
        lower[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] + 32) : text.at[i];
    for (size_t i = 0; i < count; i++)
        if (len && memmem(lower, len, words[i], strlen(words[i])))
            return true;
    return false;
}

static bool speaks_of_secret(str_t name)
{
    static const char *const words[] = {"passw",         "passphrase", "secret",      "token",
                                        "apikey",        "api-key",    "api_key",     "access-key",
                                        "access_key",    "credential", "private-key", "private_key",
                                        "authorization", "cookie",     "pwd"};
    return has_any(name, words, sizeof words / sizeof *words);
}

static bool is_token(str_t value)
{
    static const char *const starts[] = {"ghp_",         "gho_",     "ghs_",  "ghu_",  "github_pat_",
                                         "glpat-",       "xoxb-",    "xoxp-", "xapp-", "AKIA",
                                         "ASIA",         "sk_live_", "sk-",   "eyJ",   "ctk_",
                                         "ccl_",         "civ_",     "cdk_",  "pass:", "AGE-SECRET-KEY-",
                                         "PRIVATE+KEY+", "hvs.",     "npm_",  "pypi-"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (str_starts(value, str(starts[i])))
            return true;
    return false;
}

static bool is_of_policy(const struct rules *rules, str_t argument)
{
    for (size_t i = 0; i < rules->secret_count; i++)
        if (pattern_matches(&rules->secrets[i], argument))
            return true;
    return false;
}

/* Up to and with the mark, and ••• for what stands behind it. */
static void hide_behind(struct hiding *hiding, str_t argument, size_t marked)
{
    buf_put(hiding->out, str_bytes(argument.at, marked));
    if (marked < argument.len)
        buf_put(hiding->out, STR(HIDDEN));
}

/* scheme://name:password@host; the password may hold an @ itself. */
static bool address_hide(struct hiding *hiding, str_t argument)
{
    const char *end = argument.at + argument.len;
    const char *name = argument.len ? memmem(argument.at, argument.len, "://", 3) : NULL;
    const char *colon = name ? memchr(name + 3, ':', (size_t)(end - name - 3)) : NULL;
    const char *host = colon ? memrchr(colon, '@', (size_t)(end - colon)) : NULL;
    if (!host)
        return false;
    buf_put(hiding->out, str_bytes(argument.at, (size_t)(colon + 1 - argument.at)));
    buf_put(hiding->out, STR(HIDDEN));
    buf_put(hiding->out, str_bytes(host, (size_t)(end - host)));
    return true;
}

/* name=value, --name, Name: value. */
static bool named_hide(struct hiding *hiding, str_t argument)
{
    size_t name = 0;
    while (name < argument.len && argument.at[name] != '=' && argument.at[name] != ':')
        name++;
    if (!speaks_of_secret(str_bytes(argument.at, name)))
        return false;
    bool marked = name < argument.len;
    if (!marked && argument.at[0] != '-')
        return false;
    hide_behind(hiding, argument, name + marked);
    if (!marked || (argument.at[name] == ':' && name + 1 == argument.len))
        hiding->hide = marked ? 2 : 1; /* a header's value may be two words: Bearer and it */
    return true;
}

static void argument_put(struct hiding *hiding, str_t argument)
{
    str_t value = argument;
    bool after_user = hiding->after_user;
    const char *colon = argument.len ? memchr(argument.at, ':', argument.len) : NULL;
    (void)str_until(&value, '=');
    hiding->after_user = str_eq(argument, STR("-u")) || str_eq(argument, STR("--user"));
    if (hiding->hide) {
        hiding->hide--;
        buf_put(hiding->out, STR(HIDDEN));
    } else if (is_of_policy(hiding->rules, argument) || is_token(argument))
        buf_put(hiding->out, STR(HIDDEN));
    else if (after_user && colon)
        hide_behind(hiding, argument, (size_t)(colon + 1 - argument.at));
    else if (is_token(value))
        hide_behind(hiding, argument, (size_t)(value.at - argument.at));
    else if (!address_hide(hiding, argument) && !named_hide(hiding, argument))
        buf_put(hiding->out, argument);
}

void rules_hide(const struct rules *rules, str_t args, buf_t *out_args)
{
    struct hiding hiding = {rules, out_args};
    char mark = args.len && memchr(args.at, '\0', args.len) ? '\0' : ' ';
    for (bool more = false; args.len; more = true) {
        if (more)
            buf_put_byte(out_args, ' ');
        argument_put(&hiding, str_until(&args, mark));
    }
}
