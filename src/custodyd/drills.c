/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/drills.h"

#include "custodyd/restores.h"
#include "custodyd/snapshots.h"
#include "erase/folder.h"
#include "snapshot/read.h"
#include "snapshot/tables.h"
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const ident_t service;

/* One drill: keys and snapshots of the client and of the service's own state, and what came of it. */
struct drill {
    struct working *working;
    struct keeping keeping, own;
    struct snapshots snapshots, state;
    struct snapshot newest, known;
    struct tenant tenant; /* as the service's snapshot has it */
    char folder[PATH_MAX];
    struct restored done;
};

static void keeping_of(struct drill *drill, ident_t tenant, struct keeping *out_keeping,
                       struct snapshots *out_snapshots)
{
    *out_keeping = (struct keeping){
        .working = drill->working, .tenant = tenant, .arena = drill->working->arena, .from_copy = true};
    snapshots_of(out_keeping, out_snapshots);
}

static err_t newest_find(struct snapshots *snapshots, ident_t tenant, arena_t *arena,
                         struct snapshot *out_newest)
{
    struct snapshot_list list;
    TRY(snapshots_list(snapshots, tenant, arena, &list));
    if (!list.count)
        return fail(ERR_MISSING, "there is no snapshot to rebuild anything from");
    *out_newest = list.at[0];
    return ERR_OK;
}

/* The service's own state */

static err_t settings_are_there(struct snapshot_reader *reader)
{
    OWN(place_reader) rows = NULL;
    TRY(place_read(reader, &settings_table, &rows));
    bool there = place_next(rows);
    TRY(place_end(rows));
    return there ? ERR_OK : fail(ERR_BROKEN, "the service's own snapshot has no settings");
}

static err_t tenant_take(str_t row, arena_t *arena, struct tenant *out_tenant)
{
    TRY(control_row(row, out_tenant));
    out_tenant->name = arena_copy(arena, out_tenant->name);
    out_tenant->state = arena_copy(arena, out_tenant->state);
    return arena_end(arena);
}

static err_t tenant_read(struct drill *drill, struct snapshot_reader *reader)
{
    OWN(place_reader) rows = NULL;
    bool found = false;
    TRY(place_read(reader, &control_table, &rows));
    while (!found && place_next(rows)) {
        TRY(tenant_take(rows->row, drill->working->arena, &drill->tenant));
        found = ident_eq(drill->tenant.id, drill->working->tenant);
    }
    TRY(place_end(rows));
    return found ? ERR_OK : fail(ERR_MISSING, "the service's own snapshot does not know this client");
}

static err_t state_read(struct drill *drill)
{
    OWN(snapshot_reader) reader = NULL;
    keeping_of(drill, service, &drill->own, &drill->state);
    TRY(newest_find(&drill->state, service, drill->working->arena, &drill->known));
    TRY(snapshot_open(&drill->state, service, drill->known.id, &reader));
    TRY(settings_are_there(reader));
    return tenant_read(drill, reader);
}

static err_t state_find(struct drill *drill)
{
    err_t found = state_read(drill);
    if (found != ERR_MISSING)
        return found;
    TRY(service_snapshot(drill->working));
    return state_read(drill);
}

/* What the live service says of it too: another realm would be another client. */
static err_t tenant_compare(const struct drill *drill)
{
    struct tenant live;
    struct working *working = drill->working;
    TRY(store_tenant_find(working->jobs->store, working->tenant, working->arena, &live));
    return ident_eq(live.realm, drill->tenant.realm) && str_eq(live.name, drill->tenant.name)
               ? ERR_OK
               : fail(ERR_BROKEN, "the service's own snapshot has another client in the place of this one");
}

/* The scratch */

static void drills_folder(const struct jobs *jobs, char folder[PATH_MAX])
{
    snprintf(folder, PATH_MAX, "%s/drill", jobs->snapshots);
}

void drills_clear(struct jobs *jobs)
{
    char folder[PATH_MAX];
    moment_t told = 0;
    drills_folder(jobs, folder);
    if (folder_remove(folder) != ERR_OK)
        jobs_tell(jobs, &told);
}

static err_t folder_make(const char *folder)
{
    return mkdir(folder, 0700) == 0 || errno == EEXIST
               ? ERR_OK
               : fail(ERR_BUSY, "cannot make %s: %s", folder, strerror(errno));
}

