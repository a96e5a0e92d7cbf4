use super::*;

fn edge() -> Url {
    Url::parse("https://captcha.example/").unwrap()
}

fn report(html: &str) -> Report {
    report_with(html, "")
}

fn report_with(html: &str, policy: &str) -> Report {
    inspect(&Url::parse("https://shop.example/contact").unwrap(), html, policy, &edge())
}

fn changes(found: &Use) -> Vec<(&str, &str, &str)> {
    found
        .changes
        .iter()
        .map(|change| (change.place, change.from.as_str(), change.to.as_str()))
        .collect()
}

fn differences(settings: &[Setting]) -> Vec<(&str, bool)> {
    settings.iter().map(|setting| (setting.name.as_str(), setting.different.is_some())).collect()
}

#[test]
fn a_turnstile_page_gets_a_list_of_changes() {
    let report = report_with(
        r#"<!doctype html><title>x</title>
        <script src="https://challenges.cloudflare.com/turnstile/v0/api.js?onload=begin&render=explicit" async defer></script>
        <script src="/shop.js"></script>
        <div class="wide cf-turnstile" data-sitekey="0x4AAAAAAA" data-theme="dark" data-retry-interval="9000"></div>
        <script>function begin() { turnstile.render('#w', {}); turnstile . x; turnstile.reset() }</script>"#,
        "default-src 'self'; script-src 'self' https://challenges.cloudflare.com; frame-src challenges.cloudflare.com",
    );
    assert_eq!(report.other_scripts, 1);
    let [found] = report.vendors.as_slice() else { panic!("{report:?}") };
    assert_eq!(found.vendor, "turnstile");
    assert_eq!(
        changes(found),
        [
            (
                "page",
                "https://challenges.cloudflare.com/turnstile/v0/api.js?onload=begin&render=explicit",
                "https://captcha.example/turnstile/v0/api.js?onload=begin&render=explicit"
            ),
            ("policy", "challenges.cloudflare.com", "https://captcha.example"),
            ("policy", "https://challenges.cloudflare.com", "https://captcha.example"),
            (
                "back end",
                "https://challenges.cloudflare.com/turnstile/v0/siteverify",
                "https://captcha.example/turnstile/v0/siteverify"
            ),
        ]
    );
    let [widget] = found.widgets.as_slice() else { panic!("{found:?}") };
    assert_eq!(widget.sitekey.as_deref(), Some("0x4AAAAAAA"));
    assert_eq!(differences(&widget.options), [("retry-interval", true), ("theme", false)]);
    assert_eq!(differences(&found.parameters), [("onload", false), ("render", false)]);
    assert_eq!(differences(&found.functions), [("render", false), ("reset", false)]);
    assert_eq!(found.remarks, [""; 0], "it begins when it is rendered, as there");
}

#[test]
fn each_vendors_scripts_are_known() {
    for (src, vendor, to) in [
        ("//www.google.com/recaptcha/api.js", "recaptcha", "/recaptcha/api.js"),
        (
            "https://www.recaptcha.net/recaptcha/enterprise.js?render=6Lx",
            "recaptcha",
            "/recaptcha/enterprise.js?render=6Lx",
        ),
        ("https://js.hcaptcha.com/1/api.js?hl=de", "hcaptcha", "/1/api.js?hl=de"),
        ("https://hcaptcha.com/1/api.js", "hcaptcha", "/1/api.js"),
        ("https://js.hcaptcha.com/1/secure-api.js", "hcaptcha", "/1/api.js"),
        (
            "https://challenges.cloudflare.com/turnstile/v0/g/abc/api.js",
            "turnstile",
            "/turnstile/v0/api.js",
        ),
    ] {
        let report = report(&format!("<SCRIPT SRC='{src}'>"));
        let [found] = report.vendors.as_slice() else { panic!("{src}: {report:?}") };
        assert_eq!(found.vendor, vendor, "{src}");
        assert_eq!(found.changes[0].to, ["https://captcha.example", to].concat(), "{src}");
    }
}

