//! Text to [`Path`]: `root(.name | ["key"] | ['key'] | [int])*`.
//!
//! In: the name of a `probe1.get` or `probe1.path` import. Out: a path, or the byte at which it stops being one.
//! Never here: whitespace between tokens, or a guess.

use std::str::FromStr;

use super::{Context, Path, PathError, Root, Step};

/// Code objects cannot have more.
const ARG_MAX: i32 = 65_535;

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut cursor = Cursor { text, at: 0 };
        let root = cursor.root()?;
        let steps = cursor.steps()?;
        Ok(Self { root, steps })
    }
}

/// The steps of a relative path: `.user["email"][0]`, at least one.
///
/// # Errors
/// At the first byte that continues no path.
pub fn parse_steps(text: &str) -> Result<Vec<Step>, PathError> {
    let mut cursor = Cursor { text, at: 0 };
    let steps = cursor.steps()?;
    if steps.is_empty() { Err(cursor.expected(STEP)) } else { Ok(steps) }
}

const STEP: &str = "`.name`, `[\"key\"]` or `[number]`";

/// The text and how much of it is understood.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn expected(&self, expected: &'static str) -> PathError {
        PathError { text: self.text.to_owned(), at: self.at, expected }
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// A Python name.
    fn name(&mut self, expected: &'static str) -> Result<&'a str, PathError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || name.starts_with(char::is_numeric) {
            return Err(self.expected(expected));
        }
        self.at += end;
        Ok(name)
    }

    fn root(&mut self) -> Result<Root, PathError> {
        if self.rest().starts_with('$') {
            return self.context();
        }
        let start = self.at;
        let name = self.name("a root such as `arg0`, `retval` or a local's name")?;
        if let Some(number) = name.strip_prefix("arg").filter(|n| is_digits(n)) {
            return argument(number).ok_or_else(|| {
                self.at = start;
                self.expected("an argument number up to 65535 without leading zeros")
            });
        }
        self.named_root(name)
    }

    fn named_root(&mut self, name: &str) -> Result<Root, PathError> {
        Ok(match name {
            "self" => Root::Itself,
            "args" => Root::Args,
            "kwargs" => Root::Kwargs,
            "locals" => Root::Locals,
            "globals" => Root::Globals,
            "retval" => Root::Retval,
            "exception" => Root::Exception,
            "local" => Root::Local(self.member("`.` and a local's name after `local`")?),
            "global" => Root::Global(self.member("`.` and a global's name after `global`")?),
            "closure" => Root::Closure(self.member("`.` and a free variable's name after `closure`")?),
            "exc" => return self.exception_part(),
            name => Root::Local(name.to_owned()),
        })
    }

    fn member(&mut self, expected: &'static str) -> Result<String, PathError> {
        if !self.eat(".") {
            return Err(self.expected(expected));
        }
        self.name(expected).map(str::to_owned)
    }

    fn exception_part(&mut self) -> Result<Root, PathError> {
        let expected = "`.type` or `.message` after `exc` (a local of that name is `local.exc`)";
        let start = self.at;
        let part = self.member(expected)?;
        match part.as_str() {
            "type" => Ok(Root::ExcType),
            "message" => Ok(Root::ExcMessage),
            _ => {
                self.at = start;
                Err(self.expected(expected))
            }
        }
    }

    fn context(&mut self) -> Result<Root, PathError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '$' | '_'))).unwrap_or(rest.len());
        let expected = "`$pid`, `$tid`, `$thread`, `$task`, `$request`, `$fn`, `$qualname`, `$module`, `$file`, \
                        `$line`, `$now`, `$mono`, `$elapsed`, `$depth` or `$cpu`";
        let known = Context::ALL.iter().find(|(name, _)| *name == &rest[..end]);
        let (name, which) = known.ok_or_else(|| self.expected(expected))?;
        self.at += name.len();
        Ok(Root::Context(*which))
    }

    fn steps(&mut self) -> Result<Vec<Step>, PathError> {
        let mut steps = Vec::new();
        while !self.rest().is_empty() {
            steps.push(self.step()?);
        }
        Ok(steps)
    }

    fn step(&mut self) -> Result<Step, PathError> {
        if self.eat(".") {
            return self.name("an attribute's name after `.`").map(|name| Step::Attr(name.to_owned()));
        }
        if !self.eat("[") {
            return Err(self.expected(STEP));
        }
        let step = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => Step::Key(self.key(quote)?),
            _ => Step::Index(self.index()?),
        };
        if self.eat("]") { Ok(step) } else { Err(self.expected("`]`")) }
    }

    fn index(&mut self) -> Result<i64, PathError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(rest.len());
        let digits = rest[..end].strip_prefix('-').unwrap_or(&rest[..end]);
        let clean = is_digits(digits) && (digits == "0" || !digits.starts_with('0')) && &rest[..end] != "-0";
        let index = if clean { rest[..end].parse().ok() } else { None };
        let index = index.ok_or_else(|| self.expected("a whole number or a quoted key"))?;
        self.at += end;
        Ok(index)
    }

    /// A quoted key; `\` escapes as in a Rust literal, so that every key can be written.
    fn key(&mut self, quote: char) -> Result<String, PathError> {
        self.at += quote.len_utf8();
        let mut key = String::new();
        loop {
            match self.rest().chars().next() {
                Some(c) if c == quote => {
                    self.at += c.len_utf8();
                    return Ok(key);
                }
                Some('\\') => key.push(self.escape()?),
                Some(c) if !c.is_control() => {
                    self.at += c.len_utf8();
                    key.push(c);
                }
                Some(_) => return Err(self.expected("an escape such as `\\n` for a control character")),
                None => return Err(self.expected("the closing quote of a key")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, PathError> {
        const PLAIN: &[(&str, char)] =
            &[("\\\\", '\\'), ("\\\"", '"'), ("\\'", '\''), ("\\n", '\n'), ("\\r", '\r'), ("\\t", '\t'), ("\\0", '\0')];
        if let Some(&(_, c)) = PLAIN.iter().find(|(word, _)| self.rest().starts_with(word)) {
            self.at += 2;
            return Ok(c);
        }
        let code = self.rest().strip_prefix("\\u{").and_then(|r| r.split_once('}')).map(|(code, _)| code);
        let c = code
            .filter(|c| c.len() <= 6 && !c.starts_with('+'))
            .and_then(|c| u32::from_str_radix(c, 16).ok())
            .and_then(char::from_u32);
        let expected = "an escape: `\\\\`, `\\\"`, `\\'`, `\\n`, `\\r`, `\\t`, `\\0` or `\\u{hex}`";
        let c = c.ok_or_else(|| self.expected(expected))?;
        self.at += code.map_or(0, str::len) + "\\u{}".len();
        Ok(c)
    }
}

fn argument(number: &str) -> Option<Root> {
    let plain = number == "0" || !number.starts_with('0');
    number.parse().ok().filter(|&n: &i32| plain && n <= ARG_MAX).map(Root::Arg)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
