//! Where an edge stands on its host.

/// A path as browsers leave it, so that it can be compared byte by byte; without
/// a slash at its end.
///
/// # Errors
///
/// What a path must be.
pub fn base_path(text: &str) -> Result<String, &'static str> {
    let is_plain = |segment: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        !matches!(segment, "" | "." | "..") && segment.bytes().all(allowed)
    };
    let path = text.strip_suffix('/').unwrap_or(text);
    let mut segments = path.split('/');
    let is_path = segments.next() == Some("") && segments.all(is_plain);
    let rule = "must be a path of letters, digits and -._~ such as /captcha, or empty";
    if is_path { Ok(path.to_owned()) } else { Err(rule) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_one_that_no_client_writes_differently() {
        for (text, path) in
            [("", ""), ("/", ""), ("/captcha", "/captcha"), ("/a-1/_b.c/", "/a-1/_b.c")]
        {
            assert_eq!(base_path(text).as_deref(), Ok(path), "{text}");
        }
        for text in
            ["captcha", "//", "/a//b", "/a/../b", "/.", "/a b", "/%61", "/문", "/a?b", "/a#"]
        {
            assert!(base_path(text).is_err(), "{text}");
        }
    }
}
