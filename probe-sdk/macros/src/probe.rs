//! `#[probe("fn:shop.cart.*:exit")]`: a function that fires where its spec says.
//!
//! In: the spec and a function without parameters. Out: the function as it was, and on wasm an export beside it that calls
//! it. Never here: a change of the function, which tests call as any other.

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};

use crate::literal::{Expanded, Refused, first};
use crate::name;

/// What must be known of the function.
struct Function {
    name: String,
    at: Span,
    gives: bool,
}

pub(crate) fn expand(spec: TokenStream, function: TokenStream) -> Expanded {
    let mut given = spec.into_iter();
    let spec = first(&mut given, "a spec such as \"fn:shop.cart.*:exit\"")?;
    if let Some(more) = given.next() {
        return Err(Refused::new(more.span(), format!("expected one spec, found `{more}` behind it")));
    }
    if let Some(why) = name::spec(&spec.text) {
        return Err(Refused::new(spec.at, why));
    }
    let Function { name, at, gives } = look(function.clone())?;
    let (result, body) =
        if gives { ("-> i32", format!("::waspect_probe::status({name}())")) } else { ("", format!("{name}()")) };
    let exported = format!(
        "#[cfg(target_family = \"wasm\")] const _: () = {{
            #[unsafe(export_name = {:?})] extern \"C\" fn exported() {result} {{ {body} }}
        }};",
        spec.text
    );
    // Nothing but a test calls it where there is no wasm.
    let mut all: TokenStream = parsed("#[cfg_attr(not(target_family = \"wasm\"), allow(dead_code))]")?;
    all.extend(function);
    all.extend(parsed(&exported)?.into_iter().map(|token| here(token, at)));
    Ok(all)
}

/// Errors of the export are shown at the function.
fn here(mut token: TokenTree, at: Span) -> TokenTree {
    token.set_span(token.span().located_at(at));
    token
}

fn parsed(code: &str) -> Result<TokenStream, Refused> {
    code.parse().map_err(|error| Refused::new(Span::call_site(), format!("{error}")))
}

/// `fn NAME() [-> T] {…}` behind attributes and visibility.
fn look(function: TokenStream) -> Result<Function, Refused> {
    let mut tokens = function.into_iter().skip_while(|token| !is_word(token, "fn")).skip(1);
    let Some(TokenTree::Ident(name)) = tokens.next() else {
        return Err(Refused::new(Span::call_site(), "expected a function: a probe is `fn name() { … }`"));
    };
    let (at, name) = (name.span(), name.to_string());
    match tokens.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            if let Some(parameter) = group.stream().into_iter().next() {
                let why = "expected no parameters: a probe reads the call by `get!`, `arg` and their kin";
                return Err(Refused::new(parameter.span(), why));
            }
        }
        Some(other) => {
            return Err(Refused::new(other.span(), "expected `()`: a probe has no parameters, also no types"));
        }
        None => return Err(Refused::new(at, "expected `()` and a body")),
    }
    let gives = matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '-');
    Ok(Function { name, at, gives })
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}
