//! What each import answers.
//!
//! In: a module, a name and words. Out: a word. Never here: an import that answers otherwise than the real host; a test of
//! the project compares them over the same calls.

use waspect_abi::{Code, IMPORTS, Kind};
use waspect_grammar::path::{Path, parse_steps};

use super::compute::{arithmetic, equal, negative, order, to_float, to_int, to_str};
use super::host::{Host, Word};
use super::reads::{at, attribute, class, contains, entries, item, slice, stepped};
use super::without_call::without_call;
use super::{Py, msgpack, show};
use crate::Value;

pub(super) const NAME_BYTES_MAX: usize = waspect_grammar::NAME_BYTES_MAX;

pub(super) fn answer<'a>(host: &mut Host, module: &str, name: &str, words: &mut [Word<'_>]) -> Word<'a> {
    if let Some(answer) = without_call(module, name, words).filter(|_| host.call.callless) {
        return answer;
    }
    match module.strip_prefix("probe1.") {
        Some(family) => host.family(family, name, words),
        None => host.context(name).or_else(|| host.reads(name, words)).unwrap_or_else(|| host.writes(name, words)),
    }
}

pub(super) fn status<'a>(code: Code) -> Word<'a> {
    Word::I32(code.status())
}

fn truth<'a>(found: Result<bool, Code>) -> Word<'a> {
    Word::I32(found.map_or_else(Code::status, i32::from))
}

pub(super) fn text<'w>(word: &'w Word<'_>) -> Result<&'w str, Code> {
    match word {
        Word::In(bytes) if bytes.len() > NAME_BYTES_MAX => Err(Code::Limit),
        Word::In(bytes) => std::str::from_utf8(bytes).map_err(|_| Code::Kind),
        _ => Err(Code::Internal),
    }
}

impl Host {
    fn given<'a>(&mut self, found: Result<Py, Code>) -> Word<'a> {
        Word::V(self.value(found.unwrap_or_else(Py::Error)))
    }

    /// The object that a word is, and whether it is an error.
    fn of(&self, word: Option<&Word<'_>>) -> Result<Py, Code> {
        match word {
            Some(Word::V(v)) => match self.object(*v) {
                Py::Error(code) => Err(code),
                object => Ok(object),
            },
            _ => Err(Code::Internal),
        }
    }

