//! Emails from the outbox to a mail server that does as it is told.

mod bytes;

use std::time::Duration;

use munjigi_delivery::mail::{
    Encryption, Login, MailTransport, Sender, Smtp, SmtpServer, Transport,
};
use munjigi_domain::email::{Address, Email};
use munjigi_process::stop::{self, Stop, Stopper};
use munjigi_store::deliveries::{self, Topic};
use munjigi_store::mails;
use sqlx::PgPool;

use munjigi_rig::smtp::{FakeSmtp, Reply, Step, server};
use munjigi_rig::{DAY, MINUTE, Rig, silent_port};

const WAITING: &str = "SELECT count(*) FROM deliveries WHERE topic = 'emails'";
const SENT: &str = "SELECT count(*) FROM mails WHERE sent_at IS NOT NULL";
const FAILED: &str = "SELECT count(*) FROM mails WHERE failed_at IS NOT NULL";
const BODIES: &str = "SELECT count(*) FROM deliveries WHERE payload IS NOT NULL";

fn sender_over(rig: &Rig, transport: Transport) -> Sender {
    let from = "Munjigi <no-reply@munjigi.example>".parse().unwrap();
    Sender::new(rig.pool.clone(), rig.app.clock.clone(), from, transport)
}

fn sender(rig: &Rig, smtp: &FakeSmtp) -> Sender {
    let transport = MailTransport::Smtp(server(smtp.address));
    sender_over(rig, Transport::of(&transport).unwrap())
}

fn message(subject: &str) -> Email {
    Email {
        to: "mina@example.org".parse().unwrap(),
        subject: subject.parse().unwrap(),
        text: "Hello\n\nhttps://console.example/confirm?token=a1\n".to_owned(),
        html: Some("<p>Hello</p>\n".to_owned()),
    }
}

async fn queue(rig: &Rig, subject: &str) {
    let mut connection = rig.pool.acquire().await.unwrap();
    mails::queue(&mut connection, &message(subject), rig.now()).await.unwrap();
}

/// A stop signal that is never sent.
fn unstopped() -> (Stopper, Stop) {
    stop::pair()
}

async fn send_due(sender: &Sender) {
    let (_stopper, stop) = unstopped();
    sender.send_due(&stop).await.unwrap();
}

async fn last_error(rig: &Rig) -> Option<String> {
    let error = "SELECT coalesce(deliveries.last_error, mails.last_error) FROM mails
        LEFT JOIN deliveries ON topic = 'emails' AND key = id::text";
    sqlx::query_scalar(error).fetch_one(&rig.pool).await.unwrap()
}

