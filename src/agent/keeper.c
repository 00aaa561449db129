/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper.h"

#include "agent/object.h"
#include "agent/place.h"
#include "base/limits.h"
#include "crypt/age.h"
#include "crypt/fingerprint.h"

#include <ctype.h>
#include <signal.h>
#include <time.h>

enum { POLL_MS = 2000, AWAY_MS = 30 * 1000, KEY_TEXT = 128 };

static volatile sig_atomic_t stopping;
static void stop(int number) { stopping = number; }
bool keeper_stops(void) { return stopping != 0; }

static void say(const char *line) { fprintf(stderr, "custody-agent: %s\n", line); }

err_t keeper_save(struct keeper *keeper)
{
    OWN(buf) text = BUF(MAX_BODY);
    keeper_state_put(&keeper->state, &text);
    TRY(buf_end(&text));
    return keeper->env->write_file(keeper->env, place(keeper->ask->folder, "keeper.json").text,
                                   buf_str(&text), 0600);
}

err_t keeper_object(struct keeper *keeper, const struct keeper_request *request, json_t **out_object)
{
    OWN(buf) answer = BUF(MAX_REPLY);
    TRY(keeper_ask(&keeper->link, request, &answer));
    return object_read(buf_str(&answer), out_object);
}

/* Set-up */

static err_t key_load(struct keeper *keeper)
{
    OWN(buf) text = BUF(KEY_TEXT);
    place_t path = place(keeper->ask->folder, "keeper.key");
    err_t read = keeper->env->read_file(keeper->env, path.text, &text);
    if (read == ERR_MISSING) {
        key_random(keeper->env, &keeper->private);
        buf_put_hex(&text, key_bytes(&keeper->private));
        buf_put_byte(&text, '\n');
        TRY(buf_end(&text));
        read = keeper->env->write_file(keeper->env, path.text, buf_str(&text), 0600);
    }
    TRY(read);
    if (base16_read(str_trim(buf_str(&text)), KEY_SIZE, keeper->private.bytes) != ERR_OK)
        return fail(ERR_BROKEN, "%.200s is damaged: remove it, and have the keeper approved anew", path.text);
    age_recipient_of(&keeper->private, &keeper->public);
    return ERR_OK;
}

static err_t settings_load(struct keeper *keeper)
{
    OWN(buf) text = BUF(KEEPER_SETTINGS_MAX);
    place_t own = place(keeper->ask->folder, "keeper.conf");
    const char *path = keeper->ask->settings ? keeper->ask->settings : own.text;
    err_t read = keeper->env->read_file(keeper->env, path, &text);
    if (read == ERR_MISSING && !keeper->ask->settings)
        return ERR_OK; /* it does nothing yet, and can be approved */
    TRY(read);
    return keeper_settings_read(buf_str(&text), &keeper->settings);
}

static err_t state_load(struct keeper *keeper)
{
    OWN(buf) text = BUF(MAX_BODY);
    err_t read = keeper->env->read_file(keeper->env, place(keeper->ask->folder, "keeper.json").text, &text);
    if (read == ERR_MISSING) {
        keeper->state.began = keeper->env->now(keeper->env);
        return keeper_save(keeper);
    }
    TRY(read);
    return keeper_state_read(buf_str(&text), &keeper->state);
}

static err_t enrol(struct keeper *keeper)
{
    char words[FINGERPRINT_MAX];
    OWN(buf) body = BUF(MAX_BODY);
    OWN(json) state = NULL;
    buf_put(&body, STR("{\"public\":\""));
    buf_put_base64(&body, key_bytes(&keeper->public));
    buf_put(&body, STR("\"}"));
    TRY(buf_end(&body));
    TRY(keeper_object(keeper, &(struct keeper_request){"POST", "/v1/keeper", buf_str(&body)}, &state));
    fingerprint_put(&keeper->public, words);
    fprintf(stderr, "custody-agent: this keeper is %.*s, %.*s; its fingerprint is %s\n",
            STR_ARG(object_text(state, "id")), STR_ARG(object_text(state, "state")), words);
    return ERR_OK;
}

/* The key */

static err_t poll_body(const struct keeper *keeper, bool key, buf_t *out)
{
    buf_putf(out, "{\"key\":%s,\"exports\":%llu,\"reports\":%llu,\"alerts\":%llu", key ? "true" : "false",
             (unsigned long long)keeper->state.exports, (unsigned long long)keeper->state.reports,
             (unsigned long long)keeper->state.alerts);
    if (*keeper->trouble)
        buf_putf(out, ",\"trouble\":\"%s\"", keeper->trouble);
    buf_put_byte(out, '}');
    return buf_end(out);
}

