//! Passkeys: keys that a person's own devices hold, used with a finger, a face
//! or a PIN. The requirements are here; `webauthn_rp` verifies the WebAuthn
//! ceremonies, and no other module uses that crate.
//!
//! Every passkey is discoverable and verifies its holder, so that each works
//! both as a second factor and alone. Attestation is not requested: the make of
//! a device is none of our business.

use sha2::{Digest, Sha256};
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::{AuthenticationVerificationOptions, SignatureCounterEnforcement};
use webauthn_rp::request::register::{
    CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
    UserHandle, Username,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::register::error::RegCeremonyErr;
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
};

use super::{EmailAddress, Id, TokenHash};

/// Maximum number per account.
pub const MOST: usize = 20;
/// Time limit of a ceremony.
pub const CEREMONY_MILLIS: u64 = 5 * 60_000;
/// Maximum length of a passkey's name.
pub const NAME_CHARS: usize = 100;

/// The user handle is the account's id, 16 ASCII digits: it does not identify
/// the person.
const HANDLE_BYTES: usize = 16;

type Handle = UserHandle<HANDLE_BYTES>;
type Key = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// What changes with each use of a passkey.
pub type PasskeyState = [u8; 7];

/// What a ceremony is for. It cannot be completed for another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To create a passkey.
    Register,
    /// To log in without a password.
    LogIn,
    /// To log in after the password.
    Factor,
    /// To confirm one's identity again.
    Proof,
}

impl Purpose {
    /// The spelling in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::LogIn => "log-in",
            Self::Factor => "factor",
            Self::Proof => "proof",
        }
    }
}

/// Why a passkey is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Not what a browser sends.
    #[error("the passkey's response cannot be read")]
    Malformed,
    /// Never started, started elsewhere or for another purpose, answered
    /// before, or expired.
    #[error("the ceremony is over")]
    Over,
    /// Used on a page of another origin.
    #[error("the passkey was used on another origin")]
    ForeignOrigin,
    /// Of another relying party.
    #[error("the passkey belongs to another site")]
    ForeignSite,
    /// The device did not verify its holder.
    #[error("the device did not verify its user")]
    NotVerified,
    /// Not one of ours, someone else's, or signed by another key.
    #[error("the passkey does not belong to this account")]
    Unknown,
    /// Its counter went backwards, as happens with two copies.
    #[error("the passkey may have been copied")]
    Copied,
    /// Already registered, or the account has the maximum.
    #[error("the account already has this passkey, or has the maximum number")]
    Full,
}

impl PasskeyError {
    /// For metrics and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "passkey-malformed",
            Self::Over => "passkey-over",
            Self::ForeignOrigin => "passkey-foreign-origin",
            Self::ForeignSite => "passkey-foreign-site",
            Self::NotVerified => "passkey-not-verified",
            Self::Unknown => "passkey-unknown",
            Self::Copied => "passkey-copied",
            Self::Full => "passkey-full",
        }
    }

    /// The message for the holder.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Malformed | Self::ForeignOrigin | Self::ForeignSite => {
                "Your browser's response could not be used. Reload the page and try again."
            }
            Self::Over => "This took too long or was already completed. Try again.",
            Self::NotVerified => {
                "Your device must verify you by fingerprint, face or PIN. Set that up and try again."
            }
            Self::Unknown => "This account does not have this passkey.",
            Self::Copied => {
                "This passkey may have been copied and is no longer accepted. Log in another way and remove it."
            }
            Self::Full => {
                "This device already has a passkey for this account, or the account has the maximum of 20 passkeys."
            }
        }
    }
}

/// Our identity towards browsers and devices.
#[derive(Debug)]
pub struct RelyingParty {
    id: RpId,
    origin: String,
}

/// A request to a browser, and what its answer is checked against.
#[derive(Debug)]
pub struct Begun {
    /// For the browser, in the JSON of WebAuthn.
    pub options: String,
    /// Identifies the ceremony.
    pub challenge: TokenHash,
    /// Stored until the answer arrives.
    pub state: Vec<u8>,
}

