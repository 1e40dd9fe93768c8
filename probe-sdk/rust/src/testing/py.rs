//! Python objects as plain data: what a test says that an application holds, and what a probe is found to have written.
//!
//! In: Rust values. Out: [`Py`]. Never here: behaviour; an attribute that is a property is said to be one.

use std::fmt;

use waspect_abi::{Code, Kind};

/// An object.
///
/// ```
/// # use waspect_probe::Py;
/// let user = Py::object("shop.User", [("name", Py::from("Ada")), ("tags", Py::list(["admin"]))]);
/// assert_eq!(user.to_string(), "<shop.User>");
/// assert_eq!(Py::from(("a", 1)).to_string(), "('a', 1)");
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Py {
    /// None.
    None,
    /// True or False.
    Bool(bool),
    /// Of any size that fits 127 bits.
    Int(i128),
    /// A float.
    Float(f64),
    /// A str.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Py>),
    /// A tuple.
    Tuple(Vec<Py>),
    /// A set, in the order in which a probe meets its items.
    Set(Vec<Py>),
    /// A frozenset, in such an order.
    FrozenSet(Vec<Py>),
    /// A dict: keys and values, in order.
    Dict(Vec<(Py, Py)>),
    /// An object of a class.
    Object(Fields),
    /// An exception; what it was raised with is its field `args`.
    Exception(Fields),
    /// A class, function, module or coroutine, by its qualified name.
    Named(Kind, String),
    /// A stack: a text for each frame, the innermost first.
    Stack(Vec<String>),
    /// Where a read failed: why.
    Error(Code),
}

/// An object of a class of the application's.
///
/// ```
/// # use waspect_probe::Py;
/// let Py::Object(user) = Py::object("shop.User", [("name", "Ada")]) else { unreachable!() };
/// assert_eq!((user.type_name.as_str(), user.fields.len()), ("shop.User", 1));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Fields {
    /// `shop.User`
    pub type_name: String,
    /// Attributes, by name and in order.
    pub fields: Vec<(String, Py)>,
    /// Attributes that are properties: to read one would run code.
    pub properties: Vec<String>,
}

impl Py {
    /// An object with fields.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("user.name")); }
    /// let told = Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(probe);
    /// assert_eq!(told.field("it"), Some(&"Ada".into()));
    /// ```
    pub fn object<V: Into<Py>>(type_name: &str, fields: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        Self::Object(Fields::of(type_name, fields))
    }

    /// An exception: its type, and what it was raised with.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = exception().type_name()); }
    /// let told = Firing::new().exception(Py::exception("ValueError", "no price")).fire(probe);
    /// assert_eq!(told.field("it"), Some(&"ValueError".into()));
    /// ```
    pub fn exception(type_name: &str, message: impl Into<Py>) -> Self {
        Self::Exception(Fields::of(type_name, [("args", Self::Tuple(vec![message.into()]))]))
    }

    /// The same object, of which these attributes are properties.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let user = Py::object("shop.User", [("name", "Ada")]).with_properties(&["orders"]);
    /// Firing::new().arg("user", user).fire(|| assert_eq!(get!("user.orders").error(), Some(Code::Code)));
    /// ```
    #[must_use]
    pub fn with_properties(mut self, names: &[&str]) -> Self {
        if let Self::Object(it) | Self::Exception(it) = &mut self {
            it.properties.extend(names.iter().map(|name| (*name).to_owned()));
        }
        self
    }

    /// A list.
    ///
    /// ```
    /// # use waspect_probe::Py;
    /// assert_eq!(Py::list([1, 2]).to_string(), "[1, 2]");
    /// ```
    pub fn list<V: Into<Py>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::List(items.into_iter().map(V::into).collect())
    }

    /// A tuple.
    ///
    /// ```
    /// # use waspect_probe::Py;
    /// assert_eq!(Py::tuple([1]).to_string(), "(1,)");
    /// ```
    pub fn tuple<V: Into<Py>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::Tuple(items.into_iter().map(V::into).collect())
    }

    /// A dict.
    ///
    /// ```
    /// # use waspect_probe::Py;
    /// assert_eq!(Py::dict([("a", 1)]).to_string(), "{'a': 1}");
    /// ```
    pub fn dict<K: Into<Py>, V: Into<Py>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Dict(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::None => Kind::None,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Str(_) => Kind::Str,
            Self::Bytes(_) => Kind::Bytes,
            Self::List(_) => Kind::List,
            Self::Tuple(_) => Kind::Tuple,
            Self::Set(_) => Kind::Set,
            Self::FrozenSet(_) => Kind::FrozenSet,
            Self::Dict(_) => Kind::Dict,
            Self::Object(_) => Kind::Object,
            Self::Exception(_) => Kind::Exception,
            Self::Named(kind, _) => *kind,
            Self::Stack(_) => Kind::Frame,
            Self::Error(_) => Kind::Error,
        }
    }

    /// Python's `len`, of what has one.
    pub(super) fn size(&self) -> Option<usize> {
        Some(match self {
            Self::Str(s) => s.chars().count(),
            Self::Bytes(b) => b.len(),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) | Self::FrozenSet(items) => items.len(),
            Self::Dict(pairs) => pairs.len(),
            Self::Stack(frames) => frames.len(),
            _ => return None,
        })
    }

    pub(super) fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Object(it) | Self::Exception(it) => &it.type_name,
            other => other.kind().name(),
        }
    }
}

impl Fields {
    fn of<V: Into<Py>>(type_name: &str, fields: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self { type_name: type_name.into(), fields, properties: Vec::new() }
    }
}

macro_rules! from {
    ($($type:ty => |$v:ident| $made:expr;)*) => {$(
        impl From<$type> for Py {
            fn from($v: $type) -> Self {
                $made
            }
        }
    )*};
}
from! {
    () => |_nothing| Self::None;
    bool => |b| Self::Bool(b);
    i32 => |n| Self::Int(n.into());
    u32 => |n| Self::Int(n.into());
    i64 => |n| Self::Int(n.into());
    u64 => |n| Self::Int(n.into());
    i128 => |n| Self::Int(n);
    f64 => |x| Self::Float(x);
    &str => |s| Self::Str(s.to_owned());
    String => |s| Self::Str(s);
    &[u8] => |b| Self::Bytes(b.to_vec());
    Code => |code| Self::Error(code);
}
impl<A: Into<Py>, B: Into<Py>> From<(A, B)> for Py {
    fn from((a, b): (A, B)) -> Self {
        Self::Tuple(vec![a.into(), b.into()])
    }
}
impl<A: Into<Py>, B: Into<Py>, C: Into<Py>> From<(A, B, C)> for Py {
    fn from((a, b, c): (A, B, C)) -> Self {
        Self::Tuple(vec![a.into(), b.into(), c.into()])
    }
}

impl fmt::Display for Py {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::show::shown(self))
    }
}
