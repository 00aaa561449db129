/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/part.h"

#include "crypt/written.h"
#include <libgfshare.h>

enum { PART_DIGITS = 48, BODY = 27, CHECK = 3, PART_BYTES = BODY + CHECK };

void part_drop(struct part *part) { explicit_bzero(part, sizeof *part); }
void joined_drop(struct joined *joined) { explicit_bzero(joined, sizeof *joined); }

/* The library asks for randomness by a pointer without context: each thread gives its own. It asks for some to wipe with as
 * well, so joining needs it too. */
static _Thread_local struct env *filling;
static void fill(unsigned char *at, unsigned int len) { filling->random(filling, at, len); }

static void fill_from(struct env *env)
{
    filling = env;
    gfshare_fill_rand = fill;
}

uint16_t part_client(ident_t tenant)
{
    uint8_t hash[DIGEST_SIZE];
    digest_of((const str_t[]){STR("custody guardians"), ident_bytes(&tenant)}, 2, hash);
    return (uint16_t)(hash[0] << 8 | hash[1]);
}

static void with_digest(const uint8_t kit[KIT_BYTES], uint8_t out_secret[SHARE_BYTES])
{
    uint8_t hash[DIGEST_SIZE];
    digest(str_bytes(kit, KIT_BYTES), hash);
    memcpy(out_secret, kit, KIT_BYTES);
    memcpy(out_secret + KIT_BYTES, hash, SHARE_CHECK);
    explicit_bzero(hash, sizeof hash);
}

static bool set_is_sound(const struct part_set *set)
{
    return set->need >= GUARDIANS_LEAST && set->need <= set->count && set->count <= GUARDIANS_MOST;
}

err_t kit_split(struct env *env, const uint8_t kit[KIT_BYTES], const struct part_set *set,
                struct part *out_parts)
{
    static const uint8_t order[GUARDIANS_MOST] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    uint8_t secret[SHARE_BYTES], numbers[GUARDIANS_MOST];
    if (!set_is_sound(set))
        return fail(ERR_INVALID, "2 to %d guardians, of whom 2 or more are needed", GUARDIANS_MOST);
    fill_from(env);
    memcpy(numbers, order, sizeof numbers);
    gfshare_ctx *context = gfshare_ctx_init_enc(numbers, set->count, set->need, SHARE_BYTES);
    if (!context)
        return fail(ERR_BUSY, "no memory to split a key");
    with_digest(kit, secret);
    gfshare_ctx_enc_setsecret(context, secret);
    for (uint8_t i = 0; i < set->count; i++) {
        out_parts[i] = (struct part){.set = *set, .number = order[i]};
        gfshare_ctx_enc_getshare(context, i, out_parts[i].share);
    }
    gfshare_ctx_free(context);
    explicit_bzero(secret, sizeof secret);
    return ERR_OK;
}

/* Text */

static void check_of(const uint8_t *body, uint8_t out_check[CHECK])
{
    uint8_t hash[DIGEST_SIZE];
    digest(str_bytes(body, BODY), hash);
    memcpy(out_check, hash, CHECK);
}

void part_put(const struct part *part, buf_t *out_text)
{
    uint8_t all[PART_BYTES] = {(uint8_t)(part->number << 4 | part->set.need),
                               (uint8_t)(part->set.number >> 8), (uint8_t)part->set.number,
                               (uint8_t)(part->set.client >> 8), (uint8_t)part->set.client};
    memcpy(all + BODY - SHARE_BYTES, part->share, SHARE_BYTES);
    check_of(all, all + BODY);
    written_put(all, PART_DIGITS, out_text);
    explicit_bzero(all, sizeof all);
}

