//! The command line of the interpreter: read, never changed.
//!
//! In: what follows waspect's own options. Out: the same, and what must be known of it. Never here: an argument rewritten.

use std::ffi::{OsStr, OsString};

use anyhow::bail;

/// Arguments for the interpreter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) args: Vec<OsString>,
    /// `-m NAME`: it will be `__main__`.
    pub(super) module: Option<String>,
}

/// Flags that keep the interpreter from loading anything at its start.
const ISOLATING: [(u8, &str); 3] =
    [(b'I', "ignores the environment"), (b'E', "ignores the environment"), (b'S', "imports no `site`")];
/// Flags whose value may be the next argument.
const WITH_VALUE: &[u8] = b"WX";

impl Command {
    pub(super) fn parse(args: &[OsString]) -> anyhow::Result<Self> {
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let bytes = arg.as_encoded_bytes();
            if bytes.starts_with(b"--") && !bytes.starts_with(b"--check-hash-based-pycs") {
                bail!("`{}` is no option of `waspect run`, and no Python program", arg.display());
            }
            if bytes.len() < 2 || bytes[0] != b'-' {
                break;
            }
            match flags(&bytes[1..])? {
                Flags::Plain => {}
                Flags::ValueNext => drop(rest.next()),
                Flags::Code => break,
                Flags::Module(b"") => {
                    return Ok(Self::of(args, rest.next().map(OsString::as_os_str)));
                }
                Flags::Module(name) => {
                    let name = String::from_utf8_lossy(name).into_owned();
                    return Ok(Self { args: args.to_vec(), module: Some(name) });
                }
            }
        }
        Ok(Self::of(args, None))
    }

    fn of(args: &[OsString], module: Option<&OsStr>) -> Self {
        Self { args: args.to_vec(), module: module.map(|m| m.to_string_lossy().into_owned()) }
    }
}

/// What a group of one-letter flags ends in.
enum Flags<'a> {
    Plain,
    ValueNext,
    Code,
    /// The name, where it is in the same argument.
    Module(&'a [u8]),
}

fn flags(letters: &[u8]) -> anyhow::Result<Flags<'_>> {
    for (i, letter) in letters.iter().enumerate() {
        let last = i + 1 == letters.len();
        if let Some((_, why)) = ISOLATING.iter().find(|(isolating, _)| isolating == letter) {
            bail!(
                "with `-{}` the interpreter {why}, and no agent can be loaded; expected no such flag",
                char::from(*letter)
            );
        }
        match letter {
            b'm' => return Ok(Flags::Module(&letters[i + 1..])),
            b'c' => return Ok(Flags::Code),
            l if WITH_VALUE.contains(l) => return Ok(if last { Flags::ValueNext } else { Flags::Plain }),
            _ => {}
        }
    }
    Ok(Flags::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_and_arguments_kept() {
        for (line, module) in [
            ("app.py -m x", None),
            ("-m app -m x", Some("app")),
            ("-Om app", Some("app")),
            ("-mapp.main x", Some("app.main")),
            ("-X dev -W error -m app", Some("app")),
            ("-Xdev -Werror -bb -m app", Some("app")),
            ("-c -m x", None),
            ("-", None),
            ("-u app.py -I", None),
        ] {
            let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let found = Command::parse(&args).unwrap();
            assert_eq!((found.module.as_deref(), found.args), (module, args), "{line}");
        }
    }

    #[test]
    fn what_keeps_the_agent_out_is_refused() {
        for (line, why) in
            [("-I app.py", "`-I`"), ("-uE -m app", "`-E`"), ("-BS app.py", "`-S`"), ("--out x app.py", "`--out`")]
        {
            let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let error = Command::parse(&args).unwrap_err().to_string();
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
