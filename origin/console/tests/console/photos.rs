//! Photos are reviewed by those who run the service, and by no one else.

use munjigi_protocol::RightRound;
use munjigi_store::photos::{self, Filter, NewPhoto, PhotoId, PhotoState, Said};
use sqlx::PgPool;

use super::language::english;
use munjigi_rig::{Rig, Tab};

fn hex(id: PhotoId) -> String {
    data_encoding::HEXLOWER.encode(&id)
}

/// A photo that waits: a model is this sure of a thing.
async fn add(rig: &Rig, number: u8, thing: Option<&str>, area: Option<&RightRound>) -> PhotoId {
    let id = [number; 32];
    let label = if thing.is_some() { "coffee mug" } else { "spatula" };
    let said = [
        Said { label: label.to_owned(), thing: thing.map(str::to_owned), score: 0.91 },
        Said { label: "teapot".to_owned(), thing: Some("teapot".to_owned()), score: 0.06 },
    ];
    let photo = NewPhoto {
        id: &id,
        name: &format!("kitchen/{number}.jpg"),
        licence: "CC0-1.0",
        model: "lite@1.0.0",
        said: &said,
        thing,
        segmenter: None,
        area,
        picture: b"a picture",
        tile: b"a tile",
        now: rig.now(),
    };
    photos::keep(&rig.pool, &photo).await.unwrap();
    id
}

pub(super) async fn operator(rig: &Rig) -> Tab<'_> {
    let operator = rig.someone("Operator").await;
    rig.tab_of(&operator.account).await
}

async fn found(rig: &Rig, id: &PhotoId) -> photos::Record {
    photos::one(&rig.pool, id).await.unwrap().unwrap()
}

const ACCEPT: [(&str, &str); 3] = [("decision", "accept"), ("reviewed_at", "0"), ("thing", "cup")];

