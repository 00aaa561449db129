/* SPDX-License-Identifier: Apache-2.0
 *
 * Endpoints and what is sealed to them: how one gets in, whose keys it gets, who opens its records and until when.
 */
#include "base/limits.h"
#include "concept/program.h"
#include "crypt/cert.h"
#include "keyring/commit.h"
#include "keyring/given.h"
#include "seal/seal.h"
#include "seal/vouch.h"
#include "test/test.h"

static char *text(const char *of) { return (char *)(uintptr_t)of; }

static err_t named(struct given *given, enum ask_number number, const char *bearer, ident_t id)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = text(bearer);
    in.id = given_bin(ident_bytes(&id));
    return given_asked(given, number, &in, NULL);
}

static err_t deployment_ended(struct given *given, const char *bearer, ident_t id, bool revoke)
{
    Keys__DeploymentEnd in = KEYS__DEPLOYMENT_END__INIT;
    in.bearer = text(bearer);
    in.id = given_bin(ident_bytes(&id));
    in.revoke = revoke;
    return given_asked(given, ASK_deployment_end, &in, NULL);
}

static err_t asked_logout(struct given *given, const char *bearer)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = text(bearer);
    return given_asked(given, ASK_logout, &in, NULL);
}

/* One subject of a device, by either of the two messages about subjects. */
static err_t public_of(struct given *given, const ident_t ids[3], struct key *out_public)
{
    Keys__Publics *publics = NULL;
    TRY(given_subject(given, ASK_subjects_publics, ids, &publics));
    return publics->n_publics == 1 ? key_from(bin(publics->publics[0]), out_public)
                                   : fail(ERR_BROKEN, "not one public key");
}

/* An open tenant with one device, and a record sealed to that device. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
    struct seal_place place;
    buf_t sealed;
    str_t public_der; /* of the device that enrolled last, the key it came with, and what became of it */
    ident_t deployment;
    const char *state;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    given_drop(&scene->given);
    buf_drop(&scene->sealed);
}

static err_t scene_sealed_to(struct scene *scene, ident_t of)
{
    struct key public;
    TRY(public_of(&scene->given, (ident_t[]){scene->tenant.id, scene->device, of}, &public));
    buf_drop(&scene->sealed);
    scene->sealed = (buf_t)BUF(4096);
    scene->place =
        (struct seal_place){scene->tenant.realm, ident_new(scene->given.env), program_concept.number};
    seal_put(scene->given.env, &public, &scene->place, STR("a frame"), &scene->sealed);
    return buf_end(&scene->sealed);
}

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    return scene_sealed_to(scene, scene->device);
}

/* What the record's box gives for this bearer, of so many subjects in a row. */
static err_t keys_for(struct scene *scene, const char *bearer, ident_t of, Keys__Opened **out_opened)
{
    Keys__Open in = KEYS__OPEN__INIT;
    ProtobufCBinaryData subjects[2] = {given_bin(ident_bytes(&of)), given_bin(ident_bytes(&of))};
    ProtobufCBinaryData boxes[2];
    str_t box;
    TRY(seal_box(buf_str(&scene->sealed), &box));
    boxes[0] = boxes[1] = given_bin(box);
    in.bearer = text(bearer);
    in.n_subjects = in.n_boxes = 2;
    in.subjects = subjects;
    in.boxes = boxes;
    TRY(given_asked(&scene->given, ASK_records_open, &in, out_opened));
    return (*out_opened)->n_keys == 2 ? ERR_OK : fail(ERR_BROKEN, "not as many keys as boxes");
}

static bool opens(struct scene *scene, const char *bearer, ident_t of)
{
    Keys__Opened *opened = NULL;
    struct key data_key;
    OWN(buf) frame = BUF(4096);
    return keys_for(scene, bearer, of, &opened) == ERR_OK &&
           str_eq(bin(opened->keys[0]), bin(opened->keys[1])) &&
           key_from(bin(opened->keys[0]), &data_key) == ERR_OK &&
           seal_get(&data_key, &scene->place, buf_str(&scene->sealed), &frame) == ERR_OK &&
           str_eq(buf_str(&frame), STR("a frame"));
}

