;; A probe takes nothing.
;; = export `fn:a.b:entry` has type `(i32)->i64`, expected `()->()` or `()->i32`
(module (func (export "fn:a.b:entry") (param i32) (result i64) i64.const 0))
