//! Firings for tests: a call of a Python function, written down, and what a probe does when it sees it.
//!
//! In: a [`Firing`], by hand or as JSON, and a probe's function, which runs natively. Out: [`Told`]: records, numbers by key,
//! logs, what was kept. Never here: Python, or a bound of the host's: fields are not cut, nothing is dropped, fuel is not
//! counted. Each import answers as the real host does; a test of the project holds the two against each other.
//!
//! ```
//! use waspect_probe::{Firing, Py, capture, get};
//!
//! fn added() {
//!     capture!(email = get!("arg0.user.email"), price = get!("item.price"));
//! }
//!
//! let told = Firing::new()
//!     .arg("self", Py::object("shop.Cart", [("user", Py::object("shop.User", [("email", "ada@b.c")]))]))
//!     .arg("item", Py::object("shop.Item", [("price", 7.5)]))
//!     .fire(added);
//! assert_eq!(told.field("email"), Some(&"ada@b.c".into()));
//! assert_eq!(told.field("price"), Some(&7.5.into()));
//! ```

mod compute;
mod hash;
mod host;
mod import;
mod json;
mod msgpack;
mod py;
mod reads;
mod show;
mod told;
mod without_call;

use std::collections::HashMap;

pub use host::{Word, call, object};
pub use py::Py;
pub use told::Told;

use crate::Outcome;
use host::Host;

/// One call of a function, as a probe sees it.
///
/// ```
/// # use waspect_probe::*;
/// let call = Firing::new().function("shop.cart.add").arg("item", "book").retval(1).elapsed_ns(7_000);
/// let told = call.fire(|| quantize!("latency_ns", get!("$fn"), elapsed()));
/// assert_eq!(told.numbers("latency_ns", "shop.cart.add"), [7_000.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Firing {
    function: String,
    file: String,
    args: Vec<(String, Py)>,
    rest: Vec<Py>,
    kwargs: Vec<(String, Py)>,
    locals: Vec<(String, Py)>,
    globals: Vec<(String, Py)>,
    closure: Vec<(String, Py)>,
    retval: Option<Py>,
    exception: Option<Py>,
    elapsed_ns: i64,
    line: i32,
    stack: Vec<String>,
    thread: String,
    task: Option<String>,
    request: Option<HashMap<String, Py>>,
    slots: HashMap<String, Py>,
    maps: HashMap<String, Vec<(Py, Py)>>,
    callless: bool,
}

impl Default for Firing {
    fn default() -> Self {
        Self::new()
    }
}

impl Firing {
    /// A call of `app.function` without arguments, at its entry.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// assert!(Firing::new().fire(|| assert_eq!(nargs(), 0)).is_nothing());
    /// ```
    pub fn new() -> Self {
        Self {
            function: "app.function".into(),
            file: "app.py".into(),
            args: Vec::new(),
            rest: Vec::new(),
            kwargs: Vec::new(),
            locals: Vec::new(),
            globals: Vec::new(),
            closure: Vec::new(),
            retval: None,
            exception: None,
            elapsed_ns: -1,
            line: 1,
            stack: Vec::new(),
            thread: "MainThread".into(),
            task: None,
            request: None,
            slots: HashMap::new(),
            maps: HashMap::new(),
            callless: false,
        }
    }

    /// A firing of `begin`, `end` or a tick: there is no call to read.
    pub fn without_call() -> Self {
        Self { callless: true, ..Self::new() }
    }

    /// The same from JSON: the form that `docs/PROBES.md` describes, for calls that were recorded.
    ///
    /// ```
    /// # use waspect_probe::{Firing, get, capture};
    /// # fn f() { capture!(x = get!("arg0")); }
    /// let told = Firing::from_json(r#"{"fn": "shop.cart.add", "args": {"item": "book"}, "retval": null}"#).fire(f);
    /// assert_eq!(told.field("x"), Some(&"book".into()));
    /// ```
    ///
    /// # Panics
    /// If the text is not of that form; the message says where.
    pub fn from_json(text: &str) -> Self {
        json::firing(text).unwrap_or_else(|why| panic!("not a firing: {why}"))
    }

