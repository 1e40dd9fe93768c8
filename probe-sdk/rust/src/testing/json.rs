//! Firings and objects written as JSON.
//!
//! In: text. Out: a [`Firing`], or what is wrong and where. Never here: a field that is not known and passed over.
//!
//! A firing is an object with any of `fn file args rest kwargs locals globals closure retval exception elapsed_ns line
//! called_by thread task request slots`. An object of Python is as waspect prints it: numbers, text, `true false null`,
//! lists, and JSON objects, which are dicts unless their first key is `$type` (an object: the type, then its fields),
//! `$exception` (the type, then `args`), `$tuple`, `$set`, `$frozenset`, `$bytes` (text), `$int`, `$float` (text), `$error` or
//! `$properties` (behind `$type`: names of attributes that are properties).

use waspect_abi::{Code, Kind};

use super::py::Fields;
use super::{Firing, Py};

/// JSON as it is written.
enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

pub(super) fn firing(text: &str) -> Result<Firing, String> {
    let Json::Object(all) = read(text)? else { return Err("expected an object".into()) };
    all.into_iter().try_fold(Firing::new(), |firing, (key, value)| told(firing, &key, value))
}

fn told(mut to: Firing, key: &str, value: Json) -> Result<Firing, String> {
    match (key, value) {
        ("fn", Json::Text(name)) => to.function = name,
        ("file", Json::Text(name)) => to.file = name,
        ("thread", Json::Text(name)) => to.thread = name,
        ("task", Json::Text(name)) => to.task = Some(name),
        ("task", Json::Null) => to.task = None,
        ("args", Json::List(items)) => {
            to.args = items
                .into_iter()
                .enumerate()
                .map(|(i, v)| Ok((format!("a{i}"), object(v)?)))
                .collect::<Result<_, String>>()?;
        }
        ("args", value) => to.args = named(key, value)?,
        ("rest", Json::List(items)) => to.rest = objects(items)?,
        ("kwargs", value) => to.kwargs = named(key, value)?,
        ("locals", value) => to.locals = named(key, value)?,
        ("globals", value) => to.globals = named(key, value)?,
        ("closure", value) => to.closure = named(key, value)?,
        ("slots", value) => to.slots = named(key, value)?.into_iter().collect(),
        ("request", value) => to.request = Some(named(key, value)?.into_iter().collect()),
        ("retval", value) => to.retval = Some(object(value)?),
        ("exception", value) => to.exception = Some(object(value)?),
        ("elapsed_ns", Json::Number(n)) => {
            to.elapsed_ns = n.parse().map_err(|_| format!("`elapsed_ns`: not an int: {n}"))?
        }
        ("line", Json::Number(n)) => to.line = n.parse().map_err(|_| format!("`line`: not an int: {n}"))?,
        ("called_by", Json::List(names)) => {
            to.stack = names
                .into_iter()
                .map(|name| text(name).ok_or("`called_by`: expected text"))
                .collect::<Result<_, _>>()?;
        }
        _ => return Err(format!("`{key}`: no such part of a firing, or not of this kind")),
    }
    Ok(to)
}

fn named(key: &str, value: Json) -> Result<Vec<(String, Py)>, String> {
    let Json::Object(all) = value else { return Err(format!("`{key}`: expected an object of names")) };
    all.into_iter().map(|(name, value)| Ok((name, object(value)?))).collect()
}

fn objects(items: Vec<Json>) -> Result<Vec<Py>, String> {
    items.into_iter().map(object).collect()
}

fn text(value: Json) -> Option<String> {
    if let Json::Text(text) = value { Some(text) } else { None }
}

fn object(value: Json) -> Result<Py, String> {
    Ok(match value {
        Json::Null => Py::None,
        Json::Bool(b) => Py::Bool(b),
        Json::Number(n) => number(&n)?,
        Json::Text(text) => Py::Str(text),
        Json::List(items) => Py::List(objects(items)?),
        Json::Object(all) => match all.first() {
            Some((key, _)) if key.starts_with('$') => special(all)?,
            _ => Py::Dict(all.into_iter().map(|(k, v)| Ok((Py::Str(k), object(v)?))).collect::<Result<_, String>>()?),
        },
    })
}

fn number(n: &str) -> Result<Py, String> {
    if let Ok(n) = n.parse::<i128>() {
        return Ok(Py::Int(n));
    }
    n.parse().map(Py::Float).map_err(|_| format!("not a number: {n}"))
}

