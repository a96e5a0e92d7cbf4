//! The table itself, in the order of the page: personal data first.

use super::{Kept, Table, Visibility};

/// About no person, and seen by operators only.
const TECHNICAL: Table = Table {
    name: "",
    personal: &[],
    others: &[],
    kept: Kept::EventDays,
    seen_by: Visibility::Operators,
    of_person: None,
    withheld: &[],
};

pub const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        personal: &["id", "email", "name", "locale", "password", "totp_key"],
        kept: Kept::Account,
        seen_by: Visibility::Members,
        of_person: Some("id = $1"),
        withheld: &["password", "totp_key", "totp_last_step"],
        ..TECHNICAL
    },
    Table {
        name: "sessions",
        personal: &["id", "account", "agent", "prefix"],
        others: &["hash", "stage", "kind"],
        kept: Kept::Swept,
        seen_by: Visibility::Person,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "recovery_codes",
        personal: &["account"],
        others: &["hash"],
        kept: Kept::Account,
        seen_by: Visibility::Operators,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "passkeys",
        personal: &["id", "account", "name", "credential", "key"],
        others: &["state"],
        kept: Kept::Account,
        seen_by: Visibility::Person,
        of_person: Some("account = $1"),
        withheld: &["credential", "key", "state"],
    },
    Table {
        name: "passkey_ceremonies",
        others: &["hash", "purpose", "holder", "state"],
        kept: Kept::Swept,
        ..TECHNICAL
    },
    Table {
        name: "recoveries",
        personal: &["account"],
        others: &["hash"],
        kept: Kept::Swept,
        seen_by: Visibility::Operators,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "sign_ups",
        personal: &["email", "name", "locale", "password"],
        others: &["hash"],
        kept: Kept::Swept,
        seen_by: Visibility::Operators,
        of_person: Some("email = $2"),
        withheld: &["hash", "password"],
    },
    Table {
        name: "departures",
        personal: &["account"],
        kept: Kept::Account,
        seen_by: Visibility::Person,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "members",
        personal: &["organisation", "account", "role"],
        kept: Kept::Account,
        seen_by: Visibility::Members,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "invitations",
        personal: &["email", "invited_by", "role"],
        others: &["id", "hash", "organisation"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        of_person: Some("email = $2 OR invited_by = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "organisations",
        personal: &["name"],
        others: &["id"],
        kept: Kept::Organisation,
        seen_by: Visibility::Members,
        of_person: Some("id IN (SELECT organisation FROM members WHERE account = $1)"),
        ..TECHNICAL
    },
    Table {
        name: "mails",
        personal: &["recipient", "subject"],
        others: &["last_error"],
        kept: Kept::Swept,
        seen_by: Visibility::Operators,
        of_person: Some("recipient = $2"),
        ..TECHNICAL
    },
    Table {
        name: "audit",
        personal: &["account", "actor", "prefix", "subject", "before", "after", "search"],
        others: &["organisation", "action", "request_id"],
        kept: Kept::Always,
        seen_by: Visibility::AuditReaders,
        of_person: Some("account = $1"),
        withheld: &["search"],
    },
    Table {
        name: "api_keys",
        personal: &["account", "name"],
        others: &["id", "hash", "organisation", "hint", "scopes"],
        kept: Kept::Account,
        seen_by: Visibility::Members,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "spent_refresh_tokens",
        personal: &["session"],
        others: &["hash"],
        kept: Kept::Swept,
        ..TECHNICAL
    },
    Table {
        name: "api_replies",
        personal: &["caller", "reply"],
        others: &["key", "fingerprint"],
        kept: Kept::Swept,
        ..TECHNICAL
    },
    Table { name: "limits", others: &["key"], kept: Kept::Swept, ..TECHNICAL },
    Table {
        name: "jobs",
        others: &["id", "organisation", "model", "content_type", "image", "result", "error"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "webhooks",
        others: &["id", "organisation", "url", "secret", "state"],
        kept: Kept::Organisation,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "webhook_deliveries",
        others: &["id", "webhook", "event", "last_error", "last_failure"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "told_by_mail",
        personal: &["organisation", "account"],
        kept: Kept::Account,
        seen_by: Visibility::Person,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "anomalies",
        personal: &["acknowledged_by"],
        others: &["id", "sitekey", "kind", "severity", "figures"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "lists",
        others: &["id", "organisation", "name", "entries"],
        kept: Kept::Organisation,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table { name: "backups", others: &["place"], kept: Kept::Swept, ..TECHNICAL },
    Table {
        name: "list_sources",
        others: &["list", "url", "bytes", "etag", "error"],
        kept: Kept::Always,
        ..TECHNICAL
    },
    Table { name: "published_lists", others: &["name", "bytes"], kept: Kept::Always, ..TECHNICAL },
    Table {
        name: "sites",
        others: &[
            "sitekey",
            "name",
            "state",
            "hosts",
            "mode",
            "pictures",
            "rules",
            "protect",
            "aliases",
            "organisation",
            "under_attack",
            "expected",
            "score_weights",
        ],
        kept: Kept::Site,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table { name: "score_courses", others: &["sitekey", "course"], kept: Kept::Site, ..TECHNICAL },
    Table { name: "secrets", others: &["hash", "sitekey"], kept: Kept::Site, ..TECHNICAL },
    Table {
        name: "site_imports",
        others: &["sitekey", "vendor", "key", "host", "secret_hash", "token"],
        kept: Kept::Site,
        ..TECHNICAL
    },
    Table { name: "import_publication", kept: Kept::Always, ..TECHNICAL },
    Table {
        name: "site_publications",
        others: &["sitekey"],
        kept: Kept::Site,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "deliveries",
        personal: &["payload"],
        others: &["topic", "key", "last_error"],
        kept: Kept::Swept,
        seen_by: Visibility::Operators,
        of_person: Some("topic = 'emails' AND payload ->> 'to' = $2"),
        withheld: &["payload"],
    },
    Table {
        name: "redeemed",
        others: &["id", "sitekey", "hostname", "action", "algorithm", "country"],
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "outcomes",
        others: &["sitekey", "id", "outcome", "reason", "key", "first_key"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "minute_counts",
        others: &["sitekey", "hostname", "action", "kind", "code", "country", "algorithm"],
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table { name: "picture_counts", others: &["type", "pack"], ..TECHNICAL },
    Table {
        name: "hourly_breakdowns",
        others: &["sitekey", "dimension", "value"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "daily_breakdowns",
        others: &["sitekey", "dimension", "value"],
        kept: Kept::Always,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "hourly_prices",
        others: &["sitekey"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table {
        name: "fleets",
        others: &["sitekey", "name"],
        kept: Kept::Swept,
        seen_by: Visibility::Members,
        ..TECHNICAL
    },
    Table { name: "rollup_hours", ..TECHNICAL },
    Table { name: "count_batches", others: &["batch"], kept: Kept::Swept, ..TECHNICAL },
    Table { name: "signature_nonces", others: &["nonce"], kept: Kept::Swept, ..TECHNICAL },
    Table { name: "locks", others: &["name"], kept: Kept::Always, ..TECHNICAL },
    Table {
        name: "packs",
        others: &["id", "kind", "state", "drawn_by", "content_type", "last_error"],
        kept: Kept::Swept,
        ..TECHNICAL
    },
    Table {
        name: "pack_items",
        others: &["pack", "seed", "outcome", "prompt", "answer", "images", "judgement"],
        kept: Kept::Swept,
        ..TECHNICAL
    },
    Table { name: "picture_kinds", others: &["kind", "switch"], kept: Kept::Always, ..TECHNICAL },
    Table { name: "pool_publication", kept: Kept::Always, ..TECHNICAL },
    Table {
        name: "photos",
        others: &[
            "sha256",
            "name",
            "licence",
            "model",
            "said",
            "thing",
            "segmenter",
            "area",
            "picture",
            "tile",
            "state",
        ],
        kept: Kept::Always,
        ..TECHNICAL
    },
    Table {
        name: "model_opinions",
        others: &["model", "picture", "name", "comment", "said", "engine"],
        kept: Kept::Always,
        ..TECHNICAL
    },
];
