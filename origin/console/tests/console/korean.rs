//! What goes wrong on the pages of a Korean account is said in Korean. Latin
//! words are values that someone typed, or examples.

use munjigi_i18n::Locale;
use sqlx::PgPool;

use munjigi_rig::forms::form;
use munjigi_rig::hooks::{self, Next, Receiver};
use munjigi_rig::people::{PASSWORD, Someone};
use munjigi_rig::{Rig, Tab};

const EXAMPLES: [&str; 9] = [
    "http://",
    "shop.example",
    "*.example.com",
    "AS4766",
    "2001:db8::/48",
    "192.0.2.0/24",
    "KR처럼",
    "IP 주소",
    "localhost",
];

/// A form's path and fields, and what may be in its mistakes besides Korean.
type Sent<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// A member with a site, who reads Korean.
async fn korean(rig: &Rig) -> (Someone, String) {
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    let korean: Locale = "ko".parse().unwrap();
    sqlx::query("UPDATE accounts SET locale = $2, locale_chosen = true WHERE id = $1")
        .bind(kim.account.as_str())
        .bind(korean.as_str())
        .execute(&rig.pool)
        .await
        .unwrap();
    sqlx::query("UPDATE sites SET rules = '[]'").execute(&rig.pool).await.unwrap();
    let path = format!("/console/{}/sites/{site}", kim.organisation);
    (kim, path)
}

/// The texts of the elements of a class.
fn texts(page: &str, class: &str) -> Vec<String> {
    let start = format!("class=\"{class}\"");
    let elements = page.match_indices(&start).map(|(at, _)| {
        let (before, after) = page.split_at(at);
        let end = if before.ends_with("<div ") { "</div>" } else { "</p>" };
        let inside = after.split(end).next().unwrap();
        let pieces = inside.split('<').enumerate().filter_map(|(at, piece)| {
            let (_, text) = piece.split_once('>')?;
            let separator = if at == 0 { "" } else { " " };
            Some(format!("{separator}{text}"))
        });
        pieces.collect::<String>()
    });
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    let plain =
        |text: String| escapes.iter().fold(text, |text, (escape, char)| text.replace(escape, char));
    elements.map(plain).collect()
}

/// Fails where a text has words that are neither Korean nor a value.
fn is_korean(texts: &[String], values: &[&str]) {
    assert!(!texts.is_empty());
    for text in texts {
        let mut rest = text.clone();
        for value in values.iter().chain(&EXAMPLES) {
            rest = rest.replace(value, "");
        }
        assert!(text.chars().any(|char| ('가'..='힣').contains(&char)), "{text}");
        assert!(!rest.chars().any(|char| char.is_ascii_alphabetic()), "{rest} in {text}");
    }
}

