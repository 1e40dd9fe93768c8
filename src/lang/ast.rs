//! A program as a tree.
//!
//! In: nothing. Out: types that the parser makes and checker, emitter and formatter read. Never here: a meaning, or text
//! that a person is shown.

/// Bytes of the source, from `start` up to `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    pub clauses: Vec<Clause>,
}

/// `@@budget(…) fn:a.b:entry, fn:a.c:entry / predicate / { body }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Clause {
    pub budget: Option<Budget>,
    /// Never empty in a program without errors.
    pub points: Vec<Point>,
    pub predicate: Option<Expr>,
    pub body: Vec<Stmt>,
    pub span: Span,
}

/// `@@budget(fuel=20000, rate="50/s", sample=0.01)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Budget {
    pub options: Vec<(Name, Expr)>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    pub kind: PointKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum PointKind {
    /// `fn:target:point[?options]`, without whitespace, as an export is named; `py:` reads as `fn:`.
    Function(String),
    Begin,
    End,
    /// The interval as written: `5s`.
    Tick(String),
    /// What is known but not there yet, as written: `line:pkg/mod.py:42`, `fn:a.b:entry+3`.
    Unsupported(String),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum StmtKind {
    /// `$req.x = e;` `$req.x += e;`
    Assign {
        place: Place,
        op: AssignOp,
        value: Expr,
    },
    /// `delete $g.name[key];`
    Delete(Place),
    /// `@name[key, …] = function(arguments);`
    Aggregate {
        name: Name,
        key: Vec<Expr>,
        function: Name,
        arguments: Vec<Expr>,
    },
    /// `sample 10%;` is 0.1, `sample 1/100;` is 0.01.
    Sample(f64),
    /// `capture(…);` or `send(…);`, which is the same.
    Capture {
        is_send: bool,
        arguments: Vec<Argument>,
    },
    /// `log("… {e} …");` or `log(e);`
    Log(Vec<LogPart>),
    /// `print(@x);`
    Print(Name),
    /// `clear(@x);`
    Clear(Name),
    Speculate,
    Commit,
    Discard,
    If {
        condition: Expr,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    /// What could not be parsed and was reported.
    Error,
}

/// What a program can write to.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    pub kind: PlaceKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum PlaceKind {
    /// `$req.x`, also written `$request.x`.
    Request(Name),
    /// `$call.x`.
    Call(Name),
    /// `$g.name[key, …]`; without a key, `$g.name`.
    Global { name: Name, key: Vec<Expr> },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignOp {
    Set,
    /// `+=`
    Add,
}

/// An argument of `capture`: with a name, or by position.
#[derive(Clone, PartialEq, Debug)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: Expr,
}

#[derive(Clone, PartialEq, Debug)]
pub enum LogPart {
    Text(String),
    Value(Expr),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// Unary minus is an operator; so is never negative.
    Int(i64),
    Float(f64),
    Str(String),
    Bool(bool),
    None,
    /// `arg0`, `self`, `retval`, `elapsed`, or a local of the frame.
    Name(String),
    /// What is read from `$req`, `$call` or `$g`.
    Read(Box<Place>),
    Attribute {
        of: Box<Expr>,
        name: Name,
    },
    Index {
        of: Box<Expr>,
        index: Box<Expr>,
    },
    /// `e[from:to]`
    Slice {
        of: Box<Expr>,
        from: Option<Box<Expr>>,
        to: Option<Box<Expr>>,
    },
    Call {
        function: Name,
        arguments: Vec<Expr>,
    },
    Unary {
        op: UnaryOp,
        of: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `condition ? then : otherwise`
    Conditional {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// Parentheses, kept for whoever writes the program again.
    Group(Box<Expr>),
    /// What could not be parsed and was reported.
    Error,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    Not,
    Minus,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
    Add,
    Subtract,
    Multiply,
    /// `/`: true division, as Python's.
    Divide,
    /// `//`
    FloorDivide,
    Modulo,
}
