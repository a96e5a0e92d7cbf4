//! Messages on their way: a real database, a real receiver on this machine.

use std::net::SocketAddr;

use munjigi_delivery::notifications::{Courier, Outgoing, retry_after_ms};
use munjigi_domain::accounts::Id;
use munjigi_domain::reach::Reach;
use munjigi_domain::webhooks::{DeliveryFailure, Endpoint, EndpointMistake, Event, WebhookSecret};
use munjigi_keys::UnixMillis;
use munjigi_process::stop;
use munjigi_store::audit::Actor;
use munjigi_store::transact;
use munjigi_store::webhooks::{self, AddWebhook, ChangeWebhook, WebhookChange};
use sqlx::PgPool;

use munjigi_rig::hooks::{self, Next, Receiver};
use munjigi_rig::people::Someone;
use munjigi_rig::{DAY, HOUR, MINUTE, Rig};

const SECOND: u64 = 1_000;

pub struct Stage {
    pub rig: Rig,
    kim: Someone,
    pub receiver: Receiver,
    webhook: Id,
    secret: String,
}

impl Stage {
    pub async fn new(pool: PgPool) -> Self {
        let rig = Rig::reaching(pool, hooks::local(), crate::routes).await;
        let kim = rig.someone("Kim").await;
        let receiver = Receiver::start().await;
        let (webhook, secret) = add(&rig, &kim, &receiver.url()).await;
        Self { rig, kim, receiver, webhook, secret }
    }

    pub fn courier(&self) -> Courier {
        let app = &self.rig.app;
        Courier {
            pool: app.pool.clone(),
            clock: app.clock.clone(),
            entropy: app.entropy.clone(),
            vault: app.console.vault.clone(),
            hooks: app.hooks.clone(),
        }
    }

    pub async fn queue(&self, text: &str) {
        let body = serde_json::json!({ "type": "webhook.test", "text": text }).to_string();
        let mut connection = self.rig.pool.acquire().await.unwrap();
        webhooks::queue(
            &mut connection,
            &self.kim.organisation,
            (Event::Test, &body),
            self.rig.now(),
            &self.rig.app.entropy,
        )
        .await
        .unwrap();
    }

    async fn carry(&self) {
        let (_stopper, stop) = stop::pair();
        self.courier().carry_due(&stop).await.unwrap();
    }

    async fn change(&self, change: WebhookChange) {
        let actor = &actor(&self.kim);
        let unit = ChangeWebhook {
            id: &self.webhook,
            organisation: &self.kim.organisation,
            change,
            actor,
            now: self.rig.now(),
        };
        transact(&self.rig.pool, &unit).await.unwrap().unwrap();
    }

    async fn state(&self) -> (String, bool, i64) {
        let one = webhooks::of_organisation(&self.rig.pool, &self.kim.organisation).await.unwrap();
        (one[0].state.clone(), one[0].failing_since.is_some(), one[0].waiting)
    }

    async fn deliveries(&self) -> Vec<webhooks::Delivery> {
        webhooks::deliveries(&self.rig.pool, &self.kim.organisation, 10).await.unwrap()
    }
}

fn actor(someone: &Someone) -> Actor {
    Actor {
        account: someone.account.clone(),
        email: someone.email.clone(),
        prefix: "203.0.113.0/24".to_owned(),
        request_id: "request".to_owned(),
    }
}

