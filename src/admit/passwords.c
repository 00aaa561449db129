/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/passwords.h"

#include "base/limits.h"
#include <crack.h>
#include <pthread.h>
#include <pwquality.h>
#include <stdio.h>
#include <unistd.h>

#define WORD_LISTS "/var/cache/cracklib/cracklib_dict"

enum { WORDS = PWQ_MAX_ERROR_MESSAGE_LEN };

/* The word lists are asked apart, with a name and nothing else of the person: asked by libpwquality they look up who runs
 * the process, for which it would need files and sockets that the keys process has not. */
static pwquality_settings_t *settings_make(void)
{
    pwquality_settings_t *settings = pwquality_default_settings();
    if (!settings)
        return NULL;
    pwquality_set_int_value(settings, PWQ_SETTING_MIN_LENGTH, MIN_PASSWORD);
    pwquality_set_int_value(settings, PWQ_SETTING_GECOS_CHECK, 0);
    pwquality_set_int_value(settings, PWQ_SETTING_DICT_CHECK, 0);
    return settings;
}

/* Its score, or what is wrong with it. */
static int quality_of(const char *password, const char *username, char out_words[WORDS])
{
    void *more = NULL;
    char room[WORDS];
    pwquality_settings_t *settings = settings_make();
    int quality = settings ? pwquality_check(settings, password, NULL, username, &more) : PWQ_ERROR_MEM_ALLOC;
    if (quality < 0)
        snprintf(out_words, WORDS, "%s", pwquality_strerror(room, sizeof room, quality, more));
    if (settings)
        pwquality_free_settings(settings);
    return quality;
}

bool password_lists(void) { return access(WORD_LISTS ".pwd", R_OK) == 0; }

/* What the word lists have against it; empty where nothing. */
static void lists_ask(const char *password, const char *username, char out_words[WORDS])
{
    const char *words = password_lists() ? FascistCheckUser(password, WORD_LISTS, username, "") : NULL;
    snprintf(out_words, WORDS, "%s%s", words ? "the word lists say that " : "", words ? words : "");
}

/* The libraries keep what they work on in memory of their own: one at a time. */
static int judge(const char *password, const char *username, char out_words[WORDS])
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    int quality = quality_of(password, username, out_words);
    if (quality >= 0)
        lists_ask(password, username, out_words);
    pthread_mutex_unlock(&lock);
    return quality;
}

err_t password_acceptable(const struct new_password *wanted)
{
    char text[MAX_PASSWORD + 1], words[WORDS] = "";
    if (wanted->password.len < MIN_PASSWORD)
        return fail(ERR_INVALID, "a password has at least %d characters", MIN_PASSWORD);
    if (wanted->password.len > MAX_PASSWORD || memchr(wanted->password.at, '\0', wanted->password.len))
        return fail(ERR_INVALID, "a password has at most %d characters, and none of zero", MAX_PASSWORD);
    memcpy(text, wanted->password.at, wanted->password.len);
    text[wanted->password.len] = '\0';
    int quality = judge(text, wanted->username, words);
    explicit_bzero(text, sizeof text);
    if (quality == PWQ_ERROR_MEM_ALLOC)
        return fail(ERR_BUSY, "no memory to judge a password");
    if (*words)
        return fail(ERR_INVALID, "%s: choose another, such as four words that do not belong together", words);
    return quality >= MIN_QUALITY
               ? ERR_OK
               : fail(ERR_INVALID, "the password is easy to guess: choose a longer one, such as four words"
                                   " that do not belong together");
}