    /// The imports of families: a static name, and what is done with it.
    fn family<'a>(&mut self, family: &str, name: &str, words: &[Word<'_>]) -> Word<'a> {
        let first = self.of(words.first());
        match family {
            "get" => {
                let found = name.parse::<Path>().map_err(|_| Code::Kind).and_then(|path| self.call.read(&path));
                self.given(found)
            }
            "path" => {
                let found = first.and_then(|of| along(of, name));
                self.given(found)
            }
            "attr" => self.given(first.and_then(|of| attribute(&of, name))),
            "key" => self.given(first.and_then(|of| item(&of, &Py::Str(name.into()), Code::Kind))),
            "str" => self.given(Ok(name.into())),
            "field" => self.add_field(name, first.unwrap_or_else(Py::Error)),
            "field.str" => match words.first() {
                Some(Word::In(bytes)) => self.add_field(name, String::from_utf8_lossy(bytes).into_owned().into()),
                _ => Word::Nothing,
            },
            _ => self.stores(family, name, first, words),
        }
    }

    fn add_field<'a>(&mut self, name: &str, value: Py) -> Word<'a> {
        self.fields.push((name.to_owned(), value));
        Word::Nothing
    }

    fn stores<'a>(&mut self, family: &str, name: &str, first: Result<Py, Code>, words: &[Word<'_>]) -> Word<'a> {
        match family {
            "req" => {
                let kept = self.call.request.as_ref().and_then(|kept| kept.get(name).cloned());
                self.given(Ok(kept.unwrap_or(Py::None)))
            }
            // What is kept may be an error, too.
            "req.set" => match &mut self.call.request {
                None => status(Code::Absent),
                Some(kept) => {
                    kept.insert(name.to_owned(), first.unwrap_or_else(Py::Error));
                    Word::I32(0)
                }
            },
            "req.add" => {
                let sum = self.call.request.as_mut().ok_or(Code::Absent).and_then(|kept| {
                    let before = kept.get(name).filter(|kept| **kept != Py::None).unwrap_or(&Py::Int(0));
                    let sum = arithmetic("add", before, &added(&first?)?)?;
                    kept.insert(name.to_owned(), sum.clone());
                    Ok(sum)
                });
                self.given(sum)
            }
            "slot" => {
                let kept = self.call.slots.get(name).cloned();
                self.given(Ok(kept.unwrap_or(Py::None)))
            }
            "slot.set" => {
                self.call.slots.insert(name.to_owned(), first.unwrap_or_else(Py::Error));
                Word::I32(0)
            }
            _ => match family.strip_prefix("map.") {
                Some(what) => self.map(what, name, first, words),
                None if family == "print" => self.print(name),
                None if family == "clear" => {
                    self.told.numbers.remove(name);
                    self.told.values.remove(name);
                    Word::I32(0)
                }
                None => self.aggregate(family, name, words),
            },
        }
    }

    fn map<'a>(&mut self, what: &str, name: &str, key: Result<Py, Code>, words: &[Word<'_>]) -> Word<'a> {
        let key = key.map(keyed);
        let value = self.of(words.get(1));
        let all = self.call.maps.entry(name.to_owned()).or_default();
        let place = key.as_ref().ok().and_then(|key| all.iter().position(|(k, _)| k == key));
        match (what, key) {
            ("get" | "add", Err(code)) => self.given(Err(code)),
            (_, Err(code)) => status(code),
            ("get", Ok(_)) => {
                let found = place.map(|i| all[i].1.clone()).ok_or(Code::Absent);
                self.given(found)
            }
            ("del", Ok(_)) => {
                place.map(|i| all.remove(i));
                Word::I32(i32::from(place.is_some()))
            }
            ("set", Ok(key)) => match (value, place) {
                (Err(code), _) => status(code),
                (Ok(value), Some(i)) => {
                    all[i].1 = value;
                    Word::I32(0)
                }
                (Ok(value), None) => {
                    all.push((key, value));
                    Word::I32(0)
                }
            },
            (_, Ok(key)) => {
                let old = place.map_or(Py::Int(0), |i| all[i].1.clone());
                let sum = value.and_then(|more| arithmetic("add", &old, &added(&more)?));
                if let Ok(sum) = &sum {
                    match place {
                        Some(i) => all[i].1 = sum.clone(),
                        None => all.push((key, sum.clone())),
                    }
                }
                self.given(sum)
            }
        }
    }

    fn aggregate<'a>(&mut self, family: &str, name: &str, words: &[Word<'_>]) -> Word<'a> {
        let object = |word: Option<&Word<'_>>| if let Some(Word::V(v)) = word { self.object(*v) } else { Py::None };
        let (key, value) = (keyed(object(words.first())), object(words.get(1)));
        // The name of a linear histogram is what stands before its numbers.
        let name = if family == "lquantize" { name.rsplitn(4, ',').last().unwrap_or(name) } else { name };
        match words.get(1) {
            Some(Word::F64(x)) => self.told.numbers.entry(name.into()).or_default().push((key, *x)),
            Some(_) => self.told.values.entry(name.into()).or_default().push((key, value)),
            None => self.told.numbers.entry(name.into()).or_default().push((key, 1.0)),
        }
        Word::Nothing
    }

    /// What surrounds the call, and the call's own numbers.
    fn context<'a>(&mut self, name: &str) -> Option<Word<'a>> {
        use waspect_grammar::path::Context;
        let context = |what| Ok(self.call.context(what));
        let found = match name {
            "task" => context(Context::Task),
            "request" => context(Context::Request),
            "thread_name" => context(Context::Thread),
            "fn_name" => context(Context::Qualname),
            "module_name" => context(Context::Module),
            "file_name" => context(Context::File),
            "retval" => self.call.returned(),
            "exception" => self.call.raised(),
            _ => {
                return Some(match name {
                    "nargs" => Word::I32(self.call.arg_count()),
                    "elapsed" => Word::I64(self.call.elapsed_ns),
                    "now_mono" | "now_wall" => Word::I64(1_000_000_000_000),
                    "pid" => Word::I32(1),
                    "tid" | "invocation" | "firing" => Word::I64(1),
                    "line" => Word::I32(self.call.line),
                    "depth" => Word::I32(i32::try_from(self.call.frames().len()).unwrap_or(i32::MAX) - 1),
                    "rand" => Word::F64(self.random()),
                    "abi" => Word::I32(waspect_abi::MINOR),
                    _ => return None,
                });
            }
        };
        Some(self.given(found))
    }

    /// The same numbers in each run.
    fn random(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Functions that look at the call or inside a value.
    fn reads<'a>(&mut self, name: &str, words: &mut [Word<'_>]) -> Option<Word<'a>> {
        let limits = last(words);
        if let [Word::V(v), .., Word::Out(place)] | [Word::V(v), Word::Out(place), ..] = words {
            let v = *v;
            return Some(self.copied(name, v, place, limits));
        }
        let a = self.of(words.first());
        let b = self.of(words.get(1));
        let n = words.iter().find_map(|word| if let Word::I32(n) = word { Some(*n) } else { None });
        let found = match (name, n) {
            ("arg", Some(i)) => self.call.positional_at(i),
            ("get", _) => text(&words[0]).and_then(|path| self.call.read(&path.parse().map_err(|_| Code::Kind)?)),
            ("local", _) => text(&words[0]).and_then(|name| self.call.named_local(name)),
            ("global", _) => text(&words[0]).and_then(|name| self.call.named_global(name)),
            ("type", _) => a.map(|of| class(&of)),
            ("typename", _) => a.map(|of| of.type_name().into()),
            ("add" | "sub" | "mul" | "div" | "mod", _) => a.and_then(|a| arithmetic(name, &a, &b?)),
            ("neg", _) => a.and_then(|of| negative(&of)),
            ("to_int", _) => a.and_then(|of| to_int(&of)),
            ("to_float", _) => a.and_then(|of| to_float(&of)),
            ("to_str", _) => a.and_then(|of| to_str(&of)),
            ("attr", _) => a.and_then(|of| attribute(&of, text(&words[1])?)),
            ("path", _) => a.and_then(|of| along(of, text(&words[1])?)),
            ("item", _) => a.and_then(|of| item(&of, &b?, Code::Kind)),
            ("at", Some(i)) => a.and_then(|of| at(&of, i.into())),
            ("slice", Some(from)) => a.and_then(|of| slice(&of, from, last(words))),
            ("entry_key", Some(i)) => a.and_then(|of| nth(entries(&of)?, i)).map(|(key, _)| key),
            ("entry_val", Some(i)) => a.and_then(|of| nth(entries(&of)?, i)).map(|(_, value)| value),
            ("tuple2" | "tuple3" | "tuple4", _) => {
                words.iter().map(|word| self.of(Some(word))).collect::<Result<_, _>>().map(Py::Tuple)
            }
            ("int_new", _) => match words {
                [Word::I64(n)] => Ok((*n).into()),
                _ => Err(Code::Internal),
            },
            ("str_new" | "lit", _) => match &words[0] {
                Word::In(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned().into()),
                _ => Err(Code::Internal),
            },
            ("bytes_new", _) => match &words[0] {
                Word::In(bytes) => Ok(Py::Bytes(bytes.to_vec())),
                _ => Err(Code::Internal),
            },
            ("stack", Some(frames)) if frames < 1 || !(0..8).contains(&last(words)) => Err(Code::Range),
            ("stack", Some(frames)) => {
                Ok(Py::Stack(self.call.frames().into_iter().take(usize::try_from(frames).unwrap_or(0)).collect()))
            }
            _ => return self.answers(name, a, b, words),
        };
        Some(self.given(found))
    }

    /// Functions that answer with a number.
    fn answers<'a>(
        &self,
        name: &str,
        a: Result<Py, Code>,
        b: Result<Py, Code>,
        words: &[Word<'_>],
    ) -> Option<Word<'a>> {
        Some(match (name, words) {
            ("kind", [Word::V(v)]) => Word::I32(self.object(*v).kind() as i32),
            ("int", [_, Word::I64(default)]) => Word::I64(whole(a).unwrap_or(*default)),
            ("float", [_, Word::F64(default)]) => Word::F64(real(a).unwrap_or(*default)),
            ("truthy", _) => Word::I32(a.map_or(0, |of| i32::from(truthy(&of)))),
            ("len", _) => {
                let size = a.and_then(|of| of.size().ok_or(Code::Kind));
                Word::I32(size.map_or_else(Code::status, |n| i32::try_from(n).unwrap_or(i32::MAX)))
            }
            ("ident", _) => Word::I64(a.map_or_else(|code| code.status().into(), |of| ident(&of))),
            // Whatever is of the same content is the same object here.
            ("is", _) => truth(a.and_then(|a| Ok(a == b?))),
            ("eq", _) => truth(a.and_then(|a| equal(&a, &b?))),
            ("cmp", _) => Word::I32(
                a.and_then(|a| Ok(order(&a, &b?))).map_or_else(Code::status, |order| order.map_or(2, |o| o as i32)),
            ),
            ("str_hash", _) => Word::I64(if let Ok(Py::Str(s)) = a { hash(s.as_bytes()) } else { 0 }),
            ("in", _) => truth(a.and_then(|item| contains(&b?, &item))),
            ("str_eq", [_, Word::In(bytes)]) => truth(a.map(|of| matches!(of, Py::Str(s) if s.as_bytes() == *bytes))),
            ("str_test", [_, Word::In(bytes), Word::I32(how)]) => truth(a.and_then(|of| tested(&of, bytes, *how))),
            _ => return None,
        })
    }

    /// Functions that fill a piece of the probe's memory and say how long the whole is.
    fn copied<'a>(&self, name: &str, v: Value, place: &mut [u8], limits: i32) -> Word<'a> {
        let bytes = match (name, self.object(v)) {
            (_, Py::Error(code)) => return status(code),
            ("str", Py::Str(s)) => s.into_bytes(),
            ("bytes", Py::Bytes(bytes)) => bytes,
            ("show", of) => show::shown(&of).into_bytes(),
            ("snapshot", of) => msgpack::tree(&of, limits),
            _ => return status(Code::Kind),
        };
        let mut front = bytes.len().min(place.len());
        while matches!(name, "str" | "show") && front < bytes.len() && bytes[front] & 0xC0 == 0x80 {
            front -= 1;
        }
        place[..front].copy_from_slice(&bytes[..front]);
        Word::I32(i32::try_from(bytes.len()).unwrap_or(i32::MAX))
    }

    /// Functions that write.
    fn writes<'a>(&mut self, name: &str, words: &mut [Word<'_>]) -> Word<'a> {
        match (name, &*words) {
            ("field", [key, Word::V(v)]) => {
                let value = self.object(*v);
                self.named_field(key, value)
            }
            ("field_str", [key, Word::In(bytes)]) => {
                self.named_field(key, String::from_utf8_lossy(bytes).into_owned().into())
            }
            ("field_f64", [key, Word::F64(x)]) => self.named_field(key, (*x).into()),
            ("field_limits", _) => Word::Nothing,
            ("emit", _) => {
                let record = std::mem::take(&mut self.fields);
                self.committed(record)
            }
            ("speculate" | "commit" | "forget", _) => self.speculation(name),
            // Fields that wait for `emit` go on waiting.
            ("emit_msgpack", [Word::In(bytes)]) => match msgpack::record(bytes).and_then(msgpack::all_named) {
                Ok(record) => self.committed(record),
                Err(code) => status(code),
            },
            ("discard", _) => {
                self.fields.clear();
                Word::I32(0)
            }
            ("log", [Word::I32(level), Word::In(line)]) => {
                let line = String::from_utf8_lossy(line).into_owned();
                self.log(*level, line)
            }
            ("log_value", [Word::I32(level), Word::V(v)]) => match self.object(*v) {
                Py::Error(code) => status(code),
                Py::Str(line) => self.log(*level, line),
                other => self.log(*level, show::shown(&other)),
            },
            ("sample", [Word::F64(p)]) => {
                let p = *p;
                Word::I32(i32::from(self.random() < p))
            }
            ("every" | "rate", [Word::I32(n)]) if *n < 1 => status(Code::Range),
            ("every", [Word::I32(n)]) => {
                let seen = self.every.entry(*n).or_default();
                *seen += 1;
                Word::I32(i32::from(*seen % n == 0))
            }
            ("rate", _) => Word::I32(1),
            ("has", [name]) => Word::I32(i32::from(text(name).is_ok_and(has))),
            _ => panic!("`{name}` is answered by the real host alone: test it as wasm, with `waspect run`"),
        }
    }

    fn named_field<'a>(&mut self, name: &Word<'_>, value: Py) -> Word<'a> {
        match text(name).and_then(named) {
            Err(Code::Limit) => status(Code::Limit),
            Err(_) => status(Code::Range),
            Ok(name) => {
                self.add_field(name, value);
                Word::I32(0)
            }
        }
    }

    fn log<'a>(&mut self, level: i32, line: String) -> Word<'a> {
        if !(1..=5).contains(&level) {
            return status(Code::Range);
        }
        self.told.logs.push((level, line));
        Word::I32(0)
    }
}

