//! Routes for operators and what watches over the process, on an address of
//! their own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_keys::UnixMillis;
use munjigi_serving::ports::ControlStore as _;
use url::Url;

use crate::figures::{Now, Stops};
use crate::html::escaped;
use crate::live::Live;
use crate::request::is_loopback;
use crate::sqlite::Day;

const PAGE: &str = include_str!("operators.html");
/// Days that it shows.
const DAYS: u64 = 14;

#[derive(Clone)]
pub struct Operators {
    pub live: Live,
    pub metrics: PrometheusHandle,
}

/// `/`, `/health/live`, `/health/ready`, `/metrics`, as they are served at an
/// address.
pub fn router(operators: Operators, address: IpAddr) -> Router {
    let router = Router::new()
        .route("/", get(figures))
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(scrape))
        .with_state(operators);
    if address.is_loopback() { router.layer(middleware::from_fn(by_this_machine)) } else { router }
}

/// Refuses other names for this machine. A stranger can point a name of their
/// own here, and their page in the operator's browser would read the figures.
async fn by_this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| Url::parse(&format!("http://{host}")).ok());
    if host.is_some_and(|host| is_loopback(&host)) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "ask for 127.0.0.1 or localhost\n").into_response()
}

/// Ready while the store answers: without it no token is accepted.
async fn ready(State(operators): State<Operators>) -> Response {
    let public = operators.live.now();
    let store = &public.platform.parts().store;
    let responds = store.respond().await.is_ok();
    let trouble = store.trouble().map(|trouble| trouble + "\n");
    match trouble {
        None if responds => "ready\n".into_response(),
        trouble => {
            let trouble = trouble.unwrap_or_else(|| "the store does not respond\n".to_owned());
            (StatusCode::SERVICE_UNAVAILABLE, trouble).into_response()
        }
    }
}

/// What happened on each site, and what a challenge costs now.
async fn figures(State(operators): State<Operators>) -> Response {
    let public = operators.live.now();
    let parts = public.platform.parts();
    let Ok(days) = parts.store.days(DAYS).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store does not respond\n").into_response();
    };
    let sites = parts.figures.now(parts.clock.now().0 / 60_000);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    let page = PAGE.replace("{sites}", &sections(&sites, &days));
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}

fn sections(sites: &BTreeMap<String, Now>, days: &[Day]) -> String {
    let mut all = sites.clone();
    for day in days {
        all.entry(day.sitekey.clone()).or_default();
    }
    if all.is_empty() {
        return "<p>There are no sites yet: <code>munjigi-gate site add HOST</code>.</p>"
            .to_owned();
    }
    all.iter().fold(String::new(), |mut text, (sitekey, now)| {
        let (name, key) = match now.hosts.as_str() {
            "" => (escaped(sitekey), String::new()),
            hosts => (escaped(hosts), format!("<p><code>{}</code></p>", escaped(sitekey))),
        };
        let rows = days.iter().filter(|day| day.sitekey == *sitekey).fold(String::new(), row);
        let table = match rows.as_str() {
            "" => format!("<p>Nothing happened in the last {DAYS} days.</p>"),
            rows => format!("<table>\n{HEAD}<tbody>\n{rows}</tbody></table>"),
        };
        let _ = write!(
            text,
            "<section>\n<h2>{name}</h2>\n{key}{}\n{}{table}\n</section>\n",
            told(now),
            stops(now)
        );
        text
    })
}

const HEAD: &str = "<thead><tr><th scope=\"col\">Day (UTC)</th><th scope=\"col\">Issued</th>\
    <th scope=\"col\">Solved</th><th scope=\"col\">Redeemed</th><th scope=\"col\">Failed</th>\
    <th scope=\"col\">Refused</th></tr></thead>\n";

fn row(mut text: String, day: &Day) -> String {
    let sums = day.sums;
    let numbers = [sums.issued, sums.solved, sums.redeemed, sums.failed, sums.refused];
    let _ = write!(text, "<tr><th scope=\"row\">{}</th>", day.date());
    for number in numbers {
        let _ = write!(text, "<td>{number}</td>");
    }
    text.push_str("</tr>\n");
    text
}

/// What the site's rules about paths did in the last five minutes.
fn stops(now: &Now) -> String {
    if now.stops.is_empty() {
        return String::new();
    }
    let rows = now.stops.iter().fold(String::new(), |mut text, (path, stops)| {
        let (path, Stops { stopped, would_stop }) = (escaped(path), stops);
        let head = format!("<th scope=\"row\"><code>{path}</code></th>");
        let _ = writeln!(text, "<tr>{head}<td>{stopped}</td><td>{would_stop}</td></tr>");
        text
    });
    format!("<table>\n{STOPS_HEAD}<tbody>\n{rows}</tbody></table>\n")
}

