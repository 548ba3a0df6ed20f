//! What the port shows of itself when it speaks TLS: a chain and its key, made ready for handshakes.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;

/// The only protocol that is spoken below: browsers name it for WebSockets.
const PROTOCOL: &[u8] = b"http/1.1";

/// A certificate with its key. Cheap to clone; it never shows the key.
#[derive(Clone)]
pub struct Certificate(Arc<ServerConfig>);

/// Why there is no certificate in what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInvalid(String);

impl Certificate {
    /// A chain (the server's own certificate first) and its private key, both as PEM. TLS 1.2 and 1.3.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateInvalid> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|error| CertificateInvalid(format!("the certificate is no PEM: {error}")))?;
        if chain.is_empty() {
            return Err(CertificateInvalid("there is no certificate in the PEM".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| CertificateInvalid("there is no private key in the PEM".to_owned()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| CertificateInvalid(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| CertificateInvalid(format!("certificate and key: {error}")))?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        // Connections last long: nothing is kept for resuming them.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self(Arc::new(config)))
    }

    /// What handshakes are made with.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.0.clone()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Certificate(..)")
    }
}

impl fmt::Display for CertificateInvalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Error for CertificateInvalid {}
