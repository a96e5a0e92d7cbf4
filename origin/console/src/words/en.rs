//! English.

mod entry;
mod home;

use super::{Around, Docs, Part, States, Status, Unwell, Words};

pub const WORDS: Words = Words {
    around: Around {
        brand: "Munjigi",
        skip: "Skip to content",
        account: "Account",
        log_in: "Log in",
        sign_up: "Sign up",
        log_out: "Log out",
        console: "Console",
        about: "About this service",
        documentation: "Documentation",
        status: "Status",
        code_and_request: ["Code", "request"],
        to_start: "Home",
        kept: "Data we keep",
        language: "English",
        unwell: Unwell {
            mail: "Email is currently unavailable. Messages are queued and will be sent as soon as possible.",
            edge: "The edge is not responding. Your changes are saved and will reach it as soon as it is back.",
            cache: "The cache is not responding. Everything works, but a session that you end may stay active for up to 30 seconds.",
        },
    },
    home: home::HOME,
    attempt: home::ATTEMPT,
    status: Status {
        title: "Status",
        of_whole: States {
            ok: "All systems operational.",
            degraded: "Visitors are served. A background component is degraded.",
            starting: "This server has just started. Its status is not known yet.",
            down: "Visitors are not being served.",
        },
        columns: ["Component", "Status", "Since"],
        of_part: States {
            ok: "Operational",
            degraded: "Degraded",
            starting: "Unknown",
            down: "Down",
        },
        postgres: Part {
            name: "Database",
            purpose: "Accounts, settings and statistics. Visitors do not depend on it.",
        },
        edge: Part { name: "Edge", purpose: "The widget and siteverify." },
        mail: Part {
            name: "Email",
            purpose: "Confirms addresses and sends alerts. Messages are queued while it is down.",
        },
        cache: Part {
            name: "Cache",
            purpose: "Speeds up the console. The database takes over while it is down.",
        },
        gpu_backend: Part {
            name: "Pictures",
            purpose: "Draws new pictures. Existing pictures are still shown.",
        },
        looked_at: [
            "Checked at ",
            ". The server that answers checks every ten seconds. “Since” goes back to that server's start at most.",
        ],
        as_json: "View as JSON",
    },
    docs: Docs {
        title: "Documentation",
        lead: ["For the version that runs here, ", "."],
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
