/* SPDX-License-Identifier: Apache-2.0 */
#include "log/entry.h"

#include "crypt/seal.h"

static void put_id(buf_t *out, const char *prefix, ident_t id)
{
    buf_putf(out, "\"%s\"", ident_is_zero(id) ? prefix : ident_text(prefix, id).text);
}

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static void put_hash(buf_t *out, const uint8_t hash[DIGEST_SIZE])
{
    buf_put(out, STR(",\"digest\":\""));
    buf_put_base64(out, str_bytes(hash, DIGEST_SIZE));
    buf_put(out, STR("\""));
}

/* Sorted, so that the same subjects give the same digest whatever the order they were asked for in. */
static void put_digest(buf_t *out, const struct entry *entry)
{
    OWN(buf) ids = BUF(entry->on_count * sizeof(ident_t));
    uint8_t hash[DIGEST_SIZE];
    for (size_t i = 0; i < entry->on_count; i++)
        buf_put(&ids, ident_bytes(&entry->on[i].id));
    if (buf_end(&ids) != ERR_OK) {
        buf_fail(out, ids.state);
        return;
    }
    qsort(ids.at, entry->on_count, sizeof(ident_t), compare_ids);
    digest(buf_str(&ids), hash);
    put_hash(out, hash);
}

static void put_ids(buf_t *out, const struct entry *entry)
{
    buf_put(out, STR(",\"on\":["));
    for (size_t i = 0; i < entry->on_count; i++) {
        buf_put(out, i ? STR(",") : STR(""));
        put_id(out, entry->on[i].prefix, entry->on[i].id);
    }
    buf_put(out, STR("]"));
}

static void put_went(buf_t *out, const struct entry *entry)
{
    buf_putf(out, ",\"kind\":\"%s\",\"day\":\"%.10s\"", entry->kind, moment_text(DAYS(entry->day)).text);
}

void entry_put(const struct entry *entry, uint64_t seq, buf_t *out_line)
{
    static const ident_t none;
    bool many = entry->on_count > ENTRY_IDS;
    int64_t count = many ? (int64_t)entry->on_count : entry->count;
    buf_putf(out_line, "{\"seq\":%llu,\"at\":\"%s\",\"act\":\"%s\",\"by\":", (unsigned long long)seq,
             moment_text(entry->at).text, act_name(entry->act));
    if (entry->by.prefix)
        put_id(out_line, entry->by.prefix, entry->by.id);
    else
        buf_put(out_line, STR("\"operator\""));
    if (!ident_eq(entry->session, none)) {
        buf_put(out_line, STR(",\"session\":"));
        put_id(out_line, "ses", entry->session);
    }
    if (!ident_eq(entry->under, none)) {
        buf_put(out_line, STR(",\"under\":"));
        put_id(out_line, entry->under_as ? entry->under_as : "req", entry->under);
    }
    if (entry->on_count && !many)
        put_ids(out_line, entry);
    if (count)
        buf_putf(out_line, ",\"count\":%lld", (long long)count);
    if (many)
        put_digest(out_line, entry);
    else if (entry->digest)
        put_hash(out_line, entry->digest);
    if (entry->kind)
        put_went(out_line, entry);
    buf_put(out_line, STR("}"));
}
