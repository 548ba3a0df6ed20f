//! Who may log in to OUCH: name, secret and network, checked with the same work whatever is wrong.
//! Secrets are never shown, stored or compared in variable time.

use std::hint::black_box;
use std::net::{IpAddr, Ipv6Addr};

use garraway_engine::{Engine, Session};
use garraway_types::{AccountId, code::PROTOCOL_OUCH};
use garraway_wire::soupbintcp::{LoginReject, LoginRequest, SessionName};
use sha2::{Digest, Sha256};

/// What becomes of a log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It holds for this session and account.
    Accept {
        /// The session's number.
        session: u32,
        /// The account that it trades on.
        account: AccountId,
    },
    /// It does not.
    Reject(LoginReject),
}

/// Judges a log-in from `peer`.
pub fn decide(request: &LoginRequest, peer: IpAddr, current: SessionName, engine: &Engine) -> Decision {
    let found = engine.session_by_name(request.username.as_str());
    let session = found.filter(|session| session.protocol == PROTOCOL_OUCH);
    if !may_enter(session, request.password.expose(), peer) {
        return Decision::Reject(LoginReject::NotAuthorized);
    }
    let wanted = request.requested_session;
    match session {
        Some(session) if wanted.is_blank() || wanted == current => {
            Decision::Accept { session: session.session, account: session.default_account }
        }
        _ => Decision::Reject(LoginReject::SessionNotAvailable),
    }
}

/// Checks secret and network against the session, or against nothing at the same cost.
fn may_enter(session: Option<&Session>, secret: &str, peer: IpAddr) -> bool {
    let (salt, verifier) = session.map_or(([0; 16], [0; 32]), |session| (session.salt, session.verifier));
    let (network, prefix) =
        session.map_or(([0; 16], 128), |session| (session.network, session.network_prefix));
    let hash: [u8; 32] = Sha256::new().chain_update(salt).chain_update(secret.as_bytes()).finalize().into();
    let secret_right = equal_in_constant_time(&hash, &verifier);
    let network_right = is_in_network(peer, network, prefix);
    session.is_some() & secret_right & network_right
}

/// Compares without stopping at the first difference.
fn equal_in_constant_time(left: &[u8; 32], right: &[u8; 32]) -> bool {
    let difference = left.iter().zip(right).fold(0, |all, (left, right)| black_box(all | (left ^ right)));
    black_box(difference) == 0
}

/// Whether the address shares the leading `prefix` bits of `network`; IPv4 counts as IPv4-mapped IPv6.
fn is_in_network(peer: IpAddr, network: [u8; 16], prefix: u8) -> bool {
    let address = match peer {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
    (u128::from(address) ^ u128::from(Ipv6Addr::from(network))) & mask == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(text: &str) -> [u8; 16] {
        let address: std::net::Ipv4Addr = text.parse().unwrap();
        address.to_ipv6_mapped().octets()
    }

    #[test]
    fn a_prefix_of_zero_lets_every_address_in() {
        assert!(is_in_network("203.0.113.9".parse().unwrap(), mapped("10.0.0.0"), 0));
        assert!(is_in_network("2001:db8::1".parse().unwrap(), mapped("10.0.0.0"), 0));
    }

    #[test]
    fn a_prefix_counts_leading_bits_of_the_mapped_address() {
        let network = mapped("10.1.0.0");
        assert!(is_in_network("10.1.255.255".parse().unwrap(), network, 96 + 16));
        assert!(!is_in_network("10.2.0.0".parse().unwrap(), network, 96 + 16));
        assert!(is_in_network("10.1.0.0".parse().unwrap(), network, 128));
        assert!(!is_in_network("10.1.0.1".parse().unwrap(), network, 128));
    }

    #[test]
    fn hashes_are_equal_in_all_bytes_or_not_at_all() {
        let left = [7; 32];
        assert!(equal_in_constant_time(&left, &left));
        for at in 0..32 {
            let mut right = left;
            right[at] ^= 1;
            assert!(!equal_in_constant_time(&left, &right), "byte {at}");
        }
    }
}
