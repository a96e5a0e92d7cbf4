# Mistakes in a site's settings and rules, and warnings: on pages, in the API
# and in the output of the command. A mistake says what is wrong, why, and how
# to fix it.

mistake-sentence = { $what }: { $why }. Fix: { $fix }.

# Where a field has one value, and that is wrong. In English, the fields are
# spelt as the command's options.
mistake-value = { $field } { $value }
mistake-field-name = name
mistake-field-work-floor = work-floor
mistake-field-work-ceiling = work-ceiling
mistake-field-count = count
mistake-field-token-lifetime = token-lifetime

mistake-why-name = it must have 1 to 100 visible characters
mistake-fix-name = choose a shorter or simpler name

mistake-what-no-hosts = no hosts
mistake-why-no-hosts = without a host or loopback, no page can show the widget
mistake-fix-no-hosts = add a host or allow loopback; to stop serving, pause the site

mistake-what-too-many-hosts = { $count } hosts
mistake-why-too-many-hosts = more than 100 hosts
mistake-fix-too-many-hosts = replace several hosts with one *.name, or create a second site

mistake-what-host = host { $host }
mistake-why-host =
    { $reason ->
        [empty] the host is empty
        [too-long] the host or one of its labels is too long
        [empty-label] a label is empty
        [bad-label] a label has a character that a lower-case host name cannot have
        [bad-address] not an address in its usual spelling
       *[bad-wildcard] a wildcard needs a name of at least two labels, like *.example.com
    }
mistake-fix-host = write it as browsers do, without scheme, port or path: shop.example, or *.shop.example

mistake-what-host-added-and-removed = host { $host } is both added and removed
mistake-why-host-added-and-removed = one command cannot do both
mistake-fix-host-added-and-removed = remove one of the two

mistake-what-no-such-host = host { $host } cannot be removed
mistake-why-no-such-host = the site's hosts are: { $hosts }
mistake-fix-no-such-host = use the exact spelling from this list

mistake-why-count = count must be 1 to 64
mistake-fix-count = choose 16 unless you have measured

mistake-why-work = work.floor must be at least 1 and with count at most 72,000,000; work.ceiling at least the floor
mistake-why-no-work = { mistake-why-work }
mistake-fix-no-work = choose 1 or more; 40000 is typical
mistake-why-too-much-work = { mistake-why-work }
mistake-fix-too-much-work = with { $count } sub-puzzles, choose at most { $most }
mistake-why-ceiling-below-floor = { mistake-why-work }
mistake-fix-ceiling-below-floor = choose at least the minimum work, { $floor }; 100 times the minimum is typical

mistake-why-token-lifetime = token_lifetime_seconds must be 30 to 300
mistake-fix-token-lifetime = choose 300 unless tokens must expire sooner

mistake-why-not-a-number = it is not a whole number, or it is too large
mistake-fix-not-a-number = use digits only, without spaces or commas

mistake-what-too-many-rules = { $count } rules
mistake-why-too-many-rules = more than 100 rules
mistake-fix-too-many-rules = replace several prefixes with a shorter one

# Programs count rules from 0, people from 1. The selector has one variant: it
# only lets both languages have the same placeables.
mistake-rule =
    { $number ->
       *[other] rules[{ $index }]
    }
mistake-why-condition = it is malformed and can never match
mistake-what-hostname = { mistake-rule }.match.hostname { $value }
mistake-why-hostname = { mistake-why-condition }
mistake-fix-hostname = { mistake-fix-host }
mistake-what-action = { mistake-rule }.match.action { $value }
mistake-why-action = { mistake-why-condition }
mistake-fix-action = use at most 32 characters from A-Z a-z 0-9 _ / -
mistake-what-country = { mistake-rule }.match.country { $value }
mistake-why-country = { mistake-why-condition }
mistake-fix-country = use two upper-case letters, such as KR
mistake-what-prefix = { mistake-rule }.match.prefix { $value }
mistake-why-prefix = { mistake-why-condition }
mistake-fix-prefix = use 192.0.2.0/24 or shorter, or 2001:db8::/48 or shorter, with zeros after the prefix

mistake-what-list = { mistake-rule }.match.list { $value }
mistake-why-list = { mistake-why-condition }
mistake-fix-list = use the name of a published list, such as tor-exits, or the id of one of your own, list_ and 16 characters
mistake-what-score-below = { mistake-rule }.match.score_below { $value }
mistake-why-score-below = { mistake-why-condition }
mistake-fix-score-below = use a whole number from 1 to 100; a score of 0.5 is 50
mistake-what-software = { mistake-rule }.match.software { $value }
mistake-why-software = { mistake-why-condition }
mistake-fix-software = use the 8 characters by which the page Defence names a fleet, such as 00c0ffee
mistake-what-weight = { mistake-rule }.verdict.weigh { $value }
mistake-why-weight = it is not a weight
mistake-fix-weight = use a whole number from 1 to 100 to add to the risk, or from -1 to -100 to take from it
mistake-what-unknown-list = { mistake-rule }.match.list { $value }
mistake-why-unknown-list = there is no such list
mistake-fix-unknown-list = use tor-exits, clouds, spamhaus-drop, or the id of a list of the site's own organisation

