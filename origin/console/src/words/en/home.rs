//! English: the home page.

use crate::words::{Attempt, Figures, Home, Point};

pub const HOME: Home = Home {
    headline: "People pass. Bots pay.",
    lead: "Munjigi (문지기, gatekeeper) is a CAPTCHA service that you run yourself. A visitor's browser solves a short puzzle in the background, and your back end verifies a token with one POST. There is nothing to read, hear or click. No cookies, no lasting fingerprint, no stored IP addresses.",
    to_console: "Open the console",
    try_it: "Try it",
    try_lead: "This is the real widget, served by this service's own edge. Write something and send it: this server passes your token to siteverify and shows you the response.",
    comment: "Comment",
    comment_hint: "Your comment is not stored.",
    send: "Send",
    no_script: "The widget needs JavaScript. The rest of this site does not.",
    no_demo_markup: "No demo is set up on this server. Run <code>scripts/dev</code> in the source tree: it starts everything on one machine, including a demo here and an example shop.",
    two_lines: "Two lines on the page, one POST in the back end",
    on_the_page: "On the page, inside the form:",
    in_the_back_end: "In your back end:",
    more: "Options, frameworks and siteverify responses",
    does: "What it does",
    does_points: [
        Point {
            title: "Cost first, pictures last",
            text: "Nearly everybody passes with a proof of work that takes one core half a second to a second. Each sub-puzzle is a different random program, which denies GPUs most of their advantage. The price rises for attacking networks, then falls again. Other visitors are not affected.",
        },
        Point {
            title: "Each token works once",
            text: "No matter how many requests redeem a token at the same moment, exactly one succeeds. The replicated store holds this through restarts and lost replies. The test redeems one token 1,000 times at once.",
        },
        Point {
            title: "No dependency on the origin",
            text: "Visitors and siteverify need only the edge. They are served even while this console, its Postgres and the GPU are down. Records are queued at the edge and delivered later.",
        },
        Point {
            title: "Nobody is locked out",
            text: "Ten languages, keyboard operation, screen readers, light and dark mode. When a picture is required, there is always an alternative that takes time instead of sight.",
        },
        Point {
            title: "Minimal data",
            text: "For visitors: no IP address, no user agent, no cookies. For redeemed tokens: time, host, action, score, country and network number.",
        },
    ],
    does_not: "What it does not do",
    does_not_points: [
        Point {
            title: "It is a price, not a wall",
            text: "Abuse at scale becomes expensive. A single patient bot cannot be told apart from a person.",
        },
        Point {
            title: "Pictures do not stop programs that can see",
            text: "We measure how often such programs pass and publish the results below. Every kind of picture is off until an operator turns it on. Until then, risky visitors do more work instead.",
        },
        Point {
            title: "It only knows your traffic",
            text: "reCAPTCHA, hCaptcha and Turnstile collect reputation data across millions of sites. No self-hosted service can do that.",
        },
        Point {
            title: "It uses some battery",
            text: "An old phone needs several times as much energy as a desktop computer.",
        },
        Point {
            title: "Its edge runs only on Cloudflare Workers",
            text: "Cap and ALTCHA are smaller, run on any server, and have been in use longer.",
        },
    ],
    figures: Figures {
        title: "Benchmarks",
        lead: "Each measurement has its date and the command that reproduces it on your machine.",
        columns: ["Measurement", "Value", "Date", "Command"],
        visitors: "Visitors",
        service: "Service",
        attackers: "Attackers",
        machine: "Machine:",
        attacks: "How the picture-solving programs were built",
    },
    read_on: "Learn more",
};

pub const ATTEMPT: Attempt = Attempt {
    title: "Siteverify response",
    passed: "The token was valid and is now spent. A real form would continue.",
    refused: "The token was refused. A real form would ask the visitor to confirm again.",
    away: "The edge did not respond. A real form would ask the visitor to submit again.",
    asked: "Request:",
    answered: "Response:",
    again: "Send the same token again",
    again_hint: "A token works once: the next response is timeout-or-duplicate.",
    restart: "Start again",
};