static err_t part_unpack(const uint8_t all[PART_BYTES], struct part *out_part)
{
    uint8_t check[CHECK];
    check_of(all, check);
    if (memcmp(check, all + BODY, CHECK))
        return fail(ERR_INVALID, "a slip in typing: the part's last groups do not fit the others");
    *out_part = (struct part){.set = {.client = (uint16_t)(all[3] << 8 | all[4]),
                                      .number = (uint16_t)(all[1] << 8 | all[2]),
                                      .need = all[0] & 15},
                              .number = all[0] >> 4};
    memcpy(out_part->share, all + BODY - SHARE_BYTES, SHARE_BYTES);
    bool sound = out_part->number >= 1 && out_part->number <= GUARDIANS_MOST &&
                 out_part->set.need >= GUARDIANS_LEAST && out_part->set.need <= GUARDIANS_MOST;
    return sound ? ERR_OK : fail(ERR_INVALID, "no part of a recovery kit is numbered so");
}

err_t part_read(str_t text, struct part *out_part)
{
    uint8_t all[PART_BYTES];
    if (written_read(text, PART_DIGITS, all) != ERR_OK)
        return fail(ERR_INVALID, "a part has %d letters and digits in groups of four", PART_DIGITS);
    err_t read = part_unpack(all, out_part);
    explicit_bzero(all, sizeof all);
    return read;
}

/* Joining */

err_t part_fits(const struct part *have, size_t count, const struct part *part)
{
    if (!count)
        return ERR_OK;
    if (part->set.client != have->set.client)
        return fail(ERR_INVALID, "part %d is of another client", part->number);
    if (part->set.number != have->set.number || part->set.need != have->set.need)
        return fail(ERR_INVALID, "part %d is of set %d, the others are of set %d", part->number,
                    part->set.number, have->set.number);
    for (size_t i = 0; i < count; i++)
        if (have[i].number == part->number)
            return fail(ERR_INVALID, "part %d is there already", part->number);
    return ERR_OK;
}

/* The kit of the parts in `mask`, where what is joined holds. */
static err_t some_join(const struct part *parts, size_t count, unsigned mask, uint8_t out_secret[SHARE_BYTES])
{
    uint8_t numbers[GUARDIANS_MOST], again[SHARE_BYTES];
    uint8_t given = 0;
    for (size_t i = 0; i < count; i++)
        if (mask >> i & 1)
            numbers[given++] = parts[i].number;
    gfshare_ctx *context = gfshare_ctx_init_dec(numbers, given, SHARE_BYTES);
    if (!context)
        return fail(ERR_BUSY, "no memory to join parts");
    given = 0;
    for (size_t i = 0; i < count; i++)
        if (mask >> i & 1) {
            uint8_t share[SHARE_BYTES];
            memcpy(share, parts[i].share, SHARE_BYTES);
            gfshare_ctx_dec_giveshare(context, given++, share);
            explicit_bzero(share, sizeof share);
        }
    gfshare_ctx_dec_extract(context, out_secret);
    gfshare_ctx_free(context);
    with_digest(out_secret, again);
    bool holds = !memcmp(again, out_secret, SHARE_BYTES);
    explicit_bzero(again, sizeof again);
    return holds ? ERR_OK : ERR_INVALID;
}

static bool is_choice(unsigned mask, unsigned need) { return (unsigned)__builtin_popcount(mask) == need; }

err_t kit_join(struct env *env, const struct part *parts, size_t count, struct joined *out_joined)
{
    uint8_t secret[SHARE_BYTES];
    unsigned good = 0;
    if (!count || count < parts->set.need || count > GUARDIANS_MOST)
        return fail(ERR_INVALID, "%d parts are needed", count ? parts->set.need : GUARDIANS_LEAST);
    fill_from(env);
    for (unsigned mask = 0; mask < 1u << count; mask++) {
        err_t held = is_choice(mask, parts->set.need) ? some_join(parts, count, mask, secret) : ERR_INVALID;
        if (held == ERR_BUSY)
            return held;
        if (held != ERR_OK)
            continue;
        good |= mask;
        memcpy(out_joined->kit, secret, KIT_BYTES);
    }
    explicit_bzero(secret, sizeof secret);
    out_joined->wrong = 0;
    for (size_t i = 0; i < count; i++)
        if (!(good >> i & 1))
            out_joined->wrong |= (uint16_t)(1u << parts[i].number);
    return good
               ? ERR_OK
               : fail(
                     ERR_INVALID,
                     "these parts give no kit: one of them is wrong; with one more part it can be told which");
}
