/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/look.h"

#include <elf.h>

/* A view of the file that cannot be left. */
static const void *part(str_t bytes, uint64_t at, uint64_t len)
{
    return at <= bytes.len && len <= bytes.len - at ? bytes.at + at : NULL;
}

/* Both classes as the larger one. */
static bool header_read(str_t bytes, Elf64_Ehdr *out_header)
{
    Elf32_Ehdr narrow;
    const void *at = part(bytes, 0, sizeof *out_header);
    if (!at || memcmp(at, ELFMAG, SELFMAG) != 0)
        return false;
    memcpy(out_header, at, sizeof *out_header);
    if (out_header->e_ident[EI_CLASS] == ELFCLASS64)
        return out_header->e_phentsize == sizeof(Elf64_Phdr);
    memcpy(&narrow, at, sizeof narrow);
    out_header->e_phoff = narrow.e_phoff;
    out_header->e_phnum = narrow.e_phnum;
    return narrow.e_phentsize == sizeof(Elf32_Phdr);
}

static bool is_narrow(const Elf64_Ehdr *header) { return header->e_ident[EI_CLASS] != ELFCLASS64; }

static bool segment_read(str_t bytes, const Elf64_Ehdr *header, size_t i, Elf64_Phdr *out_segment)
{
    Elf32_Phdr narrow;
    size_t size = is_narrow(header) ? sizeof narrow : sizeof *out_segment;
    if (header->e_phoff > bytes.len)
        return false;
    const void *at = part(bytes, header->e_phoff + i * size, size);
    if (!at)
        return false;
    if (!is_narrow(header)) {
        memcpy(out_segment, at, sizeof *out_segment);
        return true;
    }
    memcpy(&narrow, at, sizeof narrow);
    *out_segment = (Elf64_Phdr){.p_type = narrow.p_type,
                                .p_offset = narrow.p_offset,
                                .p_vaddr = narrow.p_vaddr,
                                .p_filesz = narrow.p_filesz};
    return true;
}

static bool segment_find(str_t bytes, const Elf64_Ehdr *header, uint32_t type, Elf64_Phdr *out_segment)
{
    for (size_t i = 0; i < header->e_phnum; i++)
        if (segment_read(bytes, header, i, out_segment) && out_segment->p_type == type)
            return true;
    return false;
}

/* Where an address of the program lies in its file; UINT64_MAX where it does not. */
static uint64_t place_of(str_t bytes, const Elf64_Ehdr *header, uint64_t address)
{
    Elf64_Phdr segment;
    for (size_t i = 0; i < header->e_phnum; i++)
        if (segment_read(bytes, header, i, &segment) && segment.p_type == PT_LOAD &&
            address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    return UINT64_MAX;
}

static bool dynamic_entry(str_t bytes, const Elf64_Ehdr *header, uint64_t from, Elf64_Dyn *out_entry)
{
    Elf32_Dyn narrow;
    const void *at = part(bytes, from, is_narrow(header) ? sizeof narrow : sizeof *out_entry);
    if (at && is_narrow(header)) {
        memcpy(&narrow, at, sizeof narrow);
        out_entry->d_tag = narrow.d_tag;
        out_entry->d_un.d_val = narrow.d_un.d_val;
    } else if (at) {
        memcpy(out_entry, at, sizeof *out_entry);
    }
    return at;
}

/* The values of two entries of the dynamic section. */
static void dynamic_read(str_t bytes, const Elf64_Ehdr *header, const Elf64_Phdr *dynamic, uint64_t found[2])
{
    size_t size = is_narrow(header) ? sizeof(Elf32_Dyn) : sizeof(Elf64_Dyn);
    for (uint64_t i = 0; i < dynamic->p_filesz / size; i++) {
        Elf64_Dyn entry;
        if (!dynamic_entry(bytes, header, dynamic->p_offset + i * size, &entry))
            return;
        if (entry.d_tag == DT_STRTAB)
            found[0] = entry.d_un.d_ptr;
        if (entry.d_tag == DT_SONAME)
            found[1] = entry.d_un.d_val;
        if (entry.d_tag == DT_NULL)
            return;
    }
}

static bool names_itself_loader(str_t bytes, const Elf64_Ehdr *header)
{
    Elf64_Phdr dynamic;
    uint64_t found[2] = {UINT64_MAX, UINT64_MAX};
    if (!segment_find(bytes, header, PT_DYNAMIC, &dynamic) || dynamic.p_offset > bytes.len)
        return false;
    dynamic_read(bytes, header, &dynamic, found);
    uint64_t soname = found[1], at = found[0] == UINT64_MAX ? UINT64_MAX : place_of(bytes, header, found[0]);
    if (at > bytes.len || soname > bytes.len)
        return false;
    str_t name = {bytes.at + at, bytes.len - at};
    name = soname > name.len ? (str_t){0} : (str_t){name.at + soname, name.len - soname};
    return str_starts(name, STR("ld-")) || str_starts(name, STR("ld.so")) ||
           str_starts(name, STR("ld64.so")) || str_starts(name, STR("libc.musl"));
}

static void elf_look(str_t path, str_t bytes, struct look *look)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    look->kind = interpreter_is_known(path) ? KIND_INTERPRETER : KIND_PROGRAM;
    if (!header_read(bytes, &header) || header.e_type != ET_DYN ||
        segment_find(bytes, &header, PT_INTERP, &segment))
        return;
    look->whole = true;
    if (names_itself_loader(bytes, &header))
        look->kind = KIND_LOADER;
}

