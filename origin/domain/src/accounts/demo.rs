//! The demo account of a development machine. Its password is public, so it is
//! disabled wherever others could reach the console.

use super::EmailAddress;

/// Its address, where no emails arrive.
pub const EMAIL: &str = "demo@munjigi.example";
pub const PASSWORD: &str = "munjigi demo account";

/// Who can reach a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only this machine.
    Local,
    /// Others may be able to.
    Open,
}

/// Whether an account may be used on such a console.
pub fn may_be_used(email: &EmailAddress, reach: Reach) -> bool {
    reach == Reach::Local || email.as_str() != EMAIL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_account_only_works_on_its_own_machine() {
        let (demo, kim) = (EMAIL.parse().unwrap(), "kim@shop.example".parse().unwrap());
        assert!(may_be_used(&demo, Reach::Local) && may_be_used(&kim, Reach::Open));
        assert!(!may_be_used(&demo, Reach::Open));
    }
}
