//! The table itself, in the order in which the page tells it: people first.

use super::{Kept, Seen, Table};

/// About nobody, seen by operators.
const TECHNICAL: Table = Table {
    name: "",
    why: "",
    personal: &[],
    others: &[],
    kept: Kept::EventDays,
    seen_by: Seen::Operators,
    of_person: None,
    withheld: &[],
};

/// Every table.
pub const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        why: "who can log in",
        personal: &["id", "email", "name", "locale", "password", "totp_key"],
        kept: Kept::Account,
        seen_by: Seen::Members,
        of_person: Some("id = $1"),
        withheld: &["password", "totp_key", "totp_last_step"],
        ..TECHNICAL
    },
    Table {
        name: "sessions",
        why: "browsers and programs that are logged in, for their owner to recognise and end",
        personal: &["id", "account", "agent", "prefix"],
        others: &["hash", "stage", "kind"],
        kept: Kept::Swept("30 days, or 7 unused; half-way to a second factor, minutes"),
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "recovery_codes",
        why: "stand in for a lost authenticator app",
        personal: &["account"],
        others: &["hash"],
        kept: Kept::Account,
        seen_by: Seen::Operators,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "passkeys",
        why: "keys of a person's own devices, with which they log in",
        personal: &["id", "account", "name", "credential", "key"],
        others: &["state"],
        kept: Kept::Account,
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        withheld: &["credential", "key", "state"],
    },
    Table {
        name: "passkey_ceremonies",
        why: "a log-in by passkey under way",
        others: &["hash", "purpose", "holder", "state"],
        kept: Kept::Swept("minutes"),
        ..TECHNICAL
    },
    Table {
        name: "recoveries",
        why: "links for a new password",
        personal: &["account"],
        others: &["hash"],
        kept: Kept::Swept("1 hour"),
        seen_by: Seen::Operators,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "sign_ups",
        why: "who wants an account and has not confirmed the address",
        personal: &["email", "name", "locale", "password"],
        others: &["hash"],
        kept: Kept::Swept("2 days"),
        seen_by: Seen::Operators,
        of_person: Some("email = $2"),
        withheld: &["hash", "password"],
    },
    Table {
        name: "departures",
        why: "who asked for their account to be erased",
        personal: &["account"],
        kept: Kept::Account,
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "members",
        why: "who may do what for an organisation",
        personal: &["organisation", "account", "role"],
        kept: Kept::Account,
        seen_by: Seen::Members,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "invitations",
        why: "who was asked to join an organisation, and by whom",
        personal: &["email", "invited_by", "role"],
        others: &["id", "hash", "organisation"],
        kept: Kept::Swept("7 days"),
        seen_by: Seen::Members,
        of_person: Some("email = $2 OR invited_by = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "organisations",
        why: "who owns sites",
        personal: &["name"],
        others: &["id"],
        kept: Kept::Organisation,
        seen_by: Seen::Members,
        of_person: Some("id IN (SELECT organisation FROM members WHERE account = $1)"),
        ..TECHNICAL
    },
    Table {
        name: "mails",
        why: "letters on their way; what they say is erased when they are sent",
        personal: &["recipient", "subject", "text_body", "html_body"],
        others: &["last_error"],
        kept: Kept::Swept("7 days after they were sent, 30 after they were given up"),
        seen_by: Seen::Operators,
        of_person: Some("recipient = $2"),
        withheld: &["text_body", "html_body"],
    },
    Table {
        name: "audit",
        why: "who changed what, from which network, so that a change can be explained",
        personal: &["account", "actor", "prefix", "subject", "before", "after", "search"],
        others: &["organisation", "action", "request_id"],
        kept: Kept::Always(
            "for good; of somebody who left, under a pseudonym and without the network",
        ),
        seen_by: Seen::RecordReaders,
        of_person: Some("account = $1"),
        withheld: &["search"],
    },
    Table {
        name: "api_keys",
        why: "keys of the API, and who made them",
        personal: &["account", "name"],
        others: &["id", "hash", "organisation", "hint", "scopes"],
        kept: Kept::Account,
        seen_by: Seen::Members,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "spent_refresh_tokens",
        why: "finds sessions of the API that were copied",
        personal: &["session"],
        others: &["hash"],
        kept: Kept::Swept("with the session"),
        ..TECHNICAL
    },
    Table {
        name: "api_replies",
        why: "the same answer to the same request sent twice; sealed",
        personal: &["caller", "reply"],
        others: &["key", "fingerprint"],
        kept: Kept::Swept("a day"),
        ..TECHNICAL
    },
    Table {
        name: "limits",
        why: "how often something was tried, by keyed hashes",
        others: &["key"],
        kept: Kept::Swept("until nobody is held back, at most a day"),
        ..TECHNICAL
    },
    Table {
        name: "webhooks",
        why: "where an organisation wants to be told of something",
        others: &["id", "organisation", "url", "secret", "state"],
        kept: Kept::Organisation,
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "webhook_deliveries",
        why: "what webhooks were told; the body until it is delivered",
        others: &["id", "webhook", "event", "body", "last_error"],
        kept: Kept::Swept("7 days after they were taken, 30 after they were given up"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "told_by_mail",
        why: "which members want letters about what is unusual",
        personal: &["organisation", "account"],
        kept: Kept::Account,
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "anomalies",
        why: "what was unusual at a site, and who has seen to it",
        personal: &["acknowledged_by"],
        others: &["id", "sitekey", "kind", "severity", "figures"],
        kept: Kept::Swept("400 days after it is over"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "sites",
        why: "what is protected, and how",
        others: &[
            "sitekey",
            "name",
            "state",
            "hosts",
            "mode",
            "pictures",
            "rules",
            "aliases",
            "organisation",
        ],
        kept: Kept::Site,
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "secrets",
        why: "lets back ends ask about tokens, by hashes",
        others: &["hash", "sitekey"],
        kept: Kept::Site,
        ..TECHNICAL
    },
    Table {
        name: "site_imports",
        why: "keys that a site keeps from another vendor; the secret by its hash",
        others: &["sitekey", "vendor", "key", "host", "secret_hash", "token"],
        kept: Kept::Site,
        ..TECHNICAL
    },
    Table {
        name: "import_publication",
        why: "which filter of imported keys the edge should have and has",
        others: &["last_error"],
        kept: Kept::Always("for good: one row"),
        ..TECHNICAL
    },
    Table {
        name: "site_publications",
        why: "what the edge should have and has",
        others: &["sitekey", "payload", "last_error"],
        kept: Kept::Site,
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "redeemed",
        why: "a visitor's token that was spent: page, country, network operator, score; no address, no cookie, no user agent",
        others: &["id", "sitekey", "hostname", "action", "algorithm", "country"],
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "minute_counts",
        why: "how often something happened at a site in a minute",
        others: &["sitekey", "hostname", "action", "kind", "code", "country", "algorithm"],
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "picture_counts",
        why: "how pictures fared",
        others: &["type", "pack"],
        ..TECHNICAL
    },
    Table {
        name: "hourly_breakdowns",
        why: "sums per hour, by country, network, page and action",
        others: &["sitekey", "dimension", "value"],
        kept: Kept::Swept("70 days, or as long as events where those are kept for longer"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "daily_breakdowns",
        why: "sums per day, by country, network, page and action",
        others: &["sitekey", "dimension", "value"],
        kept: Kept::Always("for good: sums, about nobody"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table { name: "rollup_hours", why: "which hours are to be summed up", ..TECHNICAL },
    Table {
        name: "count_batches",
        why: "batches of counts that were taken, so that none counts twice",
        others: &["batch"],
        kept: Kept::Swept("30 days"),
        ..TECHNICAL
    },
    Table {
        name: "signature_nonces",
        why: "calls between edge and origin that were carried out, so that none is twice",
        others: &["nonce"],
        kept: Kept::Swept("15 minutes"),
        ..TECHNICAL
    },
    Table {
        name: "locks",
        why: "work that one origin does at a time",
        others: &["name"],
        kept: Kept::Always("for good: one row per kind of work"),
        ..TECHNICAL
    },
    Table {
        name: "packs",
        why: "packs of pictures",
        others: &["id", "type", "source", "state", "drawn_by", "content_type", "last_error"],
        kept: Kept::Swept("30 days after a pack is gone"),
        ..TECHNICAL
    },
    Table {
        name: "pack_items",
        why: "the pictures of a pack and their answers",
        others: &["pack", "seed", "outcome", "prompt", "answer", "images", "judgement"],
        kept: Kept::Swept("with its pack"),
        ..TECHNICAL
    },
    Table {
        name: "pack_publications",
        why: "packs on their way to the edge",
        others: &["pack", "action", "last_error"],
        kept: Kept::Swept("with its pack"),
        ..TECHNICAL
    },
    Table {
        name: "picture_kinds",
        why: "which kinds of pictures are on",
        others: &["type", "switch"],
        kept: Kept::Always("for good: one row per kind"),
        ..TECHNICAL
    },
    Table {
        name: "pool_publication",
        why: "which packs the edge should deal from",
        others: &["packs", "last_error"],
        kept: Kept::Always("for good: one row"),
        ..TECHNICAL
    },
    Table {
        name: "photos",
        why: "an operator's own photos: a small middle of each, its label and its licence",
        others: &["sha256", "name", "licence", "model", "label", "tile"],
        kept: Kept::Always("for good: who shows on them is the operator's to see to"),
        ..TECHNICAL
    },
    Table {
        name: "photo_areas",
        why: "where the thing stands in a photo",
        others: &["sha256", "model", "label", "answer", "picture"],
        kept: Kept::Always("with its photo"),
        ..TECHNICAL
    },
];