static void shebang_read(str_t bytes, struct look *look)
{
    str_t line = str_until(&bytes, '\n');
    line = str_trim((str_t){line.at + 2, line.len - 2});
    size_t len = 0;
    while (len < line.len && line.at[len] != ' ' && line.at[len] != '\t' && len < SHEBANG_MAX)
        len++;
    memcpy(look->interpreter, line.at, len);
    look->interpreter[len] = '\0';
}

void look_at(str_t path, str_t bytes, struct look *out_look)
{
    *out_look = (struct look){0};
    if (str_starts(bytes, STR(ELFMAG)))
        elf_look(path, bytes, out_look);
    if (!str_starts(bytes, STR("#!")))
        return;
    out_look->kind = KIND_SCRIPT;
    shebang_read(bytes, out_look);
}

/* Interpreters */

/* name       how the file is called: this, with digits, dots and dashes behind it
 * code       letters of options whose presence says that no file is run: code, a module
 * valued     letters of options that take the next argument, where it does not stand in the same word
 * words      long options that take the next argument, each between spaces
 * file       the letter of the option that names the script, where it is not the first argument */
static const struct interpreter {
    const char *name, *code, *valued, *words, *file;
} interpreters[] = {
    {"sh", "c", "oO", "", ""},
    {"dash", "c", "oO", "", ""},
    {"bash", "c", "oO", " --rcfile --init-file ", ""},
    {"rbash", "c", "oO", " --rcfile --init-file ", ""},
    {"zsh", "c", "o", "", ""},
    {"ksh", "c", "oO", "", ""},
    {"mksh", "c", "oO", "", ""},
    {"python", "cm", "WX", " --check-hash-based-pycs ", ""},
    {"pypy", "cm", "WX", "", ""},
    {"perl", "eE", "I", "", ""},
    {"ruby", "e", "IrCEK", "", ""},
    {"node", "ep", "r", " --require --import --eval --print ", ""},
    {"nodejs", "ep", "r", " --require --import --eval --print ", ""},
    {"php", "r", "cdz", "", "f"},
    {"lua", "e", "l", "", ""},
    {"luajit", "e", "lj", "", ""},
    {"tclsh", "", "", " -encoding ", ""},
    {"wish", "", "", " -encoding ", ""},
    {"gawk", "", "vFi", "", "f"},
    {"mawk", "", "vF", "", "f"},
};

const char *const interpreter_files[] = {
    "/usr/bin/dash",  "/usr/bin/bash",    "/usr/bin/zsh",  "/usr/bin/ksh93",
    "/usr/bin/mksh",  "/usr/bin/python3", "/usr/bin/perl", "/usr/bin/ruby",
    "/usr/bin/node",  "/usr/bin/php",     "/usr/bin/lua",  "/usr/bin/luajit",
    "/usr/bin/tclsh", "/usr/bin/gawk",    "/usr/bin/mawk", NULL,
};

