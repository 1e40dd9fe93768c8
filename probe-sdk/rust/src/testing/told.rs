//! What a probe did in a firing.
//!
//! In: what the host of the test wrote down. Out: records, numbers, logs, by name. Never here: a total; a histogram is the
//! numbers that were added to it.

use std::collections::HashMap;

use super::Py;

/// What a probe did.
///
/// ```
/// # use waspect_probe::*;
/// let told = Firing::new().arg("item", "book").fire(|| {
///     capture!(item = arg(0));
///     count!("calls", ());
/// });
/// assert_eq!(told.records.len(), 1);
/// assert_eq!(told.count("calls", ()), 1);
/// ```
#[derive(Clone, Default, PartialEq, Debug)]
#[non_exhaustive]
pub struct Told {
    /// Records in order, each with its fields in order.
    pub records: Vec<Vec<(String, Py)>>,
    /// By name and key: the numbers that were added; 1 for each count, and the value's place for `uniq` and `top`.
    pub numbers: HashMap<String, Vec<(Py, f64)>>,
    /// What `uniq` and `top` were given, by name and key.
    pub values: HashMap<String, Vec<(Py, Py)>>,
    /// What was printed, in order: an aggregation's name, and what it had by then.
    pub prints: Vec<(String, Vec<(Py, f64)>)>,
    /// Records that the request still holds back.
    pub held: Vec<Vec<(String, Py)>>,
    /// Level and line.
    pub logs: Vec<(i32, String)>,
    /// What the probe's function gave; below 0 is an error of its own.
    pub status: i32,
    /// What the request keeps.
    pub request: HashMap<String, Py>,
    /// What the call keeps.
    pub slots: HashMap<String, Py>,
    /// What the session's maps have.
    pub maps: HashMap<String, Vec<(Py, Py)>>,
}

impl Told {
    /// A field of the only record; none if there is none, or another number of records.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let told = Firing::new().arg("item", "book").fire(|| capture!(item = arg(0)));
    /// assert_eq!(told.field("item"), Some(&"book".into()));
    /// assert_eq!(told.field("price"), None);
    /// ```
    pub fn field(&self, name: &str) -> Option<&Py> {
        let [record] = self.records.as_slice() else { return None };
        record.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// How often a key was counted.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let told = Firing::new().arg("item", "book").fire(|| count!("added", arg(0)));
    /// assert_eq!((told.count("added", "book"), told.count("added", "pen")), (1, 0));
    /// ```
    pub fn count(&self, name: &str, key: impl Into<Py>) -> usize {
        self.numbers(name, key).len()
    }

    /// The numbers that were added under a key, in order.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let told = Firing::new().fire(|| {
    ///     sum!("bytes", "in", 3);
    ///     sum!("bytes", "in", 4);
    /// });
    /// assert_eq!(told.numbers("bytes", "in"), [3.0, 4.0]);
    /// ```
    pub fn numbers(&self, name: &str, key: impl Into<Py>) -> Vec<f64> {
        let key = key.into();
        let all = self.numbers.get(name).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|(k, _)| *k == key).map(|(_, n)| *n).collect()
    }

    /// Whether nothing was written: no record, number, print or log.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// let quiet = Firing::new().fire(|| {
    ///     if nargs() > 3 {
    ///         capture!(args = get!("args"));
    ///     }
    /// });
    /// assert!(quiet.is_nothing());
    /// ```
    pub fn is_nothing(&self) -> bool {
        self.records.is_empty()
            && self.numbers.is_empty()
            && self.values.is_empty()
            && self.logs.is_empty()
            && self.prints.is_empty()
            && self.held.is_empty()
    }
}