/* How often the journal says that records were opened. */
static err_t told_count(struct scene *scene, int64_t *out_count)
{
    return db_number(keyring_db(scene->given.keyring), out_count,
                     "select count(*) from journal where log = $1 and instr(entry, 'records.opened')",
                     ID(scene->tenant.id));
}

static bool stays_closed(struct scene *scene, const char *bearer, ident_t of)
{
    Keys__Opened *opened = NULL;
    return keys_for(scene, bearer, of, &opened) == ERR_OK && !opened->keys[0].len && !opened->keys[1].len;
}

TEST(a_record_sealed_to_a_device_opens_for_people_in_session)
{
    OWN(scene) scene = {0};
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(opens(&scene, scene.tenant.cookie, scene.device));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    CHECK(opens(&scene, token->token, scene.device));
    Keys__Opened *opened = NULL;
    CHECK_FAILS(ERR_SIGNED_OUT, keys_for(&scene, "", scene.device, &opened));
    CHECK_OK(asked_logout(&scene.given, scene.tenant.cookie));
    CHECK_FAILS(ERR_SIGNED_OUT, keys_for(&scene, scene.tenant.cookie, scene.device, &opened));
}

TEST(another_organisation_opens_nothing)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK(stays_closed(&scene, other.cookie, scene.device));
    CHECK_FAILS(ERR_MISSING, named(&scene.given, ASK_device_destroy, other.cookie, scene.device));
    CHECK(stays_closed(&scene, scene.tenant.cookie, ident_new(scene.given.env)));
    CHECK(opens(&scene, scene.tenant.cookie, scene.device));
}

TEST(a_box_of_another_subject_is_named_as_broken_and_the_shape_of_the_question_is_checked)
{
    OWN(scene) scene = {0};
    Keys__Opened *opened = NULL;
    Keys__Open in = KEYS__OPEN__INIT;
    CHECK_OK(scene_open(&scene));
    ident_t person = ident_new(scene.given.env);
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make,
                           (ident_t[]){scene.tenant.id, scene.device, person}, NULL));
    CHECK_OK(keys_for(&scene, scene.tenant.cookie, person, &opened));
    CHECK(!opened->keys[0].len && opened->n_broken == 2 && opened->broken[1] == 1);
    ProtobufCBinaryData asked = given_bin(ident_bytes(&scene.device));
    in.bearer = text(scene.tenant.cookie);
    in.n_subjects = 1;
    in.subjects = &asked;
    CHECK(given_refused(given_asked(&scene.given, ASK_records_open, &in, NULL), ERR_INVALID,
                        "as many subjects as boxes"));
    in.n_boxes = 1;
    in.boxes = &asked;
    CHECK_OK(given_asked(&scene.given, ASK_records_open, &in, &opened));
    CHECK(!opened->keys[0].len && opened->n_broken == 1);
    asked.len = 15;
    CHECK_FAILS(ERR_INVALID, given_asked(&scene.given, ASK_records_open, &in, NULL));
}

TEST(after_a_device_is_destroyed_nobody_opens_its_records_or_its_peoples)
{
    OWN(scene) scene = {0};
    OWN(buf) entry = BUF(1024);
    Keys__Publics *publics = NULL;
    CHECK_OK(scene_open(&scene));
    ident_t person = ident_new(scene.given.env);
    const ident_t ids[] = {scene.tenant.id, scene.device, person};
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make, ids, NULL));
    CHECK_OK(scene_sealed_to(&scene, person));
    CHECK(opens(&scene, scene.tenant.cookie, person));
    CHECK_OK(given_cell_bytes(test_folder(), person, CELL_ENTRY, &entry));
    CHECK_OK(named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device));
    CHECK(stays_closed(&scene, scene.tenant.cookie, person));
    CHECK_OK(given_passed(&scene.given, HOURS(1)));
    CHECK(stays_closed(&scene, scene.tenant.cookie, scene.device));
    CHECK(!given_bytes_in_folder(test_folder(), buf_str(&entry)));
    CHECK(given_refused(given_subject(&scene.given, ASK_subjects_publics, ids, &publics), ERR_DENIED,
                        "revoked"));
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_make, ids, NULL));
    CHECK_FAILS(ERR_MISSING, named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device));
}

