/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/people_given.h"

#include "concept/program.h"
#include "test/test.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char *text(const char *of) { return (char *)(uintptr_t)of; }

err_t given_named(struct given *given, enum ask_number number, const char *bearer, ident_t id,
                  void *out_answer)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = text(bearer);
    in.id = given_bin(ident_bytes(&id));
    return given_asked(given, number, &in, out_answer);
}

err_t given_borne(struct given *given, enum ask_number number, const char *bearer, void *out_answer)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = text(bearer);
    return given_asked(given, number, &in, out_answer);
}

err_t given_invited(struct given *given, const struct given_tenant *tenant, const char *role,
                    const char **out_link)
{
    Keys__InvitationMake in = KEYS__INVITATION_MAKE__INIT;
    Keys__Invitation *invitation = NULL;
    in.bearer = text(tenant->cookie);
    in.role = text(role);
    in.until = given->world.clock + DAYS(7);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(given, ASK_invitation_make, &in, &invitation));
    *out_link = invitation->link;
    return ERR_OK;
}

static Keys__Join joining(const char *link, const char *name)
{
    Keys__Join in = KEYS__JOIN__INIT;
    in.link = text(link);
    in.username = text(name);
    in.full_name = text("Zq Marker Example");
    in.email = text("marker@example.org");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return in;
}

err_t given_joined(struct given *given, const char *link, const char *name, struct given_person *out_person)
{
    const Keys__Join in = joining(link, name);
    Keys__Who *who = NULL;
    TRY(given_asked(given, ASK_join, &in, &who));
    *out_person = (struct given_person){.name = name, .cookie = who->cookie};
    return ident_from(bin(who->member), &out_person->id);
}

err_t given_member(struct given *given, const struct given_tenant *tenant, const char *role,
                   struct given_person *out_person)
{
    static int count;
    OWN(buf) name = BUF(64);
    const char *link = NULL;
    buf_putf(&name, "%s-%d", role, ++count);
    TRY(buf_end(&name));
    TRY(given_invited(given, tenant, role, &link));
    TRY(given_joined(given, link, arena_copy(&given->arena, buf_str(&name)).at, out_person));
    if (!role_needs_key(role_find(str(role))))
        return ERR_OK;
    TRY(given_named(given, ASK_member_key, tenant->cookie, out_person->id, NULL));
    const Keys__Login login = given_login(tenant->name, out_person->name, GIVEN_PASSWORD);
    return given_signed_in(given, &login, &out_person->cookie);
}

struct locked {
    struct given *given;
    const char *cookie, **out;
};

static err_t locked_act(struct keyring *keyring, void *with)
{
    struct locked *locked = with;
    struct ask ask = {.keyring = keyring,
                      .env = locked->given->env,
                      .db = keyring_db(keyring),
                      .arena = &locked->given->arena};
    OWN(who) who = {0};
    TRY(who_asks(&ask, locked->cookie, RIGHT_SELF, &who));
    who.keyed = false;
    who.way = "sso";
    return session_make(&ask, &who, locked->out);
}

err_t given_locked(struct given *given, const char *cookie, const char **out_cookie)
{
    return keyring_write(given->keyring, locked_act, &(struct locked){given, cookie, out_cookie});
}

err_t given_staff_joined(struct given *given, const char *name, struct given_person *out_staff)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Invitation *invitation = NULL;
    Keys__StaffMember *member = NULL;
    TRY(given_asked(given, ASK_staff_invite, &none, &invitation));
    const Keys__Join in = joining(invitation->link, name);
    TRY(given_asked(given, ASK_staff_join, &in, &member));
    *out_staff = (struct given_person){.name = name};
    return ident_from(bin(member->id), &out_staff->id);
}

err_t given_agreement(struct given *given, const char *version)
{
    Keys__Agreement in = KEYS__AGREEMENT__INIT;
    in.version = text(version);
    in.text = text("Nothing of a client leaves the service by us.");
    return given_asked(given, ASK_agreement_set, &in, NULL);
}

