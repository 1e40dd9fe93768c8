//! Manifests of the SDK, standing alone: as cargo would write them into a package.
//!
//! In: a manifest of this workspace, and the workspace's own. Out: the manifest without what only the workspace has. Never
//! here: a manifest written by anybody else; the lines are read as this project writes them, and a test builds the result.

use std::fmt::Write;

/// Sections of no use to whoever builds a probe.
const LEFT_OUT: &[&str] = &["[lints]", "[dev-dependencies]"];

/// Inherited keys get their values; lints and tests' dependencies go; an optional dependency, which would be looked up in
/// a registry even where nothing asks for it, leaves a feature that is empty.
pub(super) fn standalone(manifest: &str, workspace: &str) -> String {
    let (mut text, mut section, mut features) = (String::new(), "", Vec::new());
    let mut comments = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.trim_end();
        }
        if LEFT_OUT.contains(&section) {
            comments.clear();
            continue;
        }
        if line.starts_with('#') {
            let _ = writeln!(comments, "{line}");
            continue;
        }
        if line.contains("optional = true") {
            features.extend(line.split(" = ").next());
            comments.clear();
            continue;
        }
        text.push_str(&std::mem::take(&mut comments));
        let _ = writeln!(text, "{}", inherited(line, workspace).unwrap_or(line));
    }
    if !features.is_empty() {
        text.truncate(text.trim_end().len());
        text.push_str("\n\n[features]\n# Of the host alone: its dependency is not here.\n");
        text.extend(features.iter().map(|name| format!("{name} = []\n")));
    }
    format!("{}\n", text.trim_end())
}

/// `version.workspace = true` → the workspace's line.
fn inherited<'a>(line: &str, workspace: &'a str) -> Option<&'a str> {
    let key = line.strip_suffix(".workspace = true")?;
    let shared = workspace.split("\n[workspace.package]\n").nth(1)?;
    let mut lines = shared.lines().take_while(|line| !line.starts_with('['));
    lines.find(|line| line.split(" = ").next() == Some(key))
}

#[cfg(test)]
mod tests {
    use super::standalone;

    const WORKSPACE: &str =
        "[workspace]\n\n[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[package]\n";

    #[test]
    fn manifests_stand_alone() {
        let package = "# What it is.\n[package]\nname = \"a\"\n";
        for (given, expected) in [
            ("version.workspace = true\nedition.workspace = true\n", "version = \"0.1.0\"\nedition = \"2024\"\n"),
            ("\n[lints]\nworkspace = true\n", ""),
            ("\n[lib]\nproc-macro = true\n\n[lints]\nworkspace = true\n", "\n[lib]\nproc-macro = true\n"),
            ("\n[dev-dependencies]\n# Why.\nwat = \"1\"\n", ""),
            (
                "\n[dependencies]\n# Ours.\nb = { path = \"../b\" }\n# Not for guests.\nserde = { version = \"1\", optional = true }\n",
                "\n[dependencies]\n# Ours.\nb = { path = \"../b\" }\n\n[features]\n# Of the host alone: its dependency is not \
                 here.\nserde = []\n",
            ),
        ] {
            let found = standalone(&format!("{package}{given}"), WORKSPACE);
            assert_eq!(found, format!("{package}{expected}"), "{given}");
        }
    }
}
