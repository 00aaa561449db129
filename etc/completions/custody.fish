# SPDX-License-Identifier: Apache-2.0
# Completion of custody for fish. Printed by: custody completion fish

function __custody_given --description 'the words so far, without options and their values'
    set -l words (commandline -opc)
    set -e words[1]
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --url --token --tenant --username --full-name --email --claim --authority --socket --name --state --sort --act --by --from --until --role --days --uses --pattern --limit --cursor --confirm --output
                set skip yes
            case '-*'
            case '*'
                printf '%s\n' $word
        end
    end
end

function __custody_at --description 'the words so far are these'
    set -l given (__custody_given)
    test "$given" = "$argv"
end

function __custody_in --description 'the words so far begin with one of these commands'
    set -l given (__custody_given)
    for command in $argv
        string match -q -- "$command *" "$given "; and return 0
    end
    return 1
end

function __custody_turn --description 'the argument TURN, of COUNT that go round, of a command of USED words'
    __custody_in $argv[4]; or return 1
    set -l given (__custody_given)
    test (math "(" (count $given) - $argv[3] ") % $argv[2]") = $argv[1]
end

complete -c custody -f
complete -c custody -n '__custody_at' -a login -d 'sign in, with a token or as a person, and remember it'
complete -c custody -n '__custody_at' -a logout -d 'sign out, and forget what login remembered'
complete -c custody -n '__custody_at' -a whoami -d 'say who is signed in, where and until when'
complete -c custody -n '__custody_at' -a claim -d 'set a client up: its first owner, its key, and its recovery kit, which is printed once'
complete -c custody -n '__custody_at' -a kit -d 'confirm'
complete -c custody -n '__custody_at kit' -a confirm -d 'finish the set-up that claim began'
complete -c custody -n '__custody_at' -a recover -d 'set a password anew with the recovery kit'
complete -c custody -n '__custody_at' -a device -d 'list, show, approve, revoke, remove'
complete -c custody -n '__custody_at device' -a list -d 'list the devices'
complete -c custody -n '__custody_at device' -a show -d 'show what a device has reported'
complete -c custody -n '__custody_at device' -a approve -d 'let a device that waits, or was revoked, report'
complete -c custody -n '__custody_at device' -a revoke -d 'refuse a device\'s certificate from now on; what it reported stays'
complete -c custody -n '__custody_at device' -a remove -d 'destroy a device\'s keys and those of its accounts, for good'
complete -c custody -n '__custody_at' -a settings -d 'show, set'
complete -c custody -n '__custody_at settings' -a show -d 'show what may be collected'
complete -c custody -n '__custody_at settings' -a set -d 'change what may be collected; what is switched off is removed'
complete -c custody -n '__custody_turn 0 2 2 "settings set"' -a 'computer_name mac_address usernames logged_in ip_addresses connecting_ip programs'
complete -c custody -n '__custody_turn 1 2 2 "settings set"' -a 'on off'
complete -c custody -n '__custody_at' -a log -d 'list, show, about, proof, mirror'
complete -c custody -n '__custody_at log' -a list -d 'list the evidence log, newest first'
complete -c custody -n '__custody_at log' -a show -d 'print one entry as it stands in the log'
complete -c custody -n '__custody_at log' -a about -d 'show which log it is, how far it is signed, and what verifies it'
complete -c custody -n '__custody_at log' -a proof -d 'print a proof that the log holds an entry, for custody-verify proof'
complete -c custody -n '__custody_at log' -a mirror -d 'copy the log to a folder, or what is new of it, for custody-verify log'
complete -c custody -n '__custody_turn 0 99 2 "log mirror"' -a '/'
complete -c custody -n '__custody_at' -a witness -d 'show, set, remove'
complete -c custody -n '__custody_at witness' -a show -d 'show which witness cosigns the log, how far, and what is in its way'
complete -c custody -n '__custody_at witness' -a set -d 'have a witness of yours cosign the log: custody-verify witness is one, and prints its VERIFIER'
complete -c custody -n '__custody_at witness' -a remove -d 'ask no witness any more'
complete -c custody -n '__custody_at' -a notice -d 'show, set, test'
complete -c custody -n '__custody_at notice' -a show -d 'show where notices are mailed to, and what became of the latest'
complete -c custody -n '__custody_at notice' -a set -d 'say where notices are mailed to, at most 8 addresses; none for nobody'
complete -c custody -n '__custody_at notice' -a test -d 'mail a test to each address'
complete -c custody -n '__custody_at' -a prove -d 'check each promise, and show its state and the evidence; it fails where one is broken'
complete -c custody -n '__custody_at' -a token -d 'list, create, revoke'
complete -c custody -n '__custody_at token' -a list -d 'list the tokens'
complete -c custody -n '__custody_at token' -a create -d 'make a token, which is printed once'
complete -c custody -n '__custody_at token' -a revoke -d 'end a token'
complete -c custody -n '__custody_at' -a deployment -d 'list, create, revoke'
complete -c custody -n '__custody_at deployment' -a list -d 'list the deployment keys'
complete -c custody -n '__custody_at deployment' -a create -d 'make a key to enrol devices with, which is printed once'
complete -c custody -n '__custody_at deployment' -a revoke -d 'end a deployment key; what it enrolled stays, if nothing else is said'
complete -c custody -n '__custody_at' -a tenant -d 'list, create'
complete -c custody -n '__custody_at tenant' -a list -d 'list the clients, as the service\'s operator'
complete -c custody -n '__custody_at tenant' -a create -d 'make a client, and the claim for its first owner, as the service\'s operator'
complete -c custody -n '__custody_at' -a describe -d 'sql, proto, types, data-map, acts, annex-a, man'
complete -c custody -n '__custody_at describe' -a sql -d 'print the tables of the store'
complete -c custody -n '__custody_at describe' -a proto -d 'print the agent\'s messages'
complete -c custody -n '__custody_at describe' -a types -d 'print the console\'s types'
complete -c custody -n '__custody_at describe' -a data-map -d 'print every field, its class, its end and its purpose'
complete -c custody -n '__custody_at describe' -a acts -d 'print what is written into the evidence log'
complete -c custody -n '__custody_at describe' -a annex-a -d 'print which controls of ISO/IEC 27001, Annex A, the promises are evidence for'
complete -c custody -n '__custody_at describe' -a man -d 'print the manual page of this program, for man -l'
complete -c custody -n '__custody_turn 0 99 2 "describe man"' -a 'custody'
complete -c custody -n '__custody_at' -a diagnose -d 'say how things stand, without personal data: for whoever helps'
complete -c custody -n '__custody_at' -a completion -d 'print what a shell needs to complete these commands'
complete -c custody -n '__custody_turn 0 99 1 "completion"' -a 'bash zsh fish'
complete -c custody -n '__custody_at' -a api -d 'send one request as whoever is signed in'
complete -c custody -n '__custody_turn 0 99 1 "api"' -a 'GET POST PUT PATCH DELETE'
complete -c custody -n '__custody_at' -a version -d 'print the version'
complete -c custody -n '__custody_in "login" "whoami" "claim" "kit confirm" "recover" "device list" "device show" "device approve" "device revoke" "device remove" "settings show" "settings set" "log list" "log show" "log about" "log proof" "log mirror" "witness show" "witness set" "witness remove" "notice show" "notice set" "notice test" "prove" "token list" "token create" "token revoke" "deployment list" "deployment create" "deployment revoke" "diagnose" "api"' -l url -x -d 'the service\'s address, https://…'
complete -c custody -n '__custody_in "login" "whoami" "kit confirm" "device list" "device show" "device approve" "device revoke" "device remove" "settings show" "settings set" "log list" "log show" "log about" "log proof" "log mirror" "witness show" "witness set" "witness remove" "notice show" "notice set" "notice test" "prove" "token list" "token create" "token revoke" "deployment list" "deployment create" "deployment revoke" "diagnose" "api"' -l token -x -d 'a token, ctk_…; CUSTODY_TOKEN does the same; - reads it from standard input'
complete -c custody -n '__custody_in "login" "recover"' -l tenant -x -d 'the client organisation, by its name or id'
complete -c custody -n '__custody_in "login" "claim" "recover"' -l username -x -d 'the name a person signs in with'
complete -c custody -n '__custody_in "claim"' -l full-name -x -d 'the person\'s name, as people write it'
complete -c custody -n '__custody_in "claim"' -l email -x -d 'the person\'s e-mail address'
complete -c custody -n '__custody_in "claim"' -l claim -x -d 'the claim the operator gave, ccl_…; - reads it from standard input'
complete -c custody -n '__custody_in "login" "whoami" "claim" "kit confirm" "recover" "device list" "device show" "device approve" "device revoke" "device remove" "settings show" "settings set" "log list" "log show" "log about" "log proof" "log mirror" "witness show" "witness set" "witness remove" "notice show" "notice set" "notice test" "prove" "token list" "token create" "token revoke" "deployment list" "deployment create" "deployment revoke" "diagnose" "api"' -l authority -r -F -d 'trust the service by this authority\'s certificate (PEM), and by no other'
complete -c custody -n '__custody_in "login" "whoami" "claim" "kit confirm" "recover" "device list" "device show" "device approve" "device revoke" "device remove" "settings show" "settings set" "log list" "log show" "log about" "log proof" "log mirror" "witness show" "witness set" "witness remove" "notice show" "notice set" "notice test" "prove" "token list" "token create" "token revoke" "deployment list" "deployment create" "deployment revoke" "diagnose" "api"' -l insecure -d 'do not check who the service is: for a demonstration only'
complete -c custody -n '__custody_in "tenant list" "tenant create"' -l socket -r -F -d 'the operator\'s socket in the service\'s folder'
complete -c custody -n '__custody_in "device list" "token create" "deployment create"' -l name -x -d 'what it is to be called; for a list, a part of the names to find'
complete -c custody -n '__custody_in "device list"' -l state -x -a 'approved pending revoked' -d 'only those in this state: approved, pending or revoked'
complete -c custody -n '__custody_in "device list"' -l sort -x -a 'enrolled -enrolled seen -seen name -name' -d 'by enrolled, seen or name, with a - before it for the largest first'
complete -c custody -n '__custody_in "log list"' -l act -x -d 'only acts whose name begins so, such as device. or records.opened'
complete -c custody -n '__custody_in "log list"' -l by -x -d 'only acts of this member, endpoint or key: usr_…, tok_…, dev_…, dpl_…, operator, or unknown'
complete -c custody -n '__custody_in "log list"' -l from -x -d 'not before this date or moment, in UTC: 2026-11-24 or 2026-11-24T18:30:00Z'
complete -c custody -n '__custody_in "log list"' -l until -x -d 'not after this date or moment, in UTC'
complete -c custody -n '__custody_in "device list" "log list"' -l csv -d 'print the service\'s CSV, of all that fit'
complete -c custody -n '__custody_in "token create"' -l role -x -a 'administrator auditor viewer' -d 'administrator, auditor (the evidence log and the proof, and no key) or viewer'
complete -c custody -n '__custody_in "token create" "deployment create"' -l days -x -d 'days it lasts'
complete -c custody -n '__custody_in "deployment create"' -l uses -x -d 'devices it may enrol'
complete -c custody -n '__custody_in "deployment create"' -l pattern -x -d 'computer names that need no approval, such as lab-*; the others wait'
complete -c custody -n '__custody_in "deployment create"' -l hold -d 'every device waits for approval'
complete -c custody -n '__custody_in "deployment revoke"' -l with-devices -d 'revoke what it enrolled too'
complete -c custody -n '__custody_in "device list" "log list"' -l limit -x -d 'records on a page, 1 to 500'
complete -c custody -n '__custody_in "device list" "log list"' -l cursor -x -d 'the page after the one that gave this as its "next"'
complete -c custody -n '__custody_in "device list" "log list"' -l all -d 'every page, as one list'
complete -c custody -n '__custody_in "device show"' -l programs -d 'list the programs too'
complete -c custody -n '__custody_in "device remove"' -l confirm -x -d 'the device\'s name (its id while it has none), so that no other is removed'
complete -c custody -n '__custody_in "device revoke" "settings set"' -l yes -d 'do it, and do not ask'
complete -c custody -n '__custody_in "log proof" "diagnose"' -l output -r -F -d 'write it to this file, open to its owner only, instead of the screen'
complete -c custody -l json -d 'print JSON, errors too'
complete -c custody -l help -d 'say what there is, or what a command does'
complete -c custody -n '__custody_at' -l version -d 'print the version'
