//! The topics of pictures, each with its far side.

use munjigi_pictures as factory;
use munjigi_pictures::Factory;
use munjigi_process::stop::{self, Stop, Stopper};
use munjigi_protocol::PictureKind;
use munjigi_store::deliveries::Topic;
use munjigi_store::pictures::{Switch, SwitchKind};
use munjigi_store::transact;
use sqlx::PgPool;

use super::Scene;
use munjigi_rig::pictures::Workshop;
use munjigi_rig::{MINUTE, Rig};

pub struct Drawings {
    shop: Workshop,
    stop: Stop,
    /// Dropped, it would interrupt every call.
    _stopper: Stopper,
}

impl Scene for Drawings {
    type Handler = factory::Drawings;

    const TOPIC: Topic = Topic::Drawings;
    const FOLLOWED_BY: Option<Topic> = Some(Topic::Packs);

    async fn new(pool: PgPool) -> Self {
        let (stopper, stop) = stop::pair();
        Self { shop: Workshop::new(pool).await, stop, _stopper: stopper }
    }

    fn rig(&self) -> &Rig {
        &self.shop.rig
    }

    fn handler(&self) -> factory::Drawings {
        factory::Drawings::of(&self.shop.factory, self.stop.clone())
    }

    async fn queue(&self) {
        self.shop.factory.tend().await.unwrap();
    }

    /// By their seeds: those make equal pictures.
    fn arrived(&self) -> Vec<String> {
        self.shop.gpu.calls().iter().map(|seeds| seeds.join(" ")).collect()
    }

    async fn recorded(&self) -> i64 {
        self.shop.rig.number("SELECT count(*) FROM packs WHERE state = 'drawn'").await
    }
}

pub struct Packs {
    shop: Workshop,
}

impl Scene for Packs {
    type Handler = Factory;

    const TOPIC: Topic = Topic::Packs;

    async fn new(pool: PgPool) -> Self {
        Self { shop: Workshop::new(pool).await }
    }

    fn rig(&self) -> &Rig {
        &self.shop.rig
    }

    fn handler(&self) -> Factory {
        self.shop.factory.clone()
    }

    async fn queue(&self) {
        self.shop.draw().await;
    }

    fn arrived(&self) -> Vec<String> {
        self.shop.rig.edge.accepted("PUT Pack ")
    }

    async fn recorded(&self) -> i64 {
        self.shop.rig.number("SELECT count(*) FROM packs WHERE state = 'published'").await
    }
}

/// A pack that is no longer dealt from, and may be deleted.
pub struct DeletedPacks {
    shop: Workshop,
}

impl Scene for DeletedPacks {
    type Handler = Factory;

    const TOPIC: Topic = Topic::Packs;

    async fn new(pool: PgPool) -> Self {
        let shop = Workshop::new(pool).await;
        shop.round().await;
        // Worn out: it leaves the pools as soon as there is another.
        shop.count(1, Some(shop.dealt_from()[0]), 20).await;
        shop.round().await;
        shop.round().await;
        shop.rig.pass(30 * MINUTE);
        Self { shop }
    }

    fn rig(&self) -> &Rig {
        &self.shop.rig
    }

    fn handler(&self) -> Factory {
        self.shop.factory.clone()
    }

    async fn queue(&self) {
        self.shop.factory.tend().await.unwrap();
    }

    fn arrived(&self) -> Vec<String> {
        self.shop.rig.edge.accepted("DELETE ")
    }

    async fn recorded(&self) -> i64 {
        self.shop.rig.number("SELECT count(*) FROM packs WHERE state = 'deleted'").await
    }
}

pub struct Pools {
    shop: Workshop,
    /// What the edge had before.
    before: usize,
}

impl Scene for Pools {
    type Handler = Factory;

    const TOPIC: Topic = Topic::Pools;

    async fn new(pool: PgPool) -> Self {
        let shop = Workshop::new(pool).await;
        shop.round().await;
        shop.rig.pass(MINUTE);
        let before = shop.rig.edge.accepted("PUT Pools ").len();
        Self { shop, before }
    }

    fn rig(&self) -> &Rig {
        &self.shop.rig
    }

    fn handler(&self) -> Factory {
        self.shop.factory.clone()
    }

    async fn queue(&self) {
        switch_off(&self.shop).await;
    }

    fn arrived(&self) -> Vec<String> {
        self.shop.rig.edge.accepted("PUT Pools ").split_off(self.before)
    }

    async fn recorded(&self) -> i64 {
        let recorded = "SELECT count(*) FROM pool_publication JOIN deliveries
            ON topic = 'pools' AND version = published_version";
        self.shop.rig.number(recorded).await
    }
}

async fn switch_off(shop: &Workshop) {
    let deals = |kind, switch| shop.factory.deals(kind, switch);
    let (switch, now) = (Some(Switch::Off), shop.rig.now());
    let unit = SwitchKind { kind: PictureKind::Grid, switch, deals: &deals, now };
    transact(&shop.rig.pool, &unit).await.unwrap();
}