#[test]
fn what_is_told_to_change_is_what_a_page_is_told() {
    for vendor in Vendor::ALL {
        let [(script, ours), (siteverify, our_siteverify)] =
            addresses(vendor, "https://captcha.example");
        let report = report(&format!("<script src='{script}'></script>"));
        let [found] = report.vendors.as_slice() else { panic!("{script}: {report:?}") };
        assert_eq!(found.vendor, vendor.as_str());
        assert_eq!(
            changes(found),
            [("page", &*script, &*ours), ("back end", &*siteverify, &*our_siteverify)]
        );
    }
}

#[test]
fn a_page_without_a_vendor_has_nothing_to_change() {
    for html in [
        "",
        "<script src='/recaptcha/api.js'></script>",
        "<script src='https://www.google.com/maps/api.js'></script>",
        "<script src='https://evil.example/turnstile/v0/api.js'></script>",
        "<!-- <script src='https://js.hcaptcha.com/1/api.js'></script> -->",
        "<textarea><script src='https://js.hcaptcha.com/1/api.js'></script></textarea>",
        "<script src='http://[bad'></script>",
        "<script>'<script src=https://js.hcaptcha.com/1/api.js>'</script>",
        "\u{0}<<<script/ src=",
    ] {
        assert_eq!(report(html).vendors, [], "{html}");
    }
}

#[test]
fn a_class_that_two_share_is_given_to_the_one_that_draws_it() {
    const ELEMENT: &str = "<div class=g-recaptcha data-sitekey=k></div>";
    let drawn = |scripts: &[&str]| -> Vec<(&'static str, usize)> {
        let scripts: Vec<String> =
            scripts.iter().map(|src| format!("<script src='{src}'></script>")).collect();
        let report = report(&(scripts.concat() + ELEMENT));
        report.vendors.iter().map(|found| (found.vendor, found.widgets.len())).collect()
    };
    let google = "https://www.google.com/recaptcha/api.js";
    let hcaptcha = "https://js.hcaptcha.com/1/api.js";
    let turnstile = "https://challenges.cloudflare.com/turnstile/v0/api.js";
    assert_eq!(drawn(&[hcaptcha]), [("hcaptcha", 1)]);
    assert_eq!(drawn(&[&format!("{hcaptcha}?recaptchacompat=off")]), [("hcaptcha", 0)]);
    assert_eq!(drawn(&[hcaptcha, google]), [("recaptcha", 1), ("hcaptcha", 0)]);
    assert_eq!(drawn(&[turnstile]), [("turnstile", 0)]);
    assert_eq!(drawn(&[&format!("{turnstile}?compat=recaptcha")]), [("turnstile", 1)]);
}

#[test]
fn remarks_name_what_has_to_be_checked() {
    let report = report(
        "<script src='https://js.hcaptcha.com/1/api.js?sentry=false&odd=1' integrity='sha384-x'></script>
         <meta http-equiv='Content-Security-Policy' content='script-src https://*.hcaptcha.com'>",
    );
    let found = &report.vendors[0];
    assert_eq!(found.remarks.len(), 2, "{found:?}");
    assert!(found.remarks[0].contains("integrity"));
    assert_eq!(differences(&found.parameters), [("sentry", true), ("odd", true)]);
    assert_eq!(found.changes[1].from, "https://*.hcaptcha.com");
}

#[test]
fn enterprise_functions_and_handlers_in_attributes_are_found() {
    let report = report(
        "<script src='https://www.google.com/recaptcha/enterprise.js'></script>
         <button onclick='grecaptcha.enterprise.execute()'>Send</button>
         <script>mygrecaptcha.reset(); grecaptcha.getResponse();</script>",
    );
    let functions = &report.vendors[0].functions;
    assert_eq!(differences(functions), [("execute", false), ("getResponse", false)]);
}
