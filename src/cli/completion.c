/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

/* Parts that the shells have in common */

/* In single quotes, with a quote in the text as `quote`. */
static void quoted_put(const char *text, const char *quote, buf_t *out)
{
    buf_put_byte(out, '\'');
    for (const char *at = text; *at; at++)
        if (*at == '\'')
            buf_put(out, str(quote));
        else
            buf_put_byte(out, (uint8_t)*at);
    buf_put_byte(out, '\'');
}

static bool is_first_of_noun(const struct command *command)
{
    return command == commands || strcmp(command[-1].noun, command->noun) != 0;
}

static void name_put(const struct command *command, buf_t *out)
{
    buf_put(out, str(command->noun));
    if (*command->verb)
        buf_putf(out, " %s", command->verb);
}

/* A piece of script with the options that a value follows in it, `mark` between them. */
static void between_put(buf_t *out, str_t piece, const char *mark, str_t rest)
{
    const char *before = "";
    buf_put(out, piece);
    for_each_option(o)
    {
        if (!o->value)
            continue;
        buf_putf(out, "%s%s", before, o->name);
        before = mark;
    }
    buf_put(out, rest);
}

static void options_put(const struct command *command, buf_t *out)
{
    const char *before = "";
    for_each_option(o)
    {
        if (!command_takes(command, o))
            continue;
        buf_putf(out, "%s%s", before, o->name);
        before = " ";
    }
}

static str_t choices_of(str_t name) { return str_trim(str(value_choices(name))); }
static bool is_files(str_t choices) { return str_eq(choices, STR(FILES)); }

static size_t words_of(const struct command *command) { return *command->verb ? 2 : 1; }

/* ('approved pending' ''): the choices of each argument. True where they go round. */
static bool arguments_put(const struct command *command, buf_t *out)
{
    struct wanted_list list = {str(command->arguments)};
    struct wanted wanted;
    buf_put_byte(out, '(');
    for (size_t i = 0; wanted_next(&list, &wanted); i++) {
        if (str_eq(wanted.name, STR("…")))
            return buf_put_byte(out, ')'), true;
        str_t choices = choices_of(wanted.name);
        buf_putf(out, "%s'%.*s'", i ? " " : "", STR_ARG(choices));
    }
    buf_put_byte(out, ')');
    return false;
}

static void verbs_put(const char *noun, const char *mark, buf_t *out)
{
    const char *before = "";
    for_each_command(c)
    {
        if (strcmp(c->noun, noun) != 0)
            continue;
        buf_putf(out, "%s%s", before, c->verb);
        before = mark;
    }
}

/* What a noun that is no command stands for is told by its verbs. */
static void noun_help(const struct command *command, buf_t *out)
{
    if (*command->verb)
        verbs_put(command->noun, ", ", out);
    else
        buf_put(out, str(command->help));
}

/* bash */

#define BASH_HEAD \
    "# SPDX-License-Identifier: Apache-2.0\n" \
    "# Completion of custody for bash. Printed by: custody completion bash\n\n" \
    "_custody() {\n" \
    "    local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} option='' options='' replies=''\n" \
    "    local i used=0 again='' words=() arguments=()\n" \
    "    COMPREPLY=()\n" \
    "    # bash makes three words of --option=value\n" \
    "    if [[ $current == = ]]; then\n" \
    "        option=$last current=''\n" \
    "    elif [[ $last == = ]]; then\n" \
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n" \
    "    else\n" \
    "        option=$last\n" \
    "    fi\n" \
    "    case $option in\n"

#define BASH_WORDS \
    "    esac\n" \
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n" \
    "        case ${COMP_WORDS[i]} in\n" \
    "        "

#define BASH_AFTER \
    ")\n" \
    "            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n" \
    "            ((i++))\n" \
    "            ;;\n" \
    "        -*) ;;\n" \
    "        *) words+=(\"${COMP_WORDS[i]}\") ;;\n" \
    "        esac\n" \
    "    done\n" \
    "    case \"${words[*]}\" in\n"

