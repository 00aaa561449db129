/* SPDX-License-Identifier: Apache-2.0 */
#include "life/life.h"

/* A day or a zone that is read has one text; whatever days a contract has, its calendar is in order and ends. */
static void life_hold(struct date date, int zone)
{
    struct contract contract = contract_usual;
    struct life_event events[LIFE_EVENTS];
    contract.licence_end = date;
    contract.offset_minutes = zone;
    const struct life_span span = {0, date_begin(date, zone), MOMENT_MAX};
    size_t count = life_events(&contract, &(struct life_facts){0}, &span, events);
    for (size_t i = 1; i < count; i++)
        if (events[i - 1].at > events[i].at)
            abort();
    if (count < 2)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t text = str_bytes(at, len);
    struct date date = {2026, 11, 30};
    int zone = 0;
    if (date_read(text, &date) == ERR_OK && !str_eq(str(date_text(date).text), text))
        abort();
    bool zoned = zone_read(text, &zone) == ERR_OK;
    if (zoned && !str_eq(str(zone_text(zone).text), text) && zone)
        abort();
    life_hold(date, zone);
    return 0;
}
