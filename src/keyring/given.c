/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/given.h"

#include "crypt/cert.h"
#include "test/test.h"
#include <dirent.h>

enum { ROOM = 64 * 1024 * 1024 };

void given_drop(struct given *given)
{
    keyring_drop(&given->keyring);
    arena_drop(&given->arena);
    world_drop(&given->world);
}

err_t given_a_keyring_in(struct given *given, const char *folder)
{
    world_open(&given->world, 42);
    given->env = &given->world.env;
    given->arena.limit = ROOM;
    TRY(crypt_start());
    key_random(given->env, &given->root);
    TRY(keyring_open(given->env, folder, &given->root, &given->keyring));
    keyring_url_set(given->keyring, GIVEN_URL);
    return keyring_prepare(given->keyring);
}

err_t given_a_keyring(struct given *given) { return given_a_keyring_in(given, test_folder()); }

static const ProtobufCMessageDescriptor *answer_of(enum ask_number number)
{
    switch (number) {
#define A(number_, name, takes, gives, mode, asker, act) \
    case number_: \
        return &keys__##gives##__descriptor;
        ASK_TABLE(A)
#undef A
    }
    return NULL;
}

static enum asker asker_of(enum ask_number number)
{
    switch (number) {
#define A(number_, name, takes, gives, mode, asker, act) \
    case number_: \
        return ASKER_##asker;
        ASK_TABLE(A)
#undef A
    }
    return ASKER_WEB;
}

err_t given_asked(struct given *given, enum ask_number number, const void *message, void *out_answer)
{
    OWN(buf) packed = BUF(MAX_ASK);
    OWN(buf) body = BUF(MAX_ASK);
    ProtobufCAllocator allocator = arena_allocator(&given->arena);
    uint8_t code = 0;
    char *at = buf_room(&packed, protobuf_c_message_get_packed_size(message));
    if (at)
        protobuf_c_message_pack(message, (uint8_t *)at);
    TRY(buf_end(&packed));
    keys_answer(given->keyring, &(struct asked){asker_of(number), (uint8_t)number, buf_str(&packed)}, &body,
                &code);
    if (code != ERR_OK)
        return fail((err_t)code, "%.*s", STR_ARG(buf_str(&body)));
    void *answer = protobuf_c_message_unpack(answer_of(number), &allocator, body.len,
                                             (const uint8_t *)buf_str(&body).at);
    if (!answer)
        return fail(ERR_BROKEN, "an answer that cannot be read");
    if (out_answer)
        *(void **)out_answer = answer;
    return ERR_OK;
}

bool given_refused(err_t result, err_t code, const char *note)
{
    if (result != code || !strstr(err_note(), note))
        printf("%s: %s\n", err_info(result)->name, result == ERR_OK ? "" : err_note());
    return result == code && strstr(err_note(), note);
}

ProtobufCBinaryData given_bin(str_t bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.at};
}

static char *text(const char *of) { return (char *)(uintptr_t)of; }

err_t given_tenant(struct given *given, const char *name, struct given_tenant *out_tenant)
{
    Keys__TenantMake in = KEYS__TENANT_MAKE__INIT;
    Keys__TenantMade *made = NULL;
    in.name = text(name);
    TRY(given_asked(given, ASK_tenant_make, &in, &made));
    *out_tenant = (struct given_tenant){.name = made->tenant->name, .claim = made->claim};
    TRY(ident_from(bin(made->tenant->id), &out_tenant->id));
    return ident_from(bin(made->tenant->realm), &out_tenant->realm);
}

err_t given_claimed(struct given *given, struct given_tenant *tenant)
{
    Keys__Claim in = KEYS__CLAIM__INIT;
    Keys__Who *who = NULL;
    in.claim = text(tenant->claim);
    in.username = text("ana");
    in.full_name = text("Ana Example");
    in.email = text("ana@example.org");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(given, ASK_claim, &in, &who));
    tenant->cookie = who->cookie;
    tenant->kit = who->kit;
    return ERR_OK;
}

