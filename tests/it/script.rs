//! Programs that tests write and run: shell scripts.
//!
//! In: a path and what the script says. Out: an executable file. Never here: the file open in this process, where another
//! test's child could inherit it: the kernel runs no file that anybody has open for writing.

use std::path::Path;
use std::process::Command;

pub(crate) fn executable(path: &Path, text: &str) {
    let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
    let done = Command::new("sh").args(["-c", write, "sh"]).arg(path).arg(text).status().unwrap();
    assert!(done.success(), "{}", path.display());
}
