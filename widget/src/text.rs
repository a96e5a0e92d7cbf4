//! The texts that the interface can show, by number. Their words are in `locales/*.json`, under
//! the keys given here, in this order; the build turns each locale into a list.

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
    /// Nothing.
    Empty = "empty",
    /// The widget's name.
    Title = "title",
    /// Waits for the visitor.
    Idle = "idle",
    /// Solves; with a percentage.
    Working = "working",
    /// Said once to screen readers when solving begins.
    NoAction = "no-action",
    /// Said to screen readers at 25, 50 and 75 percent.
    Percent = "percent",
    /// Passed.
    Passed = "passed",
    /// The confirmation is too old.
    Expired = "expired",
    /// No connection; with seconds.
    Offline = "offline",
    /// The edge asks to wait; with seconds.
    Busy = "busy",
    /// What a click does while waiting.
    RetryNow = "retry-now",
    /// Why it takes long.
    Slow = "slow",
    /// A rule of the site refuses this visitor.
    Blocked = "blocked",
    /// The browser lacks what is needed.
    Unsupported = "unsupported",
    /// The integrator has to mend something.
    Misconfigured = "misconfigured",
    /// Something else went wrong.
    Unfinished = "unfinished",
    /// What a click does after that.
    TryAgain = "try-again",
    /// In front of the code, as a link.
    Help = "help",
    /// After a minute: where to find another way.
    AnotherWay = "another-way",
    /// A picture waits for the visitor.
    Asking = "asking",
    /// What a click does then.
    ShowPicture = "show-picture",
    /// How long another way may take; with seconds.
    MayTake = "may-take",
}
