//! Trees and comparisons over plain data: fake objects → bytes → values.

use proptest::prelude::*;
use waspect::introspect::compare::{INCOMPARABLE, cmp, eq};
use waspect::introspect::fake::{Fake, FakeFrame, FakeObj, Fields, Ref, put, put_frame, set};
use waspect::introspect::tree::{BUDGET_BYTES_MIN, TreeLimits, encode, encode_whole};
use waspect::introspect::{Introspect, Whole};
use waspect::policy::Redaction;
use waspect::value::{Cut, Value};
use waspect_abi::{Code, Kind};

const LIMITS: TreeLimits = TreeLimits { depth: 3, items: 5, str_bytes: 10, budget_bytes: 4_096 };

fn tree(o: Ref, limits: &TreeLimits) -> Value {
    let mut out = b"before".to_vec();
    encode::<Fake>(o, limits, &Redaction::default(), &mut out);
    let mut bytes = &out[6..];
    assert!(bytes.len() <= limits.budget_bytes.max(BUDGET_BYTES_MIN), "{} bytes", bytes.len());
    let value = Value::read(&mut bytes).unwrap();
    assert_eq!(bytes, b"");
    value
}

fn check(object: FakeObj, expected: Value) {
    assert_eq!(tree(put(object), &LIMITS), expected);
}

fn int(n: i64) -> Ref {
    put(FakeObj::Int(n))
}

fn str(s: &str) -> Ref {
    put(FakeObj::Str(s.into()))
}

fn cut(why: Cut, total: u64, inner: Value) -> Value {
    Value::Cut(why, total, Box::new(inner))
}

#[test]
fn scalars() {
    check(FakeObj::None, Value::None);
    check(FakeObj::Bool(true), Value::Bool(true));
    check(FakeObj::Int(-5), Value::Int(-5));
    check(FakeObj::Float(1.5), Value::Float(1.5));
    check(FakeObj::Str("héllo".into()), Value::Str("héllo".into()));
    check(FakeObj::Bytes(vec![1, 2]), Value::Bytes(vec![1, 2]));
    check(FakeObj::BigInt(true, vec![0; 9]), Value::BigInt(true, vec![0; 9]));
    check(FakeObj::Named(Kind::Type, "pkg.Cart".into()), Value::Opaque(Kind::Type, "pkg.Cart".into()));
}

#[test]
fn containers() {
    let items = vec![int(1), str("a")];
    let values = vec![Value::Int(1), Value::Str("a".into())];
    check(FakeObj::List(items.clone()), Value::List(values.clone()));
    check(FakeObj::Tuple(items.clone()), Value::Tuple(values.clone()));
    check(FakeObj::Set(items.clone()), Value::Set(values.clone()));
    check(FakeObj::FrozenSet(items), Value::FrozenSet(values));
    check(FakeObj::Dict(vec![(str("k"), int(1))]), Value::Dict(vec![(Value::Str("k".into()), Value::Int(1))]));
    let cart = Fields { type_name: "pkg.Cart".into(), fields: vec![("n".into(), int(1))], ..Fields::default() };
    check(FakeObj::Object(cart), Value::Object("pkg.Cart".into(), vec![("n".into(), Value::Int(1))]));
    let empty = Fields { type_name: "pkg.Empty".into(), ..Fields::default() };
    check(FakeObj::Object(empty), Value::Opaque(Kind::Object, "pkg.Empty".into()));
}

#[test]
fn text_is_cut_at_a_character() {
    check(FakeObj::Str("0123456789".into()), Value::Str("0123456789".into()));
    check(FakeObj::Str("0123456789a".into()), cut(Cut::Bytes, 11, Value::Str("0123456789".into())));
    check(FakeObj::Str("012345678é".into()), cut(Cut::Bytes, 0, Value::Str("012345678".into())));
    check(FakeObj::Bytes(vec![7; 11]), cut(Cut::Bytes, 11, Value::Bytes(vec![7; 10])));
    check(FakeObj::BigInt(false, vec![7; 11]), cut(Cut::Bytes, 0, Value::BigInt(false, vec![7; 10])));
}