/* keyring/opened.h */
TEST(what_was_opened_a_moment_ago_is_told_of_again_and_goes_when_any_key_is_destroyed)
{
    OWN(scene) scene = {0};
    ident_t second;
    int64_t once = 0, twice = 0;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &second));
    struct opened *opened = scene.given.keyring->opened;
    CHECK(opens(&scene, scene.tenant.cookie, scene.device));
    CHECK_OK(told_count(&scene, &once));
    CHECK(opens(&scene, scene.tenant.cookie, scene.device));
    CHECK_OK(told_count(&scene, &twice));
    CHECK(once == 1 && twice == 2);
    uint64_t turn = opened_turn(opened);
    CHECK_OK(named(&scene.given, ASK_device_destroy, scene.tenant.cookie, second));
    CHECK(opened_turn(opened) > turn);
    CHECK(opens(&scene, scene.tenant.cookie, scene.device));
    CHECK_OK(asked_logout(&scene.given, scene.tenant.cookie));
    CHECK(!opens(&scene, scene.tenant.cookie, scene.device));
}

TEST(a_device_gets_the_keys_of_its_own_subjects_only)
{
    OWN(scene) scene = {0};
    ident_t second;
    struct key one, two;
    Keys__Publics *publics = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &second));
    ident_t person = ident_new(scene.given.env), unknown = ident_new(scene.given.env);
    const ident_t mine[] = {scene.tenant.id, scene.device, person},
                  theirs[] = {scene.tenant.id, second, person};
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make, mine, NULL));
    CHECK_OK(public_of(&scene.given, mine, &one));
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make, mine, NULL)); /* again: the same key */
    CHECK_OK(public_of(&scene.given, mine, &two));
    CHECK(bytes_equal(key_bytes(&one), key_bytes(&two)));
    CHECK(given_refused(given_subject(&scene.given, ASK_subjects_make, theirs, NULL), ERR_DENIED,
                        "another device"));
    CHECK(given_refused(given_subject(&scene.given, ASK_subjects_publics, theirs, &publics), ERR_DENIED,
                        "not a subject"));
    const ident_t of_device[] = {scene.tenant.id, second, scene.device};
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_publics, of_device, &publics));
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_make, of_device, NULL));
    const ident_t none[] = {scene.tenant.id, scene.device, unknown};
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_publics, none, &publics));
}

/* As the endpoint reads it, which has the authority's certificate since it enrolled. */
static err_t vouched_for(struct given *given, const ident_t ids[3], struct vouched *out_vouched)
{
    static const ident_t service;
    OWN(rows) rows = {0};
    Keys__Vouched *vouched = NULL;
    TRY(given_subject(given, ASK_subjects_vouched, ids, &vouched));
    TRY(db_read(keyring_db(given->keyring), &rows, "select certificate from authorities where id = $1",
                ID(service)));
    TRY(row_one(&rows));
    return vouch_get(row_text(&rows, 0), bin(vouched->note), &given->arena, out_vouched);
}

