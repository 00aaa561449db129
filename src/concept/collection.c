/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/collection.h"

#define THIS collection
static const field_t fields[] = {COLLECTION(CONCEPT_FIELD)};
#undef THIS

const concept_t collection_concept = {
    .number = 8,
    .name = "collection",
    .plural = "collections",
    .prefix = "col",
    .purpose = "What a client lets be collected.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_TENANT,
    .home = HOME_TENANT,
    .restore = RESTORE_MONOTONE,
    .size = sizeof(struct collection),
    CONCEPT_FIELDS(fields),
};

bool collection_allows(const struct collection *collection, purpose_t purpose)
{
    switch (purpose) {
    case COLLECT_COMPUTER_NAME:
        return collection->computer_name;
    case COLLECT_MAC_ADDRESS:
        return collection->mac_address;
    case COLLECT_USERNAMES:
        return collection->usernames;
    case COLLECT_LOGGED_IN:
        return collection->logged_in;
    case COLLECT_IP_ADDRESSES:
        return collection->ip_addresses;
    case COLLECT_CONNECTING_IP:
        return collection->connecting_ip;
    case COLLECT_PROGRAMS:
        return collection->programs;
    case COLLECT_LAUNCHES:
        return collection->launches;
    default:
        return true;
    }
}
