/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/rpm_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void whole_check(str_t text, const struct rpm_header *within)
{
    if (text.at < within->data.at || text.at + text.len >= within->data.at + within->data.len ||
        text.at[text.len])
        abort();
}

static void package_check(const struct rpm_header *header)
{
    struct rpm_package package;
    if (!rpm_package_read(header, &package))
        return;
    whole_check(package.name, header);
    whole_check(package.version, header);
    whole_check(package.release, header);
}

static void files_check(const struct rpm_header *header, const struct rpm_header *region)
{
    OWN(rpm_files) files = {0};
    struct rpm_file file;
    if (!rpm_files_open(header, region, &files))
        return;
    while (rpm_files_next(&files, &file)) {
        whole_check(file.folder, region);
        whole_check(file.name, region);
        whole_check(file.digest, region);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct rpm_header header, region;
    uint8_t intro[RPM_INTRO];
    str_t parts[3], bytes;
    if (!rpm_header_open(str_bytes(at, len), &header))
        return 0;
    package_check(&header);
    if (rpm_bytes(&header, RPM_RSA, &bytes) &&
        (bytes.at < header.data.at || bytes.at + bytes.len > header.data.at + header.data.len))
        abort();
    if (!rpm_region(&header, &region))
        return 0;
    package_check(&region);
    files_check(&header, &region);
    rpm_signed_bytes(&region, intro, parts);
    if (parts[1].len + parts[2].len + 8 > len)
        abort();
    return 0;
}