static str_t name_of(str_t path)
{
    size_t at = path.len;
    while (at && path.at[at - 1] != '/')
        at--;
    return (str_t){path.at + at, path.len - at};
}

static bool is_called(str_t name, const char *called)
{
    str_t rest = name;
    if (!str_starts(name, str(called)))
        return false;
    for (rest.at += strlen(called), rest.len -= strlen(called); rest.len; rest.at++, rest.len--)
        if (!strchr("0123456789.-", *rest.at))
            return false;
    return true;
}

static const struct interpreter *interpreter_find(str_t path)
{
    str_t name = name_of(path);
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++)
        if (is_called(name, interpreters[i].name))
            return &interpreters[i];
    return NULL;
}

bool interpreter_is_known(str_t path) { return interpreter_find(path); }

static bool word_among(const char *words, str_t word)
{
    OWN(buf) spaced = BUF(SHEBANG_MAX);
    buf_putf(&spaced, " %.*s ", STR_ARG(word));
    return buf_end(&spaced) == ERR_OK && strstr(words, spaced.at);
}

enum step { STEP_ON, STEP_OVER_ONE, STEP_NO_FILE, STEP_FILE_NEXT };

/* One word of options, "-xyz": what its letters say of what follows. */
static enum step letters_step(const struct interpreter *one, str_t word)
{
    for (size_t i = 1; i < word.len; i++) {
        bool last = i + 1 == word.len;
        if (strchr(one->code, word.at[i]))
            return STEP_NO_FILE;
        if (*one->file && strchr(one->file, word.at[i]))
            return STEP_FILE_NEXT;
        if (strchr(one->valued, word.at[i]))
            return last ? STEP_OVER_ONE : STEP_ON;
    }
    return STEP_ON;
}

static enum step option_step(const struct interpreter *one, str_t word)
{
    if (word_among(one->words, word))
        return STEP_OVER_ONE;
    return str_starts(word, STR("--")) ? STEP_ON : letters_step(one, word);
}

/* awk's first argument is its program; only -f names a file. */
static bool first_is_file(const struct interpreter *one)
{
    return strcmp(one->file, "f") != 0 || !strcmp(one->name, "php");
}

size_t script_target(str_t interpreter, const str_t *args, size_t count)
{
    const struct interpreter *one = interpreter_find(interpreter);
    for (size_t i = 1; one && i < count; i++) {
        bool option =
            args[i].len > 1 && (args[i].at[0] == '-' || (args[i].at[0] == '+' && strchr(one->valued, 'o')));
        if (str_eq(args[i], STR("--")))
            return i + 1 < count && first_is_file(one) ? i + 1 : 0;
        if (!option)
            return args[i].len && !str_eq(args[i], STR("-")) && first_is_file(one) ? i : 0;
        enum step step = option_step(one, args[i]);
        if (step == STEP_NO_FILE)
            return 0;
        if (step == STEP_FILE_NEXT)
            return i + 1 < count ? i + 1 : 0;
        i += step == STEP_OVER_ONE;
    }
    return 0;
}

/* Options of ld.so(8); those of the first row run nothing. */
static const char *const loader_shows[] = {"--list",    "--verify",        "--help",
                                           "--version", "--list-tunables", "--list-diagnostics"};
static const char *const loader_valued[] = {
    "--library-path",         "--preload",          "--argv0", "--audit", "--inhibit-rpath",
    "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask"};

static bool is_one_of(str_t word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(word, str(words[i])))
            return true;
    return false;
}

size_t loader_target(const str_t *args, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!str_starts(args[i], STR("-")))
            return i;
        if (is_one_of(args[i], loader_shows, sizeof loader_shows / sizeof *loader_shows))
            return 0;
        i += is_one_of(args[i], loader_valued, sizeof loader_valued / sizeof *loader_valued);
    }
    return 0;
}
