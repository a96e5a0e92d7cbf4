//! The site that is visited, and what the edge would ask its policy.

use munjigi_captcha::contract::site_config;
use munjigi_captcha::policy::{Question, Stage, flood_cause};
use munjigi_captcha::{Action, Exemption, Hostname, Site, Visit};
use munjigi_counters::{CounterKeys, Counters, Pressure};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, PictureKind, Signals};

/// The site and its form.
pub struct Shop {
    pub site: Site,
    hostname: Hostname,
    action: Action,
}

impl Shop {
    /// The site for tests, with pictures, on which so many people are expected in
    /// each hour of a week.
    ///
    /// # Panics
    /// If it is not well-formed.
    pub fn expecting(week: Vec<u32>) -> Self {
        let mut config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
        config.expected = week;
        config.pictures = vec![PictureKind::Grid];
        Self {
            site: Site::parse(&config, Exemption::Ignored).expect("a site for tests"),
            hostname: Hostname::parse("shop.example").expect("a host name"),
            action: Action::default(),
        }
    }

    /// What the counters say of a visit, as the edge asks them.
    pub fn pressure(
        &self,
        counters: &mut Counters,
        place: &CounterKeys,
        now: UnixMillis,
    ) -> Pressure {
        let mut pressure = counters.pressure(place, now).expecting(self.site.expected(now));
        if let Some(cause) = flood_cause(&self.site, &pressure) {
            counters.note_flood(place, cause, now);
            pressure.passed = counters.passed_before(place);
        }
        pressure
    }

    pub fn question<'a>(
        &'a self,
        visit: &'a Visit,
        signals: &'a Signals,
        pressure: &'a Pressure,
        place: &CounterKeys,
        stage: Stage,
    ) -> Question<'a> {
        Question {
            site: &self.site,
            hostname: &self.hostname,
            action: &self.action,
            visit,
            signals,
            pressure,
            software: place.software_names(),
            algorithm: Algorithm::HashWx,
            stage,
        }
    }
}
