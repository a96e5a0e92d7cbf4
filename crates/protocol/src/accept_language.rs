//! `Accept-Language`: which of our languages a browser prefers
//! (RFC 9110, section 12.5.4).

/// The language of `offered` (primary tags in lower case, such as `ko`) that a
/// header prefers; none where it accepts none of them. A range such as `ko-KR`
/// matches by its primary tag. Of equal weights the first counts, and a weight
/// that cannot be read is no preference.
pub fn preferred<'a>(header: &str, offered: &[&'a str]) -> Option<&'a str> {
    let mut best = (None, 0);
    for range in header.split(',') {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let tag = tag.trim();
        let primary = tag.split('-').next().unwrap_or(tag);
        let language = offered.iter().find(|language| primary.eq_ignore_ascii_case(language));
        let weight = per_mille(weight.trim());
        if language.is_some() && weight > best.1 {
            best = (language.copied(), weight);
        }
    }
    best.0
}

/// `q=0.8` as 800; 0, which means "not at all", for what is no weight.
fn per_mille(parameter: &str) -> u16 {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    let Some((whole, part)) = value.map(|value| value.split_once('.').unwrap_or((value, "")))
    else {
        return 0;
    };
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "0" => {
            let digits = part.bytes().chain(std::iter::repeat(b'0')).take(3);
            digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
        }
        "1" => 1_000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_prefers() {
        for (header, language) in [
            ("", None),
            ("*", None),
            ("de-DE,de;q=0.9", None),
            ("fr", None),
            ("en;q=0.5, ko-KR", Some("ko")),
            ("ko", Some("ko")),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Some("ko")),
            ("en-US,en;q=0.9,ko;q=0.8", Some("en")),
            ("en-GB,ko;q=0.5", Some("en")),
            ("en;q=0.5, KO-kr ; q=0.75", Some("ko")),
            ("de, ko;q=0.5, en;q=0.4", Some("ko")),
            ("de, ko;q=0.001", Some("ko")),
            ("ko;q=0,en", Some("en")),
            ("ko;q=0, en;q=0.1", Some("en")),
            ("ko;q=0", None),
            ("ko;q=0.0001", None),
            ("korean", None),
            ("ko;q=high", None),
            ("fr,*;q=0.1", None),
            ("en,ko", Some("en")),
        ] {
            assert_eq!(preferred(header, &["en", "ko"]), language, "{header}");
        }
    }
}