static err_t poll_once(struct keeper *keeper, bool key, json_t **out_state)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(json) state = NULL;
    TRY(poll_body(keeper, key, &body));
    TRY(keeper_object(keeper, &(struct keeper_request){"POST", "/v1/keeper/poll", buf_str(&body)}, &state));
    str_t tenant = object_text(state, "tenant");
    snprintf(keeper->tenant, sizeof keeper->tenant, "%.*s", STR_ARG(tenant));
    *out_state = give(state);
    return ERR_OK;
}

static err_t bytes_of(const json_t *object, const char *name, buf_t *out)
{
    TRY(base64_read(object_text(object, name), out));
    return out->len ? ERR_OK : fail(ERR_LOCKED, "the keeper waits: an owner has to approve it");
}

/* What is sealed to the keeper has to be the key of the client that it is approved for, as the service names it. */
static err_t tenant_key_open(const struct keeper *keeper, const json_t *state, struct key *out_key)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    OWN(buf) named = BUF(KEY_SIZE);
    struct key public;
    TRY(bytes_of(state, "sealed", &sealed));
    TRY(bytes_of(state, "tenant_public", &named));
    TRY(box_open(&keeper->public, &keeper->private, buf_str(&sealed), &plain));
    TRY(key_from(buf_str(&plain), out_key));
    age_recipient_of(out_key, &public);
    return bytes_equal(key_bytes(&public), buf_str(&named))
               ? ERR_OK
               : fail(ERR_BROKEN, "what is sealed to this keeper is another key");
}

static err_t unlock_body(const struct keeper *keeper, const json_t *state, buf_t *out)
{
    OWN(key) tenant = {{0}};
    OWN(buf) to = BUF(KEY_SIZE);
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    struct key once;
    TRY(tenant_key_open(keeper, state, &tenant));
    TRY(bytes_of(state, "once", &to));
    TRY(key_from(buf_str(&to), &once));
    box_seal(&once, key_bytes(&tenant), &sealed);
    TRY(buf_end(&sealed));
    buf_put(out, STR("{\"sealed\":\""));
    buf_put_base64(out, buf_str(&sealed));
    buf_put(out, STR("\"}"));
    return buf_end(out);
}

err_t keeper_tenant_key(struct keeper *keeper, struct key *out_key)
{
    OWN(json) state = NULL;
    TRY(poll_once(keeper, true, &state));
    return tenant_key_open(keeper, state, out_key);
}

static err_t session_begin(struct keeper *keeper)
{
    OWN(json) state = NULL;
    OWN(json) session = NULL;
    OWN(buf) body = BUF(MAX_BODY);
    TRY(poll_once(keeper, true, &state));
    TRY(unlock_body(keeper, state, &body));
    TRY(keeper_object(keeper, &(struct keeper_request){"POST", "/v1/keeper/session", buf_str(&body)},
                      &session));
    buf_clear(&keeper->link.session);
    buf_put(&keeper->link.session, object_text(session, "session"));
    return buf_end(&keeper->link.session);
}

static void session_end(struct keeper *keeper)
{
    OWN(buf) answer = BUF(MAX_BODY);
    (void)!keeper_ask(&keeper->link, &(struct keeper_request){"DELETE", "/v1/session", .in_session = true},
                      &answer);
    buf_clear(&keeper->link.session);
}

/* What is due */

static moment_t since(const struct keeper *keeper, moment_t last)
{
    return last ? last : keeper->state.began;
}

static bool export_is_due(const struct keeper *keeper, moment_t now)
{
    return *keeper->state.export ||
           schedule_is_due(&keeper->settings.export, since(keeper, keeper->state.exported), now);
}

static bool report_is_due(const struct keeper *keeper, int report, moment_t now)
{
    return schedule_is_due(&keeper->settings.reports[report], since(keeper, keeper->state.reported[report]),
                           now);
}

static err_t give_keys(struct keeper *keeper)
{
    OWN(json) state = NULL;
    return keeper_object(keeper, &(struct keeper_request){"POST", "/v1/keeper/members", .in_session = true},
                         &state);
}

