;; A slip in a function's name.
;; = import `probe1` `emitt` is not known to this version
;; = hint: did you mean `probe1` `emit`?
(module (import "probe1" "emitt" (func (result i32))) (func (export "fn:a.b:entry")))