static err_t folder_ready(struct drill *drill)
{
    char *folder = drill->folder;
    drills_folder(drill->working->jobs, folder);
    TRY(folder_make(folder));
    size_t len = strlen(folder);
    snprintf(folder + len, PATH_MAX - len, "/%s", ident_text("ten", drill->working->tenant).text);
    TRY(folder_remove(folder));
    return folder_make(folder);
}

/* Half as much again as the snapshot has: indexes, and what SQLite writes on the way. */
static err_t room_is_there(const struct drill *drill)
{
    struct statvfs about;
    if (statvfs(drill->folder, &about) != 0)
        return fail(ERR_BROKEN, "cannot look at %s: %s", drill->folder, strerror(errno));
    const long long takes = drill->newest.bytes / 2 * 3;
    return (long long)about.f_bavail * (long long)about.f_frsize > takes
               ? ERR_OK
               : fail(ERR_BUSY, "no room for a drill: it takes %lld bytes", takes);
}

static err_t scratch_rebuild(struct drill *drill)
{
    OWN(store) scratch = NULL;
    struct working *working = drill->working;
    struct restore_ask ask;
    TRY(room_is_there(drill));
    TRY(work_restore_ask(working, &ask));
    TRY(store_open(working->jobs->env, drill->folder, &scratch));
    TRY(store_tenant_put(scratch, &drill->tenant));
    return restore_rebuild(&drill->snapshots, &ask, scratch, working->arena, &drill->done);
}

/* Whatever came of it, nothing of the client stays where no store looks. */
static err_t scratch_try(struct drill *drill)
{
    char note[256];
    err_t built = scratch_rebuild(drill);
    snprintf(note, sizeof note, "%s", err_note());
    TRY(folder_remove(drill->folder));
    return built == ERR_OK ? ERR_OK : fail(built, "%s", note);
}

static err_t verified_whole(struct drill *drill)
{
    struct verified found = {0};
    struct working *working = drill->working;
    TRY(snapshot_verify(&drill->snapshots, working->tenant, &working->target, VERIFY_FULL, working->arena,
                        &found));
    return found.wrong ? fail(ERR_BROKEN, "%.*s", STR_ARG(found.trouble)) : ERR_OK;
}

static err_t drill_carry_out(struct drill *drill)
{
    struct working *working = drill->working;
    keeping_of(drill, working->tenant, &drill->keeping, &drill->snapshots);
    TRY(state_find(drill));
    TRY(tenant_compare(drill));
    TRY(newest_find(&drill->snapshots, working->tenant, working->arena, &drill->newest));
    working->target = drill->newest.id;
    TRY(verified_whole(drill));
    TRY(folder_ready(drill));
    return scratch_try(drill);
}

/* What came of it */

static err_t drill_told(struct drill *drill, const char *trouble)
{
    Keys__Drill in = KEYS__DRILL__INIT;
    Keys__None *none = NULL;
    struct working *working = drill->working;
    in.tenant = working->work->tenant;
    in.snapshot = (ProtobufCBinaryData){sizeof working->target, working->target.bytes};
    in.rows = drill->done.rows_put;
    in.bytes = drill->done.bytes;
    in.ms = drill->done.ms;
    in.trouble = (char *)(uintptr_t)trouble;
    return jobs_ask_keys(working->jobs, &(struct question){ASK_drill_told, &in}, working->arena, &none);
}

static err_t drill_note(const struct drill *drill, buf_t *note)
{
    buf_putf(note, "an empty store was built from %s,", ident_text("snp", drill->newest.id).text);
    buf_putf(note, " the service's own %s", ident_text("snp", drill->known.id).text);
    buf_putf(note, " and the keyring's copy of %s:", moment_text(drill->keeping.keys->copied).text);
    buf_putf(note, " %lld records and %lld bytes are the same, in %lld ms", (long long)drill->done.rows_put,
             (long long)drill->done.bytes, (long long)drill->done.ms);
    return buf_end(note);
}

/* A drill that fails is told of as one that found something, unless it was stopped. */
err_t work_drill(struct working *working)
{
    struct drill drill = {.working = working};
    char trouble[256] = "";
    working->target = (ident_t){{0}};
    err_t result = drill_carry_out(&drill);
    if (result != ERR_OK && work_stopped(working))
        return result;
    if (result != ERR_OK)
        snprintf(trouble, sizeof trouble, "%s", err_note());
    TRY(drill_told(&drill, trouble));
    return result == ERR_OK ? drill_note(&drill, &working->note) : fail(result, "%s", trouble);
}
