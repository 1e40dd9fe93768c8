//! The byte form of values: what is written is read back, and bytes that nobody wrote are an error and nothing worse.

use proptest::prelude::*;
use waspect::value::{Cut, Value, ValueError};
use waspect_abi::{Code, Kind, NAN};

fn values() -> impl Strategy<Value = Value> {
    let kind = proptest::sample::select(Kind::ALL);
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (any::<bool>(), any::<Vec<u8>>()).prop_map(|(negative, magnitude)| Value::BigInt(negative, magnitude)),
        any::<f64>().prop_filter("equal to itself", |x| !x.is_nan()).prop_map(Value::Float),
        any::<String>().prop_map(Value::Str),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        (kind.clone(), any::<String>()).prop_map(|(kind, name)| Value::Opaque(kind, name)),
        proptest::sample::select(Code::ALL).prop_map(Value::Error),
        kind.prop_map(Value::Redacted),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        let many = proptest::collection::vec(inner.clone(), 0..8);
        let pairs = proptest::collection::vec((inner.clone(), inner.clone()), 0..8);
        let fields = proptest::collection::vec((any::<String>(), inner.clone()), 0..8);
        let why = proptest::sample::select(Cut::ALL.as_slice());
        prop_oneof![
            many.clone().prop_map(Value::List),
            many.clone().prop_map(Value::Tuple),
            many.clone().prop_map(Value::Set),
            many.clone().prop_map(Value::Stack),
            many.prop_map(Value::FrozenSet),
            pairs.prop_map(Value::Dict),
            (any::<String>(), fields).prop_map(|(name, fields)| Value::Object(name, fields)),
            (why, any::<u64>(), inner).prop_map(|(why, total, inner)| Value::Cut(why, total, Box::new(inner))),
        ]
    })
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.write(&mut out);
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in values(), rest in any::<Vec<u8>>()) {
        let mut bytes = bytes_of(&value);
        bytes.extend_from_slice(&rest);
        let mut left = bytes.as_slice();
        prop_assert_eq!(Value::read(&mut left), Ok(value));
        prop_assert_eq!(left, rest.as_slice());
    }

    #[test]
    fn cut_short_it_is_an_error(value in values(), at in any::<proptest::sample::Index>()) {
        let bytes = bytes_of(&value);
        let mut front = &bytes[..at.index(bytes.len())];
        prop_assert!(Value::read(&mut front).is_err());
    }

    #[test]
    fn a_byte_changed_never_panics(value in values(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = bytes_of(&value);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_all(&bytes);
    }

    #[test]
    fn noise_never_panics(bytes in any::<Vec<u8>>()) {
        read_all(&bytes);
    }

    #[test]
    fn low_bytes_never_panic(bytes in proptest::collection::vec(0_u8..20, 0..400)) {
        read_all(&bytes);
    }
}

/// Reads as long as there are values; what is read has no more parts than there were bytes.
fn read_all(bytes: &[u8]) {
    let mut left = bytes;
    let mut parts = 0;
    while let Ok(value) = Value::read(&mut left) {
        parts += size(&value);
    }
    assert!(parts <= bytes.len(), "{parts} parts of {} bytes", bytes.len());
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::List(items)
        | Value::Tuple(items)
        | Value::Set(items)
        | Value::FrozenSet(items)
        | Value::Stack(items) => items.iter().map(size).sum(),
        Value::Dict(pairs) => pairs.iter().map(|(k, v)| size(k) + size(v)).sum(),
        Value::Object(_, fields) => fields.iter().map(|(_, v)| size(v)).sum(),
        Value::Cut(_, _, inner) => size(inner),
        _ => 0,
    }
}

fn check(bytes: &[u8], expected: Result<Value, ValueError>) {
    assert_eq!(Value::read(&mut &bytes[..]), expected, "{:?}", &bytes[..bytes.len().min(20)]);
}

/// Counts that only claim: nothing is reserved for them.
#[test]
fn hostile_bytes() {
    check(&[], Err(ValueError::Short));
    check(&[19], Err(ValueError::Tag(19)));
    check(&[18, 255, 255, 255, 255], Err(ValueError::Short));
    check(&[255], Err(ValueError::Tag(255)));
    check(&[5, 255, 255, 255, 255, b'x'], Err(ValueError::Short));
    check(&[7, 255, 255, 255, 255, 0, 0, 0], Err(ValueError::Short));
    check(&[11, 255, 255, 255, 255], Err(ValueError::Short));
    check(&[12, 0, 0, 0, 0, 255, 255, 255, 255], Err(ValueError::Short));
    check(&[5, 1, 0, 0, 0, 0xFF], Err(ValueError::Utf8));
    check(&[14, 0], Ok(Value::Error(Code::Internal)));
    check(&[14, 200], Ok(Value::Error(Code::Internal)));
    check(&[16, 200], Ok(Value::Redacted(Kind::Object)));
    check(&[15, 99, 1, 0, 0, 0, 0, 0, 0, 0, 0], Ok(Value::Cut(Cut::Budget, 1, Box::new(Value::None))));
    check(&[7, 1, 0, 0, 0].repeat(64).into_iter().chain([0]).collect::<Vec<_>>(), Ok(nested(64)));
    check(&[7, 1, 0, 0, 0].repeat(65).into_iter().chain([0]).collect::<Vec<_>>(), Err(ValueError::Deep));
    check(&[15; 100_000], Err(ValueError::Deep));
    check(&[8; 100_000], Err(ValueError::Deep));
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::None, |inner, _| Value::List(vec![inner]))
}

#[test]
fn every_nan_is_written_as_the_one() {
    for bits in [NAN, NAN | 1, 0xFFF8 << 48, 0x7FF0 << 48 | 5, u64::MAX] {
        assert_eq!(bytes_of(&Value::Float(f64::from_bits(bits))), [&[4], &NAN.to_le_bytes()[..]].concat());
    }
}