mistake-what-asn = ASN { $value }
mistake-why-asn = it is not a network number
mistake-fix-asn = write 4766, or AS4766

mistake-what-no-condition = a rule without a condition
mistake-why-no-condition = it would match every visitor
mistake-fix-no-condition = fill in at least one condition, or tick the box to match every visitor

mistake-what-everybody-with-conditions = the rule
mistake-why-everybody-with-conditions = it has conditions, but the box to match every visitor is ticked
mistake-fix-everybody-with-conditions = remove one of the two

mistake-what-rules-unreadable = --rules { $path }
mistake-why-rules-unreadable = { $error }
mistake-fix-rules-unreadable = choose a readable file, or - for stdin

mistake-what-rules-not-an-array = the rules are not a JSON array
mistake-why-rules-not-an-array = { $error }
mistake-fix-rules-not-an-array = pass a JSON array, as printed by `munjigi site show SITEKEY --json | jq .rules`

mistake-fix-rules = a rule is {"{"}"match": {"{"}…{"}"}, "verdict": "allow│harder│picture│block"{"}"}, or with "verdict": {"{"}"weigh": 20{"}"}; conditions are hostname, action, country, asn, prefix, list, score_below, reason, software
mistake-what-rules-malformed = the rules are malformed
mistake-why-rules-malformed = { $error }
mistake-fix-rules-malformed = { mistake-fix-rules }
mistake-what-rule-not-an-object = { mistake-rule }
mistake-why-rule-not-an-object = it is not an object that contains an object "match"
mistake-fix-rule-not-an-object = { mistake-fix-rules }
mistake-what-rule-malformed = { mistake-rule }
mistake-why-rule-malformed = { $error }
mistake-fix-rule-malformed = { mistake-fix-rules }
mistake-what-unknown-condition = { mistake-rule }.{ $name }
mistake-why-unknown-condition = there is no such condition, or it has no value
mistake-fix-unknown-condition = { mistake-fix-rules }

mistake-what-too-many-protections = { $count } rules about paths
mistake-why-too-many-protections = more than 100 rules about paths
mistake-fix-too-many-protections = replace several paths with one that has a *, like /account/*

mistake-protection =
    { $number ->
       *[other] protect[{ $index }]
    }
mistake-what-protection = { mistake-protection } { $path }
mistake-why-protection = its path, host or a method is malformed
mistake-fix-protection = start the path with / or *, as in /account/*, with at most four *, at most 256 bytes and none of ? # % \ ; or spaces; write a host like shop.example or *.shop.example, and methods in capitals, like POST

mistake-what-above-per-second = { mistake-protection }.above_per_second { $value }
mistake-why-above-per-second = { mistake-why-not-a-number }
mistake-fix-above-per-second = { mistake-fix-not-a-number }, or leave it empty if the rule always holds

mistake-what-protect-unreadable = --protect { $path }
mistake-why-protect-unreadable = { $error }
mistake-fix-protect-unreadable = choose a readable file, or - for stdin, which only one option can read

mistake-what-protect-malformed = the rules about paths are malformed
mistake-why-protect-malformed = { $error }
mistake-fix-protect-malformed = pass a JSON array, as printed by `munjigi site show SITEKEY --json | jq .protect`

mistake-fix-protections = a rule about paths is {"{"}"path": "/account/*", "level": "waited│worked│pictured│allowed"{"}"}; without "level", the path is open; more fields are host, methods, dry_run, no_exemptions, above_per_second
mistake-what-protection-malformed = { mistake-protection }
mistake-why-protection-malformed = { $error }
mistake-fix-protection-malformed = { mistake-fix-protections }
mistake-what-unknown-protection-field = { mistake-protection }.{ $name }
mistake-why-unknown-protection-field = there is no such field, or it has no value
mistake-fix-unknown-protection-field = { mistake-fix-protections }

mistake-what-refused = the edge would reject the site
mistake-why-refused = { $error }
mistake-fix-refused = see docs/protocol/types.md, SiteConfig

path-warning = Rule { $rule } protects { $path } alone. What a server answers below it, such as { $path }/page, stays open. If that is not meant, add a rule for { $path }/*.
rule-warning =
    Rule { $rule } turns off the counters for everyone in { $whom ->
        [prefix] the prefix { $value }
        [network] the network { $value }
        [list] the list { $value }
       *[country] the country { $value }
    }: anyone there, or with a proxy there, does only the minimum work for any number of tokens. A host name or an action does not narrow this down, because the browser chooses them. Allow your own prefix instead.
