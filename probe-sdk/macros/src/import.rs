//! `get!("arg0.user")`, `count!("calls", key)` and their kin: an import whose name is an argument.
//!
//! In: the literal and what stands behind it. Out: a call: on wasm of an import of that module and name, elsewhere of the
//! firing that a test made. Never here: a look at the arguments, which are expressions of the probe.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::literal::{Expanded, Refused, first};
use crate::name::Kind;

/// Stands for an argument while the code around it is text.
const GIVEN: &str = "__waspect_argument_";

/// A parameter or result, as the probe sees it.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    /// Anything that is `IntoValue`.
    Value,
    /// Anything that is `IntoNumber`.
    Number,
    /// `&str`
    Text,
    Status,
    Nothing,
}

/// A macro: what it is called and the import behind it.
pub(crate) struct Import {
    pub(crate) called: &'static str,
    pub(crate) module: &'static str,
    pub(crate) name: Kind,
    pub(crate) takes: &'static [Type],
    pub(crate) gives: Type,
}

impl Import {
    pub(crate) fn expand(&self, given: TokenStream) -> Expanded {
        let mut tokens = given.into_iter();
        let name = first(&mut tokens, self.name.expected())?;
        if let Some(why) = self.name.refused(&name.text) {
            return Err(Refused::new(name.at, why));
        }
        let arguments = listed(tokens)?;
        if arguments.len() != self.takes.len() {
            let (called, expected, found) = (self.called, self.takes.len(), arguments.len());
            let why = format!("expected {expected} argument(s) behind the name in `{called}!`, found {found}");
            return Err(Refused::new(name.at, why));
        }
        self.call(&name.text, &arguments)
    }

    /// Each argument is evaluated once and in order, before anything here has a name that it could see.
    pub(crate) fn call(&self, name: &str, arguments: &[TokenStream]) -> Expanded {
        let listed = |each: fn(&(usize, Type)) -> String| {
            self.takes.iter().copied().enumerate().map(|one| each(&one)).collect::<Vec<_>>().join(", ")
        };
        let declared = listed(|(i, takes)| takes.declared(*i));
        let passed = listed(|(i, takes)| takes.passed(*i));
        let native = listed(|(i, takes)| takes.native(*i));
        let taken = listed(|(i, takes)| takes.taken(*i));
        let bound = listed(|(i, _)| format!("a{i}"));
        let comma = if self.takes.is_empty() { "" } else { "," };
        let (module, gives, from) = (self.module, self.gives.declared_result(), self.gives.result_of_word());
        let code = format!(
            "{{ let ({bound}{comma}) = ({taken}{comma});
               #[cfg(target_family = \"wasm\")] {{
                 #[link(wasm_import_module = {module:?})] unsafe extern \"C\" {{ #[link_name = {name:?}] safe fn import({declared}) {gives}; }}
                 import({passed})
               }}
               #[cfg(not(target_family = \"wasm\"))] {{
                 let word = ::waspect_probe::testing::call({module:?}, {name:?}, &mut [{native}]);
                 {from}
               }} }}"
        );
        Ok(filled(parsed(&code)?, arguments))
    }
}

impl Type {
    /// The argument as the import takes it.
    fn taken(self, i: usize) -> String {
        match self {
            Self::Value => format!("::waspect_probe::IntoValue::into_value({GIVEN}{i})"),
            Self::Number => format!("::waspect_probe::IntoNumber::into_number({GIVEN}{i})"),
            Self::Text | Self::Status | Self::Nothing => format!("::core::convert::identity::<&str>({GIVEN}{i})"),
        }
    }

    fn declared(self, i: usize) -> String {
        match self {
            Self::Number => format!("a{i}: f64"),
            Self::Text => format!("a{i}: *const u8, n{i}: usize"),
            Self::Value | Self::Status | Self::Nothing => format!("a{i}: ::waspect_probe::Value"),
        }
    }

    fn passed(self, i: usize) -> String {
        if matches!(self, Self::Text) { format!("a{i}.as_ptr(), a{i}.len()") } else { format!("a{i}") }
    }

    fn native(self, i: usize) -> String {
        let word = match self {
            Self::Number => "F64",
            Self::Text => return format!("::waspect_probe::testing::Word::In(a{i}.as_bytes())"),
            Self::Value | Self::Status | Self::Nothing => "V",
        };
        format!("::waspect_probe::testing::Word::{word}(a{i})")
    }

    fn declared_result(self) -> &'static str {
        match self {
            Self::Value => "-> ::waspect_probe::Value",
            Self::Status => "-> ::waspect_probe::Status",
            Self::Number | Self::Text | Self::Nothing => "",
        }
    }

    fn result_of_word(self) -> &'static str {
        match self {
            Self::Value => "word.value()",
            Self::Status => "word.status()",
            Self::Number | Self::Text | Self::Nothing => "word.nothing()",
        }
    }
}

/// The code with each argument in its place, every token of it where the probe wrote it, so that errors point there.
fn filled(code: TokenStream, arguments: &[TokenStream]) -> TokenStream {
    let fill = |token| match token {
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), filled(group.stream(), arguments));
            new.set_span(group.span());
            new.into()
        }
        TokenTree::Ident(ident) => {
            let number = ident.to_string().strip_prefix(GIVEN).and_then(|n| n.parse::<usize>().ok());
            let argument = number.and_then(|n| arguments.get(n)).cloned();
            argument.map_or(TokenTree::Ident(ident), |given| Group::new(Delimiter::None, given).into())
        }
        token => token,
    };
    code.into_iter().map(fill).collect()
}

pub(crate) fn parsed(code: &str) -> Expanded {
    code.parse().map_err(|error| Refused::new(Span::call_site(), format!("{error}")))
}

/// What stands behind the name, by its commas.
fn listed(mut tokens: impl Iterator<Item = TokenTree>) -> Result<Vec<TokenStream>, Refused> {
    match tokens.next() {
        None => return Ok(Vec::new()),
        Some(token) if is_comma(&token) => {}
        Some(token) => {
            return Err(Refused::new(token.span(), format!("expected `,` behind the name, found `{token}`")));
        }
    }
    split(tokens)
}

/// Expressions between commas. Those inside of `::<…>` are none.
pub(crate) fn split(tokens: impl Iterator<Item = TokenTree>) -> Result<Vec<TokenStream>, Refused> {
    let (mut all, mut one, mut depth, mut last) = (Vec::new(), TokenStream::new(), 0, None);
    for token in tokens {
        let punct = if let TokenTree::Punct(punct) = &token { Some(punct.as_char()) } else { None };
        depth += match (last, punct) {
            (Some(':'), Some('<')) => 1,
            (_, Some('<')) if depth > 0 => 1,
            (Some('-'), Some('>')) => 0,
            (_, Some('>')) if depth > 0 => -1,
            _ => 0,
        };
        last = punct;
        if depth > 0 || !is_comma(&token) {
            one.extend([token]);
        } else if one.is_empty() {
            return Err(Refused::new(token.span(), "expected an argument, found `,`"));
        } else {
            all.push(std::mem::take(&mut one));
        }
    }
    all.extend((!one.is_empty()).then_some(one));
    Ok(all)
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}
