;; The right name, the wrong type.
;; = import `probe1.get` `arg0` has type `()->i32`, expected `()->i64`
(module (import "probe1.get" "arg0" (func (result i32))) (func (export "fn:a.b:entry")))
