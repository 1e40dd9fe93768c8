//! Sorting where code is scarcer than time: one sort for lists of whatever there is.
//!
//! In: a list, a comparison. Out: the list in order; equal items stay as they came. Never here: the fire path.

use std::cmp::Ordering;

/// Sorts a list. Each type costs a few hundred bytes of code, where the library's sort takes four thousand.
pub fn by<T>(items: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let order = order(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| items[at].take()).collect()
}

/// Places in the order of what lies there.
#[inline(never)]
fn order(many: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..many).collect();
    order.sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
    order
}
