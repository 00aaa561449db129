/* SPDX-License-Identifier: Apache-2.0 */
#include "api/assets.h"

#include "api/route.h"

#define POLICY \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " \
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\n" \
    "Referrer-Policy: no-referrer\nCross-Origin-Opener-Policy: same-origin\n"

static const struct asset *asset_find(str_t path)
{
    for (size_t i = 0; i < asset_count; i++)
        if (str_eq(str(assets[i].path), path))
            return &assets[i];
    return NULL;
}

/* A file whose name holds its hash never changes; any other path is a place within the page. */
void assets_answer(const struct request *request, struct reply *reply)
{
    bool is_hashed = str_starts(request->path, STR("/assets/"));
    const struct asset *asset = asset_find(request->path);
    if (!asset && !is_hashed)
        asset = asset_find(STR("/index.html"));
    if (!asset) {
        call_problem(reply, ERR_MISSING, "no such file");
        reply->asked.ordinary = true;
        return;
    }
    reply->status = 200;
    reply->content_type = asset->type;
    buf_put(&reply->headers, STR(POLICY));
    buf_put(&reply->headers, is_hashed ? STR("Cache-Control: public, max-age=31536000, immutable\n")
                                       : STR("Cache-Control: no-cache\n"));
    buf_put(&reply->body, str_bytes(asset->at, (size_t)(asset->end - asset->at)));
}