err_t given_agreement_signed(struct given *given, const char *name, const char *version)
{
    Keys__StaffSign in = KEYS__STAFF_SIGN__INIT;
    in.username = text(name);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.version = text(version);
    return given_asked(given, ASK_staff_sign, &in, NULL);
}

err_t given_trained(struct given *given, ident_t staff, const char *topic, moment_t at)
{
    Keys__Training in = KEYS__TRAINING__INIT;
    in.staff = given_bin(ident_bytes(&staff));
    in.topic = text(topic);
    in.at = at;
    return given_asked(given, ASK_staff_trained, &in, NULL);
}

err_t given_staff_in(struct given *given, struct given_person *staff)
{
    const Keys__Login login = given_login("", staff->name, GIVEN_PASSWORD);
    Keys__Who *who = NULL;
    TRY(given_asked(given, ASK_staff_login, &login, &who));
    staff->cookie = who->cookie;
    return ERR_OK;
}

err_t given_staff(struct given *given, const char *name, struct given_person *out_staff)
{
    err_t agreement = given_agreement(given, "1");
    if (agreement != ERR_CONFLICT) /* one is in force already */
        TRY(agreement);
    TRY(given_staff_joined(given, name, out_staff));
    TRY(given_agreement_signed(given, name, "1"));
    TRY(given_trained(given, out_staff->id, "information-security", given->world.clock));
    TRY(given_trained(given, out_staff->id, "privacy", given->world.clock));
    return given_staff_in(given, out_staff);
}

err_t given_asked_support(struct given *given, const struct given_case *what, ident_t *out_request)
{
    Keys__SupportAsk in = KEYS__SUPPORT_ASK__INIT;
    ProtobufCBinaryData device = given_bin(ident_bytes(&what->device));
    Keys__Request *request = NULL;
    in.bearer = text(what->staff->cookie);
    in.tenant = given_bin(ident_bytes(&what->tenant->id));
    in.case_id = text(what->case_id ? what->case_id : "4711");
    in.reason = text("question");
    in.words = text("zq-words of a marker");
    in.acts = text(what->acts ? what->acts : "open");
    in.minutes = what->minutes ? what->minutes : 60;
    in.devices = &device;
    in.n_devices = 1;
    TRY(given_asked(given, ASK_support_ask, &in, &request));
    return ident_from(bin(request->id), out_request);
}

static err_t public_of(struct given *given, const ident_t ids[2], struct key *out_public)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    Keys__Publics *publics = NULL;
    ProtobufCBinaryData device = given_bin(ident_bytes(&ids[1]));
    in.tenant = given_bin(ident_bytes(&ids[0]));
    in.device = device;
    in.ids = &device;
    in.n_ids = 1;
    TRY(given_asked(given, ASK_subjects_publics, &in, &publics));
    return key_from(bin(publics->publics[0]), out_public);
}

err_t given_record(struct given *given, const struct given_tenant *tenant, ident_t device,
                   struct given_record *out_record)
{
    struct key public;
    OWN(buf) sealed = BUF(sizeof out_record->sealed);
    TRY(public_of(given, (ident_t[]){tenant->id, device}, &public));
    *out_record =
        (struct given_record){device, {tenant->realm, ident_new(given->env), program_concept.number}, {0}, 0};
    seal_put(given->env, &public, &out_record->place, STR("a frame"), &sealed);
    TRY(buf_end(&sealed));
    memcpy(out_record->sealed, sealed.at, sealed.len);
    out_record->len = sealed.len;
    return ERR_OK;
}

static err_t box_asked(struct given *given, const char *bearer, ident_t request,
                       const struct given_record *record, Keys__Opened **out_opened)
{
    Keys__Open open = KEYS__OPEN__INIT;
    Keys__GrantOpen under = KEYS__GRANT_OPEN__INIT;
    ProtobufCBinaryData subject = given_bin(ident_bytes(&record->subject)), box;
    str_t sealed_box;
    TRY(seal_box(str_bytes(record->sealed, record->len), &sealed_box));
    box = given_bin(sealed_box);
    open.bearer = under.bearer = text(bearer);
    open.subjects = under.subjects = &subject;
    open.boxes = under.boxes = &box;
    open.n_subjects = under.n_subjects = open.n_boxes = under.n_boxes = 1;
    under.request = given_bin(ident_bytes(&request));
    return ident_is_zero(request) ? given_asked(given, ASK_records_open, &open, out_opened)
                                  : given_asked(given, ASK_grant_open, &under, out_opened);
}

