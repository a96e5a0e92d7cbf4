use munjigi_captcha::contract::{TOKEN_FACTS_BYTES, redeem};
use munjigi_captcha::redemption::NotAllowed;
use munjigi_format::contract::format;
use munjigi_keys::UnixMillis;

use super::*;

const ROW: RowId = RowId { id: [7; 16], keep_until: 1_795_000_000_000 };
const ROW_BYTES: [(&str, &str); 2] =
    [("07070707070707070707070707070707", "row: id"), ("80bcd9f29e34", "keep_until")];
const PAYER: PayerId = PayerId([2; 16], [3; 8]);
const PAYER_BYTES: [(&str, &str); 2] =
    [("02020202020202020202020202020202", "payer: sitekey"), ("0303030303030303", "visitor")];

/// Holds a command to its number, and to what follows.
fn command(value: &Command, number: &str, parts: &[&[(&str, &str)]]) {
    let head: &[(&str, &str)] = &[("01", "version"), (number, "which command")];
    format(value, &[&[head][..], parts].concat().concat());
    assert_eq!(Command::from_url(&value.url().unwrap()).as_ref(), Some(value));
}

#[test]
fn commands_are_these_bytes() {
    let spend = Command::Spend(ROW, Redeem { paid: 640_000, ..redeem(5, 6) }.into());
    let zeros = ["40", &"30".repeat(64)].concat();
    let spend_bytes = [
        ("050000005a5a5a5a5a5a5a5a5a5a5a5a", "call"),
        ("060000005a5a5a5a5a5a5a5a5a5a5a5a", "token"),
        (zeros.as_str(), "secret: 64 hex digits"),
        ("808827", "paid 640000"),
    ];
    command(&spend, "00", &[&ROW_BYTES, &spend_bytes, &TOKEN_FACTS_BYTES]);
    command(&Command::Step(ROW), "01", &[&ROW_BYTES]);
    command(&Command::Owe(ROW, 640_000), "02", &[&ROW_BYTES, &[("808827", "least")]]);
    let answer = "01010101010101010101010101010101";
    command(&Command::Answer(ROW, AnswerHash([1; 16])), "03", &[&ROW_BYTES, &[(answer, "hash")]]);
    command(&Command::RaisePrice(PAYER), "04", &[&PAYER_BYTES]);
    command(&Command::ReadPrice(PAYER), "05", &[&PAYER_BYTES]);
    let nonce = [("04040404040404040404040404040404", "nonce"), ("80bcd9f29e34", "until")];
    command(&Command::Nonce([4; 16], ROW.keep_until), "06", &[&nonce]);
    let entry = DenyEntry { name: "mj_x".into(), version: 3, denied: true };
    let entries = [("01", "entries"), ("046d6a5f78", "name"), ("03", "version"), ("01", "denied")];
    command(&Command::Deny(vec![entry.into()]), "07", &[&entries]);
    command(&Command::Sweep, "08", &[]);
    command(&Command::Backlog, "09", &[]);
}

#[test]
fn replies_are_these_bytes() {
    let price = Price::default().raised(UnixMillis::from_seconds(1_763_623_800));
    let allowed = [
        (NotAllowed::Late, "00"),
        (NotAllowed::Stepped, "01"),
        (NotAllowed::DeniedSecret, "02"),
        (NotAllowed::DeniedAttempt, "03"),
        (NotAllowed::Unpaid, "04"),
    ];
    let mut replies = vec![
        (Reply::Redemption(Redemption::First), "0000".to_owned()),
        (Reply::Redemption(Redemption::Repeat), "0001".to_owned()),
        (Reply::Redemption(Redemption::Spent), "0002".to_owned()),
        (Reply::Stepped(Stepped::Recorded), "0100".to_owned()),
        (Reply::Stepped(Stepped::Spent), "0101".to_owned()),
        (Reply::Owing(Owing::Recorded { owed: 640_000 }), "0200808827".to_owned()),
        (Reply::Owing(Owing::Spent), "0201".to_owned()),
        (Reply::Answered(Answered::First), "0300".to_owned()),
        (Reply::Answered(Answered::Same), "0301".to_owned()),
        (Reply::Answered(Answered::Exhausted), "0302".to_owned()),
        (Reply::Price(price), "0401f886fbc806".to_owned()),
        (Reply::Nonce(true), "0501".to_owned()),
        (Reply::Denied, "06".to_owned()),
        (Reply::Swept(300), "07ac02".to_owned()),
        (Reply::Failed, "08".to_owned()),
    ];
    for (why, number) in allowed {
        replies.push((Reply::Redemption(Redemption::NotAllowed(why)), ["0003", number].concat()));
        replies.push((Reply::Stepped(Stepped::NotAllowed(why)), ["0102", number].concat()));
        replies.push((Reply::Owing(Owing::NotAllowed(why)), ["0202", number].concat()));
        replies.push((Reply::Answered(Answered::NotAllowed(why)), ["0303", number].concat()));
    }
    for (reply, hex) in replies {
        format(&reply, &[("01", "version"), (&hex, "which reply, and what it says")]);
        assert_eq!(Reply::from_header(&reply.header().unwrap()), Some(reply));
    }
}

#[test]
fn garbage_is_no_command() {
    for url in
        ["", "https://object/", "https://object/_w", "https://elsewhere/AQg", "object/!", "AQg"]
    {
        assert_eq!(Command::from_url(url), None, "{url}");
    }
    assert_eq!(Command::from_url("https://object/AQg"), Some(Command::Sweep));
}
