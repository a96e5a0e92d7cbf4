//! Models are tried by those who run the service, and what they think of the
//! answers is kept.

use munjigi_store::opinions;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::photos::operator;
use munjigi_rig::Rig;

const MODELS: &str = "/operations/models";
const OPINIONS: &str = "/operations/models/opinions";
const FILE: &str = "/operations/models/opinions.jsonl";

fn said(version: &str) -> String {
    let classes = json!([["coffee mug", 0.75]]);
    let prediction = json!({ "task": "classify", "classes": classes });
    json!({
        "model": "lite", "version": version, "engine": "rten", "milliseconds": 12.5,
        "prediction": prediction
    })
    .to_string()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn only_those_who_run_the_service_try_models(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    for path in [MODELS, FILE] {
        assert_eq!(tab.open(path).await.status, 404, "{path}");
    }
    let (picture, said) = ("ab".repeat(32), said("1.0.0"));
    let opinion = [("picture", picture.as_str()), ("said.0", &said), ("likes.0", "yes")];
    for path in [MODELS, OPINIONS] {
        tab.open("/console").await;
        assert_eq!(tab.send(path, &opinion).await.status, 404, "{path}");
    }
    assert!(opinions::newest(&rig.pool, 9).await.unwrap().is_empty());
    let mut tab = operator(&rig).await;
    let page = &tab.open(MODELS).await.page;
    assert!(page.contains("No gpu-backend is set"), "{page}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_opinion_replaces_an_earlier_one_and_is_exported(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = operator(&rig).await;
    let (picture, old, new) = ("ab".repeat(32), said("1.0.0"), said("1.0.1"));
    tab.open(MODELS).await;
    let both = [
        ("picture", picture.as_str()),
        ("name", "<b>mug</b>.jpg"),
        ("said.0", &old),
        ("likes.0", "yes"),
        ("said.1", &new),
        ("likes.1", "no"),
        ("comment.1", "It calls every cup a mug."),
        ("said.2", &new),
    ];
    assert!(tab.send(OPINIONS, &both).await.page.contains("2 opinions kept"), "{}", tab.page);
    assert!(tab.page.contains("It calls every cup a mug.") && !tab.page.contains("<b>mug</b>"));
    let other = [("picture", picture.as_str()), ("said.0", &old), ("likes.0", "no")];
    assert!(tab.send(OPINIONS, &other).await.page.contains("1 opinion kept"), "{}", tab.page);
    let file = &tab.open(FILE).await.page;
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (&line["model"], &line["likes"])).collect();
    assert_eq!(told.len(), 2, "{file}");
    for one in [(&json!("lite@1.0.0"), &json!(false)), (&json!("lite@1.0.1"), &json!(false))] {
        assert!(told.contains(&one), "{file}");
    }
    assert_eq!(lines[0]["said"]["classes"][0][0], json!("coffee mug"));
    assert_eq!(lines[0]["picture"], json!(picture));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_is_no_question_and_no_opinion_is_told(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = operator(&rig).await;
    let missing = "00".repeat(32);
    let nine: Vec<(&str, &str)> = vec![("model", "lite"); 9];
    let picture = "ab".repeat(32);
    for (path, fields, told) in [
        (MODELS, vec![("picture", "AAAA")], 422),
        (MODELS, nine, 422),
        (MODELS, vec![("model", "lite")], 422),
        (MODELS, vec![("model", "lite"), ("picture", "AAAA")], 422),
        (MODELS, vec![("model", "lite"), ("picture", "=")], 422),
        (MODELS, vec![("model", "lite"), ("photo", &missing)], 422),
        (MODELS, vec![("model", "lite"), ("photo", "x")], 400),
        (MODELS, vec![("model", "lite&caller=x")], 400),
        (OPINIONS, vec![], 400),
        (OPINIONS, vec![("picture", "ab")], 400),
        (OPINIONS, vec![("picture", &picture), ("said.0", "no"), ("likes.0", "yes")], 400),
        (OPINIONS, vec![("picture", &picture), ("said.8", "{}")], 400),
    ] {
        tab.open(MODELS).await;
        assert_eq!(tab.send(path, &fields).await.status, told, "{path} {fields:?}");
    }
    assert!(opinions::newest(&rig.pool, 9).await.unwrap().is_empty());
}
