/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/extract.h"

#include "extract/gather.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LEN = 1024, SCOPE_MOST = 64 * 1024 * 1024 };

typedef struct {
    char text[PATH_LEN];
} path_t;

static path_t path_of(const char *folder, ident_t export)
{
    path_t path;
    snprintf(path.text, sizeof path.text, "%s/%s.zip.age", folder, ident_text("exp", export).text);
    return path;
}

err_t extract_folder(const char *folder)
{
    return mkdir(folder, 0700) == 0 || errno == EEXIST
               ? ERR_OK
               : fail(ERR_BROKEN, "cannot make %s: %s", folder, strerror(errno));
}

/* Some hundred keys at once, so that nobody else waits for long. */
err_t extract_seal(struct desk *desk, const struct extract_seal *ask)
{
    for (bool sealing = true; sealing;) {
        OWN(arena) arena = ARENA(1 << 20);
        Keys__Named in = KEYS__NAMED__INIT;
        Keys__Export *export = NULL;
        in.bearer = (char *)(uintptr_t)ask->bearer;
        in.id = (ProtobufCBinaryData){sizeof(ident_t), (uint8_t *)(uintptr_t)ask->export.bytes};
        TRY(keys_ask(desk->channel, &(struct question){ASK_export_seal, &in}, &arena, &export));
        sealing = !strcmp(export->state, "sealing");
        TRY(ask->told(ask->with, &(struct extract_progress){EXTRACT_SEALING, (uint64_t) export->sealed,
                                                            (uint64_t) export->entries}));
    }
    return ERR_OK;
}

static err_t moved(void *with, uint64_t records)
{
    const struct extract_ask *ask = with;
    return ask->told(ask->with, &(struct extract_progress){EXTRACT_GATHERING, records, 0});
}

static struct archive_about about_of(const Keys__ExportScope *scope)
{
    struct archive_about about = {
        .client = scope->name,
        .kind = scope->export->kind,
        .recipient = scope->export->recipient,
        .what = scope->n_subjects ? "What is kept about one person" : "Everything that is kept",
        .accepted = scope->export->made,
    };
    memcpy(&about.tenant, scope->export->tenant.data, sizeof about.tenant);
    memcpy(&about.export, scope->export->id.data, sizeof about.export);
    memcpy(&about.by, scope->export->by.data, sizeof about.by);
    return about;
}

static err_t made_tell(struct desk *desk, const char *ticket, const struct archive_made *made)
{
    OWN(arena) arena = ARENA(1 << 16);
    Keys__ExportArchive in = KEYS__EXPORT_ARCHIVE__INIT;
    Keys__None *none = NULL;
    in.ticket = (char *)(uintptr_t)ticket;
    in.size = (int64_t)made->size;
    in.digest = (ProtobufCBinaryData){DIGEST_SIZE, (uint8_t *)(uintptr_t)made->digest};
    in.manifest = (ProtobufCBinaryData){DIGEST_SIZE, (uint8_t *)(uintptr_t)made->manifest};
    in.files = (int64_t)made->files;
    in.records = (int64_t)made->records;
    return keys_ask(desk->channel, &(struct question){ASK_export_made, &in}, &arena, &none);
}

static err_t archive_make(struct desk *desk, const struct extract_ask *ask, const Keys__ExportScope *scope)
{
    OWN(archive) archive = NULL;
    struct archive_made made = {.size = 0};
    const struct archive_about about = about_of(scope);
    const path_t path = path_of(ask->folder, about.export);
    TRY(archive_begin(desk->env, &(struct archive_ask){path.text, about}, &archive));
    TRY(gather(
        &(struct gathering){desk, ask->ticket, scope, ask->logs, archive, moved, (void *)(uintptr_t)ask}));
    TRY(archive_end(archive, &made));
    err_t told = made_tell(desk, ask->ticket, &made);
    if (told == ERR_LOCKED || told == ERR_MISSING) /* it has ended meanwhile */
        unlink(path.text);
    return told;
}

err_t extract_make(struct desk *desk, const struct extract_ask *ask)
{
    OWN(arena) arena = ARENA(SCOPE_MOST);
    Keys__ExportTicket in = KEYS__EXPORT_TICKET__INIT;
    Keys__ExportScope *scope = NULL;
    in.ticket = (char *)(uintptr_t)ask->ticket;
    TRY(keys_ask(desk->channel, &(struct question){ASK_export_begin, &in}, &arena, &scope));
    return archive_make(desk, ask, scope);
}

err_t extract_open(const char *folder, ident_t export, int *out_fd)
{
    int fd = open(path_of(folder, export).text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "no archive of %s: %s",
                    ident_text("exp", export).text, strerror(errno));
    *out_fd = fd;
    return ERR_OK;
}

/* What was removed is told with the next question: a crash between makes it be asked for once more. */
err_t extract_sweep(struct desk *desk, const char *folder)
{
    OWN(arena) arena = ARENA(1 << 20);
    Keys__ExportGone in = KEYS__EXPORT_GONE__INIT;
    Keys__ExportGone *due = NULL;
    for (bool again = true; again;) {
        TRY(keys_ask(desk->channel, &(struct question){ASK_export_sweep, &in}, &arena, &due));
        for (size_t i = 0; i < due->n_ids; i++) {
            ident_t id;
            TRY(ident_from(str_bytes(due->ids[i].data, due->ids[i].len), &id));
            if (unlink(path_of(folder, id).text) != 0 && errno != ENOENT)
                return fail(ERR_BROKEN, "an archive cannot be removed: %s", strerror(errno));
        }
        again = due->n_ids != 0;
        in.ids = due->ids;
        in.n_ids = due->n_ids;
    }
    return ERR_OK;
}
