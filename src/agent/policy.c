/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy.h"

#include "agent/object.h"
#include "agent/place.h"
#include "base/limits.h"
#include "govern/policy.h"

enum { STATE_MAX = 4096, KEY_MAX = 1024 };

/* The pin */

err_t signer_known(const struct signer_ask *ask, bool *out_known)
{
    OWN(buf) text = BUF(KEY_MAX);
    struct note_key key;
    err_t read = ask->env->read_file(ask->env, place(ask->folder, "signer").text, &text);
    *out_known = read == ERR_OK && policy_key_read(str_trim(buf_str(&text)), ask->tenant, &key) == ERR_OK;
    return read == ERR_MISSING ? ERR_OK : read;
}

static err_t is_other(const struct signer_ask *ask, const struct note_key *key, bool *out_other)
{
    OWN(buf) text = BUF(KEY_MAX);
    struct note_key pinned;
    TRY(ask->env->read_file(ask->env, place(ask->folder, "signer").text, &text));
    TRY(policy_key_read(str_trim(buf_str(&text)), ask->tenant, &pinned));
    *out_other = !note_key_eq(&pinned, key);
    return ERR_OK;
}

err_t signer_pin(const struct signer_ask *ask, bool *out_other)
{
    OWN(buf) text = BUF(KEY_MAX);
    struct note_key key;
    bool known = false;
    *out_other = false;
    TRY(policy_key_read(str_trim(ask->key), ask->tenant, &key));
    TRY(signer_known(ask, &known));
    if (known)
        return is_other(ask, &key, out_other);
    note_key_put(&text, &key);
    buf_put_byte(&text, '\n');
    TRY(buf_end(&text));
    return ask->env->write_file(ask->env, place(ask->folder, "signer").text, buf_str(&text), 0600);
}

err_t policy_forget(struct env *env, const char *folder)
{
    static const char *const files[] = {"policy/arrived", "policy/current", "policy/state.json", "signer"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        TRY(env->remove_file(env, place(folder, files[i]).text));
    return ERR_OK;
}

/* What is in force, for the service */

static err_t told_read(const struct reporter *reporter, const char *name, json_t **out_object)
{
    OWN(buf) text = BUF(STATE_MAX);
    struct env *env = reporter->env;
    TRY(env->read_file(env, place(reporter->folder, name).text, &text));
    return object_read(buf_str(&text), out_object);
}

/* A clock that is behind what was written is another boot's. */
static bool gives_a_sign(const struct reporter *reporter, const json_t *guard)
{
    struct env *env = reporter->env;
    uint64_t at = 0, now = (uint64_t)env->boot(env);
    return object_number(guard, "boot", &at) == ERR_OK && !json_is_true(json_object_get(guard, "ended")) &&
           at <= now && now - at < GUARD_SILENT_MS;
}

static void counts_put(const json_t *guard, buf_t *out_path)
{
    static const char *const counts[] = {"restarts", "stops", "late", "stopped", "lost"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint64_t count = 0;
        if (object_number(guard, counts[i], &count) == ERR_OK)
            buf_putf(out_path, "&%s=%llu", counts[i], (unsigned long long)count);
    }
}

err_t policy_settings_path(const struct reporter *reporter, buf_t *out_path)
{
    OWN(json) state = NULL;
    OWN(json) guard = NULL;
    uint64_t number = 0;
    enum policy_trouble trouble;
    buf_put(out_path, STR("/agent/v1/settings"));
    if (told_read(reporter, "policy/state.json", &state) != ERR_OK ||
        object_number(state, "number", &number) != ERR_OK ||
        policy_trouble_read(object_text(state, "trouble"), &trouble) != ERR_OK)
        return buf_end(out_path);
    bool lives = told_read(reporter, "guard.json", &guard) == ERR_OK && gives_a_sign(reporter, guard);
    bool enforces = lives && json_is_true(json_object_get(state, "enforcing"));
    buf_putf(out_path, "?policy=%llu&enforcing=%s&trouble=%s", (unsigned long long)number,
             enforces ? "yes" : "no", policy_trouble_word(lives ? trouble : POLICY_GUARD));
    counts_put(guard, out_path);
    return buf_end(out_path);
}

/* What the service has */

static err_t get(const struct reporter *reporter, const char *path, buf_t *out_answer)
{
    struct service_request request = {.path = path};
    return reporter->send(reporter->context, &request, out_answer);
}

static err_t signer_follow(const struct reporter *reporter, ident_t tenant)
{
    OWN(buf) key = BUF(KEY_MAX);
    struct signer_ask ask = {.env = reporter->env, .folder = reporter->folder, .tenant = tenant};
    bool known = false;
    TRY(signer_known(&ask, &known));
    if (known)
        return ERR_OK;
    err_t asked = get(reporter, "/agent/v1/signer", &key);
    if (asked == ERR_MISSING) /* none was made yet */
        return ERR_OK;
    TRY(asked);
    ask.key = buf_str(&key);
    TRY(signer_pin(&ask, &known));
    if (reporter->say)
        reporter->say(
            "the client's signing key is pinned, as the service told it: this machine enrolled before "
            "there was one");
    return ERR_OK;
}

static err_t has_arrived(const struct reporter *reporter, str_t wanted, bool *out_so)
{
    OWN(buf) note = BUF(MAX_POLICY);
    OWN(buf) text = BUF(64);
    uint8_t sum[DIGEST_SIZE];
    err_t read =
        reporter->env->read_file(reporter->env, place(reporter->folder, "policy/arrived").text, &note);
    digest(buf_str(&note), sum);
    buf_put_base64(&text, str_bytes(sum, sizeof sum));
    *out_so = read == ERR_OK && str_eq(buf_str(&text), wanted);
    return buf_end(&text);
}

err_t policy_follow(const struct reporter *reporter, ident_t tenant, str_t settings)
{
    OWN(json) object = NULL;
    OWN(buf) note = BUF(MAX_POLICY);
    struct env *env = reporter->env;
    bool there = false;
    TRY(object_read(settings, &object));
    if (!json_object_get(object, "policy")) /* a service that has no policies */
        return ERR_OK;
    str_t wanted = object_text(object, "policy");
    TRY(signer_follow(reporter, tenant));
    if (!wanted.len)
        return ERR_OK;
    TRY(has_arrived(reporter, wanted, &there));
    if (there)
        return ERR_OK;
    TRY(get(reporter, "/agent/v1/policy", &note));
    TRY(env->put_file(env, place(reporter->folder, "policy/arrived").text, buf_str(&note), 0600));
    return env->sync_beneath(env, place(reporter->folder, "policy").text);
}
