//! Signed modules: what holds, what does not, and what a policy that requires signatures says of each.
//!
//! In: a module signed here, and changes of it that an enemy would make. Out: verdicts, as the agent has them. Never here: a key of
//! somebody's.

use std::path::PathBuf;

use waspect::cli::policy::parse as read_policy;
use waspect::limits::Budget;
use waspect::module::{At, digest, parse, unsigned, with_places, with_signatures};
use waspect::policy::{Is, Policy, Rule};
use waspect::signature::{KeyError, PublicKey, SecretKey, Signature};

const TEXT: &str = r#"(module
    (import "probe1.get" "arg0" (func $arg0 (result i64)))
    (func $probe (export "fn:shop.cart.add:entry") (drop (call $arg0)))
    (@custom "producers" "by hand"))"#;

fn plain() -> Vec<u8> {
    wat::parse_str(TEXT).expect("text")
}

fn key(seed: u8) -> SecretKey {
    SecretKey::of([seed; 32]).expect("a key")
}

fn signed_by(plain: &[u8], keys: &[&SecretKey]) -> Vec<u8> {
    let mut all: Vec<Signature> = keys.iter().map(|key| key.sign(&digest(plain))).collect();
    all.sort_by_key(|one| one.key);
    with_signatures(plain, &all)
}

/// Requires a signature of `alice`, whose key this is.
fn requiring(key: &PublicKey) -> Policy {
    read_policy("p.toml", &format!("require_signed = true\n[keys]\nalice = \"{key}\"\n")).expect("a policy")
}

/// What the policy says of a module, or the check before it.
fn verdict(policy: &Policy, bytes: &[u8], at: &[At]) -> String {
    let Ok(module) = parse("m.wasm", bytes, at).map_err(|e| e.to_string()) else {
        return parse("m.wasm", bytes, at).map(drop).expect_err("refused").to_string();
    };
    policy
        .module(module.manifest(), &policy.lowered(Budget::DEFAULT))
        .map_or_else(|e| e.to_string(), |()| "ok".to_owned())
}

fn section(name: &str, content: &[u8]) -> Vec<u8> {
    let named = [&[name.len() as u8][..], name.as_bytes(), content].concat();
    assert!(named.len() < 0x4000);
    [&[0, (named.len() & 0x7F) as u8 | 0x80, (named.len() >> 7) as u8][..], &named].concat()
}

const END: &str = ", and `require_signed` is set (p.toml:1)";

#[test]
fn who_signed_what() {
    let (alice, bob, plain) = (key(1), key(2), plain());
    let policy = requiring(&alice.public());
    let signed = signed_by(&plain, &[&alice]);
    let check = |what: &str, bytes: &[u8], expected: &str| {
        let found = verdict(&policy, bytes, &[]);
        assert_eq!(found, expected, "{what}");
    };
    let unknown = format!("the module is signed by `{}`, whom `[keys]` does not list{END}", bob.public().id());
    let (none, changed) =
        (format!("the module is not signed{END}"), format!("the module is not what `alice` signed{END}"));
    let last = "custom section `probe1.sig` is not the last section, as it must be";
    check("signed", &signed, "ok");
    check("by two", &signed_by(&plain, &[&alice, &bob]), "ok");
    check("without", &plain, &none);
    check("stripped", &unsigned(&signed), &none);
    check("by another", &signed_by(&plain, &[&bob]), &unknown);
    let other = wat::parse_str(TEXT.replace("cart", "cash")).expect("text");
    check("over another module", &[&other[..], &signed[plain.len()..]].concat(), &changed);
    let renamed = [&plain[..], &section("name", &[0, 2, 1, b'x'])].concat();
    check("under a name that came later", &[&renamed[..], &signed[plain.len()..]].concat(), &changed);
    let produced = String::from_utf8_lossy(&signed).find("by hand").expect("a section");
    let mut flipped = signed.clone();
    flipped[signed.windows(7).position(|bytes| bytes == b"by hand").unwrap_or(produced)] ^= 1;
    check("a letter of a section that nobody reads", &flipped, &changed);
    check("something behind it", &[&signed[..], &section("x", b"y")].concat(), last);
    check("twice", &[&signed[..], &signed[plain.len()..]].concat(), last);
    check("in front", &[&plain[..8], &signed[plain.len()..], &plain[8..]].concat(), last);
    let moved = [&signed[..], &section("probe1.at", b"fn:shop.cart.add:entry=fn:shop.auth.login:entry")].concat();
    check("places behind it", &moved, last);
    let placed = with_places(&plain, "fn:shop.cart.add:entry=fn:shop.auth.login:entry\n");
    check("places under it", &[&placed[..], &signed[plain.len()..]].concat(), &changed);
    check("places that were signed", &signed_by(&placed, &[&alice]), "ok");
    // The operator's word moves what was vetted for one place to another.
    let at: At = "fn:shop.cart.add:entry=fn:shop.auth.login:entry".parse().expect("a place");
    let found = verdict(&policy, &signed, &[at]);
    assert_eq!(found, format!("the module is signed, but placed by `at`{END}"));
    assert_eq!(verdict(&Policy::default(), &plain, &[]), "ok", "nobody asks");
}

