//! Which operator takes which operands.

use waspect::lang::ast::StmtKind;
use waspect::lang::parser::parse;

use super::tree::shown;

fn check(source: &str, expected: &str) {
    let parsed = parse(&format!("fn:a.b:entry {{ capture({source}); }}"));
    assert_eq!(parsed.diagnostics.list(), [], "{source}");
    let StmtKind::Capture { arguments, .. } = &parsed.program.clauses[0].body[0].kind else { panic!("no capture") };
    assert_eq!(shown(&arguments[0].value), expected, "{source}");
}

#[test]
fn operators() {
    for (source, expected) in [
        ("a + b * c", "(Add a (Multiply b c))"),
        ("a * b + c", "(Add (Multiply a b) c)"),
        ("a - b - c", "(Subtract (Subtract a b) c)"),
        ("a / b // c % d", "(Modulo (FloorDivide (Divide a b) c) d)"),
        ("(a - b) - (c)", "(Subtract (Subtract a b) c)"),
        ("a || b && c", "(Or a (And b c))"),
        ("a and b or c and d", "(Or (And a b) (And c d))"),
        ("a == b < c", "(Equal a (Less b c))"),
        ("a < b == c", "(Equal (Less a b) c)"),
        ("a + 1 < b", "(Less (Add a 1) b)"),
        ("!a.b", "(! (. a b))"),
        ("!a == b", "(Equal (! a) b)"),
        ("not a == b", "(! (Equal a b))"),
        ("not a and b", "(And (! a) b)"),
        ("not not a", "(! (! a))"),
        ("a == not b and c", "(And (Equal a (! b)) c)"),
        ("-a.b * c", "(Multiply (- (. a b)) c)"),
        ("a - -1", "(Subtract a (- 1))"),
        ("a in b and c not in d", "(And (In a b) (NotIn c d))"),
        ("a is None or b is not None", "(Or (Is a none) (IsNot b none))"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a ? b ? c : d : e", "(? a (? b c d) e)"),
        ("a or b ? c : d", "(? (Or a b) c d)"),
        ("a.b[0].c[1:][-1]", "([] ([:] (. ([] (. a b) 0) c) 1 _) (- 1))"),
        ("a[:b], 1", "([:] a _ b)"),
        ("a[b ? c : d:e]", "([:] a (? b c d) e)"),
        ("$req.x.y", "(. $req.x y)"),
        ("$g.m[a, 1][0]", "([] ($g.m a 1) 0)"),
        ("$call.t + $request.t", "(Add $call.t $req.t)"),
        ("len(a) > max(b, 2)", "(Greater (len a) (max b 2))"),
        ("fn.exit.entry", "(. (. fn exit) entry)"),
        ("5ms + 1us", "(Add 5000000 1000)"),
        ("1e5 + 2.50", "(Add 100000.0 2.5)"),
        (r#""a\n\"\'\q" + 'b"'"#, r#"(Add "a\n\"'q" "b\"")"#),
        ("in=1", "1"),
        ("sample", "sample"),
        ("9223372036854775807", "9223372036854775807"),
    ] {
        check(source, expected);
    }
}

#[test]
fn predicates() {
    for (source, expected) in [
        ("arg0 > 1", "(Greater arg0 1)"),
        ("(6/2) == 3", "(Equal (Divide 6 2) 3)"),
        ("a[6/2] == len(b/2)", "(Equal ([] a (Divide 6 2)) (len (Divide b 2)))"),
        ("a // 2", "(FloorDivide a 2)"),
    ] {
        for spec in ["fn:a.b:exit", "fn:a.b:exit?rate=50/s", "begin"] {
            let parsed = parse(&format!("{spec}/{source}/{{}}"));
            assert_eq!(parsed.diagnostics.list(), [], "{spec} {source}");
            let clause = &parsed.program.clauses[0];
            assert_eq!(clause.predicate.as_ref().map(shown).as_deref(), Some(expected));
        }
    }
}