async fn until(what: &str, done: impl Fn() -> bool) {
    tokio::time::timeout(Duration::from_secs(20), async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{what} in time"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_email_is_sent_once_and_its_content_is_erased(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    queue(&rig, "Confirm your address").await;
    let sender = sender(&rig, &smtp);
    send_due(&sender).await;
    send_due(&sender).await;
    let received = smtp.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "no-reply@munjigi.example");
    assert_eq!(received[0].to, "mina@example.org");
    assert_eq!((rig.number(SENT).await, rig.number(BODIES).await), (1, 0));
    assert_eq!(sender.failure(), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_rolled_back_transaction_sends_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let mut transaction = rig.pool.begin().await.unwrap();
    mails::queue(&mut transaction, &message("Hello"), rig.now()).await.unwrap();
    send_due(&sender(&rig, &smtp)).await;
    transaction.rollback().await.unwrap();
    send_due(&sender(&rig, &smtp)).await;
    assert!(smtp.received().is_empty());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn two_concurrent_senders_send_each_email_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let subjects: Vec<String> = (10..50).map(|number| format!("Email {number}")).collect();
    for subject in &subjects {
        queue(&rig, subject).await;
    }
    let (one, two) = (sender(&rig, &smtp), sender(&rig, &smtp));
    tokio::join!(send_due(&one), send_due(&two));
    let mut received: Vec<String> =
        smtp.received().iter().map(|message| message.header("subject")).collect();
    received.sort();
    assert_eq!(received, subjects);
    assert_eq!(rig.number(SENT).await, 40);
    // Emails share connections: no more than each sender has emails in
    // progress.
    assert!(smtp.connections() <= 8, "{}", smtp.connections());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn emails_wait_while_the_server_is_down_and_are_sent_when_it_is_back(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (silent, address) = silent_port();
    let transport = MailTransport::Smtp(server(address));
    let sender = sender_over(&rig, Transport::of(&transport).unwrap());
    queue(&rig, "Hello").await;
    let mut waits = Vec::new();
    for _ in 0..9 {
        send_due(&sender).await;
        let next = deliveries::next_try(&rig.pool, &[Topic::Emails]).await.unwrap().unwrap();
        waits.push(next.since(rig.now()) / 1_000);
        // Not due yet: nothing is tried.
        send_due(&sender).await;
        rig.pass(next.since(rig.now()));
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    assert!(sender.failure().unwrap().starts_with("the mail server does not respond: "));
    let smtp = FakeSmtp::listen(silent.listen(64).unwrap());
    send_due(&sender).await;
    assert_eq!(smtp.received().len(), 1);
    assert_eq!(sender.failure(), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_email_that_the_server_defers_is_retried(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let sender = sender(&rig, &smtp);
    queue(&rig, "Hello").await;
    for (step, reply, told) in [
        (Step::Greeting, Reply::Code(421), "the mail server deferred the email: 421"),
        (Step::Rcpt, Reply::Code(450), "the mail server deferred the email: 450"),
        (Step::Data, Reply::Code(451), "the mail server deferred the email: 451"),
        (
            Step::Rcpt,
            Reply::Close,
            "the mail server does not respond: it closed the connection or does not speak SMTP",
        ),
    ] {
        smtp.reply([(step, reply)]);
        send_due(&sender).await;
        assert_eq!(last_error(&rig).await.as_deref(), Some(told));
        assert_eq!(sender.failure().as_deref(), Some(told));
        rig.pass(5 * MINUTE);
    }
    send_due(&sender).await;
    assert_eq!(smtp.received().len(), 1);
    assert_eq!(last_error(&rig).await, None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_refused_email_is_given_up_without_recording_the_recipient(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let sender = sender(&rig, &smtp);
    smtp.reply([(Step::Rcpt, Reply::Code(550))]);
    queue(&rig, "Hello").await;
    send_due(&sender).await;
    rig.pass(DAY);
    send_due(&sender).await;
    assert!(smtp.received().is_empty());
    assert_eq!((rig.number(FAILED).await, rig.number(BODIES).await), (1, 0));
    assert_eq!(last_error(&rig).await.as_deref(), Some("the mail server refused the email: 550"));
    // The server works.
    assert_eq!(sender.failure(), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_refusal_of_the_sender_loses_no_email(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let sender = sender(&rig, &smtp);
    queue(&rig, "Hello").await;
    for step in [Step::Greeting, Step::Mail] {
        smtp.reply([(step, Reply::Code(550))]);
        send_due(&sender).await;
        let told = Some("the mail server refuses this origin: 550".to_owned());
        assert_eq!(last_error(&rig).await, told);
        rig.pass(5 * MINUTE);
    }
    send_due(&sender).await;
    assert_eq!(smtp.received().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_password_is_not_sent_to_a_server_without_tls(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let login = Login { name: "munjigi".to_owned(), password: "hunter2".to_owned() };
    let encryption = Encryption::Required;
    let server = SmtpServer { encryption, login: Some(login), ..server(smtp.address) };
    let sender = sender_over(&rig, Transport::of(&MailTransport::Smtp(server)).unwrap());
    queue(&rig, "Hello").await;
    send_due(&sender).await;
    assert!(smtp.received().is_empty());
    assert_eq!(rig.number(WAITING).await, 1);
    let told = sender.failure().unwrap();
    assert!(told.contains("STARTTLS"), "{told}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_email_is_given_up_after_three_days(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let sender = sender(&rig, &smtp);
    queue(&rig, "Hello").await;
    rig.pass(3 * DAY - 1);
    smtp.reply([(Step::Rcpt, Reply::Code(450)), (Step::Rcpt, Reply::Code(452))]);
    send_due(&sender).await;
    assert_eq!(rig.number(WAITING).await, 1);
    rig.pass(MINUTE);
    send_due(&sender).await;
    assert_eq!((rig.number(FAILED).await, rig.number(BODIES).await), (1, 0));
    assert_eq!(last_error(&rig).await.as_deref(), Some("the mail server deferred the email: 452"));
}

/// At least once: the server has the email, but that was not recorded.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_sender_killed_before_it_recorded_an_email_costs_at_most_a_second_copy(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    smtp.reply([(Step::Data, Reply::Silence)]);
    queue(&rig, "Hello").await;
    let dying = sender(&rig, &smtp);
    let running = tokio::spawn(async move { send_due(&dying).await });
    until("a message", || smtp.received().len() == 1).await;
    running.abort();
    running.await.unwrap_err();
    let heir = sender(&rig, &smtp);
    // Its lease has two more minutes to run.
    send_due(&heir).await;
    assert_eq!(smtp.received().len(), 1);
    rig.pass(2 * MINUTE);
    send_due(&heir).await;
    send_due(&heir).await;
    let received = smtp.received();
    assert_eq!(received.len(), 2);
    assert_eq!(rig.number(SENT).await, 1);
    // A recipient who gets both can tell that they are the same.
    assert_eq!(received[0], received[1]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_late_answer_is_not_taken_for_the_next_emails(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let impatient = Smtp::of(&server(smtp.address)).unwrap().within(Duration::from_millis(300));
    let sender = sender_over(&rig, Transport::Smtp(impatient));
    smtp.reply([(Step::Data, Reply::Silence)]);
    queue(&rig, "First").await;
    send_due(&sender).await;
    assert_eq!(last_error(&rig).await.as_deref(), Some("the mail server timed out"));
    smtp.go_on();
    smtp.reply([(Step::Data, Reply::Code(554))]);
    rig.pass(5_000);
    send_due(&sender).await;
    assert_eq!((rig.number(SENT).await, rig.number(FAILED).await), (0, 1));
    assert_eq!(smtp.connections(), 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_running_sender_sends_a_new_email_at_once_and_stops_when_asked(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let (stopper, stop) = stop::pair();
    let running = tokio::spawn(sender(&rig, &smtp).run(rig.pool.clone(), stop));
    for (count, subject) in [(1, "First"), (2, "Second")] {
        queue(&rig, subject).await;
        // Less than the longest interval between reads of the table.
        let heard = until("heard", || smtp.received().len() == count);
        tokio::time::timeout(Duration::from_secs(5), heard).await.unwrap();
    }
    stopper.ask();
    running.await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn emails_are_swept_and_those_never_tried_are_given_up(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    queue(&rig, "Sent").await;
    send_due(&sender(&rig, &smtp)).await;
    queue(&rig, "Never tried").await;
    let all = "SELECT count(*) FROM mails";
    for (after, rows, failed) in
        [(3 * DAY, 2, 0), (MINUTE, 2, 1), (4 * DAY, 1, 1), (25 * DAY, 1, 1), (2 * DAY, 0, 0)]
    {
        rig.pass(after);
        rig.jobs().keep_house().await.unwrap();
        assert_eq!((rig.number(all).await, rig.number(FAILED).await), (rows, failed));
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_folder_receives_emails_as_files(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let folder = tempfile::tempdir().unwrap();
    let emails = folder.path().join("emails");
    let transport = Transport::of(&MailTransport::Folder(emails.clone())).unwrap();
    queue(&rig, "Hello").await;
    send_due(&sender_over(&rig, transport)).await;
    let files: Vec<_> = std::fs::read_dir(emails).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 1);
    let name = files[0].file_name().into_string().unwrap();
    assert_eq!(name, format!("{}-1.eml", rig.now().0));
    let text = std::fs::read_to_string(files[0].path()).unwrap();
    assert!(text.contains("Subject: Hello\r\n"), "{text}");
    assert_eq!(rig.number(SENT).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn emails_wait_for_a_folder_that_cannot_be_written_to(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let transport = MailTransport::Folder(file.path().join("emails"));
    let sender = sender_over(&rig, Transport::of(&transport).unwrap());
    queue(&rig, "Hello").await;
    send_due(&sender).await;
    assert_eq!(rig.number(WAITING).await, 1);
    assert!(sender.failure().unwrap().starts_with("cannot write the email's file: "));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_email_that_this_release_cannot_read_is_given_up_alone(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    queue(&rig, "Old").await;
    let unfit = r#"UPDATE deliveries SET payload = jsonb_set(payload, '{to}', '"mina@localhost"')"#;
    sqlx::query(unfit).execute(&rig.pool).await.unwrap();
    queue(&rig, "New").await;
    send_due(&sender(&rig, &smtp)).await;
    assert_eq!((rig.number(FAILED).await, rig.number(SENT).await), (1, 1));
}

#[test]
fn the_address_of_an_email_is_parsed_once() {
    assert!("mina@example.org\r\nBcc: all@example.org".parse::<Address>().is_err());
}
