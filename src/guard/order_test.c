/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rules_given.h"
#include "guard/order.h"
#include "test/test.h"

static const ident_t device = {{9}};

static bool settled(const char *text)
{
    OWN(rules) rules = given_rules(text);
    OWN(names) names = NULL;
    OWN(order) order = NULL;
    if (!rules || names_read("", NULL, 0, &names) != ERR_OK ||
        order_make(rules, names, device, &order) != ERR_OK)
        return false;
    rules = NULL;
    names = NULL;
    return order->settled;
}

TEST(what_nobody_can_be_refused_and_no_record_asks_more_of_is_settled)
{
    CHECK(settled("default observe\n"));
    CHECK(settled("allow any : path=/opt/** trust=system\ndefault observe\n"));
    CHECK(settled("default observe record=path,parent\n"));
}

TEST(what_may_be_refused_or_needs_to_know_who_launches_with_what_is_not)
{
    CHECK(!settled("default deny\n"));
    CHECK(!settled("deny any : path=/opt/a\ndefault observe\n"));
    CHECK(!settled("allow user=people : path=/opt/a\ndefault observe\n"));
    CHECK(!settled("allow any : path=/opt/a parent=/bin/sh\ndefault observe\n"));
    CHECK(!settled("allow any : path=/opt/a args=-v\ndefault observe\n"));
    CHECK(!settled("default observe record=path,args\n"));
    CHECK(!settled("default observe record=path,sha256\n"));
}

TESTS(what_nobody_can_be_refused_and_no_record_asks_more_of_is_settled,
      what_may_be_refused_or_needs_to_know_who_launches_with_what_is_not)
