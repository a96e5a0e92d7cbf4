//! The texts of the error pages, in English.

use munjigi_protocol::Code;

use super::Texts;

/// What a code means, for each of the three who may read it.
pub const fn texts(code: Code) -> Texts {
    let (title, visitor, integrator, operator) = match code {
        Code::MalformedRequest => (
            "Malformed request",
            "Reload the page. If it happens again, tell the site's owner.",
            "The request is not what this route takes: look at `detail` for the field, the content type or the method at fault.",
            "Nothing to do, unless a new release of the widget began to send this.",
        ),
        Code::PayloadTooLarge => (
            "Body too large",
            "Reload the page. If it happens again, tell the site's owner.",
            "The body is longer than this route takes: 16 KiB, 64 KiB for solutions.",
            "Nothing to do.",
        ),
        Code::UnknownSitekey => (
            "Unknown sitekey",
            "This form is not set up correctly. Tell the site's owner.",
            "No live site has this sitekey. Compare it with `munjigi site list`; a new site is known everywhere within two minutes.",
            "If the site exists, look at the origin's outbox: its configuration may not have been published.",
        ),
        Code::SitePaused => (
            "Site paused",
            "This form is switched off at the moment. Try again later.",
            "The site's owner has paused this site.",
            "Nothing to do.",
        ),
        Code::HostnameNotAllowed => (
            "Host name not allowed",
            "This form is not set up correctly. Tell the site's owner.",
            "The page's host name is not one of the site's. `munjigi site show` lists them; `localhost` needs a site with loopback allowed. Pages opened from a file have no host name.",
            "Nothing to do.",
        ),
        Code::Blocked => (
            "Blocked",
            "The site's owner does not take requests from your network. Try another network, or contact the site.",
            "A rule of the site refuses this visitor, or the browser has no WebAssembly and the site does not allow the fallback.",
            "Nothing to do.",
        ),
        Code::ChallengeInvalid => (
            "Challenge invalid",
            "Reload the page.",
            "The challenge was not sealed by this service, or was changed on its way. Send it back as it was received.",
            "If many appear after a change of keys: the retired key was removed before its challenges had ended.",
        ),
        Code::ChallengeExpired => (
            "Challenge expired",
            "It took too long. Reload the page.",
            "The solution came after the challenge's lifetime. The widget asks for a new one by itself.",
            "If many appear: is the clock right, is the asked work far too high?",
        ),
        Code::SolutionWrong => (
            "Solution wrong",
            "Reload the page. If it happens again, try another browser.",
            "A nonce does not solve its sub-puzzle.",
            "If many appear with one release of a browser, its WebAssembly may be at fault.",
        ),
        Code::AnswerWrong => (
            "Answer wrong",
            "That was not the answer. Start again, or choose another way.",
            "The picture's answer is wrong and the attempt has ended. The widget starts anew.",
            "Watch the rate by kind of picture: a rise may mean that a pack is hard to read.",
        ),
        Code::AttemptsExhausted => (
            "Already answered",
            "This picture was already answered. Start again.",
            "A picture is answered once. The widget starts anew.",
            "Many from one network are guesses.",
        ),
        Code::RateLimited => (
            "Too many requests",
            "Too many attempts from your network. Wait a minute and try again.",
            "Wait as long as `Retry-After` says.",
            "The limits stand in wrangler.toml.",
        ),
        Code::Unsigned => (
            "Not signed",
            "This address is not for browsers.",
            "This route is for the service's own parts.",
            "A call between origin and edge carried no signature: does a proxy remove `Munjigi-Signature`?",
        ),
        Code::SignatureInvalid => (
            "Signature invalid",
            "This address is not for browsers.",
            "This route is for the service's own parts.",
            "Compare MUNJIGI_INTERNAL_KEYS of origin and edge; does a proxy change path, query or body?",
        ),
        Code::ClockSkew => (
            "Clock skew",
            "This address is not for browsers.",
            "This route is for the service's own parts.",
            "The caller's clock is more than five minutes off. Check its time service.",
        ),
        Code::Replayed => (
            "Replayed",
            "This address is not for browsers.",
            "This route is for the service's own parts.",
            "A signature was used twice: a proxy repeats requests, or somebody replays them.",
        ),
        Code::StaleVersion => (
            "Stale version",
            "This address is not for browsers.",
            "This route is for the service's own parts.",
            "A newer configuration of this site is already published. If it is not the right one, was a database restored from an older copy?",
        ),
        Code::NotFound => (
            "Not found",
            "There is nothing at this address.",
            "No such path. The routes are in the documentation.",
            "Nothing to do.",
        ),
        Code::MethodNotAllowed => (
            "Method not allowed",
            "This address is not for browsers.",
            "The path exists, the method does not: `Allow` names those that do.",
            "Nothing to do.",
        ),
        Code::Unavailable => (
            "Unavailable",
            "The check is out of order at the moment. Wait a little and try again.",
            "Wait as long as `Retry-After` says. Tokens are not accepted meanwhile: siteverify fails closed.",
            "Look at `/health` and at the log lines with this answer's request id.",
        ),
    };
    Texts { title, visitor, integrator, operator }
}