#[test]
fn items_are_cut_with_their_total() {
    let items = (0..9).map(int).collect();
    check(FakeObj::List(items), cut(Cut::Items, 9, Value::List((0..5).map(Value::Int).collect())));
    let fields = (0..9).map(|i| (format!("f{i}"), int(i))).collect();
    let wide = Fields { type_name: "Wide".into(), fields, ..Fields::default() };
    let kept = (0..5).map(|i| (format!("f{i}"), Value::Int(i))).collect();
    check(FakeObj::Object(wide), cut(Cut::Items, 0, Value::Object("Wide".into(), kept)));
}

#[test]
fn depth_and_cycles_are_said() {
    let deep = (0..9).fold(int(1), |inner, _| put(FakeObj::List(vec![inner])));
    let stub = cut(Cut::Depth, 1, Value::Opaque(Kind::List, "list".into()));
    assert_eq!(tree(deep, &LIMITS), Value::List(vec![Value::List(vec![Value::List(vec![stub])])]));

    let looped = put(FakeObj::None);
    set(looped, FakeObj::List(vec![int(1), looped]));
    let stub = cut(Cut::Cycle, 2, Value::Opaque(Kind::List, "list".into()));
    assert_eq!(tree(looped, &LIMITS), Value::List(vec![Value::Int(1), stub]));
}

#[test]
fn limits_beyond_every_bound_hold() {
    let deep = (0..1_000).fold(int(1), |inner, _| put(FakeObj::Tuple(vec![inner])));
    let all = TreeLimits { depth: usize::MAX, items: usize::MAX, str_bytes: usize::MAX, budget_bytes: 1 << 20 };
    assert!(matches!(tree(deep, &all), Value::Tuple(_)));
}

#[test]
fn frames_have_wholes() {
    let frame = put_frame(FakeFrame {
        args: vec![("self".into(), Some(int(1))), ("gone".into(), None)],
        rest: vec![int(3)],
        kwargs: vec![("k".into(), int(4))],
        locals: vec![("n".into(), int(5))],
        closure: vec![("free".into(), int(6))],
        globals: vec![("G".into(), int(7))],
        line: 12,
        ..FakeFrame::default()
    });
    let whole = |which| {
        let mut out = Vec::new();
        encode_whole::<Fake>(frame, which, &LIMITS, &Redaction::default(), &mut out);
        Value::read(&mut &out[..]).unwrap()
    };
    let pair = |name: &str, n| (Value::Str(name.into()), Value::Int(n));
    assert_eq!(whole(Whole::Args), Value::Tuple(vec![Value::Int(1), Value::Int(3)]));
    assert_eq!(whole(Whole::Kwargs), Value::Dict(vec![pair("k", 4)]));
    assert_eq!(whole(Whole::Locals), Value::Dict(vec![pair("self", 1), pair("n", 5), pair("free", 6)]));
    assert_eq!(whole(Whole::Globals), Value::Dict(vec![pair("G", 7)]));
    let args = [0, 1, 2, 3, -1, -4].map(|i| Fake::arg(frame, i).map(Fake::look));
    let n = |n| Ok(waspect::introspect::Look::Int(n));
    assert_eq!(args, [n(1), Err(Code::Absent), n(3), Err(Code::Absent), n(3), Err(Code::Absent)]);
    assert_eq!((Fake::arg_count(frame), Fake::line(frame)), (3, 12));
}

#[test]
fn reads_of_plain_data() {
    let object = put(FakeObj::Object(Fields {
        type_name: "T".into(),
        fields: vec![("x".into(), int(1))],
        code_attrs: vec!["prop".into()],
        hooked: false,
    }));
    assert!(Fake::attr(object, &"x".into()).is_ok());
    assert_eq!(Fake::attr(object, &"prop".into()), Err(Code::Code));
    assert_eq!(Fake::attr(object, &"none".into()), Err(Code::Absent));
    let table = put(FakeObj::Dict(vec![(str("k"), int(1)), (int(5), int(2))]));
    assert!(Fake::key(table, &"k".into()).is_ok() && Fake::index(table, 5).is_ok());
    assert_eq!((Fake::key(table, &"z".into()), Fake::index(object, 0)), (Err(Code::Absent), Err(Code::Kind)));
}

