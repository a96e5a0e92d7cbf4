//! A browser tab, as far as pages without scripts need one: it keeps cookies,
//! follows redirects, and submits the forms of the current page.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};

use super::{Answer, Rig};

pub struct Tab<'a> {
    rig: &'a Rig,
    pub cookies: BTreeMap<String, String>,
    pub address: String,
    /// The languages that it asks for; none if it is empty.
    pub languages: String,
    pub page: String,
    pub status: u16,
    /// Its path.
    pub path: String,
}

impl<'a> Tab<'a> {
    pub fn new(rig: &'a Rig) -> Self {
        Self {
            rig,
            cookies: BTreeMap::new(),
            address: "203.0.113.7".to_owned(),
            languages: String::new(),
            page: String::new(),
            status: 0,
            path: String::new(),
        }
    }

    /// Opens a page and follows redirects.
    pub async fn open(&mut self, path: &str) -> &mut Self {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let answer = self.ask(Request::get(&path).body(Body::empty()).unwrap()).await;
            match self.show(answer, &path) {
                Some(next) => path = next,
                None => return self,
            }
        }
        panic!("{path} leads in a circle");
    }

    /// Submits a form with the CSRF token of the current page.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> &mut Self {
        let key = self.csrf_token();
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &key));
        let answer = self.send_raw(path, &fields, &[("origin", "https://console.example")]).await;
        if let Some(next) = self.show(answer, path) {
            self.open(&next).await;
        }
        self
    }

    /// Sends these fields and headers, and does not show the answer.
    pub async fn send_raw(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    /// The CSRF token in the forms of the current page.
    pub fn csrf_token(&self) -> String {
        self.value_of("csrf_token")
    }

    /// The value of a field of the current page.
    pub fn value_of(&self, name: &str) -> String {
        let after = self.page.split(&format!("name=\"{name}\" value=\"")).nth(1);
        after.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    async fn ask(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        headers.insert("x-real-ip", self.address.parse().unwrap());
        headers.insert(header::USER_AGENT, "Firefox/153.0 Linux".parse().unwrap());
        if !self.languages.is_empty() {
            headers.insert(header::ACCEPT_LANGUAGE, self.languages.parse().unwrap());
        }
        let answer = self.rig.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap();
            assert!(attributes.contains("HttpOnly") && attributes.contains("Secure"), "{cookie}");
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{cookie}");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Shows an answer; returns where it redirects to, if it does.
    fn show(&mut self, answer: Answer, path: &str) -> Option<String> {
        (self.status, self.path, self.page) = (answer.status, path.to_owned(), answer.body);
        let next =
            (answer.status == 303).then(|| answer.headers[header::LOCATION].to_str().unwrap());
        next.map(str::to_owned)
    }
}
