# The console: how visits were scored, and what their sites reported.

defence-title = Defence
defence-lead = Of tokens that your back ends redeemed: how their visits were scored, what spoke against them, and what you reported about them later. Times are in UTC; numbers lag by a few minutes.
defence-nothing = No token was redeemed in this period.
defence-prices = Price
defence-price-now = At the last count, half of the visitors did at most { $median } the site's least work, and 95 in a hundred at most { $most }.
defence-price-hint = Bars: what 95 in a hundred first challenges cost at most, in doublings of the site's least work.
defence-price-median = Half, at most
defence-price-most = 95 %, at most
defence-price-raised = Twice or more
defence-fleets = Fleets
defence-no-fleets = No software came from far more networks than usual.
defence-fleets-hint = Software that came from far more networks than is usual on the site, and paid for it. The names are pseudonyms of one day: they say which visits belong together, and not whose they are.
defence-fleet = Software
defence-fleet-networks = Networks ≈
defence-fleet-first = First seen
defence-fleet-last = Last seen
defence-scores = Scores
defence-score = Score from
defence-below = Below this
defence-share = Share
defence-below-fraudulent = Of these, reported as fraudulent
defence-below-legitimate = Of these, reported as legitimate
defence-threshold-hint = 1 is a person, 0 a bot. “Below this” is what your back end would have turned away if it accepted scores from this one on.
defence-reasons = Reasons
defence-reasons-hint = A visit may have several reasons. Those without any are not listed.
defence-reason = Reason
defence-over-time = Over time
defence-outcomes = Outcomes
defence-outcome = You reported
defence-outcome-reason = Because of
defence-outcome-count = Visits
defence-no-outcomes-html = Nothing was reported in this period. If you learn later whether a visitor was welcome, <a href="/docs/integration#reporting-outcomes">report it</a>.

outcome-legitimate = legitimate
outcome-fraudulent = fraudulent
outcome-no-reason = no reason given

reason-automation = a program drove the browser
reason-inconsistent-client = the client contradicted itself
reason-replayed-trace = the same interaction was seen many times
reason-fleet = the same software or provider came from far more networks than usual
reason-solved-elsewhere = solved too fast, or from another network
reason-network-load = the address or its network requested a lot, failed, or did not solve
reason-site-under-attack = came with a flood of the site
reason-work-alone = only work was proven
reason-too-little-data = the browser reported nothing that a person did
reason-outcomes = visits with the same signs turned out fraudulent
