//! The texts that the interface can show, by number. Their words are in
//! `locales/*.json`, under the keys given here and in this order; the build
//! turns each locale into a list.

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)+) => {
        /// One text of a locale.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Text { $($(#[$doc])* $name,)+ }

        impl Text {
            /// The keys of the locale files.
            pub const KEYS: &[&str] = &[$($key),+];
        }
    };
}

texts! {
    /// Not a text: `ltr` or `rtl`.
    Direction = "direction",
    /// The empty text.
    Empty = "empty",
    Title = "title",
    /// Waits for the visitor.
    Idle = "idle",
    /// Solving; with a percentage.
    Working = "working",
    /// Announced once by screen readers when solving begins.
    NoAction = "no-action",
    /// Announced by screen readers at 25, 50 and 75 percent.
    Percent = "percent",
    Passed = "passed",
    Expired = "expired",
    /// No connection; with the seconds to wait.
    Offline = "offline",
    /// The edge asks to wait; with the seconds.
    Busy = "busy",
    /// What a click does while waiting.
    RetryNow = "retry-now",
    /// Why it takes so long.
    Slow = "slow",
    /// A rule of the site refuses this visitor.
    Blocked = "blocked",
    /// The browser lacks what is needed.
    Unsupported = "unsupported",
    /// The integrator has to correct something.
    Misconfigured = "misconfigured",
    Unfinished = "unfinished",
    /// What a click does after a failure.
    TryAgain = "try-again",
    /// Precedes the code, as a link.
    Help = "help",
    /// After a minute: where to find another way.
    AnotherWay = "another-way",
    /// A picture waits for the visitor.
    Asking = "asking",
    /// What a click does while a picture waits.
    ShowPicture = "show-picture",
    /// How long another way may take; with the seconds.
    MayTake = "may-take",
}
