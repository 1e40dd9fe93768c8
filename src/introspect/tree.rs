//! Objects encoded as bounded trees. (Placeholder.)
use super::Introspect;
pub struct TreeLimits {
    pub depth: u64,
    pub items: u64,
    pub str_bytes: u64,
    pub budget_bytes: u64,
}
pub fn encode<I: Introspect>(_o: I::Obj, _limits: &TreeLimits, _out: &mut Vec<u8>) {}
pub fn encode_whole<I: Introspect>(_f: I::Frame, _w: super::Whole, _limits: &TreeLimits, _out: &mut Vec<u8>) {}