TEST(a_device_is_given_what_to_seal_to_with_the_word_of_the_authority_that_it_knows)
{
    OWN(scene) scene = {0};
    struct vouched vouched;
    struct key public;
    ident_t second;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &second));
    ident_t person = ident_new(scene.given.env);
    const ident_t mine[] = {scene.tenant.id, scene.device, person},
                  own[] = {scene.tenant.id, scene.device, scene.device},
                  theirs[] = {scene.tenant.id, second, person};
    CHECK_OK(vouched_for(&scene.given, mine, &vouched)); /* made, since it is new */
    CHECK(ident_eq(vouched.tenant, scene.tenant.id) && ident_eq(vouched.device, scene.device));
    CHECK(ident_eq(vouched.realm, scene.tenant.realm) && vouched.count == 1);
    CHECK_OK(public_of(&scene.given, mine, &public));
    CHECK(ident_eq(vouched.keys[0].subject, person) &&
          bytes_equal(key_bytes(&vouched.keys[0].public), key_bytes(&public)));
    CHECK_OK(vouched_for(&scene.given, own, &vouched));
    CHECK(vouched.count == 1 && ident_eq(vouched.keys[0].subject, scene.device));
    CHECK(given_refused(vouched_for(&scene.given, theirs, &vouched), ERR_DENIED, "another device"));
}

TEST(a_device_of_another_organisation_gets_nothing)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    Keys__Publics *publics = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    const ident_t ids[] = {other.id, scene.device, scene.device};
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_publics, ids, &publics));
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_make, ids, NULL));
    const ident_t unknown[] = {scene.tenant.id, ident_new(scene.given.env), scene.device};
    CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_publics, unknown, &publics));
}

TEST(more_subjects_than_one_question_may_name_are_too_many)
{
    OWN(scene) scene = {0};
    static ProtobufCBinaryData many[MAX_ASK_IDS + 1];
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i <= MAX_ASK_IDS; i++)
        many[i] = given_bin(ident_bytes(&scene.device));
    in.tenant = given_bin(ident_bytes(&scene.tenant.id));
    in.device = many[0];
    in.ids = many;
    in.n_ids = MAX_ASK_IDS + 1;
    CHECK_FAILS(ERR_TOO_LARGE, given_asked(&scene.given, ASK_subjects_publics, &in, NULL));
    CHECK_FAILS(ERR_TOO_LARGE, given_asked(&scene.given, ASK_subjects_make, &in, NULL));
}

TEST(a_deployment_key_says_why_it_is_refused)
{
    OWN(scene) scene = {0};
    const Keys__Deployment *once = NULL, *ended = NULL, *expired = NULL;
    struct given *given = &scene.given;
    str_t first, second;
    ident_t device, end;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_endpoint_key(given, &first));
    CHECK_OK(given_endpoint_key(given, &second));
    CHECK_OK(given_deployment(given, &scene.tenant, 1, &once));
    CHECK_OK(given_deployment(given, &scene.tenant, 5, &ended));
    CHECK_OK(given_deployment(given, &scene.tenant, 5, &expired));
    CHECK_OK(given_enrolled(given, once->key, first, &device));
    CHECK(given_refused(given_enrolled(given, once->key, second, &device), ERR_DENIED, "is used up"));
    CHECK_OK(ident_from(bin(ended->id), &end));
    CHECK_OK(deployment_ended(given, scene.tenant.cookie, end, false));
    CHECK_FAILS(ERR_MISSING, deployment_ended(given, scene.tenant.cookie, end, false));
    CHECK(given_refused(given_enrolled(given, ended->key, second, &device), ERR_DENIED, "is not known"));
    given->world.clock = expired->until;
    CHECK(given_refused(given_enrolled(given, expired->key, second, &device), ERR_DENIED, "has expired"));
    char invented[256];
    snprintf(invented, sizeof invented, "%s", expired->key);
    invented[60] = invented[60] == 'A' ? 'B' : 'A';
    CHECK(given_refused(given_enrolled(given, invented, second, &device), ERR_DENIED, "is not known"));
    CHECK_FAILS(ERR_INVALID, given_enrolled(given, "cdk_", second, &device));
    CHECK_FAILS(ERR_INVALID, given_enrolled(given, scene.tenant.cookie, second, &device));
}

