# Anomalies, in words: on pages, in emails and in webhook messages.
# $network is 0 for the site as a whole.

anomaly-title-flood = far more challenges than usual
anomaly-title-failures = far more wrong solutions than usual
anomaly-title-refusals = far more refused requests than usual
anomaly-title-regular-solve-times = suspiciously uniform solve times
anomaly-title-under-attack = under attack

anomaly-flood =
    { $site }: { $measured } challenges{ $network ->
        [0] { "" }
       *[other] { " " }from network AS{ $network }
    } within an hour. { $usual } is usual at this time.
anomaly-failures =
    { $site }: { $measured } of the solutions{ $network ->
        [0] { "" }
       *[other] { " " }from network AS{ $network }
    } within an hour were wrong. { $usual } is usual at this time.
anomaly-refusals =
    { $site }: { $measured } of the requests{ $network ->
        [0] { "" }
       *[other] { " " }from network AS{ $network }
    } within an hour were refused. { $usual } is usual at this time.
anomaly-regular-solve-times =
    { $site }: solve times{ $network ->
        [0] { "" }
       *[other] { " " }from network AS{ $network }
    } are suspiciously uniform. The middle half lies within a factor of { $measured }; { $usual } is usual. The devices of real visitors differ more.
anomaly-under-attack =
    { $site } is under attack: { $measured } challenges within five minutes.{ $expected ->
        [0] { "" }
       *[other] { " " }{ $usual } are expected at this time.
    }

anomaly-advice-flood =
    { $network ->
        [0] Networks that send too many requests automatically get more work. If you expect more visitors, for example because of a sale or press coverage, there is nothing to do. Otherwise, check whether one network or country stands out, and add a rule for it.
       *[other] This network automatically gets more work. If you expect no visitors from it, add a rule for its number: harder, picture or block.
    }
anomaly-advice-failures = Programs that guess fail like this, but so do visitors after a faulty change to a page. Try your own form first. If it works, add a rule: harder or picture.
anomaly-advice-refusals = The overview lists the reasons. If a rule or a host name is the reason, check your latest changes. If the reason is too many requests, the refusals are protecting you.
anomaly-advice-regular-solve-times = This is typical of many identical machines. They do the work for each token. To stop them, add a rule that requires a picture, and check whether fewer get through.
anomaly-advice-under-attack = Networks and software that stand out do more work; if none stand out, everyone who has not passed on this site today does. If you expect many newcomers, you can turn attack mode off in the site's settings.
