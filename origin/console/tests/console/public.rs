//! Public pages: home with its demo, documents, status; in which language, and
//! while something is unreachable.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use munjigi_app::documents;
use munjigi_app::health::Schema;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use munjigi_console::benchmarks::{Figure, Group, charts, of};
use munjigi_rig::{Answer, Rig, Tab};

async fn read(rig: &Rig, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    rig.send(request.body(Body::empty()).unwrap()).await
}

/// A rig whose Postgres is unreachable.
async fn without_postgres() -> Rig {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(50))
        .connect_lazy("postgres://nobody@127.0.0.1:1/none")
        .unwrap();
    let rig = Rig::new(pool, crate::routes).await;
    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    rig
}

fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).iter();
    let pairs = set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_page_uses_the_chosen_language_or_the_browser_s(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let korean = ("accept-language", "ko-KR,ko;q=0.9");
    for path in ["/", "/docs", "/status"] {
        let english = read(&rig, path, &[]).await;
        assert_eq!(english.status, 200, "{path}");
        assert!(english.body.contains("<html lang=\"en\">"), "{path}");
        assert!(english.body.contains("href=\"?lang=ko\" lang=\"ko\""), "{path}");
        let by_browser = read(&rig, path, &[korean]).await;
        assert!(by_browser.body.contains("<html lang=\"ko\">"), "{path}");
        assert!(by_browser.body.contains("href=\"?lang=en\" lang=\"en\""), "{path}");
        assert!(!cookies(&by_browser).contains("language"), "{path}");
        // A plain link chooses the language, and a cookie stores the choice.
        let chosen = read(&rig, &format!("{path}?lang=en"), &[korean]).await;
        assert!(chosen.body.contains("<html lang=\"en\">"), "{path}");
        let kept = cookies(&chosen);
        assert!(kept.contains("__Host-munjigi-language=en"), "{kept}");
        let again = read(&rig, path, &[korean, ("cookie", &kept)]).await;
        assert!(again.body.contains("<html lang=\"en\">"), "{path}");
        assert!(!cookies(&again).contains("language"), "{path}");
    }
    let odd = read(&rig, "/?lang=%22%3E%3Cscript%3E", &[]).await;
    assert!(odd.body.contains("<html lang=\"en\">") && !odd.body.contains("\"><script>"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_demo_shows_what_siteverify_answers(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    tab.open("/").await;
    let edge = rig.edge.url.origin().ascii_serialization();
    assert!(tab.page.contains(&format!("<script src=\"{edge}/v1/api.js\"")), "{}", tab.page);
    assert!(tab.page.contains("data-sitekey=\"mj_0123456789abcdefghjkmnpqr0\""));
    assert!(!tab.page.contains("mjs_demo"), "the secret stays here");
    let key = tab.csrf_token();
    let long = "x".repeat(5_000);
    let form = |token| [("csrf_token", key.as_str()), ("munjigi-response", token)];
    let good = tab.send_raw("/demo", &form("good"), &[]).await;
    assert_eq!(good.status, 200);
    assert!(good.body.contains("&#34;success&#34;: true"), "{}", good.body);
    assert!(good.body.contains("The token was valid") && !good.body.contains("mjs_demo"));
    for token in ["", "bad", "<b>bad</b>"] {
        let bad = tab.send_raw("/demo", &form(token), &[]).await;
        assert!(bad.body.contains("invalid-input-response"), "{}", bad.body);
        assert!(bad.body.contains("The token was refused") && !bad.body.contains("<b>bad"));
    }
    assert_eq!(tab.send_raw("/demo", &form(&long), &[]).await.status, 400);
    // Reloading the result does not call siteverify again.
    tab.open("/demo").await;
    assert_eq!((tab.status, tab.path.as_str()), (200, "/#try"));
    // Each call costs the edge something, so there is a limit.
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(tab.send_raw("/demo", &form("bad"), &[]).await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_form_of_another_site_does_not_reach_siteverify(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    let answer = tab.send_raw("/demo", &[("munjigi-response", "good")], &[]).await;
    assert_eq!(answer.status, 403);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn without_a_demo_the_page_says_where_to_see_one(pool: PgPool) {
    let mut rig = Rig::new(pool, crate::routes).await;
    Arc::get_mut(&mut rig.app.console).unwrap().config.demo = None;
    let mut tab = Tab::new(&rig);
    tab.open("/").await;
    assert!(tab.page.contains("<code>scripts/dev</code>"), "{}", tab.page);
    assert!(!tab.page.contains("<script") && !tab.page.contains("action=\"/demo\""));
    let key = tab.open("/log-in").await.csrf_token();
    assert_eq!(tab.send_raw("/demo", &[("csrf_token", &key)], &[]).await.status, 404);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_home_page_shows_six_charts_and_leads_to_every_figure(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let figures: Vec<&Figure> =
        [Group::Visitors, Group::Service, Group::Attackers].into_iter().flat_map(of).collect();
    assert!(figures.len() > 10);
    for (language, machine) in [("en", "2 x86-64 cores"), ("ko", "코어 2개")] {
        let home = read(&rig, &format!("/?lang={language}"), &[]).await.body;
        assert!(home.contains("href=\"/figures\""), "{home}");
        assert_eq!(home.matches("class=\"bars\"").count(), 6);
        for chart in charts() {
            for bar in &chart.bars {
                assert!(home.contains(&format!("<b>{}</b>", bar.value)), "{bar:?}");
            }
            assert!(home.contains(&chart.date) && home.contains(&chart.commands[0]), "{chart:?}");
        }
        let page = read(&rig, &format!("/figures?lang={language}"), &[]).await.body;
        assert!(page.contains(machine), "{machine}");
        for Figure { date, value, command, .. } in &figures {
            for word in [date, value, command] {
                assert!(page.contains(word.as_str()), "{word}");
            }
        }
    }
}

#[tokio::test]
async fn documents_and_status_are_there_while_postgres_is_not() {
    let rig = without_postgres().await;
    let session = ("cookie", "__Host-munjigi-session=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    let index = read(&rig, "/docs", &[session]).await;
    assert_eq!(index.status, 200);
    for document in documents::all() {
        let path = format!("/docs/{}", document.name);
        assert!(index.body.contains(&format!("href=\"{path}\"")), "{path}");
        let page = read(&rig, &path, &[session]).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains(&document.html), "{path}");
    }
    for (locale, begins) in [("en", "Unknown"), ("ko", "확인 중")] {
        let status = read(&rig, "/status", &[session, ("accept-language", locale)]).await;
        assert!(status.body.contains(begins), "{}", status.body);
    }
    rig.pass(30_000);
    let status = read(&rig, "/status", &[session]).await;
    assert_eq!(status.status, 200);
    assert!(status.body.contains("Visitors are served. A background component is degraded."));
    assert_eq!(read(&rig, "/", &[]).await.status, 503);
}

#[tokio::test]
async fn documents_are_named_and_nothing_else_is_read() {
    let rig = without_postgres().await;
    for path in ["/docs/nothing", "/docs/..%2FCargo.toml", "/docs/protocol.md", "/docs/"] {
        assert_eq!(read(&rig, path, &[("accept", "text/html")]).await.status, 404, "{path}");
    }
    let data = read(&rig, "/docs/reports-bot-pass-rates.toml", &[]).await;
    assert_eq!(data.headers["content-type"], "text/plain; charset=utf-8");
    assert!(data.body.contains("threshold"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn sign_up_and_log_in_are_korean_if_chosen(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    for (path, heading) in [
        ("/sign-up?lang=ko", "<h1>가입</h1>"),
        ("/log-in", "<h1>로그인</h1>"),
        ("/recover", "<h1>비밀번호를 잊으셨나요</h1>"),
        ("/confirm?link=x", "<h1>이 링크는 이제 쓸 수 없습니다</h1>"),
        ("/invitation?link=x", "<h1>이 링크는 이제 쓸 수 없습니다</h1>"),
    ] {
        tab.open(path).await;
        assert!(tab.page.contains("<html lang=\"ko\">"), "{path}: {}", tab.page);
        assert!(tab.page.contains(heading), "{path}: {}", tab.page);
    }
    tab.open("/sign-up").await;
    let mistaken = [("name", ""), ("email", "kim"), ("password", "short")];
    tab.send("/sign-up", &mistaken).await;
    assert_eq!(tab.status, 422);
    for mistake in ["이름을 적어 주세요.", "이메일 주소가 아닙니다.", "10자 이상이어야 합니다."]
    {
        assert!(tab.page.contains(mistake), "{mistake}: {}", tab.page);
    }
    // A submitted form cannot be shown again in another language.
    assert!(!tab.page.contains("?lang="), "{}", tab.page);
    // Emails are written in the chosen language.
    let right =
        [("name", "김미나"), ("email", "mina@shop.example"), ("password", "lantern orbit velvet")];
    tab.send("/sign-up", &right).await;
    assert!(tab.page.contains("mina@shop.example</b>(으)로 메일을 보냈습니다."), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM sign_ups WHERE locale = 'ko'").await, 1);
}
