//! Values that are secrets whatever they are called: payment cards, JSON web tokens, keys of AWS, private keys.
//!
//! In: text, as bytes. Out: whether there is one in it. One pass, whose work grows with the text's length alone; text that
//! is too short for any is not looked at. Never here: a copy of the text, a guess at what is no card by its own check
//! digit.

/// A built-in pattern, by the name that a policy file has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    PaymentCard,
    Jwt,
    AwsKey,
    PrivateKey,
}

impl Pattern {
    pub const ALL: [(&'static str, Self); 4] = [
        ("payment_card", Self::PaymentCard),
        ("jwt", Self::Jwt),
        ("aws_key", Self::AwsKey),
        ("private_key", Self::PrivateKey),
    ];

    pub(super) fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The bits of all.
pub(super) const ALL_PATTERNS: u8 = 0b1111;
/// No pattern is shorter: the shortest card number.
pub(super) const BYTES_MIN: usize = 13;
/// What a pattern needs to be seen whole, from where it begins: cut text is looked at so far beyond the cut.
pub(crate) const BEYOND: usize = 64;

const CARD_DIGITS_MAX: usize = 19;
const AWS_BYTES: usize = 20;
const JWT_PART_MIN: usize = 8;

/// Whether one of the patterns whose bits are set is there.
#[inline(never)]
pub(super) fn find(text: &[u8], on: u8) -> bool {
    let has = |pattern: Pattern| on & pattern.bit() != 0;
    let mut before = b' ';
    for (i, byte) in text.iter().enumerate() {
        let rest = &text[i..];
        let found = match byte {
            b'3'..=b'6' | b'2' => !before.is_ascii_alphanumeric() && has(Pattern::PaymentCard) && is_card(rest),
            b'e' => !is_token(before) && has(Pattern::Jwt) && is_jwt(rest),
            b'A' => !before.is_ascii_alphanumeric() && has(Pattern::AwsKey) && is_aws(rest),
            b'-' => before != b'-' && has(Pattern::PrivateKey) && is_private_key(rest),
            _ => false,
        };
        if found {
            return true;
        }
        before = *byte;
    }
    false
}

/// Digits with single spaces or dashes between them, that an issuer could have given and whose check digit is right.
fn is_card(text: &[u8]) -> bool {
    let (mut digits, mut count) = ([0; CARD_DIGITS_MAX], 0);
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte.is_ascii_digit() {
            if count == CARD_DIGITS_MAX {
                return false;
            }
            digits[count] = byte - b'0';
            count += 1;
            let ends = rest.peek().is_none_or(|next| !next.is_ascii_alphanumeric());
            if ends && is_issued(&digits[..count]) && has_check_digit(&digits[..count]) {
                return true;
            }
        } else if !matches!(byte, b' ' | b'-') || !rest.peek().is_some_and(u8::is_ascii_digit) {
            return false;
        }
    }
    false
}

/// Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay: by the first digits, and how many there are.
fn is_issued(digits: &[u8]) -> bool {
    let [a, b, c, d, ..] = digits else { return false };
    let front = u32::from(*a) * 1000 + u32::from(*b) * 100 + u32::from(*c) * 10 + u32::from(*d);
    match front {
        4000..=4999 => matches!(digits.len(), 13 | 16 | 19),
        5100..=5599 | 2221..=2720 | 6011 | 6440..=6599 => digits.len() == 16,
        3400..=3499 | 3700..=3799 => digits.len() == 15,
        3000..=3059 | 3600..=3699 | 3800..=3999 => digits.len() == 14,
        3528..=3589 => digits.len() == 16,
        6200..=6299 => matches!(digits.len(), 16..=19),
        _ => false,
    }
}

/// Luhn's.
fn has_check_digit(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let each =
        digits.iter().rev().enumerate().map(|(i, digit)| u32::from(if i % 2 == 1 { doubled(*digit) } else { *digit }));
    each.sum::<u32>() % 10 == 0
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// `{"` in base64, a dot, and more of it.
fn is_jwt(text: &[u8]) -> bool {
    let part = |text: &[u8]| text.iter().take_while(|byte| is_token(**byte)).count();
    if !text.starts_with(b"eyJ") {
        return false;
    }
    let header = part(text);
    let Some((b'.', payload)) = text[header..].split_first() else { return false };
    header >= JWT_PART_MIN && part(&payload[..payload.len().min(JWT_PART_MIN)]) >= JWT_PART_MIN
}

/// The id of a key, beside which its secret half is never far.
fn is_aws(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (text.starts_with(b"AKIA") || text.starts_with(b"ASIA"))
        && text.len() >= AWS_BYTES
        && text[..AWS_BYTES].iter().all(is_part)
        && text.get(AWS_BYTES).is_none_or(|next| !next.is_ascii_alphanumeric())
}

/// `-----BEGIN RSA PRIVATE KEY-----`.
fn is_private_key(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"-----BEGIN ") else { return false };
    let line = &rest[..rest.len().min(BEYOND / 2)];
    line.windows(11).any(|word| word == b"PRIVATE KEY")
}
