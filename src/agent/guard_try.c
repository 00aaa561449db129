/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests and measuring: the guard without a service.
 *
 *     guard_try enrol FOLDER                      as if this machine were enrolled: accounts of etc/passwd have ids
 *     guard_try policy FOLDER NUMBER RULES        a policy of the one file RULES arrives, signed
 *     guard_try launches FOLDER                   what was handed over, in order, as JSON, a line each
 */
#include "agent/launches.h"
#include "agent/list.h"
#include "agent/place.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/json.h"
#include "govern/policy.h"

#include <sys/stat.h>

enum { TEXT = 1024 * 1024, MEMORY = 64 * 1024 * 1024 };

static err_t put(const char *folder, const char *name, str_t bytes)
{
    return env_real()->write_file(env_real(), place(folder, name).text, bytes, 0600);
}

static err_t signer_put(const char *folder, ident_t tenant)
{
    OWN(buf) public = BUF(TEXT);
    OWN(buf) secret = BUF(TEXT);
    struct key seed;
    struct note_signer signer;
    key_random(env_real(), &seed);
    TRY(policy_signer(tenant, &seed, &signer));
    note_key_put(&public, &signer.key);
    note_signer_put(&secret, &signer);
    TRY(put(folder, "signer", buf_str(&public)));
    return put(folder, "signs", buf_str(&secret));
}

static err_t enrol_try(char **args)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(MEMORY);
    struct locals locals;
    struct env *env = env_real();
    const char *folder = args[0];
    mkdir(folder, 0700);
    mkdir(place(folder, "policy").text, 0700);
    state_begin(&state, env, ident_new(env), ident_new(env));
    TRY(accounts_read("", &arena, &locals));
    for (size_t i = 0; i < locals.count; i++)
        printf("%s %u\n", ident_text("acc", state_account(&state, env, &locals.at[i])->id).text,
               locals.at[i].uid);
    TRY(put(folder, "key.pem", STR("no key")));
    TRY(signer_put(folder, state.tenant));
    return state_save(env, folder, &state);
}

static err_t policy_try(char **args)
{
    OWN(state) state = {0};
    OWN(buf) secret = BUF(TEXT);
    OWN(buf) rules = BUF(TEXT);
    OWN(buf) text = BUF(TEXT);
    OWN(buf) note = BUF(TEXT);
    struct note_signer signer;
    struct env *env = env_real();
    struct policy policy = {.made = env->now(env), .until = env->now(env) + DAYS(1), .count = 1};
    TRY(state_load(env, args[0], &state));
    TRY(str_number(str(args[1]), POLICY_NUMBER_MAX, &policy.number));
    TRY(env->read_file(env, args[2], &rules));
    TRY(env->read_file(env, place(args[0], "signs").text, &secret));
    TRY(note_signer_read(buf_str(&secret), &signer));
    policy.tenant = state.tenant;
    policy.files[0] = (struct rule_file){STR("10-test.rules"), buf_str(&rules)};
    TRY(policy_put(&policy, &text));
    TRY(policy_sign(&signer, buf_str(&text), &note));
    return put(args[0], "policy/arrived", buf_str(&note));
}

static err_t list_print(const Custody__LaunchBatch *batch, arena_t *arena)
{
    str_t packed;
    void *records;
    size_t count;
    ident_t subject;
    TRY(ident_from(str_bytes(batch->subject.data, batch->subject.len), &subject));
    TRY(codec_grow(str_bytes(batch->list.data, batch->list.len), arena, &packed));
    TRY(codec_unpack(&launch_concept, packed, arena, &records, &count));
    for (size_t i = 0; i < count; i++) {
        OWN(buf) json = BUF(TEXT);
        concept_put_json(&launch_concept, (const struct launch *)records + i, &json);
        TRY(buf_end(&json));
        printf("{\"subject\":\"%s\",%.*s\n", ident_text("acc", subject).text, (int)json.len - 1, json.at + 1);
    }
    return ERR_OK;
}

/* As the sender does it, but to standard output. */
static err_t print_sent(void *with, const struct service_request *request, buf_t *out_answer)
{
    OWN(arena) arena = ARENA(MEMORY);
    (void)with;
    (void)out_answer;
    Custody__LaunchUpload *upload =
        custody__launch_upload__unpack(NULL, request->body.len, (const uint8_t *)request->body.at);
    err_t done = ERR_OK;
    if (!upload)
        return fail(ERR_BROKEN, "no upload");
    for (size_t i = 0; done == ERR_OK && i < upload->n_batches; i++)
        done = list_print(upload->batches[i], &arena);
    custody__launch_upload__free_unpacked(upload, NULL);
    return done;
}

static err_t launches_try(char **args)
{
    OWN(launches) launches = {0};
    struct env *env = env_real();
    struct reporter by = {.env = env, .folder = args[0], .send = print_sent};
    size_t sent;
    TRY(launches_open(env, args[0], &launches));
    return launches_send(&launches, &by, &sent);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int args;
        err_t (*run)(char **args);
    } acts[] = {{"enrol", 1, enrol_try}, {"policy", 3, policy_try}, {"launches", 1, launches_try}};
    err_t done = crypt_start();
    if (done == ERR_OK)
        done = fail(ERR_INVALID, "guard_try enrol|policy|launches FOLDER …");
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (argc == acts[i].args + 2 && !strcmp(argv[1], acts[i].name))
            done = acts[i].run(argv + 2);
    if (done != ERR_OK)
        fprintf(stderr, "guard_try: %s\n", err_note());
    return err_info(done)->exit;
}