/// A name that a field may have.
pub(super) fn named(name: &str) -> Result<&str, Code> {
    let bad = name.is_empty() || name.chars().any(char::is_control);
    if bad { Err(Code::Range) } else { Ok(name) }
}

fn has(name: &str) -> bool {
    IMPORTS.iter().any(|import| match import.arg {
        waspect_abi::Arg::Fixed(fixed) => fixed == name,
        _ => import.module == name,
    })
}

fn last(words: &[Word<'_>]) -> i32 {
    if let Some(Word::I32(n)) = words.last() { *n } else { 0 }
}

fn nth(all: Vec<(Py, Py)>, i: i32) -> Result<(Py, Py), Code> {
    usize::try_from(i).ok().and_then(|i| all.into_iter().nth(i)).ok_or(Code::Absent)
}

fn along(of: Py, steps: &str) -> Result<Py, Code> {
    if steps.len() > NAME_BYTES_MAX {
        return Err(Code::Limit);
    }
    let steps = parse_steps(steps).map_err(|_| Code::Kind)?;
    if matches!(of, Py::Str(_) | Py::Bytes(_)) {
        // A path steps into containers and objects only.
        return Err(if matches!(steps[0], waspect_grammar::path::Step::Attr(_)) { Code::Absent } else { Code::Kind });
    }
    steps.iter().try_fold(of, |of, step| stepped(&of, step))
}

/// What can be added to what is kept.
fn added(more: &Py) -> Result<Py, Code> {
    match more {
        Py::Bool(b) => Ok(Py::Int((*b).into())),
        Py::Int(_) | Py::Float(_) => Ok(more.clone()),
        _ => Err(Code::Kind),
    }
}

/// What is no scalar, bytes, stack or tuple keys as its type.
fn keyed(key: Py) -> Py {
    match key {
        Py::Tuple(parts) => Py::Tuple(parts.into_iter().map(keyed).collect()),
        Py::Object(it) | Py::Exception(it) => Py::Named(Kind::Type, it.type_name),
        Py::List(_) | Py::Dict(_) | Py::Set(_) | Py::FrozenSet(_) => Py::Named(Kind::Type, key.type_name().to_owned()),
        other => other,
    }
}

fn whole(of: Result<Py, Code>) -> Option<i64> {
    match of {
        Ok(Py::Int(n)) => i64::try_from(n).ok(),
        Ok(Py::Bool(b)) => Some(b.into()),
        _ => None,
    }
}

fn real(of: Result<Py, Code>) -> Option<f64> {
    match of {
        Ok(Py::Float(x)) => Some(x),
        Ok(Py::Int(n)) => i64::try_from(n).ok().map(|n| n as f64),
        Ok(Py::Bool(b)) => Some(f64::from(u8::from(b))),
        _ => None,
    }
}

fn truthy(of: &Py) -> bool {
    match of {
        Py::None | Py::Error(_) => false,
        Py::Bool(b) => *b,
        Py::Int(n) => *n != 0,
        Py::Float(x) => *x != 0.0,
        other => other.size() != Some(0),
    }
}

/// Never negative; the same for the same content.
fn ident(of: &Py) -> i64 {
    hash(format!("{of:?}").as_bytes()) & i64::MAX
}

fn tested(of: &Py, what: &[u8], how: i32) -> Result<bool, Code> {
    let Py::Str(s) = of else { return Err(Code::Kind) };
    let s = s.as_bytes();
    match how {
        0 => Ok(s.starts_with(what)),
        1 => Ok(s.ends_with(what)),
        2 => Ok(what.is_empty() || s.windows(what.len()).any(|part| part == what)),
        _ => Err(Code::Range),
    }
}

/// xxh64 with seed 0.
fn hash(bytes: &[u8]) -> i64 {
    super::hash::xxh64(bytes).cast_signed()
}
