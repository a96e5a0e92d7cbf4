//! The form of a site's settings: its values, and the edit that it requests.

use munjigi_captcha::phones::{
    MAX_EXPECTED_SECONDS, MEDIAN_PHONE_HASHES_PER_SECOND, SLOW_PHONE_HASHES_PER_SECOND,
};
use munjigi_domain::settings::{Edit, Field, HostsEdit, Mark, Mistake, Settings};
use munjigi_i18n::Texts;
use munjigi_protocol::{Mode, PictureKind, UnderAttack};
use serde::Deserialize;

use super::paths::PathRows;
use crate::sites::host_lines;

/// The form's values. Numbers are kept as they were typed, so that a wrong one
/// can be shown again; checkboxes are present if they are ticked.
#[derive(Debug, Clone, Deserialize)]
pub struct SettingsForm {
    /// Mark of the settings that the form was shown with.
    pub mark: Mark,
    pub name: String,
    /// One per line.
    pub hosts: String,
    pub allow_loopback: Option<String>,
    pub mode: String,
    pub work_floor: String,
    pub work_ceiling: String,
    pub count: String,
    pub token_lifetime_seconds: String,
    pub fallback_allowed: Option<String>,
    pub under_attack: String,
    pub grid: Option<String>,
    pub area: Option<String>,
    pub turn: Option<String>,
    #[serde(rename = "photo-grid")]
    pub photo_grid: Option<String>,
    #[serde(rename = "photo-area")]
    pub photo_area: Option<String>,
    #[serde(flatten)]
    pub protect: PathRows,
}

impl SettingsForm {
    pub fn of(settings: &Settings) -> Self {
        let box_of = |ticked: bool| ticked.then(|| "yes".to_owned());
        let kind = |kind: PictureKind| box_of(settings.pictures.contains(&kind));
        Self {
            mark: settings.mark(),
            name: settings.name.clone(),
            hosts: settings.hosts.join("\n"),
            allow_loopback: box_of(settings.allow_loopback),
            mode: settings.mode.as_str().to_owned(),
            work_floor: settings.work.floor.to_string(),
            work_ceiling: settings.work.ceiling.to_string(),
            count: settings.count.to_string(),
            token_lifetime_seconds: settings.token_lifetime_seconds.to_string(),
            fallback_allowed: box_of(settings.fallback_allowed),
            under_attack: settings.under_attack.as_str().to_owned(),
            grid: kind(PictureKind::Grid),
            area: kind(PictureKind::Area),
            turn: kind(PictureKind::Turn),
            photo_grid: kind(PictureKind::PhotoGrid),
            photo_area: kind(PictureKind::PhotoArea),
            protect: PathRows::of(&settings.protect),
        }
    }

    /// `None` if the form is not one of ours.
    pub fn edit(&self) -> Option<Edit> {
        let modes = [Mode::Managed, Mode::Invisible, Mode::Interactive];
        let mode = modes.into_iter().find(|mode| mode.as_str() == self.mode)?;
        let under_attack =
            UnderAttack::ALL.into_iter().find(|when| when.as_str() == self.under_attack)?;
        let ticked = self.pictures().into_iter().filter(|(_, ticked)| *ticked);
        let mut unread = Vec::new();
        let protect = self.protect.rules(&mut unread)?;
        // The maximum that the database can store.
        let most = i64::MAX.unsigned_abs();
        Some(Edit {
            name: Some(self.name.clone()),
            hosts: HostsEdit::Replace(host_lines(&self.hosts)),
            allow_loopback: Some(self.allow_loopback.is_some()),
            mode: Some(mode),
            work_floor: number(Field::WorkFloor, &self.work_floor, most, &mut unread),
            work_ceiling: number(Field::WorkCeiling, &self.work_ceiling, most, &mut unread),
            count: number(Field::Count, &self.count, u32::MAX, &mut unread),
            token_lifetime_seconds: number(
                Field::TokenLifetime,
                &self.token_lifetime_seconds,
                u32::MAX,
                &mut unread,
            ),
            fallback_allowed: Some(self.fallback_allowed.is_some()),
            under_attack: Some(under_attack),
            pictures: Some(ticked.map(|(kind, _)| kind).collect()),
            rules: None,
            protect: self.protect.is_sent.then_some(protect),
            unread,
        })
    }

    /// Every kind of picture, and whether its checkbox is ticked.
    pub fn pictures(&self) -> [(PictureKind, bool); 5] {
        [
            (PictureKind::Grid, &self.grid),
            (PictureKind::Area, &self.area),
            (PictureKind::Turn, &self.turn),
            (PictureKind::PhotoGrid, &self.photo_grid),
            (PictureKind::PhotoArea, &self.photo_area),
        ]
        .map(|(kind, ticked)| (kind, ticked.is_some()))
    }

