//! A variable, as its service describes it.

/// A variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its full name.
    pub name: &'static str,
    /// Whether its value is secret, and may come from the file that
    /// `NAME_FILE` names.
    pub secret: bool,
    /// The value where it is not set.
    pub default: Option<&'static str>,
    /// What it is for.
    pub meaning: &'static str,
}

impl Variable {
    /// One that need not be set.
    pub const fn with_default(
        name: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, secret: false, default: Some(default), meaning }
    }

    /// One without a value where it is not set.
    pub const fn without_default(name: &'static str, meaning: &'static str) -> Self {
        Self { name, secret: false, default: None, meaning }
    }

    /// A secret. None has a default.
    pub const fn secret(name: &'static str, meaning: &'static str) -> Self {
        Self { name, secret: true, default: None, meaning }
    }
}
