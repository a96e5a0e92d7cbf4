//! English: the home page.

use crate::words::{Attempt, Figures, Home, Point};

pub const HOME: Home = Home {
    headline: "People pass. Bots pay.",
    lead: "Munjigi (문지기, gatekeeper) is a CAPTCHA service that you run yourself. A visitor's browser solves a short puzzle in the background; your back end checks a token with one POST. Nothing to read, hear or click. No cookie, no fingerprint that lasts, no address kept.",
    to_console: "To the console",
    try_it: "Try it",
    try_lead: "The real widget, from this service's own edge. Write something and send it: this server asks siteverify about your token and shows you the answer.",
    comment: "A comment",
    comment_hint: "It is not kept.",
    send: "Send",
    no_script: "The widget needs JavaScript. The rest of this site does not.",
    no_demo_markup: "No demo is set up on this server. Run <code>scripts/dev</code> in the source: it starts everything on one machine, with a demo here and an example shop beside it.",
    two_lines: "Two lines on the page, one POST behind it",
    on_the_page: "On the page, inside the form:",
    in_the_back_end: "In the back end:",
    more: "Options, frameworks and what siteverify answers",
    does: "What it does",
    does_points: [
        Point {
            title: "Cost first, pictures last",
            text: "Nearly everybody passes on a proof of work: half a second to a second of one core. Each sub-puzzle is another random program, which denies GPUs most of their advantage. The price rises for networks that attack and falls again; others keep theirs.",
        },
        Point {
            title: "Each token once",
            text: "However many redeem it at the same moment, one succeeds: in a replicated store, through restarts and lost replies. The test redeems one token 1,000 times at once.",
        },
        Point {
            title: "No waiting for the origin",
            text: "Visitors and siteverify need the edge alone. They are served while this console, its Postgres and the GPU are down; records wait at the edge and come later.",
        },
        Point {
            title: "Nobody locked out",
            text: "Ten languages, keyboard, screen readers, light and dark. Where a picture is asked for there is always another way, which costs time instead of sight.",
        },
        Point {
            title: "Little is kept",
            text: "Of a visitor no address, no user agent, no cookie. Of a redeemed token when, on which host, for which action, its score, country and network number.",
        },
    ],
    does_not: "What it does not do",
    does_not_points: [
        Point {
            title: "It is a price, not a wall",
            text: "Abuse by the thousand costs something. One patient bot and one person are not told apart.",
        },
        Point {
            title: "Pictures do not stop programs that see",
            text: "We measured how often such programs pass, publish it below, and leave every kind of picture off until an operator turns one on. Risk costs longer work instead.",
        },
        Point {
            title: "It knows your traffic alone",
            text: "reCAPTCHA, hCaptcha and Turnstile gather reputation across millions of sites. No service that you run yourself has that.",
        },
        Point {
            title: "It takes some battery",
            text: "On an old phone several times what a desktop needs.",
        },
        Point {
            title: "Its edge runs on Cloudflare Workers alone",
            text: "Cap and ALTCHA are smaller, run on any server, and have been in use for longer.",
        },
    ],
    figures: Figures {
        title: "Figures",
        lead: "Measured, each with its day and the command that prints it on your machine.",
        columns: ["Measured", "Value", "Day", "Command"],
        visitors: "Visitors",
        service: "Service",
        attackers: "Attackers",
        machine: "Machine:",
        attacks: "How the programs that look at pictures were made",
    },
    read_on: "Read on",
};

pub const ATTEMPT: Attempt = Attempt {
    title: "What siteverify answered",
    passed: "The token was good, and is spent now. A real form would go on.",
    refused: "The token was refused. A real form would ask its visitor to confirm again.",
    away: "The edge did not answer. A real form would ask its visitor to send again.",
    asked: "Asked:",
    answered: "Answered:",
    again: "Send the same token again",
    again_hint: "A token is good once: the next answer is timeout-or-duplicate.",
    anew: "Begin anew",
};
