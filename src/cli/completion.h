/* SPDX-License-Identifier: Apache-2.0
 *
 * What a shell needs to complete the commands, from the command table: nouns, verbs, options, and values where they are
 * fixed. The committed copies are in etc/completions; a test compares.
 *
 *     custody completion bash >/usr/share/bash-completion/completions/custody
 *     custody completion zsh  >/usr/share/zsh/vendor-completions/_custody
 *     custody completion fish >/usr/share/fish/vendor_completions.d/custody.fish
 *
 * All three go the same way: the words typed so far without options and their values are a command, the beginning of
 * one, or a command and some of its arguments. No service is asked, so no completion shows data.
 */
#pragma once
#include "cli/commands.h"

/* `shell` is bash, zsh or fish. */
void completion_put(const char *shell, buf_t *out);
