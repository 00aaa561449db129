/* SPDX-License-Identifier: Apache-2.0
 *
 * A concept is a thing the service keeps. It is declared once, as a list of fields in its own file; the list is
 * expanded exactly twice, into the C struct and into a field_t table. All else walks that table: SQL, JSON, the
 * console's types, the wire's .proto, sealing, the data map.
 *
 *     #define ACCOUNT(F) F(1, ID, id, PLAIN, KEEP, NAMES_THE_ACCOUNT) F(2, TEXT, name, PERSONAL, SHRED, COLLECT_USERNAMES)
 *     struct account { ACCOUNT(CONCEPT_MEMBER) };
 *
 * tag      the field's number on the wire and inside the seal: never used again for another meaning
 * kind     ID TEXT COUNT MOMENT FLAG BYTES, or IDS: a list of ids
 * class    decides storage. PLAIN: in clear. SERVICE: the service may read it for its one purpose. PERSONAL: sealed to
 *          its subject. SECRET: sealed, and never printed or sent.
 * end      what forgetting the subject does: KEEP, or SHRED (it ends with the key)
 * purpose  one of concept/purpose.h. A PERSONAL field's purpose must be an item of POLICY's closed list: with another
 *          one it does not compile.
 *
 * The shape of a concept decides what is sealed. ONE: a row of its own, whose PLAIN fields are columns and whose other
 * fields are sealed together. LIST: a row holds the whole list of one parent, sealed as one; nothing of it is in clear
 * but how many entries it has. MESSAGE: never kept, only sent.
 *
 * Where an ID field is not called id, its name is that of the concept it points to.
 */
#pragma once
#include "base/arena.h"
#include "base/id.h"
#include "base/moment.h"
#include "concept/purpose.h"

typedef enum { KIND_ID, KIND_IDS, KIND_TEXT, KIND_COUNT, KIND_MOMENT, KIND_FLAG, KIND_BYTES } kind_t;
typedef enum { CLASS_PLAIN, CLASS_SERVICE, CLASS_PERSONAL, CLASS_SECRET } class_t;
typedef enum { END_KEEP, END_SHRED } end_t;
typedef enum { SHAPE_ONE, SHAPE_LIST, SHAPE_MESSAGE } shape_t;
typedef enum {
    SUBJECT_NONE,
    SUBJECT_TENANT,
    SUBJECT_DEVICE,
    SUBJECT_PERSON,
    SUBJECT_PERSON_OR_DEVICE
} subject_t;
typedef enum { HOME_NONE, HOME_CONTROL, HOME_TENANT, HOME_KEYRING } home_t;
typedef enum { RESTORE_CONTENT, RESTORE_MONOTONE, RESTORE_NEVER } restore_t;

typedef struct {
    ident_t *at;
    size_t count;
} idents_t;

typedef struct {
    int tag;
    kind_t kind;
    const char *name;
    class_t class;
    end_t end;
    purpose_t purpose;
    size_t at; /* offset in the struct */
} field_t;

typedef struct {
    int number; /* on the wire and in the seal's additional data: never used again */
    const char *name, *plural, *prefix, *purpose;
    shape_t shape;
    subject_t subject;
    home_t home;        /* which store holds it */
    restore_t restore;  /* what a restore does with it */
    const char *parent; /* the concept a LIST belongs to */
    const field_t *fields;
    size_t count, size; /* of the fields; of the struct */
    size_t optional;    /* how many of the last fields may be left out when it is read from JSON */
} concept_t;

#define CONCEPT_TYPE_ID     ident_t
#define CONCEPT_TYPE_IDS    idents_t
#define CONCEPT_TYPE_TEXT   str_t
#define CONCEPT_TYPE_BYTES  str_t
#define CONCEPT_TYPE_COUNT  int64_t
#define CONCEPT_TYPE_MOMENT moment_t
#define CONCEPT_TYPE_FLAG   bool

#define CONCEPT_MEMBER(tag, kind, name, class, end, purpose) CONCEPT_TYPE_##kind name;

/* THIS is the struct's name, defined around the table. */
/* clang-format off */
#define CONCEPT_FIELD(tag, kind, name, class, end, purpose) \
    {tag, KIND_##kind, #name, CLASS_##class, END_##end, PURPOSE_OF_##class(purpose), offsetof(struct THIS, name)},
/* clang-format on */

#define CONCEPT_FIELDS(table) .fields = table, .count = sizeof table / sizeof *table

/* Every concept of the program, in the order of their numbers; NULL-ended. */
extern const concept_t *const concepts[];
const concept_t *concept_find(str_t name);
const concept_t *concept_numbered(int number);

#define for_each_field(f, c) for (const field_t *f = (c)->fields; f < (c)->fields + (c)->count; f++)

/* Inside the seal: for a LIST every field, for a ONE every field that is not PLAIN. */
bool field_is_sealed(const concept_t *c, const field_t *f);

/* The concept an ID or IDS field points to: its own for `id`. NULL where it points to none. */
const concept_t *field_target(const concept_t *c, const field_t *f);

static inline void *field_in(const void *record, const field_t *f)
{
    return (char *)(uintptr_t)record + f->at;
}
