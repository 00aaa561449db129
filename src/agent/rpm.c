/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/rpm.h"

#include "guard/rpm_database.h"
#include "guard/rpm_header.h"

enum { VERSION_MAX = 1024 };

/* What is no package is passed over. */
static err_t package_add(void *with, int64_t number, str_t blob)
{
    OWN(buf) version = BUF(VERSION_MAX);
    struct rpm_header header;
    struct rpm_package package;
    (void)number;
    if (!rpm_header_open(blob, &header) || !rpm_package_read(&header, &package) ||
        str_eq(package.name, STR("gpg-pubkey")))
        return ERR_OK;
    if (package.has_epoch)
        buf_putf(&version, "%u:", package.epoch);
    buf_put(&version, package.version);
    buf_put(&version, STR("-"));
    buf_put(&version, package.release);
    if (buf_end(&version) == ERR_OK)
        program_add(with, package.name, buf_str(&version));
    return ERR_OK;
}

err_t rpm_read(const char *root, struct list *programs)
{
    OWN(rpm_database) database = NULL;
    TRY(rpm_database_open(root, &database));
    return rpm_database_each(database, &(struct rpm_reader){package_add, programs});
}