    /// The ticked kinds, as text.
    pub fn kinds(&self, t: &Texts) -> String {
        let kinds = self.pictures().into_iter().filter(|(_, ticked)| *ticked);
        let words: Vec<&str> = kinds.map(|(kind, _)| kind.as_str()).collect();
        if words.is_empty() { t.get("settings-none").into() } else { words.join(", ") }
    }

    /// The hosts, each once, as typed.
    pub fn host_list(&self, t: &Texts) -> String {
        let hosts = host_lines(&self.hosts);
        if hosts.is_empty() { t.get("settings-none").into() } else { hosts.join(", ") }
    }
}

/// Parses a number; a mistake is reported together with all others.
fn number<N: TryFrom<u64> + Into<u64>>(
    field: Field,
    typed: &str,
    most: N,
    unread: &mut Vec<Mistake>,
) -> Option<N> {
    let most: u64 = most.into();
    let read = typed.trim().parse().ok().filter(|number| *number <= most);
    let read = read.and_then(|number| N::try_from(number).ok());
    if read.is_none() {
        unread.push(Mistake::NotANumber { field, typed: typed.to_owned() });
    }
    read
}

/// What the work costs a visitor, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// A visitor without risk, on a median phone.
    pub usual: String,
    /// The same visitor on a slow phone.
    pub slow: String,
    /// The riskiest visitor, on a median phone.
    pub most: String,
    /// The same visitor on a slow phone.
    pub most_slow: String,
}

impl Costs {
    pub fn of(t: Texts, settings: &Settings) -> Self {
        let count = u64::from(settings.count);
        let floor = settings.work.floor.saturating_mul(count);
        // However high the ceiling is, a slow phone never gets more work than
        // this.
        let bound = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND;
        let ceiling = settings.work.ceiling.saturating_mul(count).min(bound).max(floor);
        Self {
            usual: spell(t, floor, MEDIAN_PHONE_HASHES_PER_SECOND),
            slow: spell(t, floor, SLOW_PHONE_HASHES_PER_SECOND),
            most: spell(t, ceiling, MEDIAN_PHONE_HASHES_PER_SECOND),
            most_slow: spell(t, ceiling, SLOW_PHONE_HASHES_PER_SECOND),
        }
    }
}

fn spell(t: Texts, hashes: u64, per_second: u64) -> String {
    let tenths = hashes.saturating_mul(10) / per_second;
    let text = match tenths {
        0 => t.get("cost-instant"),
        1..100 => {
            t.get("cost-seconds").with("count", format_args!("{}.{}", tenths / 10, tenths % 10))
        }
        100..1_200 => t.get("cost-seconds").with("count", tenths / 10),
        _ => t.get("cost-minutes").with("count", tenths / 600),
    };
    text.into()
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{Level, Protection};

    use super::*;

    #[test]
    fn a_new_site_costs_a_median_phone_a_second_and_a_half() {
        let costs = Costs::of(Texts::default(), &Settings::of_a_new_site());
        assert_eq!((costs.usual.as_str(), costs.slow.as_str()), ("1.6 seconds", "6.4 seconds"));
        assert_eq!((costs.most.as_str(), costs.most_slow.as_str()), ("2 minutes", "10 minutes"));
    }

    #[test]
    fn a_form_sent_as_it_is_shown_changes_nothing() {
        let settings = Settings {
            name: "Shop".to_owned(),
            hosts: vec!["shop.example".to_owned(), "*.a.example".to_owned()],
            pictures: vec![PictureKind::Grid, PictureKind::Turn],
            protect: vec![Protection {
                path: "/account/*".to_owned(),
                host: Some("*.a.example".to_owned()),
                methods: vec!["GET".to_owned(), "POST".to_owned()],
                level: Some(Level::Pictured),
                dry_run: true,
                no_exemptions: true,
                above_per_second: Some(50),
            }],
            ..Settings::of_a_new_site()
        };
        let edit = SettingsForm::of(&settings).edit().unwrap();
        assert_eq!(edit.apply("mj_00000000000000000000000000", &settings).unwrap(), settings);
    }

    #[test]
    fn invalid_numbers_are_reported_by_field() {
        let fields = SettingsForm::of(&Settings::of_a_new_site());
        for typed in ["", "x", "-1", "1.5", "4 000", "99999999999999999999", "9223372036854775808"]
        {
            let fields = SettingsForm { work_floor: typed.to_owned(), ..fields.clone() };
            let edit = fields.edit().unwrap();
            assert_eq!((edit.work_floor, edit.unread.len()), (None, 1), "{typed}");
            assert_eq!(edit.unread[0].field(), Field::WorkFloor, "{typed}");
        }
    }
}