TEST(an_endpoint_that_lost_its_answer_enrols_to_the_same_device)
{
    OWN(scene) scene = {0};
    const Keys__Deployment *deployment = NULL;
    Keys__Deployments *all = NULL;
    Keys__Bearer in = KEYS__BEARER__INIT;
    struct given *given = &scene.given;
    str_t public_der;
    ident_t one, two;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_endpoint_key(given, &public_der));
    CHECK_OK(given_deployment(given, &scene.tenant, 5, &deployment));
    CHECK_OK(given_enrolled(given, deployment->key, public_der, &one));
    CHECK_OK(given_enrolled(given, deployment->key, public_der, &two));
    CHECK(ident_eq(one, two) && !ident_eq(one, scene.device));
    in.bearer = text(scene.tenant.cookie);
    CHECK_OK(given_asked(given, ASK_deployment_list, &in, &all));
    CHECK(all->n_items == 2 && !*all->items[0]->key);
    for (size_t i = 0; i < 2; i++)
        CHECK(all->items[i]->used == 1 &&
              all->items[i]->uses == (str_eq(bin(all->items[i]->id), bin(deployment->id)) ? 5 : 1));
    CHECK_OK(named(given, ASK_device_destroy, scene.tenant.cookie, one));
    CHECK(given_refused(given_enrolled(given, deployment->key, public_der, &two), ERR_DENIED, "refused"));
}

TEST(an_endpoints_key_is_one_organisations)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    const Keys__Deployment *mine = NULL, *theirs = NULL;
    str_t public_der;
    ident_t device;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_endpoint_key(&scene.given, &public_der));
    CHECK_OK(given_deployment(&scene.given, &scene.tenant, 5, &mine));
    CHECK_OK(given_deployment(&scene.given, &other, 5, &theirs));
    CHECK_OK(given_enrolled(&scene.given, mine->key, public_der, &device));
    CHECK_FAILS(ERR_DENIED, given_enrolled(&scene.given, theirs->key, public_der, &device));
    CHECK_FAILS(ERR_INVALID, given_enrolled(&scene.given, theirs->key, STR("no key"), &device));
    CHECK_OK(given_endpoint_key(&scene.given, &public_der));
    CHECK_OK(given_enrolled(&scene.given, theirs->key, public_der, &device)); /* what failed took no use */
}

TEST(a_deployment_key_has_uses_and_an_end)
{
    OWN(scene) scene = {0};
    const Keys__Deployment *deployment = NULL;
    Keys__DeploymentMake past = KEYS__DEPLOYMENT_MAKE__INIT;
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_INVALID, given_deployment(&scene.given, &scene.tenant, 0, &deployment));
    CHECK_FAILS(ERR_INVALID, given_deployment(&scene.given, &scene.tenant, 1000001, &deployment));
    CHECK_FAILS(ERR_INVALID, given_deployment(&scene.given, &scene.tenant, -1, &deployment));
    past.bearer = text(scene.tenant.cookie);
    past.uses = 1;
    past.until = scene.given.world.clock;
    CHECK_FAILS(ERR_INVALID, given_asked(&scene.given, ASK_deployment_make, &past, NULL));
}

/* An enrolment of a computer of this name, with a deployment key that holds some or all for approval. */
static err_t enrolled_as(struct scene *scene, const char *pattern, bool hold, const char *name)
{
    Keys__DeploymentMake make = KEYS__DEPLOYMENT_MAKE__INIT;
    Keys__Enrol in = KEYS__ENROL__INIT;
    Keys__Deployment *deployment = NULL;
    Keys__Enrolled *enrolled = NULL;
    make.bearer = text(scene->tenant.cookie);
    make.name = text("lab");
    make.uses = 1;
    make.until = scene->given.world.clock + DAYS(1);
    make.pattern = text(pattern);
    make.hold = hold;
    TRY(given_asked(&scene->given, ASK_deployment_make, &make, &deployment));
    TRY(given_endpoint_key(&scene->given, &scene->public_der));
    in.key = deployment->key;
    in.public_der = given_bin(scene->public_der);
    in.name = text(name);
    TRY(given_asked(&scene->given, ASK_enrol, &in, &enrolled));
    scene->state = enrolled->state;
    TRY(ident_from(bin(deployment->id), &scene->deployment));
    return ident_from(bin(enrolled->device), &scene->device);
}

