/* SPDX-License-Identifier: Apache-2.0
 *
 * Every maximum of the program, in one place. Past one of them the answer is ERR_TOO_LARGE, never a cut value.
 */
#pragma once

enum {
    MAX_NAME = 255,                 /* bytes of a name people give: tenant, user, device, account, group */
    MAX_PASSWORD = 1024,            /* bytes */
    MAX_HEADERS = 16 * 1024,        /* bytes of all request headers */
    MAX_BODY = 64 * 1024,           /* bytes of a request body from a console or the command line */
    MAX_REPORT = 1024 * 1024,       /* bytes of a report from an endpoint, as sent */
    MAX_FOREIGN = 8 * 1024 * 1024,  /* bytes of a body from a foreign agent, decompressed */
    MAX_FOREIGN_MARKS = 400000,     /* brackets, braces and commas in it: they bound what reading takes */
    MAX_FOREIGN_ACCOUNTS = 3072,    /* it may speak of at once: past that people and groups are left out */
    MAX_REPORT_ITEMS = 4096,        /* sealed items in one report */
    MAX_ITEM = 4 * 1024 * 1024,     /* bytes of one item, decompressed */
    MAX_RECORD_TEXT = 4 * MAX_NAME, /* bytes of one text of a record from an endpoint: past that it is none */
    MAX_LAUNCH_TEXT = 16 * 1024,    /* bytes of one text of a launch */
    MAX_ITEM_ENTRIES = 65536,       /* entries in one item: installed programs, groups, addresses */
    MAX_REPLY = 16 * 1024 * 1024,   /* bytes of a reply */
    MAX_MEMORY = 256 * 1024 * 1024, /* bytes that one request may take */
    MAX_PAGE = 500,                 /* records on one page of a list */
    MAX_ASK = 2 * 1024 * 1024,      /* bytes of one request to the keys process, and of its answer */
    MAX_FRAME = 9 * 1024 * 1024,    /* bytes of one that brings a policy to sign */
    MAX_ASK_IDS = 4096 + 2, /* ids in one to the keys process: a report's, its connection's, its device's */
    MAX_DEVICE_ACCOUNTS = 16 * 1024, /* accounts of one endpoint that have keys: all go with it, in one act */
    MAX_OPENS =
        1000000, /* records that one session or token opens within an hour: a list of 10,000 devices, fifty times */
    MAX_SHARD = 4096,      /* entries wrapped by one shard key */
    MAX_ENTRY = 65535,     /* bytes of one entry of a transparency log: its length stands in 16 bits */
    MAX_NOTE = 256 * 1024, /* bytes of a signed note: room for 16 signatures of any kind there is, and more */
    MAX_PROOF_FILE = 512 * 1024,         /* bytes of a .tlog-proof: a checkpoint, an entry beside it */
    MAX_SIGNATURES = 64,                 /* of one note */
    MAX_RULES = 8 * 1024 * 1024,         /* bytes of all rule files of a policy */
    MAX_PUBLISH = 12 * 1024 * 1024,      /* bytes of the request that publishes one: files as JSON */
    MAX_POLICY = MAX_RULES + 128 * 1024, /* of a signed policy: its files, their names, the signatures */
    MAX_LEDGER = 256 * 1024 * 1024,      /* bytes of the erasure ledger: some two million destructions */
    MAX_PATH_HASHES = 63,                /* hashes of one proof: of a tree of less than 2^63 entries */
    MAX_RULE_COUNT = 100000,             /* rules of one policy */
    MAX_RULE_FILES = 256,
    MAX_RULE_NAME = 64,   /* bytes of the name of a rule file, or of a set */
    MAX_RULE_LINE = 4096, /* bytes of one line of theirs */
    MAX_RULE_SETS = 1000,
    MAX_RULE_CONDITIONS = 16,            /* of one rule */
    MAX_RULE_MEMORY = 256 * 1024 * 1024, /* bytes that a read set takes */
    MAX_PATTERN = 511,                   /* characters of a pattern from its first wildcard on */
    MAX_TROUBLE = 64 * 1024,             /* bytes of what is said about a set */
};
