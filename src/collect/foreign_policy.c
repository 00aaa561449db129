/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/foreign_policy.h"

#include "base/limits.h"
#include "govern/policy.h"

void foreign_policy_drop(struct foreign_policy *policy) { rules_drop(&policy->rules); }

static err_t signature_check(struct desk *desk, ident_t tenant, ident_t device, str_t note)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    Keys__Signer *out = NULL;
    struct note_key key;
    struct policy policy;
    in.tenant = (ProtobufCBinaryData){16, tenant.bytes};
    in.device = (ProtobufCBinaryData){16, device.bytes};
    TRY(keys_ask(desk->channel, &(struct question){ASK_signer_public, &in}, desk->arena, &out));
    TRY(policy_key_read(str(out->key), tenant, &key));
    return policy_open(note, &key, &policy);
}

static err_t newest_read(const struct kept_policy *kept, struct foreign_policy *out_policy)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    struct note note;
    struct policy policy;
    OWN(rules) rules = NULL;
    TRY(policy_split(kept->note, &note));
    TRY(policy_read(note.text, &policy));
    TRY(rules_read(policy.files, policy.count, &rules, &trouble));
    *out_policy = (struct foreign_policy){kept->number, give(rules)};
    return ERR_OK;
}

err_t foreign_policy_read(struct desk *desk, ident_t tenant, const ident_t *device,
                          struct foreign_policy *out_policy)
{
    struct kept_policy kept;
    *out_policy = (struct foreign_policy){0};
    TRY(policies_newest(desk, tenant, &kept));
    if (!kept.number)
        return ERR_OK;
    TRY(policies_one(desk, tenant, kept.number, &kept));
    err_t checked = device ? signature_check(desk, tenant, *device, kept.note) : ERR_OK;
    if (checked == ERR_LOCKED)
        return ERR_OK;
    TRY(checked);
    return newest_read(&kept, out_policy);
}

struct finding {
    struct desk *desk;
    ident_t device;
    struct following *following;
};

static err_t following_act(struct tx *tx, void *with)
{
    const struct finding *finding = with;
    struct record_page page = {0};
    TRY(record_list(tx, &following_concept, &(struct record_ask){.id = &finding->device},
                    finding->desk->arena, &page));
    if (page.count)
        *finding->following = *(const struct following *)page.records[0].plain;
    return ERR_OK;
}

err_t foreign_following(struct desk *desk, ident_t tenant, ident_t device, struct following *out_following)
{
    *out_following = (struct following){0};
    return store_read(desk->store, tenant, following_act, &(struct finding){desk, device, out_following});
}

static bool is_partly(const struct rollout_device *device)
{
    return str_eq(device->said.trouble, str(policy_trouble_word(POLICY_PARTLY)));
}

err_t foreign_left_out(struct desk *desk, ident_t tenant, struct rollout *rollout)
{
    OWN(foreign_policy) policy = {0};
    for (size_t i = 0; i < rollout->count; i++) {
        struct rollout_device *device = &rollout->devices[i];
        struct expressed expressed = {0};
        if (!is_partly(device))
            continue;
        if (!policy.rules)
            TRY(foreign_policy_read(desk, tenant, NULL, &policy));
        if (policy.rules)
            TRY(rules_express(policy.rules, device->device, desk->arena, &expressed));
        device->left_out = expressed.left_out;
    }
    return ERR_OK;
}
