//! The topics, each with its far side.

use munjigi_captcha::{Hostname, Secret, Vendor};
use munjigi_delivery::mail::{MailTransport, Sender, Transport};
use munjigi_delivery::notifications::Courier;
use munjigi_delivery::publish::Publisher;
use munjigi_domain::email::Email;
use munjigi_store::deliveries::Topic;
use munjigi_store::mails;
use munjigi_store::sites::{AskImport, MakeLive};
use munjigi_store::transact;
use sqlx::PgPool;

use super::Scene;
use crate::notifications::Stage;
use munjigi_rig::Rig;
use munjigi_rig::smtp::{FakeSmtp, server};

pub struct Sites {
    rig: Rig,
}

impl Scene for Sites {
    type Handler = Publisher;

    const TOPIC: Topic = Topic::Sites;

    async fn new(pool: PgPool) -> Self {
        Self { rig: Rig::new(pool, crate::routes).await }
    }

    fn rig(&self) -> &Rig {
        &self.rig
    }

    fn handler(&self) -> Publisher {
        self.rig.publisher()
    }

    async fn queue(&self) {
        self.rig.create_site().await;
    }

    fn arrived(&self) -> Vec<String> {
        self.rig.edge.calls()
    }

    async fn recorded(&self) -> i64 {
        self.rig
            .number("SELECT count(*) FROM site_publications WHERE published_version IS NOT NULL")
            .await
    }
}

pub struct VendorKeys {
    rig: Rig,
    sitekey: String,
}

impl Scene for VendorKeys {
    type Handler = Publisher;

    const TOPIC: Topic = Topic::VendorKeys;

    async fn new(pool: PgPool) -> Self {
        let rig = Rig::new(pool, crate::routes).await;
        let sitekey = rig.create_site().await.sitekey;
        rig.publish_due().await;
        Self { rig, sitekey }
    }

    fn rig(&self) -> &Rig {
        &self.rig
    }

    fn handler(&self) -> Publisher {
        self.rig.publisher()
    }

    async fn queue(&self) {
        let (sitekey, now) = (self.sitekey.as_str(), self.rig.now());
        let ask = AskImport {
            sitekey,
            vendor: Vendor::Turnstile,
            key: "0x4AAAAAAADnPIDROrmt1Wwj",
            host: &Hostname::parse("shop.example").unwrap(),
            secret: &Secret::foreign(&format!("0x4{}", "a".repeat(32))).unwrap().hash(),
            token: "proof",
            now,
        };
        let import = transact(&self.rig.pool, &ask).await.unwrap().unwrap();
        let live = MakeLive { sitekey, import: &import, now };
        transact(&self.rig.pool, &live).await.unwrap().unwrap();
    }

    fn arrived(&self) -> Vec<String> {
        self.rig.edge.calls().into_iter().filter(|call| call == "PUT imports").collect()
    }

    async fn recorded(&self) -> i64 {
        self.rig
            .number("SELECT count(*) FROM import_publication WHERE published_version IS NOT NULL")
            .await
    }
}

pub struct Emails {
    rig: Rig,
    smtp: FakeSmtp,
}

impl Scene for Emails {
    type Handler = Sender;

    const TOPIC: Topic = Topic::Emails;

    async fn new(pool: PgPool) -> Self {
        Self { rig: Rig::new(pool, crate::routes).await, smtp: FakeSmtp::start().await }
    }

    fn rig(&self) -> &Rig {
        &self.rig
    }

    fn handler(&self) -> Sender {
        let transport = MailTransport::Smtp(server(self.smtp.address));
        let from = "no-reply@munjigi.example".parse().unwrap();
        let clock = self.rig.app.clock.clone();
        Sender::new(self.rig.pool.clone(), clock, from, Transport::of(&transport).unwrap())
    }

    async fn queue(&self) {
        let message = Email {
            to: "mina@example.org".parse().unwrap(),
            subject: "Hello".parse().unwrap(),
            text: "Hello\n".to_owned(),
            html: None,
        };
        let mut connection = self.rig.pool.acquire().await.unwrap();
        mails::queue(&mut connection, &message, self.rig.now()).await.unwrap();
    }

    /// With the Message-ID, by which a recipient knows that they are the same.
    fn arrived(&self) -> Vec<String> {
        let received = self.smtp.received();
        received.iter().map(|it| format!("{} {it:?}", it.header("message-id"))).collect()
    }

    async fn recorded(&self) -> i64 {
        self.rig.number("SELECT count(*) FROM mails WHERE sent_at IS NOT NULL").await
    }
}

pub struct Webhooks {
    stage: Stage,
}

impl Scene for Webhooks {
    type Handler = Courier;

    const TOPIC: Topic = Topic::Webhooks;

    async fn new(pool: PgPool) -> Self {
        Self { stage: Stage::new(pool).await }
    }

    fn rig(&self) -> &Rig {
        &self.stage.rig
    }

    fn handler(&self) -> Courier {
        self.stage.courier()
    }

    async fn queue(&self) {
        self.stage.queue("one").await;
    }

    /// Under the `webhook-id` by which a receiver knows that they are the same.
    fn arrived(&self) -> Vec<String> {
        self.stage.receiver.got().iter().map(|it| format!("{} {}", it.id, it.body)).collect()
    }

    async fn recorded(&self) -> i64 {
        let recorded = "SELECT count(*) FROM webhook_deliveries WHERE delivered_at IS NOT NULL";
        self.stage.rig.number(recorded).await
    }
}