/// An existing passkey, so that its device creates no second one.
#[derive(Debug, Clone)]
pub struct Known {
    pub credential: Vec<u8>,
    /// How the device is connected.
    pub transports: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub credential: Vec<u8>,
    /// How the device is connected.
    pub transports: u8,
    /// Its public key.
    pub key: Vec<u8>,
    pub state: PasskeyState,
}

/// The stored passkey that an answer is checked against.
#[derive(Debug, Clone)]
pub struct Kept {
    pub credential: Vec<u8>,
    pub account: Id,
    /// Its public key.
    pub key: Vec<u8>,
    pub state: PasskeyState,
}

/// A browser's answer after creating a passkey.
#[derive(Debug)]
pub struct Made(Registration);

/// A browser's answer after using a passkey.
#[derive(Debug)]
pub struct Used(DiscoverableAuthentication<HANDLE_BYTES>);

impl Made {
    /// From the JSON of WebAuthn.
    pub fn read(json: &str) -> Result<Self, PasskeyError> {
        Registration::from_json_relaxed(json.as_bytes())
            .map(Self)
            .map_err(|_| PasskeyError::Malformed)
    }

    /// The ceremony that it claims to answer.
    pub fn challenge(&self) -> Result<TokenHash, PasskeyError> {
        self.0.challenge_relaxed().map(|it| hash(it.0)).map_err(|_| PasskeyError::Malformed)
    }
}

impl Used {
    /// From the JSON of WebAuthn.
    pub fn read(json: &str) -> Result<Self, PasskeyError> {
        DiscoverableAuthentication::from_json_relaxed(json.as_bytes())
            .map(Self)
            .map_err(|_| PasskeyError::Malformed)
    }

    /// The ceremony that it claims to answer.
    pub fn challenge(&self) -> Result<TokenHash, PasskeyError> {
        self.0.challenge_relaxed().map(|it| hash(it.0)).map_err(|_| PasskeyError::Malformed)
    }

    /// The credential id that it claims.
    pub fn credential(&self) -> Vec<u8> {
        self.0.raw_id().into_inner().to_vec()
    }
}

impl RelyingParty {
    /// For a console's domain and origin. `None` if passkeys cannot be bound to
    /// the domain, for example because it is an IP address.
    pub fn new(domain: &str, origin: String) -> Option<Self> {
        let id = AsciiDomain::try_from(domain.to_owned()).ok().map(RpId::Domain)?;
        Some(Self { id, origin })
    }

    /// Asks a browser to create a passkey.
    pub fn register(
        &self,
        account: &Id,
        email: &EmailAddress,
        name: &str,
        known: &[Known],
    ) -> Result<Begun, PasskeyError> {
        let handle = handle(account)?;
        let shown = Username::try_from(email.as_str());
        let shown = shown.or_else(|_| Username::try_from(account.as_str()));
        let user = PublicKeyCredentialUserEntity {
            name: shown.map_err(|_| PasskeyError::Malformed)?,
            id: &handle,
            display_name: Nickname::try_from(name).ok(),
        };
        let known = known.iter().filter_map(|known| {
            let id = CredentialId::<Vec<u8>>::decode(known.credential.clone()).ok()?;
            let transports = AuthTransports::decode(known.transports).ok()?;
            Some(PublicKeyCredentialDescriptor { id, transports })
        });
        let mut options =
            PublicKeyCredentialCreationOptions::passkey(&self.id, user, known.collect());
        // User verification is checked with each use; some devices refuse what
        // they cannot guarantee.
        options.extensions.cred_protect = CredProtect::None;
        let challenge = hash(options.challenge.as_data());
        let (server, client) = options.start_ceremony().map_err(|_| PasskeyError::Malformed)?;
        Ok(Begun {
            options: serde_json::to_string(&client).map_err(|_| PasskeyError::Malformed)?,
            challenge,
            state: server.encode().map_err(|_| PasskeyError::Malformed)?,
        })
    }

