//! The demo account of a development machine, whose password everybody knows:
//! it is good for nothing where others could reach it.

use super::EmailAddress;

/// Its address, where no letters arrive.
pub const EMAIL: &str = "demo@munjigi.example";
/// Its password.
pub const PASSWORD: &str = "munjigi demo account";

/// Where a console is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nobody but this machine opens it.
    Local,
    /// Others may.
    Open,
}

/// Whether an account may be used at all there.
pub fn may_be_used(email: &EmailAddress, reach: Reach) -> bool {
    reach == Reach::Local || email.as_str() != EMAIL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_account_is_of_use_on_its_own_machine_alone() {
        let (demo, kim) = (EMAIL.parse().unwrap(), "kim@shop.example".parse().unwrap());
        assert!(may_be_used(&demo, Reach::Local) && may_be_used(&kim, Reach::Open));
        assert!(!may_be_used(&demo, Reach::Open));
    }
}