err_t given_open(struct given *given, const char *bearer, ident_t request, const struct given_record *record)
{
    Keys__Opened *opened = NULL;
    struct key data_key;
    OWN(buf) frame = BUF(4096);
    TRY(box_asked(given, bearer, request, record, &opened));
    if (opened->n_keys != 1 || !opened->keys[0].len)
        return fail(ERR_MISSING, "no key was given");
    TRY(key_from(bin(opened->keys[0]), &data_key));
    TRY(seal_get(&data_key, &record->place, str_bytes(record->sealed, record->len), &frame));
    return str_eq(buf_str(&frame), STR("a frame")) ? ERR_OK : fail(ERR_BROKEN, "another record's bytes");
}

typedef struct {
    char text[256];
} place_t;

static place_t place(const char *copy, const char *name)
{
    place_t at;
    if ((size_t)snprintf(at.text, sizeof at.text, "%s%s%s%s%s", test_folder(), *copy ? "/" : "", copy,
                         *name ? "/" : "", name) >= sizeof at.text)
        abort();
    return at;
}

err_t given_kek_copied(struct given *given, const char *copy)
{
    OWN(buf) kek = BUF(4096);
    TRY(given->env->read_file(given->env, place("", "kek").text, &kek));
    return given->env->write_file(given->env, place(copy, "kek").text, buf_str(&kek), 0600);
}

err_t given_copied(struct given *given, const char *copy)
{
    if (mkdir(place(copy, "").text, 0700) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "no folder for a copy");
    unlink(place(copy, "keyring.db-wal").text);
    unlink(place(copy, "keyring.db-shm").text);
    for (const char *const *name = (const char *const[]){"ledger", "marks", NULL}; *name; name++) {
        err_t gone = given->env->remove_file(given->env, place(copy, *name).text);
        if (gone != ERR_MISSING)
            TRY(gone);
    }
    for (const char *const *name = (const char *const[]){"keyring.db", "keyring.db-wal", NULL}; *name;
         name++) {
        OWN(buf) bytes = BUF(64 * 1024 * 1024);
        err_t there = env_real()->read_file(env_real(), place("", *name).text, &bytes);
        if (there == ERR_OK)
            there = env_real()->write_file(env_real(), place(copy, *name).text, buf_str(&bytes), 0600);
        if (there != ERR_MISSING)
            TRY(there);
    }
    return given_kek_copied(given, copy);
}

err_t given_keyring_in(struct given *given, const char *copy, struct given *out_other)
{
    *out_other = (struct given){.env = given->env, .root = given->root, .arena.limit = given->arena.limit};
    return keyring_open(given->env, place(copy, "").text, &given->root, &out_other->keyring);
}

bool given_opens_in(struct given *given, const char *copy, const struct given_attempt *attempt)
{
    OWN(given) stale = {0};
    const char *bearer = attempt->bearer;
    if (given_keyring_in(given, copy, &stale) != ERR_OK)
        return false;
    if (attempt->login && given_signed_in(&stale, attempt->login, &bearer) != ERR_OK)
        return false;
    return given_open(&stale, bearer, attempt->request, attempt->record) == ERR_OK;
}

struct counting {
    ident_t log;
    const char *text;
    int64_t count;
};

static err_t count_act(struct keyring *keyring, void *with)
{
    struct counting *counting = with;
    return db_number(keyring_db(keyring), &counting->count,
                     "select count(*) from journal where log = $1 and instr(cast(entry as text), $2) > 0",
                     ID(counting->log), T(str(counting->text)));
}

int64_t given_entries(struct given *given, ident_t tenant, const char *text)
{
    struct counting counting = {tenant, text, -1};
    return keyring_read(given->keyring, count_act, &counting) == ERR_OK ? counting.count : -1;
}