/// Whatever is changed in what ends a module, it is refused.
#[test]
fn sections_that_lie() {
    let (alice, plain) = (key(1), plain());
    let policy = requiring(&alice.public());
    let one = alice.sign(&digest(&plain));
    let whole = with_signatures(&plain, &[one]);
    for at in plain.len()..whole.len() {
        for bit in [1, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= bit;
            assert_ne!(verdict(&policy, &bytes, &[]), "ok", "byte {at}");
        }
        assert_ne!(verdict(&policy, &whole[..at], &[]), "ok", "cut at {at}");
    }
    let content = [&one.key.0[..], one.halves.as_flattened()].concat();
    let bad = |content: &[u8]| verdict(&policy, &[&plain[..], &section("probe1.sig", content)].concat(), &[]);
    let check = |content: &[u8], expected: &str| {
        let found = bad(content);
        assert!(found.starts_with(&format!("custom section `probe1.sig` is {expected}")), "{found}");
    };
    assert_eq!(bad(&[&[1], &content[..]].concat()), "ok");
    check(&[], "of another version");
    check(&[&[2], &content[..]].concat(), "of another version");
    check(&[1], "out of order");
    check(&[&[1], &content[..95]].concat(), "cut short");
    check(&[&[1], &content[..], &[0]].concat(), "cut short");
    check(&[&[1], &content[..], &content[..]].concat(), "out of order");
    let (mut low, mut high) = (key(1).sign(&digest(&plain)), key(2).sign(&digest(&plain)));
    if low.key > high.key {
        (low, high) = (high, low);
    }
    assert!(!parse("m.wasm", &with_signatures(&plain, &[high, low]), &[]).is_ok_and(|_| true));
}

/// The order of the group, as `S` is written.
const ORDER: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Points that are their own eighth of the group, the two that are written wrongly among them.
const SMALL: [&str; 10] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000080",
];

fn digits(text: &str) -> [u8; 32] {
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("digits"))
}

/// `S` plus the order is the same number, written as nobody may.
#[test]
fn numbers_are_written_in_one_way() {
    let (alice, digest) = (key(1), digest(&plain()));
    let one = alice.sign(&digest);
    assert!(one.holds(&digest));
    assert_eq!(one, alice.sign(&digest), "the same again");
    let mut carry = 0;
    let other: [u8; 32] = std::array::from_fn(|i| {
        let sum = u16::from(one.halves[1][i]) + u16::from(ORDER[i]) + carry;
        carry = sum >> 8;
        sum as u8
    });
    let malleable = Signature { halves: [one.halves[0], other], ..one };
    assert!(!malleable.holds(&digest));
    assert!(!Signature { halves: [one.halves[0], ORDER], ..one }.holds(&digest));
    assert!(!Signature { halves: [one.halves[1], one.halves[0]], ..one }.holds(&digest));
}

/// With such a key, or such an `R`, one signature would be over many messages.
#[test]
fn points_of_small_order_hold_nothing() {
    let (alice, digest, [base, zero]) = (key(1), digest(&plain()), [[0x66; 32], [0; 32]]);
    let mut one_of_base = base;
    one_of_base[0] = 0x58;
    for small in SMALL {
        let point = digits(small);
        assert_eq!(format!("ed25519:{small}").parse::<PublicKey>(), Err(KeyError::Weak), "{small}");
        for (key, r, s) in [
            (PublicKey(point), point, zero),
            (PublicKey(point), one_of_base, [&[1], &[0; 31][..]].concat().try_into().expect("32 bytes")),
            (alice.public(), point, zero),
        ] {
            let forged = Signature { key, halves: [r, s] };
            assert!(!forged.holds(&digest), "{small}");
            // Not even where a policy that nobody parsed lists it.
            let mut policy = requiring(&alice.public());
            policy.rules.push(Rule { is: Is::Key, text: format!("{} weak", key.digits()), value: 0, line: 3 });
            assert_ne!(verdict(&policy, &with_signatures(&plain(), &[forged]), &[]), "ok");
        }
    }
}

