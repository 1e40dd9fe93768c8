//! `capture!(item = get!("item"), total)`: fields, and the record that has them.
//!
//! In: `name = expression`, or a name alone. Out: one field after the other, then `emit`. Never here: a field's name that
//! is computed; `field` of the library takes those.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::import::{Import, Type, parsed, split};
use crate::literal::{Expanded, Refused};
use crate::name::Kind;

const FIELD: Import =
    Import { called: "capture", module: "probe1.field", name: Kind::Key, takes: &[Type::Value], gives: Type::Nothing };

pub(crate) fn expand(fields: TokenStream) -> Expanded {
    let mut body = TokenStream::new();
    for one in split(fields.into_iter())? {
        body.extend(field(one)?);
    }
    body.extend(parsed("::waspect_probe::emit()")?);
    Ok(TokenTree::from(Group::new(Delimiter::Brace, body)).into())
}

/// `name = expression` or `name`, as a call of the field's import.
fn field(one: TokenStream) -> Expanded {
    let mut tokens = one.into_iter();
    let name = match tokens.next() {
        Some(TokenTree::Ident(name)) => name,
        found => {
            let at = found.as_ref().map_or_else(Span::call_site, TokenTree::span);
            return Err(Refused::new(at, "expected a field as in `item = value`, or the name of a variable"));
        }
    };
    let value = match tokens.next() {
        None => TokenTree::from(name.clone()).into(),
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => tokens.collect(),
        Some(other) => {
            return Err(Refused::new(other.span(), format!("expected `=` behind the field, found `{other}`")));
        }
    };
    if TokenStream::is_empty(&value) {
        return Err(Refused::new(name.span(), "expected a value behind `=`"));
    }
    let text = name.to_string();
    let mut call = FIELD.call(text.trim_start_matches("r#"), &[value])?;
    call.extend(parsed(";")?);
    Ok(call)
}
