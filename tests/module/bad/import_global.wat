;; A global from outside.
;; = import `env` `base` is a global, expected a function
(module (import "env" "base" (global i32)) (func (export "fn:a.b:entry")))
