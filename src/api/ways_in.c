/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody does to their own ways in: the password, and an authenticator.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"
#include <qrencode.h>

err_t api_password_change(struct call *call)
{
    const struct password_change_body *body = call->body;
    Keys__Again in = KEYS__AGAIN__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__None *none = NULL;
    AGAIN_FROM(body, &in, &assertion);
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.new_password = DATA(body->new_password);
    TRY(call_keys(call, &(struct question){ASK_password_change, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

/* Row by row, 1 for dark: whoever shows it makes a picture of it, or a page of half blocks. */
static err_t put_squares(const char *text, buf_t *json)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return fail(ERR_BUSY, "no memory for a QR code");
    buf_put(json, STR(",\"qr\":["));
    for (int row = 0; row < code->width; row++) {
        buf_put(json, row ? STR(",\"") : STR("\""));
        for (int column = 0; column < code->width; column++)
            buf_put_byte(json, code->data[row * code->width + column] & 1 ? '1' : '0');
        buf_put_byte(json, '"');
    }
    buf_put(json, STR("]"));
    QRcode_free(code);
    return ERR_OK;
}

static err_t put_codes(const Keys__Codes *codes, buf_t *json)
{
    OWN(buf) uri = BUF(512);
    if (codes->on)
        buf_putf(json, "{\"since\":\"%s\"", moment_text(codes->on).text);
    else
        buf_put(json, STR("{\"since\":null"));
    if (*codes->secret) {
        buf_putf(&uri, "otpauth://totp/Custody?secret=%s&issuer=Custody", codes->secret);
        TRY(buf_end(&uri));
        buf_putf(json, ",\"secret\":\"%s\",\"uri\":\"%s\"", codes->secret, uri.at);
        TRY(put_squares(uri.at, json));
    }
    buf_put(json, STR("}"));
    return ERR_OK;
}

err_t api_codes(struct call *call)
{
    Keys__Codes *codes = NULL;
    TRY(call_keys_bearer(call, ASK_codes_get, &codes));
    return put_codes(codes, &call->reply->body);
}

err_t api_codes_begin(struct call *call)
{
    Keys__Codes *codes = NULL;
    TRY(call_again(call, ASK_codes_begin, &codes));
    call->reply->status = 201;
    return put_codes(codes, &call->reply->body);
}

err_t api_codes_confirm(struct call *call)
{
    const struct code_confirm_body *body = call->body;
    Keys__CodesConfirm in = KEYS__CODES_CONFIRM__INIT;
    Keys__Codes *codes = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.code = CHARS(body->code);
    TRY(call_keys(call, &(struct question){ASK_codes_confirm, &in}, &codes));
    return put_codes(codes, &call->reply->body);
}

err_t api_codes_end(struct call *call)
{
    Keys__None *none = NULL;
    TRY(call_again(call, ASK_codes_end, &none));
    call->reply->status = 204;
    return ERR_OK;
}