async fn press(tab: &mut Tab<'_>, path: &str, change: &str, fields: &[(&str, &str)]) {
    let mark = tab.value_of("mark");
    let mut all = vec![("mark", mark.as_str()), ("change", change)];
    all.extend(fields);
    tab.send(path, &all).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_in_settings_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = korean(&rig).await;
    let path = format!("{site}/settings");
    let mut tab = rig.tab_of(&kim.account).await;
    let many: Vec<String> = (0..101).map(|number| format!("h{number}.example")).collect();
    let hosts = "https://a.example\na..b\n*.com\n1.2.3\nb_d\nnull";
    let long = "가".repeat(101);
    for typed in [
        vec![("name", "\u{7}"), ("hosts", hosts), ("count", "65"), ("token_lifetime_seconds", "7")],
        vec![("name", &long), ("hosts", ""), ("work_floor", "0")],
        vec![("hosts", &many.join("\n")), ("work_floor", "999999999"), ("work_ceiling", "x1")],
        vec![("work_floor", "40000"), ("work_ceiling", "39999"), ("count", "x1")],
    ] {
        tab.open(&path).await;
        let mark = tab.value_of("mark");
        tab.send(&path, &form(&mark, &typed)).await;
        assert_eq!(tab.status, 422, "{}", tab.page);
        let values: Vec<&str> = hosts.split('\n').chain(["\\u{7}", "x1"]).collect();
        is_korean(&texts(&tab.page, "mistake"), &values);
    }
    assert!(tab.page.contains("<a href=\"#work_ceiling\">최대 작업량</a> 39999:"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_in_a_new_site_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, _) = korean(&rig).await;
    let path = format!("/console/{}/new-site", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    let sitekey = tab.value_of("sitekey");
    tab.send(&path, &[("sitekey", &sitekey), ("name", ""), ("hosts", "b_d"), ("shape", "")]).await;
    assert_eq!(tab.status, 422, "{}", tab.page);
    is_korean(&texts(&tab.page, "mistake"), &["b_d"]);
    assert!(tab.page.contains("이름 &#34;&#34;: 화면에 보이는 글자로"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_in_rules_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = korean(&rig).await;
    let path = format!("{site}/rules");
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    let all = [
        ("hostname", "B_d"),
        ("action", "log in"),
        ("country", "kr"),
        ("asn", "x1"),
        ("prefix", "192.0.2.1/24"),
        ("verdict", "block"),
    ];
    let ticked = [("country", "US"), ("everybody", "yes"), ("verdict", "block")];
    for (fields, mistakes) in [(&all[..], 5), (&all[5..], 1), (&ticked[..], 1)] {
        press(&mut tab, &path, "add", fields).await;
        assert_eq!(tab.status, 422, "{}", tab.page);
        let found = texts(&tab.page, "mistake");
        is_korean(&found, &["B_d", "log in", "kr", "x1", "ASN"]);
        let list = tab.page.split("id=\"mistakes\"").nth(1).unwrap().split("</ul>").next().unwrap();
        assert_eq!(list.matches("<li>").count(), mistakes, "{found:?}");
    }
    press(&mut tab, &path, "add", &all).await;
    assert!(tab.page.contains("<li><a href=\"#country\">국가</a> &#34;kr&#34;: "), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn warnings_about_rules_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = korean(&rig).await;
    let path = format!("{site}/rules");
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    let by_country = [("country", "US"), ("verdict", "allow")];
    press(&mut tab, &path, "try", &by_country).await;
    is_korean(&texts(&tab.page, "mistake"), &["US"]);
    for fields in [
        &by_country[..],
        &[("asn", "4766"), ("verdict", "allow")],
        &[("prefix", "10.0.0.0/8"), ("verdict", "allow")],
    ] {
        tab.open(&path).await;
        press(&mut tab, &path, "add", fields).await;
        assert!(tab.path.ends_with("?done=added"), "{}", tab.page);
    }
    let found = texts(&tab.page, "mistake");
    assert_eq!(found.len(), 3);
    is_korean(&found, &["US"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_in_a_webhook_s_url_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, _) = korean(&rig).await;
    let page = format!("/console/{}/notifications", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    let long = format!("https://hooks.example/{}", "a".repeat(500));
    let taken = "https://hooks.example/0";
    for number in 0..2 {
        tab.open(&page).await;
        tab.send(&format!("{page}/add"), &[("url", taken)]).await;
        assert_eq!(tab.status, if number == 0 { 201 } else { 422 }, "{}", tab.page);
    }
    is_korean(&texts(&tab.page, "mistake"), &["URL"]);
    for url in [
        "",
        "http://hooks.example/",
        "https://localhost/",
        "https://kim:secret@hooks.example/",
        &long,
    ] {
        tab.open(&page).await;
        tab.send(&format!("{page}/add"), &[("url", url)]).await;
        assert_eq!(tab.status, 422, "{url}");
        let values = ["https://hooks.example/munjigi", "https://", "URL"];
        is_korean(&texts(&tab.page, "mistake"), &values);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn why_a_webhook_failed_is_in_korean(pool: PgPool) {
    let rig = Rig::reaching(pool, hooks::local(), crate::routes).await;
    let (kim, _) = korean(&rig).await;
    let receiver = Receiver::start().await;
    receiver.will([Next::Answer(500, ""), Next::Silence]);
    let page = format!("/console/{}/notifications", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&page).await;
    tab.send(&format!("{page}/add"), &[("url", &receiver.url())]).await;
    tab.open(&page).await;
    let webhook = tab.value_of("webhook");
    for (reason, sentences) in [
        ("상태 코드 500(으)로 응답했습니다.", 1),
        // On top of the page as well.
        ("15초 안에 응답이 없었습니다.", 2),
    ] {
        tab.send(&format!("{page}/test"), &[("webhook", &webhook)]).await;
        assert_eq!(tab.page.matches(reason).count(), sentences, "{}", tab.page);
    }
    // A receiver that is gone, and a row of a program that knew no codes.
    let silent = format!("http://127.0.0.1:{}/", closed_port().await);
    sqlx::query("UPDATE webhooks SET url = $1").bind(silent).execute(&rig.pool).await.unwrap();
    tab.send(&format!("{page}/test"), &[("webhook", &webhook)]).await;
    assert_eq!(tab.page.matches("받는 서버에 연결할 수 없습니다: ").count(), 2, "{}", tab.page);
    sqlx::query("UPDATE webhook_deliveries SET last_error = 'out of luck', last_failure = NULL")
        .execute(&rig.pool)
        .await
        .unwrap();
    tab.open(&page).await;
    assert_eq!(tab.page.matches("out of luck").count(), 3, "{}", tab.page);
}

/// A port of this machine on which nothing listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_in_the_other_forms_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, _) = korean(&rig).await;
    let base = format!("/console/{}", kim.organisation);
    let (keys, invite) = (format!("{base}/keys"), format!("{base}/team/invite"));
    let long = "a".repeat(300);
    let passwords = "/console/account/password";
    let forms: [Sent; 13] = [
        (&keys, &[("name", "")], &[]),
        (&keys, &[("name", "a"), ("days", "x1"), ("per_day", "x1")], &[]),
        (
            &keys,
            &[("name", &long), ("days", "0"), ("per_day", "0"), ("scope:root", "yes")],
            &["root"],
        ),
        (&invite, &[("email", ""), ("role", "admin")], &[]),
        (&invite, &[("email", "no address"), ("role", "admin")], &["name@shop.example"]),
        (&invite, &[("email", "가@shop.example"), ("role", "admin")], &[]),
        (&invite, &[("email", &long), ("role", "admin")], &[]),
        (&invite, &[("email", kim.email.as_str()), ("role", "admin")], &[]),
        (passwords, &[("old", "wrong"), ("new", "two unrelated words and a lake")], &[]),
        (passwords, &[("old", PASSWORD), ("new", "short")], &[]),
        (passwords, &[("old", PASSWORD), ("new", "aaaaaaaaaaaa")], &["aaa"]),
        ("/console/account/factor", &[("code", "000000")], &[]),
        ("/console/account/data/leave", &[("password", "wrong")], &[]),
    ];
    let mut tab = rig.tab_of(&kim.account).await;
    for (path, fields, values) in forms {
        let shown = path.trim_end_matches("/password").trim_end_matches("/leave");
        tab.open(shown.trim_end_matches("/invite")).await;
        tab.send(path, fields).await;
        assert_ne!(tab.status, 500, "{}", tab.page);
        let found = texts(&tab.page, "mistake");
        assert!(!found.is_empty(), "{path} {fields:?}: {}", tab.page);
        is_korean(&found, values);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_before_log_in_are_in_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let long = "a".repeat(300);
    let forms: [(&str, &[(&str, &str)]); 5] = [
        ("/sign-up", &[("name", ""), ("email", ""), ("password", "short")]),
        ("/sign-up", &[("name", &long), ("email", &long), ("password", "passwordpassword")]),
        ("/sign-up", &[("name", "a\nb"), ("email", "가@나.다"), ("password", "aaaaaaaaaaaa")]),
        ("/log-in", &[("email", "kim@shop.example"), ("password", "wrong")]),
        ("/recover", &[("email", "no address")]),
    ];
    let mut tab = Tab::new(&rig);
    tab.open("/?lang=ko").await;
    for (path, fields) in forms {
        tab.open(path).await;
        tab.send(path, fields).await;
        let found = texts(&tab.page, "mistake");
        assert!(!found.is_empty(), "{path} {fields:?}: {}", tab.page);
        is_korean(&found, &["name@shop.example", "abcabcabc", "abc", "aaa"]);
    }
}
