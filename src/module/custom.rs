//! Custom sections: the names of functions, looked at only to say which one is meant.
//!
//! In: a module's bytes. Out: a name. Never here: an error; what is not understood has no name.

use wasmparser::{KnownCustom, Name, Parser, Payload};

use super::{ModuleError, Place};

/// The same refusal, with the function's name in place of its index where the module has one.
pub(super) fn name_function(bytes: &[u8], mut error: ModuleError) -> ModuleError {
    if let ModuleError::Cap { place, .. } | ModuleError::Invalid { place, .. } = &mut error
        && let Place::Function(index, name @ None) = place
    {
        *name = find(bytes, *index);
    }
    error
}

/// By the name section, else by an export of it.
fn find(bytes: &[u8], index: u32) -> Option<String> {
    let mut exported = None;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::ExportSection(exports) => {
                let mut all = exports.into_iter().map_while(Result::ok);
                exported = all.find(|e| e.kind == wasmparser::ExternalKind::Func && e.index == index).map(|e| e.name);
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known()
                    && let Some(name) = names.into_iter().map_while(Result::ok).find_map(|part| named(part, index))
                {
                    return Some(name);
                }
            }
            _ => {}
        }
    }
    exported.map(str::to_owned)
}

fn named(part: Name<'_>, index: u32) -> Option<String> {
    let Name::Function(map) = part else { return None };
    let mut all = map.into_iter().map_while(Result::ok);
    all.find(|n| n.index == index).map(|n| n.name.to_owned())
}
