/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: the guard's answers to sudo without the rest of the guard, and what an approver does, without the service.
 *
 *     elevate_try key FILE                          a signing key
 *     elevate_try guard FOLDER KEY RULES [SECONDS [TENANT DEVICE ACCOUNT]]   answers at FOLDER/guard.sock until SIGTERM, for
 *                                                   SECONDS; KEY may be what verifies alone
 *     elevate_try note|code KEY SPELT AS PATH [ARG…]    what the terminal shows, approved for one use: for a quarter of an
 *                                                   hour, or as a code for an hour that is nearly over
 *
 * One tenant, one device, an account for each uid. What is recorded is printed, a line each.
 */
#include "guard/elevate_door.h"

#include <signal.h>

enum { TEXT_MOST = 1024 * 1024, PEOPLE_FROM = 1000, PEOPLE_TO = 60000 };

static const ident_t own_tenant = {{1}}, own_device = {{2}};

struct post {
    struct rules *rules;
    ident_t tenant, device, account; /* zero: one for each uid */
    struct note_key key;
    moment_t until;
};

static void post_law(void *with, struct elevate_law *out_law)
{
    const struct post *post = with;
    *out_law = (struct elevate_law){post->rules, 7, post->until};
}

static void post_law_end(void *with) { (void)with; }

static err_t post_account(void *with, uid_t uid, ident_t *out_account)
{
    const struct post *post = with;
    *out_account =
        ident_is_zero(post->account) ? (ident_t){{3, (uint8_t)(uid >> 8), (uint8_t)uid}} : post->account;
    return ERR_OK;
}

static bool post_group(void *with, uid_t uid, str_t group)
{
    return (void)with, (void)uid, (void)group, false;
}

static void post_record(void *with, const struct elevate_event *event)
{
    (void)with;
    printf("%s%s %.*s %.*s (%.*s) %s\n", event->elevated ? "elevated" : "refused",
           event->emergency ? " emergency" : "", STR_ARG(event->path), STR_ARG(event->args),
           STR_ARG(event->reason), event->why);
    fflush(stdout);
}

static err_t signer_read(const char *path, struct note_signer *out_signer)
{
    OWN(buf) text = BUF(TEXT_MOST);
    TRY(env_real()->read_file(env_real(), path, &text));
    return note_signer_read(buf_str(&text), out_signer);
}

static err_t key_make(char **args)
{
    struct note_signer signer;
    OWN(buf) text = BUF(TEXT_MOST);
    TRY(note_signer_new(env_real(), NOTE_ED25519, STR("custody/ten/policy"), &signer));
    note_signer_put(&text, &signer);
    return env_real()->write_file(env_real(), args[0], buf_str(&text), 0600);
}

static err_t rules_open(struct post *post, const char *path, const struct rule_names *names)
{
    OWN(buf) text = BUF(TEXT_MOST);
    OWN(buf) trouble = BUF(TEXT_MOST);
    TRY(env_real()->read_file(env_real(), path, &text));
    const struct rule_file file = {STR("10-test.rules"), buf_str(&text)};
    TRY(rules_read(&file, 1, &post->rules, &trouble));
    rules_bind(post->rules, names);
    return ERR_OK;
}

static err_t key_read(const char *path, struct note_key *out_key)
{
    OWN(buf) text = BUF(TEXT_MOST);
    struct note_signer signer;
    TRY(env_real()->read_file(env_real(), path, &text));
    if (note_key_read(buf_str(&text), out_key) == ERR_OK)
        return ERR_OK;
    TRY(note_signer_read(buf_str(&text), &signer));
    *out_key = signer.key;
    return ERR_OK;
}

static err_t post_read(char **args, struct post *out_post)
{
    uint64_t seconds = 24 * 60 * 60;
    struct post post = {.tenant = own_tenant, .device = own_device};
    if (args[3])
        TRY(str_number(str(args[3]), UINT32_MAX, &seconds));
    if (args[3] && args[4] && args[5] && args[6]) {
        TRY(ident_read("ten", str(args[4]), &post.tenant));
        TRY(ident_read("dev", str(args[5]), &post.device));
        TRY(ident_read("acc", str(args[6]), &post.account));
    }
    TRY(key_read(args[1], &post.key));
    post.until = env_real()->now(env_real()) + SECONDS((moment_t)seconds);
    *out_post = post;
    return ERR_OK;
}

static void wait_for_the_end(void)
{
    sigset_t ends;
    int which;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    (void)sigwait(&ends, &which);
}

static err_t guard(char **args)
{
    struct post post;
    sigset_t ends;
    OWN(elevate_door) door = NULL;
    TRY(post_read(args, &post));
    const struct rule_names names = {post_account, post_group, &post, PEOPLE_FROM, PEOPLE_TO, post.device};
    TRY(rules_open(&post, args[2], &names));
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    const struct elevate_host host = {&post,        env_real(),   args[0],  args[0],
                                      post.tenant,  post.device,  post.key, post_law,
                                      post_law_end, post_account, NULL,     post_record};
    TRY(elevate_door_open(&host, &door));
    printf("guards\n");
    fflush(stdout);
    wait_for_the_end();
    elevate_door_drop(&door);
    door = NULL;
    rules_drop(&post.rules);
    return ERR_OK;
}

static err_t approve(char **args, bool as_code)
{
    struct note_signer signer;
    struct elevation given;
    uint8_t prefix[PREFIX_SIZE];
    uint64_t as = 0;
    moment_t now = env_real()->now(env_real()) / SECONDS(1) * SECONDS(1);
    OWN(buf) list = BUF(TEXT_MOST);
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) code = BUF(TEXT_MOST);
    TRY(signer_read(args[0], &signer));
    TRY(elevation_hear(str(args[1]), &given, prefix));
    TRY(str_number(str(args[2]), UINT32_MAX, &as));
    for (char **arg = args + 4; *arg; arg++)
        buf_put(&list, str_bytes(*arg, strlen(*arg) + 1));
    elevation_command(&(struct elevated){(uid_t)as, str(args[3]), buf_str(&list)}, given.command);
    given.tenant = own_tenant;
    given.until = now + MINUTES(as_code ? 1 : 15);
    given.from = as_code ? given.until - MINUTES(CODE_MINUTES) : now;
    TRY(elevation_sign(&signer, &given, &note));
    if (as_code)
        TRY(elevation_code(buf_str(&note), &code));
    printf("%.*s", STR_ARG(buf_str(as_code ? &code : &note)));
    return ERR_OK;
}

int main(int argc, char **argv)
{
    err_t done = fail(ERR_INVALID, "see the head of elevate_try.c");
    if (crypt_start() != ERR_OK)
        return 1;
    if (argc == 3 && !strcmp(argv[1], "key"))
        done = key_make(argv + 2);
    else if (argc >= 5 && !strcmp(argv[1], "guard"))
        done = guard(argv + 2);
    else if (argc >= 6 && (!strcmp(argv[1], "note") || !strcmp(argv[1], "code")))
        done = approve(argv + 2, argv[1][0] == 'c');
    if (done != ERR_OK)
        fprintf(stderr, "elevate_try: %s\n", err_note());
    return done != ERR_OK;
}
