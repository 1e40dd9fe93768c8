;; A slip in a family's name.
;; = import `probe1.fields` `x` is not known to this version
;; = hint: did you mean `probe1.field`?
(module (import "probe1.fields" "x" (func (param i64))) (func (export "fn:a.b:entry")))
