//! Signatures that prove the domain of the sender (DKIM, RFC 6376 and 8463).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm,
    DkimSigningKey,
};
use lettre::message::header::HeaderName;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, LineEnding};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

#[derive(Debug, Clone)]
pub struct DkimSettings {
    pub domain: String,
    /// The public key is in the DNS at `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// The private key: RSA in PEM (`BEGIN RSA PRIVATE KEY` or `BEGIN PRIVATE KEY`), or Ed25519 in PEM
    /// (`BEGIN PRIVATE KEY`).
    pub key: SecretString,
}

/// A key that cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the key of `mail.dkim` cannot be used")]
pub struct UnusableKey;

/// The signed headers: all that a reader sees, and the address for replies. A header that is named once more than it
/// occurs cannot be added later (RFC 6376, 8.15).
const SIGNED: [&str; 15] = [
    "From",
    "From",
    "To",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Subject",
    "Date",
    "Date",
    "Message-ID",
    "Message-ID",
    "MIME-Version",
    "Auto-Submitted",
    "List-Unsubscribe",
];

#[derive(Debug)]
pub(super) struct Signer(DkimConfig);

impl Signer {
    pub(super) fn new(settings: &DkimSettings) -> Result<Self, UnusableKey> {
        let headers = SIGNED.iter().map(|name| HeaderName::new_from_ascii_str(name)).collect();
        // Of lettre's canonicalisations only this one verifies everywhere.
        let relaxed = DkimCanonicalizationType::Relaxed;
        let canonicalization = DkimCanonicalization { header: relaxed, body: relaxed };
        let key = key_of(settings.key.expose_secret().trim())?;
        let (selector, domain) = (settings.selector.clone(), settings.domain.clone());
        Ok(Self(DkimConfig::new(selector, domain, key, headers, canonicalization)))
    }

    pub(super) fn sign(&self, message: &mut Message) {
        message.sign(&self.0);
    }
}

fn key_of(pem: &str) -> Result<DkimSigningKey, UnusableKey> {
    let rsa = |pem: &str| DkimSigningKey::new(pem, DkimSigningAlgorithm::Rsa);
    if pem.contains("BEGIN RSA PRIVATE KEY") {
        return rsa(pem).map_err(|_| UnusableKey);
    }
    if let Ok(key) = RsaPrivateKey::from_pkcs8_pem(pem) {
        let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|_| UnusableKey)?;
        return rsa(&pem).map_err(|_| UnusableKey);
    }
    let seed = ed25519_seed(pem).ok_or(UnusableKey)?;
    DkimSigningKey::new(&seed, DkimSigningAlgorithm::Ed25519).map_err(|_| UnusableKey)
}

/// The octets before the seed in the PKCS #8 form of an Ed25519 key (RFC 8410, 7).
const ED25519_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The seed of an Ed25519 key in PEM, in base64.
fn ed25519_seed(pem: &str) -> Option<String> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(base64.trim()).ok()?;
    let seed = der.strip_prefix(&ED25519_PREFIX)?;
    (seed.len() == 32).then(|| STANDARD.encode(seed))
}
