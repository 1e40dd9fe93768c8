//! String literals as the compiler hands them over, and errors that point back at them.
//!
//! In: tokens. Out: the text a literal stands for, or `compile_error!` at its place. Never here: what the text means.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Why a macro cannot be expanded, and where.
pub(crate) struct Refused {
    pub(crate) at: Span,
    pub(crate) why: String,
}

pub(crate) type Expanded = Result<TokenStream, Refused>;

/// A literal that was read.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) at: Span,
}

impl Refused {
    pub(crate) fn new(at: Span, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }
}

/// What the macro stands for: its expansion, or the error.
pub(crate) fn answer(expanded: Expanded) -> TokenStream {
    expanded.unwrap_or_else(|refused| compile_error(&refused))
}

/// `::core::compile_error!{"why"}`, with every token at the place to show.
fn compile_error(refused: &Refused) -> TokenStream {
    let at = refused.at;
    let punct = |c, spacing| {
        let mut punct = Punct::new(c, spacing);
        punct.set_span(at);
        TokenTree::from(punct)
    };
    let mut why = Literal::string(&refused.why);
    why.set_span(at);
    let mut body = Group::new(Delimiter::Brace, TokenTree::from(why).into());
    body.set_span(at);
    let word = |name| TokenTree::from(Ident::new(name, at));
    let colons = || [punct(':', Spacing::Joint), punct(':', Spacing::Alone)];
    let path = colons().into_iter().chain([word("core")]).chain(colons()).chain([word("compile_error")]);
    path.chain([punct('!', Spacing::Alone), body.into()]).collect()
}

/// The first token as a string literal; `expected` is what the macro wanted there.
pub(crate) fn first(tokens: &mut impl Iterator<Item = TokenTree>, expected: &str) -> Result<Text, Refused> {
    let Some(token) = tokens.next() else {
        return Err(Refused::new(Span::call_site(), format!("expected {expected}, found nothing")));
    };
    let at = token.span();
    text_of(&token).map(|text| Text { text, at }).ok_or_else(|| {
        Refused::new(
            at,
            format!("expected {expected} as a string literal, found `{token}`: names are read at compile time"),
        )
    })
}

/// The text of a literal, also where a macro by example handed it on in an invisible group.
fn text_of(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Literal(literal) => unescaped(&literal.to_string()),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            let only = inside.next()?;
            if inside.next().is_some() { None } else { text_of(&only) }
        }
        _ => None,
    }
}

/// What `"…"`, `r"…"` or `r#"…"#` stands for; none for any other literal.
fn unescaped(source: &str) -> Option<String> {
    if let Some(raw) = source.strip_prefix('r') {
        return Some(raw.trim_matches('#').strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let mut rest = source.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.extend(escape(&mut rest)?),
            c => text.push(c),
        }
    }
    Some(text)
}

/// What follows a backslash: one character, or none for a line that goes on.
fn escape(rest: &mut std::str::Chars<'_>) -> Option<Option<char>> {
    Some(Some(match rest.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        c @ ('\\' | '\'' | '"') => c,
        'x' => hex(&rest.by_ref().take(2).collect::<String>())?,
        'u' => hex(rest.by_ref().skip(1).take_while(|c| *c != '}').collect::<String>().trim_matches('_'))?,
        '\n' => {
            *rest = rest.as_str().trim_start().chars();
            return Some(None);
        }
        _ => return None,
    }))
}

fn hex(digits: &str) -> Option<char> {
    u32::from_str_radix(&digits.replace('_', ""), 16).ok().and_then(char::from_u32)
}