fn accept<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&ACCEPT[..], more].concat()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn only_those_who_run_the_service_see_photos(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let photo = hex(add(&rig, 1, Some("cup"), None).await);
    let paths = ["", &format!("/{photo}"), &format!("/{photo}/tile"), &format!("/{photo}/picture")]
        .map(|path| format!("/operations/photos{path}"));
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    for path in &paths {
        assert_eq!(tab.open(path).await.status, 404, "{path}");
    }
    assert!(!tab.open("/console").await.page.contains("/operations"));
    assert_eq!(tab.send(&paths[1], &ACCEPT).await.status, 404);
    assert!(Tab::new(&rig).open(&paths[0]).await.path.starts_with("/log-in"));
    let mut tab = operator(&rig).await;
    for path in &paths {
        assert_eq!(tab.open(path).await.status, 200, "{path}");
    }
    for path in ["/operations/photos/00", "/operations/photos/zz/tile"] {
        assert_eq!(tab.open(path).await.status, 404, "{path}");
    }
    assert!(tab.open("/console/account").await.page.contains("/operations/photos"));
    assert_eq!(found(&rig, &[1; 32]).await.state, PhotoState::Waiting);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_photo_is_shown_with_what_the_model_said_and_where(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let area = RightRound::Area { columns: 8, rows: 4, mask: vec![0b10, 0, 0, 0] };
    let photo = add(&rig, 1, Some("cup"), Some(&area)).await;
    let mut tab = operator(&rig).await;
    let page = &tab.open(&format!("/operations/photos/{}", hex(photo))).await.page;
    for text in [
        "kitchen/1.jpg",
        "coffee mug",
        "91 %",
        "1. <b>cup</b>",
        "2. <b>teapot</b>",
        "<option value=\"boat\">boat</option>",
        "CC0-1.0",
        "lite@1.0.0",
        "d=\"M60 0h60v80h-60z\"",
        "value=\"shown\" checked",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = &tab.open("/operations/photos").await.page;
    for text in ["Waiting (1)", "Accepted (0)", "cup (1)", "can be pointed at"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn after_a_decision_comes_the_next_photo_that_waits(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let [first, second, third] = [
        add(&rig, 1, Some("cup"), None).await,
        add(&rig, 2, Some("cup"), None).await,
        add(&rig, 3, None, None).await,
    ];
    let mut tab = operator(&rig).await;
    let path = |photo| format!("/operations/photos/{}", hex(photo));
    tab.open(&path(first)).await;
    tab.send(&path(first), &accept(&[("place", "none")])).await;
    assert!(tab.path.starts_with(&path(second)), "{}", tab.path);
    tab.send(&path(second), &[("decision", "reject"), ("reviewed_at", "0")]).await;
    assert!(tab.path.starts_with(&path(third)), "{}", tab.path);
    // What the model had no name for is named by a person.
    let frame = [
        ("thing", ""),
        ("other", "boat"),
        ("place", "frame"),
        ("left", "100"),
        ("top", "50"),
        ("width", "60"),
        ("height", "40"),
    ];
    let fields = [&[("decision", "accept"), ("reviewed_at", "0")], &frame[..]].concat();
    tab.send(&path(third), &fields).await;
    assert!(tab.path.starts_with("/operations/photos?state=waiting"), "{}", tab.path);
    assert!(tab.page.contains("1 photo changed"), "{}", tab.page);
    let [first, second, third] =
        [found(&rig, &first).await, found(&rig, &second).await, found(&rig, &third).await];
    assert_eq!((first.state, first.area), (PhotoState::Accepted, None));
    assert_eq!(second.state, PhotoState::Rejected);
    assert_eq!((third.state, third.thing.as_deref()), (PhotoState::Accepted, Some("boat")));
    let Some(RightRound::Area { columns, rows, mask }) = third.area else { panic!() };
    let set: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    assert_eq!((columns, rows, set), (48, 32, 24));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_decision_that_makes_no_sense_changes_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let photo = add(&rig, 1, Some("cup"), None).await;
    let path = format!("/operations/photos/{}", hex(photo));
    let mut tab = operator(&rig).await;
    for (fields, told) in [
        (vec![("decision", "accept"), ("thing", "spoon")], 422),
        (vec![("decision", "accept"), ("thing", "")], 422),
        (accept(&[("place", "frame")]), 422),
        (
            accept(&[
                ("place", "frame"),
                ("left", "470"),
                ("top", "0"),
                ("width", "20"),
                ("height", "9"),
            ]),
            422,
        ),
        (
            accept(&[
                ("place", "frame"),
                ("left", "0"),
                ("top", "0"),
                ("width", "240"),
                ("height", "200"),
            ]),
            422,
        ),
        (vec![("decision", "keep"), ("reviewed_at", "0")], 400),
        (vec![("reviewed_at", "0")], 400),
        // Someone else has decided.
        (vec![("decision", "reject"), ("reviewed_at", "1")], 422),
    ] {
        tab.open(&path).await;
        let status = tab.send(&path, &fields).await.status;
        assert_eq!(status, told, "{fields:?}");
        assert_eq!(found(&rig, &photo).await.state, PhotoState::Waiting, "{fields:?}");
    }
    assert!(tab.page.contains("Someone else decided"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn many_photos_are_decided_about_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for number in 1..=60 {
        add(&rig, number, Some("cup"), None).await;
    }
    let nameless = add(&rig, 100, None, None).await;
    let mut tab = operator(&rig).await;
    let page = &tab.open("/operations/photos").await.page;
    assert_eq!(page.matches("loading=\"lazy\"").count(), 48);
    assert!(page.contains("Page 1 of 2"), "{page}");
    let first = photos::list(&rig.pool, Filter { state: PhotoState::Waiting, thing: None }, 0, 48);
    let first: Vec<String> = first.await.unwrap().into_iter().map(|it| hex(it.id)).collect();
    let mut fields: Vec<(&str, &str)> = first.iter().map(|id| ("photo", id.as_str())).collect();
    let nameless = hex(nameless);
    fields.push(("photo", &nameless));
    fields.push(("decision", "accept"));
    tab.send("/operations/photos?state=waiting&page=2", &fields).await;
    // The one without a name is accepted on its own page.
    assert!(tab.page.contains("48 photos changed"), "{}", tab.page);
    assert!(tab.page.contains("Waiting (13)") && tab.page.contains("Accepted (48)"));
    let accepted = tab.open("/operations/photos?state=accepted&thing=cup&page=9").await;
    assert_eq!(accepted.page.matches("loading=\"lazy\"").count(), 48);
    let fields = [("photo", first[0].as_str()), ("decision", "reconsider")];
    tab.send("/operations/photos?state=accepted", &fields).await;
    assert!(tab.page.contains("1 photo changed"), "{}", tab.page);
    for fields in
        [vec![("photo", "zz"), ("decision", "accept")], vec![("photo", first[1].as_str())]]
    {
        assert_eq!(tab.send("/operations/photos", &fields).await.status, 400, "{fields:?}");
        tab.open("/operations/photos").await;
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn photos_are_reviewed_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let photo = add(&rig, 1, Some("cup"), None).await;
    let mut tab = operator(&rig).await;
    tab.languages = "ko".to_owned();
    sqlx::query("UPDATE accounts SET locale = 'ko', locale_chosen = true")
        .execute(&rig.pool)
        .await
        .unwrap();
    let mut left_over = Vec::new();
    for path in ["/operations/photos".to_owned(), format!("/operations/photos/{}", hex(photo))] {
        let page = &tab.open(&path).await.page;
        assert!(page.contains("<html lang=\"ko\">") && page.contains("컵"), "{page}");
        left_over.extend(english(page).into_iter().map(str::to_owned));
    }
    left_over.retain(|text| !text.contains(".jpg"));
    assert_eq!(left_over, Vec::<String>::new());
}