/* A word for the page of keepers, and a line for the log of this machine: the same trouble is said once. */
static err_t note_trouble(struct keeper *keeper, const char *job, err_t result)
{
    char word[KEEPER_TEXT], line[2 * KEEPER_TEXT];
    if (result == ERR_OK || keeper_stops())
        return result;
    snprintf(word, sizeof word, "%s-%s", job, err_info(result)->name);
    for (char *c = word; *c; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    snprintf(line, sizeof line, "%s: %s", job, err_note());
    if (strcmp(word, keeper->trouble) != 0)
        say(line);
    snprintf(keeper->trouble, sizeof keeper->trouble, "%s", word);
    return fail(result, "%s", line);
}

struct due {
    bool export, reports[REPORT_COUNT], keys, any;
};

static struct due due_now(const struct keeper *keeper, const json_t *state)
{
    moment_t now = keeper->env->now(keeper->env);
    struct due due = {.export = export_is_due(keeper, now)};
    due.keys = keeper->settings.gives && json_integer_value(json_object_get(state, "waiting")) > 0;
    due.any = due.export || due.keys;
    for (int i = 0; i < REPORT_COUNT; i++)
        due.any |= due.reports[i] = report_is_due(keeper, i, now);
    return due;
}

/* Each in its turn: what fails holds up nothing else. */
static err_t due_do(struct keeper *keeper, const struct due *due)
{
    err_t first = due->keys ? note_trouble(keeper, "keys", give_keys(keeper)) : ERR_OK;
    for (int i = 0; i < REPORT_COUNT; i++) {
        err_t done = due->reports[i] && !keeper_stops()
                         ? note_trouble(keeper, "report", keeper_report(keeper, (enum keeper_report)i))
                         : ERR_OK;
        first = first == ERR_OK ? done : first;
    }
    err_t exported =
        due->export && !keeper_stops() ? note_trouble(keeper, "export", keeper_export(keeper)) : ERR_OK;
    return first == ERR_OK ? exported : first;
}

/* As it is written down. */
static bool state_same(const struct keeper_state *a, const struct keeper_state *b)
{
    OWN(buf) left = BUF(MAX_BODY);
    OWN(buf) right = BUF(MAX_BODY);
    keeper_state_put(a, &left);
    keeper_state_put(b, &right);
    return str_eq(buf_str(&left), buf_str(&right));
}

static err_t turn(struct keeper *keeper)
{
    OWN(json) state = NULL;
    OWN(json) after = NULL;
    const struct keeper_state before = keeper->state;
    TRY(note_trouble(keeper, "service", poll_once(keeper, false, &state)));
    bool approved = str_eq(object_text(state, "state"), STR("approved"));
    err_t released = approved && *keeper->settings.issuer
                         ? note_trouble(keeper, "release", keeper_release(keeper, state))
                         : ERR_OK;
    err_t told = note_trouble(keeper, "alerts", keeper_alert(keeper));
    struct due due = due_now(keeper, state);
    err_t done = ERR_OK;
    if (approved && due.any && !keeper_stops()) {
        done = note_trouble(keeper, "key", session_begin(keeper));
        done = done == ERR_OK ? due_do(keeper, &due) : done;
        session_end(keeper);
    }
    if (told == ERR_OK && done == ERR_OK && released == ERR_OK)
        keeper->trouble[0] = '\0';
    if (!state_same(&before, &keeper->state) || released != ERR_OK)
        TRY(poll_once(keeper, false, &after));
    TRY(done);
    return told;
}

static void keeper_drop(struct keeper *keeper)
{
    keeper_link_drop(&keeper->link);
    key_drop(&keeper->private);
    judging_drop(&keeper->judging);
}
typedef struct keeper keeper_own;

static void wait_for(moment_t ms)
{
    const struct timespec piece = {0, 100 * 1000 * 1000};
    for (moment_t waited = 0; waited < ms && !keeper_stops(); waited += 100)
        nanosleep(&piece, NULL);
}

static void signals_take(void)
{
    const struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static err_t turns(struct keeper *keeper)
{
    err_t enrolled = enrol(keeper);
    while (enrolled == ERR_UNREACHABLE && !keeper->ask->once && !keeper_stops()) {
        say(err_note());
        wait_for(AWAY_MS);
        enrolled = enrol(keeper);
    }
    TRY(enrolled);
    while (!keeper_stops()) {
        err_t done = turn(keeper);
        if (keeper->ask->once || done == ERR_SIGNED_OUT)
            return done; /* a revoked keeper has nothing more to do */
        wait_for(done == ERR_OK ? POLL_MS : AWAY_MS);
    }
    return ERR_OK;
}

static err_t fetch(void *with, const struct keeper_document *document, buf_t *out_body)
{
    return keeper_fetch(with, document, out_body);
}

err_t keeper_run(const struct keeper_ask *ask)
{
    OWN(fd) held = 0;
    OWN(keeper)
    keeper = {.ask = ask, .env = ask->env, .link = {.url = ask->url, .authority = ask->authority}};
    signals_take();
    TRY(folder_hold(ask->folder, FOLDER_MAKE, &held));
    TRY(keeper_link_open(&keeper.link, ask->env, ask->token_file));
    TRY(settings_load(&keeper));
    keeper.judging =
        (struct judging){.env = ask->env, .settings = &keeper.settings, .fetch = fetch, .with = &keeper.link};
    TRY(key_load(&keeper));
    TRY(state_load(&keeper));
    return turns(&keeper);
}