    /// The function that is called, `shop.cart.Cart.add`: `$fn`, and the frame of the stack that is innermost.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("$fn")); }
    /// let told = Firing::new().function("shop.cart.add").fire(probe);
    /// assert_eq!(told.field("it"), Some(&"shop.cart.add".into()));
    /// ```
    #[must_use]
    pub fn function(mut self, name: &str) -> Self {
        self.function = name.into();
        self
    }

    /// One more parameter and what it holds.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("item")); }
    /// let told = Firing::new().arg("item", "book").fire(probe);
    /// assert_eq!(told.field("it"), Some(&"book".into()));
    /// ```
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<Py>) -> Self {
        self.args.push((name.into(), value.into()));
        self
    }

    /// One more argument behind the parameters, an element of `*rest`.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = arg(1)); }
    /// let told = Firing::new().arg("item", "book").rest(2).fire(probe);
    /// assert_eq!(told.field("it"), Some(&2.into()));
    /// ```
    #[must_use]
    pub fn rest(mut self, value: impl Into<Py>) -> Self {
        self.rest.push(value.into());
        self
    }

    /// One more of `**kwargs`.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("kwargs[\"gift\"]")); }
    /// let told = Firing::new().kwarg("gift", true).fire(probe);
    /// assert_eq!(told.field("it"), Some(&true.into()));
    /// ```
    #[must_use]
    pub fn kwarg(mut self, name: &str, value: impl Into<Py>) -> Self {
        self.kwargs.push((name.into(), value.into()));
        self
    }

    /// A local variable that is no parameter.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("total")); }
    /// let told = Firing::new().local("total", 9).fire(probe);
    /// assert_eq!(told.field("it"), Some(&9.into()));
    /// ```
    #[must_use]
    pub fn local(mut self, name: &str, value: impl Into<Py>) -> Self {
        self.locals.push((name.into(), value.into()));
        self
    }

    /// A global of the function's module.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = global("DEBUG")); }
    /// let told = Firing::new().global("DEBUG", true).fire(probe);
    /// assert_eq!(told.field("it"), Some(&true.into()));
    /// ```
    #[must_use]
    pub fn global(mut self, name: &str, value: impl Into<Py>) -> Self {
        self.globals.push((name.into(), value.into()));
        self
    }

    /// A variable of an enclosing function.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = local("limit")); }
    /// let told = Firing::new().closure("limit", 3).fire(probe);
    /// assert_eq!(told.field("it"), Some(&3.into()));
    /// ```
    #[must_use]
    pub fn closure(mut self, name: &str, value: impl Into<Py>) -> Self {
        self.closure.push((name.into(), value.into()));
        self
    }

    /// The call returned this: the firing is at its return.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = retval()); }
    /// let told = Firing::new().retval(7).fire(probe);
    /// assert_eq!(told.field("it"), Some(&7.into()));
    /// ```
    #[must_use]
    pub fn retval(mut self, value: impl Into<Py>) -> Self {
        (self.retval, self.exception) = (Some(value.into()), None);
        self
    }

    /// The call raised this: the firing is at its raise.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("exc.message")); }
    /// let told = Firing::new().exception(Py::exception("shop.SoldOut", "book")).fire(probe);
    /// assert_eq!(told.field("it"), Some(&"book".into()));
    /// ```
    #[must_use]
    pub fn exception(mut self, value: impl Into<Py>) -> Self {
        (self.retval, self.exception) = (None, Some(value.into()));
        self
    }

    /// How long the call took.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = elapsed()); }
    /// let told = Firing::new().elapsed_ns(7_000).fire(probe);
    /// assert_eq!(told.field("it"), Some(&7_000.into()));
    /// ```
    #[must_use]
    pub fn elapsed_ns(mut self, ns: i64) -> Self {
        self.elapsed_ns = ns;
        self
    }

    /// The line it stands at.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = get!("$line")); }
    /// let told = Firing::new().line(42).fire(probe);
    /// assert_eq!(told.field("it"), Some(&42.into()));
    /// ```
    #[must_use]
    pub fn line(mut self, line: i32) -> Self {
        self.line = line;
        self
    }

    /// Who called it, the nearest first.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = stack(8).at(1)); }
    /// let told = Firing::new().called_by(&["shop.views.buy"]).fire(probe);
    /// assert_eq!(told.field("it"), Some(&"shop.views.buy".into()));
    /// ```
    #[must_use]
    pub fn called_by(mut self, functions: &[&str]) -> Self {
        self.stack = functions.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The thread's name; `MainThread` otherwise.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = thread_name()); }
    /// let told = Firing::new().thread("worker-3").fire(probe);
    /// assert_eq!(told.field("it"), Some(&"worker-3".into()));
    /// ```
    #[must_use]
    pub fn thread(mut self, name: &str) -> Self {
        self.thread = name.into();
        self
    }

    /// The asyncio task it runs in.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = task()); }
    /// let told = Firing::new().task("Task-7").fire(probe);
    /// assert_eq!(told.field("it"), Some(&"Task-7".into()));
    /// ```
    #[must_use]
    pub fn task(mut self, name: &str) -> Self {
        self.task = Some(name.into());
        self
    }

    /// It belongs to a request, `r-1`, that keeps nothing yet.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let told = Firing::new().arg("user", "ada").in_request().fire(|| req_set!("user", arg(0)));
    /// assert_eq!(told.request["user"], "ada".into());
    /// ```
    #[must_use]
    pub fn in_request(mut self) -> Self {
        self.request = Some(HashMap::new());
        self
    }

    /// What the same call kept at its entry.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = slot!("before")); }
    /// let told = Firing::new().slot("before", 3).retval(()).fire(probe);
    /// assert_eq!(told.field("it"), Some(&3.into()));
    /// ```
    #[must_use]
    pub fn slot(mut self, name: &str, value: impl Into<Py>) -> Self {
        self.slots.insert(name.into(), value.into());
        self
    }

    /// What a map of the session has.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # fn probe() { capture!(it = map_get!("stock", "book")); }
    /// let told = Firing::new().map("stock", "book", 3).fire(probe);
    /// assert_eq!(told.field("it"), Some(&3.into()));
    /// ```
    #[must_use]
    pub fn map(mut self, name: &str, key: impl Into<Py>, value: impl Into<Py>) -> Self {
        self.maps.entry(name.into()).or_default().push((key.into(), value.into()));
        self
    }

    /// Fires a probe's function and tells what it did.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let told = Firing::new().fire(|| count!("calls", ()));
    /// assert_eq!((told.count("calls", ()), told.status), (1, 0));
    /// ```
    pub fn fire<T: FiringOutcome>(self, probe: impl FnOnce() -> T) -> Told {
        let before = host::enter(Host::new(self));
        let outcome = probe().status_number();
        let host = host::leave(before);
        host.told(outcome)
    }
}

/// What a function that is fired may give: nothing, or what a probe may.
///
/// ```
/// # use waspect_probe::*;
/// assert_eq!(Firing::new().fire(|| Err::<(), _>(Code::Range)).status, -9);
/// assert_eq!(Firing::new().fire(|| ()).status, 0);
/// ```
pub trait FiringOutcome {
    /// 0 for fine.
    ///
    /// ```
    /// # use waspect_probe::testing::FiringOutcome;
    /// assert_eq!(().status_number(), 0);
    /// ```
    fn status_number(self) -> i32;
}

impl FiringOutcome for () {
    fn status_number(self) -> i32 {
        0
    }
}
impl<T: Outcome> FiringOutcome for T {
    fn status_number(self) -> i32 {
        self.number()
    }
}