fn special(all: Vec<(String, Json)>) -> Result<Py, String> {
    let mut all = all.into_iter();
    let Some((key, first)) = all.next() else { return Ok(Py::Dict(Vec::new())) };
    Ok(match (key.as_str(), first) {
        ("$type" | "$object", Json::Text(type_name)) => Py::Object(fields(type_name, all)?),
        ("$exception", Json::Text(type_name)) => Py::Exception(fields(type_name, all)?),
        ("$tuple", Json::List(items)) => Py::Tuple(objects(items)?),
        ("$set", Json::List(items)) => Py::Set(objects(items)?),
        ("$frozenset", Json::List(items)) => Py::FrozenSet(objects(items)?),
        ("$bytes", Json::Text(text)) => Py::Bytes(text.into_bytes()),
        ("$int", Json::Text(n)) => number(&n)?,
        ("$float", Json::Text(x)) => Py::Float(x.parse().map_err(|_| format!("not a float: {x}"))?),
        ("$class", Json::Text(name)) => Py::Named(Kind::Type, name),
        ("$error", Json::Text(name)) => {
            let code = Code::ALL.iter().find(|code| code.name() == name);
            Py::Error(*code.ok_or_else(|| format!("no error `{name}`"))?)
        }
        ("$repeat", Json::List(of)) => match of.as_slice() {
            [Json::Text(text), Json::Number(n)] => Py::Str(text.repeat(n.parse().map_err(|_| "not a count")?)),
            _ => return Err("`$repeat`: expected a text and a count".into()),
        },
        (key, _) => return Err(format!("no object `{key}`, or not of this kind")),
    })
}

fn fields(type_name: String, all: impl Iterator<Item = (String, Json)>) -> Result<Fields, String> {
    let mut made = Fields { type_name, fields: Vec::new(), properties: Vec::new() };
    for (name, value) in all {
        match (name.as_str(), value) {
            ("$properties" | "$code", Json::List(names)) => {
                made.properties = names.into_iter().filter_map(text).collect()
            }
            (_, value) => made.fields.push((name, object(value)?)),
        }
    }
    Ok(made)
}

/// The text, and how much of it was read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

fn read(text: &str) -> Result<Json, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value()?;
    reader.space();
    if reader.at < text.len() { reader.expected("the end") } else { Ok(value) }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn expected<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("expected {what} at byte {} of the JSON", self.at))
    }

    /// Whether this comes next; then it is read.
    fn eat(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn value(&mut self) -> Result<Json, String> {
        for (word, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))] {
            if self.eat(word) {
                return Ok(value);
            }
        }
        if self.eat("[") {
            return self.listed("]", Self::value).map(Json::List);
        }
        if self.eat("{") {
            return self.listed("}", Self::pair).map(Json::Object);
        }
        if self.eat("\"") {
            return self.string().map(Json::Text);
        }
        let end =
            self.rest().find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(self.rest().len());
        let number = self.rest()[..end].to_owned();
        if !number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return self.expected("a value");
        }
        self.at += end;
        Ok(Json::Number(number))
    }

    fn pair(&mut self) -> Result<(String, Json), String> {
        if !self.eat("\"") {
            return self.expected("a key in double quotes");
        }
        let key = self.string()?;
        if self.eat(":") { Ok((key, self.value()?)) } else { self.expected("`:`") }
    }

    fn listed<T>(&mut self, close: &str, one: impl Fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut all = Vec::new();
        while !self.eat(close) {
            if !all.is_empty() && !self.eat(",") {
                return self.expected(&format!("`,` or `{close}`"));
            }
            all.push(one(self)?);
        }
        Ok(all)
    }

    /// Behind the quote that opens it.
    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else { return self.expected("`\"`") };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let Some(c) = self.rest().chars().next() else { return self.expected("an escape") };
        self.at += c.len_utf8();
        Ok(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let high = self.unit()?;
                let pair = (0xD800..0xDC00).contains(&high) && self.eat("\\u");
                let code =
                    if pair { 0x1_0000 + (high - 0xD800) * 0x400 + self.unit()?.wrapping_sub(0xDC00) } else { high };
                char::from_u32(code).unwrap_or('\u{FFFD}')
            }
            c => c,
        })
    }

    fn unit(&mut self) -> Result<u32, String> {
        let digits = self.rest().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        digits.map_or_else(|| self.expected("four hexadecimal digits"), Ok)
    }
}
