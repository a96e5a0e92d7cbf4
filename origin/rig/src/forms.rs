//! Forms of the console, as people fill them in.

use totp_rs::{Builder, Secret};

use super::{Rig, Tab};

/// The current code of an app with the key that the page shows.
pub fn code(rig: &Rig, key: &str) -> String {
    let key = data_encoding::BASE32.decode(key.replace(' ', "").as_bytes()).unwrap();
    let app = Builder::new().with_secret(Secret::from(key.as_slice())).build().unwrap();
    app.generate(rig.now().0 / 1_000).to_string()
}

/// The app's key as the page shows it.
pub fn shown_key(tab: &Tab<'_>) -> String {
    let after = tab.page.split("id=\"key\">").nth(1).unwrap();
    after.split('<').next().unwrap().to_owned()
}

/// Turns on an app; returns its key and the recovery codes.
pub async fn switch_on(rig: &Rig, tab: &mut Tab<'_>) -> (String, Vec<String>) {
    tab.open("/console/account/factor").await;
    let key = shown_key(tab);
    tab.open("/console/account/factor").await;
    assert_eq!(shown_key(tab), key, "looking twice changes nothing");
    tab.send("/console/account/factor", &[("code", "000000")]).await;
    assert_eq!(tab.status, 422);
    tab.send("/console/account/factor", &[("code", &code(rig, &key))]).await;
    assert_eq!(tab.status, 201);
    let codes: Vec<String> = tab
        .page
        .split("<li><code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    (key, codes)
}

/// The form as it is shown, with these fields changed.
pub fn form<'a>(version: &'a str, typed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("mark", version),
        ("name", "Shop"),
        ("hosts", "shop.example"),
        ("mode", "managed"),
        ("work_floor", "40000"),
        ("work_ceiling", "4000000"),
        ("count", "16"),
        ("token_lifetime_seconds", "300"),
        ("fallback_allowed", "yes"),
        ("under_attack", "auto"),
    ];
    for (name, value) in typed {
        match fields.iter_mut().find(|(field, _)| field == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}
