/* SPDX-License-Identifier: Apache-2.0
 *
 * Approvals of elevations, and codes: what was said yes to, to the byte, and nothing else.
 */
#include "govern/elevation.h"

#include "govern/spoken.h"
#include "sys/env_virtual.h"
#include "test/test.h"

struct scene {
    struct world world;
    struct note_signer signer;
    struct elevation asked; /* without its time */
    struct elevation given;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { world_drop(&scene->world); }

static err_t scene_open(struct scene *scene)
{
    const struct elevated what = {0, STR("/usr/bin/apt-get"), STR("install\0curl\0")};
    struct env *env = &scene->world.env;
    world_open(&scene->world, 11);
    TRY(crypt_start());
    scene->asked = (struct elevation){.tenant = ident_new(env),
                                      .device = ident_new(env),
                                      .request = ident_new(env),
                                      .account = ident_new(env),
                                      .policy = 7};
    elevation_command(&what, scene->asked.command);
    scene->given = scene->asked;
    scene->given.until = SECONDS(1795845600);
    scene->given.from = scene->given.until - MINUTES(CODE_MINUTES);
    scene->given.once = true;
    return note_signer_new(env, NOTE_ED25519, STR("custody/ten/policy"), &scene->signer);
}

static err_t opened(struct scene *scene, str_t note, moment_t now)
{
    struct elevation elevation = {0};
    TRY(elevation_open(note, &scene->signer.key, &elevation));
    return elevation_allows(&elevation, &(struct elevation_use){&scene->asked, now});
}

TEST(an_approval_reads_back_as_it_was_signed)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) first = BUF(ELEVATION_MAX);
    OWN(buf) again = BUF(ELEVATION_MAX);
    struct elevation read = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(elevation_sign(&scene.signer, &scene.given, &note));
    CHECK_OK(elevation_open(buf_str(&note), &scene.signer.key, &read));
    elevation_put(&scene.given, &first);
    elevation_put(&read, &again);
    CHECK(str_eq(buf_str(&first), buf_str(&again)));
    CHECK_OK(opened(&scene, buf_str(&note), scene.given.from));
}

TEST(every_altered_byte_of_an_approval_is_noticed)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(elevation_sign(&scene.signer, &scene.given, &note));
    for (size_t i = 0; i < note.len; i++) {
        note.at[i] ^= 1;
        CHECK(opened(&scene, buf_str(&note), scene.given.from) != ERR_OK);
        note.at[i] ^= 1;
    }
}

/* Signed by the right key, for something else. */
static err_t allowed(struct scene *scene, const struct elevation *given, moment_t now)
{
    OWN(buf) note = BUF(ELEVATION_MAX);
    TRY(elevation_sign(&scene->signer, given, &note));
    return opened(scene, buf_str(&note), now);
}

TEST(an_approval_for_another_machine_account_command_request_or_policy_is_refused)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    moment_t now = scene.given.from;
    ident_t *const ids[] = {&scene.given.tenant, &scene.given.device, &scene.given.request,
                            &scene.given.account};
    CHECK_OK(allowed(&scene, &scene.given, now));
    for (size_t i = 0; i < 4; i++) {
        ids[i]->bytes[0] ^= 1;
        CHECK_FAILS(ERR_DENIED, allowed(&scene, &scene.given, now));
        ids[i]->bytes[0] ^= 1;
    }
    scene.given.command[31] ^= 1;
    CHECK_FAILS(ERR_DENIED, allowed(&scene, &scene.given, now));
    scene.given.command[31] ^= 1;
    scene.given.policy++;
    CHECK_FAILS(ERR_DENIED, allowed(&scene, &scene.given, now));
}

TEST(an_approval_holds_within_its_time_only_and_never_longer_than_eight_hours)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(allowed(&scene, &scene.given, scene.given.until - 1));
    CHECK_FAILS(ERR_DENIED, allowed(&scene, &scene.given, scene.given.until));
    CHECK_FAILS(ERR_DENIED, allowed(&scene, &scene.given, scene.given.from - 1));
    scene.given.from = scene.given.until - MINUTES(ELEVATION_MINUTES) - SECONDS(1);
    CHECK_FAILS(ERR_DENIED, allowed(&scene, &scene.given, scene.given.until - 1));
}

TEST(another_clients_signature_is_none)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    struct note_signer other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(note_signer_new(&scene.world.env, NOTE_ED25519, STR("custody/ten/policy"), &other));
    CHECK_OK(elevation_sign(&other, &scene.given, &note));
    CHECK_FAILS(ERR_LOCKED, opened(&scene, buf_str(&note), scene.given.from));
}

