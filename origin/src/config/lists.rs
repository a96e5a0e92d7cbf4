//! Where published lists come from, and how often they are fetched.

use std::time::Duration;

use munjigi_domain::lists::{Format, Published, Source};
use munjigi_process::config::{Reader, number};

use super::variables;

/// What operators choose about published lists.
#[derive(Debug, Clone)]
pub struct Lists {
    pub sources: Vec<Source>,
    /// How often each is fetched.
    pub period: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Option<Lists> {
    let tor = reader.required(&variables::LIST_TOR_EXITS, |text| parse(Published::TorExits, text));
    let clouds = reader.required(&variables::LIST_CLOUDS, |text| parse(Published::Clouds, text));
    let drop = reader
        .required(&variables::LIST_SPAMHAUS_DROP, |text| parse(Published::SpamhausDrop, text));
    let hours = reader.required(&variables::LIST_HOURS, |text| number(text, 1..=48));
    let sources = [tor?, clouds?, drop?].concat();
    Some(Lists { sources, period: Duration::from_hours(hours?) })
}

/// Reads `aws=https://…,google=https://…`, or `none`.
fn parse(list: Published, text: &str) -> Result<Vec<Source>, String> {
    let mut sources: Vec<Source> = Vec::new();
    if text == "none" {
        return Ok(sources);
    }
    for word in text.split(',').map(str::trim) {
        let (format, url) = word.split_once('=').unwrap_or_default();
        let format: Format = format.parse().map_err(|()| {
            "must be FORMAT=URL, separated by commas, with the format lines, aws, google, azure, oracle or geofeed; or none"
        })?;
        let is_plain = url
            .parse::<reqwest::Url>()
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_plain {
            return Err(
                "each URL must start with https:// (or http:// on a trusted network)".into()
            );
        }
        if sources.iter().any(|source| source.url == url) {
            return Err(format!("{url} is named twice"));
        }
        sources.push(Source { list, format, url: url.to_owned() });
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_formats_and_urls() {
        let parse = |text| parse(Published::Clouds, text);
        assert_eq!(parse("none"), Ok(vec![]));
        let two = parse("aws=https://a.example/x.json, google=https://b.example/?y=1").unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(
            (two[1].format, two[1].url.as_str()),
            (Format::Google, "https://b.example/?y=1")
        );
        for text in [
            "",
            "https://a.example/",
            "csv=https://a.example/",
            "aws=a.example",
            "aws=ftp://a.example/",
            "lines=https://a.example/,aws=https://a.example/",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
