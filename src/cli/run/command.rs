//! The command line of the interpreter: read, never changed.
//!
//! In: what follows waspect's own options. Out: the same, where an agent can be loaded. Never here: an argument rewritten.

use std::ffi::OsString;

use anyhow::bail;

/// Arguments for the interpreter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) args: Vec<OsString>,
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
                Flags::Program => break,
            }
        }
        Ok(Self { args: args.to_vec() })
    }
}

/// What a group of one-letter flags ends in.
enum Flags {
    Plain,
    ValueNext,
    /// `-c` or `-m`: what follows is the program's.
    Program,
}

fn flags(letters: &[u8]) -> anyhow::Result<Flags> {
    for (i, letter) in letters.iter().enumerate() {
        let last = i + 1 == letters.len();
        if let Some((_, why)) = ISOLATING.iter().find(|(isolating, _)| isolating == letter) {
            bail!(
                "with `-{}` the interpreter {why}, and no agent can be loaded; expected no such flag",
                char::from(*letter)
            );
        }
        match letter {
            b'm' | b'c' => return Ok(Flags::Program),
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
    fn what_the_program_is_given_is_kept_and_not_read() {
        for line in [
            "app.py -I",
            "-m app -I",
            "-Om app -S",
            "-mapp.main -E",
            "-X dev -W error -m app -I",
            "-Xdev -Werror -bb -m app -I",
            "-c -I",
            "-",
            "-u app.py -I",
        ] {
            let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert_eq!(Command::parse(&args).unwrap().args, args, "{line}");
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
