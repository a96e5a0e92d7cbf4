//! The language of the pages behind the log-in.

use sqlx::PgPool;

use munjigi_rig::Rig;
use munjigi_rig::people::{PASSWORD, Someone};

async fn speaks(rig: &Rig, someone: &Someone, locale: &str) {
    sqlx::query("UPDATE accounts SET locale = $2, locale_chosen = true WHERE id = $1")
        .bind(someone.account.as_str())
        .bind(locale)
        .execute(&rig.pool)
        .await
        .unwrap();
}

/// Text between tags that is English and not code, a name, a unit or an address.
pub fn english(page: &str) -> Vec<&str> {
    const NAMES: [&str; 16] = [
        "curl",
        "Node",
        "Python",
        "PHP",
        "Rust",
        "English",
        "Kim",
        "Shop",
        "JSON",
        "CSV",
        "URL",
        "ASN",
        "reCAPTCHA",
        "hCaptcha",
        "Turnstile",
        "API",
    ];
    let mut found = Vec::new();
    let (mut is_code, mut is_english) = (false, false);
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.split(' ').next().unwrap_or_default();
        match name {
            "code" | "pre" => is_code = true,
            "/code" | "/pre" => is_code = false,
            // The words of the OpenAPI document.
            "span" | "dd" | "td" => is_english = tag.contains("lang=\"en\""),
            "/span" | "/dd" | "/td" => is_english = false,
            _ => {}
        }
        let is_korean = text.chars().any(|char| ('가'..='힣').contains(&char));
        let is_word = text.split(' ').any(|word| {
            let letters = word.chars().filter(char::is_ascii_alphabetic).count();
            letters > 2 && !word.contains(['@', '.', ':', '_'])
        });
        let is_name = NAMES.iter().any(|name| text.contains(name));
        // Values of settings and rules are spelt as on the wire.
        let is_value =
            name == "b" && text.chars().all(|char| char.is_ascii_lowercase() || char == '-');
        if !is_code && !is_english && is_word && !is_korean && !is_name && !is_value {
            found.push(text.trim());
        }
    }
    found
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_korean_account_has_a_korean_console(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    speaks(&rig, &kim, "ko").await;
    let site = rig.site_of(&kim, "Shop").await;
    let base = format!("/console/{}", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    let mut left_over = Vec::new();
    for (path, heading) in [
        (base.clone(), "개요"),
        (format!("{base}/statistics"), "통계"),
        (format!("{base}/sites"), "사이트"),
        (format!("{base}/new-site"), "새 사이트"),
        (format!("{base}/sites/{site}"), "Shop"),
        (format!("{base}/sites/{site}/settings"), "Shop 설정"),
        (format!("{base}/sites/{site}/rules"), "Shop의 규칙"),
        (format!("{base}/anomalies"), "이상 징후"),
        (format!("{base}/notifications"), "알림"),
        (format!("{base}/team"), "팀"),
        (format!("{base}/keys"), "API 키"),
        (format!("{base}/audit"), "감사 로그"),
        ("/console/account".to_owned(), "계정"),
        ("/console/account/passkeys".to_owned(), "패스키"),
        ("/console/account/factor".to_owned(), "인증 앱"),
        ("/console/account/data".to_owned(), "내 정보"),
        ("/console/account/proof".to_owned(), "본인 확인"),
        ("/privacy/data".to_owned(), "보관하는 정보"),
        ("/status".to_owned(), "상태"),
    ] {
        tab.open(&path).await;
        assert_eq!(tab.status, 200, "{path}");
        // A page that is made without reading the session follows the browser.
        if path != "/status" {
            assert!(tab.page.contains("<html lang=\"ko\">"), "{path}: {}", tab.page);
            assert!(tab.page.contains(&format!("<h1>{heading}</h1>")), "{path}: {}", tab.page);
            let found = english(&tab.page).into_iter().map(|text| format!("{path}: {text}"));
            left_over.extend(found);
        }
    }
    assert_eq!(left_over, Vec::<String>::new());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_language_chosen_in_the_browser_wins_over_the_account_s(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    speaks(&rig, &kim, "ko").await;
    let mut tab = rig.tab_of(&kim.account).await;
    assert!(tab.open("/console/account").await.page.contains("<h1>계정</h1>"));
    assert!(tab.page.contains("href=\"?lang=en\"") && tab.page.contains("href=\"?lang=ja\""));
    assert!(tab.open("/console/account?lang=en").await.page.contains("<h1>Account</h1>"));
    assert!(tab.open("/console/account").await.page.contains("<h1>Account</h1>"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_language_that_is_partly_translated_falls_back_to_english(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    speaks(&rig, &kim, "ja").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    assert!(tab.page.contains("<html lang=\"ja\">") && tab.page.contains(">ログアウト<"));
    assert!(tab.page.contains("Where you are logged in"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_account_may_have_a_language_that_this_program_lacks(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    speaks(&rig, &kim, "pt-BR").await;
    let mut tab = rig.tab_of(&kim.account).await;
    assert!(tab.open("/console/account").await.page.contains("<html lang=\"en\">"));
    let other = sqlx::query("UPDATE accounts SET locale = 'a language' WHERE id = $1")
        .bind(kim.account.as_str())
        .execute(&rig.pool)
        .await;
    assert!(other.is_err(), "the column takes tags alone");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_account_s_language_is_that_of_its_pages_and_emails_in_every_browser(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let mut elsewhere = rig.tab_of(&kim.account).await;
    let page = tab.open("/console/account").await.page.clone();
    assert!(page.contains("<html lang=\"en\""), "{page}");
    tab.send("/console/account/language", &[("language", "ko")]).await;
    assert!(tab.path.ends_with("?done=language"), "{}", tab.path);
    assert!(tab.page.contains("언어를 저장했습니다."), "{}", tab.page);
    let other = elsewhere.open("/console/account").await.page.clone();
    assert!(other.contains("<html lang=\"ko\""), "{other}");
    assert!(other.contains("value=\"ko\" lang=\"ko\" selected"), "{other}");
    let form = [("old", PASSWORD), ("new", "two unrelated words and a lake")];
    tab.send("/console/account/password", &form).await;
    let subject = "SELECT count(*) FROM deliveries
        WHERE topic = 'emails' AND payload ->> 'subject' ~ '비밀번호'";
    assert_eq!(rig.number(subject).await, 1);
    for language in ["", "xx", "ko-KR", "en; drop"] {
        tab.open("/console/account").await;
        tab.send("/console/account/language", &[("language", language)]).await;
        assert_eq!(tab.status, 400, "{language}");
    }
    assert_eq!(rig.number("SELECT count(*) FROM accounts WHERE locale = 'ko'").await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_account_that_never_chose_a_language_follows_the_browser(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.languages = "ko-KR,ko;q=0.9,en;q=0.8".to_owned();
    assert!(tab.open("/console/account").await.page.contains("<h1>계정</h1>"), "{}", tab.page);
    assert!(tab.page.contains("<option value=\"browser\" selected>브라우저 언어와 같게<"));
    // A choice is kept in every browser, and can be taken back.
    tab.send("/console/account/language", &[("language", "en")]).await;
    let mut elsewhere = rig.tab_of(&kim.account).await;
    elsewhere.languages = "ko".to_owned();
    assert!(elsewhere.open("/console/account").await.page.contains("<h1>Account</h1>"));
    tab.send("/console/account/language", &[("language", "browser")]).await;
    assert!(tab.page.contains("<h1>계정</h1>"), "{}", tab.page);
    assert!(elsewhere.open("/console/account").await.page.contains("<h1>계정</h1>"));
    // Its emails are in the language that it had then.
    assert_eq!(rig.number("SELECT count(*) FROM accounts WHERE locale = 'ko'").await, 1);
}
