/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/order.h"

#include "base/limits.h"

void order_drop(struct order **order)
{
    if (!*order)
        return;
    rules_drop(&(*order)->rules);
    names_drop(&(*order)->names);
    free(*order);
    *order = NULL;
}

void order_leave(struct order *order)
{
    if (order && atomic_fetch_sub(&order->holders, 1) == 1)
        order_drop(&order);
}

void orders_drop(struct orders *orders)
{
    order_leave(orders->now);
    orders->now = NULL;
}

static bool rules_ask_state(const struct rules *rules)
{
    for (size_t i = 0; rules_facts(rules) & FACT_PACKAGE && i < rules_count(rules); i++) {
        struct rule_text rule;
        rules_text(rules, i, &rule);
        if (memmem(rule.text.at, rule.text.len, "state", 5))
            return true;
    }
    return false;
}

static bool rules_settle(const struct rules *rules)
{
    return !rules_refuse(rules) && !rules_ask_who(rules) &&
           !(rules_facts(rules) & (FACT_PARENT | FACT_SCRIPT | FACT_ARGS)) &&
           !(rules_record(rules) & (FACT_ARGS | FACT_SHA256));
}

err_t order_make(struct rules *rules, struct names *names, ident_t device, struct order **out_order)
{
    struct order *order = calloc(1, sizeof *order);
    if (!order)
        return fail(ERR_BUSY, "no memory for an order");
    *order = (struct order){.rules = rules,
                            .names = names,
                            .device = device,
                            .refuses = rules_refuse(rules),
                            .settled = rules_settle(rules),
                            .closed = rules_fail_closed(rules),
                            .asks_state = rules_ask_state(rules)};
    order->asks_bytes = order->asks_state || rules_facts(rules) & FACT_SHA256;
    order->bound = names_for_rules(names, device);
    rules_bind(rules, &order->bound);
    atomic_init(&order->holders, 1);
    *out_order = order;
    return ERR_OK;
}

void order_replace(struct orders *orders, struct order *fresh)
{
    pthread_mutex_lock(&orders->lock);
    struct order *old = orders->now;
    fresh->generation = ++orders->generation;
    orders->now = fresh;
    pthread_mutex_unlock(&orders->lock);
    order_leave(old);
}

struct order *order_take(struct orders *orders)
{
    pthread_mutex_lock(&orders->lock);
    struct order *order = orders->now;
    atomic_fetch_add(&order->holders, 1);
    pthread_mutex_unlock(&orders->lock);
    return order;
}

err_t rules_that_observe(struct rules **out_rules)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    const struct rule_file file = {STR("00-none.rules"), STR("default observe\n")};
    return rules_read(&file, 1, out_rules, &trouble);
}
