/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a rule file, and the rest of them as an attempt. What is refused is refused with its reason; of what
 * is taken each rule's text reads again, and decides the same wherever it is asked.
 */
#include "base/limits.h"
#include "govern/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

/* Everything is known, and made of what the input says behind its first NUL. */
static void try_attempt(const struct rules *rules, str_t input)
{
    struct verdict verdict, again;
    OWN(buf) args = BUF(64 * 1024);
    str_t parent = input, path = str_until(&parent, '\n');
    struct attempt attempt = {.uid = (uid_t)input.len,
                              .path = path,
                              .known = ~0U,
                              .home = path,
                              .script = parent,
                              .interpreter = path,
                              .args = input,
                              .package = path,
                              .ancestors = &parent,
                              .ancestor_count = 1};
    rules_decide(rules, &attempt, &verdict);
    rules_decide(rules, &attempt, &again);
    require(verdict.rule == again.rule &&
            (verdict.rule < rules_count(rules) || verdict.rule == RULE_DEFAULT));
    require(verdict.decision == DECISION_ELEVATE || (!verdict.needs && !verdict.emergency));
    rules_hide(rules, input, &args);
}

static void try_texts(const struct rules *rules)
{
    struct rule_text text;
    for (size_t i = 0; i < rules_count(rules) && i < 64; i++) {
        rules_text(rules, i, &text);
        require(text.text.len && text.line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(buf) trouble = BUF(512);
    OWN(rules) rules = NULL;
    str_t input = str_bytes(at, len), text = str_until(&input, '\0');
    struct rule_file file = {STR("10-fuzz.rules"), text};
    if (rules_read(&file, 1, &rules, &trouble) != ERR_OK) {
        require(trouble.len && buf_end(&trouble) == ERR_OK);
        return 0;
    }
    try_texts(rules);
    try_attempt(rules, input);
    return 0;
}
