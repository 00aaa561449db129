/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/heard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

enum { RECORD_MAX = 16 * 1024, CONNECTOR_BYTES = 4 * 1024 * 1024, SAMPLE_TIME_FROM_END = 16, PAGE = 4096 };

int64_t heard_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Opening */

static int ring_open(int processor, size_t pages)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_DUMMY,
        .size = sizeof attr,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU,
        .sample_id_all = 1,
        .comm = 1,
        .comm_exec = 1,
        .mmap = 1,
        .mmap2 = 1,
        .task = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = (uint32_t)(pages * PAGE / 2),
    };
    return (int)syscall(SYS_perf_event_open, &attr, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Where it has no name for who changed its uid, the kernel's filter lets nothing pass that nobody here looks at. */
static bool connector_filter(int fd)
{
    enum { WHAT = NLMSG_HDRLEN + sizeof(struct cn_msg) + offsetof(struct proc_event, what) };
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WHAT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_UID), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static bool connector_ask(int fd)
{
    struct {
        struct nlmsghdr head;
        struct cn_msg message;
        enum proc_cn_mcast_op what;
    } __attribute__((packed)) ask = {
        .head = {.nlmsg_len = sizeof ask, .nlmsg_type = NLMSG_DONE},
        .message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof ask.what},
        .what = PROC_CN_MCAST_LISTEN,
    };
    return send(fd, &ask, sizeof ask, 0) == sizeof ask;
}

/* 0 where there is none: then a uid is what the process was born with, or what /proc says while it is there. */
static int connector_open(void)
{
    const int room = CONNECTOR_BYTES;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    OWN(fd) fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    if (fd <= 0 || !connector_filter(fd) || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        !connector_ask(fd))
        return 0;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return give(fd);
}

void ears_drop(struct ears *ears)
{
    for (struct ear *ear = ears->rings; ear < ears->rings + ears->count; ear++) {
        if (ear->ring && ear->ring != MAP_FAILED)
            munmap(ear->ring, (ears->pages + 1) * PAGE);
        close(ear->fd);
    }
    fd_drop(&ears->connector);
    free(ears->rings);
    *ears = (struct ears){0};
}

err_t heard_open(struct ears *ears)
{
    long processors = sysconf(_SC_NPROCESSORS_CONF);
    size_t count = processors > 0 && processors <= EARS_MAX ? (size_t)processors : EARS_MAX;
    *ears = (struct ears){.rings = calloc(count, sizeof *ears->rings),
                          .pages = count > MANY ? RING_PAGES_OF_MANY : RING_PAGES};
    if (!ears->rings)
        return fail(ERR_BUSY, "no memory for %zu rings", count);
    for (size_t i = 0; i < count; i++) {
        int fd = ring_open((int)i, ears->pages);
        if (fd < 0 && errno == ENODEV)
            continue; /* a processor that is off */
        if (fd < 0)
            return fail(ERR_DENIED, "the kernel tells nothing of processes: %s", strerror(errno));
        ears->rings[ears->count++].fd = fd;
    }
    ears->connector = connector_open();
    return heard_map(ears);
}