/* What the list of devices that need a look says of the scene's; "" where it is not on it. */
static const char *state_listed(struct scene *scene)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Devices *devices = NULL;
    in.bearer = text(scene->tenant.cookie);
    if (given_asked(&scene->given, ASK_device_states, &in, &devices) != ERR_OK)
        return "not answered";
    for (size_t i = 0; i < devices->n_items; i++)
        if (str_eq(bin(devices->items[i]->id), ident_bytes(&scene->device)))
            return devices->items[i]->state;
    return "";
}

static err_t live(struct scene *scene)
{
    struct key public;
    return public_of(&scene->given, (ident_t[]){scene->tenant.id, scene->device, scene->device}, &public);
}

TEST(a_device_that_is_held_gets_nothing_before_a_person_approves_it)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    const Keys__Token *viewer = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(enrolled_as(&scene, "", true, "lab-7"));
    CHECK(!strcmp(scene.state, "pending") && !strcmp(state_listed(&scene), "pending"));
    CHECK(given_refused(live(&scene), ERR_DENIED, "waits for approval"));
    CHECK_FAILS(ERR_DENIED, named(&scene.given, ASK_device_approve, viewer->token, scene.device));
    CHECK_FAILS(ERR_MISSING, named(&scene.given, ASK_device_approve, other.cookie, scene.device));
    CHECK_FAILS(ERR_DENIED, live(&scene));
    CHECK_OK(named(&scene.given, ASK_device_approve, scene.tenant.cookie, scene.device));
    CHECK_OK(live(&scene));
    CHECK(!*state_listed(&scene));
    CHECK_OK(named(&scene.given, ASK_device_approve, scene.tenant.cookie, scene.device));
}

TEST(computers_named_as_expected_need_no_approval)
{
    static const struct {
        const char *pattern, *name, *state;
    } rows[] = {
        {"", "anything", "approved"},         {"lab-*", "LAB-7", "approved"},
        {"lab-*", "office-7", "pending"},     {"lab-*", "lab", "pending"},
        {"lab-?", "lab-77", "pending"},       {"[", "lab-7", "pending"},
        {"lab-[0-9]*", "lab-7x", "approved"},
    };
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_OK(enrolled_as(&scene, rows[i].pattern, false, rows[i].name));
        CHECK(!strcmp(scene.state, rows[i].state));
    }
    CHECK_FAILS(ERR_INVALID, enrolled_as(&scene, "", false, ""));
}

TEST(a_revoked_device_is_shut_out_and_can_be_let_in_again_while_a_removed_one_cannot)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(named(&scene.given, ASK_device_revoke, scene.tenant.cookie, scene.device));
    CHECK(given_refused(live(&scene), ERR_DENIED, "revoked"));
    CHECK(!strcmp(state_listed(&scene), "revoked"));
    CHECK(opens(&scene, scene.tenant.cookie, scene.device)); /* what it sent is still the client's to read */
    CHECK_OK(named(&scene.given, ASK_device_approve, scene.tenant.cookie, scene.device));
    CHECK_OK(live(&scene));
    CHECK_OK(named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device));
    CHECK_FAILS(ERR_MISSING, named(&scene.given, ASK_device_approve, scene.tenant.cookie, scene.device));
    CHECK_FAILS(ERR_MISSING, named(&scene.given, ASK_device_revoke, scene.tenant.cookie, scene.device));
    CHECK_FAILS(ERR_DENIED, live(&scene));
    CHECK(!*state_listed(&scene));
}

TEST(a_deployment_key_can_take_back_what_it_enrolled)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    ident_t before = scene.device;
    CHECK_OK(enrolled_as(&scene, "", false, "lab-7"));
    CHECK_OK(live(&scene));
    CHECK_OK(deployment_ended(&scene.given, scene.tenant.cookie, scene.deployment, true));
    CHECK_FAILS(ERR_DENIED, live(&scene));
    scene.device = before;
    CHECK_OK(live(&scene));
}

