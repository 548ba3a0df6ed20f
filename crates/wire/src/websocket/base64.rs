//! Base64 as the handshake needs it. Source: RFC 4648, section 4.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text of some bytes, padded.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = group
            .iter()
            .enumerate()
            .fold(0u32, |number, (at, byte)| number | u32::from(*byte) << (16 - 8 * at));
        for place in 0..4 {
            let digit = (number >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= group.len() { ALPHABET[digit] as char } else { '=' });
        }
    }
    text
}

/// Whether this is the text of exactly 16 bytes.
pub(super) fn is_of_16(text: &[u8]) -> bool {
    let [digits @ .., b'=', b'='] = text else { return false };
    digits.len() == 22 && digits.iter().all(|digit| ALPHABET.contains(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_rfc() {
        let cases = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in cases.iter().enumerate() {
            assert_eq!(encode(&b"foobar"[..length]), *text);
        }
    }

    #[test]
    fn a_key_is_of_sixteen_bytes() {
        assert!(is_of_16(encode(&[7; 16]).as_bytes()));
        assert!(!is_of_16(encode(&[7; 15]).as_bytes()));
        assert!(!is_of_16(encode(&[7; 17]).as_bytes()));
        assert!(!is_of_16(b"AAAAAAAAAAAAAAAAAAAAA.=="));
        assert!(!is_of_16(b""));
    }
}
