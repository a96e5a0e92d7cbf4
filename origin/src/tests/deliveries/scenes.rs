//! The topics, each with its far side.

use munjigi_captcha::{Hostname, Secret, Vendor};
use munjigi_delivery::publish::Publisher;
use munjigi_store::deliveries::Topic;
use munjigi_store::sites::{AskImport, MakeLive};
use munjigi_store::transact;
use sqlx::PgPool;

use super::Scene;
use crate::rig::Rig;

pub struct Sites {
    rig: Rig,
}

impl Scene for Sites {
    type Handler = Publisher;

    const TOPIC: Topic = Topic::Sites;

    async fn new(pool: PgPool) -> Self {
        Self { rig: Rig::new(pool).await }
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
        let rig = Rig::new(pool).await;
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