static err_t renewed(struct scene *scene, ident_t tenant, str_t public_der, moment_t *out_until)
{
    Keys__Renew in = KEYS__RENEW__INIT;
    Keys__Certificate *certificate = NULL;
    in.tenant = given_bin(ident_bytes(&tenant));
    in.device = given_bin(ident_bytes(&scene->device));
    in.public_der = given_bin(public_der);
    TRY(given_asked(&scene->given, ASK_renew, &in, &certificate));
    return cert_until(bin(certificate->pem), out_until);
}

TEST(a_device_renews_its_certificate_for_its_own_key_only)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    str_t another;
    moment_t until = 0;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_endpoint_key(&scene.given, &another));
    CHECK_OK(enrolled_as(&scene, "", false, "lab-7"));
    scene.given.world.clock += DAYS(5);
    CHECK_OK(renewed(&scene, scene.tenant.id, scene.public_der, &until));
    CHECK(until == scene.given.world.clock + DAYS(7));
    CHECK(given_refused(renewed(&scene, scene.tenant.id, another, &until), ERR_DENIED, "another key"));
    CHECK(given_refused(renewed(&scene, other.id, scene.public_der, &until), ERR_DENIED, "not enrolled"));
    CHECK_FAILS(ERR_DENIED, renewed(&scene, scene.tenant.id, STR(""), &until));
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&scene.given, &login, &scene.tenant.cookie));
    CHECK_OK(named(&scene.given, ASK_device_revoke, scene.tenant.cookie, scene.device));
    CHECK_FAILS(ERR_DENIED, renewed(&scene, scene.tenant.id, scene.public_der, &until));
}

TEST(nothing_enrols_before_an_organisation_has_its_key)
{
    OWN(given) given = {0};
    OWN(buf) key = BUF(256);
    OWN(buf) bytes = BUF(256);
    struct given_tenant tenant;
    str_t public_der;
    ident_t device;
    static const char secret[64];
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_tenant(&given, "example", &tenant));
    buf_put(&bytes, ident_bytes(&tenant.id));
    buf_put(&bytes, str_bytes(secret, sizeof secret));
    buf_put(&key, STR("cdk_"));
    buf_put_base64(&key, buf_str(&bytes));
    CHECK_OK(given_endpoint_key(&given, &public_der));
    CHECK(given_refused(given_enrolled(&given, key.at, public_der, &device), ERR_DENIED, "is not known"));
}

TESTS(a_record_sealed_to_a_device_opens_for_people_in_session, another_organisation_opens_nothing,
      a_box_of_another_subject_is_named_as_broken_and_the_shape_of_the_question_is_checked,
      after_a_device_is_destroyed_nobody_opens_its_records_or_its_peoples,
      a_device_gets_the_keys_of_its_own_subjects_only,
      what_was_opened_a_moment_ago_is_told_of_again_and_goes_when_any_key_is_destroyed,
      a_device_is_given_what_to_seal_to_with_the_word_of_the_authority_that_it_knows,
      a_device_of_another_organisation_gets_nothing, more_subjects_than_one_question_may_name_are_too_many,
      a_deployment_key_says_why_it_is_refused, an_endpoint_that_lost_its_answer_enrols_to_the_same_device,
      an_endpoints_key_is_one_organisations, a_deployment_key_has_uses_and_an_end,
      nothing_enrols_before_an_organisation_has_its_key,
      a_device_that_is_held_gets_nothing_before_a_person_approves_it,
      computers_named_as_expected_need_no_approval,
      a_revoked_device_is_shut_out_and_can_be_let_in_again_while_a_removed_one_cannot,
      a_deployment_key_can_take_back_what_it_enrolled, a_device_renews_its_certificate_for_its_own_key_only)
