//! Plain data written as JSON, put into the fake's arena: what test cases say of the application's objects.
//!
//! A JSON object is a dict, unless its first key is one of ours: `$tuple $set $frozenset $bytes`(text)` $int`(decimal)
//! `$float`(text)` $map`([[k,v],…])` $repeat`([text, n])` $range`(n: a list)` $object $exception`(type name; the other keys
//! are fields, `$code` a list of properties, `$hooked` a `__getattr__`)` $named`([kind, name])` $deleted $cycle`.

use serde_json::{Map, Value as Json};
use waspect::introspect::fake::{self, FakeFrame, FakeObj, Fields, Ref};
use waspect_abi::Kind;

/// One object by its JSON text.
pub(crate) fn put(text: &str) -> Ref {
    object(&serde_json::from_str(text).unwrap_or_else(|e| panic!("`{text}`: {e}")))
}

/// A frame: `args` (a list, named a0, a1 …, or names), `rest kwargs locals closure globals line module qualname
/// file task`; `times`: so many of it.
pub(crate) fn put_frame(text: &str) {
    let Ok(Json::Object(all)) = serde_json::from_str(text) else { panic!("not a frame: `{text}`") };
    let text = |name: &str| all.get(name).and_then(plain_text);
    let named = |name: &str| all.get(name).map_or_else(Vec::new, names);
    let args = match all.get("args") {
        Some(Json::Array(items)) => items.iter().enumerate().map(|(i, v)| (format!("a{i}"), bound(v))).collect(),
        Some(Json::Object(items)) => items.iter().map(|(name, v)| (name.clone(), bound(v))).collect(),
        _ => Vec::new(),
    };
    let frame = FakeFrame {
        args,
        rest: all.get("rest").map_or_else(Vec::new, items),
        kwargs: named("kwargs"),
        locals: named("locals"),
        closure: named("closure"),
        globals: named("globals"),
        module: text("module").unwrap_or_default(),
        qualname: text("qualname").unwrap_or_default(),
        file: text("file").unwrap_or_default(),
        task: text("task"),
        line: all.get("line").and_then(Json::as_i64).map_or(0, |n| i32::try_from(n).expect("a line")),
    };
    (0..all.get("times").map_or(1, count)).for_each(|_| {
        fake::put_frame(frame.clone());
    });
}

/// A text, or `[text, n]`: so many of it.
fn plain_text(v: &Json) -> Option<String> {
    v.as_str().map_or_else(|| Some(v[0].as_str()?.repeat(count(&v[1]))), |text| Some(text.to_owned()))
}

fn bound(v: &Json) -> Option<Ref> {
    v.get("$deleted").is_none().then(|| object(v))
}

fn names(v: &Json) -> Vec<(String, Ref)> {
    v.as_object().expect("names").iter().map(|(name, v)| (name.clone(), object(v))).collect()
}

fn items(v: &Json) -> Vec<Ref> {
    v.as_array().expect("a list").iter().map(object).collect()
}

/// One object.
pub(crate) fn object(v: &Json) -> Ref {
    let made = match v {
        Json::Null => FakeObj::None,
        Json::Bool(b) => FakeObj::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| FakeObj::Float(n.as_f64().expect("f64")), FakeObj::Int),
        Json::String(s) => FakeObj::Str(s.clone()),
        Json::Array(_) => FakeObj::List(items(v)),
        Json::Object(all) => match all.iter().next() {
            Some((key, first)) if key.starts_with('$') => return special(key, first, all),
            _ => FakeObj::Dict(all.iter().map(|(k, v)| (fake::put(FakeObj::Str(k.clone())), object(v))).collect()),
        },
    };
    fake::put(made)
}

fn special(key: &str, v: &Json, all: &Map<String, Json>) -> Ref {
    let text = || v.as_str().expect("text").to_owned();
    fake::put(match key {
        "$tuple" => FakeObj::Tuple(items(v)),
        "$set" => FakeObj::Set(items(v)),
        "$frozenset" => FakeObj::FrozenSet(items(v)),
        "$bytes" => FakeObj::Bytes(text().into_bytes()),
        "$int" => big(&text()),
        "$float" => FakeObj::Float(text().parse().expect("a float")),
        "$map" => FakeObj::Dict(v.as_array().expect("pairs").iter().map(|p| (object(&p[0]), object(&p[1]))).collect()),
        "$repeat" => FakeObj::Str(v[0].as_str().expect("text").repeat(count(&v[1]))),
        "$bytes_repeat" => FakeObj::Bytes(v[0].as_str().expect("text").repeat(count(&v[1])).into_bytes()),
        "$range" => FakeObj::List((0..count(v)).map(|n| object(&Json::from(n))).collect()),
        "$object" => FakeObj::Object(fields(text(), all)),
        "$exception" => FakeObj::Exception(fields(text(), all)),
        "$named" => FakeObj::Named(kind(v[0].as_str().expect("kind")), v[1].as_str().expect("name").to_owned()),
        "$cycle" => {
            let list = fake::put(FakeObj::None);
            fake::set(list, FakeObj::List(vec![list]));
            return list;
        }
        _ => panic!("no object `{key}`"),
    })
}

fn count(v: &Json) -> usize {
    usize::try_from(v.as_u64().expect("a count")).expect("fits")
}

fn fields(type_name: String, all: &Map<String, Json>) -> Fields {
    let plain = all.iter().skip(1).filter(|(name, _)| !name.starts_with('$'));
    let code = all
        .get("$code")
        .and_then(Json::as_array)
        .map_or_else(Vec::new, |names| names.iter().map(|name| name.as_str().expect("name").to_owned()).collect());
    Fields {
        type_name,
        fields: plain.map(|(name, v)| (name.clone(), object(v))).collect(),
        code_attrs: code,
        hooked: all.contains_key("$hooked"),
    }
}

fn kind(name: &str) -> Kind {
    *Kind::ALL.iter().find(|kind| kind.name() == name).expect("a kind")
}

/// A decimal beyond 64 bits.
fn big(text: &str) -> FakeObj {
    if let Ok(n) = text.parse() {
        return FakeObj::Int(n);
    }
    let n: i128 = text.parse().expect("at most 127 bits");
    let mut magnitude = n.unsigned_abs().to_le_bytes().to_vec();
    while magnitude.last() == Some(&0) {
        magnitude.pop();
    }
    FakeObj::BigInt(n < 0, magnitude)
}
