/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/client.h"

#include "sys/env.h"

#include <openssl/pem.h>

enum { PATH_ROOM = 1024, STATUS_AT = 9 };

typedef BIO *bio_own;
static void bio_drop(BIO **bio) { BIO_free(*bio); }
typedef X509 *x509_own;
static void x509_drop(X509 **cert) { X509_free(*cert); }
typedef EVP_PKEY *pkey_own;
static void pkey_drop(EVP_PKEY **key) { EVP_PKEY_free(*key); }

void client_drop(struct client *client)
{
    SSL_free(client->tls);
    fd_drop(&client->fd);
    *client = (struct client){0};
}

static err_t identity_use(SSL_CTX *context, str_t pem)
{
    OWN(bio) bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    OWN(pkey) key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    OWN(x509) cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (!key || !cert || SSL_CTX_use_certificate(context, cert) != 1 ||
        SSL_CTX_use_PrivateKey(context, key) != 1)
        return fail(ERR_INVALID, "not an identity");
    return ERR_OK;
}

err_t client_context(str_t identity_pem, SSL_CTX **out_context)
{
    OWN(tls) context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return fail(ERR_BUSY, "no memory for TLS");
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (identity_pem.len)
        TRY(identity_use(context, identity_pem));
    *out_context = give(context);
    return ERR_OK;
}

err_t client_open(SSL_CTX *context, uint16_t port, struct client *out_client)
{
    OWN(client) client = {0};
    TRY(env_real()->dial(env_real(), "127.0.0.1", port, &client.fd));
    client.tls = SSL_new(context);
    if (!client.tls || SSL_set_fd(client.tls, client.fd) != 1 || SSL_connect(client.tls) != 1)
        return fail(ERR_UNREACHABLE, "no TLS with port %u", port);
    *out_client = give(client);
    return ERR_OK;
}

void post_put(const struct post *post, buf_t *out_bytes)
{
    buf_putf(out_bytes, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n", post->path,
             post->type);
    buf_putf(out_bytes, "Content-Length: %zu\r\n\r\n", post->body.len);
    buf_put(out_bytes, post->body);
}

static err_t say(struct client *client, str_t bytes)
{
    while (bytes.len) {
        int sent = SSL_write(client->tls, bytes.at, (int)bytes.len);
        if (sent <= 0)
            return fail(ERR_UNREACHABLE, "the server has closed the connection");
        bytes = str_bytes(bytes.at + sent, bytes.len - (size_t)sent);
    }
    return ERR_OK;
}

/* Where the body begins; 0 while the head is not whole. */
static size_t head_end(const buf_t *heard)
{
    const char *end = heard->len ? strstr(heard->at, "\r\n\r\n") : NULL;
    return end ? (size_t)(end - heard->at) + 4 : 0;
}

static size_t body_length(const buf_t *heard)
{
    const char *at = strcasestr(heard->at, "\r\nContent-Length: ");
    return at ? (size_t)strtoul(at + 18, NULL, 10) : 0;
}

static err_t hear(struct client *client, buf_t *out_heard, size_t *out_head)
{
    for (;;) {
        char piece[16 * 1024];
        size_t head = head_end(out_heard);
        if (head && out_heard->len >= head + body_length(out_heard)) {
            *out_head = head;
            return ERR_OK;
        }
        int got = SSL_read(client->tls, piece, sizeof piece);
        if (got <= 0)
            return fail(ERR_UNREACHABLE, "the server has closed the connection");
        buf_put(out_heard, str_bytes(piece, (size_t)got));
        TRY(buf_end(out_heard));
    }
}

err_t client_post(struct client *client, const struct post *post, buf_t *out_answer)
{
    OWN(buf) request = BUF(post->body.len + 1024);
    OWN(buf) heard = BUF(ANSWER_ROOM);
    size_t head = 0;
    post_put(post, &request);
    TRY(buf_end(&request));
    TRY(say(client, buf_str(&request)));
    TRY(hear(client, &heard, &head));
    if (heard.at[STATUS_AT] != '2')
        return fail(ERR_DENIED, "%s answers %.3s: %s", post->path, heard.at + STATUS_AT, heard.at + head);
    buf_put(out_answer, str_bytes(heard.at + head, heard.len - head));
    return buf_end(out_answer);
}

err_t identity_write(const char *folder, size_t number, const struct identity *identity)
{
    char path[PATH_ROOM];
    OWN(buf) text = BUF(PEM_ROOM);
    snprintf(path, sizeof path, "%s/%zu.pem", folder, number);
    buf_putf(&text, "%s\n", ident_text("dev", identity->device).text);
    buf_put(&text, identity->key_pem);
    buf_put(&text, identity->cert_pem);
    TRY(buf_end(&text));
    return env_real()->write_file(env_real(), path, buf_str(&text), 0600);
}

err_t identity_read(const char *folder, size_t number, ident_t *out_device, buf_t *out_pem)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%zu.pem", folder, number);
    TRY(env_real()->read_file(env_real(), path, out_pem));
    str_t rest = buf_str(out_pem);
    return ident_read("dev", str_until(&rest, '\n'), out_device);
}
