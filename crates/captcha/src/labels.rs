//! What an integrator attaches to an attempt: action and cdata.

/// What the visitor is doing: at most 32 of `[A-Za-z0-9_/-]`; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Action(String);

/// The integrator's own data: at most 255 bytes of text; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Cdata(String);

/// Why a text is not a valid action or cdata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// An action of more than 32 characters.
    #[error("action is longer than 32 characters")]
    ActionTooLong,
    /// An action with a character outside `[A-Za-z0-9_/-]`.
    #[error("action has a character outside A-Z, a-z, 0-9, _, / and -")]
    ActionCharacter,
    /// Cdata of more than 255 bytes.
    #[error("cdata is longer than 255 bytes")]
    CdataTooLong,
}

impl Action {
    const MAX_BYTES: usize = 32;

    /// Reads an action and checks its length and characters.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        if text.len() > Self::MAX_BYTES {
            return Err(LabelError::ActionTooLong);
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'-'))
        {
            return Err(LabelError::ActionCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// The action as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Cdata {
    const MAX_BYTES: usize = 255;

    /// Reads cdata and checks its length.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        if text.len() > Self::MAX_BYTES {
            return Err(LabelError::CdataTooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The cdata as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_32_characters_of_its_alphabet() {
        assert!(Action::parse("").is_ok());
        assert!(Action::parse(&"aZ0_-xyz".repeat(4)).is_ok());
        assert_eq!(Action::parse(&"a".repeat(33)), Err(LabelError::ActionTooLong));
        for text in ["log in", "log.in", "anmeldungü", "a\0"] {
            assert_eq!(Action::parse(text), Err(LabelError::ActionCharacter), "{text}");
        }
    }

    #[test]
    fn cdata_is_255_bytes_of_any_text() {
        assert!(Cdata::parse(&"x".repeat(255)).is_ok());
        assert!(Cdata::parse(&"문".repeat(85)).is_ok());
        assert_eq!(Cdata::parse(&"문".repeat(86)), Err(LabelError::CdataTooLong));
    }
}
