//! A variable, as described by its service.

/// An environment variable that a service reads.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The full name, including its prefix.
    pub name: &'static str,
    /// Whether the value is secret and may come from the file that `NAME_FILE`
    /// names.
    pub secret: bool,
    /// The value if it is not set; `None` if there is no default.
    pub default: Option<&'static str>,
    /// What it is for; shown in the table of variables.
    pub meaning: &'static str,
}

impl Variable {
    /// A variable with a default.
    pub const fn with_default(
        name: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, secret: false, default: Some(default), meaning }
    }

    /// A variable without a default.
    pub const fn without_default(name: &'static str, meaning: &'static str) -> Self {
        Self { name, secret: false, default: None, meaning }
    }

    /// A secret, which has no default.
    pub const fn secret(name: &'static str, meaning: &'static str) -> Self {
        Self { name, secret: true, default: None, meaning }
    }
}