err_t heard_map(struct ears *ears)
{
    for (struct ear *ear = ears->rings; ear < ears->rings + ears->count; ear++) {
        ear->ring = mmap(NULL, (ears->pages + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ear->fd, 0);
        if (ear->ring == MAP_FAILED)
            return fail(ERR_DENIED, "a ring of the kernel's cannot be read: %s", strerror(errno));
        ear->at = ((struct perf_event_mmap_page *)ear->ring)->data_tail;
        ear->has_next = false;
    }
    return ERR_OK;
}

/* Records of a ring */

static void ring_copy(const struct ear *ear, uint64_t from, void *to, size_t len)
{
    const struct perf_event_mmap_page *page = ear->ring;
    const char *data = (const char *)ear->ring + page->data_offset;
    size_t at = from % page->data_size, first = page->data_size - at < len ? page->data_size - at : len;
    memcpy(to, data + at, first);
    memcpy((char *)to + first, data, len - first);
}

static void name_take(struct heard *heard, const char *from, size_t room)
{
    size_t len = strnlen(from, room < HEARD_NAME - 1 ? room : HEARD_NAME - 1);
    memcpy(heard->name, from, len);
    heard->name[len] = '\0';
}

static void map_take(struct heard *heard, const struct perf_event_header *record)
{
    struct {
        struct perf_event_header header;
        uint32_t pid, tid;
        uint64_t at, len, offset;
        uint32_t major, minor;
        uint64_t number, generation;
        uint32_t protection, flags;
    } map;
    if (record->size < sizeof map)
        return;
    memcpy(&map, record, sizeof map);
    heard->kind = HEARD_MAP;
    heard->pid = (pid_t)map.pid;
    heard->device = makedev(map.major, map.minor);
    heard->number = map.number;
    name_take(heard, (const char *)record + sizeof map, record->size - sizeof map);
}

/* pid, parent, tid, parent's tid; or pid, tid. */
static void record_take(struct heard *heard, const struct perf_event_header *record)
{
    uint32_t words[4] = {0};
    uint64_t lost;
    if (record->size >= sizeof *record + sizeof words)
        memcpy(words, record + 1, sizeof words);
    heard->pid = (pid_t)words[0];
    if (record->type == PERF_RECORD_COMM && record->misc & PERF_RECORD_MISC_COMM_EXEC) {
        heard->kind = HEARD_EXEC;
        name_take(heard, (const char *)(record + 1) + 8, record->size - sizeof *record - 8);
    } else if (record->type == PERF_RECORD_FORK && words[0] == words[2] && words[0] != words[1]) {
        heard->kind = HEARD_FORK;
        heard->parent = (pid_t)words[1];
    } else if (record->type == PERF_RECORD_EXIT && words[0] == words[2]) {
        heard->kind = HEARD_EXIT;
    } else if (record->type == PERF_RECORD_MMAP2) {
        map_take(heard, record);
    } else if (record->type == PERF_RECORD_LOST) {
        memcpy(&lost, (const char *)(record + 1) + 8, sizeof lost);
        heard->kind = HEARD_LOST;
        heard->lost = lost;
    }
}

static bool ear_next(struct ear *ear)
{
    _Alignas(8) char bytes[RECORD_MAX];
    const struct perf_event_mmap_page *page = ear->ring;
    const struct perf_event_header *record = (const void *)bytes;
    while (!ear->has_next && ear->at < __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE)) {
        ring_copy(ear, ear->at, bytes, sizeof *record);
        size_t len = record->size;
        if (len <= RECORD_MAX && len >= sizeof *record + SAMPLE_TIME_FROM_END) {
            ring_copy(ear, ear->at, bytes, len);
            ear->next = (struct heard){.kind = HEARD_NOTHING};
            record_take(&ear->next, record);
            memcpy(&ear->next.at, bytes + len - SAMPLE_TIME_FROM_END, sizeof ear->next.at);
            ear->next_at = ear->at;
            ear->has_next = ear->next.kind != HEARD_NOTHING;
        }
        ear->at += len ? len : sizeof *record;
    }
    return ear->has_next;
}

/* The connector */

static bool uid_next(struct ears *ears)
{
    struct {
        struct nlmsghdr head;
        struct cn_msg message;
        struct proc_event event;
    } __attribute__((packed)) said;
    while (!ears->has_uid && ears->connector > 0) {
        ssize_t got = recv(ears->connector, &said, sizeof said, MSG_DONTWAIT);
        if (got < 0 && errno == ENOBUFS)
            continue; /* some were lost: a uid may be older than it seems, until /proc is asked */
        if (got <= 0)
            return false;
        if ((size_t)got < sizeof said || said.event.what != PROC_EVENT_UID)
            continue;
        ears->uid = (struct heard){.kind = HEARD_UID,
                                   .at = (int64_t)said.event.timestamp_ns,
                                   .pid = said.event.event_data.id.process_tgid,
                                   .uid = said.event.event_data.id.r.ruid};
        ears->has_uid = true;
    }
    return ears->has_uid;
}

/* All of them, in order */

bool heard_next(struct ears *ears, int64_t until, struct heard *out_heard)
{
    struct ear *first = NULL;
    for (struct ear *ear = ears->rings; ear < ears->rings + ears->count; ear++)
        if (ear_next(ear) && (!first || ear->next.at < first->next.at))
            first = ear;
    if (uid_next(ears) && ears->uid.at <= until && (!first || ears->uid.at <= first->next.at)) {
        *out_heard = ears->uid;
        ears->has_uid = false;
        return true;
    }
    if (!first || first->next.at > until)
        return false;
    *out_heard = first->next;
    first->has_next = false;
    return true;
}

/* A record that was read but not given out yet is left, for whoever listens next. */
void heard_done(struct ears *ears)
{
    for (struct ear *ear = ears->rings; ear < ears->rings + ears->count; ear++) {
        struct perf_event_mmap_page *page = ear->ring;
        __atomic_store_n(&page->data_tail, ear->has_next ? ear->next_at : ear->at, __ATOMIC_RELEASE);
    }
}
