# The console: rules of a site, and dry runs.

rules-any = any
rules-undo = Undo
rules-mistakes = Nothing was changed:
rules-deleted = The site is deleted. To change its rules, restore it first.
rules-lead = The first rule that matches a visitor applies. An omitted condition matches everybody. Host name and action are reported by the browser; country, network, prefix and list are observed by us.
rules-none = No rules: visitors are treated by risk only.
rules-column-rule = Rule
rules-column-in-words = In words
rules-column-asn = ASN
rules-column-prefix = Prefix
rules-column-list = List
rules-column-verdict = Verdict
rules-column-change = Change
rules-up = Up
rules-up-label = Move rule { $rule } up
rules-down = Down
rules-down-label = Move rule { $rule } down
rules-try-without = Dry run without
rules-try-without-label = Dry run: the last 24 hours without rule { $rule }
rules-remove = Remove
rules-remove-label = Remove rule { $rule }
rules-add-title = Add a rule at the end
rules-hostname-hint-html = <code>shop.example</code>, or <code>*.shop.example</code>
rules-action-hint-html = As named on the page, such as <code>login</code>
rules-country-hint-html = Two upper-case letters, such as <code>KR</code>
rules-asn = Network (ASN)
rules-asn-hint-html = The network's number, such as <code>4766</code>
rules-prefix-hint-html = <code>192.0.2.0/24</code> or shorter, or <code>2001:db8::/48</code> or shorter
rules-list-hint = A published list, or one that you keep. Nobody is on a list that the edge cannot load.
rules-everybody = No condition: match every visitor
verdict-allow = does only the minimum work, regardless of risk
verdict-harder = does eight times the work
verdict-picture = is shown a picture, or does eight times the work if the site has none
verdict-block = is refused
rules-allow-hint-html = <b>allow</b> with a country or a network turns off the counters for everyone there, even if the rule also names a host name or an action. Use it with your own prefix instead.
rules-try-hint = A dry run changes nothing. It shows what the rule would have done in the last 24 hours.
rules-add = Add rule
rules-try = Dry run on the last 24 hours
rules-done-added = Added. The rule will reach the edge shortly.
rules-done-moved = Moved. The new order will reach the edge shortly.
rules-done-removed = Removed. The change will reach the edge shortly.
rules-done-undone = Undone. The previous rules will reach the edge shortly.
rules-changed-since = Somebody else has changed the site since you opened this page. This is its current state. Check it, and try again if your change is still needed.
rule-when-hostname = on a page at { $host }
rule-when-action = with the action { $action }
rule-when-country = from the country { $country }
rule-when-asn = from the network AS{ $asn }
rule-when-prefix = from { $prefix }
rule-when-list = on the list { $list }
rule-everybody = Every visitor { $effect }.
rule-visitor = A visitor { $conditions } { $effect }.
dry-run-changed-visits = Changed visits
dry-run-lead = This was a dry run: nothing was changed. Replayed: { $since }.
dry-run-none = None.
dry-run-verdicts = verdicts
dry-run-before = Verdict with current rules
dry-run-after = Verdict after the change
dry-run-visits = Visits
dry-run-share = Share
dry-run-limitations = Limitations
dry-run-all = All visits
dry-run-passed = Visits that passed
dry-run-with = With this rule at the end: { $rule }
dry-run-without = Without rule { $rule }
dry-run-with-change = With this change
dry-run-last-day = the last 24 hours
dry-run-since = only the visits since { $at } UTC and some of the hour before, because the last 24 hours have too many records to read while you wait
dry-run-unknown = unknown
dry-run-by-risk = by risk only
dry-run-unless = { $verdict }, unless an earlier rule matches
dry-run-unchanged = unchanged
dry-run-earlier-or-risk = by an earlier rule, or by risk only
dry-run-limit-prefix = Prefixes are not recorded, so a dry run cannot tell whether a rule with a prefix matches.
dry-run-limit-list = Addresses are not recorded, so a dry run knows only who is on a list by their network (ASN).
dry-run-limit-action = The action is recorded only for visitors who passed.
dry-run-limit-hostname = Under a wildcard and on loopback, the page's host name is recorded only for visitors who passed.
dry-run-limit-counts = A blocked visitor may return and is counted each time. A dry run cannot tell who would have given up because of a picture or more work. The counts are approximate.
dry-run-summary =
    Of { $total ->
        [one] { $total } visit
       *[other] { $total } visits
    }, { $changed ->
        [0] none
       *[other] { $changed }
    } would have been treated differently.
dry-run-summary-open = For { $open }, the outcome is unknown.