const STOPS_HEAD: &str = "<thead><tr><th scope=\"col\">Path, last five minutes</th>\
    <th scope=\"col\">Stopped</th><th scope=\"col\">Dry run would stop</th></tr></thead>\n";

fn told(now: &Now) -> String {
    let attack = if now.is_under_attack { "<strong>Under attack.</strong> " } else { "" };
    let price = match (now.price, now.dearest) {
        (Some(price), Some(dearest)) if dearest > price => {
            format!("Price now: {price} ×, for some {dearest} ×.")
        }
        (Some(price), _) => format!("Price now: {price} ×."),
        (None, _) => "No visitors in the last five minutes.".to_owned(),
    };
    format!("<p>{attack}{price}</p>")
}

async fn scrape(State(operators): State<Operators>) -> impl IntoResponse {
    let public = operators.live.now();
    if let Ok(waiting) = public.platform.parts().store.backlog().await {
        metrics::gauge!("munjigi_edge_events_waiting").set(f64::from(waiting));
    }
    if let Some(at) = public.platform.parts().store.last_backup() {
        munjigi_process::metrics::backed_up(seconds(at));
    }
    if let Some(at) = public.tls.as_ref().and_then(|tls| tls.not_after()) {
        metrics::gauge!("munjigi_certificate_not_after_seconds").set(at.as_secs_f64());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], operators.metrics.render())
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
fn seconds(at: UnixMillis) -> f64 {
    at.seconds() as f64
}

/// Says what each metric is.
pub fn describe_metrics() {
    metrics::describe_gauge!(
        "munjigi_edge_events_waiting",
        "Redeemed rows that wait for the origin"
    );
    metrics::describe_counter!(
        "munjigi_edge_events_lost_total",
        "Redeemed rows that no origin took in time"
    );
    metrics::describe_counter!(
        "munjigi_edge_events_recalled_total",
        "Redeemed rows that were sent again because the origin's store had gone back"
    );
    metrics::describe_counter!(
        "munjigi_edge_connections_refused_total",
        "Connections beyond the limit"
    );
    metrics::describe_counter!(
        "munjigi_edge_client_unread_total",
        "Requests through a proxy that named no readable client, by reason"
    );
    metrics::describe_counter!(
        "munjigi_edge_proxy_headers_refused_total",
        "Connections that did not begin with a trusted proxy's PROXY header, by reason"
    );
    metrics::describe_counter!(
        "munjigi_edge_tls_failed_total",
        "Connections that did not finish their TLS handshake"
    );
    metrics::describe_counter!(
        "munjigi_edge_stopped_total",
        "Requests that a rule about paths did not let through, or would not have"
    );
    metrics::describe_gauge!(
        "munjigi_certificate_not_after_seconds",
        metrics::Unit::Seconds,
        "Until when the certificate is valid, since 1970"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::Sums;

    #[test]
    fn every_site_has_its_days_and_its_price() {
        let now = |hosts: &str, price, is_under_attack| Now {
            hosts: hosts.to_owned(),
            price,
            dearest: price.map(|price| price * 2),
            is_under_attack,
            stops: [("/<a>/*".to_owned(), Stops { stopped: 12, would_stop: 0 })].into(),
        };
        let sites = [
            ("mj_a".to_owned(), now("a.example", Some(4), true)),
            ("mj_b".to_owned(), now("<b>", None, false)),
        ];
        let sums = Sums { issued: 7, solved: 6, redeemed: 5, failed: 4, refused: 3 };
        let day = |sitekey: &str| Day { day: 20_000, sitekey: sitekey.to_owned(), sums };
        let text = sections(&sites.into(), &[day("mj_a"), day("mj_gone")]);
        assert!(text.contains("<h2>a.example</h2>\n<p><code>mj_a</code></p>"), "{text}");
        assert!(text.contains("Under attack.</strong> Price now: 4 ×, for some 8 ×."), "{text}");
        assert!(text.contains("2024-10-04</th><td>7</td><td>6</td><td>5</td><td>4</td><td>3</td>"));
        assert!(text.contains("/&lt;a>/*</code></th><td>12</td><td>0</td>"), "{text}");
        assert!(text.contains("<h2>&lt;b></h2>") && text.contains("No visitors"), "{text}");
        assert!(text.contains("<h2>mj_gone</h2>"), "{text}");
    }
}