err_t given_open_tenant(struct given *given, const char *name, struct given_tenant *out_tenant)
{
    Keys__KitBack in = KEYS__KIT_BACK__INIT;
    TRY(given_tenant(given, name, out_tenant));
    TRY(given_claimed(given, out_tenant));
    in.bearer = text(out_tenant->cookie);
    in.kit = text(out_tenant->kit);
    return given_asked(given, ASK_kit_back, &in, NULL);
}

Keys__Login given_login(const char *tenant, const char *username, const char *password)
{
    Keys__Login login = KEYS__LOGIN__INIT;
    login.tenant = text(tenant);
    login.username = text(username);
    login.password = given_bin(str(password));
    return login;
}

err_t given_signed_in(struct given *given, const Keys__Login *login, const char **out_cookie)
{
    Keys__Who *who = NULL;
    TRY(given_asked(given, ASK_login, login, &who));
    *out_cookie = who->cookie;
    return ERR_OK;
}

/* Of the owner's, for a day; `typed` is asked for where a scope is to hand data over. */
static Keys__TokenMake token_of(const struct given *given, const struct given_tenant *tenant)
{
    Keys__TokenMake in = KEYS__TOKEN_MAKE__INIT;
    in.bearer = text(tenant->cookie);
    in.name = text("a token");
    in.typed = text(tenant->name);
    in.until = given->world.clock + DAYS(1);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return in;
}

err_t given_token(struct given *given, const struct given_tenant *tenant, const char *role,
                  const Keys__Token **out_token)
{
    Keys__TokenMake in = token_of(given, tenant);
    in.role = text(role);
    return given_asked(given, ASK_token_make, &in, out_token);
}

err_t given_scoped(struct given *given, const struct given_tenant *tenant, const char *scopes,
                   const Keys__Token **out_token)
{
    Keys__TokenMake in = token_of(given, tenant);
    in.scope = text(scopes);
    return given_asked(given, ASK_token_make, &in, out_token);
}

err_t given_deployment(struct given *given, const struct given_tenant *tenant, int64_t uses,
                       const Keys__Deployment **out_deployment)
{
    Keys__DeploymentMake in = KEYS__DEPLOYMENT_MAKE__INIT;
    in.bearer = text(tenant->cookie);
    in.name = text("a roll-out");
    in.uses = uses;
    in.until = given->world.clock + DAYS(1);
    return given_asked(given, ASK_deployment_make, &in, out_deployment);
}

err_t given_endpoint_key(struct given *given, str_t *out_public_der)
{
    OWN(buf) private_pem = BUF(8192);
    OWN(buf) public_der = BUF(8192);
    TRY(cert_key_make(&private_pem));
    TRY(cert_key_public(buf_str(&private_pem), &public_der));
    *out_public_der = arena_copy(&given->arena, buf_str(&public_der));
    return arena_end(&given->arena);
}

err_t given_enrolled(struct given *given, const char *key, str_t public_der, ident_t *out_device)
{
    Keys__Enrol in = KEYS__ENROL__INIT;
    Keys__Enrolled *enrolled = NULL;
    in.name = text("machine");
    in.key = text(key);
    in.public_der = given_bin(public_der);
    TRY(given_asked(given, ASK_enrol, &in, &enrolled));
    return ident_from(bin(enrolled->device), out_device);
}

err_t given_device(struct given *given, const struct given_tenant *tenant, ident_t *out_device)
{
    const Keys__Deployment *deployment = NULL;
    str_t public_der;
    TRY(given_deployment(given, tenant, 1, &deployment));
    TRY(given_endpoint_key(given, &public_der));
    return given_enrolled(given, deployment->key, public_der, out_device);
}

struct happening {
    struct given *given;
    ident_t tenant;
    const struct notice *notice;
};

static err_t happening_put(struct keyring *keyring, void *with)
{
    const struct happening *it = with;
    struct ask ask = {
        .keyring = keyring, .env = it->given->env, .db = keyring_db(keyring), .arena = &it->given->arena};
    return notice_add(&ask, it->tenant, it->notice);
}

err_t given_notice(struct given *given, ident_t tenant, const struct notice *notice)
{
    return keyring_write(given->keyring, happening_put, &(struct happening){given, tenant, notice});
}