#[test]
fn comparisons() {
    let order = |a, b| (eq::<Fake>(a, b, &|_| true), cmp::<Fake>(a, b, &|_| true));
    let float = |x| put(FakeObj::Float(x));
    let big = |negative, n: u128| put(FakeObj::BigInt(negative, n.to_le_bytes()[..9].to_vec()));
    assert_eq!(order(int(1), put(FakeObj::Bool(true))), (Ok(true), Ok(0)));
    assert_eq!(order(int((1 << 53) + 1), float(9_007_199_254_740_992.0)), (Ok(false), Ok(1)));
    assert_eq!(order(int(i64::MAX), float(9_223_372_036_854_775_808.0)), (Ok(false), Ok(-1)));
    assert_eq!(order(float(f64::NAN), int(0)), (Ok(false), Ok(INCOMPARABLE)));
    assert_eq!(order(big(false, 1 << 64), float(18_446_744_073_709_551_616.0)), (Ok(true), Ok(0)));
    assert_eq!(order(big(true, 1 << 64), int(i64::MIN)), (Ok(false), Ok(-1)));
    assert_eq!(order(str("é"), str("z")), (Ok(false), Ok(1)));
    assert_eq!(order(str("1"), int(1)), (Ok(false), Ok(INCOMPARABLE)));
    let pair = |a, b| put(FakeObj::Tuple(vec![a, b]));
    assert_eq!(order(pair(int(1), str("a")), pair(float(1.0), str("b"))), (Ok(false), Ok(-1)));
    let endless = put(FakeObj::None);
    set(endless, FakeObj::List(vec![endless]));
    let other = put(FakeObj::None);
    set(other, FakeObj::List(vec![other]));
    assert_eq!(order(endless, other), (Err(Code::Limit), Err(Code::Limit)));
}

/// Any object, nested and wide.
fn any_object() -> impl Strategy<Value = FakeObj> {
    let leaf = prop_oneof![
        Just(FakeObj::None),
        any::<i64>().prop_map(FakeObj::Int),
        any::<f64>().prop_filter("NaN is not equal to itself", |x| !x.is_nan()).prop_map(FakeObj::Float),
        ".{0,40}".prop_map(FakeObj::Str),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(FakeObj::Bytes),
        prop::collection::vec(1_u8.., 9..40).prop_map(|m| FakeObj::BigInt(true, m)),
        "[a-z.]{0,600}".prop_map(|name| FakeObj::Named(Kind::Function, name)),
    ];
    leaf.prop_recursive(6, 200, 12, |inner| {
        let refs = prop::collection::vec(inner.prop_map(put), 0..12);
        let pairs = |all: Vec<Ref>| all.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let named = |all: Vec<Ref>| all.into_iter().enumerate().map(|(i, o)| ("f".repeat(i * 9), o)).collect();
        prop_oneof![
            refs.clone().prop_map(FakeObj::List),
            refs.clone().prop_map(FakeObj::Tuple),
            refs.clone().prop_map(move |all| FakeObj::Dict(pairs(all))),
            (refs, "[a-z.]{0,600}").prop_map(move |(all, type_name)| {
                FakeObj::Object(Fields { type_name, fields: named(all), ..Fields::default() })
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_tree_stays_within_any_limits(
        object in any_object(), depth in 0_usize..9, items in 0_usize..12, str_bytes in 0_usize..50, budget in 0_usize..3_000,
    ) {
        // `tree` checks the budget and that the bytes are one value.
        tree(put(object), &TreeLimits { depth, items, str_bytes, budget_bytes: budget });
    }

    #[test]
    fn equal_objects_are_equal(object in any_object()) {
        let (a, b) = (put(object.clone()), put(object));
        let scalar = !matches!(Fake::look(a), waspect::introspect::Look::Other(_))
            && !matches!(Fake::look(a), waspect::introspect::Look::Sized(Kind::Dict, _));
        prop_assert!(!scalar || eq::<Fake>(a, b, &|_| true) == Ok(true));
    }
}
