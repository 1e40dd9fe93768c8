//! The request store's own rules: what fits, what a copy and a child share.
//!
//! In: values by key. Out: what is kept. Never here: a context; `tests/python/test_request.py` has those.

use waspect::limits;
use waspect::request::{Full, Kept, Key, Opening, Scope};

fn key(name: u64) -> Key {
    Key { session: 1, name: u32::try_from(name).expect("a name") }
}

fn bits(scope: &Scope, name: u64) -> Option<u64> {
    match scope.get(key(name))? {
        Kept::Bits(bits) => Some(bits),
        other => panic!("{other:?}"),
    }
}

#[test]
fn so_many_values_and_no_more() {
    let scope = Scope::fresh();
    (0..limits::REQUEST_VALUES_MAX).for_each(|n| assert_eq!(scope.set(key(n), Kept::Bits(n)), Ok(())));
    assert_eq!(scope.set(key(limits::REQUEST_VALUES_MAX), Kept::Bits(0)), Err(Full));
    assert_eq!(scope.set(key(3), Kept::Bits(300)), Ok(()));
    assert_eq!(bits(&scope, 3), Some(300));
}

#[test]
fn so_many_bytes_and_no_more() {
    let scope = Scope::fresh();
    let bytes = |n: u64| Kept::Bytes(vec![0; usize::try_from(n).expect("a length")].into());
    assert_eq!(scope.set(key(1), bytes(limits::REQUEST_BYTES_MAX - 8)), Ok(()));
    assert_eq!(scope.set(key(2), Kept::Bits(2)), Ok(()));
    assert_eq!(scope.set(key(3), Kept::Bits(3)), Err(Full));
    // What does not fit leaves what was there.
    assert_eq!(scope.set(key(2), bytes(9)), Err(Full));
    assert_eq!(bits(&scope, 2), Some(2));
    assert_eq!(scope.set(key(1), bytes(0)), Ok(()));
    assert_eq!(scope.set(key(3), Kept::Bits(3)), Ok(()));
}

#[test]
fn names_of_another_session_are_others() {
    let scope = Scope::fresh();
    assert_eq!(scope.set(Key { session: 1, name: 7 }, Kept::Bits(1)), Ok(()));
    assert!(scope.get(Key { session: 2, name: 7 }).is_none());
}

#[test]
fn a_copy_is_the_same_request_and_a_child_another() {
    let scope = Scope::fresh();
    assert_eq!(scope.set(key(1), Kept::Bits(1)), Ok(()));
    let (copy, child) = (scope.copied(), Scope::opened(Opening::Child, Some(&scope)).expect("opens"));
    assert_eq!(scope.set(key(1), Kept::Bits(2)), Ok(()));
    assert_eq!((bits(&copy, 1), bits(&child, 1)), (Some(1), Some(1)));
    assert_eq!(copy.number(), scope.number());
    assert_ne!(child.number(), scope.number());
}

#[test]
fn an_ended_request_is_nobodys_parent() {
    let scope = Scope::fresh();
    assert_eq!(scope.set(key(1), Kept::Bits(1)), Ok(()));
    assert!(Scope::opened(Opening::Joined, Some(&scope)).is_none());
    // Ended in one context is ended in all.
    scope.copied().close();
    for how in [Opening::Joined, Opening::Child, Opening::Fresh] {
        let next = Scope::opened(how, Some(&scope)).expect("opens");
        assert_eq!(bits(&next, 1), None);
    }
    assert_eq!(bits(&scope, 1), Some(1));
}
