//! A probe in Rust, as files.
//!
//! In: a name, a spec, where the SDK is. Out: the files of the folder. Never here: a file written.

use std::path::Path;

use super::{File, sdk};
use crate::spec::{Options, Part, Spec};

/// Calls that are recorded take at least so long where the target does not say it.
const SLOW_NS: u64 = 5_000_000;

/// Files as they stand in the folder. What is between two `@` is filled in.
const TEMPLATE: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    (".cargo/config.toml", include_str!("template/config.toml.in")),
    ("README.md", include_str!("template/README.md.in")),
    (".gitignore", include_str!("template/gitignore.in")),
];

pub(super) fn files(name: &str, target: &Spec, sdk: Option<&Path>) -> anyhow::Result<Vec<File>> {
    let where_sdk_is = sdk::path(name, sdk)?;
    let slow = target.options.min_ns.unwrap_or(SLOW_NS);
    let filled = [
        ("@name@", name.to_owned()),
        ("@sdk@", format!("{where_sdk_is:?}")),
        ("@latency@", format!("{:?}", tagged(target, "latency", target.options.min_ns))),
        ("@slow@", format!("{:?}", tagged(target, "slow", Some(slow)))),
        ("@slow_ns@", grouped(slow.saturating_add(2_000_000))),
        ("@target@", target.to_string()),
        ("@wasm@", wasm(name)),
        ("@program@", program(target)),
    ];
    let fill = |text: &str| filled.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value));
    let mut files: Vec<File> = TEMPLATE.iter().map(|(path, text)| ((*path).to_owned(), fill(text))).collect();
    if sdk.is_none() {
        files.extend(sdk::files()?);
    }
    Ok(files)
}

fn tagged(target: &Spec, tag: &str, min_ns: Option<u64>) -> String {
    let options = Options { min_ns, ..target.options };
    Spec { options, tag: Some(tag.to_owned()), ..target.clone() }.to_string()
}

/// `7_000_000`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let many = digits.len();
    let with_marks = digits.char_indices().map(|(at, c)| match (many - at) % 3 {
        0 if at > 0 => format!("_{c}"),
        _ => c.to_string(),
    });
    with_marks.collect()
}

/// Where cargo puts it.
pub(super) fn wasm(name: &str) -> String {
    format!("target/wasm32-unknown-unknown/release/{}.wasm", name.replace('-', "_"))
}

/// The program that one would start: the first part of the target, if it is a name.
pub(super) fn program(target: &Spec) -> String {
    match target.target.parts.first() {
        Some(Part::Name(name)) if !name.contains('*') => name.clone(),
        _ => "PROGRAM".to_owned(),
    }
}