    /// Verifies a new passkey.
    pub fn registered(&self, state: &[u8], made: &Made) -> Result<Registered, PasskeyError> {
        let server = RegistrationServerState::<HANDLE_BYTES>::decode(state)
            .map_err(|_| PasskeyError::Over)?;
        let origins = [self.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            // Browsers request protections of their own accord.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let new = server.verify(&self.id, &made.0, &options).map_err(|error| refused(&error))?;
        let Ok(key) = new.static_state().encode();
        let Ok(state) = new.dynamic_state().encode();
        let Ok(transports) = new.transports().encode();
        Ok(Registered { credential: new.id().into_inner().to_vec(), transports, key, state })
    }

    /// Asks a browser for any passkey that it has for us.
    pub fn ask(&self) -> Result<Begun, PasskeyError> {
        let options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        let challenge = hash(options.0.challenge.as_data());
        let (server, client) = options.start_ceremony().map_err(|_| PasskeyError::Malformed)?;
        Ok(Begun {
            options: serde_json::to_string(&client).map_err(|_| PasskeyError::Malformed)?,
            challenge,
            state: server.encode().map_err(|_| PasskeyError::Malformed)?,
        })
    }

    /// Verifies the use of a passkey; returns its new state.
    pub fn used(
        &self,
        state: &[u8],
        used: &Used,
        kept: &Kept,
    ) -> Result<PasskeyState, PasskeyError> {
        let server =
            DiscoverableAuthenticationServerState::decode(state).map_err(|_| PasskeyError::Over)?;
        let handle = handle(&kept.account)?;
        let unknown = || PasskeyError::Unknown;
        let id = CredentialId::<&[u8]>::decode(&kept.credential).map_err(|_| unknown())?;
        let key = Key::decode(&kept.key).map_err(|_| unknown())?;
        let before = DynamicState::decode(kept.state).map_err(|_| unknown())?;
        let mut credential =
            AuthenticatedCredential::new(id, &handle, key, before).map_err(|_| unknown())?;
        let origins = [self.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            sig_counter_enforcement: SignatureCounterEnforcement::Fail,
            ..AuthenticationVerificationOptions::default()
        };
        server
            .verify(&self.id, &used.0, &mut credential, &options)
            .map_err(|error| not_taken(&error))?;
        let Ok(after) = credential.dynamic_state().encode();
        Ok(after)
    }
}

/// A name for a list: trimmed, on one line, of limited length.
pub fn name(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let name = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= NAME_CHARS).then_some(name)
}

fn handle(account: &Id) -> Result<Handle, PasskeyError> {
    let bytes: [u8; HANDLE_BYTES] =
        account.as_str().as_bytes().try_into().map_err(|_| PasskeyError::Unknown)?;
    let Ok(handle) = Handle::decode(bytes);
    Ok(handle)
}

fn hash(challenge: u128) -> TokenHash {
    TokenHash::of_digest(Sha256::digest(challenge.to_le_bytes()).into())
}

fn refused(error: &RegCeremonyErr) -> PasskeyError {
    match error {
        RegCeremonyErr::Timeout | RegCeremonyErr::ChallengeMismatch => PasskeyError::Over,
        RegCeremonyErr::OriginMismatch
        | RegCeremonyErr::CrossOrigin
        | RegCeremonyErr::TopOriginMismatch => PasskeyError::ForeignOrigin,
        RegCeremonyErr::RpIdHashMismatch => PasskeyError::ForeignSite,
        RegCeremonyErr::UserNotPresent | RegCeremonyErr::UserNotVerified => {
            PasskeyError::NotVerified
        }
        _ => PasskeyError::Malformed,
    }
}

fn not_taken(error: &AuthCeremonyErr) -> PasskeyError {
    match error {
        AuthCeremonyErr::Timeout | AuthCeremonyErr::ChallengeMismatch => PasskeyError::Over,
        AuthCeremonyErr::OriginMismatch
        | AuthCeremonyErr::CrossOrigin
        | AuthCeremonyErr::TopOriginMismatch => PasskeyError::ForeignOrigin,
        AuthCeremonyErr::RpIdHashMismatch => PasskeyError::ForeignSite,
        AuthCeremonyErr::UserNotVerified => PasskeyError::NotVerified,
        AuthCeremonyErr::SignatureCounter => PasskeyError::Copied,
        AuthCeremonyErr::AssertionSignature
        | AuthCeremonyErr::UserHandleMismatch
        | AuthCeremonyErr::MissingUserHandle
        | AuthCeremonyErr::CredentialIdMismatch => PasskeyError::Unknown,
        _ => PasskeyError::Malformed,
    }
}
