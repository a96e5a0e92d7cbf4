# The console: navigation, overview, statistics, anomalies.

nav-label = Console
overview-title = Overview
statistics-title = Statistics
sites-title = Sites
anomalies-title = Anomalies
notifications-title = Notifications
team-title = Team
keys-title = Keys
audit-title = Audit log
nav-other-organisations = Other organisations
overview-unusual = Unusual activity
severity-warning = warning
severity-critical = critical
overview-all-anomalies = View all anomalies
overview-no-site = No site yet. A site has a public sitekey for the page, and a secret for the back end.
overview-first-site = Create your first site
numbers-site = Site
numbers-all-sites = All sites
numbers-time = Time
period-24h = Last 24 hours
period-7d = Last 7 days
period-30d = Last 30 days
numbers-show = Show
overview-scope = { $site } · { $period } · times in UTC. Numbers lag by a few minutes. Those marked ≈ are sums over the edge's isolates.
overview-lately = The last ten minutes
count-challenges = Challenges ≈
count-solved = Solved ≈
count-wrong = Wrong ≈
count-refused = Refused ≈
count-redeemed = Redeemed
overview-live-as-of = Live, as of { $at } UTC.
overview-live-spoken = { $count } tokens redeemed in the last ten minutes
overview-live-logged-out = Live updates ended: you are logged out or no longer a member.
overview-live-ended = Live updates ended.
overview-live-paused = Live updates paused. Retrying…
overview-as-of = As of { $at } UTC.
refresh = Refresh
overview-working = Is it working?
overview-last = Last redemption
overview-none-yet = none yet
overview-redeemed = Tokens redeemed
overview-refused = Requests refused ≈
overview-stopping = What is it stopping?
overview-wrong = Wrong solutions and answers ≈
overview-resubmitted = Spent tokens resubmitted
count-stepped = Given more work ≈
overview-cost = What does it cost visitors?
overview-median = Median time ≈
overview-slowest = 19 of 20 within ≈
overview-picture = Saw a picture
overview-gave-up = Started but got no token ≈
overview-gave-up-hint = gave up, were blocked, or are still in progress
overview-breakdowns = View by time, country, network, host name, action and reason
overview-over-time = Over time
chart-challenges = Challenges
overview-as-table = Show as a table
overview-from = From
download-csv = Download as CSV
format-over-a-minute = over a minute
format-milliseconds = { $time } ms
format-seconds = { $time } s
change-new = none in the previous period
change-same = same as the previous period
change-more = +{ $percent } % compared with the previous period
change-less = −{ $percent } % compared with the previous period
ago-now = less than a minute ago
ago-minutes =
    { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
ago-hours =
    { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
ago-days =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
statistics-no-site = No site yet, so there are no statistics. A site has a public sitekey for the page, and a secret for the back end.
statistics-by = By { $by }
statistics-scope = { $period }, times in UTC. “Before” is the preceding period of the same length. Numbers lag by a few minutes. Those marked ≈ are sums over the edge's isolates.
by-time = Time
by-country = Country
by-asn = Network
by-host = Host name
by-action = Action
by-reason = Reason
statistics-group-by = Group by
statistics-nothing = No activity in this period or the one before.
statistics-longest = View the last 30 days.
statistics-nothing-hint-html = Numbers appear a few minutes after the first visitor. If you expect some, check that the page has the widget and that the back end sends its tokens to siteverify. <a href="{ $sites }/sites">Each site</a> shows both code snippets and whether they have been used.
statistics-of-action = Challenges are counted before their action is known.
statistics-reason = Reason
statistics-before = Before
statistics-all-refused = All requests refused
statistics-resubmitted-exact = Spent tokens resubmitted (exact, from siteverify)
statistics-wrong = Wrong solutions and answers
statistics-expired = Challenges that expired
statistics-resubmitted = Resubmitted
statistics-pictured = Shown a picture
statistics-picture-solved = Solved a picture
statistics-half = 50 % solved within ≈
statistics-none = none
statistics-unknown = unknown
statistics-others = all others
statistics-all = All
statistics-more = { $more } smaller rows are not shown.
statistics-more-downloads = The downloads include them.
statistics-download = Download this table with all rows and numbers:
anomalies-lead = Each site's last hour is compared with the same hour in its past weeks. The same comparison is made for its busiest networks. Monitoring of a new site starts after { $days } days; the hour of the week counts after { $weeks } weeks.
anomalies-choose = Choose who is notified
anomalies-current = Current
anomalies-none = No anomalies.
anomalies-began = Since { $at } (UTC).
anomalies-since = Since { $at } (UTC); compared with { $against }; score { $score }.
anomalies-acknowledged-by = Acknowledged by { $by }.
rules-of = Rules of { $name }
anomalies-acknowledge = Acknowledge
anomalies-all-networks = all
anomalies-no-one = no one
anomalies-resolved = Resolved
none-yet = None yet.
anomalies-resolved-label = Resolved anomalies
anomalies-column-from = From (UTC)
anomalies-column-until = Until
anomalies-column-what = What
anomalies-column-severity = Severity
anomalies-column-peak = Peak
anomalies-column-usual = Usual
anomalies-column-by = Acknowledged by
anomalies-same-hour-of-week = the same hour in { $hours } weeks
anomalies-same-hour-of-day = the same hour on { $hours } days
anomalies-acknowledged = Acknowledged. The anomaly is listed here until it is resolved.