#define BASH_TAIL \
    "    esac\n" \
    "    if ((used)); then\n" \
    "        i=$((${#words[@]} - used))\n" \
    "        [[ $again ]] && i=$((i % ${#arguments[@]}))\n" \
    "        replies=${arguments[i]-}\n" \
    "    fi\n" \
    "    [[ $current == -* ]] && replies=$options\n" \
    "    mapfile -t COMPREPLY < <(compgen -W \"$replies\" -- \"$current\")\n" \
    "}\n" \
    "complete -F _custody custody\n"

static void bash_value_put(const struct option *option, buf_t *out)
{
    str_t choices = choices_of(str(option->value));
    if (is_files(choices))
        buf_putf(out,
                 "    %s)\n        compopt -o filenames 2>/dev/null\n"
                 "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n        return\n        ;;\n",
                 option->name);
    else if (choices.len)
        buf_putf(
            out,
            "    %s)\n        mapfile -t COMPREPLY < <(compgen -W '%.*s' -- \"$current\")\n        return\n"
            "        ;;\n",
            option->name, STR_ARG(choices));
    else
        buf_putf(out, "    %s) return ;;\n", option->name);
}

static void bash_noun_put(const char *noun, buf_t *out)
{
    buf_putf(out, "    %s) replies='", noun);
    verbs_put(noun, " ", out);
    buf_put(out, STR("' options='--help' ;;\n"));
}

static void bash_nouns_put(buf_t *out)
{
    buf_put(out, STR("    '') replies='"));
    for_each_command(c)
    {
        if (is_first_of_noun(c))
            buf_putf(out, "%s%s", c == commands ? "" : " ", c->noun);
    }
    buf_put(out, STR("' options='--help --json --version' ;;\n"));
}

static void bash_command_put(const struct command *command, buf_t *out)
{
    OWN(buf) name = BUF(128);
    name_put(command, &name);
    buf_putf(out, "    '%s' | '%s '*)\n        options='", name.at, name.at);
    options_put(command, out);
    buf_put(out, STR("'\n"));
    if (*command->arguments) {
        buf_putf(out, "        used=%zu arguments=", words_of(command));
        buf_put(out, arguments_put(command, out) ? STR(" again=yes\n") : STR("\n"));
    }
    buf_put(out, STR("        ;;\n"));
}

static void bash_put(buf_t *out)
{
    buf_put(out, STR(BASH_HEAD));
    for_each_option(o)
    {
        if (o->value)
            bash_value_put(o, out);
    }
    between_put(out, STR(BASH_WORDS), " | ", STR(BASH_AFTER));
    bash_nouns_put(out);
    for_each_command(c)
    {
        if (*c->verb && is_first_of_noun(c))
            bash_noun_put(c->noun, out);
    }
    for_each_command(c) bash_command_put(c, out);
    buf_put(out, STR(BASH_TAIL));
}

/* zsh */

#define ZSH_HEAD \
    "#compdef custody\n" \
    "# SPDX-License-Identifier: Apache-2.0\n" \
    "# Completion of custody for zsh. Printed by: custody completion zsh\n\n" \
    "_custody() {\n" \
    "    local -a given arguments replies\n" \
    "    local i\n" \
    "    for ((i = 2; i < CURRENT; i++)); do\n" \
    "        case ${words[i]} in\n" \
    "        ("

#define ZSH_AFTER \
    ") ((i++)) ;;\n" \
    "        (-*) ;;\n" \
    "        (*) given+=(\"${words[i]}\") ;;\n" \
    "        esac\n" \
    "    done\n" \
    "    case \"${given[*]}\" in\n"

#define ZSH_TAIL \
    "    esac\n" \
    "}\n\n" \
    "_custody \"$@\"\n"

/* As _arguments reads an explanation: what ends or begins a part of it is escaped. */
static void zsh_help_put(const char *help, buf_t *out)
{
    for (const char *at = help; *at; at++) {
        if (strchr("[]:\\", *at))
            buf_put_byte(out, '\\');
        if (*at == '\'')
            buf_put(out, STR("'\\'"));
        buf_put_byte(out, (uint8_t)*at);
    }
}

