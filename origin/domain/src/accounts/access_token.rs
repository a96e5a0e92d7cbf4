//! Access tokens of the API: JWTs (RFC 7519) that live a quarter of an hour,
//! signed with HMAC-SHA-256 under keys of the console's ring. A token names its
//! session; whether that session is still valid is looked up each time.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey, Header, Validation};
use munjigi_keys::{KeyRing, Kid, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Id;

const INFO: &[u8] = b"munjigi/v1/api-access-token";
const AUDIENCE: &str = "munjigi-api";
/// Lifetime of a token in seconds.
pub const LIFETIME_SECONDS: u64 = 15 * 60;

/// Issues and verifies tokens.
#[derive(Clone)]
pub struct AccessTokens {
    issuer: String,
    keys: Vec<(Kid, EncodingKey, DecodingKey)>,
}

/// The content of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: u64,
    exp: u64,
}

/// The holder of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    pub account: Id,
    pub session: Id,
}

/// Why a token grants no access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// Not one of ours, or modified.
    #[error("the access token was not issued by this service")]
    Invalid,
    /// Older than a quarter of an hour.
    #[error("the access token has expired; exchange the refresh token")]
    Expired,
}

impl AccessTokens {
    /// With the keys of a ring. `issuer` is the console's address.
    pub fn new(ring: &KeyRing, issuer: &str) -> Self {
        // Once per process; a second test finds it installed.
        let _ = HS256.install_default();
        let pair = |key: &munjigi_keys::RingKey| {
            let derived = key.derive(INFO);
            let (encoding, decoding) =
                (EncodingKey::from_secret(&*derived), DecodingKey::from_secret(&*derived));
            (key.kid(), encoding, decoding)
        };
        Self { issuer: issuer.to_owned(), keys: ring.keys().map(pair).collect() }
    }

    /// Issues a token for a session.
    #[expect(clippy::missing_panics_doc, reason = "a ring has a key, and claims are plain data")]
    pub fn issue(&self, bearer: &Bearer, now: UnixMillis) -> String {
        let (kid, key, _) = self.keys.first().expect("a ring has a first key");
        let iat = now.0 / 1_000;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.account.to_string(),
            sid: bearer.session.to_string(),
            iat,
            exp: iat + LIFETIME_SECONDS,
        };
        let header = Header { kid: Some(kid.as_str().to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, key).expect("claims are plain data")
    }

    /// Verifies a token and returns its holder.
    pub fn read(&self, text: &str, now: UnixMillis) -> Result<Bearer, AccessTokenError> {
        let invalid = AccessTokenError::Invalid;
        let header = jsonwebtoken::decode_header(text).map_err(|_| invalid)?;
        let kid = header.kid.ok_or(invalid)?;
        let key = self.keys.iter().find(|(other, ..)| other.as_str() == kid);
        let (.., key) = key.ok_or(invalid)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Checked below, by the clock that is passed in.
        validation.validate_exp = false;
        let read = jsonwebtoken::decode::<Claims>(text, key, &validation).map_err(|_| invalid)?;
        let claims = read.claims;
        if claims.exp <= now.0 / 1_000 {
            return Err(AccessTokenError::Expired);
        }
        let (account, session) = (claims.sub.parse(), claims.sid.parse());
        Ok(Bearer {
            account: account.map_err(|_| invalid)?,
            session: session.map_err(|_| invalid)?,
        })
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens")
    }
}

/// One algorithm and no other: a header that names another is refused before
/// any key is used.
static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => {
            Ok(Box::new(Hs256::new(key.as_bytes())?) as Box<dyn JwtSigner>)
        }
        _ => Err(Error::from(ErrorKind::InvalidAlgorithm)),
    },
    verifier_factory: |algorithm, key| match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => {
            Ok(Box::new(Hs256::new(key.try_get_as_bytes()?)?) as Box<dyn JwtVerifier>)
        }
        _ => Err(Error::from(ErrorKind::InvalidAlgorithm)),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(key: &[u8]) -> Result<Self, Error> {
        Hmac::new_from_slice(key).map(Self).map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), signature::Error> {
        // In constant time.
        let computed = self.0.clone().chain_update(message);
        computed.verify_slice(tag).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const B: &str = "_________________________________________-8";
    const NOON: UnixMillis = UnixMillis(1_795_176_030_000);

    fn tokens(ring: &str) -> AccessTokens {
        AccessTokens::new(&KeyRing::parse(ring).unwrap(), "https://console.example/")
    }

    fn bearer() -> Bearer {
        Bearer {
            account: "0123456789abcdef".parse().unwrap(),
            session: "fedcba9876543210".parse().unwrap(),
        }
    }

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis(NOON.0 + seconds * 1_000)
    }

    #[test]
    fn a_token_names_its_holder_for_a_quarter_of_an_hour() {
        let tokens = tokens(&format!("k1:{A}"));
        let text = tokens.issue(&bearer(), NOON);
        assert_eq!(tokens.read(&text, NOON), Ok(bearer()));
        assert_eq!(tokens.read(&text, at(LIFETIME_SECONDS - 1)), Ok(bearer()));
        assert_eq!(tokens.read(&text, at(LIFETIME_SECONDS)), Err(AccessTokenError::Expired));
    }

    #[test]
    fn forged_or_altered_access_tokens_are_refused() {
        let ours = tokens(&format!("k1:{A}"));
        let text = ours.issue(&bearer(), NOON);
        let theirs = tokens(&format!("k1:{B}")).issue(&bearer(), NOON);
        let elsewhere =
            AccessTokens::new(&KeyRing::parse(&format!("k1:{A}")).unwrap(), "https://other/")
                .issue(&bearer(), NOON);
        let parts: Vec<&str> = text.split('.').collect();
        let header = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
        let none = header(r#"{"alg":"none","kid":"k1"}"#);
        let other = header(r#"{"alg":"HS512","kid":"k1"}"#);
        let without = header(r#"{"alg":"HS256"}"#);
        for forged in [
            theirs,
            elsewhere,
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{other}.{}.{}", parts[1], parts[2]),
            format!("{without}.{}.{}", parts[1], parts[2]),
            format!("{}.{}", parts[0], parts[1]),
            String::new(),
            "mjk_x".to_owned(),
        ] {
            assert_eq!(ours.read(&forged, NOON), Err(AccessTokenError::Invalid), "{forged}");
        }
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last base64 digit carries unused bits.
            if at + 1 < text.len() {
                assert!(ours.read(&changed, NOON).is_err(), "{at}");
            }
        }
    }

    #[test]
    fn a_rotation_keeps_issued_tokens_valid() {
        let before = tokens(&format!("k1:{A}")).issue(&bearer(), NOON);
        assert_eq!(tokens(&format!("k2:{B},k1:{A}")).read(&before, NOON), Ok(bearer()));
        assert!(tokens(&format!("k2:{B}")).read(&before, NOON).is_err());
    }
}
