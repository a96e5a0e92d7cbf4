//! A browser with a device that holds passkeys, by the independent
//! implementation `passkey`. It does what it is told, whatever page it believes
//! to be on.

use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use serde_json::{Value, json};

use super::Tab;

/// Where the console of tests is.
pub const ORIGIN: &str = "https://console.example";

/// A person who touches the device, recognised by it or not.
#[derive(Debug, Clone, Copy)]
struct Person;

#[async_trait::async_trait]
impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// The device, with at most one passkey. A clone is a copy of the key.
#[derive(Clone, Default)]
pub struct Device {
    held: Option<Passkey>,
    counts: bool,
}

impl Device {
    /// A device that counts the uses of its key.
    pub fn counting() -> Self {
        Self { held: None, counts: true }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Person, RustCryptoBackend> {
        let aaguid = Aaguid::new_empty();
        let mut device = Authenticator::new(aaguid, self.held.clone(), Person, RustCryptoBackend);
        device.set_make_credentials_with_signature_counter(self.counts);
        device
    }

    /// Creates a passkey on a page of this origin.
    pub async fn make(&mut self, origin: &str, options: Value) -> String {
        let options = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut client = Client::new(self.authenticator());
        let page = reqwest::Url::parse(origin).unwrap();
        let made = client.register(&page, options, DefaultClientData).await.unwrap();
        self.held.clone_from(client.authenticator().store());
        serde_json::to_string(&made).unwrap()
    }

    /// Uses the passkey on a page of this origin.
    pub async fn answer(&mut self, origin: &str, options: Value) -> String {
        let options = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut client = Client::new(self.authenticator());
        let page = reqwest::Url::parse(origin).unwrap();
        let used = client.authenticate(&page, options, DefaultClientData).await.unwrap();
        self.held.clone_from(client.authenticator().store());
        serde_json::to_string(&used).unwrap()
    }
}

impl Tab<'_> {
    /// Requests ceremony options as the script does, with the CSRF token of the
    /// current page.
    pub async fn options(&mut self, path: &str) -> Value {
        let key = self.csrf_token();
        let answer = self.send_raw(path, &[("csrf_token", &key)], &[("origin", ORIGIN)]).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Adds a passkey to the account that is logged in.
    pub async fn add_passkey(&mut self, device: &mut Device, name: &str) {
        self.open("/console/account/passkeys").await;
        let options = self.options("/console/account/passkeys/options").await;
        let answer = device.make(ORIGIN, options).await;
        self.send("/console/account/passkeys", &[("name", name), ("answer", &answer)]).await;
    }
}
