/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/strict.h"
#include "base/limits.h"

#include <strings.h>

/* clang-format off */
/*    name       status code       detail */
#define REFUSALS(R) \
    R(LINE,      400,   INVALID,   "a line of the head that does not end in CR LF, or holds a control character") \
    R(REQUEST,   400,   INVALID,   "not a request line of HTTP/1.0 or HTTP/1.1") \
    R(TARGET,    400,   INVALID,   "a request target that is not a path") \
    R(METHOD,    501,   INVALID,   "a method this server does not have") \
    R(HEADER,    400,   INVALID,   "a header line that is not a name directly followed by a colon") \
    R(TWICE,     400,   INVALID,   "a header that may stand once stands twice") \
    R(HOST,      400,   INVALID,   "HTTP/1.1 without a Host") \
    R(LENGTH,    400,   INVALID,   "a Content-Length that is not digits only") \
    R(CODING,    400,   INVALID,   "both a Content-Length and a Transfer-Encoding") \
    R(NO_LENGTH, 411,   INVALID,   "a body without a Content-Length") \
    R(NO_BODY,   400,   INVALID,   "a body with a method that has none") \
    R(EXPECT,    417,   INVALID,   "an expectation other than 100-continue") \
    R(BODY,      413,   TOO_LARGE, "a body past the limit") \
    R(HEAD,      431,   TOO_LARGE, "headers past the limit")
/* clang-format on */

enum {
#define R(name, status, code, detail) REFUSED_##name,
    REFUSALS(R)
#undef R
};

static const struct refusal refusals[] = {
#define R(name, status, code, detail) [REFUSED_##name] = {status, ERR_##code, detail},
    REFUSALS(R)
#undef R
};

#define REFUSED(name) (&refusals[REFUSED_##name])

static const struct {
    const char *name;
    bool body;
} methods[] = {{"GET", false}, {"POST", true}, {"PUT", true}, {"PATCH", true}, {"DELETE", false}};

/* Headers that mean something to this server; a second one would leave it open which of them counts. */
enum { HOST, LENGTH, CODING, EXPECT, CONNECTION };
static const char *const once[] = {
    [HOST] = "Host",
    [LENGTH] = "Content-Length",
    [CODING] = "Transfer-Encoding",
    [EXPECT] = "Expect",
    [CONNECTION] = "Connection",
    "Authorization",
    "Cookie",
    "Content-Type",
    "Content-Encoding",
    "Idempotency-Key",
    "If-Match",
    "Origin",
    "Range",
    "If-Range",
};
enum { ONCE = sizeof once / sizeof *once };

struct head {
    bool newer, body; /* HTTP/1.1; a method that may have a body */
    bool given[ONCE];
    str_t value[ONCE];
};

static bool same(str_t text, const char *name)
{
    return text.len == strlen(name) && !strncasecmp(text.at, name, text.len);
}

/* Up to and with the first empty line, as the most lenient reader sees it: what it would read further is judged too. */
static size_t head_length(str_t bytes)
{
    size_t start = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.at[i] != '\n')
            continue;
        if (i == start || (i == start + 1 && bytes.at[start] == '\r'))
            return i + 1;
        start = i + 1;
    }
    return 0;
}

/* The next line without its CR LF; false where it does not end so, or holds what no line may. */
static bool line_next(str_t *rest, str_t *out_line)
{
    str_t line = str_until(rest, '\n');
    if (!line.len || line.at[line.len - 1] != '\r')
        return false;
    line.len--;
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.at[i] < 0x20 || line.at[i] == 0x7f)
            return false;
    *out_line = line;
    return true;
}

static bool is_token(str_t text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i], lower = (char)(c | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && (!c || !strchr(others, c)))
            return false;
    }
    return text.len != 0;
}

/* An absolute path: two slashes at its start would be read as a host by some. */
static bool is_target(str_t text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= 0x20 || text.at[i] >= 0x7f || text.at[i] == '#')
            return false;
    return str_starts(text, STR("/")) && !str_starts(text, STR("//"));
}

static const struct refusal *request_line(struct head *head, str_t line)
{
    str_t rest = line, method = str_until(&rest, ' '), target = str_until(&rest, ' ');
    head->newer = str_eq(rest, STR("HTTP/1.1"));
    if (!is_token(method) || (!head->newer && !str_eq(rest, STR("HTTP/1.0"))))
        return REFUSED(REQUEST);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (str_eq(method, str(methods[i].name))) {
            head->body = methods[i].body;
            return is_target(target) ? NULL : REFUSED(TARGET);
        }
    return REFUSED(METHOD);
}

static const struct refusal *header_line(struct head *head, str_t line)
{
    str_t value = line, name = str_until(&value, ':');
    if (name.len == line.len || !is_token(name))
        return REFUSED(HEADER);
    for (size_t i = 0; i < ONCE; i++) {
        if (!same(name, once[i]))
            continue;
        if (head->given[i])
            return REFUSED(TWICE);
        head->given[i] = true;
        head->value[i] = str_trim(value);
    }
    return NULL;
}

static const struct refusal *length_check(const struct head *head, size_t max_body)
{
    uint64_t length = 0;
    str_t text = head->value[LENGTH];
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return REFUSED(LENGTH);
    while (text.len > 1 && text.at[0] == '0')
        text.at++, text.len--;
    if (!text.len)
        return REFUSED(LENGTH);
    bool fits = str_number(text, max_body, &length) == ERR_OK;
    if (!head->body && (length || !fits))
        return REFUSED(NO_BODY);
    return fits ? NULL : REFUSED(BODY);
}

static const struct refusal *framing_check(const struct head *head, size_t max_body)
{
    if (head->newer && !head->given[HOST])
        return REFUSED(HOST);
    if (head->given[CODING])
        return head->given[LENGTH] ? REFUSED(CODING) : REFUSED(NO_LENGTH);
    if (head->given[EXPECT] && !same(head->value[EXPECT], "100-continue"))
        return REFUSED(EXPECT);
    if (head->given[LENGTH])
        return length_check(head, max_body);
    /* The library takes a Connection that stays open, without a length, for a body without end. */
    if (head->body && head->given[CONNECTION] && !same(head->value[CONNECTION], "close"))
        return REFUSED(NO_LENGTH);
    return NULL;
}

const struct refusal *strict_judge(str_t bytes, size_t max_body, size_t *out_head)
{
    struct head head = {0};
    str_t line, rest = {bytes.at, head_length(bytes)};
    size_t length = rest.len;
    const struct refusal *refusal = NULL;
    if (length > MAX_HEADERS || (!length && bytes.len > MAX_HEADERS))
        return REFUSED(HEAD);
    *out_head = length;
    if (!length)
        return NULL;
    if (!line_next(&rest, &line))
        return REFUSED(LINE);
    refusal = request_line(&head, line);
    while (!refusal && rest.len) {
        if (!line_next(&rest, &line))
            return REFUSED(LINE);
        if (!line.len)
            break;
        refusal = header_line(&head, line);
    }
    return refusal ? refusal : framing_check(&head, max_body);
}