async fn add(rig: &Rig, someone: &Someone, url: &str) -> (Id, String) {
    let entropy = &rig.app.entropy;
    let (id, secret) = (Id::draw(entropy), WebhookSecret::draw(entropy));
    let vault = &rig.app.console.vault;
    let sealed = vault.close(&webhooks::vault_row(&id), secret.as_bytes(), entropy);
    let unit = AddWebhook {
        id: &id,
        organisation: &someone.organisation,
        endpoint: &Endpoint::parse(url, Reach::Anywhere).unwrap(),
        secret: &sealed,
        actor: &actor(someone),
        now: rig.now(),
    };
    transact(&rig.pool, &unit).await.unwrap().unwrap();
    (id, secret.reveal().to_string())
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_message_arrives_signed_and_once(pool: PgPool) {
    let stage = Stage::new(pool).await;
    stage.queue("one").await;
    stage.carry().await;
    stage.carry().await;
    let got = stage.receiver.got();
    assert_eq!(got.len(), 1);
    assert!(got[0].is_signed_with(&stage.secret));
    assert_eq!(got[0].content_type, "application/json");
    assert_eq!(got[0].json()["text"], "one");
    assert_eq!(got[0].timestamp, i64::try_from(stage.rig.now().seconds()).unwrap());
    let (_, other) = add(&stage.rig, &stage.kim, "http://elsewhere.example/").await;
    assert!(!got[0].is_signed_with(&other));
    let delivered = &stage.deliveries().await[0];
    assert_eq!((delivered.last_status, delivered.attempts), (Some(204), 1));
    assert!(delivered.delivered_at.is_some() && delivered.id == got[0].id);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_message_that_is_not_taken_comes_again_under_the_same_id(pool: PgPool) {
    let stage = Stage::new(pool).await;
    let elsewhere = Receiver::start().await;
    stage.receiver.will([
        Next::Answer(500, "broken"),
        Next::Redirect(elsewhere.url()),
        Next::Silence,
        Next::Answer(200, "thanks"),
    ]);
    stage.queue("one").await;
    for (after, error) in [
        (0, Some("the receiver answered 500")),
        (7 * SECOND, Some("the receiver answered 302")),
        (2 * MINUTE, Some("no response within 15 seconds")),
        (7 * MINUTE, None),
    ] {
        stage.rig.pass(after);
        stage.carry().await;
        // Not before it is due.
        stage.carry().await;
        let delivery = stage.deliveries().await.remove(0);
        assert_eq!(delivery.last_error.as_deref(), error);
        assert_eq!(delivery.failure().map(|failure| failure.to_string()).as_deref(), error);
    }
    let got = stage.receiver.got();
    assert_eq!(got.len(), 4);
    for (earlier, later) in got.iter().zip(&got[1..]) {
        assert_eq!((&earlier.id, &earlier.body), (&later.id, &later.body));
        assert!(later.timestamp > earlier.timestamp && later.signature != earlier.signature);
        assert!(later.is_signed_with(&stage.secret));
    }
    assert_eq!(elsewhere.got(), [], "redirects are not followed");
    assert_eq!(stage.state().await, ("live".to_owned(), false, 0));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn after_a_day_of_retries_the_webhook_is_shown_as_failing(pool: PgPool) {
    let stage = Stage::new(pool).await;
    stage.receiver.will(vec![Next::Answer(503, ""); 40]);
    stage.queue("one").await;
    for _ in 0..25 {
        stage.carry().await;
        stage.rig.pass(HOUR);
    }
    assert_eq!(stage.state().await, ("live".to_owned(), true, 0));
    let tries = stage.receiver.got();
    assert!(tries.len() > 5, "{}", tries.len());
    let day = i64::try_from(DAY / SECOND).unwrap();
    assert!(tries.last().unwrap().timestamp - tries[0].timestamp >= day, "for a day at least");
    assert_eq!(
        stage.deliveries().await[0].last_error.as_deref(),
        Some("the receiver answered 503")
    );
    let bodies = "SELECT count(*) FROM deliveries WHERE topic = 'webhooks'";
    assert_eq!(stage.rig.number(bodies).await, 0);
    // The next one that is accepted ends it.
    let receiver = Receiver::start().await;
    sqlx::query("UPDATE webhooks SET url = $1")
        .bind(receiver.url())
        .execute(&stage.rig.pool)
        .await
        .unwrap();
    stage.queue("two").await;
    stage.carry().await;
    assert_eq!(stage.state().await, ("live".to_owned(), false, 0));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_receiver_decides_how_long_to_wait_and_when_it_is_gone(pool: PgPool) {
    let stage = Stage::new(pool).await;
    stage.receiver.will([Next::RetryAfter(429, "120"), Next::Answer(410, "")]);
    stage.queue("one").await;
    stage.carry().await;
    stage.rig.pass(119 * SECOND);
    stage.carry().await;
    assert_eq!(stage.receiver.got().len(), 1);
    stage.rig.pass(2 * SECOND);
    stage.carry().await;
    assert_eq!(stage.receiver.got().len(), 2);
    assert_eq!(stage.state().await, ("paused".to_owned(), true, 0));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_paused_webhook_waits_and_a_deleted_one_is_forgotten(pool: PgPool) {
    let stage = Stage::new(pool).await;
    stage.queue("before").await;
    stage.change(WebhookChange::Pause).await;
    stage.queue("meanwhile").await;
    stage.carry().await;
    assert_eq!(stage.receiver.got(), []);
    assert_eq!(stage.state().await, ("paused".to_owned(), false, 1));
    stage.change(WebhookChange::Resume).await;
    stage.carry().await;
    let got = stage.receiver.got();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].json()["text"], "before");
    stage.queue("after").await;
    stage.change(WebhookChange::Delete).await;
    stage.carry().await;
    assert_eq!(stage.receiver.got().len(), 1);
    assert_eq!(stage.rig.number("SELECT count(*) FROM webhook_deliveries").await, 0);
    let waiting = "SELECT count(*) FROM deliveries WHERE topic = 'webhooks'";
    assert_eq!(stage.rig.number(waiting).await, 0, "its body goes with it");
    // What waits behind a pause for more than a day is given up.
    add(&stage.rig, &stage.kim, "http://other.example/").await;
    stage.queue("late").await;
    sqlx::query("UPDATE webhooks SET state = 'paused'").execute(&stage.rig.pool).await.unwrap();
    // Paused while the message was being queued: it is held when it is due.
    stage.carry().await;
    assert_eq!(stage.receiver.got().len(), 1);
    stage.rig.pass(DAY + 2 * HOUR);
    stage.rig.jobs().keep_house().await.unwrap();
    let given_up = "SELECT count(*) FROM webhook_deliveries WHERE failed_at IS NOT NULL";
    assert_eq!(stage.rig.number(given_up).await, 1);
    stage.rig.pass(31 * DAY);
    stage.rig.jobs().keep_house().await.unwrap();
    assert_eq!(stage.rig.number("SELECT count(*) FROM webhook_deliveries").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_couriers_deliver_each_message_once(pool: PgPool) {
    let stage = Stage::new(pool).await;
    for number in 0..20 {
        stage.queue(&number.to_string()).await;
    }
    let mut couriers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let courier = stage.courier();
        couriers.spawn(async move {
            let (_stopper, stop) = stop::pair();
            courier.carry_due(&stop).await
        });
    }
    for carried in couriers.join_all().await {
        carried.unwrap();
    }
    let mut ids: Vec<String> = stage.receiver.got().into_iter().map(|got| got.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), stage.receiver.got().len()), (20, 20));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_queued_message_wakes_the_courier(pool: PgPool) {
    let stage = Stage::new(pool).await;
    let (stopper, stop) = stop::pair();
    let running = tokio::spawn(stage.courier().run(stage.rig.pool.clone(), stop));
    stage.queue("one").await;
    let arrived = async {
        while stage.receiver.got().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), arrived).await.unwrap();
    stopper.ask();
    running.await.unwrap();
}

/// What a name resolves to is checked when it is called, however harmless it
/// seemed when it was entered.
#[tokio::test]
async fn a_name_that_leads_into_a_private_network_is_not_called() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let secret = WebhookSecret::draw(&munjigi_domain::entropy::Entropy::from_seed(1));
    for addresses in [
        vec!["127.0.0.1:0"],
        vec!["10.0.0.1:0"],
        vec!["169.254.169.254:0"],
        vec!["[::1]:0"],
        vec!["[fd00::1]:0"],
        vec!["[::ffff:127.0.0.1]:0"],
        // A public address does not vouch for the other.
        vec!["1.1.1.1:0", "127.0.0.1:0"],
    ] {
        let addresses: Vec<SocketAddr> =
            addresses.into_iter().map(|address| address.parse().unwrap()).collect();
        let hooks = hooks::leading_to(Reach::Public, addresses.clone());
        let url = format!("https://hooks.example:{port}/");
        let outgoing =
            Outgoing { url: &url, secret: &secret, id: "msg_1", body: "{}", at: UnixMillis(0) };
        assert_eq!(hooks.post(&outgoing).await, Err(DeliveryFailure::NotPublic), "{addresses:?}");
    }
    // Addresses that were stored when the console was local.
    let hooks = hooks::leading_to(Reach::Public, Vec::new());
    for (url, mistake) in [
        (format!("https://127.0.0.1:{port}/"), EndpointMistake::Private),
        (format!("http://hooks.example:{port}/"), EndpointMistake::Insecure),
    ] {
        let outgoing =
            Outgoing { url: &url, secret: &secret, id: "msg_1", body: "{}", at: UnixMillis(0) };
        let refused = Err(DeliveryFailure::Endpoint { mistake });
        assert_eq!(hooks.post(&outgoing).await, refused);
    }
    assert_eq!(receiver.got(), []);
}

#[tokio::test]
async fn a_long_answer_is_read_to_its_beginning_alone() {
    let receiver = Receiver::start().await;
    let long = "한".repeat(10_000);
    receiver.will([Next::Answer(400, Box::leak(long.into_boxed_str()))]);
    let secret = WebhookSecret::draw(&munjigi_domain::entropy::Entropy::from_seed(1));
    let url = receiver.url();
    let outgoing =
        Outgoing { url: &url, secret: &secret, id: "msg_1", body: "{}", at: UnixMillis(0) };
    let answer = hooks::local().post(&outgoing).await.unwrap();
    assert!(answer.status == 400 && !answer.is_taken() && answer.body.len() <= 2_051);
}

#[test]
fn waits_grow_and_spread() {
    let mut before = 0;
    for failed in 0..8 {
        let (shortest, longest) = (retry_after_ms(failed, 0), retry_after_ms(failed, 255));
        assert!(shortest > before && longest > shortest && longest <= shortest * 5 / 4);
        before = shortest;
    }
    assert_eq!(retry_after_ms(u32::MAX, 0), retry_after_ms(7, 0));
}
