//! Accounts that already exist.

use munjigi_captcha::ListId;
use munjigi_domain::accounts::session::Stage;
use munjigi_domain::accounts::{Id, Password, Role, Token};
use munjigi_keys::UnixMillis;
use munjigi_store::audit::{Actor, Author};
use munjigi_store::lists::CreateList;
use munjigi_store::sessions::{self, NewSession};
use munjigi_store::transact;

use super::{Rig, Tab};

/// Everybody's password in tests: hashing is slow, so it happens rarely.
pub const PASSWORD: &str = "lantern orbit velvet";

/// A person with an account.
#[derive(Debug, Clone)]
pub struct Someone {
    pub account: Id,
    pub organisation: Id,
    pub email: String,
}

impl Someone {
    /// As the audit log names them.
    pub fn actor(&self) -> Actor {
        Actor {
            account: self.account.clone(),
            email: self.email.clone(),
            prefix: "203.0.113.0/24".to_owned(),
            request_id: "r".to_owned(),
        }
    }
}

impl Rig {
    /// A person with an organisation of their own.
    pub async fn someone(&self, name: &str) -> Someone {
        let (account, organisation) = (Id::draw(&self.entropy), Id::draw(&self.entropy));
        let email = format!("{}@shop.example", name.to_lowercase());
        let password = Password::new(PASSWORD.to_owned()).hash(&[7; 16]);
        let at = munjigi_domain::timestamp::to_timestamp(self.now());
        sqlx::query(
            "INSERT INTO accounts (id, email, name, locale, password, created_at)
            VALUES ($1, $2, $3, 'en', $4, $5)",
        )
        .bind(account.as_str())
        .bind(&email)
        .bind(name)
        .bind(&password)
        .bind(at)
        .execute(&self.pool)
        .await
        .unwrap();
        sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(organisation.as_str())
            .bind(format!("{name}'s"))
            .bind(at)
            .execute(&self.pool)
            .await
            .unwrap();
        self.join(&organisation, &account, Role::Owner).await;
        Someone { account, organisation, email }
    }

    /// Adds a member, or changes a member's role.
    pub async fn join(&self, organisation: &Id, account: &Id, role: Role) {
        sqlx::query(
            "INSERT INTO members (organisation, account, role, since) VALUES ($1, $2, $3, $4)
            ON CONFLICT (organisation, account) DO UPDATE SET role = EXCLUDED.role",
        )
        .bind(organisation.as_str())
        .bind(account.as_str())
        .bind(role.as_str())
        .bind(munjigi_domain::timestamp::to_timestamp(self.now()))
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// A tab in which a person is logged in.
    pub async fn tab_of(&self, account: &Id) -> Tab<'_> {
        let cookie = Token::draw(&self.entropy);
        self.session(account, &cookie, Stage::Complete, self.now()).await;
        let mut tab = Tab::new(self);
        tab.cookies.insert("__Host-munjigi-session".to_owned(), cookie.reveal().to_string());
        tab
    }

    /// Creates a live site of a person's organisation; returns its sitekey.
    pub async fn site_of(&self, someone: &Someone, name: &str) -> String {
        let config = self.create_site().await;
        sqlx::query("UPDATE sites SET organisation = $2, name = $3 WHERE sitekey = $1")
            .bind(&config.sitekey)
            .bind(someone.organisation.as_str())
            .bind(name)
            .execute(&self.pool)
            .await
            .unwrap();
        config.sitekey
    }

    /// Creates a list of one network in a person's organisation; returns what
    /// rules call it.
    pub async fn list_of(&self, someone: &Someone, name: &str) -> String {
        let id = self.new_id();
        let unit = CreateList {
            id: &id,
            organisation: &someone.organisation,
            name: &name.parse().unwrap(),
            entries: &["192.0.2.0/24".parse().unwrap()],
            by: Author::Command,
            now: self.now(),
        };
        transact(&self.pool, &unit).await.unwrap().unwrap();
        ListId::of_own(id.as_str()).unwrap().to_string()
    }

    /// Creates a finished job of a person's organisation; returns its id.
    pub async fn job_of(&self, someone: &Someone) -> String {
        let id = self.new_id();
        sqlx::query(
            "INSERT INTO jobs (id, organisation, model, priority, content_type, bytes, created_at,
                finished_at, error)
            VALUES ($1, $2, 'tile', 1, 'image/png', 1, now(), now(), 'expired')",
        )
        .bind(id.as_str())
        .bind(someone.organisation.as_str())
        .execute(&self.pool)
        .await
        .unwrap();
        id.to_string()
    }

    /// A token drawn by this rig.
    pub fn token(&self) -> Token {
        Token::draw(&self.entropy)
    }

    pub async fn session(&self, account: &Id, cookie: &Token, stage: Stage, now: UnixMillis) {
        let id = &Id::draw(&self.entropy);
        let (agent, prefix) = ("Firefox on Linux", "203.0.113.0/24");
        let cookie = cookie.hash();
        let session = NewSession { cookie, id, account, stage, agent, prefix, now };
        sessions::begin(&self.pool, &session).await.unwrap();
    }
}

/// The link in the newest email to an address.
pub async fn link_to(rig: &Rig, email: &str) -> String {
    let text: String = sqlx::query_scalar(
        "SELECT payload->>'text' FROM deliveries WHERE topic = 'emails' AND payload->>'to' = $1
        ORDER BY key::bigint DESC LIMIT 1",
    )
    .bind(email)
    .fetch_one(&rig.pool)
    .await
    .unwrap();
    let link = text.lines().find(|line| line.starts_with("https://console.example/")).unwrap();
    link.trim_start_matches("https://console.example").to_owned()
}

/// Fills an organisation, which has one site, up to this many below the limit.
pub async fn fill(rig: &Rig, but_for: i32) {
    sqlx::query(
        "INSERT INTO sites
        SELECT (jsonb_populate_record(sites,
            jsonb_build_object('sitekey', 'mj_' || lpad(number::text, 25, '0') || '0'))).*
        FROM sites, generate_series(1, 999 - $1) AS number",
    )
    .bind(but_for)
    .execute(&rig.pool)
    .await
    .unwrap();
}