/// The first of the test vectors of RFC 8032: its public key is that of its secret one.
#[test]
fn keys_are_those_of_the_standard() {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let secret: SecretKey = format!("ed25519-secret:{seed}\n").parse().expect("a key");
    let line = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(secret.public().to_string(), line);
    assert_eq!(secret.public().id(), "d75a980182b10ab7");
    assert_eq!(line.parse(), Ok(secret.public()));
    assert_eq!(secret.to_line(), format!("ed25519-secret:{seed}\n"));
    assert!(!format!("{secret:?}").contains(&seed[..8]), "it is not shown");
    for (text, expected) in [
        ("", KeyError::NotPublic),
        ("ed25519:d75a", KeyError::NotPublic),
        (&line[8..], KeyError::NotPublic),
        (&line.replace("d75", "x75"), KeyError::NotPublic),
        (&line.replace("d75", "é7"), KeyError::NotPublic),
        (&secret.to_line(), KeyError::Secret),
    ] {
        assert_eq!(text.parse::<PublicKey>(), Err(expected), "{text}");
    }
    for (text, expected) in [("alice.key", KeyError::NotSecret), (line, KeyError::Public)] {
        assert_eq!(text.parse::<SecretKey>().map(drop), Err(expected), "{text}");
    }
    assert!(SecretKey::of([0; 32]).is_none());
}

/// A policy's text, and what is wrong with it.
#[test]
fn keys_of_policies() {
    let (alice, bob) = (key(1), key(2));
    let check = |text: &str, expected: &str| {
        let told = read_policy("p.toml", text).expect_err(text).told("p.toml");
        assert!(told.starts_with(expected), "{text:?}\n  says {told}\n  expected {expected}");
        assert!(!told.contains(&alice.to_line()[20..40]), "a secret is repeated: {told}");
    };
    check("\nrequire_signed = true\n", "p.toml:2: `require_signed` is set, and nobody may sign");
    check("require_signed = \"yes\"\n", "p.toml:1: invalid type");
    check("[keys]\n\nalice = \"alice.pub\"\n", "p.toml:3: the key of `alice`: expected a public key");
    let secret = alice.to_line();
    check(
        &format!("[keys]\nalice = \"{}\"\n", secret.trim()),
        "p.toml:2: the key of `alice`: expected a public key, found a secret",
    );
    check(&format!("[keys]\nalice = \"ed25519:{}\"\n", SMALL[0]), "p.toml:2: the key of `alice`: expected a point");
    let twice = format!("[keys]\nalice = \"{0}\"\nbob = \"{0}\"\n", alice.public());
    check(&twice, "p.toml:3: the key of `bob` is that of `alice`");
    check(&format!("[keys]\n\"a\\nb\" = \"{}\"\n", bob.public()), "p.toml:2: expected the name of a signer");
    check("[redact]\nrequire_signed = true\n", "p.toml:2: unknown field `require_signed`");
    // Keys alone only name who signed.
    let policy =
        read_policy("p.toml", &format!("require_signed = false\n[keys]\nbob = \"{}\"\n", bob.public())).expect("good");
    assert_eq!(verdict(&policy, &plain(), &[]), "ok");
    assert_eq!(policy.signer(&bob.public()), Some("bob"));
}

/// Of bytes that are no module nothing is taken away; of a module all of these sections, wherever they are.
#[test]
fn signatures_can_be_taken_away() {
    let (plain, alice) = (plain(), key(1));
    let signed = signed_by(&plain, &[&alice]);
    let sig = &signed[plain.len()..];
    for bytes in [&plain[..], &signed, &[&plain[..8], sig, &plain[8..], sig].concat()] {
        assert_eq!(unsigned(bytes), plain);
    }
    for bytes in [&b""[..], b"\0asm", b"(module)", &[0xFF; 64]] {
        assert_eq!(unsigned(bytes), bytes);
    }
}

/// The document says which bytes are signed, for whoever signs with something else.
#[test]
fn the_abi_says_what_is_signed() {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "docs", "ABI.md"].iter().collect();
    let page = std::fs::read_to_string(path).expect("the page");
    for words in ["`probe1.sig`", "`waspect module 1`", "SHA-256", "32 bytes of the public key and 64 of the signature"]
    {
        assert!(page.contains(words), "{words}");
    }
}
