# The console: how visits were scored, and what their sites reported.

defence-title = Defence
defence-lead = For redeemed tokens: the scores of their visits, the reasons that lowered them, and the outcomes that you reported later. Times are in UTC; numbers lag by a few minutes.
defence-nothing = No token was redeemed in this period.
defence-prices = Price
defence-price-now = At the last count, the median visitor did at most { $median } the site's minimum work, and 95 % did at most { $most }.
defence-price-hint = Bars: the most that 95 % of first challenges cost, in doublings of the site's minimum work.
defence-price-median = Half, at most
defence-price-most = 95 %, at most
defence-price-raised = Twice or more
defence-fleets = Fleets
defence-no-fleets = No software came from far more networks than usual.
defence-fleets-hint = Software that came from far more networks than is usual on the site, and did more work for it. The names are pseudonyms that change every day: they show which visits belong together, but not whose they are.
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
defence-threshold-hint = 1 is a person, 0 a bot. “Below this” is what your back end would have rejected if it had accepted only this score and higher.
defence-reasons = Reasons
defence-reasons-hint = A visit may have several reasons. Visits without any are not listed.
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
reason-network-load = the client sent many requests, failed, or did not solve its challenges, or its network was busy
reason-site-under-attack = arrived during a flood of the site
reason-work-alone = only the proof of work was sent
reason-too-little-data = the browser reported no human interaction
reason-outcomes = visits with the same signs turned out fraudulent

scores-title = Learned weights
scores-of = Learned weights of { $name }
scores-lead-html = A site that <a href="/docs/integration#reporting-outcomes">reports outcomes</a> gets a score that learns from them every night. It changes only the score that your back end receives: not the work that visitors do, and no other site.
scores-fixed = The fixed weights are in force: nothing has been learned here yet, or the learned weights were undone.
scores-learned = Version { $version } of the weights is in force.
scores-alike = They hardly differ from the fixed weights.
scores-waiting = New weights wait until the next day’s outcomes have judged them.
scores-sign = Sign
scores-odds = Odds of fraud
scores-speaks = Speaks
scores-against = against the visit
scores-for = for the visit
scores-signs-html = <a href="/docs/protocol-types#sign">What each sign means</a>. Signs that hardly matter are omitted.
scores-undo = Restore the previous weights
scores-undo-hint = Scores follow within two minutes. After that, nothing is learned here for some days.
scores-done-undone = Undone. The previous weights reach the edge within two minutes, and nothing is learned for { $days } days.
scores-done-nothing = Nothing was changed: these weights are no longer in force.
