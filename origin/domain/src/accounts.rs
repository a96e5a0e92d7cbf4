//! Accounts and their permissions: addresses, passwords, second factors,
//! passkeys, one-time links, sessions, roles, limits. Rules only: time and
//! randomness are arguments, rows are in `store`, pages in `http::console`.

pub mod access_token;
mod account;
pub mod api_key;
pub mod demo;
pub mod email;
pub mod factor;
mod id;
mod known_browser;
pub mod limits;
pub mod passkey;
pub mod password;
pub mod role;
pub mod session;
mod token;
mod vault;
pub mod visit;

pub use access_token::AccessTokens;
pub use account::{Account, Totp};
pub use api_key::ApiKey;
pub use email::EmailAddress;
pub use id::Id;
pub use known_browser::KnownBrowser;
pub use limits::{Limit, LimitKey, MostSites};
pub use password::Password;
pub use role::{Granting, Permission, Role};
pub use token::{Token, TokenHash};
pub use vault::{Vault, VaultError};
