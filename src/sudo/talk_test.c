/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin and the guard: what one puts the other reads, and nothing that is not exactly that.
 */
#include "sudo/talk.h"

#include "test/test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const struct talk_ask asked = {
    .uid = 1000,
    .as = 33,
    .as_named = true,
    .tty = {"/dev/pts/3", 10},
    .cwd = {"/tmp", 4},
    .program = {"./a b", 5},
    .reason = {"because = it\nmust", 17},
    .args = {"one\0\0t w o\0", 11},
};

TEST(a_question_reads_back_as_it_was_put_with_every_argument)
{
    OWN(buf) bytes = BUF(TALK_MAX);
    struct talk_ask read = {0};
    CHECK_OK(talk_ask_put(&asked, &bytes));
    CHECK_OK(talk_ask_read(buf_str(&bytes), &read));
    CHECK(read.uid == 1000 && read.as == 33 && read.as_named && !read.emergency && !read.only_judged);
    CHECK(str_eq(read.program, asked.program) && str_eq(read.reason, asked.reason) && !read.code.len);
    CHECK(str_eq(read.args, asked.args) && str_eq(read.tty, asked.tty) && str_eq(read.cwd, asked.cwd));
}

TEST(a_question_cut_short_at_any_byte_is_refused)
{
    OWN(buf) bytes = BUF(TALK_MAX);
    struct talk_ask read = {0};
    struct talk_ask one = asked;
    one.args = STR("x\0");
    CHECK_OK(talk_ask_put(&one, &bytes));
    for (size_t len = 0; len < bytes.len; len++)
        if (len != bytes.len - 2) /* the same without its argument */
            CHECK_FAILS(ERR_INVALID, talk_ask_read(str_bytes(bytes.at, len), &read));
}

TEST(more_arguments_than_there_may_be_are_refused_on_either_side)
{
    OWN(buf) args = BUF(TALK_MAX);
    OWN(buf) bytes = BUF(TALK_MAX);
    struct talk_ask many = asked;
    for (int i = 0; i <= TALK_ARGS; i++)
        buf_put_byte(&args, 0);
    many.args = buf_str(&args);
    CHECK_FAILS(ERR_TOO_LARGE, talk_ask_put(&many, &bytes));
}

TEST(an_answer_travels_with_the_descriptor_of_the_program)
{
    int ends[2], passed = NO_DESCRIPTOR;
    OWN(buf) bytes = BUF(TALK_MAX);
    OWN(buf) got = BUF(TALK_MAX);
    OWN(fd) file = open("/bin/true", O_RDONLY | O_CLOEXEC);
    struct talk_answer read = {0};
    struct stat sent, received;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    OWN(fd) near = ends[0];
    OWN(fd) far = ends[1];
    CHECK_OK(talk_answer_put(&(struct talk_answer){talk_word(SAY_RUN), .path = STR("/bin/true")}, &bytes));
    CHECK_OK(talk_send(near, buf_str(&bytes), file));
    CHECK_OK(talk_receive(far, &got, &passed));
    OWN(fd) descriptor = passed;
    CHECK_OK(talk_answer_read(buf_str(&got), &read));
    CHECK(str_eq(read.say, STR("run")) && str_eq(read.path, STR("/bin/true")));
    CHECK(passed > 0 && fstat(file, &sent) == 0 && fstat(descriptor, &received) == 0 &&
          sent.st_ino == received.st_ino);
}

TEST(a_frame_past_its_limit_is_refused_before_it_is_read)
{
    int ends[2], passed = NO_DESCRIPTOR;
    OWN(buf) got = BUF(TALK_MAX);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    OWN(fd) near = ends[0];
    OWN(fd) far = ends[1];
    CHECK(write(near, "\x7f\xff\xff\xff", 4) == 4);
    CHECK_FAILS(ERR_INVALID, talk_receive(far, &got, &passed));
}

TEST(an_end_that_closes_is_not_waited_for)
{
    int ends[2], passed = NO_DESCRIPTOR;
    OWN(buf) got = BUF(TALK_MAX);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    OWN(fd) far = ends[1];
    CHECK(write(ends[0],
                "\0\0\0\x08"
                "half",
                8) == 8 &&
          close(ends[0]) == 0);
    CHECK_FAILS(ERR_UNREACHABLE, talk_receive(far, &got, &passed));
}

TESTS(a_question_reads_back_as_it_was_put_with_every_argument, a_question_cut_short_at_any_byte_is_refused,
      more_arguments_than_there_may_be_are_refused_on_either_side,
      an_answer_travels_with_the_descriptor_of_the_program,
      a_frame_past_its_limit_is_refused_before_it_is_read, an_end_that_closes_is_not_waited_for)
