# SPDX-License-Identifier: Apache-2.0
# Completion of custody for bash. Printed by: custody completion bash

_custody() {
    local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} option='' options='' replies=''
    local i used=0 again='' words=() arguments=()
    COMPREPLY=()
    # bash makes three words of --option=value
    if [[ $current == = ]]; then
        option=$last current=''
    elif [[ $last == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    else
        option=$last
    fi
    case $option in
    --url) return ;;
    --token) return ;;
    --tenant) return ;;
    --username) return ;;
    --full-name) return ;;
    --email) return ;;
    --claim) return ;;
    --invitation) return ;;
    --authority)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --socket)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --name) return ;;
    --state)
        mapfile -t COMPREPLY < <(compgen -W 'approved pending revoked open refused void withdrawn ended used emergency silent trouble off behind current waiting sent delivered failed nobody' -- "$current")
        return
        ;;
    --kind)
        mapfile -t COMPREPLY < <(compgen -W 'support removal release role' -- "$current")
        return
        ;;
    --sort)
        mapfile -t COMPREPLY < <(compgen -W 'enrolled -enrolled seen -seen name -name' -- "$current")
        return
        ;;
    --act) return ;;
    --by) return ;;
    --on) return ;;
    --from) return ;;
    --until) return ;;
    --device) return ;;
    --account) return ;;
    --decision)
        mapfile -t COMPREPLY < <(compgen -W 'allowed denied elevated observed' -- "$current")
        return
        ;;
    --path) return ;;
    --program) return ;;
    --package) return ;;
    --sha256) return ;;
    --role)
        mapfile -t COMPREPLY < <(compgen -W 'administrator auditor viewer' -- "$current")
        return
        ;;
    --scope) return ;;
    --otherwise)
        mapfile -t COMPREPLY < <(compgen -W 'viewer auditor' -- "$current")
        return
        ;;
    --member) return ;;
    --days) return ;;
    --contract-end) return ;;
    --not-renewed) return ;;
    --requested) return ;;
    --licence-end) return ;;
    --zone) return ;;
    --grace-days) return ;;
    --keep-months) return ;;
    --keep-snapshots) return ;;
    --capacity) return ;;
    --uses) return ;;
    --pattern) return ;;
    --longest) return ;;
    --client) return ;;
    --case) return ;;
    --reason)
        mapfile -t COMPREPLY < <(compgen -W 'incident question restore change audit' -- "$current")
        return
        ;;
    --words) return ;;
    --acts) return ;;
    --minutes) return ;;
    --at) return ;;
    --fingerprint) return ;;
    --gives) return ;;
    --shown) return ;;
    --as) return ;;
    --key)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --need) return ;;
    --part-file)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --number) return ;;
    --least) return ;;
    --most) return ;;
    --limit) return ;;
    --cursor) return ;;
    --user) return ;;
    --groups) return ;;
    --home) return ;;
    --args) return ;;
    --parents) return ;;
    --script) return ;;
    --interpreter) return ;;
    --trust)
        mapfile -t COMPREPLY < <(compgen -W 'system none' -- "$current")
        return
        ;;
    --file-state)
        mapfile -t COMPREPLY < <(compgen -W 'intact altered signed unknown' -- "$current")
        return
        ;;
    --into) return ;;
    --confirm) return ;;
    --also) return ;;
    --recipient) return ;;
    --document)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --known-by) return ;;
    --joins)
        mapfile -t COMPREPLY < <(compgen -W 'administrator auditor viewer' -- "$current")
        return
        ;;
    --output)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --url | --token | --tenant | --username | --full-name | --email | --claim | --invitation | --authority | --socket | --name | --state | --kind | --sort | --act | --by | --on | --from | --until | --device | --account | --decision | --path | --program | --package | --sha256 | --role | --scope | --otherwise | --member | --days | --contract-end | --not-renewed | --requested | --licence-end | --zone | --grace-days | --keep-months | --keep-snapshots | --capacity | --uses | --pattern | --longest | --client | --case | --reason | --words | --acts | --minutes | --at | --fingerprint | --gives | --shown | --as | --key | --need | --part-file | --number | --least | --most | --limit | --cursor | --user | --groups | --home | --args | --parents | --script | --interpreter | --trust | --file-state | --into | --confirm | --also | --recipient | --document | --known-by | --joins | --output)
            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
            ((i++))
            ;;
        -*) ;;
        *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    case "${words[*]}" in
    '') replies='login logout whoami claim join kit recover password authenticator passkey device launch settings member scim invitation group process request elevation log witness sso notice work webhook snapshot storage key recovery key handover subject-access policy signer snapshot erasure prove session licence hold simulate person token keeper deployment support client contract staff agreement certificate order tenant marks describe diagnose completion api version' options='--help --json --version' ;;
    kit) replies='confirm' options='--help' ;;
    password) replies='change' options='--help' ;;
    authenticator) replies='show add confirm remove' options='--help' ;;
    passkey) replies='list remove' options='--help' ;;
    device) replies='list show approve revoke remove' options='--help' ;;
    launch) replies='list' options='--help' ;;
    settings) replies='show set' options='--help' ;;
    member) replies='list remove role edit disable enable give-key' options='--help' ;;
    scim) replies='show map' options='--help' ;;
    invitation) replies='list create revoke' options='--help' ;;
    group) replies='list create set remove' options='--help' ;;
    process) replies='show set' options='--help' ;;
    request) replies='list show approve refuse end watch' options='--help' ;;
    elevation) replies='list show approve refuse code' options='--help' ;;
    log) replies='list show about proof mirror' options='--help' ;;
    witness) replies='show set remove' options='--help' ;;
    sso) replies='show set test remove account unlink' options='--help' ;;
    notice) replies='show set test list resend' options='--help' ;;
    work) replies='list' options='--help' ;;
    webhook) replies='list add test rotate remove' options='--help' ;;
    snapshot) replies='restore receive copies go-on give-up drill drills list take verify' options='--help' ;;
    storage) replies='show set' options='--help' ;;
    key) replies='show rotate show-break-glass set-break-glass make-break-glass' options='--help' ;;
    recovery) replies='show print split withdraw part confirm rehearse' options='--help' ;;
    key) replies='show rotate show-break-glass set-break-glass make-break-glass' options='--help' ;;
    handover) replies='make resume list receipt end' options='--help' ;;
    subject-access) replies='list open export close' options='--help' ;;
    policy) replies='check explain rehearse list show publish rollout key sign' options='--help' ;;
    signer) replies='list make pin give take' options='--help' ;;
    snapshot) replies='restore receive copies go-on give-up drill drills list take verify' options='--help' ;;
    erasure) replies='show request withdraw certificate list enter' options='--help' ;;
    session) replies='list end' options='--help' ;;
    licence) replies='show timeline' options='--help' ;;
    hold) replies='list place open recover release' options='--help' ;;
    person) replies='list show forget forgotten lift' options='--help' ;;
    token) replies='list create scopes rename revoke' options='--help' ;;
    keeper) replies='list approve revoke' options='--help' ;;
    deployment) replies='list create rename revoke' options='--help' ;;
    support) replies='ask list show end devices device launches approve revoke snapshots restore' options='--help' ;;
    client) replies='list devices' options='--help' ;;
    contract) replies='show set' options='--help' ;;
    staff) replies='list invite join trained' options='--help' ;;
    agreement) replies='show sign set' options='--help' ;;
    certificate) replies='show set' options='--help' ;;
    order) replies='make list confirm withdraw' options='--help' ;;
    tenant) replies='list create' options='--help' ;;
    marks) replies='show list accept' options='--help' ;;
    describe) replies='struct sql json proto openapi types data-map acts annex-a rules man' options='--help' ;;
    'login' | 'login '*)
        options='--url --token --tenant --username --staff --browser --authority --insecure --json --help'
        ;;
    'logout' | 'logout '*)
        options='--staff --json --help'
        ;;
    'whoami' | 'whoami '*)
        options='--url --token --staff --authority --insecure --json --help'
        ;;
    'claim' | 'claim '*)
        options='--url --username --full-name --email --claim --authority --insecure --json --help'
        ;;
    'join' | 'join '*)
        options='--url --username --full-name --email --invitation --authority --insecure --json --help'
        ;;
    'kit confirm' | 'kit confirm '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'recover' | 'recover '*)
        options='--url --tenant --username --authority --insecure --part-file --json --help'
        ;;
    'password change' | 'password change '*)
        options='--url --token --username --authority --insecure --json --help'
        ;;
    'authenticator show' | 'authenticator show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'authenticator add' | 'authenticator add '*)
        options='--url --token --username --authority --insecure --json --help'
        ;;
    'authenticator confirm' | 'authenticator confirm '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'authenticator remove' | 'authenticator remove '*)
        options='--url --token --username --authority --insecure --json --help'
        ;;
    'passkey list' | 'passkey list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'passkey remove' | 'passkey remove '*)
        options='--url --token --username --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'device list' | 'device list '*)
        options='--url --token --authority --insecure --name --state --sort --csv --limit --cursor --all --json --help'
        ;;
    'device show' | 'device show '*)
        options='--url --token --authority --insecure --programs --json --help'
        used=2 arguments=('')
        ;;
    'device approve' | 'device approve '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'device revoke' | 'device revoke '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('')
        ;;
    'device remove' | 'device remove '*)
        options='--url --token --authority --insecure --confirm --json --help'
        used=2 arguments=('')
        ;;
    'launch list' | 'launch list '*)
        options='--url --token --authority --insecure --from --until --device --account --decision --path --program --package --sha256 --follow --csv --limit --cursor --all --json --help'
        ;;
    'settings show' | 'settings show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'settings set' | 'settings set '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('computer_name mac_address usernames logged_in ip_addresses connecting_ip programs launches' 'on off') again=yes
        ;;
    'member list' | 'member list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'member remove' | 'member remove '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('')
        ;;
    'member role' | 'member role '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('' 'owner administrator approver auditor viewer')
        ;;
    'member edit' | 'member edit '*)
        options='--url --token --username --full-name --email --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'member disable' | 'member disable '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('')
        ;;
    'member enable' | 'member enable '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'member give-key' | 'member give-key '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'scim show' | 'scim show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'scim map' | 'scim map '*)
        options='--url --token --authority --insecure --otherwise --yes --json --help'
        used=2 arguments=('') again=yes
        ;;
    'invitation list' | 'invitation list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'invitation create' | 'invitation create '*)
        options='--url --token --authority --insecure --member --days --json --help'
        used=2 arguments=('owner administrator approver auditor viewer')
        ;;
    'invitation revoke' | 'invitation revoke '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'group list' | 'group list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'group create' | 'group create '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('' '') again=yes
        ;;
    'group set' | 'group set '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('' '' '') again=yes
        ;;
    'group remove' | 'group remove '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'process show' | 'process show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'process set' | 'process set '*)
        options='--url --token --authority --insecure --longest --json --help'
        used=2 arguments=('') again=yes
        ;;
    'request list' | 'request list '*)
        options='--url --token --authority --insecure --state --kind --csv --limit --cursor --all --json --help'
        ;;
    'request show' | 'request show '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'request approve' | 'request approve '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('')
        ;;
    'request refuse' | 'request refuse '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'request end' | 'request end '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'request watch' | 'request watch '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'elevation list' | 'elevation list '*)
        options='--url --token --authority --insecure --state --limit --cursor --all --json --help'
        ;;
    'elevation show' | 'elevation show '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'elevation approve' | 'elevation approve '*)
        options='--url --token --authority --insecure --key --json --help'
        used=2 arguments=('')
        ;;
    'elevation refuse' | 'elevation refuse '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'elevation code' | 'elevation code '*)
        options='--url --token --authority --insecure --minutes --shown --as --key --json --help'
        used=2 arguments=('') again=yes
        ;;
    'log list' | 'log list '*)
        options='--url --token --staff --authority --insecure --act --by --on --from --until --csv --limit --cursor --all --json --help'
        ;;
    'log show' | 'log show '*)
        options='--url --token --staff --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'log about' | 'log about '*)
        options='--url --token --staff --authority --insecure --json --help'
        ;;
    'log proof' | 'log proof '*)
        options='--url --token --staff --authority --insecure --output --json --help'
        used=2 arguments=('')
        ;;
    'log mirror' | 'log mirror '*)
        options='--url --token --staff --authority --insecure --json --help'
        used=2 arguments=('/')
        ;;
    'witness show' | 'witness show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'witness set' | 'witness set '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('' '')
        ;;
    'witness remove' | 'witness remove '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'sso show' | 'sso show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'sso set' | 'sso set '*)
        options='--url --token --authority --insecure --known-by --joins --secret --json --help'
        used=2 arguments=('' '' 'passkey passphrase keeper') again=yes
        ;;
    'sso test' | 'sso test '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'sso remove' | 'sso remove '*)
        options='--url --token --authority --insecure --yes --json --help'
        ;;
    'sso account' | 'sso account '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'sso unlink' | 'sso unlink '*)
        options='--url --token --username --authority --insecure --json --help'
        ;;
    'notice show' | 'notice show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'notice set' | 'notice set '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('') again=yes
        ;;
    'notice test' | 'notice test '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'notice list' | 'notice list '*)
        options='--url --token --authority --insecure --state --json --help'
        ;;
    'notice resend' | 'notice resend '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'work list' | 'work list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'webhook list' | 'webhook list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'webhook add' | 'webhook add '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'webhook test' | 'webhook test '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'webhook rotate' | 'webhook rotate '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'webhook remove' | 'webhook remove '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'snapshot restore' | 'snapshot restore '*)
        options='--url --token --authority --insecure --device --into --dry-run --confirm --json --help'
        used=2 arguments=('')
        ;;
    'snapshot receive' | 'snapshot receive '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'snapshot copies' | 'snapshot copies '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'snapshot go-on' | 'snapshot go-on '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'snapshot give-up' | 'snapshot give-up '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'snapshot drill' | 'snapshot drill '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'snapshot drills' | 'snapshot drills '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'storage show' | 'storage show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'storage set' | 'storage set '*)
        options='--url --token --authority --insecure --least --most --confirm --json --help'
        used=2 arguments=('videos launches')
        ;;
    'key show' | 'key show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'key rotate' | 'key rotate '*)
        options='--url --token --authority --insecure --confirm --json --help'
        ;;
    'recovery show' | 'recovery show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'recovery print' | 'recovery print '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'recovery split' | 'recovery split '*)
        options='--url --token --authority --insecure --need --json --help'
        used=2 arguments=('') again=yes
        ;;
    'recovery withdraw' | 'recovery withdraw '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'recovery part' | 'recovery part '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'recovery confirm' | 'recovery confirm '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'recovery rehearse' | 'recovery rehearse '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'key show-break-glass' | 'key show-break-glass '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'key set-break-glass' | 'key set-break-glass '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'key make-break-glass' | 'key make-break-glass '*)
        options='--output --json --help'
        ;;
    'handover make' | 'handover make '*)
        options='--url --token --authority --insecure --confirm --output --json --help'
        ;;
    'handover resume' | 'handover resume '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('/')
        ;;
    'handover list' | 'handover list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'handover receipt' | 'handover receipt '*)
        options='--url --token --authority --insecure --output --json --help'
        used=2 arguments=('')
        ;;
    'handover end' | 'handover end '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'subject-access list' | 'subject-access list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'subject-access open' | 'subject-access open '*)
        options='--url --token --authority --insecure --at --json --help'
        used=2 arguments=('gdpr lgpd' '') again=yes
        ;;
    'subject-access export' | 'subject-access export '*)
        options='--url --token --authority --insecure --confirm --recipient --output --json --help'
        used=2 arguments=('')
        ;;
    'subject-access close' | 'subject-access close '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('' 'answered refused withdrawn')
        ;;
    'policy check' | 'policy check '*)
        options='--json --help'
        used=2 arguments=('/') again=yes
        ;;
    'policy explain' | 'policy explain '*)
        options='--path --package --sha256 --user --groups --home --args --parents --script --interpreter --trust --file-state --json --help'
        used=2 arguments=('/') again=yes
        ;;
    'policy rehearse' | 'policy rehearse '*)
        options='--url --token --authority --insecure --from --until --json --help'
        used=2 arguments=('/') again=yes
        ;;
    'policy list' | 'policy list '*)
        options='--url --token --authority --insecure --limit --cursor --all --json --help'
        ;;
    'policy show' | 'policy show '*)
        options='--url --token --authority --insecure --output --json --help'
        used=2 arguments=('')
        ;;
    'policy publish' | 'policy publish '*)
        options='--url --token --authority --insecure --days --signed --json --help'
        used=2 arguments=('/') again=yes
        ;;
    'policy rollout' | 'policy rollout '*)
        options='--url --token --authority --insecure --state --limit --cursor --all --json --help'
        ;;
    'policy key' | 'policy key '*)
        options='--output --json --help'
        used=2 arguments=('')
        ;;
    'policy sign' | 'policy sign '*)
        options='--days --key --number --output --json --help'
        used=2 arguments=('/') again=yes
        ;;
    'signer list' | 'signer list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'signer make' | 'signer make '*)
        options='--url --token --authority --insecure --yes --json --help'
        ;;
    'signer pin' | 'signer pin '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('')
        ;;
    'signer give' | 'signer give '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'signer take' | 'signer take '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'snapshot list' | 'snapshot list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'snapshot take' | 'snapshot take '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'snapshot verify' | 'snapshot verify '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'erasure show' | 'erasure show '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'erasure request' | 'erasure request '*)
        options='--url --token --authority --insecure --confirm --json --help'
        ;;
    'erasure withdraw' | 'erasure withdraw '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'erasure certificate' | 'erasure certificate '*)
        options='--url --token --authority --insecure --output --json --help'
        used=2 arguments=('')
        ;;
    'erasure list' | 'erasure list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'erasure enter' | 'erasure enter '*)
        options='--url --token --authority --insecure --confirm --document --json --help'
        used=2 arguments=('')
        ;;
    'prove' | 'prove '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'session list' | 'session list '*)
        options='--url --token --authority --insecure --limit --cursor --all --json --help'
        ;;
    'session end' | 'session end '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'licence show' | 'licence show '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'licence timeline' | 'licence timeline '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'hold list' | 'hold list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'hold place' | 'hold place '*)
        options='--url --token --authority --insecure --case --words --json --help'
        used=2 arguments=('')
        ;;
    'hold open' | 'hold open '*)
        options='--url --token --authority --insecure --programs --launches --json --help'
        used=2 arguments=('')
        ;;
    'hold recover' | 'hold recover '*)
        options='--url --tenant --authority --insecure --part-file --programs --launches --json --help'
        used=2 arguments=('')
        ;;
    'hold release' | 'hold release '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'simulate' | 'simulate '*)
        options='--days --contract-end --not-renewed --requested --licence-end --json --help'
        ;;
    'person list' | 'person list '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'person show' | 'person show '*)
        options='--url --token --authority --insecure --also --json --help'
        used=2 arguments=('') again=yes
        ;;
    'person forget' | 'person forget '*)
        options='--url --token --authority --insecure --confirm --also --json --help'
        used=2 arguments=('') again=yes
        ;;
    'person forgotten' | 'person forgotten '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'person lift' | 'person lift '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'token list' | 'token list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'token create' | 'token create '*)
        options='--url --token --authority --insecure --name --role --scope --days --confirm --json --help'
        ;;
    'token scopes' | 'token scopes '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'token rename' | 'token rename '*)
        options='--url --token --authority --insecure --name --json --help'
        used=2 arguments=('')
        ;;
    'token revoke' | 'token revoke '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'keeper list' | 'keeper list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'keeper approve' | 'keeper approve '*)
        options='--url --token --authority --insecure --fingerprint --gives --releases --json --help'
        used=2 arguments=('')
        ;;
    'keeper revoke' | 'keeper revoke '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'deployment list' | 'deployment list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'deployment create' | 'deployment create '*)
        options='--url --token --authority --insecure --name --days --uses --pattern --hold --json --help'
        ;;
    'deployment rename' | 'deployment rename '*)
        options='--url --token --authority --insecure --name --json --help'
        used=2 arguments=('')
        ;;
    'deployment revoke' | 'deployment revoke '*)
        options='--url --token --authority --insecure --with-devices --json --help'
        used=2 arguments=('')
        ;;
    'support ask' | 'support ask '*)
        options='--url --token --authority --insecure --client --case --reason --words --acts --minutes --json --help'
        used=2 arguments=('') again=yes
        ;;
    'support list' | 'support list '*)
        options='--url --token --authority --insecure --state --csv --limit --cursor --all --json --help'
        ;;
    'support show' | 'support show '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'support end' | 'support end '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'support devices' | 'support devices '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'support device' | 'support device '*)
        options='--url --token --authority --insecure --programs --json --help'
        used=2 arguments=('' '')
        ;;
    'support launches' | 'support launches '*)
        options='--url --token --authority --insecure --from --until --account --decision --path --program --package --sha256 --csv --limit --cursor --all --json --help'
        used=2 arguments=('' '')
        ;;
    'support approve' | 'support approve '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('' '')
        ;;
    'support revoke' | 'support revoke '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('' '')
        ;;
    'support snapshots' | 'support snapshots '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'support restore' | 'support restore '*)
        options='--url --token --authority --insecure --dry-run --confirm --json --help'
        used=2 arguments=('' '' '')
        ;;
    'client list' | 'client list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'client devices' | 'client devices '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'contract show' | 'contract show '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'contract set' | 'contract set '*)
        options='--url --token --authority --insecure --contract-end --not-renewed --licence-end --zone --grace-days --keep-months --keep-snapshots --capacity --confirm --json --help'
        used=2 arguments=('')
        ;;
    'staff list' | 'staff list '*)
        options='--url --token --authority --insecure --socket --json --help'
        ;;
    'staff invite' | 'staff invite '*)
        options='--socket --json --help'
        ;;
    'staff join' | 'staff join '*)
        options='--url --username --full-name --email --invitation --authority --insecure --json --help'
        ;;
    'staff trained' | 'staff trained '*)
        options='--url --token --authority --insecure --socket --at --json --help'
        used=2 arguments=('' 'information-security privacy')
        ;;
    'agreement show' | 'agreement show '*)
        options='--url --token --authority --insecure --socket --json --help'
        ;;
    'agreement sign' | 'agreement sign '*)
        options='--url --username --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'agreement set' | 'agreement set '*)
        options='--socket --json --help'
        used=2 arguments=('' '/')
        ;;
    'certificate show' | 'certificate show '*)
        options='--url --token --authority --insecure --socket --json --help'
        ;;
    'certificate set' | 'certificate set '*)
        options='--socket --json --help'
        used=2 arguments=('' '' '' '')
        ;;
    'order make' | 'order make '*)
        options='--url --token --authority --insecure --confirm --json --help'
        used=2 arguments=('tenant.remove tenant.erase hold.release staff.end clock.confirm marks.accept' '')
        ;;
    'order list' | 'order list '*)
        options='--url --token --authority --insecure --json --help'
        ;;
    'order confirm' | 'order confirm '*)
        options='--url --token --authority --insecure --yes --json --help'
        used=2 arguments=('')
        ;;
    'order withdraw' | 'order withdraw '*)
        options='--url --token --authority --insecure --json --help'
        used=2 arguments=('')
        ;;
    'tenant list' | 'tenant list '*)
        options='--socket --json --help'
        ;;
    'tenant create' | 'tenant create '*)
        options='--socket --json --help'
        used=2 arguments=('')
        ;;
    'marks show' | 'marks show '*)
        options='--socket --json --help'
        ;;
    'marks list' | 'marks list '*)
        options='--socket --json --help'
        ;;
    'marks accept' | 'marks accept '*)
        options='--socket --confirm --json --help'
        ;;
    'describe struct' | 'describe struct '*)
        options='--json --help'
        ;;
    'describe sql' | 'describe sql '*)
        options='--json --help'
        ;;
    'describe json' | 'describe json '*)
        options='--json --help'
        ;;
    'describe proto' | 'describe proto '*)
        options='--json --help'
        ;;
    'describe openapi' | 'describe openapi '*)
        options='--json --help'
        ;;
    'describe types' | 'describe types '*)
        options='--json --help'
        ;;
    'describe data-map' | 'describe data-map '*)
        options='--json --help'
        ;;
    'describe acts' | 'describe acts '*)
        options='--json --help'
        ;;
    'describe annex-a' | 'describe annex-a '*)
        options='--json --help'
        ;;
    'describe rules' | 'describe rules '*)
        options='--json --help'
        ;;
    'describe man' | 'describe man '*)
        options='--json --help'
        used=2 arguments=('custody custody-rules')
        ;;
    'diagnose' | 'diagnose '*)
        options='--url --token --authority --insecure --output --json --help'
        ;;
    'completion' | 'completion '*)
        options='--json --help'
        used=1 arguments=('bash zsh fish')
        ;;
    'api' | 'api '*)
        options='--url --token --authority --insecure --json --help'
        used=1 arguments=('GET POST PUT PATCH DELETE' '')
        ;;
    'version' | 'version '*)
        options='--json --help'
        ;;
    esac
    if ((used)); then
        i=$((${#words[@]} - used))
        [[ $again ]] && i=$((i % ${#arguments[@]}))
        replies=${arguments[i]-}
    fi
    [[ $current == -* ]] && replies=$options
    mapfile -t COMPREPLY < <(compgen -W "$replies" -- "$current")
}
complete -F _custody custody