TEST(a_code_of_twenty_three_groups_opens_what_was_asked_and_nothing_else)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) code = BUF(SPOKEN_TEXT_MAX);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(elevation_sign(&scene.signer, &scene.given, &note));
    CHECK_OK(elevation_code(buf_str(&note), &code));
    CHECK(code.len == 114 + 22);
    struct elevation typed = scene.asked;
    CHECK_OK(elevation_decode(buf_str(&code), &scene.signer.key, &typed));
    CHECK(typed.once && typed.until == scene.given.until);
    CHECK_OK(elevation_allows(&typed, &(struct elevation_use){&scene.asked, typed.from}));
    typed = scene.asked;
    typed.command[0] ^= 1;
    CHECK_FAILS(ERR_LOCKED, elevation_decode(buf_str(&code), &scene.signer.key, &typed));
    typed = scene.asked;
    typed.device.bytes[3] ^= 1;
    CHECK_FAILS(ERR_LOCKED, elevation_decode(buf_str(&code), &scene.signer.key, &typed));
}

TEST(a_slip_of_the_hand_in_a_code_is_told_from_a_wrong_code)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) code = BUF(SPOKEN_TEXT_MAX);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(elevation_sign(&scene.signer, &scene.given, &note));
    CHECK_OK(elevation_code(buf_str(&note), &code));
    for (size_t i = 0; i < code.len; i++) {
        struct elevation typed = scene.asked;
        char was = code.at[i];
        code.at[i] = was == '7' ? '8' : '7';
        CHECK(elevation_decode(buf_str(&code), &scene.signer.key, &typed) == ERR_INVALID);
        code.at[i] = was;
    }
}

TEST(only_an_approval_for_one_use_becomes_a_code)
{
    OWN(scene) scene = {0};
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) code = BUF(SPOKEN_TEXT_MAX);
    CHECK_OK(scene_open(&scene));
    scene.given.once = false;
    CHECK_OK(elevation_sign(&scene.signer, &scene.given, &note));
    CHECK_FAILS(ERR_INVALID, elevation_code(buf_str(&note), &code));
}

TEST(what_the_terminal_shows_says_which_request_and_notices_another_command)
{
    OWN(scene) scene = {0};
    OWN(buf) text = BUF(SPOKEN_TEXT_MAX);
    struct elevation heard = {0};
    uint8_t prefix[PREFIX_SIZE];
    CHECK_OK(scene_open(&scene));
    elevation_spell(&scene.asked, &text);
    CHECK_OK(elevation_hear(buf_str(&text), &heard, prefix));
    CHECK(ident_eq(heard.device, scene.asked.device) && ident_eq(heard.request, scene.asked.request) &&
          ident_eq(heard.account, scene.asked.account) && heard.policy == 7);
    CHECK(!memcmp(prefix, scene.asked.command, PREFIX_SIZE));
    CHECK_FAILS(ERR_INVALID, elevation_hear(STR("00000-00000"), &heard, prefix));
}

TEST(what_was_written_down_is_read_in_either_case_and_with_its_letters_confused)
{
    OWN(buf) text = BUF(SPOKEN_TEXT_MAX);
    OWN(buf) bytes = BUF(SPOKEN_MAX);
    CHECK_OK(crypt_start());
    spoken_put(STR("\x01\x02 custody"), &text);
    for (size_t i = 0; i < text.len; i++)
        text.at[i] = (char)(text.at[i] == '0'   ? 'o'
                            : text.at[i] == '1' ? 'l'
                            : text.at[i] == '-' ? ' '
                                                : text.at[i] | 0x20);
    CHECK_OK(spoken_read(buf_str(&text), &bytes));
    CHECK(str_eq(buf_str(&bytes), STR("\x01\x02 custody")));
}

TEST(where_an_argument_ends_is_part_of_the_command)
{
    uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE], third[DIGEST_SIZE];
    CHECK_OK(crypt_start());
    elevation_command(&(struct elevated){0, STR("/bin/x"), STR("a\0b\0")}, first);
    elevation_command(&(struct elevated){0, STR("/bin/x"), STR("a b\0")}, second);
    elevation_command(&(struct elevated){33, STR("/bin/x"), STR("a\0b\0")}, third);
    CHECK(memcmp(first, second, DIGEST_SIZE) != 0 && memcmp(first, third, DIGEST_SIZE) != 0);
}

TESTS(an_approval_reads_back_as_it_was_signed, every_altered_byte_of_an_approval_is_noticed,
      an_approval_for_another_machine_account_command_request_or_policy_is_refused,
      an_approval_holds_within_its_time_only_and_never_longer_than_eight_hours,
      another_clients_signature_is_none, a_code_of_twenty_three_groups_opens_what_was_asked_and_nothing_else,
      a_slip_of_the_hand_in_a_code_is_told_from_a_wrong_code, only_an_approval_for_one_use_becomes_a_code,
      what_the_terminal_shows_says_which_request_and_notices_another_command,
      what_was_written_down_is_read_in_either_case_and_with_its_letters_confused,
      where_an_argument_ends_is_part_of_the_command)
