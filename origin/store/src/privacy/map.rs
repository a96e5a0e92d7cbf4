//! The table itself, in the order of the page: personal data first.

use super::{Kept, Seen, Table};

/// About nobody, and seen by operators only.
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

pub const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        why: "log-in to the console",
        personal: &["id", "email", "name", "locale", "password", "totp_key"],
        kept: Kept::Account,
        seen_by: Seen::Members,
        of_person: Some("id = $1"),
        withheld: &["password", "totp_key", "totp_last_step"],
        ..TECHNICAL
    },
    Table {
        name: "sessions",
        why: "logged-in browsers and programs, so that their owner can recognise and end them",
        personal: &["id", "account", "agent", "prefix"],
        others: &["hash", "stage", "kind"],
        kept: Kept::Swept(
            "30 days, or 7 days without use; minutes while the second factor is pending",
        ),
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "recovery_codes",
        why: "replace a lost authenticator app",
        personal: &["account"],
        others: &["hash"],
        kept: Kept::Account,
        seen_by: Seen::Operators,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "passkeys",
        why: "log-in with keys on a person's own devices",
        personal: &["id", "account", "name", "credential", "key"],
        others: &["state"],
        kept: Kept::Account,
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        withheld: &["credential", "key", "state"],
    },
    Table {
        name: "passkey_ceremonies",
        why: "a passkey log-in in progress",
        others: &["hash", "purpose", "holder", "state"],
        kept: Kept::Swept("minutes"),
        ..TECHNICAL
    },
    Table {
        name: "recoveries",
        why: "links to reset a password",
        personal: &["account"],
        others: &["hash"],
        kept: Kept::Swept("1 hour"),
        seen_by: Seen::Operators,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "sign_ups",
        why: "sign-ups whose address is not confirmed yet",
        personal: &["email", "name", "locale", "password"],
        others: &["hash"],
        kept: Kept::Swept("2 days"),
        seen_by: Seen::Operators,
        of_person: Some("email = $2"),
        withheld: &["hash", "password"],
    },
    Table {
        name: "departures",
        why: "requests to erase an account",
        personal: &["account"],
        kept: Kept::Account,
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "members",
        why: "roles in an organisation",
        personal: &["organisation", "account", "role"],
        kept: Kept::Account,
        seen_by: Seen::Members,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "invitations",
        why: "invitations to an organisation, and who sent them",
        personal: &["email", "invited_by", "role"],
        others: &["id", "hash", "organisation"],
        kept: Kept::Swept("7 days"),
        seen_by: Seen::Members,
        of_person: Some("email = $2 OR invited_by = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "organisations",
        why: "owners of sites",
        personal: &["name"],
        others: &["id"],
        kept: Kept::Organisation,
        seen_by: Seen::Members,
        of_person: Some("id IN (SELECT organisation FROM members WHERE account = $1)"),
        ..TECHNICAL
    },
    Table {
        name: "mails",
        why: "recipients and subjects of emails",
        personal: &["recipient", "subject"],
        others: &["last_error"],
        kept: Kept::Swept("7 days after they were sent, 30 days after delivery failed"),
        seen_by: Seen::Operators,
        of_person: Some("recipient = $2"),
        ..TECHNICAL
    },
    Table {
        name: "audit",
        why: "the audit log: who changed what, from which network",
        personal: &["account", "actor", "prefix", "subject", "before", "after", "search"],
        others: &["organisation", "action", "request_id"],
        kept: Kept::Always(
            "forever; after an account is erased, under a pseudonym and without the network",
        ),
        seen_by: Seen::RecordReaders,
        of_person: Some("account = $1"),
        withheld: &["search"],
    },
    Table {
        name: "api_keys",
        why: "API keys and their creators",
        personal: &["account", "name"],
        others: &["id", "hash", "organisation", "hint", "scopes"],
        kept: Kept::Account,
        seen_by: Seen::Members,
        of_person: Some("account = $1"),
        withheld: &["hash"],
    },
    Table {
        name: "spent_refresh_tokens",
        why: "detects copied API sessions",
        personal: &["session"],
        others: &["hash"],
        kept: Kept::Swept("with the session"),
        ..TECHNICAL
    },
    Table {
        name: "api_replies",
        why: "responses for requests that are sent twice; sealed",
        personal: &["caller", "reply"],
        others: &["key", "fingerprint"],
        kept: Kept::Swept("1 day"),
        ..TECHNICAL
    },
    Table {
        name: "limits",
        why: "number of attempts, by keyed hashes",
        others: &["key"],
        kept: Kept::Swept("until the limit no longer applies, at most a day"),
        ..TECHNICAL
    },
    Table {
        name: "webhooks",
        why: "where an organisation receives notifications",
        others: &["id", "organisation", "url", "secret", "state"],
        kept: Kept::Organisation,
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "webhook_deliveries",
        why: "which webhook messages were sent, and what the receivers answered",
        others: &["id", "webhook", "event", "last_error", "last_failure"],
        kept: Kept::Swept("7 days after they were accepted, 30 days after delivery failed"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "told_by_mail",
        why: "members who receive emails about anomalies",
        personal: &["organisation", "account"],
        kept: Kept::Account,
        seen_by: Seen::Person,
        of_person: Some("account = $1"),
        ..TECHNICAL
    },
    Table {
        name: "anomalies",
        why: "anomalies at a site, and who acknowledged them",
        personal: &["acknowledged_by"],
        others: &["id", "sitekey", "kind", "severity", "figures"],
        kept: Kept::Swept("400 days after it is resolved"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "sites",
        why: "the protected sites and their settings",
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
        why: "lets back ends verify tokens; stored as hashes",
        others: &["hash", "sitekey"],
        kept: Kept::Site,
        ..TECHNICAL
    },
    Table {
        name: "site_imports",
        why: "keys imported from another vendor; the secret as a hash",
        others: &["sitekey", "vendor", "key", "host", "secret_hash", "token"],
        kept: Kept::Site,
        ..TECHNICAL
    },
    Table {
        name: "import_publication",
        why: "version of the imported-keys filter at the edge",
        kept: Kept::Always("forever: one row"),
        ..TECHNICAL
    },
    Table {
        name: "site_publications",
        why: "versions of sites at the edge",
        others: &["sitekey"],
        kept: Kept::Site,
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "deliveries",
        why: "emails and webhook messages to be sent, pictures to be drawn, and what the edge should have of sites and pictures",
        personal: &["payload"],
        others: &["topic", "key", "last_error"],
        kept: Kept::Swept(
            "emails and messages until they are sent, at most 3 days; sites and packs until 30 days after they are deleted",
        ),
        seen_by: Seen::Operators,
        of_person: Some("topic = 'emails' AND payload ->> 'to' = $2"),
        withheld: &["payload"],
    },
    Table {
        name: "redeemed",
        why: "spent tokens of visitors: page, country, network operator, score; no IP address, no cookie, no user agent",
        others: &["id", "sitekey", "hostname", "action", "algorithm", "country"],
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "minute_counts",
        why: "counts of events at a site per minute",
        others: &["sitekey", "hostname", "action", "kind", "code", "country", "algorithm"],
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "picture_counts",
        why: "pass rates of pictures",
        others: &["type", "pack"],
        ..TECHNICAL
    },
    Table {
        name: "hourly_breakdowns",
        why: "sums per hour, by country, network, page and action",
        others: &["sitekey", "dimension", "value"],
        kept: Kept::Swept("70 days, or as long as events if those are kept longer"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table {
        name: "daily_breakdowns",
        why: "sums per day, by country, network, page and action",
        others: &["sitekey", "dimension", "value"],
        kept: Kept::Always("forever: sums without personal data"),
        seen_by: Seen::Members,
        ..TECHNICAL
    },
    Table { name: "rollup_hours", why: "hours to be aggregated", ..TECHNICAL },
    Table {
        name: "count_batches",
        why: "received batches of counts, so that none counts twice",
        others: &["batch"],
        kept: Kept::Swept("30 days"),
        ..TECHNICAL
    },
    Table {
        name: "signature_nonces",
        why: "executed calls between edge and origin, so that none runs twice",
        others: &["nonce"],
        kept: Kept::Swept("15 minutes"),
        ..TECHNICAL
    },
    Table {
        name: "locks",
        why: "locks for work that one origin does at a time",
        others: &["name"],
        kept: Kept::Always("forever: one row per kind of work"),
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
        why: "the pictures of a pack and their solutions",
        others: &["pack", "seed", "outcome", "prompt", "answer", "images", "judgement"],
        kept: Kept::Swept("with its pack"),
        ..TECHNICAL
    },
    Table {
        name: "picture_kinds",
        why: "which kinds of pictures are on",
        others: &["type", "switch"],
        kept: Kept::Always("forever: one row per kind"),
        ..TECHNICAL
    },
    Table {
        name: "pool_publication",
        why: "version of the picture pools at the edge",
        kept: Kept::Always("forever: one row"),
        ..TECHNICAL
    },
    Table {
        name: "photos",
        why: "an operator's own photos: a small crop of each, its label and its licence",
        others: &["sha256", "name", "licence", "model", "label", "tile"],
        kept: Kept::Always("forever: the operator is responsible for people shown in them"),
        ..TECHNICAL
    },
    Table {
        name: "photo_areas",
        why: "position of the object in a photo",
        others: &["sha256", "model", "label", "answer", "picture"],
        kept: Kept::Always("with its photo"),
        ..TECHNICAL
    },
];