struct change {
    const char *sql;
};

static err_t change_act(struct keyring *keyring, void *with)
{
    return db_script(keyring_db(keyring), ((struct change *)with)->sql);
}

err_t given_subject(struct given *given, enum ask_number number, const ident_t ids[3], void *out_answer)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    ProtobufCBinaryData asked = given_bin(ident_bytes(&ids[2]));
    in.tenant = given_bin(ident_bytes(&ids[0]));
    in.device = given_bin(ident_bytes(&ids[1]));
    in.ids = &asked;
    in.n_ids = 1;
    return given_asked(given, number, &in, out_answer);
}

err_t given_videos(struct given *given, const ident_t ids[3], struct vouched *out_vouched)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    Keys__Vouched *answer = NULL;
    ProtobufCBinaryData asked = given_bin(ident_bytes(&ids[2]));
    in.tenant = given_bin(ident_bytes(&ids[0]));
    in.device = given_bin(ident_bytes(&ids[1]));
    in.ids = &asked;
    in.n_ids = 1;
    in.videos = true;
    TRY(given_asked(given, ASK_subjects_vouched, &in, &answer));
    str_t note = bin(answer->note);
    size_t signature = 1 + (size_t)(uint8_t)note.at[0];
    return vouch_read(str_bytes(note.at + signature, note.len - signature), &given->arena, out_vouched);
}

struct snapshot_row {
    ident_t tenant, id;
};

static err_t snapshot_act(struct keyring *keyring, void *with)
{
    const struct snapshot_row *row = with;
    return db_do(
        keyring_db(keyring),
        "insert into snapshots (id, tenant, made, why, rows, bytes, new_bytes, segments, blobs, same_device,"
        " state, verified, wrong, trouble) values ($1, $2, 1, 'daily', 1, 1, 1, 1, 0, 0, 'kept', 0, 0, '')",
        ID(row->id), ID(row->tenant));
}

err_t given_snapshot(struct given *given, ident_t tenant, ident_t snapshot)
{
    return keyring_write(given->keyring, snapshot_act, &(struct snapshot_row){tenant, snapshot});
}

err_t given_changed(struct given *given, const char *sql)
{
    return keyring_write(given->keyring, change_act, &(struct change){sql});
}

err_t given_logs_signed(struct given *given)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Logs *due = NULL;
    TRY(given_asked(given, ASK_log_due, &none, &due));
    for (size_t i = 0; i < due->n_items; i++) {
        Keys__LogRange in = KEYS__LOG_RANGE__INIT;
        in.id = due->items[i]->id;
        in.size = due->items[i]->entries;
        TRY(given_asked(given, ASK_log_sign, &in, NULL));
    }
    return ERR_OK;
}

err_t given_passed(struct given *given, moment_t time)
{
    given->world.clock += time;
    given->world.boot_clock += time;
    TRY(keyring_write(given->keyring, clock_turn, NULL));
    TRY(keyring_write(given->keyring, requests_due, NULL));
    return keyring_roll_when_due(given->keyring);
}

bool given_bytes_in_folder(const char *folder, str_t bytes)
{
    DIR *files = opendir(folder);
    bool found = false;
    for (const struct dirent *entry = files ? readdir(files) : NULL; entry && !found;
         entry = readdir(files)) {
        OWN(buf) file = BUF(ROOM);
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_REG && env_real()->read_file(env_real(), path, &file) != ERR_OK)
            abort();
        found = file.len && memmem(file.at, file.len, bytes.at, bytes.len);
    }
    if (files)
        closedir(files);
    return found;
}

err_t given_cell_bytes(const char *folder, ident_t id, enum cell cell, buf_t *out_bytes)
{
    OWN(db) db = NULL;
    OWN(rows) rows = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/keyring.db", folder);
    TRY(db_open(path, &db));
    TRY(db_read(db, &rows, "select sealed from cells where id = $1 and cell = $2", ID(id), N(cell)));
    TRY(row_one(&rows));
    buf_put(out_bytes, row_text(&rows, 0));
    return buf_end(out_bytes);
}
