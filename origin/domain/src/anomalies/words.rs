//! The descriptions of anomalies. The page, the webhook message and the email
//! use the same words, so the words are here and not in one of their templates.

use super::{Figures, Kind, Severity};
use crate::locale::Locale;
use crate::shown::Shown;

/// An anomaly, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The site's name.
    pub site: Shown,
    /// The network that it comes from; `None` for the site as a whole.
    pub asn: Option<u32>,
    pub kind: Kind,
    pub severity: Severity,
    /// The figures behind it.
    pub figures: Figures,
}

impl Sighting {
    /// A few words.
    pub const fn title(&self, locale: Locale) -> &'static str {
        match (self.kind, locale) {
            (Kind::Flood, Locale::En) => "far more challenges than usual",
            (Kind::Failures, Locale::En) => "far more wrong solutions than usual",
            (Kind::Refusals, Locale::En) => "far more refused requests than usual",
            (Kind::Regular, Locale::En) => "suspiciously uniform solve times",
            (Kind::Flood, Locale::Ko) => "평소보다 훨씬 많은 요청",
            (Kind::Failures, Locale::Ko) => "평소보다 훨씬 많은 오답",
            (Kind::Refusals, Locale::Ko) => "평소보다 훨씬 많은 거절",
            (Kind::Regular, Locale::Ko) => "지나치게 고른 풀이 시간",
        }
    }

    /// What was observed, in a sentence.
    pub fn sentence(&self, locale: Locale) -> String {
        let Self { site, .. } = self;
        let (measured, usual) = (self.measured(), self.usual());
        match locale {
            Locale::En => {
                let from =
                    self.asn.map_or_else(String::new, |asn| format!(" from network AS{asn}"));
                match self.kind {
                    Kind::Flood => format!(
                        "{site}: {measured} challenges{from} within an hour. {usual} is usual at this time."
                    ),
                    Kind::Failures => format!(
                        "{site}: {measured} of the solutions{from} within an hour were wrong. {usual} is usual at this time."
                    ),
                    Kind::Refusals => format!(
                        "{site}: {measured} of the requests{from} within an hour were refused. {usual} is usual at this time."
                    ),
                    Kind::Regular => format!(
                        "{site}: solve times{from} are suspiciously uniform. The middle half lies within a factor of {measured}; {usual} is usual. The devices of real visitors differ more."
                    ),
                }
            }
            Locale::Ko => {
                let from =
                    self.asn.map_or_else(String::new, |asn| format!("네트워크 AS{asn}에서 "));
                match self.kind {
                    Kind::Flood => format!(
                        "{site}: 한 시간 동안 {from}확인 요청이 {measured}건 있었습니다. 이 시간대에는 보통 {usual}건입니다."
                    ),
                    Kind::Failures => format!(
                        "{site}: 한 시간 동안 {from}제출된 답 가운데 {measured}가 틀렸습니다. 이 시간대에는 보통 {usual}입니다."
                    ),
                    Kind::Refusals => format!(
                        "{site}: 한 시간 동안 {from}들어온 요청 가운데 {measured}가 거절되었습니다. 이 시간대에는 보통 {usual}입니다."
                    ),
                    Kind::Regular => format!(
                        "{site}: {from}풀이 시간이 지나치게 고릅니다. 가운데 절반이 {measured}배 안에 모여 있습니다. 보통은 {usual}배이며, 사람들의 기기는 이보다 더 다릅니다."
                    ),
                }
            }
        }
    }

    /// What to do about it.
    pub fn advice(&self, locale: Locale) -> &'static str {
        match (self.kind, self.asn.is_some(), locale) {
            (Kind::Flood, false, Locale::En) => {
                "Networks that send too many requests automatically get more work. If you expect more visitors, for example because of a sale or press coverage, there is nothing to do. Otherwise, check whether one network or country stands out, and add a rule for it."
            }
            (Kind::Flood, true, Locale::En) => {
                "This network automatically gets more work. If you expect no visitors from it, add a rule for its number: harder, picture or block."
            }
            (Kind::Failures, _, Locale::En) => {
                "Programs that guess fail like this, but so do visitors after a faulty change to a page. Try your own form first. If it works, add a rule: harder or picture."
            }
            (Kind::Refusals, _, Locale::En) => {
                "The overview lists the reasons. If a rule or a host name is the reason, check your latest changes. If the reason is too many requests, the refusals are protecting you."
            }
            (Kind::Regular, _, Locale::En) => {
                "This is typical of many identical machines. They do the work for each token. To stop them, add a rule that requires a picture, and check whether fewer get through."
            }
            (Kind::Flood, false, Locale::Ko) => {
                "요청이 지나친 네트워크는 저절로 더 많은 계산을 하게 됩니다. 할인 행사나 언론 보도처럼 방문자가 늘 이유가 있다면 그대로 두셔도 됩니다. 그렇지 않다면 두드러지는 네트워크나 국가가 있는지 보시고 규칙을 추가해 주세요."
            }
            (Kind::Flood, true, Locale::Ko) => {
                "이 네트워크는 저절로 더 많은 계산을 하게 됩니다. 이곳에서 오는 방문자를 모르신다면 그 번호로 규칙(더 어렵게, 그림, 차단)을 추가해 주세요."
            }
            (Kind::Failures, _, Locale::Ko) => {
                "답을 찍는 프로그램이 이렇게 실패합니다. 페이지를 잘못 고쳤을 때의 방문자도 그렇습니다. 먼저 직접 양식을 써 보세요. 잘 된다면 규칙(더 어렵게, 그림)을 추가해 주세요."
            }
            (Kind::Refusals, _, Locale::Ko) => {
                "이유는 개요 화면에 나옵니다. 규칙이나 호스트 이름 때문이라면 마지막으로 바꾼 것을 확인해 주세요. 요청이 너무 많아서라면 거절이 사이트를 지키고 있는 것입니다."
            }
            (Kind::Regular, _, Locale::Ko) => {
                "같은 기종의 기계 여러 대가 이렇게 풉니다. 기계도 토큰마다 값을 치릅니다. 막으시려면 그림을 묻는 규칙을 추가하고 통과가 줄어드는지 확인해 주세요."
            }
        }
    }

    /// The measured value at its worst: a count, a share, or a factor.
    pub fn measured(&self) -> String {
        self.shown(self.figures.measured)
    }

    /// The usual value, in the same unit.
    pub fn usual(&self) -> String {
        self.shown(self.figures.usual)
    }

    fn shown(&self, number: f64) -> String {
        match self.kind {
            Kind::Flood => format!("{number:.0}"),
            Kind::Failures | Kind::Refusals => format!("{:.1} %", number * 100.0),
            Kind::Regular => format!("{:.1}", number.exp2()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomalies::Basis;

    #[test]
    fn every_sentence_reads_well_in_both_languages() {
        let mut all = String::new();
        for locale in Locale::ALL {
            for (kind, measured, usual) in [
                (Kind::Flood, 12_000.0, 950.5),
                (Kind::Failures, 0.4567, 0.02),
                (Kind::Refusals, 0.5, 0.0),
                (Kind::Regular, 0.5, 1.5),
            ] {
                for asn in [None, Some(64_500)] {
                    let (deviation, score, counted, hours) = (0.0, 9.0, 900, 8);
                    let basis = Basis::HourOfWeek;
                    let figures =
                        Figures { measured, usual, deviation, score, counted, hours, basis };
                    let (site, severity) = (Shown::of("Shop"), Severity::Warning);
                    let seen = Sighting { site, asn, kind, severity, figures };
                    let lines = [seen.title(locale), &seen.sentence(locale), seen.advice(locale)];
                    all.push_str(&lines.join("\n"));
                    all.push_str("\n\n");
                }
            }
        }
        assert!(!all.contains('!'));
        insta::assert_snapshot!(all);
    }
}
