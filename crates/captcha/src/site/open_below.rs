//! What rules about paths leave open, although their owner may not expect it.

use munjigi_protocol::Protection;

/// The places of rules that protect a path and nothing below it, so that
/// `/account/orders` is open where `/account` is not. A path whose last segment has
/// a dot is no such: what is below a file is protected with it.
pub fn open_below(rules: &[Protection]) -> impl Iterator<Item = usize> {
    let open = rules.iter().enumerate().filter(|(_, rule)| {
        let path = rule.path.to_ascii_lowercase();
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_alone = rule.level.is_some() && path.len() > 1 && !path.ends_with('*');
        let below = format!("{}/", path.trim_end_matches('/'));
        is_alone && !last.contains('.') && !rules.iter().any(|other| covers(other, rule, &below))
    });
    open.map(|(place, _)| place)
}

/// Whether a rule protects all that is below another's path, as strictly and as often.
fn covers(rule: &Protection, other: &Protection, below: &str) -> bool {
    let path = rule.path.to_ascii_lowercase();
    let begin = path.strip_suffix('*').filter(|begin| !begin.contains('*'));
    rule.level.is_some()
        && rule.level >= other.level
        && (!rule.dry_run || other.dry_run)
        && (rule.above_per_second.is_none() || rule.above_per_second == other.above_per_second)
        && begin.is_some_and(|begin| below.starts_with(begin))
        && (rule.host.is_none() || rule.host == other.host)
        && (rule.methods.is_empty()
            || !other.methods.is_empty()
                && other.methods.iter().all(|method| rule.methods.contains(method)))
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::Level;

    use super::*;

    fn rule(path: &str, methods: &[&str]) -> Protection {
        Protection {
            path: path.to_owned(),
            host: None,
            methods: methods.iter().map(|&method| method.to_owned()).collect(),
            level: Some(Level::Worked),
            dry_run: false,
            no_exemptions: false,
            above_per_second: None,
        }
    }

    #[test]
    fn a_path_alone_leaves_open_what_is_below_it() {
        for (rules, open) in [
            (vec![rule("/account", &[])], vec![0]),
            (vec![rule("/Account/", &[])], vec![0]),
            (vec![rule("/account", &[]), rule("/ACCOUNT/*", &[])], vec![]),
            (vec![rule("/*", &["POST"]), rule("/login", &["POST"])], vec![]),
            (vec![rule("/*", &["POST"]), rule("/login", &[])], vec![1]),
            (vec![rule("/*", &["POST"]), rule("/login", &["GET", "POST"])], vec![1]),
            (vec![Protection { level: None, ..rule("/*", &[]) }, rule("/login", &[])], vec![1]),
            (vec![rule("/wp-login.php", &[]), rule("/", &[]), rule("/account*", &[])], vec![]),
            (vec![Protection { level: None, ..rule("/feed", &[]) }], vec![]),
            (vec![Protection { dry_run: true, ..rule("/*", &[]) }, rule("/login", &[])], vec![1]),
            (
                vec![
                    Protection { above_per_second: Some(50), ..rule("/*", &[]) },
                    rule("/login", &[]),
                ],
                vec![1],
            ),
            (
                vec![
                    Protection { level: Some(Level::Waited), ..rule("/*", &[]) },
                    rule("/login", &[]),
                ],
                vec![1],
            ),
            (
                vec![
                    Protection { host: Some("a.example".to_owned()), ..rule("/*", &[]) },
                    rule("/login", &[]),
                ],
                vec![1],
            ),
        ] {
            assert_eq!(open_below(&rules).collect::<Vec<_>>(), open, "{rules:?}");
        }
    }
}
