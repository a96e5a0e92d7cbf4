//! State of the console and the API beside `App`. It exists only if the operator
//! has configured a console.

use std::path::PathBuf;

use munjigi_captcha::KeyCheck;
use munjigi_delivery::mail::MailTransport;
use munjigi_domain::accounts::{AccessTokens, Vault};
use munjigi_process::proxies::ProxyChain;

use crate::authentication::Passwords;
use crate::edge_away::EdgeAway;
use crate::later::Later;
use crate::live_pages::LivePages;
use crate::settings;

/// Counts addresses that our proxies did not write readably, by reason.
const CLIENT_UNREAD: &str = "munjigi_console_client_unread_total";

/// State of the console that is not in `App` itself.
#[derive(Debug)]
pub struct Console {
    /// The console's URL, and who can sign up.
    pub config: settings::Console,
    /// Encrypts the keys of authenticator apps.
    pub vault: Vault,
    /// Limits how many passwords are hashed at once.
    pub passwords: Passwords,
    /// Finds the client behind our proxies.
    pub proxies: ProxyChain,
    /// Marks sitekeys and secrets as ours.
    pub check: KeyCheck,
    /// Issues and checks the API's access tokens.
    pub tokens: AccessTokens,
    /// Folder for emails on a development machine, which sends none.
    pub mailbox: Option<PathBuf>,
    /// Work that responses do not wait for.
    pub later: Later,
    /// Whether the edge was recently unreachable, so that our forms went
    /// without the widget.
    pub edge_away: EdgeAway,
    /// Limits how many live pages are open at once.
    pub live_pages: LivePages,
}

impl Console {
    pub fn new(config: settings::Console, check: KeyCheck, mail: Option<&MailTransport>) -> Self {
        let vault = Vault::new(&config.keys);
        let mailbox = match mail {
            Some(MailTransport::Folder(folder)) if config.is_local() => Some(folder.clone()),
            _ => None,
        };
        let tokens = AccessTokens::new(&config.keys, config.url.as_str());
        let proxies = ProxyChain::new(config.proxies.clone(), CLIENT_UNREAD);
        Self {
            config,
            proxies,
            vault,
            passwords: Passwords::default(),
            check,
            tokens,
            mailbox,
            later: Later::default(),
            edge_away: EdgeAway::default(),
            live_pages: LivePages::default(),
        }
    }
}
