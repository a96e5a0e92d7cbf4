//! What the gpu-backend's models are called.

const MAX_CHARS: usize = 100;

/// Whether this may be `NAME` or `NAME@VERSION`: a text that an address holds
/// as it is. The gpu-backend knows which models there are.
pub fn is_model(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    (1..=MAX_CHARS).contains(&text.len()) && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_nothing_around_it() {
        for model in ["a", "efficientnet-lite0@1.0.0", &"a".repeat(100)] {
            assert!(is_model(model), "{model}");
        }
        for other in ["", "a b", "a&caller=b", "a/../b", "é", "a%20", &"a".repeat(101)] {
            assert!(!is_model(other), "{other}");
        }
    }
}
