//! English.

mod entry;
mod home;

use super::{Around, Docs, Part, States, Status, Unwell, Words};

pub const WORDS: Words = Words {
    around: Around {
        brand: "Munjigi",
        skip: "Skip to the content",
        account: "Account",
        log_in: "Log in",
        sign_up: "Sign up",
        log_out: "Log out",
        console: "Console",
        about: "About this service",
        documentation: "Documentation",
        status: "Status",
        code_and_request: ["Code", "request"],
        to_start: "To the start",
        kept: "What is kept",
        language: "English",
        unwell: Unwell {
            mail: "No letters go out at the moment. They are kept, and go as soon as they can.",
            edge: "The edge does not answer at the moment. What you change here is kept, and reaches it as soon as it answers.",
            cache: "A part that makes this faster does not answer at the moment. Everything works, but a session that is ended may go on for up to 30 seconds.",
        },
    },
    home: home::HOME,
    attempt: home::ATTEMPT,
    status: Status {
        title: "Status",
        of_whole: States {
            ok: "Everything works.",
            degraded: "Visitors are served; a part behind is not well.",
            starting: "This server has just started and does not know yet.",
            down: "Visitors are not served.",
        },
        columns: ["Part", "State", "Since"],
        of_part: States {
            ok: "Works",
            degraded: "Not quite well",
            starting: "Not known yet",
            down: "Down",
        },
        postgres: Part {
            name: "Records",
            purpose: "Accounts, settings and statistics. Visitors do not need them.",
        },
        edge: Part { name: "Edge", purpose: "The widget and siteverify." },
        mail: Part { name: "Letters", purpose: "To confirm addresses. They wait and go later." },
        cache: Part {
            name: "Cache",
            purpose: "Makes the console faster. The records do its work while it is away.",
        },
        gpu_backend: Part {
            name: "Pictures",
            purpose: "Draws new ones. Those drawn before are still dealt.",
        },
        looked_at: [
            "Looked at ",
            ", every ten seconds, by the server that answers; it knows “since” from its own start on.",
        ],
        as_json: "The same as JSON",
    },
    docs: Docs {
        title: "Documentation",
        lead: ["Of the release that runs here, ", "."],
        language: None,
        contents: "On this page",
    },
    fields: entry::FIELDS,
    sign_up: entry::SIGN_UP,
    log_in: entry::LOG_IN,
    code: entry::CODE,
    confirm: entry::CONFIRM,
    recover: entry::RECOVER,
    invitation: entry::INVITATION,
};
