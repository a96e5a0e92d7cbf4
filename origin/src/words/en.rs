//! English.

mod entry;
mod home;

use super::{Around, Docs, Part, Status, Words};

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
    },
    home: home::HOME,
    attempt: home::ATTEMPT,
    status: Status {
        title: "Status",
        ok: "Everything works.",
        degraded: "Visitors are served; a part behind is not well.",
        down: "Visitors are not served.",
        columns: ["Part", "State", "Since"],
        part_ok: "Works",
        part_degraded: "Not quite well",
        part_down: "Down",
        postgres: Part {
            name: "Records",
            purpose: "Accounts, settings and statistics. Visitors do not need them.",
        },
        edge: Part { name: "Edge", purpose: "The widget and siteverify." },
        mail: Part { name: "Letters", purpose: "To confirm addresses. They wait and go later." },
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