static void zsh_option_put(const struct option *option, buf_t *out)
{
    str_t choices = option->value ? choices_of(str(option->value)) : (str_t){0};
    buf_putf(out, " \\\n            '%s%s[", option->name, option->value ? "=" : "");
    zsh_help_put(option->help, out);
    buf_put_byte(out, ']');
    if (is_files(choices))
        buf_putf(out, ":%s:_files", option->value);
    else if (option->value)
        buf_putf(out, ":%s:(%.*s)", option->value, STR_ARG(choices));
    buf_put_byte(out, '\'');
}

/* The words that may follow `noun`, or with NULL begin: each with what it does. */
static void zsh_words_put(const char *noun, buf_t *out)
{
    buf_putf(out, "    ('%s')\n        replies=(\n", noun ? noun : "");
    for_each_command(c)
    {
        if (noun ? strcmp(c->noun, noun) != 0 : !is_first_of_noun(c))
            continue;
        buf_putf(out, "            '%s:", noun ? c->verb : c->noun);
        OWN(buf) help = BUF(512);
        if (noun)
            buf_put(&help, str(c->help));
        else
            noun_help(c, &help);
        zsh_help_put(help.at, out);
        buf_put(out, STR("'\n"));
    }
    buf_put(out,
            STR("        )\n        if [[ ${words[CURRENT]} == -* ]]; then\n            compadd -- --help"));
    buf_put(out, noun ? STR("\n") : STR(" --json --version\n"));
    buf_put(out,
            STR("        else\n            _describe -t commands command replies\n        fi\n        ;;\n"));
}

static void zsh_command_put(const struct command *command, buf_t *out)
{
    OWN(buf) name = BUF(128);
    name_put(command, &name);
    buf_putf(out, "    ('%s'|'%s '*)\n        arguments=", name.at, name.at);
    bool again = arguments_put(command, out);
    buf_putf(out, "\n        i=$((${#given} - %zu))\n", words_of(command));
    if (again)
        buf_put(out, STR("        i=$((i % ${#arguments}))\n"));
    buf_put(out, STR("        _arguments -S"));
    for_each_option(o)
    {
        if (command_takes(command, o))
            zsh_option_put(o, out);
    }
    buf_put(out, STR(" \\\n            \"*:word:(${arguments[i + 1]})\"\n        ;;\n"));
}

static void zsh_put(buf_t *out)
{
    between_put(out, STR(ZSH_HEAD), "|", STR(ZSH_AFTER));
    zsh_words_put(NULL, out);
    for_each_command(c)
    {
        if (*c->verb && is_first_of_noun(c))
            zsh_words_put(c->noun, out);
    }
    for_each_command(c) zsh_command_put(c, out);
    buf_put(out, STR(ZSH_TAIL));
}

/* fish */

#define FISH_HEAD \
    "# SPDX-License-Identifier: Apache-2.0\n" \
    "# Completion of custody for fish. Printed by: custody completion fish\n\n" \
    "function __custody_given --description 'the words so far, without options and their values'\n" \
    "    set -l words (commandline -opc)\n" \
    "    set -e words[1]\n" \
    "    set -l skip no\n" \
    "    for word in $words\n" \
    "        if test $skip = yes\n" \
    "            set skip no\n" \
    "            continue\n" \
    "        end\n" \
    "        switch $word\n" \
    "            case "

#define FISH_AFTER \
    "\n" \
    "                set skip yes\n" \
    "            case '-*'\n" \
    "            case '*'\n" \
    "                printf '%s\\n' $word\n" \
    "        end\n" \
    "    end\n" \
    "end\n\n" \
    "function __custody_at --description 'the words so far are these'\n" \
    "    set -l given (__custody_given)\n" \
    "    test \"$given\" = \"$argv\"\n" \
    "end\n\n" \
    "function __custody_in --description 'the words so far begin with one of these commands'\n" \
    "    set -l given (__custody_given)\n" \
    "    for command in $argv\n" \
    "        string match -q -- \"$command *\" \"$given \"; and return 0\n" \
    "    end\n" \
    "    return 1\n" \
    "end\n\n" \
    "function __custody_turn --description 'the argument TURN, of COUNT that go round, of a command of USED words'\n" \
    "    __custody_in $argv[4]; or return 1\n" \
    "    set -l given (__custody_given)\n" \
    "    test (math \"(\" (count $given) - $argv[3] \") % $argv[2]\") = $argv[1]\n" \
    "end\n\n" \
    "complete -c custody -f\n"

