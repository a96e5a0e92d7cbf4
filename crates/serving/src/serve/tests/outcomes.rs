//! Reports of what became of visitors.

use super::*;

impl Edge {
    /// The id by which a visitor of a redeemed token can be reported.
    fn redeemed(&self) -> String {
        self.verify(&self.token()).metadata.unwrap().id
    }

    /// Reports on a visitor, and returns the answer's status.
    fn report(&self, id: &str, outcome: &str) -> u16 {
        let secret = self.secret.reveal().to_string();
        let report = json!({ "secret": secret, "id": id, "outcome": outcome });
        self.post("/v1/outcomes", &report).status
    }

    /// How many reports were sent to the origin, each in a message of its own.
    fn reported(&self) -> usize {
        self.platform.batches().iter().filter(|batch| !batch.outcomes.is_empty()).count()
    }
}

#[test]
fn a_report_that_is_repeated_is_one_message() {
    let edge = Edge::new();
    let [one, other] = [edge.redeemed(), edge.redeemed()];
    for _ in 0..2_000 {
        assert_eq!(edge.report(&one, "fraudulent"), 200);
    }
    assert_eq!(edge.reported(), 1);
    // A changed mind is sent, and so is a report on another visitor.
    assert_eq!(edge.report(&one, "legitimate"), 200);
    assert_eq!(edge.report(&other, "fraudulent"), 200);
    assert_eq!(edge.reported(), 3);
}

#[test]
fn a_report_that_was_not_sent_can_be_repeated() {
    let edge = Edge::new();
    let id = edge.redeemed();
    edge.platform.lose_batches(true);
    assert_eq!(edge.report(&id, "fraudulent"), 503);
    edge.platform.lose_batches(false);
    assert_eq!(edge.report(&id, "fraudulent"), 200);
    assert_eq!(edge.reported(), 1);
}

#[test]
fn reports_have_a_limit_of_their_own_beside_siteverify() {
    let edge = Edge::new();
    let (id, token) = (edge.redeemed(), edge.token());
    edge.platform.refuse(Some(Limit::Client));
    assert_eq!(edge.report(&id, "fraudulent"), 429);
    assert!(edge.verify(&token).success);
    edge.platform.refuse(Some(Limit::Verify));
    assert_eq!(edge.report(&id, "fraudulent"), 200);
}