enum { FISH_NO_ROUND = 99 }; /* arguments that are given once: no line has so many */

static void fish_word_put(const struct command *command, bool is_noun, buf_t *out)
{
    OWN(buf) help = BUF(512);
    if (is_noun)
        noun_help(command, &help);
    else
        buf_put(&help, str(command->help));
    buf_putf(out, "complete -c custody -n '__custody_at%s%s' -a %s -d ", is_noun ? "" : " ",
             is_noun ? "" : command->noun, is_noun ? command->noun : command->verb);
    quoted_put(buf_str(&help).at, "\\'", out);
    buf_put_byte(out, '\n');
}

/* -n with the commands that take the option; of json and help none is told, since all do. */
static void fish_where_put(const struct option *option, buf_t *out)
{
    bool by_all = true, by_any = false;
    for_each_command(c) by_all &= command_takes(c, option), by_any |= command_takes(c, option);
    if (by_all)
        return;
    buf_put(out, by_any ? STR(" -n '__custody_in") : STR(" -n '__custody_at"));
    for_each_command(c)
    {
        if (!command_takes(c, option))
            continue;
        buf_put(out, STR(" \""));
        name_put(c, out);
        buf_put_byte(out, '"');
    }
    buf_put_byte(out, '\'');
}

static void fish_option_put(const struct option *option, buf_t *out)
{
    str_t choices = option->value ? choices_of(str(option->value)) : (str_t){0};
    buf_put(out, STR("complete -c custody"));
    fish_where_put(option, out);
    buf_putf(out, " -l %s", option->name + 2);
    if (is_files(choices))
        buf_put(out, STR(" -r -F"));
    else if (option->value)
        buf_put(out, STR(" -x"));
    if (choices.len && !is_files(choices))
        buf_putf(out, " -a '%.*s'", STR_ARG(choices));
    buf_put(out, STR(" -d "));
    quoted_put(option->help, "\\'", out);
    buf_put_byte(out, '\n');
}

static size_t arguments_count(const struct command *command, bool *out_again)
{
    struct wanted_list list = {str(command->arguments)};
    struct wanted wanted;
    size_t count = 0;
    *out_again = false;
    while (wanted_next(&list, &wanted))
        if (str_eq(wanted.name, STR("…")))
            *out_again = true;
        else
            count++;
    return count;
}

static void fish_arguments_put(const struct command *command, buf_t *out)
{
    struct wanted_list list = {str(command->arguments)};
    struct wanted wanted;
    bool again;
    size_t count = arguments_count(command, &again);
    for (size_t i = 0; wanted_next(&list, &wanted); i++) {
        str_t choices = choices_of(wanted.name);
        if (!choices.len)
            continue;
        buf_putf(out, "complete -c custody -n '__custody_turn %zu %zu %zu \"", i,
                 again ? count : (size_t)FISH_NO_ROUND, words_of(command));
        name_put(command, out);
        buf_putf(out, "\"' -a '%.*s'\n", STR_ARG(choices));
    }
}

static void fish_put(buf_t *out)
{
    between_put(out, STR(FISH_HEAD), " ", STR(FISH_AFTER));
    for_each_command(c)
    {
        if (is_first_of_noun(c))
            fish_word_put(c, true, out);
        if (*c->verb)
            fish_word_put(c, false, out);
        fish_arguments_put(c, out);
    }
    for_each_option(o) fish_option_put(o, out);
}

void completion_put(const char *shell, buf_t *out)
{
    static const struct {
        const char *name;
        void (*put)(buf_t *out);
    } shells[] = {{"bash", bash_put}, {"zsh", zsh_put}, {"fish", fish_put}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (!strcmp(shells[i].name, shell))
            shells[i].put(out);
}
